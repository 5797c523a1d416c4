//! Suite `partition`: a partition supervisor over workers or over dynamic supervisors.
//!
//! What is in the partitions is what the other suites have too. The partition supervisor has no init
//! of its own that could say who it is; its name is written down when it asks for the child of a
//! partition, which it does in its own process.

use std::sync::Arc;
use std::time::Duration;

use regrow::call::CallError;
use regrow::prelude::{ChildSpec, DynamicSupervisor, Restart, Strategy};
use regrow::process::{self, Pid, has_ended, self_pid};
use regrow::reference::{Child as Place, Name, ServerRef};
use regrow::server::{self, Start, StartError};
use regrow::supervisor::{ChildInfo, ChildKind, ChildProcess, PartitionSupervisor};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::clients::failed;
use super::super::reason::{decode, encode};
use super::super::steps;
use super::super::value::unexpected;
use super::scenario::{Actor, Child, Dyn, How, Role};
use super::stage::{Stage, Unknown};
use super::worker::{Birth, Crash, WhoAreYou, Worker};
use super::{act, build, show};

/// What the partition supervisor is called.
const NAME: &str = "ps1";

/// A whole scenario.
pub(super) struct Scenario {
    root: Parts,
    pub(super) steps: Vec<Op>,
}

#[derive(Deserialize)]
struct Root {
    ps: Parts,
}

/// The partition supervisor.
#[derive(Deserialize)]
struct Parts {
    name: String,
    partitions: usize,
    #[serde(deserialize_with = "super::scenario::strategy")]
    strategy: Strategy,
    max_restarts: u32,
    /// Whether each partition has a label of its own.
    with_arguments: bool,
    #[serde(default, deserialize_with = "super::scenario::restart")]
    restart: Restart,
    child: Inside,
}

/// What is in each partition.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Inside {
    Dyn(Dyn),
    Start(Role),
}

/// What the driver can be told to do.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    PsWhereis {
        name: String,
        key: i64,
    },
    PsPartitions {
        name: String,
    },
    PsCount {
        name: String,
    },
    PsWhich {
        name: String,
    },
    PsStartChild {
        name: String,
        key: i64,
        child: Child,
    },
    PsCall {
        name: String,
        key: i64,
    },
    PsCrash {
        name: String,
        key: i64,
        how: How,
    },
    PsStop {
        name: String,
        reason: Value,
    },
    PsAgain {
        name: String,
    },
    Crash {
        target: String,
        how: How,
    },
    Exit {
        target: String,
        reason: Value,
    },
}

/// Reads a scenario.
pub(super) fn parse(scenario: &Value) -> Result<Scenario, String> {
    let root = scenario.get("root").ok_or("the scenario has no `root`")?;
    let root = Root::deserialize(root).map_err(|error| format!("`root`: {error}"))?;
    let steps = steps::read(scenario, |step| {
        Op::deserialize(step).map_err(|error| error.to_string())
    })?;
    Ok(Scenario {
        root: root.ps,
        steps,
    })
}

/// The partition supervisor, and what is in its partitions.
pub(super) struct Started {
    pid: Option<Pid>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    OfWorkers,
    OfSupervisors,
}

/// Starts the root, linked to the driver.
pub(super) async fn start(stage: &Arc<Stage>, scenario: Scenario) -> (Started, Value, Vec<Op>) {
    let Scenario { root, steps } = scenario;
    let (started, kind) = match &root.child {
        Inside::Dyn(_) => (supervisors(stage, root).await, Kind::OfSupervisors),
        Inside::Start(_) => (workers(stage, root).await, Kind::OfWorkers),
    };
    let (pid, result) = match started {
        Ok(root) => {
            stage.world().enter(NAME, root).await;
            (Some(root), json!(["ok", stage.term_of(root)]))
        }
        Err(StartError::Failed(reason)) => (None, json!(["error", in_partitions(encode(&reason))])),
        Err(other) => (None, unexpected(&other)),
    };
    (Started { pid, kind }, result, steps)
}

/// Partitions have numbers as ids, where regrow's ids are texts.
fn in_partitions(mut reason: Value) -> Value {
    if let Some(id) = reason.pointer_mut("/1/1") {
        *id = number(id.as_str().unwrap_or_default());
    }
    reason
}

