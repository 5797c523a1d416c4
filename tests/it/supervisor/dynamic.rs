//! Children that come and go.

use regrow::prelude::*;
use regrow::process::{is_alive, settle, whereis};
use regrow::server::stop;
use regrow::supervisor::{ChildProcess, NoSuchChild};
use regrow::time::{now, sleep};

use super::{Begin, Log, Plan, Worker, dynamic_counts, oops, worker};
use crate::support::{over_seeds, simulated};

/// A dynamic supervisor that runs, and allows many restarts.
async fn dynamic() -> ServerRef<DynamicSupervisor> {
    DynamicSupervisor::new()
        .max_restarts(1000, secs(5))
        .start()
        .await
        .unwrap()
}

/// Starts a worker as it is.
async fn add(supervisor: ServerRef<DynamicSupervisor>, plan: &Plan) -> ServerRef<Worker> {
    match supervisor.start_child(plan.spec()).await {
        Ok(StartedChild::Started(worker)) => worker,
        other => panic!("it starts: {other:?}"),
    }
}

/// The children: those that run, and how many are restarting.
async fn shown(supervisor: ServerRef<DynamicSupervisor>) -> (Vec<Pid>, usize) {
    let children = supervisor.which_children().await.unwrap();
    assert!(children.iter().all(|child| child.id.is_none()));
    let mut running = Vec::new();
    for child in &children {
        if let ChildProcess::Running(pid) = child.process {
            running.push(pid);
        }
    }
    let restarting = children.len() - running.len();
    (running, restarting)
}

#[test]
fn dyn_001_it_is_a_child_like_any_other() {
    static WORKERS: Name<DynamicSupervisor> = Name::new("workers");
    simulated(async {
        let outer = Supervisor::new(Strategy::OneForOne)
            .child(DynamicSupervisor::new().name(WORKERS))
            .start()
            .await
            .unwrap();
        assert_eq!(super::counts(outer).await, [1, 1, 1, 0]);
        assert!(WORKERS.which_children().await.unwrap().is_empty());
        let plan = worker("a", &Log::default());
        assert!(WORKERS.start_child(plan.spec()).await.is_ok());
        // What was started while it ran is not started when it is restarted.
        exit(
            WORKERS
                .which_children()
                .await
                .map(|_| whereis("workers"))
                .unwrap()
                .unwrap(),
            ExitReason::Kill,
        );
        settle().await;
        assert!(WORKERS.which_children().await.unwrap().is_empty());
        assert!(!is_alive(plan.pid()).await);
    });
}

#[test]
fn dyn_014_it_is_linked_to_who_starts_it_and_ends_with_it() {
    over_seeds(50, || async {
        let log = Log::default();
        let plan = worker("a", &log).trapping();
        let child = plan.clone();
        let (_, parent) = spawn_monitor(async move |_: Inbox<()>| {
            let supervisor = DynamicSupervisor::new().name("jobs").start_link().await;
            let supervisor = supervisor.unwrap();
            assert_eq!(whereis("jobs"), Some(supervisor.pid()));
            add(supervisor, &child).await;
        });
        assert_eq!(parent.await.reason, ExitReason::Normal);
        settle().await;
        assert_eq!(whereis("jobs"), None);
        assert_eq!(log.take(), ["+a", "a: shutdown", "-a"]);
    });
}

