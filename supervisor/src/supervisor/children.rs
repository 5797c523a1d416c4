//! The children of a supervisor, in the order in which they are started.
//!
//! A child has a rank among its siblings for as long as its supervisor knows of it, whether it is a
//! process at the moment or not. Ranks are numbers in start order and never used twice, so that
//! "those that were started after it" is a range.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use foldhash::fast::RandomState;
use regrow_runtime::gen_server::Restart;
use regrow_runtime::process::Pid;

use crate::child::care::Care;
use crate::child::id::ChildId;
use crate::child::info::ChildProcess;
use crate::child::spec::AnyChildSpec;
use crate::error::SpecError;

/// Which of its siblings a child is started after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Rank(u64);

impl Rank {
    /// Before all others.
    pub(crate) const FIRST: Rank = Rank(0);
    /// After all others.
    pub(crate) const END: Rank = Rank(u64::MAX);

    /// The rank after this one.
    pub(crate) const fn next(self) -> Rank {
        Rank(self.0 + 1)
    }
}

/// A child.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) spec: AnyChildSpec,
    pub(crate) process: ChildProcess,
    /// What is kept of it if something beyond OTP was asked for it.
    pub(crate) care: Option<Box<Care>>,
}

impl Child {
    /// Whether it is a process, as far as is known.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.process, ChildProcess::Running(_))
    }

    /// Those that it is bound to.
    fn ties(&self) -> &[ChildId] {
        let extras = self.spec.extras();
        extras.map_or(&[], |extras| &extras.binds_to)
    }

    /// Whether its restart has failed and is to be tried again, and does not wait for a time.
    pub(crate) fn is_tried_again(&self) -> bool {
        let waits = self.care.as_ref().is_some_and(|care| care.left().is_some());
        self.process == ChildProcess::Restarting && !waits
    }
}

/// See the module's head.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children {
    ranks: BTreeMap<Rank, Child>,
    by_id: HashMap<ChildId, Rank, RandomState>,
    by_pid: HashMap<Pid, Rank, RandomState>,
    /// How many ranks there have been.
    given: u64,
    /// Whether there has been a child that is bound to another one.
    bound: bool,
}

impl Children {
    /// Adds a child after all others.
    ///
    /// # Errors
    ///
    /// Another child has the same id.
    pub(crate) fn add(&mut self, spec: AnyChildSpec) -> Result<Rank, SpecError> {
        if self.by_id.contains_key(spec.child_id()) {
            return Err(SpecError::DuplicateId(spec.child_id().clone()));
        }
        let rank = Rank(self.given);
        self.given += 1;
        self.by_id.insert(spec.child_id().clone(), rank);
        self.bound |= spec
            .extras()
            .is_some_and(|extras| !extras.binds_to.is_empty());
        let care = Care::of(&spec);
        let process = ChildProcess::Stopped;
        self.ranks.insert(
            rank,
            Child {
                spec,
                process,
                care,
            },
        );
        Ok(rank)
    }

    /// The child of this rank, if it is still known.
    pub(crate) fn get(&self, rank: Rank) -> Option<&Child> {
        self.ranks.get(&rank)
    }

    /// As [`get`](Self::get), to change what is kept of it.
    pub(crate) fn get_mut(&mut self, rank: Rank) -> Option<&mut Child> {
        self.ranks.get_mut(&rank)
    }

    /// Adds to these ranks, in start order, those of the children that are bound to one of them, or to
    /// one that is. A child is bound to older ones only, so that each is met after those.
    pub(crate) fn with_bound(&self, ranks: Vec<Rank>) -> Vec<Rank> {
        let Some(&first) = ranks.first().filter(|_| self.bound) else {
            return ranks;
        };
        let mut all: BTreeSet<Rank> = ranks.into_iter().collect();
        for (&rank, child) in self.ranks.range(first..) {
            let mut ties = child.ties().iter().filter_map(|id| self.by_id.get(id));
            if ties.any(|older| *older < rank && all.contains(older)) {
                all.insert(rank);
            }
        }
        all.into_iter().collect()
    }

    /// Whether those that a child is bound to run, so that it may. One that is forgotten does not.
    pub(crate) fn may_run(&self, rank: Rank) -> bool {
        let child = self.ranks.get(&rank).filter(|_| self.bound);
        let runs = |id| self.find(id).is_some_and(|(_, older)| older.runs());
        child.is_none_or(|child| child.ties().iter().all(runs))
    }

    /// The child that is called so, and its rank.
    pub(crate) fn find(&self, id: &ChildId) -> Option<(Rank, &Child)> {
        let rank = *self.by_id.get(id)?;
        Some((rank, self.ranks.get(&rank)?))
    }

    /// The rank of the child that is this process.
    pub(crate) fn rank_of(&self, process: Pid) -> Option<Rank> {
        self.by_pid.get(&process).copied()
    }

    /// The ranks in a range that are taken, in start order.
    pub(crate) fn ranks(&self, range: Range<Rank>) -> Vec<Rank> {
        self.ranks.range(range).map(|(rank, _)| *rank).collect()
    }

    /// The children in start order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Child> {
        self.ranks.values()
    }

    /// Notes which process a child is now.
    pub(crate) fn set(&mut self, rank: Rank, process: ChildProcess) {
        let Some(child) = self.ranks.get_mut(&rank) else {
            return;
        };
        if let ChildProcess::Running(before) = child.process {
            self.by_pid.remove(&before);
        }
        if let Some(care) = &mut child.care {
            care.changes();
        }
        child.process = process;
        if let ChildProcess::Running(process) = process {
            self.by_pid.insert(process, rank);
            child.spec.stands(process);
            if child.spec.restart == Restart::Temporary {
                child.spec.use_up();
            }
        }
    }

    /// Forgets a child.
    pub(crate) fn forget(&mut self, rank: Rank) {
        self.set(rank, ChildProcess::Stopped);
        if let Some(child) = self.ranks.remove(&rank) {
            self.by_id.remove(child.spec.child_id());
        }
    }
}
