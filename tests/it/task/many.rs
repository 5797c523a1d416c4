//! Waiting for several tasks.

use regrow::process::{Inbox, Received, exit, is_alive, send, settle, trap_exit};
use regrow::task::{OnTimeout, Task, TaskError, await_many, yield_many};
use regrow::{ExitReason, millis, secs, time};

use super::{assert_clean, endless, failing, never, oops};
use crate::support::{in_process, rest, simulated};

fn after(seconds: u32) -> Task<u32> {
    Task::run(async move {
        time::sleep(secs(u64::from(seconds))).await;
        seconds
    })
}

/// Also TASKC-019. The last to be done is the first of the list.
#[test]
fn task_011_await_many_gives_values_in_the_order_of_the_tasks() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        assert_eq!(
            await_many([after(3), after(1), after(2)]).await,
            Ok(vec![3, 1, 2])
        );
        assert_eq!(
            await_many([after(1), after(2)]).timeout(secs(3)).await,
            Ok(vec![1, 2])
        );
        assert_eq!(
            await_many(Vec::<Task<u32>>::new()).timeout(secs(0)).await,
            Ok(vec![])
        );
        assert_eq!(await_many([Task::completed(1)]).await, Ok(vec![1]));
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn taskc_020_await_many_leaves_other_mail_where_it_is() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let other = Task::start(never());
        let watch = regrow::process::monitor(other);
        send(inbox.this(), ());
        exit(other, ExitReason::Kill);
        assert_eq!(await_many([after(2), after(1)]).await, Ok(vec![2, 1]));
        let left = rest(&mut inbox);
        assert_eq!(left.len(), 2);
        assert_eq!(left[0], Received::Message(()));
        assert!(matches!(&left[1], Received::Down(down) if down.monitor == watch));
        assert_clean(&mut inbox).await;
    }));
}

/// The time is for all of them together.
#[test]
fn taskc_021_await_many_is_a_timeout_when_one_is_not_done_in_time() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let (done, slow) = (after(1), after(3));
        let slow_pid = slow.pid().unwrap();
        let late = await_many([done, slow]).timeout(secs(2)).await;
        assert_eq!(late, Err(TaskError::Timeout));
        settle().await;
        assert!(!is_alive(slow_pid).await);
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-022, for each way in which a task can fail.
#[test]
fn task_012_await_many_fails_at_once_when_one_fails_and_ends_the_others() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        for reason in [ExitReason::Normal, ExitReason::Shutdown, oops()] {
            let other = endless();
            let other_pid = other.pid().unwrap();
            let outcome = await_many([other, Task::run(failing(reason.clone()))]).await;
            assert_eq!(outcome, Err(TaskError::Exited(reason)));
            settle().await;
            assert!(!is_alive(other_pid).await);
        }
        let crash = await_many([endless(), Task::run(async { panic!("{}", "oh no") })]).await;
        assert!(matches!(
            crash,
            Err(TaskError::Exited(ExitReason::Panic(_)))
        ));
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn task_013_await_many_and_yield_many_are_their_owners() {
    simulated(async {
        let task = endless();
        let waits = Task::run_nolink(async { drop(await_many([task]).await) });
        assert!(matches!(waits.await, Err(ExitReason::Panic(_))));
        let mut tasks = [endless()];
        let waits = Task::run_nolink(async move { drop(yield_many(&mut tasks).await) });
        assert!(matches!(waits.await, Err(ExitReason::Panic(_))));
    });
}

/// Also TASKC-028, TASKC-031 and TASKC-035.
#[test]
fn task_015_yield_many_gives_what_came_of_each_in_order() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let mut tasks = [
            after(1),
            after(10),
            Task::run(failing(ExitReason::Normal)),
            Task::run(failing(oops())),
        ];
        let outcomes = yield_many(&mut tasks).await;
        let normal = Some(Err(ExitReason::Normal));
        assert_eq!(outcomes, [Some(Ok(1)), None, normal, Some(Err(oops()))]);
        let outcomes = yield_many(&mut tasks)
            .timeout(std::time::Duration::MAX)
            .await;
        assert_eq!(outcomes, [None, Some(Ok(10)), None, None]);
        assert_eq!(yield_many(&mut tasks).await, [None, None, None, None]);
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn taskc_029_yield_many_kills_what_is_not_done_if_told_to() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut tasks = [endless()];
        let pid = tasks[0].pid().unwrap();
        let killed = yield_many(&mut tasks)
            .timeout(millis(0))
            .on_timeout(OnTimeout::KillTask);
        assert_eq!(killed.await, [None]);
        assert!(!is_alive(pid).await);
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn taskc_030_yield_many_lets_go_of_what_is_not_done_if_told_to() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut tasks = [after(1)];
        let pid = tasks[0].pid().unwrap();
        let ignored = yield_many(&mut tasks)
            .timeout(millis(0))
            .on_timeout(OnTimeout::Ignore);
        assert_eq!(ignored.await, [None]);
        assert!(is_alive(pid).await);
        time::sleep(secs(2)).await;
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-032 and TASKC-033.
#[test]
fn task_016_yield_many_waits_for_as_many_as_it_is_told_to_and_no_longer() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut tasks = [after(2), after(1), after(3)];
        assert_eq!(
            yield_many(&mut tasks).limit(1).await,
            [None, Some(Ok(1)), None]
        );
        assert_eq!(
            yield_many(&mut tasks).limit(1).await,
            [Some(Ok(2)), None, None]
        );
        let forever = std::time::Duration::MAX;
        let last = yield_many(&mut tasks).limit(5).timeout(forever).await;
        assert_eq!(last, [None, None, Some(Ok(3))]);
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn taskc_034_a_limit_that_is_reached_is_no_timeout() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut tasks = [after(1), endless()];
        let pid = tasks[1].pid().unwrap();
        let first = yield_many(&mut tasks)
            .limit(1)
            .on_timeout(OnTimeout::KillTask)
            .await;
        assert_eq!(first, [Some(Ok(1)), None]);
        assert!(is_alive(pid).await);
        let second = yield_many(&mut tasks)
            .limit(1)
            .timeout(secs(1))
            .on_timeout(OnTimeout::KillTask);
        assert_eq!(second.await, [None, None]);
        assert!(!is_alive(pid).await);
        assert_clean(&mut inbox).await;
    }));
}
