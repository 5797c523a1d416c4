//! One word that is the whole mailbox protocol.
//!
//! ```text
//!   63    62        48   47                       4    3        2         1      0
//! [KNOWN][ count : 15 ][ envelope, 16-aligned      ][SIGNAL][NOTIFIED][DEAF][PARKED]
//! ```
//!
//! A process is deaf only while it is parked; `DEAF` without `PARKED` says that it is dead.
//!
//! The pointer is the head of a list of envelopes, newest first. A sender pushes with one
//! compare-and-swap, and the same operation says whether it must schedule the process. The owner
//! takes the whole list at once and keeps what it took in a private queue, oldest first.
//!
//! A message that wakes the process does not go by way of the word: whoever clears `PARKED` owns the
//! process until it has handed over the run entry, so the sender puts the message into the private
//! queue itself. The word's list is empty then, so nothing is overtaken, and the next owner saves a
//! read-modify-write.
//!
//! # States
//!
//! ```text
//!               push | notify  → Schedule                 (scheduler takes the run entry)
//!   ┌────────┐ ─────────────────────────▶ ┌──────────┐ ──────────▶ ┌─────────┐
//!   │ parked │                            │ runnable │             │ running │
//!   └────────┘ ◀───────────────────────── └──────────┘ ◀────────── └─────────┘
//!        ▲         transition_to_parked        budget used up        │  │
//!        └───────────────────────────────────────────────────────────┘  │ close
//!                                                                       ▼
//!                                                                   ┌────────┐
//!                                                                   │ closed │
//!                                                                   └────────┘
//! ```
//!
//! # Arguments
//!
//! *No wake-up is lost.* Sender and owner meet on one location: either the sender's swap sees
//! `PARKED` and schedules, or the owner's parking swap sees the changed word and fails.
//!
//! *Nobody runs a process twice at once.* `PARKED` is cleared by exactly one swap, and only who
//! clears it may schedule.
//!
//! *The next owner sees what the last one wrote.* Every read-modify-write acquires and releases.
//!
//! *No envelope is popped twice.* Nobody pops single envelopes; a pushed envelope whose address was
//! used before is a valid head.
//!
//! # Evidence
//!
//! `tests/loom_mailbox.rs`. Each model was seen to fail with the mutation beside it.
//!
//! | model | mutation |
//! |---|---|
//! | `two_senders_lose_no_wake_up` | parking loads and stores; a relaxed push or drain |
//! | `two_schedulers_never_run_one_process` | a push leaves `PARKED`; a relaxed parking swap |
//! | `a_deaf_process_wakes_for_a_signal_only` | a push does not look at `DEAF` |
//! | `a_signal_breaks_a_deaf_park` | the deaf park does not look at `SIGNAL`; a signal heeds `DEAF` |
//! | `every_waker_is_seen_by_the_next_poll` | `notify` returns early if `NOTIFIED` is set |
//! | `close_hands_back_exactly_what_was_not_drained` | `close` loads and stores, or forgets the list |
//! | `who_refers_to_a_process_is_told_of_its_death` | `take_known` loads and stores; `close` does not look at `KNOWN` |
//! | `a_list_that_is_still_turned_round_is_older_than_what_comes` | `drain` loads and stores |

use crate::memory::block_pool::{ADDRESS_BITS, BLOCK_ALIGN};
use crate::primitive::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// The process is in no run queue and running nowhere. Whoever clears this must schedule it.
const PARKED: usize = 1;
/// Only with `PARKED`: the process waits for something that is not a message, so a message does
/// not wake it; a signal or a waker does.
const DEAF: usize = 1 << 1;
/// A waker fired since the last drain.
const NOTIFIED: usize = 1 << 2;
/// A signal was pushed since the last drain.
const SIGNAL: usize = 1 << 3;
/// The process is dead; nothing can be pushed. Stays until the slot is born again.
const CLOSED: usize = DEAF;
/// The envelope's address: blocks lie below 2^48, which the block pool sees to.
const ADDRESS: usize = (1 << ADDRESS_BITS) - BLOCK_ALIGN;
const COUNT_SHIFT: u32 = 48;
/// Something outside the process (a name, a registry) refers to it and must be told of its death.
const KNOWN: usize = 1 << 63;
/// Messages pushed and not yet consumed. At its largest value it sticks, until the queue is empty.
const COUNT: usize = COUNT_MAX << COUNT_SHIFT;
/// Where the count of messages saturates.
pub(crate) const COUNT_MAX: usize = 0x7fff;

