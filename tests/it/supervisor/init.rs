//! Supervisors that an init function describes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use regrow::prelude::*;
use regrow::process::{self_pid, settle, whereis};
use regrow::server::{StartError, stop};
use regrow::supervisor::{ChildProcess, SpecError};
use regrow::time::sleep;

use super::{Begin, Log, counts, oops, shown, with, worker};
use crate::support::{in_process, rest, simulated};

#[test]
fn sup_002_an_init_function_may_have_nothing_to_start() {
    simulated(async {
        in_process(async |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            let nothing = Supervisor::with_init(async || Init::ignore());
            let ignored = nothing.start_link().await;
            assert_eq!(ignored, Err(StartError::Ignored));
            sleep(millis(100)).await;
            assert!(rest(&mut inbox).is_empty());
        })
        .await;
    });
}

#[test]
fn sup_009_an_init_function_that_panics_or_gives_an_error_is_a_failed_start() {
    simulated(async {
        in_process(async |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            let log = Log::default();
            let plan = worker("a", &log);
            let panics = Supervisor::with_init(async || -> Supervisor { panic!("no flags") });
            let Err(StartError::Failed(ExitReason::Panic(panic))) = panics.start_link().await
            else {
                panic!("it fails");
            };
            assert_eq!(panic.message(), "no flags");
            let stops = Supervisor::with_init(async || Init::stop(oops()));
            let stopped = stops.start_link().await;
            assert_eq!(stopped, Err(StartError::Failed(oops())));
            let fails = Supervisor::with_init(async || Err::<Supervisor, _>(oops()));
            let failed = fails.start_link().await;
            assert_eq!(failed, Err(StartError::Failed(oops())));
            // What it describes is looked at as what is described at once.
            let wrong = Supervisor::with_init(move || {
                let plan = plan.clone();
                async move { with(Supervisor::new(Strategy::OneForOne), [&plan, &plan]) }
            });
            let Err(StartError::Failed(reason)) = wrong.start_link().await else {
                panic!("it fails");
            };
            let why = SpecError::DuplicateId("a".into());
            assert_eq!(reason.to_string(), why.to_string());
            assert!(log.take().is_empty());
            settle().await;
            assert!(rest(&mut inbox).is_empty());
        })
        .await;
    });
}

/// The supervisor that has this name now.
fn running(name: &str) -> ServerRef<Supervisor> {
    whereis(name).and_then(Pid::as_server).expect("it runs")
}

#[test]
fn sup_188_an_init_function_runs_in_the_supervisor_at_each_start() {
    simulated(async {
        let log = Log::default();
        let plans = ["a", "b", "c"].map(|id| worker(id, &log));
        let runs = Arc::new(AtomicU32::new(0));
        let (counted, made) = (Arc::clone(&runs), plans.clone());
        let below = Supervisor::with_init(move || {
            let children = counted.fetch_add(1, SeqCst) as usize + 1;
            let made = made.clone();
            async move {
                sleep(secs(1)).await;
                assert_eq!(whereis("below"), Some(self_pid()));
                let flags = Supervisor::new(Strategy::OneForAll).max_restarts(0, secs(5));
                with(flags, &made[..children])
            }
        });
        let above = Supervisor::new(Strategy::OneForOne).child(below.id("below").name("below"));
        let above = above.start().await.unwrap();
        assert_eq!(shown(running("below")).await, "a+");
        plans[0].killed().await;
        sleep(secs(2)).await;
        assert_eq!(shown(running("below")).await, "a+ b+");
        plans[1].killed().await;
        sleep(secs(2)).await;
        assert_eq!(shown(running("below")).await, "a+ b+ c+");
        assert_eq!(runs.load(SeqCst), 3);
        stop(above, ExitReason::Shutdown).await.unwrap();
        assert_eq!(whereis("below"), None);
    });
}

// It is not started, and keeps its place; the one above does not try again.
#[test]
fn a_child_supervisor_whose_init_function_ignores_a_restart_rests() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let first = Arc::new(AtomicU32::new(0));
        let made = plan.clone();
        let below = Supervisor::with_init(move || {
            let (again, plan) = (first.fetch_add(1, SeqCst) > 0, made.clone());
            async move {
                if again {
                    return Init::ignore();
                }
                let flags = Supervisor::new(Strategy::OneForOne).max_restarts(0, secs(5));
                Init::ok(with(flags, [&plan]))
            }
        });
        let above = Supervisor::new(Strategy::OneForOne).child(below.id("below"));
        let above = above.start().await.unwrap();
        assert_eq!(shown(above).await, "below+");
        plan.killed().await;
        assert_eq!(shown(above).await, "below-");
        assert_eq!(counts(above).await, [1, 0, 1, 0]);
    });
}

#[test]
fn a_dynamic_supervisor_is_described_at_each_start_too() {
    simulated(async {
        let log = Log::default();
        let workers =
            DynamicSupervisor::with_init(async || DynamicSupervisor::new().max_children(1));
        let workers = workers.start().await.unwrap();
        let [a, b] = ["a", "b"].map(|id| worker(id, &log));
        b.then(Begin::Runs);
        assert!(workers.start_child(a.spec()).await.is_ok());
        let full = workers.start_child(b.spec()).await;
        assert_eq!(full, Err(StartChildError::MaxChildren));

        let nothing = DynamicSupervisor::with_init(async || Init::ignore());
        assert_eq!(nothing.start().await, Err(StartError::Ignored));
        let fails = DynamicSupervisor::with_init(async || Err::<DynamicSupervisor, _>(oops()));
        let above = Supervisor::new(Strategy::OneForOne).child(fails.id("workers"));
        assert!(above.start().await.is_err());
        let described = DynamicSupervisor::with_init(async || DynamicSupervisor::new());
        let above = Supervisor::new(Strategy::OneForOne).child(described.id("workers"));
        let above = above.start().await.unwrap();
        let workers = above.which_child("workers").await.unwrap().process;
        assert!(matches!(workers, ChildProcess::Running(_)));
    });
}
