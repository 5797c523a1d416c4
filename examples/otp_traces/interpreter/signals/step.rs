//! The steps of a scenario, typed: a step that cannot be read is an error before anything runs.

use serde::Deserialize;
use serde_json::Value;

use super::super::steps;
use super::super::world::DRIVER;

/// One step, and who carries it out.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    /// A process's name, or the driver's.
    #[serde(rename = "p", alias = "by")]
    pub(super) by: String,
    /// What it does.
    #[serde(flatten)]
    pub(super) op: Op,
}

/// What a process can be told to do.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    Spawn(Role),
    Link {
        target: String,
    },
    Unlink {
        target: String,
    },
    Monitor {
        target: Target,
        #[serde(rename = "ref")]
        reference: String,
        alias: Option<MonitorAlias>,
    },
    Demonitor {
        #[serde(rename = "ref")]
        reference: String,
        opts: Vec<DemonitorOption>,
    },
    Trap {
        value: bool,
    },
    Exit {
        target: String,
        reason: Value,
    },
    ExitSelf {
        reason: Value,
    },
    Raise {
        msg: String,
    },
    Send {
        target: Recipient,
        msg: Value,
    },
    Register {
        target: String,
        name: String,
    },
    Unregister {
        name: String,
    },
    Whereis {
        name: String,
    },
    Alias {
        #[serde(rename = "ref")]
        reference: String,
        opts: Vec<AliasOption>,
    },
    Unalias {
        #[serde(rename = "ref")]
        reference: String,
    },
    Recv {
        #[serde(rename = "match")]
        wanted: Wanted,
    },
    Drain,
}

/// The process that a spawn makes.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Role {
    #[serde(rename = "new")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) mode: Mode,
    /// What the monitor of the two monitoring modes is called.
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    #[serde(default)]
    pub(super) trap: bool,
    #[serde(default)]
    pub(super) hold: bool,
    /// What it does instead of waiting for commands.
    pub(super) body: Option<(Body, Value)>,
}

/// How the new process is tied to the one that spawns it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    #[default]
    Plain,
    Link,
    Monitor,
    LinkMonitor,
}

/// How a process that takes no commands ends; its argument is the reason or the message.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Body {
    Exit,
    Raise,
}

/// What can be monitored.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a process's name or {\"name\":NAME}")]
pub(super) enum Target {
    Process(String),
    Registered { name: String },
}

/// What can be sent to.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a process's name, {\"name\":NAME} or {\"alias\":REF}"
)]
pub(super) enum Recipient {
    Process(String),
    Registered { name: String },
    Alias { alias: String },
}

/// An alias that is made together with a monitor.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MonitorAlias {
    ExplicitUnalias,
    Demonitor,
    ReplyDemonitor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DemonitorOption {
    Flush,
    Info,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AliasOption {
    ExplicitUnalias,
    Reply,
}

/// Which message a selective receive takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wanted {
    MsgFrom(String),
    Msg(Value),
    ExitFrom(String),
    Down(String),
}

/// Reads the steps of a scenario.
pub(super) fn parse(scenario: &Value) -> Result<Vec<Step>, String> {
    steps::read(scenario, one)
}

fn one(step: &Value) -> Result<Step, String> {
    let step = Step::deserialize(step).map_err(|error| error.to_string())?;
    match &step.op {
        Op::Spawn(role) => {
            let monitors = matches!(role.mode, Mode::Monitor | Mode::LinkMonitor);
            if step.by == DRIVER && role.mode != Mode::Plain {
                return Err("the driver spawns plain processes only".to_owned());
            }
            if monitors != role.reference.is_some() {
                return Err("a `ref` goes with the modes that monitor".to_owned());
            }
            if let Some((Body::Raise, message)) = &role.body
                && !message.is_string()
            {
                return Err("a panic's message is text".to_owned());
            }
        }
        _ if step.by == DRIVER => return Err("the driver only spawns".to_owned()),
        _ => {}
    }
    Ok(step)
}
