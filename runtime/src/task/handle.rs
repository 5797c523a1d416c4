//! The handle of a task, and its outcome.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, Waker};

use crate::cell::call_node::Awaited;
use crate::cell::waker;
use crate::process::{
    Down, ExitReason, Monitor, Pid, demonitor_flush, exit, notice, self_pid, try_self_pid,
};
use crate::scheduler::coop;

/// A process that computes one value, and the right to have it.
///
/// Awaiting it gives the value, or why there is none, when the process has ended. That takes as long
/// as it takes; for a limit there are [`timeout`](Task::timeout) and [`yield_for`](Task::yield_for).
/// `task.await?` in a process ends it with the reason of a task that failed.
///
/// A task belongs to the process that made it, its *owner*, which alone can await it. It can be kept
/// in a variable or in a server's state. Dropped, it lets the process run on, its value is dropped,
/// and the link stays as it is.
///
/// # Cancel safety
///
/// `&mut task` can be awaited, dropped, and awaited again: nothing is lost.
///
/// # Panics
///
/// When it is awaited by another process than its owner; or awaited through a reference after it has
/// given its outcome.
///
/// # In OTP
///
/// The struct `Task` of Elixir, and `Task.await/2`, which exits the caller where this gives an `Err`,
/// and gives up after five seconds.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::task::Task;
///
/// let sum = Task::run(async { (1..=100).sum::<u32>() });
/// let product = Task::run(async { (1..=10).product::<u32>() });
/// assert_eq!((sum.await?, product.await?), (5050, 3_628_800));
/// # Ok::<(), regrow::ExitReason>(())
/// # }).unwrap();
/// ```
///
/// There is one outcome, so a task is awaited once:
///
/// ```compile_fail,E0382
/// # async fn twice(task: regrow::task::Task<u8>) {
/// task.await.ok();
/// task.await.ok();
/// # }
/// ```
#[must_use = "a task that nobody awaits is better started by `Task::start` or `Task::start_link`"]
pub struct Task<T> {
    /// The process; none of a task that was complete from the start.
    process: Option<Process>,
    stage: Stage<T>,
}

/// A task's process, as its owner knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    pub(super) pid: Pid,
    pub(super) owner: Pid,
    pub(super) monitor: Monitor,
    /// Whether it was linked to its owner.
    pub(super) linked: bool,
}

/// How far a task is, seen from its owner.
enum Stage<T> {
    /// There is no word of it.
    Running(Awaited<T>),
    /// This is its value, or there is none. The notice of its end is still to come.
    Ending(Option<T>),
    /// The outcome was given, or is not wanted any more.
    Over,
}

// Nothing is pinned: the value is moved out when it is there.
impl<T> Unpin for Task<T> {}

impl<T> Task<T> {
    /// The handle of a task that was just spawned.
    pub(super) fn of(process: Process, awaited: Awaited<T>) -> Task<T> {
        Task {
            process: Some(process),
            stage: Stage::Running(awaited),
        }
    }

    /// A task that is complete, without a process: for functions that mostly compute and sometimes
    /// know already.
    ///
    /// # In OTP
    ///
    /// `Task.completed/1`.
    pub fn completed(value: T) -> Task<T> {
        Task {
            process: None,
            stage: Stage::Ending(Some(value)),
        }
    }

    /// The task's process; `None` if it was complete from the start.
    pub fn pid(&self) -> Option<Pid> {
        self.process.map(|process| process.pid)
    }

    /// The outcome, of a task whose notice its owner has received among other things: by
    /// [`Inbox::receive`](crate::process::Inbox::receive), or as a server by its handler for notices. `None`: the notice is of
    /// something else, or the outcome was given before.
    ///
    /// # Panics
    ///
    /// In another process than the task's owner.
    ///
    /// # In OTP
    ///
    /// `handle_info({ref, value}, state)` and `handle_info({'DOWN', ref, …}, state)`. Here it is
    /// the notice in both cases.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::task::Task;
    ///
    /// let (_, watch) = spawn_monitor(async |mut inbox: Inbox<()>| {
    ///     let mut task = Task::run(async { 7 });
    ///     let Received::Down(down) = inbox.receive().await else { panic!("a notice was due") };
    ///     assert_eq!(task.claim(&down), Some(Ok(7)));
    /// });
    /// assert_eq!(watch.await.reason, ExitReason::Normal);
    /// # });
    /// ```
    #[track_caller]
    pub fn claim(&mut self, down: &Down) -> Option<Result<T, ExitReason>> {
        let process = self
            .process
            .filter(|process| process.monitor == down.monitor)?;
        self.assert_owned();
        self.hear(None);
        let Stage::Ending(value) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        process.flush_exit(&down.reason);
        Some(value.ok_or_else(|| down.reason.clone()))
    }

    /// Whether there is nothing to wait for any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Whether there is a value that was not given.
    pub(super) fn has_value(&self) -> bool {
        matches!(self.stage, Stage::Ending(Some(_)))
    }

