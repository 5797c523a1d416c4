//! From a slot's name to its address: one load and a multiplication.
//!
//! The directory is one static table for the whole operating system process, so that a waker needs
//! no pointer to its runtime. An entry holds a page's address (64 KiB aligned, so its low sixteen
//! bits are free), the stride of its slots (a multiple of eight) and one bit of the page's kind in
//! the stride's lowest bit. Zero means that there is no such page.
//!
//! Untouched parts of the table are never resident: it lies in zeroed memory, and 20 million
//! processes touch about 100 KiB of it.

use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};

use super::page::{FIRST_SLOT, PAGE_SIZE};

/// Bits of a [`SlotId`] that number the slot within its page.
const SLOT_BITS: u32 = 12;
/// How many pages there can be.
pub(crate) const PAGES_MAX: usize = 1 << 20;

static DIRECTORY: [AtomicU64; PAGES_MAX] = [const { AtomicU64::new(0) }; PAGES_MAX];

/// The name of a slot: page number (20 bits) and slot number (12 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId(pub(crate) u32);

impl SlotId {
    pub(super) fn new(page: u32, slot: u32) -> SlotId {
        debug_assert!(slot < 1 << SLOT_BITS);
        SlotId((page << SLOT_BITS) | slot)
    }

    pub(super) fn page(self) -> u32 {
        self.0 >> SLOT_BITS
    }

    pub(super) fn slot(self) -> u32 {
        self.0 & ((1 << SLOT_BITS) - 1)
    }
}

/// Where a slot is, and whether its page is marked.
///
/// Good for as long as the epoch guard that it was looked up under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotAddress {
    pub(crate) at: NonNull<u8>,
    /// The mark that the page's kind carries, see [`Kind::marked`](super::page::Kind).
    pub(crate) marked: bool,
}

/// Finds the slot of this name. `None` if there is no such page now.
#[inline]
pub(crate) fn look_up(id: SlotId) -> Option<SlotAddress> {
    // Acquire: pairs with the Release in `publish`, so that the page's header and the generations
    // of its slots are seen.
    let entry = DIRECTORY[id.page() as usize].load(Acquire);
    let stride = (entry & 0xfff8) as usize;
    let offset = FIRST_SLOT + id.slot() as usize * stride;
    // A stale name can number a slot that the page's present kind does not have.
    if entry == 0 || offset + stride > PAGE_SIZE {
        return None;
    }
    let base = (entry >> 16 << 16) as usize;
    let at = NonNull::new(std::ptr::with_exposed_provenance_mut::<u8>(base + offset))?;
    Some(SlotAddress {
        at,
        marked: entry & 1 == 1,
    })
}

/// Makes a page's slots findable.
pub(super) fn publish(page: u32, base: NonNull<u8>, stride: usize, marked: bool) {
    debug_assert!(stride.is_multiple_of(8));
    debug_assert!(stride < 1 << 16);
    let address = base.as_ptr().expose_provenance();
    debug_assert!(address.is_multiple_of(PAGE_SIZE));
    // Release: pairs with the Acquire in `look_up`.
    DIRECTORY[page as usize].store((address | stride | usize::from(marked)) as u64, Release);
}

/// Makes a page's slots unfindable. Look-ups under older guards may still hold the entry.
pub(super) fn withdraw(page: u32) {
    DIRECTORY[page as usize].store(0, Release);
}

/// The page that an address lies in, as the address of its header.
#[inline]
pub(super) fn page_of(at: NonNull<u8>) -> NonNull<u8> {
    // Not from `at` itself, which may come from a reference to a part of the slot only.
    let base = std::ptr::with_exposed_provenance_mut(at.addr().get() & !(PAGE_SIZE - 1));
    // A slot never lies at offset zero of a page, and no page lies at address zero.
    NonNull::new(base).unwrap_or(NonNull::dangling())
}

/// The name of the slot at this address.
///
/// # Safety
///
/// `at` is the address of a slot in a published page, and the page stays what it is meanwhile.
#[inline]
pub(crate) unsafe fn slot_at(at: NonNull<u8>) -> SlotId {
    let base = page_of(at);
    let offset = at.addr().get() - base.addr().get() - FIRST_SLOT;
    // SAFETY: as the caller promises.
    let slot = unsafe { super::page::slot_number(base, offset) };
    // SAFETY: as the caller promises.
    SlotId::new(unsafe { super::page::number(base) }, slot)
}
