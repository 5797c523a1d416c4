//! What a scripted process does for each step: one call of regrow's API, and its answer as a term.

use std::sync::Arc;

use regrow::process::{
    self, AliasMode, LinkError, MonitorAlias, Pid, Received, SendError, SpawnOptions,
};
use serde_json::{Value, json};

use super::super::letter;
use super::super::reason::decode;
use super::super::value::unexpected;
use super::player::{self, Item, Player};
use super::scene::{Reference, Scene};
use super::step::{self, AliasOption, DemonitorOption, Mode, Op, Recipient, Role, Target, Wanted};

/// The step names a process or a reference that does not exist yet.
struct Unknown;

/// Spawns a process that plays the role, tied to the calling process as the role's mode says.
pub(super) fn spawn(scene: &Arc<Scene>, role: Role) -> Value {
    let options = match role.mode {
        Mode::Plain => SpawnOptions::new(),
        Mode::Link => SpawnOptions::new().link(),
        Mode::Monitor => SpawnOptions::new().monitor(),
        Mode::LinkMonitor => SpawnOptions::new().link().monitor(),
    };
    let (name, reference) = (role.name.clone(), role.reference.clone());
    let shared = Arc::clone(scene);
    match process::spawn_with(options, move |inbox| player::live(inbox, shared, role)) {
        Ok(spawned) => {
            if let Some(reference) = reference {
                scene.refer(
                    &reference,
                    Reference {
                        monitor: spawned.monitor,
                        alias: None,
                    },
                );
            }
            json!({ "pid": name })
        }
        Err(error) => unexpected(&error),
    }
}

/// Panics, as a bug in a process would.
pub(super) fn raise(message: &str) -> ! {
    panic!("{message}")
}

impl Player {
    /// Takes a step and returns its result, unless it is this process's last.
    pub(super) fn act(&mut self, op: Op) -> Value {
        self.attempt(op).unwrap_or_else(|Unknown| json!("unknown"))
    }

    fn attempt(&mut self, op: Op) -> Result<Value, Unknown> {
        match op {
            Op::Spawn(role) => Ok(spawn(&self.scene, role)),
            Op::Link { target } => self.link(&target),
            Op::Unlink { target } => {
                process::unlink(self.pid(&target)?);
                Ok(json!(true))
            }
            Op::Monitor {
                target,
                reference,
                alias,
            } => self.monitor(&target, &reference, alias),
            Op::Demonitor { reference, opts } => self.demonitor(&reference, &opts),
            Op::Trap { value } => Ok(json!(self.inbox.trap_exit(value))),
            Op::Exit { target, reason } => {
                process::exit(self.pid(&target)?, decode(&reason));
                Ok(json!(true))
            }
            Op::ExitSelf { reason } => process::exit_self(decode(&reason)),
            Op::Raise { msg } => raise(&msg),
            Op::Send { target, msg } => self.send(&target, msg),
            Op::Register { target, name } => {
                Ok(true_or_badarg(process::register(name, self.pid(&target)?)))
            }
            Op::Unregister { name } => Ok(true_or_badarg(process::unregister(&name))),
            Op::Whereis { name } => Ok(self.whereis(&name)),
            Op::Alias { reference, opts } => Ok(self.alias(&reference, &opts)),
            Op::Unalias { reference } => self.unalias(&reference),
            Op::Recv { wanted } => self.receive(&wanted),
            Op::Drain => Ok(self.drain()),
        }
    }

    fn pid(&self, name: &str) -> Result<Pid, Unknown> {
        self.scene.world().pid(name).ok_or(Unknown)
    }

    fn reference(&self, name: &str) -> Result<Reference, Unknown> {
        self.scene.reference(name).ok_or(Unknown)
    }

    fn link(&self, target: &str) -> Result<Value, Unknown> {
        Ok(match process::link(self.pid(target)?) {
            Ok(()) => json!(true),
            Err(LinkError::NoProcess(_)) => json!({ "error": "noproc" }),
            Err(other) => unexpected(&other),
        })
    }

    fn monitor(
        &mut self,
        target: &Target,
        name: &str,
        alias: Option<step::MonitorAlias>,
    ) -> Result<Value, Unknown> {
        let alias = alias.map(|alias| match alias {
            step::MonitorAlias::ExplicitUnalias => MonitorAlias::ExplicitUnalias,
            step::MonitorAlias::Demonitor => MonitorAlias::Demonitor,
            step::MonitorAlias::ReplyDemonitor => MonitorAlias::ReplyDemonitor,
        });
        let (monitor, alias) = match (target, alias) {
            (Target::Process(target), None) => (process::monitor(self.pid(target)?), None),
            (Target::Registered { name }, None) => (process::monitor(name.as_str()), None),
            (Target::Process(target), Some(mode)) => {
                let target = self.pid(target)?;
                aliased(self.inbox.monitor_alias(target, mode))
            }
            (Target::Registered { name }, Some(mode)) => {
                aliased(self.inbox.monitor_alias(name.as_str(), mode))
            }
        };
        self.scene.refer(
            name,
            Reference {
                monitor: Some(monitor),
                alias,
            },
        );
        Ok(json!("ok"))
    }