#[test]
fn dyn_019_what_comes_of_a_start_is_what_the_caller_gets() {
    simulated(async {
        let log = Log::default();
        let supervisor = dynamic().await;
        let plan = worker("a", &log).begins([Begin::Runs, Begin::Ignores, Begin::Fails]);
        let server = add(supervisor, &plan).await;
        assert_eq!(server.pid(), plan.pid());
        let ignored = supervisor.start_child(plan.spec()).await;
        assert_eq!(ignored, Ok(StartedChild::Ignored));
        let failed = supervisor.start_child(plan.spec()).await;
        assert_eq!(failed, Err(StartChildError::Failed(oops())));
        assert_eq!(shown(supervisor).await, (vec![server.pid()], 0));
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

#[test]
fn dyn_020_a_panic_is_a_failed_start_wherever_it_happens() {
    simulated(async {
        let supervisor = dynamic().await;
        let plan = worker("a", &Log::default()).begins([Begin::Panics]);
        let failed = supervisor.start_child(plan.spec()).await.unwrap_err();
        assert!(
            matches!(failed, StartChildError::Failed(ExitReason::Panic(_))),
            "{failed}"
        );
        let spec = ChildSpec::<Worker>::with(|| panic!("no arguments"));
        let failed = supervisor.start_child(spec).await.unwrap_err();
        assert!(
            matches!(failed, StartChildError::Failed(ExitReason::Panic(_))),
            "{failed}"
        );
        assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]);
    });
}

#[test]
fn dyn_021_there_are_no_more_children_than_there_may_be() {
    simulated(async {
        let log = Log::default();
        let supervisor = DynamicSupervisor::new()
            .max_children(1)
            .start()
            .await
            .unwrap();
        let plan = worker("a", &log).begins([Begin::Fails, Begin::Ignores]);
        // What did not start does not count.
        assert!(supervisor.start_child(plan.spec()).await.is_err());
        assert_eq!(
            supervisor.start_child(plan.spec()).await,
            Ok(StartedChild::Ignored)
        );
        let first = add(supervisor, &plan).await;
        let refused = supervisor.start_child(plan.spec()).await;
        assert_eq!(refused, Err(StartChildError::MaxChildren));
        assert_eq!(plan.starts(), 3);
        assert_eq!(supervisor.terminate_child(first).await, Ok(()));
        add(supervisor, &plan).await;
    });
}

#[test]
fn dyn_022_a_temporary_child_is_gone_when_it_ends() {
    over_seeds(50, || async {
        let supervisor = dynamic().await;
        for reason in [ExitReason::Shutdown, ExitReason::Normal, oops()] {
            let plan = worker("a", &Log::default());
            let spec = plan.spec().restart(Restart::Temporary);
            assert!(supervisor.start_child(spec).await.is_ok());
            plan.ends(reason).await;
            assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]);
            assert_eq!(plan.starts(), 1);
        }
    });
}

#[test]
fn dyn_023_a_transient_child_comes_back_if_it_crashed() {
    over_seeds(50, || async {
        let supervisor = dynamic().await;
        for reason in [ExitReason::Shutdown, ExitReason::shutdown_with("x"), oops()] {
            let plan = worker("a", &Log::default());
            let spec = plan.spec().restart(Restart::Transient);
            assert!(supervisor.start_child(spec).await.is_ok());
            let crashed = reason.is_crash();
            plan.ends(reason).await;
            let expected = if crashed { [1, 1, 0, 1] } else { [0, 0, 0, 0] };
            assert_eq!(dynamic_counts(supervisor).await, expected);
        }
    });
}

#[test]
fn dyn_024_a_permanent_child_comes_back_however_it_ended() {
    over_seeds(50, || async {
        let supervisor = dynamic().await;
        let reasons = [ExitReason::Shutdown, ExitReason::shutdown_with("x"), oops()];
        for (number, reason) in (1..).zip(reasons) {
            let plan = worker("a", &Log::default());
            add(supervisor, &plan).await;
            plan.ends(reason).await;
            assert_eq!(
                dynamic_counts(supervisor).await,
                [number, number, 0, number]
            );
        }
    });
}

#[test]
fn a_child_that_can_be_started_once_is_temporary() {
    over_seeds(20, || async {
        let supervisor = dynamic().await;
        let plan = worker("a", &Log::default());
        let spec = ChildSpec::<Worker>::once(plan.clone());
        assert!(supervisor.start_child(spec).await.is_ok());
        plan.killed().await;
        assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]);
    });
}

#[test]
fn dyn_027_a_child_that_has_nothing_to_start_again_is_removed() {
    simulated(async {
        let supervisor = dynamic().await;
        let plan = worker("a", &Log::default()).begins([Begin::Runs, Begin::Ignores]);
        add(supervisor, &plan).await;
        plan.killed().await;
        assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]);
        assert_eq!(plan.starts(), 2);
    });
}

