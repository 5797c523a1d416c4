//! The registry as a process: it opens the table, and closes it when it ends.
//!
//! ```text
//!            init ──▶ table entered in the directory, told of ends
//!   caller ─────────▶ directory ──▶ table       register, lookup, …: in the caller
//!             end ──▶ table left, closed ──▶ those who had keys are sent its reason
//! ```
//!
//! The process itself is asked for nothing while it runs. It is there so that a registry has a
//! lifetime, a supervisor, and a name.
//!
//! Whoever has a key depends on the registry: without it nobody finds them, and a fresh registry
//! would hand their keys out a second time. So they are sent an exit signal when it ends, as if they
//! were linked to it.

use std::any::type_name;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::gen_server::{
    Context, GenServer, Init, IntoName, Next, ServerName, Start, Step,
};
use regrow_runtime::process::{Accepts, ExitReason, MonitorTarget, Pid, add_exit_hook, yield_now};

use crate::books::Books;
use crate::closing::Closing;
use crate::directory;
use crate::kind::{Duplicate, Keys, Unique};
use crate::listener::{Listeners, RegistryEvent};
use crate::lock::Locks;
use crate::meta::{MetaKey, Metadata};
use crate::table::{DividedBy, Table};

/// A registry: keys of type `K`, those who have them, and a value of type `V` with each entry.
///
/// A key has one process if the registry is [`Unique`], which it is unless said otherwise, and any
/// number if it is [`Duplicate`]; a process may have many keys. References to a registry have the
/// methods of [`RegistryClient`](crate::RegistryClient).
///
/// | | |
/// |---|---|
/// | `Registry::<K>::new()` | unique keys, no values |
/// | `Registry::<K>::new().duplicate()` | keys that many processes may have, no values |
/// | `….values::<V>()` | the same, with a value for each entry |
///
/// # In OTP
///
/// Elixir's [`Registry`](https://hexdocs.pm/elixir/Registry.html). There the partitions of a registry
/// are processes, here they are parts of its table, and one process has all of them.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
///
/// let users = Registry::<String>::new().start_link().await?;
/// let (carol, end) = spawn_monitor(async move |mut inbox: Inbox<()>| {
///     users.register("carol".into())?;
///     inbox.receive().await;
///     Ok::<(), ExitReason>(())
/// });
/// regrow::process::settle().await;
/// assert_eq!(users.lookup("carol"), Some(carol.pid()));
///
/// exit(carol, ExitReason::Shutdown);
/// end.await;
/// assert_eq!(users.lookup("carol"), None);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[must_use = "a registry does nothing until it is started"]
pub struct Registry<K, V = (), M = Unique>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    name: Option<ServerName>,
    partitions: Option<usize>,
    divided_by: DividedBy,
    listeners: Listeners<K, V>,
    metadata: Metadata,
    /// What it has once it runs.
    open: Option<Open<K, V, M>>,
}

/// A registry whose keys many processes may have, and each of them many times.
pub type DuplicateRegistry<K, V = ()> = Registry<K, V, Duplicate>;

/// A registry that runs. Dropped, it closes.
struct Open<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    this: Pid,
    books: Arc<Books<K, V, M>>,
    /// What is left to do of its end, once that has begun.
    closing: Option<Closing<K, V, M>>,
}

impl<K, V, M> Default for Registry<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn default() -> Registry<K, V, M> {
        Registry {
            name: None,
            partitions: None,
            divided_by: DividedBy::Key,
            listeners: Listeners::default(),
            metadata: Metadata::default(),
            open: None,
        }
    }
}

impl<K: Send + Sync + 'static> Registry<K> {
    /// A registry in which a key has one process, and no value.
    pub fn new() -> Registry<K> {
        Registry::default()
    }
}

impl<K, V> Registry<K, V, Unique>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// The same registry, in which a key may have many processes, and a process a key many times. To
    /// be said before its listeners. Default: a key has one process.
    ///
    /// # In OTP
    ///
    /// `keys: :duplicate`.
    pub fn duplicate(self) -> Registry<K, V, Duplicate> {
        Registry {
            name: self.name,
            partitions: self.partitions,
            divided_by: self.divided_by,
            listeners: Listeners::default(),
            metadata: self.metadata,
            open: None,
        }
    }
}

impl<K: Send + Sync + 'static, M: Keys> Registry<K, (), M> {
    /// The same registry, with a value of type `V` for each entry; to be said before its listeners,
    /// who hear of the values. Default: no values.
    pub fn values<V: Send + Sync + 'static>(self) -> Registry<K, V, M> {
        Registry {
            name: self.name,
            partitions: self.partitions,
            divided_by: self.divided_by,
            listeners: Listeners::default(),
            metadata: self.metadata,
            open: None,
        }
    }
}

impl<K, V> Registry<K, V, Duplicate>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Divides the table by pid: each process has all of its entries in one partition, and those who
    /// have a key are spread over all of them. For keys that thousands of processes come to and
    /// leave all the time. Every look-up goes to every partition, so by default there are as many as
    /// there are processors. Default: by key.
    ///
    /// # In OTP
    ///
    /// `keys: {:duplicate, :pid}`, which is Elixir's default; `{:duplicate, :key}` is ours.
    pub fn divided_by_pid(mut self) -> Registry<K, V, Duplicate> {
        self.divided_by = DividedBy::Pid;
        self
    }
}

