//! Backoff: how long to wait before a restart, or before whatever else has failed is tried again.
//!
//! ```text
//! fixed(1 s)                    1   1   1   1   1   1
//! linear(1 s, 4 s)              1   2   3   4   4   4
//! exponential(1 s, 10 s)        1   2   4   8  10  10
//! random(1 s, 10 s)             anything in 1 to 10
//! random_exponential(1 s, 30 s) up to three times the last, within 1 to 30, and 10 to 30 in the end
//! ```
//!
//! What is asked for is a [`Backoff`], a value; what has become of it so far a [`Backing`], one for
//! each child that has failed. Chance is given to it, so that a simulation decides it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use regrow_runtime::time::Instant;

/// The bounds by default, as in `db_connection`.
const MIN: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_secs(30);

/// How long to wait before something that has failed is tried again, from each time to the next.
///
/// Default: random and growing, between one second and thirty.
///
/// # In OTP
///
/// There is none: a supervisor restarts at once. The kinds and the default bounds are those of the
/// library [`db_connection`](https://hexdocs.pm/db_connection/), `exp`, `rand` and `rand_exp`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a backoff is a value: it waits for nothing by itself"]
pub struct Backoff {
    kind: Kind,
    min: Duration,
    max: Duration,
    /// The part of a delay by which it may be shorter or longer.
    jitter: f64,
    reset_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Linear,
    Exponential,
    Random,
    RandomExponential,
}

/// What is wrong with a [`Backoff`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackoffError {
    /// The shortest delay is longer than the longest.
    MinAboveMax {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// The jitter is not between 0 and 1.
    Jitter,
}

impl fmt::Display for BackoffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackoffError::MinAboveMax { min, max } => {
                write!(
                    f,
                    "the shortest delay, {min:?}, is longer than the longest, {max:?}"
                )
            }
            BackoffError::Jitter => f.write_str("a jitter is a part between 0 and 1"),
        }
    }
}

impl Error for BackoffError {}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff::random_exponential(MIN, MAX)
    }
}

impl Backoff {
    const fn of(kind: Kind, min: Duration, max: Duration) -> Backoff {
        Backoff {
            kind,
            min,
            max,
            jitter: 0.0,
            reset_after: None,
        }
    }

    /// As long each time.
    pub const fn fixed(delay: Duration) -> Backoff {
        Backoff::of(Kind::Linear, delay, delay)
    }

    /// Longer by this each time, up to a limit.
    pub const fn linear(step: Duration, max: Duration) -> Backoff {
        Backoff::of(Kind::Linear, step, max)
    }

    /// Twice as long each time, up to a limit.
    pub const fn exponential(min: Duration, max: Duration) -> Backoff {
        Backoff::of(Kind::Exponential, min, max)
    }

    /// Each time anything between these.
    pub const fn random(min: Duration, max: Duration) -> Backoff {
        Backoff::of(Kind::Random, min, max)
    }

    /// Anything from the shortest delay up to three times the last one, within these bounds; the
    /// lower bound grows along, up to a third of the longest.
    pub const fn random_exponential(min: Duration, max: Duration) -> Backoff {
        Backoff::of(Kind::RandomExponential, min, max)
    }

    /// The shortest delay. If the longest is shorter, it becomes as long.
    pub fn min(mut self, min: Duration) -> Backoff {
        self.min = min;
        self.max = self.max.max(min);
        self
    }

    /// The longest delay. If the shortest is longer, it becomes as short.
    pub fn max(mut self, max: Duration) -> Backoff {
        self.max = max;
        self.min = self.min.min(max);
        self
    }

    /// Makes each delay shorter or longer by up to this part of it, by chance, so that those who have
    /// failed together do not come back together. Default: 0. In a simulation the seed decides.
    pub const fn jitter(mut self, part: f64) -> Backoff {
        self.jitter = part;
        self
    }

    /// How long something must have gone well for the next delay to be the first again. Default: as
    /// long as the longest delay.
    pub const fn reset_after(mut self, stable: Duration) -> Backoff {
        self.reset_after = Some(stable);
        self
    }

    /// Looks at it as a whole.
    pub(crate) fn admit(&self) -> Result<(), BackoffError> {
        let Backoff { min, max, .. } = *self;
        if min > max {
            return Err(BackoffError::MinAboveMax { min, max });
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(BackoffError::Jitter);
        }
        Ok(())
    }

    /// The next delay after this one; after none, the first.
    fn after(&self, last: Option<Duration>, random: &mut impl FnMut() -> u64) -> Duration {
        let delay = match (self.kind, last) {
            (Kind::Linear | Kind::Exponential, None) => self.min,
            (Kind::Linear, Some(last)) => last.saturating_add(self.min),
            (Kind::Exponential, Some(last)) => last.saturating_mul(2),
            (Kind::Random, _) => between(self.min, self.max, random),
            (Kind::RandomExponential, last) => {
                let last = last.unwrap_or(self.min);
                let lower = last.min(self.min.max(self.max / 3));
                between(lower, last.saturating_mul(3).min(self.max), random)
            }
        };
        delay.min(self.max)
    }
}

/// Any time from the one to the other.
fn between(from: Duration, to: Duration, random: &mut impl FnMut() -> u64) -> Duration {
    from + to.saturating_sub(from).mul_f64(fraction(random()))
}