// DYN-029 and OBS-031 too.
#[test]
fn dyn_028_a_child_that_is_restarting_is_a_child() {
    over_seeds(50, || async {
        let supervisor = DynamicSupervisor::new()
            .max_restarts(1000, secs(1))
            .max_children(1)
            .start()
            .await
            .unwrap();
        let plan = worker("a", &Log::default());
        let old = add(supervisor, &plan).await;
        plan.then(Begin::After(secs(1), Box::new(Begin::Fails)));
        plan.killed().await;
        assert_eq!(shown(supervisor).await, (vec![], 1));
        assert_eq!(dynamic_counts(supervisor).await, [1, 0, 0, 1]);
        let other = worker("b", &Log::default());
        let refused = supervisor.start_child(other.spec()).await;
        assert_eq!(refused, Err(StartChildError::MaxChildren));
        // By the pid that it had.
        assert_eq!(supervisor.terminate_child(old).await, Ok(()));
        let again = supervisor.terminate_child(old).await;
        assert_eq!(again.unwrap_err().to_string(), NO_CHILD);
        let starts = plan.starts();
        sleep(secs(5)).await;
        assert_eq!(plan.starts(), starts);
        add(supervisor, &other).await;
    });
}

/// How [`NoSuchChild`] reads.
const NO_CHILD: &str = "no such child";

#[test]
fn a_process_that_is_no_child_is_not_stopped() {
    simulated(async {
        let supervisor = dynamic().await;
        let stranger = spawn(async |mut inbox: Inbox<()>| {
            inbox.receive().await;
        });
        let refused = supervisor.terminate_child(stranger).await;
        assert!(matches!(refused, Err(CallError::Reply(NoSuchChild { .. }))));
        assert!(is_alive(stranger).await);
    });
}

#[test]
fn a_child_that_is_stopped_is_forgotten_and_does_not_come_back() {
    over_seeds(50, || async {
        let log = Log::default();
        let supervisor = dynamic().await;
        let plan = worker("a", &log).trapping();
        let server = add(supervisor, &plan).await;
        assert_eq!(supervisor.terminate_child(server).await, Ok(()));
        assert_eq!(log.take(), ["+a", "a: shutdown", "-a"]);
        settle().await;
        assert_eq!(
            (plan.starts(), dynamic_counts(supervisor).await),
            (1, [0, 0, 0, 0])
        );
    });
}

// The process's end is on its way to the supervisor, or there, when it is told to stop it.
#[test]
fn obs_043_a_child_that_ends_while_it_is_being_stopped_is_stopped() {
    over_seeds(300, || async {
        let supervisor = DynamicSupervisor::new()
            .max_restarts(0, secs(1))
            .start()
            .await
            .unwrap();
        let plan = worker("a", &Log::default());
        let server = add(supervisor, &plan).await;
        let stopping = supervisor.terminate_child(server);
        plan.end(ExitReason::Normal);
        let outcome = stopping.await;
        settle().await;
        match outcome {
            Ok(()) => assert_eq!(dynamic_counts(supervisor).await, [0, 0, 0, 0]),
            // Its end came first, and was one too many.
            Err(_) => assert!(!is_alive(supervisor).await),
        }
        assert_eq!(plan.starts(), 1);
    });
}

