//! What all schedulers of one runtime share.

use std::collections::HashMap;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use std::sync::{Arc, OnceLock, Weak};
use std::task::Waker;
use std::time::Duration;

use crossbeam_deque::Injector;
use crossbeam_utils::sync::{Parker, Unparker};
use parking_lot::{Mutex, RwLock};

use super::Step;
use super::blocking::BlockingPool;
use super::idle::Idle;
use super::keeper::Keeper;
use super::quota::{Allowance, Quota};
use super::run_queue::{RunQueue, RunQueueStealer};
use super::stats::{Counters, RuntimeStats};
use super::sysmon::Watch;
use super::timers::Timers;
use crate::cell::{Heaps, LocalPid, NextPlace, Nursery, RunEntry};
use crate::time::clock::Clock;

/// What a runtime is built with.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) name: String,
    pub(crate) schedulers: usize,
    pub(crate) spares: usize,
    pub(crate) processes_max: usize,
    pub(crate) blocking_max: usize,
    pub(crate) crash_reports: bool,
}

/// How far a runtime is on its way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    /// It runs.
    Running,
    /// No process may be spawned any more; those there are end.
    Draining,
    /// The schedulers end.
    Stopping,
}

/// One scheduler's shared side. Spare schedulers have one too.
///
/// On cache lines of its own: its thread writes it in every turn.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Slot {
    pub(crate) next: NextPlace,
    /// Made when a thread first takes the slot.
    pub(crate) stealer: OnceLock<RunQueueStealer>,
    /// The owner's side of the queues, while no thread has the slot.
    pub(crate) queue: Mutex<Option<RunQueue>>,
    pub(crate) unparker: Unparker,
    pub(crate) parker: Mutex<Option<Parker>>,
    /// Whether its thread sleeps in the poller rather than on its parker.
    #[cfg(feature = "net")]
    pub(crate) in_poller: AtomicBool,
    /// Whether a thread runs on it.
    pub(crate) taken: AtomicBool,
    /// Turns so far, plus one while a turn goes on: odd means that a process runs.
    pub(crate) turns: AtomicU64,
    /// The process that runs, for reports.
    pub(crate) process: AtomicU64,
    /// Set by the watch thread: the present turn has gone on for too long.
    pub(crate) stuck: AtomicBool,
    pub(crate) timers: Timers,
    pub(crate) counters: Counters,
}

impl Slot {
    fn new() -> Slot {
        let parker = Parker::new();
        Slot {
            next: NextPlace::new(),
            stealer: OnceLock::new(),
            queue: Mutex::new(None),
            unparker: parker.unparker().clone(),
            parker: Mutex::new(Some(parker)),
            #[cfg(feature = "net")]
            in_poller: AtomicBool::new(false),
            taken: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            process: AtomicU64::new(0),
            stuck: AtomicBool::new(false),
            timers: Timers::new(),
            counters: Counters::default(),
        }
    }

    /// Whether there is something that another scheduler could run.
    pub(crate) fn has_work(&self) -> bool {
        self.stealer
            .get()
            .is_some_and(|stealer| !stealer.is_empty())
    }
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: u32,
    pub(crate) config: Config,
    pub(crate) step: Step,
    pub(crate) heaps: Arc<Heaps>,
    /// Where threads that are no schedulers get their slots.
    pub(crate) foreign: Mutex<Nursery>,
    pub(crate) quota: Quota,
    pub(crate) injector: Injector<RunEntry>,
    pub(crate) slots: Box<[Arc<Slot>]>,
    pub(crate) idle: Idle,
    pub(crate) keeper: Keeper,
    pub(crate) clock: Clock,
    pub(crate) blocking: BlockingPool,
    /// Jobs on the blocking pool that have not finished.
    pub(crate) blocking_jobs: AtomicU32,
    pub(crate) watch: Watch,
    #[cfg(feature = "net")]
    pub(crate) poller: Option<Arc<crate::io::Poller>>,
    /// Those who wait until nothing is runnable and nothing undelivered.
    settlers: Mutex<Vec<Waker>>,
    settlers_any: AtomicBool,
    phase: AtomicU8,
    /// How many slots from the first on were ever taken.
    slots_used: AtomicU32,
    /// What the rooms above keep for a runtime.
    pub(crate) above: Arc<dyn std::any::Any + Send + Sync>,
    pub(crate) foreign_counters: Counters,
}

