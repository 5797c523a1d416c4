//! Children that are made from a template: `simple_one_for_one`, as a dynamic supervisor has it.

use std::sync::Arc;

use parking_lot::Mutex;
use regrow::prelude::*;
use regrow::process::{is_alive, settle, spawn_link, whereis};
use regrow::server::{Start, stop};
use regrow::supervisor::{AnyChildSpec, TemplateError, TemplateRef};
use regrow::time::sleep;

use super::dynamic_ends::Stubborn;
use super::{Begin, Log, Plan, Worker, dynamic_counts, oops, worker};
use crate::support::{forever, over_seeds, simulated};

/// Workers of one restart type that differ in their plans.
type Workers = TemplateRef<Plan, ChildSpec<Worker>>;

async fn workers(restart: Restart) -> Workers {
    let supervisor = DynamicSupervisor::new().max_restarts(2, secs(5));
    let supervisor = supervisor.template(move |plan: Plan| plan.spec().restart(restart));
    supervisor.start().await.unwrap()
}

/// Starts a worker, which runs.
async fn add(workers: Workers, plan: &Plan) -> ServerRef<Worker> {
    let started = workers.start_child(plan.clone()).await.unwrap();
    started.running().expect("it runs")
}

#[test]
fn sup_006_a_temporary_child_of_a_template_that_has_nothing_to_start_is_forgotten() {
    simulated(async {
        let workers = workers(Restart::Temporary).await;
        let plan = worker("a", &Log::default()).begins([Begin::Ignores]);
        let first = workers.start_child(plan.clone()).await;
        assert_eq!(first, Ok(StartedChild::Ignored));
        add(workers, &plan).await;
        assert_eq!(dynamic_counts(*workers).await, [1, 1, 0, 1]);
    });
}

