//! Turns: who has one, for how long, and what comes in meanwhile.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use regrow::Runtime;
use regrow::process::{
    ExitReason, Inbox, Priority, ProcessRef, Received, SpawnOptions, Status, blocking, demonitor,
    exit, is_alive, link, monitor, process_info, self_pid, set_priority, settle, spawn,
    spawn_monitor, spawn_with, trap_exit, unlink, yield_now,
};
use regrow::sim::Policy;
use regrow::time::{millis, now, secs, sleep, timeout};

use crate::support::{forever, real, simulated};

/// Spawns a process that has one turn after the other, and counts them.
fn counts_turns(priority: Priority) -> Arc<AtomicUsize> {
    let turns = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&turns);
    let options = SpawnOptions::new().priority(priority);
    let busy = spawn_with(options, async move |_: Inbox<()>| {
        loop {
            count.fetch_add(1, SeqCst);
            yield_now().await;
        }
    });
    busy.unwrap();
    turns
}

#[test]
fn proc_079_low_priority_gets_about_an_eighth() {
    // A spare scheduler, which a busy machine may bring about, would have turns of its own to give.
    let runtime = Runtime::builder().schedulers(1).spares(0).build().unwrap();
    runtime.block_on(async {
        let low = [counts_turns(Priority::Low), counts_turns(Priority::Low)];
        let normal = [
            counts_turns(Priority::Normal),
            counts_turns(Priority::Normal),
        ];
        let total = |group: &[Arc<AtomicUsize>]| -> usize {
            group.iter().map(|turns| turns.load(SeqCst)).sum()
        };
        while total(&normal) < 20_000 {
            yield_now().await;
        }
        let (low, normal) = (total(&low), total(&normal));
        assert!(
            (normal / 16..=normal / 4).contains(&low),
            "{low} turns to {normal}"
        );
    });
}

#[test]
fn proc_086_a_yield_gives_up_one_turn() {
    let order = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&order);
    let fair = Runtime::simulated(1).policy(Policy::RoundRobin);
    fair.run(async move {
        let spawned: Vec<_> = ['a', 'b', 'c']
            .into_iter()
            .map(|name| {
                let log = Arc::clone(&log);
                spawn_monitor(async move |_: Inbox<()>| {
                    for _ in 0..4 {
                        log.lock().push(name);
                        yield_now().await;
                    }
                })
            })
            .collect();
        for (_, watch) in spawned {
            watch.await;
        }
    });
    assert_eq!(*order.lock(), "abcabcabcabc");
}

#[test]
fn proc_089_setting_a_flag_returns_the_old_value() {
    simulated(async {
        assert!(!trap_exit(true));
        assert!(process_info(self_pid()).await.unwrap().trap_exit);
        assert!(trap_exit(false));
        assert!(!process_info(self_pid()).await.unwrap().trap_exit);

        assert_eq!(set_priority(Priority::High), Priority::Normal);
        assert_eq!(
            process_info(self_pid()).await.unwrap().priority,
            Priority::High
        );
        assert_eq!(set_priority(Priority::Low), Priority::High);
        assert_eq!(
            process_info(self_pid()).await.unwrap().priority,
            Priority::Low
        );
        assert_eq!(set_priority(Priority::Normal), Priority::Low);
        assert_eq!(
            process_info(self_pid()).await.unwrap().priority,
            Priority::Normal
        );
    });
}

#[test]
fn proc_095_sleep_takes_nothing_and_very_long() {
    simulated(async {
        let begun = now();
        sleep(Duration::ZERO).await;
        assert!(begun.elapsed() < secs(1));
        let weeks = Duration::from_millis((1 << 32) + 1);
        sleep(weeks).await;
        assert!(begun.elapsed() >= weeks);
        assert!(timeout(weeks, sleep(Duration::MAX)).await.is_err());
    });
}

#[test]
fn proc_096_a_storm_of_monitors_leaves_the_target_responsive() {
    real(2, async {
        let target = spawn(forever::<()>);
        let storms: Vec<_> = (0..2)
            .map(|_| {
                spawn_monitor(async move |_: Inbox<()>| {
                    for _ in 0..1_000 {
                        assert!(demonitor(monitor(target)));
                        yield_now().await;
                    }
                })
            })
            .collect();
        for (_, watch) in storms {
            assert_eq!(watch.await.reason, ExitReason::Normal);
        }
        let info = process_info(target).await.expect("the target lives");
        assert_eq!((info.message_queue_len, info.monitored_by), (0, vec![]));
    });
}

