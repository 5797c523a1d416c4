//! A place for one pointer, which one thread fills and any thread empties.
//!
//! # Arguments
//!
//! *A pointer is taken once.* It leaves by a swap, whoever takes it.
//!
//! *A push into the empty place is a plain store.* Only the place's owner makes it non-null, so if
//! the owner finds it empty, nobody can fill it before the store. A swap costs ten times as much.
//!
//! # Evidence
//!
//! `tests/loom_next.rs`: `every_entry_is_taken_once` fails with a `take` that loads and stores;
//! `a_thief_sees_what_the_owner_wrote` fails with a relaxed store or swap in `replace`.

use std::ptr::NonNull;

use crate::primitive::{
    AtomicPtr,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// See the module's head.
pub(crate) struct NextPointer<T>(AtomicPtr<T>);

impl<T> NextPointer<T> {
    pub(crate) fn new() -> NextPointer<T> {
        NextPointer(AtomicPtr::new(std::ptr::null_mut()))
    }

    /// Takes the pointer out.
    #[inline]
    pub(crate) fn take(&self) -> Option<NonNull<T>> {
        if self.0.load(Relaxed).is_null() {
            return None;
        }
        NonNull::new(self.0.swap(std::ptr::null_mut(), AcqRel))
    }

    /// Puts a pointer in and returns the one that was there. If anybody but the owner of the place
    /// calls this, pointers get lost.
    #[inline]
    pub(crate) fn replace(&self, pointer: NonNull<T>) -> Option<NonNull<T>> {
        if self.0.load(Relaxed).is_null() {
            self.0.store(pointer.as_ptr(), Release);
            return None;
        }
        NonNull::new(self.0.swap(pointer.as_ptr(), AcqRel))
    }

    /// Whether it holds none, as far as this thread can see.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Acquire).is_null()
    }
}

impl<T> std::fmt::Debug for NextPointer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() {
            "NextPointer(empty)"
        } else {
            "NextPointer(…)"
        })
    }
}
