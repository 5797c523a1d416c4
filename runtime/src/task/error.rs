//! How a wait for a task fails.

use std::error::Error;
use std::fmt;

use crate::process::ExitReason;

/// Why a wait that has a limit gave no value.
///
/// # In OTP
///
/// The reasons with which `Task.await/2` exits its caller, `{reason, _}` and `{timeout, _}`; and
/// `{exit, reason}` and `{exit, timeout}` of `Task.async_stream/3`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TaskError {
    /// The time was up.
    Timeout,
    /// The task ended without a value, for this reason, which is
    /// [`Normal`](ExitReason::Normal) if it chose to.
    Exited(ExitReason),
    /// The task of a stream was not started by its supervisor, for this reason.
    NotStarted(ExitReason),
}

impl TaskError {
    /// Whether this is [`TaskError::Timeout`].
    pub fn is_timeout(&self) -> bool {
        matches!(self, TaskError::Timeout)
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Timeout => f.write_str("the task was not done in time"),
            TaskError::Exited(reason) => write!(f, "the task exited: {reason}"),
            TaskError::NotStarted(reason) => write!(f, "the task was not started: {reason}"),
        }
    }
}

impl Error for TaskError {}
