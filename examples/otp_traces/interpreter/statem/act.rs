//! What a client does for each step: one call of regrow's API, and its answer as a term.

use std::sync::Arc;

use regrow::exit::ExitReason;
use regrow::process;
use regrow::reference::ServerRef;
use regrow::server::{self, Start, StartError};
use regrow::statem::{GenStatem, Machine};
use serde_json::{Value, json};

use super::super::clients::{Task, failed};
use super::super::reason::{decode, encode};
use super::super::value::unexpected;
use super::machine::{MachineRef, Player};
use super::script::Script;
use super::step::Op;
use super::{MACHINE, Stage};

/// The start of the machine.
pub(super) fn start(stage: Arc<Stage>, script: Script) -> Task {
    Box::pin(async move {
        let args = (Arc::clone(&stage), script);
        let machine = if args.1.state_enter {
            begin::<Player<true>>(args).await.map(MachineRef::Enters)
        } else {
            begin::<Player<false>>(args).await.map(MachineRef::Plain)
        };
        match machine {
            Ok(machine) => {
                let before = stage.machine.set(machine);
                before.expect("a scenario has one machine");
                json!(["ok", { "pid": MACHINE }])
            }
            Err(StartError::Ignored) => json!("ignore"),
            Err(StartError::Failed(reason)) => json!(["error", encode(&reason)]),
            Err(other) => unexpected(&other),
        }
    })
}

async fn begin<M: GenStatem>(args: M::Args) -> Result<ServerRef<Machine<M>>, StartError> {
    Start::<Machine<M>>::new(args).await
}

/// A step as the client takes it.
pub(super) fn task(stage: Arc<Stage>, op: Op) -> Task {
    Box::pin(async move {
        match stage.machine.get() {
            Some(MachineRef::Enters(machine)) => act(*machine, op).await,
            Some(MachineRef::Plain(machine)) => act(*machine, op).await,
            None => json!("unknown"),
        }
    })
}

async fn act<const ENTER: bool>(machine: ServerRef<Machine<Player<ENTER>>>, op: Op) -> Value {
    match op {
        Op::Call { event } => {
            let call = server::call(machine, event).no_timeout();
            call.await.unwrap_or_else(failed)
        }
        Op::Cast { event } => {
            server::cast(machine, event);
            json!("ok")
        }
        Op::Info { event } => {
            process::send(machine, event);
            json!("ok")
        }
        Op::Stop { reason } => {
            let reason: ExitReason = decode(&reason);
            let stopped = server::stop(machine, reason).await;
            stopped.map_or_else(failed, |()| json!("ok"))
        }
    }
}
