//! What time it is: the system's monotonic clock, or a simulation's.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::{Duration, Instant};

use super::tick::Tick;

/// A runtime's clock. It starts at zero.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The system's.
    Real {
        /// When the runtime started.
        start: Instant,
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
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where real time comes in"
    )]
    pub(crate) fn real() -> Clock {
        Clock::Real {
            start: Instant::now(),
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
                let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
                let Tick(tick) = Tick::reached(nanos);
                if tick > recent.load(Relaxed) {
                    recent.store(tick, Release);
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
