//! What is counted of a supervisor.
//!
//! Each supervisor has a book while it runs, which it alone writes and anybody reads, found by its
//! pid. The counters are atomic numbers; what is kept by child, and the times of the last restarts,
//! are behind a lock that is held for a moment.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::time::Duration;

use foldhash::fast::RandomState;
use parking_lot::Mutex;
use regrow_registry::directory;
use regrow_runtime::process::{AsPid, Pid, self_pid};
use regrow_runtime::time::{Instant, now};

use crate::ChildId;

/// Restarts of which the time is kept.
const RECENT_MAX: usize = 1024;
/// Supervisors that gave up whose end nobody has counted yet; those of no supervisor never will be.
const GAVE_UP_MAX: usize = 1024;

static GAVE_UP: Mutex<VecDeque<Pid>> = Mutex::new(VecDeque::new());
/// How many there are: what is looked at when a child ends, of which few are supervisors.
static GAVE_UP_COUNT: AtomicUsize = AtomicUsize::new(0);

/// What has been counted of a supervisor since its process began; see [`figures`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Children that have started, again or for the first time.
    pub starts: u64,
    /// Decisions to restart, however many children each concerned, and attempts that were tried again.
    pub restarts: u64,
    /// Starts that failed.
    pub failed_starts: u64,
    /// Children that have ended by themselves.
    pub terminated: u64,
    /// Children that were stopped and did not end as they should.
    pub failed_stops: u64,
    /// Whether it has given up (and is about to be gone), as a number; and children that have.
    pub give_ups: u64,
    /// The same for each child that has an id, in no order.
    pub children: Vec<ChildFigures>,
}

/// What has been counted of a child, for as long as its supervisor has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildFigures {
    /// The child.
    pub id: ChildId,
    /// How often it has started.
    pub starts: u64,
    /// How often its end, or the failure of its start, has called for a restart.
    pub restarts: u64,
    /// How often it has failed to start.
    pub failed_starts: u64,
    /// How often it has ended by itself.
    pub terminated: u64,
    /// How often it has given up, being a supervisor, or was given up, having a budget of its own.
    pub give_ups: u64,
}

/// What is entered into a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Start,
    Restart,
    FailedStart,
    /// It was this process.
    Terminated(Pid),
    FailedStop,
    GiveUp,
    /// It alone is given up.
    ChildGivenUp,
    /// The child is none any more.
    Forgotten,
}

/// The book of a supervisor that runs.
#[derive(Debug, Default)]
struct Book {
    /// The supervisor has ended.
    closed: AtomicBool,
    starts: AtomicU64,
    restarts: AtomicU64,
    failed_starts: AtomicU64,
    terminated: AtomicU64,
    failed_stops: AtomicU64,
    give_ups: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// When the last restarts were decided, oldest first.
    recent: VecDeque<Instant>,
    children: HashMap<ChildId, ChildFigures, RandomState>,
}

/// A supervisor's hold on its book: dropped with the supervisor, and the book with it. A copy of a
/// specification has none.
#[derive(Debug, Default)]
pub(crate) struct Open(Option<(Pid, Arc<Book>)>);

impl Open {
    /// The process that runs, a supervisor, has a book from now on.
    pub(crate) fn new() -> Open {
        let supervisor = self_pid();
        let book = Arc::new(Book::default());
        directory::enter(supervisor, &book);
        Open(Some((supervisor, book)))
    }
}

impl Clone for Open {
    fn clone(&self) -> Open {
        Open(None)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some((supervisor, book)) = self.0.take() {
            directory::leave(supervisor);
            // A thread may remember it.
            book.closed.store(true, Relaxed);
        }
    }
}

/// Enters something into the book of a supervisor, if it has one.
pub(crate) fn write(supervisor: Pid, child: Option<&ChildId>, entry: Entry) {
    directory::with_shared(supervisor, |book: &Book| book.enter(child, entry));
    if entry == Entry::GiveUp {
        let mut gave_up = GAVE_UP.lock();
        if gave_up.len() == GAVE_UP_MAX {
            gave_up.pop_front();
        }
        gave_up.push_back(supervisor);
        GAVE_UP_COUNT.store(gave_up.len(), Release);
    }
}

/// Whether this process was a supervisor that gave up. Says so once.
fn take_gave_up(process: Pid) -> bool {
    // Its end came after it was entered, and by way of its mailbox: an old number is not read.
    if GAVE_UP_COUNT.load(Acquire) == 0 {
        return false;
    }
    let mut gave_up = GAVE_UP.lock();
    let Some(at) = gave_up.iter().position(|other| *other == process) else {
        return false;
    };
    gave_up.remove(at);
    GAVE_UP_COUNT.store(gave_up.len(), Release);
    true
}

