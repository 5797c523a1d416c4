//! The process cell: one slot that holds a process's 32-byte header and its body. Unsafe room 2.
//!
//! This room knows a process by its packed name and never says why one ends or what a message
//! means. What it offers above is safe: rights that exist once, and views that keep nothing.
//!
//! # Representation
//!
//! ```text
//! slot = [ Header, 32 bytes ][ body: a future, or a server's state, at its own alignment ]
//!
//! off  size  field        who may touch it
//!  0    8    mailbox      anyone, atomically          mailbox_word.rs
//!  8    4    generation   anyone reads; the owner raises it once, at death
//! 12    4    flags        the owner
//! 16    8    queue        the owner                   drained messages, oldest first
//! 24    8    aux          the owner                   nothing, one link, or a record
//! ```
//!
//! # References
//!
//! | handle | how many | what it allows |
//! |---|---|---|
//! | [`LocalPid`] | any | finding the header under an epoch guard; the atomics |
//! | [`RunEntry`] | at most one, and none while there is an [`Owned`] | becoming the owner |
//! | [`Owned`] | at most one | everything |
//! | [`Running`] | any, on the owner's thread, within the time of an `Owned` | the owner's fields, by whole operations |
//! | [`BodySlot`] | one, within a turn or a clearing | the body |
//!
//! # Access
//!
//! The owner's fields are plain cells: the mailbox word's `PARKED` bit makes ownership exclusive,
//! and its read-modify-writes carry what one owner wrote to the next. The body is reached only
//! through a [`BodySlot`], the header's fields only through a shared reference, so the code that a
//! body runs may use the header of its own process.
//!
//! # Arguments
//!
//! *Poll against kill.* A kill is an envelope; only the owner reads it, between two polls.
//!
//! *Wake after exit.* A waker is a name. After death the name finds another generation or a closed
//! mailbox.
//!
//! *A body does not move.* It lies in its slot from [`BodySlot::fill`] until it is dropped in place.
//!
//! *A waiting handler borrows the state.* The record that keeps it is dropped before the state, and
//! the state is not lent while there is one. See [`BodySlot::start`].
//!
//! *Panics in user code.* Every place that runs or drops a user's value leaves the cell consistent
//! when that panics.
//!
//! # Evidence
//!
//! `tests/loom_*.rs` for the words, each named in its file with the mutation that it was seen to fail
//! with; `tests.rs` beside this for bodies, handlers and drops; the whole test suite under the
//! address sanitizer.
#![expect(
    unsafe_code,
    reason = "the only owner of a process's raw cell; see Arguments"
)]

mod aux_word;
pub(crate) mod call_node;
pub(crate) mod envelope;
mod header;
mod life;
mod local_pid;
pub(crate) mod mailbox_word;
mod next_pointer;
mod nursery;
mod run_entry;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod waker;

pub(crate) use envelope::{Addressee, Deliver, Envelope, Queue, Reversal};
pub(crate) use header::{
    Bound, HANDLED_MAX, Refused, is_alive, notify, push, set_known, sight, walk,
};
pub(crate) use local_pid::LocalPid;
pub(crate) use mailbox_word::COUNT_MAX;
pub(crate) use nursery::{Heaps, Layout, Newborn, Nursery};
pub(crate) use run_entry::{
    Corpse, NextPlace, Owned, RunEntry, Running, current_pid, with_current,
};
pub(crate) use table::{Behaviour, BodySlot, Handler, Started, State, Turn};
