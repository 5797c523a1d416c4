//! Whom to reply to, and what becomes of a request that nobody replies to.
//!
//! A request carries the whole right to answer. When its handler begins, the right is split: one
//! half is the [`ReplyTo`] that the handler gets, the other stays with the handler's frame and
//! settles what the handler returns. Whichever answers first is heard.
//!
//! | what happens to a request | the call fails with |
//! |---|---|
//! | both halves go, the server lives | [`NoReply`](CallError::NoReply), at once; if they go in the server itself, when its handler is done, or waits |
//! | the process is no server of the type that the caller believed | [`OtherServer`](CallError::OtherServer) |
//! | the server ends before its handler began | [`Exited`](CallError::Exited) |
//! | the server ends while its half, or the handle, is in it | [`Exited`](CallError::Exited) |
//! | the handler panics | [`Exited`](CallError::Exited), with the reason that the server ends for |
//! | the handle is elsewhere when the server ends | nothing yet: it may still be used |
//!
//! A call fails with the server's reason only once the server has ended and its name is free, so
//! that a caller which then starts another one under the same name finds the way clear. So what is
//! dropped while the server is still on its way there is put into its mailbox, to be failed with
//! what is left in it.

use std::fmt;

use super::agenda;
use super::answer::Next;
use super::call_error::{CallError, OtherServer};
use super::settle::settle_next;
use crate::cell::call_node::{Answer, Half};
use crate::cell::{Envelope, LocalPid, Running};
use crate::process::{death, flag, stray};
use crate::scheduler::try_with_local;
use crate::time::tick::Tick;

/// What a call's node brings back.
pub(super) type Answered<T> = Result<T, CallError>;

/// The right to reply to one call, to be used once.
///
/// A handler that does not reply itself keeps it, in the state or in another process, and gives
/// [`Reply::later`](super::Reply::later). Dropped unused, it fails the call with
/// [`CallError::NoReply`] at once, unless the handler still gives a reply, or stops the server.
///
/// # In OTP
///
/// The argument `From` of `handle_call`. There it can be lost without anybody noticing.
#[must_use = "dropped unused, it fails the call"]
pub struct ReplyTo<T: Send + 'static> {
    half: Option<Half<Answered<T>>>,
    server: LocalPid,
}

/// The half that stays with the handler's frame, and so in the server.
pub(super) struct Own<T: Send + 'static> {
    half: Option<Half<Answered<T>>>,
    server: LocalPid,
}

/// The two halves of a right.
#[inline]
fn pair<T: Send + 'static>(answer: Answer<Answered<T>>, server: LocalPid) -> (Own<T>, ReplyTo<T>) {
    let (own, handed_out) = answer.split();
    let (own, handed_out) = (Some(own), Some(handed_out));
    let own = Own { half: own, server };
    let handed_out = ReplyTo {
        half: handed_out,
        server,
    };
    (own, handed_out)
}

impl<T: Send + 'static> ReplyTo<T> {
    /// Replies. Any process may, and a thread that is none.
    ///
    /// If the caller does not wait any more, or has got a reply, this one is dropped.
    ///
    /// # In OTP
    ///
    /// [`gen_server:reply/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#reply/2).
    pub fn reply(mut self, value: T) {
        if let Some(caller) = self.half.take().and_then(|half| half.give(Ok(value))) {
            caller.wake();
        }
    }
}

impl<T: Send + 'static> Own<T> {
    /// Replies.
    pub(super) fn reply(mut self, value: T) {
        if let Some(caller) = self.half.take().and_then(|half| half.give(Ok(value))) {
            caller.wake();
        }
    }

    /// Leaves the reply to the other half. If that is gone, there is none.
    pub(super) fn leave(mut self) {
        let Some(half) = self.half.take() else { return };
        let (unanswered, told) = half.hand_over();
        let caller = unanswered.and_then(|answer| answer.give(Err(CallError::NoReply)));
        if let Some(caller) = caller.or(told) {
            caller.wake();
        }
    }

    /// Keeps this half until the server, which runs, has ended; then the call fails with the reason.
    pub(super) fn fail_at_end(mut self) {
        let mut half = self.half.take();
        crate::cell::with_current(|running| owe(running, &mut half));
    }
}

/// Puts a half where it stays until the process has ended.
fn owe<T: Send + 'static>(running: Running<'_>, half: &mut Option<Half<Answered<T>>>) {
    if let Some(half) = half.take() {
        agenda::owe(running, Envelope::message(Failing(Some(half))));
    }
}

