//! Running a program in a simulation.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::policy::{Picker, Policy};
use crate::main_process::{MainResult, spawn_main};
use crate::process::exit_reason::ExitReason;
use crate::process::spawn::Place;
use crate::runtime::Node;
use crate::scheduler::local::{Queues, Runnable, as_scheduler};
use crate::scheduler::run_loop::run_one;
use crate::scheduler::shared::Phase;
use crate::scheduler::{Config, Local, Shared, coop};

/// Virtual nanoseconds that a turn takes, so that a loop that waits for time to pass comes to an end.
const NANOS_PER_TURN: u64 = 100;
/// Turns that processes may have in all, unless it is said otherwise: minutes of them.
const TURNS_MAX: u64 = 200_000_000;
/// The most messages that a process reads in a turn.
const REDUCTIONS_MAX: u64 = 8;

/// A program's run under a seed. See the [module](crate::sim).
///
/// ```
/// use regrow::Runtime;
/// use regrow::prelude::*;
///
/// let answer = Runtime::simulated(42).run(async {
///     let (worker, watch) = spawn_monitor(async |mut inbox: Inbox<u8>| {
///         inbox.receive().await;
///     });
///     worker.send(1);
///     watch.await.reason
/// });
/// assert_eq!(answer, ExitReason::Normal);
/// ```
#[must_use = "a simulation does nothing until it is run"]
pub struct Simulation {
    seed: u64,
    policy: Policy,
    crash_reports: bool,
    processes_max: usize,
    record: bool,
    expected_steps: Option<u64>,
    turns_max: u64,
}

/// What a simulation came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// What the main process returned, or why it ended.
    pub result: Result<T, ExitReason>,
    /// A number that stands for all picks that were made: the same for two equal runs.
    pub picks_hash: u64,
    /// All picks that were made, if [`Simulation::record`] was asked for: to be given to
    /// [`Policy::Replay`].
    pub picks: Vec<u32>,
    /// How many picks were decisions, made among several that could run. See
    /// [`Simulation::expected_steps`].
    pub steps: u64,
    /// How much virtual time has passed.
    pub elapsed: Duration,
}

impl Simulation {
    pub(crate) fn new(seed: u64) -> Simulation {
        Simulation {
            seed,
            policy: Policy::default(),
            crash_reports: true,
            processes_max: crate::runtime::PROCESSES_MAX,
            record: false,
            expected_steps: None,
            turns_max: TURNS_MAX,
        }
    }

    /// Who runs next. Default: [`Policy::Random`].
    pub fn policy(mut self, policy: Policy) -> Simulation {
        self.policy = policy;
        self
    }

    /// Whether crashes are reported. Default: they are.
    pub fn crash_reports(mut self, on: bool) -> Simulation {
        self.crash_reports = on;
        self
    }

    /// As [`Builder::max_processes`](crate::runtime::Builder::max_processes).
    pub fn max_processes(mut self, limit: usize) -> Simulation {
        self.processes_max = limit;
        self
    }

    /// Whether the picks are recorded. Default: they are not.
    pub fn record(mut self, on: bool) -> Simulation {
        self.record = on;
        self
    }

    /// How many turns processes may have in all, before the run is given up as one that goes on for
    /// ever: a timer that is always set again, say, or processes that always have something to say to
    /// each other. Default: 200 million, which take minutes. A turn that never ends is not found.
    ///
    /// # Examples
    ///
    /// ```
    /// use regrow::Runtime;
    /// use regrow::time::{secs, sleep};
    ///
    /// let run = Runtime::simulated(1).max_turns(1_000).explore(async {
    ///     loop {
    ///         sleep(secs(60)).await;
    ///     }
    /// });
    /// let reason: Result<(), _> = run.result;
    /// assert!(reason.unwrap_err().to_string().contains("1000 turns"));
    /// ```
    pub fn max_turns(mut self, turns: u64) -> Simulation {
        self.turns_max = turns;
        self
    }

    /// How many decisions the run will take, about: [`Policy::Pct`] spreads its changes of priority
    /// over so many. Default: 10 000. An earlier run says how many there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use regrow::Runtime;
    /// use regrow::prelude::*;
    /// use regrow::sim::Policy;
    ///
    /// async fn program() {
    ///     let workers: Vec<_> = (0..3)
    ///         .map(|_| spawn_monitor(async |_: Inbox<()>| regrow::process::yield_now().await))
    ///         .collect();
    ///     for (_, watch) in workers {
    ///         watch.await;
    ///     }
    /// }
    ///
    /// let steps = Runtime::simulated(0).explore(program()).steps;
    /// for seed in 1..100 {
    ///     let run = Runtime::simulated(seed).policy(Policy::Pct { depth: 2 });
    ///     run.expected_steps(steps).run(program());
    /// }
    /// ```
    pub fn expected_steps(mut self, steps: u64) -> Simulation {
        self.expected_steps = Some(steps);
        self
    }

