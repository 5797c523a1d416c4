//! A scheduler thread's life: run, search, sleep.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crossbeam_utils::sync::Parker;

use super::idle::Retreat;
use super::local::{Local, Queues, as_scheduler, priority};
use super::run_queue::RunQueue;
use super::shared::{Phase, Shared};
use super::{After, coop};
use crate::cell::RunEntry;
use crate::time::tick::Tick;

/// Runs in a row from the next place; then the queue has its turn. A chain of messages between two
/// processes shares one budget besides.
const STREAK_MAX: u32 = 16;
/// The injector is looked at first once in this many turns, as in Go and tokio: a prime, so that it
/// does not fall in step with anything.
const INJECTOR_EVERY: u32 = 61;
/// Timers and I/O are looked at once in this many turns, and whenever a tick of the clock has passed:
/// so many turns of a few milliseconds each would make a timer late by half a second.
const MAINTENANCE_EVERY: u32 = 128;
/// Runs of high priority in a row while something of normal priority waits.
const HIGH_MAX: u32 = 8;
/// Runs that one of low priority lets pass.
const LOW_SKIPS: u32 = 8;
/// Waiting entries that are worth a wake-up by themselves.
const DEBT_LENGTH: usize = 16;
/// Nanoseconds of runs, times entries that waited meanwhile, that are worth a wake-up. One costs both
/// sides some microseconds, and a thief that finds little sleeps again at once: with a fifth of this,
/// eight callers of one server wake somebody every few calls, and take up to half as long again.
const DEBT_NANOS: u64 = 100_000;
/// Rounds over all victims before a scheduler gives up.
const SEARCH_ROUNDS: usize = 4;

/// Runs a scheduler on this thread until the runtime stops, or the scheduler was a spare and is not
/// needed any more.
pub(crate) fn run(shared: &Arc<Shared>, index: usize) {
    let slot = &shared.slots[index];
    let Some(parker) = slot.parker.lock().take() else {
        return;
    };
    let queue = slot.queue.lock().take().unwrap_or_else(|| {
        let (queue, stealer) = RunQueue::new();
        // The slot is this thread's alone, so nobody else sets it.
        slot.stealer.get_or_init(|| stealer);
        queue
    });
    slot.taken.store(true, SeqCst);
    let spare = index >= shared.config.schedulers;
    let mut local = Local::new(shared, index, Queues::Real(queue), spare);
    as_scheduler(&local, || {
        Scheduler::new(&local, &parker).run();
    });
    local.nursery.borrow_mut().flush();
    *slot.queue.lock() = local.take_queue();
    *slot.parker.lock() = Some(parker);
    slot.stuck.store(false, SeqCst);
    shared.leave_slot(index);
}

/// Lets the process of this entry have a turn, on a real scheduler or a simulated one.
#[inline]
pub(crate) fn run_one(local: &Local, entry: RunEntry) {
    let slot = local.slot();
    let turns = slot.turns.load(Relaxed);
    slot.turns.store(turns + 1, Relaxed);
    slot.process.store(entry.pid().to_bits(), Relaxed);
    match (local.shared.step)(local, entry.own()) {
        After::Parked => {}
        After::Requeue(entry) => local.requeue(entry),
        After::Buried(corpse) => local.bury(corpse),
    }
    slot.turns.store(turns + 2, Relaxed);
}

impl Local {
    /// A local push: is it worth waking somebody? See `SLEEP.md`.
    #[inline]
    pub(super) fn consider_waking(&self, queue: &RunQueue) {
        if self.shared.idle.anybody_parked()
            && queue.len() >= DEBT_LENGTH
            && self.shared.idle.searching() == 0
        {
            self.shared.wake_one();
        }
    }
}

/// An entry that begins a budget of its own.
fn fresh(entry: RunEntry) -> RunEntry {
    coop::refill(coop::BUDGET);
    entry
}

struct Scheduler<'a> {
    local: &'a Local,
    shared: &'a Shared,
    queue: &'a RunQueue,
    parker: &'a Parker,
    turn: u32,
    streak: u32,
    highs: u32,
    lows: u32,
    debt: Cell<u64>,
    /// The tick in which timers and I/O were last looked at.
    maintained: Cell<Tick>,
    index: usize,
}

