//! Links: made, taken away, and what an end does through them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use parking_lot::Mutex;
use regrow::Runtime;
use regrow::process::{
    Down, Exit, ExitReason, Inbox, LinkError, Pid, ProcessRef, Received, exit, is_alive, link,
    monitor, process_info, self_pid, send, settle, spawn, spawn_link, spawn_monitor, trap_exit,
    unlink, yield_now,
};
use regrow::sim::Policy;

use crate::support::{forever, in_process, over_seeds, real, rest, simulated};

fn died() -> ExitReason {
    ExitReason::atom("died")
}

/// A process that waits until it is ended.
fn idler() -> ProcessRef<()> {
    spawn(forever)
}

/// A process that is no more.
async fn dead() -> ProcessRef<()> {
    let (process, end) = spawn_monitor(async |_: Inbox<()>| {});
    end.await;
    process
}

async fn links_of(pid: Pid) -> Vec<Pid> {
    process_info(pid).await.expect("it is alive").links
}

#[test]
fn link_001_spawn_link_links_both() {
    simulated(in_process(async |_: Inbox<()>| {
        let child = spawn_link(forever::<()>);
        assert_eq!(links_of(self_pid()).await, [child.pid()]);
        assert_eq!(links_of(child.pid()).await, [self_pid()]);
        unlink(child);
    }));
}

#[test]
fn link_002_unlink_from_either_side_removes_the_link() {
    simulated(in_process(async |_: Inbox<()>| {
        let child = spawn_link(forever::<()>);
        unlink(child);
        assert!(links_of(self_pid()).await.is_empty());
        assert!(links_of(child.pid()).await.is_empty());

        let me = self_pid();
        let child = spawn_link(async move |inbox: Inbox<()>| {
            unlink(me);
            forever(inbox).await;
        });
        settle().await;
        assert!(links_of(self_pid()).await.is_empty());
        assert!(links_of(child.pid()).await.is_empty());
    }));
}

#[test]
fn link_003_a_link_made_again_carries_the_exit() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let peer = idler();
        inbox.trap_exit(true);
        link(peer).unwrap();
        unlink(peer);
        link(peer).unwrap();
        exit(peer, died());
        let exit = Exit {
            from: peer.pid(),
            reason: died(),
        };
        assert_eq!(inbox.receive().await, Received::Exit(exit));
        settle().await;
        assert!(inbox.is_empty());
        assert!(links_of(self_pid()).await.is_empty());
    }));
}

#[test]
fn link_004_a_linked_process_exits_with_the_same_reason() {
    simulated(async {
        let parent = spawn(async |mut inbox: Inbox<ProcessRef<Pid>>| {
            let child = spawn_link(forever::<()>);
            let Received::Message(asker) = inbox.receive().await else {
                unreachable!()
            };
            send(asker, child.pid());
            inbox.receive().await;
            died()
        });
        in_process(async move |mut inbox: Inbox<Pid>| {
            send(parent, inbox.this());
            let child = inbox.select(|_| true).await;
            let end = monitor(child);
            send(parent, inbox.this());
            assert_eq!(end.await.reason, died());
        })
        .await;
    });
}

#[test]
fn link_005_a_link_to_oneself_is_nothing() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        assert_eq!(link(self_pid()), Ok(()));
        assert!(links_of(self_pid()).await.is_empty());
        unlink(self_pid());
        settle().await;
        assert!(inbox.is_empty());
    }));
}

#[test]
fn link_006_a_double_link_gives_one_exit() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let peer = idler();
        inbox.trap_exit(true);
        link(peer).unwrap();
        link(peer).unwrap();
        exit(peer, died());
        settle().await;
        let exit = Exit {
            from: peer.pid(),
            reason: died(),
        };
        assert_eq!(rest(&mut inbox), [Received::Exit(exit)]);
    }));
}

#[test]
fn link_007_one_unlink_removes_a_double_link() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let peer = idler();
        inbox.trap_exit(true);
        link(peer).unwrap();
        link(peer).unwrap();
        unlink(peer);
        exit(peer, died());
        settle().await;
        assert!(inbox.is_empty());
    }));
}

