//! How children that come and go end, and what their supervisor makes of it.

use std::time::Duration;

use regrow::prelude::*;
use regrow::process::{Priority, is_alive, process_info, settle};
use regrow::server::{StartError, stop};
use regrow::supervisor::{AnyChildSpec, ChildKind, SpecError};
use regrow::time::sleep;

use super::{Begin, Log, Plan, dynamic_counts, oops, worker};
use crate::support::{over_seeds, simulated};

async fn started(supervisor: DynamicSupervisor) -> ServerRef<DynamicSupervisor> {
    supervisor.start().await.unwrap()
}

async fn add(supervisor: ServerRef<DynamicSupervisor>, plan: &Plan, shutdown: Shutdown) -> Pid {
    let started = supervisor.start_child(plan.spec().shutdown(shutdown)).await;
    started.unwrap().running().unwrap().pid()
}

// DYN-003 too.
#[test]
fn dyn_002_dynamic_supervisors_are_told_apart_by_their_ids() {
    static ONE: Name<DynamicSupervisor> = Name::new("one");
    simulated(async {
        let outer = Supervisor::new(Strategy::OneForOne)
            .child(DynamicSupervisor::new().name(ONE).id("one"))
            .child(DynamicSupervisor::new().id("two"))
            .child(DynamicSupervisor::new());
        let outer = outer.start_link().await.unwrap();
        assert_eq!(super::counts(outer).await, [3, 3, 3, 0]);
        assert!(ONE.which_children().await.unwrap().is_empty());
        // A second one without an id of its own.
        let again = outer
            .start_child(DynamicSupervisor::new().child_spec())
            .await;
        assert!(matches!(again, Err(StartChildError::AlreadyStarted(_))));
    });
}

// DYN-005 too.
#[test]
fn dyn_004_its_specification_is_that_of_a_supervisor_and_can_be_changed() {
    let spec = AnyChildSpec::from(DynamicSupervisor::new());
    assert!(spec.child_id().as_str().ends_with("DynamicSupervisor"));
    assert_eq!(spec.child_kind(), ChildKind::Supervisor);
    assert_eq!(spec.restart_type(), Restart::Permanent);
    assert_eq!(spec.shutdown_type(), Shutdown::Infinity);
    let spec = spec.id("mine").restart(Restart::Temporary);
    let spec = spec.shutdown(Shutdown::After(secs(1)));
    assert_eq!(spec.child_id().as_str(), "mine");
    assert_eq!(spec.restart_type(), Restart::Temporary);
    assert_eq!(spec.shutdown_type(), Shutdown::After(secs(1)));
}

#[test]
fn dyn_006_three_restarts_in_five_seconds_are_allowed_if_nothing_is_said() {
    over_seeds(20, || async {
        let supervisor = started(DynamicSupervisor::new()).await;
        let end = monitor(supervisor);
        let plan = worker("a", &Log::default());
        add(supervisor, &plan, Shutdown::Infinity).await;
        for _ in 0..3 {
            plan.killed().await;
        }
        assert!(is_alive(supervisor).await);
        plan.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!(plan.starts(), 4);
    });
}

#[test]
fn dyn_009_restarts_cannot_be_counted_over_no_time() {
    simulated(async {
        let supervisor = DynamicSupervisor::new().max_restarts(1, Duration::ZERO);
        let failed = supervisor.start().await;
        let expected = ExitReason::from(SpecError::ZeroPeriod);
        assert!(
            matches!(&failed, Err(StartError::Failed(reason)) if reason.to_string() == expected.to_string()),
            "{failed:?}"
        );
    });
}

#[test]
fn dyn_013_an_init_function_may_have_nothing_to_start() {
    simulated(async {
        let ignores = DynamicSupervisor::with_init(async || Init::<DynamicSupervisor>::ignore());
        assert!(matches!(ignores.start().await, Err(StartError::Ignored)));
        let fails = DynamicSupervisor::with_init(async || Init::<DynamicSupervisor>::stop(oops()));
        let failed = fails.start().await;
        assert!(matches!(failed, Err(StartError::Failed(reason)) if reason == oops()));
    });
}

#[test]
fn dyn_015_it_is_started_as_any_server_is() {
    simulated(async {
        let start = DynamicSupervisor::new().start_link();
        let supervisor = start.priority(Priority::High).await.unwrap();
        let info = process_info(supervisor).await.unwrap();
        assert_eq!(info.priority, Priority::High);
    });
}

