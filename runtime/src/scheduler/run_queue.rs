//! A scheduler's queues: crossbeam's deques, first in, first out, one for each of two priorities.
//!
//! The deque's owner handle cannot be shared, so it lies with the scheduler's thread; others steal
//! through its `Stealer`. A steal takes half of what is there, at most 32 entries, in one
//! compare-and-swap.

use crossbeam_deque::{Injector, Steal, Stealer, Worker};

use crate::cell::RunEntry;

/// The owner's side.
#[derive(Debug)]
pub(crate) struct RunQueue {
    high: Worker<RunEntry>,
    normal: Worker<RunEntry>,
}

/// The others' side.
#[derive(Debug)]
pub(crate) struct RunQueueStealer {
    high: Stealer<RunEntry>,
    normal: Stealer<RunEntry>,
}

impl RunQueue {
    pub(crate) fn new() -> (RunQueue, RunQueueStealer) {
        let queue = RunQueue {
            high: Worker::new_fifo(),
            normal: Worker::new_fifo(),
        };
        let stealer = RunQueueStealer {
            high: queue.high.stealer(),
            normal: queue.normal.stealer(),
        };
        (queue, stealer)
    }

    #[inline]
    pub(crate) fn push(&self, entry: RunEntry) {
        self.normal.push(entry);
    }

    pub(crate) fn push_high(&self, entry: RunEntry) {
        self.high.push(entry);
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<RunEntry> {
        self.normal.pop()
    }

    #[inline]
    pub(crate) fn pop_high(&self) -> Option<RunEntry> {
        // Looking is cheaper than popping, and there is rarely anything.
        if self.high.is_empty() {
            None
        } else {
            self.high.pop()
        }
    }

    /// Entries that others could take.
    pub(crate) fn len(&self) -> usize {
        self.normal.len() + self.high.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.normal.is_empty() && self.high.is_empty()
    }

    /// Takes one entry from the injector, and some more into the own queue.
    pub(crate) fn take_injected(&self, injector: &Injector<RunEntry>) -> Option<RunEntry> {
        if injector.is_empty() {
            return None;
        }
        repeat(|| injector.steal_batch_with_limit_and_pop(&self.normal, 32))
    }

    /// Takes half of another scheduler's entries. The second value says how many it has left.
    pub(crate) fn steal_from(&self, victim: &RunQueueStealer) -> Option<(RunEntry, usize)> {
        if !victim.high.is_empty()
            && let Some(entry) = repeat(|| victim.high.steal())
        {
            return Some((entry, victim.len()));
        }
        if victim.normal.is_empty() {
            return None;
        }
        repeat(|| {
            victim
                .normal
                .steal_batch_with_limit_and_pop(&self.normal, 32)
        })
        .map(|entry| (entry, victim.len()))
    }
}

impl RunQueueStealer {
    pub(crate) fn is_empty(&self) -> bool {
        self.normal.is_empty() && self.high.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.normal.len() + self.high.len()
    }
}

fn repeat(mut steal: impl FnMut() -> Steal<RunEntry>) -> Option<RunEntry> {
    loop {
        match steal() {
            Steal::Success(entry) => return Some(entry),
            Steal::Empty => return None,
            Steal::Retry => std::hint::spin_loop(),
        }
    }
}
