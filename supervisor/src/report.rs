//! Reports: what a supervisor says on the log.
//!
//! | event | level | when |
//! |---|---|---|
//! | `child_terminated` | ERROR | a child has ended that is to come back, or has crashed |
//! | `start_error` | ERROR | a restart has failed |
//! | `shutdown_error` | ERROR | a child that was stopped has not ended as it should |
//! | `shutdown` | ERROR | there were too many restarts: the supervisor gives up |
//!
//! They are events of `tracing`. A crash itself is reported by the process that crashes, so without
//! the feature, or a subscriber, nothing is lost but what the supervisor made of it.
//!
//! # In OTP
//!
//! The reports of `supervisor` of these names; progress reports are not made.

use regrow_runtime::gen_server::{Restart, Shutdown};
use regrow_runtime::process::{ExitReason, Pid};

use crate::child_spec::ChildId;
use crate::restart::{ended_as_asked, is_reported};

/// A child has ended by itself.
pub(crate) fn child_ended(
    child: Option<&ChildId>,
    restart: Restart,
    process: Pid,
    reason: &ExitReason,
) {
    if is_reported(restart, reason) {
        error("child_terminated", child, Some(process), reason);
    }
}

/// A child did not start again.
pub(crate) fn not_started(child: Option<&ChildId>, reason: &ExitReason) {
    error("start_error", child, None, reason);
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
        error("shutdown_error", child, Some(process), reason);
    }
}

/// There were too many restarts, of this child at last.
pub(crate) fn gave_up(child: Option<&ChildId>) {
    error(
        "shutdown",
        child,
        None,
        &ExitReason::atom("reached_max_restart_intensity"),
    );
}

#[cfg(feature = "tracing")]
fn error(event: &str, child: Option<&ChildId>, process: Option<Pid>, reason: &ExitReason) {
    tracing::error!(
        supervisor = %regrow_runtime::process::self_pid(),
        child = child.map(tracing::field::display),
        process = process.map(tracing::field::display),
        reason = %reason,
        "{event}",
    );
}

#[cfg(not(feature = "tracing"))]
fn error(_: &str, _: Option<&ChildId>, _: Option<Pid>, _: &ExitReason) {}
