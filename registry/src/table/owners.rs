//! What each process has: the hashes of its keys, so that its end finds its entries.
//!
//! A key is stored once, with its holders; here are hashes alone. One key is the rule, and some are
//! a list in the order in which they were registered. Of many, so that giving one up need not look
//! at all the others, it is counted how often the process has each.

use std::collections::hash_map::{Entry, IntoKeys};
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use parking_lot::Mutex;
use regrow_runtime::process::{Pid, tell_of_end};

use crate::admission::Refused;
use crate::shards::{self, Shards};

/// A list longer than this takes longer to look through than a count takes to be found.
const LISTED_MAX: usize = 1024;

type HashMap<K, V> = std::collections::HashMap<K, V, FixedState>;

/// The owners of a registry's keys.
pub(super) struct Owners {
    shards: Shards<Mutex<Shard>>,
}

/// Some of the owners.
#[derive(Default)]
struct Shard {
    /// The registry has ended: nobody can have anything any more.
    closed: bool,
    owners: HashMap<Pid, Hashes>,
    /// What those still have who have ended, and whose entries are being taken out.
    leaving: HashMap<Pid, Leaving>,
}

/// The hashes of a process's keys, each as often as the process has a key with it. As small as two
/// words, because there is one for each process.
pub(crate) enum Hashes {
    One(u64),
    #[expect(
        clippy::box_collection,
        reason = "most processes have one key, and a list in place would double what each takes"
    )]
    Some(Box<Vec<u64>>),
    Many(Box<HashMap<u64, usize>>),
}

const _: () = assert!(size_of::<Hashes>() == 16);

/// The hashes of the keys of a process that has ended, to be gone through once.
pub(super) enum Leaving {
    One(Option<u64>),
    /// From the end.
    Some(Vec<u64>),
    Many(Option<u64>, IntoKeys<u64, usize>),
}

impl Leaving {
    /// The next hash. One may come more than once.
    pub(super) fn next(&mut self) -> Option<u64> {
        match self {
            Leaving::One(hash) => hash.take(),
            Leaving::Some(list) => list.pop(),
            Leaving::Many(again, rest) => again.take().or_else(|| rest.next()),
        }
    }

    /// This hash, which was the last, is to come again.
    pub(super) fn again(&mut self, hash: u64) {
        match self {
            Leaving::One(again) | Leaving::Many(again, _) => *again = Some(hash),
            Leaving::Some(list) => list.push(hash),
        }
    }
}

impl Owners {
    pub(super) fn new() -> Owners {
        Owners {
            shards: Shards::new(shards::fitting()),
        }
    }

    fn shard(&self, owner: Pid) -> &Mutex<Shard> {
        self.shards.of(FixedState::default().hash_one(owner))
    }

    /// Notes that a process has a key with this hash, once more. `false`: the registry has ended.
    #[must_use]
    pub(super) fn add(&self, owner: Pid, hash: u64) -> bool {
        let mut shard = self.shard(owner).lock();
        if !shard.closed {
            shard.add(owner, hash);
        }
        !shard.closed
    }

    /// As [`add`](Owners::add), of a process that may have ended. If it has not, its end will find
    /// this: it takes the same lock.
    ///
    /// # Errors
    ///
    /// The process or the registry has ended.
    pub(super) fn add_living(&self, owner: Pid, hash: u64) -> Result<(), Refused> {
        let mut shard = self.shard(owner).lock();
        if shard.closed {
            return Err(Refused::Closed);
        }
        if !tell_of_end(owner) {
            return Err(Refused::NoProcess(owner));
        }
        shard.add(owner, hash);
        Ok(())
    }

    /// Notes that a process has a key with this hash so many times less.
    pub(super) fn remove(&self, owner: Pid, hash: u64, times: usize) {
        let mut shard = self.shard(owner).lock();
        if let Entry::Occupied(mut known) = shard.owners.entry(owner)
            && !known.get_mut().remove(hash, times)
        {
            known.remove();
        }
    }

