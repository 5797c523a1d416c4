//! Collections of requests, and calls to many servers at once.

use std::time::Duration;

use regrow::answer::{Next, Reply};
use regrow::call::{Call, CallError, Requests, multi_call};
use regrow::process::{Inbox, process_info, self_pid, send, spawn};
use regrow::reference::ServerRef;
use regrow::time::{millis, now, secs, sleep, timeout};
use regrow::{ExitReason, Handle};

use super::{Log, Subject, act, ask, ask_waiting, oops, subject};
use crate::support::{over_seeds, real, simulated};

/// A call that is answered after this long by somebody else, so that the server is free meanwhile.
fn delayed(server: ServerRef<Subject>, after: Duration, value: u32) -> Call<u32> {
    ask(server, move |_, from, _| {
        spawn(async move |_: Inbox<()>| {
            sleep(after).await;
            from.reply(value);
        });
        Reply::later()
    })
}

#[test]
fn gs_046_replies_are_taken_in_the_order_in_which_they_come() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let mut requests = Requests::new();
        assert!(requests.is_empty());
        assert_eq!(requests.next().await, None);
        for (label, after) in [("last", 300), ("first", 100), ("second", 200)] {
            requests.add(label, delayed(server, millis(after), 1).request());
        }
        assert_eq!(requests.len(), 3);
        assert_eq!(requests.next().await, Some(("first", Ok(1))));
        assert_eq!(requests.len(), 2);
        // Also those that come while nobody waits.
        sleep(secs(1)).await;
        assert_eq!(requests.next().await, Some(("second", Ok(1))));
        assert_eq!(requests.next().await, Some(("last", Ok(1))));
        assert!(requests.is_empty());
        assert_eq!(requests.next().await, None);
    });
}

// Whoever hands the reply over tells those who wait by a waker of their own, and then there is nobody
// to hand it to.
#[test]
fn a_request_of_a_collection_whose_reply_handle_is_dropped_fails_at_once() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let mut requests = Requests::new();
        let dropping = ask(server, |_, from, _| {
            drop(from);
            Reply::later()
        });
        requests.add((), dropping.no_timeout().request());
        assert_eq!(requests.next().await, Some(((), Err(CallError::NoReply))));
    });
}

#[test]
fn gs_047_a_collection_that_is_dropped_gives_its_requests_up() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let mut requests = Requests::new();
        requests.add(1, delayed(server, millis(10), 1).request());
        requests.add(2, delayed(server, secs(2), 2).request());
        let blocked = ask_waiting(server, |_, _, _| {
            Box::pin(async {
                sleep(secs(1)).await;
                Reply::now(3)
            })
        });
        requests.add(3, blocked.request());
        let never = ask(server, |subject, _, _| {
            subject.log.say("carried out");
            Reply::now(4)
        });
        requests.add(4, never.request());
        assert_eq!(requests.next().await, Some((1, Ok(1))));
        assert!(timeout(millis(100), requests.next()).await.is_err());
        drop(requests);
        sleep(secs(5)).await;
        let own = process_info(self_pid()).await.unwrap();
        assert_eq!(own.message_queue_len, 0);
        assert_eq!(log.take(), Vec::<String>::new());
        assert_eq!(Handle::current().stats().calls_unwanted, 1);
    });
}

#[test]
fn gs_048_a_failed_request_has_its_label() {
    simulated(async {
        let log = Log::default();
        let [living, stopping] = [subject(&log).await.unwrap(), subject(&log).await.unwrap()];
        let mut requests = Requests::new();
        let stop = ask(stopping, |_, _, _| Reply::stop(ExitReason::atom("oops")));
        requests.add("stops", stop.request());
        requests.add("lives", delayed(living, millis(10), 1).request());
        let never = delayed(living, secs(100), 1).timeout(millis(50));
        requests.add("late", never.request());
        assert_eq!(
            requests.next().await,
            Some(("stops", Err(CallError::Exited(oops()))))
        );
        assert_eq!(requests.next().await, Some(("lives", Ok(1))));
        requests.add("dead", ask(stopping, |_, _, _| Reply::now(1)).request());
        assert_eq!(
            requests.next().await,
            Some(("dead", Err(CallError::NoProcess)))
        );
        assert_eq!(
            requests.next().await,
            Some(("late", Err(CallError::Timeout)))
        );
    });
}

