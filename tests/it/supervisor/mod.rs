//! Supervisors: starts, restarts, strategies, intensity, significant children, stops, children that
//! come and go, and declared trees.
//!
//! The children of most tests are [`Worker`]s. What a worker does when it starts and when it ends is
//! in its [`Plan`], which the test keeps; what has happened is in a [`Log`]:
//!
//! | | |
//! |---|---|
//! | `+a` | the worker `a` runs |
//! | `!a`, `~a` | its `init` failed, had nothing to start |
//! | `a: shutdown` | its `terminate` was called, for this reason |
//! | `-a` | it has ended |

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use regrow::answer::{Init, Next};
use regrow::call::CallError;
use regrow::prelude::{ChildSpec, DynamicSupervisor, ServerRef, Strategy, Supervisor, secs};
use regrow::process::{exit, settle};
use regrow::server::{Context, GenServer, HandleCast, Step, cast};
use regrow::supervisor::{AnyChildSpec, ChildCounts, ChildProcess};
use regrow::time::sleep;
use regrow::{ExitReason, Pid};

pub(crate) use crate::server::{Log, oops};

mod bridge;
mod children;
mod dynamic;
mod dynamic_ends;
mod events;
mod extra;
mod find_or_start;
mod init;
mod intensity;
mod partition;
mod restart;
mod significant;
mod simulation;
mod spec;
mod start;
mod start_function;
mod stop;
mod strategies;
mod template;
mod tree;

/// How a start goes.
#[derive(Clone)]
pub(crate) enum Begin {
    Runs,
    Ignores,
    Fails,
    Panics,
    /// It waits before it goes on.
    After(Duration, Box<Begin>),
}

/// How a worker behaves. All clones are of one worker.
#[derive(Clone)]
pub(crate) struct Plan {
    id: &'static str,
    log: Log,
    traps: bool,
    /// How long its `terminate` takes.
    last: Duration,
    starts: Arc<Mutex<Starts>>,
}

/// What is to become of the starts, and what has.
struct Starts {
    next: VecDeque<Begin>,
    /// When there is no next.
    then: Begin,
    /// The processes that were started, whether they ran in the end or not.
    pids: Vec<Pid>,
}

/// A worker that runs, whatever is asked of it.
pub(crate) fn worker(id: &'static str, log: &Log) -> Plan {
    Plan {
        id,
        log: log.clone(),
        traps: false,
        last: Duration::ZERO,
        starts: Arc::new(Mutex::new(Starts {
            next: VecDeque::new(),
            then: Begin::Runs,
            pids: Vec::new(),
        })),
    }
}

impl Plan {
    /// Its first starts go like this.
    pub(crate) fn begins(self, begins: impl IntoIterator<Item = Begin>) -> Plan {
        self.starts.lock().next.extend(begins);
        self
    }

    /// All other starts go like this.
    pub(crate) fn then(&self, begin: Begin) {
        self.starts.lock().then = begin;
    }

    /// It traps exits.
    pub(crate) fn trapping(mut self) -> Plan {
        self.traps = true;
        self
    }

    /// It traps exits, and takes this long to end.
    pub(crate) fn ending_in(mut self, last: Duration) -> Plan {
        self.last = last;
        self.trapping()
    }

    pub(crate) fn spec(&self) -> ChildSpec<Worker> {
        ChildSpec::new(self.clone()).id(self.id)
    }

    /// Its newest process.
    pub(crate) fn pid(&self) -> Pid {
        *self.starts.lock().pids.last().expect("it was started")
    }

    /// The process of one of its starts, from 0 on.
    pub(crate) fn starts_of(&self, number: usize) -> Pid {
        self.starts.lock().pids[number]
    }

    /// How often it was started.
    pub(crate) fn starts(&self) -> usize {
        self.starts.lock().pids.len()
    }

    /// Lets it end by itself.
    pub(crate) fn end(&self, reason: ExitReason) {
        cast(ServerRef::<Worker>::of(self.pid()), End(reason));
    }

    /// Lets it end by itself, and what follows happen.
    pub(crate) async fn ends(&self, reason: ExitReason) {
        self.end(reason);
        settle().await;
    }

