//! What has happened in a supervisor.

use regrow_runtime::gen_server::{Restart, Shutdown};
use regrow_runtime::process::{ExitReason, Pid};

use crate::{ChildId, ChildKind};

/// Something that a supervisor has done or seen; see [`events`](super::events).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SupervisorEvent {
    /// The supervisor.
    pub supervisor: Pid,
    /// The child that it is about. `None`: it has no id, as the children of a dynamic supervisor.
    pub child: Option<ChildId>,
    /// When the child is started again.
    pub restart: Restart,
    /// How the child is stopped.
    pub shutdown: Shutdown,
    /// Whether the child's end may end the supervisor.
    pub significant: bool,
    /// Whether the child has children of its own.
    pub kind: ChildKind,
    /// What has happened.
    pub happening: Happening,
}

/// What has happened to a child, or to its supervisor because of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// It has started, for the first time or again. In OTP the report `progress`.
    Started {
        /// The child's process.
        process: Pid,
    },
    /// It has ended by itself, however orderly. In OTP `child_terminated`, which leaves out what is as
    /// it should be.
    Terminated {
        /// The process that it was.
        process: Pid,
        /// Why it ended.
        reason: ExitReason,
    },
    /// It is about to be started again, for it has ended or has failed to start; and with it those of
    /// its siblings that the strategy says.
    Restarting,
    /// It did not start. In OTP `start_error`.
    StartFailed {
        /// Why.
        reason: ExitReason,
    },
    /// It was stopped, and has ended otherwise than it should. In OTP `shutdown_error`.
    StopFailed {
        /// The process that it was.
        process: Pid,
        /// Why it ended.
        reason: ExitReason,
    },
    /// There were too many restarts of this child, which has a budget of its own: it is not started
    /// again, and the supervisor goes on.
    GaveChildUp,
    /// There were too many restarts, of this child at last: the supervisor shuts down. In OTP
    /// `shutdown`.
    GaveUp,
}
