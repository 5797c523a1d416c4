//! Which slots of a level are occupied, and which is the next one.

use super::SLOTS;

/// One bit for each slot of a level.
#[derive(Clone, Copy, Default)]
pub(super) struct Occupancy([u64; SLOTS / 64]);

impl Occupancy {
    pub(super) fn set(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    pub(super) fn clear(&mut self, index: usize) {
        self.0[index / 64] &= !(1 << (index % 64));
    }

    /// Returns the first index set from `start` onwards, going around the end.
    pub(super) fn next_from(&self, start: usize) -> Option<usize> {
        let words = self.0.len();
        let first = start / 64;
        let in_first = self.0[first] & (!0 << (start % 64));
        let at = |word: usize, bits: u64| word * 64 + bits.trailing_zeros() as usize;
        if in_first != 0 {
            return Some(at(first, in_first));
        }
        // Ends with the first word again, of which only the bits before `start` can be set.
        (1..=words)
            .map(|step| (first + step) % words)
            .find(|&word| self.0[word] != 0)
            .map(|word| at(word, self.0[word]))
    }
}
