//! Why a supervisor does not start, and why it does not start a child.

use std::error::Error;
use std::fmt;

use regrow_runtime::gen_server::{CallError, StartError};
use regrow_runtime::process::{ExitReason, Pid};

use crate::child::extras::SettingError;
use crate::child::id::ChildId;

/// What is wrong with a supervisor's specification. It starts no child then, and ends with this.
///
/// # In OTP
///
/// The reasons `{supervisor_data, _}` and `{start_spec, _}`; `{bad_combination, _}` among them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecError {
    /// The period in which restarts are counted is zero.
    ZeroPeriod,
    /// Two children have this id.
    DuplicateId(ChildId),
    /// This child is significant, but always started again, so that it never ends for good.
    SignificantPermanent(ChildId),
    /// This child is significant, and its supervisor never shuts down by itself.
    SignificantForNothing(ChildId),
    /// This child was started before, with arguments that exist once or that its supervisor has not
    /// kept, because a temporary child is never started again.
    UsedUp(ChildId),
    /// Something beyond OTP was asked for this child that cannot be.
    Setting(ChildId, SettingError),
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpecError::ZeroPeriod => {
                f.write_str("restarts cannot be counted over a period of zero")
            }
            SpecError::DuplicateId(id) => {
                write!(
                    f,
                    "two children have the id {id:?}: give one another with `.id(…)`"
                )
            }
            SpecError::SignificantPermanent(id) => write!(
                f,
                "the child {id:?} is significant and permanent: make it transient or temporary"
            ),
            SpecError::SignificantForNothing(id) => write!(
                f,
                "the child {id:?} is significant, but its supervisor has no `.auto_shutdown(…)`"
            ),
            SpecError::UsedUp(id) => write!(
                f,
                "the child {id:?} was started before, and what it took is gone: make a \
                 specification anew"
            ),
            SpecError::Setting(id, error) => write!(f, "the child {id:?}: {error}"),
        }
    }
}

impl Error for SpecError {}

/// A supervisor did not start because this child did not. It is what
/// [`ExitReason::ShutdownWith`] holds then: `reason.downcast_ref::<FailedToStart>()`.
///
/// # In OTP
///
/// `{shutdown, {failed_to_start_child, Id, Reason}}`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FailedToStart {
    /// The child.
    pub child: ChildId,
    /// Why it did not start.
    pub reason: ExitReason,
}

impl fmt::Display for FailedToStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the child {:?} did not start: {}",
            self.child, self.reason
        )
    }
}

/// Why a supervisor did not start a child that it was asked to start.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StartChildError {
    /// The child's id or name is taken by this process, which may be of another type:
    /// [`Pid::as_server`] tells.
    AlreadyStarted(Pid),
    /// There is a child with this id, which does not run:
    /// [`restart_child`](crate::SupervisorClient) starts it, and `delete_child` forgets it.
    AlreadyPresent,
    /// The child cannot be a child of this supervisor.
    Spec(SpecError),
    /// The supervisor has as many children as it may have.
    MaxChildren,
    /// There was nothing to start under the key: the child's `init` gave
    /// [`Init::ignore`](regrow_runtime::gen_server::Init::ignore).
    Ignored,
    /// The supervisor is not running.
    NoProcess,
    /// The start failed: the reason that the child's process ended with.
    Failed(ExitReason),
    /// The supervisor could not be asked, or ended before it answered.
    Call(CallError),
}

impl fmt::Display for StartChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartChildError::AlreadyStarted(pid) => write!(f, "already started as {pid}"),
            StartChildError::AlreadyPresent => {
                f.write_str("there is a child with this id, which does not run")
            }
            StartChildError::Spec(error) => write!(f, "{error}"),
            StartChildError::MaxChildren => {
                f.write_str("the supervisor has as many children as it may")
            }
            StartChildError::Ignored => f.write_str("the child has chosen not to run"),
            StartChildError::NoProcess => f.write_str("no such supervisor"),
            StartChildError::Failed(reason) => write!(f, "the child did not start: {reason}"),
            StartChildError::Call(error) => write!(f, "the supervisor did not answer: {error}"),
        }
    }
}