/// Of a random number, a fraction of 1: the 53 bits that it can have.
fn fraction(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// How far a backoff has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Backing {
    /// The last delay, before its jitter.
    last: Option<Duration>,
    /// Since when it has gone well.
    since: Option<Instant>,
}

impl Backing {
    /// It goes well from now on.
    pub(crate) fn started(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// It has failed: how long to wait.
    pub(crate) fn failed(
        &mut self,
        backoff: &Backoff,
        now: Instant,
        mut random: impl FnMut() -> u64,
    ) -> Duration {
        let stable = backoff.reset_after.unwrap_or(backoff.max);
        if self.since.take().is_some_and(|since| now - since >= stable) {
            self.last = None;
        }
        let delay = backoff.after(self.last, &mut random);
        self.last = Some(delay);
        if backoff.jitter == 0.0 {
            return delay;
        }
        let shortest = delay.mul_f64(1.0 - backoff.jitter);
        let longest = delay.mul_f64(1.0 + backoff.jitter);
        between(shortest, longest, &mut random)
    }
}

#[cfg(test)]
mod tests {
    use regrow_runtime::process::random_u64;
    use regrow_runtime::runtime::Runtime;
    use regrow_runtime::time::{millis, now, secs};

    use super::*;

    /// The first delays, in milliseconds, of something that never goes well.
    fn delays(backoff: Backoff, count: usize) -> Vec<u64> {
        Runtime::simulated(1).run(async move {
            let mut backing = Backing::default();
            let delay = || backing.failed(&backoff, now(), random_u64).as_millis() as u64;
            std::iter::repeat_with(delay).take(count).collect()
        })
    }

    #[test]
    fn each_kind_has_its_delays() {
        #[rustfmt::skip]
        let table = [
            (Backoff::fixed(secs(2)),                   [2000, 2000, 2000, 2000, 2000, 2000]),
            (Backoff::linear(secs(1), secs(4)),         [1000, 2000, 3000, 4000, 4000, 4000]),
            (Backoff::exponential(millis(100), secs(1)), [100,  200,  400,  800, 1000, 1000]),
            (Backoff::exponential(secs(9), secs(9)),    [9000, 9000, 9000, 9000, 9000, 9000]),
            (Backoff::fixed(Duration::ZERO),            [0; 6]),
        ];
        for (backoff, expected) in table {
            assert_eq!(delays(backoff, 6), expected, "{backoff:?}");
        }
    }

    #[test]
    fn random_delays_are_within_their_bounds_and_differ() {
        let all = delays(Backoff::random(secs(1), secs(10)), 500);
        assert!(all.iter().all(|delay| (1000..=10_000).contains(delay)));
        assert!(all.iter().any(|delay| *delay > 8000) && all.iter().any(|delay| *delay < 3000));
    }

    #[test]
    fn random_growing_delays_grow_to_the_last_two_thirds_and_stay_there() {
        let all = delays(Backoff::default(), 500);
        assert!((1000..=3000).contains(&all[0]), "{}", all[0]);
        assert!(all.iter().all(|delay| (1000..=30_000).contains(delay)));
        for pair in all.windows(2) {
            assert!(pair[1] >= pair[0] || pair[1] >= 10_000, "{pair:?}");
        }
    }

    #[test]
    fn a_jitter_moves_a_delay_by_its_part() {
        let all = delays(Backoff::fixed(secs(10)).jitter(0.2), 500);
        assert!(all.iter().all(|delay| (8000..=12_000).contains(delay)));
        assert!(all.iter().any(|delay| *delay < 9000) && all.iter().any(|delay| *delay > 11_000));
    }

    #[test]
    fn what_has_gone_well_for_long_enough_begins_anew() {
        Runtime::simulated(1).run(async {
            let backoff = Backoff::exponential(secs(1), secs(8));
            let (mut at, mut backing) = (now(), Backing::default());
            let mut fail_after = |well: Duration, backoff: &Backoff| {
                backing.started(at);
                at = at + well;
                backing.failed(backoff, at, || 0)
            };
            assert_eq!(fail_after(secs(0), &backoff), secs(1));
            assert_eq!(fail_after(secs(7), &backoff), secs(2));
            assert_eq!(fail_after(secs(8), &backoff), secs(1));
            assert_eq!(fail_after(secs(1), &backoff), secs(2));
            assert_eq!(fail_after(secs(1), &backoff.reset_after(secs(1))), secs(1));
        });
    }

    #[test]
    fn bounds_are_clamped_when_one_is_given_and_refused_when_both_are_wrong() {
        let ms = |backoff: Backoff| (backoff.min.as_millis(), backoff.max.as_millis());
        assert_eq!(ms(Backoff::default()), (1000, 30_000));
        assert_eq!(ms(Backoff::default().min(secs(40))), (40_000, 40_000));
        assert_eq!(ms(Backoff::default().max(millis(500))), (500, 500));
        assert!(Backoff::default().admit().is_ok());
        let (min, max) = (secs(2), secs(1));
        let error = Backoff::exponential(min, max).admit();
        assert_eq!(error, Err(BackoffError::MinAboveMax { min, max }));
        for jitter in [-0.1, 1.1, f64::NAN] {
            let error = Backoff::default().jitter(jitter).admit();
            assert_eq!(error, Err(BackoffError::Jitter));
        }
    }
}
