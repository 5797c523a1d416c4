//! Starts: of the supervisor, and of its tasks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use regrow_runtime::gen_server::{IntoName, ServerRef, Shutdown, Start, StartError};
use regrow_runtime::process::{AsPid, Pid, Priority};
use regrow_runtime::task::{Entrusted, Task};

use super::TaskSupervisor;
use super::client::Tasks;
use crate::child::request::StartChild;
use crate::child::spec::{AnyChildSpec, DynamicChild};
use crate::child::started::StartedChild;
use crate::dynamic::DynamicSupervisor;

use crate::error::StartChildError;

/// The start of a [`TaskSupervisor`]: awaiting it gives a reference to the supervisor.
///
/// # Errors
///
/// See [`StartError`].
///
/// # Cancel safety
///
/// As [`Start`].
#[must_use = "a supervisor is started when this is awaited"]
pub struct StartTaskSupervisor(Start<DynamicSupervisor>);

impl StartTaskSupervisor {
    pub(super) fn new(tasks: DynamicSupervisor) -> StartTaskSupervisor {
        StartTaskSupervisor(tasks.start())
    }

    /// As [`Start::link`].
    pub fn link(self) -> StartTaskSupervisor {
        StartTaskSupervisor(self.0.link())
    }

    /// As [`Start::name`].
    pub fn name(self, name: impl IntoName<TaskSupervisor>) -> StartTaskSupervisor {
        StartTaskSupervisor(self.0.name(name.into_name()))
    }

    /// As [`Start::timeout`].
    pub fn timeout(self, limit: Duration) -> StartTaskSupervisor {
        StartTaskSupervisor(self.0.timeout(limit))
    }

    /// As [`Start::label`].
    pub fn label(self, label: impl Into<String>) -> StartTaskSupervisor {
        StartTaskSupervisor(self.0.label(label))
    }

    /// As [`Start::priority`].
    pub fn priority(self, priority: Priority) -> StartTaskSupervisor {
        StartTaskSupervisor(self.0.priority(priority))
    }
}

impl Future for StartTaskSupervisor {
    type Output = Result<ServerRef<TaskSupervisor>, StartError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        let started = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(started.map(|server| ServerRef::of(server.pid())))
    }
}

/// A task's process that is being started.
struct Asking {
    supervisor: Tasks,
    spec: Option<AnyChildSpec>,
    asked: Option<StartChild<StartedChild<Pid>>>,
}

impl Asking {
    fn new(supervisor: Tasks, spec: impl DynamicChild) -> Asking {
        Asking {
            supervisor,
            spec: Some(spec.into_any()),
            asked: None,
        }
    }

    fn shutdown(&mut self, shutdown: Shutdown) {
        self.spec = self.spec.take().map(|spec| spec.shutdown(shutdown));
    }

    fn poll(&mut self, cx: &mut Waking<'_>) -> Poll<Result<Pid, StartChildError>> {
        if let Some(spec) = self.spec.take() {
            self.asked = Some(self.supervisor.client().start_child(spec));
        }
        match &mut self.asked {
            Some(asked) => Pin::new(asked)
                .poll(cx)
                .map(|started| started.and_then(process_of)),
            None => unreachable!("what is to be started was asked for"),
        }
    }
}

/// The process of a task that was started.
pub(super) fn process_of(started: StartedChild<impl AsPid>) -> Result<Pid, StartChildError> {
    let task = started.running();
    // A task always begins, so there is one.
    task.map(|task| task.as_pid())
        .ok_or(StartChildError::Ignored)
}

/// A task that a supervisor is asked to run; awaiting it gives the [`Task`].
///
/// # Errors
///
/// See [`run`](crate::TaskSupervisorClient#method.run).
///
/// # Cancel safety
///
/// Dropped before it is done, the task does not run, though its process may have been started.
///
/// # Panics
///
/// When it is awaited by another process than the one that asked for it.
#[must_use = "a task is run when this is awaited"]
pub struct RunTask<T> {
    asking: Asking,
    entrusted: Option<Entrusted<T>>,
    linked: bool,
}

impl<T> RunTask<T> {
    pub(super) fn new(
        supervisor: Tasks,
        spec: impl DynamicChild,
        entrusted: Entrusted<T>,
        linked: bool,
    ) -> RunTask<T> {
        RunTask {
            asking: Asking::new(supervisor, spec),
            entrusted: Some(entrusted),
            linked,
        }
    }

    /// How the supervisor stops the task. Default: it is asked to end, and has five seconds.
    pub fn shutdown(mut self, shutdown: Shutdown) -> RunTask<T> {
        self.asking.shutdown(shutdown);
        self
    }
}

// Nothing is pinned.
impl<T> Unpin for RunTask<T> {}

impl<T> Future for RunTask<T> {
    type Output = Result<Task<T>, StartChildError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        let process = ready!(self.asking.poll(cx))?;
        match self.entrusted.take() {
            Some(entrusted) => Poll::Ready(Ok(entrusted.begin(process, self.linked))),
            None => panic!("a task is run once"),
        }
    }
}

/// A task that a supervisor is asked to start; awaiting it gives its process.
///
/// # Errors
///
/// See [`run`](crate::TaskSupervisorClient#method.run).
///
/// # Cancel safety
///
/// Dropped after the first poll, it has asked, and the task is started if the supervisor has begun
/// to.
#[must_use = "a task is started when this is awaited"]
pub struct StartTask(Asking);

impl StartTask {
    pub(super) fn new(supervisor: Tasks, spec: impl DynamicChild) -> StartTask {
        StartTask(Asking::new(supervisor, spec))
    }

    /// How the supervisor stops the task. Default: what its specification says, which is five seconds
    /// unless it says otherwise.
    pub fn shutdown(mut self, shutdown: Shutdown) -> StartTask {
        self.0.shutdown(shutdown);
        self
    }
}

impl Future for StartTask {
    type Output = Result<Pid, StartChildError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        self.0.poll(cx)
    }
}

impl fmt::Debug for StartTaskSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StartTaskSupervisor").field(&self.0).finish()
    }
}

impl<T> fmt::Debug for RunTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunTask")
            .field("supervisor", &self.asking.supervisor)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StartTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartTask")
            .field("supervisor", &self.0.supervisor)
            .finish_non_exhaustive()
    }
}
