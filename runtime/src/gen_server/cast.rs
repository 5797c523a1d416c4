//! Casts: a message that nobody waits for.
//!
//! A server with a bounded mailbox has a say in how fast it is told things: a cast to it, by its
//! client's methods, is a future that waits for room. To all others a cast is done when it is said.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};

use super::message;
use super::reference::Target;
use super::server::HandleCast;
use crate::cell::{Envelope, Refused};
use crate::process::signal::Signal;
use crate::process::{MailboxPolicy, Pid, send};
use crate::scheduler::coop;

/// Casts to a server written by hand, or any other message than its client has methods for.
///
/// Never waits and never fails: if nobody is there the message is dropped, and so it is if the mailbox
/// is bounded and full, unless that drops its oldest.
///
/// # Ordering
///
/// As with every message: what one process sends another arrives in the order in which it was sent.
///
/// # In OTP
///
/// [`gen_server:cast/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#cast/2).
///
/// # Examples
///
/// See [`GenServer`](super::GenServer).
pub fn cast<S, M>(server: impl Target<S>, message: M)
where
    S: HandleCast<M>,
    M: Send + 'static,
{
    cast_to(&server, message);
}

/// As [`cast`], for client methods.
#[doc(hidden)]
#[inline]
pub fn cast_to<S, M>(server: &(impl Target<S> + ?Sized), message: M)
where
    S: HandleCast<M>,
    M: Send + 'static,
{
    if let Some(pid) = server.address().pid() {
        send::message(pid.local(), envelope::<S, M>(message));
    }
}

/// Casts to a server with a bounded mailbox: awaiting it waits for room.
///
/// Client methods of a server with `#[gen_server(mailbox = …)]` give this. For a server written by
/// hand it is as good; [`cast`] drops the message where there is no room.
pub fn cast_when_room<S, M>(server: impl Target<S>, message: M) -> Cast
where
    S: HandleCast<M>,
    M: Send + 'static,
{
    cast_when_room_to(&server, message)
}

/// As [`cast_when_room`], for client methods.
#[doc(hidden)]
pub fn cast_when_room_to<S, M>(server: &(impl Target<S> + ?Sized), message: M) -> Cast
where
    S: HandleCast<M>,
    M: Send + 'static,
{
    Cast {
        to: server.address().pid(),
        message: Some(envelope::<S, M>(message)),
    }
}

fn envelope<S: HandleCast<M>, M: Send + 'static>(message: M) -> Envelope {
    Envelope::addressed(message::Cast::<S, M> {
        message,
        to: PhantomData,
    })
}

/// A cast to a server with a bounded mailbox: awaiting it waits for room and sends it.
///
/// It is never known whether a cast was handled: if nobody is there it is dropped, here as elsewhere.
/// Several that wait for room get it in the order in which they began to wait.
///
/// # Cancel safety
///
/// Dropped before it is done, it has not been sent, and the message is dropped with it.
///
/// # In OTP
///
/// There is none: mailboxes are not bounded.
#[must_use = "a cast to a bounded server waits for room: `.await` it, or `.try_()`"]
pub struct Cast {
    to: Option<Pid>,
    /// Not sent yet.
    message: Option<Envelope>,
}

impl Cast {
    /// Casts if there is room now.
    ///
    /// # Errors
    ///
    /// There is none: the cast comes back, message and all, to be awaited, tried again or dropped.
    pub fn try_(mut self) -> Result<(), Cast> {
        if self.send() { Ok(()) } else { Err(self) }
    }

    /// `false`: there is no room.
    fn send(&mut self) -> bool {
        let (Some(to), Some(message)) = (self.to, self.message.take()) else {
            return true;
        };
        match send::envelope(to.local(), message) {
            Ok(()) | Err(Refused::Dead(_)) => true,
            Err(Refused::Full(message)) => {
                if send::policy_of(to.local()) == Some(MailboxPolicy::DropOldest) {
                    send::message(to.local(), message);
                    return true;
                }
                self.message = Some(message);
                false
            }
        }
    }
}

impl Future for Cast {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<()> {
        ready!(coop::poll_proceed(cx));
        if self.send() {
            return Poll::Ready(());
        }
        // The server answers at once if there is room by now.
        let waits = Signal::AwaitRoom(cx.waker().clone());
        match self.to {
            Some(to) if send::signal(to.local(), waits) => Poll::Pending,
            _ => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cast")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}
