//! What a callback is to do, as the message that it handles says it.
//!
//! A script is a tag, actions, and what the callback returns. Each kind of callback may return other
//! things, so a script is typed by its returns, and a scenario in which a cast replies is an error
//! before anything runs.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A script for callbacks that return an `R`.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "R: Returned")]
pub(super) struct Script<R> {
    /// What it is called where it is written down.
    pub(super) tag: String,
    /// What it does, in order.
    #[serde(rename = "do", default)]
    pub(super) actions: Vec<Action>,
    #[serde(rename = "ret")]
    pub(super) end: End<R>,
}

/// One thing that a callback does.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Action {
    /// Changes the state to this.
    Set(i64),
    /// Adds this to the state.
    Add(i64),
    /// Keeps the caller under this key.
    Save(String),
    /// Replies to the caller that is kept under this key, if there is one.
    Reply(String, Term),
    /// Casts to the server itself.
    CastSelf(Script<NextReturn>),
    /// Sends the server itself a plain message.
    SendSelf(Script<NextReturn>),
    /// Begins or ceases to trap exits.
    Trap(bool),
}

/// How a callback ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value", bound = "R: Returned")]
pub(super) enum End<R> {
    Returns(R),
    Fails(Failure),
}

/// A callback that does not return; what its actions did to the state is lost.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Failure {
    /// It panics with this message.
    Raise(String),
    /// It ends its process for this reason.
    Exit(Value),
}

/// What `init` returns.
#[derive(Clone, Debug)]
pub(super) enum InitReturn {
    Ok(Then),
    Ignore,
    Stop(Value),
}

/// What a call's handler returns.
#[derive(Clone, Debug)]
pub(super) enum CallReturn {
    Reply(Term, Then),
    Noreply(Then),
    Stop(Value),
    StopReply(Value, Term),
}

/// What any other handler returns.
#[derive(Clone, Debug)]
pub(super) enum NextReturn {
    Noreply(Then),
    Stop(Value),
}

/// What the server does when the callback has returned.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// Waits for a message.
    Wait,
    /// Goes on with this before any message.
    Continue(Box<Script<NextReturn>>),
    /// Waits for a message this long.
    Timeout(Duration),
    /// Waits in hibernation.
    Hibernate,
}

/// A value in which `"$state"` stands for the state.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Term(Value);

impl Term {
    /// The value in this state.
    pub(super) fn at(self, state: i64) -> Value {
        if self.0 == "$state" {
            json!(state)
        } else {
            self.0
        }
    }
}

/// What a kind of callback may return.
pub(super) trait Returned: Sized {
    /// Reads the word that names it and what goes with that. `None`: it is no such thing.
    fn read(word: &str, rest: &[Value]) -> Result<Option<Self>, String>;
}

impl Returned for InitReturn {
    fn read(word: &str, rest: &[Value]) -> Result<Option<Self>, String> {
        Ok(Some(match (word, rest) {
            ("ok", then) => InitReturn::Ok(Then::read(then)?),
            ("ignore", []) => InitReturn::Ignore,
            ("init_stop", [reason]) => InitReturn::Stop(reason.clone()),
            _ => return Ok(None),
        }))
    }
}

impl Returned for CallReturn {
    fn read(word: &str, rest: &[Value]) -> Result<Option<Self>, String> {
        Ok(Some(match (word, rest) {
            ("reply", [value, then @ ..]) => CallReturn::Reply(part(value)?, Then::read(then)?),
            ("noreply", then) => CallReturn::Noreply(Then::read(then)?),
            ("stop", [reason]) => CallReturn::Stop(reason.clone()),
            ("stop_reply", [reason, value]) => CallReturn::StopReply(reason.clone(), part(value)?),
            _ => return Ok(None),
        }))
    }
}

impl Returned for NextReturn {
    fn read(word: &str, rest: &[Value]) -> Result<Option<Self>, String> {
        Ok(Some(match (word, rest) {
            ("noreply", then) => NextReturn::Noreply(Then::read(then)?),
            ("stop", [reason]) => NextReturn::Stop(reason.clone()),
            _ => return Ok(None),
        }))
    }
}

impl Then {
    /// Reads the last element of what a callback returns, if it is there.
    fn read(rest: &[Value]) -> Result<Then, String> {
        let [then] = rest else {
            return match rest {
                [] => Ok(Then::Wait),
                more => Err(format!("too much is returned: `{}`", json!(more))),
            };
        };
        if then == "hibernate" {
            return Ok(Then::Hibernate);
        }
        match words(then) {
            Some(("continue", [script])) => Ok(Then::Continue(part(script)?)),
            Some(("timeout", [after])) => Ok(Then::Timeout(Duration::from_millis(part(after)?))),
            _ => Err(format!("a callback cannot return with `{then}`")),
        }
    }
}

impl<R: Returned> TryFrom<Value> for End<R> {
    type Error = String;

    fn try_from(term: Value) -> Result<End<R>, String> {
        let returned = match words(&term) {
            Some((word, rest)) => R::read(word, rest)?,
            None => None,
        };
        match returned {
            Some(returned) => Ok(End::Returns(returned)),
            None => Failure::try_from(term).map(End::Fails),
        }
    }
}

impl TryFrom<Value> for Failure {
    type Error = String;

    fn try_from(term: Value) -> Result<Failure, String> {
        match words(&term) {
            Some(("raise", [message])) => part(message).map(Failure::Raise),
            Some(("exit", [reason])) => Ok(Failure::Exit(reason.clone())),
            // Section 6 of the trace format: there is nothing else that a thrown value can be.
            Some(("throw", [value])) => Ok(Failure::Exit(json!(["bad_return_value", value]))),
            _ => Err(format!("a callback cannot end with `{term}`")),
        }
    }
}

impl TryFrom<Value> for Action {
    type Error = String;

    fn try_from(term: Value) -> Result<Action, String> {
        Ok(match words(&term) {
            Some(("set", [state])) => Action::Set(part(state)?),
            Some(("add", [by])) => Action::Add(part(by)?),
            Some(("save", [key])) => Action::Save(part(key)?),
            Some(("reply", [key, value])) => Action::Reply(part(key)?, part(value)?),
            Some(("cast_self", [script])) => Action::CastSelf(part(script)?),
            Some(("send_self", [script])) => Action::SendSelf(part(script)?),
            Some(("trap", [on])) => Action::Trap(part(on)?),
            _ => return Err(format!("no action `{term}`")),
        })
    }
}

/// A tuple whose first element is an atom, taken apart.
fn words(term: &Value) -> Option<(&str, &[Value])> {
    let (word, rest) = term.as_array()?.split_first()?;
    Some((word.as_str()?, rest))
}

/// An element of a tuple.
fn part<T: DeserializeOwned>(term: &Value) -> Result<T, String> {
    T::deserialize(term).map_err(|error| format!("{error} in `{term}`"))
}
