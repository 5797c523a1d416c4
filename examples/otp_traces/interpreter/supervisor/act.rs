//! What the driver does for each step: one call of regrow's API, and its answer as a term.

use std::fmt::Display;
use std::sync::Arc;

use regrow::call::CallError;
use regrow::prelude::{DynamicSupervisor, StartChildError, Supervisor};
use regrow::process::{self, Pid, has_ended, self_pid};
use regrow::reference::ServerRef;
use regrow::server::{self, StartError};
use regrow::supervisor::{DeleteChildError, NoSuchChild, RestartChildError, StartedChild};
use serde_json::{Value, json};

use super::super::clients::failed;
use super::super::reason::{decode, encode, encode_spec};
use super::super::value::unexpected;
use super::scenario::{How, Op, Root};
use super::stage::{Stage, Unknown};
use super::worker::{Crash, Worker};
use super::{build, show};

/// Starts the root, linked to the driver.
pub(super) async fn start(stage: &Arc<Stage>, root: Root) -> (Option<Pid>, Value) {
    let driver = self_pid();
    let started = match root {
        Root::Sup(sup) => {
            let root = build::supervisor(stage, &sup, driver, &[]).start_link();
            root.await.map(|root| root.pid())
        }
        Root::Dyn(sup) => {
            let root = build::dynamic(stage, &sup, driver, &[]).start_link();
            root.await.map(|root| root.pid())
        }
    };
    match started {
        Ok(root) => (Some(root), json!(["ok", stage.term_of(root)])),
        Err(StartError::Ignored) => (None, json!("ignore")),
        Err(StartError::Failed(reason)) => (None, json!(["error", encode(&reason)])),
        Err(other) => (None, unexpected(&other)),
    }
}

/// Takes a step.
pub(super) async fn take(stage: &Arc<Stage>, op: Op) -> Value {
    let taken = attempt(stage, op).await;
    taken.unwrap_or_else(|Unknown| json!("unknown_target"))
}

async fn attempt(stage: &Arc<Stage>, op: Op) -> Result<Value, Unknown> {
    Ok(match op {
        Op::StartChild { sup, child } => match target(stage, &sup)? {
            Target::Static(sup) => {
                let started = sup.start_child(build::child(stage, &child)).await;
                started_child(
                    stage,
                    started,
                    json!(["ok", "undefined"]),
                    |reason| json!([reason, { "child": child.id }]),
                )
            }
            Target::Dynamic(sup) => {
                let started = sup.start_child(build::dynamic_child(stage, &child)).await;
                started_by_dynamic(stage, started)
            }
        },
        Op::TerminateChild { sup, id } => done(
            fixed(stage, &sup)?.terminate_child(id).await,
            |NoSuchChild| json!("not_found"),
        ),
        Op::RestartChild { sup, id } => {
            let restarted = fixed(stage, &sup)?.restart_child(id).await;
            match restarted.map(StartedChild::running) {
                Ok(Some(pid)) => json!(["ok", stage.term_of(pid)]),
                Ok(None) => json!(["ok", "undefined"]),
                Err(error) => done(Err(error), not_restarted),
            }
        }
        Op::DeleteChild { sup, id } => {
            done(fixed(stage, &sup)?.delete_child(id).await, not_deleted)
        }
        Op::DynTerminate { sup, target } => {
            let (sup, child) = (stage.find(&sup)?, stage.find(&target)?);
            let sup = ServerRef::<DynamicSupervisor>::of(sup);
            done(sup.terminate_child(child).await, |NoSuchChild| {
                json!("not_found")
            })
        }
        Op::WhichChildren { sup } => {
            let children = match target(stage, &sup)? {
                Target::Static(sup) => sup.which_children().await,
                Target::Dynamic(sup) => sup.which_children().await,
            };
            children.map_or_else(failed, |children| json!(show::rows(stage, &children)))
        }
        Op::CountChildren { sup } => {
            let counts = match target(stage, &sup)? {
                Target::Static(sup) => sup.count_children().await,
                Target::Dynamic(sup) => sup.count_children().await,
            };
            counts.map_or_else(failed, show::counts)
        }
        Op::Crash { target, how } => crash(stage.find(&target)?, how),
        Op::Exit { target, reason } => exit(stage.find(&target)?, &reason),
        Op::Stop { sup, reason } => {
            let stopping = server::stop(stage.find(&sup)?, decode(&reason));
            stopping.await.map_or_else(failed, |()| json!("ok"))
        }
    })
}

