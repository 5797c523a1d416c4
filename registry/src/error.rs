//! Why a key was not registered.

use std::fmt;

use regrow_runtime::process::Pid;

use crate::directory::NotShared;

/// Why a key was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// A process has this key: another one, or the one that asks.
    AlreadyRegistered(Pid),
    /// The registry is not running.
    NoRegistry,
    /// The registry that runs there has keys, values or a kind of other types. Only a
    /// [`Name`](regrow_runtime::gen_server::Name), which is its writer's word, leads to one.
    OtherRegistry {
        /// The type of registry that was asked for.
        wanted: &'static str,
        /// The type of the one that is there.
        found: &'static str,
    },
    /// The caller is no process, or is ending.
    NoProcess,
}

impl From<NotShared> for RegisterError {
    fn from(why: NotShared) -> RegisterError {
        match why {
            NotShared::Nothing => RegisterError::NoRegistry,
            NotShared::Other { wanted, found } => RegisterError::OtherRegistry { wanted, found },
        }
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::AlreadyRegistered(pid) => write!(f, "the key is registered by {pid}"),
            RegisterError::OtherRegistry { wanted, found } => {
                write!(f, "the registry is a {found}, and was taken for a {wanted}")
            }
            RegisterError::NoRegistry => f.write_str("no such registry: it is not running"),
            RegisterError::NoProcess => {
                f.write_str("only a running process can be registered, by itself")
            }
        }
    }
}

impl std::error::Error for RegisterError {}
