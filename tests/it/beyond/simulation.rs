//! Random supervisors whose children have delays, budgets, lifetimes and ties, under random kills.
//!
//! A seed makes the children, what is asked for them, how their starts go, and who is ended when. In a
//! quiet moment, and at the end:
//!
//! - a child that is said to run is alive, and every live worker is a child that runs;
//! - one that is restarting waits for a time, and is started when that is over;
//! - one that was given up does not run;
//! - one that is bound to another runs only while that one does;
//! - when the supervisor has ended, nothing is left of it.

use std::time::Duration;

use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::{is_alive, processes, settle};
use regrow::server::stop;
use regrow::supervisor::{Backoff, ChildInfo, ChildProcess, Exhausted};
use regrow::time::{now, sleep};

use crate::supervisor::{Begin, Log, Plan, Worker, oops, worker};
use crate::support::Dice;

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A child, and whom it is bound to.
struct Member {
    plan: Plan,
    bound_to: Option<usize>,
}

fn backoff(dice: &mut Dice) -> Backoff {
    let (min, max) = (millis(1 + dice.roll(500)), millis(500 + dice.roll(5000)));
    let backoff = match dice.roll(4) {
        0 => Backoff::fixed(min),
        1 => Backoff::linear(min, max),
        2 => Backoff::exponential(min, max),
        _ => Backoff::random_exponential(min, max),
    };
    backoff.jitter(dice.roll(10) as f64 / 10.0)
}

/// What is asked for a child.
fn settings(spec: ChildSpec<Worker>, dice: &mut Dice) -> ChildSpec<Worker> {
    let restarts = [Restart::Permanent, Restart::Permanent, Restart::Transient];
    let mut spec = spec.restart(restarts[dice.roll(3) as usize]);
    if dice.roll(2) == 0 {
        spec = spec.backoff(backoff(dice));
    }
    if dice.roll(5) == 0 {
        spec = spec.max_lifetime(millis(1 + dice.roll(20_000)));
    }
    match dice.roll(4) {
        0 => {
            let exhausted = match dice.roll(3) {
                0 => Exhausted::Escalate,
                1 => Exhausted::RetryAfter(millis(1 + dice.roll(5000))),
                _ => Exhausted::GiveUpChild,
            };
            spec.budget(dice.roll(6) as u32, secs(5))
                .on_exhausted(exhausted)
        }
        1 => spec.retry_after(millis(1 + dice.roll(5000))),
        _ => spec,
    }
}

fn members(dice: &mut Dice, supervisor: Supervisor) -> (Vec<Member>, Supervisor) {
    let (mut members, mut supervisor) = (Vec::new(), supervisor);
    for (place, id) in IDS.into_iter().enumerate().take(1 + dice.roll(6) as usize) {
        let begins: Vec<_> = (0..dice.roll(12))
            .map(|start| match dice.roll(5) {
                // The first has to go well, for the supervisor to start.
                0 if start > 0 => Begin::Fails,
                1 => Begin::After(millis(dice.roll(20)), Box::new(Begin::Runs)),
                _ => Begin::Runs,
            })
            .collect();
        let plan = worker(id, &Log::default()).begins(begins);
        let plan = if dice.roll(2) == 0 {
            plan.trapping()
        } else {
            plan
        };
        let mut spec = settings(plan.spec(), dice);
        let bound_to = (place > 0 && dice.roll(3) == 0).then(|| dice.roll(place as u64) as usize);
        if let Some(older) = bound_to {
            spec = spec.binds_to(IDS[older]);
        }
        supervisor = supervisor.child(spec);
        members.push(Member { plan, bound_to });
    }
    (members, supervisor)
}

/// The children, oldest first, in a moment in which nothing is under way. `None`: it has ended.
async fn children(supervisor: ServerRef<Supervisor>) -> Option<Vec<ChildInfo>> {
    loop {
        settle().await;
        let asked = now();
        let mut children = supervisor.which_children().await.ok()?;
        // It was in the middle of something, and has not heard yet of what happened meanwhile.
        if asked.elapsed() < millis(1) {
            children.reverse();
            return Some(children);
        }
    }
}

