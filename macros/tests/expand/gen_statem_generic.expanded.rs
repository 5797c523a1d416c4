use regrow::prelude::*;
use regrow::gen_statem;
use regrow::answer::ReplyTo;
use regrow::statem::{Machine, Transition};
impl<K, V> Link<K, V>
where
    K: PartialEq + Send + Sync + 'static,
    V: Send + 'static,
{
    #[allow(clippy::needless_pass_by_value, clippy::needless_pass_by_ref_mut)]
    async fn new(
        cx: &mut Context<Machine<Self>>,
        key: K,
    ) -> Result<(link::State<K>, Self), Refused> {
        Link::reach(cx, key).await
    }
    #[allow(clippy::needless_pass_by_value)]
    async fn ask(&mut self, key: K, from: ReplyTo<V>) -> Transition<Self> {
        self.exchange(key, from).await
    }
    #[allow(clippy::needless_pass_by_value, clippy::unused_self)]
    fn ask_later(&mut self, other: K, from: ReplyTo<V>) -> Transition<Self> {
        Transition::keep().postpone(LinkEvent::Ask(other, from))
    }
    #[allow(clippy::needless_pass_by_value, clippy::needless_pass_by_ref_mut)]
    async fn retry(
        &mut self,
        cx: &mut Context<Machine<Self>>,
        times: u32,
    ) -> link::State<K> {
        self.again(cx, times).await
    }
    #[allow(clippy::needless_pass_by_value, clippy::unused_self)]
    fn lost(&mut self, _: Lost<K>) {}
    #[allow(clippy::needless_pass_by_value, clippy::unused_self)]
    fn exited(&mut self, exit: Exit) {}
    #[allow(clippy::trivially_copy_pass_by_ref, clippy::unused_self)]
    fn last(&mut self, why: &ExitReason, state: &link::State<K>) {}
}
impl<K, V> Link<K, V>
where
    K: PartialEq + Send + Sync + 'static,
    V: Send + 'static,
{
    /// Starts a `Link` that is linked to nobody.
    ///
    /// # In OTP
    ///
    /// `gen_statem:start/3`
    pub fn start(key: K) -> ::regrow::server::Start<::regrow::statem::Machine<Self>> {
        ::regrow::server::Start::new(key)
            .name(
                ::regrow::reference::Name::<::regrow::statem::Machine<Self>>::new("link"),
            )
    }
    /// Starts a `Link` and links it to the caller.
    ///
    /// # In OTP
    ///
    /// `gen_statem:start_link/3`
    pub fn start_link(
        key: K,
    ) -> ::regrow::server::Start<::regrow::statem::Machine<Self>> {
        Self::start(key).link()
    }
    /// Tells a supervisor how to start a `Link`; the arguments are cloned for each start.
    pub fn child_spec(
        key: K,
    ) -> ::regrow::supervisor::ChildSpec<::regrow::statem::Machine<Self>>
    where
        for<'__regrow> K: ::core::clone::Clone + ::core::marker::Sync,
    {
        ::regrow::supervisor::ChildSpec::new(key)
            .name(
                ::regrow::reference::Name::<::regrow::statem::Machine<Self>>::new("link"),
            )
    }
    /// Tells a supervisor how to start a `Link`; the arguments are made afresh for each start.
    #[allow(clippy::impl_trait_in_params)]
    pub fn child_spec_with(
        __regrow_make: impl ::core::ops::Fn(
        ) -> K + ::core::marker::Send + ::core::marker::Sync + 'static,
    ) -> ::regrow::supervisor::ChildSpec<::regrow::statem::Machine<Self>> {
        ::regrow::supervisor::ChildSpec::with(__regrow_make)
            .name(
                ::regrow::reference::Name::<::regrow::statem::Machine<Self>>::new("link"),
            )
    }
    /// Tells a supervisor how to start a `Link` whose arguments exist once: it is temporary.
    pub fn child_spec_once(
        key: K,
    ) -> ::regrow::supervisor::TemporarySpec<::regrow::statem::Machine<Self>> {
        ::regrow::supervisor::ChildSpec::once(key)
            .name(
                ::regrow::reference::Name::<::regrow::statem::Machine<Self>>::new("link"),
            )
    }
}
/// What a reference to a [`Link`] can do.
///
/// These are the methods of `ServerRef<Machine<Link>>` and of everything else that leads to one: a
/// name, a registry's key, a supervisor's child. They send; the handlers in the `impl`
/// block of `Link` receive.
pub trait LinkClient<
    K,
    V,
