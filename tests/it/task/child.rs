//! Tasks as children of supervisors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::prelude::*;
use regrow::process::{self_pid, settle};

use crate::support::simulated;

/// Starts a supervisor with a task that counts its runs, as this specification says.
async fn runs(restart: Option<Restart>) -> (usize, u64, bool) {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let mut spec = ChildSpec::task(move || {
        let counting = Arc::clone(&counting);
        async move { counting.fetch_add(1, SeqCst) }
    });
    if let Some(restart) = restart {
        spec = spec.restart(restart);
    }
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .max_restarts(2, secs(5))
        .child(spec)
        .start()
        .await
        .unwrap();
    settle().await;
    let children = supervisor
        .count_children()
        .await
        .map_or(0, |counts| counts.active as u64);
    let lives = regrow::process::is_alive(supervisor).await;
    (count.load(SeqCst), children, lives)
}

/// Also TASKC-001.
#[test]
fn task_001_a_task_can_be_a_supervisors_child() {
    simulated(async {
        assert_eq!(runs(None).await, (1, 0, true));
    });
}

/// One that returns and is permanent is started again until that is too often.
#[test]
fn taskc_002_a_supervised_task_is_temporary_unless_its_specification_says_otherwise() {
    simulated(async {
        assert_eq!(runs(Some(Restart::Transient)).await, (1, 0, true));
        assert_eq!(runs(Some(Restart::Permanent)).await, (3, 0, false));
    });
}

/// What it returns is a value, whatever type that is of; a signal to itself is a failure.
#[test]
fn a_supervised_task_that_returns_an_error_has_ended_normally() {
    simulated(async {
        let log = Arc::new(AtomicUsize::new(0));
        for (fails, expected) in [(false, 1), (true, 3)] {
            log.store(0, SeqCst);
            let counting = Arc::clone(&log);
            let spec = ChildSpec::task(move || {
                let run = counting.fetch_add(1, SeqCst);
                async move {
                    if fails && run < 2 {
                        exit(self_pid(), ExitReason::atom("failed"));
                    }
                    Err::<(), _>("a value as any other")
                }
            });
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .child(spec.restart(Restart::Transient))
                .start();
            supervisor.await.unwrap();
            settle().await;
            assert_eq!(log.load(SeqCst), expected);
        }
    });
}
