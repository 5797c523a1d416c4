//! Pools, in the words of the library `poolboy`: checkout, check-in, overflow, transaction, status.

use std::time::Duration;

use regrow::prelude::*;
use regrow::process::{is_alive, processes, settle};
use regrow::server::{StartError, cast, stop};
use regrow::supervisor::{
    CheckoutError, FailedToStart, Lease, Pool, PoolSpecError, PoolState, PoolStrategy,
};
use regrow::time::{now, sleep, timeout};

use crate::supervisor::{Begin, Log, Plan, Worker, oops, worker};
use crate::support::{over_seeds, simulated};

type Pools = ServerRef<Pool<Worker>>;

fn plan() -> Plan {
    worker("w", &Log::default())
}

fn pool(plan: &Plan, size: usize, overflow: usize) -> Pool<Worker> {
    Pool::new(plan.spec()).size(size).max_overflow(overflow)
}

async fn started(pool: Pool<Worker>) -> Pools {
    pool.start().await.unwrap()
}

/// The state, and how many are idle, beyond the size, lent, waiting.
async fn status(pool: Pools) -> (PoolState, [usize; 4]) {
    let status = pool.status().await.unwrap();
    let numbers = [status.idle, status.overflow, status.lent, status.waiting];
    (status.state, numbers)
}

/// Checks out this many.
async fn leases(pool: Pools, count: usize) -> Vec<Lease<Worker>> {
    let mut leases = Vec::new();
    for _ in 0..count {
        leases.push(pool.checkout().await.unwrap());
    }
    leases
}

/// A process that checks a worker out and keeps it until it is told to end, or waits for one.
fn borrower(pool: Pools) -> ProcessRef<()> {
    spawn(async move |mut inbox: Inbox<()>| {
        let lease = pool.checkout().no_timeout().await;
        inbox.receive().await;
        drop(lease);
    })
}

