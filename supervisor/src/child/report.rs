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
//! `shutdown`, `significant`, `kind` and `reason`. A child of a dynamic supervisor has no id, and one
//! that has not started, or is not started again, no process. Without the feature, or a subscriber, all but
//! `progress` and `child_terminated` are said on standard error; of the latter the process that
//! crashed says as much itself.
//!
//! Whatever is reported is counted, and told to whoever [asked](crate::events): what is as it should be
//! too, and the starts of a dynamic supervisor's children, of which the log says nothing.
//!
//! # In OTP
//!
//! The reports of `supervisor` of these names and levels. What is known of the child is the
//! `offender` or the `started` there, but for `mfargs`: a start function has no name to show. There a
//! `shutdown` has the process that the child was, which nobody knows any more.

use regrow_runtime::gen_server::{Restart, Shutdown};
use regrow_runtime::process::{ExitReason, Pid, say_report, self_pid};

use crate::ChildId;
use crate::child::id::ChildKind;
use crate::child::kept::Settings;
use crate::child::spec::AnyChildSpec;
use crate::decide::restart::{Fate, ended_as_asked, ended_as_asked_of_many, fate, is_reported};
use crate::events::{Entry, Happening, SupervisorEvent, tell, write};

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child<'a> {
    id: Option<&'a ChildId>,
    process: Option<Pid>,
    restart: Restart,
    shutdown: Shutdown,
    significant: bool,
    kind: ChildKind,
}

impl<'a> Child<'a> {
    /// The child of this specification.
    pub(crate) fn of(spec: &'a AnyChildSpec) -> Child<'a> {
        Child {
            id: Some(spec.child_id()),
            process: None,
            restart: spec.restart,
            shutdown: spec.shutdown,
            significant: spec.significant,
            kind: spec.child_kind(),
        }
    }

    /// One of many with these settings, without an id.
    pub(crate) fn of_many(settings: Settings) -> Child<'a> {
        let Settings {
            restart,
            shutdown,
            kind,
        } = settings;
        Child {
            id: None,
            process: None,
            restart,
            shutdown,
            significant: false,
            kind,
        }
    }

    /// It is, or was, this process.
    fn at(self, process: Pid) -> Child<'a> {
        Child {
            process: Some(process),
            ..self
        }
    }

    /// Tells those who asked, and counts it.
    fn happens(self, entry: Entry, happening: impl FnOnce() -> Happening) {
        let supervisor = self_pid();
        write(supervisor, self.id, entry);
        tell(supervisor, || SupervisorEvent {
            supervisor,
            child: self.id.cloned(),
            restart: self.restart,
            shutdown: self.shutdown,
            significant: self.significant,
            kind: self.kind,
            happening: happening(),
        });
    }
}

/// A child has started.
pub(crate) fn started(child: Child<'_>, process: Pid, occasion: Occasion) {
    child.happens(Entry::Start, || Happening::Started { process });
    #[cfg(feature = "tracing")]
    {
        let (supervisor, id) = (self_pid(), child.id.map(tracing::field::display));
        let Child {
            restart,
            shutdown,
            significant,
            kind,
            ..
        } = child;
        match occasion {
            Occasion::Supervision => tracing::info!(
                %supervisor, child = id, %process, ?restart, ?shutdown, significant, ?kind,
                "progress"
            ),
            Occasion::Request => tracing::debug!(
                %supervisor, child = id, %process, ?restart, ?shutdown, significant, ?kind,
                "progress"
            ),
            Occasion::Dynamic => {}
        }
    }
    #[cfg(not(feature = "tracing"))]
    let _ = occasion;
}

/// A child has ended by itself.
pub(crate) fn child_ended(child: Child<'_>, process: Pid, reason: &ExitReason) {
    child.happens(Entry::Terminated(process), || Happening::Terminated {
        process,
        reason: reason.clone(),
    });
    if is_reported(child.restart, reason) {
        error(CHILD_TERMINATED, child.at(process), reason);
    }
    if child.id.is_some() && fate(child.restart, reason) == Fate::Forgotten {
        write(self_pid(), child.id, Entry::Forgotten);
    }
}

/// A child is about to be started again.
pub(crate) fn restarting(child: Child<'_>) {
    child.happens(Entry::Restart, || Happening::Restarting);
}

/// A child did not start, when its supervisor started or again.
pub(crate) fn not_started(child: Child<'_>, reason: &ExitReason) {
    child.happens(Entry::FailedStart, || Happening::StartFailed {
        reason: reason.clone(),
    });
    error(START_ERROR, child, reason);
}

/// A child was stopped.
pub(crate) fn stopped(child: Child<'_>, process: Pid, reason: &ExitReason) {
    if !ended_as_asked(child.restart, child.shutdown, reason) {
        not_stopped(child, process, reason);
    }
    if child.id.is_some() && child.restart == Restart::Temporary {
        write(self_pid(), child.id, Entry::Forgotten);
    }
}

/// A child of many was stopped: as [`stopped`], if it had ended `before` that too.
pub(crate) fn one_of_many_stopped(
    child: Child<'_>,
    process: Pid,
    reason: &ExitReason,
    before: bool,
) {
    if !ended_as_asked_of_many(child.restart, child.shutdown, reason, before) {
        not_stopped(child, process, reason);
    }
}

/// A child has not ended as it should when it was stopped.
fn not_stopped(child: Child<'_>, process: Pid, reason: &ExitReason) {
    child.happens(Entry::FailedStop, || Happening::StopFailed {
        process,
        reason: reason.clone(),
    });
    error(SHUTDOWN_ERROR, child.at(process), reason);
}

/// There were too many restarts of this child, and it alone is given up.
pub(crate) fn gave_child_up(child: Child<'_>) {
    child.happens(Entry::ChildGivenUp, || Happening::GaveChildUp);
    too_often(CHILD_GIVEN_UP, child);
}

/// There were too many restarts, of this child at last.
pub(crate) fn gave_up(child: Child<'_>) {
    child.happens(Entry::GiveUp, || Happening::GaveUp);
    too_often(SHUTDOWN, child);
}

fn too_often(event: &str, child: Child<'_>) {
    let reason = ExitReason::atom("reached_max_restart_intensity");
    error(event, child, &reason);
}

/// A child was deleted: nothing more is counted of it.
pub(crate) fn forgotten(child: &ChildId) {
    write(self_pid(), Some(child), Entry::Forgotten);
}

fn error(event: &str, child: Child<'_>, reason: &ExitReason) {
    let supervisor = self_pid();
    let Child { id, process, .. } = child;
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::error!(
            %supervisor,
            child = id.map(tracing::field::display),
            process = process.map(tracing::field::display),
            restart = ?child.restart,
            shutdown = ?child.shutdown,
            significant = child.significant,
            kind = ?child.kind,
            %reason,
            "{event}",
        );
        return;
    }
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
