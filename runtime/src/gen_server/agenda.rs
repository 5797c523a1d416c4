//! What a server has to see to beside its messages. Most servers have none of it, ever.
//!
//! It is kept for the process behind the flag [`ABOVE`](flag::ABOVE), so that a server without any
//! of this costs its state and nothing else, and looks at one bit of its header between messages.

use std::any::Any;
use std::time::Duration;

use super::annex::Annex;
use super::answer::Wait;
use super::debug::Debug;
use crate::cell::{Envelope, Queue, Running};
use crate::process::deadline::Limit;
use crate::process::{ExitReason, flag, kept};

/// See the module's head.
#[derive(Default)]
pub(super) struct Agenda {
    /// What comes before any message: continuations, in the order in which they were asked for, and
    /// an `async` init that is done.
    first: Queue,
    /// Requests that fail with the server's reason when it has ended.
    owed: Queue,
    /// The server is to end for this reason.
    stop: Option<ExitReason>,
    /// `terminate` runs, or waits; then the server ends for this reason.
    ending: Option<ExitReason>,
    last_words: Option<LastWords>,
    idle: Idle,
    /// Only system messages are handled, and what ends the server.
    suspended: bool,
    debug: Option<Box<Debug>>,
    annex: Option<Box<dyn Annex>>,
}

/// A reply that is sent when `terminate` is done.
pub(super) type LastWords = Box<dyn FnOnce() + Send>;

/// How long the server waits for a message before its idle timeout.
#[derive(Debug, Default)]
struct Idle {
    /// As the last handler asked, for this wait.
    once: Option<Duration>,
    /// What then comes, in place of the timeout.
    message: Option<Envelope>,
    /// What the handler that runs has asked for of this kind.
    asked: Option<(Duration, Envelope)>,
    /// For every other wait.
    standing: Standing,
    /// When the present wait is over.
    due: Option<Limit>,
    rest: Rest,
}

/// Of a server that hibernates after a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Rest {
    /// It has, or does not.
    #[default]
    No,
    /// A handler has run since it last began to wait.
    Again,
    /// At this time, unless something comes.
    Due(Limit),
}

/// How long every wait is for which no handler has asked otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// As the server's type says.
    #[default]
    AsTyped,
    /// As the server has changed it.
    Changed(Option<Duration>),
}

impl Standing {
    fn or_typed(self, typed: Option<Duration>) -> Option<Duration> {
        match self {
            Standing::AsTyped => typed,
            Standing::Changed(timeout) => timeout,
        }
    }
}

impl Agenda {
    fn is_empty(&self) -> bool {
        self.first.is_empty()
            && self.owed.is_empty()
            && self.stop.is_none()
            && self.ending.is_none()
            && self.last_words.is_none()
            && self.idle.once.is_none()
            && self.idle.message.is_none()
            && self.idle.asked.is_none()
            && self.idle.standing == Standing::AsTyped
            && self.idle.due.is_none()
            && self.idle.rest == Rest::No
            && !self.suspended
            && self.debug.is_none()
            && self.annex.is_none()
    }
}

impl Drop for Agenda {
    /// When the process ends, those who are owed hear of it last: see [`owe`].
    fn drop(&mut self) {
        if !self.owed.is_empty() {
            crate::cell::with_current(|running| running.queue().append(&self.owed));
        }
    }
}

/// Calls `f` with the server's agenda, making it if need be, and drops it if it came empty.
///
/// No code of the user's may run in `f`, drops included.
fn with<R>(running: Running<'_>, f: impl FnOnce(&mut Agenda) -> R) -> R {
    let (result, empty) = kept::with(running, |kept| {
        let above = kept.above.get_or_insert_with(|| Box::<Agenda>::default());
        let agenda = (&mut **above as &mut dyn Any).downcast_mut::<Agenda>();
        let agenda = agenda.unwrap_or_else(|| unreachable!("a server keeps an agenda"));
        let result = f(agenda);
        let empty = agenda.is_empty();
        if empty {
            kept.above = None;
        }
        (result, empty)
    });
    running.set_flag(flag::ABOVE, !empty);
    if empty {
        kept::if_any(running, |_| ());
    }
    result
}