/// The whole of poolboy's life of a pool: idle ones first, then overflow, then nothing; and back.
#[test]
fn ext_019_a_pool_lends_what_it_has_then_overflows_then_is_full() {
    simulated(async {
        let pool = started(pool(&plan(), 5, 10)).await;
        assert_eq!(status(pool).await, (PoolState::Ready, [5, 0, 0, 0]));
        let mut held = leases(pool, 5).await;
        assert_eq!(status(pool).await, (PoolState::Overflow, [0, 0, 5, 0]));
        held.extend(leases(pool, 10).await);
        assert_eq!(status(pool).await, (PoolState::Full, [0, 10, 15, 0]));
        let mut pids: Vec<_> = held.iter().map(|lease| lease.worker().pid()).collect();
        pids.sort_unstable();
        pids.dedup();
        assert_eq!(pids.len(), 15, "no worker is lent twice");
        assert_eq!(pool.try_checkout().await.unwrap_err(), CheckoutError::Full);

        // Those beyond the size end when they come back, whichever they are.
        held.truncate(5);
        settle().await;
        assert_eq!(status(pool).await, (PoolState::Overflow, [0, 0, 5, 0]));
        drop(held);
        assert_eq!(status(pool).await, (PoolState::Ready, [5, 0, 0, 0]));
        settle().await;
        assert_eq!(processes().len(), 1 + 1 + 5);
        stop(pool, ExitReason::Shutdown).await.unwrap();
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_lend_1_lifo_lends_the_last_that_came_back_and_fifo_the_one_idle_for_longest() {
    simulated(async {
        for (strategy, last_first) in [(PoolStrategy::Lifo, true), (PoolStrategy::Fifo, false)] {
            let pool = started(pool(&plan(), 3, 0).strategy(strategy)).await;
            let mut held = leases(pool, 3).await;
            let pids: Vec<_> = held.iter().map(Lease::worker).collect();
            for lease in held.drain(..) {
                drop(lease);
                settle().await;
            }
            let mut again: Vec<_> = leases(pool, 3).await;
            let mut order: Vec<_> = again.iter().map(Lease::worker).collect();
            if last_first {
                order.reverse();
            }
            assert_eq!(order, pids, "{strategy:?}");
            again.clear();
        }
    });
}

/// First come, first served; a waiter in time gets what comes back, one too late gets an error and
/// leaves the queue.
#[test]
fn r_lend_2_those_who_wait_are_served_in_turn() {
    simulated(async {
        let pool = started(pool(&plan(), 1, 0)).await;
        let lease = pool.checkout().await.unwrap();
        let (order, mut turns) = (Log::default(), Vec::new());
        for number in 0..5 {
            let order = order.clone();
            turns.push(spawn_monitor(async move |_: Inbox<()>| {
                let lease = pool.checkout().await.unwrap();
                order.say(number.to_string());
                sleep(millis(100)).await;
                drop(lease);
            }));
            settle().await;
        }
        assert_eq!(status(pool).await, (PoolState::Full, [0, 0, 1, 5]));
        drop(lease);
        for (_, end) in turns {
            assert_eq!(end.await.reason, ExitReason::Normal);
        }
        assert_eq!(order.take(), ["0", "1", "2", "3", "4"]);
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
    });
}

#[test]
fn r_lend_3_a_checkout_that_takes_too_long_fails_and_leaves_the_queue() {
    simulated(async {
        let pool = started(pool(&plan(), 1, 0)).await;
        let lease = pool.checkout().await.unwrap();
        let begun = now();
        assert_eq!(pool.checkout().await.unwrap_err(), CheckoutError::Timeout);
        assert!((secs(5)..secs(5) + millis(2)).contains(&begun.elapsed()));
        let short = pool.checkout().timeout(millis(20)).await;
        assert_eq!(short.unwrap_err(), CheckoutError::Timeout);
        assert_eq!(status(pool).await, (PoolState::Full, [0, 0, 1, 0]));
        drop(lease);
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
    });
}

/// However the giving up and the granting fall, nobody keeps the worker who does not have it.
#[test]
fn r_lend_4_a_waiter_that_gives_up_or_dies_leaves_the_queue_and_keeps_no_worker() {
    over_seeds(300, || async {
        let pool = started(pool(&plan(), 1, 0)).await;
        let lease = pool.checkout().await.unwrap();
        let dies = borrower(pool);
        let gives_up = spawn_monitor(async move |_: Inbox<()>| {
            let _late = timeout(millis(10), pool.checkout()).await;
        });
        sleep(millis(10)).await;
        exit(dies, ExitReason::Kill);
        drop(lease);
        gives_up.1.await;
        settle().await;
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
        let again = pool.try_checkout().await.unwrap();
        assert!(is_alive(again.worker()).await);
    });
}

#[test]
fn r_lend_5_a_worker_comes_back_when_its_borrower_ends() {
    simulated(async {
        let pool = started(pool(&plan(), 2, 1)).await;
        let borrowers: Vec<_> = (0..3).map(|_| borrower(pool)).collect();
        settle().await;
        assert_eq!(status(pool).await, (PoolState::Full, [0, 1, 3, 0]));
        for borrower in borrowers {
            exit(borrower, ExitReason::Kill);
        }
        settle().await;
        assert_eq!(status(pool).await, (PoolState::Ready, [2, 0, 0, 0]));
        assert_eq!(processes().len(), 1 + 1 + 2);
    });
}

#[test]
fn r_lend_6_a_worker_that_ends_is_replaced_idle_or_lent_and_one_beyond_the_size_is_not() {
    simulated(async {
        let plan = plan();
        let pool = started(pool(&plan, 1, 1)).await;
        // Idle.
        plan.killed().await;
        assert_eq!(plan.starts(), 2);
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
        // Lent, and nobody waits: there is an idle one again.
        let lease = pool.checkout().await.unwrap();
        plan.ends(oops()).await;
        assert_eq!(plan.starts(), 3);
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
        assert!(!is_alive(lease.worker()).await);
        drop(lease);
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
        // One beyond the size: there is one less.
        let held = leases(pool, 2).await;
        plan.killed().await;
        assert_eq!(plan.starts(), 4);
        assert_eq!(status(pool).await, (PoolState::Overflow, [0, 0, 1, 0]));
        // Full, and somebody waits: a new one goes to whoever does.
        let more = pool.checkout().await.unwrap();
        let waits = borrower(pool);
        settle().await;
        assert_eq!(status(pool).await, (PoolState::Full, [0, 1, 2, 1]));
        plan.killed().await;
        assert_eq!(plan.starts(), 6);
        assert_eq!(status(pool).await, (PoolState::Full, [0, 1, 2, 0]));
        drop((held, more));
        exit(waits, ExitReason::Kill);
        settle().await;
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
    });
}

#[test]
fn r_lend_7_a_transaction_gives_the_worker_back_whatever_happens() {
    simulated(async {
        let pool = started(pool(&plan(), 1, 0)).await;
        let pid = pool.transaction(async |worker| worker.pid()).await.unwrap();
        assert!(is_alive(pid).await);
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            let gone: Result<(), _> = pool.transaction(async |_| panic!("no")).await;
            gone
        });
        assert!(end.await.reason.is_crash());
        let slow = timeout(millis(10), pool.transaction(async |_| sleep(secs(9)).await)).await;
        assert!(slow.is_err());
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));

        let lease = pool.checkout().await.unwrap();
        let late = pool.checkout().timeout(millis(5)).with(async |_| ()).await;
        assert_eq!(late, Err(CheckoutError::Timeout));
        drop(lease);
    });
}

