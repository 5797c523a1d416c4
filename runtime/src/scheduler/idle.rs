//! Who is parked and who searches: the shared half of the sleep protocol, see `SLEEP.md`.

use crate::primitive::{
    AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
    fence,
};

/// One bit per scheduler, set while it is parked, and the number of those that search.
#[derive(Debug)]
pub(crate) struct Idle {
    parked: Box<[AtomicU64]>,
    searching: AtomicU32,
    searching_max: u32,
}

/// Whether a parker got its bit back.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retreat {
    /// It did; nobody will unpark it.
    Cleared,
    /// Somebody cleared it first, and is about to unpark the scheduler: a token to be eaten.
    TokenComing,
}

impl Idle {
    pub(crate) fn new(schedulers: usize, searching_max: u32) -> Idle {
        let words = schedulers.div_ceil(64);
        Idle {
            parked: (0..words).map(|_| AtomicU64::new(0)).collect(),
            searching: AtomicU32::new(0),
            searching_max,
        }
    }

    /// Steps S1 and S2. The caller then looks at every queue.
    pub(crate) fn announce(&self, scheduler: usize) {
        self.parked[scheduler / 64].fetch_or(1 << (scheduler % 64), AcqRel);
        fence(SeqCst);
    }

    /// Step S4 for a parker that found work after all.
    pub(crate) fn retreat(&self, scheduler: usize) -> Retreat {
        let bit = 1 << (scheduler % 64);
        if self.parked[scheduler / 64].fetch_and(!bit, AcqRel) & bit != 0 {
            Retreat::Cleared
        } else {
            Retreat::TokenComing
        }
    }

    /// Steps P2 and P3: clears the bit of a parked scheduler, whom the caller must unpark.
    /// Among several, the highest: the lowest one is likeliest to sit in the poller.
    #[must_use]
    pub(crate) fn pick(&self) -> Option<usize> {
        fence(SeqCst);
        for (index, word) in self.parked.iter().enumerate().rev() {
            let mut bits = word.load(Relaxed);
            while bits != 0 {
                let bit = bits.ilog2();
                let previous = word.fetch_and(!(1 << bit), AcqRel);
                if previous & 1 << bit != 0 {
                    return Some(index * 64 + bit as usize);
                }
                bits = previous & !(1 << bit);
            }
        }
        None
    }

    /// Clears the bit of this scheduler. `true`: the caller must unpark it.
    #[must_use]
    pub(crate) fn pick_this(&self, scheduler: usize) -> bool {
        self.retreat(scheduler) == Retreat::Cleared
    }

    /// Whether this scheduler's bit is still set.
    #[cfg(feature = "net")]
    pub(crate) fn is_parked(&self, scheduler: usize) -> bool {
        fence(SeqCst);
        self.parked[scheduler / 64].load(Acquire) & 1 << (scheduler % 64) != 0
    }

    /// Whether anybody is parked, as far as this thread can see. For the debt rule.
    pub(crate) fn anybody_parked(&self) -> bool {
        self.parked.iter().any(|word| word.load(Relaxed) != 0)
    }

    /// How many are parked.
    pub(crate) fn parked(&self) -> u32 {
        self.parked
            .iter()
            .map(|word| word.load(Acquire).count_ones())
            .sum()
    }

    /// Step P2 for a pusher that wakes nobody if somebody searches. `true`: a searcher will look
    /// at the queues once more, before it sleeps or after it has ended its search.
    #[must_use]
    pub(crate) fn is_searched_after_push(&self) -> bool {
        fence(SeqCst);
        self.searching.load(Acquire) > 0
    }

    /// How many search, as far as this thread can see. For the debt rule.
    pub(crate) fn searching(&self) -> u32 {
        self.searching.load(Acquire)
    }

    /// Asks to be one of those who search. `false`: there are enough.
    #[must_use]
    pub(crate) fn begin_search(&self) -> bool {
        if self.searching.load(Relaxed) >= self.searching_max {
            return false;
        }
        self.searching.fetch_add(1, AcqRel);
        true
    }

    /// Ends a search. `true`: it was the last searcher. If it goes on to run what it found, it then
    /// has to look once more at what pushers may have relied on it to find.
    #[must_use]
    pub(crate) fn end_search(&self) -> bool {
        let was_last = self.searching.fetch_sub(1, AcqRel) == 1;
        fence(SeqCst);
        was_last
    }
}
