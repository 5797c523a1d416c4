//! What the processes of a scenario share: who there is, how often each has begun, and what was
//! written down.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex};

use regrow::process::{self, Pid};
use regrow::reference::ServerRef;
use regrow::{ExitReason, process::has_ended};
use serde_json::{Value, json};

use super::super::world::{DRIVER, World, lock};
use super::collector::Collector;
use super::scenario::{Actor, Outcome};

/// The cast and the record of what it did.
#[derive(Debug)]
pub(super) struct Stage {
    world: Arc<World>,
    events: Mutex<Vec<Value>>,
    /// The processes of each label, in the order in which their inits were entered.
    entered: Mutex<HashMap<String, Vec<Pid>>>,
    collector: ServerRef<Collector>,
}

/// Somebody whose init has begun.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) name: String,
    /// What its supervisor is called, or who else has started it.
    pub(super) parent: String,
    pub(super) outcome: Outcome,
}

/// The step names somebody who never was.
#[derive(Debug)]
pub(super) struct Unknown;

impl Stage {
    /// An empty stage, driven by the calling process.
    pub(super) async fn new() -> Stage {
        let collector = Collector::start().await;
        Stage {
            world: Arc::new(World::new().await),
            events: Mutex::default(),
            entered: Mutex::default(),
            collector: collector.expect("nothing in the collector's start can fail"),
        }
    }

    /// The processes as the watcher sees them.
    pub(super) fn world(&self) -> &Arc<World> {
        &self.world
    }

    pub(super) fn collector(&self) -> ServerRef<Collector> {
        self.collector
    }

    /// Brings somebody on, at the beginning of the init, which the calling process runs for `parent`;
    /// when this returns it is watched, and what is to come of its init is written down.
    pub(super) async fn enter(&self, actor: &Actor, parent: Pid, args: &[Value]) -> Entered {
        let process = process::self_pid();
        let number = {
            let mut entered = lock(&self.entered);
            let starts = entered.entry(actor.label.clone()).or_default();
            starts.push(process);
            starts.len()
        };
        let name = format!("{}#{number}", actor.label);
        self.world.enter(&name, process).await;
        let outcome = actor.outcomes.get(number - 1);
        let entered = Entered {
            name,
            parent: self.world.name_of(parent),
            outcome: outcome.cloned().unwrap_or(Outcome::Ok),
        };
        let mut event = vec![
            json!(entered.parent),
            json!("init"),
            json!(entered.name),
            entered.outcome.term(),
        ];
        if !args.is_empty() {
            event.push(json!(args));
        }
        self.log(Value::Array(event));
        entered
    }

    /// The process that a step means: by its name, or the newest living one of a label, or if none
    /// lives the newest.
    pub(super) fn find(&self, target: &str) -> Result<Pid, Unknown> {
        if target == DRIVER {
            return self.world.pid(DRIVER).ok_or(Unknown);
        }
        let entered = lock(&self.entered);
        if let Some((label, number)) = target.split_once('#') {
            let number: usize = number.parse().map_err(|_| Unknown)?;
            let starts = entered.get(label).ok_or(Unknown)?;
            return starts.get(number - 1).copied().ok_or(Unknown);
        }
        let starts = entered.get(target).ok_or(Unknown)?;
        let living = starts.iter().rev().find(|pid| !has_ended(**pid));
        living.or(starts.last()).copied().ok_or(Unknown)
    }

    /// Writes down that a callback runs.
    pub(super) fn log(&self, event: Value) {
        lock(&self.events).push(event);
    }

    /// The callbacks that have run since the last call, as they came.
    pub(super) fn take_events(&self) -> Vec<Value> {
        mem::take(&mut *lock(&self.events))
    }

    /// What a process is called, as a term.
    pub(super) fn term_of(&self, pid: Pid) -> Value {
        json!({ "pid": self.world.name_of(pid) })
    }

    /// Ends everything but the driver.
    pub(super) async fn end(&self) {
        process::exit(self.collector, ExitReason::kill());
        self.world.end().await;
    }
}
