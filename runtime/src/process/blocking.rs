//! Giving way, and code that blocks.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;

use super::exit_reason::ExitReason;
use super::step;
use crate::cell::call_node::{Answer, Awaited, node};
use crate::scheduler::{Shared, coop, with_local};

/// Lets every other runnable process have a turn first.
///
/// # In OTP
///
/// [`erlang:yield/0`](https://www.erlang.org/doc/apps/erts/erlang#yield/0).
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        coop::give_way();
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Counts work that the runtime cannot see as reductions: a process that computes much between two
/// messages gives way sooner.
///
/// # In OTP
///
/// [`erlang:bump_reductions/1`](https://www.erlang.org/doc/apps/erts/erlang#bump_reductions/1).
pub fn consume_reductions(count: u32) {
    coop::consume_many(count);
}

/// Why a blocking job gave no result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BlockingError {
    /// The job panicked.
    Panicked(ExitReason),
    /// The runtime is shutting down, or the system gives no thread.
    Refused,
}

impl fmt::Display for BlockingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockingError::Panicked(reason) => write!(f, "the blocking job {reason}"),
            BlockingError::Refused => f.write_str("the blocking pool takes no more jobs"),
        }
    }
}

impl std::error::Error for BlockingError {}

/// Runs code that blocks its thread, or computes for long, on a thread of its own, and waits for it.
///
/// Meanwhile the process is killed like any other, but the job goes on to its end. In a simulation it
/// runs at once, where it is.
///
/// # Errors
///
/// The job panicked, or the pool takes no more.
///
/// # Panics
///
/// Outside a process.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// let sum = regrow::process::blocking(|| (1..=1_000_000u64).sum::<u64>()).await?;
/// assert_eq!(sum, 500_000_500_000);
/// # Ok::<(), regrow::process::BlockingError>(())
/// # });
/// ```
pub async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlockingError> {
    let caller = step::current_pid();
    let (answer, awaited) = node(Some(caller));
    let (shared, simulated) = with_local(|local| (Arc::clone(&local.shared), local.is_simulated()));
    let job = Job {
        run: Some(job),
        answer: Some(answer),
        shared: Arc::clone(&shared),
    };
    shared.blocking_jobs.fetch_add(1, SeqCst);
    if simulated {
        job.run();
    } else if let Err(closed) = shared.blocking.submit(Box::new(move || job.run())) {
        // It answers that it was refused.
        drop(closed.job);
    }
    Waiting(Some(awaited))
        .await
        .unwrap_or(Err(BlockingError::Refused))
}

/// A job under way. Dropped before it is run, it answers that it was refused.
struct Job<F, T: Send> {
    run: Option<F>,
    answer: Option<Answer<Result<T, BlockingError>>>,
    shared: Arc<Shared>,
}

impl<T: Send, F: FnOnce() -> T> Job<F, T> {
    fn run(mut self) {
        let Some(run) = self.run.take() else { return };
        let result = catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
            BlockingError::Panicked(super::report::panic_reason(payload.as_ref()))
        });
        self.answer(result);
    }
}

impl<F, T: Send> Job<F, T> {
    fn answer(&mut self, result: Result<T, BlockingError>) {
        let Some(answer) = self.answer.take() else {
            return;
        };
        let caller = answer.give(result);
        self.shared.blocking_jobs.fetch_sub(1, SeqCst);
        if let Some(caller) = caller {
            caller.wake();
        } else if self.shared.has_settlers() {
            // Nobody wakes a scheduler for it, and one of them may be waiting for this to be over.
            self.shared.wake_one();
        }
    }
}

impl<F, T: Send> Drop for Job<F, T> {
    fn drop(&mut self) {
        self.answer(Err(BlockingError::Refused));
    }
}

struct Waiting<T>(Option<Awaited<T>>);

impl<T> Unpin for Waiting<T> {}

impl<T> Future for Waiting<T> {
    type Output = Option<T>;

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Option<T>> {
        match self.0.take().map(Awaited::take) {
            None => Poll::Ready(None),
            Some(Ok(result)) => Poll::Ready(result),
            Some(Err(awaited)) => {
                self.0 = Some(awaited);
                Poll::Pending
            }
        }
    }
}
