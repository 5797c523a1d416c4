use regrow::prelude::*;
/// Who talks to whom.
#[allow(clippy::exhaustive_enums)]
pub enum Chat {}
#[automatically_derived]
impl ::core::fmt::Debug for Chat {
    fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match *self {}
    }
}
/// A running [`Chat`]: one method for each of its children, good over restarts.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct ChatRef {
    supervisor: ::regrow::reference::Child<::regrow::supervisor::Supervisor>,
    users: ::regrow::reference::Child<Registry<UserId>>,
    workers: ::regrow::reference::Child<DynamicSupervisor>,
    greeter: ::regrow::reference::Child<Greeter>,
    rooms: <Rooms as ::regrow::__private::Tree>::Reference,
}
impl ChatRef {
    /// The supervisor itself.
    #[inline]
    pub fn supervisor(
        &self,
    ) -> ::regrow::reference::ServerRef<::regrow::supervisor::Supervisor> {
        ::regrow::__private::supervisor_at(&self.supervisor)
    }
    /// The child `users`, whichever process that is now.
    #[inline]
    pub fn users(&self) -> &::regrow::reference::Child<Registry<UserId>> {
        &self.users
    }
    /// The child `workers`, whichever process that is now.
    #[inline]
    pub fn workers(&self) -> &::regrow::reference::Child<DynamicSupervisor> {
        &self.workers
    }
    /// Says hello.
    #[inline]
    pub fn greeter(&self) -> &::regrow::reference::Child<Greeter> {
        &self.greeter
    }
    /// The child `rooms`, whichever process that is now.
    #[inline]
    pub fn rooms(&self) -> &<Rooms as ::regrow::__private::Tree>::Reference {
        &self.rooms
    }
}
impl Chat {
    /// Starts `Chat` and its children, linked to nobody.
    pub fn start(config: Config) -> ::regrow::supervisor::StartTree<ChatRef> {
        let (__regrow_supervisor, __regrow_reference) = Self::__regrow_tree(config);
        ::regrow::__private::start_tree(__regrow_supervisor, __regrow_reference)
    }
    /// Starts `Chat` and its children, and links it to the caller.
    ///
    /// # In OTP
    ///
    /// `supervisor:start_link/2`
    pub fn start_link(config: Config) -> ::regrow::supervisor::StartTree<ChatRef> {
        Self::start(config).link()
    }
    /// Tells another supervisor how to start `Chat` as its child.
    pub fn child_spec(config: Config) -> ::regrow::supervisor::Supervisor {
        Self::__regrow_tree(config).0
    }
    #[doc(hidden)]
    pub fn __regrow_tree(
        config: Config,
    ) -> (
        ::regrow::supervisor::Supervisor,
        impl ::core::ops::FnOnce(
            ::regrow::reference::Child<::regrow::supervisor::Supervisor>,
        ) -> ChatRef + ::core::marker::Send + 'static,
    ) {
        let __regrow_supervisor = ::regrow::supervisor::Supervisor::new(
                ::regrow::supervisor::Strategy::RestForOne,
            )
            .id("Chat")
            .max_restarts(3, ::core::time::Duration::from_secs(5))
            .auto_shutdown(::regrow::supervisor::AutoShutdown::AnySignificant);
        let (__regrow_supervisor, __regrow_child_users) = ::regrow::__private::place::<
            Registry<UserId>,
        >(
            __regrow_supervisor,
            "users",
            <Registry<UserId> as ::regrow::__private::DefaultChild>::default_child(),
        );
        let (__regrow_supervisor, __regrow_child_workers) = ::regrow::__private::place::<
            DynamicSupervisor,
        >(
            __regrow_supervisor,
            "workers",
            <DynamicSupervisor as ::regrow::__private::DefaultChild>::default_child()
                .max_children(100_000),
        );
        let (__regrow_supervisor, __regrow_child_greeter) = ::regrow::__private::place::<
            Greeter,
        >(
            __regrow_supervisor,
            "greeter",
            ::core::convert::Into::<
                ::regrow::supervisor::AnyChildSpec,
            >::into(<Greeter>::child_spec(config.greeting))
                .restart(::regrow::supervisor::Restart::Transient)
                .significant(true),
        );
        let (__regrow_below, __regrow_reference) = <Rooms>::__regrow_tree(config.rooms);
        let (__regrow_supervisor, __regrow_child_rooms) = ::regrow::__private::place::<
            ::regrow::supervisor::Supervisor,
        >(
            __regrow_supervisor,
            "rooms",
            ::core::convert::Into::<
                ::regrow::supervisor::AnyChildSpec,
            >::into(__regrow_below)
                .restart(::regrow::supervisor::Restart::Temporary),
        );
        let __regrow_child_rooms = __regrow_reference(__regrow_child_rooms);
        (
            __regrow_supervisor,
            move |__regrow_started| ChatRef {
                supervisor: __regrow_started,
                users: __regrow_child_users,
                workers: __regrow_child_workers,
                greeter: __regrow_child_greeter,
                rooms: __regrow_child_rooms,
            },
        )
    }
}
#[automatically_derived]
impl ::regrow::__private::Tree for Chat {
    type Reference = ChatRef;
}
