use regrow::prelude::*;
use regrow::gen_statem;
use regrow::statem::{Enter, Transition};
#[derive(PartialEq)]
enum Lock {
    Locked,
    Open,
}
struct Door {
    code: &'static str,
    typed: String,
}
impl Door {
    fn new(code: &'static str) -> (Lock, Self) {
        (Lock::Locked, Door { code, typed: String::new() })
    }
    /// Types a digit. While the door is open that is for later.
    #[allow(clippy::needless_pass_by_value)]
    fn button(&mut self, digit: char) -> Transition<Self> {
        self.typed.push(digit);
        if self.typed == self.code {
            Transition::to(Lock::Open)
        } else {
            Transition::keep()
        }
    }
    fn opened(&mut self) -> Enter<Self> {
        self.typed.clear();
        Enter::keep().state_timeout(secs(10), DoorEvent::Relock)
    }
    #[allow(clippy::unused_self)]
    fn relock(&mut self) -> Lock {
        Lock::Locked
    }
    #[allow(clippy::trivially_copy_pass_by_ref, clippy::unused_self)]
    fn is_open(&self, state: &Lock) -> bool {
        *state == Lock::Open
    }
}
impl Door {
    /// Starts a `Door` that is linked to nobody.
    ///
    /// # In OTP
    ///
    /// `gen_statem:start/3`
    pub fn start(
        code: &'static str,
    ) -> ::regrow::server::Start<::regrow::statem::Machine<Self>> {
        ::regrow::server::Start::new(code)
    }
    /// Starts a `Door` and links it to the caller.
    ///
    /// # In OTP
    ///
    /// `gen_statem:start_link/3`
    pub fn start_link(
        code: &'static str,
    ) -> ::regrow::server::Start<::regrow::statem::Machine<Self>> {
        Self::start(code).link()
    }
    /// Tells a supervisor how to start a `Door`; the arguments are cloned for each start.
    pub fn child_spec(
        code: &'static str,
    ) -> ::regrow::supervisor::ChildSpec<::regrow::statem::Machine<Self>>
    where
        for<'__regrow> &'static str: ::core::clone::Clone + ::core::marker::Sync,
    {
        ::regrow::supervisor::ChildSpec::new(code)
    }
    /// Tells a supervisor how to start a `Door`; the arguments are made afresh for each start.
    #[allow(clippy::impl_trait_in_params)]
    pub fn child_spec_with(
        __regrow_make: impl ::core::ops::Fn(
        ) -> &'static str + ::core::marker::Send + ::core::marker::Sync + 'static,
    ) -> ::regrow::supervisor::ChildSpec<::regrow::statem::Machine<Self>> {
        ::regrow::supervisor::ChildSpec::with(__regrow_make)
    }
    /// Tells a supervisor how to start a `Door` whose arguments exist once: it is temporary.
    pub fn child_spec_once(
        code: &'static str,
    ) -> ::regrow::supervisor::TemporarySpec<::regrow::statem::Machine<Self>> {
        ::regrow::supervisor::ChildSpec::once(code)
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
    /// Types a digit. While the door is open that is for later.
    Button(char),
    /// What `Door::relock` is for.
    Relock,
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
        type Args = &'static str;
        type State = Lock;
        type Event = DoorEvent;
        const RESTART: ::regrow::supervisor::Restart = ::regrow::supervisor::Restart::Transient;
        fn init(
            code: &'static str,
            _: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::statem::Initial<Self>> {
            ::regrow::__private::IntoInitial::<Self>::into_initial(Self::new(code))
        }
        fn handle_event(
            &mut self,
            _: ::regrow::statem::EventType,
            __regrow_event: Self::Event,
            __regrow_state: &Self::State,
            _: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::statem::Transition<Self>> {
            match __regrow_event {
                DoorEvent::Button(digit) => {
                    match __regrow_state {
                        Lock::Locked { .. } => {
                            ::regrow::__private::IntoTransition::<
                                Self,
                            >::into_transition(Self::button(self, digit))
                        }
                        Lock::Open { .. } => {
                            ::regrow::statem::Transition::<Self>::keep()
                                .postpone(DoorEvent::Button(digit))
                        }
                    }
                }
                DoorEvent::Relock => {
                    match __regrow_state {
                        Lock::Open { .. } => {
                            ::regrow::statem::Transition::<Self>::to(Self::relock(self))
                        }
                        Lock::Locked { .. } => {
                            ::regrow::statem::Transition::<Self>::keep()
                        }
                    }
                }
                DoorEvent::IsOpen(__regrow_from) => {
                    ::regrow::answer::ReplyTo::reply(
                        __regrow_from,
                        Self::is_open(self, __regrow_state),
                    );
                    ::regrow::statem::Transition::<Self>::keep()
                }
            }
        }
        const STATE_ENTER: bool = true;
        fn handle_enter(
            &mut self,
            _: &Self::State,
            __regrow_state: &Self::State,
            _: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::statem::Enter<Self>> {
            match __regrow_state {
                Lock::Open { .. } => {
                    ::regrow::__private::IntoEnter::<
                        Self,
                    >::into_enter(Self::opened(self))
                }
                _ => ::regrow::statem::Enter::<Self>::keep(),
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
                    DoorEvent::Relock { .. } => {
                        ("relock", ::regrow::__private::Way::StateTimeout)
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
        /// Types a digit. While the door is open that is for later.
        ///
        /// # In OTP
        ///
        /// `gen_statem:cast/2`
        #[inline]
        pub fn button(&self, digit: char) {
            ::regrow::__private::cast(self, DoorEvent::Button(digit))
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
