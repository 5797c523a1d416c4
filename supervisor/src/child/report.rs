//! Reports: what a supervisor says on the log, counts, and tells those who asked.
//!
//! | report | level | when |
//! |---|---|---|
//! | `progress` | INFO | a child of a [`Supervisor`](crate::Supervisor) has started, when that started or again |
//! | `progress` | DEBUG | … because somebody asked for it |
//! | `child_terminated` | ERROR | a child has ended that is to come back, or has crashed |
//! | `start_error` | ERROR | a child has failed to start, when its supervisor started or again |
//! | `shutdown_error` | ERROR | a child that was stopped has not ended as it should |
//! | `child_given_up` | ERROR | there were too many restarts of a child with a budget of its own: it is not started again |
//! | `shutdown` | ERROR | there were too many restarts: the supervisor gives up |
//!
//! They are events of `tracing`, with the fields `supervisor`, `child`, `process`, `restart`,
//! `shutdown` and `reason`, as far as there are such. Without the feature, or a subscriber, all but
//! `progress` and `child_terminated` are said on standard error; of the latter the process that
//! crashed says as much itself.
//!
//! Whatever is reported is counted, and told to whoever [asked](crate::events): what is as it should be
//! too, and the starts of a dynamic supervisor's children, of which the log says nothing.
//!
//! # In OTP
//!
//! The reports of `supervisor` of these names and levels.

use regrow_runtime::gen_server::{Restart, Shutdown};
use regrow_runtime::process::{ExitReason, Pid, say_report, self_pid};

use crate::ChildId;
use crate::decide::restart::{Fate, ended_as_asked, ended_as_asked_of_many, fate, is_reported};
use crate::events::{Entry, Happening, tell, write};

const CHILD_TERMINATED: &str = "child_terminated";
const START_ERROR: &str = "start_error";
const SHUTDOWN_ERROR: &str = "shutdown_error";
const CHILD_GIVEN_UP: &str = "child_given_up";
const SHUTDOWN: &str = "shutdown";

/// What a start was part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The start of the supervisor, or a restart.
    Supervision,
    /// Somebody asked for it.
    Request,
    /// A child of a dynamic supervisor: the log says nothing of those.
    Dynamic,
}

/// What is known of a child that a report is about.
#[derive(Debug, Clone, Copy, Default)]
struct Child<'a> {
    id: Option<&'a ChildId>,
    process: Option<Pid>,
    restart: Option<Restart>,
    shutdown: Option<Shutdown>,
}