/// Ends a linked process, unlinks at once, and looks for what comes.
async fn unlink_just_after_the_exit() {
    in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let peer = spawn_link(forever::<()>);
        exit(peer, died());
        unlink(peer);
        let there_already = rest(&mut inbox);
        assert!(there_already.len() <= 1);
        settle().await;
        assert!(inbox.is_empty());
    })
    .await;
}

#[test]
fn link_008_no_exit_comes_after_unlink() {
    over_seeds(100, unlink_just_after_the_exit);
    real(2, async {
        for _ in 0..200 {
            unlink_just_after_the_exit().await;
        }
    });
}

#[test]
fn link_009_unlink_leaves_the_exit_that_came() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let peer = spawn_link(forever::<()>);
        exit(peer, died());
        settle().await;
        assert_eq!(inbox.len(), 1);
        unlink(peer);
        let exit = Exit {
            from: peer.pid(),
            reason: died(),
        };
        assert_eq!(rest(&mut inbox), [Received::Exit(exit)]);
    }));
}

#[test]
fn link_010_linking_the_dead_is_an_error_when_not_trapping() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let dead = dead().await;
        assert_eq!(link(dead), Err(LinkError::NoProcess(dead.pid())));
        settle().await;
        assert!(rest(&mut inbox).is_empty());
        assert!(links_of(self_pid()).await.is_empty());
    }));
}

#[test]
fn link_011_linking_the_dead_is_a_message_when_trapping() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let dead = dead().await;
        inbox.trap_exit(true);
        assert_eq!(link(dead), Ok(()));
        let exit = Exit {
            from: dead.pid(),
            reason: ExitReason::NoProc,
        };
        assert_eq!(rest(&mut inbox), [Received::Exit(exit)]);
        assert!(links_of(self_pid()).await.is_empty());
    }));
}

/// A process unlinks and ends; the other one, which knows of the unlinking, links again.
async fn relink_a_dying_process() {
    in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let me = inbox.this();
        let dying = spawn_link(async move |_: Inbox<()>| {
            unlink(me);
            send(me, ());
            yield_now().await;
            ExitReason::atom("bye")
        });
        assert_eq!(inbox.receive().await, Received::Message(()));
        assert_eq!(link(dying), Ok(()));
        let Received::Exit(Exit { from, reason }) = inbox.receive().await else {
            panic!("the link brings an exit");
        };
        assert_eq!(from, dying.pid());
        assert!(
            reason == ExitReason::NoProc || reason == ExitReason::atom("bye"),
            "{reason}"
        );
        settle().await;
        assert!(inbox.is_empty());
    })
    .await;
}

#[test]
fn link_012_relinking_a_dying_process_never_gives_a_stale_reason() {
    over_seeds(300, relink_a_dying_process);
    real(2, async {
        for _ in 0..1_000 {
            relink_a_dying_process().await;
        }
    });
}

/// The exit request precedes the second link, so what comes through the first is of no account.
async fn relink_with_an_exit_under_way() {
    in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let peer = spawn_link(forever::<()>);
        yield_now().await;
        exit(peer, died());
        unlink(peer);
        assert_eq!(link(peer), Ok(()));
        let exit = Exit {
            from: peer.pid(),
            reason: ExitReason::NoProc,
        };
        assert_eq!(inbox.receive().await, Received::Exit(exit));
        settle().await;
        assert!(inbox.is_empty());
        assert!(links_of(self_pid()).await.is_empty());
    })
    .await;
}

#[test]
fn link_013_an_exit_of_an_old_link_is_not_taken_for_the_new() {
    over_seeds(100, relink_with_an_exit_under_way);
    real(2, async {
        for _ in 0..500 {
            relink_with_an_exit_under_way().await;
        }
    });
}

#[test]
fn link_014_a_large_reason_crosses_a_link_intact() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let large = || ExitReason::term(vec![("row", vec![7_u64; 100]); 100]);
        inbox.trap_exit(true);
        for _ in 0..10 {
            let peer = spawn_link(async move |_: Inbox<()>| large());
            let exit = Exit {
                from: peer.pid(),
                reason: large(),
            };
            assert_eq!(inbox.receive().await, Received::Exit(exit));
        }
    }));
}

