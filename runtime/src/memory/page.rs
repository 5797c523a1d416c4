//! Pages of equal slots, and the heaps that own them.
//!
//! A [`Heap`] owns the pages of one [`Kind`] for one runtime. A thread that makes processes holds a
//! [`SlotCache`] per heap: a chain of free slots, threaded through their link words, and the
//! unused rest of a fresh page. A dead slot goes to the thread's list of the retired; full lists
//! wait for an epoch grace period and then go back to their pages under the heap's lock. A page
//! all of whose slots have come back is given up, and may be born again with another kind.
//!
//! ```text
//!             take                     retire              (grace period)
//!   cache ───────────▶ a process ───────────────▶ retired ───────────────▶ page's free chain
//!     ▲                                                                        │      │ all slots back
//!     └────────────────────────────── refill ──────────────────────────────────┘      ▼
//!                                                                              page given up
//! ```

use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use parking_lot::Mutex;

use super::directory::{self, PAGES_MAX, SlotId};
use super::poison;
use super::{GENERATION_LAST, GENERATION_OFFSET, LINK_OFFSET};

/// Bytes in a page.
pub(crate) const PAGE_SIZE: usize = 64 * 1024;
/// Where a page's first slot begins: the header has two cache lines to itself.
pub(super) const FIRST_SLOT: usize = 128;
/// Pages that are asked of the operating system at once.
const CHUNK_PAGES: usize = 64;
/// Where in a free slot begins what nobody looks at: stale senders see the words before.
const PRIVATE_OFFSET: usize = LINK_OFFSET + size_of::<u64>();
/// How many slots a retired list gathers before it is handed back.
const RETIRED_MAX: usize = 256;
/// Pages with nothing in them that a heap keeps for its next burst.
const SPARE_PAGES: usize = 4;

/// What the slots of a page have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// Bytes from one slot to the next; a multiple of eight, below 32 KiB.
    pub(crate) stride: usize,
    /// Whatever the cell wants to find again from a slot: the address of its table of functions.
    pub(crate) table: usize,
    /// The runtime whose processes these are.
    pub(crate) runtime: u32,
    /// A bit that a look-up brings along, and the two words that go with it.
    pub(crate) marked: bool,
    /// Read through [`kind_of`] by who saw the mark.
    pub(crate) limit: u32,
    /// As `limit`.
    pub(crate) policy: u8,
    /// Where in the program processes of this kind are made, as the address of a static; or 0.
    pub(crate) place: usize,
}

/// The head of a page.
#[repr(C)]
struct PageHeader {
    kind: Kind,
    number: u32,
    /// 2³² divided by the stride, rounded up: a multiplication instead of a division.
    reciprocal: u32,
    /// The generation that a slot of this page has at its first use.
    generation_first: u32,
    /// What changes; all else is written before the page is published. See [`lists_of`].
    lists: UnsafeCell<Lists>,
}

/// What a heap knows of the slots of one of its pages.
struct Lists {
    /// Slots that are in a cache, alive or retired, rather than on `free`.
    out: u32,
    /// Slots on `free`.
    free_count: u32,
    /// The chain of free slots: the first one's raw name, 0 for none.
    free: u32,
    /// The highest generation that any slot of this page has had.
    generation_top: u32,
    /// Whether the heap's list of partly free pages holds this page.
    listed: bool,
}

const _: () = assert!(size_of::<PageHeader>() <= FIRST_SLOT);

/// The kind of the page that this slot lies in.
///
/// # Safety
///
/// `slot` must be the address of a slot in a published page, and stay so while the result is used.
#[inline]
pub(crate) unsafe fn kind_of<'a>(slot: NonNull<u8>) -> &'a Kind {
    let header = directory::page_of(slot).cast::<PageHeader>();
    // SAFETY: a page begins with its header, which was written before the page was published; the
    // kind is not written again while slots of the page are in use, as the caller promises.
    unsafe { &(*header.as_ptr()).kind }
}

/// The number of the page at this address.
///
/// # Safety
///
/// `base` is the address of a published page, and it stays what it is meanwhile.
#[inline]
pub(super) unsafe fn number(base: NonNull<u8>) -> u32 {
    // SAFETY: a page begins with its header, whose number never changes while slots are in use.
    unsafe { (*base.cast::<PageHeader>().as_ptr()).number }
}

/// Which slot of its page lies this many bytes behind the first.
///
/// # Safety
///
/// `base` is the address of a published page, and it stays what it is meanwhile.
#[inline]
pub(super) unsafe fn slot_number(base: NonNull<u8>, offset: usize) -> u32 {
    // SAFETY: a page begins with its header; this field never changes while slots are in use.
    let reciprocal = unsafe { (*base.cast::<PageHeader>().as_ptr()).reciprocal };
    ((offset as u64 * u64::from(reciprocal)) >> 32) as u32
}

