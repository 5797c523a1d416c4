//! Starting a server, and waiting until it runs.
//!
//! ```text
//!   starter                                    server
//!     │ is the name free? spawn, link ────────▶ registers the name
//!     │                                         init
//!     │ ◀──────────────── it runs, or why not ──┤
//!     │                                         ends, if not
//!     │ ◀──────────────────────────── it is dead ┘
//! ```
//!
//! A start that failed is over only when the process is dead: its name is free, and no exit signal of
//! it is under way. So whoever tries again at once finds the way clear, and a starter that traps
//! exits finds nothing in its mailbox. A starter that does not, and is linked to a server that fails
//! with a crash, does not come back from here.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use super::init::{Birth, Failure, Starter};
use super::name::{IntoName, ServerName};
use super::patience::{Allowed, Patience};
use super::reference::ServerRef;
use super::run_loop::Server;
use super::server::GenServer;
use super::start_error::StartError;
use crate::cell::call_node::{self, Awaited};
use crate::cell::{Envelope, Running, waker};
use crate::process::monitor::{self, Watched};
use crate::process::spawn::{at_this_place, birth};
use crate::process::{
    Exit, ExitReason, MailboxPolicy, Monitor, MonitorOptions, Pid, Priority, SpawnError,
    SpawnOptions, demonitor_flush, exit, link, mailbox, reception, step, unlink,
};
use crate::scheduler::coop;

/// A server's start: awaiting it gives a reference to the server, once that runs.
///
/// # Errors
///
/// See [`StartError`]. The process is dead by then, and its name is free.
///
/// # Cancel safety
///
/// Dropped while it waits, it leaves the server to itself, which goes on starting.
///
/// # In OTP
///
/// [`gen_server:start/3`](https://www.erlang.org/doc/apps/stdlib/gen_server#start/3) and its kin.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::server::{Start, StartError};
/// # use regrow::{answer::Init, server::{Context, GenServer, Step}};
/// # struct Counter;
/// # impl GenServer for Counter {
/// #     type Args = i64;
/// #     fn init(_: i64, _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Counter) }
/// # }
///
/// let counter = Start::<Counter>::new(40).link().name("counter").await?;
/// let again = Start::<Counter>::new(40).name("counter").await;
/// assert_eq!(again, Err(StartError::AlreadyStarted(counter.pid())));
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[must_use = "a server is started when this is awaited"]
pub struct Start<S: GenServer, A = <S as GenServer>::Args> {
    options: SpawnOptions,
    linked: bool,
    name: Option<ServerName>,
    allowed: Allowed,
    stage: Stage<A>,
    server: PhantomData<fn() -> S>,
}

/// How far a start is.
///
/// The type of the arguments is a parameter of its own, here and in [`Start`]. As `S::Args` it would
/// have to be found anew whenever the compiler asks whether a future that holds a start is `Send`, and
/// there it knows no lifetimes: of a server whose type has a `&'static str` in it, it would not find it.
enum Stage<A> {
    /// Nothing has been done.
    New(A),
    /// The server has not said anything.
    Starting {
        pid: Pid,
        said: Awaited<Result<(), Failure>>,
        patience: Patience,
    },
    /// The start has failed, and the process is to end.
    Ending {
        pid: Pid,
        error: StartError,
        watch: Option<Monitor>,
    },
    /// It is over.
    Over,
}

// Nothing is pinned: the arguments are moved out when the server is spawned.
impl<S: GenServer> Unpin for Start<S> {}

impl<S: GenServer> Start<S> {
    /// Starts a server with these arguments, without a link.
    pub fn new(args: S::Args) -> Start<S> {
        let mut options = SpawnOptions::new().reported().trap_exit(S::TRAP_EXIT);
        if let Some((limit, policy)) = S::MAILBOX {
            options = options.mailbox_limit(limit, policy);
        }
        Start {
            options,
            linked: false,
            name: None,
            allowed: Allowed::Forever,
            stage: Stage::New(args),
            server: PhantomData,
        }
    }

