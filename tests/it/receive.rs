//! Receiving: in order, selectively, with a limit, from a mark on; and hibernating in between.
//!
//! What a receive pays for is counted in messages that its condition was asked about. Some cases
//! take how a message is sent as an argument: they hold for priority messages too.

use std::future::Future;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use regrow::Runtime;
use regrow::process::{
    Alias, AliasMode, ExitReason, Inbox, MonitorAlias, ProcessRef, Received, Status, demonitor,
    exit, hibernate, monitor, process_info, processes, send, settle, spawn, spawn_monitor,
    yield_now,
};
use regrow::sim::Policy;
use regrow::time::{millis, now, secs, send_after, send_interval, sleep};

use crate::support::{in_process, over_seeds, real, rest, simulated};

/// Sends a message by an alias that takes priority messages.
type Post = fn(Alias<u32>, u32);

fn plainly(alias: Alias<u32>, message: u32) {
    alias.send(message);
}

/// Messages that nobody wants.
const JUNK: u32 = u32::MAX;
/// How many of them make a mailbox huge.
const HUGE: usize = 500_000;

fn fill<M: Clone + Send + 'static>(inbox: &Inbox<M>, junk: &M, count: usize) {
    for _ in 0..count {
        send(inbox.this(), junk.clone());
    }
}

/// A request: what to answer, how often, and where.
type Request = (Alias<u32>, u32, usize);

/// Answers requests.
fn server() -> ProcessRef<Request> {
    spawn(async |mut inbox: Inbox<Request>| {
        while let Received::Message((to, answer, times)) = inbox.receive().await {
            for _ in 0..times {
                send(to, answer);
            }
        }
    })
}

/// Makes a request as a call does: under a monitor, with an alias as the address of the reply.
async fn request(
    inbox: &mut Inbox<u32>,
    server: ProcessRef<Request>,
    answer: u32,
    looked: &AtomicUsize,
) {
    let mark = inbox.mark();
    let (_end, alias) = inbox.monitor_alias(server, MonitorAlias::ReplyDemonitor);
    send(server, (alias, answer, 1));
    let wanted = |&message: &u32| {
        looked.fetch_add(1, SeqCst);
        message == answer
    };
    inbox.select_from(mark, wanted).await;
}

/// The time that some calls take in a mailbox with so much in it.
async fn time_of_calls(junk: usize) -> Duration {
    const CALLS: u32 = 1_000;
    let took = Arc::new(parking_lot::Mutex::new(Duration::MAX));
    let best = Arc::clone(&took);
    in_process(async move |mut inbox: Inbox<u32>| {
        let looked = AtomicUsize::new(0);
        let server = server();
        fill(&inbox, &JUNK, junk);
        request(&mut inbox, server, 0, &looked).await;
        for _ in 0..5 {
            let begun = now();
            for answer in 0..CALLS {
                request(&mut inbox, server, answer, &looked).await;
            }
            let mut best = best.lock();
            *best = begun.elapsed().min(*best);
        }
        assert_eq!(looked.into_inner(), 5 * CALLS as usize + 1);
        assert_eq!(inbox.len(), junk);
    })
    .await;
    *took.lock()
}

#[test]
fn recv_001_a_call_does_not_pay_for_a_full_mailbox() {
    real(1, async {
        let (empty, full) = (time_of_calls(0).await, time_of_calls(HUGE).await);
        assert!(
            full <= empty * 10,
            "{empty:?} with an empty mailbox, {full:?} with a full one"
        );
    });
}

pub(crate) fn receive_between_mark_and_use(post: Post) -> impl Future<Output = ()> + Send {
    in_process(async move |mut inbox: Inbox<u32>| {
        let alias = inbox.alias_priority(AliasMode::Explicit);
        for answer in 0..5_000 {
            fill(&inbox, &JUNK, 1);
            let mark = inbox.mark();
            post(alias, answer);
            assert_eq!(inbox.select(|&message| message == JUNK).await, JUNK);
            assert_eq!(
                inbox.select_from(mark, |&message| message == answer).await,
                answer
            );
        }
        assert!(inbox.is_empty());
    })
}

#[test]
fn recv_002_a_receive_between_mark_and_use_loses_nothing() {
    simulated(receive_between_mark_and_use(plainly));
    // What was marked off has all been read, and another mark is set before the first one is used.
    simulated(in_process(async |mut inbox: Inbox<u32>| {
        fill(&inbox, &JUNK, 1);
        let first = inbox.mark();
        inbox.receive().await;
        send(inbox.this(), 1);
        inbox.mark();
        assert_eq!(inbox.select_from(first, |&message| message == 1).await, 1);
    }));
}

