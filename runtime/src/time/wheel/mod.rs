//! The timing wheel: which timers are due, at a cost that does not depend on how many wait.
//!
//! A hierarchical timing wheel after Varghese and Lauck (*Hashed and hierarchical timing wheels*,
//! SOSP 1987): four levels of 256 slots, one tick per slot on the lowest level and 256 times as
//! many on each next one. Starting and cancelling a timer is a list operation; a timer moves down
//! at most three times before it fires.
//!
//! ```text
//!   level     a slot spans          the level reaches
//!     0           1 ms              to the end of this   256 ms
//!     1         256 ms              to the end of this  65.5 s
//!     2        65.5 s               to the end of this   4.7 h
//!     3         4.7 h               255 slots ahead, 49.5 days or more
//!    far    ordered by deadline     any u64
//! ```
//!
//! Entries live in a slab. A slot is the head of a circular, doubly linked list through them, by
//! `u32` index, so that an entry costs 16 bytes beside its payload and the slab adds none. A bit
//! per slot says whether its list is empty: time passes from one occupied slot to the next, and a
//! jump over years costs what it finds on its way.
//!
//! # Position
//!
//! The wheel stands at a tick, its *position*: nothing pending lies before it, and it follows the
//! `now` of [`Wheel::advance`] as far as the work on the way allows. Where an entry belongs
//! depends on the position alone: on level *l* < 3 if its deadline and the position differ in the
//! *l*-th byte but in none above it, else on level 3 if less than 256 of its slots away. So
//!
//! - the lowest occupied level holds the earliest entry, in the first occupied slot from the
//!   position onwards;
//! - an entry's deadline can be told from its lowest 32 bits and the position.
//!
//! When the position enters an occupied slot of a level above 0, the slot is *cascaded*: its
//! entries are moved to lower levels, from first to last, before anything else happens.
//!
//! # Order
//!
//! Entries fire in the order of their deadlines, and those with equal deadlines in the order in
//! which they were inserted. The second needs an argument, because equal deadlines can be found on
//! different levels when they were inserted at different times:
//!
//! - Two entries of the same deadline are in the same slot, at any position. The one inserted later
//!   was appended behind the other, and cascading keeps the order of a list.
//! - While a slot is half cascaded, an entry that belongs below is appended to the slot itself,
//!   behind those that wait to be moved.
//! - Far entries stay where they are and fire from there. Which deadlines are far only ever
//!   shrinks from below as the position grows, so an entry that was put there is older than any of
//!   the same deadline on the wheel, and fires first.
//!
//! # Not here
//!
//! What a tick is and how deadlines are rounded: [`tick`](super::tick). Locks, clocks, and what
//! firing means: the payload and the callback are the caller's.

use std::fmt;
use std::num::NonZeroU32;

use slab::Slab;

use self::far::Far;
use self::occupancy::Occupancy;
use super::tick::Tick;

mod far;
mod occupancy;

/// Levels of the wheel.
const LEVELS: usize = 4;

/// Slots on each level: one per value of a byte of the deadline.
const SLOTS: usize = 256;

/// Set in a node's number: it is the head of a slot's list and not an entry.
const HEAD: u32 = 1 << 31;

/// Set in a key's index: the entry is a far one.
const FAR: u32 = 1 << 31;

/// What firing an entry takes out of the budget of an [`Wheel::advance`], where moving one to
/// another list takes 1. Firing wakes a process: a handful of cache misses against one.
const FIRE_COST: usize = 8;

/// Names one timer. Once it has fired or was cancelled, its key finds nothing.
///
/// The generation counts the insertions into the wheel and starts again after 2^32 - 1 of them; a
/// stale key finds another timer only if that one took the same place at the very insertion at
/// which the count came back to the key's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct TimerKey {
    /// Where the entry is: the slab's index, and [`FAR`] to say which slab.
    index: u32,
    /// Which of the entries that have been there.
    generation: NonZeroU32,
}

/// Whether an [`Wheel::advance`] got to the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub(crate) enum Advance {
    /// Everything that was due has fired.
    Done,
    /// The limit was reached with work left that is due: call again before sleeping.
    More,
}

/// Pending timers, by deadline.
pub(crate) struct Wheel<T> {
    /// Nothing pending is earlier; see the module's head.
    position: u64,
    /// The entries on the wheel.
    entries: Slab<Entry<T>>,
    /// The list heads of all slots, level by level.
    heads: Box<[Links]>,
    /// Which of these lists are not empty.
    occupied: [Occupancy; LEVELS],
    /// The slot that is being cascaded, if one is; its list is not empty.
    cascading: Option<usize>,
    /// The entries beyond the wheel's reach when they were inserted.
    far: Far<T>,
    /// The generation given to the latest entry.
    generation: NonZeroU32,
}

/// An entry on the wheel.
struct Entry<T> {
    /// Also what the slab stores its own state in: this is never zero.
    generation: NonZeroU32,
    /// The lowest 32 bits of the deadline.
    when: u32,
    /// Its neighbours in the list of its slot.
    links: Links,
    payload: T,
}

