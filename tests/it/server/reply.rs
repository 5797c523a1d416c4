//! Replies: by whom, how often, and what becomes of a call that nobody answers.

use regrow::answer::{Next, Reply};
use regrow::call::CallError;
use regrow::process::{
    ExitReason, Inbox, catch_exit, exit, is_alive, monitor, spawn, spawn_monitor,
};
use regrow::server::stop;
use regrow::time::{millis, now, secs, sleep};

use super::{Log, act, ask, ask_waiting, handled, oops, subject};
use crate::support::{over_seeds, simulated};

#[test]
fn gs_036_a_stop_with_a_reply_replies_after_terminate() {
    over_seeds(100, || async {
        for crashes in [false, true] {
            let log = Log::default();
            let (server, watch) = subject(&log).monitor().await.unwrap();
            let replied = ask(server, move |subject, _, _| {
                if crashes {
                    subject.last = Some(Box::new(|| panic!("at last")));
                }
                Reply::stop_with(oops(), 7)
            });
            assert_eq!(replied.await, Ok(7));
            assert_eq!(log.take()[0], "terminate: oops");
            let reason = watch.await.reason;
            if crashes {
                assert!(matches!(reason, ExitReason::Panic(_)));
            } else {
                assert_eq!(reason, oops());
            }
        }
    });
}

#[test]
fn gs_036_a_stop_with_a_reply_replies_before_the_server_has_ended() {
    simulated(async {
        let (server, watch) = subject(&Log::default()).monitor().await.unwrap();
        let begun = now();
        let replied = ask(server, |subject, _, _| {
            subject.last_wait = Some(Box::pin(sleep(secs(1))));
            Reply::stop_with(oops(), 7)
        });
        assert_eq!(replied.await, Ok(7));
        assert_eq!(begun.elapsed().as_secs(), 1);
        assert_eq!(watch.await.reason, oops());
    });
}

#[test]
fn gs_036_a_server_killed_in_terminate_owes_the_reply() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let replied = ask(server, |subject, _, _| {
            subject.last_wait = Some(Box::pin(std::future::pending()));
            Reply::stop_with(oops(), 7)
        })
        .request();
        sleep(millis(1)).await;
        exit(server, ExitReason::Kill);
        assert_eq!(replied.await, Err(CallError::Exited(ExitReason::Killed)));
    });
}

#[test]
fn gs_039_another_process_may_reply() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let replied = ask(server, |_, from, _| {
            spawn(async move |_: Inbox<()>| {
                sleep(secs(1)).await;
                from.reply(3);
            });
            Reply::later()
        });
        assert_eq!(replied.await, Ok(3));
    });
}

#[test]
fn gs_040_of_two_replies_the_first_counts() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let replied = ask(server, |_, from, _| {
            from.reply(1);
            Reply::now(2)
        });
        assert_eq!(replied.await, Ok(1));
        let replied = ask_waiting(server, |_, from, _| {
            Box::pin(async {
                spawn(async move |_: Inbox<()>| from.reply(3));
                sleep(secs(1)).await;
                Reply::now(4)
            })
        });
        assert_eq!(replied.await, Ok(3));
        // Nor is the second one an answer to the next call.
        assert_eq!(ask(server, |_, _, _| Reply::now(5)).await, Ok(5));
    });
}

#[test]
fn gs_042_a_reply_to_a_dead_caller_is_dropped() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let (caller, end) = spawn_monitor(async move |_: Inbox<()>| {
            let call = ask(server, |subject, from, _| {
                subject.kept = Some(from);
                Reply::later()
            });
            let _reply = call.no_timeout().await;
        });
        sleep(secs(1)).await;
        exit(caller, ExitReason::Kill);
        end.await;
        act(server, |subject, _| {
            subject.kept.take().unwrap().reply(1);
            Next::proceed()
        });
        handled(server).await;
        assert!(is_alive(server).await);
    });
}

// R-CALL-1.
#[test]
fn a_call_whose_reply_handle_is_dropped_fails_at_once() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let begun = now();
        let dropped = ask(server, |_, _, _| Reply::later()).no_timeout().await;
        assert_eq!(dropped, Err(CallError::NoReply));

        // Kept in the state and dropped later.
        let kept = ask(server, |subject, from, _| {
            subject.kept = Some(from);
            Reply::later()
        });
        let kept = kept.no_timeout().request();
        act(server, |subject, _| {
            subject.kept = None;
            Next::proceed()
        });
        assert_eq!(kept.await, Err(CallError::NoReply));

        // Dropped with the process that had it.
        let lost = ask(server, |_, from, _| {
            spawn(async move |_: Inbox<()>| {
                let _from = from;
                panic!("lost");
            });
            Reply::later()
        });
        assert_eq!(lost.no_timeout().await, Err(CallError::NoReply));
        assert!(begun.elapsed() < millis(1));
        assert!(is_alive(server).await);
    });
}

#[test]
fn a_reply_handle_lost_in_a_panic_that_the_handler_catches_fails_the_call() {
    over_seeds(20, || async {
        let server = subject(&Log::default()).await.unwrap();
        let lost = ask(server, |_, from, _| {
            let caught = catch_exit(|| {
                let _from = from;
                panic!("oops");
            });
            caught.unwrap_err();
            Reply::later()
        });
        assert_eq!(lost.no_timeout().await, Err(CallError::NoReply));
        // The server lives, and so do the next calls.
        assert_eq!(ask(server, |_, _, _| Reply::now(1)).await, Ok(1));
    });
}

#[test]
fn a_reply_handle_that_is_dropped_before_the_handler_replies_does_no_harm() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let replied = ask_waiting(server, |_, from, _| {
            drop(from);
            Box::pin(async {
                sleep(secs(1)).await;
                Reply::now(1)
            })
        });
        assert_eq!(replied.await, Ok(1));
    });
}

#[test]
fn a_call_that_a_server_keeps_gets_the_reason_when_it_ends() {
    over_seeds(50, || async {
        let keep = async || {
            let server = subject(&Log::default()).await.unwrap();
            let kept = ask(server, |subject, from, _| {
                subject.kept = Some(from);
                Reply::later()
            });
            let kept = kept.no_timeout().request();
            handled(server).await;
            (server, kept)
        };
        let (server, kept) = keep().await;
        assert_eq!(stop(server, oops()).await, Ok(()));
        assert_eq!(kept.await, Err(CallError::Exited(oops())));

        let (server, kept) = keep().await;
        exit(server, ExitReason::Kill);
        assert_eq!(kept.await, Err(CallError::Exited(ExitReason::Killed)));

        let (server, kept) = keep().await;
        act(server, |_, _| panic!("oops"));
        let failed = kept.await;
        assert!(matches!(
            failed,
            Err(CallError::Exited(ExitReason::Panic(_)))
        ));
        // `terminate` may still reply.
        let (server, kept) = keep().await;
        act(server, |subject, _| {
            let from = subject.kept.take().unwrap();
            subject.last = Some(Box::new(move || from.reply(9)));
            Next::stop(oops())
        });
        assert_eq!(kept.await, Ok(9));
    });
}

// R-CALL-2.
#[test]
fn a_reply_handle_elsewhere_outlives_the_server() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let call = ask(server, |_, from, _| {
            spawn(async move |_: Inbox<()>| {
                sleep(secs(2)).await;
                from.reply(3);
            });
            Reply::later()
        })
        .request();
        sleep(secs(1)).await;
        let watch = monitor(server);
        exit(server, ExitReason::Kill);
        watch.await;
        assert_eq!(call.await, Ok(3));
    });
}
