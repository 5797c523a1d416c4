//! Starting a supervisor with its children.

use regrow::prelude::*;
use regrow::process::{register, trap_exit, whereis};
use regrow::server::StartError;
use regrow::supervisor::{AutoShutdown, FailedToStart, SpecError};
use regrow::time::now;

use super::{Begin, Log, Worker, counts, oops, shown, with, worker};
use crate::support::{in_process, over_seeds, rest, simulated};

/// What a start fails with when a child fails.
fn failed(child: &'static str, reason: &ExitReason, error: &StartError) {
    let StartError::Failed(whole) = error else {
        panic!("not this: {error:?}");
    };
    assert!(whole.is_shutdown(), "{whole}");
    let failed = whole.downcast_ref::<FailedToStart>().unwrap();
    assert_eq!((failed.child.as_str(), &failed.reason), (child, reason));
}

#[test]
fn sup_001_it_starts_without_children_and_ends_with_its_parents_word() {
    simulated(async {
        in_process(async |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .start_link()
                .await
                .unwrap();
            assert_eq!(counts(supervisor).await, [0, 0, 0, 0]);
            exit(supervisor, ExitReason::Shutdown);
            let Received::Exit(end) = inbox.receive().await else {
                panic!("an exit");
            };
            assert_eq!(
                (end.from, end.reason),
                (supervisor.pid(), ExitReason::Shutdown)
            );
        })
        .await;
    });
}

#[test]
fn sup_004_a_temporary_child_that_has_nothing_to_start_is_forgotten() {
    simulated(async {
        let log = Log::default();
        let one = worker("one", &log).begins([Begin::Ignores]);
        let two = worker("two", &log);
        let children = [&one, &two].map(|plan| plan.spec().restart(Restart::Temporary));
        let supervisor = children
            .into_iter()
            .fold(Supervisor::new(Strategy::OneForOne), Supervisor::child);
        let supervisor = supervisor.start().await.unwrap();
        assert_eq!(shown(supervisor).await, "two+");
        assert_eq!(counts(supervisor).await, [1, 1, 0, 1]);
    });
}

// The half of it that concerns a supervisor's own children.
#[test]
fn sup_003_a_permanent_child_that_has_nothing_to_start_keeps_its_place() {
    simulated(async {
        let log = Log::default();
        let one = worker("one", &log).begins([Begin::Ignores]);
        let two = worker("two", &log);
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&one, &two]);
        let supervisor = supervisor.start().await.unwrap();
        assert_eq!(shown(supervisor).await, "one- two+");
        assert_eq!(counts(supervisor).await, [2, 1, 0, 2]);
        assert_eq!(log.take(), ["~one", "+two"]);
    });
}

#[test]
fn obs_008_a_start_that_fails_stops_what_was_started_and_begins_nothing_more() {
    over_seeds(100, || async {
        in_process(async |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            let log = Log::default();
            let plans = ["a", "b", "c", "d"].map(|id| worker(id, &log).trapping());
            plans[2].then(Begin::Fails);
            let supervisor = with(Supervisor::new(Strategy::OneForOne), &plans);
            let error = supervisor.start_link().await.unwrap_err();
            failed("c", &oops(), &error);
            let expected = ["+a", "+b", "!c", "b: shutdown", "-b", "a: shutdown", "-a"];
            assert_eq!(log.take(), expected);
            regrow::process::settle().await;
            assert!(rest(&mut inbox).is_empty());
        })
        .await;
    });
}

// A panic is a reason like any other.
#[test]
fn a_child_that_panics_in_its_init_is_why_the_start_fails() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log).begins([Begin::Panics]);
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&plan]);
        let Err(StartError::Failed(reason)) = supervisor.start().await else {
            panic!("it fails");
        };
        let reason = &reason.downcast_ref::<FailedToStart>().unwrap().reason;
        assert!(matches!(reason, ExitReason::Panic(panic) if panic.message() == "no start"));
    });
}

#[test]
fn a_panic_while_the_arguments_are_made_is_a_failure_of_the_start() {
    simulated(async {
        let log = Log::default();
        let first = worker("first", &log);
        let second = ChildSpec::<Worker>::with(|| panic!("no arguments")).id("second");
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&first]).child(second);
        let Err(StartError::Failed(reason)) = supervisor.start().await else {
            panic!("it fails");
        };
        let failed = reason.downcast_ref::<FailedToStart>().unwrap();
        assert_eq!(failed.child.as_str(), "second");
        assert!(failed.reason.is_crash());
        assert_eq!(log.take(), ["+first", "-first"]);
    });
}

