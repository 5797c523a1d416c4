//! The table behind a registry: which processes have which key, and which keys a process has.
//!
//! ```text
//! key, or pid ──► partition { hash, key, holders: (owner, value) … }   many readers, or one writer
//! pid ──hash────► owners    { pid: hashes }                             one at a time
//! ```
//!
//! A look-up of a key reads one partition, whose lock it need not take unless somebody has written
//! lately ([`BiasedRwLock`]); if the table is divided by pid, the holders of a key are spread over all
//! partitions. What a process has is kept as hashes
//! alone: a key is stored once, and a process's end finds its entries by hash and owner, without
//! comparing keys.
//!
//! | file | concept |
//! |---|---|
//! | `partition.rs` | one partition: its keys and their holders |
//! | `owners.rs` | what each process has |
//! | `guests.rs` | entries that a process is given by others |
//! | `walk.rs` | going through holders and entries, a piece at a time |
//!
//! # Invariants
//!
//! - R-REG-1  The keys of a process change only by what it does itself, by its end, and by the end
//!   of the registry. Its end comes after everything that it did, so the two places that a change
//!   touches need not be locked together. Topics, to which anybody may subscribe anybody, have a way
//!   of their own: `guests.rs`.
//! - R-REG-2  An entry is gone before anybody can hear of its owner's end: the exit hook is called
//!   before the owner's mailbox is closed, let alone its notices sent.
//! - R-REG-3  No key and no value is dropped, and no closure of a user called, while a partition is
//!   locked. Under a lock a key is only compared, and keys and values are cloned.

mod guests;
mod owners;
mod partition;
mod walk;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crossbeam_utils::CachePadded;
use foldhash::fast::FixedState;
use regrow_runtime::biased_lock::BiasedRwLock;
use regrow_runtime::process::{ExitHook, Pid, random_u64};

use crate::error::RegisterError;
use crate::kind::{Holders, Keys, Place, Unique};
use crate::shards::{self, Shards};
use crate::{keep_largest, quietly};
pub(crate) use owners::Leavers;
use owners::Owners;
pub(crate) use partition::Parts;
use partition::{Partition, Removed, Topic};
pub use walk::Entries;

/// See the module's head.
pub(crate) struct Table<K, V: Send + Sync + 'static, M: Keys> {
    /// Seeded by chance, which in a simulation is the seed's: there the order of entries is the same
    /// whenever a run is repeated.
    hasher: FixedState,
    partitions: Shards<Locked<K, V, M>>,
    divided_by: DividedBy,
    owners: Owners,
    /// The registry has ended. Set before anything is taken out of the partitions, and looked at
    /// under their locks by whoever puts something in.
    closed: AtomicBool,
}

/// A partition behind its lock.
type Locked<K, V, M> = BiasedRwLock<Partition<K, V, M>>;

/// What decides in which partition an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DividedBy {
    Key,
    Pid,
}

