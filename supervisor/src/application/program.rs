//! Programs: what is to be run, and what is known of it while it runs.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use regrow_runtime::gen_server::Restart;
use regrow_runtime::process::{
    AsPid, ExitReason, Pid, ProcessRef, SpawnOptions, demonitor_flush, monitor, self_pid,
    spawn_with,
};

use super::IntoApplication;
use super::control::{Command, control};
use super::error::ProgramError;
use super::master::AnyApplication;
use super::signal::{Listening, Signal};

/// An application in a program: its name, and what its end means for the others.
#[must_use = "an application is a part of a program: `Program::with`"]
pub struct App {
    pub(super) name: String,
    pub(super) application: Box<dyn AnyApplication>,
    pub(super) restart: Restart,
    pub(super) phases: Vec<String>,
}

impl App {
    /// An application under this name, which reports and errors say.
    pub fn new(name: impl Into<String>, application: impl IntoApplication) -> App {
        App {
            name: name.into(),
            application: Box::new(application.into_application()),
            restart: Restart::Permanent,
            phases: Vec::new(),
        }
    }

    /// What becomes of the program when the application's tree ends by itself. It is not started
    /// again, whatever this is. Default: permanent.
    ///
    /// | | what becomes of the program |
    /// |---|---|
    /// | [`Permanent`](Restart::Permanent) | it stops |
    /// | [`Transient`](Restart::Transient) | it stops, unless the tree has ended with `Normal`. A supervisor that gives up ends with `Shutdown` |
    /// | [`Temporary`](Restart::Temporary) | it goes on |
    ///
    /// # In OTP
    ///
    /// The type of `application:start/2`, there temporary by default; that of a release's
    /// applications is permanent.
    pub fn restart(mut self, restart: Restart) -> App {
        self.restart = restart;
        self
    }

    /// The phases of the application's start: once its tree runs,
    /// [`start_phase`](super::Application::start_phase) is called for each. Default: none.
    ///
    /// # In OTP
    ///
    /// The key `start_phases`.
    pub fn start_phases<P: Into<String>>(mut self, phases: impl IntoIterator<Item = P>) -> App {
        self.phases = phases.into_iter().map(Into::into).collect();
        self
    }
}

/// What a program runs: applications, started in order and stopped in reverse order.
///
/// Awaited, it runs until it is told to stop or cannot go on. It is told by SIGINT or SIGTERM, which
/// it listens to meanwhile; a second one cuts the time to stop short and kills what is left. So
/// a `main` that ends with `application::run(…).await` ends the program with success when it
/// was told to stop and did, and with failure otherwise.
///
/// It stops in order too when the process that started it ends.
///
/// # Errors
///
/// An application did not start, or ended though the program cannot be without it; or to stop took too
/// long. All is stopped when this is known.
///
/// # In OTP
///
/// The boot and the stop of a node, [`init:stop/0`](https://www.erlang.org/doc/apps/erts/init#stop/0).
#[must_use = "a program runs when it is awaited"]
pub struct Program {
    pub(super) applications: Vec<App>,
    pub(super) shutdown_timeout: Option<Duration>,
}

impl Default for Program {
    fn default() -> Program {
        Program::new()
    }
}

impl Program {
    /// A program without applications.
    pub fn new() -> Program {
        Program {
            applications: Vec::new(),
            shutdown_timeout: None,
        }
    }

    /// Adds an application. It is started after those that were added before, and stopped before
    /// them.
    pub fn with(mut self, application: App) -> Program {
        self.applications.push(application);
        self
    }

    /// How long all applications together may take to stop; those that are left are killed. Default:
    /// as long as they take, which the limits of the children decide.
    ///
    /// # In OTP
    ///
    /// Kernel's parameter `shutdown_timeout`, there for each application.
    pub fn shutdown_timeout(mut self, limit: Duration) -> Program {
        self.shutdown_timeout = Some(limit);
        self
    }

    /// Starts the program and gives what it is told to stop by; waits until all applications have
    /// started. It listens to no signals of the operating system: tests use this, and programs that
    /// hear of their end in other ways.
    ///
    /// # Errors
    ///
    /// [`NotStarted`](ProgramError::NotStarted): those that had started are stopped again.
    pub async fn start(self) -> Result<Running, ProgramError> {
        let running = self.begin()?;
        running.started().await?;
        Ok(running)
    }

    fn begin(self) -> Result<Running, ProgramError> {
        let state = Arc::new(Mutex::new(State::default()));
        let options = SpawnOptions::new().link().trap_exit(true).label("program");
        let parent = self_pid();
        let shared = Arc::clone(&state);
        let spawned = spawn_with(options, move |inbox| control(inbox, self, parent, shared));
        let process = spawned
            .map_err(|error| ProgramError::Killed(error.into()))?
            .process;
        Ok(Running { process, state })
    }
}

impl IntoFuture for Program {
    type Output = Result<(), ProgramError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<(), ProgramError>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let running = self.begin()?;
            let _listening = Listening::start(running.process)?;
            running.wait().await
        })
    }
}

/// What a program and those who wait for it know together.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) started: bool,
    pub(super) outcome: Option<Result<(), ProgramError>>,
    /// Whoever waits for the start.
    pub(super) waker: Option<Waker>,
}

/// A program that runs.
#[derive(Debug, Clone)]
pub struct Running {
    process: ProcessRef<Command>,
    state: Arc<Mutex<State>>,
}

impl Running {
    /// Tells the program to stop, and waits until it has.
    ///
    /// # Errors
    ///
    /// As for [`Program`].
    pub async fn stop(&self) -> Result<(), ProgramError> {
        self.process.send(Command::Stop);
        self.wait().await
    }

    /// Does to the program what a signal of the operating system does: the first one tells it to stop,
    /// and another cuts its time to stop short.
    pub fn signal(&self, signal: Signal) {
        self.process.send(Command::Signal(signal));
    }

    /// Waits until the program has ended.
    ///
    /// # Errors
    ///
    /// As for [`Program`].
    pub async fn wait(&self) -> Result<(), ProgramError> {
        let reason = monitor(self.process).await.reason;
        self.outcome(reason)
    }

    fn outcome(&self, reason: ExitReason) -> Result<(), ProgramError> {
        let outcome = self.state.lock().outcome.clone();
        outcome.unwrap_or(Err(ProgramError::Killed(reason)))
    }

    /// Waits until all applications have started.
    async fn started(&self) -> Result<(), ProgramError> {
        let mut watch = monitor(self.process);
        poll_fn(|cx| {
            if Pin::new(&mut watch).poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut state = self.state.lock();
            if state.started {
                return Poll::Ready(());
            }
            state.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        demonitor_flush(watch);
        if self.state.lock().started {
            return Ok(());
        }
        self.wait().await
    }
}

impl AsPid for Running {
    fn as_pid(&self) -> Pid {
        self.process.pid()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("name", &self.name)
            .field("restart", &self.restart)
            .field("phases", &self.phases)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("applications", &self.applications)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish()
    }
}
