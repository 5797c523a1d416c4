//! The atomics and cells that lock-free code uses: the standard library's, or loom's under
//! `cfg(regrow_loom)`.
//!
//! Only what a loom model runs through is imported from here; everything else uses `std` directly.

#[cfg(not(regrow_loom))]
mod unsafe_cell;

#[cfg(not(regrow_loom))]
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
#[cfg(not(regrow_loom))]
pub(crate) use unsafe_cell::UnsafeCell;

#[cfg(regrow_loom)]
pub(crate) use loom::cell::UnsafeCell;
#[cfg(regrow_loom)]
pub(crate) use loom::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
