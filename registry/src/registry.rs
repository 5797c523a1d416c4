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

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::gen_server::{
    Context, GenServer, Init, IntoName, Next, ServerName, Start, Step,
};
use regrow_runtime::process::{ExitReason, Pid, add_exit_hook, exit, yield_now};

use crate::directory;
use crate::table::Table;

/// Processes that are told of the registry's end before others have their turn.
const PIECE: usize = 512;

/// A registry of processes under unique keys of type `K`.
///
/// A key has one process; a process may have many keys. References to a registry have the methods of
/// [`RegistryClient`](crate::RegistryClient).
///
/// # In OTP
///
/// Elixir's [`Registry`](https://hexdocs.pm/elixir/Registry.html) with `keys: :unique`. There the
/// partitions of a registry are processes, here its table is sharded and one process has it.
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
pub struct Registry<K> {
    name: Option<ServerName>,
    /// What it has once it runs.
    open: Option<Open<K>>,
}

/// A registry that runs. Dropped, it closes.
struct Open<K> {
    this: Pid,
    table: Arc<Table<K>>,
    /// Why the registry ends, if it could say so.
    reason: ExitReason,
}

impl<K> Default for Registry<K> {
    fn default() -> Registry<K> {
        Registry::new()
    }
}

impl<K> Registry<K> {
    /// A registry without keys.
    pub fn new() -> Registry<K> {
        Registry {
            name: None,
            open: None,
        }
    }

    /// The name that the registry itself is registered under. Default: none.
    pub fn name(mut self, name: impl IntoName<Registry<K>>) -> Registry<K> {
        self.name = Some(name.into_name());
        self
    }

    /// The name that it is to have.
    #[doc(hidden)]
    pub fn server_name(&self) -> Option<ServerName> {
        self.name.clone()
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> Registry<K> {
    /// Starts the registry, linked to the caller.
    ///
    /// # In OTP
    ///
    /// [`Registry.start_link/1`](https://hexdocs.pm/elixir/Registry.html#start_link/1).
    pub fn start_link(self) -> Start<Registry<K>> {
        self.start().link()
    }

    /// As [`start_link`](Registry::start_link), linked to nobody.
    pub fn start(self) -> Start<Registry<K>> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> GenServer for Registry<K> {
    type Args = Registry<K>;

    const TRAP_EXIT: bool = true;

    fn init(mut registry: Registry<K>, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let (this, table) = (cx.pid(), Arc::new(Table::<K>::new()));
        add_exit_hook(&table);
        directory::enter(this, &table);
        registry.open = Some(Open {
            this,
            table,
            reason: ExitReason::Killed,
        });
        Init::ok(registry)
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            if let Some(open) = &mut self.open {
                open.reason = reason.clone();
                for some in open.leave().chunks(PIECE) {
                    open.tell(some);
                    yield_now().await;
                }
            }
            Next::proceed()
        }
    }
}

impl<K> Open<K> {
    /// From here on nothing can be found or registered. Gives those who had keys, once.
    fn leave(&self) -> Vec<Pid> {
        directory::leave(self.this);
        self.table.close()
    }

    fn tell(&self, processes: &[Pid]) {
        for &process in processes {
            exit(process, self.reason.clone());
        }
    }
}

impl<K> Drop for Open<K> {
    /// Closes a registry that was killed. One that could put things in order is closed already.
    fn drop(&mut self) {
        let processes = self.leave();
        self.tell(&processes);
    }
}

/// A specification to start it again: a registry as it was before it ran.
impl<K> Clone for Registry<K> {
    fn clone(&self) -> Registry<K> {
        Registry {
            name: self.name.clone(),
            open: None,
        }
    }
}

impl<K> fmt::Debug for Registry<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
