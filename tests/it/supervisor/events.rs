//! What supervisors tell and count: events, figures, and the log.

use regrow::prelude::*;
use regrow::process::settle;
use regrow::server::stop;
use regrow::supervisor::{
    AutoShutdown, ChildKind, Happening, SupervisorEvent, events, events_of, figures,
    no_more_events, restarts_within,
};
use regrow::time::sleep;

use super::dynamic_ends::Stubborn;
use super::{Begin, Log, Plan, childless, oops, with, worker};
use crate::support::{in_process, rest, simulated};
use crate::task::report::log_of;

type Inbox = regrow::process::Inbox<std::sync::Arc<SupervisorEvent>>;

/// What has been told: who, what, and why; processes are left out.
fn told(inbox: &mut Inbox) -> Vec<String> {
    let events = rest(inbox).into_iter().map(|received| match received {
        Received::Message(event) => {
            let child = event
                .child
                .as_ref()
                .map_or(String::new(), |id| format!("{id} "));
            let what = match &event.happening {
                Happening::Started { .. } => "started".to_owned(),
                Happening::Terminated { reason, .. } => format!("terminated: {reason}"),
                Happening::Restarting => "restarting".to_owned(),
                Happening::StartFailed { reason } => format!("start failed: {reason}"),
                Happening::StopFailed { reason, .. } => format!("stop failed: {reason}"),
                Happening::GaveUp => "gave up".to_owned(),
                other => panic!("{other:?} is new"),
            };
            child + &what
        }
        other => panic!("{other:?} is no event"),
    });
    events.collect()
}

async fn supervised(restarts: u32, plans: &[&Plan]) -> ServerRef<Supervisor> {
    let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(restarts, secs(5));
    with(supervisor, plans.iter().copied())
        .start()
        .await
        .unwrap()
}

#[test]
fn r_events_1_whoever_asked_is_told_of_everything_in_order() {
    simulated(async {
        in_process(async |mut inbox: Inbox| {
            events(inbox.this());
            let log = Log::default();
            let (one, two) = (worker("a", &log), worker("b", &log));
            let supervisor = supervised(2, &[&one, &two]).await;
            assert_eq!(told(&mut inbox), ["a started", "b started"]);
            one.ends(oops()).await;
            assert_eq!(
                told(&mut inbox),
                ["a terminated: oops", "a restarting", "a started"]
            );
            two.then(Begin::Fails);
            two.ends(ExitReason::Normal).await;
            let all = [
                "b terminated: normal",
                "b restarting",
                "b start failed: oops",
                "b gave up",
            ];
            assert_eq!(told(&mut inbox), all);
            assert_eq!(figures(supervisor), None);
        })
        .await;
    });
}

#[test]
fn r_events_2_one_supervisor_can_be_listened_to_and_nobody_any_more() {
    simulated(async {
        in_process(async |mut inbox: Inbox| {
            let log = Log::default();
            let (one, other) = (worker("a", &log), worker("b", &log));
            let supervisor = supervised(9, &[&one]).await;
            let stranger = supervised(9, &[&other]).await;
            events_of(supervisor, inbox.this());
            other.ends(oops()).await;
            assert!(told(&mut inbox).is_empty());
            one.ends(oops()).await;
            assert_eq!(told(&mut inbox).len(), 3);
            no_more_events(inbox.this());
            one.ends(oops()).await;
            assert!(told(&mut inbox).is_empty());
            stop(stranger, ExitReason::Normal).await.unwrap();
        })
        .await;
    });
}

#[test]
fn r_events_3_children_without_an_id_are_told_of_and_counted_without_one() {
    simulated(async {
        in_process(async |mut inbox: Inbox| {
            events(inbox.this());
            let plan = worker("a", &Log::default());
            let workers = DynamicSupervisor::new().start().await.unwrap();
            workers.start_child(plan.spec()).await.unwrap();
            plan.ends(oops()).await;
            let all = ["started", "terminated: oops", "restarting", "started"];
            assert_eq!(told(&mut inbox), all);
            let figures = figures(workers).unwrap();
            let counted = (figures.starts, figures.restarts, figures.terminated);
            assert_eq!((counted, figures.children.len()), ((2, 1, 1), 0));
        })
        .await;
    });
}

#[test]
fn r_events_4_starts_restarts_and_failures_are_counted_for_each_child() {
    simulated(async {
        let log = Log::default();
        let (one, two) = (worker("a", &log), worker("b", &log));
        let supervisor = supervised(9, &[&one, &two]).await;
        one.ends(oops()).await;
        two.starts.lock().next.extend([Begin::Fails, Begin::Fails]);
        two.ends(oops()).await;
        let figures = figures(supervisor).unwrap();
        let all = (figures.starts, figures.restarts, figures.failed_starts);
        assert_eq!(all, (4, 4, 2));
        let of = |id: &'static str| {
            let child = figures.child(id).unwrap();
            (
                child.starts,
                child.restarts,
                child.failed_starts,
                child.terminated,
            )
        };
        assert_eq!((of("a"), of("b")), ((2, 1, 0, 1), (2, 3, 2, 1)));
        assert_eq!(figures.give_ups, 0);
    });
}