/// A child has started.
pub(crate) fn started(
    child: Option<&ChildId>,
    restart: Restart,
    shutdown: Shutdown,
    process: Pid,
    occasion: Occasion,
) {
    let supervisor = self_pid();
    write(supervisor, child, Entry::Start);
    tell(supervisor, child, || Happening::Started { process });
    #[cfg(feature = "tracing")]
    {
        let child = child.map(tracing::field::display);
        match occasion {
            Occasion::Supervision => {
                tracing::info!(%supervisor, child, %process, ?restart, ?shutdown, "progress");
            }
            Occasion::Request => {
                tracing::debug!(%supervisor, child, %process, ?restart, ?shutdown, "progress");
            }
            Occasion::Dynamic => {}
        }
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (restart, shutdown, occasion);
}

/// A child has ended by itself.
pub(crate) fn child_ended(
    child: Option<&ChildId>,
    restart: Restart,
    process: Pid,
    reason: &ExitReason,
) {
    let supervisor = self_pid();
    write(supervisor, child, Entry::Terminated(process));
    tell(supervisor, child, || Happening::Terminated {
        process,
        reason: reason.clone(),
    });
    if is_reported(restart, reason) {
        let child = Child {
            id: child,
            process: Some(process),
            restart: Some(restart),
            shutdown: None,
        };
        error(CHILD_TERMINATED, child, reason);
    }
    if child.is_some() && fate(restart, reason) == Fate::Forgotten {
        write(supervisor, child, Entry::Forgotten);
    }
}

/// A child is about to be started again.
pub(crate) fn restarting(child: Option<&ChildId>) {
    let supervisor = self_pid();
    write(supervisor, child, Entry::Restart);
    tell(supervisor, child, || Happening::Restarting);
}

/// A child did not start, when its supervisor started or again.
pub(crate) fn not_started(child: Option<&ChildId>, reason: &ExitReason) {
    let supervisor = self_pid();
    write(supervisor, child, Entry::FailedStart);
    tell(supervisor, child, || Happening::StartFailed {
        reason: reason.clone(),
    });
    let child = Child {
        id: child,
        ..Child::default()
    };
    error(START_ERROR, child, reason);
}

/// A child was stopped.
pub(crate) fn stopped(
    child: Option<&ChildId>,
    restart: Restart,
    shutdown: Shutdown,
    process: Pid,
    reason: &ExitReason,
) {
    if !ended_as_asked(restart, shutdown, reason) {
        let child = Child {
            id: child,
            process: Some(process),
            restart: Some(restart),
            shutdown: Some(shutdown),
        };
        not_stopped(child, process, reason);
    }
    if child.is_some() && restart == Restart::Temporary {
        write(self_pid(), child, Entry::Forgotten);
    }
}

/// A child of many, without an id, was stopped: as [`stopped`], if it had ended `before` that too.
pub(crate) fn one_of_many_stopped(
    restart: Restart,
    shutdown: Shutdown,
    process: Pid,
    reason: &ExitReason,
    before: bool,
) {
    if !ended_as_asked_of_many(restart, shutdown, reason, before) {
        let child = Child {
            id: None,
            process: Some(process),
            restart: Some(restart),
            shutdown: Some(shutdown),
        };
        not_stopped(child, process, reason);
    }
}

/// A child has not ended as it should when it was stopped.
fn not_stopped(child: Child<'_>, process: Pid, reason: &ExitReason) {
    let supervisor = self_pid();
    write(supervisor, child.id, Entry::FailedStop);
    tell(supervisor, child.id, || Happening::StopFailed {
        process,
        reason: reason.clone(),
    });
    error(SHUTDOWN_ERROR, child, reason);
}

/// There were too many restarts of this child, and it alone is given up.
pub(crate) fn gave_child_up(child: Option<&ChildId>) {
    let supervisor = self_pid();
    write(supervisor, child, Entry::ChildGivenUp);
    tell(supervisor, child, || Happening::GaveChildUp);
    too_often(CHILD_GIVEN_UP, child);
}

/// There were too many restarts, of this child at last.
pub(crate) fn gave_up(child: Option<&ChildId>) {
    let supervisor = self_pid();
    write(supervisor, child, Entry::GiveUp);
    tell(supervisor, child, || Happening::GaveUp);
    too_often(SHUTDOWN, child);
}

fn too_often(event: &str, child: Option<&ChildId>) {
    let child = Child {
        id: child,
        ..Child::default()
    };
    let reason = ExitReason::atom("reached_max_restart_intensity");
    error(event, child, &reason);
}

/// A child was deleted: nothing more is counted of it.
pub(crate) fn forgotten(child: &ChildId) {
    write(self_pid(), Some(child), Entry::Forgotten);
}

fn error(event: &str, child: Child<'_>, reason: &ExitReason) {
    let supervisor = self_pid();
    let Child {
        id,
        process,
        restart,
        shutdown,
    } = child;
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::error!(
            %supervisor,
            child = id.map(tracing::field::display),
            process = process.map(tracing::field::display),
            restart = restart.map(tracing::field::debug),
            shutdown = shutdown.map(tracing::field::debug),
            %reason,
            "{event}",
        );
        return;
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (restart, shutdown);
    if event == CHILD_TERMINATED {
        return;
    }
    let child = id.map(|id| format!(" {id}")).unwrap_or_default();
    let process = process.map(|pid| format!(" ({pid})")).unwrap_or_default();
    match event {
        START_ERROR => say_report(format_args!(
            "supervisor {supervisor} cannot start its child{child}: {reason}"
        )),
        SHUTDOWN_ERROR => say_report(format_args!(
            "supervisor {supervisor} has stopped its child{child}{process}, which ended otherwise: \
             {reason}"
        )),
        CHILD_GIVEN_UP => say_report(format_args!(
            "supervisor {supervisor} gives its child{child} up: there were too many restarts of it"
        )),
        _ => say_report(format_args!(
            "supervisor {supervisor} gives up and shuts down: there were too many restarts, of its \
             child{child} at last"
        )),
    }
}
