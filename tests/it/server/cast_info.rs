//! Casts, plain messages, and what a server goes on with before any of them.

use std::sync::Arc;

use parking_lot::Mutex;
use regrow::ExitReason;
use regrow::answer::{Init, Next, Reply, ReplyTo};
use regrow::process::{Inbox, ProcessRef, is_alive, monitor, send, spawn};
use regrow::reference::{Name, Recipient, ServerRef};
use regrow::server::{Context, GenServer, HandleCall, HandleInfo, Start, Step, call};
use regrow::time::{cancel_timer, millis, secs, send_after, sleep};

use super::{
    Do, Log, Subject, act, ask, ask_waiting, handled, oops, subject, subject_with, tell, then,
};
use crate::support::{over_seeds, simulated};

#[test]
fn gs_054_a_cast_is_handled_may_wait_for_more_and_may_stop() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |subject, _| {
            subject.log.say("cast");
            Next::proceed()
        });
        act(server, |_, _| Next::proceed().idle_timeout(secs(1)));
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["cast", "timeout"]);
        let watch = monitor(server);
        act(server, |_, _| Next::stop(oops()));
        assert_eq!(watch.await.reason, oops());
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn gs_055_a_cast_to_nobody_is_silent() {
    simulated(async {
        act(Name::new("nobody"), |_, _| Next::proceed());
        tell(Name::<Subject>::new("nobody"), |_, _| Next::proceed());
        let server = subject(&Log::default()).await.unwrap();
        let watch = monitor(server);
        act(server, |_, _| Next::stop(ExitReason::Normal));
        watch.await;
        act(server, |_, _| panic!("there is nobody"));
        tell(server, |_, _| panic!("there is nobody"));
    });
}

#[test]
fn gs_056_a_plain_message_is_handled_may_wait_for_more_and_may_stop() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        tell(server, |subject, _| {
            subject.log.say("info");
            Next::proceed()
        });
        tell(server, |_, _| Next::proceed().idle_timeout(secs(1)));
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["info", "timeout"]);
        let watch = monitor(server);
        tell(server, |_, _| Next::stop(oops()));
        assert_eq!(watch.await.reason, oops());
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

/// Goes on with something that writes this down.
fn go_on(cx: &mut Context<Subject>, text: &'static str) {
    cx.continue_with(then(move |subject, _| {
        subject.log.say(text);
        Next::proceed()
    }));
}

/// Sends the server a message that writes this down.
fn leave_behind(cx: &Context<Subject>, text: &'static str) {
    act(cx.this(), move |subject, _| {
        subject.log.say(text);
        Next::proceed()
    });
}

#[test]
fn gs_058_a_continuation_comes_before_what_its_handler_has_sent_itself() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject_with(&log, |subject, cx| {
            leave_behind(cx, "message");
            go_on(cx, "continue");
            Init::ok(subject)
        });
        let server = server.await.unwrap();
        handled(server).await;
        assert_eq!(log.take(), ["continue", "message"]);

        let both = |cx: &mut Context<Subject>| {
            leave_behind(cx, "message");
            go_on(cx, "continue");
        };
        let replied = ask(server, move |_, _, cx| {
            both(cx);
            Reply::now(1)
        });
        assert_eq!(replied.await, Ok(1));
        handled(server).await;
        assert_eq!(log.take(), ["continue", "message"]);

        let later = ask(server, move |_, from, cx| {
            both(cx);
            cx.continue_with(then(|_, _| {
                from.reply(2);
                Next::proceed()
            }));
            Reply::later()
        });
        assert_eq!(later.await, Ok(2));
        handled(server).await;
        assert_eq!(log.take(), ["continue", "message"]);

        act(server, move |_, cx| {
            both(cx);
            Next::proceed()
        });
        // The first overtakes what the server has yet to send itself.
        handled(server).await;
        handled(server).await;
        assert_eq!(log.take(), ["continue", "message"]);

        tell(server, move |_, cx| {
            both(cx);
            Next::proceed()
        });
        // The first overtakes what the server has yet to send itself.
        handled(server).await;
        handled(server).await;
        assert_eq!(log.take(), ["continue", "message"]);
    });
}

#[test]
fn gs_058_a_continuation_comes_before_messages_that_wait_already() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let slow = ask_waiting(server, |_, _, cx| {
            Box::pin(async {
                sleep(secs(1)).await;
                go_on(cx, "continue");
                Reply::now(1)
            })
        })
        .request();
        act(server, |subject, _| {
            subject.log.say("message");
            Next::proceed()
        });
        assert_eq!(slow.await, Ok(1));
        handled(server).await;
        assert_eq!(log.take(), ["continue", "message"]);
    });
}

#[test]
fn gs_059_a_continuation_may_go_on_in_turn_and_may_stop() {
    over_seeds(50, || async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        act(server, |_, cx| {
            leave_behind(cx, "message");
            cx.continue_with(then(|subject, cx| {
                subject.log.say("first");
                cx.continue_with(then(|subject, _| {
                    subject.log.say("second");
                    Next::stop(oops())
                }));
                Next::proceed()
            }));
            Next::proceed()
        });
        assert_eq!(watch.await.reason, oops());
        assert_eq!(
            log.take(),
            ["first", "second", "terminate: oops", "dropped"]
        );
    });
}

