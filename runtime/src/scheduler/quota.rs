//! How many processes there may be.
//!
//! A shared counter that every spawn touches would be a cache line that every core fights over. So
//! each scheduler takes allowances from it in batches, and gives them back in batches when
//! processes end. Under a small ceiling the batch is one, and the count exact.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The most allowances that one scheduler holds unused, twice over.
const BATCH_MAX: usize = 256;

/// The ceiling and what of it is taken.
#[derive(Debug)]
pub(crate) struct Quota {
    max: usize,
    taken: AtomicUsize,
}

/// One thread's unused allowances.
#[derive(Debug, Default)]
pub(crate) struct Allowance(Cell<usize>);

impl Quota {
    pub(crate) fn new(max: usize) -> Quota {
        Quota {
            max,
            taken: AtomicUsize::new(0),
        }
    }

    /// The ceiling.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    fn batch(&self) -> usize {
        (self.max / 4096).clamp(1, BATCH_MAX)
    }

    /// Takes at most `wanted`.
    pub(crate) fn take(&self, wanted: usize) -> usize {
        let mut taken = self.taken.load(Relaxed);
        loop {
            let granted = wanted.min(self.max.saturating_sub(taken));
            if granted == 0 {
                return 0;
            }
            match self
                .taken
                .compare_exchange_weak(taken, taken + granted, Relaxed, Relaxed)
            {
                Ok(_) => return granted,
                Err(now) => taken = now,
            }
        }
    }

    /// Gives some back.
    pub(crate) fn give(&self, count: usize) {
        self.taken.fetch_sub(count, Relaxed);
    }
}

impl Allowance {
    /// Uses one up. `false`: the ceiling is reached.
    #[inline]
    pub(crate) fn spend(&self, quota: &Quota) -> bool {
        let mut left = self.0.get();
        if left == 0 {
            left = quota.take(quota.batch());
            if left == 0 {
                return false;
            }
        }
        self.0.set(left - 1);
        true
    }

    /// Gets one back.
    #[inline]
    pub(crate) fn earn(&self, quota: &Quota) {
        let batch = quota.batch();
        let mut left = self.0.get() + 1;
        if left >= 2 * batch || batch == 1 {
            let surplus = if batch == 1 { left } else { batch };
            quota.give(surplus);
            left -= surplus;
        }
        self.0.set(left);
    }

    /// Gives all back.
    pub(crate) fn close(&self, quota: &Quota) {
        quota.give(self.0.replace(0));
    }
}
