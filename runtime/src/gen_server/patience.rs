//! How long a caller waits, wherever it is.
//!
//! In a process the one lazy [deadline](crate::process::deadline) of the process does it, which costs
//! next to nothing for each call. Behind a waker that is not the process's own (a combinator that
//! polls only what was woken) and on threads that are no schedulers, a timer of the server's runtime
//! wakes that waker.

use std::fmt;
use std::sync::Arc;
use std::task::{Context as Waking, Waker};
use std::time::Duration;

use crate::cell::{LocalPid, waker};
use crate::process::deadline::Limit;
use crate::scheduler::{Due, Shared, TimerId, try_with_local};
use crate::time::Instant;
use crate::time::tick::Tick;

/// How long a call may take, before it is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Allowed {
    For(Duration),
    Until(Instant),
    Forever,
}

/// How long a wait goes on.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Limit,
    alarm: Option<Box<Alarm>>,
}

/// A timer for a waker that is not a process's own.
struct Alarm {
    shared: Arc<Shared>,
    timer: TimerId,
    waker: Waker,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.shared.cancel_timer(self.timer);
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alarm")
    }
}

impl Patience {
    /// Waits for ever.
    pub(super) const ENDLESS: Patience = Patience {
        limit: Limit::Never,
        alarm: None,
    };

    /// Waits from now on, for something that `server` does.
    pub(super) fn begin(allowed: Allowed, server: LocalPid) -> Patience {
        let mut patience = Patience::ENDLESS;
        patience.start(allowed, server);
        patience
    }

    /// Waits from now on. Changes nothing but the limit, in its place: a copy of the whole would wait
    /// for what was just written.
    #[inline]
    pub(super) fn start(&mut self, allowed: Allowed, server: LocalPid) {
        self.limit = match allowed {
            Allowed::Forever => Limit::Never,
            Allowed::Until(at) => Limit::At(at.tick()),
            Allowed::For(limit) if try_with_local(|_| ()).is_some() => Limit::roughly_after(limit),
            // Without a runtime nothing will come, and that is soon found out.
            Allowed::For(limit) => runtime_of(server)
                .map_or(Limit::Never, |shared| Limit::At(shared.clock.after(limit))),
        };
    }

    /// Waits no longer than a time that the process which runs has inherited. Gives the time until
    /// which this waits, by the clock of the server's runtime, which may be another.
    pub(super) fn shorten(&mut self, inherited: Option<Tick>, server: LocalPid) -> Option<Tick> {
        let until = match (self.limit, inherited) {
            (Limit::Zero, _) | (Limit::Never, None) => return None,
            (Limit::Never, Some(at)) | (Limit::At(at), None) => at,
            (Limit::At(at), Some(inherited)) => at.min(inherited),
        };
        self.limit = Limit::At(until);
        let there = runtime_of(server)?;
        let here = try_with_local(|local| Arc::clone(&local.shared));
        Some(match here {
            Some(here) if !Arc::ptr_eq(&here, &there) => there.clock.after(here.clock.until(until)),
            _ => until,
        })
    }

    /// Whether the time is up. If not, the waker is woken when it is.
    pub(super) fn is_up(&mut self, cx: &Waking<'_>, server: LocalPid) -> bool {
        let own = crate::cell::with_current(|running| {
            let own = waker::pid_of(cx.waker()) == Some(running.pid());
            own.then(|| self.limit.is_up(running))
        });
        own.flatten()
            .unwrap_or_else(|| self.is_up_elsewhere(cx.waker(), server))
    }

    fn is_up_elsewhere(&mut self, waker: &Waker, server: LocalPid) -> bool {
        let at = match self.limit {
            Limit::Zero => return true,
            Limit::Never => return false,
            Limit::At(at) => at,
        };
        let known = self.alarm.as_ref().map(|alarm| Arc::clone(&alarm.shared));
        let here = || try_with_local(|local| Arc::clone(&local.shared));
        let Some(shared) = known.or_else(here).or_else(|| runtime_of(server)) else {
            return false;
        };
        if shared.clock.tick() >= at {
            return true;
        }
        if self
            .alarm
            .as_ref()
            .is_none_or(|alarm| !alarm.waker.will_wake(waker))
        {
            let (waker, woken) = (waker.clone(), waker.clone());
            let timer = shared.set_timer(at, Due::Run(Box::new(|| woken.wake())));
            self.alarm = Some(Box::new(Alarm {
                shared,
                timer,
                waker,
            }));
        }
        false
    }
}

/// The runtime of a live process.
fn runtime_of(process: LocalPid) -> Option<Arc<Shared>> {
    let sight = crate::cell::sight(process, &crossbeam_epoch::pin())?;
    Shared::by_id(sight.runtime)
}
