//! What a handler can do with its server.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::agenda::{self, Standing};
use super::message::{Continue, Info};
use super::reference::ServerRef;
use super::server::{GenServer, HandleContinue, HandleInfo};
use crate::cell::{Envelope, Running};
use crate::process::signal::{Ask, Signal};
use crate::process::{AsPid, Pid, flag, mailbox, self_pid, step};
use crate::scheduler::Due;
use crate::time::tick::Tick;
use crate::time::{self, TimerRef};

/// The server that runs, as its handlers see it.
///
/// It holds nothing: all that can be done with it is done to the process that runs.
pub struct Context<S> {
    server: PhantomData<fn() -> S>,
}

#[expect(
    clippy::unused_self,
    reason = "having a context is what shows that the server runs"
)]
impl<S: GenServer> Context<S> {
    /// A context, for as long as a handler wants to keep it.
    pub(crate) fn lend() -> &'static mut Context<S> {
        const { assert!(size_of::<Context<S>>() == 0, "leaking it must cost nothing") };
        Box::leak(Box::new(Context {
            server: PhantomData,
        }))
    }

    /// This server.
    pub fn this(&self) -> ServerRef<S> {
        ServerRef::of(self.pid())
    }

    /// This process's identity.
    pub fn pid(&self) -> Pid {
        self_pid()
    }

    /// As [`process::trap_exit`](crate::process::trap_exit); see also [`GenServer::TRAP_EXIT`].
    pub fn trap_exit(&mut self, on: bool) -> bool {
        flag::trap_exit(on)
    }

    /// Asks the server to go on with this when the handler is done, before it looks at any message,
    /// those that it has sent itself meanwhile included. A start is over, and a reply is sent, before
    /// that. Several are done in the order in which they were asked for. If the handler stops the
    /// server, none is.
    ///
    /// # In OTP
    ///
    /// `{continue, Continue}` in what a callback returns.
    pub fn continue_with<M: Send + 'static>(&mut self, message: M)
    where
        S: HandleContinue<M>,
    {
        let message = Continue::<S, M> {
            message,
            to: PhantomData,
        };
        step::current(|running| agenda::add_first(running, Envelope::addressed(message)));
    }

    /// As [`continue_with`](Context::continue_with), but the message comes at this time, among the
    /// others, however full the mailbox is. The timer goes with the server.
    pub(crate) fn continue_at<M: Send + 'static>(&mut self, at: Tick, message: M) -> TimerRef
    where
        S: HandleContinue<M>,
    {
        let message = Continue::<S, M> {
            message,
            to: PhantomData,
        };
        let this = self.pid().local();
        let arrive = Signal::Ask(Box::new(Arrive(Envelope::addressed(message))));
        time::timer::set(at, Some(this), Due::Push(this, Envelope::signal(arrive)))
    }

    /// Sends the server a message after this long. The timer goes with the server.
    ///
    /// # In OTP
    ///
    /// `erlang:send_after(Time, self(), Message)`.
    pub fn send_after<M: Send + 'static>(&mut self, after: Duration, message: M) -> TimerRef
    where
        S: HandleInfo<M>,
    {
        let message = Info::<S, M> {
            message,
            to: PhantomData,
        };
        let this = self.pid().local();
        let due = Due::Push(this, Envelope::addressed(message));
        time::timer::after(after, Some(this), due)
    }

    /// Sends the server a message again and again, the first time after one period; see
    /// [`send_interval`](time::send_interval).
    ///
    /// # Panics
    ///
    /// The period is zero.
    ///
    /// # In OTP
    ///
    /// `timer:send_interval(Time, self(), Message)`.
    #[track_caller]
    pub fn send_interval<M: Clone + Send + 'static>(
        &mut self,
        period: Duration,
        message: M,
    ) -> TimerRef
    where
        S: HandleInfo<M>,
    {
        time::send_interval(period, self.this(), message)
    }

    /// Changes how long the server waits for a message each time, from now on: in place of
    /// [`GenServer::IDLE_TIMEOUT`]. `None` is as long as it takes.
    pub fn set_idle_timeout(&mut self, timeout: Option<Duration>) {
        let standing = if timeout == S::IDLE_TIMEOUT {
            Standing::AsTyped
        } else {
            Standing::Changed(timeout)
        };
        step::current(|running| agenda::set_standing(running, standing));
    }
}

/// A message that no full mailbox refuses.
struct Arrive(Envelope);

impl Ask for Arrive {
    fn answer(self: Box<Self>, of: Option<Running<'_>>) {
        if let Some(running) = of {
            mailbox::deliver_uncounted(running, self.0, false);
        }
    }
}

impl<S: GenServer> AsPid for Context<S> {
    fn as_pid(&self) -> Pid {
        self.pid()
    }
}

impl<S> fmt::Debug for Context<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context")
    }
}
