//! The steps of a scenario, typed: a step that cannot be read is an error before anything runs.

use serde::Deserialize;
use serde_json::Value;

use super::super::steps;
use super::script::{CallReturn, Failure, InitReturn, NextReturn, Script};

/// A whole scenario.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) clients: Vec<String>,
    pub(super) steps: Vec<Step>,
}

/// One step, and who takes it.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    pub(super) client: String,
    /// What it does.
    #[serde(flatten)]
    pub(super) op: Op,
}

/// What a client can be told to do.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    Start(Role),
    Call {
        target: Target,
        script: Script<CallReturn>,
        /// In milliseconds; without it, the call waits as long as it takes.
        timeout: Option<u64>,
    },
    Cast {
        target: Target,
        script: Script<NextReturn>,
    },
    Info {
        target: Target,
        script: Script<NextReturn>,
    },
    Stop {
        target: Target,
        reason: Value,
    },
    Exit {
        target: String,
        reason: Value,
    },
    Whereis {
        name: String,
    },
    Die {
        reason: Value,
    },
}

/// The server that a start makes.
#[derive(Debug, Deserialize)]
pub(super) struct Role {
    #[serde(rename = "server")]
    pub(super) name: String,
    /// What it is registered under.
    #[serde(rename = "name")]
    pub(super) registered: Option<String>,
    pub(super) link: bool,
    pub(super) init: Script<InitReturn>,
    #[serde(default)]
    pub(super) trap: bool,
    /// What its `terminate` does beside being written down.
    pub(super) term: Option<Failure>,
}

/// Which server is meant.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a server's name or {\"name\":NAME}")]
pub(super) enum Target {
    Server(String),
    Registered { name: String },
}

impl Op {
    /// Whether the step ends by itself when a time is up.
    pub(super) fn has_timeout(&self) -> bool {
        matches!(
            self,
            Op::Call {
                timeout: Some(_),
                ..
            }
        )
    }
}

/// Reads a scenario.
pub(super) fn parse(scenario: &Value) -> Result<Scenario, String> {
    let clients = scenario
        .get("clients")
        .ok_or("the scenario has no list of `clients`")?;
    let clients: Vec<String> =
        Deserialize::deserialize(clients).map_err(|error| format!("`clients`: {error}"))?;
    let steps = steps::read(scenario, |step| {
        let step = Step::deserialize(step).map_err(|error| error.to_string())?;
        if !clients.contains(&step.client) {
            return Err(format!("no client `{}`", step.client));
        }
        Ok(step)
    })?;
    Ok(Scenario { clients, steps })
}
