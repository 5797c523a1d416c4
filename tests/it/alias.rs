//! Aliases: addresses that live until they are taken away, answered, or their monitor ends.

use regrow::process::{
    Alias, AliasMode, Down, ExitReason, Inbox, MonitorAlias, ProcessRef, Received, demonitor,
    demonitor_flush, exit, monitor, send, settle, spawn, spawn_monitor, unalias,
};

use crate::support::{forever, in_process, rest, simulated};

/// A process that waits until it is ended.
fn idler() -> ProcessRef<()> {
    spawn(forever)
}

/// Lets another process send this by an alias, and waits until that has come.
async fn sent_by_another(alias: Alias<u8>, message: u8) {
    let (_, end) = spawn_monitor(async move |_: Inbox<()>| send(alias, message));
    assert_eq!(
        end.await.reason,
        ExitReason::Normal,
        "sending by a dead alias is silent"
    );
}

/// Everything in the mailbox, which is messages alone.
fn messages(inbox: &mut Inbox<u8>) -> Vec<u8> {
    let message = |received| match received {
        Received::Message(message) => message,
        _ => panic!("something other than a message"),
    };
    rest(inbox).into_iter().map(message).collect()
}

/// The one notice that is in the mailbox, alone.
fn only_down(inbox: &mut Inbox<u8>) -> Down {
    let mut all = rest(inbox);
    assert_eq!(all.len(), 1);
    let Some(Received::Down(down)) = all.pop() else {
        panic!("something other than a notice")
    };
    down
}

async fn live_until_unalias(inbox: &mut Inbox<u8>, alias: Alias<u8>) {
    sent_by_another(alias, 1).await;
    sent_by_another(alias, 2).await;
    assert!(unalias(alias));
    sent_by_another(alias, 3).await;
    sent_by_another(alias, 4).await;
    assert_eq!(messages(inbox), [1, 2]);
}

#[test]
fn alias_001_messages_come_through_until_unalias() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let alias = inbox.alias(AliasMode::Explicit);
        live_until_unalias(&mut inbox, alias).await;
    }));
}

#[test]
fn alias_002_an_explicit_alias_lives_until_unalias() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let (long, short) = (
            inbox.alias(AliasMode::Explicit),
            inbox.alias(AliasMode::Explicit),
        );
        assert_ne!(long, short);
        live_until_unalias(&mut inbox, short).await;
        for number in 0..50 {
            sent_by_another(long, number).await;
        }
        assert_eq!(messages(&mut inbox), (0..50).collect::<Vec<_>>());
        assert!(unalias(long));
    }));
}

#[test]
fn alias_003_a_reply_alias_takes_one_message() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let alias = inbox.alias(AliasMode::Reply);
        for number in 1..=4 {
            sent_by_another(alias, number).await;
        }
        assert_eq!(messages(&mut inbox), [1]);
        assert!(!unalias(alias));
    }));
}

#[test]
fn alias_004_nothing_comes_through_a_dead_alias() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let alias = inbox.alias(AliasMode::Explicit);
        assert!(unalias(alias));
        send(alias, 1);
        sent_by_another(alias, 2).await;
        assert!(messages(&mut inbox).is_empty());
    }));
}

#[test]
fn alias_005_unalias_of_a_monitors_alias_leaves_the_monitor() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let target = idler();
        let (end, alias) = inbox.monitor_alias(target, MonitorAlias::ExplicitUnalias);
        sent_by_another(alias, 1).await;
        assert!(unalias(alias));
        sent_by_another(alias, 2).await;
        assert_eq!(messages(&mut inbox), [1]);
        exit(target, ExitReason::Shutdown);
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    }));
}

#[test]
fn alias_006_demonitor_ends_a_demonitor_alias() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let target = idler();
        let (end, alias) = inbox.monitor_alias(target, MonitorAlias::Demonitor);
        sent_by_another(alias, 1).await;
        sent_by_another(alias, 2).await;
        assert!(demonitor(end));
        sent_by_another(alias, 3).await;
        exit(target, ExitReason::Shutdown);
        settle().await;
        assert_eq!(messages(&mut inbox), [1, 2]);
        assert!(!unalias(alias));
    }));
}