impl<K, V, M> Registry<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    /// The name that the registry itself is registered under. Default: none.
    pub fn name(mut self, name: impl IntoName<Registry<K, V, M>>) -> Registry<K, V, M> {
        self.name = Some(name.into_name());
        self
    }

    /// How many partitions the table has. Two threads that write to one partition wait for each
    /// other. Default: as many as suit the machine.
    ///
    /// # Panics
    ///
    /// If there are to be none.
    ///
    /// # In OTP
    ///
    /// `partitions`, whose default is one. There each partition is a process of its own.
    #[track_caller]
    pub fn partitions(mut self, partitions: usize) -> Registry<K, V, M> {
        assert!(partitions > 0, "a registry has at least one partition");
        self.partitions = Some(partitions);
        self
    }

    /// Somebody who hears of every key that is registered and given up: a process or a server that
    /// takes [`RegistryEvent`]s, or the name of one. There may be several. Default: nobody.
    ///
    /// They are told by the process that registers, which does not wait for them. One that is dead
    /// hears nothing, and nobody else is the worse for it. That a process has ended is not told: a
    /// listener that wants to know monitors it.
    ///
    /// # In OTP
    ///
    /// `listeners`, which are names. There registering fails, after it was done, if nobody has the
    /// name of a listener.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::registry::RegistryEvent;
    ///
    /// let (listener, end) = spawn_monitor(async |mut inbox: Inbox<RegistryEvent<u8>>| {
    ///     let Received::Message(RegistryEvent::Registered { key, .. }) = inbox.receive().await else {
    ///         panic!("a key was registered")
    ///     };
    ///     assert_eq!(key, 7);
    /// });
    /// let numbers = Registry::<u8>::new().listener(listener).start_link().await?;
    /// numbers.register(7)?;
    /// assert_eq!(end.await.reason, ExitReason::Normal);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn listener<L>(mut self, listener: L) -> Registry<K, V, M>
    where
        K: Clone,
        V: Clone,
        L: Accepts<RegistryEvent<K, V>> + MonitorTarget + Send + Sync + 'static,
    {
        self.listeners.add(listener);
        self
    }

    /// Metadata that the registry has from the start, and again after a restart. See [`MetaKey`].
    /// Default: none.
    ///
    /// # In OTP
    ///
    /// `meta`.
    pub fn meta<T: Send + Sync + 'static>(self, key: &MetaKey<T>, value: T) -> Registry<K, V, M> {
        self.metadata.put(key, value);
        self
    }

    /// The name that it is to have.
    #[doc(hidden)]
    pub fn server_name(&self) -> Option<ServerName> {
        self.name.clone()
    }
}

impl<K, V, M> Registry<K, V, M>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    /// Starts the registry, linked to the caller.
    ///
    /// # In OTP
    ///
    /// [`Registry.start_link/1`](https://hexdocs.pm/elixir/Registry.html#start_link/1).
    pub fn start_link(self) -> Start<Registry<K, V, M>> {
        self.start().link()
    }

    /// As [`start_link`](Registry::start_link), linked to nobody.
    pub fn start(self) -> Start<Registry<K, V, M>> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl<K, V, M> GenServer for Registry<K, V, M>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    type Args = Registry<K, V, M>;

    const TRAP_EXIT: bool = true;

    fn init(mut registry: Registry<K, V, M>, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let this = cx.pid();
        let books = Arc::new(Books {
            registry: this,
            table: Table::new(registry.partitions, registry.divided_by),
            listeners: registry.listeners.clone(),
            metadata: registry.metadata.clone(),
            locks: Arc::new(Locks::default()),
        });
        add_exit_hook(&books);
        directory::enter_as(this, &books, type_name::<Self>());
        registry.open = Some(Open {
            this,
            books,
            closing: None,
        });
        Init::ok(registry)
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            if let Some(open) = &mut self.open {
                let (books, reason) = (open.books.clone(), reason.clone());
                let closing = Closing::begin(open.this, books, Some(reason));
                let closing = open.closing.insert(closing);
                while !closing.do_a_piece() {
                    yield_now().await;
                }
            }
            Next::proceed()
        }
    }
}

impl<K, V, M> Drop for Open<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    /// Closes a registry that was killed, before it could do so or while it did.
    fn drop(&mut self) {
        let closing = self.closing.take();
        closing
            .unwrap_or_else(|| {
                let (books, reason) = (self.books.clone(), ExitReason::Killed);
                Closing::begin(self.this, books, Some(reason))
            })
            .finish();
    }
}

/// A specification to start it again: a registry as it was before it ran.
impl<K, V, M> Clone for Registry<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn clone(&self) -> Registry<K, V, M> {
        Registry {
            name: self.name.clone(),
            partitions: self.partitions,
            divided_by: self.divided_by,
            listeners: self.listeners.clone(),
            metadata: self.metadata.clone(),
            open: None,
        }
    }
}

impl<K, V, M> fmt::Debug for Registry<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
