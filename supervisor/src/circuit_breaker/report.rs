//! Reports: what is said of a circuit on the log.
//!
//! | event | level | when |
//! |---|---|---|
//! | `circuit_blown` | WARN | there were too many melts, or a probe has failed |
//! | `circuit_ok` | INFO | a circuit that was blown is whole again |
//!
//! They are events of `tracing`. Without the feature, or a subscriber, the first is said on standard
//! error.
//!
//! # In OTP
//!
//! The events `{Name, blown}` and `{Name, ok}` of fuse.

use std::time::Duration;

use regrow_runtime::process::say_report;

use crate::child::id::ChildId;

/// The circuit does not let anybody through any more.
pub(super) fn blown(circuit: &ChildId, melts_max: u32, within: Duration) {
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::warn!(%circuit, melts_max, ?within, "circuit_blown");
        return;
    }
    say_report(format_args!(
        "the circuit {circuit} is blown: there were more than {melts_max} failures within {within:?}"
    ));
}

/// The circuit lets everybody through again.
pub(super) fn whole(circuit: &ChildId) {
    #[cfg(feature = "tracing")]
    tracing::info!(%circuit, "circuit_ok");
    #[cfg(not(feature = "tracing"))]
    let _ = circuit;
}
