use regrow::protocol;
/// What a store can do.
pub trait Store {
    /// What is kept under a key.
    fn get(&self, key: String) -> Option<String>;
    fn put(&mut self, key: String, value: String) -> Result<(), Full>;
    fn sync(
        &mut self,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    fn forget(&mut self, key: String);
}
/// A server that implements [`Store`], whatever else it is. Made of a reference, with `into()`.
#[derive(Clone, Copy)]
pub struct StoreRef {
    pid: ::regrow::process::Pid,
    table: &'static StoreTable,
}
struct StoreTable {
    get: fn(::regrow::process::Pid, String) -> ::regrow::call::Call<Option<String>>,
    put: fn(::regrow::process::Pid, String, String) -> ::regrow::call::Call<(), Full>,
    sync: fn(::regrow::process::Pid) -> ::regrow::call::Call<()>,
    forget: fn(::regrow::process::Pid, String),
}
const _: () = {
    struct Get(String);
    #[automatically_derived]
    impl<
        __RegrowServer: Store + ::regrow::server::GenServer,
    > ::regrow::__private::ProtocolCall<__RegrowServer> for Get {
        type Reply = Option<String>;
        fn handle(
            self,
            __regrow_state: &mut __RegrowServer,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Reply<Self::Reply>> {
            let Get(key) = self;
            ::regrow::answer::Reply::now(
                <__RegrowServer as Store>::get(__regrow_state, key),
            )
        }
    }
    struct Put(String, String);
    #[automatically_derived]
    impl<
        __RegrowServer: Store + ::regrow::server::GenServer,
    > ::regrow::__private::ProtocolCall<__RegrowServer> for Put {
        type Reply = Result<(), Full>;
        fn handle(
            self,
            __regrow_state: &mut __RegrowServer,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Reply<Self::Reply>> {
            let Put(key, value) = self;
            ::regrow::answer::Reply::now(
                <__RegrowServer as Store>::put(__regrow_state, key, value),
            )
        }
    }
    struct Sync();
    #[automatically_derived]
    impl<
        __RegrowServer: Store + ::regrow::server::GenServer,
    > ::regrow::__private::ProtocolCall<__RegrowServer> for Sync {
        type Reply = ();
        fn handle(
            self,
            __regrow_state: &mut __RegrowServer,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Reply<Self::Reply>> {
            let Sync() = self;
            async move {
                <__RegrowServer as Store>::sync(__regrow_state).await;
                ::regrow::answer::Reply::now(())
            }
        }
    }
    struct Forget(String);
    #[automatically_derived]
    impl<
        __RegrowServer: Store + ::regrow::server::GenServer,
    > ::regrow::__private::ProtocolCast<__RegrowServer> for Forget {
        fn handle(
            self,
            __regrow_state: &mut __RegrowServer,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
            let Forget(key) = self;
            <__RegrowServer as Store>::forget(__regrow_state, key);
            ::regrow::answer::Next::proceed()
        }
    }
    struct __RegrowOf<__RegrowServer>(::core::marker::PhantomData<__RegrowServer>);
    impl<
        __RegrowServer: Store + ::regrow::server::GenServer,
    > __RegrowOf<__RegrowServer> {
        const TABLE: &'static StoreTable = &StoreTable {
            get: |pid, key| {
                ::regrow::__private::protocol_call::<__RegrowServer, _>(pid, Get(key))
            },
            put: |pid, key, value| {
                ::regrow::__private::protocol_call::<
                    __RegrowServer,
                    _,
                >(pid, Put(key, value))
                    .flatten()
            },
            sync: |pid| {
                ::regrow::__private::protocol_call::<__RegrowServer, _>(pid, Sync())
            },
            forget: |pid, key| {
                ::regrow::__private::protocol_cast::<__RegrowServer, _>(pid, Forget(key))
            },
        };
    }
    #[automatically_derived]
    impl<
        __RegrowServer: Store + ::regrow::server::GenServer,
    > ::core::convert::From<::regrow::reference::ServerRef<__RegrowServer>>
    for StoreRef {
        fn from(server: ::regrow::reference::ServerRef<__RegrowServer>) -> Self {
            Self {
                pid: server.pid(),
                table: __RegrowOf::<__RegrowServer>::TABLE,
            }
        }
    }
    #[automatically_derived]
    impl ::regrow::process::AsPid for StoreRef {
        fn as_pid(&self) -> ::regrow::process::Pid {
            self.pid
        }
    }
    #[automatically_derived]
    impl ::core::cmp::PartialEq for StoreRef {
        fn eq(&self, other: &Self) -> bool {
            self.pid == other.pid
        }
    }
    #[automatically_derived]
    impl ::core::cmp::Eq for StoreRef {}
    #[automatically_derived]
    impl ::core::hash::Hash for StoreRef {
        fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
            ::core::hash::Hash::hash(&self.pid, state);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for StoreRef {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_tuple("StoreRef").field(&self.pid).finish()
        }
    }
    impl StoreRef {
        /// What is kept under a key.
        ///
        /// # In OTP
        ///
        /// `gen_server:call/2`
        pub fn get(&self, key: String) -> ::regrow::call::Call<Option<String>> {
            (self.table.get)(self.pid, key)
        }
        /// Calls `Store::put` and gives what it replies.
        ///
        /// # In OTP
        ///
        /// `gen_server:call/2`
        pub fn put(&self, key: String, value: String) -> ::regrow::call::Call<(), Full> {
            (self.table.put)(self.pid, key, value)
        }
        /// Calls `Store::sync` and gives what it replies.
        ///
        /// # In OTP
        ///
        /// `gen_server:call/2`
        pub fn sync(&self) -> ::regrow::call::Call<()> {
            (self.table.sync)(self.pid)
        }
        /// Casts to `Store::forget`: sends and does not wait.
        ///
        /// # In OTP
        ///
        /// `gen_server:cast/2`
        pub fn forget(&self, key: String) {
            (self.table.forget)(self.pid, key)
        }
    }
};