    /// Kills it, and lets what follows happen.
    pub(crate) async fn killed(&self) {
        exit(self.pid(), ExitReason::Kill);
        settle().await;
    }

    /// Notes that it is started, and says how that is to go.
    fn begin(&self, process: Pid) -> Begin {
        let mut starts = self.starts.lock();
        starts.pids.push(process);
        let then = starts.then.clone();
        starts.next.pop_front().unwrap_or(then)
    }

    fn say(&self, mark: &str) {
        self.log.say(format!("{mark}{}", self.id));
    }
}

/// See the module's head.
pub(crate) struct Worker {
    plan: Plan,
}

/// Asks a worker to end.
pub(crate) struct End(pub(crate) ExitReason);

impl GenServer for Worker {
    type Args = Plan;

    fn init(plan: Plan, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        cx.trap_exit(plan.traps);
        let mut begin = plan.begin(cx.pid());
        async move {
            while let Begin::After(wait, next) = begin {
                sleep(wait).await;
                begin = *next;
            }
            match begin {
                Begin::Ignores => {
                    plan.say("~");
                    Init::ignore()
                }
                Begin::Fails => {
                    plan.say("!");
                    Init::stop(oops())
                }
                Begin::Panics => {
                    plan.say("!");
                    panic!("no start")
                }
                Begin::Runs | Begin::After(..) => {
                    plan.say("+");
                    Init::ok(Worker { plan })
                }
            }
        }
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        self.plan.log.say(format!("{}: {reason}", self.plan.id));
        async move {
            sleep(self.plan.last).await;
            Next::proceed()
        }
    }
}

impl HandleCast<End> for Worker {
    fn handle_cast(&mut self, End(reason): End, _: &mut Context<Self>) -> impl Step<Next> {
        Next::stop(reason)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.plan.say("-");
    }
}

/// How many children there are: all, those that run, supervisors, workers.
pub(crate) fn numbers(counts: ChildCounts) -> [usize; 4] {
    [
        counts.specs,
        counts.active,
        counts.supervisors,
        counts.workers,
    ]
}

/// [`numbers`] of a supervisor.
pub(crate) async fn counts(supervisor: ServerRef<Supervisor>) -> [usize; 4] {
    numbers(supervisor.count_children().await.unwrap())
}

/// [`numbers`] of a dynamic supervisor.
pub(crate) async fn dynamic_counts(supervisor: ServerRef<DynamicSupervisor>) -> [usize; 4] {
    numbers(supervisor.count_children().await.unwrap())
}

/// The children with their states, oldest first: `a+` runs, `a-` is stopped, `a?` is restarting.
pub(crate) async fn shown(supervisor: ServerRef<Supervisor>) -> String {
    let mut children = supervisor.which_children().await.unwrap();
    children.reverse();
    let children = children.iter().map(|child| {
        let mark = match child.process {
            ChildProcess::Running(_) => '+',
            ChildProcess::Stopped => '-',
            ChildProcess::Restarting => '?',
        };
        let id = child.id.as_ref().expect("its children have ids");
        format!("{id}{mark}")
    });
    children.collect::<Vec<_>>().join(" ")
}

/// A supervisor without children.
pub(crate) async fn childless() -> ServerRef<Supervisor> {
    let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(100, secs(5));
    supervisor.start().await.unwrap()
}

/// What a supervisor has answered that refuses.
pub(crate) fn refused<E>(error: E) -> CallError<E> {
    CallError::Reply(error)
}

/// Adds workers to a supervisor, as they are.
pub(crate) fn with(
    supervisor: Supervisor,
    workers: impl IntoIterator<Item: Borrow<Plan>>,
) -> Supervisor {
    let specs = workers.into_iter().map(|plan| plan.borrow().spec());
    specs.fold(supervisor, Supervisor::child)
}

/// Adds children to a supervisor.
pub(crate) fn with_all(
    supervisor: Supervisor,
    specs: impl IntoIterator<Item = AnyChildSpec>,
) -> Supervisor {
    specs.into_iter().fold(supervisor, Supervisor::child)
}