    /// Forgets a process that has ended. Returns what it had, or what was put back of that.
    pub(super) fn take(&self, owner: Pid) -> Option<Leaving> {
        let mut shard = self.shard(owner).lock();
        let begun = shard.leaving.remove(&owner);
        begun.or_else(|| shard.owners.remove(&owner).map(Hashes::leave))
    }

    /// Keeps what a process that has ended still has.
    pub(super) fn put_back(&self, owner: Pid, leaving: Leaving) {
        self.shard(owner).lock().leaving.insert(owner, leaving);
    }

    /// The different hashes of a process's keys; those of a list in its order.
    pub(super) fn hashes_of(&self, owner: Pid) -> Vec<u64> {
        let shard = self.shard(owner).lock();
        match shard.owners.get(&owner) {
            None => Vec::new(),
            Some(Hashes::One(hash)) => vec![*hash],
            Some(Hashes::Some(list)) => {
                let mut seen = std::collections::HashSet::with_capacity(list.len());
                list.iter()
                    .copied()
                    .filter(|&hash| seen.insert(hash))
                    .collect()
            }
            Some(Hashes::Many(counts)) => counts.keys().copied().collect(),
        }
    }

    /// Lets nobody have anything any more. Those who had something are for
    /// [`take_shard`](Owners::take_shard).
    pub(super) fn close(&self) {
        for shard in self.shards.iter() {
            shard.lock().closed = true;
        }
    }

    /// Forgets some of the owners, once it is closed, and returns them. `None`: there are not so many
    /// shards. In a simulation their order is the same whenever it is repeated.
    pub(super) fn take_shard(&self, number: usize) -> Option<Leavers> {
        let owners = std::mem::take(&mut self.shards.get(number)?.lock().owners);
        Some(Leavers(owners.into_keys()))
    }
}

/// Processes that had keys in a table that is closed.
pub(crate) struct Leavers(IntoKeys<Pid, Hashes>);

impl Iterator for Leavers {
    type Item = Pid;

    fn next(&mut self) -> Option<Pid> {
        self.0.next()
    }
}

impl Shard {
    fn add(&mut self, owner: Pid, hash: u64) {
        match self.owners.entry(owner) {
            Entry::Occupied(mut known) => known.get_mut().add(hash),
            Entry::Vacant(new) => {
                new.insert(Hashes::One(hash));
            }
        }
    }
}

impl Hashes {
    fn add(&mut self, hash: u64) {
        match self {
            Hashes::One(first) => *self = Hashes::Some(Box::new(vec![*first, hash])),
            Hashes::Some(list) if list.len() < LISTED_MAX => list.push(hash),
            Hashes::Some(list) => {
                let mut counts: HashMap<u64, usize> = HashMap::default();
                for hash in list.iter().chain([&hash]) {
                    *counts.entry(*hash).or_insert(0) += 1;
                }
                *self = Hashes::Many(Box::new(counts));
            }
            Hashes::Many(counts) => *counts.entry(hash).or_insert(0) += 1,
        }
    }

    /// Takes one hash out so many times. `false`: none is left.
    fn remove(&mut self, hash: u64, times: usize) -> bool {
        match self {
            Hashes::One(only) => *only != hash || times == 0,
            Hashes::Some(list) => {
                for _ in 0..times {
                    // From the end: what was registered last is often given up first.
                    if let Some(place) = list.iter().rposition(|known| *known == hash) {
                        list.remove(place);
                    }
                }
                !list.is_empty()
            }
            Hashes::Many(counts) => {
                if let Some(count) = counts.get_mut(&hash) {
                    *count = count.saturating_sub(times);
                    if *count == 0 {
                        counts.remove(&hash);
                    }
                }
                !counts.is_empty()
            }
        }
    }

    /// The process has ended.
    fn leave(self) -> Leaving {
        match self {
            Hashes::One(hash) => Leaving::One(Some(hash)),
            Hashes::Some(list) => Leaving::Some(*list),
            Hashes::Many(counts) => Leaving::Many(None, counts.into_keys()),
        }
    }
}
