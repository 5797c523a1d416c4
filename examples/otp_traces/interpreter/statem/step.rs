//! The steps of a scenario, typed: a step that cannot be read is an error before anything runs.

use serde::Deserialize;
use serde_json::Value;

use super::super::steps;
use super::CLIENTS;
use super::script::Script;

/// A whole scenario.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) machine: Script,
    /// Milliseconds that are let pass after the start.
    pub(super) start_wait: Option<u64>,
    pub(super) steps: Vec<Step>,
}

/// One step, and who takes it.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    pub(super) client: String,
    /// Milliseconds that are let pass after it.
    pub(super) wait: Option<u64>,
    /// What it does.
    #[serde(flatten)]
    pub(super) op: Op,
}

/// What a client can be told to do to the machine.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    Call { event: String },
    Cast { event: String },
    Info { event: String },
    Stop { reason: Value },
}

/// What stands beside the steps.
#[derive(Debug, Deserialize)]
struct Frame {
    machine: Script,
    state_enter: bool,
    start_wait: Option<u64>,
}

/// Reads a scenario.
pub(super) fn parse(scenario: &Value) -> Result<Scenario, String> {
    let frame = Frame::deserialize(scenario).map_err(|error| error.to_string())?;
    let steps = steps::read(scenario, |step| {
        let step = Step::deserialize(step).map_err(|error| error.to_string())?;
        if !CLIENTS.contains(&step.client.as_str()) {
            return Err(format!("no client `{}`", step.client));
        }
        Ok(step)
    })?;
    let mut machine = frame.machine;
    machine.state_enter = frame.state_enter;
    Ok(Scenario {
        machine,
        start_wait: frame.start_wait,
        steps,
    })
}