#[test]
fn gs_049_a_wait_that_is_given_up_keeps_the_requests() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let mut requests = Requests::new();
        requests.add((), delayed(server, secs(1), 1).request());
        for _ in 0..3 {
            assert!(timeout(millis(100), requests.next()).await.is_err());
            assert_eq!(requests.len(), 1);
        }
        assert_eq!(requests.next().await, Some(((), Ok(1))));
    });
}

#[test]
fn gs_050_a_check_takes_what_has_come_and_does_not_wait() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let mut requests = Requests::new();
        assert_eq!(requests.check(), None);
        requests.add(1, delayed(server, millis(10), 1).request());
        requests.add(2, delayed(server, millis(20), 2).request());
        assert_eq!(requests.check(), None);
        sleep(millis(100)).await;
        assert_eq!(requests.check(), Some((1, Ok(1))));
        assert_eq!(requests.check(), Some((2, Ok(2))));
        assert_eq!(requests.check(), None);
        assert!(requests.is_empty());
    });
}

// And GS-052.
#[test]
fn gs_051_many_servers_are_called_and_told_at_once() {
    simulated(async {
        let log = Log::default();
        let mut servers = Vec::new();
        for _ in 0..4 {
            servers.push(subject(&log).await.unwrap());
        }
        // A cast to many is many casts; who is not there is passed over.
        let stopped = regrow::server::stop(servers[3], ExitReason::Normal);
        stopped.await.unwrap();
        for &server in &servers {
            act(server, |subject, _| {
                subject.value = 7;
                Next::proceed()
            });
        }
        let begun = now();
        let calls = servers.iter().enumerate().map(|(number, &server)| {
            let call = if number == 1 {
                delayed(server, secs(60), 1)
            } else {
                ask(server, |subject, _, _| Reply::now(subject.value))
            };
            (number, call.timeout(secs(1)))
        });
        let (replies, failed) = multi_call(calls).await;
        assert_eq!(replies, [(0, 7), (2, 7)]);
        assert_eq!(failed, [(3, CallError::NoProcess), (1, CallError::Timeout)]);
        assert!(begun.elapsed() < millis(1_010));
    });
}

#[test]
fn gs_053_many_calls_do_not_look_at_what_waits_in_the_mailbox() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let caller = spawn(async move |mut inbox: Inbox<u32>| {
            inbox.receive().await;
            let before = process_info(self_pid()).await.unwrap().messages_handled;
            let calls = (0..10).map(|number| (number, ask(server, |_, _, _| Reply::now(1))));
            let (replies, failed) = multi_call(calls).await;
            assert_eq!((replies.len(), failed.len()), (10, 0));
            let after = process_info(self_pid()).await.unwrap();
            assert_eq!(after.messages_handled, before);
            assert_eq!(after.message_queue_len, 10_000);
        });
        let watch = regrow::process::monitor(caller);
        for junk in 0..=10_000 {
            send(caller, junk);
        }
        assert_eq!(watch.await.reason, ExitReason::Normal);
    });
}

#[test]
fn gs_046_a_collection_works_on_real_schedulers() {
    real(2, async {
        let log = Log::default();
        let mut requests = Requests::new();
        for number in 0..100 {
            let server = subject(&log).await.unwrap();
            let call = ask(server, move |_, _, _| Reply::now(number));
            requests.add(number, call.request());
        }
        let mut seen = 0;
        while let Some((label, reply)) = requests.next().await {
            assert_eq!(reply, Ok(label));
            seen += 1;
        }
        assert_eq!(seen, 100);
    });
}
