//! The tree and the steps of a scenario, typed: what cannot be read is an error before anything runs.

use std::sync::Arc;
use std::time::Duration;

use regrow::supervisor::{AutoShutdown, ChildKind, Restart, Shutdown, Strategy};
use serde::Deserialize;
use serde_json::Value;

use super::super::steps;

/// A whole scenario.
pub(super) struct Scenario {
    pub(super) root: Root,
    pub(super) steps: Vec<Op>,
}

/// What the driver starts.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Root {
    Sup(#[serde(deserialize_with = "shared")] Arc<Sup>),
    Dyn(#[serde(deserialize_with = "shared")] Arc<Dyn>),
}

/// A supervisor.
#[derive(Deserialize)]
pub(super) struct Sup {
    #[serde(flatten)]
    pub(super) actor: Actor,
    #[serde(deserialize_with = "strategy")]
    pub(super) strategy: Strategy,
    pub(super) max_restarts: u32,
    #[serde(default = "for_ever")]
    pub(super) max_seconds: u64,
    #[serde(default, deserialize_with = "auto_shutdown")]
    pub(super) auto_shutdown: AutoShutdown,
    pub(super) children: Vec<Child>,
}

/// A dynamic supervisor.
#[derive(Deserialize)]
pub(super) struct Dyn {
    #[serde(flatten)]
    pub(super) actor: Actor,
    pub(super) max_restarts: u32,
    pub(super) max_children: Option<usize>,
    /// What it gives to every child that it starts, before what the child has of its own.
    #[serde(default)]
    pub(super) extra: Vec<Value>,
}

/// What all that is started has.
#[derive(Deserialize)]
pub(super) struct Actor {
    pub(super) label: String,
    /// How its starts go; when there is no more, they go well.
    #[serde(default)]
    pub(super) outcomes: Vec<Outcome>,
}

/// A child of either kind of supervisor.
#[derive(Deserialize)]
pub(super) struct Child {
    pub(super) id: String,
    #[serde(deserialize_with = "restart")]
    pub(super) restart: Restart,
    #[serde(deserialize_with = "shutdown")]
    pub(super) shutdown: Shutdown,
    #[serde(rename = "type", deserialize_with = "kind")]
    pub(super) kind: ChildKind,
    #[serde(default)]
    pub(super) significant: bool,
    #[serde(default)]
    pub(super) args: Vec<Value>,
    #[serde(flatten)]
    pub(super) start: Start,
}

/// What a child is.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Start {
    #[serde(rename = "start")]
    Worker(#[serde(deserialize_with = "shared")] Arc<Role>),
    Sup(#[serde(deserialize_with = "shared")] Arc<Sup>),
    Dyn(#[serde(deserialize_with = "shared")] Arc<Dyn>),
}

/// A worker.
#[derive(Deserialize)]
pub(super) struct Role {
    #[serde(flatten)]
    pub(super) actor: Actor,
    #[serde(default)]
    pub(super) trap: bool,
    /// What its `terminate` does beside being written down.
    pub(super) term: Option<Term>,
}

/// How a start goes.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Outcome {
    Ok,
    Ignore,
    Stop(Value),
    Fail(How),
    /// As `Stop`, when the collector has asked the supervisor who its children are.
    Probe(Value),
}

/// How a callback fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum How {
    Raise(String),
    Exit(Value),
}

/// How a worker ends that has a say in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Term {
    Fail(How),
    /// It does not, if it was the supervisor that asked.
    Hang,
}

/// What the driver can be told to do.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    StartChild { sup: String, child: Child },
    TerminateChild { sup: String, id: String },
    RestartChild { sup: String, id: String },
    DeleteChild { sup: String, id: String },
    DynTerminate { sup: String, target: String },
    WhichChildren { sup: String },
    CountChildren { sup: String },
    Crash { target: String, how: How },
    Exit { target: String, reason: Value },
    Stop { sup: String, reason: Value },
}

