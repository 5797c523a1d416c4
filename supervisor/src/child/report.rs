//! Reports: what a supervisor says on the log.
//!
//! | event | level | when |
//! |---|---|---|
//! | `child_terminated` | ERROR | a child has ended that is to come back, or has crashed |
//! | `start_error` | ERROR | a restart has failed |
//! | `shutdown_error` | ERROR | a child that was stopped has not ended as it should |
//! | `child_given_up` | ERROR | there were too many restarts of a child with a budget of its own: it is not started again |
//! | `shutdown` | ERROR | there were too many restarts: the supervisor gives up |
//!
//! They are events of `tracing`. Without the feature, or a subscriber, all but the first are said on
//! standard error; of the first the process that crashed says as much itself.
//!
//! # In OTP
//!
//! The reports of `supervisor` of these names; progress reports are not made.

use regrow_runtime::gen_server::{Restart, Shutdown};
use regrow_runtime::process::{ExitReason, Pid, say_report, self_pid};

use crate::child::id::ChildId;
use crate::decide::restart::{ended_as_asked, is_reported};

const CHILD_TERMINATED: &str = "child_terminated";
const START_ERROR: &str = "start_error";
const SHUTDOWN_ERROR: &str = "shutdown_error";
const CHILD_GIVEN_UP: &str = "child_given_up";
const SHUTDOWN: &str = "shutdown";

/// A child has ended by itself.
pub(crate) fn child_ended(
    child: Option<&ChildId>,
    restart: Restart,
    process: Pid,
    reason: &ExitReason,
) {
    if is_reported(restart, reason) {
        error(CHILD_TERMINATED, child, Some(process), reason);
    }
}

/// A child did not start again.
pub(crate) fn not_started(child: Option<&ChildId>, reason: &ExitReason) {
    error(START_ERROR, child, None, reason);
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
        error(SHUTDOWN_ERROR, child, Some(process), reason);
    }
}

/// There were too many restarts of this child, and it alone is given up.
pub(crate) fn gave_child_up(child: Option<&ChildId>) {
    error(
        CHILD_GIVEN_UP,
        child,
        None,
        &ExitReason::atom("reached_max_restart_intensity"),
    );
}

/// There were too many restarts, of this child at last.
pub(crate) fn gave_up(child: Option<&ChildId>) {
    error(
        SHUTDOWN,
        child,
        None,
        &ExitReason::atom("reached_max_restart_intensity"),
    );
}

fn error(event: &str, child: Option<&ChildId>, process: Option<Pid>, reason: &ExitReason) {
    let supervisor = self_pid();
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::error!(
            supervisor = %supervisor,
            child = child.map(tracing::field::display),
            process = process.map(tracing::field::display),
            reason = %reason,
            "{event}",
        );
        return;
    }
    let child = child.map(|child| format!(" {child}")).unwrap_or_default();
    let process = process.map(|pid| format!(" ({pid})")).unwrap_or_default();
    match event {
        CHILD_TERMINATED => {}
        START_ERROR => say_report(format_args!(
            "supervisor {supervisor} cannot start its child{child} again: {reason}"
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
