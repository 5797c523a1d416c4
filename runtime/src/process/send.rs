//! Sending: to a pid, to an alias, to a name, to a mailbox with a bound.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::alias::Alias;
use super::pid::ProcessRef;
use super::signal::Signal;
use super::spawn::MailboxPolicy;
use crate::cell::{self, Envelope, LocalPid, Refused};
use crate::scheduler::timers::Due;
use crate::scheduler::{self, coop};

/// Sends a signal. `false`: the process is dead, and the signal is gone.
pub(crate) fn signal(to: LocalPid, signal: Signal) -> bool {
    envelope(to, Envelope::signal(signal)).is_ok()
}

/// Sends an envelope and schedules who is woken by it.
///
/// # Errors
///
/// The envelope was refused.
#[inline]
pub(crate) fn envelope(to: LocalPid, envelope: Envelope) -> Result<(), Refused> {
    let entry = cell::push(to, envelope, &crossbeam_epoch::pin())?;
    if let Some(entry) = entry {
        scheduler::schedule(entry);
    }
    Ok(())
}

/// Sends a message, and does with a full mailbox what its policy says, without waiting.
#[inline]
pub(crate) fn message(to: LocalPid, message: Envelope) {
    match envelope(to, message) {
        Ok(()) | Err(Refused::Dead(_)) => {}
        Err(Refused::Full(message)) => full(to, message),
    }
}

#[cold]
fn full(to: LocalPid, message: Envelope) {
    let policy = policy_of(to);
    if policy == Some(MailboxPolicy::DropOldest) {
        // The receiver drops its oldest when it receives this one; as a signal it is not refused.
        signal(to, Signal::Unbounded(message));
        return;
    }
    count_dropped();
    drop(message);
}

pub(crate) fn policy_of(to: LocalPid) -> Option<MailboxPolicy> {
    let sight = cell::sight(to, &crossbeam_epoch::pin())?;
    sight.bound.map(|bound| MailboxPolicy::of(bound.policy))
}

/// A message was dropped because a mailbox was full.
pub(crate) fn count_dropped() {
    scheduler::try_with_local(|local| local.slot().counters.dropped.add(1));
}

/// Whatever a message of type `M` can be sent to.
///
/// # In OTP
///
/// The left side of `!`.
pub trait Accepts<M> {
    /// Sends the message. It is silently dropped if there is nobody to take it.
    #[doc(hidden)]
    fn accept(&self, message: M);

    /// What a timer does to send the message.
    #[doc(hidden)]
    fn accept_later(&self, message: M) -> Delivery;
}

/// What a timer does to send a message.
#[doc(hidden)]
#[derive(Debug)]
pub struct Delivery {
    /// Whom it is for, if that is known: a timer for a dead process is none.
    pub(crate) to: Option<LocalPid>,
    pub(crate) due: Due,
}

impl Delivery {
    /// Pushes a message that is made already.
    pub(crate) fn push(to: LocalPid, message: Envelope) -> Delivery {
        Delivery {
            to: Some(to),
            due: Due::Push(to, message),
        }
    }

    /// Finds out where to send it when the time has come.
    pub fn find(send: impl FnOnce() + Send + 'static) -> Delivery {
        Delivery {
            to: None,
            due: Due::Run(Box::new(send)),
        }
    }
}

impl<M: Send + 'static> Accepts<M> for ProcessRef<M> {
    #[inline]
    fn accept(&self, message: M) {
        self.send(message);
    }

    fn accept_later(&self, message: M) -> Delivery {
        Delivery::push(self.pid().local(), Envelope::message(message))
    }
}

impl<M: Send + 'static> Accepts<M> for Alias<M> {
    fn accept(&self, message: M) {
        self.send(message);
    }

    fn accept_later(&self, message: M) -> Delivery {
        let alias = *self;
        Delivery::find(move || alias.send(message))
    }
}

impl<M, T: Accepts<M> + ?Sized> Accepts<M> for &T {
    #[inline]
    fn accept(&self, message: M) {
        (**self).accept(message);
    }

    fn accept_later(&self, message: M) -> Delivery {
        (**self).accept_later(message)
    }
}