fn number(id: &str) -> Value {
    id.parse::<u64>().map_or(Value::Null, |id| json!(id))
}

async fn supervisors(stage: &Arc<Stage>, parts: Parts) -> Result<Pid, StartError> {
    let stage = Arc::clone(stage);
    let own = parts.with_arguments;
    let (described, Inside::Dyn(inside)) = flags(parts) else {
        unreachable!("there is a dynamic supervisor in each partition")
    };
    let supervisor = PartitionSupervisor::with_arguments(move |partition| {
        stage.world().name(NAME, self_pid());
        let inside = Arc::new(Dyn {
            actor: labelled(&inside.actor, own, partition),
            max_restarts: inside.max_restarts,
            max_children: inside.max_children,
            extra: inside.extra.clone(),
        });
        build::dynamic(&stage, &inside, self_pid(), &[])
    });
    let started = described.start(supervisor).await?;
    Ok(started.pid())
}

async fn workers(stage: &Arc<Stage>, parts: Parts) -> Result<Pid, StartError> {
    let stage = Arc::clone(stage);
    let own = parts.with_arguments;
    let restart = parts.restart;
    let (described, Inside::Start(inside)) = flags(parts) else {
        unreachable!("there is a worker in each partition")
    };
    let supervisor = PartitionSupervisor::with_arguments(move |partition| {
        let (stage, parent) = (Arc::clone(&stage), self_pid());
        stage.world().name(NAME, parent);
        let role = Arc::new(Role {
            actor: labelled(&inside.actor, own, partition),
            trap: inside.trap,
            term: inside.term.clone(),
        });
        let birth = move || Birth {
            stage: Arc::clone(&stage),
            parent,
            role: Arc::clone(&role),
            args: Vec::new(),
        };
        ChildSpec::<Worker>::with(birth).restart(restart)
    });
    let started = described.start(supervisor).await?;
    Ok(started.pid())
}

/// What is said of the supervisor whatever is in its partitions.
struct Flags {
    name: String,
    partitions: usize,
    strategy: Strategy,
    max_restarts: u32,
}

fn flags(parts: Parts) -> (Flags, Inside) {
    let flags = Flags {
        name: parts.name,
        partitions: parts.partitions,
        strategy: parts.strategy,
        max_restarts: parts.max_restarts,
    };
    (flags, parts.child)
}

impl Flags {
    fn start<S: 'static>(
        self,
        supervisor: PartitionSupervisor<S>,
    ) -> Start<PartitionSupervisor<S>> {
        supervisor
            .partitions(self.partitions)
            .strategy(self.strategy)
            .max_restarts(self.max_restarts, Duration::from_secs(100_000))
            .name(self.name)
            .start_link()
    }
}

/// What is in a partition, with a label of its own if each has one.
fn labelled(actor: &Actor, own: bool, partition: usize) -> Actor {
    let suffix = if own {
        format!("p{partition}")
    } else {
        String::new()
    };
    Actor {
        label: format!("{}{suffix}", actor.label),
        outcomes: actor.outcomes.clone(),
    }
}

impl Started {
    /// Takes a step.
    pub(super) async fn take(&self, stage: &Arc<Stage>, op: Op) -> Value {
        let taken = match self.kind {
            Kind::OfWorkers => attempt::<Worker>(stage, op).await,
            Kind::OfSupervisors => attempt::<DynamicSupervisor>(stage, op).await,
        };
        taken.unwrap_or_else(|Unknown| json!("unknown_target"))
    }

    /// The partitions and what is in them, when all is quiet.
    pub(super) async fn tree(&self, stage: &Stage) -> Option<Value> {
        let mut before = None;
        loop {
            process::settle().await;
            let root = self.pid.filter(|root| !has_ended(*root))?;
            let now = Some(match self.kind {
                Kind::OfWorkers => tree(stage, children::<Worker>(root).await).await,
                Kind::OfSupervisors => tree(stage, children::<DynamicSupervisor>(root).await).await,
            });
            if now == before {
                return now;
            }
            before = now;
        }
    }
}

