//! Entries that others make: whoever subscribes a process to a topic need not be that process.
//!
//! Here R-REG-1 does not hold: a process may end while others change what it has. So the two places
//! that a change touches are changed under one lock, that of the partition, and a process is noted
//! while it is known to live:
//!
//! ```text
//!   partition locked ─▶ owner's shard locked, alive?, noted ─▶ entry put ─▶ unlocked
//!                          end: note found ─▶ waits for the partition ─▶ entry found
//! ```
//!
//! Were an entry taken out first and its note later, the end could find the old note, somebody make
//! a new entry in between, and the note of that be taken away instead: it would stay for ever.
//!
//! These are the only places where two locks are held, always in this order.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use regrow_runtime::process::Pid;

use super::Table;
use super::partition::Removed;
use crate::admission::Refused;
use crate::kind::{Duplicate, Holders};

impl<K: Eq + Hash, V: Send + Sync + 'static> Table<K, V, Duplicate> {
    /// Registers a process, which need not be the one that runs and may be ending.
    ///
    /// # Errors
    ///
    /// The process has ended, or the table is closed.
    pub(crate) fn register_other(&self, key: K, value: V, owner: Pid) -> Result<(), Refused> {
        let hash = self.hasher.hash_one(&key);
        let mut partition = self.partition(hash, owner).write();
        let noted = if self.is_closed() {
            Err(Refused::Closed)
        } else {
            self.owners.add_living(owner, hash)
        };
        let spare = match noted {
            Ok(()) => partition.put(hash, key, value, owner),
            Err(_) => Err((key, value, owner)),
        };
        drop(partition);
        // A key that many may have refuses nobody: this is a key that is there already, or what was
        // not put in.
        drop(spare);
        noted
    }

    /// Takes a key from a process, as often as it has it, and returns how often that was. The process
    /// need not be the one that runs.
    pub(crate) fn unregister_other<Q>(&self, key: &Q, owner: Pid) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let mut partition = self.partition(hash, owner).write();
        let removed = partition.remove(hash, key, owner);
        let count = removed.as_ref().map_or(0, Removed::count);
        self.owners.remove(owner, hash, count);
        drop(partition);
        drop(removed);
        count
    }

    /// How many entries a key has.
    pub(crate) fn count_of<Q>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let partitions = self.partitions_of(hash).iter();
        partitions
            .map(|partition| {
                let partition = partition.read();
                let topic = partition.find(hash, key);
                topic.map_or(0, |topic| topic.holders.count())
            })
            .sum()
    }
}
