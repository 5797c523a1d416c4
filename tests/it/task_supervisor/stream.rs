//! Streams of tasks under a supervisor.

use regrow::process::{
    ExitReason, Inbox, ProcessRef, Received, is_alive, settle, spawn_monitor, trap_exit,
};
use regrow::supervisor::{StartChildError, TaskSupervisor};
use regrow::task::{AsyncStream, TaskError};
use regrow::time::{millis, secs, sleep};

use super::{narrow, started};
use crate::support::{in_process, simulated};
use crate::task::{assert_clean, never, this};

async fn itself(n: u32) -> u32 {
    n
}

async fn slowest_first(n: u32) -> u32 {
    sleep(millis(u64::from(100 / n))).await;
    n
}

async fn exits(n: u32) -> u32 {
    regrow::process::exit_self(ExitReason::term(n))
}

/// The first is done at once, and the others never.
async fn first_only(n: u32) -> u32 {
    if n == 0 { 0 } else { never().await }
}

type Outcomes = Vec<Result<u32, TaskError>>;

fn values(all: std::ops::RangeInclusive<u32>) -> Outcomes {
    all.map(Ok).collect()
}

fn reasons(all: std::ops::RangeInclusive<u32>) -> Outcomes {
    let exited = |n| Err(TaskError::Exited(ExitReason::term(n)));
    all.map(exited).collect()
}

/// Nothing is left in the process that runs but the link to the supervisor.
async fn assert_left(inbox: &mut Inbox<()>, links: &[regrow::Pid]) {
    settle().await;
    assert_eq!(inbox.try_receive(), None);
    let this = this().await;
    assert_eq!((this.links.as_slice(), this.monitors.len()), (links, 0));
}

// And TSUP-023, TSUP-024, TSUP-034, TSUP-035, TSUP-036, TSUP-037, TASK-031: also without links.
#[test]
fn tsup_022_a_stream_of_supervised_tasks_gives_values_in_order_and_leaves_nothing() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = started().await;
        let all = tasks.async_stream(1..=4, itself).collect().await;
        assert_eq!(all, values(1..=4));
        let all = tasks.async_stream_nolink(1..=4, itself).collect().await;
        assert_eq!(all, values(1..=4));
        let all = tasks.async_stream(1..=4, slowest_first).collect().await;
        assert_eq!(all, values(1..=4));
        let all = tasks
            .async_stream_nolink(1..=4, slowest_first)
            .collect()
            .await;
        assert_eq!(all, values(1..=4));
        assert_eq!(tasks.children().await, Ok(vec![]));
        assert_left(&mut inbox, &[tasks.pid()]).await;
    }));
}

// And TSUP-038, without links, where nobody has to trap exits.
#[test]
fn tsup_025_a_failing_element_of_supervised_tasks_is_an_error_in_its_place() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let all = tasks.async_stream_nolink(1..=4, exits).collect().await;
        assert_eq!(all, reasons(1..=4));
        trap_exit(true);
        let all = tasks.async_stream(1..=4, exits).collect().await;
        assert_eq!(all, reasons(1..=4));
        assert_clean(&mut inbox).await;
    }));
}

// And TSUP-027, TSUP-039, TSUP-040.
#[test]
fn tsup_026_a_stream_of_supervised_tasks_that_is_dropped_kills_what_still_runs() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = started().await;
        for linked in [true, false] {
            let stream = if linked {
                tasks.async_stream(0..4, first_only)
            } else {
                tasks.async_stream_nolink(0..4, first_only)
            };
            let mut stream = stream.max_concurrency(4);
            assert_eq!(stream.next().await, Some(Ok(0)));
            let running = tasks.children().await.unwrap();
            drop(stream);
            settle().await;
            for task in running {
                assert!(!is_alive(task).await);
            }
            assert_eq!(tasks.children().await, Ok(vec![]));
            assert_left(&mut inbox, &[tasks.pid()]).await;
        }
    }));
}

// And TSUP-041. What is not started ends the stream at once, whatever else runs.
#[test]
fn tsup_028_a_stream_with_more_room_than_its_supervisor_ends_with_what_was_not_started() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = narrow().await;
        let refused = TaskError::NotStarted(StartChildError::MaxChildren.into());
        for linked in [true, false] {
            let stream = tasks.async_stream([1, 2, 3], async |_| never().await);
            let stream = if linked { stream } else { stream.nolink() };
            let all = stream.max_concurrency(2).collect().await;
            assert_eq!(all, [Err(refused.clone())]);
            settle().await;
            assert_eq!(tasks.children().await, Ok(vec![]));
            assert_left(&mut inbox, &[tasks.pid()]).await;
        }
        let all = tasks.async_stream(1..=4, itself).max_concurrency(1);
        assert_eq!(all.collect().await, values(1..=4));
    }));
}

/// A stream of supervised tasks, by its inputs and its function.
type Stream = AsyncStream<std::array::IntoIter<u32, 2>, fn(u32) -> std::future::Ready<u32>, u32>;

#[test]
fn tsup_030_a_stream_of_supervised_tasks_belongs_to_whoever_uses_it() {
    simulated(async {
        let tasks = started().await;
        let made: Stream = tasks.async_stream([1, 2], std::future::ready as fn(u32) -> _);
        let (user, end) = spawn_monitor(async |mut inbox: Inbox<Stream>| {
            let Received::Message(stream) = inbox.receive().await else {
                panic!("a stream was sent");
            };
            assert_eq!(stream.collect().await, values(1..=2));
        });
        let user: ProcessRef<Stream> = user;
        user.send(made);
        assert_eq!(end.await.reason, ExitReason::Normal);
    });
}

#[test]
fn tsup_031_a_supervised_task_that_takes_too_long_is_a_timeout_with_its_input() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let waits = async |n: u64| {
            sleep(millis(n)).await;
            n
        };
        let stream = tasks.async_stream([1, 100], waits).timeout(millis(50));
        let all = stream
            .kill_task_on_timeout()
            .zip_input_on_exit()
            .collect()
            .await;
        assert_eq!(all, [Ok(1), Err((100, TaskError::Timeout))]);
        settle().await;
        assert_eq!(tasks.children().await, Ok(vec![]));
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn tsup_032_a_failing_supervised_task_brings_its_input() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let mut stream = tasks.async_stream(1.., exits).zip_input_on_exit();
        for n in 1..=4 {
            let reason = TaskError::Exited(ExitReason::term(n));
            assert_eq!(stream.next().await, Some(Err((n, reason))));
        }
        drop(stream);
        assert_clean(&mut inbox).await;
    }));
}

// A supervisor that ends in the middle of it.
#[test]
fn tsup_022_a_stream_whose_supervisor_ends_does_not_hang() {
    simulated(async {
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let mut stream = tasks.async_stream_nolink(0..4, async |n| {
            // The others have begun by then.
            sleep(millis(1)).await;
            first_only(n).await
        });
        assert_eq!(stream.next().await, Some(Ok(0)));
        regrow::server::stop(tasks, ExitReason::Shutdown)
            .timeout(secs(1))
            .await
            .unwrap();
        let ended = Err(TaskError::Exited(ExitReason::Shutdown));
        assert_eq!(stream.next().await, Some(ended));
        let missing = TaskError::NotStarted(StartChildError::NoProcess.into());
        let late = tasks.async_stream(1..=1, itself).collect().await;
        assert_eq!(late, [Err(missing)]);
    });
}