async fn attempt<S: Inhabitant>(stage: &Arc<Stage>, op: Op) -> Result<Value, Unknown> {
    Ok(match op {
        Op::PsWhereis { name, key } => match named::<S>(name).at(&key).pid() {
            Some(pid) => stage.term_of(pid),
            None => failed(CallError::NoProcess),
        },
        Op::PsPartitions { name } => {
            let partitions = named::<S>(name).partitions().await;
            partitions.map_or_else(failed, |partitions| json!(partitions))
        }
        Op::PsCount { name } => {
            let counts = named::<S>(name).count_children().await;
            counts.map_or_else(failed, show::counts)
        }
        Op::PsWhich { name } => {
            let children = named::<S>(name).which_children().await;
            children.map_or_else(failed, |mut children| {
                children.reverse();
                children.iter().map(|child| row(stage, child)).collect()
            })
        }
        Op::PsStartChild { name, key, child } => {
            let partition = named::<S>(name).at(&key);
            let started = S::start_child(&partition, stage, &child).await;
            started.ok_or(Unknown)?
        }
        Op::PsCall { name, key } => {
            let partition = named::<Worker>(name).at(&key);
            server::call(partition, WhoAreYou)
                .await
                .map_or_else(failed, Value::String)
        }
        Op::PsCrash { name, key, how } => {
            server::cast(named::<Worker>(name).at(&key), Crash(how));
            json!("ok")
        }
        Op::PsStop { name, reason } => {
            let stopping = server::stop(named::<S>(name), decode(&reason));
            stopping.await.map_or_else(failed, |()| json!("ok"))
        }
        Op::PsAgain { name } => again(stage, name).await,
        Op::Crash { target, how } => act::crash(stage.find(&target)?, how),
        Op::Exit { target, reason } => act::exit(stage.find(&target)?, &reason),
    })
}

/// A second partition supervisor of the name.
async fn again(stage: &Stage, name: String) -> Value {
    let second = PartitionSupervisor::new(DynamicSupervisor::new()).partitions(1);
    let name: Name<PartitionSupervisor<DynamicSupervisor>> = Name::from_string(name);
    match second.name(name).start_link().await {
        Err(StartError::AlreadyStarted(pid)) => {
            json!(["error", ["already_started", stage.term_of(pid)]])
        }
        other => unexpected(&format!("{other:?}")),
    }
}

fn named<S: 'static>(name: String) -> Name<PartitionSupervisor<S>> {
    Name::from_string(name)
}

/// What can be in a partition.
trait Inhabitant: Sized + 'static {
    /// Has a child started there; `None` if nothing that is there starts any.
    fn start_child(
        partition: &Place<Self>,
        stage: &Arc<Stage>,
        child: &Child,
    ) -> impl Future<Output = Option<Value>> + Send;
}

impl Inhabitant for Worker {
    async fn start_child(_: &Place<Worker>, _: &Arc<Stage>, _: &Child) -> Option<Value> {
        None
    }
}

impl Inhabitant for DynamicSupervisor {
    async fn start_child(
        partition: &Place<DynamicSupervisor>,
        stage: &Arc<Stage>,
        child: &Child,
    ) -> Option<Value> {
        let started = partition
            .start_child(build::dynamic_child(stage, child))
            .await;
        Some(act::started_by_dynamic(stage, started))
    }
}

/// A partition: as any child, with its number for an id.
fn row(stage: &Stage, child: &ChildInfo) -> Value {
    let mut row = show::row(stage, child);
    row[0] = number(row[0].as_str().unwrap_or_default());
    row
}

async fn tree(stage: &Stage, children: Result<Vec<ChildInfo>, CallError>) -> Value {
    let children = match children {
        Ok(children) => children,
        Err(error) => return unexpected(&error),
    };
    let mut rows = Vec::with_capacity(children.len());
    for child in &children {
        let mut row = row(stage, child);
        if let (ChildProcess::Running(pid), ChildKind::Supervisor) = (child.process, child.kind)
            && !has_ended(pid)
            && let Value::Array(row) = &mut row
        {
            row.push(show::tree(stage, pid).await);
        }
        rows.push(row);
    }
    json!(rows)
}

async fn children<S: 'static>(root: Pid) -> Result<Vec<ChildInfo>, CallError> {
    ServerRef::<PartitionSupervisor<S>>::of(root)
        .which_children()
        .await
}