impl<K, V: Send + Sync + 'static, M: Keys> Table<K, V, M> {
    /// An empty table, of so many partitions, or as many as suit the machine.
    pub(crate) fn new(partitions: Option<usize>, divided_by: DividedBy) -> Table<K, V, M> {
        let partitions = partitions.unwrap_or_else(|| match divided_by {
            DividedBy::Key => shards::fitting(),
            // Every look-up goes to each of them.
            DividedBy::Pid => shards::processors(),
        });
        Table {
            hasher: FixedState::with_seed(random_u64()),
            partitions: Shards::new(partitions),
            divided_by,
            owners: Owners::new(),
            closed: AtomicBool::new(false),
        }
    }

    /// The partition of what a process has under a key with this hash.
    fn partition(&self, hash: u64, owner: Pid) -> &Locked<K, V, M> {
        let hash = match self.divided_by {
            DividedBy::Key => hash,
            DividedBy::Pid => self.hasher.hash_one(owner),
        };
        self.partitions.of(hash)
    }

    /// The partitions that holders of a key with this hash may be in.
    fn partitions_of(&self, hash: u64) -> &[CachePadded<Locked<K, V, M>>] {
        if self.is_closed() {
            return &[];
        }
        match self.divided_by {
            DividedBy::Key => self.partitions.only(hash),
            DividedBy::Pid => self.partitions.all(),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// How many entries each partition has. Those that come and go meanwhile are counted or not.
    pub(crate) fn counts(&self) -> impl Iterator<Item = usize> {
        let closed = self.is_closed();
        self.partitions.iter().map(move |partition| {
            if closed {
                0
            } else {
                partition.read().entries()
            }
        })
    }

    /// From here on nothing is found or registered. What is in the table is for
    /// [`take_owners`](Table::take_owners) and [`take_partition`](Table::take_partition).
    pub(crate) fn close(&self) {
        self.closed.store(true, Relaxed);
        self.owners.close();
    }

    /// Takes out some of those who had keys in a closed table. `None`: there are not so many parts.
    pub(crate) fn take_owners(&self, number: usize) -> Option<Leavers> {
        self.owners.take_shard(number)
    }

    /// Takes out what a partition of a closed table had. `None`: there are not so many partitions.
    pub(crate) fn take_partition(&self, number: usize) -> Option<Parts<K, V, M>> {
        let partition = self.partitions.get(number)?;
        let taken = std::mem::take(&mut *partition.write());
        Some(taken.into_parts())
    }

    /// Takes so many entries out that a process has under keys with this hash, and drops them.
    /// `true`: there are no more.
    fn clear(&self, hash: u64, owner: Pid, left: &mut usize) -> bool {
        loop {
            let (removed, more) = {
                let mut partition = self.partition(hash, owner).write();
                let removed = partition.remove_any(hash, owner, *left);
                (removed, partition.has_any(hash, owner))
            };
            let count = removed.as_ref().map_or(0, Removed::count);
            // A hash of which nothing is left has cost a look, too.
            *left = left.saturating_sub(count.max(1));
            quietly(|| drop(removed));
            if !more {
                return true;
            }
            if *left == 0 {
                return false;
            }
        }
    }
}

impl<K: Eq + Hash, V: Send + Sync + 'static, M: Keys> Table<K, V, M> {
    /// Registers a process that is not ending: the one that runs.
    ///
    /// # Errors
    ///
    /// The key is taken, or the registry has ended.
    pub(crate) fn register(&self, key: K, value: V, owner: Pid) -> Result<(), RegisterError> {
        let hash = self.hasher.hash_one(&key);
        let put = {
            let mut partition = self.partition(hash, owner).write();
            // The lock that the closing thread took after it set this comes before ours, or takes
            // what we put in.
            if self.is_closed() {
                return Err(RegisterError::NoRegistry);
            }
            partition.put(hash, key, value, owner)
        };
        if let Err((_, _, holder)) = put {
            return Err(RegisterError::AlreadyRegistered(holder));
        }
        if self.owners.add(owner, hash) {
            Ok(())
        } else {
            Err(RegisterError::NoRegistry)
        }
    }

    /// Takes a key from a process, as often as it has it. `false`: it does not have it.
    pub(crate) fn unregister<Q>(&self, key: &Q, owner: Pid) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let removed = self.partition(hash, owner).write().remove(hash, key, owner);
        let Some(removed) = removed else {
            return false;
        };
        self.owners.remove(owner, hash, removed.count());
        true
    }

    /// Takes from a process those of its entries under a key whose value is meant. Returns how many,
    /// and whether it has the key no longer. `is_meant` is called without a lock.
    pub(crate) fn unregister_match<Q>(
        &self,
        key: &Q,
        owner: Pid,
        mut is_meant: impl FnMut(&V) -> bool,
    ) -> (usize, bool)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        let own = self.entries_of(key, owner);
        let all = own.len();
        let places: Vec<Place> = own
            .iter()
            .filter(|(_, value)| is_meant(value))
            .map(|(place, _)| *place)
            .collect();
        if places.is_empty() {
            return (0, false);
        }
        if places.len() == all {
            return (all, self.unregister(key, owner));
        }
        let hash = self.hasher.hash_one(key);
        // By R-REG-1 they are all still there.
        let removed = self.partition(hash, owner).write().take(hash, key, &places);
        self.owners.remove(owner, hash, removed.len());
        (removed.len(), false)
    }

    /// What a process has under a key, in the order in which it registered it.
    pub(crate) fn entries_of<Q>(&self, key: &Q, owner: Pid) -> Vec<(Place, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        let hash = self.hasher.hash_one(key);
        let mut own = Vec::new();
        if !self.is_closed() {
            let partition = self.partition(hash, owner).read();
            if let Some(topic) = partition.find(hash, key) {
                let entries = topic.holders.of(owner);
                own.extend(entries.map(|(place, value)| (place, value.clone())));
            }
        }
        own
    }

    /// The keys that have most entries, and how many.
    pub(crate) fn largest(&self, count: usize) -> Vec<(K, usize)>
    where
        K: Clone,
    {
        let mut all: Vec<(K, usize)> = Vec::new();
        for partition in self.partitions.iter() {
            if self.is_closed() {
                return Vec::new();
            }
            let partition = partition.read();
            let mut sizes: Vec<_> = partition.topics().map(Topic::size).collect();
            if self.divided_by == DividedBy::Key {
                keep_largest(&mut sizes, count);
            }
            all.extend(sizes.into_iter().map(|(key, size)| (key.clone(), size)));
        }
        if self.divided_by == DividedBy::Pid {
            let mut sums = HashMap::with_hasher(self.hasher.clone());
            for (key, size) in all.drain(..) {
                *sums.entry(key).or_insert(0) += size;
            }
            all.extend(sums);
        }
        keep_largest(&mut all, count);
        all
    }

    /// The keys of a process, each as often as it has it.
    pub(crate) fn keys_of(&self, owner: Pid) -> Vec<K>
    where
        K: Clone,
    {
        let mut keys = Vec::new();
        for hash in self.owners.hashes_of(owner) {
            let partition = self.partition(hash, owner).read();
            for topic in partition.topics_of(hash) {
                for _ in 0..topic.holders.count_of(owner) {
                    keys.push(topic.key.clone());
                }
            }
        }
        keys
    }
}

