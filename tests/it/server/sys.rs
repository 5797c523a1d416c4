//! System messages: looking into a live server, changing it, holding it, watching what it does.

use std::fmt;
use std::ops::ControlFlow;

use regrow::answer::{Init, Next, Reply};
use regrow::call::CallError;
use regrow::prelude::gen_server;
use regrow::process::{ExitReason, Inbox, exit, monitor, spawn};
use regrow::reference::{Name, ServerRef};
use regrow::server::{Context, GenServer, HandleCast, HandleInfo, Start, Step, call, cast, stop};
use regrow::sys::{self, Event};
use regrow::time::{millis, now, secs, sleep};

use super::{Log, Subject, act, act_waiting, ask, handled, oops, subject, subject_with, trapping};
use crate::support::{over_seeds, simulated};

/// A server whose state can be copied.
#[derive(Clone, Debug, PartialEq)]
struct Account {
    owner: String,
    balance: i64,
}

#[gen_server]
impl Account {
    #[init]
    fn new(owner: &'static str) -> Self {
        Account {
            owner: owner.to_owned(),
            balance: 0,
        }
    }

    #[cast]
    fn deposit(&mut self, amount: i64) {
        self.balance += amount;
    }

    #[call]
    fn balance(&self) -> i64 {
        self.balance
    }
}

#[test]
fn sys_008_the_state_is_given_by_pid_and_by_name_and_while_suspended() {
    simulated(async {
        const ACCOUNT: Name<Account> = Name::new("account");
        let account = Account::start("Ada").name(ACCOUNT).await.unwrap();
        account.deposit(5);
        let expected = Account {
            owner: String::from("Ada"),
            balance: 5,
        };
        assert_eq!(sys::get_state(account).await, Ok(expected.clone()));
        assert_eq!(
            sys::get_state(ACCOUNT).timeout(secs(1)).await,
            Ok(expected.clone())
        );
        sys::suspend(account).await.unwrap();
        assert_eq!(sys::get_state(account).await, Ok(expected));
    });
}

#[test]
fn sys_009_the_state_is_replaced_unless_that_panics() {
    simulated(async {
        let account = Account::start("Ada").await.unwrap();
        let double = |account: &Account| Account {
            balance: account.balance * 2,
            ..account.clone()
        };
        account.deposit(5);
        sys::replace_state(account, double).await.unwrap();
        assert_eq!(account.balance().await, Ok(10));
        let failed = sys::replace_state(account, |_| panic!("no idea")).await;
        let Err(CallError::Reply(failed)) = failed else {
            panic!("{failed:?}");
        };
        assert!(
            matches!(failed.reason(), ExitReason::Panic(panic) if panic.message() == "no idea")
        );
        assert_eq!(account.balance().await, Ok(10));
        sys::suspend(account).await.unwrap();
        sys::replace_state(account, double).await.unwrap();
        sys::resume(account).await.unwrap();
        assert_eq!(account.balance().await, Ok(20));
    });
}

#[test]
fn sys_005_a_suspended_server_takes_no_calls_until_it_is_resumed() {
    simulated(async {
        let account = Account::start("Ada").await.unwrap();
        sys::suspend(account).await.unwrap();
        sys::suspend(account).await.unwrap();
        assert!(sys::get_status(account).await.unwrap().suspended);
        let held = account.balance().timeout(secs(1)).await;
        assert_eq!(held, Err(CallError::Timeout));
        sys::resume(account).await.unwrap();
        assert!(!sys::get_status(account).await.unwrap().suspended);
        assert_eq!(account.balance().await, Ok(0));
        sys::resume(account).await.unwrap();
        assert_eq!(account.balance().await, Ok(0));
    });
}

#[test]
fn sys_010_what_comes_while_a_server_is_suspended_is_handled_in_order_afterwards() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        // The system message itself waits behind what was sent before.
        act(server, |subject, _| {
            subject.log.say("before");
            Next::proceed()
        });
        let suspended = sys::suspend(server).request();
        for what in ["one", "two", "three"] {
            act(server, move |subject, _| {
                subject.log.say(what);
                Next::proceed()
            });
        }
        suspended.await.unwrap();
        sleep(secs(1)).await;
        assert_eq!(log.take(), ["before"]);
        let value = sys::look_at_state(server, |subject| subject.value).await;
        assert_eq!(value, Ok(0));
        sys::resume(server).await.unwrap();
        handled(server).await;
        assert_eq!(log.take(), ["one", "two", "three"]);
    });
}

// An idle timeout does not come while nothing is handled.
#[test]
fn sys_010_a_suspended_server_has_no_idle_timeout() {
    simulated(async {
        let log = Log::default();
        let start = subject_with(&log, |subject, _| Init::ok(subject).idle_timeout(secs(1)));
        let server = start.await.unwrap();
        sys::suspend(server).await.unwrap();
        sleep(secs(10)).await;
        assert_eq!(log.take(), Vec::<String>::new());
        sys::resume(server).await.unwrap();
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["timeout"]);
    });
}

