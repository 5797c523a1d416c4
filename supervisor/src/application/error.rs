//! Why a program did not end well.

use std::fmt;

use regrow_runtime::process::ExitReason;

/// Why a program did not start, or did not stop as it was told to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ProgramError {
    /// This application did not start, for this reason. Those that had are stopped again.
    NotStarted {
        /// The application's name.
        application: String,
        /// Why it did not start.
        reason: ExitReason,
    },
    /// This application has ended, and the program cannot be without it. The others are stopped.
    Ended {
        /// The application's name.
        application: String,
        /// Why its tree has ended.
        reason: ExitReason,
    },
    /// To stop took longer than it may: these applications were killed.
    ShutdownTimeout {
        /// Their names, the first that was killed first.
        killed: Vec<String>,
    },
    /// The program's process was ended by somebody else.
    Killed(ExitReason),
    /// The operating system's signals cannot be listened to.
    Signals(String),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramError::NotStarted {
                application,
                reason,
            } => write!(f, "the application {application} does not start: {reason}"),
            ProgramError::Ended {
                application,
                reason,
            } => write!(f, "the application {application} has ended: {reason}"),
            ProgramError::ShutdownTimeout { killed } => write!(
                f,
                "to stop took longer than it may; killed: {}",
                killed.join(", ")
            ),
            ProgramError::Killed(reason) => write!(f, "the program was ended: {reason}"),
            ProgramError::Signals(why) => write!(f, "signals cannot be listened to: {why}"),
        }
    }
}

impl std::error::Error for ProgramError {}
