//! The name by which a process is found, in one word.

use crate::memory::SlotId;

/// A process's name within this operating system process: slot and generation.
///
/// Never given to another process again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LocalPid {
    pub(super) slot: SlotId,
    pub(super) generation: u32,
}

impl LocalPid {
    /// The name in one word: generation (30 bits) above slot (32 bits).
    pub(crate) fn to_bits(self) -> u64 {
        (u64::from(self.generation) << 32) | u64::from(self.slot.0)
    }

    /// The name that these bits stand for. Any bits will do: a name that nobody has leads nowhere.
    pub(crate) fn from_bits(bits: u64) -> LocalPid {
        LocalPid {
            slot: SlotId(bits as u32),
            generation: (bits >> 32) as u32 & ((1 << 30) - 1),
        }
    }
}

impl std::fmt::Debug for LocalPid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.slot.0, self.generation)
    }
}