#[test]
fn dyn_025_a_child_that_crashed_is_active_again() {
    over_seeds(20, || async {
        let supervisor = started(DynamicSupervisor::new()).await;
        let plan = worker("a", &Log::default());
        let first = add(supervisor, &plan, Shutdown::Infinity).await;
        plan.killed().await;
        assert_ne!(plan.pid(), first);
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

#[test]
fn dyn_030_a_child_that_was_restarted_takes_one_place_and_no_more() {
    over_seeds(20, || async {
        let supervisor = DynamicSupervisor::new().max_children(2);
        let supervisor = started(supervisor).await;
        let plan = worker("a", &Log::default());
        add(supervisor, &plan, Shutdown::Infinity).await;
        plan.killed().await;
        plan.killed().await;
        let other = worker("b", &Log::default());
        add(supervisor, &other, Shutdown::Infinity).await;
        let refused = supervisor.start_child(other.spec()).await;
        assert_eq!(refused, Err(StartChildError::MaxChildren));
    });
}

#[test]
fn dyn_032_a_restart_that_failed_is_tried_again() {
    over_seeds(20, || async {
        let supervisor = started(DynamicSupervisor::new().max_restarts(2, secs(5))).await;
        let plan = worker("a", &Log::default()).begins([Begin::Runs, Begin::Fails]);
        add(supervisor, &plan, Shutdown::Infinity).await;
        plan.killed().await;
        assert_eq!(plan.starts(), 3);
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

// DYN-034 too.
#[test]
fn dyn_033_a_child_that_cannot_be_restarted_ends_its_supervisor() {
    over_seeds(20, || async {
        for restarts in [1, 10] {
            let supervisor = started(DynamicSupervisor::new().max_restarts(restarts, secs(5)));
            let supervisor = supervisor.await;
            let end = monitor(supervisor);
            let plan = worker("a", &Log::default());
            add(supervisor, &plan, Shutdown::Infinity).await;
            plan.then(Begin::Fails);
            plan.killed().await;
            assert_eq!(end.await.reason, ExitReason::Shutdown);
            assert_eq!(plan.starts(), 1 + restarts as usize);
        }
    });
}

#[test]
fn dyn_035_a_child_may_have_no_time_to_end_and_is_restarted_all_the_same() {
    over_seeds(20, || async {
        let supervisor = started(DynamicSupervisor::new()).await;
        for limit in [Duration::ZERO, millis(1)] {
            let plan = worker("a", &Log::default());
            add(supervisor, &plan, Shutdown::After(limit)).await;
            plan.killed().await;
            assert_eq!(plan.starts(), 2);
        }
        assert_eq!(dynamic_counts(supervisor).await, [2, 2, 0, 2]);
        assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
    });
}

/// Stops a supervisor of three such workers, and gives what they have ended for.
async fn ends_of_three(
    shutdown: Shutdown,
    make: impl Fn(&Log) -> Plan,
    restart: Restart,
) -> Vec<ExitReason> {
    let log = Log::default();
    let supervisor = started(DynamicSupervisor::new()).await;
    let mut watches = Vec::new();
    for _ in 0..3 {
        let plan = make(&log);
        let spec = plan.spec().shutdown(shutdown).restart(restart);
        assert!(supervisor.start_child(spec).await.is_ok());
        watches.push(monitor(plan.pid()));
    }
    assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
    let mut reasons = Vec::new();
    for watch in watches {
        reasons.push(watch.await.reason);
    }
    reasons
}

// DYN-038, DYN-040 too.
#[test]
fn dyn_037_children_end_as_they_are_told_to() {
    over_seeds(20, || async {
        let shutdowns = [
            (Shutdown::BrutalKill, ExitReason::Killed),
            (Shutdown::Infinity, ExitReason::Shutdown),
            (Shutdown::After(secs(1)), ExitReason::Shutdown),
        ];
        for (shutdown, expected) in shutdowns {
            let plain = |log: &Log| worker("a", log);
            let reasons = ends_of_three(shutdown, plain, Restart::Permanent).await;
            assert_eq!(reasons, vec![expected; 3], "{shutdown:?}");
        }
    });
}

/// A server that ends for a reason of its own when it is told to end.
pub(super) struct Stubborn(ExitReason);

#[gen_server(trap_exit)]
impl Stubborn {
    #[init]
    fn new(reason: ExitReason) -> Self {
        Stubborn(reason)
    }

    #[terminate]
    fn end(&mut self, _why: &ExitReason) -> Next {
        regrow::process::exit_self(self.0.clone())
    }
}

// DYN-041 and DYN-043 too.
#[test]
fn dyn_039_a_child_that_is_told_to_end_may_do_so_for_a_reason_of_its_own() {
    over_seeds(20, || async {
        let own = [
            ExitReason::shutdown_with("oops"),
            ExitReason::Normal,
            oops(),
        ];
        for shutdown in [Shutdown::Infinity, Shutdown::After(secs(1))] {
            for reason in &own {
                let supervisor = started(DynamicSupervisor::new()).await;
                let mut watches = Vec::new();
                for _ in 0..3 {
                    let spec = Stubborn::child_spec(reason.clone()).shutdown(shutdown);
                    let child = supervisor.start_child(spec).await.unwrap().running();
                    watches.push(monitor(child.unwrap()));
                }
                assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
                for watch in watches {
                    assert_eq!(watch.await.reason, *reason);
                }
            }
        }
    });
}

#[test]
fn dyn_042_a_child_that_does_not_end_in_time_is_killed_and_the_others_are_not() {
    over_seeds(20, || async {
        let supervisor = started(DynamicSupervisor::new()).await;
        let limit = Shutdown::After(millis(1));
        let (quick, slow) = (worker("a", &Log::default()), worker("b", &Log::default()));
        let (quick, slow) = (quick.trapping(), slow.ending_in(secs(3600)));
        add(supervisor, &quick, limit).await;
        add(supervisor, &slow, limit).await;
        let watches = [monitor(quick.pid()), monitor(slow.pid())];
        assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
        let [quick, slow] = watches;
        assert_eq!(quick.await.reason, ExitReason::Shutdown);
        assert_eq!(slow.await.reason, ExitReason::Killed);
    });
}

#[test]
fn dyn_044_each_child_ends_in_its_own_way() {
    over_seeds(20, || async {
        let supervisor = started(DynamicSupervisor::new()).await;
        let (one, two) = (worker("a", &Log::default()), worker("b", &Log::default()));
        add(supervisor, &one, Shutdown::Infinity).await;
        add(supervisor, &two, Shutdown::BrutalKill).await;
        let watches = [monitor(one.pid()), monitor(two.pid())];
        assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
        let [one, two] = watches;
        assert_eq!(one.await.reason, ExitReason::Shutdown);
        assert_eq!(two.await.reason, ExitReason::Killed);
    });
}

// DYN-046 and DYN-047 too.
#[test]
fn dyn_045_a_child_is_stopped_once_and_is_none_afterwards() {
    over_seeds(20, || async {
        let shutdowns = [
            (Shutdown::BrutalKill, ExitReason::Killed),
            (Shutdown::After(secs(1)), ExitReason::Shutdown),
        ];
        let supervisor = started(DynamicSupervisor::new().max_restarts(1000, secs(1))).await;
        for (shutdown, expected) in shutdowns {
            let plan = worker("a", &Log::default());
            let child = add(supervisor, &plan, shutdown).await;
            let watch = monitor(child);
            assert_eq!(supervisor.terminate_child(child).await, Ok(()));
            assert_eq!(watch.await.reason, expected);
            assert!(supervisor.terminate_child(child).await.is_err());
            assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]);
        }
        // One whose restart does not succeed.
        let plan = worker("a", &Log::default());
        let child = add(supervisor, &plan, Shutdown::Infinity).await;
        plan.then(Begin::After(secs(1), Box::new(Begin::Fails)));
        plan.killed().await;
        assert_eq!(supervisor.terminate_child(child).await, Ok(()));
        assert!(supervisor.terminate_child(child).await.is_err());
        assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]);
    });
}

// The ends of others while one is being stopped are not lost.
#[test]
fn a_child_that_crashes_while_another_is_being_stopped_is_restarted() {
    over_seeds(50, || async {
        let supervisor = started(DynamicSupervisor::new()).await;
        let slow = worker("a", &Log::default()).ending_in(secs(2));
        let other = worker("b", &Log::default());
        let child = add(supervisor, &slow, Shutdown::Infinity).await;
        add(supervisor, &other, Shutdown::Infinity).await;
        let stopping = spawn(async move |_: Inbox<()>| supervisor.terminate_child(child).await);
        sleep(millis(10)).await;
        other.end(oops());
        assert_eq!(monitor(stopping).await.reason, ExitReason::Normal);
        settle().await;
        assert_eq!(other.starts(), 2);
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

// More kinds of children than are kept together, each started again as what it is.
#[test]
fn children_of_very_many_kinds_are_kept_apart() {
    over_seeds(5, || async {
        let supervisor = DynamicSupervisor::new().max_restarts(1000, secs(5));
        let supervisor = started(supervisor).await;
        let plans: Vec<Plan> = (0..40).map(|_| worker("a", &Log::default())).collect();
        for (number, plan) in plans.iter().enumerate() {
            add(supervisor, plan, Shutdown::After(secs(number as u64 + 1))).await;
        }
        for plan in &plans {
            plan.killed().await;
        }
        assert!(plans.iter().all(|plan| plan.starts() == 2));
        assert_eq!(dynamic_counts(supervisor).await, [40, 40, 0, 40]);
        for plan in &plans {
            assert_eq!(supervisor.terminate_child(plan.pid()).await, Ok(()));
        }
        assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]);
    });
}
