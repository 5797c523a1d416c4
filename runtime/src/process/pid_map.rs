//! A map from processes to values that is small when it is large.
//!
//! What stands for a process in a table of millions is to cost little more than its pid, and a table
//! that grows must not stop the world for a rehash. Two things make that possible here. Processes of
//! one kind that are started one after the other lie next to each other, so their slots' numbers are
//! mostly dense; and a slot's number is a perfect hash.
//!
//! ```text
//! blocks   slot / 64 ─▶ [ which of the 64 are here: one word | their positions, packed ]
//!                                                                   │
//! entries  [ pid, value │ pid, value │ … ]  in pieces of 1024  ◀────┘
//! ```
//!
//! A dense block costs its entries' positions, four bytes each, and a bit more than one byte each for
//! itself. Only the small table of blocks is ever rehashed, a sixty-fourth of the whole; entries lie
//! in pieces that are never moved.
//!
//! The order is that of insertion, except that the last entry takes the place of one that is removed.
//! It does not depend on where processes lie in memory, so that a simulation can be repeated.
//!
//! # Invariants
//!
//! - R-PIDMAP-1  An entry is found by exactly one position: in its slot's block, or in `namesakes` if
//!   an entry of another generation of its slot was there first.
//! - R-PIDMAP-2  All pieces but the last are full, and the last is not empty.

use std::collections::{HashMap, hash_map};
use std::{fmt, vec};

use super::pid::{AsPid, Pid};
use crate::cell::LocalPid;

/// How many entries lie in a piece.
const PIECE: usize = 1024;
/// How many slots a block is for: the bits of a word.
const BLOCK: u32 = 64;
/// How many positions a block makes room for at a time.
const ROOM: usize = 8;

/// A map from the processes of this program to values: a dozen bytes for each beside the value, if
/// they are many and of one kind, and no pause when it grows.
///
/// It is what a supervisor of a million children keeps them in, and what suits any process that has
/// to do with very many others. It does not notice when a process ends.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::PidMap;
///
/// let sleeper = spawn(async |mut inbox: Inbox<()>| { inbox.receive().await; });
/// let mut rooms = PidMap::new();
/// assert_eq!(rooms.insert(sleeper, 7), None);
/// assert_eq!(rooms.get(sleeper), Some(&7));
/// assert_eq!(rooms.remove(sleeper), Some(7));
/// assert!(rooms.is_empty());
/// # });
/// ```
#[derive(Clone)]
pub struct PidMap<V> {
    pieces: Vec<Vec<Entry<V>>>,
    blocks: HashMap<u32, Block, foldhash::fast::FixedState>,
    /// The positions of entries whose slot's place in its block is taken by another generation's.
    namesakes: HashMap<LocalPid, u32, foldhash::fast::FixedState>,
}

/// A process and its value. The pid lies in two halves, so that it does not ask for alignment.
#[derive(Clone)]
struct Entry<V> {
    slot: u32,
    generation: u32,
    value: V,
}

/// The positions of those entries whose slots are in one range of 64.
#[derive(Clone, Default)]
struct Block {
    /// One bit for each slot that has a position here.
    taken: u64,
    /// The positions, in the order of the bits.
    positions: Vec<u32>,
}

impl<V> Entry<V> {
    fn local(&self) -> LocalPid {
        LocalPid::from_bits(u64::from(self.generation) << 32 | u64::from(self.slot))
    }
}

/// A pid's slot and generation.
fn halves(local: LocalPid) -> (u32, u32) {
    let bits = local.to_bits();
    (bits as u32, (bits >> 32) as u32)
}

impl Block {
    /// The bit of a slot, and how many of those that are taken come before it.
    fn place(&self, slot: u32) -> (u64, usize) {
        let bit = 1 << (slot % BLOCK);
        (bit, (self.taken & (bit - 1)).count_ones() as usize)
    }

    fn get(&self, slot: u32) -> Option<u32> {
        let (bit, index) = self.place(slot);
        (self.taken & bit != 0).then(|| self.positions[index])
    }

    fn set(&mut self, slot: u32, position: u32) {
        let (bit, index) = self.place(slot);
        if self.taken & bit != 0 {
            self.positions[index] = position;
            return;
        }
        if self.positions.len() == self.positions.capacity() {
            self.positions.reserve_exact(ROOM);
        }
        self.taken |= bit;
        self.positions.insert(index, position);
    }

    fn remove(&mut self, slot: u32) {
        let (bit, index) = self.place(slot);
        if self.taken & bit != 0 {
            self.taken &= !bit;
            self.positions.remove(index);
        }
    }
}

impl<V> Default for PidMap<V> {
    fn default() -> PidMap<V> {
        PidMap::new()
    }
}

