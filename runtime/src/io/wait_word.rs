//! The word between the thread that waits in the poller and those who notify it.
//!
//! A notification must end the wait, at the price of a system call, and should cost next to nothing
//! when nobody waits. One word holds what is known:
//!
//! ```text
//!            transition_to_waiting
//!     Idle ─────────────────────────▶ Waiting
//!      ▲ ▲                              │ │
//!      │ └──────────────────────────────┘ │
//!      │      transition_to_idle          │ transition_to_notified: the caller wakes the poll
//!      │                                  ▼
//!      └────────────────────────────── Notified ◀── transition_to_notified, from Idle: no wake
//!        transition_to_idle,
//!        transition_to_waiting (which then does not wait)
//! ```
//!
//! - *Nothing is lost.* Every transition is one read-modify-write on the word, so all of them are in
//!   one order. After a notification in that order comes either `transition_to_waiting`, which sees
//!   it and does not wait, or `transition_to_idle` of a thread that was already waiting. For the
//!   latter the notification, or an earlier one that it joined, found `Waiting` and wakes the poll.
//!   The wake comes after that thread entered, so no earlier poll can have used it up.
//! - *What was written before is seen after.* The transition that takes the notification away reads
//!   the word that the last notification wrote, so the thread that returns sees all that any of the
//!   notifiers did before: a scheduler that looks at its queues after polling misses nothing.
//! - *Many cost one.* Only the step from `Waiting` to `Notified` makes the system call, and it is
//!   taken once for each wait.
//! - *Too much is harmless.* A notification while nobody waits makes the next wait return at once.
//!   A notifier that is slow between its transition and its wake may end a later wait for nothing.
//! - A poll with a timeout of zero does not wait, so it leaves the word alone: a notification meant
//!   for a sleeper is not used up by a busy scheduler that looks in.
//!
//! # Evidence
//!
//! `tests/loom_poller.rs`: `a_notification_ends_the_wait_and_shows_what_came_before_it`.

use crate::primitive::{AtomicU32, Ordering::SeqCst};

/// Nobody waits, nobody was notified.
const IDLE: u32 = 0;
/// One thread waits for events, or is about to.
const WAITING: u32 = 1;
/// The wait is to end, or the next one not to begin.
const NOTIFIED: u32 = 2;

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct WaitWord(AtomicU32);

/// What a thread that wants to wait must do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TransitionToWaiting {
    /// Wait, then call `transition_to_idle`.
    Wait,
    /// Do not wait: there was a notification, now taken.
    Notified,
}

/// What a notifier must do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TransitionToNotified {
    /// Wake the waiting thread: nobody else will.
    Interrupt,
    /// Nothing: nobody waits, or another notifier wakes the waiting thread.
    Nothing,
}

impl WaitWord {
    /// Nobody waits.
    pub(crate) fn new() -> WaitWord {
        WaitWord(AtomicU32::new(IDLE))
    }

    /// Announces a wait. Only the thread that has the driver's lock may call this.
    pub(crate) fn transition_to_waiting(&self) -> TransitionToWaiting {
        match self.0.compare_exchange(IDLE, WAITING, SeqCst, SeqCst) {
            Ok(_) => TransitionToWaiting::Wait,
            Err(word) => {
                assert!(word == NOTIFIED, "two threads wait in one poller");
                self.transition_to_idle();
                TransitionToWaiting::Notified
            }
        }
    }

    /// Ends a wait and takes a notification, if there was one.
    pub(crate) fn transition_to_idle(&self) {
        // A store would do for the word itself. Reading it as well is what makes everything that
        // the notifiers did before visible to this thread.
        self.0.swap(IDLE, SeqCst);
    }

    /// Leaves a notification.
    pub(crate) fn transition_to_notified(&self) -> TransitionToNotified {
        match self.0.swap(NOTIFIED, SeqCst) {
            WAITING => TransitionToNotified::Interrupt,
            _ => TransitionToNotified::Nothing,
        }
    }

    /// Whether a thread waits and was not notified.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.load(SeqCst) == WAITING
    }
}