/// At the start the pool does not run; one more is an error for the one who asked; a replacement
/// ends the pool, for its supervisor to decide.
#[test]
fn r_lend_8_a_worker_that_does_not_start_is_an_error_where_it_was_wanted() {
    simulated(async {
        let failing = plan().begins([Begin::Runs, Begin::Fails]);
        match pool(&failing, 2, 0).start().await {
            Err(StartError::Failed(reason)) => {
                let failed: &FailedToStart = reason.downcast_ref().unwrap();
                assert_eq!(failed.reason, oops());
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(processes().len(), 1);

        let later = plan().begins([Begin::Runs]);
        let pool = started(pool(&later, 1, 3)).await;
        let lease = pool.checkout().await.unwrap();
        later.then(Begin::Fails);
        let refused = pool.checkout().await.unwrap_err();
        assert_eq!(refused, CheckoutError::NotStarted(oops()));
        assert_eq!(status(pool).await, (PoolState::Overflow, [0, 0, 1, 0]));
        let end = monitor(pool);
        drop(lease);
        exit(later.starts_of(0), ExitReason::Kill);
        let reason = end.await.reason;
        assert!(reason.downcast_ref::<FailedToStart>().is_some(), "{reason}");
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_lend_9_the_number_of_replacements_can_be_limited() {
    simulated(async {
        let plan = plan();
        let pool = started(pool(&plan, 1, 0).max_restarts(2, secs(5))).await;
        let end = monitor(pool);
        plan.killed().await;
        plan.killed().await;
        assert!(is_alive(pool).await);
        plan.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

/// A worker beyond the size that takes its time to end holds nobody up, and is killed when it takes
/// too long.
#[test]
fn r_lend_10_a_dismissed_worker_holds_nobody_up_and_is_killed_when_it_is_late() {
    simulated(async {
        let slow = plan().ending_in(secs(60));
        let spec = slow.spec().shutdown(Shutdown::After(secs(2)));
        let pool = started(Pool::new(spec).size(1).max_overflow(1)).await;
        let held = leases(pool, 2).await;
        drop(held);
        settle().await;
        let begun = now();
        assert_eq!(status(pool).await, (PoolState::Ready, [1, 0, 0, 0]));
        assert_eq!(begun.elapsed().as_millis(), 0);
        assert_eq!(processes().len(), 1 + 1 + 2);
        sleep(secs(2) + millis(2)).await;
        assert_eq!(processes().len(), 1 + 1 + 1);

        // The pool's own end waits for it, with its limit.
        let held = leases(pool, 2).await;
        drop(held);
        settle().await;
        stop(pool, ExitReason::Shutdown).await.unwrap();
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_lend_11_a_pool_without_workers_does_not_start_and_one_that_has_ended_lends_nothing() {
    simulated(async {
        for (wrong, error) in [
            (pool(&plan(), 0, 0), PoolSpecError::NoWorkers),
            (
                pool(&plan(), 1, 0).max_restarts(1, Duration::ZERO),
                PoolSpecError::ZeroPeriod,
            ),
        ] {
            match wrong.start().await {
                Err(StartError::Failed(ExitReason::Error(reason))) => {
                    assert_eq!(reason.downcast_ref(), Some(&error));
                }
                other => panic!("{other:?}"),
            }
        }
        let pool = started(pool(&plan(), 1, 0)).await;
        let lease = pool.checkout().await.unwrap();
        let waits = spawn_monitor(async move |_: Inbox<()>| {
            let error = pool.checkout().await.unwrap_err();
            assert!(
                matches!(error, CheckoutError::Call(CallError::Exited(_))),
                "{error}"
            );
        });
        settle().await;
        stop(pool, ExitReason::Shutdown).await.unwrap();
        assert_eq!(waits.1.await.reason, ExitReason::Normal);
        assert_eq!(pool.checkout().await.unwrap_err(), CheckoutError::NoProcess);
        drop(lease);
    });
}

/// A pool of size 0 starts its workers when they are wanted.
#[test]
fn r_lend_12_an_empty_pool_that_may_overflow_has_workers_when_they_are_wanted() {
    simulated(async {
        let plan = plan();
        let pool = started(pool(&plan, 0, 1)).await;
        assert_eq!(plan.starts(), 0);
        let lease = pool.checkout().await.unwrap();
        assert_eq!(plan.starts(), 1);
        assert_eq!(status(pool).await, (PoolState::Full, [0, 1, 1, 0]));
        drop(lease);
        settle().await;
        assert_eq!(processes().len(), 1 + 1);
    });
}

/// Borrowers that come, work, crash and are killed, and workers that crash: in the end everything is
/// back.
#[test]
fn r_lend_13_after_a_storm_all_workers_are_back() {
    for seed in 0..500 {
        regrow::Runtime::simulated(seed)
            .crash_reports(false)
            .run(storm(seed));
    }
}

async fn storm(seed: u64) {
    use crate::support::Dice;
    let mut dice = Dice::new(seed, 0);
    let plan = plan();
    let (size, overflow) = (1 + dice.roll(3) as usize, dice.roll(3) as usize);
    let pool = started(pool(&plan, size, overflow)).await;
    let mut borrowers = Vec::new();
    for who in 1..20 {
        let mut dice = Dice::new(seed, who);
        borrowers.push(spawn(async move |_: Inbox<()>| {
            for _ in 0..3 {
                sleep(dice.pause()).await;
                let asked = if dice.roll(4) == 0 {
                    pool.try_checkout()
                } else {
                    pool.checkout().timeout(dice.pause())
                };
                let Ok(lease) = asked.await else { continue };
                sleep(dice.pause()).await;
                match dice.roll(6) {
                    0 => cast(lease.worker(), crate::supervisor::End(oops())),
                    1 => panic!("with a worker in hand"),
                    _ => {}
                }
            }
        }));
        let kept = status(pool).await.1;
        assert!(
            kept[0] + kept[2] <= size + overflow,
            "too many, seed {seed}"
        );
    }
    for borrower in borrowers {
        sleep(dice.pause()).await;
        if dice.roll(3) == 0 {
            exit(borrower, ExitReason::Kill);
        }
    }
    sleep(secs(10)).await;
    let expected = (PoolState::Ready, [size, 0, 0, 0]);
    assert_eq!(status(pool).await, expected, "seed {seed}");
    assert_eq!(processes().len(), 1 + 1 + size, "seed {seed}");
}
