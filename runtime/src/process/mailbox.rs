//! The mailbox of a process: messages in order of arrival, and what few processes need beside.
//!
//! Ordinary messages lie in the header's queue. [`Mail`] holds the rest: messages that a selective
//! receive has rejected and will not look at again, priority messages, marks, and those who wait
//! for room. While a process has a `Mail`, its flag [`MAIL`](super::flag::MAIL) is set.
//!
//! ```text
//! reading order:   skipped priority ++ priority ++ skipped ++ queue
//!                  └──────── only during a selective receive ┘
//! ```
//!
//! A selective receive takes messages off the front and puts those that it rejects into `skipped`.
//! So a message is looked at once by one receive, however often the process is woken meanwhile. When
//! the receive is over, the skipped ones are put back in front, in constant time.

use std::collections::VecDeque;
use std::task::Waker;

use super::{flag, kept, step};
use crate::cell::{Envelope, Queue, Reversal, Running};

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    skipped: Queue,
    skipped_priority: Queue,
    priority: Queue,
    /// Older parts of the mailbox, cut off by marks: the number of the mark that begins after
    /// each, and its messages.
    cut: VecDeque<(u64, Queue)>,
    marks: u64,
    /// A list that came in and is too long to be turned round at once.
    pub(crate) turning: Option<Reversal>,
    /// Senders that wait for room.
    waiting: VecDeque<Waker>,
    /// Messages that were dropped because the mailbox was full.
    pub(crate) dropped: u64,
}

impl Mail {
    fn is_empty(&self) -> bool {
        self.skipped.is_empty()
            && self.skipped_priority.is_empty()
            && self.priority.is_empty()
            && self.cut.is_empty()
            && self.turning.is_none()
            && self.waiting.is_empty()
            && self.dropped == 0
    }
}

/// Calls `f` with the process's mail, making it if need be, and drops it if it came empty.
///
/// As with [`kept::with`], no code of the user's may run in `f`.
pub(crate) fn with_mail<R>(running: Running<'_>, f: impl FnOnce(&mut Mail) -> R) -> R {
    kept::with(running, |kept| {
        let mail = kept.mail.get_or_insert_default();
        let result = f(mail);
        let empty = mail.is_empty();
        if empty {
            kept.mail = None;
        }
        running.set_flag(flag::MAIL, !empty);
        result
    })
}

/// Calls `f` with the process's mail, if there is any.
fn if_mail<R>(running: Running<'_>, f: impl FnOnce(&mut Mail) -> R) -> Option<R> {
    if !running.flag(flag::MAIL) {
        return None;
    }
    let result = with_mail(running, f);
    if !running.flag(flag::MAIL) {
        kept::if_any(running, |_| ());
    }
    Some(result)
}

/// Whether a long list is still being turned round.
pub(crate) fn is_turning(running: Running<'_>) -> bool {
    if_mail(running, |mail| mail.turning.is_some()).unwrap_or(false)
}

/// Adds a message that came in.
#[inline]
pub(crate) fn deliver(running: Running<'_>, message: Envelope) {
    running.queue().push_back(message);
}

/// Adds a message that its sender did not count: one that a signal turned into.
pub(crate) fn deliver_uncounted(running: Running<'_>, message: Envelope, priority: bool) {
    step::count_arrived();
    if priority {
        with_mail(running, |mail| mail.priority.push_back(message));
    } else {
        running.queue().push_back(message);
    }
}

/// The next message of what has been received, oldest first.
#[inline]
pub(crate) fn next(running: Running<'_>) -> Option<Envelope> {
    if running.flag(flag::MAIL) {
        let found = if_mail(running, |mail| {
            mail.priority.pop_front().or_else(|| {
                mail.cut.retain(|(_, queue)| !queue.is_empty());
                mail.cut.front().and_then(|(_, queue)| queue.pop_front())
            })
        });
        if let Some(Some(message)) = found {
            read(running);
            return Some(message);
        }
    }
    let message = running.queue().pop_front()?;
    read(running);
    Some(message)
}

/// A message was taken out.
#[inline]
fn read(running: Running<'_>) {
    step::count_read();
    if running.bound().is_some() {
        wake_waiting(running);
    }
}

fn wake_waiting(running: Running<'_>) {
    // The count that senders see must fall before they look again.
    running.forget(step::take_uncorrected());
    while has_room(running) {
        let Some(Some(waker)) = if_mail(running, |mail| mail.waiting.pop_front()) else {
            return;
        };
        waker.wake();
    }
}

