//! Calls: a request, and a wait for its reply.
//!
//! ```text
//!  caller                              server
//!    │  node: who waits, room for the reply
//!    ├─ envelope: the message, the right to answer ──▶ mailbox
//!    │                                                handler
//!    │ ◀─ the reply is put into the node, the caller woken ─┤
//!    takes it out of the node
//! ```
//!
//! There is no channel, no monitor and no look at the caller's mailbox. Every way in which a server
//! can leave a request ends in the right to answer being used or dropped (see [`ReplyTo`]), so a call
//! never waits for something that cannot come. A caller that gives up drops its side of the node, and
//! a reply that is late finds nobody.
//!
//! [`ReplyTo`]: super::ReplyTo

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waking, Poll, Wake, Waker, ready};
use std::time::Duration;

use crossbeam_utils::sync::{Parker, Unparker};

use super::call_error::{CallError, Never};
use super::cycle::Watch;
use super::inherited;
use super::message;
use super::patience::{Allowed, Patience};
use super::reference::{Address, Target};
use super::reply_to::{Answered, Undelivered};
use super::server::HandleCall;
use crate::cell::call_node::{self, Awaited};
use crate::cell::{Envelope, Refused};
use crate::process::signal::Signal;
use crate::process::spawn::MailboxPolicy;
use crate::process::{Pid, send};
use crate::scheduler::{coop, try_with_local};
use crate::time::Instant;
use crate::time::tick::Tick;

/// How long a call waits unless it is told otherwise. OTP's figure.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A call: awaiting it sends the request and gives the reply.
///
/// The server is looked up when the call is made, by a client method or by [`call`]; the request is
/// sent when the call is first polled. Until then the limit can be changed, which is five seconds
/// otherwise; dropped before that, it has sent nothing.
///
/// When the time is up the call fails with [`CallError::Timeout`]. If the handler has not begun by
/// then, it never does. The limit counts from the sending.
///
/// A call that a server makes while it handles one with a [`deadline`](Call::deadline) waits no longer
/// than that, whatever its own limit. A call that a server's handler waits for while the server that
/// it calls waits for this one, directly or through others, fails with [`CallError::Cycle`]: one of
/// those in the cycle, within some milliseconds.
///
/// # Cancel safety
///
/// Dropped after the first poll, it has sent the request, which is carried out if its handler has
/// begun; the reply vanishes.
///
/// # In OTP
///
/// [`gen_server:call/3`](https://www.erlang.org/doc/apps/stdlib/gen_server#call/3). There a request
/// that nobody waits for any more is carried out all the same.
#[must_use = "a call is made when it is awaited"]
pub struct Call<T, E = Never> {
    exchange: Exchange<T, E>,
    allowed: Option<Allowed>,
}

/// A call that has been made: awaiting it gives the reply.
///
/// Dropped, it gives the call up, as a caller does whose time is up.
///
/// # In OTP
///
/// A request id of `gen_server:send_request/2`.
#[must_use = "dropped, it gives the call up"]
pub struct Request<T, E = Never> {
    exchange: Exchange<T, E>,
}

/// A request that is under way, or about to be.
struct Exchange<T, E> {
    to: Option<Pid>,
    /// Not there yet. Dropped before the request, so that nobody is woken when that is dropped.
    reply: Option<Awaiting<T, E>>,
    /// Not sent yet.
    request: Option<Envelope>,
    patience: Patience,
    watch: Watch,
}

/// The caller's side of the node. What a fallible handler replies is taken apart here.
enum Awaiting<T, E> {
    Plain(Awaited<Answered<T>>),
    Fallible(Awaited<Answered<Result<T, E>>>),
}

/// Makes a call to a server written by hand, or by any other message than its client has methods for.
///
/// # Examples
///
/// See [`GenServer`](super::GenServer).
pub fn call<S, M>(server: impl Target<S>, message: M) -> Call<S::Reply>
where
    S: HandleCall<M>,
    M: Send + 'static,
{
    call_to(&server, message)
}

/// As [`call`], for client methods.
#[doc(hidden)]
#[inline]
pub fn call_to<S, M>(server: &(impl Target<S> + ?Sized), message: M) -> Call<S::Reply>
where
    S: HandleCall<M>,
    M: Send + 'static,
{
    call_by(server.address(), |answer| {
        Envelope::addressed(message::Request::<S, M> { message, answer })
    })
}

