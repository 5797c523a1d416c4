//! Messages that came to a process of another kind than they were sent for: they are dropped.
//!
//! A call that was sent so is to fail with an error that names both kinds. The right to answer it
//! lies in the message and knows of neither, so while a stray is dropped, its thread keeps in mind
//! whom it was for and who has it.

use std::cell::Cell;

use super::step;
use crate::cell::{Envelope, Running};

/// A process was taken for one of another kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mistake {
    /// What the sender believed that the process runs.
    pub(crate) wanted: &'static str,
    /// What it runs.
    pub(crate) found: &'static str,
}

thread_local! {
    /// The mistake by which the message was sent that is being dropped on this thread.
    static DROPPING: Cell<Option<Mistake>> = const { Cell::new(None) };
}

/// The mistake because of which a message is being dropped, if one is.
pub(crate) fn mistake() -> Option<Mistake> {
    DROPPING.get()
}

/// Drops a message that this process does not take.
pub(crate) fn drop_stray(running: Running<'_>, message: Envelope) {
    drop_found((running.table().name)(), message);
}

/// As [`drop_stray`], of the process that runs.
#[cold]
pub(crate) fn drop_here(message: Envelope) {
    let found = step::current(|running| (running.table().name)());
    drop_found(found, message);
}

fn drop_found(found: &'static str, message: Envelope) {
    /// Puts back what was kept in mind before, also when the message's drop panics.
    struct Restore(Option<Mistake>);
    impl Drop for Restore {
        fn drop(&mut self) {
            DROPPING.set(self.0);
        }
    }
    let mistake = message.addressee().map(|wanted| Mistake { wanted, found });
    let _restore = Restore(DROPPING.replace(mistake));
    drop(message);
}
