//! A table in parts, each behind a lock of its own.

use crossbeam_utils::CachePadded;

/// Shards for each processor: with eight, two threads seldom meet in one.
const SHARDS_PER_PROCESSOR: usize = 8;
/// The most shards: beyond it an empty table would be large and nothing is gained.
const SHARDS_MAX: usize = 256;

/// Parts of a table, chosen by hash. Their number is a power of two.
#[derive(Debug)]
pub(crate) struct Shards<T>(Box<[CachePadded<T>]>);

impl<T: Default> Shards<T> {
    pub(crate) fn new() -> Shards<T> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let count = (processors * SHARDS_PER_PROCESSOR)
            .next_power_of_two()
            .min(SHARDS_MAX);
        Shards(
            std::iter::repeat_with(CachePadded::default)
                .take(count)
                .collect(),
        )
    }
}

impl<T> Shards<T> {
    /// The part that something with this hash is in.
    pub(crate) fn of(&self, hash: u64) -> &T {
        // The lower bits choose the place within the part, and seven at the top are what a hash table
        // compares first: those below are still free.
        &self.0[(hash >> 40) as usize & (self.0.len() - 1)]
    }

    /// All parts, always in the same order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|shard| &**shard)
    }
}