static RUNTIMES: RwLock<Option<HashMap<u32, Weak<Shared>>>> = RwLock::new(None);
static NEXT_ID: AtomicU32 = AtomicU32::new(1);

impl Shared {
    pub(crate) fn new(
        config: Config,
        clock: Clock,
        step: Step,
        above: Arc<dyn std::any::Any + Send + Sync>,
        #[cfg(feature = "net")] poller: Option<Arc<crate::io::Poller>>,
    ) -> Arc<Shared> {
        let id = NEXT_ID.fetch_add(1, Relaxed);
        let heaps = Heaps::new(id);
        let slots = config.schedulers + config.spares;
        let shared = Arc::new(Shared {
            id,
            step,
            foreign: Mutex::new(Nursery::new(Arc::clone(&heaps))),
            heaps,
            quota: Quota::new(config.processes_max),
            injector: Injector::new(),
            slots: (0..slots).map(|_| Arc::new(Slot::new())).collect(),
            idle: Idle::new(slots, (config.schedulers / 2).max(1) as u32),
            keeper: Keeper::new(),
            clock,
            blocking: BlockingPool::new(config.name.clone(), config.blocking_max),
            blocking_jobs: AtomicU32::new(0),
            watch: Watch::new(),
            #[cfg(feature = "net")]
            poller,
            settlers: Mutex::default(),
            settlers_any: AtomicBool::new(false),
            phase: AtomicU8::new(Phase::Running as u8),
            slots_used: AtomicU32::new(config.schedulers as u32),
            above,
            foreign_counters: Counters::default(),
            config,
        });
        let mut runtimes = RUNTIMES.write();
        runtimes
            .get_or_insert_default()
            .insert(id, Arc::downgrade(&shared));
        drop(runtimes);
        crate::cell::waker::on_wake(super::wake);
        shared
    }

    /// The runtime of this number, if it has not ended.
    pub(crate) fn by_id(id: u32) -> Option<Arc<Shared>> {
        RUNTIMES.read().as_ref()?.get(&id)?.upgrade()
    }

    /// The only runtime that has not ended, if there is just one.
    pub(crate) fn only() -> Option<Arc<Shared>> {
        let runtimes = RUNTIMES.read();
        let mut running = runtimes.as_ref()?.values().filter_map(Weak::upgrade);
        let only = running.next()?;
        running.next().is_none().then_some(only)
    }

