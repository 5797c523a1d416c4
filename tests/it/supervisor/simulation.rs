//! Random trees under random kills, failing and slow starts, and slow ends.
//!
//! A seed makes a tree, what its workers do whenever they start and end, who is ended when, and which
//! children are added, stopped, started and deleted by hand. What is looked at:
//!
//! - a worker that starts has no live sibling after it where the strategy stops those, and one that
//!   is stopped has none at all: the order of starts and stops, but for what is done by hand;
//! - a worker that starts is at a place where nobody else lives: no double start;
//! - in a quiet moment each live worker is the running child of a live supervisor, and each running
//!   child is alive: nothing is lost;
//! - when the tree has ended, no process, name, key, timer or child of it is left: no orphans.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use regrow::prelude::*;
use regrow::process::{is_alive, processes, registered, self_pid, settle};
use regrow::server::HandleInfo;
use regrow::server::{GenServer, Step, stop};
use regrow::sim::Policy;
use regrow::supervisor::{AnyChildSpec, ChildProcess, PartitionSupervisor};
use regrow::time::{TimerRef, read_timer, sleep};
use regrow::{Pid, Runtime};

use super::find_or_start::scramble;
use super::oops;

/// A source of choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        scramble(self.0) % limit
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        let place = self.below(all.len() as u64);
        all[place as usize].clone()
    }
}

/// How many seeds a run of the tests takes of each policy.
const SEEDS: u64 = 2_500;

/// A worker that lives, or is starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Alive {
    supervisor: Pid,
    place: u64,
}

/// What the workers of a tree tell.
struct World {
    choices: Mutex<Choices>,
    alive: Mutex<HashMap<Pid, Alive>>,
    registry: ServerRef<Registry<u64>>,
    /// The workers' numbers, which are their keys.
    workers: Mutex<u64>,
    /// How many children were added to a supervisor.
    added: Mutex<HashMap<Pid, u64>>,
    /// Who is being stopped or started by hand, and so out of order.
    by_hand: Mutex<Vec<Alive>>,
    timers: Mutex<Vec<TimerRef>>,
    /// What a worker found wrong. Its own panic would be one end among others.
    wrong: Mutex<Option<&'static str>>,
}

impl World {
    fn below(&self, limit: u64) -> u64 {
        self.choices.lock().below(limit)
    }

    fn expect(&self, right: bool, otherwise: &'static str) {
        if !right {
            *self.wrong.lock() = Some(otherwise);
        }
    }

    /// Whether a child of the same supervisor that comes after this place is alive, and should not be.
    fn any_after(&self, at: Alive) -> bool {
        let alive = self.alive.lock();
        let any = alive
            .values()
            .any(|one| one.supervisor == at.supervisor && one.place > at.place);
        any && !self.by_hand.lock().contains(&at)
    }

    /// Whether somebody lives at this place.
    fn is_taken(&self, at: Alive) -> bool {
        self.alive.lock().values().any(|one| *one == at)
    }
}

/// Takes a worker off the list of the living.
struct Life {
    world: Arc<World>,
    this: Pid,
    at: Alive,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.world.alive.lock().remove(&self.this);
    }
}

/// A worker of a tree.
struct Leaf {
    life: Life,
    ordered: bool,
}

/// What a worker is started with.
#[derive(Clone)]
struct Birth {
    world: Arc<World>,
    supervisor: Pid,
    place: u64,
    /// Those after it are stopped before it starts again.
    grouped: bool,
    /// It is stopped when those after it are.
    ordered: bool,
}

impl GenServer for Leaf {
    type Args = Birth;

