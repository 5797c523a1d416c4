//! Going through a table without stopping it: a piece is cloned under a partition's lock, and handed
//! out when the lock is gone.
//!
//! What stays in the table the whole time is seen exactly once: holders keep their places, and a
//! piece begins after the last place of the one before. What comes or goes meanwhile is seen or not.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::vec;

use regrow_runtime::biased_lock::BiasedRwLock;
use regrow_runtime::process::Pid;

use super::Table;
use super::partition::Partition;
use crate::books::Books;
use crate::kind::{Holders, Keys, Place};

/// Holders that are picked under one lock.
const PIECE: usize = 1024;

impl<K: Eq + Hash, V: Send + Sync + 'static, M: Keys> Table<K, V, M> {
    /// How many partitions may have holders of a key.
    pub(crate) fn spread(&self) -> usize {
        self.partitions_of(0).len()
    }

    /// Calls `see` with what `pick` makes of the holders of a key, piece by piece, each piece of one
    /// partition, which may be emptied. `pick` is called under the lock, and so is none of a user's
    /// closures.
    pub(crate) fn each_piece_of<Q, R>(
        &self,
        key: &Q,
        pick: impl Fn(Pid, &V) -> R,
        mut see: impl FnMut(&mut Vec<R>),
    ) where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        for number in 0..self.spread() {
            self.piece_by_piece(number, key, &pick, &mut see);
        }
    }

    fn piece_by_piece<Q, R>(
        &self,
        number: usize,
        key: &Q,
        pick: &impl Fn(Pid, &V) -> R,
        see: &mut impl FnMut(&mut Vec<R>),
    ) where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let Some(partition) = self.partitions_of(hash).get(number) else {
            return;
        };
        let (mut piece, mut last) = (Vec::new(), None);
        while !self.is_closed() {
            piece.clear();
            last = next_piece(partition, hash, key, last, pick, &mut piece);
            if !piece.is_empty() {
                see(&mut piece);
            }
            if last.is_none() {
                return;
            }
        }
    }
}

impl<K: Eq + Hash, V: Clone + Send + Sync + 'static, M: Keys> Table<K, V, M> {
    /// Calls `see` with the holders of a key, piece by piece, each piece of one partition.
    pub(crate) fn each_piece<Q>(&self, key: &Q, mut see: impl FnMut(&[(Pid, V)]))
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.each_piece_of(key, entry, |piece| see(piece));
    }

    /// As [`each_piece`](Table::each_piece), of one of the partitions that may have holders.
    pub(crate) fn each_piece_in<Q>(&self, number: usize, key: &Q, mut see: impl FnMut(&[(Pid, V)]))
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.piece_by_piece(number, key, &entry, &mut |piece| see(piece));
    }

    /// All holders of a key.
    pub(crate) fn entries<Q>(&self, key: &Q) -> Vec<(Pid, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut all = Vec::new();
        self.each_piece_of(key, entry, |piece| all.append(piece));
        all
    }
}

/// A holder with its value.
fn entry<V: Clone>(holder: Pid, value: &V) -> (Pid, V) {
    (holder, value.clone())
}

/// Picks the next holders of a key. Returns the place of the last, if there may be more.
fn next_piece<K, V, M, Q, R>(
    partition: &BiasedRwLock<Partition<K, V, M>>,
    hash: u64,
    key: &Q,
    after: Option<Place>,
    pick: &impl Fn(Pid, &V) -> R,
    piece: &mut Vec<R>,
) -> Option<Place>
where
    K: Borrow<Q> + Eq,
    V: Send + Sync + 'static,
    M: Keys,
    Q: Eq + ?Sized,
{
    let partition = partition.read();
    let topic = partition.find(hash, key)?;
    let mut last = None;
    for (place, value) in topic.holders.after(after).take(PIECE) {
        piece.push(pick(place.0, value));
        last = Some(place);
    }
    if piece.len() < PIECE { None } else { last }
}

/// All entries of a registry, one after the other; see
/// [`iter`](crate::RegistryClient#method.iter).
///
/// Entries that are there the whole time are given exactly once; those that come or go meanwhile are
/// given or not. Nothing is locked between two entries.
#[must_use = "an iterator does nothing until it is asked"]
pub struct Entries<K, V: Send + Sync + 'static, M: Keys> {
    books: Option<Arc<Books<K, V, M>>>,
    /// The partition whose keys come next.
    next: usize,
    /// Keys of the partition before it that are still to come.
    keys: vec::IntoIter<K>,
    /// The key that is at hand, and the last of its places that is in `holders`.
    at: Option<(K, Option<Place>)>,
    holders: vec::IntoIter<(Pid, V)>,
}

impl<K, V: Send + Sync + 'static, M: Keys> Entries<K, V, M> {
    pub(crate) fn of(books: Option<Arc<Books<K, V, M>>>) -> Entries<K, V, M> {
        Entries {
            books,
            next: 0,
            keys: Vec::new().into_iter(),
            at: None,
            holders: Vec::new().into_iter(),
        }
    }
}

impl<K, V, M> Entries<K, V, M>
where
    K: Clone + Eq + Hash,
    V: Clone + Send + Sync + 'static,
    M: Keys,
{
    /// Gets the next holders, of this key or the next. `None`: that was all.
    fn refill(&mut self) -> Option<()> {
        let table = &self.books.as_ref()?.table;
        if table.is_closed() {
            return None;
        }
        let (key, after) = if let Some((key, Some(last))) = self.at.take() {
            (key, Some(last))
        } else if let Some(key) = self.keys.next() {
            (key, None)
        } else {
            let partition = table.partitions.get(self.next)?;
            self.next += 1;
            let mut keys = Vec::new();
            keys.extend(partition.read().topics().map(|topic| topic.key.clone()));
            self.keys = keys.into_iter();
            return Some(());
        };
        let hash = table.hasher.hash_one(&key);
        let partition = table.partitions.get(self.next - 1)?;
        let mut holders = Vec::new();
        let last = next_piece(partition, hash, &key, after, &entry, &mut holders);
        self.holders = holders.into_iter();
        self.at = Some((key, last));
        Some(())
    }
}

impl<K, V, M> Iterator for Entries<K, V, M>
where
    K: Clone + Eq + Hash,
    V: Clone + Send + Sync + 'static,
    M: Keys,
{
    type Item = (K, Pid, V);

    fn next(&mut self) -> Option<(K, Pid, V)> {
        loop {
            if let Some((pid, value)) = self.holders.next()
                && let Some((key, _)) = &self.at
            {
                return Some((key.clone(), pid, value));
            }
            self.refill()?;
        }
    }
}

impl<K, V: Send + Sync + 'static, M: Keys> fmt::Debug for Entries<K, V, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}
