//! Tells the address sanitizer which parts of our pages nobody may touch: it does not know of their
//! slots. Without `cfg(regrow_asan)` this does nothing.

use std::ptr::NonNull;

#[cfg(regrow_asan)]
unsafe extern "C" {
    fn __asan_poison_memory_region(start: *const u8, length: usize);
    fn __asan_unpoison_memory_region(start: *const u8, length: usize);
}

/// From here on a use of this memory is an error.
///
/// # Safety
///
/// The memory lies in a page of ours, and nobody uses it until it is unpoisoned.
#[cfg(regrow_asan)]
pub(super) unsafe fn poison(start: NonNull<u8>, length: usize) {
    // SAFETY: the memory is mapped, and nobody's, as the caller promises.
    unsafe { __asan_poison_memory_region(start.as_ptr(), length) };
}

/// As above, for builds without the sanitizer.
///
/// # Safety
///
/// As above.
#[cfg(not(regrow_asan))]
#[inline]
pub(super) unsafe fn poison(_start: NonNull<u8>, _length: usize) {}

/// From here on this memory may be used again.
///
/// # Safety
///
/// The memory lies in a page of ours.
#[cfg(regrow_asan)]
pub(super) unsafe fn unpoison(start: NonNull<u8>, length: usize) {
    // SAFETY: the memory is mapped, as the caller promises.
    unsafe { __asan_unpoison_memory_region(start.as_ptr(), length) };
}

/// As above, for builds without the sanitizer.
///
/// # Safety
///
/// As above.
#[cfg(not(regrow_asan))]
#[inline]
pub(super) unsafe fn unpoison(_start: NonNull<u8>, _length: usize) {}
