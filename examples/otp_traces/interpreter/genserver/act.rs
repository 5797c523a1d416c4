//! What a client does for each step: one call of regrow's API, and its answer as a term.

use std::sync::Arc;

use regrow::process::{self, Pid};
use regrow::reference::{Name, ServerRef};
use regrow::server::{self, Start, StartError};
use regrow::time::millis;
use serde_json::{Value, json};

use super::super::clients::{Task, failed};
use super::super::reason::{decode, encode};
use super::super::value::unexpected;
use super::script::{CallReturn, NextReturn, Script};
use super::server::Server;
use super::stage::Stage;
use super::step::{Op, Role, Target};

/// The step names a server that has never been.
struct Unknown;

/// A step as the client takes it.
pub(super) fn task(stage: Arc<Stage>, op: Op) -> Task {
    Box::pin(async move {
        let result = attempt(&stage, op).await;
        result.unwrap_or_else(|Unknown| json!("unknown"))
    })
}

async fn attempt(stage: &Arc<Stage>, op: Op) -> Result<Value, Unknown> {
    Ok(match op {
        Op::Start(role) => start(stage, role).await,
        Op::Call {
            target,
            script,
            timeout,
        } => call(stage.find(target)?, script, timeout).await,
        Op::Cast { target, script } => {
            match stage.find(target)? {
                Found::Server(server) => server::cast(server, script),
                Found::Name(name) => server::cast(name, script),
            }
            json!("ok")
        }
        Op::Info { target, script } => info(stage.find(target)?, script),
        Op::Stop { target, reason } => {
            let stopping = match stage.find(target)? {
                Found::Server(server) => server::stop(server, decode(&reason)),
                Found::Name(name) => server::stop(name, decode(&reason)),
            };
            stopping.await.map_or_else(failed, |()| json!("ok"))
        }
        Op::Exit { target, reason } => {
            let server = stage.server(&target).ok_or(Unknown)?;
            process::exit(server, decode(&reason));
            json!(true)
        }
        Op::Whereis { name } => match process::whereis(&name) {
            Some(pid) => stage.term_of(pid),
            None => json!("nil"),
        },
        Op::Die { reason } => process::exit_self(decode(&reason)),
    })
}

async fn start(stage: &Arc<Stage>, role: Role) -> Value {
    let (link, registered) = (role.link, role.registered.clone());
    let mut start = Start::<Server>::new((Arc::clone(stage), role));
    if link {
        start = start.link();
    }
    if let Some(name) = registered {
        start = start.name(name);
    }
    match start.await {
        Ok(server) => json!(["ok", stage.term_of(server.pid())]),
        Err(StartError::Ignored) => json!("ignore"),
        Err(StartError::AlreadyStarted(pid)) => {
            json!(["error", ["already_started", stage.term_of(pid)]])
        }
        Err(StartError::Failed(reason)) => json!(["error", encode(&reason)]),
        Err(other) => unexpected(&other),
    }
}

async fn call(target: Found, script: Script<CallReturn>, timeout: Option<u64>) -> Value {
    let call = match target {
        Found::Server(server) => server::call(server, script),
        Found::Name(name) => server::call(name, script),
    };
    let call = match timeout {
        Some(limit) => call.timeout(millis(limit)),
        None => call.no_timeout(),
    };
    call.await.unwrap_or_else(failed)
}

fn info(target: Found, script: Script<NextReturn>) -> Value {
    match target {
        Found::Server(server) => process::send(server, script),
        // A message to a name that nobody has is dropped; whether anybody has it is a question of
        // its own.
        Found::Name(name) if process::whereis(Name::text(name)).is_none() => {
            return json!("badarg");
        }
        Found::Name(name) => process::send(name, script),
    }
    json!("ok")
}

/// What a target leads to.
#[derive(Clone, Copy)]
enum Found {
    Server(ServerRef<Server>),
    Name(Name<Server>),
}

impl Stage {
    fn find(&self, target: Target) -> Result<Found, Unknown> {
        Ok(match target {
            Target::Server(name) => Found::Server(self.server(&name).ok_or(Unknown)?),
            Target::Registered { name } => Found::Name(Name::from_string(name)),
        })
    }

    fn term_of(&self, pid: Pid) -> Value {
        json!({ "pid": self.world().name_of(pid) })
    }
}
