//! Keys as addresses: reaching a server by the key that it is registered under.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::Deref;

use regrow_runtime::gen_server::{
    Address, HandleInfo, HasClient, IntoName, NameElsewhere, ServerName, ServerRef, StartError,
    Target,
};
use regrow_runtime::process::{Accepts, AsPid, Delivery, Pid};

use crate::error::RegisterError;
use crate::registry::Registry;
use crate::table::with_table;

/// A server of type `S`, by the key that it has in a registry. Made by
/// [`via`](crate::RegistryClient).
///
/// The server's client methods are called on it; the key is looked up each time, so it outlives the
/// server's restarts. While nobody has the key, casts are dropped and calls fail with
/// [`NoProcess`](regrow_runtime::gen_server::CallError::NoProcess). The registry is the process that
/// it was when this was made.
///
/// It is also a name to start a server under: `Worker::start_link(7).name(users.via(7))`.
///
/// # In OTP
///
/// Elixir's `{:via, Registry, {registry, key}}`.
pub struct Via<S: ?Sized, K> {
    registry: Option<Pid>,
    key: K,
    server: PhantomData<fn() -> Box<S>>,
}

impl<S: ?Sized, K> Via<S, K> {
    pub(crate) fn new(registry: Option<Pid>, key: K) -> Via<S, K> {
        Via {
            registry,
            key,
            server: PhantomData,
        }
    }
}

impl<S, K> Target<S> for Via<S, K>
where
    S: ?Sized + 'static,
    K: Eq + Hash + Send + Sync + 'static,
{
    #[inline]
    fn address(&self) -> Address<S> {
        let lookup = |registry| with_table::<K, _>(registry, |table| table.lookup(&self.key));
        self.registry.and_then(lookup).flatten().into()
    }
}

/// Whoever has the key; while nobody has, a pid that no process has.
impl<S, K> AsPid for Via<S, K>
where
    S: ?Sized + 'static,
    K: Eq + Hash + Send + Sync + 'static,
{
    fn as_pid(&self) -> Pid {
        self.address().pid().unwrap_or_else(Pid::of_nobody)
    }
}

impl<S, K, M> Accepts<M> for Via<S, K>
where
    S: HandleInfo<M>,
    K: Eq + Hash + Clone + Send + Sync + 'static,
    M: Send + 'static,
{
    fn accept(&self, message: M) {
        if let Some(process) = self.address().pid() {
            ServerRef::<S>::of(process).accept(message);
        }
    }

    fn accept_later(&self, message: M) -> Delivery {
        let key = self.clone();
        Delivery::find(move || key.accept(message))
    }
}

impl<S, K> Deref for Via<S, K>
where
    S: HasClient,
    K: Eq + Hash + Send + Sync + 'static,
{
    type Target = S::Client;

    #[inline]
    fn deref(&self) -> &S::Client {
        S::client(self)
    }
}

impl<S: ?Sized, K: Clone> Clone for Via<S, K> {
    fn clone(&self) -> Via<S, K> {
        Via::new(self.registry, self.key.clone())
    }
}

impl<S: ?Sized, K: fmt::Debug> fmt::Debug for Via<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Via")
            .field("registry", &self.registry)
            .field("key", &self.key)
            .finish()
    }
}

impl<S, K> IntoName<S> for Via<S, K>
where
    S: ?Sized,
    K: Eq + Hash + Clone + Send + Sync + 'static,
{
    fn into_name(self) -> ServerName {
        let registry = self.registry;
        ServerName::elsewhere(Key {
            registry: move || registry,
            key: self.key,
        })
    }
}

/// The name that a key of a registry is. The registry is looked up each time the name is used.
pub fn name<K>(registry: impl Target<Registry<K>>, key: K) -> ServerName
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
{
    ServerName::elsewhere(Key {
        registry: move || registry.address().pid(),
        key,
    })
}

/// A key as a name. `F` says which registry is meant now.
struct Key<F, K> {
    registry: F,
    key: K,
}

impl<F, K> NameElsewhere for Key<F, K>
where
    F: Fn() -> Option<Pid> + Send + Sync + 'static,
    K: Eq + Hash + Clone + Send + Sync + 'static,
{
    fn find(&self) -> Option<Pid> {
        with_table::<K, _>((self.registry)()?, |table| table.lookup(&self.key))?
    }

    fn register(&self) -> Result<(), StartError> {
        let registry = (self.registry)().map(ServerRef::<Registry<K>>::of);
        let registered = match registry {
            Some(registry) => registry.register(self.key.clone()),
            None => Err(RegisterError::NoRegistry),
        };
        registered.map_err(|error| match error {
            RegisterError::AlreadyRegistered(pid) => StartError::AlreadyStarted(pid),
            error => StartError::Failed(error.into()),
        })
    }
}