    /// Whose the task is, if it has a process.
    pub(super) fn owner(&self) -> Option<Pid> {
        self.process.map(|process| process.owner)
    }

    /// Goes on with the wait for the outcome.
    pub(super) fn poll_outcome(&mut self, cx: &Waking<'_>) -> Poll<Result<T, ExitReason>> {
        self.assert_owned();
        self.hear(Some(cx.waker()));
        if let Some(outcome) = self.take_outcome() {
            return Poll::Ready(outcome);
        }
        assert!(!self.is_over(), "a task gives its outcome once");
        if matches!(self.stage, Stage::Ending(_)) {
            wake_soon(cx);
        }
        Poll::Pending
    }

    /// Looks whether there is word of the task. Whoever is named is woken when there is.
    fn hear(&mut self, waker: Option<&Waker>) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Running(mut awaited) => {
                if let Some(waker) = waker {
                    awaited.await_by(waker);
                }
                awaited.take().map_or_else(Stage::Running, Stage::Ending)
            }
            stage => stage,
        };
    }

    /// Takes the outcome if the process has ended.
    fn take_outcome(&mut self) -> Option<Result<T, ExitReason>> {
        if !matches!(self.stage, Stage::Ending(_)) {
            return None;
        }
        let reason = match self.process {
            Some(process) => process.take_end()?,
            None => ExitReason::NoProc,
        };
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Ending(value) => Some(value.ok_or(reason)),
            Stage::Running(_) | Stage::Over => None,
        }
    }

    /// Lets go of the task, with its outcome if there is one. The value of one that is about to end
    /// counts.
    pub(super) fn leave(&mut self) -> Option<Result<T, ExitReason>> {
        self.assert_owned();
        self.hear(None);
        if let Some(outcome) = self.take_outcome() {
            return Some(outcome);
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        if let Some(process) = self.process {
            process.unlink();
            demonitor_flush(process.monitor);
        }
        match stage {
            Stage::Ending(Some(value)) => Some(Ok(value)),
            _ => None,
        }
    }

    /// As [`leave`](Task::leave); if there is no outcome the process is asked to end, and not waited
    /// for.
    pub(super) fn abandon(&mut self, reason: ExitReason) -> Option<Result<T, ExitReason>> {
        if self.is_over() {
            return None;
        }
        let outcome = self.leave();
        if outcome.is_none() {
            self.exit(reason);
        }
        outcome
    }

    /// Takes the link away, so that nothing touches the owner that the process does from now on.
    pub(super) fn unlink(&self) {
        if let Some(process) = self.process {
            process.unlink();
        }
    }

    /// Sends the process an exit signal.
    pub(super) fn exit(&self, reason: ExitReason) {
        if let Some(process) = self.process {
            exit(process.pid, reason);
        }
    }

    /// # Panics
    ///
    /// The process that runs is not the task's owner.
    #[track_caller]
    pub(super) fn assert_owned(&self) {
        if let Some(process) = self.process {
            let caller = self_pid();
            assert!(
                caller == process.owner,
                "the task {} is for its owner {} to await, and this is {caller}",
                process.pid,
                process.owner,
            );
        }
    }
}

impl Process {
    /// Takes the notice of its end, and everything else that the owner has of it.
    fn take_end(self) -> Option<ExitReason> {
        let mut monitor = self.monitor;
        match Pin::new(&mut monitor).poll(&mut Waking::from_waker(Waker::noop())) {
            Poll::Ready(down) => {
                // The exit signal was sent before the notice.
                self.flush_exit(&down.reason);
                Some(down.reason)
            }
            Poll::Pending if monitor.is_active() => None,
            // Somebody else has received the notice, and not claimed it.
            Poll::Pending => Some(ExitReason::NoProc),
        }
    }

    fn flush_exit(self, reason: &ExitReason) {
        if self.linked {
            notice::flush_exit_of(self.pid, reason);
        }
    }

    fn unlink(self) {
        if self.linked {
            notice::unlink_flush(self.pid);
        }
    }
}

/// The notice wakes the owner, which is enough unless something within it polls only what was woken.
/// The end is near, so looking again and again until it comes is not for long.
fn wake_soon(cx: &Waking<'_>) {
    if waker::pid_of(cx.waker()) != crate::cell::current_pid() {
        coop::give_way();
        cx.waker().wake_by_ref();
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, ExitReason>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        self.poll_outcome(cx)
    }
}

impl<T> Drop for Task<T> {
    /// R-TASK-2. Elsewhere than in its owner nothing can be done about the notice.
    fn drop(&mut self) {
        if let Some(process) = self.process
            && !self.is_over()
            && try_self_pid() == Some(process.owner)
        {
            demonitor_flush(process.monitor);
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "Task({})", process.pid),
            None => f.write_str("Task(completed)"),
        }
    }
}
