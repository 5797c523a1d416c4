//! Streams that are not used to their end, and two that are used together.

use std::sync::Arc;

use parking_lot::Mutex;
use regrow::process::{Inbox, is_alive, settle, trap_exit};
use regrow::task::{Task, TaskError, async_stream};
use regrow::{ExitReason, millis, time};

use super::{assert_clean, never, this};
use crate::support::{in_process, simulated};

const CONCURRENCY: [usize; 3] = [2, 4, 6];

/// The first is done at once, and the others never.
async fn first_only(n: u32) -> u32 {
    if n == 0 { 0 } else { never().await }
}

async fn slowest_first(n: u32) -> u32 {
    time::sleep(millis(u64::from(100 / n))).await;
    n
}

#[test]
fn task_024_a_stream_that_is_dropped_kills_what_still_runs_and_leaves_nothing() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        for room in CONCURRENCY {
            let mut stream = async_stream(0..4, first_only).max_concurrency(room);
            assert_eq!(stream.next().await, Some(Ok(0)));
            let tasks = this().await.links;
            assert_eq!(tasks.len(), (room - 1).min(3));
            drop(stream);
            settle().await;
            for task in tasks {
                assert!(!is_alive(task).await);
            }
            assert_clean(&mut inbox).await;
        }
    }));
}

/// Also TASKC-053. Pairs line up, with values and with failures.
#[test]
fn task_026_two_streams_are_used_side_by_side() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        for room in CONCURRENCY {
            let mut left = async_stream(1..=4, slowest_first).max_concurrency(room);
            let mut right = async_stream(1..=4, async |n: u32| -> u32 {
                regrow::process::exit_self(ExitReason::term(n))
            })
            .max_concurrency(room);
            let mut pairs = Vec::new();
            while let (Some(Ok(a)), Some(Err(TaskError::Exited(why)))) =
                (left.next().await, right.next().await)
            {
                pairs.push((a, why));
            }
            assert_eq!(pairs, [1, 2, 3, 4].map(|n| (n, ExitReason::term(n))));
            assert_clean(&mut inbox).await;
        }
    }));
}

/// Also TASKC-055. The source may end early, and so may the use.
#[test]
fn taskc_054_a_stream_that_is_cut_short_gives_the_exact_beginning() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let failing = async |n: u32| -> u32 { regrow::process::exit_self(ExitReason::term(n)) };
        let failed = |n: u32| TaskError::Exited(ExitReason::term(n));
        for room in CONCURRENCY {
            let inner = async_stream((1..).take(4), slowest_first).max_concurrency(room);
            assert_eq!(inner.collect().await, [1, 2, 3, 4].map(Ok));
            let inner = async_stream((1..).take(4), failing).max_concurrency(room);
            assert_eq!(inner.collect().await, [1, 2, 3, 4].map(|n| Err(failed(n))));

            let mut outer = async_stream(1.., slowest_first).max_concurrency(room);
            for n in 1..=4 {
                assert_eq!(outer.next().await, Some(Ok(n)));
            }
            drop(outer);
            let zipped = async_stream(1.., failing).max_concurrency(room);
            let mut zipped = zipped.zip_input_on_exit();
            for n in 1..=4 {
                assert_eq!(zipped.next().await, Some(Err((n, failed(n)))));
            }
            drop(zipped);
            assert_clean(&mut inbox).await;
        }
    }));
}

/// Writes down when it is dropped.
struct Said(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Drop for Said {
    fn drop(&mut self) {
        self.1.lock().push(self.0);
    }
}

#[test]
fn taskc_056_what_an_iterator_and_a_user_hold_is_dropped_once() {
    simulated(async {
        let log = Arc::new(Mutex::new(Vec::new()));
        {
            let _outer = Said("outer", Arc::clone(&log));
            let inner = Said("inner", Arc::clone(&log));
            let inputs = (1..).inspect(move |_| assert_eq!(inner.0, "inner"));
            let mut stream = async_stream(inputs, slowest_first);
            assert_eq!(stream.next().await, Some(Ok(1)));
            assert_eq!(*log.lock(), [""; 0]);
        }
        assert_eq!(*log.lock(), ["inner", "outer"]);
    });
}

/// A stream ends with its owner, whatever that ends with.
#[test]
fn a_stream_goes_with_its_owner() {
    simulated(async {
        for end in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::Killed] {
            let (told, hear) = (Arc::new(Mutex::new(Vec::new())), end.clone());
            let tell = Arc::clone(&told);
            let owner = Task::run_nolink(async move {
                let mut stream = async_stream(0..4, first_only);
                stream.next().await;
                *tell.lock() = this().await.links;
                regrow::process::exit_self(hear);
            });
            assert_eq!(owner.await, Err(end));
            settle().await;
            let tasks = std::mem::take(&mut *told.lock());
            assert_eq!(tasks.len(), 3);
            for task in tasks {
                assert!(!is_alive(task).await);
            }
        }
    });
}