#[test]
fn gs_060_the_reply_is_sent_before_the_continuation_runs() {
    over_seeds(50, || async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        let replied = ask(server, |_, _, cx| {
            cx.continue_with(then(|_, _| panic!("oops")));
            Reply::now(1)
        });
        // A crash cannot take it back any more.
        assert_eq!(replied.await, Ok(1));
        assert!(watch.await.reason.is_crash());
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn continuations_are_done_in_the_order_in_which_they_were_asked_for() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |_, cx| {
            go_on(cx, "first");
            go_on(cx, "second");
            go_on(cx, "third");
            Next::proceed()
        });
        handled(server).await;
        assert_eq!(log.take(), ["first", "second", "third"]);
    });
}

#[test]
fn a_handler_that_stops_does_not_go_on() {
    simulated(async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        act(server, |_, cx| {
            go_on(cx, "continue");
            Next::stop(oops())
        });
        watch.await;
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn messages_of_one_process_are_handled_in_their_order_whatever_they_are() {
    over_seeds(100, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        for number in 0..30 {
            let handler = move |subject: &mut Subject, _: &mut Context<Subject>| {
                subject.log.say(number.to_string());
                Next::proceed()
            };
            match number % 3 {
                0 => act(server, handler),
                1 => tell(server, handler),
                _ => drop(
                    ask(server, move |subject, _, cx| {
                        let _next = handler(subject, cx);
                        Reply::now(number)
                    })
                    .no_timeout()
                    .await,
                ),
            }
        }
        handled(server).await;
        let wanted: Vec<_> = (0..30).map(|number: u32| number.to_string()).collect();
        assert_eq!(log.take(), wanted);
    });
}

// GS-073: there is no such thing as an unknown message to a server that was looked up by its type.
// By a name or a pid it can happen.
#[test]
fn gs_073_a_message_of_a_kind_that_a_server_does_not_take_is_dropped() {
    struct Other;
    impl GenServer for Other {
        type Args = ();
        fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
            Init::ok(Other)
        }
    }
    simulated(async {
        let other = Start::<Other>::new(()).name("other").await.unwrap();
        let taken_for_another = Name::<Subject>::new("other");
        act(taken_for_another, |_, _| panic!("not for this one"));
        tell(taken_for_another, |_, _| panic!("not for this one"));
        let failed = ask(taken_for_another, |_, _, _| Reply::now(1)).await;
        let is_other = matches!(failed, Err(regrow::call::CallError::OtherServer(_)));
        assert!(is_other, "{failed:?}");
        assert_eq!(other.pid().as_process::<u8>(), None);
        assert!(regrow::process::send_named("other", 1_u8).is_err());
        assert!(is_alive(other).await);
    });
}

#[test]
fn a_recipient_is_whoever_takes_a_message() {
    struct Listener(Arc<Mutex<u32>>);
    impl GenServer for Listener {
        type Args = Arc<Mutex<u32>>;
        fn init(sum: Self::Args, _: &mut Context<Self>) -> impl Step<Init<Self>> {
            Init::ok(Listener(sum))
        }
    }
    impl HandleInfo<u32> for Listener {
        fn handle_info(&mut self, number: u32, _: &mut Context<Self>) -> impl Step<Next> {
            *self.0.lock() += number;
            Next::proceed()
        }
    }
    simulated(async {
        let sum = Arc::new(Mutex::new(0));
        let server: ServerRef<Listener> = Start::new(Arc::clone(&sum)).await.unwrap();
        let total = Arc::clone(&sum);
        let process: ProcessRef<u32> = spawn(async move |mut inbox: Inbox<u32>| {
            while let regrow::process::Received::Message(number) = inbox.receive().await {
                *total.lock() += number;
            }
        });
        let recipients: [Recipient<u32>; 2] = [server.into(), process.into()];
        for recipient in recipients {
            send(recipient, 21);
        }
        assert_eq!(recipients[0].pid(), server.pid());
        sleep(millis(1)).await;
        assert_eq!(*sum.lock(), 42);
    });
}

#[test]
fn a_server_sends_itself_messages_by_timers() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |_, cx| {
            let note = |text: &'static str| -> Do {
                then(move |subject, _| {
                    subject.log.say(text);
                    Next::proceed()
                })
            };
            cx.send_after(secs(2), note("two"));
            cx.send_after(secs(1), note("one"));
            let never = cx.send_after(secs(1), note("never"));
            cancel_timer(never);
            Next::proceed()
        });
        sleep(secs(3)).await;
        assert_eq!(log.take(), ["one", "two"]);
    });
}

/// Counts what it is told.
struct Told(u64);

impl GenServer for Told {
    type Args = ();

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Told(0))
    }
}

impl HandleInfo<u64> for Told {
    fn handle_info(&mut self, more: u64, _: &mut Context<Self>) -> impl Step<Next> {
        self.0 += more;
        Next::proceed()
    }
}

impl HandleCall<()> for Told {
    type Reply = u64;

    fn handle_call(
        &mut self,
        (): (),
        _: ReplyTo<u64>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u64>> {
        Reply::now(self.0)
    }
}

#[test]
fn a_timer_sends_to_whatever_leads_to_a_server() {
    simulated(async {
        let name = Name::<Told>::new("told");
        let server = Start::<Told>::new(()).name(name).await.unwrap();
        let recipient: Recipient<u64> = server.into();
        send_after(secs(1), server, 1);
        send_after(secs(1), name, 10);
        send_after(secs(1), recipient, 100);
        let cancelled = send_after(secs(1), name, 1000);
        assert!(cancel_timer(cancelled).is_some());
        sleep(millis(999)).await;
        assert_eq!(call(server, ()).await, Ok(0));
        sleep(millis(2)).await;
        assert_eq!(call(server, ()).await, Ok(111));
    });
}
