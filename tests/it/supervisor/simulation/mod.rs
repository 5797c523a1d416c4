//! Random trees of everything that supervises, under random kills, failing and slow starts, and slow
//! ends.
//!
//! A seed makes a tree, what its workers do whenever they start and end, who is ended when, and what
//! is done by hand. There are supervisors of each strategy, dynamic ones with templates, extra
//! arguments and limits that describe themselves when they start, supervisors of tasks, partitions,
//! and servers with children of their own; children have delays, budgets, lifetimes and ties.
//!
//! | file | what |
//! |---|---|
//! | `trees.rs` | the tree |
//! | `leaf.rs` | its workers: servers and tasks |
//! | `acts.rs` | what is done to it |
//! | `world.rs` | what the workers say of themselves |
//! | `look.rs` | what is to be true whenever nothing is under way |
//!
//! What is looked at:
//!
//! - a worker that starts has no live sibling after it where the strategy stops those, and none that
//!   is bound to it; one that is stopped has neither: the order of starts and stops, but for what is
//!   done by hand;
//! - a worker that starts is at a place where nobody else lives: no double start;
//! - in a quiet moment each live worker is the running child of its supervisor, and each running
//!   child is alive: nothing is lost;
//! - one that is restarting waits for a time, and is started when that is over; one that was given up
//!   does not run; one that is bound to another runs only while that one does;
//! - when the tree has ended, no process, name, key, timer or child of it is left: no orphans.
//!
//! A seed that fails is run again, the same way, to write down its tree and what was done to it.

mod acts;
mod leaf;
mod look;
mod trees;
mod world;

use std::sync::Arc;

use regrow::prelude::*;
use regrow::process::{is_alive, processes, registered, self_pid, settle};
use regrow::server::stop;
use regrow::sim::Policy;
use regrow::time::sleep;
use regrow::{Pid, Runtime};

use self::acts::disturb;
use self::look::{look, look_at_all};
use self::trees::branch;
use self::world::{Phase, Told, World};

/// How many seeds a run of the tests takes of each policy: 10 000 in all.
const SEEDS: u64 = 2_500;

/// What was wrong about a tree and its life.
async fn live_and_die(seed: u64, told: Told) -> Option<String> {
    let registry = Registry::<u64>::new().partitions(1).start().await.unwrap();
    let world = Arc::new(World::new(seed, told, registry));
    let root = plant(&world).await?;
    let others = [self_pid(), registry.pid(), root];
    let mut victims = vec![root];
    for _ in 0..world.roll(18) {
        disturb(&world, &victims).await;
        match world.roll(6) {
            0..2 => {
                victims = look(&world, root).await.members();
                victims.extend(world.owners.lock().iter());
                victims.push(root);
            }
            2..4 => sleep(millis(world.roll(200))).await,
            4 => sleep(millis(world.roll(4000))).await,
            _ => {}
        }
        if world.wrong().is_some() {
            return world.wrong();
        }
    }
    if world.roll(2) == 0 {
        sleep(secs(60)).await;
        look_at_all(&world, root, &others).await;
    }
    if is_alive(root).await {
        world.tell(|| "the end".into());
        match world.roll(3) {
            0 => exit(root, ExitReason::Kill),
            _ => {
                // It may end by itself, just now.
                let _stopped = stop(root.as_server::<Supervisor>()?, ExitReason::Shutdown).await;
            }
        }
    }
    sleep(secs(200)).await;
    nothing_is_left(&world);
    world.wrong()
}

/// Starts a tree, one that does.
async fn plant(world: &Arc<World>) -> Option<Pid> {
    for _ in 0..50 {
        if let Ok(root) = branch(world, 2).start().await {
            return Some(root.pid());
        }
        // A killed server's own children may take their time, but do not run any more.
        settle().await;
        let mut left = world.living();
        left.retain(|_, one| one.phase == Phase::Running);
        world.expect(left.is_empty(), || {
            format!("left of a failed start: {left:?}")
        });
    }
    world.expect(false, || "no tree starts".into());
    None
}

/// The tree has ended.
fn nothing_is_left(world: &World) {
    let (living, processes, names) = (world.living(), processes(), registered());
    world.expect(living.is_empty(), || {
        format!("workers are left: {living:?}")
    });
    world.expect(processes.len() == 2, || {
        format!("processes are left: {processes:?}")
    });
    world.expect(names.is_empty(), || format!("names are left: {names:?}"));
    let (keys, timers) = (world.registry.count(), world.timers_left());
    world.expect(keys == 0, || format!("{keys} keys are left"));
    world.expect(timers == 0, || format!("{timers} timers are left"));
}

/// What was wrong under a seed and a policy.
fn run(seed: u64, policy: &Policy, told: &Told) -> Option<String> {
    let simulation = Runtime::simulated(seed)
        .crash_reports(false)
        .policy(policy.clone());
    let outcome = simulation.explore(live_and_die(seed, told.clone()));
    outcome
        .result
        .unwrap_or_else(|reason| Some(format!("the test has ended: {reason}")))
}

fn over_seeds(policy: &Policy, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        if let Some(wrong) = run(seed, policy, &Told::default()) {
            let told = Told::all();
            run(seed, policy, &told);
            let lines = told.lines().join("\n");
            panic!("{lines}\n{wrong}\nseed {seed}, {policy:?}");
        }
    }
}

// R-TREE-1, and R-AGAIN-8 too.
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
