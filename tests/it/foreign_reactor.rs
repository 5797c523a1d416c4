//! Wake-ups that come from outside: from threads, timers and reactors that know nothing of regrow.
//!
//! A `Waker` is all that such code gets of a process. It is a number (the pid), so it may be kept for
//! longer than the process lives, be used from any thread, and any number of times.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::thread;

use futures_timer::Delay;
use parking_lot::Mutex;
use regrow::process::{ExitReason, Inbox, exit, settle, spawn, spawn_monitor};
use regrow::time::{millis, secs};
use regrow::{Pid, Runtime};

use crate::support::{real, simulated};

#[test]
fn a_timer_with_a_thread_of_its_own_wakes_processes() {
    for schedulers in [1, 2, 4] {
        real(schedulers, async {
            let processes = (0..1000).map(|index| {
                let delay = millis(index % 10);
                spawn_monitor(async move |_: Inbox<()>| Delay::new(delay).await).1
            });
            for watch in processes.collect::<Vec<_>>() {
                assert_eq!(watch.await.reason, ExitReason::Normal);
            }
        });
    }
}

#[test]
fn a_process_that_waits_for_a_foreign_timer_can_be_killed() {
    real(2, async {
        let (process, watch) = spawn_monitor(async |_: Inbox<()>| Delay::new(secs(3600)).await);
        settle().await;
        exit(process, ExitReason::Kill);
        assert_eq!(watch.await.reason, ExitReason::Killed);
    });
}

/// Spawns a process that waits for ever. Returns its waker, and the count of its polls.
async fn waits() -> (Waker, Arc<AtomicUsize>, Pid) {
    let shown = Arc::new(Mutex::new(None));
    let polls = Arc::new(AtomicUsize::new(0));
    let (show, count) = (Arc::clone(&shown), Arc::clone(&polls));
    let process = spawn(async move |_: Inbox<()>| {
        poll_fn::<(), _>(|cx| {
            *show.lock() = Some(cx.waker().clone());
            count.fetch_add(1, SeqCst);
            Poll::Pending
        })
        .await;
    });
    settle().await;
    let waker = shown.lock().take().expect("it was polled");
    (waker, polls, process.pid())
}

#[test]
fn each_wake_up_is_followed_by_a_poll() {
    simulated(async {
        let (waker, polls, _) = waits().await;
        for expected in 1..10 {
            assert_eq!(polls.load(SeqCst), expected);
            waker.wake_by_ref();
            settle().await;
        }
    });
}

#[test]
fn wake_ups_before_the_poll_are_one() {
    simulated(async {
        let (waker, polls, _) = waits().await;
        for _ in 0..10 {
            waker.wake_by_ref();
        }
        settle().await;
        assert_eq!(polls.load(SeqCst), 2);
    });
}

#[test]
fn a_wake_up_during_the_poll_is_not_lost() {
    for schedulers in [1, 2] {
        real(schedulers, async {
            for _ in 0..1000 {
                let mut woken = false;
                poll_fn(|cx| {
                    if std::mem::replace(&mut woken, true) {
                        return Poll::Ready(());
                    }
                    let waker = cx.waker().clone();
                    thread::scope(|scope| {
                        scope.spawn(|| waker.wake());
                    });
                    Poll::Pending
                })
                .await;
            }
        });
    }
}

/// The slot that a process lies in, the second of its pid's numbers.
fn slot(process: Pid) -> String {
    let pid = process.to_string();
    pid.split('.').nth(1).expect("three numbers").to_owned()
}

#[test]
fn a_wake_up_for_a_process_that_has_ended_reaches_nobody() {
    simulated(async {
        let (old, _, gone) = waits().await;
        exit(gone, ExitReason::Kill);
        let heir_polls = loop {
            let (_, polls, process) = waits().await;
            if slot(process) == slot(gone) {
                break polls;
            }
            exit(process, ExitReason::Kill);
        };
        old.wake();
        settle().await;
        assert_eq!(heir_polls.load(SeqCst), 1);
    });
}

#[test]
fn a_waker_that_outlives_its_runtime_is_harmless() {
    let runtime = Runtime::builder().schedulers(1).build().unwrap();
    let (waker, ..) = runtime.block_on(waits());
    drop(runtime);
    waker.wake_by_ref();
    drop(waker.clone());
    waker.wake();
}

#[test]
fn a_simulation_calls_waiting_for_a_foreign_timer_a_deadlock() {
    let outcome = Runtime::simulated(1).explore(async {
        Delay::new(secs(3600)).await;
        pending::<()>().await;
    });
    let reason = outcome.result.unwrap_err().to_string();
    assert!(reason.contains("deadlock"), "{reason}");
}
