//! Waiting for a task a little, and asking again.

use regrow::process::{Inbox, settle, trap_exit};
use regrow::task::Task;
use regrow::{ExitReason, millis, secs, time};

use super::{assert_clean, failing, oops};
use crate::support::{in_process, simulated};

/// Also TASKC-024, TASKC-025 and TASKC-026.
#[test]
fn task_014_yield_for_gives_what_has_come_and_none_before() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let mut done = Task::run(async { 7 });
        settle().await;
        assert_eq!(done.yield_for(millis(0)).await, Some(Ok(7)));
        assert_eq!(done.yield_for(secs(3_600)).await, None);

        let mut slow = Task::run(async { time::sleep(millis(100)).await });
        assert_eq!(slow.yield_for(millis(0)).await, None);
        assert_eq!(slow.yield_for(millis(50)).await, None);
        assert_eq!(slow.yield_for(millis(100)).await, Some(Ok(())));

        let mut normal = Task::run(failing(ExitReason::Normal));
        assert_eq!(
            normal.yield_for(secs(1)).await,
            Some(Err(ExitReason::Normal))
        );
        let mut failed = Task::run(failing(oops()));
        assert_eq!(failed.yield_for(secs(1)).await, Some(Err(oops())));
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn task_035_a_yield_and_then_a_shutdown_leave_nothing() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let mut slow = Task::run(async { time::sleep(secs(10)).await });
        assert_eq!(slow.yield_for(secs(1)).await, None);
        assert_eq!(
            slow.shutdown(regrow::supervisor::Shutdown::default()).await,
            None
        );
        assert_clean(&mut inbox).await;
    }));
}
