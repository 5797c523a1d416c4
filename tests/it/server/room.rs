//! Servers with a bounded mailbox: casts that wait for room, and calls that do not.

use regrow::answer::{Next, Reply};
use regrow::call::CallError;
use regrow::prelude::gen_server;
use regrow::process::{Inbox, MailboxPolicy, exit, process_info, settle, spawn_monitor};
use regrow::reference::ServerRef;
use regrow::server::{Cast, cast_when_room, stop};
use regrow::time::{millis, now, secs, sleep, timeout};
use regrow::{ExitReason, Handle};

use super::{Log, Subject, act_waiting, ask, handled, oops, subject, then};
use crate::support::simulated;

/// A server that has room for two messages and is busy for a second.
async fn busy(log: &Log, policy: MailboxPolicy) -> ServerRef<Subject> {
    let server = subject(log).mailbox_limit(2, policy).await.unwrap();
    act_waiting(server, |_, _| {
        Box::pin(async {
            sleep(secs(1)).await;
            Next::proceed()
        })
    });
    settle().await;
    server
}

fn say(server: ServerRef<Subject>, what: &'static str) -> Cast {
    let handler = then(move |subject, _| {
        subject.log.say(what);
        Next::proceed()
    });
    cast_when_room(server, handler)
}

// R-CAST-1.
#[test]
fn a_cast_waits_for_room() {
    simulated(async {
        let log = Log::default();
        let server = busy(&log, MailboxPolicy::Wait).await;
        let begun = now();
        say(server, "one").await;
        say(server, "two").await;
        assert!(begun.elapsed() < millis(10));
        say(server, "three").await;
        assert!(begun.elapsed() >= millis(990), "{:?}", begun.elapsed());
        handled(server).await;
        assert_eq!(log.take(), ["one", "two", "three"]);
    });
}

// R-CAST-1.
#[test]
fn a_cast_that_is_tried_comes_back_when_there_is_no_room() {
    simulated(async {
        let log = Log::default();
        let server = busy(&log, MailboxPolicy::Refuse).await;
        assert!(say(server, "one").try_().is_ok());
        assert!(say(server, "two").try_().is_ok());
        let Err(refused) = say(server, "three").try_() else {
            panic!("there was no room");
        };
        let Err(refused) = refused.try_() else {
            panic!("there is no room yet");
        };
        // What came back is what was to be sent.
        refused.await;
        handled(server).await;
        assert_eq!(log.take(), ["one", "two", "three"]);
        assert_eq!(Handle::current().stats().dropped, 0);
    });
}

// R-CAST-1.
#[test]
fn a_cast_that_drops_the_oldest_never_waits() {
    simulated(async {
        let log = Log::default();
        let server = busy(&log, MailboxPolicy::DropOldest).await;
        for what in ["one", "two", "three"] {
            assert!(say(server, what).try_().is_ok());
        }
        sleep(secs(2)).await;
        handled(server).await;
        assert_eq!(log.take(), ["two", "three"]);
    });
}

// R-CAST-1.
#[test]
fn a_cast_that_waits_for_room_is_over_when_the_server_ends() {
    simulated(async {
        let log = Log::default();
        let server = busy(&log, MailboxPolicy::Wait).await;
        say(server, "one").await;
        say(server, "two").await;
        let (_, watch) = spawn_monitor(async move |_: Inbox<()>| say(server, "three").await);
        settle().await;
        exit(server, oops());
        assert_eq!(watch.await.reason, ExitReason::Normal);
        // To nobody it is silent, as any other.
        say(server, "four").await;
        assert!(say(server, "five").try_().is_ok());
    });
}

// R-CAST-1.
#[test]
fn a_cast_that_is_dropped_while_it_waits_is_not_sent() {
    simulated(async {
        let log = Log::default();
        let server = busy(&log, MailboxPolicy::Wait).await;
        say(server, "one").await;
        say(server, "two").await;
        assert!(timeout(millis(100), say(server, "three")).await.is_err());
        sleep(secs(2)).await;
        handled(server).await;
        assert_eq!(log.take(), ["one", "two"]);
    });
}

// R-CALL-8.
#[test]
fn a_call_that_is_tried_comes_back_when_there_is_no_room() {
    simulated(async {
        let log = Log::default();
        let server = busy(&log, MailboxPolicy::Wait).await;
        let add = || {
            ask(server, |subject, _, _| {
                subject.value += 1;
                Reply::now(subject.value)
            })
        };
        let first = add().try_().unwrap();
        let second = add().try_().unwrap();
        let refused = add().try_().unwrap_err();
        assert_eq!(first.await, Ok(1));
        assert_eq!(second.await, Ok(2));
        // Its limit counts from when it is made.
        sleep(secs(10)).await;
        assert_eq!(refused.await, Ok(3));

        stop(server, oops()).await.unwrap();
        let dead = add().try_().unwrap();
        assert_eq!(dead.await, Err(CallError::NoProcess));
    });
}

/// Keeps what it is told, slowly.
struct Slow {
    kept: Vec<u32>,
}

#[gen_server(mailbox = 2)]
impl Slow {
    #[init]
    fn new() -> Self {
        Slow { kept: Vec::new() }
    }

    #[cast]
    async fn keep(&mut self, number: u32) {
        sleep(secs(1)).await;
        self.kept.push(number);
    }

    #[call]
    fn kept(&self) -> Vec<u32> {
        self.kept.clone()
    }
}

/// Keeps the newest.
struct Latest {
    kept: Vec<u32>,
}

#[gen_server(mailbox = 1 + 1, mailbox_policy = "drop_oldest")]
impl Latest {
    #[init]
    fn new() -> Self {
        Latest { kept: Vec::new() }
    }

    #[cast]
    fn keep(&mut self, number: u32) {
        self.kept.push(number);
    }

    #[call]
    fn kept(&self) -> Vec<u32> {
        self.kept.clone()
    }
}

// R-CAST-1.
#[test]
fn a_server_says_itself_how_much_room_it_has() {
    simulated(async {
        let slow = Slow::start().await.unwrap();
        for number in 0..5 {
            slow.keep(number).await;
            let info = process_info(slow.pid()).await.unwrap();
            assert!(info.message_queue_len <= 2, "{}", info.message_queue_len);
        }
        assert_eq!(slow.kept().no_timeout().await, Ok(vec![0, 1, 2, 3, 4]));

        let latest = Latest::start().await.unwrap();
        for number in 0..5 {
            latest.keep(number);
        }
        settle().await;
        assert_eq!(latest.kept().await, Ok(vec![3, 4]));
    });
}