#[test]
fn r_events_5_a_busy_supervisor_can_be_read() {
    simulated(async {
        let plan = worker("a", &Log::default());
        let supervisor = supervised(9, &[&plan]).await;
        plan.then(Begin::After(secs(3600), Box::new(Begin::Runs)));
        plan.ends(oops()).await;
        // It waits for the start of its child, and would not answer a call.
        let figures = figures(supervisor).unwrap();
        assert_eq!((figures.starts, figures.restarts), (1, 1));
    });
}

#[test]
fn r_events_6_the_rate_of_restarts_is_known_at_any_time() {
    simulated(async {
        let plan = worker("a", &Log::default());
        let supervisor = supervised(9, &[&plan]).await;
        for _ in 0..3 {
            plan.killed().await;
            sleep(secs(10)).await;
        }
        let within = |window| restarts_within(supervisor, window);
        assert_eq!((within(secs(5)), within(secs(15))), (Some(0), Some(1)));
        assert_eq!((within(secs(25)), within(secs(3600))), (Some(2), Some(3)));
        assert_eq!(restarts_within(plan.pid(), secs(1)), None);
    });
}

#[test]
fn r_events_7_a_child_that_gave_up_is_counted_by_its_supervisor() {
    simulated(async {
        let plan = worker("a", &Log::default());
        let inner = Supervisor::new(Strategy::OneForOne)
            .id("inner")
            .max_restarts(0, secs(1));
        let inner = with(inner, [&plan]);
        let outer = Supervisor::new(Strategy::OneForOne)
            .child(inner)
            .start()
            .await
            .unwrap();
        for _ in 0..2 {
            plan.killed().await;
        }
        let figures = figures(outer).unwrap();
        let inner = figures.child("inner").unwrap();
        assert_eq!((inner.starts, inner.restarts, inner.give_ups), (3, 2, 2));
    });
}

#[test]
fn r_events_8_what_is_no_child_any_more_is_counted_no_more() {
    simulated(async {
        let plan = worker("a", &Log::default());
        let spec = plan.spec().restart(Restart::Temporary);
        let supervisor = Supervisor::new(Strategy::OneForOne).child(spec);
        let supervisor = supervisor.start().await.unwrap();
        plan.ends(oops()).await;
        let figures = figures(supervisor).unwrap();
        assert_eq!((figures.starts, figures.terminated), (1, 1));
        assert!(figures.children.is_empty());
    });
}

#[test]
fn obs_042_a_child_is_reported_if_it_is_killed_and_was_not_to_be() {
    simulated(async {
        in_process(async |mut inbox: Inbox| {
            let log = Log::default();
            let slow = worker("slow", &log).ending_in(secs(10));
            let brutal = worker("brutal", &log).trapping();
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .child(slow.spec().shutdown(Shutdown::After(millis(50))))
                .child(brutal.spec().shutdown(Shutdown::BrutalKill));
            let supervisor = supervisor.start().await.unwrap();
            events(inbox.this());
            stop(supervisor, ExitReason::Normal).await.unwrap();
            assert_eq!(told(&mut inbox), ["slow stop failed: killed"]);
        })
        .await;
    });
}

/// Checks whether a child that ends for this reason when it is stopped by hand is reported: by a
/// supervisor, and by a dynamic one.
async fn check_reports(restart: Restart, own: ExitReason, expected: (bool, bool)) {
    in_process(async move |mut inbox: Inbox| {
        let spec = Stubborn::child_spec(own.clone()).id("a").restart(restart);
        let supervisor = childless().await;
        let dynamic = DynamicSupervisor::new().start().await.unwrap();
        events(inbox.this());
        supervisor.start_child(spec.clone()).await.unwrap();
        let child = dynamic.start_child(spec).await.unwrap().running().unwrap();
        told(&mut inbox);
        supervisor.terminate_child("a").await.unwrap();
        let by_one = !told(&mut inbox).is_empty();
        dynamic.terminate_child(child).await.unwrap();
        let by_other = !told(&mut inbox).is_empty();
        assert_eq!((by_one, by_other), expected, "{restart:?}, {own}");
    })
    .await;
}

#[test]
fn obs_015_how_a_stopped_child_ended_is_reported_if_it_was_not_as_asked() {
    simulated(async {
        let with = ExitReason::shutdown_with("later");
        let reasons = [ExitReason::Normal, ExitReason::Shutdown, with, oops()];
        let (yes, no) = ((true, true), (false, false));
        // A dynamic supervisor takes `ShutdownWith` for what was asked.
        let one_alone = (true, false);
        for (restart, expected) in [
            (Restart::Permanent, [yes, no, one_alone, yes]),
            (Restart::Transient, [no, no, no, yes]),
            (Restart::Temporary, [no, no, no, yes]),
        ] {
            for (own, expected) in reasons.iter().zip(expected) {
                check_reports(restart, own.clone(), expected).await;
            }
        }
    });
}