impl<V> PidMap<V> {
    /// A map without entries. It takes no memory yet.
    pub fn new() -> PidMap<V> {
        PidMap {
            pieces: Vec::new(),
            blocks: HashMap::default(),
            namesakes: HashMap::default(),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match self.pieces.split_last() {
            Some((last, full)) => full.len() * PIECE + last.len(),
            None => 0,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Puts a value in, and gives the one that the process had before.
    pub fn insert(&mut self, process: impl AsPid, value: V) -> Option<V> {
        self.insert_local(process.as_pid().local(), value)
    }

    /// The value of a process.
    pub fn get(&self, process: impl AsPid) -> Option<&V> {
        let position = self.position(process.as_pid().local())?;
        Some(&self.entry(position).value)
    }

    /// The value of a process, to be changed.
    pub fn get_mut(&mut self, process: impl AsPid) -> Option<&mut V> {
        let position = self.position(process.as_pid().local())?;
        Some(&mut self.entry_mut(position).value)
    }

    /// Whether the process has a value.
    pub fn contains(&self, process: impl AsPid) -> bool {
        self.contains_local(process.as_pid().local())
    }

    /// Takes the value of a process out. The last entry comes to its place.
    pub fn remove(&mut self, process: impl AsPid) -> Option<V> {
        self.remove_local(process.as_pid().local())
    }

    /// The entries: in the order in which they came, except that the last one took the place of each
    /// that was removed.
    pub fn iter(&self) -> impl Iterator<Item = (Pid, &V)> {
        let entries = self.pieces.iter().flatten();
        entries.map(|entry| (Pid::of(entry.local()), &entry.value))
    }

    pub(crate) fn insert_local(&mut self, local: LocalPid, value: V) -> Option<V> {
        if let Some(position) = self.position(local) {
            let there = &mut self.entry_mut(position).value;
            return Some(std::mem::replace(there, value));
        }
        let position = self.len() as u32;
        let (slot, generation) = halves(local);
        let block = self.blocks.entry(slot / BLOCK).or_default();
        if block.get(slot).is_none() {
            block.set(slot, position);
        } else {
            self.namesakes.insert(local, position);
        }
        let entry = Entry {
            slot,
            generation,
            value,
        };
        match self.pieces.last_mut() {
            Some(last) if last.len() < PIECE => last.push(entry),
            Some(_) => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(entry);
                self.pieces.push(piece);
            }
            // A small map grows as a `Vec` does.
            None => self.pieces.push(vec![entry]),
        }
        None
    }

    pub(crate) fn contains_local(&self, local: LocalPid) -> bool {
        self.position(local).is_some()
    }

    pub(crate) fn remove_local(&mut self, local: LocalPid) -> Option<V> {
        let position = self.position(local)?;
        self.forget_position(local);
        let last_piece = self.pieces.last_mut()?;
        let mut entry = last_piece.pop()?;
        if last_piece.is_empty() {
            self.pieces.pop();
        }
        if entry.local() != local {
            let moved = entry.local();
            entry = std::mem::replace(self.entry_mut(position), entry);
            self.set_position(moved, position);
        }
        Some(entry.value)
    }

    /// Where the entry of this pid lies.
    fn position(&self, local: LocalPid) -> Option<u32> {
        let (slot, generation) = halves(local);
        let block = self.blocks.get(&(slot / BLOCK));
        if let Some(position) = block.and_then(|block| block.get(slot))
            && self.entry(position).generation == generation
        {
            return Some(position);
        }
        self.namesakes.get(&local).copied()
    }

    /// Notes where an entry lies that is there already.
    fn set_position(&mut self, local: LocalPid, position: u32) {
        if let Some(there) = self.namesakes.get_mut(&local) {
            *there = position;
            return;
        }
        let (slot, _) = halves(local);
        if let Some(block) = self.blocks.get_mut(&(slot / BLOCK)) {
            block.set(slot, position);
        }
    }

    /// The entry of this pid is about to go.
    fn forget_position(&mut self, local: LocalPid) {
        if self.namesakes.remove(&local).is_some() {
            return;
        }
        let (slot, _) = halves(local);
        if let hash_map::Entry::Occupied(mut block) = self.blocks.entry(slot / BLOCK) {
            block.get_mut().remove(slot);
            if block.get().taken == 0 {
                block.remove();
            }
        }
    }

    fn entry(&self, position: u32) -> &Entry<V> {
        let position = position as usize;
        &self.pieces[position / PIECE][position % PIECE]
    }

    fn entry_mut(&mut self, position: u32) -> &mut Entry<V> {
        let position = position as usize;
        &mut self.pieces[position / PIECE][position % PIECE]
    }

    /// Gives spare memory back.
    pub(crate) fn shrink(&mut self) {
        if let Some(last) = self.pieces.last_mut() {
            last.shrink_to_fit();
        }
        self.pieces.shrink_to_fit();
        self.blocks.shrink_to_fit();
        self.namesakes.shrink_to_fit();
    }
}

/// The entries of a map, which is taken apart on the way: dropping what is left of it costs no more
/// than the entries that were not taken.
pub struct IntoIter<V> {
    pieces: vec::IntoIter<Vec<Entry<V>>>,
    piece: vec::IntoIter<Entry<V>>,
    /// A block goes with each entry, so that there is not much left to drop at the end.
    blocks: hash_map::IntoIter<u32, Block>,
}

impl<V> IntoIterator for PidMap<V> {
    type Item = (Pid, V);
    type IntoIter = IntoIter<V>;

    fn into_iter(self) -> IntoIter<V> {
        IntoIter {
            pieces: self.pieces.into_iter(),
            piece: Vec::new().into_iter(),
            blocks: self.blocks.into_iter(),
        }
    }
}

impl<V> Iterator for IntoIter<V> {
    type Item = (Pid, V);

    fn next(&mut self) -> Option<(Pid, V)> {
        drop(self.blocks.next());
        loop {
            if let Some(entry) = self.piece.next() {
                return Some((Pid::of(entry.local()), entry.value));
            }
            self.piece = self.pieces.next()?.into_iter();
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for PidMap<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V> fmt::Debug for IntoIter<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "pid_map_tests.rs"]
mod tests;
