//! The watch thread: it notices turns that do not end.
//!
//! A turn is stuck when its process computes without pause or blocks its thread. Rust code cannot
//! be pre-empted, so the scheduler is lost for as long as that takes; what waits behind it is not.
//! The watch thread samples every scheduler's count of turns. If one has been in the same turn from
//! one sample to the next and something waits behind it, its next place is opened to the others and
//! one of them is woken; if none is asleep and the turn is ten milliseconds old, a spare scheduler is
//! started, and the process is named in a warning, of which there is at most one in a second: on a
//! machine that is short of processors every turn may look like that.
//!
//! *Something waits* means a process that could run, a timer that is due, or sockets that nobody
//! sleeps for: the one who did may have been woken by one of them and be stuck with its process.
//!
//! It samples every five milliseconds while any scheduler runs, every millisecond while a turn looks
//! stuck, and not at all while everything sleeps. Before it sleeps itself it gives free memory back
//! that a burst has left behind.

use std::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use crossbeam_utils::sync::{Parker, Unparker};

use super::shared::{Phase, Shared};
use crate::cell::LocalPid;
use crate::time::tick::Tick;

const SAMPLE: Duration = Duration::from_millis(5);
const SAMPLE_CLOSELY: Duration = Duration::from_millis(1);
/// How old a turn is that a spare scheduler is started for.
const STUCK: Duration = Duration::from_millis(10);
/// Samples that found everything asleep before the thread sleeps too. Waking it costs a scheduler
/// some microseconds, so it does not do so at once.
const QUIET_SAMPLES: u32 = 20;
/// Full magazines of free blocks of each size that a runtime at rest keeps for its next burst: at
/// most one and a half megabytes in all.
const MAGAZINES_AT_REST: usize = 64;

/// The others' side of the watch thread.
#[derive(Debug)]
pub(crate) struct Watch {
    unparker: OnceLock<Unparker>,
    asleep: AtomicBool,
}

impl Watch {
    pub(crate) fn new() -> Watch {
        Watch {
            unparker: OnceLock::new(),
            asleep: AtomicBool::new(false),
        }
    }

    /// A scheduler runs again.
    #[inline]
    pub(crate) fn wake_if_asleep(&self) {
        if self.asleep.load(Relaxed) {
            self.wake();
        }
    }

    /// Lets the thread look at once.
    pub(crate) fn wake(&self) {
        if let Some(unparker) = self.unparker.get() {
            unparker.unpark();
        }
    }
}

/// What the last samples saw of a scheduler.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    turns: u64,
    age: Duration,
    reported: bool,
}

/// How the room above names a stuck process, and says how many others there were since the last.
pub(crate) type ReportStuck = fn(&Shared, LocalPid, Duration, u32);

/// Ticks from one warning to the next.
const TICKS_BETWEEN_REPORTS: u64 = 1000;

/// Who says that a turn is stuck, now and then.
struct Reporter {
    report: ReportStuck,
    last: Option<Tick>,
    unsaid: u32,
}

impl Reporter {
    fn stuck(&mut self, shared: &Shared, process: LocalPid, age: Duration) {
        let now = shared.clock.recent_tick();
        if self
            .last
            .is_some_and(|Tick(last)| now.0 - last < TICKS_BETWEEN_REPORTS)
        {
            self.unsaid += 1;
            return;
        }
        self.last = Some(now);
        (self.report)(shared, process, age, std::mem::take(&mut self.unsaid));
    }
}

/// Starts a spare scheduler on this slot.
pub(crate) type StartSpare = fn(&Arc<Shared>, usize);

