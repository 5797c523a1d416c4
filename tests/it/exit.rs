//! Ends: by returning, by panicking, by an exit of one's own and by signals.
//!
//! What a signal meets that has arrived and was not received yet needs a process in the middle of a
//! turn; [`meets_a_pending_exit`] makes one, with two schedulers.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use parking_lot::Mutex;
use regrow::exit::IntoExit;
use regrow::process::{
    Exit, ExitReason, Inbox, Pid, Received, SpawnOptions, Status, exit, exit_self, is_alive,
    monitor, process_info, self_pid, spawn, spawn_link, spawn_monitor, spawn_with, trap_exit,
    unlink, yield_now,
};
use regrow::time::{millis, now, secs, sleep};

use crate::support::{forever, in_process, over_seeds, real, simulated};

/// How a process ended: the reasons that its link, to a process that traps exits, and a monitor of
/// it brought.
async fn fate<M, F>(body: impl FnOnce(Inbox<M>) -> F + Send + 'static) -> (ExitReason, ExitReason)
where
    M: Send + 'static,
    F: Future<Output: IntoExit> + Send + 'static,
{
    let seen = Arc::new(Mutex::new(None));
    let result = Arc::clone(&seen);
    in_process(async move |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let options = SpawnOptions::new().link().monitor();
        let child = spawn_with(options, body).unwrap();
        let down = child.monitor.unwrap().await;
        let Received::Exit(Exit { from, reason }) = inbox.receive().await else {
            panic!("the link brings an exit");
        };
        assert_eq!(from, child.process.pid());
        assert!(inbox.is_empty());
        *seen.lock() = Some((reason, down.reason));
    })
    .await;
    let fate = result.lock().take();
    fate.expect("the process above has ended well")
}

/// The reason that the link and the monitor agree on.
async fn reason_of<M, F>(body: impl FnOnce(Inbox<M>) -> F + Send + 'static) -> ExitReason
where
    M: Send + 'static,
    F: Future<Output: IntoExit> + Send + 'static,
{
    let (by_link, by_monitor) = fate(body).await;
    assert_eq!(by_link, by_monitor);
    by_link
}

/// A hundred kilobytes with some structure.
fn large() -> ExitReason {
    let rows: Vec<(String, Vec<u64>)> = (0..1_000)
        .map(|row| (format!("row {row}"), vec![row; 12]))
        .collect();
    ExitReason::term(rows)
}

fn oops() -> ExitReason {
    ExitReason::atom("oops")
}

#[test]
fn proc_001_a_process_that_returns_exits_normally() {
    simulated(async {
        assert_eq!(reason_of(async |_: Inbox<()>| {}).await, ExitReason::Normal);
    });
}

#[test]
fn proc_002_a_panic_is_an_exit_reason_with_message_and_place() {
    simulated(async {
        let line = line!() + 1;
        let reason = reason_of(async |_: Inbox<()>| panic!("no. {}", 7)).await;
        let ExitReason::Panic(info) = &reason else {
            panic!("{reason:?}")
        };
        assert_eq!(info.message(), "no. 7");
        let place = format!("{}:{line}:", file!());
        assert!(
            info.location()
                .is_some_and(|location| location.starts_with(&place)),
            "{info}"
        );
        assert!(reason.is_crash());

        let reason = reason_of(async |_: Inbox<()>| panic_any(7)).await;
        let ExitReason::Panic(info) = reason else {
            panic!("{reason:?}")
        };
        assert_eq!(info.message(), "Box<dyn Any>");
        assert!(info.location().is_some());
    });
}

/// The same. What is told of a panic is its own, not an earlier one's that somebody caught.
#[test]
fn a_panic_that_was_caught_does_not_lend_its_message_to_another() {
    simulated(async {
        let reason = reason_of(async |_: Inbox<()>| {
            catch_unwind(|| panic!("caught")).unwrap_err();
            resume_unwind(Box::new("passed on"))
        })
        .await;
        let ExitReason::Panic(info) = reason else {
            panic!("{reason:?}")
        };
        assert_eq!((info.message(), info.location()), ("passed on", None));
    });
}

#[test]
fn proc_004_exit_self_ends_with_exactly_its_reason() {
    simulated(async {
        let term = || ExitReason::term(("disk", 7));
        assert_eq!(
            reason_of(async move |_: Inbox<()>| exit_self(term())).await,
            term()
        );
        let trapping = async |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            exit_self(ExitReason::Normal);
        };
        assert_eq!(reason_of(trapping).await, ExitReason::Normal);
    });
}

