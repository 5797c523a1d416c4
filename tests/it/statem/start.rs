//! Starting machines: as servers, because they are servers.

use regrow::process::{ExitReason, process_info, self_pid, trap_exit, whereis};
use regrow::reference::Name;
use regrow::server::{Context, Start, StartError, Step, call, cast, stop};
use regrow::statem::{EventType, GenStatem, Initial, Machine, Transition};
use regrow::time::{millis, now, secs, sleep};

use super::{Subject, happened, plain, reply};
use crate::server::{Log, oops};
use crate::support::{over_seeds, simulated};

/// The messages in the mailbox of the process that asks.
async fn unread() -> usize {
    process_info(self_pid()).await.unwrap().message_queue_len
}

/// How a start can fail.
#[derive(Debug, Clone, Copy)]
enum Failing {
    Ignore,
    Error,
    Stop,
    Panic,
    Slow,
}

/// A machine whose start fails.
struct Broken;

impl GenStatem for Broken {
    type Args = Failing;
    type State = ();
    type Event = ();

    fn init(how: Failing, _: &mut Context<Machine<Self>>) -> impl Step<Initial<Self>> {
        async move {
            match how {
                Failing::Ignore => Initial::ignore(),
                Failing::Error => Initial::error(oops()),
                Failing::Stop => Initial::stop(oops()),
                Failing::Panic => panic!("oops"),
                Failing::Slow => {
                    sleep(secs(10)).await;
                    Initial::ok((), Broken)
                }
            }
        }
    }

    fn handle_event(
        &mut self,
        _: EventType,
        (): (),
        (): &(),
        _: &mut Context<Machine<Self>>,
    ) -> impl Step<Transition<Self>> {
        Transition::keep()
    }
}

// STATEM-009 too: there is one way to handle events, and it is this one.
#[test]
fn statem_001_a_machine_starts_and_takes_events_and_calls() {
    over_seeds(20, || async {
        let log = Log::default();
        let script = || plain(&Log::default(), |_, event| reply(event, 7));
        let machine = plain(&log, |_, event| reply(event, 7))
            .start()
            .await
            .unwrap();
        cast(machine, "e1");
        assert_eq!(call(machine, "e2").await, Ok(7));
        assert_eq!(log.take(), ["cast e1 in a", "call e2 in a"]);

        let linked = script().start().link().await.unwrap();
        assert_eq!(call(linked, "e").await, Ok(7));
        let (monitored, watch) = script().start().monitor().await.unwrap();
        assert_eq!(call(monitored, "e").await, Ok(7));
        for machine in [machine, linked, monitored] {
            assert_eq!(stop(machine, ExitReason::Normal).await, Ok(()));
        }
        assert_eq!(watch.await.reason, ExitReason::Normal);
        assert_eq!(unread().await, 0);
    });
}

#[test]
fn statem_003_a_start_that_takes_too_long_is_killed() {
    simulated(async {
        let begun = now();
        let start = Start::<Machine<Broken>>::new(Failing::Slow).link();
        assert_eq!(start.timeout(secs(1)).await, Err(StartError::Timeout));
        assert!(begun.elapsed() < secs(2));
        let start = Start::<Machine<Broken>>::new(Failing::Slow);
        assert!(start.timeout(secs(20)).await.is_ok());
    });
}

// STATEM-004 and STATEM-015: every kind of failure, in every flavour of start.
#[test]
fn statem_015_a_failed_start_says_why_and_leaves_nothing() {
    over_seeds(5, || async {
        trap_exit(true);
        for how in [
            Failing::Ignore,
            Failing::Error,
            Failing::Stop,
            Failing::Panic,
            Failing::Slow,
        ] {
            for round in 0..5 {
                let start = Start::<Machine<Broken>>::new(how).name("broken");
                let start = start.timeout(millis(10));
                let failed = match round % 3 {
                    0 => start.await.map(drop),
                    1 => start.link().await.map(drop),
                    _ => start.monitor().await.map(drop),
                };
                match (how, failed.unwrap_err()) {
                    (Failing::Ignore, StartError::Ignored)
                    | (Failing::Slow, StartError::Timeout) => {}
                    (Failing::Error | Failing::Stop, StartError::Failed(reason)) => {
                        assert_eq!(reason, oops());
                    }
                    (Failing::Panic, StartError::Failed(ExitReason::Panic(panic))) => {
                        assert_eq!(panic.message(), "oops");
                    }
                    (how, other) => panic!("{how:?}: {other}"),
                }
                assert_eq!(whereis("broken"), None);
            }
        }
        assert_eq!(unread().await, 0);
    });
}

#[test]
fn statem_029_a_machine_may_do_without_terminate() {
    simulated(async {
        let start = Start::<Machine<Broken>>::new(Failing::Slow);
        let (machine, watch) = start.monitor().await.unwrap();
        assert_eq!(stop(machine, oops()).await, Ok(()));
        assert_eq!(watch.await.reason, oops());
    });
}

#[test]
fn statem_005_a_name_leads_to_the_machine_and_is_had_once() {
    static MACHINE: Name<Machine<Subject<false>>> = Name::new("the machine");
    simulated(async {
        let log = Log::default();
        let start = || plain(&Log::default(), |_, event| reply(event, 7)).start();
        let machine = plain(&log, |_, event| reply(event, 1)).start();
        let machine = machine.name(MACHINE).await.unwrap();
        assert_eq!(call(MACHINE, "e").await, Ok(1));
        cast(MACHINE, "f");
        assert_eq!(happened(&log).await, ["call e in a", "cast f in a"]);

        let taken = StartError::AlreadyStarted(machine.pid());
        assert_eq!(start().name(MACHINE).await, Err(taken.clone()));
        assert_eq!(start().link().name("the machine").await, Err(taken.clone()));
        let monitored = start().name(MACHINE).monitor().await;
        assert_eq!(monitored.unwrap_err(), taken);
        assert_eq!(machine.pid().as_server(), Some(machine));
    });
}

#[test]
fn statem_006_a_name_is_free_once_its_machine_has_stopped() {
    simulated(async {
        for _ in 0..3 {
            let start = plain(&Log::default(), |_, event| reply(event, 7)).start();
            let machine = start.name("again").await.unwrap();
            assert_eq!(stop("again", oops()).await, Ok(()));
            assert_eq!(machine.pid().as_server::<Machine<Subject<false>>>(), None);
        }
    });
}
