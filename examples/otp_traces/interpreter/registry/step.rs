//! The steps of a scenario, typed: a step that cannot be read is an error before anything runs.

use serde::Deserialize;
use serde_json::Value;

use super::super::steps;

/// A whole scenario.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) kind: Kind,
    pub(super) partitions: usize,
    pub(super) listens: bool,
    pub(super) players: Vec<String>,
    pub(super) steps: Vec<Step>,
}

/// How many processes may have a key.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Unique,
    Duplicate,
}

/// All of a scenario but its steps.
#[derive(Deserialize)]
struct Head {
    keys: Kind,
    partitions: usize,
    listeners: bool,
    procs: Vec<String>,
}

/// One step, and who takes it.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    #[serde(rename = "p")]
    pub(super) by: String,
    /// What it does.
    #[serde(flatten)]
    pub(super) op: Op,
}

/// What a process can be told to do.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    Register { key: String, value: Value },
    Unregister { key: String },
    Lookup { key: String },
    Keys { of: String },
    Values { key: String, of: String },
    UpdateValue { key: String },
    Count,
    Dispatch { key: String },
    PutMeta { key: String, value: Value },
    Meta { key: String },
    DeleteMeta { key: String },
    Whereis { key: String },
    ViaStart(Start),
    ViaCall { key: String },
    ViaStop { key: String, reason: Value },
    ViaSend { key: String, value: Value },
    Exit { target: String, reason: Value },
    ExitSelf { reason: Value },
}

/// The server that a start makes.
#[derive(Debug, Deserialize)]
pub(super) struct Start {
    pub(super) key: String,
    pub(super) server: String,
    pub(super) link: bool,
    pub(super) value: Option<Value>,
    /// What its `init` returns, if not that it runs.
    #[serde(default)]
    pub(super) init: InitReturn,
}

/// What `init` returns.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Vec<Value>")]
pub(super) enum InitReturn {
    #[default]
    Ok,
    Ignore,
    Stop(Value),
    Raise(String),
}

impl TryFrom<Vec<Value>> for InitReturn {
    type Error = String;

    fn try_from(terms: Vec<Value>) -> Result<InitReturn, String> {
        let words: Vec<Option<&str>> = terms.iter().map(Value::as_str).collect();
        Ok(match (words.as_slice(), terms.as_slice()) {
            ([Some("ok")], _) => InitReturn::Ok,
            ([Some("ignore")], _) => InitReturn::Ignore,
            ([Some("init_stop"), _], [_, reason]) => InitReturn::Stop(reason.clone()),
            ([Some("raise"), Some(message)], _) => InitReturn::Raise((*message).to_owned()),
            _ => return Err(format!("an init cannot return {terms:?}")),
        })
    }
}

/// Reads a scenario.
pub(super) fn parse(scenario: &Value) -> Result<Scenario, String> {
    let head = Head::deserialize(scenario).map_err(|error| error.to_string())?;
    let steps = steps::read(scenario, |step| {
        let step = Step::deserialize(step).map_err(|error| error.to_string())?;
        if !head.procs.contains(&step.by) {
            return Err(format!("no process `{}`", step.by));
        }
        Ok(step)
    })?;
    Ok(Scenario {
        kind: head.keys,
        partitions: head.partitions,
        listens: head.listeners,
        players: head.procs,
        steps,
    })
}