impl<K: Eq + Hash, V: Send + Sync + 'static> Table<K, V, Unique> {
    /// The process that has a key.
    #[inline]
    pub(crate) fn lookup<Q>(&self, key: &Q) -> Option<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.find(key, crate::kind::Sole::owner)
    }

    /// The process that has a key, and the value.
    pub(crate) fn entry<Q>(&self, key: &Q) -> Option<(Pid, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        self.find(key, |holder| (holder.owner(), holder.value.clone()))
    }

    #[inline]
    fn find<Q, R>(&self, key: &Q, see: impl FnOnce(&crate::kind::Sole<V>) -> R) -> Option<R>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        if self.is_closed() {
            return None;
        }
        let partition = self.partitions.of(hash).read();
        partition.find(hash, key).map(|topic| see(&topic.holders))
    }

    /// Puts another value beside a key of a process's. Returns the one that was there; gives the new
    /// one back if the process does not have the key.
    pub(crate) fn replace<Q>(&self, key: &Q, owner: Pid, value: V) -> Result<V, V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let mut partition = self.partition(hash, owner).write();
        match partition.find_mut(hash, key) {
            Some(topic) if topic.holders.owner() == owner => {
                Ok(std::mem::replace(&mut topic.holders.value, value))
            }
            _ => Err(value),
        }
    }
}

impl<K: Send + Sync, V: Send + Sync + 'static, M: Keys> ExitHook for Table<K, V, M> {
    fn process_ended(&self, process: Pid, at_most: usize) -> bool {
        let mut left = at_most;
        let Some(mut leaving) = self.owners.take(process) else {
            return true;
        };
        while left > 0 {
            let Some(hash) = leaving.next() else {
                return true;
            };
            if !self.clear(hash, process, &mut left) {
                leaving.again(hash);
            }
        }
        self.owners.put_back(process, leaving);
        false
    }
}

impl<K, V: Send + Sync + 'static, M: Keys> fmt::Debug for Table<K, V, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("entries", &self.counts().sum::<usize>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