#[test]
fn link_015_exit_comes_before_down() {
    let linked_and_monitored = |link_first: bool| {
        in_process(async move |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            let peer = idler();
            if link_first {
                link(peer).unwrap();
            }
            let end = monitor(peer);
            if !link_first {
                link(peer).unwrap();
            }
            yield_now().await;
            exit(peer, died());
            let Received::Exit(exit) = inbox.receive().await else {
                panic!("the exit is first")
            };
            assert_eq!(
                exit,
                Exit {
                    from: peer.pid(),
                    reason: died()
                }
            );
            let Received::Down(Down {
                monitor, reason, ..
            }) = inbox.receive().await
            else {
                panic!("the notice is second");
            };
            assert_eq!((monitor, reason), (end, died()));
        })
    };
    over_seeds(50, || linked_and_monitored(true));
    over_seeds(50, || linked_and_monitored(false));
}

// R-LINK-3. Each unlinks, and may link again, before it hears of what the other does. In a simulation
// a turn begins with all that has come, so this takes real threads.
#[test]
fn links_and_unlinks_that_cross_leave_a_link_on_both_sides_or_on_neither() {
    /// Links to whom it is told, and at the second word unlinks and may link again.
    async fn crosses(mut inbox: Inbox<Pid>, in_step: Arc<AtomicUsize>, again: bool) -> ! {
        link(inbox.select(|_| true).await).expect("the other waits");
        let other = inbox.select(|_| true).await;
        // Both are in a turn now, and receive nothing before both have done what follows.
        let keep_step = |step: usize| {
            in_step.fetch_add(1, SeqCst);
            while in_step.load(SeqCst) < 2 * step {
                std::hint::spin_loop();
            }
        };
        keep_step(1);
        unlink(other);
        keep_step(2);
        if again {
            link(other).expect("the other waits");
        }
        keep_step(3);
        forever(inbox).await
    }

    real(2, async {
        for (one_again, other_again) in [(true, false), (false, true), (true, true)] {
            let in_step = Arc::new(AtomicUsize::new(0));
            let peer = |again| {
                let in_step = Arc::clone(&in_step);
                spawn(move |inbox| crosses(inbox, in_step, again))
            };
            let (one, other) = (peer(one_again), peer(other_again));
            for _ in 0..2 {
                settle().await;
                one.send(other.pid());
                other.send(one.pid());
            }
            settle().await;
            let halves = [links_of(one.pid()).await, links_of(other.pid()).await];
            let expected = if one_again && other_again {
                [vec![other.pid()], vec![one.pid()]]
            } else {
                [vec![], vec![]]
            };
            assert_eq!(halves, expected, "{one_again}, {other_again}");
            exit(one, ExitReason::Kill);
            exit(other, ExitReason::Kill);
        }
    });
}

/// A process that counts its turns until somebody else ends it.
async fn ticker(ticks: Arc<AtomicUsize>) -> ! {
    loop {
        ticks.fetch_add(1, SeqCst);
        yield_now().await;
    }
}

#[test]
fn link_016_ten_thousand_links_are_told_in_slices() {
    const LINKS: usize = 10_000;
    let simulation = Runtime::simulated(1)
        .policy(Policy::RoundRobin)
        .crash_reports(false);
    simulation.run(async {
        let ticks = Arc::new(AtomicUsize::new(0));
        let told = Arc::new(Mutex::new(Vec::new()));
        let hub = idler();
        for _ in 0..LINKS {
            let (ticks, told) = (Arc::clone(&ticks), Arc::clone(&told));
            spawn(async move |mut inbox: Inbox<()>| {
                trap_exit(true);
                link(hub).expect("the hub waits");
                let Received::Exit(exit) = inbox.receive().await else {
                    panic!("no exit")
                };
                assert_eq!(exit.reason, died());
                told.lock().push(ticks.load(SeqCst));
            });
        }
        settle().await;
        assert_eq!(links_of(hub.pid()).await.len(), LINKS);
        let ticking = Arc::clone(&ticks);
        let ticker = spawn(async move |_: Inbox<()>| ticker(ticking).await);
        exit(hub, died());
        while told.lock().len() < LINKS {
            yield_now().await;
        }
        exit(ticker, ExitReason::Kill);
        let (first, last) = {
            let told = told.lock();
            (told[0], told[LINKS - 1])
        };
        assert!(
            last - first >= 10,
            "others had {} turns meanwhile",
            last - first
        );
        assert!(!is_alive(hub).await);
    });
}
