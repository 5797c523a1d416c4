//! A task for each element of an iterator, so many at once.

use std::fmt;
use std::future::{Future, poll_fn};
use std::iter::Fuse;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use parking_lot::Mutex;

use super::element::{Element, Outcome, Stage, Starting, Window};
use super::error::TaskError;
use super::handle::Task;
use super::supervised::{Starter, entrust};
use crate::scheduler::with_local;
use crate::time::sleep;

/// How long each task may take unless it is said otherwise. Elixir's figure.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many tasks run at once in a simulation, which has one scheduler and imitates several.
const SIMULATED_CONCURRENCY: usize = 4;

/// Runs a task for each input, so many at a time, and gives what came of them one by one.
///
/// Nothing happens before it is asked for the first: tasks are started by [`next`](AsyncStream::next)
/// and belong to the process that calls it. An input is taken when there is room for its task, so an
/// iterator that never ends is fine. What has ended and was not asked for counts as running.
///
/// The tasks are linked to the process that asks, which a failing one takes along unless it traps
/// exits; see [`nolink`](AsyncStream::nolink). Dropping the stream kills the tasks that still run,
/// and leaves no notice or link of them.
///
/// It is a [`Stream`] too, for those who combine it with others.
///
/// # In OTP
///
/// `Task.async_stream/3`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::task::async_stream;
/// use regrow::{millis, time};
///
/// let mut lengths = async_stream(["one", "three"], async |word: &str| {
///     time::sleep(millis(10)).await;
///     word.len()
/// })
/// .max_concurrency(2);
/// while let Some(length) = lengths.next().await {
///     assert!(length? >= 3);
/// }
/// # Ok::<(), regrow::ExitReason>(())
/// # }).unwrap();
/// ```
pub fn async_stream<I, F, R, T>(inputs: I, work: F) -> AsyncStream<I::IntoIter, F, T>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> R,
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    AsyncStream {
        inputs: inputs.into_iter().fuse(),
        work,
        window: Window::new(),
        options: Options::default(),
        keep: |_| None,
        starter: None,
        ended: false,
    }
}

/// See [`async_stream`].
#[must_use = "no task is started before the stream is asked for the first outcome"]
pub struct AsyncStream<I: Iterator, F, T> {
    inputs: Fuse<I>,
    work: F,
    window: Window<T, I::Item>,
    options: Options,
    /// Keeps an input for the case that its task fails.
    keep: fn(&I::Item) -> Option<I::Item>,
    /// Who starts the tasks, if that is not the owner itself.
    starter: Option<Box<dyn Starter>>,
    /// Whether a task that took too long, or was not started, has ended the stream.
    ended: bool,
}

/// An [`AsyncStream`] whose failures bring their input; see [`AsyncStream::zip_input_on_exit`].
#[must_use = "no task is started before the stream is asked for the first outcome"]
pub struct ZippedStream<I: Iterator, F, T>(AsyncStream<I, F, T>);

/// How a stream goes about it.
#[derive(Debug, Clone, Copy)]
struct Options {
    max_concurrency: Option<usize>,
    order: Order,
    timeout: Duration,
    on_timeout: OnTimeout,
    link: Link,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    OfInputs,
    OfEnds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnTimeout {
    EndStream,
    KillTask,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Linked,
    Unlinked,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_concurrency: None,
            order: Order::OfInputs,
            timeout: TIMEOUT,
            on_timeout: OnTimeout::EndStream,
            link: Link::Linked,
        }
    }
}

// Nothing is pinned: inputs and outcomes are moved, and futures go to their own processes.
impl<I: Iterator, F, T> Unpin for AsyncStream<I, F, T> {}

