//! Priority: what the receiver has asked to hear of first, and the sender sent so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::Runtime;
use regrow::process::{
    Alias, AliasMode, Exit, ExitReason, Inbox, MonitorAlias, MonitorOptions, ProcessRef, Received,
    SpawnOptions, demonitor, exit, link, link_priority, monitor, monitor_with, process_info,
    self_pid, send, settle, spawn, spawn_with, unalias, unlink,
};
use regrow::sim::Policy;

use crate::receive;
use crate::support::{forever, in_process, rest, simulated};

/// A process that waits until it is ended.
fn idler() -> ProcessRef<()> {
    spawn(forever)
}

/// Whether this process has anything that takes priority messages.
async fn is_on() -> bool {
    process_info(self_pid())
        .await
        .expect("it is alive")
        .priority_messages
}

#[test]
fn prio_001_a_link_with_priority_is_counted_until_it_ends() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let plain = idler();
        link(plain).unwrap();
        assert!(!is_on().await);
        for links_are_new in [true, false] {
            let peer = idler();
            if !links_are_new {
                link(peer).unwrap();
            }
            link_priority(peer).unwrap();
            assert!(is_on().await);
            link(peer).unwrap();
            assert!(!is_on().await, "a plain link downgrades");
            link_priority(peer).unwrap();
            unlink(peer);
            assert!(!is_on().await);
            link_priority(peer).unwrap();
            assert!(is_on().await);
            exit(peer, ExitReason::Shutdown);
            settle().await;
            assert!(!is_on().await);
            assert_eq!(rest(&mut inbox).len(), 1);
        }
        let child = spawn_with(SpawnOptions::new().link_priority(), forever::<()>).unwrap();
        assert!(is_on().await);
        unlink(child.process);
        assert!(!is_on().await);
    }));
}

#[test]
fn prio_002_a_monitor_with_priority_is_counted_until_it_ends() {
    simulated(in_process(async |_: Inbox<()>| {
        let priority = || MonitorOptions::new().priority();
        let target = idler();
        let _plain = monitor(target);
        assert!(!is_on().await);
        let end = monitor_with(target, priority());
        assert!(is_on().await);
        assert!(demonitor(end));
        assert!(!is_on().await);
        let end = monitor_with(target, priority());
        exit(target, ExitReason::Shutdown);
        end.await;
        assert!(!is_on().await);

        let options = SpawnOptions::new().monitor_with(priority());
        let child = spawn_with(options, forever::<()>).unwrap();
        assert!(is_on().await);
        exit(child.process, ExitReason::Shutdown);
        child.monitor.unwrap().await;
        assert!(!is_on().await);
    }));
}

#[test]
fn prio_003_an_alias_with_priority_is_counted_until_it_ends() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        inbox.trap_exit(true);
        for mode in [AliasMode::Explicit, AliasMode::Reply] {
            let alias = inbox.alias_priority(mode);
            assert!(is_on().await);
            send(inbox.this(), 0);
            alias.exit(ExitReason::Shutdown, true);
            alias.send_priority(1);
            let exit = Exit {
                from: self_pid(),
                reason: ExitReason::Shutdown,
            };
            assert_eq!(
                rest(&mut inbox),
                [
                    Received::Exit(exit),
                    Received::Message(1),
                    Received::Message(0)
                ]
            );
            assert_eq!(is_on().await, mode == AliasMode::Explicit);
            assert_eq!(unalias(alias), mode == AliasMode::Explicit);
            assert!(!is_on().await);
        }
    }));
}

/// What has come, in short.
fn shorten(received: Received<&'static str>) -> String {
    match received {
        Received::Message(text) => text.to_owned(),
        Received::Exit(exit) => format!("exit {}", exit.reason),
        Received::Down(down) => format!("down {}", down.reason),
    }
}

