//! Stopping a server from outside, and what `stop` says about it.

use regrow::answer::{Next, Reply};
use regrow::call::CallError;
use regrow::process::{
    ExitReason, Inbox, exit, is_alive, monitor, process_info, self_pid, spawn, spawn_monitor,
};
use regrow::server::stop;
use regrow::time::{millis, now, secs, sleep, timeout};

use super::{Log, act, act_waiting, ask_waiting, oops, subject, trapping};
use crate::support::{over_seeds, simulated};

#[test]
fn gs_020_a_stopped_server_has_ended_when_stop_returns() {
    over_seeds(100, || async {
        let log = Log::default();
        let server = subject(&log).name("gs_020").await.unwrap();
        assert_eq!(stop(server, ExitReason::Normal).await, Ok(()));
        assert_eq!(log.take(), ["terminate: normal", "dropped"]);
        assert_eq!(regrow::process::whereis("gs_020"), None);
        let again = stop(server, ExitReason::Normal).await;
        assert_eq!(again, Err(CallError::NoProcess));
    });
}

#[test]
fn gs_021_a_server_is_stopped_for_any_reason() {
    simulated(async {
        for reason in [ExitReason::Shutdown, oops(), ExitReason::Kill] {
            let (server, watch) = subject(&Log::default()).monitor().await.unwrap();
            assert_eq!(stop(server, reason.clone()).await, Ok(()));
            assert_eq!(watch.await.reason, reason);
        }
    });
}

// GS-023, PLIB-012.
#[test]
fn gs_023_plib_012_a_server_is_stopped_by_its_name() {
    simulated(async {
        let log = Log::default();
        subject(&log).name("gs_023").await.unwrap();
        assert_eq!(stop("gs_023", ExitReason::Normal).await, Ok(()));
        let again = stop("gs_023", ExitReason::Normal).await;
        assert_eq!(again, Err(CallError::NoProcess));
    });
}

#[test]
fn gs_024_a_server_cannot_stop_itself_and_wait_for_it() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let itself = ask_waiting(server, |_, _, cx| {
            let this = cx.this();
            Box::pin(async move {
                let stopped = stop(this, ExitReason::Normal).await;
                assert_eq!(stopped, Err(CallError::Cycle(vec![this.pid()])));
                Reply::now(1)
            })
        });
        assert_eq!(itself.await, Ok(1));
        assert!(is_alive(server).await);
    });
}

#[test]
fn gs_025_stop_says_when_the_server_ended_otherwise() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        act(server, |subject, _| {
            subject.last = Some(Box::new(|| panic!("oops")));
            Next::proceed()
        });
        match stop(server, ExitReason::Normal).await {
            Err(CallError::Exited(ExitReason::Panic(panic))) => assert_eq!(panic.message(), "oops"),
            other => panic!("{other:?}"),
        }
        // Ended for another reason before the request was its turn.
        let server = subject(&Log::default()).await.unwrap();
        act_waiting(server, |_, _| {
            Box::pin(async {
                sleep(secs(1)).await;
                Next::stop(oops())
            })
        });
        let stopped = stop(server, ExitReason::Normal).await;
        assert_eq!(stopped, Err(CallError::Exited(oops())));
    });
}

#[test]
fn gs_026_a_stop_that_takes_too_long_is_given_up_and_the_server_ends_all_the_same() {
    simulated(async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        act(server, |subject, _| {
            subject.last_wait = Some(Box::pin(sleep(secs(5))));
            Next::proceed()
        });
        let begun = now();
        let given_up = stop(server, oops()).timeout(secs(1)).await;
        assert_eq!(given_up, Err(CallError::Timeout));
        assert!(begun.elapsed() < millis(1_010));
        assert_eq!(watch.await.reason, oops());
        assert!(begun.elapsed() >= secs(5));
        let own = process_info(self_pid()).await.unwrap();
        assert_eq!((own.message_queue_len, own.monitors.len()), (0, 0));
    });
}

#[test]
fn what_was_sent_before_a_stop_is_handled_before_it() {
    over_seeds(100, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        for number in 0..3 {
            act_waiting(server, move |subject, _| {
                Box::pin(async move {
                    sleep(millis(1)).await;
                    subject.log.say(number.to_string());
                    Next::proceed()
                })
            });
        }
        let stopping = stop(server, ExitReason::Normal);
        assert_eq!(stopping.await, Ok(()));
        let wanted = ["0", "1", "2", "terminate: normal", "dropped"];
        assert_eq!(log.take(), wanted);
    });
}

#[test]
fn what_is_sent_after_a_stop_is_dropped() {
    over_seeds(50, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        act(server, |_, cx| {
            let this = cx.this();
            spawn(async move |_: Inbox<()>| stop(this, oops()).await.unwrap());
            Next::proceed()
        });
        sleep(millis(1)).await;
        act(server, |_, _| panic!("not handled any more"));
        sleep(millis(1)).await;
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn a_stop_reaches_a_server_whose_mailbox_is_full() {
    simulated(async {
        let policy = regrow::process::MailboxPolicy::Refuse;
        let log = Log::default();
        let server = subject(&log).mailbox_limit(1, policy).await.unwrap();
        act_waiting(server, |_, _| {
            Box::pin(async {
                sleep(secs(1)).await;
                Next::proceed()
            })
        });
        sleep(millis(1)).await;
        act(server, |subject, _| {
            subject.log.say("before");
            Next::proceed()
        });
        assert_eq!(stop(server, ExitReason::Normal).await, Ok(()));
        assert_eq!(log.take(), ["before", "terminate: normal", "dropped"]);
    });
}

#[test]
fn a_stop_that_is_given_up_half_way_leaves_nothing_behind() {
    simulated(async {
        let server = trapping(&Log::default()).await.unwrap();
        act(server, |subject, _| {
            subject.last_wait = Some(Box::pin(sleep(secs(2))));
            Next::proceed()
        });
        let stopping = stop(server, ExitReason::Normal);
        assert!(timeout(secs(1), stopping).await.is_err());
        sleep(secs(2)).await;
        let own = process_info(self_pid()).await.unwrap();
        assert_eq!((own.message_queue_len, own.monitors.len()), (0, 0));
        assert!(!is_alive(server).await);
    });
}

#[test]
fn a_stop_of_a_server_that_is_killed_meanwhile_says_so() {
    over_seeds(50, || async {
        let server = subject(&Log::default()).await.unwrap();
        act(server, |subject, _| {
            subject.last_wait = Some(Box::pin(std::future::pending()));
            Next::proceed()
        });
        let (_, stopper) = spawn_monitor(async move |_: Inbox<()>| {
            let stopped = stop(server, ExitReason::Normal).await;
            assert_eq!(stopped, Err(CallError::Exited(ExitReason::Killed)));
        });
        sleep(secs(1)).await;
        let watch = monitor(server);
        exit(server, ExitReason::Kill);
        assert_eq!(watch.await.reason, ExitReason::Killed);
        assert_eq!(stopper.await.reason, ExitReason::Normal);
    });
}
