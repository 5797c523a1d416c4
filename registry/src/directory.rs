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

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use regrow_runtime::process::Pid;

use crate::table::Table;

/// A table, whatever its keys are.
type AnyTable = Arc<dyn Any + Send + Sync>;

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

/// Enters the table of a registry, a scope of groups or a pubsub that starts.
pub(crate) fn enter<T: Send + Sync + 'static>(registry: Pid, table: &Arc<T>) {
    TABLES
        .write()
        .insert(registry, Arc::clone(table) as AnyTable);
}

/// Takes the table of a registry out that has ended.
pub(crate) fn leave(registry: Pid) {
    let table = TABLES.write().remove(&registry);
    drop(table);
}

/// Calls `f` with the table of a registry. `None`: it is not running, or has other keys.
#[inline]
pub(crate) fn with_table<K: Send + Sync + 'static, R>(
    registry: Pid,
    f: impl FnOnce(&Table<K>) -> R,
) -> Option<R> {
    with::<Table<K>, R>(registry, f)
}

/// Calls `f` with the table of a process. `None`: it has none of this type, or is not running.
#[inline]
pub(crate) fn with<T: Send + Sync + 'static, R>(
    registry: Pid,
    f: impl FnOnce(&T) -> R,
) -> Option<R> {
    let mut f = Some(f);
    // Without a value: the thread is ending. Borrowed: a key's own code uses a registry, while a
    // new table is being remembered, so that an old one is dropped.
    let here = HERE.try_with(|here| {
        let tables = here.tables.try_borrow().ok()?;
        let (_, table) = tables.iter().flatten().find(|(pid, _)| *pid == registry)?;
        let table = table.downcast_ref::<T>()?;
        f.take().map(|f| f(table))
    });
    match (here.ok().flatten(), f) {
        (Some(result), _) => Some(result),
        (None, Some(f)) => with_table_of_all(registry, f),
        (None, None) => None,
    }
}

/// As [`with`], by way of the map; remembers the table.
#[cold]
fn with_table_of_all<T: Send + Sync + 'static, R>(
    registry: Pid,
    f: impl FnOnce(&T) -> R,
) -> Option<R> {
    let table = TABLES.read().get(&registry).cloned()?;
    let forgotten = HERE.try_with(|here| {
        let mut tables = here.tables.try_borrow_mut().ok()?;
        let place = here.next.get();
        here.next.set((place + 1) % REMEMBERED);
        tables[place].replace((registry, Arc::clone(&table)))
    });
    drop(forgotten);
    table.downcast_ref::<T>().map(f)
}