#[test]
fn proc_005_a_large_reason_arrives_equal() {
    simulated(async {
        for _ in 0..10 {
            assert_eq!(
                reason_of(async |_: Inbox<()>| exit_self(large())).await,
                large()
            );
        }
    });
}

#[test]
fn proc_006_a_large_reason_of_an_exit_signal_arrives_equal() {
    simulated(async {
        for _ in 0..10 {
            in_process(async |mut inbox: Inbox<()>| {
                inbox.trap_exit(true);
                let other = spawn_link(forever::<()>);
                exit(other, large());
                let wanted = Exit {
                    from: other.pid(),
                    reason: large(),
                };
                assert_eq!(inbox.receive().await, Received::Exit(wanted));
            })
            .await;
        }
    });
}

#[test]
fn proc_007_exit_normal_from_another_process_is_ignored() {
    simulated(async {
        let other = spawn(async |mut inbox: Inbox<()>| {
            assert_eq!(inbox.receive().await, Received::Message(()));
        });
        let watch = monitor(other);
        exit(other, ExitReason::Normal);
        sleep(secs(1)).await;
        assert!(is_alive(other).await);
        other.send(());
        assert_eq!(watch.await.reason, ExitReason::Normal);
    });
}

#[test]
fn proc_008_exit_normal_from_another_process_is_a_message_when_trapped() {
    simulated(async {
        let tester = self_pid();
        let options = SpawnOptions::new().monitor().trap_exit(true);
        let other = spawn_with(options, async move |mut inbox: Inbox<()>| {
            let wanted = Exit {
                from: tester,
                reason: ExitReason::Normal,
            };
            assert_eq!(inbox.receive().await, Received::Exit(wanted));
        });
        let other = other.unwrap();
        exit(other.process, ExitReason::Normal);
        assert_eq!(other.monitor.unwrap().await.reason, ExitReason::Normal);
    });
}

#[test]
fn proc_009_exit_of_oneself_is_a_message_when_trapped() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        for number in 0..200 {
            let exit_to_self = Exit {
                from: inbox.pid(),
                reason: ExitReason::term(number),
            };
            exit(&inbox, ExitReason::term(number));
            assert_eq!(inbox.len(), 1);
            assert_eq!(inbox.receive().await, Received::Exit(exit_to_self));
        }
    }));
}

#[test]
fn proc_010_exit_normal_of_oneself_ends_the_process() {
    simulated(async {
        let reason = reason_of(async |inbox: Inbox<()>| {
            exit(&inbox, ExitReason::Normal);
            panic!("not reached");
        });
        assert_eq!(reason.await, ExitReason::Normal);
    });
}

#[test]
fn proc_011_exit_of_oneself_ends_the_process() {
    simulated(async {
        let reason = reason_of(async |inbox: Inbox<()>| {
            exit(&inbox, oops());
            panic!("not reached");
        });
        assert_eq!(reason.await, oops());
    });
}

#[test]
fn proc_012_exit_of_oneself_cannot_be_caught() {
    simulated(async {
        let survived = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&survived);
        let reason = reason_of(async move |mut inbox: Inbox<()>| {
            let this = inbox.pid();
            catch_unwind(|| exit(this, oops())).unwrap_err();
            // Caught as far as Rust is concerned; but the process has ended.
            inbox.receive_timeout(millis(0)).await;
            flag.store(true, SeqCst);
            ExitReason::Normal
        });
        assert_eq!(reason.await, oops());
        assert!(!survived.load(SeqCst));

        // Nor is it undone by another end on the way out.
        let reason = reason_of(async move |inbox: Inbox<()>| {
            catch_unwind(AssertUnwindSafe(|| exit(&inbox, oops()))).unwrap_err();
            panic!("after all");
        });
        assert_eq!(reason.await, oops());
    });
}