/// What is to be true in a quiet moment.
async fn look(members: &[Member], supervisor: ServerRef<Supervisor>, seed: u64) {
    let Some(children) = children(supervisor).await else {
        return;
    };
    let mut running = Vec::new();
    for (member, child) in members.iter().zip(&children) {
        let ChildInfo {
            process,
            delayed,
            given_up,
            ..
        } = child;
        match *process {
            ChildProcess::Running(pid) => {
                assert_eq!(pid, member.plan.pid(), "not the newest, seed {seed}");
                assert!(is_alive(pid).await, "a dead child, seed {seed}");
                running.push(true);
            }
            other => {
                assert!(!is_alive(member.plan.pid()).await, "lost, seed {seed}");
                let waits = other == ChildProcess::Restarting;
                assert_eq!(waits, delayed.is_some(), "waits for nothing, seed {seed}");
                running.push(false);
            }
        }
        assert!(
            !given_up || *process == ChildProcess::Stopped,
            "given up, seed {seed}"
        );
        if let Some(older) = member.bound_to {
            assert!(
                running[older] || !running.last().unwrap(),
                "untied, seed {seed}"
            );
        }
    }
}

/// Ends a child, or has the supervisor do something to it.
async fn disturb(members: &[Member], supervisor: ServerRef<Supervisor>, dice: &mut Dice) {
    let place = dice.roll(members.len() as u64) as usize;
    let member = &members[place];
    match dice.roll(8) {
        0 => {
            let _known = supervisor.terminate_child(IDS[place]).await;
        }
        1 if member.bound_to.is_none() => {
            let _stopped = supervisor.restart_child(IDS[place]).await;
        }
        2 => member.plan.end(oops()),
        3 => member.plan.end(ExitReason::Normal),
        _ => exit(member.plan.pid(), ExitReason::Kill),
    }
}

/// Each child that waits is started when its time is over, unless it is stopped before that.
async fn nobody_waits_for_ever(members: &[Member], supervisor: ServerRef<Supervisor>, seed: u64) {
    for (member, id) in members.iter().zip(IDS) {
        let starts = member.plan.starts();
        let find = |children: Vec<ChildInfo>| {
            let mut children = children.into_iter();
            children.find(|child| child.id.as_ref().is_some_and(|known| known.as_str() == id))
        };
        let Some(child) = children(supervisor).await.and_then(find) else {
            continue;
        };
        let Some(left) = child.delayed else { continue };
        sleep(left + millis(2)).await;
        let Some(child) = children(supervisor).await.and_then(find) else {
            continue;
        };
        let started = member.plan.starts() > starts;
        assert!(
            started || child.process == ChildProcess::Stopped,
            "waits for ever, seed {seed}"
        );
    }
}

async fn live_and_die(seed: u64) {
    let mut dice = Dice::new(seed, 0);
    let strategies = [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ];
    let supervisor = Supervisor::new(strategies[dice.roll(3) as usize])
        .max_restarts(dice.roll(40) as u32, secs(5));
    let (members, supervisor) = members(&mut dice, supervisor);
    let supervisor = supervisor.start().await.unwrap();
    for _ in 0..dice.roll(25) {
        disturb(&members, supervisor, &mut dice).await;
        match dice.roll(3) {
            0 => sleep(millis(dice.roll(3000))).await,
            1 => {
                look(&members, supervisor, seed).await;
            }
            _ => {}
        }
    }
    // Starts go well by then.
    sleep(secs(60)).await;
    look(&members, supervisor, seed).await;
    nobody_waits_for_ever(&members, supervisor, seed).await;
    // It may have ended by itself just now.
    let _stopped = stop(supervisor, ExitReason::Shutdown).await;
    let starts: Vec<usize> = members.iter().map(|member| member.plan.starts()).collect();
    sleep(Duration::from_mins(5)).await;
    assert_eq!(processes().len(), 1, "left behind, seed {seed}");
    let later: Vec<usize> = members.iter().map(|member| member.plan.starts()).collect();
    assert_eq!(starts, later, "started by nobody, seed {seed}");
}

#[test]
fn r_again_8_random_settings_under_random_kills_lose_nobody_and_leave_nobody() {
    for seed in 0..2500 {
        Runtime::simulated(seed)
            .crash_reports(false)
            .run(live_and_die(seed));
    }
}
