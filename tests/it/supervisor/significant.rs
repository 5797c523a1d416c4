//! Children whose end ends their supervisor.

use regrow::prelude::*;
use regrow::process::settle;
use regrow::supervisor::AutoShutdown::{self, AllSignificant, AnySignificant};

use super::{Begin, Log, Plan, oops, shown, with_all, worker};
use crate::support::{over_seeds, simulated};

/// Two significant children and one that is not, under a supervisor that runs.
async fn three(
    auto_shutdown: AutoShutdown,
    restart: Restart,
    log: &Log,
) -> ([Plan; 3], ServerRef<Supervisor>) {
    let plans = ["a", "b", "c"].map(|id| worker(id, log));
    let significant = |plan: &Plan| plan.spec().restart(restart).significant(true);
    let specs = [
        significant(&plans[0]),
        significant(&plans[1]),
        plans[2].spec(),
    ];
    let supervisor = Supervisor::new(Strategy::OneForOne).auto_shutdown(auto_shutdown);
    let supervisor = with_all(supervisor, specs.map(Into::into))
        .start()
        .await
        .unwrap();
    log.take();
    (plans, supervisor)
}

/// Lets a worker end for this reason, by itself unless it is to be killed, and what follows happen.
async fn ended(plan: &Plan, reason: ExitReason) {
    match reason {
        ExitReason::Kill => plan.killed().await,
        reason => plan.ends(reason).await,
    }
}

#[test]
fn sup_160_the_end_of_a_child_that_is_not_significant_ends_nobody() {
    simulated(async {
        for restart in [Restart::Temporary, Restart::Transient] {
            for auto_shutdown in [AnySignificant, AllSignificant] {
                for reason in [ExitReason::Normal, oops(), ExitReason::Kill] {
                    let log = Log::default();
                    let plan = worker("a", &log);
                    let other = worker("b", &log);
                    let supervisor = Supervisor::new(Strategy::OneForOne)
                        .auto_shutdown(auto_shutdown)
                        .child(other.spec())
                        .child(plan.spec().restart(restart));
                    let supervisor = supervisor.start().await.unwrap();
                    let expected = match (restart, reason.is_crash()) {
                        (Restart::Temporary, _) => "b+",
                        (_, true) => "b+ a+",
                        (_, false) => "b+ a-",
                    };
                    ended(&plan, reason).await;
                    assert_eq!(shown(supervisor).await, expected);
                }
            }
        }
    });
}

// SUP-164 and SUP-165 too.
#[test]
fn sup_163_any_end_of_a_significant_temporary_child_ends_the_supervisor_in_order() {
    over_seeds(50, || async {
        let reasons = [
            ExitReason::Normal,
            ExitReason::Shutdown,
            oops(),
            ExitReason::Kill,
        ];
        for reason in reasons {
            let log = Log::default();
            let (plans, supervisor) = three(AnySignificant, Restart::Temporary, &log).await;
            let end = monitor(supervisor);
            ended(&plans[0], reason).await;
            assert_eq!(end.await.reason, ExitReason::Shutdown);
            assert_eq!(log.take().last().unwrap(), "-b");
        }
    });
}

// OBS-028 too: the others end last first.
#[test]
fn sup_169_a_significant_transient_child_that_is_done_ends_the_supervisor() {
    over_seeds(50, || async {
        for reason in [ExitReason::Normal, ExitReason::shutdown_with("done")] {
            let log = Log::default();
            let (plans, supervisor) = three(AnySignificant, Restart::Transient, &log).await;
            let end = monitor(supervisor);
            plans[1].ends(reason.clone()).await;
            assert_eq!(end.await.reason, ExitReason::Shutdown);
            let log = log.take();
            assert_eq!(log[0], format!("b: {reason}"));
            assert_eq!(log[1..], ["-b", "-c", "-a"]);
        }
    });
}

#[test]
fn sup_168_a_significant_transient_child_that_crashed_comes_back() {
    over_seeds(50, || async {
        let log = Log::default();
        let (plans, supervisor) = three(AnySignificant, Restart::Transient, &log).await;
        plans[0].killed().await;
        plans[0].ends(oops()).await;
        assert_eq!(shown(supervisor).await, "a+ b+ c+");
    });
}

// SUP-170 too.
#[test]
fn sup_166_the_last_significant_child_ends_the_supervisor_where_all_must_end() {
    over_seeds(50, || async {
        for restart in [Restart::Temporary, Restart::Transient] {
            let log = Log::default();
            let (plans, supervisor) = three(AllSignificant, restart, &log).await;
            let end = monitor(supervisor);
            plans[0].ends(ExitReason::Normal).await;
            let expected = if restart == Restart::Temporary {
                "b+ c+"
            } else {
                "a- b+ c+"
            };
            assert_eq!(shown(supervisor).await, expected);
            plans[1].ends(ExitReason::Normal).await;
            assert_eq!(end.await.reason, ExitReason::Shutdown);
        }
    });
}