    /// Links the server to the process that starts it, which becomes its parent: when it ends, so
    /// does the server, after [`terminate`](GenServer::terminate) if it traps exits.
    ///
    /// # In OTP
    ///
    /// `start_link`.
    pub fn link(mut self) -> Start<S> {
        self.options = self.options.link();
        self.linked = true;
        self
    }

    /// Monitors the server from the start, so that its [`Down`](crate::process::Down) has its own
    /// reason however soon it ends.
    ///
    /// # In OTP
    ///
    /// `start_monitor`.
    pub fn monitor(mut self) -> StartMonitor<S> {
        self.options = self.options.monitor();
        StartMonitor {
            start: self,
            monitor: None,
        }
    }

    /// Registers the server under this name before its `init` runs.
    pub fn name(mut self, name: impl IntoName<S>) -> Start<S> {
        self.name = Some(name.into_name());
        self
    }

    /// Kills the server if it does not run after this long, and gives [`StartError::Timeout`].
    /// Default: it may take as long as it takes.
    pub fn timeout(mut self, limit: Duration) -> Start<S> {
        self.allowed = Allowed::For(limit);
        self
    }

    /// As [`SpawnOptions::label`].
    pub fn label(mut self, label: impl Into<String>) -> Start<S> {
        self.options = self.options.label(label);
        self
    }

    /// As [`SpawnOptions::priority`].
    pub fn priority(mut self, priority: Priority) -> Start<S> {
        self.options = self.options.priority(priority);
        self
    }

    /// As [`SpawnOptions::mailbox_limit`], in place of [`GenServer::MAILBOX`]. A call to a server whose mailbox is full waits for room
    /// with [`MailboxPolicy::Wait`], and fails with
    /// [`Overloaded`](super::CallError::Overloaded) with [`Refuse`](MailboxPolicy::Refuse) and
    /// [`DropNewest`](MailboxPolicy::DropNewest).
    ///
    /// # Panics
    ///
    /// The limit is out of range.
    #[track_caller]
    pub fn mailbox_limit(mut self, limit: usize, policy: MailboxPolicy) -> Start<S> {
        self.options = self.options.mailbox_limit(limit, policy);
        self
    }

    /// Spawns the process.
    fn spawn(&mut self, args: S::Args) -> Result<Option<Monitor>, StartError> {
        if let Some(taken) = self.name.as_ref().and_then(ServerName::find) {
            return Err(StartError::AlreadyStarted(taken));
        }
        let starter = crate::cell::current_pid();
        if starter.is_none() {
            return Err(StartError::Spawn(SpawnError::NoRuntime));
        }
        let (answer, said) = call_node::node(starter);
        let first = Birth::<S> {
            args,
            name: self.name.take(),
            starter: Starter::new(answer),
        };
        let first = Envelope::addressed(first);
        let spawned =
            at_this_place(|place| birth::<Server<S>>(place, &self.options, None, Some(first)));
        let (pid, monitor) = spawned.map_err(StartError::Spawn)?;
        let patience = Patience::begin(self.allowed, pid.local());
        self.stage = Stage::Starting {
            pid,
            said,
            patience,
        };
        Ok(monitor)
    }