/// Exact for every offset of a slot: offsets are below 2¹⁶ and strides above 2⁵, so the error of the
/// rounded reciprocal, times an offset, stays below one slot.
fn reciprocal(stride: usize) -> u32 {
    (1u64 << 32).div_ceil(stride as u64) as u32
}

/// Raw pages: those given up by a heap, and the rest of the newest chunk.
struct Depot {
    /// Pages that were used before: number, address, and the first generation to use in them.
    used: Vec<(u32, NonNull<u8>, u32)>,
    fresh: Vec<(u32, NonNull<u8>)>,
    next_number: u32,
}

// SAFETY: the addresses are of pages that nobody else holds; any thread may take them over.
unsafe impl Send for Depot {}

static DEPOT: Mutex<Depot> = Mutex::new(Depot {
    used: Vec::new(),
    fresh: Vec::new(),
    next_number: 1,
});

/// Why no slot could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfPages;

/// Whether a page that is as described waits to be used again.
#[cfg(test)]
pub(super) fn is_in_depot(is_meant: impl Fn(u32) -> bool) -> bool {
    DEPOT.lock().used.iter().any(|&(page, ..)| is_meant(page))
}

fn take_page() -> Result<(u32, NonNull<u8>, u32), OutOfPages> {
    let mut depot = DEPOT.lock();
    if let Some(page) = depot.used.pop() {
        return Ok(page);
    }
    if depot.fresh.is_empty() {
        if depot.next_number as usize + CHUNK_PAGES > PAGES_MAX {
            return Err(OutOfPages);
        }
        let chunk = map_chunk()?;
        let first = depot.next_number;
        depot.next_number += CHUNK_PAGES as u32;
        // In falling order, so that `pop` hands out rising addresses.
        for index in (0..CHUNK_PAGES as u32).rev() {
            // SAFETY: the chunk is CHUNK_PAGES pages long.
            let page = unsafe { chunk.add(index as usize * PAGE_SIZE) };
            depot.fresh.push((first + index, page));
        }
    }
    depot
        .fresh
        .pop()
        .map(|(number, base)| (number, base, 1))
        .ok_or(OutOfPages)
}

/// Asks the operating system for a chunk of zeroed, untouched address space, page aligned.
fn map_chunk() -> Result<NonNull<u8>, OutOfPages> {
    let length = CHUNK_PAGES * PAGE_SIZE + PAGE_SIZE;
    // SAFETY: an anonymous private mapping at an address of the system's choice touches nothing
    // that exists.
    let start = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if start == libc::MAP_FAILED {
        return Err(OutOfPages);
    }
    let aligned = start
        .cast::<u8>()
        .map_addr(|address| address.next_multiple_of(PAGE_SIZE));
    NonNull::new(aligned).ok_or(OutOfPages)
}

/// Makes a page all zero, giving its memory back to the operating system where that does it.
fn wipe(base: NonNull<u8>) {
    // SAFETY: the whole page, which nobody else holds.
    unsafe { poison::unpoison(base, PAGE_SIZE) };
    #[cfg(target_os = "linux")]
    {
        /// What is written rather than given back: it is touched again at once.
        const KEPT: usize = 4096;
        // SAFETY: within the page, which nobody else holds.
        let rest = unsafe { base.add(KEPT) };
        // SAFETY: the range lies in a private anonymous mapping of ours; on Linux it reads as zero
        // afterwards.
        let done =
            unsafe { libc::madvise(rest.as_ptr().cast(), PAGE_SIZE - KEPT, libc::MADV_DONTNEED) };
        if done == 0 {
            // SAFETY: as above.
            unsafe { base.write_bytes(0, KEPT) };
            return;
        }
    }
    // SAFETY: the whole page, which nobody else holds.
    unsafe { base.write_bytes(0, PAGE_SIZE) };
}

/// The pages of one kind.
pub(crate) struct Heap {
    pub(crate) kind: Kind,
    pages: Mutex<Pages>,
}

struct Pages {
    /// Pages with free slots.
    partial: Vec<NonNull<PageHeader>>,
    /// How many pages the heap has.
    count: usize,
    /// How many of `partial` are entirely free.
    empty: usize,
}

// SAFETY: the pointers are to headers of pages that the heap owns, touched under its lock only.
unsafe impl Send for Pages {}