#[test]
fn prio_004_priority_messages_go_first_in_their_order() {
    simulated(in_process(async |mut inbox: Inbox<&'static str>| {
        inbox.trap_exit(true);
        let priority = inbox.alias_priority(AliasMode::Explicit);
        let ordinary = inbox.alias(AliasMode::Explicit);
        let ends = |name: &str| (idler(), ExitReason::atom(name));
        let [linked, linked_first] = [ends("linked"), ends("linked first")];
        let [watched, watched_first] = [ends("watched"), ends("watched first")];
        link(linked.0).unwrap();
        link_priority(linked_first.0).unwrap();
        let _ends = [
            monitor(watched.0),
            monitor_with(watched_first.0, MonitorOptions::new().priority()),
        ];
        send(inbox.this(), "to the process");
        ordinary.send("plain by a plain alias");
        ordinary.send_priority("first by a plain alias");
        priority.send("plain by a priority alias");
        priority.send_priority("first by a priority alias");
        for (process, reason) in [linked, watched, watched_first, linked_first] {
            exit(process, reason);
            settle().await;
        }
        priority.exit(ExitReason::atom("plain"), false);
        priority.exit(ExitReason::atom("first"), true);
        ordinary.exit(ExitReason::atom("first by a plain alias"), true);
        priority.send_priority("last of the first");
        send(inbox.this(), "last");
        settle().await;
        let all: Vec<String> = rest(&mut inbox).into_iter().map(shorten).collect();
        let wanted = [
            "first by a priority alias",
            "down watched first",
            "exit linked first",
            "exit first",
            "last of the first",
            "to the process",
            "plain by a plain alias",
            "first by a plain alias",
            "plain by a priority alias",
            "exit linked",
            "down watched",
            "exit plain",
            "exit first by a plain alias",
            "last",
        ];
        assert_eq!(all, wanted);
    }));
}

#[test]
fn prio_005_nothing_comes_through_a_dead_priority_alias() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        inbox.trap_exit(true);
        let alias = inbox.alias_priority(AliasMode::Explicit);
        assert!(unalias(alias));
        alias.send_priority(1);
        alias.exit(ExitReason::Shutdown, true);
        settle().await;
        assert!(rest(&mut inbox).is_empty());
        // A monitor's alias has no priority, whatever the monitor has.
        let options = MonitorOptions::new().priority();
        let (end, alias) =
            inbox.monitor_alias_with(idler(), MonitorAlias::ExplicitUnalias, options);
        send(inbox.this(), 1);
        alias.send_priority(2);
        assert_eq!(
            rest(&mut inbox),
            [Received::Message(1), Received::Message(2)]
        );
        assert!(demonitor(end));
    }));
}

/// How many messages a process looks at that waits for a priority message amid so many others, when
/// that is sent once it has looked at some.
fn looked_at(waiting: usize, sent_after: usize) -> usize {
    let looked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&looked);
    let simulation = Runtime::simulated(1)
        .policy(Policy::RoundRobin)
        .crash_reports(false);
    simulation.run(in_process(async move |mut inbox: Inbox<u8>| {
        let alias = inbox.alias_priority(AliasMode::Explicit);
        for _ in 0..waiting {
            send(inbox.this(), 0);
        }
        let sees = Arc::clone(&counter);
        spawn(async move |_: Inbox<()>| {
            while sees.load(SeqCst) < sent_after {
                regrow::process::yield_now().await;
            }
            alias.send_priority(1);
        });
        let wanted = |&message: &u8| {
            counter.fetch_add(1, SeqCst);
            message == 1
        };
        assert_eq!(inbox.select(wanted).await, 1);
        assert_eq!(inbox.len(), waiting);
    }));
    looked.load(SeqCst)
}

#[test]
fn prio_006_a_priority_message_is_found_amid_a_million() {
    let while_it_looks = looked_at(1_000_000, 1);
    assert!(while_it_looks < 20_000, "looked at {while_it_looks}");
    assert_eq!(looked_at(100_000, 100_000), 100_001);
}

#[test]
fn prio_007_receiving_is_the_same_with_priority_sends() {
    let by_priority = |alias: Alias<u32>, message| alias.send_priority(message);
    simulated(receive::receive_between_mark_and_use(by_priority));
    simulated(receive::panic_between_mark_and_use(by_priority));
    simulated(receive::nested_marks(by_priority));
    simulated(receive::no_match_leaves_the_queue(by_priority));
    simulated(receive::selects_by_value(by_priority));
}
