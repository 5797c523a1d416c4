//! Ends: when `terminate` runs, with which reason, and what exit signals do.

use regrow::Pid;
use regrow::answer::{Init, Next, Reply};
use regrow::call::CallError;
use regrow::process::{
    ExitReason, Inbox, ProcessRef, Received, exit, exit_self, is_alive, link, monitor, register,
    self_pid, spawn, spawn_monitor, trap_exit,
};
use regrow::reference::ServerRef;
use regrow::server::{Context, GenServer, Start, Step, stop};
use regrow::time::{secs, sleep};

use super::{
    Log, Subject, act, act_waiting, ask, handled, oops, subject, subject_with, then, trapping,
};
use crate::support::{forever, in_process, over_seeds, simulated};

/// A process that starts a server with a link, and ends when it is told why.
async fn parent(log: &Log, traps: bool) -> (ProcessRef<ExitReason>, ServerRef<Subject>) {
    let log = log.clone();
    let parent = spawn(async move |mut inbox: Inbox<ExitReason>| {
        trap_exit(true);
        let start = if traps { trapping(&log) } else { subject(&log) };
        let server = start.link().name("the child").await.unwrap();
        act(server, |subject, _| {
            subject.log.say("up");
            Next::proceed()
        });
        inbox.select(|_| true).await
    });
    loop {
        let server = regrow::process::whereis("the child");
        if let Some(server) = server.and_then(Pid::as_server::<Subject>) {
            handled(server).await;
            return (parent, server);
        }
        sleep(regrow::time::millis(1)).await;
    }
}

#[test]
fn terminate_runs_for_a_stop_by_a_handler_of_each_kind() {
    simulated(async {
        let log = Log::default();
        let wanted = ["terminate: oops", "dropped"];
        let ways: [fn(ServerRef<Subject>); 4] = [
            |server| act(server, |_, _| Next::stop(oops())),
            |server| super::tell(server, |_, _| Next::stop(oops())),
            |server| {
                act(server, |_, cx| {
                    cx.continue_with(then(|_, _| Next::stop(oops())));
                    Next::proceed()
                });
            },
            |server| {
                spawn(async move |_: Inbox<()>| {
                    let failed = ask(server, |_, _, _| Reply::stop(oops())).await;
                    assert_eq!(failed, Err(CallError::Exited(oops())));
                });
            },
        ];
        for way in ways {
            let (server, watch) = subject(&log).monitor().await.unwrap();
            way(server);
            assert_eq!(watch.await.reason, oops());
            assert_eq!(log.take(), wanted);
        }
    });
}

#[test]
fn gs_075_an_exit_signal_that_is_not_trapped_ends_the_server_without_terminate() {
    over_seeds(20, || async {
        for reason in [ExitReason::Shutdown, oops()] {
            let log = Log::default();
            let (server, watch) = subject(&log).monitor().await.unwrap();
            exit(server, reason.clone());
            assert_eq!(watch.await.reason, reason);
            assert_eq!(log.take(), ["dropped"]);
        }
    });
}

#[test]
fn gs_076_the_parents_exit_ends_a_trapping_server_through_terminate() {
    over_seeds(20, || async {
        for reason in [ExitReason::Normal, ExitReason::Shutdown, oops()] {
            let log = Log::default();
            let (parent, server) = parent(&log, true).await;
            assert_eq!(log.take(), ["up"]);
            let watch = monitor(server);
            parent.send(reason.clone());
            assert_eq!(watch.await.reason, reason);
            assert_eq!(
                log.take(),
                [format!("terminate: {reason}"), "dropped".into()]
            );
        }
    });
}

#[test]
fn gs_076_an_exit_that_the_parent_sends_does_the_same() {
    over_seeds(20, || async {
        let log = Log::default();
        trap_exit(true);
        let (server, watch) = trapping(&log).link().monitor().await.unwrap();
        exit(server, ExitReason::Shutdown);
        assert_eq!(watch.await.reason, ExitReason::Shutdown);
        assert_eq!(log.take(), ["terminate: shutdown", "dropped"]);
    });
}

#[test]
fn the_parents_exit_ends_a_server_that_does_not_trap_unless_it_is_a_normal_one() {
    over_seeds(20, || async {
        let log = Log::default();
        let (crashing, server) = parent(&log, false).await;
        let watch = monitor(server);
        crashing.send(oops());
        assert_eq!(watch.await.reason, oops());
        assert_eq!(log.take(), ["up", "dropped"]);

        let (ending, server) = parent(&log, false).await;
        let watch = monitor(ending);
        ending.send(ExitReason::Normal);
        watch.await;
        handled(server).await;
        assert_eq!(log.take(), ["up"]);
    });
}

#[test]
fn gs_077_the_exit_of_another_process_is_for_the_servers_handler() {
    over_seeds(20, || async {
        let log = Log::default();
        let server = trapping(&log).await.unwrap();
        let other = spawn(async move |mut inbox: Inbox<()>| {
            link(server).unwrap();
            inbox.receive().await;
            oops()
        });
        sleep(secs(1)).await;
        let end = monitor(other);
        other.send(());
        end.await;
        handled(server).await;
        assert_eq!(log.take(), ["exit: oops"]);
        // From one that it is not linked to, and a normal one.
        exit(server, ExitReason::Normal);
        handled(server).await;
        assert_eq!(log.take(), ["exit: normal"]);
    });
}

// R-SERVER-2.
#[test]
fn an_exit_that_a_trapping_server_does_not_handle_ends_it() {
    struct Deaf;
    impl GenServer for Deaf {
        type Args = ();
        const TRAP_EXIT: bool = true;
        fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
            Init::ok(Deaf)
        }
    }
    over_seeds(20, || async {
        for reason in [ExitReason::Normal, oops()] {
            let (server, watch) = Start::<Deaf>::new(()).monitor().await.unwrap();
            exit(server, reason.clone());
            assert_eq!(watch.await.reason, reason);
        }
    });
}

