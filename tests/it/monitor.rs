//! Monitors: exactly one notice each, unless taken away, whatever races.

use parking_lot::Mutex;
use std::sync::Arc;

use regrow::process::{
    AliasMode, Down, DownTarget, ExitReason, Inbox, MonitorAlias, MonitorOptions, Pid, ProcessRef,
    Received, SpawnOptions, demonitor, exit, monitor, monitor_with, process_info, processes,
    register, self_pid, send, send_named, settle, spawn, spawn_monitor, spawn_with, unalias,
    whereis, yield_now,
};

use crate::demonitor::downs;
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

/// Whom a process monitors, and who monitors it, sorted.
async fn lists_of(pid: Pid) -> (Vec<Pid>, Vec<Pid>) {
    let mut info = process_info(pid).await.expect("it is alive");
    info.monitors.sort();
    info.monitored_by.sort();
    (info.monitors, info.monitored_by)
}

/// Runs a target that ends its watcher and then itself, beside a process that has no part in it.
async fn ends_its_watcher(at_spawn: bool) {
    let bystander = idler();
    let (_, end) = spawn_monitor(async move |mut inbox: Inbox<()>| {
        let watcher = inbox.pid();
        let target = async move |mut inbox: Inbox<()>| {
            inbox.receive().await;
            exit(watcher, ExitReason::atom("foo"));
        };
        let target = if at_spawn {
            let (target, _end) = spawn_monitor(target);
            target
        } else {
            let target = spawn(target);
            let _end = monitor(target);
            target
        };
        send(target, ());
        inbox.select(|()| false).await;
    });
    assert_eq!(end.await.reason, ExitReason::atom("foo"));
    settle().await;
    assert_eq!(lists_of(bystander.pid()).await, (vec![], vec![]));
}

#[test]
fn mon_001_a_target_that_ends_its_watcher_is_harmless() {
    over_seeds(20, || ends_its_watcher(false));
}

#[test]
fn mon_002_a_spawned_target_that_ends_its_watcher_is_harmless() {
    over_seeds(20, || ends_its_watcher(true));
}

#[test]
fn mon_013_down_carries_the_reason() {
    simulated(in_process(async |_: Inbox<()>| {
        let (target, end) = spawn_monitor(async |_: Inbox<()>| ExitReason::atom("frop"));
        let down = end.await;
        assert_eq!(down.monitor, end);
        assert_eq!(down.target, DownTarget::Process(target.pid()));
        assert_eq!(down.reason, ExitReason::atom("frop"));
        assert_eq!(down.tag, None);
    }));
}

#[test]
fn mon_014_a_monitor_of_the_dead_gives_noproc() {
    simulated(in_process(async |_: Inbox<()>| {
        let dead = dead().await;
        let down = monitor(dead).await;
        assert_eq!(down.target, DownTarget::Process(dead.pid()));
        assert_eq!(down.reason, ExitReason::NoProc);
    }));
}

#[test]
fn mon_015_a_monitor_by_name_says_the_name() {
    simulated(in_process(async |_: Inbox<()>| {
        for reason in [ExitReason::Normal, ExitReason::atom("frop")] {
            let result = reason.clone();
            let target = spawn(async move |mut inbox: Inbox<()>| {
                inbox.receive().await;
                result
            });
            register("clerk", target).unwrap();
            let end = monitor("clerk");
            send(target, ());
            let down = end.await;
            assert_eq!(down.target, DownTarget::Name("clerk".into()));
            assert_eq!(down.reason, reason);
        }
    }));
}

#[test]
fn mon_016_a_monitor_of_a_name_set_free_gives_noproc() {
    simulated(in_process(async |_: Inbox<()>| {
        let target = idler();
        register("clerk", target).unwrap();
        exit(target, bang());
        monitor(target).await;
        let down = monitor("clerk").await;
        assert_eq!(down.target, DownTarget::Name("clerk".into()));
        assert_eq!(down.reason, ExitReason::NoProc);
    }));
}

