//! Why a server was not started.

use std::error::Error;
use std::fmt;

use super::init::Failure;
use crate::process::{ExitReason, Pid, SpawnError};

/// Why a server was not started. Its process, if there was one, is dead, and its name is free.
///
/// # In OTP
///
/// `ignore` and the reasons in `{error, Reason}` of `gen_server:start_link`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StartError {
    /// The name is taken, by this process. `init` did not run.
    AlreadyStarted(Pid),
    /// `init` found that there is nothing to run.
    Ignored,
    /// `init` was not done in time.
    Timeout,
    /// `init` failed, or the process was ended meanwhile.
    Failed(ExitReason),
    /// No process could be spawned.
    Spawn(SpawnError),
}

impl From<Failure> for StartError {
    fn from(failure: Failure) -> StartError {
        match failure {
            Failure::AlreadyStarted(pid) => StartError::AlreadyStarted(pid),
            Failure::Ignored => StartError::Ignored,
            Failure::Failed(reason) => StartError::Failed(reason),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::AlreadyStarted(pid) => write!(f, "already started: {pid}"),
            StartError::Ignored => f.write_str("the server has chosen not to run"),
            StartError::Timeout => f.write_str("the server was not up in time"),
            StartError::Failed(reason) => write!(f, "the server did not start: {reason}"),
            StartError::Spawn(error) => write!(f, "the server was not spawned: {error}"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            StartError::Spawn(error) => Some(error),
            _ => None,
        }
    }
}