#[test]
fn gs_078_a_killed_server_does_not_terminate() {
    over_seeds(20, || async {
        let log = Log::default();
        let (server, watch) = trapping(&log).monitor().await.unwrap();
        exit(server, ExitReason::Kill);
        assert_eq!(watch.await.reason, ExitReason::Killed);
        assert_eq!(log.take(), ["dropped"]);
    });
}

#[test]
fn gs_079_terminate_is_given_the_reason_of_the_end() {
    simulated(async {
        let log = Log::default();
        let ended = async |handler: fn()| {
            let (server, watch) = subject(&log).monitor().await.unwrap();
            act(server, move |_, _| {
                handler();
                Next::proceed()
            });
            (watch.await.reason, log.take())
        };
        let (reason, said) = ended(|| panic!("oops")).await;
        assert!(matches!(reason, ExitReason::Panic(_)));
        assert_eq!(said, ["terminate: oops", "dropped"]);
        let (reason, said) = ended(|| exit_self(oops())).await;
        assert_eq!(reason, oops());
        assert_eq!(said, ["terminate: oops", "dropped"]);
        // An exit signal that it sends itself is a signal, and not trapped.
        let (reason, said) = ended(|| exit(self_pid(), oops())).await;
        assert_eq!(reason, oops());
        assert_eq!(said, ["dropped"]);
    });
}

// R-SERVER-1.
#[test]
fn terminate_sees_the_state_as_a_crashed_handler_left_it() {
    simulated(async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        act(server, |subject, _| {
            let log = subject.log.clone();
            subject.last = Some(Box::new(move || log.say("half done")));
            panic!("oops");
        });
        watch.await;
        assert_eq!(log.take(), ["terminate: oops", "half done", "dropped"]);
    });
}

#[test]
fn gs_025_a_panic_in_terminate_is_the_reason_of_the_end() {
    over_seeds(20, || async {
        let log = Log::default();
        let (server, watch) = subject(&log).monitor().await.unwrap();
        act(server, |subject, _| {
            subject.last = Some(Box::new(|| panic!("at last")));
            Next::stop(oops())
        });
        match watch.await.reason {
            ExitReason::Panic(panic) => assert_eq!(panic.message(), "at last"),
            other => panic!("{other}"),
        }
        // It ran once.
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn gs_081_the_exit_of_a_starter_that_is_no_parent_is_for_the_handler() {
    over_seeds(20, || async {
        let log = Log::default();
        let server = trapping(&log).await.unwrap();
        exit(server, oops());
        handled(server).await;
        assert_eq!(log.take(), ["exit: oops"]);
    });
}

#[test]
fn gs_082_a_parent_with_a_name_is_a_parent() {
    over_seeds(20, || async {
        let log = Log::default();
        let (parent, server) = parent(&log, true).await;
        register("the parent", parent).unwrap();
        let watch = monitor(server);
        parent.send(oops());
        assert_eq!(watch.await.reason, oops());
        assert_eq!(log.take(), ["up", "terminate: oops", "dropped"]);
    });
}

#[test]
fn the_parents_exit_waits_for_its_turn_among_the_messages() {
    over_seeds(50, || async {
        let log = Log::default();
        let (parent, server) = parent(&log, true).await;
        act_waiting(server, |subject, _| {
            Box::pin(async {
                sleep(secs(1)).await;
                subject.log.say("before");
                Next::proceed()
            })
        });
        let watch = monitor(server);
        parent.send(oops());
        assert_eq!(watch.await.reason, oops());
        let wanted = ["up", "before", "terminate: oops", "dropped"];
        assert_eq!(log.take(), wanted);
    });
}

#[test]
fn a_server_hears_of_the_ends_that_it_watches() {
    over_seeds(20, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let watched = spawn(forever::<()>);
        act(server, move |_, _| {
            let _watch = monitor(watched);
            Next::proceed()
        });
        handled(server).await;
        exit(watched, oops());
        sleep(secs(1)).await;
        assert_eq!(log.take(), ["down: oops"]);
        act(server, |_, _| {
            let _watch = monitor("nobody");
            Next::proceed()
        });
        sleep(secs(1)).await;
        assert_eq!(log.take(), ["down: no such process"]);
    });
}

#[test]
fn a_server_takes_those_linked_to_it_along() {
    over_seeds(20, || async {
        let server = subject(&Log::default()).await.unwrap();
        let (_, end) = spawn_monitor(async move |inbox: Inbox<()>| {
            link(server).unwrap();
            forever(inbox).await;
        });
        sleep(secs(1)).await;
        assert_eq!(stop(server, oops()).await, Ok(()));
        assert_eq!(end.await.reason, oops());
    });
}

#[test]
fn an_exit_that_is_trapped_during_init_is_handled_after_it() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let log = Log::default();
        let server = subject_with(&log, |subject, cx| {
            cx.trap_exit(true);
            // Its own signal, which comes as a message now.
            exit(cx.pid(), oops());
            subject.log.say("init");
            Init::ok(subject)
        });
        let server = server.link().await.unwrap();
        handled(server).await;
        assert_eq!(log.take(), ["init", "exit: oops"]);
        assert!(is_alive(server).await);
        let stopped = ask(server, |_, _, _| Reply::stop(ExitReason::Shutdown)).await;
        assert_eq!(stopped, Err(CallError::Exited(ExitReason::Shutdown)));
        let Received::Exit(exit) = inbox.receive().await else {
            panic!("an exit was due");
        };
        assert_eq!(exit.reason, ExitReason::Shutdown);
    }));
}