impl Book {
    fn enter(&self, child: Option<&ChildId>, entry: Entry) {
        let count = |counter: &AtomicU64| {
            counter.fetch_add(1, Relaxed);
        };
        match entry {
            Entry::Start => count(&self.starts),
            Entry::Restart => {
                count(&self.restarts);
                let recent = &mut self.kept.lock().recent;
                if recent.len() == RECENT_MAX {
                    recent.pop_front();
                }
                recent.push_back(now());
            }
            Entry::FailedStart => count(&self.failed_starts),
            Entry::Terminated(_) => count(&self.terminated),
            Entry::FailedStop => count(&self.failed_stops),
            Entry::GiveUp | Entry::ChildGivenUp => count(&self.give_ups),
            Entry::Forgotten => {}
        }
        let gave_up = matches!(entry, Entry::Terminated(process) if take_gave_up(process));
        if gave_up {
            count(&self.give_ups);
        }
        if let Some(child) = child {
            self.enter_child(child, entry, gave_up);
        }
    }

    fn enter_child(&self, child: &ChildId, entry: Entry, gave_up: bool) {
        let mut kept = self.kept.lock();
        if entry == Entry::Forgotten {
            kept.children.remove(child);
            return;
        }
        if let Some(figures) = kept.children.get_mut(child) {
            figures.enter(entry, gave_up);
        } else {
            let mut figures = ChildFigures::new(child);
            figures.enter(entry, gave_up);
            kept.children.insert(child.clone(), figures);
        }
    }

    fn figures(&self) -> Option<Figures> {
        if self.closed.load(Relaxed) {
            return None;
        }
        let kept = self.kept.lock();
        Some(Figures {
            starts: self.starts.load(Relaxed),
            restarts: self.restarts.load(Relaxed),
            failed_starts: self.failed_starts.load(Relaxed),
            terminated: self.terminated.load(Relaxed),
            failed_stops: self.failed_stops.load(Relaxed),
            give_ups: self.give_ups.load(Relaxed),
            children: kept.children.values().cloned().collect(),
        })
    }
}

impl ChildFigures {
    fn new(id: &ChildId) -> ChildFigures {
        ChildFigures {
            id: id.clone(),
            starts: 0,
            restarts: 0,
            failed_starts: 0,
            terminated: 0,
            give_ups: 0,
        }
    }

    fn enter(&mut self, entry: Entry, gave_up: bool) {
        match entry {
            Entry::Start => self.starts += 1,
            Entry::Restart => self.restarts += 1,
            Entry::FailedStart => self.failed_starts += 1,
            Entry::Terminated(_) => self.terminated += 1,
            Entry::ChildGivenUp => self.give_ups += 1,
            Entry::FailedStop | Entry::GiveUp | Entry::Forgotten => {}
        }
        self.give_ups += u64::from(gave_up);
    }
}

impl Figures {
    /// What has been counted of one child.
    pub fn child(&self, id: impl Into<ChildId>) -> Option<&ChildFigures> {
        let id = id.into();
        self.children.iter().find(|child| child.id == id)
    }
}

/// What has been counted of a supervisor since its process began. `None`: it is not running, or
/// is none. The supervisor is not asked, so that one that is busy does not keep anybody waiting.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor;
///
/// let tree = Supervisor::new(Strategy::OneForOne)
///     .child(DynamicSupervisor::new().id("workers"))
///     .start_link()
///     .await?;
/// let figures = supervisor::figures(tree).unwrap();
/// assert_eq!((figures.starts, figures.restarts), (1, 0));
/// assert_eq!(figures.child("workers").unwrap().starts, 1);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub fn figures(supervisor: impl AsPid) -> Option<Figures> {
    directory::with_shared(supervisor.as_pid(), Book::figures).flatten()
}

/// How many restarts a supervisor has decided within the last `window`, of 1024 at most: what its
/// [`max_restarts`](crate::Supervisor::max_restarts) is to be compared with. `None`: it is not
/// running, or is none. To be asked by a process of the supervisor's runtime.
///
/// # Panics
///
/// Outside a process.
pub fn restarts_within(supervisor: impl AsPid, window: Duration) -> Option<usize> {
    let now = now();
    directory::with_shared(supervisor.as_pid(), |book: &Book| {
        let kept = book.kept.lock();
        let recent = kept.recent.iter().rev();
        let recent = recent.take_while(|&&at| now - at <= window).count();
        (!book.closed.load(Relaxed)).then_some(recent)
    })
    .flatten()
}
