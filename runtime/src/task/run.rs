//! Starting tasks.

use std::convert::Infallible;
use std::future::Future;

use super::handle::{Process, Task};
use crate::cell::call_node::{self, Answer};
use crate::primitive::mapped::Mapped;
use crate::process::{Inbox, Pid, SpawnError, SpawnOptions, spawn_with, try_self_pid};

impl<T: Send + 'static> Task<T> {
    /// Runs a future in a process of its own that is linked to this one: if the task fails, this
    /// process ends with its reason before an await of it returns, unless it traps exits; and if
    /// this process fails, so does the task.
    ///
    /// # Panics
    ///
    /// Outside a process, or if there are too many of them; see [`run_with`](Task::run_with).
    ///
    /// # In OTP
    ///
    /// `Task.async/1`.
    #[track_caller]
    pub fn run(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        expect(Task::run_with(SpawnOptions::new().link(), future))
    }

    /// As [`run`](Task::run), without a link: a task that fails is an `Err` for whoever awaits it,
    /// and nothing else; and it outlives its owner.
    ///
    /// # Panics
    ///
    /// As [`run`](Task::run).
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.async_nolink/2`, without the supervisor.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::task::Task;
    ///
    /// let task = Task::run_nolink(async { "seven".parse::<u8>().expect("a number") });
    /// assert!(task.await.unwrap_err().is_crash());
    /// # });
    /// ```
    #[track_caller]
    pub fn run_nolink(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        expect(Task::run_with(SpawnOptions::new(), future))
    }

    /// Runs a future in a process that begins with these options. A monitor is made in any case.
    ///
    /// # Errors
    ///
    /// See [`SpawnError`]. There is no task.
    #[track_caller]
    pub fn run_with(
        options: SpawnOptions,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<Task<T>, SpawnError> {
        let owner = try_self_pid().ok_or(SpawnError::NoRuntime)?;
        let (answer, awaited) = call_node::node(Some(owner.local()));
        let report = Report::new(answer);
        let linked = options.is_linked();
        // The guard goes whatever becomes of the future, and with it the word that it is over.
        let work = Mapped::new(future, |value| {
            let mut report = report;
            report.give(Some(value));
        });
        let spawned = spawn_with(options.monitor(), move |_: Inbox<Infallible>| work)?;
        let monitor = spawned
            .monitor
            .unwrap_or_else(|| unreachable!("a monitor was asked for"));
        let process = Process {
            pid: spawned.process.pid(),
            owner,
            monitor,
            linked,
        };
        Ok(Task::of(process, awaited))
    }

    /// Starts a process for a future whose value nobody wants.
    ///
    /// # Panics
    ///
    /// As [`run`](Task::run).
    ///
    /// # In OTP
    ///
    /// `Task.start/1`.
    #[track_caller]
    pub fn start(future: impl Future<Output = T> + Send + 'static) -> Pid {
        start_with(SpawnOptions::new(), future)
    }

    /// As [`start`](Task::start), linked to this process.
    ///
    /// # Panics
    ///
    /// As [`run`](Task::run).
    ///
    /// # In OTP
    ///
    /// `Task.start_link/1`.
    #[track_caller]
    pub fn start_link(future: impl Future<Output = T> + Send + 'static) -> Pid {
        start_with(SpawnOptions::new().link(), future)
    }
}

#[track_caller]
fn expect<T>(result: Result<Task<T>, SpawnError>) -> Task<T> {
    match result {
        Ok(task) => task,
        Err(error) => panic!("cannot run a task: {error}"),
    }
}

#[track_caller]
fn start_with<T>(options: SpawnOptions, future: impl Future<Output = T> + Send + 'static) -> Pid
where
    T: Send + 'static,
{
    let work = Mapped::new(future, drop);
    match spawn_with(options, |_: Inbox<Infallible>| work) {
        Ok(spawned) => spawned.process.pid(),
        Err(error) => panic!("cannot start a task: {error}"),
    }
}

/// The task's end of the call node. Dropped before there is a value, it says that there is none.
pub(super) struct Report<T>(Option<Answer<T>>);

impl<T> Report<T> {
    pub(super) fn new(answer: Answer<T>) -> Report<T> {
        Report(Some(answer))
    }

    pub(super) fn give(&mut self, value: Option<T>) {
        let owner = match (self.0.take(), value) {
            (Some(answer), Some(value)) => answer.give(value),
            (Some(answer), None) => answer.drop_unanswered(),
            (None, _) => None,
        };
        if let Some(owner) = owner {
            owner.wake();
        }
    }
}

impl<T> Drop for Report<T> {
    fn drop(&mut self) {
        self.give(None);
    }
}
