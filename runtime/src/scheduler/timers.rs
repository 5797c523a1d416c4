//! The timing wheels, one per scheduler, and what happens when a timer comes due.
//!
//! A timer is put into the wheel of the scheduler that runs the caller, and may be cancelled from
//! anywhere, so each wheel is behind a lock. Every wheel publishes when its next timer is due, so
//! that whichever scheduler keeps the time knows how long it may sleep, and can fire the timers of
//! one that is stuck.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use parking_lot::Mutex;

use super::local::Local;
use super::shared::Shared;
use crate::cell::{Envelope, LocalPid};
use crate::time::tick::Tick;
use crate::time::wheel::{Advance, TimerKey, Wheel};

/// How many timers are fired before processes have their turn again.
const FIRED_MAX: usize = 1024;

/// What a timer does when it comes due.
pub(crate) enum Due {
    /// Wakes a process, which looks for itself whether its time is up.
    Wake(LocalPid),
    /// Delivers an envelope that was made when the timer was set.
    Push(LocalPid, Envelope),
    /// Anything else. Must be short and not block.
    Run(Box<dyn FnOnce() + Send>),
}

impl std::fmt::Debug for Due {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Due::Wake(pid) => write!(f, "Wake({pid:?})"),
            Due::Push(pid, envelope) => write!(f, "Push({pid:?}, {envelope:?})"),
            Due::Run(_) => f.write_str("Run"),
        }
    }
}

/// A timer's name within its runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TimerId {
    pub(crate) slot: u32,
    pub(crate) key: TimerKey,
}

/// One scheduler's wheel.
#[derive(Debug)]
pub(crate) struct Timers {
    wheel: Mutex<Wheel<Due>>,
    /// When the next one is due, or [`u64::MAX`]. Whoever sets a timer writes this and then reads
    /// who keeps the time and until when; the keeper writes that and then reads this. Both are
    /// sequentially consistent, so that one of the two sees the other.
    next: AtomicU64,
}

impl Timers {
    pub(crate) fn new() -> Timers {
        Timers {
            wheel: Mutex::new(Wheel::new(Tick(0))),
            next: AtomicU64::new(u64::MAX),
        }
    }

    /// Sets a timer. Returns its key, and whether it is now the wheel's earliest.
    pub(crate) fn insert(&self, at: Tick, due: Due) -> (TimerKey, bool) {
        let mut wheel = self.wheel.lock();
        let key = wheel.insert(at, due);
        let earliest = at.0 < self.next.load(SeqCst);
        if earliest {
            self.next.store(at.0, SeqCst);
        }
        (key, earliest)
    }

    /// Takes a timer back, if it has not come due.
    pub(crate) fn cancel(&self, key: TimerKey) -> Option<(Tick, Due)> {
        self.wheel.lock().cancel(key)
    }

    /// When a timer comes due, if it has not.
    pub(crate) fn get(&self, key: TimerKey) -> Option<Tick> {
        self.wheel.lock().get(key).map(|(at, _)| at)
    }

    /// When the next timer comes due, at the earliest.
    pub(crate) fn next(&self) -> Option<Tick> {
        let next = self.next.load(SeqCst);
        (next != u64::MAX).then_some(Tick(next))
    }

    /// Takes what is due by `now`, unless another thread is at it. Returns whether more is due.
    fn collect(&self, now: Tick, due: &mut Vec<Due>) -> bool {
        let Some(mut wheel) = self.wheel.try_lock() else {
            return false;
        };
        let advance = wheel.advance(now, FIRED_MAX, &mut |_, what| due.push(what));
        let next = wheel.next_deadline().map_or(u64::MAX, |at| at.0);
        self.next.store(next, SeqCst);
        advance == Advance::More
    }
}

fn fire(due: Due) {
    let guard = crossbeam_epoch::pin();
    match due {
        Due::Wake(pid) => {
            if let Some(entry) = crate::cell::notify(pid, &guard) {
                super::schedule(entry);
            }
        }
        Due::Push(pid, envelope) => match crate::cell::push(pid, envelope, &guard) {
            Ok(Some(entry)) => super::schedule(entry),
            Ok(None) => {}
            // The process has died, or its mailbox is full: as with any message.
            Err(refused) => drop(refused),
        },
        Due::Run(run) => run(),
    }
}

impl Shared {
    /// Fires every timer that is due, of all wheels. Returns how many, and whether more are due.
    pub(crate) fn fire_timers(&self) -> (usize, bool) {
        let now = self.clock.tick();
        if self.next_timer().is_none_or(|next| next > now) {
            return (0, false);
        }
        let mut due = Vec::new();
        let mut more = false;
        for slot in self.slots_in_use() {
            if slot.timers.next().is_some_and(|next| next <= now) {
                let before = due.len();
                more |= slot.timers.collect(now, &mut due);
                let fired = (due.len() - before) as u64;
                slot.counters.timers_fired.add_shared(fired);
            }
        }
        let count = due.len();
        for due in due {
            fire(due);
        }
        (count, more)
    }

    /// When the next timer of any wheel comes due, at the earliest.
    pub(crate) fn next_timer(&self) -> Option<Tick> {
        self.slots_in_use()
            .filter_map(|slot| slot.timers.next())
            .min()
    }

    /// Sets a timer, in the wheel of the calling scheduler if there is one.
    pub(crate) fn set_timer(&self, at: Tick, due: Due) -> TimerId {
        let slot = super::try_with_local(Local::slot_index).unwrap_or(0);
        let slot = if slot < self.slots.len() { slot } else { 0 };
        let (key, earliest) = self.slots[slot].timers.insert(at, due);
        self.slots[slot].counters.timers_armed.add_shared(1);
        if earliest {
            self.time_keeper_looks_again();
        }
        TimerId {
            slot: slot as u32,
            key,
        }
    }

    /// Takes a timer back. `None` if it has come due.
    pub(crate) fn cancel_timer(&self, id: TimerId) -> Option<Duration> {
        let (at, due) = self.slots.get(id.slot as usize)?.timers.cancel(id.key)?;
        drop(due);
        Some(self.clock.until(at))
    }

    /// Whether a timer has still to come due.
    pub(crate) fn is_timer_set(&self, id: TimerId) -> bool {
        self.slots
            .get(id.slot as usize)
            .is_some_and(|slot| slot.timers.get(id.key).is_some())
    }

    /// How long until a timer comes due. `None` if it has.
    pub(crate) fn read_timer(&self, id: TimerId) -> Option<Duration> {
        let at = self.slots.get(id.slot as usize)?.timers.get(id.key)?;
        Some(self.clock.until(at))
    }
}
