//! How machines end, and what those who wait for a reply get.

use parking_lot::Mutex;
use regrow::ExitReason;
use regrow::call::CallError;
use regrow::process::{Inbox, Received, exit, is_alive, monitor, settle, spawn_monitor, trap_exit};
use regrow::server::{call, cast, stop};
use regrow::statem::Transition;
use regrow::time::{now, secs};

use super::{happened, plain, reply};
use crate::server::{Log, oops};
use crate::support::{in_process, simulated};

#[test]
fn statem_002_a_call_may_stop_the_machine() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |_, _| Transition::stop(ExitReason::Shutdown));
        let (machine, watch) = machine.start().monitor().await.unwrap();
        let failed = call(machine, "e").await;
        assert_eq!(failed, Err(CallError::Exited(ExitReason::Shutdown)));
        assert_eq!(watch.await.reason, ExitReason::Shutdown);
        assert_eq!(log.take(), ["call e in a", "terminate in a: shutdown"]);
    });
}

#[test]
fn statem_008_a_machine_is_stopped_for_any_reason_by_reference_and_by_name() {
    simulated(async {
        for reason in [ExitReason::Normal, ExitReason::Shutdown, oops()] {
            let log = Log::default();
            let machine = plain(&log, |_, event| reply(event, 0)).start();
            let machine = machine.name("machine").await.unwrap();
            cast(machine, "before");
            assert_eq!(stop("machine", reason.clone()).await, Ok(()));
            assert_eq!(
                log.take(),
                [
                    "cast before in a".to_owned(),
                    format!("terminate in a: {reason}")
                ]
            );
            assert_eq!(stop(machine, reason).await, Err(CallError::NoProcess));
            assert_eq!(stop("machine", oops()).await, Err(CallError::NoProcess));
        }
    });
}

#[test]
fn statem_010_a_call_whose_time_is_up_leaves_nothing() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let machine = plain(&Log::default(), |_, event| {
            Transition::keep().postpone(event)
        });
        let machine = machine.start().await.unwrap();
        for _ in 0..3 {
            assert_eq!(call(machine, "e").await, Err(CallError::Timeout));
        }
        settle().await;
        assert_eq!(inbox.try_receive(), None);
        assert!(is_alive(machine).await);
    }));
}

#[test]
fn r_statem_3_a_call_to_a_machine_waits_as_any_call() {
    simulated(async {
        let machine = plain(&Log::default(), |_, event| {
            Transition::keep().postpone(event)
        });
        let machine = machine.start().await.unwrap();
        let begun = now();
        assert_eq!(call(machine, "e").await, Err(CallError::Timeout));
        assert!(begun.elapsed() >= secs(5) && begun.elapsed() < secs(6));
    });
}

#[test]
fn statem_014_a_stop_with_shutdown_reaches_the_linked_once() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let reason = ExitReason::shutdown_with(7);
        let stops = reason.clone();
        let machine = plain(&Log::default(), move |_, _| Transition::stop(stops.clone()));
        let machine = machine.start().link().await.unwrap();
        cast(machine, "e");
        let Received::Exit(exit) = inbox.receive().await else {
            panic!("no exit");
        };
        assert_eq!((exit.from, exit.reason), (machine.pid(), reason));
        settle().await;
        assert_eq!(inbox.try_receive(), None);
    }));
}

#[test]
fn statem_016_the_replies_of_a_stop_go_out_in_order_before_the_end() {
    simulated(async {
        let log = Log::default();
        let waiting = Mutex::new(Vec::new());
        let machine = plain(&log, move |_, event| {
            if event.name == "later" {
                waiting.lock().extend(event.from);
                return Transition::keep();
            }
            let waiting = std::mem::take(&mut *waiting.lock());
            let stop = Transition::stop(oops());
            let stop = waiting
                .into_iter()
                .zip(1..)
                .fold(stop, |stop, (from, value)| stop.reply(from, value));
            match event.from {
                Some(from) => stop.reply(from, 9),
                None => stop,
            }
        });
        let machine = machine
            .at_last(|| panic!("in terminate"))
            .start()
            .await
            .unwrap();
        let first = call(machine, "later").request();
        let second = call(machine, "later").request();
        let (_, asker) = spawn_monitor(async move |_: Inbox<()>| {
            assert_eq!(call(machine, "stop").await, Ok(9));
        });
        let watch = monitor(machine);
        assert_eq!((first.await, second.await), (Ok(1), Ok(2)));
        assert_eq!(asker.await.reason, ExitReason::Normal);
        assert!(watch.await.reason.is_crash());
        assert_eq!(log.take().last().unwrap(), "terminate in a: oops");
    });
}

// STATEM-044 too.
#[test]
fn statem_028_the_parents_exit_ends_a_machine_that_traps() {
    simulated(async {
        let log = Log::default();
        let shared = log.clone();
        let (parent, _) = spawn_monitor(async move |mut inbox: Inbox<()>| {
            let machine = plain(&shared, |_, event| reply(event, 0)).traps_exits();
            machine.start().link().await.unwrap();
            inbox.receive().await;
        });
        settle().await;
        exit(parent, ExitReason::Shutdown);
        assert_eq!(happened(&log).await, ["terminate in a: shutdown"]);

        // Anybody else's is an event.
        trap_exit(true);
        let machine = plain(&log, |_, event| reply(event, 0)).traps_exits();
        let machine = machine.start().await.unwrap();
        exit(machine.pid(), oops());
        assert_eq!(happened(&log).await, ["info exit in a"]);
        assert!(is_alive(machine).await);
    });
}

#[test]
fn statem_043_after_a_crash_terminate_runs_in_the_state_and_with_the_reason() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |state, _| match state {
            "a" => Transition::to("b"),
            _ => panic!("boom"),
        });
        let (machine, watch) = machine.start().monitor().await.unwrap();
        cast(machine, "e");
        let failed = call(machine, "f").await;
        assert!(matches!(
            failed,
            Err(CallError::Exited(ExitReason::Panic(_)))
        ));
        assert!(watch.await.reason.is_crash());
        assert_eq!(
            log.take(),
            ["cast e in a", "call f in b", "terminate in b: boom"]
        );
    });
}

#[test]
fn statem_046_nobody_is_replied_to_by_a_stop() {
    simulated(async {
        // One was put off and is stopped by, one is put off, one is in the data, one comes later.
        let machine = plain(&Log::default(), |state, event| match (state, event.name) {
            ("a", "go") => Transition::to("b"),
            ("a", _) => Transition::keep().postpone(event),
            (_, "stop") => Transition::stop(oops()),
            (_, _) => Transition::keep().postpone(event),
        });
        let machine = machine.start().await.unwrap();
        let waiting = ["first", "stop", "last"].map(|name| call(machine, name).request());
        cast(machine, "go");
        for request in waiting {
            assert_eq!(request.await, Err(CallError::Exited(oops())));
        }
    });
}

#[test]
fn r_statem_1_a_call_that_a_retried_event_drops_fails_when_the_handler_is_done() {
    simulated(async {
        let machine = plain(&Log::default(), |state, event| match (state, event.name) {
            ("a", "go") => Transition::to("b"),
            ("a", _) => Transition::keep().postpone(event),
            (_, _) => Transition::keep(),
        });
        let machine = machine.start().await.unwrap();
        let waiting = call(machine, "e").request();
        cast(machine, "go");
        assert_eq!(waiting.await, Err(CallError::NoReply));
        assert!(is_alive(machine).await);
    });
}
