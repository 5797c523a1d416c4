//! Counts that each scheduler keeps, and their sum.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    // A macro, because a struct, its sum and its snapshot list the same names three times.
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// One scheduler's counts. Written by its thread alone, so adding is a load and a store.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
        }

        /// Counts of a runtime since it started, over all schedulers.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct RuntimeStats {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl RuntimeStats {
            pub(crate) fn add(&mut self, counters: &Counters) {
                $(self.$name = self.$name.wrapping_add(counters.$name.get());)*
            }
        }
    };
}

/// A count with one writer.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0
            .store(self.0.load(Relaxed).wrapping_add(count), Relaxed);
    }

    /// For counts with more than one writer.
    pub(crate) fn add_shared(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

counters! {
    /// Processes that were spawned.
    spawned,
    /// Processes that have ended.
    ended,
    /// Turns that processes had.
    turns,
    /// Messages and signals that processes took in.
    received,
    /// Messages that a full mailbox dropped, of either end.
    dropped,
    /// Batches of processes that one scheduler took from another.
    steals,
    /// Times that a scheduler went to sleep.
    parks,
    /// Times that a scheduler woke another one.
    wakes,
    /// Timers that were put into a wheel.
    timers_armed,
    /// Timers that came due.
    timers_fired,
    /// Turns that the watch thread found stuck.
    stuck,
    /// Spare schedulers that were started for those.
    spares,
    /// Times that a process gave back memory that was kept for it, to hibernate.
    hibernated,
    /// Calls whose caller had gone before their handler began, and that were not carried out.
    calls_unwanted,
}
