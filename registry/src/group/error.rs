//! Why a group did not change.

use std::fmt;

use regrow_runtime::process::Pid;

use crate::admission::Refused;
use crate::directory::NotShared;

const NO_SCOPE: &str = "no such scope of groups: it is not running";

fn other_scope(f: &mut fmt::Formatter<'_>, wanted: &str, found: &str) -> fmt::Result {
    write!(f, "the scope is a {found}, and was taken for a {wanted}")
}

/// Why a process was not taken: as a member, or as one that hears of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The scope is not running.
    NoScope,
    /// The scope that runs there has groups with keys of another type. Only a
    /// [`Name`](regrow_runtime::gen_server::Name), which is its writer's word, leads to one.
    OtherScope {
        /// The type of scope that was asked for.
        wanted: &'static str,
        /// The type of the one that is there.
        found: &'static str,
    },
    /// The process has ended, or is about to. Of several none was taken.
    NoProcess(Pid),
    /// The process belongs to another runtime than the scope, which would not hear of its end.
    OtherRuntime(Pid),
}

impl From<Refused> for JoinError {
    fn from(refused: Refused) -> JoinError {
        match refused {
            Refused::Closed => JoinError::NoScope,
            Refused::NoProcess(pid) => JoinError::NoProcess(pid),
            Refused::OtherRuntime(pid) => JoinError::OtherRuntime(pid),
        }
    }
}

impl From<NotShared> for JoinError {
    fn from(why: NotShared) -> JoinError {
        match why {
            NotShared::Nothing => JoinError::NoScope,
            NotShared::Other { wanted, found } => JoinError::OtherScope { wanted, found },
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::NoScope => f.write_str(NO_SCOPE),
            JoinError::OtherScope { wanted, found } => other_scope(f, wanted, found),
            JoinError::NoProcess(pid) => write!(f, "no such process: {pid}"),
            JoinError::OtherRuntime(pid) => write!(
                f,
                "{pid} belongs to another runtime: start a scope of groups there"
            ),
        }
    }
}

impl std::error::Error for JoinError {}

/// Why nothing left a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaveError {
    /// The scope is not running.
    NoScope,
    /// The scope that runs there has groups with keys of another type. Only a
    /// [`Name`](regrow_runtime::gen_server::Name), which is its writer's word, leads to one.
    OtherScope {
        /// The type of scope that was asked for.
        wanted: &'static str,
        /// The type of the one that is there.
        found: &'static str,
    },
    /// None of the processes was a member.
    NotJoined,
}

impl From<NotShared> for LeaveError {
    fn from(why: NotShared) -> LeaveError {
        match why {
            NotShared::Nothing => LeaveError::NoScope,
            NotShared::Other { wanted, found } => LeaveError::OtherScope { wanted, found },
        }
    }
}

impl fmt::Display for LeaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeaveError::NoScope => f.write_str(NO_SCOPE),
            LeaveError::OtherScope { wanted, found } => other_scope(f, wanted, found),
            LeaveError::NotJoined => f.write_str("no member of the group was told to leave"),
        }
    }
}

impl std::error::Error for LeaveError {}