    fn init(birth: Birth, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let Birth {
            world,
            supervisor,
            place,
            grouped,
            ordered,
        } = birth;
        cx.trap_exit(world.below(2) == 0);
        let at = Alive { supervisor, place };
        if grouped {
            world.expect(!world.any_after(at), "started before a later one ended");
        }
        if ordered {
            world.expect(!world.is_taken(at), "started twice");
        }
        world.alive.lock().insert(cx.pid(), at);
        let never = cx.send_after(secs(1_000_000), TooLate);
        world.timers.lock().push(never);
        let life = Life {
            world,
            this: cx.pid(),
            at,
        };
        async move {
            if life.world.below(4) == 0 {
                sleep(millis(life.world.below(50))).await;
            }
            match life.world.below(40) {
                0 => Init::stop(oops()),
                1 => Init::ignore(),
                2 => panic!("no start"),
                _ => Init::ok(Leaf { life, ordered }),
            }
        }
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        let Life { world, at, .. } = &self.life;
        // Nobody but the supervisor can end a worker that traps exits for this reason.
        if self.ordered && *reason == ExitReason::Shutdown {
            world.expect(!world.any_after(*at), "stopped before a later one");
        }
        let takes = match world.below(8) {
            0 => secs(20),
            1..4 => millis(world.below(100)),
            _ => Duration::ZERO,
        };
        async move {
            sleep(takes).await;
            Next::proceed()
        }
    }
}

/// A timer's message that is not waited for.
struct TooLate;

impl HandleInfo<TooLate> for Leaf {
    fn handle_info(&mut self, _: TooLate, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }
}

fn leaf(world: &Arc<World>, place: u64, grouped: bool, ordered: bool) -> ChildSpec<Leaf> {
    let number = {
        let mut workers = world.workers.lock();
        *workers += 1;
        *workers
    };
    let made = Arc::clone(world);
    let spec = ChildSpec::<Leaf>::with(move || Birth {
        world: Arc::clone(&made),
        supervisor: self_pid(),
        place,
        grouped,
        ordered,
    });
    let mut choices = world.choices.lock();
    let spec = match choices.below(3) {
        0 => spec.name(world.registry.via(number)),
        1 => spec.name(format!("leaf {}", number % 64)),
        _ => spec,
    };
    let limits = [
        Shutdown::After(secs(5)),
        Shutdown::After(millis(30)),
        Shutdown::BrutalKill,
    ];
    let restarts = [
        Restart::Permanent,
        Restart::Permanent,
        Restart::Transient,
        Restart::Temporary,
    ];
    spec.id(number.to_string())
        .shutdown(choices.of(&limits))
        .restart(choices.of(&restarts))
}

/// What a child at this place is called.
fn id_of(place: u64) -> String {
    format!("child {place}")
}

/// A supervisor with what is below it.
fn branch(world: &Arc<World>, depth: u64) -> Supervisor {
    let strategies = [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ];
    let strategy = world.choices.lock().of(&strategies);
    let grouped = strategy != Strategy::OneForOne;
    let children = 1 + world.below(4);
    let restarts = world.below(20) as u32;
    let mut supervisor = Supervisor::new(strategy).max_restarts(restarts, secs(5));
    for place in 0..children {
        let child: AnyChildSpec = match world.below(if depth == 0 { 3 } else { 8 }) {
            0..3 => leaf(world, place, grouped, true).into(),
            3 => DynamicSupervisor::new().max_restarts(10, secs(5)).into(),
            4 => parted(world).into(),
            5 => parted_leaves(world).into(),
            _ => branch(world, depth - 1).into(),
        };
        supervisor = supervisor.child(child.id(id_of(place)));
    }
    supervisor
}

/// Dynamic supervisors in partitions.
fn parted(world: &Arc<World>) -> Parted {
    PartitionSupervisor::new(DynamicSupervisor::new().max_restarts(10, secs(5)))
        .partitions(1 + world.below(4) as usize)
        .max_restarts(world.below(10) as u32, secs(5))
}