/// Sends a message. Never waits and never fails: to a dead process it is silently dropped.
///
/// # Ordering
///
/// Whatever one process sends another arrives in the order in which it was sent, messages and
/// signals alike, by whatever address.
///
/// # In OTP
///
/// [`erlang:send/2`](https://www.erlang.org/doc/apps/erts/erlang#send/2), or `!`.
#[inline]
pub fn send<M: Send + 'static>(to: impl Accepts<M>, message: M) {
    to.accept(message);
}

impl<M: Send + 'static> ProcessRef<M> {
    /// Sends a message; see [`send`]. If the mailbox is bounded and full, the message is dropped and
    /// counted, or with [`MailboxPolicy::DropOldest`] the oldest is. To wait for room there is
    /// [`send_wait`](ProcessRef::send_wait).
    #[inline]
    pub fn send(&self, message: M) {
        self::message(self.pid().local(), Envelope::message(message));
    }

    /// Sends a message, unless the mailbox is full.
    ///
    /// # Errors
    ///
    /// The mailbox is full, or the process is dead: the message comes back.
    pub fn try_send(&self, message: M) -> Result<(), SendError<M>> {
        let to = self.pid().local();
        match envelope(to, Envelope::message(message)) {
            Ok(()) => Ok(()),
            Err(Refused::Full(message)) if policy_of(to) == Some(MailboxPolicy::DropOldest) => {
                full(to, message);
                Ok(())
            }
            Err(Refused::Full(message)) => Err(SendError::Full(open(message))),
            Err(Refused::Dead(message)) => Err(SendError::NoProcess(open(message))),
        }
    }

    /// Sends a message, waiting for room if the mailbox is bounded and full.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has not sent the message, which is dropped with it.
    pub fn send_wait(&self, message: M) -> SendWait<M> {
        SendWait {
            to: *self,
            message: Some(message),
        }
    }
}

/// A message comes back out of the envelope that it was put into here.
fn open<M: 'static>(envelope: Envelope) -> M {
    envelope
        .take()
        .unwrap_or_else(|_| unreachable!("the envelope holds what was put in"))
}

/// Waits for room in a mailbox; see [`ProcessRef::send_wait`]. Gives the message back if the
/// process is dead.
#[must_use = "a message is sent when this is awaited"]
#[derive(Debug)]
pub struct SendWait<M> {
    to: ProcessRef<M>,
    message: Option<M>,
}

// The message is not pinned: it is moved out when it is sent.
impl<M> Unpin for SendWait<M> {}

impl<M: Send + 'static> Future for SendWait<M> {
    type Output = Result<(), SendError<M>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(coop::poll_proceed(cx));
        let Some(message) = self.message.take() else {
            return Poll::Ready(Ok(()));
        };
        match self.to.try_send(message) {
            Err(SendError::Full(message)) => {
                self.message = Some(message);
                // The receiver answers at once if there is room by now.
                let waits = Signal::AwaitRoom(cx.waker().clone());
                signal(self.to.pid().local(), waits);
                Poll::Pending
            }
            result => Poll::Ready(result),
        }
    }
}

/// Why a message was not sent. It comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<M> {
    /// No process has this pid.
    NoProcess(M),
    /// No process is registered under this name.
    NoSuchName(M),
    /// The process of this name takes messages of another type.
    WrongType(M),
    /// The mailbox holds as many messages as it may.
    Full(M),
}

impl<M> SendError<M> {
    /// The message.
    pub fn into_inner(self) -> M {
        match self {
            SendError::NoProcess(message)
            | SendError::NoSuchName(message)
            | SendError::WrongType(message)
            | SendError::Full(message) => message,
        }
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::NoProcess(_) => "NoProcess(..)",
            SendError::NoSuchName(_) => "NoSuchName(..)",
            SendError::WrongType(_) => "WrongType(..)",
            SendError::Full(_) => "Full(..)",
        })
    }
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::NoProcess(_) => "no such process",
            SendError::NoSuchName(_) => "no process is registered under this name",
            SendError::WrongType(_) => "the process of this name takes messages of another type",
            SendError::Full(_) => "the mailbox is full",
        })
    }
}

impl<M> std::error::Error for SendError<M> {}