    /// How far it is on its way down.
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Acquire) {
            0 => Phase::Running,
            1 => Phase::Draining,
            _ => Phase::Stopping,
        }
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, SeqCst);
        if phase == Phase::Stopping {
            for index in 0..self.slots.len() {
                if self.idle.pick_this(index) {
                    self.unpark(index);
                }
            }
            self.watch.wake();
        }
    }

    /// The slots that a thread ever ran on.
    pub(crate) fn slots_in_use(&self) -> impl Iterator<Item = &Slot> {
        self.slots[..self.slots_used.load(Acquire) as usize]
            .iter()
            .map(Arc::as_ref)
    }

    /// Takes a free spare slot.
    pub(crate) fn take_spare(&self) -> Option<usize> {
        let first = self.config.schedulers;
        let index =
            (first..self.slots.len()).find(|&index| !self.slots[index].taken.swap(true, SeqCst))?;
        self.slots_used.fetch_max(index as u32 + 1, SeqCst);
        Some(index)
    }

    /// No thread runs on this slot any more. If all others are parked already, one of them has to look
    /// again: it counted this one among those that run, and this one may have kept the time and
    /// watched the sockets, which nobody would do from now on.
    pub(crate) fn leave_slot(&self, index: usize) {
        self.slots[index].taken.store(false, SeqCst);
        // Pairs with the fence of a parker that announces itself: either it sees that the slot is
        // free, and that nobody keeps the time, or we see that it is parked.
        fence(SeqCst);
        self.wake_one();
    }

    /// Schedules a process from a thread that is not one of this runtime's schedulers.
    pub(crate) fn inject(&self, entry: RunEntry) {
        self.injector.push(entry);
        if !self.idle.is_searched_after_push() {
            self.wake_one();
        }
    }

    /// Wakes a parked scheduler, if there is one.
    pub(crate) fn wake_one(&self) -> bool {
        let Some(index) = self.idle.pick() else {
            return false;
        };
        self.unpark(index);
        true
    }

    /// Unparks the scheduler whose bit the caller cleared.
    pub(crate) fn unpark(&self, index: usize) {
        let slot = &self.slots[index];
        slot.counters.wakes.add_shared(1);
        // The token is set in any case: the thread may be on its way into the poller or out of it.
        slot.unparker.unpark();
        // The other half of the fence in `Idle::is_parked`: the thread says that it is in the
        // poller and then looks at its bit, we have cleared the bit and now look where it is.
        #[cfg(feature = "net")]
        fence(SeqCst);
        #[cfg(feature = "net")]
        if slot.in_poller.load(SeqCst)
            && let Some(poller) = &self.poller
        {
            poller.notify();
        }
    }

    /// A timer was set that is earlier than those before: the one who keeps the time must know,
    /// unless the caller is a scheduler, which tells it before it goes to sleep itself.
    pub(crate) fn time_keeper_looks_again(&self) {
        if super::try_with_local(|local| local.shared.id) == Some(self.id) {
            return;
        }
        if let Some(keeper) = self.keeper.is_late_for(self.next_timer())
            && self.idle.pick_this(keeper)
        {
            self.unpark(keeper);
        }
    }

    /// Whether a searching or parking scheduler would find something to run.
    pub(crate) fn has_work(&self) -> bool {
        !self.injector.is_empty() || self.slots_in_use().any(Slot::has_work)
    }

    /// Registers one who waits for quiet.
    pub(crate) fn add_settler(&self, waker: Waker) {
        let mut settlers = self.settlers.lock();
        settlers.push(waker);
        self.settlers_any.store(true, Release);
    }

    /// All is quiet: wakes those who waited for that. Returns whether there were any.
    pub(crate) fn wake_settlers(&self) -> bool {
        if !self.settlers_any.load(Acquire) {
            return false;
        }
        let settlers = {
            let mut settlers = self.settlers.lock();
            self.settlers_any.store(false, Release);
            std::mem::take(&mut *settlers)
        };
        let any = !settlers.is_empty();
        settlers.into_iter().for_each(Waker::wake);
        any
    }

    /// Whether anybody waits for quiet.
    pub(crate) fn has_settlers(&self) -> bool {
        self.settlers_any.load(Acquire)
    }

    /// Every live process, page by page. Not a snapshot.
    pub(crate) fn for_each_process(&self, visit: &mut dyn FnMut(LocalPid, bool)) {
        let mut page = Some(0);
        while let Some(number) = page {
            page = crate::cell::walk(number, self.id, &crossbeam_epoch::pin(), visit);
        }
    }

    /// Processes that were spawned and have not ended.
    pub(crate) fn live(&self) -> u64 {
        let stats = self.stats();
        stats.spawned.saturating_sub(stats.ended)
    }

    /// The sum of all schedulers' counts.
    pub(crate) fn stats(&self) -> RuntimeStats {
        let mut stats = RuntimeStats::default();
        for slot in &self.slots {
            stats.add(&slot.counters);
        }
        stats.add(&self.foreign_counters);
        stats
    }

    /// Allowance of threads that are no schedulers: none is kept.
    pub(crate) fn spend_foreign(&self) -> bool {
        let allowance = Allowance::default();
        let spent = allowance.spend(&self.quota);
        allowance.close(&self.quota);
        spent
    }

    /// How long the time keeper may sleep. `None`: for ever.
    pub(crate) fn sleep_limit(&self) -> Option<Duration> {
        self.next_timer().map(|at| self.clock.until(at))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(runtimes) = RUNTIMES.write().as_mut() {
            runtimes.remove(&self.id);
        }
    }
}
