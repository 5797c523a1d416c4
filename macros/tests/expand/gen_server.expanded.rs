use regrow::prelude::*;
struct Counter {
    value: i64,
}
impl Counter {
    #[allow(clippy::needless_pass_by_value)]
    fn new(value: i64) -> Self {
        Counter { value }
    }
    /// Adds `by`.
    #[allow(clippy::needless_pass_by_value)]
    fn add(&mut self, by: i64) {
        self.value += by;
    }
    fn get(&self) -> i64 {
        self.value
    }
    #[allow(clippy::needless_pass_by_value, clippy::needless_pass_by_ref_mut)]
    async fn refill(
        &mut self,
        cx: &mut Context<Self>,
        by: i64,
    ) -> Result<i64, Overflow> {
        cx.send_after(secs(1), Tick);
        self.value = self.value.checked_add(by).ok_or(Overflow)?;
        Ok(self.value)
    }
    #[allow(clippy::needless_pass_by_value)]
    fn tick(&mut self, _: Tick) {
        self.value += 1;
    }
    #[allow(clippy::unused_self)]
    fn flush(&mut self, _why: &ExitReason) {}
}
impl Counter {
    /// Starts a `Counter` that is linked to nobody.
    ///
    /// # In OTP
    ///
    /// `gen_server:start/3`
    pub fn start(value: i64) -> ::regrow::server::Start<Self> {
        ::regrow::server::Start::new(value)
            .name(::regrow::reference::Name::<Self>::new("counter"))
    }
    /// Starts a `Counter` and links it to the caller.
    ///
    /// # In OTP
    ///
    /// `gen_server:start_link/3`
    pub fn start_link(value: i64) -> ::regrow::server::Start<Self> {
        Self::start(value).link()
    }
    /// Tells a supervisor how to start a `Counter`; the arguments are cloned for each start.
    pub fn child_spec(value: i64) -> ::regrow::supervisor::ChildSpec<Self>
    where
        for<'__regrow> i64: ::core::clone::Clone + ::core::marker::Sync,
    {
        ::regrow::supervisor::ChildSpec::new(value)
            .name(::regrow::reference::Name::<Self>::new("counter"))
    }
    /// Tells a supervisor how to start a `Counter`; the arguments are made afresh for each start.
    #[allow(clippy::impl_trait_in_params)]
    pub fn child_spec_with(
        __regrow_make: impl ::core::ops::Fn(
        ) -> i64 + ::core::marker::Send + ::core::marker::Sync + 'static,
    ) -> ::regrow::supervisor::ChildSpec<Self> {
        ::regrow::supervisor::ChildSpec::with(__regrow_make)
            .name(::regrow::reference::Name::<Self>::new("counter"))
    }
    /// Tells a supervisor how to start a `Counter` whose arguments exist once: it is temporary.
    pub fn child_spec_once(value: i64) -> ::regrow::supervisor::TemporarySpec<Self> {
        ::regrow::supervisor::ChildSpec::once(value)
            .name(::regrow::reference::Name::<Self>::new("counter"))
    }
}
impl Counter {
    #[deprecated(
        note = "`#[terminate]` runs on a supervisor's shutdown only if the server traps exits: write `#[gen_server(trap_exit)]`"
    )]
    const TERMINATE_WITHOUT_TRAP_EXIT: () = ();
    #[allow(dead_code)]
    const TERMINATE_WITHOUT_TRAP_EXIT_HEARD: () = Self::TERMINATE_WITHOUT_TRAP_EXIT;
}
/// What a reference to a [`Counter`] can do.
///
/// These are the methods of `ServerRef<Counter>` and of everything else that leads to one: a
/// name, a registry's key, a supervisor's child. They send; the handlers in the `impl`
/// block of `Counter` receive.
pub trait CounterClient: ::regrow::__private::Target<Counter> + 'static {}
const _: () = {
    #[automatically_derived]
    impl<__RegrowTarget> CounterClient for __RegrowTarget
    where
        __RegrowTarget: ::regrow::__private::Target<Counter> + 'static,
    {}
    #[automatically_derived]
    impl ::regrow::__private::HasClient for Counter {
        type Client = dyn CounterClient;
        #[inline]
        fn client<__RegrowTarget: ::regrow::__private::Target<Self> + 'static>(
            __regrow_target: &__RegrowTarget,
        ) -> &Self::Client {
            __regrow_target
        }
    }
    #[automatically_derived]
    impl ::regrow::server::GenServer for Counter {
        type Args = i64;
        const RESTART: ::regrow::supervisor::Restart = ::regrow::supervisor::Restart::Transient;
        const SHUTDOWN: ::regrow::supervisor::Shutdown = ::regrow::supervisor::Shutdown::After(
            ::core::time::Duration::from_secs(30),
        );
        fn init(
            value: i64,
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Init<Self>> {
            ::regrow::__private::IntoInit::<Self>::into_init(Self::new(value))
        }
        fn terminate(
            &mut self,
            why: &::regrow::exit::ExitReason,
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
            Self::flush(self, why);
            ::regrow::answer::Next::proceed()
        }
    }
    struct Add(i64);
    #[automatically_derived]
    impl ::regrow::server::HandleCast<Add> for Counter {
        fn handle_cast(
            &mut self,
            Add(by): Add,
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
            Self::add(self, by);
            ::regrow::answer::Next::proceed()
        }
    }
    struct Get();
    #[automatically_derived]
    impl ::regrow::server::HandleCall<Get> for Counter {
        type Reply = i64;
        fn handle_call(
            &mut self,
            Get(): Get,
            _: ::regrow::answer::ReplyTo<Self::Reply>,
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Reply<Self::Reply>> {
            ::regrow::__private::IntoReply::<Self::Reply>::into_reply(Self::get(self))
        }
    }
    struct Refill(i64);
    #[automatically_derived]
    impl ::regrow::server::HandleCall<Refill> for Counter {
        type Reply = Result<i64, Overflow>;
        fn handle_call(
            &mut self,
            Refill(by): Refill,
            _: ::regrow::answer::ReplyTo<Self::Reply>,
            __regrow_cx: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Reply<Self::Reply>> {
            async move {
                ::regrow::__private::IntoReply::<
                    Self::Reply,
                >::into_reply(Self::refill(self, __regrow_cx, by).await)
            }
        }
    }
    #[automatically_derived]
    impl ::regrow::server::HandleInfo<Tick> for Counter {
        fn handle_info(
            &mut self,
            arg0: Tick,
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
            Self::tick(self, arg0);
            ::regrow::answer::Next::proceed()
        }
    }
    impl dyn CounterClient {
        /// Adds `by`.
        ///
        /// # In OTP
        ///
        /// `gen_server:cast/2`
        #[inline]
        pub fn add(&self, by: i64) {
            ::regrow::__private::cast(self, Add(by))
        }
        /// Calls `Counter::get` and gives what it replies.
        ///
        /// # In OTP
        ///
        /// `gen_server:call/2`
        #[inline]
        pub fn get(&self) -> ::regrow::call::Call<i64> {
            ::regrow::__private::call(self, Get())
        }
        /// Calls `Counter::refill` and gives what it replies.
        ///
        /// # In OTP
        ///
        /// `gen_server:call/2`
        #[inline]
        pub fn refill(&self, by: i64) -> ::regrow::call::Call<i64, Overflow> {
            ::regrow::__private::call(self, Refill(by)).flatten()
        }
    }
};
