//! Registered names, one table per runtime.
//!
//! A process has at most one name, and a name at most one process. The name is free again before
//! anybody can hear of the process's end. Whatever else refers to processes and must let go of them
//! at that moment, a registry above all, registers an [`ExitHook`].

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::RwLock;

use super::pid::{AsPid, Pid};
use super::send::SendError;
use super::spawn::Takes;
use crate::cell::Envelope;
use crate::runtime::Node;
use crate::scheduler::Shared;

/// The names of one runtime's processes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    table: RwLock<Table>,
    hooks: RwLock<Vec<Weak<dyn ExitHook>>>,
}

#[derive(Debug, Default)]
struct Table {
    by_name: HashMap<Arc<str>, Pid>,
    by_pid: HashMap<Pid, Arc<str>>,
}

/// Something that refers to processes and lets go of one before its end can be heard of.
///
/// Called by the dying process's scheduler: it must be short, and not wait for any process. What is
/// long is done in pieces.
pub trait ExitHook: Send + Sync + fmt::Debug {
    /// The process has ended, though nobody knows it yet. Lets go of about so many of the things that
    /// it has here. `false`: there are more, and this is called again, in a later turn of the dying
    /// process. Nobody hears of the end before this has been `true`.
    #[must_use]
    fn process_ended(&self, process: Pid, at_most: usize) -> bool;
}

/// Why a name was not registered or released.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// Another process has this name.
    Taken(Pid),
    /// The process has a name already.
    HasName(String),
    /// No process has this pid.
    NoProcess(Pid),
    /// No process has this name.
    NoSuchName,
    /// This thread runs no process, so it is not known which runtime is meant.
    NoRuntime,
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::Taken(pid) => write!(f, "the name is taken by {pid}"),
            RegisterError::HasName(name) => write!(f, "the process has a name already: {name:?}"),
            RegisterError::NoProcess(pid) => write!(f, "no such process: {pid}"),
            RegisterError::NoSuchName => f.write_str("no process is registered under this name"),
            RegisterError::NoRuntime => f.write_str("no runtime: only a process can do this"),
        }
    }
}

impl std::error::Error for RegisterError {}

/// Calls `f` with the names of the runtime that this thread is a scheduler of.
fn with_names<R>(f: impl FnOnce(&Names) -> R) -> Option<R> {
    let node = Node::current()?;
    Some(f(&node.names))
}

/// As [`with_names`], to look a name up. On a thread that is no runtime's, it is clear which is meant
/// if there is but one.
fn with_names_seen<R>(f: impl FnOnce(&Names) -> R) -> Option<R> {
    let node = Node::current().or_else(|| Shared::only().and_then(|shared| Node::of(&shared)))?;
    Some(f(&node.names))
}

/// Registers a process under a name.
///
/// # Errors
///
/// The name is taken, the process has a name already, or it is dead.
///
/// # In OTP
///
/// [`register/2`](https://www.erlang.org/doc/apps/erts/erlang#register/2), which raises `badarg`
/// where this returns an error.
pub fn register(name: impl Into<String>, process: impl AsPid) -> Result<(), RegisterError> {
    let (name, pid) = (Arc::<str>::from(name.into()), process.as_pid());
    with_names(|names| names.register(name, pid)).unwrap_or(Err(RegisterError::NoRuntime))
}

/// Releases a name.
///
/// # Errors
///
/// No process has it.
///
/// # In OTP
///
/// [`unregister/1`](https://www.erlang.org/doc/apps/erts/erlang#unregister/1).
pub fn unregister(name: &str) -> Result<(), RegisterError> {
    with_names(|names| names.unregister(name)).unwrap_or(Err(RegisterError::NoRuntime))
}

/// The process of this name. On a thread that is no runtime's, the only runtime's name is meant; if
/// there are several, nobody has it.
///
/// # In OTP
///
/// [`whereis/1`](https://www.erlang.org/doc/apps/erts/erlang#whereis/1).
pub fn whereis(name: &str) -> Option<Pid> {
    find(name)
}

/// All names, in no order.
///
/// # In OTP
///
/// [`registered/0`](https://www.erlang.org/doc/apps/erts/erlang#registered/0).
pub fn registered() -> Vec<String> {
    let all = with_names(|names| {
        names
            .table
            .read()
            .by_name
            .keys()
            .map(|name| name.as_ref().into())
            .collect()
    });
    all.unwrap_or_default()
}