/// Reads a scenario.
pub(super) fn parse(scenario: &Value) -> Result<Scenario, String> {
    let root = scenario.get("root").ok_or("the scenario has no `root`")?;
    let root = Root::deserialize(root).map_err(|error| format!("`root`: {error}"))?;
    let steps = steps::read(scenario, |step| {
        Op::deserialize(step).map_err(|error| error.to_string())
    })?;
    Ok(Scenario { root, steps })
}

impl TryFrom<Value> for Outcome {
    type Error = String;

    fn try_from(term: Value) -> Result<Outcome, String> {
        match (&term, pair(&term)) {
            (Value::String(word), _) if word == "ok" => Ok(Outcome::Ok),
            (Value::String(word), _) if word == "ignore" => Ok(Outcome::Ignore),
            (_, Some(("stop", reason))) => Ok(Outcome::Stop(reason.clone())),
            (_, Some(("probe", reason))) => Ok(Outcome::Probe(reason.clone())),
            _ => How::try_from(term).map(Outcome::Fail),
        }
    }
}

impl TryFrom<Value> for How {
    type Error = String;

    fn try_from(term: Value) -> Result<How, String> {
        match pair(&term) {
            Some(("raise", Value::String(message))) => Ok(How::Raise(message.clone())),
            Some(("exit", reason)) => Ok(How::Exit(reason.clone())),
            _ => Err(format!("nothing fails by `{term}`")),
        }
    }
}

impl TryFrom<Value> for Term {
    type Error = String;

    fn try_from(term: Value) -> Result<Term, String> {
        if term == "hang" {
            return Ok(Term::Hang);
        }
        How::try_from(term).map(Term::Fail)
    }
}

/// A word and what goes with it.
fn pair(term: &Value) -> Option<(&str, &Value)> {
    match term.as_array()?.as_slice() {
        [Value::String(word), with] => Some((word, with)),
        _ => None,
    }
}

/// A period in which every restart of a scenario falls.
fn for_ever() -> u64 {
    100_000
}

fn shared<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    source: D,
) -> Result<Arc<T>, D::Error> {
    T::deserialize(source).map(Arc::new)
}

/// One of a few words.
fn word<'de, T: Copy, D: serde::Deserializer<'de>>(
    words: &[(&str, T)],
    source: D,
) -> Result<T, D::Error> {
    let given = String::deserialize(source)?;
    let meant = words.iter().find(|(word, _)| *word == given);
    let meant = meant.ok_or_else(|| serde::de::Error::custom(format!("no word `{given}` here")))?;
    Ok(meant.1)
}

pub(super) fn strategy<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Strategy, D::Error> {
    let words = [
        ("one_for_one", Strategy::OneForOne),
        ("one_for_all", Strategy::OneForAll),
        ("rest_for_one", Strategy::RestForOne),
    ];
    word(&words, source)
}

fn auto_shutdown<'de, D: serde::Deserializer<'de>>(source: D) -> Result<AutoShutdown, D::Error> {
    let words = [
        ("never", AutoShutdown::Never),
        ("any_significant", AutoShutdown::AnySignificant),
        ("all_significant", AutoShutdown::AllSignificant),
    ];
    word(&words, source)
}

pub(super) fn restart<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Restart, D::Error> {
    let words = [
        ("permanent", Restart::Permanent),
        ("transient", Restart::Transient),
        ("temporary", Restart::Temporary),
    ];
    word(&words, source)
}

fn kind<'de, D: serde::Deserializer<'de>>(source: D) -> Result<ChildKind, D::Error> {
    let words = [
        ("worker", ChildKind::Worker),
        ("supervisor", ChildKind::Supervisor),
    ];
    word(&words, source)
}

/// A word, or a number of milliseconds.
fn shutdown<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Shutdown, D::Error> {
    let given = Value::deserialize(source)?;
    if let Some(limit) = given.as_u64() {
        return Ok(Shutdown::After(Duration::from_millis(limit)));
    }
    let words = [
        ("brutal_kill", Shutdown::BrutalKill),
        ("infinity", Shutdown::Infinity),
    ];
    word(&words, given).map_err(serde::de::Error::custom)
}
