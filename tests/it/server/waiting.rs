//! Handlers that wait: one at a time, ended by exit signals, and gone before the state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use regrow::ExitReason;
use regrow::answer::{Init, Next, Reply};
use regrow::call::CallError;
use regrow::process::{Inbox, Status, exit, monitor, process_info, settle, spawn};
use regrow::server::{Context, GenServer, HandleCast, Start, Step, cast, stop};
use regrow::time::{millis, now, secs, sleep};

use super::{Log, act, act_waiting, ask, ask_waiting, handled, oops, subject, trapping};
use crate::support::{over_seeds, simulated};

/// Says when it is dropped.
struct Witness(Log);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.say("handler dropped");
    }
}

// R-SERVER-3.
#[test]
fn a_server_takes_no_other_message_while_a_handler_waits() {
    over_seeds(100, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        for number in 0..5_u64 {
            act_waiting(server, move |subject, _| {
                Box::pin(async move {
                    subject.log.say(format!("begin {number}"));
                    sleep(millis(10 - number)).await;
                    subject.log.say(format!("end {number}"));
                    Next::proceed()
                })
            });
        }
        handled(server).await;
        let wanted: Vec<_> = (0..5)
            .flat_map(|number| [format!("begin {number}"), format!("end {number}")])
            .collect();
        assert_eq!(log.take(), wanted);
    });
}

// R-SERVER-4.
#[test]
fn an_exit_signal_ends_a_handler_that_waits_where_it_is() {
    over_seeds(50, || async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        act_waiting(server, |subject, _| {
            let witness = Witness(subject.log.clone());
            Box::pin(async move {
                let _witness = witness;
                sleep(secs(1_000)).await;
                subject.log.say("not reached");
                Next::proceed()
            })
        });
        let begun = now();
        sleep(secs(1)).await;
        exit(server, oops());
        assert_eq!(watch.await.reason, oops());
        assert!(begun.elapsed() < secs(2));
        // What borrows the state goes before the state.
        assert_eq!(log.take(), ["handler dropped", "dropped"]);
    });
}

#[test]
fn a_trapping_server_finishes_its_handler_first() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = trapping(&log).await.unwrap();
        act_waiting(server, |subject, _| {
            Box::pin(async {
                sleep(secs(10)).await;
                subject.log.say("done");
                Next::proceed()
            })
        });
        sleep(secs(1)).await;
        exit(server, oops());
        handled(server).await;
        assert_eq!(log.take(), ["done", "exit: oops"]);
    });
}

#[test]
fn a_panic_in_a_handler_that_has_waited_terminates_with_the_state_as_it_is() {
    over_seeds(50, || async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        act_waiting(server, |subject, _| {
            let witness = Witness(subject.log.clone());
            Box::pin(async move {
                let _witness = witness;
                let log = subject.log.clone();
                subject.last = Some(Box::new(move || log.say("half done")));
                sleep(secs(1)).await;
                panic!("oops");
            })
        });
        assert!(matches!(watch.await.reason, ExitReason::Panic(_)));
        let wanted = ["handler dropped", "terminate: oops", "half done", "dropped"];
        assert_eq!(log.take(), wanted);
    });
}

#[test]
fn a_terminate_that_waits_is_waited_for_and_may_be_killed() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |subject, _| {
            let log = subject.log.clone();
            subject.last_wait = Some(Box::pin(async move {
                sleep(secs(1)).await;
                log.say("waited");
            }));
            Next::proceed()
        });
        let begun = now();
        assert_eq!(stop(server, oops()).await, Ok(()));
        assert!(begun.elapsed() >= secs(1));
        assert_eq!(log.take(), ["terminate: oops", "waited", "dropped"]);

        let (server, watch) = subject(&log).monitor().await.unwrap();
        act(server, |subject, _| {
            subject.last_wait = Some(Box::pin(std::future::pending()));
            Next::stop(oops())
        });
        sleep(secs(1)).await;
        exit(server, ExitReason::Kill);
        assert_eq!(watch.await.reason, ExitReason::Killed);
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn a_handler_may_call_another_server_and_await_an_end() {
    over_seeds(100, || async {
        let other = subject(&Log::default()).await.unwrap();
        let server = subject(&Log::default()).await.unwrap();
        let through = ask_waiting(server, move |subject, _, _| {
            Box::pin(async move {
                let end = monitor(spawn(async |_: Inbox<()>| sleep(secs(1)).await));
                assert_eq!(end.await.reason, ExitReason::Normal);
                subject.value = ask(other, |_, _, _| Reply::now(6)).await.unwrap();
                Reply::now(subject.value + 1)
            })
        });
        assert_eq!(through.await, Ok(7));
    });
}

#[test]
fn a_server_whose_handler_waits_is_busy_and_one_without_is_waiting() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        settle().await;
        let idle = process_info(server).await.unwrap();
        assert_eq!(idle.status, Status::Waiting);
        act_waiting(server, |_, _| {
            Box::pin(async {
                sleep(secs(1)).await;
                Next::proceed()
            })
        });
        act(server, |_, _| Next::proceed());
        settle().await;
        let busy = process_info(server).await.unwrap();
        assert_eq!((busy.status, busy.message_queue_len), (Status::Busy, 1));
    });
}

#[test]
fn a_handler_that_waits_is_not_disturbed_by_what_comes_in() {
    over_seeds(100, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act_waiting(server, |subject, _| {
            Box::pin(async {
                let begun = now();
                sleep(secs(1)).await;
                assert!(begun.elapsed() >= secs(1));
                subject.log.say("slept");
                Next::proceed()
            })
        });
        for _ in 0..20 {
            act(server, |_, _| Next::proceed());
            process_info(server).await.unwrap();
            sleep(millis(10)).await;
        }
        assert_eq!(log.take(), [""; 0]);
        handled(server).await;
        assert_eq!(log.take(), ["slept"]);
    });
}

#[test]
fn a_handler_that_is_ready_at_once_does_not_wait() {
    struct Eager(Arc<AtomicBool>);
    struct Now;
    impl GenServer for Eager {
        type Args = Arc<AtomicBool>;
        fn init(done: Self::Args, _: &mut Context<Self>) -> impl Step<Init<Self>> {
            async move { Init::ok(Eager(done)) }
        }
    }
    impl HandleCast<Now> for Eager {
        fn handle_cast(&mut self, _: Now, _: &mut Context<Self>) -> impl Step<Next> {
            async move {
                self.0.store(true, SeqCst);
                Next::stop(oops())
            }
        }
    }
    simulated(async {
        let done = Arc::new(AtomicBool::new(false));
        let start = Start::<Eager>::new(Arc::clone(&done));
        let (server, watch) = start.monitor().await.unwrap();
        cast(server, Now);
        assert_eq!(watch.await.reason, oops());
        assert!(done.load(SeqCst));
    });
}

#[test]
fn the_caller_of_a_handler_that_is_ended_while_it_waits_gets_the_reason() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        let call = ask_waiting(server, |_, from, _| {
            Box::pin(async move {
                let _from = from;
                std::future::pending().await
            })
        });
        let call = call.no_timeout().request();
        sleep(secs(1)).await;
        exit(server, oops());
        assert_eq!(call.await, Err(CallError::Exited(oops())));
    });
}
