//! One scheduler's own side, and how the code that runs on it finds it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use scoped_tls::scoped_thread_local;

use super::coop;
use super::quota::Allowance;
use super::run_queue::RunQueue;
use super::shared::{Shared, Slot};
use crate::cell::{Corpse, LocalPid, Nursery, RunEntry};
use crate::sim::Picker;

/// Flags of a process that the scheduler reads. They lie above the cell's.
pub(crate) mod priority {
    /// Runs before all others.
    pub(crate) const HIGH: u32 = 1;
    /// Lets eight others run first.
    pub(crate) const LOW: u32 = 1 << 1;
}

/// A scheduler's own side.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) shared: Arc<Shared>,
    slot: Arc<Slot>,
    index: usize,
    pub(crate) nursery: RefCell<Nursery>,
    pub(crate) allowance: Allowance,
    pub(crate) queues: Queues,
    /// While timers fire and I/O is dispatched: what is woken goes to the queue, one like another.
    pub(crate) dispatching: Cell<bool>,
    /// Whether the thread has blocked in its present turn and another one took its place.
    pub(crate) spare: bool,
}

/// Where what is runnable waits.
#[derive(Debug)]
pub(crate) enum Queues {
    /// On a real scheduler.
    Real(RunQueue),
    /// In a simulation: one set, from which the picker picks.
    Simulated(RefCell<Runnable>),
}

/// What is runnable in a simulation.
#[derive(Debug)]
pub(crate) struct Runnable {
    pub(crate) picker: Picker,
    entries: Vec<RunEntry>,
    serials: Vec<u64>,
    /// Processes by order of birth: a pid depends on what other runtimes did, this does not.
    by_pid: HashMap<LocalPid, u64, foldhash::fast::FixedState>,
    born: u64,
}

scoped_thread_local!(static LOCAL: Local);

/// Calls `f` with the scheduler of this thread.
///
/// Panics outside a scheduler.
#[inline]
pub(crate) fn with_local<R>(f: impl FnOnce(&Local) -> R) -> R {
    LOCAL.with(f)
}

/// Calls `f` with the scheduler of this thread, if it is one.
#[inline]
pub(crate) fn try_with_local<R>(f: impl FnOnce(&Local) -> R) -> Option<R> {
    LOCAL.is_set().then(|| LOCAL.with(f))
}

/// Lets `f` run on this thread as a scheduler.
pub(crate) fn as_scheduler<R>(local: &Local, f: impl FnOnce() -> R) -> R {
    LOCAL.set(local, f)
}

/// Wakes a process, unless it is dead, wherever this is called.
pub(crate) fn wake(pid: LocalPid) {
    if let Some(entry) = crate::cell::notify(pid, &crossbeam_epoch::pin()) {
        schedule(entry);
    }
}

/// Schedules a process that was woken, wherever this is called.
pub(crate) fn schedule(entry: RunEntry) {
    let runtime = entry.runtime();
    if try_with_local(|local| local.shared.id == runtime) == Some(true) {
        with_local(|local| local.schedule(entry));
    } else {
        schedule_elsewhere(entry, runtime);
    }
}

#[cold]
fn schedule_elsewhere(entry: RunEntry, runtime: u32) {
    match Shared::by_id(runtime) {
        Some(shared) => shared.inject(entry),
        // The runtime has ended and could not end this process: it never runs again.
        None => drop(entry),
    }
}

impl Local {
    pub(crate) fn new(shared: &Arc<Shared>, index: usize, queues: Queues, spare: bool) -> Local {
        Local {
            shared: Arc::clone(shared),
            slot: Arc::clone(&shared.slots[index]),
            index,
            nursery: RefCell::new(Nursery::new(Arc::clone(&shared.heaps))),
            allowance: Allowance::default(),
            queues,
            dispatching: Cell::new(false),
            spare,
        }
    }

    pub(crate) fn slot_index(&self) -> usize {
        self.index
    }

    #[inline]
    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    pub(crate) fn clock_nanos(&self) -> u64 {
        self.shared.clock.nanos()
    }