#[test]
fn mon_017_a_large_reason_arrives_intact() {
    let large = || ExitReason::term(vec![(String::from("row"), vec![7_u64; 100]); 10]);
    simulated(in_process(async move |_: Inbox<()>| {
        for _ in 0..100 {
            let (_, end) = spawn_monitor(async move |_: Inbox<()>| large());
            assert_eq!(end.await.reason, large());
        }
    }));
}

#[test]
fn mon_018_both_sides_lists_are_exact() {
    simulated(in_process(async |_: Inbox<()>| {
        let me = self_pid();
        let target = idler();
        register("clerk", target).unwrap();
        let first = monitor(target);
        let second = monitor("clerk");
        assert_eq!(lists_of(me).await.0, vec![target.pid(); 2]);
        assert_eq!(lists_of(target.pid()).await, (vec![], vec![me; 2]));
        assert!(demonitor(first));
        assert_eq!(lists_of(me).await.0, [target.pid()]);
        assert_eq!(lists_of(target.pid()).await.1, [me]);

        let (watcher, its_end) = spawn_monitor(async move |mut inbox: Inbox<()>| {
            let _end = monitor(target);
            inbox.select(|()| false).await;
        });
        settle().await;
        let mut both = vec![me, watcher.pid()];
        both.sort();
        assert_eq!(lists_of(target.pid()).await.1, both);
        assert_eq!(
            lists_of(watcher.pid()).await,
            (vec![target.pid()], vec![me])
        );
        exit(watcher, bang());
        its_end.await;
        settle().await;
        assert_eq!(lists_of(target.pid()).await.1, [me]);

        exit(target, bang());
        assert_eq!(second.await.reason, bang());
        assert!(lists_of(me).await.0.is_empty());
    }));
}

/// A process that monitors each that it is sent, until it is ended; counts the notices.
fn mixer(heard: Arc<Mutex<Vec<(Pid, Pid)>>>) -> ProcessRef<Pid> {
    spawn(async move |mut inbox: Inbox<Pid>| {
        loop {
            match inbox.receive().await {
                Received::Message(peer) => drop(monitor(peer)),
                Received::Down(Down {
                    target: DownTarget::Process(of),
                    ..
                }) => {
                    heard.lock().push((inbox.pid(), of));
                }
                _ => panic!("nothing else is sent"),
            }
        }
    })
}

/// Each of a group monitors each other one; they end one by one, in an order of this number.
async fn mutual_monitors(size: usize, mut order: usize) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut group: Vec<_> = (0..size).map(|_| mixer(Arc::clone(&heard))).collect();
    for process in &group {
        for peer in &group {
            send(process, peer.pid());
        }
    }
    while !group.is_empty() {
        settle().await;
        for process in &group {
            let mut others: Vec<Pid> = group.iter().map(ProcessRef::pid).collect();
            others.retain(|&pid| pid != process.pid());
            others.sort();
            assert_eq!(lists_of(process.pid()).await, (others.clone(), others));
        }
        let ended = group.remove(order % group.len());
        order /= group.len() + 1;
        heard.lock().clear();
        exit(ended, bang());
        settle().await;
        let mut heard = heard.lock().clone();
        heard.sort();
        let mut wanted: Vec<_> = group.iter().map(|one| (one.pid(), ended.pid())).collect();
        wanted.sort();
        assert_eq!(heard, wanted);
    }
}

#[test]
fn mon_019_mutual_monitors_all_fire() {
    simulated(async {
        for order in 0..24 {
            mutual_monitors(4, order).await;
        }
    });
    over_seeds(10, || mutual_monitors(7, 1234));
}

