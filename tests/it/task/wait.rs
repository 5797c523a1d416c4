//! Awaiting one task, with a limit and without; ignoring one.

use regrow::process::{Inbox, exit, is_alive, settle, trap_exit};
use regrow::supervisor::Shutdown;
use regrow::task::{Task, TaskError};
use regrow::{ExitReason, millis, secs, time};

use super::{assert_clean, endless, failing, never, oops};
use crate::support::{in_process, over_seeds, simulated};

async fn after(seconds: u64) -> u64 {
    time::sleep(secs(seconds)).await;
    seconds
}

/// Also TASKC-013. Nothing of the task is left, nor comes later.
#[test]
fn task_008_an_await_that_takes_too_long_is_a_timeout_and_its_task_is_asked_to_end() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let task = Task::run(after(1));
        let pid = task.pid().unwrap();
        assert_eq!(task.timeout(millis(0)).await, Err(TaskError::Timeout));
        settle().await;
        assert!(!is_alive(pid).await);
        time::sleep(secs(2)).await;
        assert_clean(&mut inbox).await;

        let task = Task::run(after(1));
        assert_eq!(task.timeout(secs(2)).await, Ok(1));
        let task = Task::run(failing(oops()));
        assert_eq!(task.timeout(secs(2)).await, Err(TaskError::Exited(oops())));
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-015 and TASKC-016; and R-TASK-8, that the await gives it as a value.
#[test]
fn task_009_an_await_gives_the_reason_of_a_task_without_a_value() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let why = Task::run(failing(ExitReason::Normal)).await;
        assert_eq!(why, Err(ExitReason::Normal));
        assert_eq!(Task::run(failing(oops())).await, Err(oops()));

        let Err(ExitReason::Panic(panic)) = Task::run(async { panic!("{}", "oh no") }).await else {
            panic!("a panic was due")
        };
        assert_eq!(panic.message(), "oh no");
        let killed = endless();
        exit(killed.pid().unwrap(), ExitReason::Kill);
        assert_eq!(killed.await, Err(ExitReason::Killed));
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-018. The waits for many are in `many.rs`.
#[test]
fn task_010_a_task_is_its_owners_to_await() {
    simulated(async {
        let refused = |outcome: Result<(), ExitReason>| match outcome {
            Err(ExitReason::Panic(panic)) => assert!(panic.message().contains("owner"), "{panic}"),
            other => panic!("{other:?}"),
        };
        let task = endless();
        refused(Task::run_nolink(async { drop(task.await) }).await);
        let mut task = endless();
        refused(Task::run_nolink(async move { drop(task.yield_for(secs(1)).await) }).await);
        let task = endless();
        let shut = Task::run_nolink(async {
            task.shutdown(Shutdown::BrutalKill).await;
        });
        refused(shut.await);
        let task = endless();
        refused(Task::run_nolink(async { drop(task.ignore()) }).await);
        let task = endless();
        refused(Task::run_nolink(async { drop(task.timeout(secs(1)).await) }).await);
    });
}

#[test]
fn r_task_9_an_await_without_a_limit_waits_as_long_as_the_task_takes() {
    simulated(async {
        assert_eq!(Task::run(after(86_400)).await, Ok(86_400));
    });
}

/// An owner that traps exits, and is told once: by what the await gives.
#[test]
fn task_034_an_awaited_task_leaves_no_exit_with_an_owner_that_traps_exits() {
    over_seeds(50, || {
        in_process(async |mut inbox: Inbox<()>| {
            trap_exit(true);
            assert_eq!(Task::run(async { 7 }).await, Ok(7));
            assert_eq!(Task::run(failing(oops())).await, Err(oops()));
            assert_clean(&mut inbox).await;
        })
    });
}

