//! Storms: small programs made up by chance, under ten thousand schedules; nothing may be lost,
//! doubled, out of order or left over.
//!
//! The members of a storm send, link, monitor, name, time, spawn and end each other and undo it
//! again, as their dice say. All of them write down what they do and hear in one [`record`], which
//! knows what must follow: in a simulation nothing happens between an act and its entry. When all
//! is quiet, the record is held against what the processes say of themselves.
//!
//! A seed makes the program and the schedule. A failure names the seed and the policy, and running
//! that alone shows it again.

mod member;
mod record;

use std::sync::Arc;

use parking_lot::Mutex;
use regrow::process::{
    ExitReason, Monitor, ProcessInfo, SpawnOptions, exit, process_info, processes, registered,
    self_pid, settle, spawn_with,
};
use regrow::sim::{Outcome, Policy};
use regrow::time::{secs, sleep};
use regrow::{Handle, Runtime};

use self::member::member;
use self::record::Record;
use crate::support::Dice;

/// Members of a storm at most.
const MEMBERS_MAX: u64 = 5;
/// Seeds for each policy: 10 000 schedules in all.
const SEEDS: u64 = 2_500;

/// What the members share. The lock is never held while one of them could be ended.
type Shared = Arc<Mutex<Record>>;

/// Has a storm, and gives what was wrong about it.
async fn storm(seed: u64) -> Vec<String> {
    let before = Handle::current().stats();
    let shared = Shared::default();
    let ends = raise(seed, &shared);
    // Everybody has done what it wanted to do, and every timer has come due.
    sleep(secs(1)).await;
    settle().await;
    let mut infos = Vec::new();
    for (index, &end) in ends.iter().enumerate() {
        let process = shared.lock().members[index].process;
        infos.push(process_info(process).await);
        if infos[index].is_none() {
            let reason = end.await.reason;
            shared.lock().members[index].end = Some(reason);
        }
    }
    shared.lock().check(&infos);
    end_all(&shared, &infos, &ends).await;
    let after = Handle::current().stats();
    let mut record = shared.lock();
    let alive = (after.spawned - before.spawned) - (after.ended - before.ended);
    record.expect(alive == 0, || format!("{alive} processes are left"));
    std::mem::take(&mut record.complaints)
}

/// Starts the members: from two, who meet often, to many.
fn raise(seed: u64, shared: &Shared) -> Vec<Monitor> {
    let mut weather = Dice::new(seed, MEMBERS_MAX);
    let members = 2 + weather.roll(MEMBERS_MAX - 1);
    shared.lock().is_about_links = weather.roll(2) == 0;
    let mut ends = Vec::new();
    for index in 0..members {
        let mut dice = Dice::new(seed, index);
        let traps = dice.roll(2) == 0;
        let record = Arc::clone(shared);
        let options = SpawnOptions::new().monitor().trap_exit(traps);
        let spawned = spawn_with(options, async move |inbox| {
            member(record, index as usize, dice, inbox).await
        });
        let spawned = spawned.unwrap();
        shared.lock().join(spawned.process, traps);
        ends.push(spawned.monitor.unwrap());
    }
    ends
}

/// Kills whoever is left, and looks for what they leave behind.
async fn end_all(shared: &Shared, infos: &[Option<ProcessInfo>], ends: &[Monitor]) {
    for (info, &end) in infos.iter().zip(ends) {
        if let Some(info) = info {
            exit(info.pid, ExitReason::Kill);
            let reason = end.await.reason;
            // Those that do not trap go along with those they are linked to.
            shared
                .lock()
                .expect(reason == ExitReason::Killed, || format!("killed: {reason}"));
        }
    }
    let own = process_info(self_pid()).await.unwrap();
    let mut record = shared.lock();
    record.expect(processes() == [self_pid()], || "processes are left".into());
    record.expect(registered().is_empty(), || "names are left".into());
    let left = (own.message_queue_len, own.monitors.len(), own.links.len());
    record.expect(left == (0, 0, 0), || format!("left with main: {left:?}"));
    record.expect_no_timers();
}

/// Has the storm of a seed under a policy.
fn run(seed: u64, policy: Policy) -> Outcome<Vec<String>> {
    let simulation = Runtime::simulated(seed).crash_reports(false);
    let simulation = simulation.policy(policy).record(true).expected_steps(60);
    simulation.explore(storm(seed))
}

fn over_seeds(policy: &Policy, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let complaints = run(seed, policy.clone()).result;
        assert_eq!(complaints, Ok(vec![]), "seed {seed}, {policy:?}");
    }
}

// R-STORM-1.
#[test]
fn nothing_is_lost_or_left_in_a_random_storm() {
    over_seeds(&Policy::Random, 0..SEEDS);
}

#[test]
fn nothing_is_lost_or_left_when_somebody_is_held_back() {
    over_seeds(&Policy::Pct { depth: 1 }, SEEDS..2 * SEEDS);
}

#[test]
fn nothing_is_lost_or_left_when_two_orders_matter() {
    over_seeds(&Policy::Pct { depth: 2 }, 2 * SEEDS..3 * SEEDS);
}

#[test]
fn nothing_is_lost_or_left_when_four_orders_matter() {
    over_seeds(&Policy::Pct { depth: 4 }, 3 * SEEDS..4 * SEEDS);
}

// R-SIM-1.
#[test]
fn a_storm_goes_the_same_way_again_under_its_seed() {
    let key = |outcome: &Outcome<Vec<String>>| {
        let picks = outcome.picks.clone();
        (outcome.picks_hash, outcome.steps, outcome.elapsed, picks)
    };
    for policy in [Policy::Random, Policy::RoundRobin, Policy::Pct { depth: 3 }] {
        for seed in 0..50 {
            let first = run(seed, policy.clone());
            assert_eq!(key(&first), key(&run(seed, policy.clone())), "{policy:?}");
            // What was picked is a schedule by itself.
            let replayed = run(seed, Policy::Replay(first.picks.clone()));
            assert_eq!(key(&first), key(&replayed), "{policy:?}");
        }
        let distinct: std::collections::HashSet<u64> = (0..50)
            .map(|seed| run(seed, policy.clone()).picks_hash)
            .collect();
        assert!(distinct.len() > 40, "{policy:?}");
    }
}
