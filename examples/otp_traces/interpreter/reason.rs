//! Exit reasons as terms.
//!
//! OTP's own reasons have a variant each in [`ExitReason`]. Every other atom or tuple of a scenario
//! travels as a term: the JSON value itself, which comes out as it went in.

use regrow::exit::ExitReason;
use regrow::supervisor::FailedToStart;
use regrow::supervisor::SpecError;
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
        ExitReason::ShutdownWith(detail) => {
            if let Some(detail) = detail.downcast_ref::<Value>() {
                json!(["shutdown", detail])
            } else if let Some(failed) = detail.downcast_ref::<FailedToStart>() {
                let (child, reason) = (failed.child.as_str(), encode(&failed.reason));
                json!(["shutdown", ["failed_to_start_child", child, reason]])
            } else {
                unexpected(reason)
            }
        }
        ExitReason::Error(error) => match error.downcast_ref::<SpecError>() {
            Some(error @ SpecError::ZeroPeriod) => json!(["supervisor_data", encode_spec(error)]),
            Some(error) => json!(["start_spec", encode_spec(error)]),
            None => unexpected(reason),
        },
        _ => reason
            .downcast_ref::<Value>()
            .cloned()
            .unwrap_or_else(|| unexpected(reason)),
    }
}

/// The term that says what is wrong with a supervisor's specification.
pub(super) fn encode_spec(error: &SpecError) -> Value {
    let combination = |flag: &str, value: &str| {
        let list = [json!([flag, value]), json!(["significant", true])];
        json!(["bad_combination", { "list": list }])
    };
    match error {
        SpecError::ZeroPeriod => json!(["invalid_period", 0]),
        SpecError::DuplicateId(id) => json!(["duplicate_child_name", id.as_str()]),
        SpecError::SignificantForNothing(_) => combination("auto_shutdown", "never"),
        SpecError::SignificantPermanent(_) => combination("restart", "permanent"),
        other => unexpected(other),
    }
}