/// See the module's head.
pub(crate) struct MailboxWord(AtomicUsize);

/// What a sender has to do after a push.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Push {
    /// The process will see the envelope by itself.
    Delivered,
    /// The sender woke the process and must schedule it.
    Schedule,
    /// The sender woke the process. It must put the message, which is still its own, into the
    /// process's queue and then schedule it.
    HandOver,
    /// The process is dead; the envelope is still the sender's.
    Closed,
    /// The mailbox holds as many messages as it may; the envelope is still the sender's.
    Full,
}

/// What came in since the last drain.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drained {
    /// The newest envelope's address, or 0.
    pub(crate) newest: usize,
    /// Whether a signal is among it.
    pub(crate) signals: bool,
    /// Whether a waker fired, which the models ask for.
    #[cfg(regrow_loom)]
    pub(crate) notified: bool,
}

/// Whether the process was parked.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Park {
    /// It is; it must not be touched any more.
    Parked,
    /// Something came in meanwhile; the process goes on.
    Changed,
}

fn closed(word: usize) -> bool {
    word & (PARKED | DEAF) == CLOSED
}

fn with_count(word: usize, count: usize) -> usize {
    (word & !COUNT) | (count << COUNT_SHIFT)
}

fn count_of(word: usize) -> usize {
    (word & COUNT) >> COUNT_SHIFT
}

impl MailboxWord {
    /// The word of a process for a model.
    #[cfg(all(test, regrow_loom))]
    pub(crate) fn new() -> MailboxWord {
        MailboxWord(AtomicUsize::new(PARKED))
    }

    /// Opens the mailbox of a process that is about to be scheduled for the first time. Only for a
    /// slot that nobody knows of.
    pub(crate) fn open(&self) {
        self.0.store(0, Release);
    }