/// The life of the watch thread.
pub(crate) fn run(shared: &Weak<Shared>, report: ReportStuck, start_spare: StartSpare) {
    let parker = Parker::new();
    let Some(first) = shared.upgrade() else {
        return;
    };
    let mut seen = vec![Seen::default(); first.slots.len()];
    if first.watch.unparker.set(parker.unparker().clone()).is_err() {
        return;
    }
    drop(first);
    let mut reporter = Reporter {
        report,
        last: None,
        unsaid: 0,
    };
    let mut interval = SAMPLE;
    let mut quiet = 0;
    loop {
        parker.park_timeout(interval);
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if shared.phase() == Phase::Stopping {
            return;
        }
        // Keeps the recent tick recent while schedulers have no time to look.
        shared.clock.nanos();
        let asleep = shared.idle.parked() as usize
            == shared
                .slots_in_use()
                .filter(|slot| slot.taken.load(SeqCst))
                .count();
        if asleep {
            seen.fill(Seen::default());
            quiet += 1;
            interval = SAMPLE;
            if quiet >= QUIET_SAMPLES {
                crate::memory::block_pool::trim(MAGAZINES_AT_REST);
                sleep_until_woken(&shared, &parker);
                quiet = 0;
            }
            continue;
        }
        quiet = 0;
        let suspicious = sample(&shared, &mut seen, interval, &mut reporter, start_spare);
        interval = if suspicious { SAMPLE_CLOSELY } else { SAMPLE };
    }
}

fn sleep_until_woken(shared: &Arc<Shared>, parker: &Parker) {
    let watch = &shared.watch;
    watch.asleep.store(true, SeqCst);
    let taken = shared
        .slots_in_use()
        .filter(|slot| slot.taken.load(SeqCst))
        .count();
    // A scheduler that left its sleep before the store did not see it.
    if shared.idle.parked() as usize == taken && shared.phase() != Phase::Stopping {
        parker.park();
    }
    watch.asleep.store(false, SeqCst);
}

/// Looks at every scheduler once. Returns whether any turn looks stuck.
fn sample(
    shared: &Arc<Shared>,
    seen: &mut [Seen],
    interval: Duration,
    reporter: &mut Reporter,
    start_spare: StartSpare,
) -> bool {
    let mut suspicious = false;
    for (slot, seen) in shared.slots_in_use().zip(seen) {
        let turns = slot.turns.load(Relaxed);
        let same_turn = turns == seen.turns && turns % 2 == 1;
        if !same_turn {
            *seen = Seen {
                turns,
                ..Seen::default()
            };
            continue;
        }
        seen.age += interval;
        suspicious = true;
        slot.stuck.store(true, SeqCst);
        let waits = slot.has_work() || !slot.next.is_empty() || !shared.injector.is_empty();
        let timer_due = shared
            .next_timer()
            .is_some_and(|next| next <= shared.clock.recent_tick());
        if !waits && !timer_due && !sockets_are_unwatched(shared) {
            continue;
        }
        if shared.wake_one() || seen.age < STUCK {
            continue;
        }
        if !seen.reported {
            seen.reported = true;
            slot.counters.stuck.add_shared(1);
            let process = LocalPid::from_bits(slot.process.load(Relaxed));
            reporter.stuck(shared, process, seen.age);
        }
        if all_are_stuck(shared)
            && let Some(index) = shared.take_spare()
        {
            slot.counters.spares.add_shared(1);
            start_spare(shared, index);
        }
    }
    suspicious
}

/// Whether there are sockets and nobody sleeps in the poller.
#[cfg(feature = "net")]
fn sockets_are_unwatched(shared: &Shared) -> bool {
    let watched = |poller: &Arc<crate::io::Poller>| poller.is_polling() || !poller.has_sources();
    !shared.poller.as_ref().is_none_or(watched)
}

#[cfg(not(feature = "net"))]
fn sockets_are_unwatched(_shared: &Shared) -> bool {
    false
}

/// Whether fewer schedulers are able to run something than there should be.
fn all_are_stuck(shared: &Shared) -> bool {
    let able = shared
        .slots_in_use()
        .filter(|slot| slot.taken.load(SeqCst) && !slot.stuck.load(SeqCst))
        .count();
    able < shared.config.schedulers
}
