//! The mailbox of a process: messages in order of arrival, and what few processes need beside.
//!
//! Ordinary messages lie in the header's queue. [`Mail`] holds the rest: messages that a selective
//! receive has rejected and will not look at again, priority messages, what lies before a mark, and
//! those who wait for room. While a process has a `Mail`, its flag [`MAIL`](super::flag::MAIL) is
//! set.
//!
//! ```text
//! reading order:   skipped ++ priority   older parts, each   skipped ++ queue
//!                  └─ of priority ────┘  skipped ++ unread   └─ since the last mark
//! ```
//!
//! A selective receive takes messages off the front of a part and puts those that it rejects into
//! the part's `skipped`. So a message is looked at once by one receive, however often the process is
//! woken meanwhile. When the receive is over, the skipped ones are put back in front of their part,
//! in constant time for each part.
//!
//! # Marks
//!
//! A mark cuts the header's queue off as an older part; a receive from the mark on begins behind it.
//! Where nothing lies before a mark nothing is cut, and parts that have come empty are taken out, so
//! a process that sets a mark for each request it makes has no more parts than messages. A `Mail`
//! is dropped when all older parts are read; marks of one that was dropped are therefore older than
//! everything that is in the mailbox.

use std::collections::VecDeque;
use std::task::Waker;

use super::monitor::next_reference;
use super::{flag, kept, step};
use crate::cell::{self, Envelope, Queue, Reversal, Running};

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    skipped: Queue,
    skipped_priority: Queue,
    priority: Queue,
    /// Older parts of the mailbox, cut off by marks.
    older: VecDeque<Older>,
    /// The first part that the selective receive under way has looked into, and where it is.
    examining: Option<(usize, usize)>,
    /// What tells this mail's marks from those of an earlier one; 0 if it has none.
    id: u64,
    /// How many marks have cut something off.
    cuts: u64,
    /// A list that came in and is too long to be turned round at once.
    pub(crate) turning: Option<Reversal>,
    /// Senders that wait for room.
    waiting: VecDeque<Waker>,
    /// Messages that were dropped because the mailbox was full.
    pub(crate) dropped: u64,
}

/// A part of the mailbox that ends at a mark.
#[derive(Debug)]
struct Older {
    /// The number of that mark.
    end: u64,
    skipped: Queue,
    unread: Queue,
}

/// A point in the mailbox; see [`Inbox::mark`](super::receive::Inbox::mark).
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    mail: u64,
    number: u64,
}

impl Older {
    fn is_empty(&self) -> bool {
        self.unread.is_empty() && self.skipped.is_empty()
    }
}

impl Mail {
    fn is_empty(&self) -> bool {
        self.skipped.is_empty()
            && self.skipped_priority.is_empty()
            && self.priority.is_empty()
            && self.older.is_empty()
            && self.turning.is_none()
            && self.waiting.is_empty()
            && self.dropped == 0
    }

    /// What is here, in reading order.
    fn parts(&self) -> impl Iterator<Item = &Queue> {
        let priority = [&self.skipped_priority, &self.priority];
        priority.into_iter().chain(self.ordinary_parts())
    }

    /// What is here but for priority messages, in reading order.
    fn ordinary_parts(&self) -> impl Iterator<Item = &Queue> {
        let older = self
            .older
            .iter()
            .flat_map(|part| [&part.skipped, &part.unread]);
        older.chain([&self.skipped])
    }

    /// The oldest message before the last mark. No selective receive is under way.
    fn pop_older(&mut self) -> Option<Envelope> {
        loop {
            let part = self.older.front_mut()?;
            let message = part.unread.pop_front();
            if part.is_empty() {
                self.older.pop_front();
            }
            if message.is_some() {
                return message;
            }
        }
    }

    /// The next message before the last mark for a selective receive, and which part it is in.
    fn examine_older(&mut self, mark: Option<Mark>) -> Option<(Envelope, Part)> {
        let (first, mut at) = self.examining.unwrap_or_else(|| {
            let mark = mark
                .filter(|mark| mark.mail == self.id)
                .map_or(0, |mark| mark.number);
            let first = self.older.partition_point(|part| part.end <= mark);
            (first, first)
        });
        let mut found = None;
        while let Some(part) = self.older.get(at) {
            found = part.unread.pop_front();
            if found.is_some() {
                break;
            }
            at += 1;
        }
        self.examining = Some((first, at));
        found.map(|message| (message, Part::Older(at)))
    }

    /// Puts what a selective receive skipped back, but for the newest part.
    fn unskip_older(&mut self) {
        let Some((first, at)) = self.examining.take() else {
            return;
        };
        let end = self.older.len().min(at + 1);
        for part in self.older.range(first.min(end)..end) {
            part.unread.prepend(&part.skipped.take());
        }
        while self.older.front().is_some_and(Older::is_empty) {
            self.older.pop_front();
        }
        while self.older.back().is_some_and(Older::is_empty) {
            self.older.pop_back();
        }
    }

    /// Cuts off what is older than a new mark.
    fn cut(&mut self, unread: Queue) -> Mark {
        if self.id == 0 {
            self.id = next_reference();
        }
        if !unread.is_empty() {
            if self.older.len() == self.older.capacity() {
                // Parts in the middle that have come empty, whenever there are twice as many.
                self.older.retain(|part| !part.is_empty());
                self.older.reserve(self.older.len().max(4));
            }
            self.cuts += 1;
            self.older.push_back(Older {
                end: self.cuts,
                skipped: Queue::default(),
                unread,
            });
        }
        Mark {
            mail: self.id,
            number: self.cuts,
        }
    }