/// Workers in partitions.
fn parted_leaves(world: &Arc<World>) -> PartedLeaves {
    let strategies = [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ];
    let strategy = world.choices.lock().of(&strategies);
    let (partitions, restarts) = (1 + world.below(4), world.below(20));
    let grouped = strategy != Strategy::OneForOne;
    let made = Arc::clone(world);
    PartitionSupervisor::with_arguments(move |place| leaf(&made, place as u64, grouped, true))
        .partitions(partitions as usize)
        .strategy(strategy)
        .max_restarts(restarts as u32, secs(5))
}

type Parted = PartitionSupervisor<DynamicSupervisor>;
type PartedLeaves = PartitionSupervisor<Leaf>;

/// The children that run, of the supervisor that this is, and the supervisors among the processes.
async fn running(process: Pid) -> Option<Vec<Pid>> {
    let children = if let Some(supervisor) = process.as_server::<Supervisor>() {
        supervisor.which_children().await
    } else if let Some(supervisor) = process.as_server::<Parted>() {
        supervisor.which_children().await
    } else if let Some(supervisor) = process.as_server::<PartedLeaves>() {
        supervisor.which_children().await
    } else {
        process
            .as_server::<DynamicSupervisor>()?
            .which_children()
            .await
    };
    let running = children
        .ok()?
        .into_iter()
        .filter_map(|child| match child.process {
            ChildProcess::Running(pid) => Some(pid),
            _ => None,
        });
    Some(running.collect())
}

/// In a quiet moment: whoever lives is somebody's child, and whoever is a child lives.
async fn nobody_is_lost(world: &World, seed: u64) {
    let mut children = HashMap::new();
    for process in processes() {
        for child in running(process).await.unwrap_or_default() {
            assert!(is_alive(child).await, "a dead child, seed {seed}");
            children.insert(child, process);
        }
    }
    let alive = world.alive.lock().clone();
    for (pid, one) in alive {
        assert_eq!(
            children.get(&pid),
            Some(&one.supervisor),
            "a lost child, seed {seed}"
        );
    }
}

/// Ends somebody, or has a child started or stopped.
async fn disturb(world: &Arc<World>, spared: &[Pid]) {
    let all: Vec<Pid> = processes()
        .into_iter()
        .filter(|pid| !spared.contains(pid))
        .collect();
    if all.is_empty() {
        return;
    }
    let victim = world.choices.lock().of(&all);
    if let Some(supervisor) = victim.as_server::<DynamicSupervisor>() {
        let asked = supervisor.start_child(leaf(world, 0, false, false));
        let children = running(victim).await.unwrap_or_default();
        match children.first() {
            Some(&child) if world.below(4) == 0 => {
                let _stopped_or_gone = supervisor.terminate_child(child).await;
            }
            _ if world.below(8) == 0 => exit(victim, ExitReason::Kill),
            _ => {
                let _started_or_not = asked.await;
            }
        }
        return;
    }
    if let Some(parts) = victim.as_server::<Parted>() {
        let key = world.below(100);
        if world.below(3) == 0 {
            let _resized_or_not = parts.resize(world.below(6) as usize).await;
        } else {
            let asked = parts.at(&key).start_child(leaf(world, 0, false, false));
            let _started_or_not = asked.await;
        }
        return;
    }
    if let Some(parts) = victim.as_server::<PartedLeaves>()
        && world.below(4) > 0
    {
        // One that had nothing to start may be started by hand while a later one lives.
        world.by_hand.lock().extend((0..6).map(|place| Alive {
            supervisor: victim,
            place,
        }));
        let _resized_or_not = parts.resize(world.below(6) as usize).await;
        return;
    }
    let inner = victim.as_server::<Supervisor>();
    if let Some(supervisor) = inner
        && world.below(3) > 0
    {
        manage(world, supervisor).await;
        return;
    }
    let inner = inner.is_some();
    let reasons = [ExitReason::Kill, oops(), ExitReason::shutdown_with("x")];
    if !inner || world.below(4) == 0 {
        exit(victim, world.choices.lock().of(&reasons));
    }
}