    /// A random number of the simulation's; a real scheduler has none.
    pub(crate) fn simulated_random(&self) -> Option<u64> {
        match &self.queues {
            Queues::Real(_) => None,
            Queues::Simulated(runnable) => Some(runnable.borrow_mut().picker.next_u64()),
        }
    }

    /// Whether this is a simulation's only scheduler.
    pub(crate) fn is_simulated(&self) -> bool {
        matches!(self.queues, Queues::Simulated(_))
    }

    /// Schedules a process that was woken on this scheduler.
    #[inline]
    pub(crate) fn schedule(&self, entry: RunEntry) {
        match &self.queues {
            Queues::Real(queue) => {
                let flags = entry.flags();
                if flags & priority::HIGH != 0 {
                    queue.push_high(entry);
                    self.consider_waking(queue);
                } else if flags & priority::LOW != 0 || self.dispatching.get() {
                    queue.push(entry);
                    self.consider_waking(queue);
                } else if let Some(displaced) = self.slot().next.replace(entry) {
                    queue.push(displaced);
                    self.consider_waking(queue);
                }
            }
            Queues::Simulated(runnable) => runnable.borrow_mut().push(entry),
        }
    }

    /// Puts a process that has more to do at the end of its queue. In a simulation one that goes
    /// with some of its budget left may be waiting for another to do something, which the picker
    /// has to know.
    pub(crate) fn requeue(&self, entry: RunEntry) {
        match &self.queues {
            Queues::Real(queue) => {
                if entry.flags() & priority::HIGH != 0 {
                    queue.push_high(entry);
                } else {
                    queue.push(entry);
                }
                self.consider_waking(queue);
            }
            Queues::Simulated(runnable) => {
                let mut runnable = runnable.borrow_mut();
                if !coop::is_used_up() {
                    runnable.gave_way(entry.pid());
                }
                runnable.push(entry);
            }
        }
    }

    /// Takes the slot and the allowance of a process back that has ended.
    pub(crate) fn bury(&self, corpse: Corpse) {
        if let Queues::Simulated(runnable) = &self.queues {
            runnable.borrow_mut().forget(corpse.pid());
        }
        self.nursery.borrow_mut().bury(corpse);
        self.allowance.earn(&self.shared.quota);
        self.slot().counters.ended.add(1);
    }

    /// A process was born here.
    pub(crate) fn born(&self, pid: LocalPid) {
        self.slot().counters.spawned.add(1);
        if let Queues::Simulated(runnable) = &self.queues {
            runnable.borrow_mut().remember(pid);
        }
    }
}

impl Runnable {
    pub(crate) fn new(picker: Picker) -> Runnable {
        Runnable {
            picker,
            entries: Vec::new(),
            serials: Vec::new(),
            by_pid: HashMap::default(),
            born: 0,
        }
    }

    pub(crate) fn push(&mut self, entry: RunEntry) {
        // A process that a foreign thread made gets its serial when it is first seen.
        let serial = self.remember(entry.pid());
        self.serials.push(serial);
        self.entries.push(entry);
    }

    pub(crate) fn pick(&mut self) -> Option<RunEntry> {
        if self.entries.is_empty() {
            return None;
        }
        let index = self.picker.pick(&self.serials);
        self.serials.remove(index);
        Some(self.entries.remove(index))
    }

    fn remember(&mut self, pid: LocalPid) -> u64 {
        *self.by_pid.entry(pid).or_insert_with(|| {
            self.born += 1;
            self.born
        })
    }

    fn gave_way(&mut self, pid: LocalPid) {
        let serial = self.remember(pid);
        self.picker.on_yield(serial);
    }

    fn forget(&mut self, pid: LocalPid) {
        self.by_pid.remove(&pid);
    }
}

impl Local {
    /// The queue, for the next thread that takes the slot.
    pub(super) fn take_queue(&mut self) -> Option<RunQueue> {
        let empty = Queues::Simulated(RefCell::new(Runnable::new(Picker::idle())));
        match std::mem::replace(&mut self.queues, empty) {
            Queues::Real(queue) => Some(queue),
            Queues::Simulated(_) => None,
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.allowance.close(&self.shared.quota);
    }
}