/// Calls `f` with the server's agenda, if there is one.
fn if_any<R>(running: Running<'_>, f: impl FnOnce(&mut Agenda) -> R) -> Option<R> {
    running.flag(flag::ABOVE).then(|| with(running, f))
}

/// Whether there is anything to see to.
#[inline]
pub(super) fn has_any(running: Running<'_>) -> bool {
    running.flag(flag::ABOVE)
}

/// Puts something before the messages, behind what is there already.
pub(super) fn add_first(running: Running<'_>, envelope: Envelope) {
    with(running, |agenda| agenda.first.push_back(envelope));
}

/// Puts something before everything else.
pub(super) fn add_before_all(running: Running<'_>, envelope: Envelope) {
    with(running, |agenda| agenda.first.push_front(envelope));
}

/// What comes before the messages.
pub(super) fn take_first(running: Running<'_>) -> Option<Envelope> {
    if_any(running, |agenda| agenda.first.pop_front()).flatten()
}

/// Keeps a request that fails when the process has ended: in the mailbox if it is ending already.
pub(super) fn owe(running: Running<'_>, request: Envelope) {
    if running.flag(flag::EXITING) {
        running.queue().push_back(request);
    } else {
        with(running, |agenda| agenda.owed.push_back(request));
    }
}

/// The requests that were to fail with the server's reason.
pub(super) fn take_owed(running: Running<'_>) -> Option<Queue> {
    if_any(running, |agenda| {
        (!agenda.owed.is_empty()).then(|| agenda.owed.take())
    })
    .flatten()
}

/// The server is to end. The first reason counts.
pub(super) fn stop(running: Running<'_>, reason: ExitReason) {
    let dropped = with(running, |agenda| match agenda.stop {
        None => {
            agenda.stop = Some(reason);
            None
        }
        Some(_) => Some(reason),
    });
    drop(dropped);
}

/// Whether the server is to end, and why.
pub(super) fn take_stop(running: Running<'_>) -> Option<ExitReason> {
    if_any(running, |agenda| agenda.stop.take()).flatten()
}

/// `terminate` begins, or has failed: the server ends for this reason when it is done.
pub(super) fn set_ending(running: Running<'_>, reason: ExitReason) {
    let before = with(running, |agenda| agenda.ending.replace(reason));
    drop(before);
}

/// Whether `terminate` has begun.
pub(super) fn is_ending(running: Running<'_>) -> bool {
    if_any(running, |agenda| agenda.ending.is_some()).unwrap_or(false)
}

/// Why the server ends, and the reply that goes out before that.
pub(super) fn take_ending(running: Running<'_>) -> Option<(ExitReason, Option<LastWords>)> {
    if_any(running, |agenda| {
        Some((agenda.ending.take()?, agenda.last_words.take()))
    })
    .flatten()
}

/// Sends a reply when `terminate` is done.
pub(super) fn set_last_words(running: Running<'_>, words: LastWords) {
    let before = with(running, |agenda| agenda.last_words.replace(words));
    drop(before);
}

/// How long the next wait is, as a handler asked.
#[inline]
pub(super) fn set_wait(running: Running<'_>, wait: Wait) {
    if wait.idle.is_some() || has_any(running) {
        let before = with(running, |agenda| {
            let idle = &mut agenda.idle;
            let (after, message) = idle.asked.take().unzip();
            idle.once = after.or(wait.idle);
            std::mem::replace(&mut idle.message, message)
        });
        drop(before);
    }
}

/// What the next wait ends with, as the handler that runs asks.
pub(super) fn ask_message(running: Running<'_>, after: Duration, message: Envelope) {
    let before = with(running, |agenda| {
        agenda.idle.asked.replace((after, message))
    });
    drop(before);
}

