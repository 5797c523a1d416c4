//! Who runs next in a simulation, and all other chance in it.
//!
//! Processes share nothing but messages, so the order in which they run is the whole of what
//! schedulers contribute to what a program does. A simulation asks its [`Picker`] for each turn; a
//! [`Policy`] says how the picker answers. The same seed, policy and program give the same picks.
//!
//! # Two streams
//!
//! One seed feeds two streams of random numbers: one for picks, one ([`Picker::next_u64`]) for
//! whatever else the simulation leaves to chance. Were there only one, a replay, which draws
//! nothing for its picks, would see other numbers everywhere else and go another way.
//!
//! # Forced picks
//!
//! Where only one process can run there is nothing to choose: no random number is drawn, no step is
//! counted and nothing is recorded. A recorded run is therefore the list of its decisions, and
//! stays meaningful when a shrinker takes some of them out. The hash covers forced picks too.
//!
//! # Stability
//!
//! A seed in a bug report has to mean the same schedule tomorrow. The generator is therefore our
//! own (`SplitMix64`), the hash too, and both are pinned by tests; a change to either, or to how
//! many numbers a policy draws, makes all recorded seeds void.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How a simulation chooses which process runs next.
///
/// The default is [`Policy::Random`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Policy {
    /// Any process that can run, each with the same probability.
    ///
    /// Good for a first look and for bugs that many orders show. An order in which one process
    /// is held back for long is found only by chance.
    #[default]
    Random,

    /// Always the process of the highest priority, with random priorities that change at
    /// `depth - 1` random steps: probabilistic concurrency testing.
    ///
    /// A bug of depth *d* is one that *d* conditions of the form "this happens before that" bring
    /// about; most need one or two. With *n* processes and *k* steps, a run whose `depth` is
    /// the bug's finds it with a probability of at least 1/(*n* *k*^(*d*-1)), however unlikely the
    /// order is under [`Policy::Random`]. A `depth` of 0 is taken as 1.
    ///
    /// Unlike the published method, this one never holds a process back for ever: one that yields
    /// goes behind all others, and after every 10 000 steps the priorities and the steps at which
    /// they change are drawn again.
    ///
    /// Burckhardt, Kothari, Musuvathi and Nagarakatte: *A randomized scheduler with probabilistic
    /// guarantees of finding bugs*, ASPLOS 2010.
    Pct {
        /// How many ordering conditions the bug that is looked for takes.
        depth: u32,
    },

    /// The process that has waited longest. Fair, and the same for every seed.
    RoundRobin,

    /// The decisions of a recorded run, in order: each is a position among the processes that can
    /// run, counted from the one that has waited longest.
    ///
    /// Turns at which only one process can run are not part of the list. A position past the last
    /// process starts again from the first one, and after the end of the list it goes on as
    /// [`Policy::RoundRobin`]: so a list with decisions taken out is a schedule as well.
    ///
    /// The seed has to be that of the recorded run too: all other chance comes from it.
    Replay(Vec<u32>),
}

/// Decides who runs next, by a seed and a [`Policy`].
#[derive(Debug)]
pub(crate) struct Picker {
    /// What the policy has to remember.
    chooser: Chooser,
    /// Randomness for the rest of the simulation; see the module's head.
    world: SplitMix64,
    /// A hash of all picks so far.
    hash: u64,
    /// How many decisions there were so far.
    steps: u64,
    /// The decisions so far, if they are recorded.
    record: Option<Vec<u32>>,
}

/// A policy at work.
#[derive(Debug)]
enum Chooser {
    Random(SplitMix64),
    Pct(Pct),
    RoundRobin,
    Replay { picks: Vec<u32>, next: usize },
}