fn has_room(running: Running<'_>) -> bool {
    running
        .bound()
        .is_none_or(|bound| running.count() < bound.limit as usize)
}

/// A sender waits for room.
pub(crate) fn await_room(running: Running<'_>, waker: Waker) {
    if has_room(running) {
        waker.wake();
    } else {
        with_mail(running, |mail| mail.waiting.push_back(waker));
    }
}

/// Which part of the mailbox a message under examination came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Priority,
    Ordinary,
}

/// Takes the next message for a selective receive: as [`next`], but not from before `mark`.
pub(crate) fn next_to_examine(running: Running<'_>, mark: Option<u64>) -> Option<(Envelope, Part)> {
    let from_mail = if_mail(running, |mail| {
        if let Some(message) = mail.priority.pop_front() {
            return Some((message, Part::Priority));
        }
        let mark = mark.unwrap_or(0);
        let mut later = mail.cut.iter().filter(|(end, _)| *end > mark);
        later
            .find_map(|(_, queue)| queue.pop_front())
            .map(|message| (message, Part::Ordinary))
    });
    from_mail
        .flatten()
        .or_else(|| Some((running.queue().pop_front()?, Part::Ordinary)))
}

/// What a selective receive found is not in the mailbox any more.
pub(crate) fn examined_taken(running: Running<'_>) {
    read(running);
}

/// A selective receive has rejected a message.
pub(crate) fn skip(running: Running<'_>, message: Envelope, part: Part) {
    with_mail(running, |mail| match part {
        Part::Priority => mail.skipped_priority.push_back(message),
        Part::Ordinary => mail.skipped.push_back(message),
    });
}

/// A selective receive is over: what it skipped is back in its place.
pub(crate) fn unskip(running: Running<'_>) {
    let skipped = if_mail(running, |mail| {
        (mail.skipped.take(), mail.skipped_priority.take())
    });
    if let Some((skipped, priority)) = skipped {
        running.queue().prepend(&skipped);
        if !priority.is_empty() {
            with_mail(running, |mail| mail.priority.prepend(&priority));
        }
    }
}

/// Cuts the mailbox here: a receive from the mark on does not look at what is older.
pub(crate) fn mark(running: Running<'_>) -> u64 {
    let older = running.queue().take();
    with_mail(running, |mail| {
        mail.marks += 1;
        let mark = mail.marks;
        mail.cut.push_back((mark, older));
        mark
    })
}

/// Takes the oldest message that `wanted` accepts.
pub(crate) fn extract(
    running: Running<'_>,
    mut wanted: impl FnMut(&Envelope) -> bool,
) -> Option<Envelope> {
    let found = if_mail(running, |mail| {
        mail.priority
            .extract(&mut wanted)
            .or_else(|| {
                mail.cut
                    .iter()
                    .find_map(|(_, queue)| queue.extract(&mut wanted))
            })
            .or_else(|| mail.skipped_priority.extract(&mut wanted))
            .or_else(|| mail.skipped.extract(&mut wanted))
    });
    let found = found.flatten().or_else(|| running.queue().extract(wanted));
    if found.is_some() {
        read(running);
    }
    found
}

/// How many messages wait. Counts them.
pub(crate) fn len(running: Running<'_>) -> usize {
    let more = if_mail(running, |mail| {
        mail.priority.len()
            + mail.skipped.len()
            + mail.skipped_priority.len()
            + mail.cut.iter().map(|(_, queue)| queue.len()).sum::<usize>()
    });
    running.queue().len() + more.unwrap_or(0)
}

/// Everything that was not read, for the dead; and whoever waits for room.
pub(crate) fn take_all(mail: Mail) -> (Queue, Option<Reversal>) {
    let all = Queue::default();
    all.append(&mail.skipped_priority);
    all.append(&mail.priority);
    for (_, queue) in &mail.cut {
        all.append(queue);
    }
    all.append(&mail.skipped);
    mail.waiting.into_iter().for_each(Waker::wake);
    (all, mail.turning)
}

/// Keeps the mailbox within its bound by dropping the oldest. Returns what was dropped.
pub(crate) fn drop_oldest(running: Running<'_>) -> Option<Envelope> {
    let dropped = running.queue().pop_front()?;
    with_mail(running, |mail| mail.dropped += 1);
    step::count_read();
    Some(dropped)
}
