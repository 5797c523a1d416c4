//! Mailboxes with a bound: what becomes of the message that is one too many.

use parking_lot::Mutex;
use std::sync::Arc;

use regrow::Handle;
use regrow::process::{
    ExitReason, Inbox, MailboxPolicy, ProcessRef, Received, SendError, SpawnOptions, exit,
    process_info, self_pid, settle, spawn_monitor, spawn_with, yield_now,
};

use crate::support::{forever, in_process, over_seeds, real, simulated};

/// A process that keeps what it receives, once it is told to begin; and the list of that.
fn keeper(limit: usize, policy: MailboxPolicy) -> (ProcessRef<u32>, Arc<Mutex<Vec<u32>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&kept);
    let options = SpawnOptions::new().mailbox_limit(limit, policy);
    let keeper = spawn_with(options, async move |mut inbox: Inbox<u32>| {
        loop {
            let number = inbox.select(|_| true).await;
            list.lock().push(number);
        }
    });
    (keeper.unwrap().process, kept)
}

/// How many messages full mailboxes have dropped so far.
fn dropped() -> u64 {
    Handle::current().stats().dropped
}

#[test]
fn a_mailbox_that_drops_the_newest_keeps_the_first_and_counts() {
    simulated(async {
        for policy in [
            MailboxPolicy::DropNewest,
            MailboxPolicy::Refuse,
            MailboxPolicy::Wait,
        ] {
            let before = dropped();
            let (keeper, kept) = keeper(3, policy);
            (1..=5).for_each(|number| keeper.send(number));
            assert_eq!(dropped() - before, 2, "{policy:?}");
            settle().await;
            assert_eq!(*kept.lock(), [1, 2, 3], "{policy:?}");
            keeper.send(6);
            settle().await;
            assert_eq!(*kept.lock(), [1, 2, 3, 6], "{policy:?}");
        }
    });
}

#[test]
fn a_mailbox_that_drops_the_oldest_keeps_the_last_and_counts() {
    simulated(async {
        let (keeper, kept) = keeper(3, MailboxPolicy::DropOldest);
        (1..=4).for_each(|number| keeper.send(number));
        assert_eq!(keeper.try_send(5), Ok(()));
        settle().await;
        assert_eq!(*kept.lock(), [3, 4, 5]);
        assert_eq!(dropped(), 2);
    });
}

#[test]
fn a_full_mailbox_refuses_and_gives_the_message_back() {
    simulated(async {
        for policy in [
            MailboxPolicy::DropNewest,
            MailboxPolicy::Refuse,
            MailboxPolicy::Wait,
        ] {
            let (keeper, kept) = keeper(2, policy);
            assert_eq!(keeper.try_send(1), Ok(()));
            assert_eq!(keeper.try_send(2), Ok(()));
            assert_eq!(keeper.try_send(3), Err(SendError::Full(3)), "{policy:?}");
            assert_eq!(dropped(), 0);
            settle().await;
            assert_eq!(keeper.try_send(4), Ok(()));
            settle().await;
            assert_eq!(*kept.lock(), [1, 2, 4]);
        }
    });
}

/// Three senders that wait for room; and what has arrived of each, in order.
async fn three_senders_wait() {
    const MESSAGES: u32 = 50;

    let (keeper, kept) = keeper(2, MailboxPolicy::Wait);
    let senders: Vec<_> = (0..3)
        .map(|sender| {
            spawn_monitor(async move |_: Inbox<()>| {
                for number in 0..MESSAGES {
                    keeper.send_wait(sender * MESSAGES + number).await.unwrap();
                }
            })
        })
        .collect();
    for (_, watch) in senders {
        let longest = process_info(keeper).await.unwrap().message_queue_len;
        assert!(longest <= 2 + 3, "{longest} messages wait");
        assert_eq!(watch.await.reason, ExitReason::Normal);
    }
    settle().await;
    let kept = kept.lock();
    for sender in 0..3 {
        let sent = sender * MESSAGES..(sender + 1) * MESSAGES;
        let received = kept.iter().copied().filter(|number| sent.contains(number));
        assert!(received.eq(sent.clone()), "{kept:?}");
    }
}

#[test]
fn those_who_wait_for_room_lose_nothing() {
    over_seeds(200, three_senders_wait);
    real(2, async {
        for _ in 0..20 {
            three_senders_wait().await;
        }
    });
}

#[test]
fn those_who_wait_for_room_hear_of_the_end() {
    over_seeds(50, || async {
        let options = SpawnOptions::new().mailbox_limit(1, MailboxPolicy::Wait);
        let full = spawn_with(options, forever::<&str>).unwrap().process;
        full.send("the only one");
        let (_, waiting) = spawn_monitor(async move |_: Inbox<()>| {
            let refused = full.send_wait("one too many").await;
            assert_eq!(refused, Err(SendError::NoProcess("one too many")));
        });
        for _ in 0..10 {
            yield_now().await;
        }
        exit(full, ExitReason::Kill);
        assert_eq!(waiting.await.reason, ExitReason::Normal);
        assert_eq!(
            full.send_wait("late").await.unwrap_err().into_inner(),
            "late"
        );
    });
}

/// A bound is for messages: whoever watches a full process, or is watched by it, does not notice.
#[test]
fn signals_and_notices_pass_a_full_mailbox() {
    simulated(async {
        let options = SpawnOptions::new()
            .mailbox_limit(1, MailboxPolicy::Refuse)
            .trap_exit(true);
        let tester = self_pid();
        let full = spawn_with(options, async move |mut inbox: Inbox<()>| {
            let (_, watch) = spawn_monitor(async |_: Inbox<()>| ExitReason::Shutdown);
            assert_eq!(watch.await.reason, ExitReason::Shutdown);
            let exit = inbox
                .select_any(|received| matches!(received, Received::Exit(_)))
                .await;
            assert!(matches!(exit, Received::Exit(exit) if exit.from == tester));
            forever(inbox).await;
        });
        let full = full.unwrap().process;
        full.send(());
        assert_eq!(full.try_send(()), Err(SendError::Full(())));
        exit(full, ExitReason::Shutdown);
        settle().await;
        assert_eq!(process_info(full).await.unwrap().message_queue_len, 1);
        in_process(async move |_: Inbox<()>| {
            let watch = regrow::process::monitor(full);
            exit(full, ExitReason::Kill);
            assert_eq!(watch.await.reason, ExitReason::Killed);
        })
        .await;
    });
}
