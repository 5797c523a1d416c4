//! Restart intensity: how often is too often.
//!
//! A supervisor that would have to restart for the *n+1*st time within a period gives up: what is
//! wrong then is not the child, and the supervisor above may know better. What counts is a decision
//! to restart, however many children it concerns, and each attempt that is tried again counts anew.
//!
//! The window slides and is exact: a restart counts for as long as no more than the period has
//! passed since. OTP counts in whole seconds, so that its window is up to a second longer, depending
//! on when in a second the restarts fall.

use std::collections::VecDeque;
use std::time::Duration;

use regrow_runtime::time::Instant;

/// Restarts that are allowed by default: Elixir's number; OTP's is 1.
const MAX_RESTARTS: u32 = 3;
/// The period within which they are counted by default.
const PERIOD: Duration = Duration::from_secs(5);

/// What a supervisor allows, and what it has allowed lately.
#[derive(Debug, Clone)]
pub(crate) struct Intensity {
    max_restarts: u32,
    period: Duration,
    /// The restarts within the last period, oldest first; `max_restarts` of them at most.
    restarts: VecDeque<Instant>,
}

impl Default for Intensity {
    fn default() -> Intensity {
        Intensity::new(MAX_RESTARTS, PERIOD)
    }
}

impl Intensity {
    /// Allows so many restarts within any such period.
    pub(crate) const fn new(max_restarts: u32, period: Duration) -> Intensity {
        Intensity {
            max_restarts,
            period,
            restarts: VecDeque::new(),
        }
    }

    /// Forgets what has been allowed.
    pub(crate) fn forget(&mut self) {
        self.restarts = VecDeque::new();
    }

    /// The period within which restarts are counted.
    pub(crate) const fn period(&self) -> Duration {
        self.period
    }

    /// Counts a restart that is about to be made. `false`: it would be one too many.
    #[must_use = "a restart that is not allowed is not made"]
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        while self
            .restarts
            .front()
            .is_some_and(|&earlier| now - earlier > self.period)
        {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= self.max_restarts as usize {
            return false;
        }
        self.restarts.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use regrow_runtime::runtime::Runtime;
    use regrow_runtime::time::{millis, now, secs};

    use super::*;

    /// Asks at each of these milliseconds, and compares the answers.
    fn check(max_restarts: u32, period: Duration, asked: &[(u64, bool)]) {
        let asked = asked.to_vec();
        Runtime::simulated(1).run(async move {
            let start = now();
            let mut intensity = Intensity::new(max_restarts, period);
            for (at, expected) in asked {
                assert_eq!(intensity.allows(start + millis(at)), expected, "at {at} ms");
            }
        });
    }

    #[test]
    fn none_are_allowed_with_zero() {
        check(0, secs(5), &[(0, false), (10_000, false)]);
    }

    #[test]
    fn as_many_are_allowed_at_once_as_there_may_be() {
        check(3, secs(5), &[(0, true), (0, true), (0, true), (0, false)]);
    }

    #[test]
    fn the_window_slides_with_each_restart() {
        check(
            2,
            secs(1),
            &[
                (0, true),
                (600, true),
                (900, false),
                (1001, true),
                (1100, false),
            ],
        );
        check(
            2,
            secs(1),
            &[(0, true), (600, true), (1601, true), (1601, true)],
        );
    }

    // R-INTENSITY-1.
    #[test]
    fn a_restart_counts_until_more_than_the_period_has_passed() {
        check(1, secs(1), &[(0, true), (1000, false), (1001, true)]);
    }

    #[test]
    fn crashes_that_are_far_enough_apart_go_on_for_ever() {
        check(
            1,
            secs(1),
            &[
                (0, true),
                (2100, true),
                (4200, true),
                (6300, true),
                (8400, true),
            ],
        );
    }

    #[test]
    fn what_is_refused_is_not_counted() {
        check(1, secs(1), &[(0, true), (500, false), (1001, true)]);
    }
}
