//! Why a group did not change.

use std::fmt;

use regrow_runtime::process::Pid;

use crate::admission::Refused;

/// Why a process was not taken: as a member, or as one that hears of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The scope is not running.
    NoScope,
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

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::NoScope => f.write_str("no such scope of groups: it is not running"),
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
    /// None of the processes was a member.
    NotJoined,
}

impl fmt::Display for LeaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LeaveError::NoScope => "no such scope of groups: it is not running",
            LeaveError::NotJoined => "no member of the group was told to leave",
        })
    }
}

impl std::error::Error for LeaveError {}
