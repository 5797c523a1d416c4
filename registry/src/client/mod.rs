//! What a reference to a registry can do: all of it in the caller, on the registry's table.
//!
//! | file | concept |
//! |---|---|
//! | `mod.rs` | what every registry can do: register, give up, look |
//! | `everybody.rs` | the same, with what is not about keys: metadata, locks, figures |
//! | `unique.rs` | what needs keys of one process: one answer, addresses, updates |
//! | `duplicate.rs` | what needs keys of many |

mod duplicate;
mod everybody;
mod unique;

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::gen_server::{HasClient, Target};
use regrow_runtime::process::{AsPid, Pid, tell_of_end, try_self_pid};

use crate::books::{Books, books, with_books};
use crate::error::RegisterError;
use crate::kind::{Keys, Unique};
use crate::registry::Registry;
use crate::table::Entries;

/// What a reference to a [`Registry`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// Nothing of it waits: the registry's process is not asked. A registry that is not running has no
/// keys, and takes none. Closures are called without a lock: they may use the registry, and may panic,
/// which is the caller's panic and does the registry no harm.
pub trait RegistryClient<K, V = (), M = Unique>: Target<Registry<K, V, M>> + 'static
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
}

impl<K, V, M, T> RegistryClient<K, V, M> for T
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
    T: Target<Registry<K, V, M>> + 'static,
{
}

impl<K, V, M> HasClient for Registry<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    type Client = dyn RegistryClient<K, V, M>;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}

