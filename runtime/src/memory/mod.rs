//! Where processes and envelopes live. Unsafe room 1.
//!
//! This room hands out memory and knows nothing of what is kept in it: it never says *message*,
//! *signal* or *exit*. It has two kinds of memory, and a lock for what lies in it.
//!
//! * **Slots** ([`page`]) hold one process each. They live in pages of 64 KiB that hold slots of one
//!   kind only, so the kind's description stands once in the page's header and costs a slot nothing.
//!   A slot is named by a [`SlotId`], 32 bits of page and slot number; [`directory`] turns one into
//!   an address with one load.
//! * **Blocks** ([`block_pool`]) hold one envelope (or one pending handler) each. They come from
//!   five size classes through magazines that belong to a thread, with a shared depot behind them.
//!
//! * **Biased locks** ([`biased_lock`]) guard tables that are looked at far more often than changed:
//!   [`bias`] is how readers do without the lock, [`barrier`] what that rests on.
//!
//! # Representation
//!
//! A page is `[ PageHeader | slot 0 | slot 1 | … ]`. The first 24 bytes of every slot are laid out
//! as the [cell's header](crate::cell::header) says; this room touches two of them: the generation
//! (at [`GENERATION_OFFSET`]) and the link word (at [`LINK_OFFSET`]), through which free slots are
//! threaded.
//!
//! # References
//!
//! A [`SlotAddress`] found by look-up is good for as long as the epoch guard that it was found
//! under. A slot that is handed out by [`Heap::take`](page::Heap) belongs to the caller alone until
//! it publishes the slot's name.
//!
//! # Access
//!
//! | what | who | when |
//! |---|---|---|
//! | directory entry | anyone reads; its heap writes | written when a page is born, cleared when it is given up |
//! | page header: kind, number | anyone reads; its heap writes | written before the page is published |
//! | page header: lists and counts | the heap | under the heap's lock |
//! | a slot's generation | anyone reads | raised by the slot's owner at its death; set by the heap in a fresh slot |
//! | a slot's link word | the slot's owner; the heap | the heap only while the slot is free |
//!
//! # Arguments
//!
//! *A name never leads to memory of another kind.* A page changes its kind only after its directory
//! entry was cleared and an epoch grace period has passed, so nobody still holds the old entry; its
//! generations go on above all that were ever used in it, so an old name does not match a new slot.
//!
//! *A slot is not born again under a sender's hands.* Dead slots go back through
//! [`Heap::retire`](page::Heap::retire), which waits for a grace period; a sender looks up and
//! pushes under one guard.
//!
//! *A generation is never used twice.* At [`GENERATION_LAST`] the slot is retired for good.
//!
//! *Nobody reads under a biased lock what is being written.* A reader shows itself before it looks
//! for the bias, a writer takes the bias away before it looks for readers, and there is a barrier
//! between on both sides: at least one sees the other. See [`bias`] for the orders.
//!
//! # Evidence
//!
//! In `tests.rs`: `a_slot_is_not_born_again_under_a_guard` fails if `flush` does not wait for a grace
//! period, `pages_go_back_and_come_again` if a page that comes again begins with its first
//! generation; `stale_names_never_match`; `block_pool::tests`. The loom model
//! `a_stale_name_reaches_no_namesake` of rebirth under a stale name fails without the grace period.
//! The models of `loom_bias.rs` fail without
//! either barrier, and with any of the bias's releases and acquires weakened.
//! The whole test suite runs under the address sanitizer, for which the pool hands every block back
//! at once and free slots are poisoned.
#![expect(
    unsafe_code,
    reason = "the only owner of process pages and envelope blocks; see Arguments"
)]

pub(crate) mod barrier;
pub(crate) mod bias;
#[cfg(not(regrow_loom))]
pub mod biased_lock;
pub(crate) mod block_pool;
pub(crate) mod directory;
pub(crate) mod page;
mod poison;
#[cfg(test)]
mod tests;

#[cfg(not(regrow_loom))]
pub(crate) use directory::SlotAddress;
pub(crate) use directory::SlotId;

/// Where in a slot its generation stands.
pub(crate) const GENERATION_OFFSET: usize = 8;
/// Where in a slot its link word stands.
pub(crate) const LINK_OFFSET: usize = 16;
/// The highest generation: pids have thirty bits for it.
pub(crate) const GENERATION_LAST: u32 = (1 << 30) - 1;
