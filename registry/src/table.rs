//! The table behind a registry: which process has which key, and which keys a process has.
//!
//! ```text
//! key ──hash──► shard of keys   { hash, key, owner }      many readers, or one writer
//! pid ──hash──► shard of owners { pid: serial, hashes }   one at a time
//! ```
//!
//! A look-up locks one shard of keys for reading and nothing else. What a process has is kept as
//! hashes alone: a key is stored once, and a process's end finds its entries by hash and owner,
//! without comparing keys.
//!
//! # Invariants
//!
//! - R-REG-1  The keys of a process change only by what it does itself, by its end, and by the end
//!   of the registry. Its end comes after everything that it did, so the two shards that a change
//!   touches need not be locked together.
//! - R-REG-2  An entry is gone before anybody can hear of its owner's end: [`ExitHook`] is called
//!   before the owner's mailbox is closed, let alone its notices sent.
//! - R-REG-3  No key is dropped while a shard is locked. Under a lock a key is only compared, or
//!   cloned for [`keys_of`](Table::keys_of).

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};
use parking_lot::{Mutex, RwLock};
use regrow_runtime::process::{ExitHook, Pid};

use crate::directory::with_shared;
use crate::error::RegisterError;

/// Shards for each processor: with eight, two threads seldom meet in one.
const SHARDS_PER_PROCESSOR: usize = 8;
/// The most shards: beyond it an empty table would be large and nothing is gained.
const SHARDS_MAX: usize = 256;

/// See the module's head.
pub(crate) struct Table<K> {
    hasher: RandomState,
    keys: Box<[CachePadded<RwLock<KeyShard<K>>>]>,
    owners: Box<[CachePadded<Mutex<OwnerShard>>]>,
    /// Numbers the owners, so that they can be told in the order in which they came.
    serials: CachePadded<AtomicU64>,
}

/// Some of the keys.
struct KeyShard<K> {
    /// The registry has ended: nothing can be registered any more.
    closed: bool,
    entries: HashTable<Entry<K>>,
}

/// A registered key.
struct Entry<K> {
    hash: u64,
    key: K,
    owner: Pid,
}

/// Some of the owners.
#[derive(Default)]
struct OwnerShard {
    /// As in [`KeyShard`].
    closed: bool,
    owners: HashMap<Pid, Owner, foldhash::fast::FixedState>,
}

/// What is known of a process that has keys.
struct Owner {
    serial: u64,
    hashes: Hashes,
}

/// The hashes of a process's keys; one key is the rule.
enum Hashes {
    One(u64),
    Many(Vec<u64>),
}

/// Calls `f` with the table of a registry. `None`: it is not running, or has other keys.
#[inline]
pub(crate) fn with_table<K: Send + Sync + 'static, R>(
    registry: Pid,
    f: impl FnOnce(&Table<K>) -> R,
) -> Option<R> {
    with_shared(registry, f)
}

impl<K> Default for KeyShard<K> {
    fn default() -> KeyShard<K> {
        KeyShard {
            closed: false,
            entries: HashTable::new(),
        }
    }
}

impl<K> Table<K> {
    /// An empty table.
    pub(crate) fn new() -> Table<K> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = (processors * SHARDS_PER_PROCESSOR)
            .next_power_of_two()
            .min(SHARDS_MAX);
        Table {
            hasher: RandomState::default(),
            keys: std::iter::repeat_with(CachePadded::default)
                .take(shards)
                .collect(),
            owners: std::iter::repeat_with(CachePadded::default)
                .take(shards)
                .collect(),
            serials: CachePadded::default(),
        }
    }

    /// The shard of keys with this hash. Its upper bits choose, for the lower ones choose the place
    /// within the shard.
    fn keys(&self, hash: u64) -> &RwLock<KeyShard<K>> {
        &self.keys[self.index(hash)]
    }

    fn owners(&self, owner: Pid) -> &Mutex<OwnerShard> {
        &self.owners[self.index(self.hasher.hash_one(owner))]
    }

    fn index(&self, hash: u64) -> usize {
        // Seven bits at the top are what a hash table compares first: those below are still free.
        (hash >> 40) as usize & (self.keys.len() - 1)
    }

    /// How many keys are registered. Those that come and go meanwhile are counted or not.
    pub(crate) fn count(&self) -> usize {
        self.keys
            .iter()
            .map(|shard| shard.read().entries.len())
            .sum()
    }

    /// Forgets everything and lets nothing be registered any more. Returns the processes that had
    /// keys, in the order in which they came.
    pub(crate) fn close(&self) -> Vec<Pid> {
        for shard in &self.keys {
            let entries = {
                let mut shard = shard.write();
                shard.closed = true;
                std::mem::take(&mut shard.entries)
            };
            drop(entries);
        }
        let mut all = Vec::new();
        for shard in &self.owners {
            let mut shard = shard.lock();
            shard.closed = true;
            let owners = std::mem::take(&mut shard.owners);
            all.extend(owners.into_iter().map(|(pid, owner)| (owner.serial, pid)));
        }
        all.sort_unstable();
        all.into_iter().map(|(_, pid)| pid).collect()
    }

    /// Takes an entry out by hash and owner. Returns its key, to be dropped outside the lock.
    fn take(&self, hash: u64, owner: Pid) -> Option<K> {
        let mut shard = self.keys(hash).write();
        let found = shard
            .entries
            .find_entry(hash, |entry| entry.hash == hash && entry.owner == owner);
        found.ok().map(|found| found.remove().0.key)
    }
}