#[test]
fn obs_026_a_significant_child_that_is_restarting_has_not_ended() {
    over_seeds(50, || async {
        let log = Log::default();
        let plans = ["a", "b"].map(|id| worker(id, &log));
        let specs = plans.each_ref().map(|plan| {
            plan.spec()
                .restart(Restart::Transient)
                .significant(true)
                .into()
        });
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .auto_shutdown(AllSignificant)
            .max_restarts(1000, secs(1));
        let supervisor = with_all(supervisor, specs).start().await.unwrap();
        let end = monitor(supervisor);
        plans[0].then(Begin::After(secs(1), Box::new(Begin::Fails)));
        plans[0].killed().await;
        plans[1].ends(ExitReason::Normal).await;
        assert_eq!(shown(supervisor).await, "a? b-");
        plans[0].then(Begin::Runs);
        regrow::time::sleep(secs(3)).await;
        assert_eq!(shown(supervisor).await, "a+ b-");
        plans[0].ends(ExitReason::Normal).await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

#[test]
fn sup_172_significant_siblings_that_are_restarted_with_another_have_not_ended() {
    over_seeds(20, || async {
        for strategy in [
            Strategy::OneForOne,
            Strategy::OneForAll,
            Strategy::RestForOne,
        ] {
            for auto_shutdown in [AnySignificant, AllSignificant] {
                let log = Log::default();
                let plans = ["a", "b", "c"].map(|id| worker(id, &log));
                let significant =
                    |plan: &Plan| plan.spec().restart(Restart::Transient).significant(true);
                let specs = [
                    significant(&plans[0]),
                    plans[1].spec(),
                    significant(&plans[2]),
                ];
                let supervisor = Supervisor::new(strategy).auto_shutdown(auto_shutdown);
                let supervisor = with_all(supervisor, specs.map(Into::into));
                let supervisor = supervisor.start().await.unwrap();
                plans[1].killed().await;
                assert_eq!(shown(supervisor).await, "a+ b+ c+");
            }
        }
    });
}

/// Three supervisors, one within the other, the innermost with a worker. `middle` says whether the
/// end of the second one is significant to the first. Gives what is left of them when the worker is
/// done: the outer one's children, or nothing if it has ended.
async fn escalation(middle: bool) -> Option<String> {
    let log = Log::default();
    let plan = worker("c", &log);
    let done = Supervisor::new(Strategy::OneForOne)
        .auto_shutdown(AnySignificant)
        .child(plan.spec().restart(Restart::Transient).significant(true))
        .id("b")
        .child_spec()
        .restart(Restart::Transient)
        .significant(middle);
    let outer = Supervisor::new(Strategy::OneForOne)
        .auto_shutdown(AnySignificant)
        .child(done);
    let outer = outer.start().await.unwrap();
    plan.ends(ExitReason::Normal).await;
    settle().await;
    if regrow::process::is_alive(outer).await {
        Some(shown(outer).await)
    } else {
        None
    }
}

// SUP-174 too.
#[test]
fn sup_173_a_supervisor_that_is_done_may_be_significant_itself() {
    over_seeds(50, || async {
        assert_eq!(escalation(true).await, None);
        assert_eq!(escalation(false).await, Some("b-".into()));
    });
}

#[test]
fn sup_161_a_child_that_is_not_significant_comes_and_goes_as_under_any_supervisor() {
    simulated(async {
        for auto_shutdown in [AutoShutdown::Never, AnySignificant, AllSignificant] {
            let log = Log::default();
            let plan = worker("a", &log);
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .max_restarts(5, secs(5))
                .auto_shutdown(auto_shutdown)
                .child(plan.spec().restart(Restart::Transient));
            let supervisor = supervisor.start().await.unwrap();
            supervisor.terminate_child("a").await.unwrap();
            assert_eq!(shown(supervisor).await, "a-");
            supervisor.restart_child("a").await.unwrap();
            for reason in [ExitReason::Kill, oops()] {
                ended(&plan, reason).await;
                assert_eq!(shown(supervisor).await, "a+");
            }
            ended(&plan, ExitReason::Normal).await;
            assert_eq!(shown(supervisor).await, "a-");
        }
    });
}

// SUP-167 too.
#[test]
fn sup_162_a_significant_child_that_is_stopped_ends_nobody() {
    simulated(async {
        for restart in [Restart::Temporary, Restart::Transient] {
            let log = Log::default();
            let (_, supervisor) = three(AnySignificant, restart, &log).await;
            supervisor.terminate_child("a").await.unwrap();
            settle().await;
            let expected = match restart {
                Restart::Temporary => "b+ c+",
                _ => "a- b+ c+",
            };
            assert_eq!(shown(supervisor).await, expected);
        }
    });
}

#[test]
fn obs_027_one_that_was_stopped_is_not_waited_for() {
    simulated(async {
        for restart in [Restart::Temporary, Restart::Transient] {
            let log = Log::default();
            let (plans, supervisor) = three(AllSignificant, restart, &log).await;
            supervisor.terminate_child("a").await.unwrap();
            settle().await;
            let end = monitor(supervisor);
            plans[1].ends(ExitReason::Normal).await;
            assert_eq!(end.await.reason, ExitReason::Shutdown);
        }
    });
}
