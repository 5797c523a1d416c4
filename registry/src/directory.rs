//! Where the table of a registry is found, given the registry's pid.
//!
//! The tables of all registries that run in the program stand in one map. It is behind a lock, so
//! each thread remembers the few tables that it used last. A pid is never given to a second process,
//! so what is remembered is never wrong: at worst it is the table of a registry that has ended,
//! which is empty and closed.
//!
//! A look-up of a key is therefore: the registry's pid, a comparison or two with what the thread
//! remembers, one hash, one lock taken for reading, one comparison of keys. No reference is counted,
//! so that threads that look up at the same time share nothing but the lock of one shard.

use std::any::{Any, type_name};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use regrow_runtime::process::Pid;

use crate::error::RegisterError;
use crate::kind::Keys;
use crate::registry::Registry;
use crate::table::Table;

/// A table, whatever its keys are.
#[derive(Clone)]
struct AnyTable {
    table: Arc<dyn Any + Send + Sync>,
    /// The type of the registry.
    registry: &'static str,
}

/// The tables of all registries that run.
static TABLES: LazyLock<RwLock<HashMap<Pid, AnyTable>>> = LazyLock::new(RwLock::default);

/// How many tables a thread remembers: a program has few registries, and looks at each of them.
const REMEMBERED: usize = 4;

/// The tables that a thread used last.
struct Remembered {
    tables: RefCell<[Option<(Pid, AnyTable)>; REMEMBERED]>,
    /// The place that is overwritten next.
    next: Cell<usize>,
}

thread_local! {
    static HERE: Remembered = const {
        Remembered { tables: RefCell::new([const { None }; REMEMBERED]), next: Cell::new(0) }
    };
}

/// Enters the table of a registry that starts.
pub(crate) fn enter<K, V, M>(registry: Pid, table: &Arc<Table<K, V, M>>)
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    let table = AnyTable {
        table: Arc::clone(table) as Arc<dyn Any + Send + Sync>,
        registry: type_name::<Registry<K, V, M>>(),
    };
    TABLES.write().insert(registry, table);
}

/// Takes the table of a registry out that has ended.
pub(crate) fn leave(registry: Pid) {
    let table = TABLES.write().remove(&registry);
    drop(table);
}

/// Calls `f` with the table of a registry.
///
/// # Errors
///
/// The registry is not running, or is of another type.
#[inline]
pub(crate) fn with_table<K, V, M, R>(
    registry: Pid,
    f: impl FnOnce(&Table<K, V, M>) -> R,
) -> Result<R, RegisterError>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    let mut f = Some(f);
    // Without a value: the thread is ending. Borrowed: a key's own code uses a registry, while a
    // new table is being remembered, so that an old one is dropped.
    let here = HERE.try_with(|here| {
        let tables = here.tables.try_borrow().ok()?;
        let (_, known) = tables.iter().flatten().find(|(pid, _)| *pid == registry)?;
        let table = known.table.downcast_ref::<Table<K, V, M>>()?;
        f.take().map(|f| f(table))
    });
    match (here.ok().flatten(), f) {
        (Some(result), _) => Ok(result),
        (None, Some(f)) => table(registry).map(|table| f(&table)),
        (None, None) => Err(RegisterError::NoRegistry),
    }
}

/// The table of a registry, which is remembered.
///
/// # Errors
///
/// The registry is not running, or is of another type.
#[cold]
pub(crate) fn table<K, V, M>(registry: Pid) -> Result<Arc<Table<K, V, M>>, RegisterError>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    let known = TABLES.read().get(&registry).cloned();
    let known = known.ok_or(RegisterError::NoRegistry)?;
    let wrong = RegisterError::OtherRegistry {
        wanted: type_name::<Registry<K, V, M>>(),
        found: known.registry,
    };
    let table = Arc::clone(&known.table).downcast().map_err(|_| wrong)?;
    let forgotten = HERE.try_with(|here| {
        let mut tables = here.tables.try_borrow_mut().ok()?;
        let place = here.next.get();
        here.next.set((place + 1) % REMEMBERED);
        tables[place].replace((registry, known))
    });
    drop(forgotten);
    Ok(table)
}