/// Changes the children of a supervisor by hand.
async fn manage(world: &Arc<World>, supervisor: ServerRef<Supervisor>) {
    let added = *world.added.lock().entry(supervisor.pid()).or_default();
    let places = 4 + added;
    let place = world.below(places);
    let at = Alive {
        supervisor: supervisor.pid(),
        place,
    };
    world.by_hand.lock().push(at);
    // Whatever is answered: the child may be in any state, and the supervisor may end meanwhile.
    match world.below(8) {
        0..3 => {
            *world.added.lock().entry(supervisor.pid()).or_default() += 1;
            let spec: AnyChildSpec = leaf(world, places, false, true).into();
            let _answer = supervisor.start_child(spec.id(id_of(places))).await;
        }
        3..5 => drop(supervisor.terminate_child(id_of(place)).await),
        5..7 => drop(supervisor.restart_child(id_of(place)).await),
        _ => drop(supervisor.delete_child(id_of(place)).await),
    }
    world.by_hand.lock().retain(|one| *one != at);
}

async fn live_and_die(seed: u64) {
    let registry = Registry::<u64>::new().start().await.unwrap();
    let world = Arc::new(World {
        choices: Mutex::new(Choices(seed << 20)),
        alive: Mutex::default(),
        registry,
        workers: Mutex::new(0),
        added: Mutex::default(),
        by_hand: Mutex::default(),
        timers: Mutex::default(),
        wrong: Mutex::new(None),
    });
    let mut root = branch(&world, 2).start().await;
    for _ in 0..20 {
        if root.is_ok() {
            break;
        }
        assert!(
            world.alive.lock().is_empty(),
            "left of a failed start, seed {seed}"
        );
        root = branch(&world, 2).start().await;
    }
    let root = root.unwrap();
    let spared = [self_pid(), registry.pid(), root.pid()];
    for _ in 0..world.below(30) {
        disturb(&world, &spared).await;
        match world.below(4) {
            0 => settle().await,
            1 => sleep(millis(world.below(200))).await,
            _ => {}
        }
    }
    if world.below(2) == 0 {
        sleep(secs(60)).await;
        nobody_is_lost(&world, seed).await;
    }
    if is_alive(root).await {
        match world.below(3) {
            0 => exit(root, ExitReason::Kill),
            _ => {
                // It may end by itself, just now.
                let _stopped = stop(root, ExitReason::Shutdown).await;
            }
        }
    }
    sleep(secs(200)).await;
    assert!(world.alive.lock().is_empty(), "an orphan, seed {seed}");
    assert_eq!(processes().len(), 2, "an orphan, seed {seed}");
    assert!(registered().is_empty(), "a name, seed {seed}");
    assert_eq!(registry.count(), 0, "a key, seed {seed}");
    let timers = world.timers.lock().drain(..).collect::<Vec<_>>();
    let left = timers.iter().any(|timer| read_timer(timer).is_some());
    assert!(!left, "a timer, seed {seed}");
    assert_eq!(*world.wrong.lock(), None, "seed {seed}");
}

fn over_seeds(policy: &Policy, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        Runtime::simulated(seed)
            .crash_reports(false)
            .policy(policy.clone())
            .run(live_and_die(seed));
    }
}

// R-TREE-1.
#[test]
fn nobody_is_lost_and_nobody_is_left_behind() {
    over_seeds(&Policy::Random, 0..SEEDS);
}

#[test]
fn nobody_is_lost_when_somebody_is_held_back() {
    over_seeds(&Policy::Pct { depth: 1 }, SEEDS..2 * SEEDS);
}

#[test]
fn nobody_is_lost_when_two_orders_matter() {
    over_seeds(&Policy::Pct { depth: 2 }, 2 * SEEDS..3 * SEEDS);
}

#[test]
fn nobody_is_lost_when_four_orders_matter() {
    over_seeds(&Policy::Pct { depth: 4 }, 3 * SEEDS..4 * SEEDS);
}
