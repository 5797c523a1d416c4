//! Ticks: the runtime's time, in whole milliseconds since it started.
//!
//! A tick is a point in time. There are two ways to make a tick of the exact time a clock shows, and
//! a timer is late, never early, only if each is used in its place:
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
//! A deadline has to be added up before it is rounded: five ticks after `reached(10.9 ms)` would be
//! tick 15, which is 0.9 ms early. So nothing is ever added to a tick.

/// Nanoseconds in a tick.
const NANOS_PER_TICK: u64 = 1_000_000;

/// A point in time: milliseconds since the runtime started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Tick(pub(crate) u64);

impl Tick {
    /// The last tick that a clock has reached that shows so many nanoseconds: rounds down.
    pub(crate) fn reached(nanos: u64) -> Tick {
        Tick(nanos / NANOS_PER_TICK)
    }

    /// The first tick that is not before so many nanoseconds: rounds up.
    pub(crate) fn at_or_after(nanos: u64) -> Tick {
        Tick(nanos.div_ceil(NANOS_PER_TICK))
    }

    /// When the tick begins, in nanoseconds; as far as those go.
    pub(crate) fn nanos(self) -> u64 {
        self.0.saturating_mul(NANOS_PER_TICK)
    }
}

#[cfg(test)]
#[path = "tick_tests.rs"]
mod tests;
