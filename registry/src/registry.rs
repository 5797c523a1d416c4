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
use regrow_runtime::process::{ExitReason, Pid, add_exit_hook, yield_now};

use crate::closing::Closing;
use crate::directory;
use crate::kind::{Duplicate, Keys, Unique};
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
/// | `Registry::<K>::duplicate()` | keys that many processes may have, no values |
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
    table: Arc<Table<K, V, M>>,
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
            open: None,
        }
    }
}

impl<K: Send + Sync + 'static> Registry<K> {
    /// A registry in which a key has one process.
    pub fn new() -> Registry<K> {
        Registry::default()
    }
}

impl<K: Send + Sync + 'static> Registry<K, (), Duplicate> {
    /// A registry in which a key may have many processes.
    pub fn duplicate() -> DuplicateRegistry<K> {
        Registry::default()
    }
}

impl<K: Send + Sync + 'static, M: Keys> Registry<K, (), M> {
    /// The same registry, with a value of type `V` for each entry. Default: no values.
    pub fn values<V: Send + Sync + 'static>(self) -> Registry<K, V, M> {
        Registry {
            name: self.name,
            partitions: self.partitions,
            divided_by: self.divided_by,
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
        let table = Table::new(registry.partitions, registry.divided_by);
        let (this, table) = (cx.pid(), Arc::new(table));
        add_exit_hook(&table);
        directory::enter_as(this, &table, type_name::<Self>());
        registry.open = Some(Open {
            this,
            table,
            closing: None,
        });
        Init::ok(registry)
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            if let Some(open) = &mut self.open {
                let closing = Closing::begin(open.this, &open.table, reason.clone());
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
            .unwrap_or_else(|| Closing::begin(self.this, &self.table, ExitReason::Killed))
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
