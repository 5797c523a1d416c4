//! The one deadline of a process, armed lazily.
//!
//! A process that waits with a limit must be woken when the time is up; most waits end before that.
//! So the process has at most one entry in a timing wheel, and it stays there when the wait ends: the
//! next wait finds an entry that comes no later than its own limit and does not touch the wheel.
//! (An entry that has come due is left to fire, so for a moment there may be two.)
//! When the entry comes due the process is woken, looks for itself whether its time is up, and arms
//! the wheel again if not. A client that makes a million calls a second with a limit of five seconds
//! sets one timer in five seconds.

use std::time::Duration;

use super::kept;
use crate::cell::Running;
use crate::scheduler::{Due, TimerId, with_local};
use crate::time::tick::Tick;

/// The wheel's entry of a process, if it has one.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    armed: Option<(Tick, TimerId)>,
}

impl Deadline {
    pub(crate) fn is_idle(&self) -> bool {
        self.armed.is_none()
    }

    pub(crate) fn take_armed(&mut self) -> Option<TimerId> {
        self.armed.take().map(|(_, timer)| timer)
    }
}

/// Sees to it that the process is woken when this tick has begun, or before.
pub(crate) fn wake_at(running: Running<'_>, at: Tick) {
    with_local(|local| {
        let shared = &local.shared;
        let recent = shared.clock.recent_tick();
        let armed = kept::with(running, |kept| kept.deadline.armed);
        match armed {
            Some((armed, _)) if armed > recent && armed <= at => return,
            Some((armed, timer)) if armed > recent => drop(shared.cancel_timer(timer)),
            // It has come due. If it has not fired yet it still has to: another wait of this process
            // may have looked at the clock a moment ago, when it was not up, and relies on it.
            Some(_) | None => {}
        }
        let timer = shared.set_timer(at, Due::Wake(running.pid()));
        kept::with(running, |kept| kept.deadline.armed = Some((at, timer)));
    });
}

/// How long something waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Not at all.
    Zero,
    /// Until this tick has begun.
    At(Tick),
    /// However long it takes.
    Never,
}

impl Limit {
    /// This long from now, but at most as long as the clock goes.
    pub(crate) fn after(limit: Duration) -> Limit {
        if limit.is_zero() {
            return Limit::Zero;
        }
        let at = crate::scheduler::try_with_local(|local| local.shared.clock.try_after(limit));
        at.flatten().map_or(Limit::Never, Limit::At)
    }

    /// As [`after`](Self::after), but up to 50 ms longer if this is a second or more: for what is
    /// reckoned anew for each message.
    #[inline]
    pub(crate) fn roughly_after(limit: Duration) -> Limit {
        if limit.is_zero() {
            return Limit::Zero;
        }
        let clock_after =
            crate::scheduler::try_with_local(|local| local.shared.clock.try_after_roughly(limit));
        clock_after.flatten().map_or(Limit::Never, Limit::At)
    }

    /// Whether the time is up. If not, the process is woken when it is.
    ///
    /// Does not read the clock, which costs more than a message: what has come up a few milliseconds
    /// ago is found out when the wheel, which is late then too, wakes the process.
    pub(crate) fn is_up(self, running: Running<'_>) -> bool {
        match self {
            Limit::Zero => true,
            Limit::Never => false,
            Limit::At(at) => {
                if with_local(|local| local.shared.clock.recent_tick()) >= at {
                    return true;
                }
                wake_at(running, at);
                false
            }
        }
    }

    /// Whether the time is up. Nobody is woken when it is.
    pub(crate) fn is_up_now(self) -> bool {
        match self {
            Limit::Zero => true,
            Limit::Never => false,
            Limit::At(at) => with_local(|local| local.shared.clock.tick()) >= at,
        }
    }
}
