//! What goes into a dynamic child's start beside its own arguments, and what comes out beside it.

use std::sync::Arc;

use parking_lot::Mutex;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::server::Start;
use regrow::supervisor::{AnyChildSpec, ExtraArgumentsError};

use super::{Begin, Log, Plan, Worker, dynamic_counts, oops, worker};
use crate::support::{over_seeds, simulated};

/// The supervisor's extra arguments: where what is started is written down.
type Notes = Arc<Mutex<Vec<String>>>;

/// Notes what it was started with.
struct Noting {
    crashes: bool,
}

#[gen_server(restart = "transient")]
impl Noting {
    #[init]
    fn new(notes: Notes, x1: &'static str, own: String) -> Self {
        notes.lock().push(format!("{x1} {own}"));
        Noting { crashes: true }
    }

    #[cast]
    fn crash(&mut self) -> Next {
        assert!(self.crashes);
        Next::stop(oops())
    }
}

async fn noting(notes: &Notes) -> ServerRef<DynamicSupervisor> {
    let extra = (Arc::clone(notes), "x1");
    let supervisor = DynamicSupervisor::new().extra_arguments(extra);
    supervisor.start_link().await.unwrap()
}

fn spec(own: &'static str) -> ChildSpec<Noting> {
    ChildSpec::with_extra(move |(notes, x1): &(Notes, &'static str)| {
        (Arc::clone(notes), *x1, own.to_owned())
    })
}

// DYN-031 and OBS-033 too.
#[test]
fn dyn_017_extra_arguments_go_into_every_start_the_restarts_too() {
    over_seeds(20, || async {
        let notes = Notes::default();
        let supervisor = noting(&notes).await;
        let one = supervisor.start_child(spec("one")).await.unwrap();
        supervisor.start_child(spec("two")).await.unwrap();
        one.running().unwrap().crash();
        settle().await;
        assert_eq!(*notes.lock(), ["x1 one", "x1 two", "x1 one"]);
        assert_eq!(dynamic_counts(supervisor).await, [2, 2, 0, 2]);
    });
}

#[test]
fn a_start_function_is_given_the_extra_arguments_too() {
    simulated(async {
        let notes = Notes::default();
        let supervisor = noting(&notes).await;
        let spec = AnyChildSpec::from_fn_with_extra("any", |(notes, _): &(Notes, &'static str)| {
            Noting::start_link(Arc::clone(notes), "by hand", "three".to_owned())
        });
        assert!(supervisor.start_child(spec).await.is_ok());
        assert_eq!(*notes.lock(), ["by hand three"]);
    });
}

#[test]
fn a_child_for_extra_arguments_that_are_not_there_is_not_started() {
    simulated(async {
        let refused = async |supervisor: ServerRef<DynamicSupervisor>| {
            let refused = supervisor.start_child(spec("one")).await;
            match refused {
                Err(StartChildError::Failed(ExitReason::Error(error))) => {
                    assert!(error.downcast_ref::<ExtraArgumentsError>().is_some());
                    error.to_string()
                }
                other => panic!("it cannot start: {other:?}"),
            }
        };
        let without = DynamicSupervisor::new().start_link().await.unwrap();
        let message = refused(without).await;
        assert!(message.contains("the supervisor has none"), "{message}");
        let other = DynamicSupervisor::new().extra_arguments(7_u8);
        let message = refused(other.start_link().await.unwrap()).await;
        assert!(
            message.ends_with("the supervisor's are of type `u8`"),
            "{message}"
        );
        assert_eq!(dynamic_counts(without).await, [0, 0, 0, 0]);
    });
}

/// What starts the worker of a plan, and says how many starts there have been.
fn telling(plan: &Plan) -> AnyChildSpec {
    let plan = plan.clone();
    AnyChildSpec::from_fn("telling", move || {
        let plan = plan.clone();
        async move {
            let worker = Start::<Worker>::new(plan.clone()).link().await?;
            Ok::<_, ExitReason>((worker, plan.starts()))
        }
    })
}

#[test]
fn what_a_start_function_has_to_say_goes_to_whoever_asked() {
    simulated(async {
        let supervisor = DynamicSupervisor::new().start_link().await.unwrap();
        let plan = worker("a", &Log::default());
        match supervisor.start_child(telling(&plan)).await {
            Ok(StartedChild::StartedWith(child, info)) => {
                assert_eq!(child, plan.pid());
                assert_eq!(info.downcast_ref(), Some(&1_usize));
            }
            other => panic!("it has something to say: {other:?}"),
        }
    });
}

#[test]
fn dyn_026_a_child_whose_restart_has_something_to_say_is_restarted() {
    over_seeds(20, || async {
        let supervisor = DynamicSupervisor::new().start_link().await.unwrap();
        let plan = worker("a", &Log::default());
        supervisor.start_child(telling(&plan)).await.unwrap();
        plan.killed().await;
        assert_eq!(plan.starts(), 2);
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

#[test]
fn dyn_016_whatever_can_be_specified_can_be_started() {
    simulated(async {
        let supervisor = DynamicSupervisor::new().start_link().await.unwrap();
        let plan = worker("a", &Log::default());
        assert!(supervisor.start_child(plan.spec()).await.is_ok());
        assert!(
            supervisor
                .start_child(AnyChildSpec::from(plan.spec()))
                .await
                .is_ok()
        );
        assert!(supervisor.start_child(telling(&plan)).await.is_ok());
        let once = ChildSpec::<Worker>::once(plan.clone());
        assert!(supervisor.start_child(once).await.is_ok());
        assert!(
            supervisor
                .start_child(DynamicSupervisor::new().child_spec())
                .await
                .is_ok()
        );
        let task = ChildSpec::task(async || std::future::pending::<()>().await);
        assert!(supervisor.start_child(task).await.is_ok());
        assert_eq!(dynamic_counts(supervisor).await, [6, 6, 1, 5]);
    });
}

#[test]
fn a_start_function_that_panics_or_waits_is_a_failed_start_or_a_later_one() {
    simulated(async {
        let supervisor = DynamicSupervisor::new().start_link().await.unwrap();
        let panics = AnyChildSpec::from_fn("panics", async || -> Pid {
            regrow::process::yield_now().await;
            panic!("in the middle")
        });
        let failed = supervisor.start_child(panics).await;
        assert!(matches!(
            failed,
            Err(StartChildError::Failed(ExitReason::Panic(_)))
        ));
        let plan =
            worker("a", &Log::default()).begins([Begin::After(secs(3), Box::new(Begin::Runs))]);
        let before = regrow::time::now();
        assert!(supervisor.start_child(telling(&plan)).await.is_ok());
        assert!(regrow::time::now() - before >= secs(3));
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}
