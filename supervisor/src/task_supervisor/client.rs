//! What a reference to a supervisor of tasks can do.

use std::future::Future;

use regrow_runtime::gen_server::{Address, Call, CallError, Target};
use regrow_runtime::process::{AsPid, ExitReason, Pid};
use regrow_runtime::task::{
    AsyncStream, Started, Starter, TaskServer, Work, async_stream, entrust,
};

use super::TaskSupervisor;
use super::start::{RunTask, StartTask};
use crate::child::info::ChildProcess;
use crate::child::spec::ChildSpec;
use crate::dynamic::DynamicSupervisor;
use crate::error::NoSuchChild;

/// What a reference to a [`TaskSupervisor`] can do: a [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// A task is somebody's: the process that asks for it is its *owner*, as of a
/// [`Task`](regrow_runtime::task::Task) that it runs itself, and alone can await it. The supervisor is
/// its parent, which stops it.
pub trait TaskSupervisorClient: Target<TaskSupervisor> + 'static {}

impl<T: Target<TaskSupervisor> + 'static> TaskSupervisorClient for T {}

impl dyn TaskSupervisorClient {
    /// Runs a future as a task that is linked to the caller: if it fails, so does the caller, unless
    /// that traps exits, and the other way round.
    ///
    /// # Errors
    ///
    /// Of the future that this gives: [`MaxChildren`](crate::StartChildError::MaxChildren) if there
    /// are as many tasks as there may be, [`NoProcess`](crate::StartChildError::NoProcess) if the
    /// supervisor is not there. Nothing of the future has run then.
    ///
    /// # Panics
    ///
    /// Outside a process.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.async/3`, which raises where this gives an error.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::supervisor::TaskSupervisor;
    ///
    /// let tasks = TaskSupervisor::new().start_link().await?;
    /// let task = tasks.run(async { 6 * 7 }).shutdown(Shutdown::BrutalKill).await?;
    /// assert_eq!(task.await?, 42);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> RunTask<T> {
        let (work, entrusted) = entrust(future);
        RunTask::new(
            tasks_of(self),
            ChildSpec::<TaskServer<_>>::once(work),
            entrusted,
            true,
        )
    }

    /// As [`run`](#method.run), without a link to the caller: a task that fails is an `Err` for whoever
    /// awaits it, and nothing else.
    ///
    /// # Errors
    ///
    /// As [`run`](#method.run).
    ///
    /// # Panics
    ///
    /// Outside a process.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.async_nolink/3`.
    #[track_caller]
    pub fn run_nolink<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> RunTask<T> {
        let (work, entrusted) = entrust(future);
        RunTask::new(
            tasks_of(self),
            ChildSpec::<TaskServer<_>>::once(work),
            entrusted,
            false,
        )
    }

    /// Runs a task for each input, so many at a time, and gives what came of them one by one. The
    /// tasks are linked to the process that asks for the outcomes.
    ///
    /// It is the stream of [`async_stream`], all of whose options it has. A task that is not started is
    /// the last outcome, [`NotStarted`](regrow_runtime::task::TaskError::NotStarted), and what still
    /// runs is killed: `max_concurrency` must not be more than there is room for.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.async_stream/4`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::supervisor::TaskSupervisor;
    ///
    /// let tasks = TaskSupervisor::new().start_link().await?;
    /// let squares = tasks.async_stream([1, 2, 3], async |n| n * n);
    /// assert_eq!(squares.collect().await, [Ok(1), Ok(4), Ok(9)]);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn async_stream<I, F, R, T>(&self, inputs: I, work: F) -> AsyncStream<I::IntoIter, F, T>
    where
        I: IntoIterator,
        F: FnMut(I::Item) -> R,
        R: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        async_stream(inputs, work).started_by(Box::new(tasks_of(self)))
    }

    /// As [`async_stream`](#method.async_stream), without links: a task that fails is an `Err` in its
    /// place, and nothing else.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.async_stream_nolink/4`.
    pub fn async_stream_nolink<I, F, R, T>(
        &self,
        inputs: I,
        work: F,
    ) -> AsyncStream<I::IntoIter, F, T>
    where
        I: IntoIterator,
        F: FnMut(I::Item) -> R,
        R: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.async_stream(inputs, work).nolink()
    }

    /// Starts a task whose value nobody wants. It is linked to nobody but the supervisor, and never
    /// started again.
    ///
    /// # Errors
    ///
    /// As [`run`](#method.run).
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.start_child/3`.
    pub fn start_child(&self, future: impl Future<Output: Send> + Send + 'static) -> StartTask {
        StartTask::new(tasks_of(self), ChildSpec::<TaskServer<_>>::once(future))
    }

    /// As [`start_child`](#method.start_child), of a task that can be started again, because its future
    /// is made afresh at each start: see [`ChildSpec::task`].
    ///
    /// # Errors
    ///
    /// As [`run`](#method.run).
    ///
    /// # In OTP
    ///
    /// The options `restart` and `shutdown` of `Task.Supervisor.start_child/3`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::supervisor::TaskSupervisor;
    ///
    /// # async fn upload() {}
    /// let tasks = TaskSupervisor::new().start_link().await?;
    /// let uploads = ChildSpec::task(upload).restart(Restart::Transient);
    /// tasks.start_child_with(uploads).await?;
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn start_child_with<F>(&self, spec: ChildSpec<TaskServer<F>>) -> StartTask
    where
        F: Future<Output: Send> + Send + 'static,
    {
        StartTask::new(tasks_of(self), spec)
    }

    /// Stops a task, as it was said when it was started, and forgets it. Of one that somebody awaits,
    /// the await gives the reason.
    ///
    /// # Errors
    ///
    /// The process is no task of the supervisor.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.terminate_child/2`.
    pub fn terminate_child(&self, task: impl AsPid) -> Call<(), NoSuchChild> {
        tasks_of(self).client().terminate_child(task)
    }

    /// The tasks that run, in no order.
    ///
    /// # Errors
    ///
    /// Of the future that this gives: the supervisor is not there, or has ended before it answered.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.children/1`.
    pub fn children(&self) -> impl Future<Output = Result<Vec<Pid>, CallError>> + Send + use<> {
        let children = tasks_of(self).client().which_children();
        async {
            let children = children.await?.into_iter();
            let running = children.filter_map(|child| match child.process {
                ChildProcess::Running(pid) => Some(pid),
                _ => None,
            });
            Ok(running.collect())
        }
    }
}

/// The process of a supervisor of tasks, as the dynamic supervisor that it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tasks(Option<Pid>);

fn tasks_of(supervisor: &dyn TaskSupervisorClient) -> Tasks {
    Tasks(supervisor.address().pid())
}

impl Tasks {
    /// What a dynamic supervisor can do.
    pub(super) fn client(&self) -> &dyn crate::DynamicSupervisorClient {
        self
    }
}

impl Target<DynamicSupervisor> for Tasks {
    fn address(&self) -> Address<DynamicSupervisor> {
        self.0.into()
    }
}

impl Starter for Tasks {
    fn start(&self, work: Work) -> Started {
        let asked = self
            .client()
            .start_child(ChildSpec::<TaskServer<Work>>::once(work));
        Box::pin(async {
            let started = asked.await.and_then(super::start::process_of);
            started.map_err(ExitReason::from)
        })
    }
}