impl<'a> Scheduler<'a> {
    fn new(local: &'a Local, parker: &'a Parker) -> Scheduler<'a> {
        let Queues::Real(queue) = &local.queues else {
            unreachable!("a simulation has a loop of its own")
        };
        let index = local.slot_index();
        let shared = &*local.shared;
        Scheduler {
            local,
            shared,
            queue,
            parker,
            turn: 0,
            streak: 0,
            highs: 0,
            lows: 0,
            debt: Cell::new(0),
            maintained: Cell::new(Tick(0)),
            index,
        }
    }

    fn run(&mut self) {
        loop {
            self.turn = self.turn.wrapping_add(1);
            if self.turn.is_multiple_of(MAINTENANCE_EVERY) || self.a_tick_has_passed() {
                self.maintain();
            }
            match self.next() {
                Some(entry) => self.run_entry(entry),
                None => {
                    if !self.search_or_sleep() {
                        return;
                    }
                }
            }
        }
    }

    #[inline]
    fn run_entry(&self, entry: RunEntry) {
        let in_debt = !self.queue.is_empty() && self.shared.idle.anybody_parked();
        if in_debt {
            let began = self.local.clock_nanos();
            run_one(self.local, entry);
            self.pay(began);
        } else {
            run_one(self.local, entry);
        }
        let slot = self.local.slot();
        if slot.stuck.load(Relaxed) {
            slot.stuck.store(false, SeqCst);
        }
    }

    /// Adds a run that others waited behind to the debt.
    fn pay(&self, began: u64) {
        let waited = self.queue.len() as u64;
        let debt = self.debt.get() + waited * (self.local.clock_nanos() - began);
        if debt > DEBT_NANOS && self.shared.idle.searching() == 0 {
            self.debt.set(0);
            self.shared.wake_one();
        } else {
            self.debt.set(debt);
        }
    }

    /// What runs next, of what this scheduler can reach without stealing.
    #[inline]
    fn next(&mut self) -> Option<RunEntry> {
        if self.turn.is_multiple_of(INJECTOR_EVERY)
            && let Some(entry) = self.queue.take_injected(&self.shared.injector)
        {
            return Some(fresh(entry));
        }
        if self.highs < HIGH_MAX
            && let Some(entry) = self.queue.pop_high()
        {
            self.highs += 1;
            return Some(fresh(entry));
        }
        self.highs = 0;
        if self.streak < STREAK_MAX {
            if let Some(entry) = self.local.slot().next.take() {
                self.streak += 1;
                if coop::is_used_up() {
                    // The chain has used its budget up: it waits like everybody.
                    self.queue.push(entry);
                } else {
                    return Some(entry);
                }
            }
        } else if let Some(entry) = self.local.slot().next.take() {
            self.queue.push(entry);
        }
        self.streak = 0;
        let entry = self.pop_normal().or_else(|| self.queue.pop_high())?;
        Some(fresh(entry))
    }

    #[inline]
    fn pop_normal(&mut self) -> Option<RunEntry> {
        loop {
            let entry = self
                .queue
                .pop()
                .or_else(|| self.queue.take_injected(&self.shared.injector))?;
            if entry.flags() & priority::LOW == 0 {
                return Some(entry);
            }
            self.lows += 1;
            if self.lows > LOW_SKIPS || self.queue.is_empty() {
                self.lows = 0;
                return Some(entry);
            }
            self.queue.push(entry);
        }
    }

    /// Whether a tick has passed since the last maintenance, as far as is known without reading the
    /// clock. The watch thread reads it every five milliseconds at least.
    #[inline]
    fn a_tick_has_passed(&self) -> bool {
        self.shared.clock.recent_tick() > self.maintained.get()
    }

    /// Timers, I/O, and what was put off.
    fn maintain(&self) {
        self.local.dispatching.set(true);
        self.shared.fire_timers();
        self.maintained.set(self.shared.clock.recent_tick());
        #[cfg(feature = "net")]
        if let Some(poller) = &self.shared.poller
            && poller.has_sources()
        {
            poller.try_poll(Some(std::time::Duration::ZERO));
        }
        self.local.dispatching.set(false);
        self.local.nursery.borrow_mut().flush();
    }

    /// Nothing is to hand: looks for work elsewhere, and sleeps if there is none.
    /// `false`: this thread is not needed any more.
    fn search_or_sleep(&self) -> bool {
        self.maintain();
        if !self.queue.is_empty() || !self.local.slot().next.is_empty() {
            return true;
        }
        if let Some(entry) = self.search() {
            self.run_entry(fresh(entry));
            return true;
        }
        if self.shared.phase() == Phase::Stopping || self.is_superfluous() {
            return false;
        }
        self.sleep();
        true
    }

    /// A spare that found nothing retires once the others are enough.
    fn is_superfluous(&self) -> bool {
        self.local.spare && {
            let able = self
                .shared
                .slots_in_use()
                .filter(|slot| slot.taken.load(SeqCst) && !slot.stuck.load(SeqCst))
                .count();
            able > self.shared.config.schedulers
        }
    }

    fn search(&self) -> Option<RunEntry> {
        if !self.shared.idle.begin_search() {
            return None;
        }
        let found = (0..SEARCH_ROUNDS).find_map(|round| {
            if round > 0 {
                std::hint::spin_loop();
            }
            self.steal(round + 1 == SEARCH_ROUNDS)
        });
        let was_last = self.shared.idle.end_search();
        let (entry, left) = found?;
        self.local.slot().counters.steals.add(1);
        if was_last && left >= 2 {
            self.shared.wake_one();
        }
        Some(entry)
    }

    fn steal(&self, last_round: bool) -> Option<(RunEntry, usize)> {
        if let Some(entry) = self.queue.take_injected(&self.shared.injector) {
            return Some((entry, self.shared.injector.len()));
        }
        let slots = self.shared.slots_in_use().count();
        for offset in 1..slots {
            let victim = &self.shared.slots[(self.index + offset) % slots];
            if let Some(found) = victim
                .stealer
                .get()
                .and_then(|stealer| self.queue.steal_from(stealer))
            {
                return Some(found);
            }
            if last_round
                && victim.stuck.load(SeqCst)
                && let Some(entry) = victim.next.take()
            {
                return Some((entry, 0));
            }
        }
        None
    }

    /// Steps S1 to S4 of `SLEEP.md`.
    fn sleep(&self) {
        self.shared.idle.announce(self.index);
        if self.may_not_sleep() || (self.all_is_quiet() && self.shared.wake_settlers()) {
            if self.shared.idle.retreat(self.index) == Retreat::TokenComing {
                self.parker.park();
            }
            return;
        }
        self.local.slot().counters.parks.add(1);
        // What sockets wake goes to the queue, one like another.
        self.local.dispatching.set(true);
        self.shared.keep_time_or_park(self.index, self.parker);
        self.local.dispatching.set(false);
        self.shared.watch.wake_if_asleep();
    }

    fn may_not_sleep(&self) -> bool {
        let now = self.shared.clock.tick();
        self.shared.has_work()
            || self.shared.phase() == Phase::Stopping
            || self.shared.next_timer().is_some_and(|next| next <= now)
            || self
                .shared
                .slots_in_use()
                .any(|slot| slot.stuck.load(SeqCst) && !slot.next.is_empty())
    }

    /// Whether every scheduler is parked, this one included, and nothing is under way elsewhere.
    fn all_is_quiet(&self) -> bool {
        let taken = self
            .shared
            .slots_in_use()
            .filter(|slot| slot.taken.load(SeqCst))
            .count() as u32;
        self.shared.has_settlers()
            && self.shared.idle.parked() == taken
            && self.shared.idle.searching() == 0
            && self.shared.blocking_jobs.load(SeqCst) == 0
    }
}