#[test]
fn proc_013_nothing_runs_after_exit_of_oneself() {
    over_seeds(200, || async {
        let reason = reason_of(async |inbox: Inbox<()>| {
            exit(&inbox, oops());
            std::process::abort();
        });
        assert_eq!(reason.await, oops());
    });
}

#[test]
fn proc_014_an_exit_signal_wins_over_the_timeout_it_races() {
    // At the same moment of virtual time, in any order.
    over_seeds(200, || async {
        let (other, watch) = spawn_monitor(async |mut inbox: Inbox<()>| {
            inbox.receive_timeout(millis(10)).await;
            forever(inbox).await;
        });
        sleep(millis(10)).await;
        exit(other, oops());
        assert_eq!(watch.await.reason, oops());
    });
    // The timeout comes before the process had its turn: the scheduler is busy meanwhile.
    real(1, async {
        for _ in 0..10 {
            let (other, watch) = spawn_monitor(async |mut inbox: Inbox<()>| {
                inbox.receive_timeout(millis(1)).await;
                panic!("the signal came first");
            });
            yield_now().await;
            exit(other, oops());
            let begun = now();
            while begun.elapsed() < millis(2) {
                std::hint::spin_loop();
            }
            assert_eq!(watch.await.reason, oops());
        }
    });
}

#[test]
fn proc_015_the_first_of_two_exit_signals_counts() {
    over_seeds(100, || async {
        let (busy, watch) = spawn_monitor(async |_: Inbox<()>| {
            loop {
                yield_now().await;
            }
        });
        yield_now().await;
        exit(busy, ExitReason::atom("first"));
        exit(busy, ExitReason::atom("second"));
        assert_eq!(watch.await.reason, ExitReason::atom("first"));
    });
}

#[test]
fn proc_016_kill_is_untrappable() {
    simulated(async {
        let options = SpawnOptions::new().monitor().trap_exit(true);
        let other = spawn_with(options, async |mut inbox: Inbox<()>| {
            inbox.receive().await;
            panic!("there was something to see");
        });
        let other = other.unwrap();
        exit(other.process, ExitReason::Kill);
        assert_eq!(other.monitor.unwrap().await.reason, ExitReason::Killed);
    });
}

#[test]
fn proc_017_kill_of_oneself_is_untrappable() {
    simulated(async {
        let reason = reason_of(async |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            exit(&inbox, ExitReason::kill());
        });
        assert_eq!(reason.await, ExitReason::Killed);
    });
}

#[test]
fn proc_018_exit_self_with_kill_ends_with_kill() {
    simulated(async {
        for trapping in [true, false] {
            let reason = reason_of(async move |mut inbox: Inbox<()>| {
                inbox.trap_exit(trapping);
                exit_self(ExitReason::Kill)
            });
            assert_eq!(reason.await, ExitReason::Kill);
        }
    });
}

#[test]
fn proc_022_exit_of_a_dead_process_does_nothing() {
    simulated(async {
        let (dead, watch) = spawn_monitor(async |_: Inbox<()>| {});
        watch.await;
        trap_exit(true);
        exit(dead, oops());
        exit(dead, ExitReason::Kill);
        assert!(!is_alive(dead).await);
    });
}

#[test]
fn proc_024_a_linked_process_that_fails_at_once_reports_its_failure() {
    over_seeds(10, || async {
        let (by_link, by_monitor) = fate(async |_: Inbox<()>| panic!("at once")).await;
        assert_eq!(by_link, by_monitor);
        let ExitReason::Panic(info) = by_link else {
            panic!("{by_link:?}")
        };
        assert_eq!(info.message(), "at once");
    });
}

/// One round: three messages, an exit signal and three more messages to one that never rests.
async fn messages_around_an_exit_signal() {
    let handled = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&handled);
    let (spinning, watch) = spawn_monitor(async move |mut inbox: Inbox<u8>| {
        loop {
            match inbox.try_receive() {
                Some(Received::Message(number)) => log.lock().push(number),
                Some(other) => panic!("{other:?}"),
                None => yield_now().await,
            }
        }
    });
    yield_now().await;
    (1..=3).for_each(|number| spinning.send(number));
    exit(spinning, oops());
    (4..=6).for_each(|number| spinning.send(number));
    assert_eq!(watch.await.reason, oops());
    let handled = handled.lock();
    assert!([1, 2, 3].starts_with(&handled), "{handled:?}");
}

