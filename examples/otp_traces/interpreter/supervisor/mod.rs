//! Suites `supervisor`, `dynamic` and `partition`: a tree, and a driver that changes it, breaks it and
//! looks at it.
//!
//! Everything in a tree has a label, and each start of it a number: `w1#2` is the second time that
//! the init of `w1` was entered. What an init does is decided by the list of its outcomes, so that
//! one kind of worker and one kind of init function play all of them.
//!
//! ```text
//!   scenario.rs   the tree and the steps, typed
//!   stage.rs      who there is, how often each has begun, what was written down
//!   build.rs      specifications of regrow's for those of the scenario
//!   worker.rs     the worker: its callbacks, written down
//!   collector.rs  asks supervisors on behalf of those who are about to fail
//!   act.rs        what the driver does for each step, and its answer as a term
//!   partition.rs  the suite `partition`: its root, its steps, and its tree
//!   show.rs       children, errors and the whole tree as terms; the order of events
//! ```

mod act;
mod build;
mod collector;
mod partition;
mod scenario;
mod show;
mod stage;
mod worker;

use std::sync::Arc;

use regrow::process::{self, Pid};
use serde_json::{Map, Value, json};

use scenario::Scenario;
use stage::Stage;

/// Reads a scenario; the future takes its steps, as the driver, and gives an entry for each.
pub(super) fn script(
    scenario: &Value,
) -> Result<impl Future<Output = Vec<Value>> + Send + use<>, String> {
    Ok(run(scenario::parse(scenario)?))
}

/// As [`script`], of the suite `partition`.
pub(super) fn partitions(
    scenario: &Value,
) -> Result<impl Future<Output = Vec<Value>> + Send + use<>, String> {
    Ok(run_partitions(partition::parse(scenario)?))
}

async fn run(scenario: Scenario) -> Vec<Value> {
    process::trap_exit(true);
    let stage = Arc::new(Stage::new().await);
    let (root, result) = act::start(&stage, scenario.root).await;
    let mut trace = Trace::default();
    trace.note(&stage, result, tree(&stage, root).await).await;
    for step in scenario.steps {
        if trace.is_over() {
            break;
        }
        let result = act::take(&stage, step).await;
        trace.note(&stage, result, tree(&stage, root).await).await;
    }
    stage.end().await;
    trace.entries
}

/// The tree, when all is quiet: every supervisor has answered, and a second look shows the same. One
/// that waits for the end of a child answers when that is over.
async fn tree(stage: &Stage, root: Option<Pid>) -> Option<Value> {
    let mut before = None;
    loop {
        process::settle().await;
        let root = root.filter(|root| !process::has_ended(*root))?;
        let now = Some(show::tree(stage, root).await);
        if now == before {
            return now;
        }
        before = now;
    }
}

async fn run_partitions(scenario: partition::Scenario) -> Vec<Value> {
    process::trap_exit(true);
    let stage = Arc::new(Stage::new().await);
    let (root, result, steps) = partition::start(&stage, scenario).await;
    let mut trace = Trace::default();
    trace.note(&stage, result, root.tree(&stage).await).await;
    for step in steps {
        if trace.is_over() {
            break;
        }
        let result = root.take(&stage, step).await;
        trace.note(&stage, result, root.tree(&stage).await).await;
    }
    stage.end().await;
    trace.entries
}

/// The entries so far.
#[derive(Default)]
struct Trace {
    entries: Vec<Value>,
    /// The tree of the last one.
    tree: Value,
}

impl Trace {
    /// Whether the root is dead.
    fn is_over(&self) -> bool {
        self.tree == "down"
    }

    /// Adds what a step has come to, and what could be seen when all was quiet. The tree is shown
    /// when it has changed; there is none of a root that is dead.
    async fn note(&mut self, stage: &Stage, result: Value, tree: Option<Value>) {
        let probes = stage.collector().collect().await.unwrap_or_default();
        let (mut events, mut died) = (stage.take_events(), stage.world().take_deaths());
        show::in_order(&mut events, &mut died);
        let mut entry = Map::new();
        entry.insert("res".to_owned(), result);
        entry.insert("ev".to_owned(), json!(events));
        entry.insert("died".to_owned(), json!(died));
        if !probes.is_empty() {
            let probes = probes
                .iter()
                .flat_map(|answers| show::answers(stage, answers));
            entry.insert("probe".to_owned(), probes.collect());
        }
        let tree = tree.unwrap_or_else(|| json!("down"));
        if tree != self.tree {
            entry.insert("tree".to_owned(), tree.clone());
            self.tree = tree;
        }
        self.entries.push(Value::Object(entry));
    }
}
