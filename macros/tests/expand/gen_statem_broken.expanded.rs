use regrow::gen_statem;
impl Door {
    #[allow(clippy::needless_pass_by_value)]
    fn new(&self, code: String) -> (Lock, Self) {}
    #[allow(clippy::unused_self)]
    fn button(&mut self, digit: &char) {}
    #[allow(clippy::needless_pass_by_value, clippy::unused_self)]
    fn kicked(&mut self, by: u8, how: u8) {}
    #[allow(clippy::unused_self)]
    fn is_open(&self) -> bool {}
}
#[allow(warnings)]
impl Door {
    pub fn start(
        code: String,
    ) -> ::regrow::server::Start<::regrow::statem::Machine<Self>> {
        ::core::unreachable!()
    }
    pub fn start_link(
        code: String,
    ) -> ::regrow::server::Start<::regrow::statem::Machine<Self>> {
        ::core::unreachable!()
    }
    pub fn child_spec(
        code: String,
    ) -> ::regrow::supervisor::ChildSpec<::regrow::statem::Machine<Self>> {
        ::core::unreachable!()
    }
    pub fn child_spec_with<__RegrowMake>(
        _: __RegrowMake,
    ) -> ::regrow::supervisor::ChildSpec<::regrow::statem::Machine<Self>> {
        ::core::unreachable!()
    }
    pub fn child_spec_once(
        code: String,
    ) -> ::regrow::supervisor::TemporarySpec<::regrow::statem::Machine<Self>> {
        ::core::unreachable!()
    }
}
/// What a reference to a [`Door`] can do.
///
/// These are the methods of `ServerRef<Machine<Door>>` and of everything else that leads to one: a
/// name, a registry's key, a supervisor's child. They send; the handlers in the `impl`
/// block of `Door` receive.
pub trait DoorClient: ::regrow::__private::Target<
        ::regrow::statem::Machine<Door>,
    > + 'static {}
/// What can happen to a [`Door`].
#[allow(private_interfaces)]
#[non_exhaustive]
pub enum DoorEvent {
    /// What `Door::button` is for.
    Button,
    /// What `Door::kicked` is for.
    Kicked(u8, u8),
    /// What `Door::is_open` is for.
    IsOpen(::regrow::answer::ReplyTo<bool>),
}
const _: () = {
    #[automatically_derived]
    impl<__RegrowTarget> DoorClient for __RegrowTarget
    where
        __RegrowTarget: ::regrow::__private::Target<::regrow::statem::Machine<Door>>
            + 'static,
    {}
    #[automatically_derived]
    impl ::regrow::__private::HasMachineClient for Door {
        type Client = dyn DoorClient;
        #[inline]
        fn client<
            __RegrowTarget: ::regrow::__private::Target<::regrow::statem::Machine<Self>>
                + 'static,
        >(__regrow_target: &__RegrowTarget) -> &Self::Client {
            __regrow_target
        }
    }
    #[automatically_derived]
    impl ::regrow::statem::GenStatem for Door {
        type Args = ();
        type State = Lock;
        type Event = DoorEvent;
        fn init(
            (): (),
            _: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::statem::Initial<Self>> {
            ::regrow::statem::Initial::<Self>::ignore()
        }
        fn handle_event(
            &mut self,
            _: ::regrow::statem::EventType,
            __regrow_event: Self::Event,
            _: &Self::State,
            _: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::statem::Transition<Self>> {
            match __regrow_event {
                DoorEvent::Button { .. } => ::regrow::statem::Transition::<Self>::keep(),
                DoorEvent::Kicked { .. } => ::regrow::statem::Transition::<Self>::keep(),
                DoorEvent::IsOpen(__regrow_from) => {
                    ::regrow::answer::ReplyTo::reply(__regrow_from, Self::is_open(self));
                    ::regrow::statem::Transition::<Self>::keep()
                }
            }
        }
        fn way(
            __regrow_event: &Self::Event,
        ) -> ::core::option::Option<(&'static str, ::regrow::__private::Way)> {
            ::core::option::Option::Some(
                match __regrow_event {
                    DoorEvent::Button { .. } => {
                        ("button", ::regrow::__private::Way::Cast)
                    }
                    DoorEvent::Kicked { .. } => {
                        ("kicked", ::regrow::__private::Way::Info)
                    }
                    DoorEvent::IsOpen { .. } => {
                        ("is_open", ::regrow::__private::Way::Call)
                    }
                },
            )
        }
    }
    struct IsOpen();
    #[automatically_derived]
    impl ::regrow::statem::CallEvent<IsOpen> for Door {
        type Reply = bool;
        fn call_event(
            IsOpen(): IsOpen,
            __regrow_from: ::regrow::answer::ReplyTo<Self::Reply>,
        ) -> Self::Event {
            DoorEvent::IsOpen(__regrow_from)
        }
    }
    impl dyn DoorClient {
        #[allow(warnings)]
        /// Casts to `Door::button`: sends and does not wait.
        ///
        /// # In OTP
        ///
        /// `gen_statem:cast/2`
        #[inline]
        pub fn button(&self, digit: &char) {
            ::core::unreachable!()
        }
        /// Calls `Door::is_open` and gives what it replies.
        ///
        /// # In OTP
        ///
        /// `gen_statem:call/2`
        #[inline]
        pub fn is_open(&self) -> ::regrow::call::Call<bool> {
            ::regrow::__private::call(self, IsOpen())
        }
    }
};
::core::compile_error! {
    "`#[init]` makes the state, so there is no `self` yet"
}
::core::compile_error! {
    "a message cannot borrow: take `char`"
}
::core::compile_error! {
    "`#[info]` takes one message: make a struct of the two"
}
::core::compile_error! {
    "`button` says already what this event does in `Locked`"
}