#[test]
fn proc_025_messages_after_an_exit_signal_are_never_handled() {
    over_seeds(200, messages_around_an_exit_signal);
    real(2, async {
        for _ in 0..1_000 {
            messages_around_an_exit_signal().await;
        }
    });
}

/// Runs `body` in a process to which an exit signal with `reason` has come while it was running, so
/// that it was not received yet; the sender is linked to it. Returns why the process ended.
fn meets_a_pending_exit<F>(
    reason: ExitReason,
    body: impl FnOnce(Inbox<()>, Pid) -> F + Send + 'static,
) -> ExitReason
where
    F: Future<Output: IntoExit> + Send + 'static,
{
    let ended = Arc::new(Mutex::new(None));
    let result = Arc::clone(&ended);
    real(2, async move {
        let (running, sent) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let (is_running, is_sent) = (Arc::clone(&running), Arc::clone(&sent));
        let sender = self_pid();
        trap_exit(true);
        let options = SpawnOptions::new().link().monitor();
        let process = spawn_with(options, async move |inbox: Inbox<()>| {
            running.store(true, SeqCst);
            while !sent.load(SeqCst) {
                std::hint::spin_loop();
            }
            body(inbox, sender).await
        });
        let process = process.unwrap();
        while !is_running.load(SeqCst) {
            yield_now().await;
        }
        exit(process.process, reason);
        is_sent.store(true, SeqCst);
        *ended.lock() = Some(process.monitor.unwrap().await.reason);
    });
    let reason = result.lock().take();
    reason.expect("the process has ended")
}

#[test]
fn proc_026_unlink_does_not_undo_an_exit_signal_that_came() {
    let reason = meets_a_pending_exit(oops(), async |inbox, sender| {
        unlink(sender);
        forever(inbox).await;
    });
    assert_eq!(reason, oops());
}

#[test]
fn proc_027_trapping_exits_does_not_undo_an_exit_signal_that_came() {
    let reason = meets_a_pending_exit(oops(), async |mut inbox, _| {
        inbox.trap_exit(true);
        forever(inbox).await;
    });
    assert_eq!(reason, oops());
}

#[test]
fn proc_028_a_receive_without_waiting_takes_an_exit_signal_that_came() {
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    let reason = meets_a_pending_exit(oops(), async move |mut inbox, _| {
        inbox.try_receive();
        count.fetch_add(1, SeqCst);
    });
    assert_eq!(reason, oops());
    let count = Arc::clone(&received);
    let reason = meets_a_pending_exit(oops(), async move |mut inbox, _| {
        inbox.receive_timeout(millis(0)).await;
        count.fetch_add(1, SeqCst);
    });
    assert_eq!(reason, oops());
    let count = Arc::clone(&received);
    let reason = meets_a_pending_exit(oops(), async move |mut inbox, _| {
        inbox.try_select_any(|_| true);
        count.fetch_add(1, SeqCst);
    });
    assert_eq!(reason, oops());
    assert_eq!(received.load(SeqCst), 0);
}

#[test]
fn proc_029_a_yield_takes_an_exit_signal_that_came() {
    let reason = meets_a_pending_exit(large(), async |_, _| {
        yield_now().await;
        std::process::abort();
    });
    assert_eq!(reason, large());
}

#[test]
fn proc_030_ones_own_exit_wins_over_a_signal_not_yet_received() {
    let own = || ExitReason::atom("own");
    let reason = meets_a_pending_exit(oops(), async move |_, _| exit_self(own()));
    assert_eq!(reason, own());
    assert_eq!(meets_a_pending_exit(oops(), async move |_, _| own()), own());
    let reason = meets_a_pending_exit(ExitReason::Kill, async move |_, _| own());
    assert_eq!(reason, own());
}