/// The lines of the log that a body leaves, without processes.
fn reports_of(body: impl Future<Output = ()> + Send + 'static) -> Vec<String> {
    let lines = log_of(body);
    let of_supervisors = lines
        .into_iter()
        .filter(|line| line.contains("supervisor="));
    of_supervisors.collect()
}

/// A child crashes and cannot be started again, until its supervisor gives up.
async fn a_child_that_does_not_come_back() {
    let plan = worker("a", &Log::default());
    let supervisor = supervised(1, &[&plan]).await;
    let watch = monitor(supervisor);
    plan.then(Begin::Fails);
    plan.end(oops());
    watch.await;
    settle().await;
}

#[test]
fn r_events_9_reports_have_the_levels_and_the_fields_of_otp() {
    let lines = reports_of(a_child_that_does_not_come_back());
    let expected: [(&str, &[&str]); 4] = [
        ("INFO", &["progress", "process="]),
        ("ERROR", &["child_terminated", "process=", "reason=oops"]),
        ("ERROR", &["start_error", "reason=oops"]),
        (
            "ERROR",
            &["shutdown", "reason=reached_max_restart_intensity"],
        ),
    ];
    // All of them say of the child what its specification says.
    let child = [
        "child=a ",
        "restart=Permanent ",
        "shutdown=After(5s) ",
        "significant=false ",
        "kind=Worker ",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, (level, said)) in lines.iter().zip(expected) {
        assert!(line.starts_with(level), "{line}");
        for word in said.iter().chain(&child) {
            assert!(line.contains(word), "{word} is not in {line}");
        }
    }
}

#[test]
fn r_events_10_a_first_start_that_fails_is_reported() {
    let lines = reports_of(async {
        let plan = worker("a", &Log::default()).begins([Begin::Fails]);
        let supervisor = Supervisor::new(Strategy::OneForOne).child(plan.spec());
        assert!(supervisor.start().await.is_err());
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].starts_with("ERROR") && lines[0].contains("start_error"),
        "{lines:?}"
    );
}

#[test]
fn r_events_12_a_child_that_is_no_process_is_reported_without_one() {
    let lines = reports_of(a_child_that_does_not_come_back());
    let without = lines.iter().filter(|line| !line.contains(" process="));
    let reports: Vec<bool> = without.map(|line| line.contains("_error")).collect();
    assert_eq!(
        reports,
        [true, false],
        "start_error and shutdown: {lines:#?}"
    );
    let all = lines.concat();
    assert!(!all.contains("mfargs"), "{all}");
}

#[test]
fn r_events_11_an_event_says_what_the_child_is() {
    simulated(async {
        in_process(async |mut inbox: Inbox| {
            let plan = worker("a", &Log::default());
            let spec = plan.spec().restart(Restart::Transient);
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .auto_shutdown(AutoShutdown::AllSignificant)
                .child(
                    spec.clone()
                        .significant(true)
                        .shutdown(Shutdown::BrutalKill),
                )
                .child(DynamicSupervisor::new().name(CROWD));
            events(inbox.this());
            supervisor.start().await.unwrap();
            CROWD.start_child(spec.id("b")).await.unwrap();
            let said = rest(&mut inbox).into_iter().map(|received| match received {
                Received::Message(event) => {
                    (event.restart, event.shutdown, event.significant, event.kind)
                }
                other => panic!("{other:?} is no event"),
            });
            let five = Shutdown::After(secs(5));
            let (worker, supervisor) = (ChildKind::Worker, ChildKind::Supervisor);
            let expected = [
                (Restart::Transient, Shutdown::BrutalKill, true, worker),
                (Restart::Permanent, Shutdown::Infinity, false, supervisor),
                (Restart::Transient, five, false, worker),
            ];
            assert_eq!(said.collect::<Vec<_>>(), expected);
        })
        .await;
    });
}

static CROWD: Name<DynamicSupervisor> = Name::new("crowd");

#[test]
fn sup_151_a_child_that_was_asked_for_is_no_news_and_its_end_is() {
    let lines = reports_of(async {
        let supervisor = childless().await;
        let plan = worker("a", &Log::default());
        supervisor.start_child(plan.spec()).await.unwrap();
        plan.ends(ExitReason::Normal).await;
        assert_eq!(plan.starts(), 2);
    });
    let of_level = |level: &str| lines.iter().position(|line| line.starts_with(level));
    let ended = of_level("ERROR").expect("its end is an error");
    assert!(lines[ended].contains("child_terminated"), "{lines:#?}");
    // That it is back is for whoever reads at this level, and comes after its end.
    assert!(of_level("INFO") > Some(ended), "{lines:#?}");
}
