//! Ending a task and hearing what came of it: the tables of `Task.shutdown`.

use regrow::process::{Inbox, Received, exit, settle, trap_exit};
use regrow::supervisor::Shutdown;
use regrow::task::Task;
use regrow::{ExitReason, millis, secs, time};

use super::{assert_clean, endless, failing, never, oops};
use crate::support::{in_process, simulated};

/// Shuts a task down that has ended for this reason.
async fn of_one_that_ended(reason: ExitReason, how: Shutdown) -> Option<Result<u32, ExitReason>> {
    let task = if reason == ExitReason::Killed {
        let task = endless();
        exit(task.pid().unwrap(), ExitReason::Kill);
        task
    } else {
        Task::run(failing(reason))
    };
    settle().await;
    task.shutdown(how).await
}

/// Also TASKC-036, TASKC-037, TASKC-038 and TASKC-041. A value that is there wins over whatever the
/// process ended with.
#[test]
fn task_017_shutdown_gives_what_a_task_had_come_to_by_itself() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let how = Shutdown::default();
        for how in [how, Shutdown::Infinity, Shutdown::BrutalKill] {
            let done = Task::run(async { 7 });
            settle().await;
            assert_eq!(done.shutdown(how).await, Some(Ok(7)));
            assert_eq!(Task::completed(7).shutdown(how).await, Some(Ok(7)));
            assert_eq!(endless().shutdown(how).await, None);
        }
        for (reason, outcome) in [
            (oops(), Some(Err(oops()))),
            (ExitReason::Normal, Some(Err(ExitReason::Normal))),
            (ExitReason::Shutdown, None),
            (ExitReason::Killed, Some(Err(ExitReason::Killed))),
        ] {
            assert_eq!(of_one_that_ended(reason, how).await, outcome);
        }
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-039 and TASKC-042.
#[test]
fn task_018_a_brutal_kill_gives_what_a_task_had_come_to_by_itself() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        for (reason, outcome) in [
            (ExitReason::Killed, None),
            (oops(), Some(Err(oops()))),
            (ExitReason::Normal, Some(Err(ExitReason::Normal))),
            (ExitReason::Shutdown, Some(Err(ExitReason::Shutdown))),
        ] {
            assert_eq!(
                of_one_that_ended(reason, Shutdown::BrutalKill).await,
                outcome
            );
        }
        let trapping = Task::run(async {
            trap_exit(true);
            never().await
        });
        settle().await;
        assert_eq!(trapping.shutdown(Shutdown::BrutalKill).await, None);
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-043.
#[test]
fn task_019_a_task_that_does_not_end_when_asked_is_killed_when_its_time_is_up() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let trapping = Task::run(async {
            trap_exit(true);
            never().await
        });
        settle().await;
        let before = time::now();
        let outcome = trapping.shutdown(Shutdown::After(millis(1))).await;
        assert_eq!(outcome, Some(Err(ExitReason::Killed)));
        assert!(time::now().duration_since(before) < secs(1));
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn a_task_that_traps_exits_may_use_its_time_for_a_value() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tidy = Task::run(async {
            trap_exit(true);
            let asked = regrow::process::next_notice().await;
            assert!(matches!(asked, regrow::process::Notice::Exit(_)));
            time::sleep(secs(1)).await;
            "tidied up"
        });
        settle().await;
        assert_eq!(
            tidy.shutdown(Shutdown::default()).await,
            Some(Ok("tidied up"))
        );
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn taskc_044_a_task_whose_notice_was_read_is_no_process_to_shut_down() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        for how in [Shutdown::default(), Shutdown::BrutalKill] {
            let task = Task::run_nolink(failing(oops()));
            assert!(matches!(inbox.receive().await, Received::Down(_)));
            assert_eq!(task.shutdown(how).await, Some(Err(ExitReason::NoProc)));
        }
        assert_clean(&mut inbox).await;
    }));
}