    /// Gives spare memory back.
    pub(crate) fn shrink(&mut self) {
        self.older.shrink_to_fit();
        self.waiting.shrink_to_fit();
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
#[inline]
pub(crate) fn is_turning(running: Running<'_>) -> bool {
    running.flag(flag::MAIL) && if_mail(running, |mail| mail.turning.is_some()).unwrap_or(false)
}

/// Adds a message that came in.
#[inline]
pub(crate) fn deliver(running: Running<'_>, message: Envelope) {
    running.queue().push_back(message);
}

/// Adds messages that came in.
#[inline]
pub(crate) fn deliver_all(running: Running<'_>, messages: Reversal) {
    messages.append_to(running.queue());
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
    let message = if running.flag(flag::MAIL) {
        next_with_mail(running)?
    } else {
        running.queue().pop_front()?
    };
    read(running);
    Some(message)
}

#[cold]
fn next_with_mail(running: Running<'_>) -> Option<Envelope> {
    let before = if_mail(running, |mail| {
        mail.priority.pop_front().or_else(|| mail.pop_older())
    });
    before.flatten().or_else(|| running.queue().pop_front())
}

/// A message was taken out.
#[inline]
fn read(running: Running<'_>) {
    step::count_read();
    if !running.count_handled() {
        keep_handled(running);
    }
    if running.bound().is_some() {
        wake_waiting(running);
    }
}

#[cold]
fn keep_handled(running: Running<'_>) {
    kept::with(running, |kept| kept.handled += cell::HANDLED_MAX);
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
    /// The older part of this position.
    Older(usize),
    Newest,
}

/// Takes the next message for a selective receive: as [`next`], but not from before `mark`.
pub(crate) fn next_to_examine(
    running: Running<'_>,
    mark: Option<Mark>,
) -> Option<(Envelope, Part)> {
    let from_mail = if_mail(running, |mail| {
        let priority = mail
            .priority
            .pop_front()
            .map(|message| (message, Part::Priority));
        priority.or_else(|| mail.examine_older(mark))
    });
    from_mail
        .flatten()
        .or_else(|| Some((running.queue().pop_front()?, Part::Newest)))
}

/// What a selective receive found is not in the mailbox any more.
pub(crate) fn examined_taken(running: Running<'_>) {
    read(running);
}

/// A selective receive has rejected a message.
pub(crate) fn skip(running: Running<'_>, message: Envelope, part: Part) {
    with_mail(running, |mail| match part {
        Part::Priority => mail.skipped_priority.push_back(message),
        Part::Older(at) => mail.older[at].skipped.push_back(message),
        Part::Newest => mail.skipped.push_back(message),
    });
}

/// A selective receive is over: what it skipped is back in its place.
pub(crate) fn unskip(running: Running<'_>) {
    let skipped = if_mail(running, |mail| {
        mail.unskip_older();
        mail.priority.prepend(&mail.skipped_priority.take());
        mail.skipped.take()
    });
    if let Some(skipped) = skipped {
        running.queue().prepend(&skipped);
    }
}

/// Marks the end of what has been received: a receive from the mark on does not look at it.
pub(crate) fn mark(running: Running<'_>) -> Mark {
    let unread = running.queue().take();
    if unread.is_empty() && !running.flag(flag::MAIL) {
        return Mark { mail: 0, number: 0 };
    }
    with_mail(running, |mail| mail.cut(unread))
}

/// Whether a message waits that a selective receive under way has not rejected.
pub(crate) fn has_unread(running: Running<'_>) -> bool {
    let in_mail = |mail: &mut Mail| {
        !mail.priority.is_empty() || mail.older.iter().any(|part| !part.unread.is_empty())
    };
    !running.queue().is_empty() || if_mail(running, in_mail).unwrap_or(false)
}

/// Takes the oldest message that `wanted` accepts.
pub(crate) fn extract(
    running: Running<'_>,
    mut wanted: impl FnMut(&Envelope) -> bool,
) -> Option<Envelope> {
    let found = if_mail(running, |mail| {
        mail.parts().find_map(|part| part.extract(&mut wanted))
    });
    let found = found.flatten().or_else(|| running.queue().extract(wanted));
    if found.is_some() {
        read(running);
    }
    found
}

/// How many messages wait. Counts them.
pub(crate) fn len(running: Running<'_>) -> usize {
    let more = if_mail(running, |mail| mail.parts().map(Queue::len).sum::<usize>());
    running.queue().len() + more.unwrap_or(0)
}

/// Everything that was not read, for the dead; and whoever waits for room.
pub(crate) fn take_all(mail: Mail) -> (Queue, Option<Reversal>) {
    let all = Queue::default();
    mail.parts().for_each(|part| all.append(part));
    mail.waiting.into_iter().for_each(Waker::wake);
    (all, mail.turning)
}

/// Keeps the mailbox within its bound by dropping the oldest. Returns what was dropped.
pub(crate) fn drop_oldest(running: Running<'_>) -> Option<Envelope> {
    let from_mail = if_mail(running, |mail| {
        mail.ordinary_parts().find_map(Queue::pop_front)
    });
    let dropped = from_mail
        .flatten()
        .or_else(|| running.queue().pop_front())?;
    with_mail(running, |mail| mail.dropped += 1);
    step::count_read();
    Some(dropped)
}
