//! Blocks of a few sizes, from magazines that belong to a thread.
//!
//! A message is made on one scheduler and freed on another, which is the worst case of a general
//! allocator. Here each thread keeps two chains of free blocks per size class (the scheme of
//! Bonwick's magazines): it allocates from and frees to the first, swaps it with the second when it
//! runs empty or full, and only then turns to the depot, which is shared and behind a lock, for a
//! whole chain at once. So a thousand messages in flight between two cores cost some sixteen visits
//! to the lock, and no visit to the global allocator.
//!
//! Blocks come from the global allocator one by one, so that what the depot has too many of can go
//! back there: a burst does not pin its memory for ever. Under `cfg(regrow_asan)` every block goes
//! back at once, so that the sanitizer sees each use after free.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

use parking_lot::Mutex;

/// Every block is aligned to this.
pub(crate) const BLOCK_ALIGN: usize = 16;
/// The address of every block fits this many bits, so that a word has room for more beside it.
/// Linux gives programs no address above them unless they ask for it, on any 64-bit platform.
pub(crate) const ADDRESS_BITS: u32 = 48;
/// The size classes, in bytes.
const SIZES: [usize; 5] = [32, 48, 64, 96, 128];
/// The largest block there is.
pub(crate) const BLOCK_MAX: usize = 128;
/// Blocks in a full magazine.
const MAGAZINE: u32 = 64;
/// Full magazines per class that the depot keeps; what comes on top goes to the allocator.
const DEPOT_MAX: usize = 1024;

/// The size class of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// The smallest class that holds `size` bytes. `None` if none does.
    pub(crate) const fn of(size: usize) -> Option<Class> {
        let mut index = 0;
        while index < SIZES.len() {
            if size <= SIZES[index] {
                return Some(Class(index as u8));
            }
            index += 1;
        }
        None
    }

    fn layout(self) -> Layout {
        // SAFETY: the sizes are multiples of the alignment, which is a power of two.
        unsafe { Layout::from_size_align_unchecked(SIZES[self.0 as usize], BLOCK_ALIGN) }
    }
}

/// A chain of free blocks, threaded through their first words.
struct Chain {
    first: Cell<Option<NonNull<u8>>>,
    count: Cell<u32>,
}

impl Chain {
    const fn new() -> Chain {
        Chain {
            first: Cell::new(None),
            count: Cell::new(0),
        }
    }

    #[inline]
    fn pop(&self) -> Option<NonNull<u8>> {
        let first = self.first.get()?;
        // SAFETY: a free block's first word holds the next of its chain.
        self.first
            .set(unsafe { first.cast::<Option<NonNull<u8>>>().read() });
        self.count.set(self.count.get() - 1);
        Some(first)
    }

    #[inline]
    fn push(&self, block: NonNull<u8>) {
        // SAFETY: the block is free and at least a word long.
        unsafe { block.cast::<Option<NonNull<u8>>>().write(self.first.get()) };
        self.first.set(Some(block));
        self.count.set(self.count.get() + 1);
    }

    /// Moves all blocks out.
    fn take(&self) -> Chain {
        Chain {
            first: Cell::new(self.first.take()),
            count: Cell::new(self.count.take()),
        }
    }

    /// Puts the blocks of another chain into this one, which has none.
    fn fill(&self, chain: &Chain) {
        debug_assert!(self.count.get() == 0, "a chain with blocks would lose them");
        self.first.set(chain.first.take());
        self.count.set(chain.count.take());
    }

    /// Gives the blocks back to the global allocator.
    fn release(&self, class: Class) {
        while let Some(block) = self.pop() {
            // SAFETY: every block was allocated with its class's layout.
            unsafe { dealloc(block.as_ptr(), class.layout()) };
        }
    }
}

struct Depot(Mutex<Vec<Chain>>);

// SAFETY: the chains in the depot are in nobody else's hands; whoever takes one out owns it.
unsafe impl Sync for Depot {}

static DEPOTS: [Depot; SIZES.len()] = [const { Depot(Mutex::new(Vec::new())) }; SIZES.len()];

/// One thread's chains of one class.
struct Magazines {
    class: Class,
    loaded: Chain,
    spare: Chain,
}

impl Drop for Magazines {
    fn drop(&mut self) {
        self.loaded.release(self.class);
        self.spare.release(self.class);
    }
}

const fn magazines(index: u8) -> Magazines {
    Magazines {
        class: Class(index),
        loaded: Chain::new(),
        spare: Chain::new(),
    }
}

thread_local! {
    static LOCAL: [Magazines; SIZES.len()] =
        const { [magazines(0), magazines(1), magazines(2), magazines(3), magazines(4)] };
}

