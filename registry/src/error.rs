//! Why a key was not registered.

use std::fmt;

use regrow_runtime::process::Pid;

/// Why a key was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// A process has this key: another one, or the one that asks.
    AlreadyRegistered(Pid),
    /// The registry is not running.
    NoRegistry,
    /// The caller is no process, or is ending.
    NoProcess,
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::AlreadyRegistered(pid) => write!(f, "the key is registered by {pid}"),
            RegisterError::NoRegistry => f.write_str("no such registry: it is not running"),
            RegisterError::NoProcess => {
                f.write_str("only a running process can be registered, by itself")
            }
        }
    }
}

impl std::error::Error for RegisterError {}
