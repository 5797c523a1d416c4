//! Taking monitors off: afterwards no notice comes, and what was said of one that is there is true.

use regrow::process::{
    Down, ExitReason, Inbox, Monitor, MonitorAlias, ProcessRef, Received, demonitor,
    demonitor_flush, exit, is_alive, monitor, process_info, self_pid, send, settle, spawn,
    spawn_monitor, unalias, yield_now,
};

use crate::support::{forever, in_process, over_seeds, real, rest, simulated};

fn bang() -> ExitReason {
    ExitReason::atom("bang")
}

/// A reason with some structure.
fn compound() -> ExitReason {
    ExitReason::term((vec![1, 2, 3], "bang"))
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

/// The notices in the mailbox, which holds nothing else.
pub(crate) fn downs<M: Send + 'static>(inbox: &mut Inbox<M>) -> Vec<(Monitor, ExitReason)> {
    let notice = |received| match received {
        Received::Down(Down {
            monitor, reason, ..
        }) => (monitor, reason),
        _ => panic!("something other than a notice"),
    };
    rest(inbox).into_iter().map(notice).collect()
}

#[test]
fn mon_003_demonitor_by_another_process_has_no_effect() {
    simulated(in_process(async |_: Inbox<()>| {
        let target = spawn(async |mut inbox: Inbox<Monitor>| {
            let Received::Message(monitor) = inbox.receive().await else {
                unreachable!()
            };
            assert!(!demonitor(monitor));
        });
        let end = monitor(target);
        send(target, end);
        assert_eq!(end.await.reason, ExitReason::Normal);
    }));
}

#[test]
fn mon_007_a_monitor_of_oneself_never_fires() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let own = monitor(self_pid());
        let info = process_info(self_pid()).await.expect("it is alive");
        assert!(info.monitors.is_empty());
        demonitor(own);
        demonitor(own);
        settle().await;
        assert!(inbox.is_empty());
        assert!(rest(&mut inbox).is_empty());
    }));
}

#[test]
fn mon_008_no_down_after_demonitor() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let target = idler();
        let end = monitor(target);
        assert!(demonitor(end));
        exit(target, bang());
        settle().await;
        assert!(!is_alive(target).await);
        assert!(rest(&mut inbox).is_empty());
    }));
}

#[test]
fn mon_010_of_four_monitors_the_right_two_fire() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let target = idler();
        let [flushed_early, flushed_late, taken_late, left] = [(); 4].map(|()| monitor(target));
        assert!(demonitor_flush(flushed_early));
        exit(target, bang());
        settle().await;
        assert!(!demonitor_flush(flushed_late));
        assert!(!demonitor(taken_late));
        let fired = downs(&mut inbox);
        assert_eq!(fired.len(), 2);
        assert!(
            [taken_late, left]
                .iter()
                .all(|&end| fired.contains(&(end, bang())))
        );
    }));
}

#[test]
fn mon_011_demonitor_after_the_fact_is_harmless() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let fired = monitor(dead().await);
        let (named, alias) = inbox.monitor_alias("nobody", MonitorAlias::ExplicitUnalias);
        settle().await;
        assert_eq!(inbox.len(), 2);
        assert!(!demonitor(fired));
        assert!(!demonitor(named));
        assert!(!demonitor_flush(fired));
        assert!(!demonitor_flush(named));
        assert!(!demonitor_flush(named));
        alias.send(1);
        assert_eq!(inbox.receive().await, Received::Message(1));
        assert!(unalias(alias));
        assert!(!demonitor(named));
    }));
}

/// Takes monitors of dying processes off; each says whether its notice is there.
async fn demonitor_the_dying(groups: usize, size: usize) {
    in_process(async move |mut inbox: Inbox<()>| {
        for group in 0..groups {
            let ends: Vec<Monitor> = (0..size)
                .map(|_| spawn_monitor(async |_: Inbox<()>| {}).1)
                .collect();
            for _ in 0..group % 4 {
                yield_now().await;
            }
            for end in ends {
                let active = demonitor(end);
                let there = inbox.try_select_any(
                    |received| matches!(received, Received::Down(down) if down.monitor == end),
                );
                assert_eq!(active, there.is_none());
            }
        }
        settle().await;
        assert!(rest(&mut inbox).is_empty());
    })
    .await;
}

#[test]
fn mon_012_demonitor_tells_whether_a_down_is_there() {
    over_seeds(25, || demonitor_the_dying(4, 100));
    real(2, demonitor_the_dying(100, 100));
}

