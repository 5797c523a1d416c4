//! Waiting for several tasks at once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use super::error::TaskError;
use super::handle::Task;
use crate::process::ExitReason;
use crate::time::{Sleep, sleep};

/// How long [`yield_many`] waits unless it is told otherwise. Elixir's figure.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Waits for all of these tasks, and gives their values in the order of the tasks.
///
/// Fails as soon as one of them does. The others are then asked to end, as they are when the time is
/// up, and the links to them are taken away.
///
/// # Errors
///
/// [`TaskError::Exited`] if a task gave no value, [`TaskError::Timeout`] if there is a
/// [limit](AwaitMany::timeout) and it has come.
///
/// # Cancel safety
///
/// Dropped before it is done, it lets go of the tasks as if they were dropped.
///
/// # Panics
///
/// When it is awaited by another process than the tasks' owner.
///
/// # In OTP
///
/// `Task.await_many/2`, which ends the caller where this gives an `Err`, and by their links the
/// tasks; and which gives up after five seconds unless it is told otherwise.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::task::{Task, await_many};
///
/// let squares = await_many((1..=3).map(|n| Task::run(async move { n * n }))).await?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), regrow::ExitReason>(())
/// # }).unwrap();
/// ```
pub fn await_many<T>(tasks: impl IntoIterator<Item = Task<T>>) -> AwaitMany<T> {
    let tasks: Vec<Task<T>> = tasks.into_iter().collect();
    AwaitMany {
        values: tasks.iter().map(|_| None).collect(),
        tasks,
        limit: None,
        sleep: None,
    }
}

/// See [`await_many`].
#[must_use = "tasks are awaited when this is awaited"]
pub struct AwaitMany<T> {
    tasks: Vec<Task<T>>,
    /// What has come, by place.
    values: Vec<Option<T>>,
    limit: Option<Duration>,
    sleep: Option<Sleep>,
}

// Nothing is pinned.
impl<T> Unpin for AwaitMany<T> {}

impl<T> AwaitMany<T> {
    /// Waits this long for all of them together, from when it is first polled. Default: as long as
    /// it takes.
    pub fn timeout(mut self, limit: Duration) -> AwaitMany<T> {
        self.limit = Some(limit);
        self
    }

    fn give_up(&mut self) {
        for task in &mut self.tasks {
            drop(task.abandon(ExitReason::Shutdown));
        }
    }

    /// Takes the values, if all are there.
    fn take_values(&mut self) -> Option<Vec<T>> {
        if self.values.iter().any(Option::is_none) {
            return None;
        }
        Some(self.values.drain(..).flatten().collect())
    }
}

impl<T> Future for AwaitMany<T> {
    type Output = Result<Vec<T>, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        for (task, value) in this.tasks.iter_mut().zip(&mut this.values) {
            if value.is_some() {
                continue;
            }
            match task.poll_outcome(cx) {
                Poll::Ready(Ok(came)) => *value = Some(came),
                Poll::Ready(Err(reason)) => {
                    this.give_up();
                    return Poll::Ready(Err(TaskError::Exited(reason)));
                }
                Poll::Pending => {}
            }
        }
        if let Some(values) = this.take_values() {
            return Poll::Ready(Ok(values));
        }
        let Some(limit) = this.limit else {
            return Poll::Pending;
        };
        ready!(Pin::new(this.sleep.get_or_insert_with(|| sleep(limit))).poll(cx));
        for (task, value) in this.tasks.iter_mut().zip(&mut this.values) {
            if value.is_none() {
                *value = task.take_value();
            }
        }
        let values = this.take_values();
        this.give_up();
        Poll::Ready(values.ok_or(TaskError::Timeout))
    }
}

/// What [`yield_many`] does with the tasks that are not done when the time is up.
///
/// # In OTP
///
/// The option `on_timeout` of `Task.yield_many/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnTimeout {
    /// Nothing: they can be asked again. The default.
    #[default]
    Nothing,
    /// They are let go of, as by [`Task::ignore`].
    Ignore,
    /// They are killed, as by [`Task::shutdown`].
    KillTask,
}