#[test]
fn proc_097_questions_amid_links_and_unlinks_stick_nobody() {
    real(2, async {
        let target = spawn(forever::<()>);
        let (_, asker) = spawn_monitor(async move |_: Inbox<()>| {
            for _ in 0..10_000 {
                assert!(process_info(target).await.is_some());
            }
        });
        let (_, linker) = spawn_monitor(async move |_: Inbox<()>| {
            for _ in 0..10_000 {
                link(target).unwrap();
                unlink(target);
                yield_now().await;
            }
        });
        assert_eq!(asker.await.reason, ExitReason::Normal);
        assert_eq!(linker.await.reason, ExitReason::Normal);
        let info = process_info(target).await.expect("the target lives");
        assert_eq!(info.links, []);
    });
}

#[test]
fn proc_098_a_blocking_result_wakes_its_process() {
    real(2, async {
        for round in 0..500 {
            let (process, watch) = spawn_monitor(async move |mut inbox: Inbox<u32>| {
                assert_eq!(blocking(move || round).await, Ok(round));
                assert_eq!(inbox.receive().await, Received::Message(round));
            });
            yield_now().await;
            process.send(round);
            assert_eq!(watch.await.reason, ExitReason::Normal);
        }
    });
}

#[test]
fn proc_099_a_process_in_a_blocking_call_answers_and_dies() {
    real(2, async {
        let (release, waits) = mpsc::channel::<()>();
        let (caller, watch) = spawn_monitor(async |_: Inbox<u8>| {
            let waited = blocking(move || waits.recv());
            waited
                .await
                .expect("the job does not panic")
                .expect("it is released");
        });
        caller.send(1);
        let info = loop {
            let info = process_info(caller).await.expect("it waits");
            if info.status == Status::Busy {
                break info;
            }
        };
        assert_eq!(info.message_queue_len, 1);
        assert!(is_alive(caller).await);
        exit(caller, ExitReason::Kill);
        // The job goes on: nobody has released it.
        assert_eq!(watch.await.reason, ExitReason::Killed);
        release.send(()).unwrap();
    });
}

#[test]
fn a_shutdown_waits_for_the_blocking_job_that_has_begun() {
    let runtime = Runtime::builder().schedulers(1).build().unwrap();
    let (begin, begun) = mpsc::channel();
    let (release, waits) = mpsc::channel::<()>();
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let job = move || {
        begin.send(()).unwrap();
        // The other half is dropped when the process is, which the shutdown kills.
        assert!(waits.recv().is_err());
        over.store(true, SeqCst);
    };
    let spawned = runtime.spawn(async move |_: Inbox<()>| {
        let held = release;
        let result = blocking(job).await;
        drop(held);
        result.unwrap();
    });
    spawned.unwrap();
    begun.recv().unwrap();
    assert!(runtime.shutdown(secs(60)), "the process and the job end");
    assert!(is_over.load(SeqCst));
}

#[test]
fn a_shutdown_whose_time_is_up_leaves_a_blocking_job_behind() {
    let runtime = Runtime::builder().schedulers(1).build().unwrap();
    let (begin, begun) = mpsc::channel();
    let (release, waits) = mpsc::channel::<()>();
    let job = move || {
        begin.send(()).unwrap();
        waits.recv()
    };
    let spawned = runtime.spawn(async move |_: Inbox<()>| drop(blocking(job).await));
    spawned.unwrap();
    begun.recv().unwrap();
    assert!(!runtime.shutdown(Duration::from_millis(20)));
    release.send(()).unwrap();
}

/// The spare scheduler that took over keeps the time, fires a timer, and retires; by then the others
/// sleep without a limit.
#[test]
fn timers_fire_also_when_the_spare_that_kept_the_time_has_retired() {
    real(1, async {
        for _ in 0..10 {
            let is_waiting = Arc::new(AtomicBool::new(false));
            let waiting = Arc::clone(&is_waiting);
            let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
                waiting.store(true, SeqCst);
                sleep(millis(20)).await;
                sleep(millis(20)).await;
            });
            // Only a spare scheduler can run the other one meanwhile, and it sleeps then.
            while !is_waiting.load(SeqCst) {
                std::hint::spin_loop();
            }
            let seen = now();
            while seen.elapsed() < millis(5) {
                std::hint::spin_loop();
            }
            assert_eq!(end.await.reason, ExitReason::Normal);
        }
    });
}

