//! Points in time.

use std::ops::{Add, Sub};
use std::time::Duration;

use super::tick::Tick;
use crate::scheduler::try_with_local;

/// A point in a runtime's time.
///
/// # In OTP
///
/// A value of `erlang:monotonic_time/0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant {
    nanos: u64,
}

/// The present, by the clock of this process's runtime.
///
/// # Panics
///
/// Outside a process.
#[track_caller]
pub fn now() -> Instant {
    match try_with_local(crate::scheduler::Local::clock_nanos) {
        Some(nanos) => Instant { nanos },
        None => panic!("only a process can ask for its runtime's time"),
    }
}

/// A number of seconds.
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A number of milliseconds.
pub const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

impl Instant {
    /// So long after the start of its runtime.
    pub(crate) fn of_nanos(nanos: u64) -> Instant {
        Instant { nanos }
    }

    /// The first tick that is not before this.
    pub(crate) fn tick(self) -> Tick {
        Tick::at_or_after(self.nanos)
    }

    /// When a tick begins.
    pub(crate) fn at(tick: Tick) -> Instant {
        Instant {
            nanos: tick.nanos(),
        }
    }

    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub fn duration_since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }

    /// How long ago this was; zero if it is to come.
    ///
    /// # Panics
    ///
    /// Outside a process.
    #[must_use]
    #[track_caller]
    pub fn elapsed(self) -> Duration {
        now().duration_since(self)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    /// As far as the clock goes.
    fn add(self, duration: Duration) -> Instant {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Instant {
            nanos: self.nanos.saturating_add(nanos),
        }
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}