/// Also TASKC-008, TASKC-010 and TASKC-012.
#[test]
fn task_007_ignore_gives_what_has_come_and_drops_what_comes_later() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let in_time = Task::run(async { 7 });
        settle().await;
        assert_eq!(in_time.ignore(), Some(Ok(7)));
        let failed = Task::run(failing(oops()));
        settle().await;
        assert_eq!(failed.ignore(), Some(Err(oops())));
        assert_eq!(Task::completed(7).ignore(), Some(Ok(7)));
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn taskc_009_an_ignored_task_runs_on_and_nothing_comes_of_it() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let late = Task::run(after(1));
        let pid = late.pid().unwrap();
        assert_eq!(late.ignore(), None);
        assert!(is_alive(pid).await);
        let late_to_fail = Task::run(async {
            time::sleep(secs(1)).await;
            failing(oops()).await
        });
        assert_eq!(late_to_fail.ignore(), None);
        time::sleep(secs(2)).await;
        assert!(!is_alive(pid).await);
        assert_clean(&mut inbox).await;
    }));
}

/// The notice was received by somebody who did not claim it.
#[test]
fn r_task_5_a_task_whose_notice_was_read_and_not_claimed_does_not_hang_its_owner() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let task = Task::run_nolink(failing(oops()));
        inbox.receive().await;
        assert_eq!(task.await, Err(ExitReason::NoProc));
        let task = Task::run_nolink(async { 7 });
        inbox.receive().await;
        assert_eq!(task.await, Ok(7));
        assert_clean(&mut inbox).await;
    }));
}

/// A wait that is dropped has taken nothing.
#[test]
fn r_task_1_a_task_can_be_awaited_again_after_a_wait_that_was_dropped() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut task = Task::run(after(2));
        assert!(time::timeout(secs(1), &mut task).await.is_err());
        assert_eq!(task.await, Ok(2));
        assert_clean(&mut inbox).await;
    }));
}

/// Where something polls only what was woken, a task wakes it, however it ends.
#[test]
fn a_task_wakes_a_combinator_that_polls_what_was_woken() {
    over_seeds(20, async || {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
        use std::task::{Context, Poll, Wake, Waker};

        struct Flag(AtomicBool, Waker);
        impl Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, SeqCst);
                self.1.wake_by_ref();
            }
        }
        let seconds = after(1);
        let tasks = [
            Task::run_nolink(async { seconds.await as u32 }),
            Task::run_nolink(async {
                time::sleep(secs(1)).await;
                failing(oops()).await
            }),
        ];
        let mut tasks = tasks.map(|task| (task, None));
        let outcomes = std::future::poll_fn(|cx| {
            for (task, state) in &mut tasks {
                let (flag, outcome) = state.get_or_insert_with(|| {
                    (
                        Arc::new(Flag(AtomicBool::new(true), cx.waker().clone())),
                        None,
                    )
                });
                if outcome.is_none() && flag.0.swap(false, SeqCst) {
                    let waker = Waker::from(Arc::clone(flag));
                    let polled = std::pin::Pin::new(task).poll(&mut Context::from_waker(&waker));
                    if let Poll::Ready(came) = polled {
                        *outcome = Some(came);
                    }
                }
            }
            let came: Vec<_> = tasks
                .iter()
                .filter_map(|(_, state)| state.as_ref()?.1.clone())
                .collect();
            if came.len() == 2 {
                Poll::Ready(came)
            } else {
                Poll::Pending
            }
        });
        assert_eq!(outcomes.await, [Ok(1), Err(oops())]);
    });
}

#[test]
fn a_task_of_real_schedulers_gives_its_value_and_its_panic() {
    crate::support::real(2, async {
        let tasks: Vec<_> = (0..200_u64)
            .map(|n| {
                Task::run_nolink(async move {
                    regrow::process::yield_now().await;
                    assert!(n % 7 != 0, "{n}");
                    n
                })
            })
            .collect();
        for (n, task) in (0..).zip(tasks) {
            match task.await {
                Ok(value) => assert_eq!(value, n),
                Err(reason) => assert!(n % 7 == 0 && reason.is_crash(), "{reason}"),
            }
        }
    });
}

#[test]
fn a_task_that_never_comes_can_be_dropped_under_way() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let wait = Task::run_nolink(never()).timeout(secs(1));
        drop(wait);
        assert_clean(&mut inbox).await;
    }));
}