#[test]
fn mon_021_only_the_owner_can_take_a_monitor_off() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let target = idler();
        let (kept, taken) = (monitor(target), monitor(target));
        spawn_monitor(async move |_: Inbox<()>| assert!(!demonitor_flush(kept)))
            .1
            .await;
        assert!(demonitor(taken));
        exit(target, ExitReason::atom("bye"));
        assert_eq!(kept.await.reason, ExitReason::atom("bye"));
        assert_eq!(monitor(target).await.reason, ExitReason::NoProc);
        assert!(rest(&mut inbox).is_empty());
    }));
}

async fn demonitor_just_after_the_exit() {
    in_process(async |mut inbox: Inbox<()>| {
        let target = idler();
        let end = monitor(target);
        yield_now().await;
        exit(target, bang());
        let active = demonitor(end);
        let there_already = rest(&mut inbox).len();
        assert_eq!(there_already, usize::from(!active));
        settle().await;
        assert!(rest(&mut inbox).is_empty());
    })
    .await;
}

#[test]
fn mon_022_no_down_comes_after_demonitor() {
    over_seeds(100, demonitor_just_after_the_exit);
    real(2, async {
        for _ in 0..200 {
            demonitor_just_after_the_exit().await;
        }
    });
}

#[test]
fn mon_029_a_flushed_reply_alias_delivers_nothing() {
    over_seeds(50, || {
        in_process(async |mut inbox: Inbox<u8>| {
            let target = spawn(async |mut inbox: Inbox<_>| {
                let Received::Message(alias) = inbox.receive().await else {
                    unreachable!()
                };
                send(alias, 1);
            });
            let plain = monitor(target);
            let (end, alias) = inbox.monitor_alias(target, MonitorAlias::ReplyDemonitor);
            assert!(demonitor_flush(end));
            send(target, alias);
            assert_eq!(plain.await.reason, ExitReason::Normal);
            settle().await;
            assert!(rest(&mut inbox).is_empty());
        })
    });
}

/// Takes a monitor off, with its notice, while its target ends.
async fn flush_amid_the_end(reason: ExitReason) {
    in_process(async move |mut inbox: Inbox<u8>| {
        let target = spawn(async move |mut inbox: Inbox<()>| {
            inbox.receive().await;
            reason
        });
        let (end, alias) = inbox.monitor_alias(target, MonitorAlias::ExplicitUnalias);
        send(target, ());
        for _ in 0..end_of_pid(target) {
            yield_now().await;
        }
        demonitor_flush(end);
        settle().await;
        assert!(rest(&mut inbox).is_empty());
        assert!(unalias(alias));
    })
    .await;
}

/// A small number that differs from one process to the next.
fn end_of_pid(process: ProcessRef<()>) -> usize {
    process
        .pid()
        .to_string()
        .bytes()
        .map(usize::from)
        .sum::<usize>()
        % 3
}

#[test]
fn mon_030_flush_leaves_no_down_whatever_the_race() {
    over_seeds(100, || flush_amid_the_end(bang()));
    over_seeds(100, || flush_amid_the_end(compound()));
    real(2, async {
        for _ in 0..200 {
            flush_amid_the_end(bang()).await;
            flush_amid_the_end(compound()).await;
        }
    });
}

#[test]
fn mon_032_demonitor_in_every_state() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let plain: fn(Monitor) -> bool = demonitor;
        for (take, flushes) in [(plain, false), (demonitor_flush, true)] {
            // Active.
            let target = idler();
            assert!(take(monitor(target)));
            // The notice is in the mailbox.
            let end = monitor(target);
            exit(target, bang());
            settle().await;
            assert!(!take(end));
            assert_eq!(downs(&mut inbox).len(), usize::from(!flushes));
            // The notice was read.
            assert!(!take(end));
            // It is another process's.
            let target = idler();
            let end = monitor(target);
            spawn_monitor(async move |_: Inbox<()>| assert!(!take(end)))
                .1
                .await;
            exit(target, bang());
            assert_eq!(end.await.reason, bang());
            assert!(rest(&mut inbox).is_empty());
        }
    }));
}

#[test]
fn mon_033_a_monitor_of_oneself_is_not_active() {
    simulated(in_process(async |_: Inbox<()>| {
        assert!(!demonitor(monitor(self_pid())));
        assert!(!demonitor_flush(monitor(self_pid())));
    }));
}
