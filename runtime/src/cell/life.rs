//! How a name lives and dies: a slot's mailbox word and its generation, taken together.
//!
//! A name is a slot and a generation. A sender looks at the generation first and then works on the
//! mailbox word, and between the two the process may die; so the two are changed in an order in
//! which every view of them is harmless:
//!
//! ```text
//!             generation   mailbox
//!   alive     n            open         what was pushed last is drained by `end`
//!             n            closed       the name n is found, and all that is pushed is refused
//!   dead      n + 1        closed       the name n is refused
//!             ───── grace period: whoever saw n has gone ─────
//!             n + 1        open         nobody knows the name n + 1 but the one who makes it
//!   alive     n + 1        open
//! ```
//!
//! # Arguments
//!
//! *No envelope reaches a namesake.* What a sender pushes by the name `n` is pushed under the guard
//! that it saw the generation `n` under. The slot is not born again before that guard has gone, so
//! the push meets the mailbox of `n`: open, and the owner gets it, or closed.
//!
//! *Whoever finds a name finds its header written.* In a slot that is used again the generation is
//! raised at death, long before. It is the mailbox word that carries the rest: `begin` releases it,
//! and all that is done by a name begins with an acquiring access to the word.
//!
//! # Evidence
//!
//! `tests/loom_slot.rs`: `a_stale_name_reaches_no_namesake` fails without the grace period;
//! `a_name_is_found_with_its_header` fails with a relaxed store of the mailbox word;
//! `the_dead_lose_no_envelope` fails if `end` forgets what was pushed since the last drain.

use super::mailbox_word::MailboxWord;
use crate::primitive::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

/// Whether a slot of this generation has this name.
#[inline]
pub(crate) fn answers_to(generation: &AtomicU32, name: u32) -> bool {
    // Acquire: pairs with the Release of `begin`, for a slot that was never used before.
    generation.load(Acquire) == name
}

/// Begins the life of a name. Only for the owner of the slot, which nobody knows of yet.
pub(crate) fn begin(mailbox: &MailboxWord, generation: &AtomicU32, name: u32) {
    mailbox.open();
    generation.store(name, Release);
}

/// Ends the life of a name, at its owner's hands. Returns the newest envelope that was not drained,
/// or 0. `None`: it lives, as something has begun to refer to it since [`MailboxWord::take_known`].
#[must_use]
pub(crate) fn end(mailbox: &MailboxWord, generation: &AtomicU32) -> Option<usize> {
    let newest = mailbox.close()?;
    let next = generation.load(Relaxed) + 1;
    generation.store(next, Release);
    Some(newest)
}