/// A call by the envelope that is made of the right to answer it.
#[inline]
#[expect(clippy::needless_pass_by_value, reason = "an address is a pid")]
pub(super) fn call_by<S: ?Sized, R: Send + 'static>(
    server: Address<S>,
    request: impl FnOnce(Undelivered<R>) -> Envelope,
) -> Call<R> {
    let caller = crate::cell::current_pid();
    let (answer, awaited) = call_node::node(caller);
    Call {
        exchange: Exchange {
            to: server.pid(),
            reply: Some(Awaiting::Plain(awaited)),
            request: Some(request(Undelivered::new(answer))),
            patience: Patience::ENDLESS,
            watch: Watch::New,
        },
        allowed: Some(Allowed::For(TIMEOUT)),
    }
}

impl<T, E> Call<T, E> {
    /// Waits this long for the reply. Default: five seconds. A limit of a second and more may be up to
    /// 50 ms longer, never shorter; in a simulation each is exact.
    pub fn timeout(mut self, limit: Duration) -> Call<T, E> {
        self.allowed = Some(Allowed::For(limit));
        self
    }

    /// Waits for the reply however long it takes. The call still ends if the server does.
    pub fn no_timeout(mut self) -> Call<T, E> {
        self.allowed = Some(Allowed::Forever);
        self
    }

    /// Waits for the reply until this time, and lets the server know. Calls that its handler makes for
    /// this one inherit the time: they wait no longer than this, and neither do those that are made
    /// for them, even with [`no_timeout`](Call::no_timeout). The handler itself is not broken off; it
    /// can ask how long it has by [`Context::deadline`](super::Context::deadline).
    pub fn deadline(mut self, at: Instant) -> Call<T, E> {
        self.allowed = Some(Allowed::Until(at));
        self
    }

    /// Sends the request now, for the reply to be collected later. The limit counts from now.
    ///
    /// To a server whose mailbox is full, and lets senders wait for room, it is sent when the reply is
    /// collected and there is room.
    ///
    /// # In OTP
    ///
    /// [`gen_server:send_request/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#send_request/2).
    pub fn request(mut self) -> Request<T, E> {
        self.exchange.begin(self.allowed.take());
        // Why it could not be sent, if so, is found out when the reply is collected.
        let _sent = self.exchange.try_send();
        Request {
            exchange: self.exchange,
        }
    }

    /// Sends the request now, unless the server's mailbox is full. The limit counts from now.
    ///
    /// # Errors
    ///
    /// The mailbox is full: the call comes back, message and all, to be awaited, tried again or
    /// dropped. That nobody is there is found out when the reply is collected.
    pub fn try_(mut self) -> Result<Request<T, E>, Call<T, E>> {
        self.exchange.begin(self.allowed);
        if self.exchange.try_send() {
            Ok(Request {
                exchange: self.exchange,
            })
        } else {
            self.exchange.patience = Patience::ENDLESS;
            Err(self)
        }
    }

    /// Makes the call on a thread that is not the runtime's, and blocks it until the reply is there.
    ///
    /// # Errors
    ///
    /// As the call itself.
    ///
    /// # Panics
    ///
    /// In a process, which would block its scheduler.
    #[track_caller]
    pub fn blocking(self) -> Result<T, CallError<E>> {
        assert!(
            try_with_local(|_| ()).is_none(),
            "a process cannot block its scheduler: await the call instead"
        );
        block_on(self)
    }
}

impl<T, E> Call<Result<T, E>> {
    /// Lets the server's own error be one of the call's: an `Err` that it replies becomes
    /// [`CallError::Reply`]. Client methods of fallible handlers do it themselves.
    pub fn flatten(self) -> Call<T, E> {
        let Exchange {
            to,
            reply,
            request,
            patience,
            watch,
        } = self.exchange;
        let reply = reply.map(|awaiting| match awaiting {
            Awaiting::Plain(awaited) => Awaiting::Fallible(awaited),
            Awaiting::Fallible(_) => unreachable!("a reply that is never an error is as it is"),
        });
        Call {
            exchange: Exchange {
                to,
                reply,
                request,
                patience,
                watch,
            },
            allowed: self.allowed,
        }
    }
}

