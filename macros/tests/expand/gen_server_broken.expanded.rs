use regrow::prelude::*;
struct Counter {
    value: i64,
}
impl Counter {
    fn new(value: i64) -> Self {
        Counter { value }
    }
    #[allow(clippy::unused_self)]
    fn rename(&mut self, name: &str) {}
    fn get(&self) -> i64 {
        self.value
    }
}
#[allow(warnings)]
impl Counter {
    pub fn start(value: i64) -> ::regrow::server::Start<Self> {
        ::core::unreachable!()
    }
    pub fn start_link(value: i64) -> ::regrow::server::Start<Self> {
        ::core::unreachable!()
    }
    pub fn child_spec(value: i64) -> ::regrow::supervisor::ChildSpec<Self> {
        ::core::unreachable!()
    }
    pub fn child_spec_with<__RegrowMake>(
        _: __RegrowMake,
    ) -> ::regrow::supervisor::ChildSpec<Self> {
        ::core::unreachable!()
    }
    pub fn child_spec_once(value: i64) -> ::regrow::supervisor::TemporarySpec<Self> {
        ::core::unreachable!()
    }
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
    impl dyn CounterClient {
        #[allow(warnings)]
        /// Casts to `Counter::rename`: sends and does not wait.
        ///
        /// # In OTP
        ///
        /// `gen_server:cast/2`
        #[inline]
        pub fn rename(&self, name: &str) {
            ::core::unreachable!()
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
    }
    #[automatically_derived]
    impl ::regrow::server::GenServer for Counter {
        type Args = ();
        fn init(
            (): (),
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Init<Self>> {
            ::regrow::answer::Init::<Self>::ignore()
        }
    }
};
::core::compile_error! {
    "a message cannot borrow: take `String`"
}
::core::compile_error! {
    "`Counter` has no `#[init]`: put it on `new`"
}
