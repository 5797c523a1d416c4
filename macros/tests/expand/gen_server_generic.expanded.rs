use regrow::prelude::*;
pub struct Cache<K, V> {
    map: HashMap<K, V>,
}
impl<K: Eq + Hash + Send + 'static, V> Cache<K, V>
where
    V: Clone + Send + 'static,
{
    async fn new() -> Result<Self, io::Error> {
        Ok(Cache { map: HashMap::new() })
    }
    #[allow(clippy::needless_pass_by_value)]
    fn put_all<I>(&mut self, items: I)
    where
        I: IntoIterator<Item = (K, V)> + Send + 'static,
    {
        self.map.extend(items);
    }
    #[cfg(feature = "get")]
    #[allow(clippy::needless_pass_by_value)]
    pub(crate) fn get(&self, key: K) -> Option<V> {
        self.map.get(&key).cloned()
    }
}
impl<K: Eq + Hash + Send + 'static, V> Cache<K, V>
where
    V: Clone + Send + 'static,
{
    /// Starts a `Cache` that is linked to nobody.
    ///
    /// # In OTP
    ///
    /// `gen_server:start/3`
    pub fn start() -> ::regrow::server::Start<Self> {
        ::regrow::server::Start::new(())
    }
    /// Starts a `Cache` and links it to the caller.
    ///
    /// # In OTP
    ///
    /// `gen_server:start_link/3`
    pub fn start_link() -> ::regrow::server::Start<Self> {
        Self::start().link()
    }
    /// Tells a supervisor how to start a `Cache`.
    pub fn child_spec() -> ::regrow::supervisor::ChildSpec<Self> {
        ::regrow::supervisor::ChildSpec::new(())
    }
}
/// What a reference to a [`Cache`] can do.
///
/// These are the methods of `ServerRef<Cache>` and of everything else that leads to one: a
/// name, a registry's key, a supervisor's child. They send; the handlers in the `impl`
/// block of `Cache` receive.
pub trait CacheClient<
    K: Eq + Hash + Send + 'static,
    V,
>: ::regrow::__private::Target<Cache<K, V>> + 'static
where
    V: Clone + Send + 'static,
{}
const _: () = {
    #[automatically_derived]
    impl<K: Eq + Hash + Send + 'static, V, __RegrowTarget> CacheClient<K, V>
    for __RegrowTarget
    where
        V: Clone + Send + 'static,
        __RegrowTarget: ::regrow::__private::Target<Cache<K, V>> + 'static,
    {}
    #[automatically_derived]
    impl<K: Eq + Hash + Send + 'static, V> ::regrow::__private::HasClient for Cache<K, V>
    where
        V: Clone + Send + 'static,
    {
        type Client = dyn CacheClient<K, V>;
        #[inline]
        fn client<__RegrowTarget: ::regrow::__private::Target<Self> + 'static>(
            __regrow_target: &__RegrowTarget,
        ) -> &Self::Client {
            __regrow_target
        }
    }
    #[automatically_derived]
    impl<K: Eq + Hash + Send + 'static, V> ::regrow::server::GenServer for Cache<K, V>
    where
        V: Clone + Send + 'static,
    {
        type Args = ();
        fn init(
            (): (),
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Init<Self>> {
            async move {
                ::regrow::__private::IntoInit::<Self>::into_init(Self::new().await)
            }
        }
    }
    struct PutAll<K: Eq + Hash + Send + 'static, V, I>(
        I,
        ::core::marker::PhantomData<fn(&K, &V, &I)>,
    )
    where
        V: Clone + Send + 'static,
        I: IntoIterator<Item = (K, V)> + Send + 'static;
    #[automatically_derived]
    impl<
        K: Eq + Hash + Send + 'static,
        V,
        I,
    > ::regrow::server::HandleCast<PutAll<K, V, I>> for Cache<K, V>
    where
        V: Clone + Send + 'static,
        I: IntoIterator<Item = (K, V)> + Send + 'static,
    {
        fn handle_cast(
            &mut self,
            PutAll(items, _): PutAll<K, V, I>,
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
            Self::put_all::<I>(self, items);
            ::regrow::answer::Next::proceed()
        }
    }
    #[cfg(feature = "get")]
    struct Get<K: Eq + Hash + Send + 'static, V>(
        K,
        ::core::marker::PhantomData<fn(&K, &V)>,
    )
    where
        V: Clone + Send + 'static;
    #[cfg(feature = "get")]
    #[automatically_derived]
    impl<K: Eq + Hash + Send + 'static, V> ::regrow::server::HandleCall<Get<K, V>>
    for Cache<K, V>
    where
        V: Clone + Send + 'static,
    {
        type Reply = Option<V>;
        fn handle_call(
            &mut self,
            Get(key, _): Get<K, V>,
            _: ::regrow::answer::ReplyTo<Self::Reply>,
            _: &mut ::regrow::server::Context<Self>,
        ) -> impl ::regrow::__private::Step<::regrow::answer::Reply<Self::Reply>> {
            ::regrow::__private::IntoReply::<
                Self::Reply,
            >::into_reply(Self::get(self, key))
        }
    }
    impl<K: Eq + Hash + Send + 'static, V> dyn CacheClient<K, V>
    where
        V: Clone + Send + 'static,
    {
        /// Casts to `Cache::put_all`: sends and does not wait.
        ///
        /// # In OTP
        ///
        /// `gen_server:cast/2`
        #[inline]
        pub fn put_all<I>(&self, items: I)
        where
            I: IntoIterator<Item = (K, V)> + Send + 'static,
        {
            ::regrow::__private::cast(
                self,
                PutAll::<K, V, I>(items, ::core::marker::PhantomData),
            )
        }
        /// Calls `Cache::get` and gives what it replies.
        ///
        /// # In OTP
        ///
        /// `gen_server:call/2`
        #[cfg(feature = "get")]
        #[inline]
        pub(crate) fn get(&self, key: K) -> ::regrow::call::Call<Option<V>> {
            ::regrow::__private::call(
                self,
                Get::<K, V>(key, ::core::marker::PhantomData),
            )
        }
    }
};
