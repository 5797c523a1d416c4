//! How many melts are too many: a function of when they were.
//!
//! A melt counts until it is as old as the window. In this the window differs from that of a
//! supervisor's intensity, which counts what is just so old.

use std::collections::VecDeque;
use std::time::Duration;

use regrow_runtime::time::Instant;

/// The melts that count, oldest first; as many as are tolerated at most.
#[derive(Debug, Default)]
pub(super) struct Melting {
    melts: VecDeque<Instant>,
}

impl Melting {
    /// Counts a melt. `true`: there are more than `tolerated` now within the window, and the circuit
    /// is blown.
    pub(super) fn melt(&mut self, tolerated: u32, within: Duration, now: Instant) -> bool {
        self.forget(within, now);
        if self.melts.len() >= tolerated as usize {
            return true;
        }
        self.melts.push_back(now);
        false
    }

    /// How many melts count now.
    pub(super) fn count(&mut self, within: Duration, now: Instant) -> usize {
        self.forget(within, now);
        self.melts.len()
    }

    /// Forgets all melts.
    pub(super) fn clear(&mut self) {
        self.melts = VecDeque::new();
    }

    fn forget(&mut self, within: Duration, now: Instant) {
        while self.melts.front().is_some_and(|&melt| now - melt >= within) {
            self.melts.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use regrow_runtime::runtime::Runtime;
    use regrow_runtime::time::{millis, now, secs};

    use super::*;

    /// Melts at each of these milliseconds, within a second, and compares what each did.
    fn check(tolerated: u32, melts: &[(u64, bool)]) {
        let melts = melts.to_vec();
        Runtime::simulated(1).run(async move {
            let (start, mut melting) = (now(), Melting::default());
            for (at, blows) in melts {
                let blown = melting.melt(tolerated, secs(1), start + millis(at));
                assert_eq!(blown, blows, "at {at} ms");
            }
        });
    }

    #[test]
    fn one_melt_more_than_is_tolerated_blows() {
        check(2, &[(0, false), (1, false), (2, true)]);
        check(1, &[(0, false), (0, true)]);
    }

    #[test]
    fn where_none_is_tolerated_the_first_melt_blows() {
        check(0, &[(0, true)]);
    }

    #[test]
    fn a_melt_as_old_as_the_window_does_not_count() {
        check(1, &[(0, false), (1000, false), (1999, true)]);
        check(2, &[(0, false), (600, false), (1000, false), (1599, true)]);
    }
}
