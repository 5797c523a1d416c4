//! One partition of a table: keys, and those who have them.

use std::borrow::Borrow;

use hashbrown::hash_table::{self, HashTable};
use regrow_runtime::process::Pid;

use crate::kind::{Holders, Keys, Place, Sole};

/// Some of the keys of a registry.
pub(crate) struct Partition<K, V: Send + Sync + 'static, M: Keys> {
    topics: HashTable<Topic<K, M::Holders<V>>>,
    /// Holders of all keys together.
    entries: usize,
}

/// A key, and those who have it.
pub(crate) struct Topic<K, H> {
    hash: u64,
    pub(crate) key: K,
    pub(crate) holders: H,
}

// A table of a million names is mostly these.
const _: () = assert!(size_of::<Topic<String, Sole<()>>>() == 40);

impl<K, H> Topic<K, H> {
    /// The key, and how many entries it has.
    pub(super) fn size<V: Send + Sync + 'static>(&self) -> (&K, usize)
    where
        H: Holders<V>,
    {
        (&self.key, self.holders.count())
    }
}

/// What was in a partition, one after the other.
pub(crate) struct Parts<K, V: Send + Sync + 'static, M: Keys> {
    topics: hash_table::IntoIter<Topic<K, M::Holders<V>>>,
    /// Those of the key that came last.
    values: Option<<M::Holders<V> as Holders<V>>::Values>,
}

/// One thing out of a partition.
pub(crate) enum Part<K, V> {
    Key(K),
    Value(V),
}

impl<K, V: Send + Sync + 'static, M: Keys> Iterator for Parts<K, V, M> {
    type Item = Part<K, V>;

    fn next(&mut self) -> Option<Part<K, V>> {
        if let Some(value) = self.values.as_mut().and_then(Iterator::next) {
            return Some(Part::Value(value));
        }
        let topic = self.topics.next()?;
        self.values = Some(topic.holders.into_values());
        Some(Part::Key(topic.key))
    }
}

/// What was taken out of a partition, to be dropped when that is locked no longer.
pub(super) enum Removed<K, V, H> {
    /// A key: nobody is left who has it.
    Topic(Topic<K, H>, usize),
    /// What one of several had.
    Values(Vec<V>),
}

impl<K, V, H> Removed<K, V, H> {
    /// How many entries it was.
    pub(super) fn count(&self) -> usize {
        match self {
            Removed::Topic(_, count) => *count,
            Removed::Values(values) => values.len(),
        }
    }
}

impl<K, V: Send + Sync + 'static, M: Keys> Default for Partition<K, V, M> {
    fn default() -> Partition<K, V, M> {
        Partition {
            topics: HashTable::new(),
            entries: 0,
        }
    }
}

impl<K, V: Send + Sync + 'static, M: Keys> Partition<K, V, M> {
    pub(super) fn entries(&self) -> usize {
        self.entries
    }

    /// All keys.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &Topic<K, M::Holders<V>>> {
        self.topics.iter()
    }

    /// Everything in it, to be dropped one after the other.
    pub(crate) fn into_parts(self) -> Parts<K, V, M> {
        Parts {
            topics: self.topics.into_iter(),
            values: None,
        }
    }

    /// The keys with this hash: one, but for an accident.
    pub(super) fn topics_of(&self, hash: u64) -> impl Iterator<Item = &Topic<K, M::Holders<V>>> {
        let topics = self.topics.iter_hash(hash);
        topics.filter(move |topic| topic.hash == hash)
    }

    /// Takes out so many of the entries that a process has under one of the keys with this hash.
    /// `None`: it has none.
    pub(super) fn remove_any(
        &mut self,
        hash: u64,
        owner: Pid,
        at_most: usize,
    ) -> Option<Removed<K, V, M::Holders<V>>> {
        self.remove_where(hash, owner, at_most, |_| true)
    }

    /// Whether a process has one of the keys with this hash. It could have two of them, by accident.
    pub(super) fn has_any(&self, hash: u64, owner: Pid) -> bool {
        self.topics_of(hash)
            .any(|topic| topic.holders.of(owner).next().is_some())
    }

    fn remove_where(
        &mut self,
        hash: u64,
        owner: Pid,
        at_most: usize,
        is_meant: impl Fn(&K) -> bool,
    ) -> Option<Removed<K, V, M::Holders<V>>> {
        let is_meant = |topic: &Topic<K, M::Holders<V>>| {
            topic.hash == hash && topic.holders.of(owner).next().is_some() && is_meant(&topic.key)
        };
        let mut topic = self.topics.find_entry(hash, is_meant).ok()?;
        let holders = &mut topic.get_mut().holders;
        let all = holders.count();
        let own = holders.of(owner).take(at_most);
        let places: Vec<Place> = own.map(|(place, _)| place).collect();
        self.entries -= places.len();
        Some(if places.len() == all {
            Removed::Topic(topic.remove().0, all)
        } else {
            Removed::Values(holders.take(&places))
        })
    }
}

impl<K: Eq, V: Send + Sync + 'static, M: Keys> Partition<K, V, M> {
    /// Finds a key.
    #[inline]
    pub(super) fn find<Q>(&self, hash: u64, key: &Q) -> Option<&Topic<K, M::Holders<V>>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let same = |topic: &Topic<K, _>| topic.hash == hash && topic.key.borrow() == key;
        self.topics.find(hash, same)
    }

    /// Finds a key.
    pub(super) fn find_mut<Q>(&mut self, hash: u64, key: &Q) -> Option<&mut Topic<K, M::Holders<V>>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let same = |topic: &Topic<K, _>| topic.hash == hash && topic.key.borrow() == key;
        self.topics.find_mut(hash, same)
    }

    /// Adds an entry. Gives the key back if it is there already, to be dropped elsewhere.
    ///
    /// # Errors
    ///
    /// Key and value, and who has the key alone.
    pub(super) fn put(
        &mut self,
        hash: u64,
        key: K,
        value: V,
        owner: Pid,
    ) -> Result<Option<K>, (K, V, Pid)> {
        if let Some(topic) = self.find_mut(hash, &key) {
            return match topic.holders.add(owner, value) {
                Ok(()) => {
                    self.entries += 1;
                    Ok(Some(key))
                }
                Err((value, holder)) => Err((key, value, holder)),
            };
        }
        let holders = M::Holders::one(owner, value);
        let topic = Topic { hash, key, holders };
        self.topics.insert_unique(hash, topic, |topic| topic.hash);
        self.entries += 1;
        Ok(None)
    }

    /// Takes out everything that a process has under a key.
    pub(super) fn remove<Q>(
        &mut self,
        hash: u64,
        key: &Q,
        owner: Pid,
    ) -> Option<Removed<K, V, M::Holders<V>>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        self.remove_where(hash, owner, usize::MAX, |known| known.borrow() == key)
    }

    /// Takes some of a key's holders out, not all.
    pub(super) fn take<Q>(&mut self, hash: u64, key: &Q, places: &[Place]) -> Vec<V>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let Some(topic) = self.find_mut(hash, key) else {
            return Vec::new();
        };
        let taken = topic.holders.take(places);
        self.entries -= taken.len();
        taken
    }
}