pub(crate) fn panic_between_mark_and_use(post: Post) -> impl Future<Output = ()> + Send {
    in_process(async move |mut inbox: Inbox<u32>| {
        let alias = inbox.alias_priority(AliasMode::Explicit);
        fill(&inbox, &JUNK, 3);
        let mark = inbox.mark();
        post(alias, 1);
        catch_unwind(|| resume_unwind(Box::new(()))).unwrap_err();
        assert_eq!(inbox.select_from(mark, |&message| message == 1).await, 1);
        post(alias, 2);
        assert_eq!(inbox.select_from(mark, |&message| message == 2).await, 2);
        assert_eq!(inbox.len(), 3);
    })
}

#[test]
fn recv_003_a_panic_between_mark_and_use_loses_nothing() {
    simulated(panic_between_mark_and_use(plainly));
}

pub(crate) fn nested_marks(post: Post) -> impl Future<Output = ()> + Send {
    const DEPTH: u32 = 50;
    in_process(async move |mut inbox: Inbox<u32>| {
        let alias = inbox.alias_priority(AliasMode::Explicit);
        let mut marks = Vec::new();
        for depth in 0..DEPTH {
            send(inbox.this(), 1_000 + depth);
            marks.push(inbox.mark());
            post(alias, depth);
        }
        for depth in (0..DEPTH).rev() {
            let mark = marks.pop().expect("one for each depth");
            assert_eq!(
                inbox.select_from(mark, |&message| message == depth).await,
                depth
            );
        }
        let others: Vec<_> = (0..DEPTH)
            .map(|depth| Received::Message(1_000 + depth))
            .collect();
        assert_eq!(rest(&mut inbox), others);
    })
}

#[test]
fn recv_004_marks_nest() {
    simulated(nested_marks(plainly));
    // The first message from the outer mark on that is wanted lies between others, before the inner.
    simulated(in_process(async |mut inbox: Inbox<u32>| {
        let outer = inbox.mark();
        (1..=3).for_each(|message| send(inbox.this(), message));
        inbox.mark();
        (4..=5).for_each(|message| send(inbox.this(), message));
        assert_eq!(inbox.select_from(outer, |&message| message == 2).await, 2);
        let all: Vec<_> = [1, 3, 4, 5].map(Received::Message).into();
        assert_eq!(rest(&mut inbox), all);
    }));
}

/// A message is looked for while very many signals and other messages are still to be fetched.
async fn receive_with_signals_outstanding() {
    in_process(async |mut inbox: Inbox<u32>| {
        let alias = inbox.alias(AliasMode::Explicit);
        let me = inbox.this();
        let sender = async move |_: Inbox<()>| {
            for _ in 0..5_000 {
                alias.send(JUNK);
                let _active = demonitor(monitor(me));
            }
            send(me, 1);
        };
        let ends = [spawn_monitor(sender).1, spawn_monitor(sender).1];
        assert_eq!(inbox.select(|&message| message == 1).await, 1);
        for end in ends {
            assert_eq!(end.await.reason, ExitReason::Normal);
        }
        assert_eq!(inbox.len(), 10_001);
    })
    .await;
}

#[test]
fn recv_005_a_receive_with_signals_outstanding_does_not_hang() {
    over_seeds(3, receive_with_signals_outstanding);
    real(2, async {
        for _ in 0..5 {
            receive_with_signals_outstanding().await;
        }
    });
}

/// Requests are made by a process that others flood.
async fn requests_amid_a_flood() {
    in_process(async |mut inbox: Inbox<u32>| {
        let me = inbox.this();
        let flooder = async move |_: Inbox<()>| -> ! {
            loop {
                for _ in 0..10 {
                    send(me, JUNK);
                    exit(me, ExitReason::Normal);
                }
                yield_now().await;
            }
        };
        let flooders = [spawn::<(), _, _>(flooder), spawn(flooder)];
        let server = server();
        let looked = AtomicUsize::new(0);
        for answer in 0..500 {
            request(&mut inbox, server, answer, &looked).await;
        }
        for flooder in flooders {
            exit(flooder, ExitReason::Kill);
        }
    })
    .await;
}

#[test]
fn recv_006_requests_go_on_amid_messages_and_normal_exits() {
    over_seeds(5, requests_amid_a_flood);
    real(2, requests_amid_a_flood());
}