impl Shared {
    /// Sleeps, as the time keeper if there is none. The bit of `index` is set.
    fn keep_time_or_park(&self, index: usize, parker: &Parker) {
        if self.keeper.take(index) {
            let limit = self.sleep_limit();
            self.keeper
                .sleeps_until(limit.map(|limit| self.clock.after(limit)));
            #[cfg(feature = "net")]
            self.poll_or_park(index, parker, limit);
            #[cfg(not(feature = "net"))]
            park_for(parker, limit);
            self.keeper.give_back();
        } else {
            if let Some(keeper) = self.keeper.is_late_for(self.next_timer()) {
                // It sleeps for longer than the timers that were set since allow.
                if keeper != index && self.idle.pick_this(keeper) {
                    self.unpark(keeper);
                }
            }
            parker.park();
        }
        // Woken by time or I/O rather than by somebody: the bit is still set.
        if self.idle.retreat(index) == Retreat::TokenComing {
            parker.park_timeout(std::time::Duration::ZERO);
        }
    }

    #[cfg(feature = "net")]
    fn poll_or_park(&self, index: usize, parker: &Parker, limit: Option<std::time::Duration>) {
        let slot = &self.slots[index];
        let Some(poller) = &self.poller else {
            park_for(parker, limit);
            return;
        };
        slot.in_poller.store(true, SeqCst);
        // Whoever clears the bit unparks, and then looks whether we are in the poller. Either it
        // sees that we are, or we see that the bit is gone.
        if self.idle.is_parked(index) {
            poller.try_poll(limit);
        }
        slot.in_poller.store(false, SeqCst);
    }
}

fn park_for(parker: &Parker, limit: Option<std::time::Duration>) {
    match limit {
        Some(limit) => parker.park_timeout(limit),
        None => parker.park(),
    }
}