/// The target of a monitor ends; then its alias is dead.
async fn dead_after_down(mode: MonitorAlias) {
    in_process(async move |mut inbox: Inbox<u8>| {
        let target = idler();
        let (end, alias) = inbox.monitor_alias(target, mode);
        exit(target, ExitReason::Shutdown);
        settle().await;
        sent_by_another(alias, 1).await;
        let down = only_down(&mut inbox);
        assert_eq!((down.monitor, down.reason), (end, ExitReason::Shutdown));
        assert!(!unalias(alias));
    })
    .await;
}

#[test]
fn alias_007_down_ends_a_demonitor_alias() {
    simulated(dead_after_down(MonitorAlias::Demonitor));
}

#[test]
fn alias_008_down_ends_a_reply_demonitor_alias() {
    simulated(dead_after_down(MonitorAlias::ReplyDemonitor));
}

#[test]
fn alias_009_a_reply_ends_a_reply_demonitor_alias_and_its_monitor() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let target = idler();
        let plain = monitor(target);
        let (end, alias) = inbox.monitor_alias(target, MonitorAlias::ReplyDemonitor);
        sent_by_another(alias, 1).await;
        sent_by_another(alias, 2).await;
        assert_eq!(messages(&mut inbox), [1]);
        assert!(!demonitor(end));
        exit(target, ExitReason::Shutdown);
        settle().await;
        assert_eq!(only_down(&mut inbox).monitor, plain);
    }));
}

#[test]
fn alias_012_an_explicit_alias_survives_demonitor() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let target = idler();
        let (end, alias) = inbox.monitor_alias(target, MonitorAlias::ExplicitUnalias);
        assert!(demonitor(end));
        exit(target, ExitReason::Shutdown);
        live_until_unalias(&mut inbox, alias).await;
    }));
}

#[test]
fn alias_013_an_explicit_alias_survives_down() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let target = idler();
        let (end, alias) = inbox.monitor_alias(target, MonitorAlias::ExplicitUnalias);
        exit(target, ExitReason::Shutdown);
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        live_until_unalias(&mut inbox, alias).await;
    }));
}

#[test]
fn alias_014_only_the_owner_can_unalias_and_once() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let alias = inbox.alias(AliasMode::Explicit);
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| assert!(!unalias(alias)));
        assert_eq!(end.await.reason, ExitReason::Normal);
        sent_by_another(alias, 1).await;
        assert_eq!(messages(&mut inbox), [1]);
        assert!(unalias(alias));
        assert!(!unalias(alias));
    }));
}

#[test]
fn alias_015_unalias_of_a_demonitor_alias_keeps_the_monitor() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        for mode in [MonitorAlias::Demonitor, MonitorAlias::ReplyDemonitor] {
            let target = idler();
            let (end, alias) = inbox.monitor_alias(target, mode);
            assert!(unalias(alias));
            sent_by_another(alias, 1).await;
            exit(target, ExitReason::Shutdown);
            settle().await;
            assert_eq!(only_down(&mut inbox).monitor, end);
        }
    }));
}

#[test]
fn alias_016_aliases_of_a_monitor_that_met_nobody() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        for mode in [MonitorAlias::Demonitor, MonitorAlias::ReplyDemonitor] {
            let (_, alias) = inbox.monitor_alias("nobody", mode);
            settle().await;
            assert_eq!(only_down(&mut inbox).reason, ExitReason::NoProc);
            sent_by_another(alias, 1).await;
            assert!(messages(&mut inbox).is_empty());
        }
        let (_, alias) = inbox.monitor_alias("nobody", MonitorAlias::ExplicitUnalias);
        settle().await;
        assert_eq!(only_down(&mut inbox).reason, ExitReason::NoProc);
        live_until_unalias(&mut inbox, alias).await;
    }));
}

#[test]
fn alias_017_flush_leaves_a_reply_that_came() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        for mode in [MonitorAlias::ExplicitUnalias, MonitorAlias::Demonitor] {
            let target = idler();
            let (end, alias) = inbox.monitor_alias(target, mode);
            sent_by_another(alias, 1).await;
            exit(target, ExitReason::Shutdown);
            settle().await;
            assert_eq!(inbox.len(), 2);
            assert!(!demonitor_flush(end));
            assert_eq!(messages(&mut inbox), [1]);
        }
    }));
}
