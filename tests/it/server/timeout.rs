//! Idle timeouts and hibernation: set, kept, cancelled, and what they cost.

use std::time::Duration;

use regrow::Handle;
use regrow::answer::{Init, Next, Reply};
use regrow::process::process_info;
use regrow::reference::ServerRef;
use regrow::server::{Context, GenServer, HandleCall, HandleCast, Start, Step, call, cast};
use regrow::time::{millis, secs, sleep};

use super::{
    Log, Subject, act, act_waiting, ask, handled, oops, subject, subject_with, tell, then,
};
use crate::support::{over_seeds, simulated};

/// A server that its type gives an idle timeout.
struct Idler(Log);
/// Nothing special.
struct Touch;
/// Changes the idle timeout.
struct Change(Option<Duration>);
/// A touch that sets an idle timeout of its own.
struct Once(Duration);

impl GenServer for Idler {
    type Args = Log;
    const IDLE_TIMEOUT: Option<Duration> = Some(Duration::from_secs(10));

    fn init(log: Log, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Idler(log))
    }

    fn handle_timeout(&mut self, _: &mut Context<Self>) -> impl Step<Next> {
        self.0.say("timeout");
        Next::proceed()
    }
}

impl HandleCast<Touch> for Idler {
    fn handle_cast(&mut self, _: Touch, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }
}

impl HandleCast<Change> for Idler {
    fn handle_cast(&mut self, Change(to): Change, cx: &mut Context<Self>) -> impl Step<Next> {
        cx.set_idle_timeout(to);
        Next::proceed()
    }
}

impl HandleCast<Once> for Idler {
    fn handle_cast(&mut self, Once(after): Once, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed().idle_timeout(after)
    }
}

impl HandleCall<Touch> for Idler {
    type Reply = ();
    fn handle_call(
        &mut self,
        _: Touch,
        _: regrow::answer::ReplyTo<()>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<()>> {
        Reply::now(())
    }
}

#[test]
fn gs_028_a_reply_may_set_an_idle_timeout() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let set = || ask(server, |_, _, _| Reply::now(1).idle_timeout(secs(2)));
        assert_eq!(set().await, Ok(1));
        sleep(secs(1)).await;
        handled(server).await;
        sleep(secs(5)).await;
        // The second call came within the window.
        assert_eq!(log.take(), [""; 0]);
        assert_eq!(set().await, Ok(1));
        sleep(secs(3)).await;
        assert_eq!(log.take(), ["timeout"]);
    });
}

#[test]
fn gs_061_an_idle_timeout_comes_once_and_any_message_cancels_it() {
    simulated(async {
        let log = Log::default();
        let start = subject_with(&log, |subject, _| Init::ok(subject).idle_timeout(secs(1)));
        let server = start.await.unwrap();
        sleep(secs(10)).await;
        assert_eq!(log.take(), ["timeout"]);

        let arm = |server| act(server, |_, _| Next::proceed().idle_timeout(secs(2)));
        arm(server);
        sleep(secs(1)).await;
        act(server, |_, _| Next::proceed());
        sleep(secs(10)).await;
        arm(server);
        sleep(secs(1)).await;
        tell(server, |_, _| Next::proceed());
        sleep(secs(10)).await;
        arm(server);
        sleep(secs(1)).await;
        // One that nobody waits for any more.
        drop(ask(server, |_, _, _| Reply::now(1)).request());
        sleep(secs(10)).await;
        assert_eq!(log.take(), [""; 0]);
    });
}

#[test]
fn a_message_that_is_dropped_unread_cancels_the_idle_timeout_too() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).name("subject").await.unwrap();
        act(server, |_, _| Next::proceed().idle_timeout(secs(2)));
        sleep(secs(1)).await;
        cast(regrow::reference::Name::<Idler>::new("subject"), Touch);
        sleep(secs(10)).await;
        assert_eq!(log.take(), [""; 0]);
    });
}