/// Sends a message to the process of this name.
///
/// # Errors
///
/// No process has the name, or the one that has it takes messages of another type. The message
/// comes back.
///
/// # In OTP
///
/// `Name ! Message`, which raises `badarg` for a name that nobody has.
pub fn send_named<M: Send + 'static>(name: &str, message: M) -> Result<(), SendError<M>> {
    let Some(pid) = find(name) else {
        return Err(SendError::NoSuchName(message));
    };
    let sight = crate::cell::sight(pid.local(), &crossbeam_epoch::pin());
    let Some(sight) = sight else {
        return Err(SendError::NoSuchName(message));
    };
    if sight.table.identity != std::any::TypeId::of::<Takes<M>>() {
        return Err(SendError::WrongType(message));
    }
    super::send::message(pid.local(), Envelope::message(message));
    Ok(())
}

pub(crate) fn find(name: &str) -> Option<Pid> {
    let pid = with_names_seen(|names| names.table.read().by_name.get(name).copied())??;
    // In the moment between death and release it has the name of a dead process.
    crate::cell::is_alive(pid.local(), &crossbeam_epoch::pin()).then_some(pid)
}

/// The name of a process.
pub(crate) fn name_of(pid: Pid) -> Option<String> {
    with_names(|names| {
        names
            .table
            .read()
            .by_pid
            .get(&pid)
            .map(|name| name.as_ref().into())
    })?
}

/// Sees to it that the runtime's [`ExitHook`]s are told when this process ends. `false`: it has.
pub fn tell_of_end(process: impl AsPid) -> bool {
    crate::cell::set_known(process.as_pid().local(), &crossbeam_epoch::pin())
}

/// Which runtime a process belongs to: the one whose hooks are told of its end. `None`: it has ended.
#[doc(hidden)]
pub fn runtime_of(process: impl AsPid) -> Option<u32> {
    let sight = crate::cell::sight(process.as_pid().local(), &crossbeam_epoch::pin())?;
    Some(sight.runtime)
}

/// Registers an exit hook with the runtime of this process, for as long as the hook lives.
pub fn add_exit_hook(hook: &Arc<impl ExitHook + 'static>) {
    let hook: Weak<dyn ExitHook> = Arc::downgrade(&(Arc::clone(hook) as Arc<dyn ExitHook>));
    with_names(|names| {
        let mut hooks = names.hooks.write();
        hooks.retain(|hook| hook.strong_count() > 0);
        hooks.push(hook);
    });
}

/// A piece of step 3 of a [death](super::death): each hook lets go of so many things. `false`: there
/// are more.
#[must_use]
pub(crate) fn process_ended(shared: &Shared, pid: Pid, at_most: usize) -> bool {
    let Some(node) = Node::of(shared) else {
        return true;
    };
    let name = {
        let mut table = node.names.table.write();
        let name = table.by_pid.remove(&pid);
        name.and_then(|name| table.by_name.remove_entry(&name))
    };
    drop(name);
    let hooks: Vec<_> = node
        .names
        .hooks
        .read()
        .iter()
        .filter_map(Weak::upgrade)
        .collect();
    // Those before the first that has more are called in vain the next time, and find nothing.
    hooks.iter().all(|hook| hook.process_ended(pid, at_most))
}

impl Names {
    fn register(&self, name: Arc<str>, pid: Pid) -> Result<(), RegisterError> {
        let mut table = self.table.write();
        if let Some(&holder) = table.by_name.get(&name) {
            return Err(RegisterError::Taken(holder));
        }
        if let Some(name) = table.by_pid.get(&pid) {
            return Err(RegisterError::HasName(name.as_ref().into()));
        }
        // Under the lock: a process that dies now waits for it before its end can be heard of.
        if !tell_of_end(pid) {
            return Err(RegisterError::NoProcess(pid));
        }
        table.by_name.insert(Arc::clone(&name), pid);
        table.by_pid.insert(pid, name);
        Ok(())
    }

    fn unregister(&self, name: &str) -> Result<(), RegisterError> {
        let mut table = self.table.write();
        let pid = table
            .by_name
            .remove(name)
            .ok_or(RegisterError::NoSuchName)?;
        table.by_pid.remove(&pid);
        Ok(())
    }
}