#[test]
fn sup_039_children_start_in_the_order_of_the_list_and_one_after_the_other() {
    over_seeds(100, || async {
        let log = Log::default();
        let plans = ["e", "b", "a", "d", "c"]
            .map(|id| worker(id, &log).begins([Begin::After(secs(1), Box::new(Begin::Runs))]));
        let before = now();
        let supervisor = with(Supervisor::new(Strategy::RestForOne), &plans);
        let supervisor = supervisor.start().await.unwrap();
        assert_eq!(log.take(), ["+e", "+b", "+a", "+d", "+c"]);
        assert!(now() - before >= secs(5));
        assert_eq!(shown(supervisor).await, "e+ b+ a+ d+ c+");
    });
}

#[test]
fn obs_009_nothing_is_started_if_the_name_is_taken() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let holder = spawn(async |mut inbox: Inbox<()>| {
            inbox.receive().await;
        });
        register("tree", holder).unwrap();
        let supervisor = with(Supervisor::new(Strategy::OneForOne).name("tree"), [&plan]);
        let taken = supervisor.start().await;
        assert_eq!(taken, Err(StartError::AlreadyStarted(holder.pid())));
        assert_eq!(plan.starts(), 0);
    });
}

#[test]
fn a_child_whose_name_is_taken_does_not_start() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let holder = spawn(async |mut inbox: Inbox<()>| {
            inbox.receive().await;
        });
        register("worker", holder).unwrap();
        let supervisor = Supervisor::new(Strategy::OneForOne).child(plan.spec().name("worker"));
        let error = supervisor.start().await.unwrap_err();
        failed(
            "a",
            &StartError::AlreadyStarted(holder.pid()).into(),
            &error,
        );
        assert_eq!(plan.starts(), 0);
    });
}

#[test]
fn sup_185_a_supervisor_is_reached_by_its_name() {
    static TREE: Name<Supervisor> = Name::new("tree");
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = with(Supervisor::new(Strategy::OneForOne).name(TREE), [&plan]);
        let supervisor = supervisor.start().await.unwrap();
        assert_eq!(whereis("tree"), Some(supervisor.pid()));
        assert_eq!(TREE.count_children().await.unwrap().active, 1);
        assert_eq!(regrow::server::stop(TREE, ExitReason::Normal).await, Ok(()));
        assert_eq!(whereis("tree"), None);
    });
}

/// What is wrong with a specification; nothing was started.
async fn refused(supervisor: Supervisor) -> SpecError {
    trap_exit(true);
    let Err(StartError::Failed(ExitReason::Error(error))) = supervisor.start_link().await else {
        panic!("it does not start");
    };
    error
        .downcast_ref::<SpecError>()
        .expect("the specification")
        .clone()
}

#[test]
fn sup_090_two_children_of_one_id_are_refused() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&plan, &plan]);
        assert_eq!(
            refused(supervisor).await,
            SpecError::DuplicateId("a".into())
        );
        assert_eq!(plan.starts(), 0);
    });
}

#[test]
fn sup_092_a_significant_child_is_refused_where_nobody_looks_at_it() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let spec = plan.spec().significant(true);
        let transient = spec.clone().restart(Restart::Transient);
        let supervisor = Supervisor::new(Strategy::OneForOne).child(transient);
        let refusal = refused(supervisor).await;
        assert_eq!(refusal, SpecError::SignificantForNothing("a".into()));
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .auto_shutdown(AutoShutdown::AnySignificant)
            .child(spec);
        let refusal = refused(supervisor).await;
        assert_eq!(refusal, SpecError::SignificantPermanent("a".into()));
        assert_eq!(plan.starts(), 0);
    });
}

// OTP looks at the two in the other order.
#[test]
fn sup_095_a_period_of_zero_is_refused_before_anything_else() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(1, secs(0));
        let supervisor = with(supervisor, [&plan, &plan]);
        assert_eq!(refused(supervisor).await, SpecError::ZeroPeriod);
        assert_eq!(plan.starts(), 0);
    });
}

#[test]
fn sup_016_a_supervisor_is_a_child_with_all_the_time_it_needs() {
    simulated(async {
        let inner = Supervisor::new(Strategy::OneForOne).id("inner");
        let spec = format!("{:?}", inner.clone().child_spec());
        assert!(spec.contains("shutdown: Infinity"), "{spec}");
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(inner)
            .start()
            .await;
        assert_eq!(counts(supervisor.unwrap()).await, [1, 1, 1, 0]);
    });
}
