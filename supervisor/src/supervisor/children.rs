//! The children of a supervisor, in the order in which they are started.
//!
//! A child has a rank among its siblings for as long as its supervisor knows of it, whether it is a
//! process at the moment or not. Ranks are numbers in start order and never used twice, so that
//! "those that were started after it" is a range.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use regrow_runtime::gen_server::Restart;
use regrow_runtime::process::Pid;

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
}

/// See the module's head.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children {
    ranks: BTreeMap<Rank, Child>,
    by_id: HashMap<ChildId, Rank>,
    by_pid: HashMap<Pid, Rank>,
    /// How many ranks there have been.
    given: u64,
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
        self.ranks.insert(
            rank,
            Child {
                spec,
                process: ChildProcess::Stopped,
            },
        );
        Ok(rank)
    }

    /// The child of this rank, if it is still known.
    pub(crate) fn get(&self, rank: Rank) -> Option<&Child> {
        self.ranks.get(&rank)
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
