//! What the machine does, as the scenario says it.

use std::collections::HashMap;
use std::time::Duration;

use regrow::statem::{EventType, Timeout};
use serde::Deserialize;
use serde_json::{Value, json};

/// A machine.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Script {
    pub(super) init: Initial,
    /// By state, and by what the event says.
    pub(super) rules: HashMap<String, HashMap<String, Rule>>,
    /// By state.
    #[serde(default)]
    pub(super) enter_rules: HashMap<String, Rule>,
    /// Whether entering a state is a callback.
    #[serde(skip)]
    pub(super) state_enter: bool,
}

/// How the machine begins.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Initial {
    pub(super) state: String,
    #[serde(default)]
    pub(super) actions: Vec<Action>,
}

/// What is done with an event, or on entering a state.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) next: Next,
    #[serde(default)]
    pub(super) actions: Vec<Action>,
}

/// Where the machine goes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Next {
    #[default]
    Keep,
    Repeat,
    State(String),
    Stop(Value),
    /// The value is the reply, if the event is a call.
    StopReply(Value, Value),
    /// It panics with this message.
    Raise(String),
}

/// What is done beside.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Action {
    Postpone,
    NextEvent(EventType, String),
    /// To the caller, if the event is a call.
    Reply(Value),
    Timeout(Timeout, Setting),
}

/// What is done to a timeout.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Setting {
    Start(Duration, String),
    Update(String),
    Cancel,
}

impl TryFrom<Value> for Next {
    type Error = String;

    fn try_from(term: Value) -> Result<Next, String> {
        if let Value::String(word) = &term {
            return Ok(match word.as_str() {
                "keep" => Next::Keep,
                "repeat" => Next::Repeat,
                state => Next::State(state.to_owned()),
            });
        }
        Ok(match words(&term) {
            Some(("stop", [reason])) => Next::Stop(reason.clone()),
            Some(("stop_reply", [reason, reply])) => Next::StopReply(reason.clone(), reply.clone()),
            Some(("raise", [Value::String(message)])) => Next::Raise(message.clone()),
            _ => return Err(format!("a machine cannot go to `{term}`")),
        })
    }
}

impl TryFrom<Value> for Action {
    type Error = String;

    fn try_from(term: Value) -> Result<Action, String> {
        if term == "postpone" {
            return Ok(Action::Postpone);
        }
        let read = match words(&term) {
            Some(("next_event", [kind, Value::String(event)])) => {
                event_type(kind).map(|kind| Action::NextEvent(kind, event.clone()))
            }
            Some(("reply", [value])) => Some(Action::Reply(value.clone())),
            Some(("state_timeout", rest)) => {
                setting(rest).map(|setting| Action::Timeout(Timeout::State, setting))
            }
            Some(("event_timeout", rest)) => {
                setting(rest).map(|setting| Action::Timeout(Timeout::Event, setting))
            }
            Some(("timeout", [Value::String(name), rest @ ..])) => {
                let timeout = Timeout::named(name.clone());
                setting(rest).map(|setting| Action::Timeout(timeout, setting))
            }
            _ => None,
        };
        read.ok_or_else(|| format!("no action: `{term}`"))
    }
}

fn event_type(word: &Value) -> Option<EventType> {
    Some(match word.as_str()? {
        "internal" => EventType::Internal,
        "cast" => EventType::Cast,
        "info" => EventType::Info,
        _ => return None,
    })
}

fn setting(rest: &[Value]) -> Option<Setting> {
    Some(match rest {
        [word] if word == "cancel" => Setting::Cancel,
        [word, Value::String(event)] if word == "update" => Setting::Update(event.clone()),
        [word, Value::String(event)] if word == "infinity" => {
            Setting::Start(Duration::MAX, event.clone())
        }
        [Value::Number(after), Value::String(event)] => {
            Setting::Start(Duration::from_millis(after.as_u64()?), event.clone())
        }
        _ => return None,
    })
}

/// The word that a tuple begins with, and the rest of it.
fn words(term: &Value) -> Option<(&str, &[Value])> {
    let [word, rest @ ..] = term.as_array()?.as_slice() else {
        return None;
    };
    Some((word.as_str()?, rest))
}

/// What an event's type is called in a trace.
pub(super) fn name_of(kind: &EventType) -> Value {
    match kind {
        EventType::Call => json!("call"),
        EventType::Cast => json!("cast"),
        EventType::Info => json!("info"),
        EventType::Internal => json!("internal"),
        EventType::Timeout(Timeout::Event) => json!("event_timeout"),
        EventType::Timeout(Timeout::State) => json!("state_timeout"),
        EventType::Timeout(Timeout::Named(name)) => json!(format!("timeout:{name}")),
    }
}
