//! A table in parts, each behind a lock of its own and on cache lines of its own.
//!
//! The more parts, the seldomer two threads meet in one; the fewer, the less an empty table takes,
//! and the sooner all parts are gone through.

use crossbeam_utils::CachePadded;

/// Parts for each processor: with eight, two threads seldom meet in one.
const PER_PROCESSOR: usize = 8;
/// The most that are made unasked: beyond it an empty table would be large and nothing is gained.
const MOST: usize = 256;

/// The processors of this machine.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// As many parts as suit this machine.
pub(crate) fn fitting() -> usize {
    (processors() * PER_PROCESSOR).min(MOST)
}

/// Parts of a table, chosen by hash. There is at least one.
#[derive(Debug)]
pub(crate) struct Shards<T>(Box<[CachePadded<T>]>);

impl<T: Default> Shards<T> {
    /// So many parts.
    pub(crate) fn new(count: usize) -> Shards<T> {
        let parts = std::iter::repeat_with(CachePadded::default);
        Shards(parts.take(count).collect())
    }
}

impl<T> Shards<T> {
    /// The part that something with this hash is in.
    #[inline]
    pub(crate) fn of(&self, hash: u64) -> &T {
        &self.0[self.number_of(hash)]
    }

    /// The same, alone.
    pub(crate) fn only(&self, hash: u64) -> &[CachePadded<T>] {
        std::slice::from_ref(&self.0[self.number_of(hash)])
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[CachePadded<T>] {
        &self.0
    }

    /// All of them, always in the same order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|part| &**part)
    }

    /// One of them, if there are so many.
    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        self.0.get(number).map(|part| &**part)
    }

    /// Seven bits of a hash at the top and some at the bottom are what a hash table goes by: those
    /// between are still free.
    #[inline]
    fn number_of(&self, hash: u64) -> usize {
        let free = u64::from((hash >> 24) as u32);
        ((free * self.0.len() as u64) >> 32) as usize
    }
}