fn give_up<T>(half: Half<Answered<T>>) {
    let failed = half
        .release()
        .and_then(|answer| answer.give(Err(CallError::NoReply)));
    if let Some(caller) = failed {
        caller.wake();
    }
}

/// A half that is not wanted goes, in the server or elsewhere. `release` is how, in the server.
fn let_go<T: Send + 'static>(
    half: &mut Option<Half<Answered<T>>>,
    server: LocalPid,
    release: impl FnOnce(Half<Answered<T>>) -> Option<Answer<Answered<T>>>,
) {
    if half.is_none() {
        return;
    }
    crate::cell::with_current(|running| {
        if running.pid() != server {
            return;
        }
        if running.flag(flag::EXITING) || std::thread::panicking() {
            // Unwinding, the server is about to end, for a reason that is not known yet. If
            // the panic is caught, the loop finds the half when the handler is done.
            owe(running, half);
        } else if let Some(answer) = half.take().and_then(release) {
            // The handler that drops it may stop the server, which is not known yet either. If
            // it does not, the call fails when the handler is done, or waits.
            let answer = Undelivered(Some(answer));
            agenda::owe(running, Envelope::message(answer));
        }
    });
    if let Some(half) = half.take() {
        give_up(half);
    }
}

impl<T: Send + 'static> Drop for ReplyTo<T> {
    #[inline]
    fn drop(&mut self) {
        // In the server, the other half is here too, or gone.
        let_go(&mut self.half, self.server, Half::release_beside);
    }
}

impl<T: Send + 'static> Drop for Own<T> {
    #[inline]
    fn drop(&mut self) {
        let_go(&mut self.half, self.server, Half::release);
    }
}

impl<T: Send + 'static> fmt::Debug for ReplyTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyTo")
    }
}

/// A right that nobody will use: the call fails when this is dropped.
struct Failing<T>(Option<Half<Answered<T>>>);

impl<T> Drop for Failing<T> {
    fn drop(&mut self) {
        let Some(half) = self.0.take() else { return };
        match death::dying_reason() {
            Some(reason) => {
                if let Some(caller) = half.give(Err(CallError::Exited(reason))) {
                    caller.wake();
                }
            }
            None => give_up(half),
        }
    }
}

/// The whole right to answer, on its way to a handler. Dropped there, it fails the call.
pub(super) struct Undelivered<T>(Option<Answer<Answered<T>>>);

impl<T: Send + 'static> Undelivered<T> {
    pub(super) fn new(answer: Answer<Answered<T>>) -> Undelivered<T> {
        Undelivered(Some(answer))
    }

    /// Whether nobody waits for the reply any more.
    #[inline]
    pub(super) fn is_unwanted(&self) -> bool {
        self.0.as_ref().is_none_or(Answer::is_unwanted)
    }

    /// GS-041: whether nobody would hear of it, so that its handler does not begin. That is counted,
    /// and the message is done with.
    #[inline]
    pub(super) fn is_passed_over(&self) -> bool {
        let unwanted = self.is_unwanted();
        if unwanted {
            try_with_local(|local| local.slot().counters.calls_unwanted.add(1));
            settle_next(Next::proceed());
        }
        unwanted
    }

    /// Answers on the way.
    pub(super) fn answer(mut self, value: T) {
        let caller = self.0.take().and_then(|answer| answer.give(Ok(value)));
        if let Some(caller) = caller {
            caller.wake();
        }
    }

    /// Until when the caller waits, if it has said so.
    #[inline]
    pub(super) fn until(&self) -> Option<Tick> {
        let until = self.0.as_ref().map_or(0, Answer::until);
        (until != 0).then_some(Tick(until))
    }

    /// The two halves, now that the handler begins.
    #[inline]
    pub(super) fn deliver(mut self, server: LocalPid) -> Option<(Own<T>, ReplyTo<T>)> {
        self.0.take().map(|answer| pair(answer, server))
    }
}

impl<T> Drop for Undelivered<T> {
    fn drop(&mut self) {
        let Some(answer) = self.0.take() else { return };
        let error = match (death::dying_reason(), stray::mistake()) {
            (Some(reason), _) => CallError::Exited(reason),
            (None, Some(mistake)) => CallError::OtherServer(Box::new(OtherServer {
                wanted: mistake.wanted,
                found: mistake.found,
            })),
            (None, None) => CallError::NoReply,
        };
        if let Some(caller) = answer.give(Err(error)) {
            caller.wake();
        }
    }
}
