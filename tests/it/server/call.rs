//! Calls: their reply, their limits, and every way in which they fail.

use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use regrow::answer::{Init, Next, Reply};
use regrow::call::CallError;
use regrow::process::{
    ExitReason, Inbox, MailboxPolicy, exit, is_alive, monitor, process_info, self_pid, spawn,
    spawn_monitor,
};
use regrow::reference::{Name, ServerRef};
use regrow::server::{Context, GenServer, HandleCall, Start, Step, call};
use regrow::time::{millis, now, secs, sleep, timeout};
use regrow::{Handle, Runtime};

use super::{Log, Subject, act, act_waiting, ask, ask_waiting, handled, oops, subject};
use crate::support::{over_seeds, simulated};

/// Calls that were not carried out, because nobody waited for them any more.
fn unwanted() -> u64 {
    Handle::current().stats().calls_unwanted
}

/// Keeps a server busy for a second.
fn occupy(server: ServerRef<Subject>) {
    act_waiting(server, |_, _| {
        Box::pin(async {
            sleep(secs(1)).await;
            Next::proceed()
        })
    });
}

/// A call that the server writes down if it carries it out.
fn noted(server: ServerRef<Subject>) -> regrow::call::Call<u32> {
    ask(server, |subject, _, _| {
        subject.log.say("called");
        Reply::now(1)
    })
}

#[test]
fn gs_027_a_call_gives_the_reply_now_or_later() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        assert_eq!(ask(server, |_, _, _| Reply::now(7)).await, Ok(7));
        // Not yet: it is given when another message brings the handle back.
        let delayed = ask_waiting(server, |_, from, cx| {
            Box::pin(async move {
                let this = cx.this();
                spawn(async move |_: Inbox<()>| {
                    sleep(millis(10)).await;
                    act(this, |_, _| {
                        from.reply(8);
                        Next::proceed()
                    });
                });
                Reply::later()
            })
        });
        assert_eq!(delayed.await, Ok(8));
    });
}

#[test]
fn gs_029_a_call_ends_when_its_time_is_up_and_a_late_reply_vanishes() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let begun = now();
        let late = ask_waiting(server, |_, _, _| {
            Box::pin(async {
                sleep(secs(2)).await;
                Reply::now(1)
            })
        });
        assert_eq!(late.timeout(secs(1)).await, Err(CallError::Timeout));
        let took = begun.elapsed();
        assert!(took >= secs(1) && took < millis(1_010), "{took:?}");
        sleep(secs(2)).await;
        let own = process_info(self_pid()).await.unwrap();
        assert_eq!(own.message_queue_len, 0);
        // And the next call has its own reply.
        assert_eq!(ask(server, |_, _, _| Reply::now(2)).await, Ok(2));
    });
}

// R-CALL-4.
#[test]
fn a_call_waits_five_seconds_unless_it_is_told_otherwise() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let never = |server| {
            ask(server, |subject, from, _| {
                subject.kept = Some(from);
                Reply::later()
            })
        };
        let begun = now();
        assert_eq!(never(server).await, Err(CallError::Timeout));
        let took = begun.elapsed();
        assert!(took >= secs(5) && took < millis(5_010), "{took:?}");

        let begun = now();
        let deadline = never(server).deadline(now() + secs(7)).await;
        assert_eq!(deadline, Err(CallError::Timeout));
        let took = begun.elapsed();
        assert!(took >= secs(7) && took < millis(7_010), "{took:?}");

        let patient = ask_waiting(server, |_, _, _| {
            Box::pin(async {
                sleep(secs(1_000)).await;
                Reply::now(3)
            })
        });
        assert_eq!(patient.no_timeout().await, Ok(3));
        let at_once = never(server).timeout(secs(0)).await;
        assert_eq!(at_once, Err(CallError::Timeout));
    });
}