/// Nested requests with several answers each. Returns how many messages were looked at.
fn nested_requests(junk: usize, depth: u32) -> usize {
    let looked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&looked);
    simulated(in_process(async move |mut inbox: Inbox<u32>| {
        let server = server();
        fill(&inbox, &JUNK, junk);
        for _ in 0..10 {
            let mut outstanding = Vec::new();
            for answer in 0..depth {
                outstanding.push(inbox.mark());
                send(server, (inbox.alias(AliasMode::Explicit), answer, 3));
            }
            for answer in (0..depth).rev() {
                let mark = outstanding.pop().expect("one for each request");
                for _ in 0..3 {
                    let wanted = |&message: &u32| {
                        counter.fetch_add(1, SeqCst);
                        message == answer
                    };
                    inbox.select_from(mark, wanted).await;
                }
            }
        }
        assert_eq!(inbox.len(), junk);
    }));
    looked.load(SeqCst)
}

#[test]
fn recv_007_nested_requests_do_not_pay_for_a_full_mailbox() {
    assert!(nested_requests(HUGE, 4) <= nested_requests(0, 4) * 2);
}

#[test]
fn recv_008_any_number_of_marks_holds() {
    assert!(nested_requests(HUGE, 100) <= nested_requests(0, 100) * 2);
}

pub(crate) fn no_match_leaves_the_queue(post: Post) -> impl Future<Output = ()> + Send {
    in_process(async move |mut inbox: Inbox<u32>| {
        let alias = inbox.alias_priority(AliasMode::Explicit);
        assert_eq!(inbox.try_receive(), None);
        post(alias, 1);
        post(alias, 2);
        assert_eq!(inbox.try_select_any(|_| false), None);
        assert_eq!(inbox.select_timeout(Duration::ZERO, |_| false).await, None);
        assert_eq!(inbox.select_timeout(millis(1), |_| false).await, None);
        assert_eq!(
            rest(&mut inbox),
            [Received::Message(1), Received::Message(2)]
        );
    })
}

#[test]
fn recv_011_try_receive_leaves_what_does_not_match() {
    simulated(no_match_leaves_the_queue(plainly));
}

#[test]
fn recv_012_a_receive_times_out_at_each_length() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut length = 5_000;
        while length > 0 {
            let begun = now();
            assert_eq!(inbox.receive_timeout(millis(length)).await, None);
            let took = begun.elapsed();
            assert!(
                took >= millis(length) && took < millis(length + 2),
                "{length}: {took:?}"
            );
            length /= 2;
        }
    }));
}

#[test]
fn recv_013_a_long_sleep_is_never_early() {
    simulated(in_process(async |inbox: Inbox<()>| {
        let ticks = send_interval(millis(100), inbox.this(), ());
        let begun = now();
        sleep(secs(60)).await;
        let took = begun.elapsed();
        assert!(took >= secs(60) && took <= millis(60_060), "{took:?}");
        regrow::time::cancel_timer(ticks);
        assert!(inbox.len() >= 599);
    }));
}

#[test]
fn recv_014_a_message_wins_over_a_huge_timeout() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        for limit in [millis(1 << 32), millis(u64::MAX), Duration::MAX] {
            send_after(secs(1), inbox.this(), ());
            let begun = now();
            assert_eq!(
                inbox.receive_timeout(limit).await,
                Some(Received::Message(()))
            );
            assert!(begun.elapsed() < millis(1_002));
        }
        let begun = now();
        assert_eq!(inbox.receive_timeout(millis(1 << 32)).await, None);
        assert!(begun.elapsed() >= millis(1 << 32));
    }));
}

#[test]
fn recv_015_huge_timeouts_do_not_fire() {
    simulated(async {
        for _ in 0..2_048 {
            spawn(async |mut inbox: Inbox<()>| {
                inbox.receive_timeout(millis((1 << 32) - 1)).await;
            });
        }
        sleep(secs(2)).await;
        assert_eq!(processes().len(), 2_049);
    });
}

#[test]
fn recv_017_messages_do_not_disturb_a_sleep() {
    simulated(in_process(async |mut inbox: Inbox<u32>| {
        let ticks = send_interval(millis(7), inbox.this(), 7);
        for _ in 0..10 {
            let begun = now();
            sleep(millis(100)).await;
            let took = begun.elapsed();
            assert!(took >= millis(100) && took < millis(102), "{took:?}");
        }
        regrow::time::cancel_timer(ticks);
        assert!(rest(&mut inbox).len() >= 140);
    }));
}

#[test]
fn recv_018_ten_thousand_timeouts_at_once_all_end() {
    simulated(async {
        let ends: Vec<_> = (0..10_000)
            .map(|_| {
                let body = async |mut inbox: Inbox<()>| {
                    assert_eq!(inbox.receive_timeout(secs(1)).await, None);
                };
                spawn_monitor(body).1
            })
            .collect();
        for end in ends {
            assert_eq!(end.await.reason, ExitReason::Normal);
        }
    });
}