    /// Runs this as the main process, and everything that it spawns, until it ends. Then what is
    /// left is killed.
    ///
    /// # Panics
    ///
    /// The main process panicked or was ended, or waits for something that cannot happen any more; or
    /// the run has had as many [turns](Simulation::max_turns) as it may. The message says the seed.
    #[track_caller]
    pub fn run<T, F>(self, main: F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let seed = self.seed;
        match self.explore(main).result {
            Ok(value) => value,
            Err(reason) => panic!("the main process ended (seed {seed}): {reason}"),
        }
    }

    /// As [`run`](Simulation::run), and says what there is to say about the run.
    pub fn explore<T, F>(self, main: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        crate::process::report::install_hook();
        let config = Config {
            name: String::from("simulation"),
            schedulers: 1,
            spares: 0,
            processes_max: self.processes_max,
            blocking_max: 1,
            crash_reports: self.crash_reports,
        };
        let shared = Node::simulated(config);
        let mut picker = Picker::new(self.seed, &self.policy);
        if self.record {
            picker.record();
        }
        if let Some(steps) = self.expected_steps {
            picker.expect_steps(steps);
        }
        let queues = Queues::Simulated(RefCell::new(Runnable::new(picker)));
        let local = Local::new(&shared, 0, queues, false);
        let turns_max = self.turns_max;
        as_scheduler(&local, || explore_on(&local, &shared, turns_max, main))
    }
}

fn explore_on<T, F>(local: &Local, shared: &Arc<Shared>, turns_max: u64, main: F) -> Outcome<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let started = spawn_main(Place::Here(local), main);
    let result = match started {
        Ok(main) => drive(local, shared, turns_max, &main),
        Err(error) => Err(error.into()),
    };
    let elapsed = Duration::from_nanos(shared.clock.nanos());
    let outcome = {
        let picker = &runnable_of(local).borrow().picker;
        Outcome {
            result,
            picks_hash: picker.picks_hash(),
            picks: picker.picks().to_vec(),
            steps: picker.steps(),
            elapsed,
        }
    };
    kill_the_rest(local, shared);
    outcome
}

fn runnable_of(local: &Local) -> &RefCell<Runnable> {
    match &local.queues {
        Queues::Simulated(runnable) => runnable,
        Queues::Real(_) => unreachable!("a simulation runs on a simulated scheduler"),
    }
}

/// Runs until the main process has ended.
fn drive<T>(
    local: &Local,
    shared: &Shared,
    turns_max: u64,
    main: &MainResult<T>,
) -> Result<T, ExitReason> {
    let mut turns = 0;
    loop {
        while turn(local, shared) {
            if let Some(result) = main.take() {
                return result;
            }
            turns += 1;
            if turns > turns_max {
                return Err(goes_on_for_ever(shared, turns_max));
            }
        }
        if let Some(result) = main.take() {
            return result;
        }
        if shared.wake_settlers() {
            continue;
        }
        let Some(next) = shared.next_timer() else {
            let text = "deadlock: nothing is runnable, no timer is set, and the main process waits";
            return Err(ExitReason::atom(text));
        };
        shared.clock.move_to(next);
        shared.fire_timers();
    }
}

fn goes_on_for_ever(shared: &Shared, turns_max: u64) -> ExitReason {
    let elapsed = Duration::from_nanos(shared.clock.nanos());
    ExitReason::atom(format!(
        "no end after {turns_max} turns and {elapsed:?} of virtual time: something goes on for ever, \
         such as a timer that is always set again (if not, `Simulation::max_turns` allows more)"
    ))
}

/// Lets one process have a turn. `false`: nothing is runnable.
fn turn(local: &Local, shared: &Shared) -> bool {
    while let crossbeam_deque::Steal::Success(entry) = shared.injector.steal() {
        runnable_of(local).borrow_mut().push(entry);
    }
    let (entry, reductions) = {
        let mut runnable = runnable_of(local).borrow_mut();
        let Some(entry) = runnable.pick() else {
            return false;
        };
        (entry, 1 + runnable.picker.next_u64() % REDUCTIONS_MAX)
    };
    coop::refill(reductions as u32);
    run_one(local, entry);
    shared.clock.pass(NANOS_PER_TURN);
    shared.fire_timers();
    true
}

/// Ends every process that is left, so that everything they hold is dropped.
fn kill_the_rest(local: &Local, shared: &Shared) {
    shared.set_phase(Phase::Draining);
    loop {
        crate::runtime::kill_all(shared);
        let mut any = false;
        while turn(local, shared) {
            any = true;
        }
        if !any {
            break;
        }
    }
    local.nursery.borrow_mut().flush();
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("seed", &self.seed)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