impl<K: Eq + Hash> Table<K> {
    /// Registers a process that is not ending: the one that runs.
    ///
    /// # Errors
    ///
    /// The key is taken, or the registry has ended.
    pub(crate) fn register(&self, key: K, owner: Pid) -> Result<(), RegisterError> {
        let hash = self.hasher.hash_one(&key);
        // Declared after `key`, so that on the way out the lock is released before it is dropped.
        {
            let mut shard = self.keys(hash).write();
            if shard.closed {
                return Err(RegisterError::NoRegistry);
            }
            let same = |entry: &Entry<K>| entry.hash == hash && entry.key == key;
            if let Some(entry) = shard.entries.find(hash, same) {
                return Err(RegisterError::AlreadyRegistered(entry.owner));
            }
            shard
                .entries
                .insert_unique(hash, Entry { hash, key, owner }, |entry| entry.hash);
        }
        if self.note(owner, hash) {
            Ok(())
        } else {
            Err(RegisterError::NoRegistry)
        }
    }

    /// Notes that a process has a key with this hash. `false`: the registry has ended.
    fn note(&self, owner: Pid, hash: u64) -> bool {
        let mut shard = self.owners(owner).lock();
        if shard.closed {
            return false;
        }
        let known = shard
            .owners
            .entry(owner)
            .and_modify(|known| known.hashes.add(hash));
        known.or_insert_with(|| Owner {
            serial: self.serials.fetch_add(1, Relaxed),
            hashes: Hashes::One(hash),
        });
        true
    }

    /// Takes a key from its owner. `false`: the process does not have it.
    pub(crate) fn unregister<Q>(&self, key: &Q, owner: Pid) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let taken = {
            let mut shard = self.keys(hash).write();
            let same = |entry: &Entry<K>| {
                entry.hash == hash && entry.owner == owner && entry.key.borrow() == key
            };
            shard
                .entries
                .find_entry(hash, same)
                .ok()
                .map(|found| found.remove().0)
        };
        if taken.is_none() {
            return false;
        }
        let mut shard = self.owners(owner).lock();
        let left = shard
            .owners
            .get_mut(&owner)
            .is_some_and(|known| known.hashes.remove(hash));
        if !left {
            shard.owners.remove(&owner);
        }
        true
    }

    /// The process that has a key.
    #[inline]
    pub(crate) fn lookup<Q>(&self, key: &Q) -> Option<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let shard = self.keys(hash).read();
        let same = |entry: &Entry<K>| entry.hash == hash && entry.key.borrow() == key;
        shard.entries.find(hash, same).map(|entry| entry.owner)
    }

    /// The keys of a process, in the order in which it registered them.
    pub(crate) fn keys_of(&self, owner: Pid) -> Vec<K>
    where
        K: Clone,
    {
        let hashes = {
            let shard = self.owners(owner).lock();
            shard
                .owners
                .get(&owner)
                .map(|known| known.hashes.as_slice().to_vec())
        };
        let mut keys = Vec::new();
        for (place, hash) in hashes.iter().flatten().enumerate() {
            // Two keys with one hash are found together, at the first of the two.
            let before = hashes.iter().flatten().take(place);
            if before.into_iter().any(|earlier| earlier == hash) {
                continue;
            }
            let shard = self.keys(*hash).read();
            let own = shard.entries.iter_hash(*hash);
            let own = own.filter(|entry| entry.hash == *hash && entry.owner == owner);
            keys.extend(own.map(|entry| entry.key.clone()));
        }
        keys
    }
}

impl<K: Send + Sync> ExitHook for Table<K> {
    fn process_ended(&self, process: Pid) {
        let known = self.owners(process).lock().owners.remove(&process);
        for &hash in known.iter().flat_map(|owner| owner.hashes.as_slice()) {
            let key = self.take(hash, process);
            // The scheduler that calls this must not be unwound by a key's drop.
            let _panicked = catch_unwind(AssertUnwindSafe(|| drop(key)));
        }
    }
}

impl Hashes {
    fn as_slice(&self) -> &[u64] {
        match self {
            Hashes::One(hash) => std::slice::from_ref(hash),
            Hashes::Many(hashes) => hashes,
        }
    }

    fn add(&mut self, hash: u64) {
        match self {
            Hashes::One(first) => *self = Hashes::Many(vec![*first, hash]),
            Hashes::Many(hashes) => hashes.push(hash),
        }
    }

    /// Takes one hash out. `false`: none is left.
    fn remove(&mut self, hash: u64) -> bool {
        match self {
            Hashes::One(_) => false,
            Hashes::Many(hashes) => {
                if let Some(place) = hashes.iter().position(|there| *there == hash) {
                    hashes.remove(place);
                }
                !hashes.is_empty()
            }
        }
    }
}

impl<K> fmt::Debug for Table<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("keys", &self.count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