/// The lists of one of the heap's pages. Borrows the heap's pages, so that it is one at a time.
///
/// # Safety
///
/// The page is one of this heap's.
unsafe fn lists_of(_borrowed: &mut Pages, page: NonNull<PageHeader>) -> &mut Lists {
    // SAFETY: as the caller promises, a page begins with its header.
    let lists = unsafe { &raw const (*page.as_ptr()).lists };
    // SAFETY: the lists of the heap's pages are touched through this function only, by whoever
    // has the pages and with them the heap's lock.
    unsafe { &mut *UnsafeCell::raw_get(lists) }
}

impl Pages {
    /// Takes a page that came empty off the heap's hands, unless it is kept for the next burst.
    ///
    /// # Safety
    ///
    /// The page is one of this heap's, and all of its slots have come back.
    unsafe fn give_up(&mut self, page: NonNull<PageHeader>) -> Option<GivenUp> {
        // SAFETY: as the caller promises.
        let lists = unsafe { lists_of(self, page) };
        let (usable, generation_top) = (lists.free_count > 0, lists.generation_top);
        if usable && self.empty < SPARE_PAGES {
            self.empty += 1;
            return None;
        }
        if let Some(index) = self.partial.iter().rposition(|&other| other == page) {
            self.partial.swap_remove(index);
        }
        self.count -= 1;
        Some(GivenUp {
            page: page.cast(),
            generation_top,
        })
    }
}

/// A page that its heap has given up and that is still published.
struct GivenUp {
    page: NonNull<u8>,
    generation_top: u32,
}

// SAFETY: all of the page's slots have come back; it is in the hands of whoever has this.
unsafe impl Send for GivenUp {}

impl GivenUp {
    /// Withdraws the page, and leaves it to other heaps once all who found it have gone.
    ///
    /// Not to be called under a lock that a deferred function takes: pinning runs those.
    fn withdraw(self) {
        // SAFETY: the page is published, and ours.
        let number = unsafe { number(self.page) };
        directory::withdraw(number);
        crossbeam_epoch::pin().defer(move || self.release(number));
    }

    fn release(self, number: u32) {
        wipe(self.page);
        // A page whose generations are used up costs 64 KiB of address space per billion births.
        if self.generation_top < GENERATION_LAST {
            DEPOT
                .lock()
                .used
                .push((number, self.page, self.generation_top + 1));
        }
    }
}

impl std::fmt::Debug for Heap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heap")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Slots that one thread may hand out without asking anybody.
#[derive(Debug, Default)]
pub(crate) struct SlotCache {
    /// The first of a chain through the link words, as a slot's raw name; 0 ends it.
    chain: u32,
    /// A fresh page's first slot that was never used, and how many follow.
    fresh: Option<(SlotId, NonNull<u8>, u32, u32)>,
    /// Retired slots, threaded likewise.
    retired: u32,
    retired_count: usize,
}

// SAFETY: the address is of a slot that the cache holds alone; it goes where the cache goes.
unsafe impl Send for SlotCache {}

/// A slot that belongs to nobody yet. All of it is to be written, the generation last: a slot whose
/// generation reads zero was never used.
#[derive(Debug)]
pub(crate) struct EmptySlot {
    pub(crate) id: SlotId,
    pub(crate) at: NonNull<u8>,
    pub(crate) generation: u32,
}

/// The link word of a free slot.
///
/// # Safety
///
/// `slot` must be the address of a slot that is free or owned by the caller.
unsafe fn link_word(slot: NonNull<u8>) -> NonNull<u32> {
    // SAFETY: every slot is longer than its link word's offset, and eight-aligned.
    unsafe { slot.add(LINK_OFFSET) }.cast()
}

/// The generation of a slot in a published page.
///
/// # Safety
///
/// `slot` must be the address of a slot in a page of a heap.
#[inline]
pub(crate) unsafe fn generation<'a>(slot: NonNull<u8>) -> &'a AtomicU32 {
    // SAFETY: every slot has its generation at this offset, four-aligned.
    let word = unsafe { slot.add(GENERATION_OFFSET) };
    // SAFETY: the word is only ever used atomically once the page is published.
    unsafe { word.cast::<AtomicU32>().as_ref() }
}

impl Heap {
    pub(crate) fn new(kind: Kind) -> Arc<Heap> {
        assert!(kind.stride.is_multiple_of(8), "slots are eight-aligned");
        assert!(
            FIRST_SLOT + kind.stride <= PAGE_SIZE / 2,
            "a page holds several slots"
        );
        let pages = Pages {
            partial: Vec::new(),
            count: 0,
            empty: 0,
        };
        Arc::new(Heap {
            kind,
            pages: Mutex::new(pages),
        })
    }

