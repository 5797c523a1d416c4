//! Suite `statem`: one state machine, and clients that send it events.
//!
//! The machine's rules come with the scenario: what is to be done in which state with which event.
//! The driver has a client take each step, as in the suite `genserver`; entry 0 is the start.
//!
//! ```text
//!   step.rs       the steps, typed
//!   script.rs     the machine's rules, typed
//!   machine.rs    the machine: its callbacks, carried out
//!   act.rs        what a client does for each step: one call of regrow's API
//! ```

mod act;
mod machine;
mod script;
mod step;

use std::sync::{Arc, OnceLock};

use regrow::process::settle;
use regrow::time::{millis, sleep};
use serde_json::{Map, Value, json};

use super::clients::{Clients, Task, Until};
use super::events::Events;
use super::world::World;
use machine::MachineRef;
use step::Scenario;

/// What the machine is called.
const MACHINE: &str = "m1";
/// What the clients are called; the first one starts the machine.
const CLIENTS: [&str; 6] = ["c1", "c2", "c3", "c4", "c5", "c6"];

/// What the processes of a scenario share.
#[derive(Debug)]
struct Stage {
    world: Arc<World>,
    events: Events,
    /// The machine, dead or alive.
    machine: OnceLock<MachineRef>,
}

/// Reads a scenario; the future takes its steps, as the driver, and gives an entry for each.
pub(super) fn script(
    scenario: &Value,
) -> Result<impl Future<Output = Vec<Value>> + Send + use<>, String> {
    Ok(run(step::parse(scenario)?))
}

async fn run(scenario: Scenario) -> Vec<Value> {
    let stage = Arc::new(Stage {
        world: Arc::new(World::new().await),
        events: Events::default(),
        machine: OnceLock::new(),
    });
    let mut clients = Clients::new(&stage.world, &CLIENTS.map(str::to_owned)).await;
    let mut trace = Vec::with_capacity(scenario.steps.len() + 1);
    let start = act::start(Arc::clone(&stage), scenario.machine);
    trace.push(entry(&stage, &mut clients, CLIENTS[0], start, scenario.start_wait).await);
    for step in scenario.steps {
        let task = act::task(Arc::clone(&stage), step.op);
        trace.push(entry(&stage, &mut clients, &step.client, task, step.wait).await);
    }
    stage.world.end().await;
    trace
}

/// Has a client take a step and returns what it showed.
async fn entry(
    stage: &Stage,
    clients: &mut Clients,
    client: &str,
    task: Task,
    wait: Option<u64>,
) -> Value {
    let taken = clients.take(client, task, Until::Quiet).await;
    if let Some(wait) = wait {
        sleep(millis(wait)).await;
        settle().await;
    }
    let mut late = clients.results().await;
    let result = match taken {
        Ok(()) => late.remove(client).unwrap_or_else(|| json!("pending")),
        Err(refused) => refused,
    };
    let mut entry = Map::new();
    entry.insert("res".to_owned(), result);
    entry.insert("ev".to_owned(), json!(stage.events.take()));
    entry.insert("died".to_owned(), json!(stage.world.take_deaths()));
    if !late.is_empty() {
        entry.insert("late".to_owned(), Value::Object(late));
    }
    Value::Object(entry)
}

#[cfg(test)]
mod tests;