/// A node of a circular list: indices of entries, or with [`HEAD`] set, of slots.
#[derive(Clone, Copy)]
struct Links {
    prev: u32,
    next: u32,
}

/// What is to be done next.
enum Work {
    /// Move the first entry of this slot to a lower level.
    Cascade { slot: usize },
    /// Fire the first far entry.
    FireFar,
    /// Fire the first entry of this slot.
    Fire { slot: usize },
}

impl<T> Wheel<T> {
    /// Creates an empty wheel that stands at `now`.
    pub(crate) fn new(now: Tick) -> Wheel<T> {
        let heads = (0..LEVELS * SLOTS)
            .map(|slot| Links::alone(head_of(slot)))
            .collect();
        Wheel {
            position: now.0,
            entries: Slab::new(),
            heads,
            occupied: [Occupancy::default(); LEVELS],
            cascading: None,
            far: Far::new(),
            generation: NonZeroU32::MIN,
        }
    }

    /// Returns the number of pending timers.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() + self.far.len()
    }

    /// Adds a timer that fires at `at`, or with the next [`advance`](Wheel::advance) if that has
    /// passed.
    ///
    /// A deadline before the wheel's position is moved up to it, behind what is due there. That is
    /// the deadline the timer has from then on.
    pub(crate) fn insert(&mut self, at: Tick, payload: T) -> TimerKey {
        let at = at.0.max(self.position);
        self.generation = self.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        let generation = self.generation;
        let Some(slot) = self.slot_for_new(at) else {
            let index = self.far.insert(at, generation, payload) | FAR;
            return TimerKey { index, generation };
        };
        let index = node_of(self.entries.vacant_key());
        let links = Links::alone(index);
        self.entries.insert(Entry {
            generation,
            when: low_half(at),
            links,
            payload,
        });
        self.link(index, slot);
        TimerKey { index, generation }
    }

    /// Removes the timer named by `key` and returns its deadline and payload; `None` if it has
    /// fired or was cancelled.
    pub(crate) fn cancel(&mut self, key: TimerKey) -> Option<(Tick, T)> {
        if key.index & FAR != 0 {
            return self.far.cancel(key.index ^ FAR, key.generation);
        }
        let entry = self.entries.get(key.index as usize)?;
        (entry.generation == key.generation).then(|| self.take(key.index))
    }

    /// Returns the deadline and payload of the timer named by `key`, as long as it is pending.
    pub(crate) fn get(&self, key: TimerKey) -> Option<(Tick, &T)> {
        if key.index & FAR != 0 {
            return self.far.get(key.index ^ FAR, key.generation);
        }
        let entry = self.entries.get(key.index as usize)?;
        (entry.generation == key.generation)
            .then(|| (Tick(self.deadline_of(entry)), &entry.payload))
    }

    /// Returns a tick not later than the earliest deadline, or `None` if no timer is pending.
    ///
    /// It is exact for a deadline that is far or on the lowest level. For others it is the tick at
    /// which their slot is cascaded, which is after the position: whoever sleeps until then and
    /// advances finds a closer one, and is woken at most three times too often for one timer. To
    /// be exact would mean to search a list that may be long at every call.
    pub(crate) fn next_deadline(&self) -> Option<Tick> {
        self.next_work().map(|(due, _)| Tick(due))
    }

    /// Lets time pass until `now`, and calls `fire` with the deadline and payload of every timer
    /// that this makes due: in the order of the deadlines, equal ones in the order of insertion,
    /// never early.
    ///
    /// At most `limit` timers fire in one call, fewer if many have to be moved between levels on
    /// the way, so that no call holds up its caller for long. With a `limit` above zero, repeated
    /// calls come to an end. A `now` before that of an earlier call changes nothing.
    pub(crate) fn advance(
        &mut self,
        now: Tick,
        limit: usize,
        fire: &mut impl FnMut(Tick, T),
    ) -> Advance {
        let mut budget = limit.saturating_mul(FIRE_COST);
        while let Some((due, work)) = self.next_work()
            && due <= now.0
        {
            let cost = if matches!(work, Work::Cascade { .. }) {
                1
            } else {
                FIRE_COST
            };
            let Some(left) = budget.checked_sub(cost) else {
                return Advance::More;
            };
            budget = left;
            self.position = due;
            let (at, payload) = match work {
                Work::Cascade { slot } => {
                    self.cascade_first(slot);
                    continue;
                }
                Work::FireFar => self.far.take_first(),
                Work::Fire { slot } => self.take(self.heads[slot].next),
            };
            fire(at, payload);
        }
        self.position = self.position.max(now.0);
        Advance::Done
    }

    /// Returns what has to be done next, and the tick at which it is due.
    fn next_work(&self) -> Option<(u64, Work)> {
        if let Some(slot) = self.cascading {
            return Some((self.position, Work::Cascade { slot }));
        }
        let near = (0..LEVELS).find_map(|level| {
            let here = self.position >> shift(level);
            let index = self.occupied[level].next_from(byte(here))?;
            let ahead = (index + SLOTS - byte(here)) % SLOTS;
            Some((
                level,
                (here + ahead as u64) << shift(level),
                level * SLOTS + index,
            ))
        });
        let far = self.far.first_deadline();
        match near {
            // A slot that is entered is cascaded before a far entry of the same tick fires: what
            // that entry inserts has to find the wheel in order.
            Some((level, due, slot)) if level > 0 && far.is_none_or(|far| due <= far) => {
                Some((due, Work::Cascade { slot }))
            }
            Some((0, due, slot)) if far.is_none_or(|far| due < far) => {
                Some((due, Work::Fire { slot }))
            }
            _ => far.map(|far| (far, Work::FireFar)),
        }
    }

    /// Moves the first entry of a slot, which the position has entered, to a lower level.
    fn cascade_first(&mut self, slot: usize) {
        debug_assert!(slot >= SLOTS, "the lowest level cannot be cascaded");
        self.cascading = Some(slot);
        let index = self.heads[slot].next;
        // Unlinking the last one ends the cascade.
        self.unlink(index);
        let at = self.deadline_of(&self.entries[index as usize]);
        let lower = self
            .slot_of(at)
            .expect("an entry on the wheel never gets further away");
        debug_assert!(lower / SLOTS < slot / SLOTS, "a cascade goes down");
        self.link(index, lower);
    }

    /// Returns the slot that a new entry belongs to, or `None` if it is far.
    fn slot_for_new(&self, at: u64) -> Option<usize> {
        if let Some(slot) = self.cascading {
            let span = shift(slot / SLOTS);
            if at >> span == self.position >> span {
                return Some(slot);
            }
        }
        self.slot_of(at)
    }

    /// Returns the slot in which a deadline belongs by the position, or `None` if it is far.
    fn slot_of(&self, at: u64) -> Option<usize> {
        let top = LEVELS - 1;
        let same_above =
            |&level: &usize| at >> shift(level + 1) == self.position >> shift(level + 1);
        let level = (0..top).find(same_above).or_else(|| {
            let ahead = (at >> shift(top)) - (self.position >> shift(top));
            (ahead < SLOTS as u64).then_some(top)
        })?;
        Some(level * SLOTS + byte(at >> shift(level)))
    }

    /// Returns the whole deadline of an entry on the wheel: the first tick from the position
    /// onwards that has its lowest 32 bits.
    fn deadline_of(&self, entry: &Entry<T>) -> u64 {
        self.position + u64::from(entry.when.wrapping_sub(low_half(self.position)))
    }

    /// Removes an entry from its slot and from the slab.
    fn take(&mut self, index: u32) -> (Tick, T) {
        self.unlink(index);
        let entry = self.entries.remove(index as usize);
        (Tick(self.deadline_of(&entry)), entry.payload)
    }

    /// Appends an entry to the list of a slot.
    fn link(&mut self, index: u32, slot: usize) {
        let head = head_of(slot);
        let last = self.heads[slot].prev;
        *self.links_of(index) = Links {
            prev: last,
            next: head,
        };
        self.links_of(last).next = index;
        self.heads[slot].prev = index;
        self.occupied[slot / SLOTS].set(slot % SLOTS);
    }

    /// Takes an entry out of the list it is in. Its own links are left stale.
    fn unlink(&mut self, index: u32) {
        let Links { prev, next } = *self.links_of(index);
        self.links_of(prev).next = next;
        self.links_of(next).prev = prev;
        // Only a head can be on both sides, and only of a list that is empty now.
        if prev == next && prev & HEAD != 0 {
            let slot = (prev ^ HEAD) as usize;
            self.occupied[slot / SLOTS].clear(slot % SLOTS);
            self.cascading = self.cascading.filter(|&cascading| cascading != slot);
        }
    }

    fn links_of(&mut self, node: u32) -> &mut Links {
        if node & HEAD == 0 {
            &mut self.entries[node as usize].links
        } else {
            &mut self.heads[(node ^ HEAD) as usize]
        }
    }
}

impl<T> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("position", &Tick(self.position))
            .field("len", &self.len())
            .field("next_deadline", &self.next_deadline())
            .finish_non_exhaustive()
    }
}

impl Links {
    /// A list of one node.
    fn alone(node: u32) -> Links {
        Links {
            prev: node,
            next: node,
        }
    }
}

/// Returns how far a tick has to be shifted for the number of its slot on a level.
const fn shift(level: usize) -> usize {
    8 * level
}

/// Returns the lowest byte: the place of a slot's number within its level.
const fn byte(number: u64) -> usize {
    (number & 0xff) as usize
}

/// Returns the lowest 32 bits.
const fn low_half(tick: u64) -> u32 {
    (tick & 0xffff_ffff) as u32
}

/// Returns the node of a slot's list head.
fn head_of(slot: usize) -> u32 {
    node_of(slot) | HEAD
}

/// Returns a slab's index as a node. Two thousand million entries are 64 GB at least, so
/// that memory ends first.
fn node_of(index: usize) -> u32 {
    u32::try_from(index)
        .ok()
        .filter(|node| node & HEAD == 0)
        .expect("fewer than 2^31 timers")
}

#[cfg(test)]
mod tests;