#[test]
fn gs_032_a_call_to_oneself_is_a_cycle_and_not_a_wait() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let itself = ask_waiting(server, |_, _, cx| {
            let this = cx.this();
            Box::pin(async move {
                let inner = ask(this, |_, _, _| Reply::now(1)).no_timeout().await;
                assert_eq!(inner, Err(CallError::Cycle(vec![this.pid()])));
                Reply::now(2)
            })
        });
        assert_eq!(itself.await, Ok(2));
    });
}

#[test]
fn gs_031_a_call_to_nobody_fails_at_once() {
    simulated(async {
        let begun = now();
        let nobody = Name::<Subject>::new("nobody");
        let failed = ask(nobody, |_, _, _| Reply::now(1)).no_timeout().await;
        assert_eq!(failed, Err(CallError::NoProcess));
        let server = subject(&Log::default()).await.unwrap();
        let watch = monitor(server);
        exit(server, ExitReason::Kill);
        watch.await;
        let failed = ask(server, |_, _, _| Reply::now(1)).no_timeout().await;
        assert_eq!(failed, Err(CallError::NoProcess));
        assert!(begun.elapsed() < millis(1));
    });
}

// GS-035 too: a normal end is an end.
#[test]
fn gs_033_the_callers_of_a_server_that_stops_get_its_reason() {
    over_seeds(50, || async {
        let reasons = [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::shutdown_with("tired"),
            oops(),
        ];
        for reason in reasons {
            let server = subject(&Log::default()).await.unwrap();
            let because = reason.clone();
            let stopped = ask(server, move |_, _, _| Reply::stop(because)).await;
            assert_eq!(stopped, Err(CallError::Exited(reason)));
        }
    });
}

#[test]
fn a_call_that_is_undelivered_when_the_server_ends_gets_its_reason() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        occupy(server);
        let first = ask(server, |_, _, _| Reply::stop(oops())).request();
        let second = ask(server, |_, _, _| Reply::now(1)).request();
        assert_eq!(first.await, Err(CallError::Exited(oops())));
        assert_eq!(second.await, Err(CallError::Exited(oops())));
    });
}

#[test]
fn gs_037_every_pending_call_of_a_killed_server_fails_with_killed() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let kept = ask(server, |subject, from, _| {
            subject.kept = Some(from);
            Reply::later()
        })
        .request();
        let begun = ask_waiting(server, |_, _, _| Box::pin(std::future::pending())).request();
        let waits = ask(server, |_, _, _| Reply::now(1)).request();
        sleep(secs(1)).await;
        exit(server, ExitReason::Kill);
        for call in [kept, begun, waits] {
            assert_eq!(call.await, Err(CallError::Exited(ExitReason::Killed)));
        }
    });
}

#[test]
fn a_call_whose_handler_panics_gets_the_panic() {
    simulated(async {
        for waits in [false, true] {
            let server = subject(&Log::default()).await.unwrap();
            let failed = if waits {
                ask_waiting(server, |_, from, _| {
                    Box::pin(async move {
                        let _from = from;
                        sleep(secs(1)).await;
                        panic!("oops");
                    })
                })
            } else {
                ask(server, |_, _, _| panic!("oops"))
            };
            match failed.await {
                Err(CallError::Exited(ExitReason::Panic(panic))) => {
                    assert_eq!(panic.message(), "oops");
                }
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_call_fails_with_the_servers_reason_once_the_name_is_free() {
    over_seeds(100, || async {
        let log = Log::default();
        let failing = async |name: &'static str, how: fn(ServerRef<Subject>) -> _| {
            let server = subject(&log).name(name).await.unwrap();
            let call: regrow::call::Call<u32> = how(server);
            assert!(matches!(call.await, Err(CallError::Exited(_))));
            subject(&log).name(name).await.unwrap();
        };
        failing("free: stop", |server| {
            ask(server, |_, _, _| Reply::stop(oops()))
        })
        .await;
        failing("free: panic", |server| {
            ask(server, |_, _, _| panic!("oops"))
        })
        .await;
        failing("free: kept", |server| {
            ask(server, |subject, from, _| {
                subject.kept = Some(from);
                Reply::stop(oops())
            })
        })
        .await;
    });
}

#[test]
fn gs_041_a_call_whose_time_is_up_before_its_handler_begins_is_not_carried_out() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let before = unwanted();
        occupy(server);
        let late = noted(server).timeout(millis(500)).await;
        assert_eq!(late, Err(CallError::Timeout));
        handled(server).await;
        assert_eq!(log.take(), [""; 0]);
        assert_eq!(unwanted() - before, 1);
    });
}

#[test]
fn a_call_that_is_dropped_before_its_handler_begins_is_not_carried_out() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let before = unwanted();
        // Never polled: nothing is sent, and so there is nothing to count.
        drop(noted(server));
        occupy(server);
        drop(noted(server).request());
        assert!(timeout(millis(100), noted(server)).await.is_err());
        let caller = spawn(async move |_: Inbox<()>| {
            let _reply = noted(server).no_timeout().await;
        });
        sleep(millis(100)).await;
        let end = monitor(caller);
        exit(caller, ExitReason::Kill);
        end.await;
        handled(server).await;
        assert_eq!(log.take(), [""; 0]);
        assert_eq!(unwanted() - before, 3);
    });
}

