//! Which sleeping scheduler keeps the time.
//!
//! One of those that sleep does so until the next timer is due; the others sleep without a limit.
//! The keeper publishes how long it sleeps, so that a scheduler that set an earlier timer and goes
//! to sleep itself can tell it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};

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

    /// Becomes the keeper, if there is none.
    #[must_use]
    pub(crate) fn take(&self, slot: usize) -> bool {
        let taken = self
            .slot
            .compare_exchange(0, slot + 1, SeqCst, SeqCst)
            .is_ok();
        if taken {
            self.until.store(u64::MAX, SeqCst);
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

    /// The keeper, if it sleeps for longer than `next` allows.
    pub(crate) fn is_late_for(&self, next: Option<Tick>) -> Option<usize> {
        let keeper = self.slot.load(SeqCst).checked_sub(1)?;
        (next?.0 < self.until.load(SeqCst)).then_some(keeper)
    }
}
