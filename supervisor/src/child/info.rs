//! Looking at a supervisor: who its children are, and how many.

use std::time::Duration;

use regrow_runtime::process::{Pid, has_ended};

use crate::child::id::{ChildId, ChildKind};

/// A child, as [`which_children`](crate::SupervisorClient) shows it.
///
/// # In OTP
///
/// An element of what
/// [`supervisor:which_children/1`](https://www.erlang.org/doc/apps/stdlib/supervisor#which_children/1)
/// returns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its id. `None` for children of a [`DynamicSupervisor`](crate::DynamicSupervisor), which have
    /// none.
    pub id: Option<ChildId>,
    /// Which process it is.
    pub process: ChildProcess,
    /// Whether it is a supervisor itself.
    pub kind: ChildKind,
    /// How long it still waits for its restart, if that is delayed; see
    /// [`ChildSpec::backoff`](crate::ChildSpec::backoff).
    pub delayed: Option<Duration>,
    /// Whether it was given up, alone; see [`Exhausted::GiveUpChild`](crate::Exhausted::GiveUpChild).
    pub given_up: bool,
}

/// Which process a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildProcess {
    /// This one.
    Running(Pid),
    /// None: a restart has failed, and the supervisor is about to try again.
    Restarting,
    /// None: it has ended and is not wanted back, was stopped, or had nothing to start.
    ///
    /// # In OTP
    ///
    /// `undefined`.
    Stopped,
}

/// How many children a supervisor has.
///
/// # In OTP
///
/// What
/// [`supervisor:count_children/1`](https://www.erlang.org/doc/apps/stdlib/supervisor#count_children/1)
/// returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ChildCounts {
    /// All children, whether they run or not.
    pub specs: usize,
    /// Those that run. A [`Supervisor`](crate::Supervisor) looks whether they are alive; a
    /// [`DynamicSupervisor`](crate::DynamicSupervisor) counts those of whose end it has not heard.
    pub active: usize,
    /// Those that are supervisors, whether they run or not.
    pub supervisors: usize,
    /// Those that are not, whether they run or not.
    pub workers: usize,
}

impl ChildCounts {
    /// As [`ChildCounts::of`]; of those that run, the living.
    pub(crate) fn of_living(
        children: impl Iterator<Item = (ChildKind, ChildProcess)>,
    ) -> ChildCounts {
        ChildCounts::of(children.map(|(kind, process)| match process {
            ChildProcess::Running(pid) if has_ended(pid) => (kind, ChildProcess::Stopped),
            process => (kind, process),
        }))
    }

    /// Counts children.
    pub(crate) fn of(children: impl Iterator<Item = (ChildKind, ChildProcess)>) -> ChildCounts {
        let mut counts = ChildCounts::default();
        for (kind, process) in children {
            counts.specs += 1;
            counts.active += usize::from(matches!(process, ChildProcess::Running(_)));
            match kind {
                ChildKind::Worker => counts.workers += 1,
                ChildKind::Supervisor => counts.supervisors += 1,
            }
        }
        counts
    }
}
