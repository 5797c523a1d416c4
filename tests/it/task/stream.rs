//! A task for each element of an iterator: order, room, limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::process::{Inbox, Received, exit, send, trap_exit};
use regrow::task::{Task, TaskError, async_stream};
use regrow::{ExitReason, millis, secs, time};

use super::{assert_clean, never, oops, this};
use crate::support::{in_process, rest, simulated};

/// Less, as many, and more tasks at once than there are inputs.
const CONCURRENCY: [usize; 3] = [2, 4, 6];

async fn slowest_first(n: u32) -> u32 {
    time::sleep(millis(u64::from(100 / n))).await;
    n
}

/// Ends the process with its input, as a reason.
async fn exit_with(n: u32) -> u32 {
    regrow::process::exit_self(ExitReason::term(n))
}

fn failed(n: u32) -> Result<u32, TaskError> {
    Err(TaskError::Exited(ExitReason::term(n)))
}

/// Also TASKC-052: values in the order of inputs, the slowest first or not; and exits, if the owner
/// traps them. Nothing is left afterwards.
#[test]
fn task_028_a_stream_gives_the_same_however_many_tasks_run_at_once() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        for room in CONCURRENCY {
            let plain = async_stream(1..=4_u32, async |n| n).max_concurrency(room);
            assert_eq!(plain.collect().await, [1, 2, 3, 4].map(Ok));
            let slowest = async_stream(1..=4, slowest_first).max_concurrency(room);
            assert_eq!(slowest.collect().await, [1, 2, 3, 4].map(Ok));
            let exits = async_stream(1..=4, exit_with).max_concurrency(room);
            assert_eq!(exits.collect().await, [1, 2, 3, 4].map(failed));
            assert_clean(&mut inbox).await;
        }
    }));
}

#[test]
fn task_025_a_failing_element_is_an_error_for_an_owner_that_traps_exits_and_the_end_of_another() {
    simulated(async {
        let trapping = Task::run_nolink(async {
            trap_exit(true);
            async_stream([1, 2], exit_with).collect().await
        });
        assert_eq!(trapping.await, Ok(vec![failed(1), failed(2)]));
        let not = Task::run_nolink(async { async_stream([1], exit_with).collect().await });
        assert_eq!(not.await, Err(ExitReason::term(1_u32)));
        let unlinked = async_stream([1, 2], exit_with).nolink().collect().await;
        assert_eq!(unlinked, [failed(1), failed(2)]);
    });
}

/// Also TASKC-046.
#[test]
fn task_021_an_unordered_stream_gives_what_is_done_first() {
    simulated(async {
        let seconds = || {
            async_stream([3, 1, 2, 4], async |n: u64| {
                time::sleep(secs(n)).await;
                n
            })
        };
        let one = seconds().unordered().max_concurrency(1).collect().await;
        assert_eq!(one, [3, 1, 2, 4].map(Ok));
        let four = seconds().unordered().max_concurrency(4).collect().await;
        assert_eq!(four, [1, 2, 3, 4].map(Ok));
        let ordered = seconds().max_concurrency(4).collect().await;
        assert_eq!(ordered, [3, 1, 2, 4].map(Ok));
    });
}

/// Also TASKC-045. The timeout is the last that the stream gives, and nothing of it is left.
#[test]
fn task_020_a_task_that_takes_too_long_ends_its_stream() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let mut stream = async_stream([1, 100, 2, 3], async |n| {
            time::sleep(secs(n)).await;
            n
        })
        .timeout(secs(5));
        assert_eq!(stream.next().await, Some(Ok(1)));
        assert_eq!(stream.next().await, Some(Err(TaskError::Timeout)));
        assert_clean(&mut inbox).await;
        assert_eq!(stream.next().await, None);
        let none = async_stream([1], async |_| never().await).timeout(secs(0));
        assert_eq!(none.collect().await, [Err(TaskError::Timeout)]);
        assert_clean(&mut inbox).await;
    }));
}

/// Also TASKC-047 and TASKC-057.
#[test]
fn task_022_a_task_that_takes_too_long_is_killed_in_its_place_if_told_to() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let seconds = || {
            async_stream([2, 100, 1], async |n| {
                time::sleep(secs(n)).await;
                n
            })
            .timeout(secs(5))
            .kill_task_on_timeout()
        };
        let late = || Err(TaskError::Timeout);
        for room in CONCURRENCY {
            let ordered = seconds().max_concurrency(room).collect().await;
            assert_eq!(ordered, [Ok(2), late(), Ok(1)]);
        }
        let unordered = seconds().unordered().max_concurrency(3).collect().await;
        assert_eq!(unordered, [Ok(1), Ok(2), late()]);
        let zipped = seconds().zip_input_on_exit().collect().await;
        assert_eq!(zipped, [Ok(2), Err((100, TaskError::Timeout)), Ok(1)]);
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn taskc_048_a_stream_without_a_limit_waits() {
    simulated(async {
        let slow = async_stream([1], async |_| time::sleep(secs(86_400)).await);
        let outcomes = slow.timeout(std::time::Duration::MAX).collect().await;
        assert_eq!(outcomes, [Ok(())]);
    });
}

