use regrow::prelude::*;
/// A server that is written by hand.
#[derive(Debug)]
pub struct Cache<K: Send + 'static> {
    entries: Vec<K>,
}
const _: () = {
    const fn is_server<S: ::regrow::server::GenServer>() {}
    const fn _asked<K: Send + 'static>() {
        is_server::<Cache<K>>()
    }
};
#[automatically_derived]
impl<K: Send + 'static> Cache<K> {
    /// Tells a supervisor how to start a `Cache`; the arguments are cloned for each start.
    pub fn child_spec(
        __regrow_args: <Self as ::regrow::server::GenServer>::Args,
    ) -> ::regrow::supervisor::ChildSpec<Self>
    where
        for<'__regrow> Self: ::regrow::server::GenServer,
        for<'__regrow> <Self as ::regrow::server::GenServer>::Args: ::core::clone::Clone
            + ::core::marker::Sync,
    {
        ::regrow::supervisor::ChildSpec::new(__regrow_args)
            .id("the cache")
            .shutdown(
                ::regrow::supervisor::Shutdown::After(
                    ::core::time::Duration::from_secs(30),
                ),
            )
            .significant(true)
            .name(::regrow::reference::Name::<Self>::new("cache"))
            .restart(::regrow::supervisor::Restart::Transient)
            .backoff(Backoff::fixed(secs(1)))
            .budget(5, secs(60))
            .max_lifetime(::core::time::Duration::from_secs(3600))
    }
    /// Tells a supervisor how to start a `Cache`; the arguments are made afresh for each start.
    #[allow(clippy::impl_trait_in_params)]
    pub fn child_spec_with(
        __regrow_make: impl ::core::ops::Fn(
        ) -> <Self as ::regrow::server::GenServer>::Args + ::core::marker::Send + ::core::marker::Sync + 'static,
    ) -> ::regrow::supervisor::ChildSpec<Self>
    where
        for<'__regrow> Self: ::regrow::server::GenServer,
    {
        ::regrow::supervisor::ChildSpec::with(__regrow_make)
            .id("the cache")
            .shutdown(
                ::regrow::supervisor::Shutdown::After(
                    ::core::time::Duration::from_secs(30),
                ),
            )
            .significant(true)
            .name(::regrow::reference::Name::<Self>::new("cache"))
            .restart(::regrow::supervisor::Restart::Transient)
            .backoff(Backoff::fixed(secs(1)))
            .budget(5, secs(60))
            .max_lifetime(::core::time::Duration::from_secs(3600))
    }
    /// Tells a supervisor how to start a `Cache` whose arguments exist once: it is temporary.
    pub fn child_spec_once(
        __regrow_args: <Self as ::regrow::server::GenServer>::Args,
    ) -> ::regrow::supervisor::TemporarySpec<Self>
    where
        for<'__regrow> Self: ::regrow::server::GenServer,
    {
        ::regrow::supervisor::ChildSpec::once(__regrow_args)
            .id("the cache")
            .shutdown(
                ::regrow::supervisor::Shutdown::After(
                    ::core::time::Duration::from_secs(30),
                ),
            )
            .significant(true)
            .name(::regrow::reference::Name::<Self>::new("cache"))
    }
}
/// A worker that is no server.
#[derive()]
struct Ticker;
#[automatically_derived]
impl Ticker {
    /// Tells a supervisor how to start a `Ticker`; the arguments are cloned for each start.
    pub fn child_spec(
        every: Duration,
        label: String,
    ) -> ::regrow::supervisor::AnyChildSpec {
        ::regrow::supervisor::AnyChildSpec::from_fn(
            ::core::any::type_name::<Self>(),
            move || (Ticker::start_link)(
                ::core::clone::Clone::clone(&every),
                ::core::clone::Clone::clone(&label),
            ),
        )
    }
}
