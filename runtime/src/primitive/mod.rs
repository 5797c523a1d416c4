//! The atomics and cells that lock-free code uses: the standard library's, or loom's under
//! `cfg(regrow_loom)`; what to do about a panic of the user's; and a future with its value changed.
//!
//! Only what a loom model runs through takes its atomics from here; everything else uses `std`
//! directly.

#[cfg(not(regrow_loom))]
pub(crate) mod mapped;
pub(crate) mod unwind;

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
