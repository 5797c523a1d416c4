//! Children that come and go, with delays, budgets and lifetimes: as those of a supervisor, but for
//! what is about siblings.

use regrow::prelude::*;
use regrow::process::{is_alive, processes};
use regrow::server::stop;
use regrow::supervisor::{Backoff, ChildInfo, ChildProcess, Exhausted, SettingError, SpecError};
use regrow::time::sleep;

use crate::supervisor::{Begin, Log, Worker, worker};
use crate::support::simulated;

/// A supervisor that allows one restart in five seconds.
async fn dynamic() -> ServerRef<DynamicSupervisor> {
    let supervisor = DynamicSupervisor::new().max_restarts(1, secs(5));
    supervisor.start().await.unwrap()
}

async fn start(supervisor: ServerRef<DynamicSupervisor>, spec: ChildSpec<Worker>) {
    supervisor.start_child(spec).await.unwrap();
}

/// The only child.
async fn only(supervisor: ServerRef<DynamicSupervisor>) -> ChildInfo {
    let children = supervisor.which_children().await.unwrap();
    assert_eq!(children.len(), 1);
    children[0].clone()
}

#[test]
fn r_again_11_a_dynamic_child_waits_before_it_is_restarted() {
    simulated(async {
        let (a, supervisor) = (worker("a", &Log::default()), dynamic().await);
        let backoff = Backoff::exponential(secs(1), secs(4));
        start(supervisor, a.spec().backoff(backoff).unlimited_restarts()).await;
        a.then(Begin::Fails);
        for (starts, delay) in (1..).zip([1, 2, 4, 4]) {
            if starts == 1 {
                a.killed().await;
            }
            assert_eq!(a.starts(), starts);
            let child = only(supervisor).await;
            assert_eq!(child.process, ChildProcess::Restarting);
            assert!(child.delayed.unwrap() <= secs(delay));
            sleep(secs(delay) + millis(3)).await;
        }
        a.then(Begin::Runs);
        sleep(secs(5)).await;
        assert_eq!(
            only(supervisor).await.process,
            ChildProcess::Running(a.pid())
        );
        stop(supervisor, ExitReason::Shutdown).await.unwrap();
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_again_12_a_dynamic_child_that_is_given_up_is_forgotten_and_the_others_are_not() {
    simulated(async {
        let log = Log::default();
        let (a, b, supervisor) = (worker("a", &log), worker("b", &log), dynamic().await);
        let given = a
            .spec()
            .budget(3, secs(60))
            .on_exhausted(Exhausted::GiveUpChild);
        start(supervisor, given).await;
        start(supervisor, b.spec()).await;
        for _ in 0..4 {
            a.killed().await;
        }
        assert_eq!((a.starts(), b.starts()), (4, 1));
        assert_eq!(
            only(supervisor).await.process,
            ChildProcess::Running(b.pid())
        );
    });
}

#[test]
fn r_again_13_a_dynamic_child_is_retried_where_its_supervisor_would_give_up() {
    simulated(async {
        let (a, supervisor) = (worker("a", &Log::default()), dynamic().await);
        start(supervisor, a.spec().retry_after(secs(10))).await;
        for round in 1..=3 {
            a.killed().await;
            a.killed().await;
            assert_eq!(a.starts(), 2 * round);
            assert!(only(supervisor).await.delayed.is_some());
            sleep(secs(10) + millis(2)).await;
            assert_eq!(a.starts(), 2 * round + 1);
        }
        assert!(is_alive(supervisor).await);
    });
}

#[test]
fn r_again_14_a_dynamic_child_that_waits_can_be_terminated() {
    simulated(async {
        let (a, supervisor) = (worker("a", &Log::default()), dynamic().await);
        start(supervisor, a.spec().backoff(Backoff::fixed(secs(10)))).await;
        let before = a.pid();
        a.killed().await;
        supervisor.terminate_child(before).await.unwrap();
        assert!(supervisor.which_children().await.unwrap().is_empty());
        sleep(secs(20)).await;
        assert_eq!(a.starts(), 1);
    });
}

#[test]
fn r_again_15_a_dynamic_child_may_live_for_so_long() {
    simulated(async {
        let log = Log::default();
        let (a, b, supervisor) = (
            worker("a", &log).trapping(),
            worker("b", &log),
            dynamic().await,
        );
        let temporary = b.spec().restart(Restart::Temporary);
        start(supervisor, a.spec().max_lifetime(secs(100))).await;
        start(supervisor, temporary.max_lifetime(secs(150))).await;
        sleep(secs(99)).await;
        log.take();
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["a: timeout", "-a", "+a"]);
        sleep(secs(60)).await;
        assert_eq!(log.take(), ["-b"]);
        assert_eq!(
            only(supervisor).await.process,
            ChildProcess::Running(a.pid())
        );
    });
}

#[test]
fn r_again_16_a_dynamic_child_has_no_siblings_to_be_bound_to() {
    simulated(async {
        let (a, supervisor) = (worker("a", &Log::default()), dynamic().await);
        let refused = supervisor
            .start_child(a.spec().binds_to("b"))
            .await
            .unwrap_err();
        let expected = SpecError::Setting("a".into(), SettingError::NoSiblings);
        assert_eq!(refused, StartChildError::Spec(expected));
        let wrong = a.spec().unlimited_restarts();
        let refused = supervisor.start_child(wrong).await.unwrap_err();
        let expected = SpecError::Setting("a".into(), SettingError::UnlimitedWithoutBackoff);
        assert_eq!(refused, StartChildError::Spec(expected));
        assert_eq!(a.starts(), 0);
    });
}