    fn demonitor(&self, name: &str, options: &[DemonitorOption]) -> Result<Value, Unknown> {
        let Some(monitor) = self.reference(name)?.monitor else {
            return Ok(unexpected(&format_args!("{name} is no monitor")));
        };
        let was_active = if options.contains(&DemonitorOption::Flush) {
            process::demonitor_flush(monitor)
        } else {
            process::demonitor(monitor)
        };
        // OTP answers the question only if it is asked.
        Ok(json!(
            was_active || !options.contains(&DemonitorOption::Info)
        ))
    }

    fn send(&self, target: &Recipient, value: Value) -> Result<Value, Unknown> {
        let message = Item::Message {
            from: self.name.clone(),
            value,
        };
        match target {
            Recipient::Process(name) => {
                process::send(self.scene.player(name).ok_or(Unknown)?, message);
            }
            Recipient::Alias { alias: name } => match self.reference(name)?.alias {
                Some(alias) => process::send(alias, message),
                None => return Ok(unexpected(&format_args!("{name} is no alias"))),
            },
            Recipient::Registered { name } => match process::send_named(name, message) {
                Ok(()) => {}
                Err(SendError::NoSuchName(_)) => return Ok(json!("badarg")),
                Err(other) => return Ok(unexpected(&other)),
            },
        }
        Ok(json!("ok"))
    }

    fn whereis(&self, name: &str) -> Value {
        match process::whereis(name) {
            Some(pid) => json!({ "pid": self.scene.name_of(pid) }),
            None => json!("nil"),
        }
    }

    fn alias(&mut self, name: &str, options: &[AliasOption]) -> Value {
        let mode = if options.contains(&AliasOption::Reply) {
            AliasMode::Reply
        } else {
            AliasMode::Explicit
        };
        let alias = self.inbox.alias(mode);
        self.scene.refer(
            name,
            Reference {
                monitor: None,
                alias: Some(alias),
            },
        );
        json!("ok")
    }

    fn unalias(&self, name: &str) -> Result<Value, Unknown> {
        Ok(match self.reference(name)?.alias {
            Some(alias) => json!(process::unalias(alias)),
            None => unexpected(&format_args!("{name} is no alias")),
        })
    }

    /// Takes the first message that is wanted out of the mailbox, without waiting.
    fn receive(&mut self, wanted: &Wanted) -> Result<Value, Unknown> {
        let received = match wanted {
            Wanted::MsgFrom(sender) => self.inbox.try_select_any(|item| match item {
                Received::Message(Item::Message { from, .. }) => from == sender,
                _ => false,
            }),
            Wanted::Msg(wanted) => self.inbox.try_select_any(|item| match item {
                Received::Message(Item::Message { value, .. }) => value == wanted,
                _ => false,
            }),
            Wanted::ExitFrom(name) => {
                let pid = self.pid(name)?;
                self.inbox.try_select_any(|item| match item {
                    Received::Exit(exit) => exit.from == pid,
                    _ => false,
                })
            }
            Wanted::Down(name) => {
                let monitor = self.reference(name)?.monitor;
                self.inbox.try_select_any(|item| match item {
                    Received::Down(down) => Some(down.monitor) == monitor,
                    _ => false,
                })
            }
        };
        Ok(match (received, wanted) {
            (None, _) => json!("none"),
            (Some(_), Wanted::Msg(value)) => json!(["msg_any", value]),
            (Some(received), _) => player::read(received, &self.scene).into_term(),
        })
    }

    fn drain(&mut self) -> Value {
        let mut letters = Vec::new();
        while let Some(received) = self.inbox.try_receive() {
            letters.push(player::read(received, &self.scene));
        }
        Value::Array(letter::in_order(letters))
    }
}

/// The two halves of a monitor that is an alias too.
fn aliased<M, A>((monitor, alias): (M, A)) -> (M, Option<A>) {
    (monitor, Some(alias))
}

/// What a function shows that in OTP returns true or raises an argument error.
fn true_or_badarg<E>(outcome: Result<(), E>) -> Value {
    outcome.map_or_else(|_| json!("badarg"), |()| json!(true))
}