impl<T, E> Future for Call<T, E> {
    type Output = Result<T, CallError<E>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        ready!(coop::poll_proceed(cx));
        let allowed = self.allowed.take();
        if allowed.is_some() {
            self.exchange.begin(allowed);
        }
        self.exchange.poll(cx)
    }
}

impl<T, E> Future for Request<T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        ready!(coop::poll_proceed(cx));
        self.exchange.poll(cx)
    }
}

impl<T, E> Request<T, E> {
    /// As the future, for a collection that has its own place in the turn.
    pub(super) fn poll_reply(&mut self, cx: &mut Waking<'_>) -> Poll<Result<T, CallError<E>>> {
        self.exchange.poll(cx)
    }
}

impl<T, E> Exchange<T, E> {
    /// The time counts from here.
    #[inline]
    fn begin(&mut self, allowed: Option<Allowed>) {
        let (Some(to), Some(allowed)) = (self.to, allowed) else {
            return;
        };
        self.patience.start(allowed, to.local());
        let inherited = inherited::until();
        if inherited.is_some() || matches!(allowed, Allowed::Until(_)) {
            let until = self.patience.shorten(inherited, to.local());
            if let (Some(reply), Some(Tick(until))) = (&self.reply, until) {
                reply.set_until(until);
            }
        }
    }

    /// Sends the request, if it is not sent yet. `false`: it cannot be.
    #[inline]
    fn send(&mut self) -> bool {
        let Some(request) = self.request.take() else {
            return true;
        };
        let refused = match self.to {
            Some(to) if !self.is_to_oneself() => send::envelope(to.local(), request),
            _ => Err(Refused::Full(request)),
        };
        match refused {
            Ok(()) => return true,
            Err(Refused::Full(request)) => self.request = Some(request),
            Err(Refused::Dead(request)) => {
                self.request = Some(request);
                self.to = None;
            }
        }
        false
    }

    /// As [`send`](Self::send); `false` only if there is no room.
    fn try_send(&mut self) -> bool {
        if self.send() || self.is_to_oneself() {
            return true;
        }
        match self.to.and_then(|to| send::policy_of(to.local())) {
            Some(MailboxPolicy::DropOldest) => {
                self.send_to_full();
                true
            }
            Some(_) => false,
            None => true,
        }
    }

    /// The server drops its oldest when it receives this one; a signal is not refused.
    fn send_to_full(&mut self) -> bool {
        let sent = self.request.take().map(Signal::Unbounded);
        let to = self.to.map(Pid::local);
        to.zip(sent)
            .is_some_and(|(to, request)| send::signal(to, request))
    }

    fn is_to_oneself(&self) -> bool {
        let caller = crate::cell::current_pid();
        caller.is_some() && caller == self.to.map(Pid::local)
    }

    fn poll(&mut self, cx: &mut Waking<'_>) -> Poll<Result<T, CallError<E>>> {
        if !self.send() {
            return self.refused(cx);
        }
        match self.reply.take() {
            Some(awaiting) => self.wait(awaiting, cx),
            None => panic!("a call gives its reply once"),
        }
    }

    fn wait(
        &mut self,
        awaiting: Awaiting<T, E>,
        cx: &mut Waking<'_>,
    ) -> Poll<Result<T, CallError<E>>> {
        let mut awaiting = match awaiting.take() {
            Ok(reply) => return Poll::Ready(reply),
            Err(awaiting) => awaiting,
        };
        let suspected = self.to.and_then(|to| self.watch.look(to.local(), cx));
        let waits = match &suspected {
            None => awaiting.await_by(cx.waker()),
            Some(edge) => awaiting.await_by(&Waker::from(Arc::clone(edge))),
        };
        if !waits {
            return awaiting.take().map_or(Poll::Pending, Poll::Ready);
        }
        if self.is_out_of_time(cx) {
            // What has come in this very moment is in time.
            return Poll::Ready(awaiting.take().unwrap_or(Err(CallError::Timeout)));
        }
        if let Some(edge) = suspected {
            if awaiting.is_handed_over() {
                self.watch.forget();
            } else if let Err(path) = self.watch.write_down(edge) {
                return Poll::Ready(awaiting.take().unwrap_or(Err(CallError::Cycle(path))));
            }
        }
        self.reply = Some(awaiting);
        Poll::Pending
    }