impl Picker {
    /// Creates a picker that has made no pick yet.
    pub(crate) fn new(seed: u64, policy: &Policy) -> Picker {
        let mut seeds = SplitMix64(seed);
        let picks = SplitMix64(seeds.next());
        let world = SplitMix64(seeds.next());
        let chooser = match policy {
            Policy::Random => Chooser::Random(picks),
            Policy::Pct { depth } => Chooser::Pct(Pct::new(picks, *depth)),
            Policy::RoundRobin => Chooser::RoundRobin,
            Policy::Replay(picks) => Chooser::Replay {
                picks: picks.clone(),
                next: 0,
            },
        };
        Picker {
            chooser,
            world,
            hash: 0,
            steps: 0,
            record: None,
        }
    }

    /// Creates a picker for where nothing is simulated, so that nothing is picked.
    pub(crate) fn idle() -> Picker {
        Picker::new(0, &Policy::RoundRobin)
    }

    /// Sets the number of steps over which [`Policy::Pct`] spreads its changes of priority;
    /// [`Pct::STEPS_DEFAULT`] if never called. Other policies do not count steps.
    pub(crate) fn expect_steps(&mut self, steps: u64) {
        if let Chooser::Pct(pct) = &mut self.chooser {
            pct.set_length(steps);
        }
    }

    /// Starts to record decisions, from none.
    pub(crate) fn record(&mut self) {
        self.record = Some(Vec::new());
    }

    /// Chooses one of `runnable`, which holds the serial numbers of the processes that can run, in
    /// the order in which they became runnable; returns its index.
    ///
    /// # Panics
    ///
    /// If `runnable` is empty.
    pub(crate) fn pick(&mut self, runnable: &[u64]) -> usize {
        assert!(!runnable.is_empty(), "somebody must be runnable for a pick");
        let picked = if runnable.len() == 1 {
            0
        } else {
            self.decide(runnable)
        };
        self.hash = mix(mix(self.hash ^ runnable[picked]) ^ runnable.len() as u64);
        picked
    }

    /// Notes that a process gave up its turn although it could go on: under [`Policy::Pct`] it goes
    /// behind all others, because it may be waiting for one of them.
    pub(crate) fn on_yield(&mut self, serial: u64) {
        if let Chooser::Pct(pct) = &mut self.chooser {
            pct.on_yield(serial);
        }
    }

    /// Returns a random number for the rest of the simulation. Picks do not depend on these nor
    /// these on picks.
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.world.next()
    }

    /// Returns a hash of all picks so far, and of how many processes each was made among: equal for
    /// two runs, as good as certainly, only if they went the same way.
    pub(crate) fn picks_hash(&self) -> u64 {
        self.hash
    }

    /// Returns the number of decisions so far: of picks among several.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Returns the decisions since [`record`](Picker::record) was called, as [`Policy::Replay`]
    /// takes them; none if it was not.
    pub(crate) fn picks(&self) -> &[u32] {
        self.record.as_deref().unwrap_or_default()
    }

    /// Chooses where there is a choice.
    fn decide(&mut self, runnable: &[u64]) -> usize {
        let picked = match &mut self.chooser {
            Chooser::Random(numbers) => numbers.index(runnable.len()),
            Chooser::Pct(pct) => pct.pick(runnable),
            // Runnable processes stand in the order in which they became so.
            Chooser::RoundRobin => 0,
            Chooser::Replay { picks, next } => {
                let pick = picks.get(*next).map_or(0, |&pick| pick as usize);
                *next += 1;
                pick % runnable.len()
            }
        };
        self.steps += 1;
        if let Some(record) = &mut self.record {
            record.push(u32::try_from(picked).expect("fewer than 2^32 processes are runnable"));
        }
        picked
    }
}

/// Probabilistic concurrency testing; see [`Policy::Pct`].
///
/// A round is `length` steps. At its start a random key is drawn, and the first priority of a
/// process is a bijective mix of its serial number and the key: distinct and as good as random,
/// yet nothing needs to be kept for a process. Only those whose priority was lowered are listed.
#[derive(Debug)]
struct Pct {
    numbers: SplitMix64,
    /// How many changes of priority there are in a round, at most one per step on average.
    changes: u32,
    /// How many steps a round has.
    length: u64,
    /// Steps taken in this round.
    step: u64,
    /// Makes priorities of serial numbers.
    key: u64,
    /// When the priority of whoever would run is lowered, and to what; the next one last.
    change_points: Vec<(u64, u32)>,
    /// The processes whose priority was lowered in this round.
    lowered: BTreeMap<u64, Priority>,
    /// How often a process yielded in this round.
    yields: u64,
}

