//! Starting: what the starter gets, what the server's end is, and that nothing is left of a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::answer::{Init, Next, Reply};
use regrow::call::CallError;
use regrow::prelude::gen_server;
use regrow::process::{
    ExitReason, Inbox, MailboxPolicy, Priority, Received, exit, exit_self, is_alive, monitor,
    process_info, self_pid, spawn, spawn_link, spawn_monitor, trap_exit, whereis,
};
use regrow::server::{Context, GenServer, Start, StartError, Step, stop};
use regrow::supervisor::{Restart, Shutdown};
use regrow::time::{millis, now, secs, sleep, timeout};

use super::{Log, Subject, act, ask, oops, subject, subject_with, then, trapping};
use crate::support::{in_process, over_seeds, simulated};

/// The messages in the mailbox of the process that asks.
async fn unread() -> usize {
    process_info(self_pid()).await.unwrap().message_queue_len
}

/// The number of processes that the process that asks is linked to.
async fn links() -> usize {
    process_info(self_pid()).await.unwrap().links.len()
}

/// An `init` that waits.
type SlowInit = fn(Log) -> super::Waits<'static, Init<Slow>>;
/// A server with one.
struct Slow;

impl GenServer for Slow {
    type Args = (Log, SlowInit);

    fn init((log, init): Self::Args, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        init(log)
    }
}

/// The ways in which an `init` can fail.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Failing {
    Ignore,
    Error,
    Stop,
    Panic,
    Exit,
    Timeout,
}

impl Failing {
    const ALL: [Failing; 6] = [
        Failing::Ignore,
        Failing::Error,
        Failing::Stop,
        Failing::Panic,
        Failing::Exit,
        Failing::Timeout,
    ];

    /// A start that fails like this.
    fn start(self) -> Start<Slow> {
        let init: SlowInit = match self {
            Failing::Ignore => |_| Box::pin(async { Init::ignore() }),
            Failing::Error => |_| Box::pin(async { Init::error(oops()) }),
            Failing::Stop => |_| Box::pin(async { Init::stop(oops()) }),
            Failing::Panic => |_| panic!("oops"),
            Failing::Exit => |_| exit_self(oops()),
            Failing::Timeout => |_| Box::pin(std::future::pending()),
        };
        Start::new((Log::default(), init)).timeout(secs(1))
    }

    /// What the starter gets.
    fn is_shown_by(self, error: &StartError) -> bool {
        match (self, error) {
            (Failing::Ignore, StartError::Ignored) | (Failing::Timeout, StartError::Timeout) => {
                true
            }
            (Failing::Panic, StartError::Failed(ExitReason::Panic(panic))) => {
                panic.message() == "oops"
            }
            (Failing::Error | Failing::Stop | Failing::Exit, StartError::Failed(reason)) => {
                *reason == oops()
            }
            _ => false,
        }
    }
}

#[test]
fn gs_001_a_server_starts_answers_and_stops_and_is_then_no_process() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        assert_eq!(ask(server, |_, _, _| Reply::now(7)).await, Ok(7));
        assert_eq!(stop(server, ExitReason::Normal).await, Ok(()));
        let late = ask(server, |_, _, _| Reply::now(7)).await;
        assert_eq!(late, Err(CallError::NoProcess));
    });
}

// GS-002, PLIB-011.
#[test]
fn gs_002_plib_011_a_start_that_takes_too_long_is_killed_and_the_starter_lives() {
    simulated(async {
        let slow = |limit| {
            let init: SlowInit = |_| {
                Box::pin(async {
                    sleep(secs(2)).await;
                    Init::ok(Slow)
                })
            };
            Start::<Slow>::new((Log::default(), init))
                .link()
                .name("slow")
                .timeout(limit)
        };
        let begun = now();
        assert_eq!(slow(secs(1)).await, Err(StartError::Timeout));
        assert!(begun.elapsed() < millis(1_010));
        assert_eq!(whereis("slow"), None);
        assert_eq!(links().await, 0);

        let server = slow(secs(3)).await.unwrap();
        assert!(is_alive(server).await);
        assert_eq!(links().await, 1);
    });
}

#[test]
fn gs_003_an_init_that_ignores_ends_normally() {
    simulated(async {
        let log = Log::default();
        let ignored = subject_with(&log, |_, _| Init::ignore());
        assert_eq!(ignored.await, Err(StartError::Ignored));
        // No state was there, so nothing terminates.
        assert_eq!(log.take(), ["dropped"]);
    });
}

