//! Exit reasons as terms.
//!
//! OTP's own reasons have a variant each in [`ExitReason`]. Every other atom or tuple of a scenario
//! travels as a term: the JSON value itself, which comes out as it went in.

use regrow::exit::ExitReason;
use serde_json::{Value, json};

use super::value::unexpected;

/// The exit reason that a term of a scenario stands for.
pub(super) fn decode(term: &Value) -> ExitReason {
    if let Value::Array(tuple) = term
        && let [tag, detail] = tuple.as_slice()
        && tag == "shutdown"
    {
        return ExitReason::shutdown_with(detail.clone());
    }
    match term.as_str() {
        Some("normal") => ExitReason::Normal,
        Some("shutdown") => ExitReason::Shutdown,
        Some("kill") => ExitReason::Kill,
        Some("killed") => ExitReason::Killed,
        Some("noproc") => ExitReason::NoProc,
        _ => ExitReason::term(term.clone()),
    }
}

/// The term that stands for an exit reason in a trace.
pub(super) fn encode(reason: &ExitReason) -> Value {
    match reason {
        ExitReason::Normal => json!("normal"),
        ExitReason::Shutdown => json!("shutdown"),
        ExitReason::Kill => json!("kill"),
        ExitReason::Killed => json!("killed"),
        ExitReason::NoProc => json!("noproc"),
        ExitReason::Panic(info) => json!({ "raise": info.message() }),
        ExitReason::ShutdownWith(_) => match reason.downcast_ref::<Value>() {
            Some(detail) => json!(["shutdown", detail]),
            None => unexpected(reason),
        },
        _ => reason
            .downcast_ref::<Value>()
            .cloned()
            .unwrap_or_else(|| unexpected(reason)),
    }
}