/// How long every wait is from now on.
pub(super) fn set_standing(running: Running<'_>, standing: Standing) {
    with(running, |agenda| agenda.idle.standing = standing);
}

/// When the present wait is over. `usual` is the server's own timeout; a wait that is `fresh` begins
/// now, others go on.
pub(super) fn wait_until(
    running: Running<'_>,
    usual: Option<Duration>,
    fresh: bool,
) -> Option<Limit> {
    if usual.is_none() && !has_any(running) {
        return None;
    }
    with(running, |agenda| {
        let idle = &mut agenda.idle;
        if fresh || idle.due.is_none() {
            let timeout = idle.once.or(idle.standing.or_typed(usual));
            idle.due = timeout.map(Limit::roughly_after);
        }
        idle.due
    })
}

/// A handler has run, so the next wait begins anew, even if that is not in this turn. `rests`: the
/// server hibernates after a while.
pub(super) fn restart_wait(running: Running<'_>, rests: bool) {
    if rests {
        with(running, |agenda| agenda.idle.rest = Rest::Again);
    }
    if_any(running, |agenda| agenda.idle.due = None);
}

/// When a server hibernates that does so after a while. `None`: it has done so since the last
/// message.
pub(super) fn rest_at(running: Running<'_>, after: Duration, fresh: bool) -> Option<Limit> {
    if !fresh && !has_any(running) {
        return None;
    }
    with(running, |agenda| {
        let rest = &mut agenda.idle.rest;
        if fresh || *rest == Rest::Again {
            *rest = Rest::Due(Limit::roughly_after(after));
        }
        match rest {
            Rest::Due(limit) => Some(*limit),
            Rest::No | Rest::Again => None,
        }
    })
}

/// The server hibernates.
pub(super) fn end_rest(running: Running<'_>) {
    if_any(running, |agenda| agenda.idle.rest = Rest::No);
}

/// Whether the server handles system messages only.
pub(super) fn is_suspended(running: Running<'_>) -> bool {
    if_any(running, |agenda| agenda.suspended).unwrap_or(false)
}

/// Suspends the server, or lets it go on.
pub(super) fn set_suspended(running: Running<'_>, suspended: bool) {
    with(running, |agenda| agenda.suspended = suspended);
}

/// Takes what observes the server, if anything does.
pub(super) fn take_debug(running: Running<'_>) -> Option<Box<Debug>> {
    if_any(running, |agenda| agenda.debug.take()).flatten()
}

/// Lets this observe the server.
pub(super) fn set_debug(running: Running<'_>, debug: Option<Box<Debug>>) {
    let before = with(running, |agenda| {
        std::mem::replace(&mut agenda.debug, debug)
    });
    drop(before);
}

/// Takes what a room above keeps for the server, if it does.
pub(super) fn take_annex(running: Running<'_>) -> Option<Box<dyn Annex>> {
    if_any(running, |agenda| agenda.annex.take()).flatten()
}

/// Keeps this for a room above.
pub(super) fn set_annex(running: Running<'_>, annex: Box<dyn Annex>) {
    let before = with(running, |agenda| agenda.annex.replace(annex));
    drop(before);
}

/// As [`take_annex`], of a server whose `terminate` is done, with the reason that it ends for.
pub(super) fn take_annex_at_end(running: Running<'_>) -> Option<(Box<dyn Annex>, ExitReason)> {
    if_any(running, |agenda| {
        let reason = agenda.ending.as_ref()?;
        Some((agenda.annex.take()?, reason.clone()))
    })
    .flatten()
}

/// The present wait is over. Gives what a handler has asked for then.
pub(super) fn end_wait(running: Running<'_>) -> Option<Envelope> {
    if_any(running, |agenda| {
        agenda.idle.once = None;
        agenda.idle.due = None;
        agenda.idle.message.take()
    })
    .flatten()
}