/// Also TASKC-049. What is not refused here cannot be written.
#[test]
fn task_023_a_stream_has_room_for_one_task_at_least() {
    simulated(async {
        let refused = regrow::process::catch_exit(|| {
            drop(async_stream([1], async |n: u32| n).max_concurrency(0));
        });
        let Err(ExitReason::Panic(panic)) = refused else {
            panic!("a panic was due")
        };
        assert!(panic.location().unwrap().starts_with(file!()), "{panic}");
        assert_eq!(async_stream(0..0_u32, async |n| n).collect().await, []);
    });
}

/// Also TASKC-050. A notice is made by the runtime alone; those of others stay where they are.
#[test]
fn task_027_other_mail_does_not_confuse_a_stream_and_stays_where_it_is() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let other = Task::start_link(never());
        let watch = regrow::process::monitor(other);
        let owner = inbox.this();
        let mut stream = async_stream(1..=3, move |n: u32| async move {
            send(owner, ());
            exit(owner, oops());
            exit(other, ExitReason::Kill);
            slowest_first(n).await
        });
        for n in 1..=3 {
            assert_eq!(stream.next().await, Some(Ok(n)));
        }
        assert_eq!(stream.next().await, None);
        let left = rest(&mut inbox);
        let messages = left
            .iter()
            .filter(|mail| matches!(mail, Received::Message(())));
        assert_eq!(messages.count(), 3);
        assert!(
            left.iter()
                .any(|mail| matches!(mail, Received::Down(down) if down.monitor == watch))
        );
        let sent = left
            .iter()
            .filter(|mail| matches!(mail, Received::Exit(exit) if exit.reason == oops()));
        assert_eq!(
            sent.count(),
            3,
            "what an element sends of its own accord stays"
        );
        assert_eq!(left.len(), 3 + 3 + 2);
        assert_clean(&mut inbox).await;
    }));
}

/// Made here, used there; within a task of another stream; over an iterator that others go on with.
#[test]
fn taskc_051_a_streams_tasks_belong_to_whoever_asks() {
    simulated(async {
        let made_here = async_stream(1..=3, slowest_first);
        let there = Task::run(made_here.collect());
        assert_eq!(there.await, Ok(vec![Ok(1), Ok(2), Ok(3)]));

        let nested = async_stream(1..=2, async |n| {
            async_stream(1..=n, slowest_first).collect().await.len()
        });
        assert_eq!(nested.collect().await, [Ok(1), Ok(2)]);

        let mut source = (1..).flat_map(|n| [n, n]);
        let some = async_stream(source.by_ref().take(3), slowest_first)
            .collect()
            .await;
        assert_eq!(some, [1, 1, 2].map(Ok));
        assert_eq!(source.next(), Some(2));
        assert_eq!(this().await.links, []);
    });
}

#[test]
fn r_task_6_a_stream_has_no_more_tasks_than_room() {
    simulated(async {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut taken = 0;
        let inputs = std::iter::from_fn(|| {
            taken += 1;
            Some(taken)
        });
        let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
        let mut stream = async_stream(inputs, move |n: u64| {
            let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
            async move {
                peak.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                time::sleep(millis(n % 3)).await;
                now.fetch_sub(1, SeqCst);
            }
        })
        .max_concurrency(3);
        for _ in 0..50 {
            assert_eq!(stream.next().await, Some(Ok(())));
        }
        drop(stream);
        assert_eq!(most.load(SeqCst), 3);
        assert_eq!(
            taken, 52,
            "an input is taken when there is room for its task"
        );
    });
}

/// As a stream of futures-core it gives the same.
#[test]
fn a_stream_is_one_for_combinators_too() {
    use futures_lite::StreamExt;

    simulated(async {
        let doubled = async_stream(1..=3, slowest_first).map(|n| n.map(|n| n * 2));
        assert_eq!(doubled.collect::<Vec<_>>().await, [2, 4, 6].map(Ok));
        let zipped = async_stream([1], exit_with).nolink().zip_input_on_exit();
        let why = TaskError::Exited(ExitReason::term(1_u32));
        assert_eq!(zipped.take(1).collect::<Vec<_>>().await, [Err((1, why))]);
    });
}