impl<I, F, R, T> AsyncStream<I, F, T>
where
    I: Iterator,
    F: FnMut(I::Item) -> R,
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    /// How many tasks there are at once. Default: as many as the runtime has schedulers; in a
    /// simulation four.
    ///
    /// # Panics
    ///
    /// `tasks` is zero.
    #[track_caller]
    pub fn max_concurrency(mut self, tasks: usize) -> AsyncStream<I, F, T> {
        assert!(tasks > 0, "a stream needs room for one task at least");
        self.options.max_concurrency = Some(tasks);
        self
    }

    /// Gives outcomes as tasks end, not in the order of their inputs. Of tasks that have ended
    /// between one look and the next, the one with the older input comes first.
    ///
    /// # In OTP
    ///
    /// `ordered: false`.
    pub fn unordered(mut self) -> AsyncStream<I, F, T> {
        self.options.order = Order::OfEnds;
        self
    }

    /// How long each task may take, from its start. Default: five seconds. [`Duration::MAX`] never
    /// comes.
    pub fn timeout(mut self, limit: Duration) -> AsyncStream<I, F, T> {
        self.options.timeout = limit;
        self
    }

    /// Lets a task that takes too long be killed and be [`TaskError::Timeout`] in its place, and the
    /// stream go on. Otherwise that is the last outcome, and the tasks that still run are killed.
    ///
    /// # In OTP
    ///
    /// `on_timeout: kill_task`. The other way, `exit`, ends the caller there.
    pub fn kill_task_on_timeout(mut self) -> AsyncStream<I, F, T> {
        self.options.on_timeout = OnTimeout::KillTask;
        self
    }

    /// Does not link the tasks: one that fails is an `Err` in its place, and nothing else.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.async_stream_nolink/4`, without the supervisor.
    pub fn nolink(mut self) -> AsyncStream<I, F, T> {
        self.options.link = Link::Unlinked;
        self
    }

    /// Lets a failure bring the input that it is of.
    ///
    /// # In OTP
    ///
    /// `zip_input_on_exit: true`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::task::{TaskError, async_stream};
    /// use regrow::{millis, secs, time};
    ///
    /// let outcomes = async_stream([1, 100], async |n| time::sleep(secs(n)).await)
    ///     .timeout(secs(2))
    ///     .kill_task_on_timeout()
    ///     .zip_input_on_exit()
    ///     .collect()
    ///     .await;
    /// assert_eq!(outcomes, [Ok(()), Err((100, TaskError::Timeout))]);
    /// # });
    /// ```
    pub fn zip_input_on_exit(mut self) -> ZippedStream<I, F, T>
    where
        I::Item: Clone,
    {
        self.keep = |input| Some(input.clone());
        ZippedStream(self)
    }

    /// Has somebody else start the tasks.
    #[doc(hidden)]
    pub fn started_by(mut self, starter: Box<dyn Starter>) -> AsyncStream<I, F, T> {
        self.starter = Some(starter);
        self
    }

    /// The next outcome, or `None` when there are no more. Starts tasks as long as there is room.
    ///
    /// # Errors
    ///
    /// [`TaskError::Exited`] if the task gave no value, [`TaskError::Timeout`] if it took too long,
    /// and [`TaskError::NotStarted`] if its supervisor did not start it.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has taken nothing; tasks that it has started run on.
    ///
    /// # Panics
    ///
    /// Outside a process, if there are too many of them, or in another process than the one that
    /// asked first. A panic of the iterator or of `work` is its caller's.
    pub async fn next(&mut self) -> Option<Result<T, TaskError>> {
        let outcome = poll_fn(|cx| self.poll_outcome(cx)).await;
        outcome.map(|(outcome, _)| outcome)
    }

    /// All outcomes.
    pub async fn collect(mut self) -> Vec<Result<T, TaskError>> {
        let mut all = Vec::new();
        while let Some(outcome) = self.next().await {
            all.push(outcome);
        }
        all
    }

    fn poll_outcome(&mut self, cx: &mut Waking<'_>) -> Poll<Option<Outcome<T, I::Item>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.fill();
        self.window.poll_all(cx);
        if let Some(refused) = self.window.take_refused() {
            self.end();
            return Poll::Ready(Some(refused));
        }
        let taken = match self.options.order {
            Order::OfInputs => self.window.take_oldest(),
            Order::OfEnds => self.window.take_first_ended(),
        };
        let late = taken
            .as_ref()
            .is_some_and(|(outcome, _)| matches!(outcome, Err(TaskError::Timeout)));
        if late && self.options.on_timeout == OnTimeout::EndStream {
            self.end();
        }
        match taken {
            None if !self.window.is_empty() => Poll::Pending,
            taken => Poll::Ready(taken),
        }
    }

    /// Gives up what still runs.
    fn end(&mut self) {
        self.ended = true;
        self.window.clear();
    }

    /// Starts tasks as long as there is room.
    fn fill(&mut self) {
        let room = *self
            .options
            .max_concurrency
            .get_or_insert_with(default_concurrency);
        while self.window.len() < room {
            let Some(input) = self.inputs.next() else {
                return;
            };
            let kept = (self.keep)(&input);
            let future = (self.work)(input);
            let stage = self.begin(future);
            self.window
                .push(Element::new(stage, self.options.timeout, kept));
        }
    }

    /// Starts a task, or has it started.
    fn begin(&self, future: R) -> Stage<T> {
        let linked = self.options.link == Link::Linked;
        if let Some(starter) = &self.starter {
            let (work, entrusted) = entrust(future);
            return Stage::Starting(Mutex::new(Starting {
                started: starter.start(Box::pin(work)),
                entrusted,
                linked,
            }));
        }
        let task = match self.options.link {
            Link::Linked => Task::run(future),
            Link::Unlinked => Task::run_nolink(future),
        };
        Stage::Running(task, sleep(self.options.timeout))
    }
}