#[test]
fn proc_031_is_alive_is_false_after_an_exit_signal() {
    async fn round() {
        let waiting = spawn(forever::<()>);
        exit(waiting, oops());
        assert!(!is_alive(waiting).await);
    }
    over_seeds(100, round);
    real(2, async {
        for _ in 0..100 {
            round().await;
        }
    });
}

#[test]
fn proc_032_process_info_is_none_after_an_exit_signal() {
    async fn round() {
        let waiting = spawn(forever::<()>);
        exit(waiting, oops());
        assert!(process_info(waiting).await.is_none());
    }
    over_seeds(100, round);
    real(2, async {
        for _ in 0..100 {
            round().await;
        }
    });
}

#[test]
fn proc_035_normal_spares_a_linked_process_and_shutdown_does_not() {
    simulated(async {
        let survivor = async |mut inbox: Inbox<()>| {
            let (_, watch) = spawn_monitor(async |_: Inbox<()>| {});
            let peer = spawn_link(async |_: Inbox<()>| {});
            watch.await;
            while is_alive(peer).await {}
            assert_eq!(inbox.receive_timeout(secs(1)).await, None);
            ExitReason::atom("survived")
        };
        assert_eq!(reason_of(survivor).await, ExitReason::atom("survived"));
        let victim = async |inbox: Inbox<()>| {
            spawn_link(async |_: Inbox<()>| ExitReason::Shutdown);
            forever(inbox).await;
        };
        assert_eq!(reason_of(victim).await, ExitReason::Shutdown);
    });
}

#[test]
fn proc_036_a_message_precedes_the_exit_of_its_sender() {
    over_seeds(100, || {
        in_process(async |mut inbox: Inbox<&str>| {
            inbox.trap_exit(true);
            let parent = inbox.this();
            let child = spawn_link(async move |_: Inbox<()>| parent.send("last words"));
            assert_eq!(inbox.receive().await, Received::Message("last words"));
            let exit = Exit {
                from: child.pid(),
                reason: ExitReason::Normal,
            };
            assert_eq!(inbox.receive().await, Received::Exit(exit));
        })
    });
}

/// The next process on the same scheduler once died of a signal that a dying one had received.
#[test]
fn a_signal_that_comes_to_the_dying_ends_nobody_else() {
    struct LooksOnceMore;

    impl Drop for LooksOnceMore {
        fn drop(&mut self) {
            let this = self_pid();
            std::thread::scope(|scope| {
                scope.spawn(|| exit(this, ExitReason::Kill));
            });
            trap_exit(true);
            exit(this, ExitReason::Kill);
        }
    }

    simulated(async {
        let (holder, watch) = spawn_monitor(async |inbox: Inbox<()>| {
            let _guard = LooksOnceMore;
            forever(inbox).await;
        });
        while process_info(holder)
            .await
            .is_none_or(|info| info.status != Status::Waiting)
        {}
        exit(holder, oops());
        assert_eq!(watch.await.reason, oops());
    });
}

/// Otherwise the program would end: one panic too many.
#[test]
fn exit_of_oneself_while_a_panic_unwinds_lets_the_panic_go_on() {
    struct EndsItself;

    impl Drop for EndsItself {
        fn drop(&mut self) {
            exit(self_pid(), oops());
        }
    }

    simulated(async {
        let reason = reason_of(async |_: Inbox<()>| {
            let _guard = EndsItself;
            panic!("first");
        });
        assert_eq!(reason.await, oops());
    });
}

#[test]
fn a_panic_while_values_are_dropped_does_not_change_the_reason() {
    struct Grenade;

    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("on the way out");
        }
    }

    simulated(async {
        let (holder, watch) = spawn_monitor(async |inbox: Inbox<()>| {
            let _grenade = Grenade;
            forever(inbox).await;
        });
        yield_now().await;
        exit(holder, oops());
        assert_eq!(watch.await.reason, oops());
        // As a message that nobody has read.
        let (reader, watch) = spawn_monitor(async |_: Inbox<Grenade>| sleep(secs(1)).await);
        reader.send(Grenade);
        assert_eq!(watch.await.reason, ExitReason::Normal);
    });
}
