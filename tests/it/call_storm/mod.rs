//! Storms of calls: small programs of clerks and callers, made up by chance, under ten thousand
//! schedules; each call ends in exactly one way.
//!
//! Callers call [clerks](clerk) by their names, in every way in which a call can be made and given
//! up. What a clerk does with a call the call says: reply now, later, twice, through another process or never,
//! drop the right to, wait, panic, stop, or call another clerk first, which may come to a cycle.
//! Others end, hold and stop clerks and kill callers, and the clerks are started again under their
//! names. All of them write down what they do in one [`record`], which knows what may come of each
//! call: in a simulation nothing happens between an act and its entry. At the end everybody is
//! ended, and nothing may be left. A call that never ends is a deadlock, which a simulation reports.
//!
//! A seed makes the program and the schedule. A failure names the seed and the policy, and running
//! that alone shows it again.

mod caller;
mod clerk;
mod errand;
mod record;

use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use regrow::process::{
    ExitReason, Inbox, Monitor, exit, process_info, processes, registered, self_pid, settle,
    spawn_monitor, whereis,
};
use regrow::reference::Name;
use regrow::sim::{Outcome, Policy};
use regrow::time::{secs, sleep};
use regrow::{Handle, Runtime};

use self::caller::{caller, troublemaker};
use self::clerk::{Clerk, keep};
use self::record::{Record, Ways};
use crate::support::Dice;

/// Names of clerks.
const CLERKS: u64 = 3;
const NAMES: [Name<Clerk>; CLERKS as usize] = [
    Name::new("clerk 1"),
    Name::new("clerk 2"),
    Name::new("clerk 3"),
];
/// Callers at most.
const CALLERS_MAX: u64 = 4;
/// Seeds for each policy: 10 000 schedules in all.
const SEEDS: u64 = 2_500;

/// All ways in which a call can end.
const WAYS: [&str; 10] = [
    "reply",
    "timeout",
    "no process",
    "a panic",
    "killed",
    "exited",
    "no reply",
    "called itself",
    "cycle",
    "overloaded",
];

/// What everybody writes to. The lock is never held while one of them could be ended.
type Shared = Arc<Mutex<Record>>;

/// Has a storm, and gives what was wrong about it, and in which ways calls ended.
async fn storm(seed: u64) -> (Vec<String>, Ways) {
    let shared = Shared::default();
    let mut weather = Dice::new(seed, 0);
    let keepers: Vec<Monitor> = (0..NAMES.len())
        .map(|slot| {
            let (shared, dice) = (Arc::clone(&shared), Dice::new(seed, 1 + slot as u64));
            spawn_monitor(async move |_: Inbox<()>| keep(shared, slot, dice).await).1
        })
        .collect();
    settle().await;
    let callers = raise(seed, &shared, 1 + weather.roll(CALLERS_MAX));
    // Whoever has a limit, and whoever makes trouble, is done.
    sleep(secs(1)).await;
    settle().await;
    shared.lock().check_open();
    shared.lock().is_closing = true;
    for name in NAMES {
        if let Some(clerk) = whereis(Name::text(name)) {
            exit(clerk, ExitReason::Kill);
        }
    }
    for end in callers {
        let reason = end.await.reason;
        let is_right = matches!(reason, ExitReason::Normal | ExitReason::Killed);
        shared
            .lock()
            .expect(is_right, || format!("a caller: {reason}"));
    }
    for end in keepers {
        let reason = end.await.reason;
        let is_right = reason == ExitReason::Normal;
        shared
            .lock()
            .expect(is_right, || format!("a keeper: {reason}"));
    }
    settle().await;
    shared.lock().check();
    look_for_leftovers(&shared).await;
    let mut record = shared.lock();
    (
        mem::take(&mut record.complaints),
        mem::take(&mut record.ways),
    )
}

/// Starts callers, and two who make trouble.
fn raise(seed: u64, shared: &Shared, callers: u64) -> Vec<Monitor> {
    let mut ends = Vec::new();
    for who in 0..callers {
        let (record, dice) = (Arc::clone(shared), Dice::new(seed, 10 + who));
        let (process, end) = spawn_monitor(async move |_: Inbox<()>| caller(record, dice).await);
        shared.lock().callers.push(process.pid());
        ends.push(end);
    }
    for who in 0..2 {
        let (record, dice) = (Arc::clone(shared), Dice::new(seed, 20 + who));
        let body = async move |_: Inbox<()>| troublemaker(record, dice).await;
        ends.push(spawn_monitor(body).1);
    }
    ends
}

/// Processes, names, messages, monitors, links, timers: nothing is left.
async fn look_for_leftovers(shared: &Shared) {
    let fired = Handle::current().stats().timers_fired;
    // Whatever timer was left would come due by then.
    sleep(secs(60)).await;
    let fired = Handle::current().stats().timers_fired - fired;
    let own = process_info(self_pid()).await.unwrap();
    let mut record = shared.lock();
    record.expect(fired == 1, || format!("{} timers are left", fired - 1));
    record.expect(processes() == [self_pid()], || "processes are left".into());
    record.expect(registered().is_empty(), || "names are left".into());
    let left = (own.message_queue_len, own.monitors.len(), own.links.len());
    record.expect(left == (0, 0, 0), || format!("left with main: {left:?}"));
}

/// Has the storm of a seed under a policy.
fn run(seed: u64, policy: Policy) -> Outcome<(Vec<String>, Ways)> {
    let simulation = Runtime::simulated(seed).crash_reports(false);
    let simulation = simulation.policy(policy).expected_steps(150);
    simulation.explore(storm(seed))
}

fn over_seeds(policy: &Policy, seeds: std::ops::Range<u64>) {
    let mut all = Ways::new();
    for seed in seeds {
        let (complaints, ways) = run(seed, policy.clone())
            .result
            .unwrap_or_else(|reason| panic!("seed {seed}, {policy:?}: {reason}"));
        assert_eq!(complaints, [""; 0], "seed {seed}, {policy:?}");
        all.extend(ways);
    }
    // A storm in which something never happens says nothing about it.
    assert_eq!(all, Ways::from(WAYS), "{policy:?}");
}

// R-CALL-3.
#[test]
fn each_call_ends_in_exactly_one_way() {
    over_seeds(&Policy::Random, 0..SEEDS);
}

#[test]
fn each_call_ends_in_exactly_one_way_when_somebody_is_held_back() {
    over_seeds(&Policy::Pct { depth: 1 }, SEEDS..2 * SEEDS);
}

#[test]
fn each_call_ends_in_exactly_one_way_when_two_orders_matter() {
    over_seeds(&Policy::Pct { depth: 2 }, 2 * SEEDS..3 * SEEDS);
}

#[test]
fn each_call_ends_in_exactly_one_way_when_four_orders_matter() {
    over_seeds(&Policy::Pct { depth: 4 }, 3 * SEEDS..4 * SEEDS);
}