#[test]
fn sup_007_so_is_a_permanent_one_and_the_supervisor_ends_in_order() {
    simulated(async {
        let workers = workers(Restart::Permanent).await;
        let plan = worker("a", &Log::default()).begins([Begin::Ignores]);
        let first = workers.start_child(plan.clone()).await;
        assert_eq!(first, Ok(StartedChild::Ignored));
        add(workers, &plan).await;
        assert_eq!(dynamic_counts(*workers).await, [1, 1, 0, 1]);
        let end = monitor(*workers);
        assert_eq!(stop(*workers, ExitReason::Shutdown).await, Ok(()));
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

#[test]
fn sup_013_a_child_of_a_template_that_does_not_start_is_not_kept() {
    simulated(async {
        let workers = workers(Restart::Permanent).await;
        let plan = worker("a", &Log::default()).begins([Begin::Fails]);
        let failed = workers.start_child(plan).await;
        assert_eq!(failed, Err(StartChildError::Failed(oops())));
        assert!(workers.which_children().await.unwrap().is_empty());
    });
}

// SUP-064, SUP-067, SUP-068 and SUP-069 too.
#[test]
fn sup_065_children_of_a_template_are_counted_one_by_one_and_stopped_by_their_pids() {
    simulated(async {
        let log = Log::default();
        let workers = workers(Restart::Permanent).await;
        assert!(workers.which_children().await.unwrap().is_empty());
        assert_eq!(dynamic_counts(*workers).await, [0, 0, 0, 0]);

        let one = add(workers, &worker("a", &log)).await;
        let other = add(workers, &worker("b", &log)).await;
        let listed = workers.which_children().await.unwrap();
        assert!(listed.iter().all(|child| child.id.is_none()));
        assert_eq!(listed.len(), 2);
        assert_eq!(dynamic_counts(*workers).await, [2, 2, 0, 2]);

        assert_eq!(workers.terminate_child(one).await, Ok(()));
        assert!(!is_alive(one).await && is_alive(other).await);
        assert_eq!(dynamic_counts(*workers).await, [1, 1, 0, 1]);
        assert!(workers.terminate_child(one).await.is_err());
        let stranger = spawn(forever::<()>);
        assert!(workers.terminate_child(stranger).await.is_err());
        assert!(is_alive(stranger).await);
        assert_eq!(dynamic_counts(*workers).await, [1, 1, 0, 1]);
    });
}

#[test]
fn sup_074_supervisors_of_a_template_are_counted_as_supervisors() {
    simulated(async {
        let supervisors = DynamicSupervisor::new().template(|()| {
            let spec = Supervisor::new(Strategy::OneForOne).child_spec();
            spec.restart(Restart::Temporary)
        });
        let supervisors = supervisors.start().await.unwrap();
        let mut inner = Vec::new();
        for _ in 0..100 {
            let started = supervisors.start_child(()).await.unwrap();
            inner.push(started.running().unwrap());
        }
        assert_eq!(dynamic_counts(*supervisors).await, [100, 100, 100, 0]);
        for supervisor in inner {
            exit(supervisor, ExitReason::Kill);
        }
        settle().await;
        assert_eq!(dynamic_counts(*supervisors).await, [0, 0, 0, 0]);
    });
}

// SUP-076 too.
#[test]
fn sup_075_children_of_a_template_that_are_restarting_are_children_that_are_not_active() {
    over_seeds(20, || async {
        let log = Log::default();
        let supervisor = DynamicSupervisor::new().max_restarts(1000, secs(5));
        let workers = supervisor.template(|plan: Plan| plan.spec());
        let workers = workers.start().await.unwrap();
        let plans = ["a", "b", "c"].map(|id| worker(id, &log));
        for plan in &plans {
            add(workers, plan).await;
        }
        for plan in &plans[..2] {
            let slowly = Begin::After(secs(1), Box::new(Begin::Fails));
            plan.then(slowly);
            plan.end(oops());
        }
        // Both attempts have failed, and the next one is under way.
        sleep(millis(2500)).await;
        assert_eq!(dynamic_counts(*workers).await, [3, 1, 0, 3]);
        for plan in &plans {
            plan.then(Begin::Runs);
        }
        sleep(secs(5)).await;
        assert_eq!(dynamic_counts(*workers).await, [3, 3, 0, 3]);
        for (plan, left) in plans.iter().zip([2, 1, 0]) {
            assert_eq!(workers.terminate_child(plan.pid()).await, Ok(()));
            assert_eq!(dynamic_counts(*workers).await, [left, left, 0, left]);
        }
    });
}

#[test]
fn sup_036_children_of_a_template_may_end_for_reasons_of_their_own_when_they_are_stopped() {
    let own = [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("later"),
        oops(),
    ];
    simulated(async move {
        for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
            let stubborn = DynamicSupervisor::new()
                .template(move |own: ExitReason| Stubborn::child_spec(own).restart(restart));
            let stubborn = stubborn.start().await.unwrap();
            let mut watches = Vec::new();
            for reason in &own {
                let started = stubborn.start_child(reason.clone()).await.unwrap();
                watches.push(monitor(started.running().unwrap()));
            }
            let end = monitor(*stubborn);
            assert_eq!(stop(*stubborn, ExitReason::Shutdown).await, Ok(()));
            assert_eq!(end.await.reason, ExitReason::Shutdown);
            for (watch, reason) in watches.into_iter().zip(&own) {
                assert_eq!(watch.await.reason, *reason, "{restart:?}");
            }
        }
    });
}

#[test]
fn sup_117_the_arguments_of_a_temporary_child_of_a_template_are_not_kept() {
    simulated(async {
        for restart in [Restart::Temporary, Restart::Permanent] {
            let supervisor = DynamicSupervisor::new().template(move |large: Arc<[u8; 1000]>| {
                let start = move || {
                    let _used = large.len();
                    async { spawn_link(forever::<()>) }
                };
                AnyChildSpec::from_fn("large", start).restart(restart)
            });
            let supervisor = supervisor.start().await.unwrap();
            let small = supervisor.start_child(Arc::new([0; 1000])).await.unwrap();
            exit(small.running().unwrap(), ExitReason::Kill);
            settle().await;
            let large = Arc::new([0; 1000]);
            supervisor.start_child(Arc::clone(&large)).await.unwrap();
            let is_kept = Arc::strong_count(&large) > 1;
            assert_eq!(is_kept, restart == Restart::Permanent, "{restart:?}");
        }
    });
}

#[test]
fn sup_130_a_child_of_a_template_that_has_nothing_to_start_again_is_removed() {
    over_seeds(20, || async {
        for restart in [Restart::Transient, Restart::Permanent] {
            let workers = workers(restart).await;
            let begins = [Begin::Runs, Begin::Runs, Begin::Ignores];
            let plan = worker("a", &Log::default()).begins(begins);
            add(workers, &plan).await;
            plan.killed().await;
            assert_eq!(dynamic_counts(*workers).await, [1, 1, 0, 1]);
            plan.killed().await;
            assert!(workers.which_children().await.unwrap().is_empty());
            assert_eq!(plan.starts(), 3);
            assert_eq!(stop(*workers, ExitReason::Shutdown).await, Ok(()));
        }
    });
}

#[test]
fn sup_131_children_of_a_template_whose_start_has_something_to_say_are_restarted() {
    over_seeds(20, || async {
        let supervisor = DynamicSupervisor::new().max_restarts(2, secs(5));
        let telling = supervisor.template(|plan: Plan| {
            AnyChildSpec::from_fn("telling", move || {
                let plan = plan.clone();
                async move {
                    let worker = Start::<Worker>::new(plan.clone()).link().await?;
                    Ok::<_, ExitReason>((worker, plan.starts()))
                }
            })
        });
        let telling = telling.start().await.unwrap();
        let end = monitor(*telling);
        let plan = worker("a", &Log::default());
        match telling.start_child(plan.clone()).await.unwrap() {
            StartedChild::StartedWith(_, info) => assert_eq!(info.downcast_ref(), Some(&1_usize)),
            other => panic!("it has something to say: {other:?}"),
        }
        for _ in 0..2 {
            plan.ends(oops()).await;
            assert_eq!(dynamic_counts(*telling).await, [1, 1, 0, 1]);
        }
        plan.ends(oops()).await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

// A walk through all children for each of them would not come to an end here.
#[test]
fn sup_152_thousands_of_children_of_a_template_are_stopped_one_by_one() {
    const CHILDREN: usize = 20_000;
    simulated(async {
        let supervisor = DynamicSupervisor::new().template(|()| {
            let child = AnyChildSpec::from_fn("child", async || spawn_link(forever::<()>));
            child.restart(Restart::Temporary)
        });
        let supervisor = supervisor.start().await.unwrap();
        let mut children = Vec::new();
        for _ in 0..CHILDREN {
            let started = supervisor.start_child(()).await.unwrap();
            children.push(started.running().unwrap());
        }
        for child in children {
            supervisor.terminate_child(child).await.unwrap();
        }
        assert_eq!(dynamic_counts(*supervisor).await, [0, 0, 0, 0]);
    });
}

#[test]
fn a_template_has_the_extra_arguments_too_and_no_more_children_than_there_may_be() {
    simulated(async {
        let log = Log::default();
        let supervisor = DynamicSupervisor::new().max_children(1);
        let supervisor = supervisor
            .extra_arguments(log.clone())
            .template(|id| ChildSpec::<Worker>::with_extra(move |log: &Log| worker(id, log)));
        let supervisor = supervisor.start().await.unwrap();
        assert!(supervisor.start_child("a").await.is_ok());
        let one_too_many = supervisor.start_child("b").await;
        assert_eq!(one_too_many, Err(StartChildError::MaxChildren));
        assert_eq!(log.take(), ["+a"]);
    });
}

#[test]
fn a_template_that_panics_is_a_failed_start() {
    simulated(async {
        let supervisor = DynamicSupervisor::new().template(|divisor: usize| {
            let id = ["a"][1 / divisor];
            worker(id, &Log::default()).spec()
        });
        let supervisor = supervisor.start().await.unwrap();
        let failed = supervisor.start_child(0).await;
        let panicked = matches!(failed, Err(StartChildError::Failed(ExitReason::Panic(_))));
        assert!(panicked, "{failed:?}");
        assert!(supervisor.start_child(2).await.is_ok());
    });
}

#[test]
fn arguments_that_there_is_no_template_for_are_an_error_that_says_so() {
    simulated(async {
        let said = async |supervisor: ServerRef<DynamicSupervisor>| {
            let wrong = TemplateRef::<u8, ChildSpec<Worker>>::of(supervisor);
            let refused = wrong.start_child(7).await;
            let Err(StartChildError::Failed(ExitReason::Error(error))) = refused else {
                panic!("it cannot start: {refused:?}");
            };
            assert!(error.downcast_ref::<TemplateError>().is_some());
            error.to_string()
        };
        let without = DynamicSupervisor::new().start().await.unwrap();
        assert_eq!(
            said(without).await,
            "the supervisor has no template to make a child of a `u8`: give it one with \
             `DynamicSupervisor::template`"
        );
        let other = DynamicSupervisor::new().template(|()| worker("a", &Log::default()).spec());
        let other = other.start().await.unwrap();
        assert_eq!(
            said(*other).await,
            "the supervisor's template takes a `()`, and was given a `u8`"
        );
    });
}

/// As `init/1` of a `simple_one_for_one` supervisor: flags and a template, asked for at each start.
#[test]
fn an_init_function_may_give_a_template() {
    simulated(async {
        let most = Arc::new(Mutex::new(1));
        let told = Arc::clone(&most);
        let workers = DynamicSupervisor::with_init(move || {
            let most = *told.lock();
            async move {
                let described = DynamicSupervisor::new().max_children(most);
                if most == 0 {
                    return Err(oops());
                }
                Ok(described.template(|plan: Plan| plan.spec()))
            }
        });
        let supervisor =
            Supervisor::new(Strategy::OneForOne).child(workers.child_spec().name(POOL));
        supervisor.start().await.unwrap();
        let pool = TemplateRef::<Plan, ChildSpec<Worker>, _>::of(POOL);
        let log = Log::default();
        assert!(pool.start_child(worker("a", &log)).await.is_ok());
        let full = pool.start_child(worker("b", &log)).await;
        assert_eq!(full, Err(StartChildError::MaxChildren));
        // It says something else when it is started again.
        *most.lock() = 2;
        exit(whereis("the pool").unwrap(), ExitReason::Kill);
        settle().await;
        assert!(pool.start_child(worker("a", &log)).await.is_ok());
        assert!(pool.start_child(worker("b", &log)).await.is_ok());
        *most.lock() = 0;
        exit(whereis("the pool").unwrap(), ExitReason::Kill);
        settle().await;
        assert_eq!(pool.count_children().await, Err(CallError::NoProcess));
    });
}

static POOL: Name<DynamicSupervisor> = Name::new("the pool");

/// Where a child is meant, or a supervisor of no certain template, one with a template will do.
#[test]
fn a_supervisor_with_a_template_is_a_child_as_any_other() {
    simulated(async {
        let templated = || DynamicSupervisor::new().template(|plan: Plan| plan.spec());
        let plain: DynamicSupervisor = templated().into();
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(templated())
            .child(plain.id("plain"));
        assert!(supervisor.start().await.is_ok());
    });
}