#[test]
fn obs_032_a_name_can_be_had_once() {
    simulated(async {
        let supervisor = dynamic().await;
        let plan = worker("a", &Log::default());
        let first = supervisor.start_child(plan.spec().name("worker")).await;
        assert!(matches!(first, Ok(StartedChild::Started(_))));
        let second = supervisor.start_child(plan.spec().name("worker")).await;
        assert_eq!(second, Err(StartChildError::AlreadyStarted(plan.pid())));
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

#[test]
fn obs_030_temporary_children_may_crash_as_often_as_they_like() {
    over_seeds(50, || async {
        let supervisor = DynamicSupervisor::new()
            .max_restarts(0, secs(5))
            .start()
            .await
            .unwrap();
        let end = monitor(supervisor);
        let bystander = worker("z", &Log::default());
        add(supervisor, &bystander).await;
        for _ in 0..5 {
            let plan = worker("a", &Log::default());
            let spec = plan.spec().restart(Restart::Temporary);
            assert!(supervisor.start_child(spec).await.is_ok());
            plan.ends(oops()).await;
        }
        let plan = worker("a", &Log::default());
        let spec = plan.spec().restart(Restart::Transient);
        assert!(supervisor.start_child(spec).await.is_ok());
        plan.ends(oops()).await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert!(!is_alive(bystander.pid()).await);
    });
}

// SUP-129 too: one restart too many, of whichever child, ends the supervisor.
#[test]
fn sup_128_children_do_not_touch_each_other() {
    over_seeds(50, || async {
        let supervisor = DynamicSupervisor::new()
            .max_restarts(2, secs(5))
            .start()
            .await
            .unwrap();
        let end = monitor(supervisor);
        let (one, two) = (worker("a", &Log::default()), worker("b", &Log::default()));
        add(supervisor, &one).await;
        let sibling = add(supervisor, &two).await;
        one.killed().await;
        let mut expected = vec![one.pid(), sibling.pid()];
        expected.sort();
        let (mut children, restarting) = shown(supervisor).await;
        children.sort();
        assert_eq!((children, restarting), (expected, 0));
        one.killed().await;
        two.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

#[test]
fn sup_132_attempts_that_failed_count_like_restarts() {
    over_seeds(50, || async {
        let supervisor = DynamicSupervisor::new()
            .max_restarts(4, secs(5))
            .start()
            .await
            .unwrap();
        let end = monitor(supervisor);
        let (plan, other) = (worker("a", &Log::default()), worker("b", &Log::default()));
        add(supervisor, &plan).await;
        add(supervisor, &other).await;
        plan.then(Begin::Fails);
        plan.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!((plan.starts(), other.starts()), (5, 1));
        assert!(!is_alive(other.pid()).await);
    });
}

// SUP-032, SUP-034 and SUP-037 too.
#[test]
fn obs_029_children_are_stopped_at_the_same_time_each_within_its_own_limit() {
    over_seeds(50, || async {
        let supervisor = dynamic().await;
        let mut watched = Vec::new();
        let mut start = async |last, shutdown, reason: ExitReason| {
            let plan = worker("a", &Log::default()).ending_in(last);
            let spec = plan.spec().shutdown(shutdown);
            assert!(supervisor.start_child(spec).await.is_ok());
            watched.push((monitor(plan.pid()), reason));
        };
        for _ in 0..3 {
            start(millis(300), Shutdown::After(secs(1)), ExitReason::Shutdown).await;
            start(secs(3600), Shutdown::After(millis(500)), ExitReason::Killed).await;
        }
        start(millis(800), Shutdown::Infinity, ExitReason::Shutdown).await;
        start(secs(3600), Shutdown::BrutalKill, ExitReason::Killed).await;
        let before = now();
        assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
        let took = now() - before;
        assert!(took >= millis(800) && took < millis(810), "{took:?}");
        for (watch, reason) in watched {
            assert_eq!(watch.await.reason, reason);
        }
    });
}

#[test]
fn sup_142_a_supervisor_that_is_told_to_end_stops_trying_to_restart() {
    over_seeds(50, || async {
        let supervisor = DynamicSupervisor::new()
            .max_restarts(1000, secs(1))
            .start()
            .await
            .unwrap();
        let plan = worker("a", &Log::default());
        add(supervisor, &plan).await;
        plan.then(Begin::After(secs(2), Box::new(Begin::Fails)));
        plan.killed().await;
        sleep(secs(3)).await;
        assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
        let starts = plan.starts();
        sleep(secs(10)).await;
        assert_eq!(plan.starts(), starts);
    });
}

#[test]
fn sup_073_a_supervisor_with_thousands_of_children_counts_and_stops_them() {
    simulated(async {
        let log = Log::default();
        let supervisor = dynamic().await;
        for _ in 0..2000 {
            let spec = worker("a", &log).spec().restart(Restart::Temporary);
            assert!(supervisor.start_child(spec).await.is_ok());
        }
        assert_eq!(dynamic_counts(supervisor).await, [2000, 2000, 0, 2000]);
        let (children, _) = shown(supervisor).await;
        assert_eq!((children.len(), log.take().len()), (2000, 2000));
        for child in &children[..1000] {
            exit(*child, ExitReason::Kill);
        }
        settle().await;
        assert_eq!(dynamic_counts(supervisor).await, [1000, 1000, 0, 1000]);
        assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
        assert_eq!(log.take(), vec!["-a"; 2000]);
    });
}

#[test]
fn a_supervisor_that_is_not_there_is_an_error() {
    simulated(async {
        let supervisor = dynamic().await;
        assert_eq!(stop(supervisor, ExitReason::Normal).await, Ok(()));
        let plan = worker("a", &Log::default());
        let refused = supervisor.start_child(plan.spec()).await;
        assert_eq!(refused, Err(StartChildError::NoProcess));
        assert_eq!(plan.starts(), 0);
    });
}
