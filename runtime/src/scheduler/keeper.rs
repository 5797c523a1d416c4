//! Which sleeping scheduler keeps the time.
//!
//! One of those that sleep does so until the next timer is due; the others sleep without a limit.
//! The keeper publishes how long it sleeps, so that a scheduler that set an earlier timer and goes
//! to sleep itself can tell it.
//!
//! # Arguments
//!
//! *No timer is overslept.* Who sets a timer writes when it is due and then looks for the keeper; a
//! keeper takes its place and then looks when the next timer is due. With a fence between the two
//! steps of each, one of them sees the other.
//!
//! # Evidence
//!
//! `tests/loom_sleep.rs`: `a_timer_is_seen_or_the_keeper_is` fails without either fence, and if
//! `take` leaves what the keeper before had said.

use crate::primitive::{AtomicU64, AtomicUsize, Ordering::SeqCst, fence};
use crate::time::tick::Tick;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Keeper {
    /// The keeper's slot plus one; 0: nobody.
    slot: AtomicUsize,
    until: AtomicU64,
}

impl Keeper {
    pub(crate) fn new() -> Keeper {
        Keeper {
            slot: AtomicUsize::new(0),
            until: AtomicU64::new(u64::MAX),
        }
    }

    /// Becomes the keeper, if there is none. Only then may the caller look when the next timer is
    /// due, and say so with [`sleeps_until`](Self::sleeps_until).
    #[must_use]
    pub(crate) fn take(&self, slot: usize) -> bool {
        let taken = self
            .slot
            .compare_exchange(0, slot + 1, SeqCst, SeqCst)
            .is_ok();
        if taken {
            self.until.store(u64::MAX, SeqCst);
            // Who sets a timer from here on finds us, and that we sleep for too long.
            fence(SeqCst);
        }
        taken
    }

    /// Says how long it is going to sleep.
    pub(crate) fn sleeps_until(&self, until: Option<Tick>) {
        self.until
            .store(until.map_or(u64::MAX, |tick| tick.0), SeqCst);
    }

    /// Stops keeping the time.
    pub(crate) fn give_back(&self) {
        self.slot.store(0, SeqCst);
    }

    /// The keeper, if it sleeps for longer than `next` allows: a timer that the caller has set.
    pub(crate) fn is_late_for(&self, next: Option<Tick>) -> Option<usize> {
        // Who becomes the keeper from here on sees the timer.
        fence(SeqCst);
        let keeper = self.slot.load(SeqCst).checked_sub(1)?;
        (next?.0 < self.until.load(SeqCst)).then_some(keeper)
    }
}
