//! What becomes of one child that has ended, and of its supervisor meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::prelude::*;
use regrow::process::{register, settle, whereis};
use regrow::time::{now, sleep};

use super::{Begin, Log, counts, oops, shown, with, worker};
use crate::support::{over_seeds, simulated};

/// What is shown of a child with this restart type that has ended for this reason, and whether it
/// was started again.
async fn after(restart: Restart, reason: ExitReason) -> (String, usize) {
    let log = Log::default();
    let plan = worker("a", &log);
    let supervisor = Supervisor::new(Strategy::OneForOne).child(plan.spec().restart(restart));
    let supervisor = supervisor.start().await.unwrap();
    if reason == ExitReason::Kill {
        plan.killed().await;
    } else {
        plan.ends(reason).await;
    }
    (shown(supervisor).await, plan.starts())
}

/// The ways to end: three that are in order, two that are not.
fn reasons() -> [ExitReason; 5] {
    let with = ExitReason::shutdown_with("x");
    [
        ExitReason::Normal,
        ExitReason::Shutdown,
        with,
        oops(),
        ExitReason::Kill,
    ]
}

// SUP-101, SUP-102 and SUP-103 too.
#[test]
fn sup_100_a_permanent_child_comes_back_however_it_ended() {
    simulated(async {
        for reason in reasons() {
            let outcome = after(Restart::Permanent, reason.clone()).await;
            assert_eq!(outcome, ("a+".into(), 2), "{reason}");
        }
    });
}

// SUP-105 and SUP-106 too.
#[test]
fn sup_104_a_transient_child_comes_back_if_it_crashed_and_keeps_its_place_if_not() {
    simulated(async {
        for reason in reasons() {
            let outcome = after(Restart::Transient, reason.clone()).await;
            let expected = if reason.is_crash() {
                ("a+", 2)
            } else {
                ("a-", 1)
            };
            assert_eq!(outcome, (expected.0.into(), expected.1), "{reason}");
        }
    });
}

// SUP-108 and SUP-109 too.
#[test]
fn sup_107_a_temporary_child_is_gone_however_it_ended() {
    simulated(async {
        for reason in reasons() {
            let outcome = after(Restart::Temporary, reason.clone()).await;
            assert_eq!(outcome, (String::new(), 1), "{reason}");
        }
    });
}

#[test]
fn sup_186_a_named_child_comes_back_under_its_name() {
    over_seeds(50, || async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = Supervisor::new(Strategy::OneForOne).child(plan.spec().name("worker"));
        let supervisor = supervisor.start().await.unwrap();
        for round in 1..=3 {
            assert_eq!(
                (whereis("worker"), plan.starts()),
                (Some(plan.pid()), round)
            );
            plan.ends(ExitReason::Normal).await;
        }
        assert_eq!(
            regrow::server::stop(supervisor, ExitReason::Normal).await,
            Ok(())
        );
        assert_eq!(whereis("worker"), None);
    });
}

// OBS-018 and SUP-137 too: what is shown of such a child, and when.
#[test]
fn a_supervisor_hears_of_everything_else_between_the_attempts_to_restart() {
    over_seeds(50, || async {
        let log = Log::default();
        let slow = || Begin::After(secs(2), Box::new(Begin::Fails));
        let plan = worker("a", &log).begins([Begin::Runs]);
        plan.then(slow());
        let other = worker("b", &log);
        let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(1000, secs(1));
        let supervisor = with(supervisor, [&plan, &other]).start().await.unwrap();
        plan.killed().await;
        let before = now();
        // It waits for the attempt that is being made, and no longer.
        assert_eq!(shown(supervisor).await, "a? b+");
        assert!(now() - before <= secs(2) + millis(1));
        assert_eq!(counts(supervisor).await, [2, 1, 0, 2]);
        plan.then(Begin::Runs);
        sleep(secs(5)).await;
        assert_eq!(shown(supervisor).await, "a+ b+");
    });
}

#[test]
fn sup_139_a_supervisor_that_is_told_to_end_stops_trying() {
    over_seeds(50, || async {
        let log = Log::default();
        let plan = worker("a", &log).begins([Begin::Runs]);
        plan.then(Begin::After(secs(2), Box::new(Begin::Fails)));
        let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(1000, secs(1));
        let supervisor = with(supervisor, [&plan]).start().await.unwrap();
        plan.killed().await;
        sleep(secs(3)).await;
        let before = now();
        assert_eq!(
            regrow::server::stop(supervisor, ExitReason::Shutdown).await,
            Ok(())
        );
        assert!(now() - before <= secs(2));
        let starts = plan.starts();
        sleep(secs(10)).await;
        assert_eq!(plan.starts(), starts);
    });
}