// GS-062: OTP begins the whole time again, for it leaves its receive to look. Here a question does
// not touch the wait at all.
#[test]
fn gs_062_a_question_about_the_process_does_not_cancel_the_idle_timeout() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |_, _| Next::proceed().idle_timeout(secs(2)));
        for _ in 0..19 {
            sleep(millis(100)).await;
            process_info(server).await.unwrap();
        }
        assert_eq!(log.take(), [""; 0]);
        sleep(millis(110)).await;
        assert_eq!(log.take(), ["timeout"]);
    });
}

#[test]
fn gs_063_an_idle_timeout_of_nothing_comes_unless_a_message_waits() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |_, _| Next::proceed().idle_timeout(secs(0)));
        sleep(millis(1)).await;
        assert_eq!(log.take(), ["timeout"]);
        act(server, |_, cx| {
            act(cx.this(), |subject, _| {
                subject.log.say("message");
                Next::proceed()
            });
            Next::proceed().idle_timeout(secs(0))
        });
        sleep(millis(1)).await;
        assert_eq!(log.take(), ["message"]);
    });
}

// R-SERVER-5.
#[test]
fn the_idle_timeout_of_a_type_comes_again_and_again_while_nothing_comes() {
    over_seeds(20, || async {
        let log = Log::default();
        let server = Start::<Idler>::new(log.clone()).await.unwrap();
        sleep(secs(35)).await;
        assert_eq!(log.take(), ["timeout"; 3]);
        // Each message begins the wait again.
        for _ in 0..20 {
            cast(server, Touch);
            sleep(secs(9)).await;
        }
        assert_eq!(log.take(), [""; 0]);
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["timeout"]);
    });
}

#[test]
fn a_wait_begins_again_after_a_message_that_used_the_turn_up() {
    over_seeds(200, || async {
        let log = Log::default();
        let server = Start::<Idler>::new(log.clone()).await.unwrap();
        sleep(secs(6)).await;
        // More than a turn's worth.
        for _ in 0..300 {
            cast(server, Touch);
        }
        sleep(secs(6)).await;
        assert_eq!(log.take(), [""; 0]);
        sleep(secs(5)).await;
        assert_eq!(log.take(), ["timeout"]);
    });
}

#[test]
fn a_server_changes_its_idle_timeout_for_good_or_for_once() {
    simulated(async {
        let log = Log::default();
        let server = Start::<Idler>::new(log.clone()).await.unwrap();
        cast(server, Change(Some(secs(2))));
        sleep(secs(5)).await;
        assert_eq!(log.take(), ["timeout"; 2]);
        cast(server, Change(None));
        sleep(secs(100)).await;
        assert_eq!(log.take(), [""; 0]);
        cast(server, Once(secs(3)));
        sleep(secs(100)).await;
        assert_eq!(log.take(), ["timeout"]);
        cast(server, Change(Idler::IDLE_TIMEOUT));
        cast(server, Once(secs(1)));
        sleep(millis(1_100)).await;
        assert_eq!(log.take(), ["timeout"]);
        sleep(secs(9)).await;
        assert_eq!(log.take(), [""; 0]);
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["timeout"]);
    });
}

#[test]
fn a_handler_that_waits_is_not_an_idle_server() {
    simulated(async {
        let log = Log::default();
        let start = subject_with(&log, |subject, _| Init::ok(subject).idle_timeout(secs(1)));
        let server = start.await.unwrap();
        act_waiting(server, |_, _| {
            Box::pin(async {
                sleep(secs(10)).await;
                Next::proceed().idle_timeout(secs(3))
            })
        });
        sleep(secs(12)).await;
        assert_eq!(log.take(), [""; 0]);
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["timeout"]);
    });
}

#[test]
fn beginning_a_wait_again_costs_no_operation_on_the_wheel() {
    simulated(async {
        let server = Start::<Idler>::new(Log::default()).await.unwrap();
        call(server, Touch).await.unwrap();
        let before = Handle::current().stats().timers_armed;
        for _ in 0..10_000 {
            call(server, Touch).await.unwrap();
        }
        assert_eq!(Handle::current().stats().timers_armed, before);
    });
}