/// A name is registered again as soon as its holder's end is known, amid processes that are busy.
async fn name_is_free_on_down(rounds: usize) {
    in_process(async move |_: Inbox<()>| {
        let busy: Vec<_> = (0..4)
            .map(|_| {
                spawn(async |_: Inbox<()>| -> ! {
                    loop {
                        yield_now().await;
                    }
                })
            })
            .collect();
        for _ in 0..rounds {
            let holder = idler();
            register("clerk", holder).unwrap();
            let end = monitor("clerk");
            exit(holder, bang());
            end.await;
            assert_eq!(whereis("clerk"), None);
            let next = idler();
            register("clerk", next).unwrap();
            exit(next, bang());
            monitor(next).await;
        }
        for process in busy {
            exit(process, ExitReason::Kill);
        }
    })
    .await;
}

#[test]
fn mon_020_on_down_the_name_can_be_registered() {
    over_seeds(30, || name_is_free_on_down(5));
    real(2, name_is_free_on_down(300));
}

async fn messages_then_down() {
    in_process(async |mut inbox: Inbox<u8>| {
        let me = inbox.this();
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            send(me, 1);
            send(me, 2);
        });
        assert_eq!(inbox.receive().await, Received::Message(1));
        assert_eq!(inbox.receive().await, Received::Message(2));
        assert!(matches!(inbox.receive().await, Received::Down(down) if down.monitor == end));
    })
    .await;
}

#[test]
fn mon_023_messages_precede_the_down_of_their_sender() {
    over_seeds(100, messages_then_down);
    real(2, async {
        for _ in 0..500 {
            messages_then_down().await;
        }
    });
}

/// A process is sent numbers by each of its addresses in turn, and then its sender ends.
async fn one_order_of_all_addresses(messages: u32) {
    in_process(async move |mut inbox: Inbox<u32>| {
        register("receiver", inbox.pid()).unwrap();
        let me = inbox.this();
        let alias = inbox.alias(AliasMode::Explicit);
        let sender = spawn(async move |mut inbox: Inbox<_>| {
            let Received::Message(monitor_alias) = inbox.receive().await else {
                unreachable!()
            };
            for number in 0..messages {
                match number % 4 {
                    0 => send(me, number),
                    1 => send_named("receiver", number).unwrap(),
                    2 => send(alias, number),
                    _ => send(monitor_alias, number),
                }
                if number % 100 == 99 {
                    yield_now().await;
                }
            }
        });
        register("sender", sender).unwrap();
        let (end, monitor_alias) = inbox.monitor_alias("sender", MonitorAlias::ExplicitUnalias);
        send(sender, monitor_alias);
        for number in 0..messages {
            assert_eq!(inbox.receive().await, Received::Message(number));
        }
        let Received::Down(down) = inbox.receive().await else {
            panic!("no notice")
        };
        assert_eq!(down.monitor, end);
        assert_eq!(down.target, DownTarget::Name("sender".into()));
    })
    .await;
}

#[test]
fn mon_024_every_address_is_one_order() {
    over_seeds(20, || one_order_of_all_addresses(1_000));
    real(2, async {
        for _ in 0..20 {
            one_order_of_all_addresses(1_000).await;
        }
    });
}

#[test]
fn mon_025_a_tag_comes_with_the_down() {
    simulated(in_process(async |_: Inbox<()>| {
        for reason in [bang(), compound()] {
            let tagged = || MonitorOptions::new().tag(("shard", vec![7]));
            let target = idler();
            register("clerk", target).unwrap();
            let result = reason.clone();
            let options = SpawnOptions::new().monitor_with(tagged());
            let spawned = spawn_with(options, async move |_: Inbox<()>| result).unwrap();
            let plain = monitor_with(target, MonitorOptions::new().tag(7));
            let live = [
                monitor_with(target, tagged()),
                monitor_with("clerk", tagged()),
            ];
            exit(target, reason.clone());
            for monitor in live.into_iter().chain(spawned.monitor) {
                let down = monitor.await;
                assert_eq!(down.reason, reason);
                let tag = down.tag.expect("the monitor has a tag");
                assert_eq!(tag.downcast_ref(), Some(&("shard", vec![7])));
            }
            let tag = plain.await.tag.expect("the monitor has a tag");
            assert_eq!(tag.downcast_ref(), Some(&7));
            let down = monitor_with(target, tagged()).await;
            assert_eq!(down.reason, ExitReason::NoProc);
            assert!(down.tag.is_some());
        }
    }));
}