impl Error for StartChildError {}

impl StartChildError {
    /// What a failed request to the supervisor is.
    pub(crate) fn of_call(error: CallError<StartChildError>) -> StartChildError {
        StartChildError::Call(match error {
            CallError::Reply(error) => return error,
            CallError::NoProcess => return StartChildError::NoProcess,
            CallError::Exited(reason) => CallError::Exited(reason),
            CallError::Cycle(path) => CallError::Cycle(path),
            CallError::Timeout => CallError::Timeout,
            CallError::Overloaded => CallError::Overloaded,
            CallError::OtherServer(types) => CallError::OtherServer(types),
            _ => CallError::NoReply,
        })
    }
}

/// A process is no child of the supervisor: it never was, or has ended.
///
/// # In OTP
///
/// `{error, not_found}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "there is nothing more to say of it"
)]
pub struct NoSuchChild;

impl fmt::Display for NoSuchChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such child")
    }
}

impl Error for NoSuchChild {}

/// Why a supervisor did not start a child that it has.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RestartChildError {
    /// There is no child with this id.
    NotFound,
    /// It runs.
    Running,
    /// The supervisor is about to start it again itself.
    Restarting,
    /// Its name is taken, by this process.
    AlreadyStarted(Pid),
    /// The start failed, for this reason. The child stays as it was.
    Failed(ExitReason),
}

impl fmt::Display for RestartChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestartChildError::NotFound => f.write_str("no such child"),
            RestartChildError::Running => f.write_str("the child runs: stop it first"),
            RestartChildError::Restarting => {
                f.write_str("the child is being restarted by its supervisor")
            }
            RestartChildError::AlreadyStarted(pid) => {
                write!(f, "the child's name is taken by {pid}")
            }
            RestartChildError::Failed(reason) => write!(f, "the child did not start: {reason}"),
        }
    }
}

impl Error for RestartChildError {}

impl From<StartError> for RestartChildError {
    fn from(error: StartError) -> RestartChildError {
        match error {
            StartError::AlreadyStarted(pid) => RestartChildError::AlreadyStarted(pid),
            error => RestartChildError::Failed(reason_of(error)),
        }
    }
}

/// Why a supervisor did not forget a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeleteChildError {
    /// There is no child with this id.
    NotFound,
    /// It runs.
    Running,
    /// The supervisor is about to start it again.
    Restarting,
}

impl fmt::Display for DeleteChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DeleteChildError::NotFound => "no such child",
            DeleteChildError::Running => "the child runs: stop it first",
            DeleteChildError::Restarting => {
                "the child is being restarted by its supervisor: stop it first"
            }
        })
    }
}

impl Error for DeleteChildError {}

/// Why a partition supervisor has not as many partitions as it was asked to have.
///
/// # In OTP
///
/// What `PartitionSupervisor.resize!/2` raises.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ResizeError {
    /// There can be as many partitions as there were at the start, and no more.
    TooMany {
        /// How many it was asked for.
        asked: usize,
        /// How many there can be.
        most: usize,
    },
    /// A partition did not start.
    Failed(ExitReason),
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResizeError::TooMany { asked, most } => {
                write!(f, "there can be {most} partitions, not {asked}")
            }
            ResizeError::Failed(reason) => write!(f, "a partition did not start: {reason}"),
        }
    }
}

impl Error for ResizeError {}

/// What a failed start is for whoever asked for it.
pub(crate) fn refused(error: StartError) -> StartChildError {
    match error {
        StartError::AlreadyStarted(pid) => StartChildError::AlreadyStarted(pid),
        error => StartChildError::Failed(reason_of(error)),
    }
}

/// What a failed start is as a reason.
pub(crate) fn reason_of(error: StartError) -> ExitReason {
    match error {
        StartError::Failed(reason) => reason,
        error => error.into(),
    }
}