impl<K, V, M> dyn RegistryClient<K, V, M>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    /// Calls `f` with the books of the registry that this leads to now.
    #[inline]
    fn with<R>(&self, f: impl FnOnce(&Books<K, V, M>) -> R) -> Result<R, RegisterError> {
        let registry = self.address().pid().ok_or(RegisterError::NoRegistry)?;
        with_books(registry, f)
    }

    /// The books of the registry that this leads to now.
    fn books(&self) -> Result<Arc<Books<K, V, M>>, RegisterError> {
        books(self.address().pid().ok_or(RegisterError::NoRegistry)?)
    }

    /// Tells the listeners that this process has given a key up.
    fn given_up<Q>(books: &Books<K, V, M>, key: &Q, this: Pid)
    where
        Q: ToOwned<Owned = K> + ?Sized,
    {
        books
            .listeners
            .unregistered(books.registry, || key.to_owned(), this);
    }

    /// Registers the process that calls this, without a value of its own. It has the key until it
    /// gives it up or ends.
    ///
    /// A process registers itself and nobody else: whoever else should have the key is sent a message.
    ///
    /// # Errors
    ///
    /// The key is taken, by this process too; or the registry is not running; or the caller is no
    /// process. Keys of a [`DuplicateRegistry`](crate::DuplicateRegistry) are never taken.
    ///
    /// # In OTP
    ///
    /// [`Registry.register/3`](https://hexdocs.pm/elixir/Registry.html#register/3). There is no link
    /// between the process and the registry: see the module's page for what becomes of one when the
    /// other ends.
    pub fn register(&self, key: K) -> Result<(), RegisterError>
    where
        V: Default,
    {
        self.register_with(key, V::default())
    }

    /// Registers the process that calls this, with a value that goes with the key.
    ///
    /// # Errors
    ///
    /// As for [`register`](#method.register).
    ///
    /// # In OTP
    ///
    /// [`Registry.register/3`](https://hexdocs.pm/elixir/Registry.html#register/3).
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::process::self_pid;
    ///
    /// let rooms = Registry::<String>::new().values::<u32>().start_link().await?;
    /// rooms.register_with("kitchen".into(), 4)?;
    /// assert_eq!(rooms.entry("kitchen"), Some((self_pid(), 4)));
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn register_with(&self, key: K, value: V) -> Result<(), RegisterError> {
        let this = try_self_pid().ok_or(RegisterError::NoProcess)?;
        // Before there is anything to be cleared away, so that it will be.
        if !tell_of_end(this) {
            return Err(RegisterError::NoProcess);
        }
        self.with(|books| {
            let news = books
                .listeners
                .registered(books.registry, &key, this, &value);
            books.table.register(key, value, this)?;
            for tell in news {
                tell();
            }
            Ok(())
        })?
    }

    /// Gives up a key of the process that calls this, as often as it has it. `false`: it does not have
    /// it. Listeners hear of it in any case, which is what the key is made for that is looked for.
    ///
    /// # In OTP
    ///
    /// [`Registry.unregister/2`](https://hexdocs.pm/elixir/Registry.html#unregister/2).
    pub fn unregister<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let Some(this) = try_self_pid() else {
            return false;
        };
        let given_up = self.with(|books| {
            let had = books.table.unregister(key, this);
            Self::given_up(books, key, this);
            had
        });
        given_up.unwrap_or(false)
    }

    /// Gives up those entries of the process that calls this that have the key and a value for which
    /// `is_meant` is true. Returns how many. Listeners hear of it if the process has the key no longer.
    ///
    /// # In OTP
    ///
    /// [`Registry.unregister_match/4`](https://hexdocs.pm/elixir/Registry.html#unregister_match/4),
    /// with a closure for the pattern and the guards.
    pub fn unregister_match<Q>(&self, key: &Q, is_meant: impl FnMut(&V) -> bool) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
        V: Clone,
    {
        let Some(this) = try_self_pid() else { return 0 };
        let Ok(books) = self.books() else { return 0 };
        let (count, all) = books.table.unregister_match(key, this, is_meant);
        if all {
            Self::given_up(&books, key, this);
        }
        count
    }

    /// The keys of a process, each as often as it has it, in no order.
    ///
    /// # In OTP
    ///
    /// [`Registry.keys/2`](https://hexdocs.pm/elixir/Registry.html#keys/2).
    pub fn keys(&self, process: impl AsPid) -> Vec<K>
    where
        K: Clone,
    {
        let process = process.as_pid();
        self.with(|books| books.table.keys_of(process))
            .unwrap_or_default()
    }

    /// What a process has under a key, in the order in which it registered it.
    ///
    /// # In OTP
    ///
    /// [`Registry.values/3`](https://hexdocs.pm/elixir/Registry.html#values/3).
    pub fn values<Q>(&self, key: &Q, process: impl AsPid) -> Vec<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        let process = process.as_pid();
        let own = self.with(|books| books.table.entries_of(key, process));
        let own = own.unwrap_or_default().into_iter();
        own.map(|(_, value)| value).collect()
    }

    /// How many entries there are. Those that come or go meanwhile are counted or not.
    ///
    /// # In OTP
    ///
    /// [`Registry.count/1`](https://hexdocs.pm/elixir/Registry.html#count/1).
    pub fn count(&self) -> usize {
        self.with(|books| books.table.counts().sum()).unwrap_or(0)
    }

    /// Those who have a key, with the value of each, if the value is one for which `is_meant` is true.
    ///
    /// # In OTP
    ///
    /// [`Registry.match/4`](https://hexdocs.pm/elixir/Registry.html#match/4), with a closure for the
    /// pattern and the guards. The order is as for `entries`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let rooms = Registry::<String>::new().values::<u32>().start_link().await?;
    /// rooms.register_with("kitchen".into(), 4)?;
    /// assert_eq!(rooms.matches("kitchen", |seats| *seats > 3).len(), 1);
    /// assert_eq!(rooms.matches("kitchen", |seats| *seats > 4).len(), 0);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn matches<Q>(&self, key: &Q, mut is_meant: impl FnMut(&V) -> bool) -> Vec<(Pid, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        let mut found = self
            .with(|books| books.table.entries(key))
            .unwrap_or_default();
        found.retain(|(_, value)| is_meant(value));
        found
    }

    /// How many entries have the key and a value for which `is_meant` is true.
    ///
    /// # In OTP
    ///
    /// [`Registry.count_match/4`](https://hexdocs.pm/elixir/Registry.html#count_match/4).
    pub fn count_match<Q>(&self, key: &Q, is_meant: impl FnMut(&V) -> bool) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        self.matches(key, is_meant).len()
    }

    /// Calls `send` with those who have a key, and the value of each, and does nothing if nobody has
    /// it. Of many it is called several times, each time with some hundred of them, all of one
    /// partition.
    ///
    /// It is called by the caller of this, without a lock: it may take its time, use the registry, and
    /// panic, which is the caller's panic.
    ///
    /// # In OTP
    ///
    /// [`Registry.dispatch/4`](https://hexdocs.pm/elixir/Registry.html#dispatch/4), which calls its
    /// function once for each partition.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let topics = Registry::<String>::new().duplicate().values().start_link().await?;
    /// let (_, end) = spawn_monitor(async move |mut inbox: Inbox<String>| {
    ///     topics.register_with("news".into(), inbox.this())?;
    ///     assert_eq!(inbox.receive().await, Received::Message("it rains".into()));
    ///     Ok::<(), ExitReason>(())
    /// });
    /// regrow::process::settle().await;
    /// topics.dispatch("news", |subscribers| {
    ///     for (_, subscriber) in subscribers {
    ///         subscriber.send("it rains".into());
    ///     }
    /// });
    /// assert_eq!(end.await.reason, ExitReason::Normal);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn dispatch<Q>(&self, key: &Q, send: impl FnMut(&[(Pid, V)]))
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        if let Ok(books) = self.books() {
            books.table.each_piece(key, send);
        }
    }

    /// All entries, one after the other: key, process, value. In no order.
    ///
    /// # In OTP
    ///
    /// [`Registry.select/2`](https://hexdocs.pm/elixir/Registry.html#select/2) with a pattern that
    /// everything matches. What to select, and what to make of it, is said by the methods of
    /// [`Iterator`].
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let rooms = Registry::<String>::new().values::<u32>().start_link().await?;
    /// for (room, seats) in [("kitchen", 4), ("hall", 40), ("attic", 0)] {
    ///     rooms.register_with(room.into(), seats)?;
    /// }
    /// let seats: u32 = rooms.iter().map(|(_, _, seats)| seats).sum();
    /// assert_eq!(seats, 44);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn iter(&self) -> Entries<K, V, M>
    where
        K: Clone,
        V: Clone,
    {
        Entries::of(self.books().ok())
    }

    /// What `pick` makes of the entries for which it makes something.
    ///
    /// # In OTP
    ///
    /// [`Registry.select/2`](https://hexdocs.pm/elixir/Registry.html#select/2): the closure is head,
    /// guards and body of the match specification in one.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let rooms = Registry::<String>::new().values::<u32>().start_link().await?;
    /// rooms.register_with("kitchen".into(), 4)?;
    /// rooms.register_with("attic".into(), 0)?;
    /// let usable = rooms.select(|room, _, seats| (*seats > 0).then(|| room.clone()));
    /// assert_eq!(usable, ["kitchen"]);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn select<R>(&self, mut pick: impl FnMut(&K, Pid, &V) -> Option<R>) -> Vec<R>
    where
        K: Clone,
        V: Clone,
    {
        self.iter()
            .filter_map(|(key, pid, value)| pick(&key, pid, &value))
            .collect()
    }

    /// How many entries `is_meant` is true for.
    ///
    /// # In OTP
    ///
    /// [`Registry.count_select/2`](https://hexdocs.pm/elixir/Registry.html#count_select/2).
    pub fn count_select(&self, mut is_meant: impl FnMut(&K, Pid, &V) -> bool) -> usize
    where
        K: Clone,
        V: Clone,
    {
        self.iter()
            .filter(|(key, pid, value)| is_meant(key, *pid, value))
            .count()
    }
}