#[test]
fn a_call_that_is_given_up_while_its_handler_runs_is_carried_out() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let slow = ask_waiting(server, |subject, _, _| {
            Box::pin(async {
                sleep(secs(2)).await;
                subject.log.say("done");
                Reply::now(1)
            })
        });
        assert_eq!(slow.timeout(secs(1)).await, Err(CallError::Timeout));
        handled(server).await;
        assert_eq!(log.take(), ["done"]);
    });
}

#[test]
fn gs_044_requests_are_sent_at_once_and_collected_in_any_order() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let first = noted(server).request();
        let second = ask(server, |_, _, _| Reply::now(2)).request();
        handled(server).await;
        assert_eq!(log.take(), ["called"]);
        assert_eq!(second.await, Ok(2));
        assert_eq!(first.await, Ok(1));

        let nobody = ask(Name::new("nobody"), |_, _, _| Reply::now(1)).request();
        assert_eq!(nobody.await, Err(CallError::NoProcess));

        // The limit counts from the request, not from when it is collected.
        let never = ask(server, |subject, from, _| {
            subject.kept = Some(from);
            Reply::later()
        });
        let never = never.timeout(secs(1)).request();
        sleep(secs(3)).await;
        let begun = now();
        assert_eq!(never.await, Err(CallError::Timeout));
        assert!(begun.elapsed() < millis(1));
    });
}

#[test]
fn a_reply_that_is_there_when_the_time_is_up_is_in_time() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let done = ask(server, |_, _, _| Reply::now(1))
            .timeout(secs(1))
            .request();
        sleep(secs(3)).await;
        assert_eq!(done.await, Ok(1));
    });
}

#[test]
fn a_request_may_be_collected_by_another_process() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let slow = ask_waiting(server, |_, _, _| {
            Box::pin(async {
                sleep(secs(1)).await;
                Reply::now(5)
            })
        });
        let request = slow.request();
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            assert_eq!(request.await, Ok(5));
        });
        assert_eq!(end.await.reason, ExitReason::Normal);
    });
}

#[test]
fn a_reply_that_is_a_result_can_be_one_of_the_calls() {
    struct Doubtful;
    struct Divide(u32, u32);
    impl GenServer for Doubtful {
        type Args = ();
        fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
            Init::ok(Doubtful)
        }
    }
    impl HandleCall<Divide> for Doubtful {
        type Reply = Result<u32, &'static str>;
        fn handle_call(
            &mut self,
            Divide(a, b): Divide,
            _: regrow::answer::ReplyTo<Self::Reply>,
            _: &mut Context<Self>,
        ) -> impl Step<Reply<Self::Reply>> {
            Reply::now(a.checked_div(b).ok_or("by zero"))
        }
    }
    simulated(async {
        let server = Start::<Doubtful>::new(()).await.unwrap();
        assert_eq!(call(server, Divide(6, 3)).flatten().await, Ok(2));
        let failed = call(server, Divide(6, 0)).flatten().await;
        assert_eq!(failed, Err(CallError::Reply("by zero")));
        assert!(is_alive(server).await);
    });
}

