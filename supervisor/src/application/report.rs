//! What a program says on the log of its applications.
//!
//! They are events of `tracing`. Without the feature, or a subscriber, only what is a failure is said
//! on standard error.

use regrow_runtime::gen_server::Restart;
use regrow_runtime::process::{ExitReason, Pid, say_report};

use super::signal::Signal;

/// An application has started.
pub(super) fn started(application: &str, root: Pid) {
    #[cfg(feature = "tracing")]
    tracing::info!(application, %root, "application started");
    #[cfg(not(feature = "tracing"))]
    let _ = (application, root);
}

/// The operating system wants the program to end.
pub(super) fn told(signal: Signal) {
    #[cfg(feature = "tracing")]
    tracing::info!(?signal, "told to stop");
    #[cfg(not(feature = "tracing"))]
    let _ = signal;
}

/// An application has ended by itself.
pub(super) fn ended(application: &str, restart: Restart, reason: &ExitReason) {
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::info!(application, ?restart, %reason, "application exited");
        return;
    }
    if !reason.is_normal() {
        say_report(format_args!(
            "the application {application} ({restart:?}) has ended: {reason}"
        ));
    }
}