fn default_concurrency() -> usize {
    with_local(|local| {
        if local.is_simulated() {
            SIMULATED_CONCURRENCY
        } else {
            local.shared.config.schedulers
        }
    })
}

impl<I, F, R, T> ZippedStream<I, F, T>
where
    I: Iterator,
    F: FnMut(I::Item) -> R,
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    /// As [`AsyncStream::next`].
    ///
    /// # Errors
    ///
    /// The input, and as [`AsyncStream::next`].
    ///
    /// # Cancel safety
    ///
    /// As [`AsyncStream::next`].
    ///
    /// # Panics
    ///
    /// As [`AsyncStream::next`].
    pub async fn next(&mut self) -> Option<Result<T, (I::Item, TaskError)>> {
        poll_fn(|cx| self.0.poll_outcome(cx)).await.map(zip)
    }

    /// As [`AsyncStream::collect`].
    pub async fn collect(mut self) -> Vec<Result<T, (I::Item, TaskError)>> {
        let mut all = Vec::new();
        while let Some(outcome) = self.next().await {
            all.push(outcome);
        }
        all
    }
}

impl<I, F, R, T> Stream for AsyncStream<I, F, T>
where
    I: Iterator,
    F: FnMut(I::Item) -> R,
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    type Item = Result<T, TaskError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Option<Self::Item>> {
        let outcome = ready!(self.poll_outcome(cx));
        Poll::Ready(outcome.map(|(outcome, _)| outcome))
    }
}

impl<I, F, R, T> Stream for ZippedStream<I, F, T>
where
    I: Iterator,
    F: FnMut(I::Item) -> R,
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    type Item = Result<T, (I::Item, TaskError)>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Option<Self::Item>> {
        let outcome = ready!(self.0.poll_outcome(cx));
        Poll::Ready(outcome.map(zip))
    }
}

/// Gives a failure the input that it is of.
fn zip<T, K>((outcome, input): Outcome<T, K>) -> Result<T, (K, TaskError)> {
    outcome.map_err(|error| {
        let input = input.unwrap_or_else(|| unreachable!("every input is kept"));
        (input, error)
    })
}

impl<I: Iterator, F, T> fmt::Debug for AsyncStream<I, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncStream")
            .field("tasks", &self.window.len())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator, F, T> fmt::Debug for ZippedStream<I, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ZippedStream").field(&self.0).finish()
    }
}