#[test]
fn gs_004_an_init_with_an_error_gives_its_reason_and_ends_normally() {
    simulated(async {
        let log = Log::default();
        let failed = subject_with(&log, |_, _| Init::error(oops())).link().await;
        // This process does not trap exits, and is linked: the end was a normal one.
        assert_eq!(failed, Err(StartError::Failed(oops())));
        assert_eq!(log.take(), ["dropped"]);
    });
}

#[test]
fn gs_005_an_init_that_stops_ends_with_its_reason() {
    simulated(async {
        let log = Log::default();
        let (_, starter) = spawn_monitor(async move |_: Inbox<()>| {
            let failed = subject_with(&log, |_, _| Init::stop(oops()));
            assert_eq!(failed.await, Err(StartError::Failed(oops())));
            // No state was there, so nothing terminates.
            assert_eq!(log.take(), ["dropped"]);
            let failed = subject_with(&log, |_, _| Init::stop(oops())).link();
            drop(failed.await);
        });
        // The link brought the end of the second.
        assert_eq!(starter.await.reason, oops());
    });
}

#[test]
fn gs_006_a_trapping_parent_receives_the_exit_of_a_server_that_stops() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        let server = subject(&Log::default()).link().await.unwrap();
        assert_eq!(stop(server, oops()).await, Ok(()));
        let Received::Exit(exit) = inbox.receive().await else {
            panic!("an exit was due");
        };
        assert_eq!((exit.from, exit.reason), (server.pid(), oops()));
    }));
}

#[test]
fn gs_007_a_monitored_start_brings_the_servers_own_reason() {
    over_seeds(20, || async {
        let log = Log::default();
        let (server, watch) = subject_with(&log, |subject, cx| {
            cx.continue_with(then(|_, _| Next::stop(oops())));
            Init::ok(subject)
        })
        .monitor()
        .await
        .unwrap();
        // However soon it ended, the reason is its own.
        assert_eq!(watch.await.reason, oops());
        assert!(!is_alive(server).await);
    });
}

#[test]
fn gs_008_a_second_start_under_one_name_says_who_has_it() {
    simulated(async {
        trap_exit(true);
        let log = Log::default();
        let first = subject(&log).name("gs_008").await.unwrap();
        let again = || subject(&log).name("gs_008");
        let taken = StartError::AlreadyStarted(first.pid());
        assert_eq!(again().await, Err(taken.clone()));
        assert_eq!(again().link().await, Err(taken.clone()));
        assert_eq!(again().monitor().await.map(drop), Err(taken));
        assert_eq!((unread().await, links().await), (0, 0));
    });
}

// GS-009, PLIB-010.
#[test]
fn gs_009_plib_010_a_failed_start_leaves_nothing_and_can_be_tried_again_at_once() {
    over_seeds(8, || async {
        trap_exit(true);
        for failing in Failing::ALL {
            for flavour in 0..4 {
                for _ in 0..5 {
                    let start = failing.start().name("gs_009");
                    let error = match flavour {
                        0 => start.await.unwrap_err(),
                        1 => start.link().await.unwrap_err(),
                        2 => start.monitor().await.unwrap_err(),
                        _ => start.link().monitor().await.unwrap_err(),
                    };
                    assert!(failing.is_shown_by(&error), "{failing:?} gave {error:?}");
                    assert_eq!(whereis("gs_009"), None, "{failing:?}");
                    assert_eq!((unread().await, links().await), (0, 0), "{failing:?}");
                }
            }
        }
    });
}

#[test]
fn gs_010_the_name_is_free_when_the_start_returns() {
    over_seeds(100, || async {
        let log = Log::default();
        let ignored = subject_with(&log, |_, _| Init::ignore()).name("gs_010");
        assert_eq!(ignored.await, Err(StartError::Ignored));
        let stopped = subject_with(&log, |_, _| Init::stop(oops())).name("gs_010");
        assert_eq!(stopped.await, Err(StartError::Failed(oops())));
        subject(&log).name("gs_010").await.unwrap();
    });
}

#[test]
fn gs_012_a_crash_of_init_takes_a_linked_starter_along_and_other_failures_do_not() {
    over_seeds(20, || async {
        for failing in Failing::ALL {
            let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
                let error = failing.start().link().await.unwrap_err();
                assert!(failing.is_shown_by(&error));
                ExitReason::atom("survived")
            });
            let reason = end.await.reason;
            match failing {
                Failing::Ignore | Failing::Error | Failing::Timeout => {
                    assert_eq!(reason, ExitReason::atom("survived"), "{failing:?}");
                }
                Failing::Stop | Failing::Exit => assert_eq!(reason, oops(), "{failing:?}"),
                Failing::Panic => {
                    assert!(failing.is_shown_by(&StartError::Failed(reason)));
                }
            }
        }
    });
}

