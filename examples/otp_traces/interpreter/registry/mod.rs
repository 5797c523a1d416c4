//! Suite `registry`: processes that register, look up, dispatch and update, and servers that are
//! started under keys and called by them.
//!
//! The driver hands each step to the process that is to take it and waits until all is quiet; the
//! process answers into a cell, and a cell left empty means that it was dead, or died of the step.
//! Then the mailboxes are emptied: those of the living processes, and that of the listener.
//!
//! ```text
//!   step.rs       the steps, typed
//!   act.rs        what a process does for each: one call of regrow's API, and its answer as a term
//!   player.rs     the processes: one that takes steps, and the listener
//!   server.rs     the server that is started under a key
//!   scene.rs      what all of them share: the registry, who there is, what the servers wrote down
//! ```

mod act;
mod player;
mod scene;
mod server;
mod step;

use std::cmp::Ordering;
use std::sync::Arc;

use regrow::process::{settle, trap_exit};
use serde_json::{Map, Value, json};

use player::Players;
use scene::Scene;
use step::{Scenario, Step};

/// Reads a scenario; the future takes its steps, as the driver, and gives an entry for each.
pub(super) fn script(
    scenario: &Value,
) -> Result<impl Future<Output = Vec<Value>> + Send + use<>, String> {
    Ok(run(step::parse(scenario)?))
}

async fn run(scenario: Scenario) -> Vec<Value> {
    trap_exit(true);
    let scene = Arc::new(Scene::new().await);
    let players = Players::new(&scene, &scenario).await;
    scene.open(&scenario, players.listener()).await;
    let mut trace = Vec::with_capacity(scenario.steps.len());
    for step in scenario.steps {
        trace.push(entry(&scene, &players, step).await);
    }
    scene.close().await;
    trace
}

/// Takes one step and returns what it showed.
async fn entry(scene: &Arc<Scene>, players: &Players, step: Step) -> Value {
    let by = step.by;
    let answer = players.take(&by, step.op);
    settle().await;
    let (events, died) = (scene.events().take(), scene.world().take_deaths());
    let result = match answer.get() {
        Some(result) if died.iter().all(|(name, _)| *name != by) => result.clone(),
        _ => json!("dead"),
    };
    let messages = players.messages().await;
    let mut entry = Map::new();
    entry.insert("res".to_owned(), result);
    if !events.is_empty() {
        entry.insert("ev".to_owned(), json!(events));
    }
    if !died.is_empty() {
        entry.insert("died".to_owned(), json!(died));
    }
    if !messages.is_empty() {
        entry.insert("msgs".to_owned(), Value::Object(messages));
    }
    Value::Object(entry)
}

/// The list in the order in which this suite's traces have it.
fn sorted(mut list: Vec<Value>) -> Value {
    list.sort_by(order);
    Value::Array(list)
}

/// The order of JSON values: strings by code point, arrays element by element and before strings.
fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            let differing = left
                .iter()
                .zip(right)
                .map(|(left, right)| order(left, right));
            let first = differing.into_iter().find(|order| order.is_ne());
            first.unwrap_or_else(|| left.len().cmp(&right.len()))
        }
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => left.as_i64().cmp(&right.as_i64()),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::Null | Value::Bool(_) => 1,
        Value::Object(_) => 2,
        Value::Array(_) => 3,
        Value::String(_) => 4,
    }
}
