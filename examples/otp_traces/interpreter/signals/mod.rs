//! Suite `signals`: plain processes that send, link, monitor, alias, register and kill.
//!
//! The driver hands each step to the process that is to carry it out and waits until all is quiet.
//! The process answers by writing into a cell that the driver reads afterwards: a cell left empty
//! means that the process was dead, or died of the step. Then the mailboxes are emptied, as a
//! further command to each process that does not hold its messages.
//!
//! ```text
//!   step.rs       the steps, typed
//!   player.rs     a scripted process: waits for commands, everything else stays in its mailbox
//!   act.rs        what it does for each step: one call of regrow's API, and its answer as a term
//!   scene.rs      what all of them share: who there is, and which references have been made
//! ```

mod act;
mod player;
mod scene;
mod step;

use std::sync::Arc;

use regrow::process::{settle, trap_exit};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::world::DRIVER;
use scene::Scene;
use step::{Op, Step};

/// Reads a scenario; the future takes its steps, as the driver, and gives an entry for each.
pub(super) fn script(
    scenario: &Value,
) -> Result<impl Future<Output = Vec<Value>> + Send + use<>, String> {
    Ok(run(step::parse(scenario)?))
}

async fn run(steps: Vec<Step>) -> Vec<Value> {
    // A scenario may kill what the driver is linked to; the driver must see all of them.
    trap_exit(true);
    let scene = Arc::new(Scene::new().await);
    let mut trace = Vec::with_capacity(steps.len());
    for step in steps {
        trace.push(entry(&scene, step).await);
    }
    scene.world().end().await;
    trace
}

/// Takes one step and returns what it showed.
async fn entry(scene: &Arc<Scene>, step: Step) -> Value {
    let by = step.by.clone();
    let answer = begin(scene, step);
    settle().await;
    let died = scene.world().take_deaths();
    scene.bury(&died);
    let result = match answer.get() {
        Some(result) if died.iter().all(|(name, _)| *name != by) => result.clone(),
        _ => json!("dead"),
    };
    let messages = messages(scene).await;
    json!({ "died": died, "msgs": messages, "res": result })
}

/// Has the step carried out; the cell has the result when all is quiet, unless its process died.
fn begin(scene: &Arc<Scene>, step: Step) -> Answer {
    match (step.by.as_str(), step.op) {
        (DRIVER, Op::Spawn(role)) => Answer::from(act::spawn(scene, role)),
        (by, op) => match scene.player(by) {
            Some(player) => player::command(player, op),
            None => Answer::from(json!("unknown")),
        },
    }
}

/// Empties the mailboxes of the living, but for those that hold their messages.
async fn messages(scene: &Scene) -> Map<String, Value> {
    let answers: Vec<(String, Answer)> = scene
        .collected()
        .into_iter()
        .map(|(name, player)| (name, player::command(player, Op::Drain)))
        .collect();
    settle().await;
    answers
        .into_iter()
        .filter_map(|(name, answer)| Some((name, answer.get()?.clone())))
        .filter(|(_, messages)| *messages != json!([]))
        .collect()
}
