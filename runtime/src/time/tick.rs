//! Ticks: the runtime's time, in whole milliseconds since it started.
//!
//! A tick is a point in time, a [`Duration`] a distance. There are two ways to make a tick of the
//! exact time a clock shows, and a timer is late, never early, only if each is used in its place:
//!
//! - [`Tick::reached`] rounds *down*. It says which tick a clock has reached, and is what a wheel
//!   is advanced to.
//! - [`Tick::at_or_after`] rounds *up*. It says which tick a deadline belongs to.
//!
//! ```text
//!   elapsed      10.9 ms                         15.9 ms
//!   ticks    10 ────┼─── 11 ─── 12 ─── 13 ─── 14 ─── 15 ──┼── 16
//!                   │                                     │    └── at_or_after(15.9 ms) fires here
//!                   └ now: reached(10.9 ms) = 10          └ the deadline, 5 ms later
//! ```
//!
//! The deadline has to be added up before it is rounded: `reached(10.9 ms).after(5 ms)` would be
//! tick 15, which is 0.9 ms early. [`Tick::after`] is therefore for clocks that stand on whole
//! ticks, such as the simulation's.

use std::time::Duration;

/// Nanoseconds in a tick.
const NANOS_PER_TICK: u128 = 1_000_000;

/// A point in time: milliseconds since the runtime started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Tick(pub(crate) u64);

impl Tick {
    /// The moment the runtime started.
    pub(crate) const ZERO: Tick = Tick(0);

    /// Later than any deadline that will be reached; what sums that are too large become.
    pub(crate) const NEVER: Tick = Tick(u64::MAX);

    /// Returns the last tick that a clock showing `elapsed` has reached: rounds down.
    pub(crate) fn reached(elapsed: Duration) -> Tick {
        Tick::saturating(elapsed.as_nanos() / NANOS_PER_TICK)
    }

    /// Returns the first tick that is not before `elapsed`: rounds up.
    pub(crate) fn at_or_after(elapsed: Duration) -> Tick {
        Tick::saturating(elapsed.as_nanos().div_ceil(NANOS_PER_TICK))
    }

    /// Returns the first tick that is not before `self` plus `delay`: rounds up.
    ///
    /// `self` is taken to be exact; the module's head says what that means for real clocks.
    pub(crate) fn after(self, delay: Duration) -> Tick {
        Tick(self.0.saturating_add(Tick::at_or_after(delay).0))
    }

    /// Returns the time from `earlier` to `self`, zero if `earlier` is the later one.
    pub(crate) fn since(self, earlier: Tick) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    fn saturating(ticks: u128) -> Tick {
        u64::try_from(ticks).map_or(Tick::NEVER, Tick)
    }
}

#[cfg(test)]
#[path = "tick_tests.rs"]
mod tests;