pub(crate) fn selects_by_value(post: Post) -> impl Future<Output = ()> + Send {
    in_process(async move |mut inbox: Inbox<u32>| {
        let alias = inbox.alias_priority(AliasMode::Explicit);
        (1..=4).for_each(|message| post(alias, message));
        assert_eq!(inbox.select(|&message| message == 2).await, 2);
        let double = |message| {
            if message == 4 {
                Ok(message * 2)
            } else {
                Err(message)
            }
        };
        assert_eq!(inbox.select_map(double).await, 8);
        assert_eq!(
            rest(&mut inbox),
            [Received::Message(1), Received::Message(3)]
        );
    })
}

#[test]
fn recv_019_a_selective_receive_keeps_the_rest_in_order() {
    simulated(selects_by_value(plainly));
}

#[test]
fn r_recv_1_what_has_come_is_found_without_waiting_however_much_it_is() {
    const MANY: u32 = 20_000;
    let filled = |inbox: &Inbox<u32>| (0..MANY).for_each(|number| send(inbox.this(), number));
    let last = |&message: &u32| message == MANY - 1;
    simulated(in_process(async move |mut inbox: Inbox<u32>| {
        filled(&inbox);
        assert_eq!(inbox.try_receive(), Some(Received::Message(0)));
        assert_eq!(rest(&mut inbox).len(), MANY as usize - 1);
        filled(&inbox);
        assert_eq!(
            inbox.receive_timeout(Duration::ZERO).await,
            Some(Received::Message(0))
        );
        assert_eq!(rest(&mut inbox).len(), MANY as usize - 1);
        filled(&inbox);
        assert_eq!(
            inbox.select_timeout(Duration::ZERO, last).await,
            Some(MANY - 1)
        );
        assert_eq!(rest(&mut inbox).len(), MANY as usize - 1);
        filled(&inbox);
        let wanted = |received: &Received<u32>| *received == Received::Message(MANY - 1);
        assert!(inbox.try_select_any(wanted).is_some());
        filled(&inbox);
        assert_eq!(inbox.len(), 2 * MANY as usize - 1);
    }));
}

#[test]
fn r_recv_2_others_run_while_a_huge_mailbox_is_received() {
    let simulation = Runtime::simulated(1)
        .policy(Policy::RoundRobin)
        .crash_reports(false);
    simulation.run(in_process(async |mut inbox: Inbox<u32>| {
        let turns = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&turns);
        let other = spawn(async move |_: Inbox<()>| {
            loop {
                counter.fetch_add(1, SeqCst);
                yield_now().await;
            }
        });
        fill(&inbox, &JUNK, HUGE);
        send(inbox.this(), 1);
        assert_eq!(inbox.select(|&message| message == 1).await, 1);
        assert!(
            turns.load(SeqCst) > 100,
            "others had {} turns",
            turns.load(SeqCst)
        );
        exit(other, ExitReason::Kill);
    }));
}

#[test]
fn hib_001_a_hibernating_process_waits_and_wakes() {
    simulated(in_process(async |mut inbox: Inbox<u32>| {
        let me = inbox.this();
        let sleeper = spawn(async move |mut inbox: Inbox<u32>| {
            loop {
                hibernate().await;
                let Some(Received::Message(number)) = inbox.try_receive() else {
                    unreachable!()
                };
                send(me, number + 1);
            }
        });
        for number in 0..100 {
            settle().await;
            let info = process_info(sleeper).await.expect("it is alive");
            assert_eq!((info.status, info.message_queue_len), (Status::Waiting, 0));
            send(sleeper, number);
            assert_eq!(inbox.receive().await, Received::Message(number + 1));
        }
        // Signals are received, and do not end the hibernation.
        assert!(demonitor(monitor(sleeper)));
        let end = monitor(sleeper);
        exit(sleeper, ExitReason::Shutdown);
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    }));
}

#[test]
fn hib_004_nobody_hibernates_over_a_message() {
    simulated(in_process(async |mut inbox: Inbox<u32>| {
        send(inbox.this(), 1);
        hibernate().await;
        assert_eq!(inbox.receive().await, Received::Message(1));
        // A notice counts, and so does a message before a mark.
        let end = monitor("nobody");
        hibernate().await;
        end.await;
        send(inbox.this(), 2);
        inbox.mark();
        hibernate().await;
        assert_eq!(inbox.receive().await, Received::Message(2));
    }));
}