#[expect(
    clippy::disallowed_methods,
    reason = "a thread that is no scheduler's is what this is about"
)]
#[test]
fn a_thread_that_is_no_process_calls_by_blocking() {
    let runtime = Runtime::builder()
        .schedulers(1)
        .crash_reports(false)
        .build()
        .unwrap();
    let server = runtime.block_on(async { subject(&Log::default()).await.unwrap() });
    let calls = thread::spawn(move || {
        assert_eq!(ask(server, |_, _, _| Reply::now(4)).blocking(), Ok(4));
        let slow = ask_waiting(server, |_, _, _| {
            Box::pin(async {
                sleep(millis(20)).await;
                Reply::now(5)
            })
        });
        assert_eq!(slow.no_timeout().blocking(), Ok(5));
        let never = ask(server, |subject, from, _| {
            subject.kept = Some(from);
            Reply::later()
        });
        let late = never.timeout(millis(20)).blocking();
        assert_eq!(late, Err(CallError::Timeout));
        let stopped = ask(server, |_, _, _| Reply::stop(oops())).blocking();
        assert_eq!(stopped, Err(CallError::Exited(oops())));
        let gone = ask(server, |_, _, _| Reply::now(6)).blocking();
        assert_eq!(gone, Err(CallError::NoProcess));
    });
    calls.join().unwrap();
}

#[test]
fn a_process_cannot_block_its_scheduler_with_a_call() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            let _reply = ask(server, |_, _, _| Reply::now(1)).blocking();
        });
        assert!(matches!(end.await.reason, ExitReason::Panic(_)));
    });
}

#[test]
fn a_call_to_a_full_mailbox_waits_for_room_or_says_so() {
    simulated(async {
        let full = async |policy| {
            let start = subject(&Log::default()).mailbox_limit(2, policy);
            let server = start.await.unwrap();
            occupy(server);
            sleep(millis(1)).await;
            let first = ask(server, |_, _, _| Reply::now(1)).request();
            let second = ask(server, |_, _, _| Reply::now(2)).request();
            let third = ask(server, |_, _, _| Reply::now(3)).await;
            (first.await, second.await, third)
        };
        let waited = full(MailboxPolicy::Wait).await;
        assert_eq!(waited, (Ok(1), Ok(2), Ok(3)));
        for policy in [MailboxPolicy::Refuse, MailboxPolicy::DropNewest] {
            let refused = full(policy).await;
            assert_eq!(refused, (Ok(1), Ok(2), Err(CallError::Overloaded)));
        }
        let dropped = full(MailboxPolicy::DropOldest).await;
        assert_eq!(dropped, (Err(CallError::NoReply), Ok(2), Ok(3)));
    });
}

#[test]
fn a_call_says_in_a_line_why_it_failed() {
    let errors: [(CallError<&str>, &str); 4] = [
        (CallError::Timeout, "no reply in time"),
        (CallError::NoProcess, "no such process"),
        (CallError::Exited(oops()), "the server exited: oops"),
        (CallError::Reply("by zero"), "by zero"),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}

// R-CALL-5.
#[test]
fn calls_of_one_process_are_handled_in_their_order() {
    over_seeds(100, || async {
        let server = subject(&Log::default()).await.unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let requests: Vec<_> = (0..50)
            .map(|number| {
                let seen = Arc::clone(&seen);
                let handler = move |_: &mut Subject, _, _: &mut Context<Subject>| {
                    seen.lock().push(number);
                    Reply::now(number)
                };
                ask(server, handler).request()
            })
            .collect();
        for (number, request) in (0..).zip(requests) {
            assert_eq!(request.await, Ok(number));
        }
        assert_eq!(*seen.lock(), (0..50).collect::<Vec<_>>());
    });
}
