//! The list of steps that most scenarios are.

use serde_json::Value;

/// Reads the steps of a scenario; an error says which step is wrong, counted from 1, and how.
pub(super) fn read<S>(
    scenario: &Value,
    step: impl Fn(&Value) -> Result<S, String>,
) -> Result<Vec<S>, String> {
    let steps = scenario
        .get("steps")
        .and_then(Value::as_array)
        .ok_or("the scenario has no list of `steps`")?;
    steps
        .iter()
        .zip(1..)
        .map(|(term, number)| {
            step(term).map_err(|problem| format!("step {number}: {problem} in {term}"))
        })
        .collect()
}