/// Who goes first: the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Priority {
    /// Has yielded: behind all, and behind those that did so before.
    Yielded(Reverse<u64>),
    /// Was about to run at a change point: behind all that were not, by the number of the point.
    /// Points are numbered before their steps are drawn, so that a later one may lower less.
    Changed(u32),
    /// As drawn.
    First(u64),
}

impl Pct {
    /// The expected number of steps of a run. If it is far above the real one, most changes of
    /// priority are drawn for steps that never come; if it is far below, a run spans many rounds.
    const STEPS_DEFAULT: u64 = 10_000;

    fn new(numbers: SplitMix64, depth: u32) -> Pct {
        let mut pct = Pct {
            numbers,
            changes: depth.saturating_sub(1),
            length: 0,
            step: 0,
            key: 0,
            change_points: Vec::new(),
            lowered: BTreeMap::new(),
            yields: 0,
        };
        pct.set_length(Pct::STEPS_DEFAULT);
        pct
    }

    /// Sets the length of a round, and lets the next step start one.
    fn set_length(&mut self, steps: u64) {
        self.length = steps.max(1);
        self.step = self.length;
    }

    fn start_round(&mut self) {
        self.step = 0;
        self.yields = 0;
        self.key = self.numbers.next();
        self.lowered.clear();
        let changes = u32::try_from(self.length).map_or(self.changes, |len| self.changes.min(len));
        self.change_points = (0..changes)
            .map(|change| (self.numbers.below(self.length), change))
            .collect();
        self.change_points
            .sort_unstable_by_key(|&point| Reverse(point));
    }

    fn pick(&mut self, runnable: &[u64]) -> usize {
        if self.step == self.length {
            self.start_round();
        }
        let mut highest = self.highest(runnable);
        while let Some((_, change)) = self.change_points.pop_if(|(step, _)| *step == self.step) {
            self.lowered
                .insert(runnable[highest], Priority::Changed(change));
            highest = self.highest(runnable);
        }
        self.step += 1;
        highest
    }

    fn on_yield(&mut self, serial: u64) {
        self.yields += 1;
        self.lowered
            .insert(serial, Priority::Yielded(Reverse(self.yields)));
    }

    /// Returns the index of the process with the highest priority.
    fn highest(&self, runnable: &[u64]) -> usize {
        let priority = |&index: &usize| self.priority(runnable[index]);
        (0..runnable.len())
            .max_by_key(priority)
            .expect("a step has a choice")
    }

    fn priority(&self, serial: u64) -> Priority {
        let lowered = self.lowered.get(&serial).copied();
        lowered.unwrap_or_else(|| Priority::First(mix(serial ^ self.key)))
    }
}

/// The generator `SplitMix64` (Steele, Lea and Flood, *Fast splittable pseudorandom number
/// generators*, OOPSLA 2014): a counter, mixed.
#[derive(Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        // 2^64 divided by the golden ratio.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Returns a number below `end`, each with the same probability (Lemire, *Fast random integer
    /// generation in an interval*, 2019): the whole part of a random fraction of `end`, drawn
    /// again in the few cases that would favour some numbers.
    fn below(&mut self, end: u64) -> u64 {
        let surplus = end.wrapping_neg() % end;
        loop {
            let (fraction, whole) = self.next().carrying_mul(end, 0);
            if fraction >= surplus {
                return whole;
            }
        }
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("an index below a length")
    }
}

/// A bijection in which each bit of the result depends on all bits of `z`: the finisher of
/// `SplitMix64`.
const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