/// Two waits of one process: the time of the first is up, but its timer has not fired, when the second
/// looks at the clock.
#[test]
fn a_wait_is_woken_though_another_one_begins_when_its_time_is_up() {
    real(1, async {
        let mut short = pin!(sleep(millis(1)));
        let mut long = pin!(sleep(secs(60)));
        let mut has_begun = false;
        let woken_in_time = poll_fn(|cx| {
            if has_begun && long.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            if short.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            let begun = now();
            while !has_begun && begun.elapsed() < millis(3) {
                std::hint::spin_loop();
            }
            has_begun = true;
            assert!(long.as_mut().poll(cx).is_pending());
            Poll::Pending
        })
        .await;
        assert!(woken_in_time);
    });
}

/// The spare scheduler that took over retires when all others are asleep already.
#[test]
fn a_settle_ends_also_when_the_last_scheduler_to_stop_is_a_spare() {
    real(1, async {
        for _ in 0..20 {
            let is_done = Arc::new(AtomicBool::new(false));
            let done = Arc::clone(&is_done);
            spawn(async move |_: Inbox<()>| done.store(true, SeqCst));
            // Only a spare scheduler can run the other one meanwhile.
            while !is_done.load(SeqCst) {
                std::hint::spin_loop();
            }
            settle().await;
        }
    });
}

#[test]
fn one_who_polls_lets_whom_it_waits_for_run_under_every_policy() {
    for policy in [Policy::Random, Policy::RoundRobin, Policy::Pct { depth: 3 }] {
        for seed in 0..50 {
            let run = Runtime::simulated(seed).policy(policy.clone());
            let polls = run.run(async {
                let is_done = Arc::new(AtomicBool::new(false));
                let done = Arc::clone(&is_done);
                spawn(async move |_: Inbox<()>| done.store(true, SeqCst));
                let mut polls = 0;
                while !is_done.load(SeqCst) {
                    polls += 1;
                    yield_now().await;
                }
                polls
            });
            assert!(polls <= 50, "{policy:?}, seed {seed}: {polls} polls");
        }
    }
}

#[test]
fn r_run_1_a_kill_takes_effect_at_the_next_wait() {
    real(2, async {
        let (running, killed) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let (is_running, is_killed) = (Arc::clone(&running), Arc::clone(&killed));
        let computed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&computed);
        let (busy, watch) = spawn_monitor(async move |_: Inbox<()>| {
            running.store(true, SeqCst);
            while !killed.load(SeqCst) {
                std::hint::spin_loop();
            }
            count.fetch_add(1, SeqCst);
            yield_now().await;
            count.fetch_add(1, SeqCst);
        });
        while !is_running.load(SeqCst) {
            yield_now().await;
        }
        exit(busy, ExitReason::Kill);
        is_killed.store(true, SeqCst);
        assert_eq!(watch.await.reason, ExitReason::Killed);
        assert_eq!(computed.load(SeqCst), 1);
    });
}

/// A chain of messages shares one budget, so a pair that is never idle holds up nobody.
#[test]
fn a_busy_pair_lets_others_have_their_turn() {
    struct Ball(ProcessRef<Ball>);

    async fn player(mut inbox: Inbox<Ball>) -> ! {
        loop {
            let Ball(from) = inbox.select(|_| true).await;
            from.send(Ball(inbox.this()));
        }
    }

    real(1, async {
        let (one, other) = (spawn(player), spawn(player));
        one.send(Ball(other));
        for _ in 0..100 {
            yield_now().await;
        }
        let (_, watch) = spawn_monitor(async |_: Inbox<()>| {});
        assert_eq!(watch.await.reason, ExitReason::Normal);
        exit(one, ExitReason::Kill);
    });
}

#[test]
fn a_simulation_that_goes_on_for_ever_is_given_up() {
    // A timer that is always set again; and two who always have something to say to each other.
    let timer = Runtime::simulated(1).max_turns(10_000).explore(async {
        loop {
            sleep(secs(3_600)).await;
        }
    });
    let talk = Runtime::simulated(1).max_turns(10_000).explore(async {
        let echo = spawn(async |mut inbox: Inbox<ProcessRef<()>>| -> () {
            loop {
                if let Received::Message(from) = inbox.receive().await {
                    from.send(());
                }
            }
        });
        spawn(async move |mut inbox: Inbox<()>| -> () {
            loop {
                echo.send(inbox.this());
                inbox.receive().await;
            }
        });
        std::future::pending::<()>().await;
    });
    assert!(timer.elapsed > secs(3_600 * 1_000));
    for ended in [timer.result, talk.result] {
        let why = ended.unwrap_err().to_string();
        assert!(why.starts_with("no end after 10000 turns"), "{why}");
        assert!(why.contains("Simulation::max_turns"), "{why}");
    }
}
