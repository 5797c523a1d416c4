//! What time it is: the system's monotonic clock, or a simulation's.
//!
//! Reading the system's clock exactly costs 30 ns, as much as two messages. Linux also keeps the time
//! of its last tick, some milliseconds old, which costs 5. Limits of a second and more that are set
//! for each message are reckoned from that one, and a little longer, so that nothing is early.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use rustix::time::ClockId;

use super::tick::Tick;

/// From when on a limit may be a little longer than asked for; the system's tick is a hundredth of it
/// or less.
const LONG: Duration = Duration::from_secs(1);
/// How much longer at most.
const LATE_AT_MOST: Duration = Duration::from_millis(50);

/// How much longer than asked for a long limit is, so that a clock that lags by a tick of the system's
/// does not make it come early.
fn allowance(limit: Duration) -> Duration {
    LATE_AT_MOST.min(limit / 64)
}

/// When a runtime started, by the system's clock.
#[derive(Debug)]
pub(crate) struct Start {
    exactly: Instant,
    #[cfg(target_os = "linux")]
    nanos: u64,
}

impl Start {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where real time comes in"
    )]
    fn now() -> Start {
        Start {
            exactly: Instant::now(),
            #[cfg(target_os = "linux")]
            nanos: system_nanos(ClockId::Monotonic),
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.exactly.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Nanoseconds, up to a tick of the system's too few.
    #[cfg(target_os = "linux")]
    #[inline]
    fn roughly_elapsed(&self) -> u64 {
        system_nanos(ClockId::MonotonicCoarse).saturating_sub(self.nanos)
    }

    #[cfg(not(target_os = "linux"))]
    fn roughly_elapsed(&self) -> u64 {
        self.elapsed()
    }
}

/// Nanoseconds of one of the system's clocks.
#[cfg(target_os = "linux")]
#[inline]
fn system_nanos(clock: ClockId) -> u64 {
    let time = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// A runtime's clock. It starts at zero.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The system's.
    Real {
        /// When the runtime started.
        start: Start,
        /// A tick that was read lately, by the watch thread or a scheduler's maintenance.
        recent: AtomicU64,
    },
    /// A simulation's, which moves only when it is moved.
    Virtual {
        /// Nanoseconds since the simulation started.
        nanos: AtomicU64,
    },
}

impl Clock {
    pub(crate) fn real() -> Clock {
        Clock::Real {
            start: Start::now(),
            recent: AtomicU64::new(0),
        }
    }

    pub(crate) fn virtual_time() -> Clock {
        Clock::Virtual {
            nanos: AtomicU64::new(0),
        }
    }

    /// Nanoseconds since the start.
    pub(crate) fn nanos(&self) -> u64 {
        match self {
            Clock::Real { start, recent } => {
                let nanos = start.elapsed();
                let Tick(tick) = Tick::reached(nanos);
                // It never goes back: a timer that has fired was due by it.
                if tick > recent.load(Relaxed) {
                    recent.fetch_max(tick, Release);
                }
                nanos
            }
            Clock::Virtual { nanos } => nanos.load(Acquire),
        }
    }

    /// The tick that has begun.
    pub(crate) fn tick(&self) -> Tick {
        Tick::reached(self.nanos())
    }

    /// A tick that began a short while ago: at most some milliseconds while schedulers run. A
    /// deadline reckoned from it would come that much too early.
    #[inline]
    pub(crate) fn recent_tick(&self) -> Tick {
        match self {
            Clock::Real { recent, .. } => Tick(recent.load(Acquire)),
            Clock::Virtual { nanos } => Tick::reached(nanos.load(Acquire)),
        }
    }

    /// The first tick that begins no earlier than `after` from now.
    pub(crate) fn after(&self, after: Duration) -> Tick {
        let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        Tick::at_or_after(self.nanos().saturating_add(after))
    }

    /// As [`try_after`](Self::try_after), but up to [`LATE_AT_MOST`] later if `after` is long, for
    /// what is reckoned for each message: reading the clock exactly costs more than one.
    #[inline]
    pub(crate) fn try_after_roughly(&self, after: Duration) -> Option<Tick> {
        match self {
            Clock::Real { start, .. } if after >= LONG => {
                let after = after.checked_add(allowance(after))?;
                let nanos = u64::try_from(after.as_nanos()).ok()?;
                let nanos = start.roughly_elapsed().checked_add(nanos)?;
                Some(Tick::at_or_after(nanos))
            }
            _ => self.try_after(after),
        }
    }

    /// As [`after`](Self::after), or `None` if the clock does not go so far.
    pub(crate) fn try_after(&self, after: Duration) -> Option<Tick> {
        let after = u64::try_from(after.as_nanos()).ok()?;
        let nanos = self.nanos().checked_add(after)?;
        Some(Tick::at_or_after(nanos))
    }

    /// How long until this tick begins.
    pub(crate) fn until(&self, at: Tick) -> Duration {
        Duration::from_nanos(at.nanos().saturating_sub(self.nanos()))
    }

    /// Moves a virtual clock to the beginning of this tick, if that is later than now.
    pub(crate) fn move_to(&self, at: Tick) {
        if let Clock::Virtual { nanos } = self {
            nanos.fetch_max(at.nanos(), Relaxed);
        }
    }

    /// Moves a virtual clock on a little.
    pub(crate) fn pass(&self, more: u64) {
        if let Clock::Virtual { nanos } = self {
            nanos.fetch_add(more, Relaxed);
        }
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
