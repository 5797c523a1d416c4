//! Timers beyond the reach of the wheel: those of more than 49 days.
//!
//! There are few of them, so a tree does: `O(log n)`, exact deadlines, and no bytes taken from the
//! entries on the wheel for the upper half of a deadline.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use slab::Slab;

use super::node_of;
use crate::time::tick::Tick;

/// Pending entries whose deadlines were far when they were inserted.
pub(super) struct Far<T> {
    /// The entries; their indices are what keys hold.
    entries: Slab<FarEntry<T>>,
    /// Deadline and number of each entry, in the order in which they fire, to its index.
    order: BTreeMap<(u64, u64), u32>,
    /// The number of the next entry.
    next_number: u64,
}

/// An entry in [`Far`].
struct FarEntry<T> {
    generation: NonZeroU32,
    /// The whole deadline.
    at: u64,
    /// Tells entries of the same deadline apart, in the order of insertion.
    number: u64,
    payload: T,
}

impl<T> Far<T> {
    pub(super) fn new() -> Far<T> {
        Far {
            entries: Slab::new(),
            order: BTreeMap::new(),
            next_number: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the deadline of the entry that [`take_first`](Far::take_first) takes.
    pub(super) fn first_deadline(&self) -> Option<u64> {
        self.order.first_key_value().map(|(&(at, _), _)| at)
    }

    /// Adds an entry behind all of the same deadline and returns its index.
    pub(super) fn insert(&mut self, at: u64, generation: NonZeroU32, payload: T) -> u32 {
        let number = self.next_number;
        self.next_number += 1;
        let index = node_of(self.entries.insert(FarEntry {
            generation,
            at,
            number,
            payload,
        }));
        self.order.insert((at, number), index);
        index
    }

    /// Returns the deadline and payload of an entry, unless `generation` says it was another.
    pub(super) fn get(&self, index: u32, generation: NonZeroU32) -> Option<(Tick, &T)> {
        let entry = self.entries.get(index as usize)?;
        (entry.generation == generation).then_some((Tick(entry.at), &entry.payload))
    }

    /// Removes an entry, unless `generation` says it was another.
    pub(super) fn cancel(&mut self, index: u32, generation: NonZeroU32) -> Option<(Tick, T)> {
        let entry = self.entries.get(index as usize)?;
        if entry.generation != generation {
            return None;
        }
        self.order.remove(&(entry.at, entry.number));
        let entry = self.entries.remove(index as usize);
        Some((Tick(entry.at), entry.payload))
    }

    /// Removes the earliest entry; there must be one.
    pub(super) fn take_first(&mut self) -> (Tick, T) {
        let (_, index) = self
            .order
            .pop_first()
            .expect("the first far entry was seen to be due");
        let entry = self.entries.remove(index as usize);
        (Tick(entry.at), entry.payload)
    }
}