// GS-014 too: the losers' `init` does not run.
#[test]
fn gs_013_of_fifty_starts_of_one_name_one_succeeds() {
    over_seeds(50, || async {
        let begun = Arc::new(AtomicUsize::new(0));
        let starters = (0..50).map(|_| {
            let begun = Arc::clone(&begun);
            let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
                let start = subject_with(&Log::default(), move |subject, _| {
                    begun.fetch_add(1, SeqCst);
                    Init::ok(subject)
                });
                match start.name("gs_013").await {
                    Ok(_) => ExitReason::atom("started"),
                    Err(StartError::AlreadyStarted(winner)) => {
                        assert_eq!(whereis("gs_013"), Some(winner));
                        ExitReason::Normal
                    }
                    Err(other) => panic!("{other}"),
                }
            });
            end
        });
        let mut started = 0;
        for end in starters.collect::<Vec<_>>() {
            match end.await.reason {
                ExitReason::Normal => {}
                reason => {
                    assert_eq!(reason, ExitReason::atom("started"));
                    started += 1;
                }
            }
        }
        assert_eq!((started, begun.load(SeqCst)), (1, 1));
    });
}

#[test]
fn gs_015_a_crash_of_inits_continuation_comes_after_the_start_and_terminates() {
    simulated(async {
        let log = Log::default();
        let (_, watch) = subject_with(&log, |subject, cx| {
            cx.continue_with(then(|_, _| panic!("oops")));
            Init::ok(subject)
        })
        .monitor()
        .await
        .unwrap();
        assert!(matches!(watch.await.reason, ExitReason::Panic(_)));
        assert_eq!(log.take(), ["terminate: oops", "dropped"]);
    });
}

#[test]
fn gs_018_a_start_makes_no_link_unless_it_is_asked_to() {
    simulated(async {
        let log = Log::default();
        let alone = subject(&log).await.unwrap();
        let linked = subject(&log).link().await.unwrap();
        assert_eq!(process_info(alone).await.unwrap().links, []);
        assert_eq!(process_info(linked).await.unwrap().links, [self_pid()]);
    });
}

#[test]
fn plib_008_a_server_begins_with_the_options_that_it_was_given() {
    simulated(async {
        let start = subject(&Log::default())
            .label("desk")
            .priority(Priority::High);
        let server = start.mailbox_limit(7, MailboxPolicy::Refuse).await.unwrap();
        let info = process_info(server).await.unwrap();
        assert_eq!(info.label.as_deref(), Some("desk"));
        assert_eq!(info.priority, Priority::High);
        assert!(info.initial_call.ends_with("Subject"), "{info:?}");
    });
}

struct Plain;

#[gen_server]
impl Plain {
    #[init]
    fn new() -> Self {
        Plain
    }
}

struct Particular;

#[gen_server(restart = "transient", shutdown = "30s")]
impl Particular {
    #[init]
    fn new() -> Self {
        Particular
    }
}

#[test]
fn gs_019_a_child_is_what_its_server_says_unless_its_specification_says_otherwise() {
    let plain = format!("{:?}", Plain::child_spec());
    for said in [
        "Plain",
        "restart: Permanent",
        "shutdown: After(5s)",
        "Worker",
    ] {
        assert!(plain.contains(said), "{said:?} is not in {plain}");
    }
    let particular = format!("{:?}", Particular::child_spec());
    for said in ["restart: Transient", "shutdown: After(30s)"] {
        assert!(particular.contains(said), "{said:?} is not in {particular}");
    }
    let told = Particular::child_spec()
        .id("told")
        .restart(Restart::Temporary);
    let told = format!("{:?}", told.shutdown(Shutdown::BrutalKill));
    for said in ["told", "restart: Temporary", "shutdown: BrutalKill"] {
        assert!(told.contains(said), "{said:?} is not in {told}");
    }
}

// PLIB-005 too: with a link as without.
#[test]
fn plib_004_a_start_is_over_when_init_is() {
    over_seeds(20, || async {
        for linked in [false, true] {
            let log = Log::default();
            let init: SlowInit = |log| {
                Box::pin(async move {
                    sleep(millis(100)).await;
                    log.say("init");
                    Init::ok(Slow)
                })
            };
            let start = Start::<Slow>::new((log.clone(), init));
            if linked {
                start.link().await.unwrap();
            } else {
                start.await.unwrap();
            }
            assert_eq!(log.take(), ["init"]);
        }
    });
}

