//! Waiting for a task with a limit, shutting it down, ignoring it.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use super::error::TaskError;
use super::handle::Task;
use crate::gen_server::Shutdown;
use crate::process::ExitReason;
use crate::time::{Sleep, sleep};

/// Waits for a task, for so long; see [`Task::timeout`].
#[must_use = "a task is awaited when this is awaited"]
pub struct TaskTimeout<T> {
    task: Task<T>,
    sleep: Sleep,
}

// Nothing is pinned.
impl<T> Unpin for TaskTimeout<T> {}

impl<T> Task<T> {
    /// Waits for the task, for this long from now. When the time is up the task is asked to end,
    /// with [`ExitReason::Shutdown`], and the link to it is taken away.
    ///
    /// To ask again later, or to let the task go on, there is [`yield_for`](Task::yield_for).
    ///
    /// # Errors
    ///
    /// [`TaskError::Timeout`] when the time is up, [`TaskError::Exited`] if the task gave no value.
    ///
    /// # Panics
    ///
    /// As the task itself when it is awaited.
    ///
    /// # In OTP
    ///
    /// `Task.await/2`, which ends the caller when the time is up, and by its link the task.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::task::{Task, TaskError};
    /// use regrow::{millis, time};
    ///
    /// let slow = Task::run(async { time::sleep(millis(200)).await });
    /// assert_eq!(slow.timeout(millis(100)).await, Err(TaskError::Timeout));
    /// # });
    /// ```
    pub fn timeout(self, limit: Duration) -> TaskTimeout<T> {
        TaskTimeout {
            task: self,
            sleep: sleep(limit),
        }
    }

    /// Waits for the task, for this long at most. `None`: it is not done, and can be asked again. A
    /// task that has given its outcome is `None` at once.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has taken nothing.
    ///
    /// # Panics
    ///
    /// In another process than the task's owner.
    ///
    /// # In OTP
    ///
    /// `Task.yield/2`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::task::Task;
    /// use regrow::{millis, time};
    ///
    /// let mut slow = Task::run(async { time::sleep(millis(200)).await });
    /// assert_eq!(slow.yield_for(millis(100)).await, None);
    /// assert_eq!(slow.yield_for(millis(101)).await, Some(Ok(())));
    /// # });
    /// ```
    pub async fn yield_for(&mut self, limit: Duration) -> Option<Result<T, ExitReason>> {
        if self.is_over() {
            return None;
        }
        let mut sleep = sleep(limit);
        poll_fn(|cx| {
            if let Poll::Ready(outcome) = self.poll_outcome(cx) {
                return Poll::Ready(Some(outcome));
            }
            ready!(Pin::new(&mut sleep).poll(cx));
            Poll::Ready(self.take_value().map(Ok))
        })
        .await
    }

    /// Ends the task and waits until it has ended. `None`: it was ended by this. Otherwise it had
    /// ended by itself before, or went another way than it was asked to, and this is the outcome.
    ///
    /// The link is taken away first, so nothing of this touches the owner. A task that traps exits
    /// and has not ended after the time in [`Shutdown::After`] is killed, which is
    /// `Some(Err(ExitReason::Killed))`.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has asked the task to end.
    ///
    /// # Panics
    ///
    /// In another process than the task's owner.
    ///
    /// # In OTP
    ///
    /// `Task.shutdown/2`, where the time is five seconds unless it is said:
    /// [`Shutdown::default()`].
    ///
    /// # Examples
    ///
    /// A task gets five seconds and not one more:
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::{task::Task, time};
    ///
    /// let mut task = Task::run(async { time::sleep(secs(60)).await });
    /// let outcome = match task.yield_for(secs(5)).await {
    ///     None => task.shutdown(Shutdown::BrutalKill).await,
    ///     outcome => outcome,
    /// };
    /// assert_eq!(outcome, None);
    /// # });
    /// ```
    pub async fn shutdown(mut self, how: Shutdown) -> Option<Result<T, ExitReason>> {
        self.assert_owned();
        if self.is_over() {
            return None;
        }
        let (signal, limit, quiet) = match how {
            Shutdown::BrutalKill => (ExitReason::Kill, Duration::MAX, ExitReason::Killed),
            Shutdown::After(limit) => (ExitReason::Shutdown, limit, ExitReason::Shutdown),
            Shutdown::Infinity => (ExitReason::Shutdown, Duration::MAX, ExitReason::Shutdown),
        };
        self.unlink();
        self.exit(signal);
        let mut outcome = self.yield_for(limit).await;
        if outcome.is_none() {
            self.exit(ExitReason::Kill);
            outcome = Some(poll_fn(|cx| self.poll_outcome(cx)).await);
        }
        outcome.filter(|outcome| !matches!(outcome, Err(reason) if *reason == quiet))
    }

    /// Lets go of the task: it runs on, unlinked, and its value is dropped when it is there. If it
    /// has ended by now this is its outcome, and `None` otherwise. Does not wait.
    ///
    /// # Panics
    ///
    /// In another process than the task's owner.
    ///
    /// # In OTP
    ///
    /// `Task.ignore/1`.
    #[track_caller]
    pub fn ignore(mut self) -> Option<Result<T, ExitReason>> {
        self.leave()
    }

    /// The value of a task that is about to end, which is in time.
    pub(super) fn take_value(&mut self) -> Option<T> {
        if self.has_value() {
            self.leave().and_then(Result::ok)
        } else {
            None
        }
    }
}

impl<T> Future for TaskTimeout<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(outcome) = self.task.poll_outcome(cx) {
            return Poll::Ready(outcome.map_err(TaskError::Exited));
        }
        ready!(Pin::new(&mut self.sleep).poll(cx));
        let late = self.task.abandon(ExitReason::Shutdown);
        Poll::Ready(match late {
            Some(outcome) => outcome.map_err(TaskError::Exited),
            None => Err(TaskError::Timeout),
        })
    }
}

impl<T> fmt::Debug for TaskTimeout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskTimeout").field(&self.task).finish()
    }
}