#[test]
fn mon_026_a_thousand_monitors_give_a_thousand_downs() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let targets: Vec<_> = (0..10).map(|_| idler()).collect();
        let monitors: Vec<_> = (0..1_000)
            .map(|n| monitor_with(targets[n % 10], MonitorOptions::new().tag(n)))
            .collect();
        for target in targets {
            exit(target, bang());
        }
        settle().await;
        let mut fired = vec![0; 1_000];
        for received in rest(&mut inbox) {
            let Received::Down(down) = received else {
                panic!("not a notice")
            };
            let tag = down.tag.expect("each monitor has a tag");
            let number: usize = *tag.downcast_ref().expect("the tag is a number");
            assert_eq!((down.monitor, down.reason), (monitors[number], bang()));
            fired[number] += 1;
        }
        assert_eq!(fired, vec![1; 1_000]);
    }));
}

#[test]
fn mon_027_a_monitor_of_nobody_gives_one_down_and_a_good_alias() {
    let modes = [
        MonitorAlias::ExplicitUnalias,
        MonitorAlias::Demonitor,
        MonitorAlias::ReplyDemonitor,
    ];
    simulated(in_process(async move |mut inbox: Inbox<u8>| {
        for tagged in [false, true] {
            let options = || {
                let options = MonitorOptions::new();
                if tagged { options.tag("tag") } else { options }
            };
            let plain = monitor_with("nobody", options());
            assert_eq!(plain.await.tag.is_some(), tagged);
            for mode in modes {
                let (end, alias) = inbox.monitor_alias_with("nobody", mode, options());
                let Received::Down(down) = inbox.receive().await else {
                    panic!("no notice")
                };
                assert_eq!((down.monitor, down.reason), (end, ExitReason::NoProc));
                assert_eq!(down.target, DownTarget::Name("nobody".into()));
                assert_eq!(down.tag.is_some(), tagged);
                send(alias, 1);
                settle().await;
                let lives = mode == MonitorAlias::ExplicitUnalias;
                assert_eq!(rest(&mut inbox).len(), usize::from(lives));
                assert_eq!(unalias(alias), lives);
            }
        }
    }));
}

#[test]
fn mon_028_a_watcher_that_dies_at_once_leaves_nothing() {
    over_seeds(20, async || {
        for _ in 0..20 {
            spawn(async |mut inbox: Inbox<()>| {
                for mode in [MonitorAlias::ExplicitUnalias, MonitorAlias::ReplyDemonitor] {
                    let options = MonitorOptions::new().tag(1);
                    let _watch = inbox.monitor_alias_with("nobody", mode, options);
                }
            });
        }
        settle().await;
        assert_eq!(processes(), [self_pid()]);
    });
}

#[test]
fn mon_031_each_monitor_fires_once() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let target = idler();
        let ends: Vec<_> = (0..10).map(|_| (monitor(target), bang())).collect();
        exit(target, bang());
        settle().await;
        assert_eq!(downs(&mut inbox), ends);
        settle().await;
        assert!(inbox.is_empty());
    }));
}

#[test]
fn mon_034_a_monitor_with_an_alias_takes_a_reply_and_a_down() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let server = spawn(async |mut inbox: Inbox<_>| {
            let Received::Message(alias) = inbox.receive().await else {
                unreachable!()
            };
            send(alias, 42);
        });
        let (end, alias) = inbox.monitor_alias(server, MonitorAlias::ExplicitUnalias);
        send(server, alias);
        assert_eq!(inbox.receive().await, Received::Message(42));
        assert!(matches!(inbox.receive().await, Received::Down(down) if down.monitor == end));
    }));
}