    /// How many pages the heap has.
    #[cfg(test)]
    pub(crate) fn pages(&self) -> usize {
        self.pages.lock().count
    }

    /// Takes a free slot, which then belongs to the caller.
    ///
    /// # Errors
    ///
    /// All of the address space for pages is used.
    #[inline]
    pub(crate) fn take(&self, cache: &mut SlotCache) -> Result<EmptySlot, OutOfPages> {
        if cache.chain == 0 {
            return self.take_slowly(cache);
        }
        let id = SlotId(cache.chain);
        let address = directory::look_up(id).ok_or(OutOfPages)?;
        // SAFETY: the slot is in this cache's chain, so it is free and the caller's.
        let link = unsafe { link_word(address.at) };
        // SAFETY: as above; the heap wrote the word when it freed the slot.
        cache.chain = unsafe { link.read() };
        // SAFETY: a slot of a page of ours.
        let mut generation = unsafe { generation(address.at) }.load(Relaxed);
        if generation == 0 {
            // It was left over from a cache that was closed before it came to this slot.
            let page = directory::page_of(address.at).cast::<PageHeader>();
            // SAFETY: a page begins with its header; this field never changes while it is ours.
            generation = unsafe { (*page.as_ptr()).generation_first };
        }
        // SAFETY: the slot is the caller's from here on.
        unsafe { poison::unpoison(address.at, self.kind.stride) };
        Ok(EmptySlot {
            id,
            at: address.at,
            generation,
        })
    }

    #[cold]
    #[inline(never)]
    fn take_slowly(&self, cache: &mut SlotCache) -> Result<EmptySlot, OutOfPages> {
        if let Some((id, at, left, first_generation)) = cache.fresh {
            cache.fresh = if left > 1 {
                // SAFETY: `left` slots follow from `at`.
                let next = unsafe { at.add(self.kind.stride) };
                Some((SlotId(id.0 + 1), next, left - 1, first_generation))
            } else {
                None
            };
            return Ok(EmptySlot {
                id,
                at,
                generation: first_generation,
            });
        }
        self.refill(cache)?;
        self.take(cache)
    }

    /// Puts a page's free chain, or a fresh page, into the cache.
    fn refill(&self, cache: &mut SlotCache) -> Result<(), OutOfPages> {
        let mut pages = self.pages.lock();
        if let Some(page) = pages.partial.pop() {
            // SAFETY: pages in `partial` are of this heap.
            let lists = unsafe { lists_of(&mut pages, page) };
            let was_empty = lists.out == 0;
            lists.listed = false;
            lists.out += std::mem::take(&mut lists.free_count);
            cache.chain = std::mem::take(&mut lists.free);
            if was_empty {
                pages.empty -= 1;
            }
            return Ok(());
        }
        let (number, base, first_generation) = take_page()?;
        pages.count += 1;
        let capacity = (PAGE_SIZE - FIRST_SLOT) / self.kind.stride;
        let lists = Lists {
            out: capacity as u32,
            free_count: 0,
            free: 0,
            generation_top: first_generation,
            listed: false,
        };
        let header = PageHeader {
            kind: self.kind,
            number,
            reciprocal: reciprocal(self.kind.stride),
            generation_first: first_generation,
            lists: UnsafeCell::new(lists),
        };
        // SAFETY: the page is ours alone and long and aligned enough.
        unsafe { base.cast::<PageHeader>().write(header) };
        directory::publish(number, base, self.kind.stride, self.kind.marked);
        // SAFETY: the first slot lies within the page.
        let first = unsafe { base.add(FIRST_SLOT) };
        cache.fresh = Some((
            SlotId::new(number, 0),
            first,
            capacity as u32,
            first_generation,
        ));
        Ok(())
    }

    /// Gives a dead slot back. It is handed out again after a grace period at the earliest.
    ///
    /// # Safety
    ///
    /// The slot must be of this heap and the caller's own: nothing in it is needed any more, its
    /// generation was raised, and nobody will retire it again.
    pub(crate) unsafe fn retire(self: &Arc<Heap>, cache: &mut SlotCache, id: SlotId) {
        let Some(address) = directory::look_up(id) else {
            return;
        };
        // SAFETY: the caller's own slot.
        let link = unsafe { link_word(address.at) };
        // SAFETY: as above; senders that still hold the address do not read this word.
        unsafe { link.write(cache.retired) };
        // SAFETY: every slot is longer than that.
        let private = unsafe { address.at.add(PRIVATE_OFFSET) };
        // SAFETY: the rest of the slot, which is nobody's until it is taken again.
        unsafe { poison::poison(private, self.kind.stride - PRIVATE_OFFSET) };
        cache.retired = id.0;
        cache.retired_count += 1;
        if cache.retired_count >= RETIRED_MAX {
            self.flush(cache);
        }
    }

