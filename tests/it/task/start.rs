//! Starting tasks: what they are linked to, and where they come from.

use std::sync::Arc;

use parking_lot::Mutex;
use regrow::process::{
    Inbox, SpawnError, SpawnOptions, exit, is_alive, process_info, settle, trap_exit,
};
use regrow::task::Task;
use regrow::{ExitReason, Runtime};

use super::{assert_clean, endless, failing, never, oops, this};
use crate::support::{in_process, simulated};

/// Also TASKC-003.
#[test]
fn task_002_a_task_is_linked_and_monitored_and_ends_normally_after_its_value() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut task = Task::run(async {
            regrow::time::sleep(regrow::millis(1)).await;
            7
        });
        let pid = task.pid().unwrap();
        let owner = this().await;
        assert_eq!((owner.links, owner.monitors), (vec![pid], vec![pid]));

        let regrow::process::Received::Down(down) = inbox.receive().await else {
            panic!("a notice was due")
        };
        assert_eq!(down.reason, ExitReason::Normal);
        assert_eq!(task.claim(&down), Some(Ok(7)));
        assert_eq!(task.claim(&down), None);
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-005 and TASKC-006.
#[test]
fn task_005_start_makes_no_link_and_start_link_does() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let alone = Task::start(never());
        assert_eq!(process_info(alone).await.unwrap().links, []);
        exit(alone, ExitReason::Kill);
        assert_clean(&mut inbox).await;

        let linked = Task::start_link(never());
        assert_eq!(this().await.links, [linked]);
        exit(linked, ExitReason::Kill);
        settle().await;
        let regrow::process::Received::Exit(end) = inbox.receive().await else {
            panic!("an exit was due")
        };
        assert_eq!((end.from, end.reason), (linked, ExitReason::Killed));
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-007.
#[test]
fn task_006_a_completed_task_has_no_process_and_its_value_at_once() {
    simulated(async {
        let task = Task::completed("known");
        assert_eq!(task.pid(), None);
        assert_eq!(task.await, Ok("known"));
        assert_eq!(this().await.monitors, []);
    });
}

#[test]
fn task_032_an_owner_that_does_not_trap_exits_ends_with_its_task() {
    simulated(async {
        let survived = Arc::new(Mutex::new(false));
        let seen = Arc::clone(&survived);
        let owner = Task::run_nolink(async move {
            let outcome = Task::run(failing(oops())).await;
            *seen.lock() = true;
            outcome
        });
        assert_eq!(owner.await, Err(oops()));
        assert!(!*survived.lock(), "the await gave something first");
    });
}

#[test]
fn task_033_a_task_ends_with_an_owner_that_fails_and_survives_one_that_is_done() {
    simulated(async {
        for (end, lives) in [(oops(), false), (ExitReason::Normal, true)] {
            let told = Arc::new(Mutex::new(None));
            let tell = Arc::clone(&told);
            let owner = Task::run_nolink(async move {
                let task = endless();
                *tell.lock() = task.pid();
                regrow::process::exit_self(end);
            });
            assert!(owner.await.is_err());
            settle().await;
            let task = told.lock().take().unwrap();
            assert_eq!(is_alive(task).await, lives);
            exit(task, ExitReason::Kill);
        }
    });
}

#[test]
fn r_task_3_an_unlinked_task_fails_for_itself_and_outlives_its_owner() {
    simulated(async {
        assert_eq!(Task::run_nolink(failing(oops())).await, Err(oops()));

        let owner = Task::run_nolink(async {
            let task = Task::run_nolink(never());
            task.pid()
        });
        let task = owner.await.unwrap().unwrap();
        settle().await;
        assert!(is_alive(task).await);
        exit(task, ExitReason::Kill);
    });
}

#[test]
fn r_task_2_a_dropped_task_runs_on_and_nothing_is_heard_of_it() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let done = Arc::new(Mutex::new(false));
        let seen = Arc::clone(&done);
        drop(Task::run(async move {
            regrow::time::sleep(regrow::secs(1)).await;
            *seen.lock() = true;
        }));
        regrow::time::sleep(regrow::secs(2)).await;
        assert!(*done.lock());
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn r_task_4_a_task_begins_with_the_options_that_it_was_given() {
    simulated(async {
        let options = SpawnOptions::new().label("sum").link();
        let task = Task::run_with(options, never()).unwrap();
        let info = process_info(task.pid().unwrap()).await.unwrap();
        assert_eq!(info.label.as_deref(), Some("sum"));
        assert_eq!(
            info.spawned_at.map(std::panic::Location::file),
            Some(file!())
        );
        assert!(
            info.initial_call.contains("task::never"),
            "{}",
            info.initial_call
        );
        assert_eq!(this().await.links.len(), 1);
        assert_eq!(task.ignore(), None);
    });
}

#[test]
fn one_task_too_many_is_an_error_and_leaves_nothing() {
    let outcome = Runtime::simulated(1).max_processes(1).explore(async {
        let refused = Task::run_with(SpawnOptions::new().link(), async { 7 });
        assert_eq!(
            refused.err(),
            Some(SpawnError::TooManyProcesses { limit: 1 })
        );
        this().await.links.len()
    });
    assert_eq!(outcome.result, Ok(0));
}

#[test]
fn a_task_outside_a_process_is_an_error() {
    let refused = Task::run_with(SpawnOptions::new(), async { 7 });
    assert_eq!(refused.err(), Some(SpawnError::NoRuntime));
}