    /// Goes on with the start. Gives the monitor once, when it is there.
    fn advance(
        &mut self,
        cx: &mut Waking<'_>,
        monitor: &mut Option<Monitor>,
    ) -> Poll<Result<ServerRef<S>, StartError>> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::New(args) => *monitor = self.spawn(args)?,
                Stage::Starting {
                    pid,
                    said,
                    patience,
                } => match self.listen(pid, said, patience, cx) {
                    Some(Ok(())) => return Poll::Ready(Ok(ServerRef::of(pid))),
                    Some(Err(error)) => {
                        if let Some(monitor) = monitor.take() {
                            demonitor_flush(monitor);
                        }
                        self.stage = Stage::Ending {
                            pid,
                            error,
                            watch: None,
                        };
                    }
                    None => return Poll::Pending,
                },
                Stage::Ending {
                    pid,
                    error,
                    mut watch,
                } => {
                    if step::current(|running| self.is_over(running, pid, &mut watch, cx)) {
                        return Poll::Ready(Err(error));
                    }
                    self.stage = Stage::Ending { pid, error, watch };
                    return Poll::Pending;
                }
                Stage::Over => panic!("a start gives its server once"),
            }
        }
    }

    /// Looks whether the server has said anything, or the time is up. `None`: neither.
    fn listen(
        &mut self,
        pid: Pid,
        mut said: Awaited<Result<(), Failure>>,
        mut patience: Patience,
        cx: &mut Waking<'_>,
    ) -> Option<Result<(), StartError>> {
        said.await_by(cx.waker());
        match said.take() {
            Ok(Some(outcome)) => return Some(outcome.map_err(Into::into)),
            Ok(None) => return Some(Err(StartError::Failed(ExitReason::Killed))),
            Err(waits) => said = waits,
        }
        if patience.is_up(cx, pid.local()) {
            if self.linked {
                unlink(pid);
                self.linked = false;
                step::current(|running| forget_exit(running, pid));
            }
            exit(pid, ExitReason::Kill);
            return Some(Err(StartError::Timeout));
        }
        self.stage = Stage::Starting {
            pid,
            said,
            patience,
        };
        None
    }

    /// Whether a process that failed to start is dead, and everything of it has arrived.
    fn is_over(
        &self,
        running: Running<'_>,
        pid: Pid,
        watch: &mut Option<Monitor>,
        cx: &mut Waking<'_>,
    ) -> bool {
        reception::receive(running);
        if step::is_doomed() {
            // Linked to a server that crashed. Nothing of this process runs any more.
            return false;
        }
        // Its end comes through the link, or has, or never will because the link is gone.
        if self.linked && link::is_linked(running, pid.local()) {
            wake_as_own(running, cx);
            return false;
        }
        let mut down = *watch.get_or_insert_with(|| {
            monitor::create(running, Watched::Process(pid), None, MonitorOptions::new())
        });
        if Pin::new(&mut down).poll(cx).is_pending() {
            wake_as_own(running, cx);
            return false;
        }
        if self.linked {
            forget_exit(running, pid);
        }
        true
    }
}

/// Signals wake the process, which is enough unless something within it polls only what was woken.
fn wake_as_own(running: Running<'_>, cx: &Waking<'_>) {
    if waker::pid_of(cx.waker()) != Some(running.pid()) {
        // The end is near: looking again and again until it comes is not for long.
        coop::give_way();
        cx.waker().wake_by_ref();
    }
}

/// Takes the exit of a server that did not start out of the mailbox.
fn forget_exit(running: Running<'_>, pid: Pid) {
    let exit = mailbox::extract(running, |message| {
        message.get::<Exit>().is_some_and(|exit| exit.from == pid)
    });
    drop(exit);
}

impl<S: GenServer> Future for Start<S> {
    type Output = Result<ServerRef<S>, StartError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        ready!(coop::poll_proceed(cx));
        self.advance(cx, &mut None)
    }
}

/// As [`Start`], with a monitor: awaiting it gives both. See [`Start::monitor`].
#[must_use = "a server is started when this is awaited"]
pub struct StartMonitor<S: GenServer, A = <S as GenServer>::Args> {
    start: Start<S, A>,
    monitor: Option<Monitor>,
}

impl<S: GenServer> Future for StartMonitor<S> {
    type Output = Result<(ServerRef<S>, Monitor), StartError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        ready!(coop::poll_proceed(cx));
        let this = &mut *self;
        let server = ready!(this.start.advance(cx, &mut this.monitor))?;
        let monitor = this
            .monitor
            .take()
            .unwrap_or_else(|| unreachable!("one was asked for"));
        Poll::Ready(Ok((server, monitor)))
    }
}

impl<S: GenServer> fmt::Debug for Start<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<S: GenServer> fmt::Debug for StartMonitor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartMonitor")
            .field("name", &self.start.name)
            .finish_non_exhaustive()
    }
}