>: ::regrow::__private::Target<::regrow::statem::Machine<Link<K, V>>> + 'static
where
    K: PartialEq + Send + Sync + 'static,
    V: Send + 'static,
{}
/// What can happen to a [`Link`].
#[allow(private_interfaces)]
#[non_exhaustive]
pub enum LinkEvent<K, V>
where
    K: PartialEq + Send + Sync + 'static,
    V: Send + 'static,
{
    /// What `Link::ask` is for.
    Ask(K, ::regrow::answer::ReplyTo<V>),
    /// What `Link::retry` is for.
    Retry(u32),
    /// What `Link::lost` is for.
    Lost(Lost<K>),
    /// What `Link::exited` is for.
    Exited(Exit),
    #[doc(hidden)]
    __Regrow(::core::marker::PhantomData<fn(&K, &V)>, ::core::convert::Infallible),
}
const _: () = {
    #[automatically_derived]
    impl<K, V, __RegrowTarget> LinkClient<K, V> for __RegrowTarget
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + 'static,
        __RegrowTarget: ::regrow::__private::Target<
                ::regrow::statem::Machine<Link<K, V>>,
            > + 'static,
    {}
    #[automatically_derived]
    impl<K, V> ::regrow::__private::HasMachineClient for Link<K, V>
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + 'static,
    {
        type Client = dyn LinkClient<K, V>;
        #[inline]
        fn client<
            __RegrowTarget: ::regrow::__private::Target<::regrow::statem::Machine<Self>>
                + 'static,
        >(__regrow_target: &__RegrowTarget) -> &Self::Client {
            __regrow_target
        }
    }
    #[automatically_derived]
    impl<K, V> ::regrow::statem::GenStatem for Link<K, V>
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + 'static,
    {
        type Args = K;
        type State = link::State<K>;
        type Event = LinkEvent<K, V>;
        const TRAP_EXIT: bool = true;
        const MAILBOX: ::core::option::Option<
            (usize, ::regrow::process::MailboxPolicy),
        > = ::core::option::Option::Some((10, ::regrow::process::MailboxPolicy::Wait));
        fn init(
            key: K,
            __regrow_cx: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::statem::Initial<Self>> {
            async move {
                ::regrow::__private::IntoInitial::<
                    Self,
                >::into_initial(Self::new(__regrow_cx, key).await)
            }
        }
        fn handle_event(
            &mut self,
            _: ::regrow::statem::EventType,
            __regrow_event: Self::Event,
            __regrow_state: &Self::State,
            __regrow_cx: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::statem::Transition<Self>> {
            match __regrow_event {
                LinkEvent::Ask(key, __regrow_from) => {
                    match __regrow_state {
                        link::State::Up { .. } => {
                            ::regrow::__private::Either::Second(
                                ::regrow::__private::Either::First(async move {
                                    ::regrow::__private::IntoTransition::<
                                        Self,
                                    >::into_transition(
                                        Self::ask(self, key, __regrow_from).await,
                                    )
                                }),
                            )
                        }
                        link::State::Down { .. } => {
                            ::regrow::__private::Either::First(
                                ::regrow::__private::IntoTransition::<
                                    Self,
                                >::into_transition(
                                    Self::ask_later(self, key, __regrow_from),
                                ),
                            )
                        }
                    }
                }
                LinkEvent::Retry(times) => {
                    match __regrow_state {
                        link::State::Down { .. } => {
                            ::regrow::__private::Either::Second(
                                ::regrow::__private::Either::Second(async move {
                                    ::regrow::statem::Transition::<
                                        Self,
                                    >::to(Self::retry(self, __regrow_cx, times).await)
                                }),
                            )
                        }
                        _ => {
                            ::regrow::__private::Either::First(
                                ::regrow::statem::Transition::<Self>::keep(),
                            )
                        }
                    }
                }
                LinkEvent::Lost(arg0) => {
                    ::regrow::__private::Either::First({
                        Self::lost(self, arg0);
                        ::regrow::statem::Transition::<Self>::keep()
                    })
                }
                LinkEvent::Exited(exit) => {
                    ::regrow::__private::Either::First({
                        Self::exited(self, exit);
                        ::regrow::statem::Transition::<Self>::keep()
                    })
                }
                LinkEvent::__Regrow(_, __regrow_never) => match __regrow_never {}
            }
        }
        fn exit_event(
            exit: ::regrow::process::Exit,
        ) -> ::core::result::Result<Self::Event, ::regrow::process::Exit> {
            ::core::result::Result::Ok(LinkEvent::Exited(exit))
        }
        fn terminate(
            &mut self,
            why: &::regrow::exit::ExitReason,
            __regrow_state: &Self::State,
            _: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
            Self::last(self, why, __regrow_state);
            ::regrow::answer::Next::proceed()
        }
        fn way(
            __regrow_event: &Self::Event,
        ) -> ::core::option::Option<(&'static str, ::regrow::__private::Way)> {
            ::core::option::Option::Some(
                match __regrow_event {
                    LinkEvent::Ask { .. } => ("ask", ::regrow::__private::Way::Call),
                    LinkEvent::Retry { .. } => {
                        (
                            "retry",
                            ::regrow::__private::Way::Timeout(
                                ::core::option::Option::Some("retry"),
                            ),
                        )
                    }
                    LinkEvent::Lost { .. } => ("lost", ::regrow::__private::Way::Info),
                    LinkEvent::Exited { .. } => {
                        ("exited", ::regrow::__private::Way::Info)
                    }
                    LinkEvent::__Regrow(_, __regrow_never) => match *__regrow_never {}
                },
            )
        }
    }
    struct Ask<K, V>(
        K,
        ::core::marker::PhantomData<fn(&K, &V)>,
    )
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + 'static;
    #[automatically_derived]
    impl<K, V> ::regrow::statem::CallEvent<Ask<K, V>> for Link<K, V>
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + 'static,
    {
        type Reply = V;
        fn call_event(
            Ask(key, _): Ask<K, V>,
            __regrow_from: ::regrow::answer::ReplyTo<Self::Reply>,
        ) -> Self::Event {
            LinkEvent::Ask(key, __regrow_from)
        }
    }
    #[automatically_derived]
    impl<K, V> ::core::convert::From<Lost<K>> for LinkEvent<K, V>
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + 'static,
    {
        fn from(arg0: Lost<K>) -> Self {
            LinkEvent::Lost(arg0)
        }
    }
    impl<K, V> dyn LinkClient<K, V>
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + 'static,
    {
        /// Calls `Link::ask` and gives what it replies.
        ///
        /// # In OTP
        ///
        /// `gen_statem:call/2`
        #[inline]
        pub fn ask(&self, key: K) -> ::regrow::call::Call<V> {
            ::regrow::__private::call(
                self,
                Ask::<K, V>(key, ::core::marker::PhantomData),
            )
        }
    }
};