    /// Pushes the envelope at `address`. `link` is called to write the next older envelope's
    /// address into it, before each attempt.
    ///
    /// A `signal` wakes a deaf process too and is not counted. A message is refused when `limit`
    /// messages are there already.
    #[inline]
    pub(crate) fn push(
        &self,
        address: usize,
        signal: bool,
        limit: usize,
        link: impl Fn(usize),
    ) -> Push {
        debug_assert!(
            address & !ADDRESS == 0,
            "an envelope's address fits the word"
        );
        let mut word = self.0.load(Relaxed);
        loop {
            if closed(word) {
                return Push::Closed;
            }
            let count = count_of(word);
            if !signal && count >= limit && limit < COUNT_MAX {
                return Push::Full;
            }
            let wakes = word & PARKED != 0 && (word & DEAF == 0 || signal);
            let hands_over = wakes && !signal;
            let mut flags = word & (KNOWN | PARKED | DEAF | NOTIFIED | SIGNAL);
            if wakes {
                flags &= !(PARKED | DEAF);
            }
            let next = if signal {
                link(word & ADDRESS);
                with_count(address | flags | SIGNAL, count)
            } else if hands_over {
                debug_assert!(
                    word & (ADDRESS | NOTIFIED | SIGNAL) == 0,
                    "a process that listens has parked with nothing left to come in"
                );
                with_count(flags, (count + 1).min(COUNT_MAX))
            } else {
                link(word & ADDRESS);
                with_count(address | flags, (count + 1).min(COUNT_MAX))
            };
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) if hands_over => return Push::HandOver,
                Ok(_) if wakes => return Push::Schedule,
                Ok(_) => return Push::Delivered,
                Err(now) => word = now,
            }
        }
    }

    /// A waker fired. Returns whether the caller must schedule the process.
    ///
    /// The word is always written, also if `NOTIFIED` is set already: the poll that is to come must
    /// see what the waker's thread wrote before.
    #[must_use]
    pub(crate) fn notify(&self) -> bool {
        let mut word = self.0.load(Relaxed);
        loop {
            if closed(word) {
                return false;
            }
            let parked = word & PARKED != 0;
            let next = (word & !(PARKED | DEAF)) | NOTIFIED;
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return parked,
                Err(now) => word = now,
            }
        }
    }

    /// Whether anything came in since the last drain. Cheap, and only the owner may rely on `true`.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        self.0.load(Relaxed) & (ADDRESS | NOTIFIED | SIGNAL) != 0
    }

    /// Takes all that came in. Owner only.
    #[inline]
    pub(crate) fn drain(&self) -> Drained {
        let word = self.0.fetch_and(KNOWN | COUNT, AcqRel);
        debug_assert!(
            word & (PARKED | DEAF) == 0,
            "a parked or dead process is nobody's to drain"
        );
        Drained {
            newest: word & ADDRESS,
            signals: word & SIGNAL != 0,
            #[cfg(regrow_loom)]
            notified: word & NOTIFIED != 0,
        }
    }

    /// Parks the process until anything at all comes in. Owner only.
    ///
    /// `consumed` messages are taken off the count; `empty` says that no message is left unread.
    #[inline]
    pub(crate) fn transition_to_parked(&self, consumed: isize, empty: bool) -> Park {
        let mut word = self.0.load(Relaxed);
        loop {
            if word & (ADDRESS | NOTIFIED | SIGNAL) != 0 {
                return Park::Changed;
            }
            let next = with_count(word & KNOWN | PARKED, less(count_of(word), consumed, empty));
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return Park::Parked,
                Err(now) => word = now,
            }
        }
    }

    /// Parks the process until a signal comes in or a waker fires. Owner only.
    #[inline]
    pub(crate) fn transition_to_deaf(&self, consumed: isize) -> Park {
        let mut word = self.0.load(Relaxed);
        loop {
            if word & (NOTIFIED | SIGNAL) != 0 {
                return Park::Changed;
            }
            let next = with_count(
                (word & (KNOWN | ADDRESS)) | PARKED | DEAF,
                less(count_of(word), consumed, false),
            );
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return Park::Parked,
                Err(now) => word = now,
            }
        }
    }

    /// Takes `consumed` messages off the count of a process that goes on running. Owner only.
    pub(crate) fn forget(&self, consumed: isize) {
        let mut word = self.0.load(Relaxed);
        loop {
            let next = with_count(word, less(count_of(word), consumed, false));
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// Closes the mailbox for good, and returns the newest envelope that was not drained, or 0.
    /// `None`: it is open, for something outside has begun to refer to the process since
    /// [`take_known`](Self::take_known). Owner only.
    #[must_use]
    pub(crate) fn close(&self) -> Option<usize> {
        let mut word = self.0.load(Relaxed);
        while word & KNOWN == 0 {
            match self.0.compare_exchange_weak(word, CLOSED, AcqRel, Relaxed) {
                Ok(_) => return Some(word & ADDRESS),
                Err(now) => word = now,
            }
        }
        None
    }

    /// Notes that something outside the process refers to it. `false`: the process is dead.
    #[must_use]
    pub(crate) fn set_known(&self) -> bool {
        let mut word = self.0.load(Relaxed);
        loop {
            if closed(word) {
                return false;
            }
            match self
                .0
                .compare_exchange_weak(word, word | KNOWN, AcqRel, Relaxed)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    /// Whether something outside refers to the process; asking resets it. Owner only.
    pub(crate) fn take_known(&self) -> bool {
        self.0.load(Relaxed) & KNOWN != 0 && self.0.fetch_and(!KNOWN, AcqRel) & KNOWN != 0
    }

    /// Whether the process is dead.
    pub(crate) fn is_closed(&self) -> bool {
        closed(self.0.load(Acquire))
    }

    /// Messages pushed and not yet consumed, [`COUNT_MAX`] meaning that or more.
    pub(crate) fn count(&self) -> usize {
        count_of(self.0.load(Relaxed))
    }

    /// Whether nothing is undelivered and nobody runs the process. For [`settle`] only.
    ///
    /// [`settle`]: crate::process::settle
    pub(crate) fn is_parked(&self) -> bool {
        self.0.load(Acquire) & PARKED != 0
    }
}

/// The count less what was consumed. A saturated count is unknown until the queue is empty.
fn less(count: usize, consumed: isize, empty: bool) -> usize {
    if empty {
        0
    } else if count == COUNT_MAX {
        COUNT_MAX
    } else {
        count.saturating_add_signed(-consumed).min(COUNT_MAX)
    }
}

impl std::fmt::Debug for MailboxWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = self.0.load(Relaxed);
        let flag = |bit, name| if word & bit != 0 { name } else { "" };
        write!(
            f,
            "MailboxWord({} messages{}{}{}{}{})",
            count_of(word),
            flag(PARKED, ", parked"),
            flag(DEAF, if closed(word) { ", closed" } else { ", deaf" }),
            flag(NOTIFIED, ", notified"),
            flag(SIGNAL, ", signal"),
            flag(KNOWN, ", known"),
        )
    }
}