    fn is_out_of_time(&mut self, cx: &Waking<'_>) -> bool {
        let Some(to) = self.to else { return true };
        self.patience.is_up(cx, to.local())
    }

    /// The request could not be sent.
    #[cold]
    fn refused(&mut self, cx: &mut Waking<'_>) -> Poll<Result<T, CallError<E>>> {
        let Some(to) = self.to else {
            return self.fail(CallError::NoProcess);
        };
        if self.is_to_oneself() {
            return self.fail(CallError::Cycle(vec![to]));
        }
        match send::policy_of(to.local()) {
            Some(MailboxPolicy::Wait) if self.is_out_of_time(cx) => self.fail(CallError::Timeout),
            Some(MailboxPolicy::Wait) => self.wait_for_room(to, cx),
            Some(MailboxPolicy::DropOldest) => {
                if self.send_to_full() {
                    self.poll(cx)
                } else {
                    self.fail(CallError::NoProcess)
                }
            }
            Some(MailboxPolicy::Refuse | MailboxPolicy::DropNewest) => {
                send::count_dropped();
                self.fail(CallError::Overloaded)
            }
            None => self.fail(CallError::NoProcess),
        }
    }

    /// The server has no room for the request. While its handler waits for this process in turn, it
    /// never will.
    fn wait_for_room(&mut self, to: Pid, cx: &mut Waking<'_>) -> Poll<Result<T, CallError<E>>> {
        let suspected = self.watch.look(to.local(), cx);
        let waker = suspected.as_ref().map(|edge| Waker::from(Arc::clone(edge)));
        // The server answers at once if there is room by now.
        let waits = Signal::AwaitRoom(waker.unwrap_or_else(|| cx.waker().clone()));
        if !send::signal(to.local(), waits) {
            return self.fail(CallError::NoProcess);
        }
        match suspected.map_or(Ok(()), |edge| self.watch.write_down(edge)) {
            Ok(()) => Poll::Pending,
            Err(path) => self.fail(CallError::Cycle(path)),
        }
    }

    fn fail(&mut self, error: CallError<E>) -> Poll<Result<T, CallError<E>>> {
        self.reply = None;
        self.request = None;
        Poll::Ready(Err(error))
    }
}

impl<T, E> Awaiting<T, E> {
    fn set_until(&self, until: u64) {
        match self {
            Awaiting::Plain(awaited) => awaited.set_until(until),
            Awaiting::Fallible(awaited) => awaited.set_until(until),
        }
    }

    fn is_handed_over(&self) -> bool {
        match self {
            Awaiting::Plain(awaited) => awaited.is_handed_over(),
            Awaiting::Fallible(awaited) => awaited.is_handed_over(),
        }
    }

    fn await_by(&mut self, waker: &Waker) -> bool {
        match self {
            Awaiting::Plain(awaited) => awaited.await_by(waker),
            Awaiting::Fallible(awaited) => awaited.await_by(waker),
        }
    }

    /// Takes the reply, or gives this back if there is none yet.
    fn take(self) -> Result<Result<T, CallError<E>>, Awaiting<T, E>> {
        Ok(match self {
            Awaiting::Plain(awaited) => {
                let answer = awaited.take().map_err(Awaiting::Plain)?;
                answer
                    .unwrap_or(Err(CallError::NoReply))
                    .map_err(CallError::widen)
            }
            Awaiting::Fallible(awaited) => {
                let answer = awaited.take().map_err(Awaiting::Fallible)?;
                match answer.unwrap_or(Err(CallError::NoReply)) {
                    Ok(reply) => reply.map_err(CallError::Reply),
                    Err(error) => Err(error.widen()),
                }
            }
        })
    }
}

/// Polls a future on this thread until it is ready.
fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    struct Unpark(Unparker);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let parker = Parker::new();
    let waker = Waker::from(Arc::new(Unpark(parker.unparker().clone())));
    let mut cx = Waking::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(&mut cx) {
            return output;
        }
        parker.park();
    }
}

impl<T, E> fmt::Debug for Call<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("to", &self.exchange.to)
            .finish_non_exhaustive()
    }
}

impl<T, E> fmt::Debug for Request<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("to", &self.exchange.to)
            .finish_non_exhaustive()
    }
}
