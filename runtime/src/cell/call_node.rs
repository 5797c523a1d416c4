//! Request and reply in one place, between two parties.
//!
//! ```text
//!              reply            ┌─────────┐
//!   ┌─────────┐ ──────────────▶ │ replied │ ── the caller takes the reply, frees
//!   │ pending │ fail            ├─────────┤
//!   │         │ ──────────────▶ │ failed  │ ── the caller takes the reason, frees
//!   └─────────┘                 └─────────┘
//!        │ caller drops         ┌─────────┐
//!        └────────────────────▶ │  gone   │ ── the server's side drops what it has, frees
//!                               └─────────┘
//! ```
//!
//! [`node`] makes two ends. The [`Answer`] goes with the request and is used up by answering or
//! failing it; the [`Awaited`] stays with the caller, who polls it or drops it. The node is freed by
//! whichever party comes second, so no count is needed. There is no channel and no monitor.
//!
//! # Evidence
//!
//! `tests/loom_call.rs`: `reply_and_drop_race_frees_once`, `the_reply_is_seen_whole`.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::local_pid::LocalPid;
use crate::memory::block_pool::{self, BLOCK_ALIGN, BLOCK_MAX, Class};
use crate::primitive::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed},
    UnsafeCell,
};

const PENDING: u32 = 0;
const ANSWERED: u32 = 1;
const GONE: u32 = 2;

/// The shared part. `T` is the reply, or whatever stands for there being none.
struct Node<T> {
    state: AtomicU32,
    caller: Option<LocalPid>,
    answer: UnsafeCell<Option<T>>,
}

/// The server's end. Dropped unused, it answers nothing; see [`Answer::give`].
pub(crate) struct Answer<T>(NonNull<Node<T>>);

/// The caller's end.
pub(crate) struct Awaited<T>(NonNull<Node<T>>);

// SAFETY: the ends share the node by its state word; a value crosses from one to the other once.
unsafe impl<T: Send> Send for Answer<T> {}
// SAFETY: a shared `Answer` can only be asked whether its caller is gone.
unsafe impl<T: Send> Sync for Answer<T> {}
// SAFETY: as for `Answer`.
unsafe impl<T: Send> Send for Awaited<T> {}
// SAFETY: a shared `Awaited` gives out nothing.
unsafe impl<T: Send> Sync for Awaited<T> {}

impl<T> Node<T> {
    const POOLED: Option<Class> =
        if size_of::<Self>() <= BLOCK_MAX && align_of::<Self>() <= BLOCK_ALIGN {
            Class::of(size_of::<Self>())
        } else {
            None
        };

    fn new(node: Node<T>) -> NonNull<Node<T>> {
        match Self::POOLED {
            Some(class) => {
                let block = block_pool::allocate(class).cast::<Node<T>>();
                // SAFETY: the block is ours, large and aligned enough.
                unsafe { block.write(node) };
                block
            }
            None => NonNull::from(Box::leak(Box::new(node))),
        }
    }

    /// # Safety
    ///
    /// Neither end uses the node any more.
    unsafe fn free(node: NonNull<Node<T>>) {
        match Self::POOLED {
            Some(class) => {
                let block = FreeBlock(class, node.cast());
                // SAFETY: as the caller promises; the block is freed also if this panics.
                unsafe { node.drop_in_place() };
                drop(block);
            }
            // SAFETY: as the caller promises; it was leaked from a box.
            None => drop(unsafe { Box::from_raw(node.as_ptr()) }),
        }
    }
}

struct FreeBlock(Class, NonNull<u8>);

impl Drop for FreeBlock {
    fn drop(&mut self) {
        // SAFETY: the block was allocated with this class, and its value is gone.
        unsafe { block_pool::free(self.0, self.1) };
    }
}

/// Makes the two ends of one call. `caller` is the process that is woken by the answer.
pub(crate) fn node<T: Send>(caller: Option<LocalPid>) -> (Answer<T>, Awaited<T>) {
    let node = Node {
        state: AtomicU32::new(PENDING),
        caller,
        answer: UnsafeCell::new(None),
    };
    let node = Node::new(node);
    (Answer(node), Awaited(node))
}

impl<T> Answer<T> {
    /// Gives the answer. Returns whom to wake; `None` also when the caller has gone.
    pub(crate) fn give(self, value: T) -> Option<LocalPid> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the node is there until both ends are done with it.
        let node = unsafe { this.0.as_ref() };
        let caller = node.caller;
        // SAFETY: while the state is pending the answer is the server's alone, and when the caller
        // has gone it stays so.
        node.answer
            .with_mut(|answer| unsafe { *answer = Some(value) });
        // Release: the caller sees the answer. Acquire: if it has gone, we free after it.
        if node.state.swap(ANSWERED, AcqRel) == GONE {
            // SAFETY: the caller is done with it, and so are we.
            unsafe { Node::free(this.0) };
            return None;
        }
        caller
    }

    /// Gives up without an answer. Returns whom to wake, as [`give`](Self::give) does.
    pub(crate) fn drop_unanswered(self) -> Option<LocalPid> {
        let caller = (!self.is_unwanted()).then(|| self.caller()).flatten();
        drop(self);
        caller
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_unwanted(&self) -> bool {
        // SAFETY: the node is there until both ends are done with it.
        unsafe { self.0.as_ref() }.state.load(Relaxed) == GONE
    }

    /// The process that waits.
    pub(crate) fn caller(&self) -> Option<LocalPid> {
        // SAFETY: the node is there until both ends are done with it.
        unsafe { self.0.as_ref() }.caller
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        // The rooms above answer before they drop an end. Should one be lost all the same, the
        // caller sees an answered node that holds nothing.
        // SAFETY: the node is there until both ends are done with it.
        let node = unsafe { self.0.as_ref() };
        if node.state.swap(ANSWERED, AcqRel) == GONE {
            // SAFETY: the caller is done with it, and so are we.
            unsafe { Node::free(self.0) };
        }
    }
}

impl<T> Awaited<T> {
    /// Whether the server's end has been used.
    pub(crate) fn is_answered(&self) -> bool {
        // SAFETY: the node is there until both ends are done with it.
        unsafe { self.0.as_ref() }.state.load(Acquire) == ANSWERED
    }

    /// Takes the answer. `Ok(None)`: the server's end was dropped without one.
    ///
    /// # Errors
    ///
    /// There is no answer yet.
    pub(crate) fn take(self) -> Result<Option<T>, Awaited<T>> {
        if !self.is_answered() {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: the node is there until both ends are done with it.
        let node = unsafe { this.0.as_ref() };
        // SAFETY: once it is answered, the node is the caller's alone.
        let answer = node.answer.with_mut(|answer| unsafe { (*answer).take() });
        // SAFETY: the server's end is used up, and ours is now.
        unsafe { Node::free(this.0) };
        Ok(answer)
    }
}

impl<T> Drop for Awaited<T> {
    fn drop(&mut self) {
        // SAFETY: the node is there until both ends are done with it.
        let node = unsafe { self.0.as_ref() };
        if node
            .state
            .compare_exchange(PENDING, GONE, AcqRel, Acquire)
            .is_err()
        {
            // SAFETY: it was answered, so the node is the caller's alone.
            unsafe { Node::free(self.0) };
        }
    }
}

impl<T> std::fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

impl<T> std::fmt::Debug for Awaited<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Awaited")
    }
}