/// Tells a worker to end.
pub(super) fn crash(target: Pid, how: How) -> Value {
    if has_ended(target) {
        return json!("noproc");
    }
    server::cast(ServerRef::<Worker>::of(target), Crash(how));
    json!("ok")
}

/// Sends an exit signal.
pub(super) fn exit(target: Pid, reason: &Value) -> Value {
    if has_ended(target) {
        return json!("noproc");
    }
    process::exit(target, decode(reason));
    json!("ok")
}

/// What came of a child that a dynamic supervisor was asked to start.
pub(super) fn started_by_dynamic(
    stage: &Stage,
    started: Result<StartedChild<Pid>, StartChildError>,
) -> Value {
    started_child(stage, started, json!("ignore"), |reason| reason)
}

/// A supervisor of either kind.
enum Target {
    Static(ServerRef<Supervisor>),
    Dynamic(ServerRef<DynamicSupervisor>),
}

/// The supervisor that a step means. Its label says of which kind it is, whether it lives or not.
fn target(stage: &Stage, sup: &str) -> Result<Target, Unknown> {
    let pid = stage.find(sup)?;
    Ok(if sup.starts_with('d') {
        Target::Dynamic(ServerRef::of(pid))
    } else {
        Target::Static(ServerRef::of(pid))
    })
}

/// The supervisor that a step means which only one of this kind can take.
fn fixed(stage: &Stage, sup: &str) -> Result<ServerRef<Supervisor>, Unknown> {
    stage.find(sup).map(ServerRef::of)
}

/// What came of a child, and how its failure is told.
fn started_child(
    stage: &Stage,
    started: Result<StartedChild<Pid>, StartChildError>,
    ignored: Value,
    failure: impl FnOnce(Value) -> Value,
) -> Value {
    let error = match started.map(StartedChild::running) {
        Ok(Some(pid)) => return json!(["ok", stage.term_of(pid)]),
        Ok(None) => return ignored,
        Err(error) => error,
    };
    let reason = match error {
        StartChildError::AlreadyStarted(pid) => json!(["already_started", stage.term_of(pid)]),
        StartChildError::AlreadyPresent => json!("already_present"),
        StartChildError::MaxChildren => json!("max_children"),
        StartChildError::Spec(error) => encode_spec(&error),
        StartChildError::Failed(reason) => failure(encode(&reason)),
        StartChildError::NoProcess => return failed(CallError::NoProcess),
        StartChildError::Call(error) => return failed(error),
        other => unexpected(&other),
    };
    json!(["error", reason])
}

/// What came of a call that gives nothing back.
fn done<E: Display>(outcome: Result<(), CallError<E>>, error: impl FnOnce(E) -> Value) -> Value {
    match outcome {
        Ok(()) => json!("ok"),
        Err(CallError::Reply(refused)) => json!(["error", error(refused)]),
        Err(CallError::NoProcess) => failed(CallError::NoProcess),
        Err(CallError::Exited(reason)) => failed(CallError::Exited(reason)),
        Err(other) => unexpected(&other),
    }
}

fn not_restarted(error: RestartChildError) -> Value {
    match error {
        RestartChildError::NotFound => json!("not_found"),
        RestartChildError::Running => json!("running"),
        RestartChildError::Restarting => json!("restarting"),
        RestartChildError::Failed(reason) => encode(&reason),
        other => unexpected(&other),
    }
}

fn not_deleted(error: DeleteChildError) -> Value {
    match error {
        DeleteChildError::NotFound => json!("not_found"),
        DeleteChildError::Running => json!("running"),
        DeleteChildError::Restarting => json!("restarting"),
        other => unexpected(&other),
    }
}