#[test]
fn sys_003_a_server_counts_what_it_does_when_it_is_asked_to() {
    simulated(async {
        let account = Account::start("Ada").await.unwrap();
        assert_eq!(sys::statistics(account).await, Ok(None));
        sleep(secs(1)).await;
        let before = now();
        sys::set_statistics(account, true).await.unwrap();
        assert_eq!(account.balance().await, Ok(0));
        let counted = sys::statistics(account).await.unwrap().unwrap();
        assert_eq!((counted.messages_in, counted.messages_out), (1, 1));
        assert!(counted.since >= before);
        account.deposit(1);
        let counted = sys::statistics(account).await.unwrap().unwrap();
        assert_eq!((counted.messages_in, counted.messages_out), (2, 1));
        sys::set_statistics(account, false).await.unwrap();
        assert_eq!(sys::statistics(account).await, Ok(None));
    });
}

/// Traces a server into a log.
async fn trace(server: ServerRef<Account>, log: &Log, most: usize) -> sys::TraceId {
    let log = log.clone();
    let mut left = most;
    let traced = sys::trace(server, move |event| {
        log.say(match event {
            Event::Received(_) => "in",
            Event::Replied(what) => what,
            _ => "else",
        });
        left -= 1;
        if left == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    traced.await.unwrap()
}

// And SYS-006: it can be taken out, once.
#[test]
fn sys_004_one_live_server_is_traced() {
    simulated(async {
        let log = Log::default();
        let account = Account::start("Ada").await.unwrap();
        let other = Account::start("Bob").await.unwrap();
        let id = trace(account, &log, 100).await;
        account.deposit(1);
        assert_eq!(account.balance().await, Ok(1));
        assert_eq!(other.balance().await, Ok(0));
        assert_eq!(log.take(), ["in", "in", "i64"]);
        assert_eq!(sys::untrace(account, id).await, Ok(true));
        assert_eq!(sys::untrace(account, id).await, Ok(false));
        assert_eq!(account.balance().await, Ok(1));
        assert_eq!(log.take(), Vec::<String>::new());

        let one = trace(account, &log, 100).await;
        let two = trace(account, &log, 100).await;
        assert_ne!(one, two);
        sys::no_debug(account).await.unwrap();
        assert_eq!(account.balance().await, Ok(1));
        assert_eq!(log.take(), Vec::<String>::new());
    });
}

#[test]
fn sys_012_a_tracer_that_is_done_or_panics_is_taken_out_and_the_server_lives() {
    simulated(async {
        let log = Log::default();
        let account = Account::start("Ada").await.unwrap();
        trace(account, &log, 3).await;
        sys::trace(account, |_| panic!("a tracer")).await.unwrap();
        for _ in 0..3 {
            assert_eq!(account.balance().await, Ok(0));
        }
        assert_eq!(log.take(), ["in", "i64", "in"]);
    });
}

#[test]
fn sys_013_a_system_message_to_nobody_or_to_a_busy_server_fails_as_a_call_does() {
    simulated(async {
        let account = Account::start("Ada").await.unwrap();
        stop(account, ExitReason::Normal).await.unwrap();
        assert_eq!(sys::suspend(account).await, Err(CallError::NoProcess));
        let busy = subject(&Log::default()).await.unwrap();
        act_waiting(busy, |_, _| {
            Box::pin(async {
                sleep(secs(10)).await;
                Next::proceed()
            })
        });
        let late = sys::suspend(busy).timeout(secs(1)).await;
        assert_eq!(late, Err(CallError::Timeout));
        // It was given up before its turn came.
        handled(busy).await;
    });
}

#[test]
fn sys_015_a_suspended_server_is_stopped_through_terminate() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        sys::suspend(server).await.unwrap();
        act(server, |subject, _| {
            subject.log.say("never");
            Next::proceed()
        });
        stop(server, oops()).await.unwrap();
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn gs_080_the_parents_exit_ends_a_suspended_server_through_terminate() {
    simulated(async {
        let log = Log::default();
        let own = log.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let parent = spawn(async move |mut inbox: Inbox<()>| {
            tell.send(trapping(&own).link().await.unwrap()).unwrap();
            inbox.receive().await;
        });
        sleep(millis(1)).await;
        let server = told.recv().unwrap();
        let watch = monitor(server);
        sys::suspend(server).await.unwrap();
        // The exit of another process waits, as any message.
        exit(server, ExitReason::atom("other"));
        exit(parent, oops());
        assert_eq!(watch.await.reason, oops());
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

/// A server with something to hide.
struct Vault {
    owner: &'static str,
    secret: &'static str,
}

#[gen_server]
impl Vault {
    #[init]
    fn new() -> Self {
        Vault {
            owner: "Ada",
            secret: "open sesame",
        }
    }

    #[format_status]
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.secret.len();
        write!(f, "a vault of {}'s with {length} letters in it", self.owner)
    }
}

// R-SYS-1.
#[test]
fn a_status_shows_of_the_state_what_the_server_wants_to_show() {
    simulated(async {
        let vault = Vault::start().await.unwrap();
        let status = sys::get_status(vault).await.unwrap();
        assert_eq!(status.state, "a vault of Ada's with 11 letters in it");
        assert_eq!(status.pid, vault.pid());
        assert_eq!(status.parent, None);
        assert!(!format!("{status:?}").contains("sesame"));
        let account = Account::start("Ada").await.unwrap();
        let status = sys::get_status(account).await.unwrap();
        assert!(status.state.ends_with("Account") && !status.state.contains("Ada"));
    });
}

/// Hibernates when nothing has come for a second.
struct Sleeper {
    timeouts: u32,
}

struct Wake;
struct WithTimeout;

impl GenServer for Sleeper {
    type Args = ();
    const HIBERNATE_AFTER: Option<std::time::Duration> = Some(secs(1));

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Sleeper { timeouts: 0 })
    }

    fn handle_timeout(&mut self, _: &mut Context<Self>) -> impl Step<Next> {
        self.timeouts += 1;
        Next::proceed()
    }
}

impl HandleCast<Wake> for Sleeper {
    fn handle_cast(&mut self, _: Wake, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }
}

impl HandleInfo<Wake> for Sleeper {
    fn handle_info(&mut self, _: Wake, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }
}

impl HandleCast<WithTimeout> for Sleeper {
    fn handle_cast(&mut self, _: WithTimeout, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed().idle_timeout(secs(3))
    }
}

impl regrow::server::HandleCall<Wake> for Sleeper {
    type Reply = u32;

    fn handle_call(
        &mut self,
        _: Wake,
        _: regrow::answer::ReplyTo<u32>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u32>> {
        Reply::now(self.timeouts)
    }
}

/// How often a process has hibernated so far.
fn hibernated() -> u64 {
    regrow::Handle::current().stats().hibernated
}

#[test]
fn gs_067_a_server_hibernates_when_nothing_has_come_for_a_while() {
    simulated(async {
        let server = Start::<Sleeper>::new(()).await.unwrap();
        let mut before = hibernated();
        sleep(millis(900)).await;
        assert_eq!(hibernated(), before);
        sleep(millis(200)).await;
        assert_eq!(hibernated(), before + 1, "after its start");
        sleep(secs(10)).await;
        assert_eq!(hibernated(), before + 1, "once, until something comes");
        before += 1;

        assert_eq!(call(server, Wake).await, Ok(0));
        sleep(millis(500)).await;
        cast(server, Wake);
        sleep(millis(900)).await;
        assert_eq!(
            hibernated(),
            before,
            "anything that comes begins the wait anew"
        );
        sleep(secs(10)).await;
        assert_eq!(hibernated(), before + 1);

        regrow::process::send(server, Wake);
        sleep(secs(2)).await;
        assert_eq!(hibernated(), before + 2);
        let timeouts = sys::look_at_state(server, |sleeper| sleeper.timeouts).await;
        assert_eq!(timeouts, Ok(0));
        sleep(secs(2)).await;
        assert_eq!(hibernated(), before + 3, "after a system message too");
    });
}

#[test]
fn gs_068_a_server_does_not_hibernate_while_an_idle_timeout_runs() {
    simulated(async {
        let server = Start::<Sleeper>::new(()).await.unwrap();
        let before = hibernated();
        cast(server, WithTimeout);
        sleep(millis(2_900)).await;
        assert_eq!(hibernated(), before);
        sleep(millis(500)).await;
        let timeouts = sys::look_at_state(server, |sleeper| sleeper.timeouts).await;
        assert_eq!((timeouts, hibernated()), (Ok(1), before));
        sleep(millis(1_100)).await;
        assert_eq!(hibernated(), before + 1);
    });
}

// A type for what is not looked at here otherwise.
#[test]
fn sys_013_a_question_to_a_server_of_another_type_is_dropped() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let wrong: Name<Account> = Name::new("wrong");
        regrow::process::register("wrong", server.pid()).unwrap();
        let Err(CallError::OtherServer(types)) = sys::get_state(wrong).await else {
            panic!("it is no account")
        };
        assert!(types.wanted.ends_with("Account") && types.found.ends_with("Subject"));
        let alive = ask(server, |_: &mut Subject, _, _| Reply::now(1));
        assert_eq!(alive.await, Ok(1));
    });
}
