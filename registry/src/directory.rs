//! Where what a process shares with those who ask it is found, given the process's pid: the table of
//! a registry above all.
//!
//! A process that can be asked without being waited for keeps its answers in something that everybody
//! may read, and enters that here. All of them stand in one map. It is behind a lock, so each thread
//! remembers the few that it used last. A pid is never given to a second process, so what is
//! remembered is never wrong: at worst it is that of a process that has ended, which says so itself.
//!
//! A look-up of a key is therefore: the registry's pid, a comparison or two with what the thread
//! remembers, one hash, one partition read, one comparison of keys. No reference is counted and, while
//! nobody writes, no lock taken, so that threads that look up at the same time write to nothing that
//! they share.

use std::any::{Any, type_name};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use regrow_runtime::process::Pid;

/// What a process shares, whatever it is.
#[derive(Clone)]
struct AnyShared {
    shared: Arc<dyn Any + Send + Sync>,
    /// What kind of process it is.
    kind: &'static str,
}

/// What all processes share that share anything.
static SHARED: LazyLock<RwLock<HashMap<Pid, AnyShared>>> = LazyLock::new(RwLock::default);

/// How many a thread remembers: a program has few registries and the like, and looks at each of them.
const REMEMBERED: usize = 8;

/// What a thread used last.
struct Remembered {
    shared: RefCell<[Option<(Pid, AnyShared)>; REMEMBERED]>,
    /// The place that is overwritten next.
    next: Cell<usize>,
}

thread_local! {
    static HERE: Remembered = const {
        Remembered { shared: RefCell::new([const { None }; REMEMBERED]), next: Cell::new(0) }
    };
}

/// Enters what a process shares from now on.
pub fn enter<T: Send + Sync + 'static>(process: Pid, shared: &Arc<T>) {
    enter_as(process, shared, type_name::<T>());
}

/// As [`enter`], of a process that is called so where it is taken for another.
pub(crate) fn enter_as<T>(process: Pid, shared: &Arc<T>, kind: &'static str)
where
    T: Send + Sync + 'static,
{
    let shared = Arc::clone(shared) as Arc<dyn Any + Send + Sync>;
    SHARED.write().insert(process, AnyShared { shared, kind });
}

/// Takes out what a process shared that has ended.
pub fn leave(process: Pid) {
    let shared = SHARED.write().remove(&process);
    drop(shared);
}

/// Calls `f` with what a process shares. `None`: it shares nothing, or something else.
#[inline]
pub fn with_shared<T: Send + Sync + 'static, R>(
    process: Pid,
    f: impl FnOnce(&T) -> R,
) -> Option<R> {
    let mut f = Some(f);
    // Without a value: the thread is ending. Borrowed: a key's own code uses a registry, while a
    // new table is being remembered, so that an old one is dropped.
    let here = HERE.try_with(|here| {
        let shared = here.shared.try_borrow().ok()?;
        let (_, shared) = shared.iter().flatten().find(|(pid, _)| *pid == process)?;
        let shared = shared.shared.downcast_ref::<T>()?;
        f.take().map(|f| f(shared))
    });
    match (here.ok().flatten(), f) {
        (Some(result), _) => Some(result),
        (None, Some(f)) => find(process).map(|shared| f(&*shared)),
        (None, None) => None,
    }
}

/// Why there is nothing of a type that a process shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotShared {
    /// It is not running, or shares nothing.
    Nothing,
    /// It is another kind of process than was meant: a name, which is its writer's word, led there.
    Other {
        wanted: &'static str,
        found: &'static str,
    },
}

/// As [`with_shared`], of a process that is to be an `S`, or why not.
#[inline]
pub(crate) fn with_shared_by<S, T, R>(process: Pid, f: impl FnOnce(&T) -> R) -> Result<R, NotShared>
where
    S: ?Sized,
    T: Send + Sync + 'static,
{
    with_shared(process, f).ok_or_else(|| why_not::<S, T>(process))
}

/// Why a process shares nothing of this type, which is to be an `S`.
#[cold]
pub(crate) fn why_not<S: ?Sized, T: 'static>(process: Pid) -> NotShared {
    let shared = SHARED.read();
    match shared.get(&process) {
        Some(found) if !found.shared.is::<T>() => NotShared::Other {
            wanted: type_name::<S>(),
            found: found.kind,
        },
        _ => NotShared::Nothing,
    }
}

/// What a process shares, by way of the map. It is remembered.
#[cold]
pub(crate) fn find<T: Send + Sync + 'static>(process: Pid) -> Option<Arc<T>> {
    let found = SHARED.read().get(&process).cloned()?;
    let shared = Arc::clone(&found.shared).downcast().ok()?;
    let forgotten = HERE.try_with(|here| {
        let mut shared = here.shared.try_borrow_mut().ok()?;
        let place = here.next.get();
        here.next.set((place + 1) % REMEMBERED);
        shared[place].replace((process, found))
    });
    drop(forgotten);
    Some(shared)
}