/// Allocates a block of this class.
#[inline]
pub(crate) fn allocate(class: Class) -> NonNull<u8> {
    if cfg!(regrow_asan) {
        return allocate_from_system(class);
    }
    // A thread that is ending has no magazines any more.
    LOCAL
        .try_with(|local| {
            let magazines = &local[class.0 as usize];
            magazines
                .loaded
                .pop()
                .unwrap_or_else(|| allocate_slowly(magazines))
        })
        .unwrap_or_else(|_| allocate_from_system(class))
}

/// Frees a block.
///
/// # Safety
///
/// The block was allocated with this class, and nobody uses it any more.
#[inline]
pub(crate) unsafe fn free(class: Class, block: NonNull<u8>) {
    if cfg!(regrow_asan) {
        // SAFETY: as the caller promises.
        unsafe { dealloc(block.as_ptr(), class.layout()) };
        return;
    }
    let kept = LOCAL.try_with(|local| {
        let magazines = &local[class.0 as usize];
        if magazines.loaded.count.get() < MAGAZINE {
            magazines.loaded.push(block);
        } else {
            free_slowly(magazines, block);
        }
    });
    if kept.is_err() {
        // SAFETY: as the caller promises.
        unsafe { dealloc(block.as_ptr(), class.layout()) };
    }
}

#[cold]
#[inline(never)]
fn allocate_slowly(magazines: &Magazines) -> NonNull<u8> {
    let Magazines {
        class,
        loaded,
        spare,
    } = magazines;
    if spare.count.get() > 0 {
        loaded.fill(spare);
    } else if let Some(chain) = DEPOTS[class.0 as usize].0.lock().pop() {
        loaded.fill(&chain);
    }
    loaded.pop().unwrap_or_else(|| allocate_from_system(*class))
}

#[cold]
#[inline(never)]
fn free_slowly(magazines: &Magazines, block: NonNull<u8>) {
    let Magazines {
        class,
        loaded,
        spare,
    } = magazines;
    if spare.count.get() >= MAGAZINE {
        give_to_depot(*class, spare.take());
    }
    // The fuller one waits as the spare; the emptier one takes what comes.
    let emptier = spare.take();
    spare.fill(loaded);
    loaded.fill(&emptier);
    loaded.push(block);
}

fn give_to_depot(class: Class, chain: Chain) {
    let mut depot = DEPOTS[class.0 as usize].0.lock();
    if depot.len() < DEPOT_MAX {
        depot.push(chain);
        return;
    }
    drop(depot);
    chain.release(class);
}

fn allocate_from_system(class: Class) -> NonNull<u8> {
    // SAFETY: no class is of size zero.
    let block = unsafe { alloc(class.layout()) };
    // An allocator may think otherwise, or tag its addresses.
    assert!(
        block.addr() >> ADDRESS_BITS == 0,
        "the allocator hands out addresses above 48 bits, which regrow cannot use"
    );
    NonNull::new(block).unwrap_or_else(|| handle_alloc_error(class.layout()))
}

/// Gives what the depot holds back to the global allocator, but for `keep` magazines of each class.
/// Called when a runtime has come to rest, so that a burst does not pin its memory.
pub(crate) fn trim(keep: usize) {
    for (index, depot) in DEPOTS.iter().enumerate() {
        loop {
            let mut chains = depot.0.lock();
            if chains.len() <= keep {
                break;
            }
            let Some(chain) = chains.pop() else { break };
            drop(chains);
            chain.release(Class(index as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_is_the_smallest_that_fits() {
        assert_eq!(Class::of(1), Some(Class(0)));
        assert_eq!(Class::of(32), Some(Class(0)));
        assert_eq!(Class::of(33), Some(Class(1)));
        assert_eq!(Class::of(BLOCK_MAX), Some(Class(4)));
        assert_eq!(Class::of(BLOCK_MAX + 1), None);
    }

    #[test]
    fn blocks_are_aligned_distinct_and_come_back() {
        let class = Class(1);
        let mut blocks: Vec<_> = (0..1000).map(|_| allocate(class)).collect();
        assert!(
            blocks
                .iter()
                .all(|block| block.addr().get() % BLOCK_ALIGN == 0)
        );
        blocks.sort();
        blocks.dedup();
        assert_eq!(blocks.len(), 1000);
        for block in blocks {
            // SAFETY: allocated above, freed once.
            unsafe { free(class, block) };
        }
    }

    #[test]
    fn what_a_burst_left_behind_goes_back_at_rest() {
        const KEPT: usize = 2;
        let class = Class(4);
        let blocks: Vec<_> = (0..10 * MAGAZINE).map(|_| allocate(class)).collect();
        for block in blocks {
            // SAFETY: allocated above, freed once.
            unsafe { free(class, block) };
        }
        // No other test has so many blocks of this class at once that it visits the depot.
        trim(KEPT);
        assert_eq!(
            DEPOTS[4].0.lock().len(),
            if cfg!(regrow_asan) { 0 } else { KEPT }
        );
    }
}