#[test]
fn an_idle_timeout_may_end_the_server() {
    struct Brief;
    impl GenServer for Brief {
        type Args = ();
        fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
            Init::ok(Brief).idle_timeout(secs(1))
        }
        fn handle_timeout(&mut self, _: &mut Context<Self>) -> impl Step<Next> {
            Next::stop(oops())
        }
    }
    simulated(async {
        let (_, watch) = Start::<Brief>::new(()).monitor().await.unwrap();
        assert_eq!(watch.await.reason, oops());
    });
}

// GS-069 too: what has been sent meanwhile is handled at once.
#[test]
fn gs_066_a_hibernating_server_wakes_for_the_next_message() {
    over_seeds(20, || async {
        let log = Log::default();
        let start = subject_with(&log, |subject, _| Init::ok(subject).hibernate());
        let server = start.await.unwrap();
        handled(server).await;
        act(server, |_, _| Next::proceed().hibernate());
        handled(server).await;
        tell(server, |_, _| Next::proceed().hibernate());
        let slept = ask(server, |_, _, _| Reply::now(1).hibernate());
        assert_eq!(slept.await, Ok(1));
        act(server, |_, cx| {
            cx.continue_with(then(|subject, _| {
                subject.log.say("continue");
                Next::proceed().hibernate().idle_timeout(secs(1))
            }));
            Next::proceed()
        });
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["continue", "timeout"]);
    });
}

/// Asks for a message in place of the next timeout.
fn ask_for(cx: &mut Context<Subject>, after: Duration) {
    cx.timeout_with(
        after,
        then(|subject, _| {
            subject.log.say("asked");
            Next::proceed()
        }),
    );
}

/// A server whose handlers of every kind ask for a message, one kind at a time.
async fn asking(log: &Log, kind: usize, after: Duration) -> ServerRef<Subject> {
    let in_init = kind == 0;
    let start = subject_with(log, move |subject, cx| {
        if in_init {
            ask_for(cx, after);
        }
        Init::ok(subject)
    });
    let server = start.await.unwrap();
    let asks = move |_: &mut Subject, cx: &mut Context<Subject>| {
        ask_for(cx, after);
        Next::proceed().hibernate()
    };
    match kind {
        1 => act(server, asks),
        2 => tell(server, asks),
        3 => {
            let call = ask(server, move |_, _, cx| {
                ask_for(cx, after);
                Reply::now(1)
            });
            assert_eq!(call.await, Ok(1));
        }
        4 => act(server, move |_, cx| {
            cx.continue_with(then(asks));
            Next::proceed()
        }),
        _ => {}
    }
    server
}

#[test]
fn gs_064_a_handler_may_ask_for_a_message_when_nothing_comes() {
    simulated(async {
        for kind in 0..5 {
            let log = Log::default();
            let server = asking(&log, kind, secs(1)).await;
            // A system message is not what is meant.
            sleep(millis(500)).await;
            let value = regrow::sys::look_at_state(server, |subject| subject.value).await;
            assert_eq!(value, Ok(0));
            sleep(millis(900)).await;
            assert_eq!(log.take(), Vec::<String>::new(), "the time begins again");
            sleep(secs(10)).await;
            assert_eq!(log.take(), ["asked"], "once");

            let server = asking(&log, kind, secs(1)).await;
            sleep(millis(900)).await;
            handled(server).await;
            sleep(secs(10)).await;
            assert_eq!(log.take(), Vec::<String>::new(), "something has come");
        }
    });
}

#[test]
fn gs_065_a_message_asked_for_at_once_comes_before_those_that_wait() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |subject, cx| {
            subject.log.say("first");
            ask_for(cx, Duration::ZERO);
            Next::proceed()
        });
        act(server, |subject, _| {
            subject.log.say("second");
            Next::proceed()
        });
        handled(server).await;
        assert_eq!(log.take(), ["first", "asked", "second"]);
    });
}
