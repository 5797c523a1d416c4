//! The protocol of a [biased lock](super::biased_lock): how readers do without the lock, and how a
//! writer makes them take it again.
//!
//! ```text
//! reader   line := this lock ──light──► biased?   yes: reads, then line := none
//!                                                 no:  line := none, takes the lock
//! writer   has the lock; biased := no ──heavy──► each line: waits while it shows this lock
//! ```
//!
//! Whichever store comes first, by the [barriers](super::barrier) between them the reader sees that
//! the bias is gone, or the writer sees the line.
//!
//! # Invariants
//!
//! - The bias is given by one who has the lock for reading, and taken by one who has it for writing:
//!   while anybody writes there is none.
//! - A line shows one lock. Who reads while it reads takes the second lock itself.
//! - A line is written by its thread alone. Of other threads only writers that take a bias away look
//!   at it, so a reader's stores stay in its own cache.

use super::barrier;
use crate::primitive::{
    AtomicU32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// Readings that take the lock, with no writing between them, before readers need it no longer. What
/// they save then is to be more than what the next writer pays, which is some microseconds.
const READINGS: u32 = if cfg!(regrow_loom) { 1 } else { 4096 };

const NONE: usize = 0;

/// A thread's line: which lock it reads without having it.
#[derive(Debug)]
pub(crate) struct Line(AtomicUsize);

/// Whether the readers of a lock need not take it.
#[derive(Debug)]
pub(crate) struct Bias {
    /// 1 if there is a bias.
    given: AtomicU32,
    /// Readings that took the lock since somebody wrote. Counted by several at once without care: a
    /// few more or less make no difference.
    readings: AtomicU32,
}

impl Line {
    pub(crate) fn new() -> Line {
        Line(AtomicUsize::new(NONE))
    }

    /// The thread has read.
    #[inline]
    pub(crate) fn clear(&self) {
        self.0.store(NONE, Release);
    }
}

impl Bias {
    pub(crate) fn new() -> Bias {
        Bias {
            given: AtomicU32::new(0),
            readings: AtomicU32::new(0),
        }
    }

    /// What a line shows for this lock.
    fn name(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Begins to read without the lock, as the line's thread. `false`: it takes the lock.
    #[inline]
    pub(crate) fn enter(&self, line: &Line) -> bool {
        if self.given.load(Relaxed) == 0 || line.0.load(Relaxed) != NONE {
            return false;
        }
        line.0.store(self.name(), Relaxed);
        barrier::light();
        // Acquire: what was written before the bias was given is seen.
        if self.given.load(Acquire) == 1 {
            return true;
        }
        line.clear();
        false
    }

    /// Counts a reading, as one who has the lock for it, and gives the bias when there were enough.
    pub(crate) fn note_reading(&self) {
        let readings = self.readings.load(Relaxed) + 1;
        self.readings.store(readings, Relaxed);
        if readings >= READINGS && self.given.load(Relaxed) == 0 {
            self.given.store(1, Release);
        }
    }

    /// Takes the bias away, as one who has the lock for writing, and waits for those who read by it.
    /// `lines` are asked for after the bias is gone: a thread whose line is not among them sees that.
    pub(crate) fn revoke<'a, L>(&self, lines: impl FnOnce() -> L)
    where
        L: IntoIterator<Item = &'a Line>,
    {
        self.readings.store(0, Relaxed);
        if self.given.load(Relaxed) == 0 {
            return;
        }
        self.given.store(0, Relaxed);
        barrier::heavy();
        for line in lines() {
            let mut patience = Patience::new();
            // Acquire: what its thread read, it has read.
            while line.0.load(Acquire) == self.name() {
                patience.wait();
            }
        }
    }
}

/// Waiting for a thread that is about to be done, and may have lost its processor meanwhile.
#[cfg(not(regrow_loom))]
struct Patience(crossbeam_utils::Backoff);

#[cfg(not(regrow_loom))]
impl Patience {
    fn new() -> Patience {
        Patience(crossbeam_utils::Backoff::new())
    }

    fn wait(&mut self) {
        self.0.snooze();
    }
}

#[cfg(regrow_loom)]
struct Patience;

#[cfg(regrow_loom)]
impl Patience {
    fn new() -> Patience {
        Patience
    }

    fn wait(&mut self) {
        loom::thread::yield_now();
    }
}