#[test]
fn obs_010_a_name_that_somebody_else_has_taken_is_tried_for_until_it_is_too_often() {
    over_seeds(50, || async {
        let log = Log::default();
        let plan = worker("a", &log);
        let sibling = worker("b", &log);
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(sibling.spec())
            .child(plan.spec().name("worker"));
        let supervisor = supervisor.start().await.unwrap();
        let end = monitor(supervisor);
        // Whoever waits for the name has it before the supervisor hears that it is free.
        let watch = monitor(plan.pid());
        exit(plan.pid(), ExitReason::Kill);
        spawn(async move |mut inbox: Inbox<()>| {
            for _ in 0..20 {
                if register("worker", inbox.pid()).is_ok() {
                    break;
                }
                regrow::process::yield_now().await;
            }
            inbox.receive().await;
        });
        watch.await;
        settle().await;
        // Either it came back before the name was taken, or it could not.
        if whereis("worker") == Some(plan.pid()) {
            assert_eq!(shown(supervisor).await, "b+ a+");
        } else {
            assert_eq!(plan.starts(), 1);
            assert_eq!(end.await.reason, ExitReason::Shutdown);
            assert_eq!(log.take(), ["+b", "+a", "-a", "-b"]);
        }
    });
}

#[test]
fn arguments_are_made_afresh_for_each_start() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let (made, made_of) = (Log::default(), plan.clone());
        let seen = made.clone();
        let spec = ChildSpec::<super::Worker>::with(move || {
            made.say("made");
            made_of.clone()
        });
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(spec)
            .start()
            .await;
        supervisor.unwrap();
        plan.killed().await;
        plan.ends(oops()).await;
        assert_eq!(seen.take().len(), 3);
    });
}

#[test]
fn a_panic_while_arguments_are_made_again_is_tried_again() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let made_of = plan.clone();
        let made = AtomicUsize::new(0);
        let spec = ChildSpec::<super::Worker>::with(move || {
            assert_ne!(made.fetch_add(1, SeqCst), 1, "not the second time");
            made_of.clone()
        });
        let supervisor = Supervisor::new(Strategy::OneForOne).child(spec.id("a"));
        let supervisor = supervisor.start().await.unwrap();
        plan.killed().await;
        assert_eq!(shown(supervisor).await, "a+");
        assert_eq!(plan.starts(), 2);
    });
}

#[test]
fn obs_011_exit_signals_of_strangers_change_nothing() {
    over_seeds(50, || async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&plan])
            .start()
            .await;
        let supervisor = supervisor.unwrap();
        for reason in [ExitReason::Normal, ExitReason::Shutdown, oops()] {
            exit(supervisor, reason);
        }
        assert_eq!(shown(supervisor).await, "a+");
        assert_eq!(log.take(), ["+a"]);
    });
}

#[test]
fn obs_012_a_supervisor_ends_with_its_parent_whatever_that_ends_for() {
    over_seeds(50, || async {
        for reason in [
            ExitReason::Normal,
            ExitReason::Shutdown,
            oops(),
            ExitReason::Killed,
        ] {
            let log = Log::default();
            let plan = worker("a", &log).trapping();
            let supervisor = with(Supervisor::new(Strategy::OneForOne), [&plan]);
            let (say, said) = (Log::default(), reason.clone());
            let heard = say.clone();
            let (_, parent) = spawn_monitor(async move |_: Inbox<()>| {
                let supervisor = supervisor.start_link().await.unwrap();
                spawn(async move |_: Inbox<()>| {
                    say.say(monitor(supervisor).await.reason.to_string());
                });
                settle().await;
                said
            });
            assert_eq!(parent.await.reason, reason);
            settle().await;
            assert_eq!(heard.take(), [reason.to_string()]);
            assert_eq!(log.take(), ["+a", "a: shutdown", "-a"]);
        }
    });
}

#[test]
fn obs_013_children_of_a_supervisor_that_is_killed_hear_of_it() {
    over_seeds(50, || async {
        let log = Log::default();
        let (plain, trapping) = (worker("a", &log), worker("b", &log).trapping());
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&plain, &trapping]);
        let supervisor = supervisor.start().await.unwrap();
        log.take();
        let (one, other) = (monitor(plain.pid()), monitor(trapping.pid()));
        exit(supervisor, ExitReason::Kill);
        assert_eq!(
            (one.await.reason, other.await.reason),
            (ExitReason::Killed, ExitReason::Killed)
        );
        let mut heard = log.take();
        heard.sort();
        assert_eq!(heard, ["-a", "-b", "b: killed"]);
    });
}

#[test]
fn obs_025_a_supervisor_that_gives_up_is_a_child_that_shut_down() {
    simulated(async {
        let expected = [
            (Restart::Permanent, "inner+"),
            (Restart::Transient, "inner-"),
            (Restart::Temporary, ""),
        ];
        for (restart, outcome) in expected {
            let log = Log::default();
            let plan = worker("a", &log);
            let inner = Supervisor::new(Strategy::OneForOne).max_restarts(0, secs(5));
            let inner = with(inner, [&plan])
                .id("inner")
                .child_spec()
                .restart(restart);
            let outer = Supervisor::new(Strategy::OneForOne).child(inner);
            let outer = outer.start().await.unwrap();
            plan.killed().await;
            assert_eq!(shown(outer).await, outcome);
        }
    });
}
