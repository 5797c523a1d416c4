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

use crate::books::with_books;
use crate::error::RegisterError;
use crate::kind::Unique;
use crate::registry::Registry;

/// A server of type `S`, by the key that it has in a registry. Made by
/// [`via`](crate::RegistryClient).
///
/// The server's client methods are called on it; the key is looked up each time, so it outlives the
/// server's restarts. While nobody has the key, casts are dropped and calls fail with
/// [`NoProcess`](regrow_runtime::gen_server::CallError::NoProcess). That whoever has it is a server
/// of type `S` is the word of whoever made this: one of another type drops casts and messages, and
/// calls fail with [`OtherServer`](regrow_runtime::gen_server::CallError::OtherServer), which names
/// both types. The registry is the process that it was when this was made.
///
/// It is also a name to start a server under: `Worker::start_link(7).name(users.via(7))`.
///
/// # In OTP
///
/// Elixir's `{:via, Registry, {registry, key}}`.
pub struct Via<S: ?Sized, K, V = ()> {
    registry: Option<Pid>,
    key: K,
    value: PhantomData<fn() -> V>,
    server: PhantomData<fn() -> Box<S>>,
}

impl<S: ?Sized, K, V> Via<S, K, V> {
    pub(crate) fn new(registry: Option<Pid>, key: K) -> Via<S, K, V> {
        Via {
            registry,
            key,
            value: PhantomData,
            server: PhantomData,
        }
    }
}

/// The process that has a key.
#[inline]
fn find<K, V>(registry: Option<Pid>, key: &K) -> Option<Pid>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    with_books::<K, V, Unique, _>(registry?, |books| books.table.lookup(key)).ok()?
}

impl<S, K, V> Target<S> for Via<S, K, V>
where
    S: ?Sized + 'static,
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    #[inline]
    fn address(&self) -> Address<S> {
        find::<K, V>(self.registry, &self.key).into()
    }
}

/// Whoever has the key; while nobody has, a pid that no process has.
impl<S, K, V> AsPid for Via<S, K, V>
where
    S: ?Sized + 'static,
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn as_pid(&self) -> Pid {
        self.address().pid().unwrap_or_else(Pid::of_nobody)
    }
}

impl<S, K, V, M> Accepts<M> for Via<S, K, V>
where
    S: HandleInfo<M>,
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
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

impl<S, K, V> Deref for Via<S, K, V>
where
    S: HasClient,
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    type Target = S::Client;

    #[inline]
    fn deref(&self) -> &S::Client {
        S::client(self)
    }
}

impl<S: ?Sized, K: Clone, V> Clone for Via<S, K, V> {
    fn clone(&self) -> Via<S, K, V> {
        Via::new(self.registry, self.key.clone())
    }
}

impl<S: ?Sized, K: fmt::Debug, V> fmt::Debug for Via<S, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Via")
            .field("registry", &self.registry)
            .field("key", &self.key)
            .finish()
    }
}

/// The key is registered with the value that values of its type have by default.
impl<S, K, V> IntoName<S> for Via<S, K, V>
where
    S: ?Sized,
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Default + Clone + Send + Sync + 'static,
{
    fn into_name(self) -> ServerName {
        ViaWith::new(self.registry, self.key, V::default()).name()
    }
}

/// A key with a value, as a name to start a server under. Made by
/// [`via_with`](crate::RegistryClient).
#[derive(Clone)]
pub struct ViaWith<K, V> {
    registry: Option<Pid>,
    key: K,
    value: V,
}

impl<K, V> ViaWith<K, V> {
    pub(crate) fn new(registry: Option<Pid>, key: K, value: V) -> ViaWith<K, V> {
        ViaWith {
            registry,
            key,
            value,
        }
    }

    fn name(self) -> ServerName
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
    {
        let registry = self.registry;
        ServerName::elsewhere(KeyName {
            registry: move || registry,
            key: self.key,
            value: self.value,
        })
    }
}

impl<S, K, V> IntoName<S> for ViaWith<K, V>
where
    S: ?Sized,
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn into_name(self) -> ServerName {
        self.name()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for ViaWith<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViaWith")
            .field("registry", &self.registry)
            .field("key", &self.key)
            .field("value", &self.value)
            .finish()
    }
}

/// The name that a key of a registry is, registered with this value. The registry is looked up each
/// time the name is used.
pub fn name<K, V>(registry: impl Target<Registry<K, V>> + 'static, key: K, value: V) -> ServerName
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    ServerName::elsewhere(KeyName {
        registry: move || registry.address().pid(),
        key,
        value,
    })
}

/// A key as a name. `F` says which registry is meant now.
struct KeyName<F, K, V> {
    registry: F,
    key: K,
    value: V,
}

impl<F, K, V> NameElsewhere for KeyName<F, K, V>
where
    F: Fn() -> Option<Pid> + Send + Sync + 'static,
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn find(&self) -> Option<Pid> {
        find::<K, V>((self.registry)(), &self.key)
    }

    fn register(&self) -> Result<(), StartError> {
        let registry = (self.registry)().map(ServerRef::<Registry<K, V>>::of);
        let registered = match registry {
            Some(registry) => registry.register_with(self.key.clone(), self.value.clone()),
            None => Err(RegisterError::NoRegistry),
        };
        registered.map_err(|error| match error {
            RegisterError::AlreadyRegistered(pid) => StartError::AlreadyStarted(pid),
            error => StartError::Failed(error.into()),
        })
    }

    fn give_back(&self) {
        if let Some(registry) = (self.registry)().map(ServerRef::<Registry<K, V>>::of) {
            registry.unregister(&self.key);
        }
    }
}
