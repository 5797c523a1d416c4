//! What a handler can do with its server.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use futures_core::Stream;

use super::agenda::{self, Standing};
use super::beside;
use super::inherited;
use super::message::{Continue, Info};
use super::reference::ServerRef;
use super::server::{GenServer, HandleContinue, HandleInfo};
use crate::cell::{Envelope, Running};
use crate::process::signal::{Ask, Signal};
use crate::process::{AsPid, Pid, flag, mailbox, self_pid, step};
use crate::scheduler::Due;
use crate::time::tick::Tick;
use crate::time::{self, Instant, TimerRef};

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

    /// Until when the caller of the call being handled waits, if it has said so by
    /// [`Call::deadline`](super::Call::deadline), or is itself in such a call. Calls that the handler
    /// makes wait no longer; for its other work it can look here. `None` in every other handler.
    pub fn deadline(&self) -> Option<Instant> {
        inherited::until().map(Instant::at)
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

    /// If no message comes for this long after the handler, this one is handled: once, in place of the
    /// idle timeout. Any message but a system message is in time, and then this one is dropped. With
    /// zero it is handled next, before messages that wait already. A handler that asks again asks for
    /// the last.
    ///
    /// # In OTP
    ///
    /// `{timeout, Time, Message}` in what a callback returns.
    pub fn timeout_with<M: Send + 'static>(&mut self, after: Duration, message: M)
    where
        S: HandleInfo<M>,
    {
        let message = Envelope::addressed(Info::<S, M> {
            message,
            to: PhantomData,
        });
        step::current(|running| {
            if after.is_zero() {
                agenda::add_first(running, message);
            } else {
                agenda::ask_message(running, after, message);
            }
        });
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

    /// Runs a future beside the server, which takes messages meanwhile, and sends it the result as a
    /// plain message. It goes on after the handler that began it, and ends with the server; if it
    /// panics the server ends with its reason. It is a process of its own, whose pid this is.
    ///
    /// # In OTP
    ///
    /// `Task.async/1` in a server, whose reply comes to `handle_info`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::time::sleep;
    ///
    /// struct Page(String);
    /// struct Reader { page: Option<Page> }
    ///
    /// #[gen_server]
    /// impl Reader {
    ///     #[init]
    ///     fn new(cx: &mut Context<Self>) -> Self {
    ///         cx.run(async { Page(String::from("fetched")) });
    ///         Reader { page: None }
    ///     }
    ///     #[info] fn fetched(&mut self, page: Page) { self.page = Some(page) }
    ///     #[call] fn is_there(&self) -> bool { self.page.is_some() }
    /// }
    ///
    /// let reader = Reader::start_link().await?;
    /// sleep(millis(1)).await;
    /// assert!(reader.is_there().await?);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn run<F>(&mut self, future: F) -> Pid
    where
        S: HandleInfo<F::Output>,
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        beside::run(self.this(), future)
    }

    /// Sends the server each item of a stream as a plain message, as they come. It ends with the
    /// stream or with the server; if the stream panics the server ends with its reason. It is a
    /// process of its own, whose pid this is: [`exit`](crate::process::exit()) ends it.
    ///
    /// Items that come faster than they are handled wait in the server's mailbox.
    pub fn attach_stream<I>(&mut self, stream: I) -> Pid
    where
        S: HandleInfo<I::Item>,
        I: Stream<Item: Send + 'static> + Send + 'static,
    {
        beside::attach_stream(self.this(), stream)
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
pub(super) struct Arrive(pub(super) Envelope);

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