// PLIB-006 too.
#[test]
fn a_server_killed_in_init_fails_its_start_with_killed() {
    over_seeds(50, || async {
        let init: SlowInit = |_| Box::pin(std::future::pending());
        spawn(async |_: Inbox<()>| {
            loop {
                if let Some(server) = whereis("killed in init") {
                    return exit(server, ExitReason::Kill);
                }
                sleep(millis(1)).await;
            }
        });
        let failed = Start::<Slow>::new((Log::default(), init)).name("killed in init");
        assert_eq!(failed.await, Err(StartError::Failed(ExitReason::Killed)));
        assert_eq!(whereis("killed in init"), None);
    });
}

#[test]
fn an_exit_that_init_sends_its_own_process_is_the_starts_failure() {
    simulated(async {
        let failed = subject_with(&Log::default(), |subject, cx| {
            exit(cx.pid(), oops());
            Init::ok(subject)
        });
        assert_eq!(failed.await, Err(StartError::Failed(oops())));
    });
}

#[test]
fn a_server_that_has_failed_to_start_is_dead_when_the_start_returns() {
    over_seeds(100, || async {
        let pid = Arc::new(parking_lot::Mutex::new(None));
        let seen = Arc::clone(&pid);
        let failed = subject_with(&Log::default(), move |_, cx| {
            *seen.lock() = Some(cx.pid());
            Init::error(oops())
        });
        failed.await.unwrap_err();
        let server = pid.lock().take().unwrap();
        assert_eq!(server.as_server::<Subject>(), None);
    });
}

#[test]
fn an_async_init_may_ask_to_go_on() {
    struct Gradual(Log);
    struct Second;
    impl GenServer for Gradual {
        type Args = Log;
        fn init(log: Log, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
            async move {
                cx.continue_with(Second);
                sleep(secs(1)).await;
                log.say("init");
                cx.continue_with(Second);
                Init::ok(Gradual(log))
            }
        }
    }
    impl regrow::server::HandleContinue<Second> for Gradual {
        fn handle_continue(&mut self, _: Second, _: &mut Context<Self>) -> impl Step<Next> {
            self.0.say("continue");
            Next::proceed()
        }
    }
    simulated(async {
        let log = Log::default();
        let server = Start::<Gradual>::new(log.clone()).await.unwrap();
        assert!(is_alive(server).await);
        sleep(secs(1)).await;
        assert_eq!(log.take(), ["init", "continue", "continue"]);
    });
}

#[test]
fn messages_sent_while_init_waits_are_handled_after_it() {
    over_seeds(20, || async {
        let log = Log::default();
        let (starting, said) = (log.clone(), log.clone());
        let starter = spawn_link(async move |_: Inbox<()>| {
            subject_with(&starting, |subject, cx| {
                subject.log.say("init");
                act(cx.this(), |subject, _| {
                    subject.log.say("own");
                    Next::proceed()
                });
                Init::ok(subject)
            })
            .name("early")
            .await
            .unwrap();
        });
        monitor(starter).await;
        let server = whereis("early").unwrap().as_server::<Subject>().unwrap();
        super::handled(server).await;
        assert_eq!(said.take(), ["init", "own"]);
    });
}

#[test]
fn a_start_that_is_given_up_leaves_the_server_to_itself() {
    over_seeds(20, || async {
        let init: SlowInit = |_| {
            Box::pin(async {
                sleep(secs(2)).await;
                Init::ok(Slow)
            })
        };
        let start = Start::<Slow>::new((Log::default(), init)).name("left");
        assert!(timeout(secs(1), start).await.is_err());
        sleep(secs(2)).await;
        assert!(whereis("left").unwrap().as_server::<Slow>().is_some());
    });
}

#[test]
fn a_server_may_trap_exits_from_the_first_moment() {
    struct Trapping;
    impl GenServer for Trapping {
        type Args = ();
        const TRAP_EXIT: bool = true;
        fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
            Init::ok(Trapping)
        }
    }
    simulated(async {
        let server = Start::<Trapping>::new(()).await.unwrap();
        assert!(process_info(server).await.unwrap().trap_exit);
        let log = Log::default();
        let late = trapping(&log).await.unwrap();
        assert!(process_info(late).await.unwrap().trap_exit);
        // What a server does about an exit that it does not handle is to end.
        let watch = monitor(server);
        exit(server, oops());
        assert_eq!(watch.await.reason, oops());
    });
}
