//! Asking a server to end, and waiting until it has.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use super::call_error::CallError;
use super::patience::{Allowed, Patience};
use crate::cell::{Envelope, Running};
use crate::process::monitor::{self, Watched};
use crate::process::signal::{Ask, Signal};
use crate::process::{
    ExitReason, Monitor, MonitorOptions, MonitorTarget, Pid, demonitor_flush, mailbox, names, send,
    step,
};
use crate::scheduler::coop;

/// Asks a server to end for a reason, and waits until it has.
///
/// The request is a message like any other: what was sent before is handled before. Then
/// [`terminate`](super::GenServer::terminate) runs, whether the server traps exits or not. Without a
/// [`timeout`](Stopping::timeout) this waits however long that takes.
///
/// # Errors
///
/// [`Exited`](CallError::Exited): the server ended for another reason.
/// [`NoProcess`](CallError::NoProcess): there is no such server.
/// [`Timeout`](CallError::Timeout): it has not ended in time; it still will.
/// [`Cycle`](CallError::Cycle): it is the caller itself, which should stop by what its handler gives.
///
/// # Panics
///
/// When it is awaited outside a process.
///
/// # In OTP
///
/// [`gen_server:stop/3`](https://www.erlang.org/doc/apps/stdlib/gen_server#stop/3).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::server::{Start, stop};
/// # use regrow::{answer::Init, server::{Context, GenServer, Step}};
/// # struct Counter;
/// # impl GenServer for Counter {
/// #     type Args = ();
/// #     fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Counter) }
/// # }
///
/// let counter = Start::<Counter>::new(()).await?;
/// stop(counter, ExitReason::Normal).await?;
/// assert_eq!(counter.pid().as_server::<Counter>(), None);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[expect(
    clippy::needless_pass_by_value,
    reason = "references are small and mostly `Copy`"
)]
pub fn stop(server: impl MonitorTarget, reason: ExitReason) -> Stopping {
    Stopping {
        stage: Stage::New(server.watched(), reason),
        allowed: Allowed::Forever,
    }
}

/// See [`stop`].
#[must_use = "the server is stopped when this is awaited"]
pub struct Stopping {
    stage: Stage,
    allowed: Allowed,
}

enum Stage {
    New(Watched, ExitReason),
    Waiting {
        server: Pid,
        watch: Monitor,
        reason: ExitReason,
        patience: Patience,
    },
    Over,
}

/// The request.
pub(super) struct Stop(pub(super) ExitReason);

impl Ask for Stop {
    /// It goes among the messages, in order, however full the mailbox is.
    fn answer(self: Box<Self>, of: Option<Running<'_>>) {
        if let Some(running) = of {
            mailbox::deliver_uncounted(running, Envelope::message(*self), false);
        }
    }
}

impl Stopping {
    /// Waits this long at most. Default: however long it takes.
    pub fn timeout(mut self, limit: Duration) -> Stopping {
        self.allowed = Allowed::For(limit);
        self
    }

    /// Sends the request, with a monitor before it.
    fn begin(&mut self, server: &Watched, reason: ExitReason) -> Result<(), CallError> {
        let server = match server {
            Watched::Process(pid) => Some(*pid),
            Watched::Name(name) => names::find(name),
        };
        let server = server.ok_or(CallError::NoProcess)?;
        let watch = step::current(|running| {
            if running.pid() == server.local() {
                return Err(CallError::Cycle(vec![server]));
            }
            Ok(monitor::create(
                running,
                Watched::Process(server),
                None,
                MonitorOptions::new(),
            ))
        })?;
        // If there is no such process, the monitor says so.
        let _sent = send::signal(server.local(), Signal::Ask(Box::new(Stop(reason.clone()))));
        let patience = Patience::begin(self.allowed, server.local());
        self.stage = Stage::Waiting {
            server,
            watch,
            reason,
            patience,
        };
        Ok(())
    }
}

impl Future for Stopping {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        ready!(coop::poll_proceed(cx));
        let this = &mut *self;
        match std::mem::replace(&mut this.stage, Stage::Over) {
            Stage::New(server, reason) => this.begin(&server, reason)?,
            begun => this.stage = begun,
        }
        let Stage::Waiting {
            server,
            watch,
            reason,
            patience,
        } = &mut this.stage
        else {
            panic!("a stop is over once");
        };
        let result = match Pin::new(&mut *watch).poll(cx) {
            Poll::Ready(down) if down.reason == *reason => Ok(()),
            Poll::Ready(down) if down.reason == ExitReason::NoProc => Err(CallError::NoProcess),
            Poll::Ready(down) => Err(CallError::Exited(down.reason)),
            Poll::Pending if patience.is_up(cx, server.local()) => {
                demonitor_flush(*watch);
                Err(CallError::Timeout)
            }
            Poll::Pending => return Poll::Pending,
        };
        this.stage = Stage::Over;
        Poll::Ready(result)
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        let watch = match &self.stage {
            Stage::Waiting { watch, .. } => *watch,
            Stage::New(..) | Stage::Over => return,
        };
        // Given up half way: the notice would be left in the mailbox.
        if crate::process::try_self_pid().is_some() {
            demonitor_flush(watch);
        }
    }
}

impl fmt::Debug for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopping")
    }
}