/// Waits for several tasks, five seconds unless told otherwise, and gives what came of each, in the
/// order of the tasks: its outcome, or `None` if it is not done.
///
/// Tasks that are not done can be asked again. Those whose outcome was given before are `None`, and
/// are not waited for.
///
/// # Cancel safety
///
/// Dropped before it is done, it loses the outcomes that had come by then.
///
/// # Panics
///
/// When it is awaited by another process than the tasks' owner.
///
/// # In OTP
///
/// `Task.yield_many/2`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::task::{OnTimeout, Task, yield_many};
/// use regrow::{millis, secs, time};
///
/// let mut tasks = [1, 10].map(|n| Task::run(async move {
///     time::sleep(secs(n)).await;
///     n
/// }));
/// let outcomes = yield_many(&mut tasks)
///     .timeout(millis(1_500))
///     .on_timeout(OnTimeout::KillTask)
///     .await;
/// assert_eq!(outcomes, [Some(Ok(1)), None]);
/// # });
/// ```
pub fn yield_many<T>(tasks: &mut [Task<T>]) -> YieldMany<'_, T> {
    YieldMany {
        outcomes: tasks.iter().map(|_| None).collect(),
        tasks,
        enough: usize::MAX,
        limit: TIMEOUT,
        on_timeout: OnTimeout::default(),
        sleep: None,
        killing: false,
    }
}

/// See [`yield_many`].
#[must_use = "tasks are awaited when this is awaited"]
pub struct YieldMany<'a, T> {
    tasks: &'a mut [Task<T>],
    /// What has come, by place.
    outcomes: Vec<Option<Result<T, ExitReason>>>,
    /// How many outcomes are enough.
    enough: usize,
    limit: Duration,
    on_timeout: OnTimeout,
    sleep: Option<Sleep>,
    /// Whether the time is up, and what is left was killed.
    killing: bool,
}

// Nothing is pinned.
impl<T> Unpin for YieldMany<'_, T> {}

impl<'a, T> YieldMany<'a, T> {
    /// Waits this long, from when it is first polled. Default: five seconds. [`Duration::MAX`] never
    /// comes.
    pub fn timeout(mut self, limit: Duration) -> YieldMany<'a, T> {
        self.limit = limit;
        self
    }

    /// Waits for this many outcomes, and no more. What is not done then is left as it is. Default:
    /// for all.
    ///
    /// # Panics
    ///
    /// `outcomes` is zero.
    #[track_caller]
    pub fn limit(mut self, outcomes: usize) -> YieldMany<'a, T> {
        assert!(outcomes > 0, "to wait for no outcome is not to wait");
        self.enough = outcomes;
        self
    }

    /// What is done with the tasks that are not done when the time is up. Default: nothing.
    pub fn on_timeout(mut self, what: OnTimeout) -> YieldMany<'a, T> {
        self.on_timeout = what;
        self
    }

    /// Takes what has come. Whether there is anything left to wait for.
    fn collect(&mut self, cx: &Waking<'_>) -> bool {
        let mut open = false;
        for (task, outcome) in self.tasks.iter_mut().zip(&mut self.outcomes) {
            if task.is_over() {
                continue;
            }
            match task.poll_outcome(cx) {
                // That was us.
                Poll::Ready(Err(ExitReason::Killed)) if self.killing => {}
                Poll::Ready(came) => *outcome = Some(came),
                Poll::Pending => open = true,
            }
        }
        open
    }

    /// Does what is to be done with the tasks that are left. Whether that takes time.
    fn time_is_up(&mut self) -> bool {
        for (task, outcome) in self.tasks.iter_mut().zip(&mut self.outcomes) {
            if task.is_over() {
                continue;
            }
            match self.on_timeout {
                OnTimeout::Nothing => *outcome = task.take_value().map(Ok),
                OnTimeout::Ignore => *outcome = task.leave(),
                OnTimeout::KillTask => {
                    task.unlink();
                    task.exit(ExitReason::Kill);
                }
            }
        }
        self.killing = self.on_timeout == OnTimeout::KillTask;
        self.killing
    }
}

impl<T> Future for YieldMany<'_, T> {
    type Output = Vec<Option<Result<T, ExitReason>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut open = this.collect(cx);
        if open && !this.killing && this.outcomes.iter().flatten().count() < this.enough {
            let limit = this.limit;
            ready!(Pin::new(this.sleep.get_or_insert_with(|| sleep(limit))).poll(cx));
            if this.time_is_up() {
                open = this.collect(cx);
            }
        }
        if open && this.killing {
            return Poll::Pending;
        }
        Poll::Ready(std::mem::take(&mut this.outcomes))
    }
}

impl<T> fmt::Debug for AwaitMany<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwaitMany").field(&self.tasks).finish()
    }
}

impl<T> fmt::Debug for YieldMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("YieldMany").field(&self.tasks).finish()
    }
}
