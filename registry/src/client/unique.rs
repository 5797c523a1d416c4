//! What references to registries with unique keys can do beside the rest.

use std::borrow::Borrow;
use std::hash::Hash;

use regrow_runtime::gen_server::{GenServer, ServerRef, Start, StartError};
use regrow_runtime::process::{Pid, try_self_pid};

use super::RegistryClient;
use crate::key::{Via, ViaWith};
use crate::kind::Unique;

impl<K, V> dyn RegistryClient<K, V, Unique>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// The process that has a key.
    ///
    /// What it gives was true a moment ago: the process may have ended since. It is never a process
    /// whose end the caller has heard of.
    ///
    /// # In OTP
    ///
    /// [`Registry.whereis_name/1`](https://hexdocs.pm/elixir/Registry.html#whereis_name/1), and
    /// [`Registry.lookup/2`](https://hexdocs.pm/elixir/Registry.html#lookup/2), which may give a
    /// process whose end is known, without the value; with the value it is
    /// [`entry`](#method.entry).
    #[inline]
    pub fn lookup<Q>(&self, key: &Q) -> Option<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|books| books.table.lookup(key)).ok()?
    }

    /// The process that has a key, and the value that it registered with it.
    ///
    /// # In OTP
    ///
    /// [`Registry.lookup/2`](https://hexdocs.pm/elixir/Registry.html#lookup/2).
    pub fn entry<Q>(&self, key: &Q) -> Option<(Pid, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        self.with(|books| books.table.entry(key)).ok()?
    }

    /// Changes the value of a key of the process that calls this. Returns the new value and the one
    /// before. `None`: it does not have the key, and `update` was not called.
    ///
    /// # In OTP
    ///
    /// [`Registry.update_value/3`](https://hexdocs.pm/elixir/Registry.html#update_value/3). With keys
    /// that many processes may have it cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let rooms = Registry::<String>::new().values::<u32>().start_link().await?;
    /// rooms.register_with("kitchen".into(), 4)?;
    /// assert_eq!(rooms.update_value("kitchen", |seats| seats + 1), Some((5, 4)));
    /// assert_eq!(rooms.update_value("attic", |seats| seats + 1), None);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn update_value<Q>(&self, key: &Q, update: impl FnOnce(&V) -> V) -> Option<(V, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        let this = try_self_pid()?;
        let books = self.books().ok()?;
        let (owner, value) = books.table.entry(key)?;
        // Nobody else changes it meanwhile, or may.
        let new = (owner == this).then(|| update(&value))?;
        let old = books.table.replace(key, this, new.clone()).ok()?;
        Some((new, old))
    }

    /// The server of type `S` that has a key, started by `start` if nobody has it. Of many who ask at
    /// the same time one starts it, and all get the same server.
    ///
    /// If the server is there this is a look-up. It may be a server that another caller has just
    /// begun to start: it has the key before its `init` runs, what it is sent waits until then, and
    /// if its `init` fails, calls to it fail. `start` says what to start and how; the name of the
    /// server is the key. It is called again if the server that had the key ended meanwhile. Under a
    /// [supervisor](https://docs.rs/regrow/latest/regrow/supervisor/struct.DynamicSupervisor.html),
    /// which has a method of the same name, the server is also restarted.
    ///
    /// # Errors
    ///
    /// As for any start. [`StartError::AlreadyStarted`] means here that the process that has the key
    /// is no server of type `S`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// # struct Session;
    /// # #[gen_server] impl Session { #[init] fn new() -> Self { Session } #[call] fn open(&self) -> bool { true } }
    ///
    /// let users = Registry::<u64>::new().start_link().await?;
    /// let session = users.find_or_start(7, || Session::start()).await?;
    /// assert_eq!(users.find_or_start(7, || Session::start()).await?, session);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub async fn find_or_start<S>(
        &self,
        key: K,
        mut start: impl FnMut() -> Start<S> + Send,
    ) -> Result<ServerRef<S>, StartError>
    where
        S: GenServer,
        K: Clone,
        V: Default + Clone,
    {
        loop {
            if let Some(server) = self.lookup(&key).and_then(Pid::as_server) {
                return Ok(server);
            }
            match start().name(self.via::<S>(key.clone())).await {
                // It has ended since, and its key is free: unless it is no such server.
                Err(StartError::AlreadyStarted(other)) => {
                    if let Some(server) = other.as_server() {
                        return Ok(server);
                    }
                    if self.lookup(&key) == Some(other) {
                        return Err(StartError::AlreadyStarted(other));
                    }
                }
                started => return started,
            }
        }
    }

    /// The server of type `S` that has a key, as an address: its methods are called on it, and it is
    /// a name to start a server under.
    ///
    /// # In OTP
    ///
    /// `{:via, Registry, {registry, key}}`. With keys that many processes may have it cannot be
    /// written.
    pub fn via<S: ?Sized>(&self, key: K) -> Via<S, K, V> {
        Via::new(self.address().pid(), key)
    }

    /// A name to start a server under that has this key with this value. The server is found by the
    /// key alone.
    ///
    /// # In OTP
    ///
    /// `{:via, Registry, {registry, key, value}}`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// # struct Room;
    /// # #[gen_server] impl Room { #[init] fn new() -> Self { Room } #[call] fn open(&self) -> bool { true } }
    ///
    /// let rooms = Registry::<String>::new().values::<u32>().start_link().await?;
    /// let room = Room::start_link().name(rooms.via_with("kitchen".into(), 4)).await?;
    /// assert_eq!(rooms.entry("kitchen"), Some((room.pid(), 4)));
    /// assert!(rooms.via::<Room>("kitchen".into()).open().await?);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn via_with(&self, key: K, value: V) -> ViaWith<K, V> {
        ViaWith::new(self.address().pid(), key, value)
    }
}
