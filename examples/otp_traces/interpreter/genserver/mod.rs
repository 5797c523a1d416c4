//! Suite `genserver`: clients that start, call, cast to, stop and kill servers.
//!
//! A server's callbacks do what the script says that comes with each message, so one kind of server
//! plays them all. The driver has a client take each step and writes down, when all is
//! quiet, what came of it: the result, the callbacks that ran, who has died, and which earlier steps
//! are over now.
//!
//! ```text
//!   step.rs       the steps, typed
//!   act.rs        what a client does for each: one call of regrow's API, and its answer as a term
//!   script.rs     what a callback is to do, typed
//!   server.rs     the server: its callbacks, carried out
//!   stage.rs      what all of them share: who there is, and what the servers have written down
//! ```

mod act;
mod script;
mod server;
mod stage;
mod step;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::clients::{Clients, Until};
use stage::Stage;
use step::{Scenario, Step};

/// Reads a scenario; the future takes its steps, as the driver, and gives an entry for each.
pub(super) fn script(
    scenario: &Value,
) -> Result<impl Future<Output = Vec<Value>> + Send + use<>, String> {
    Ok(run(step::parse(scenario)?))
}

async fn run(scenario: Scenario) -> Vec<Value> {
    let stage = Arc::new(Stage::new().await);
    let mut clients = Clients::new(stage.world(), &scenario.clients).await;
    let mut trace = Vec::with_capacity(scenario.steps.len());
    for step in scenario.steps {
        trace.push(entry(&stage, &mut clients, step).await);
    }
    stage.world().end().await;
    trace
}

/// Takes one step and returns what it showed.
async fn entry(stage: &Arc<Stage>, clients: &mut Clients, step: Step) -> Value {
    let Step { client, op } = step;
    let until = if op.has_timeout() {
        Until::Done
    } else {
        Until::Quiet
    };
    let task = act::task(Arc::clone(stage), op);
    let taken = clients.take(&client, task, until).await;
    let (events, died) = (stage.take_events(), stage.world().take_deaths());
    let mut late = clients.results().await;
    let result = match taken {
        Ok(()) => late.remove(&client).unwrap_or_else(|| json!("pending")),
        Err(refused) => refused,
    };
    let messages = clients.messages().await;
    let mut entry = Map::new();
    entry.insert("res".to_owned(), result);
    entry.insert("ev".to_owned(), json!(events));
    entry.insert("died".to_owned(), json!(died));
    for (key, found) in [("late", late), ("msgs", messages)] {
        if !found.is_empty() {
            entry.insert(key.to_owned(), Value::Object(found));
        }
    }
    Value::Object(entry)
}

#[cfg(test)]
mod tests;