    /// Hands the retired slots of the cache back, to be reused after a grace period.
    pub(crate) fn flush(self: &Arc<Heap>, cache: &mut SlotCache) {
        if cache.retired_count == 0 {
            return;
        }
        cache.retired_count = 0;
        let first = std::mem::take(&mut cache.retired);
        let heap = Arc::clone(self);
        crossbeam_epoch::pin().defer(move || heap.give_back(first));
    }

    /// Gives up the cache of a thread that ends.
    pub(crate) fn close(self: &Arc<Heap>, cache: &mut SlotCache) {
        self.flush(cache);
        // What was never used goes back without a grace period: nobody has its name.
        let mut first = std::mem::take(&mut cache.chain);
        if let Some((id, mut at, left, _)) = cache.fresh.take() {
            for index in 0..left {
                // SAFETY: a slot of ours that was never used.
                let link = unsafe { link_word(at) };
                // SAFETY: as above.
                unsafe { link.write(first) };
                first = id.0 + index;
                if index + 1 < left {
                    // SAFETY: another slot follows.
                    at = unsafe { at.add(self.kind.stride) };
                }
            }
        }
        self.give_back(first);
    }

    /// Puts a chain of slots back on their pages.
    fn give_back(&self, first: u32) {
        let mut given_up = Vec::new();
        let mut pages = self.pages.lock();
        let mut next = first;
        while let Some(address) = directory::look_up(SlotId(next)) {
            // SAFETY: the slot is on the chain that was handed over, so it is free and ours.
            let link = unsafe { link_word(address.at) };
            // SAFETY: as above.
            let after = unsafe { link.read() };
            // SAFETY: a slot of a page of ours.
            let generation = unsafe { generation(address.at) }.load(Relaxed);
            let page = directory::page_of(address.at).cast::<PageHeader>();
            // SAFETY: the page is of this heap, whose lock we hold.
            let lists = unsafe { lists_of(&mut pages, page) };
            lists.out -= 1;
            lists.generation_top = lists.generation_top.max(generation);
            let is_empty = lists.out == 0;
            if generation < GENERATION_LAST {
                // SAFETY: as for reading it.
                unsafe { link.write(lists.free) };
                lists.free = next;
                lists.free_count += 1;
                if !std::mem::replace(&mut lists.listed, true) {
                    pages.partial.push(page);
                }
            }
            if is_empty {
                // SAFETY: as above, and its last slot has just come back.
                given_up.extend(unsafe { pages.give_up(page) });
            }
            next = after;
        }
        drop(pages);
        given_up.into_iter().for_each(GivenUp::withdraw);
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // Every page whose slots all came back is given up; a page with a slot still out belongs to
        // a process that was leaked, and is leaked with it.
        let pages = self.pages.get_mut();
        pages.empty = SPARE_PAGES;
        for page in std::mem::take(&mut pages.partial) {
            // SAFETY: pages in `partial` are of this heap.
            if unsafe { lists_of(pages, page) }.out == 0 {
                // SAFETY: as above.
                let given_up = unsafe { pages.give_up(page) };
                given_up.into_iter().for_each(GivenUp::withdraw);
            }
        }
    }
}

/// Walks all slots of published pages of a runtime, page by page from `page` on.
///
/// Calls `visit` for each slot that was ever used, with its name and generation. Returns the next
/// page to ask for, or `None` at the end.
pub(crate) fn walk_page(
    page: u32,
    runtime: u32,
    visit: &mut dyn FnMut(SlotId, u32, NonNull<u8>),
) -> Option<u32> {
    let last = DEPOT.lock().next_number;
    if page >= last {
        return None;
    }
    let Some(first) = directory::look_up(SlotId::new(page, 0)) else {
        return Some(page + 1);
    };
    // SAFETY: the page is published, and the caller's guard keeps it so.
    let kind = *unsafe { kind_of(first.at) };
    if kind.runtime != runtime {
        return Some(page + 1);
    }
    let capacity = (PAGE_SIZE - FIRST_SLOT) / kind.stride;
    for slot in 0..capacity as u32 {
        let id = SlotId::new(page, slot);
        let Some(address) = directory::look_up(id) else {
            break;
        };
        // SAFETY: as above.
        let generation =
            unsafe { generation(address.at) }.load(std::sync::atomic::Ordering::Acquire);
        if generation != 0 {
            visit(id, generation, address.at);
        }
    }
    Some(page + 1)
}
