//! The last word of the header: nothing, one link, or a record of everything that most processes
//! never have.
//!
//! ```text
//! 0            nothing
//! pid << 2 | 1 exactly one link: the pid's 62 bits
//! address      a boxed `Record`
//! ```
//!
//! The common process, a supervised child, is linked to its parent and to nobody else, so that
//! one link costs no memory of its own. The record has three parts: that link, the handler that is
//! waiting, if the process is a server with an `async` handler under way, and whatever the rooms
//! above keep for a process. A record that holds no more than a link is freed.

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use super::local_pid::LocalPid;

const LINK: usize = 1;

/// A handler that has not finished. It borrows the state of the process that it is kept for.
pub(super) type Pending = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Record {
    link: Option<LocalPid>,
    pending: Option<Pending>,
    above: Option<Box<dyn Any + Send>>,
}

/// See the module's head.
#[derive(Default)]
pub(super) struct AuxWord(Cell<usize>);

impl AuxWord {
    /// The link that is kept here.
    pub(super) fn link(&self) -> Option<LocalPid> {
        let word = self.0.get();
        if word & LINK != 0 {
            return Some(LocalPid::from_bits(word as u64 >> 2));
        }
        self.if_record(|record| record.link).flatten()
    }

    /// Keeps this link, or none, from now on.
    pub(super) fn set_link(&self, link: Option<LocalPid>) {
        if self.if_record(|record| record.link = link).is_none() {
            self.0.set(word_of(link));
        }
    }

    /// Whether there is neither a link nor a record.
    pub(super) fn is_empty(&self) -> bool {
        self.0.get() == 0
    }

    /// What the rooms above keep, taken out for the time of the closure. A nested call finds
    /// nothing. The record goes away if it holds nothing afterwards.
    pub(super) fn with_above<R>(&self, f: impl FnOnce(&mut Option<Box<dyn Any + Send>>) -> R) -> R {
        let mut above = self.if_record(|record| record.above.take()).flatten();
        let result = f(&mut above);
        match above {
            Some(above) => {
                let nested = self.with_record(|record| record.above.replace(above));
                debug_assert!(nested.is_none(), "a nested call kept something of its own");
            }
            None => self.shrink(),
        }
        result
    }

    /// Takes the handler that waits. The record stays for a while, for it may come back.
    pub(super) fn take_pending(&self) -> Option<Pending> {
        self.if_record(|record| record.pending.take()).flatten()
    }

    /// Keeps a handler that waits. Returns the one that was kept, if any.
    #[must_use]
    pub(super) fn set_pending(&self, pending: Pending) -> Option<Pending> {
        self.with_record(|record| record.pending.replace(pending))
    }

    pub(super) fn has_pending(&self) -> bool {
        self.if_record(|record| record.pending.is_some()) == Some(true)
    }

    /// Calls `f` with the record, if there is one. `f` moves values in and out and does nothing
    /// else: it drops none, and calls nothing that might come here again.
    fn if_record<R>(&self, f: impl FnOnce(&mut Record) -> R) -> Option<R> {
        let word = self.0.get();
        if word == 0 || word & LINK != 0 {
            return None;
        }
        // SAFETY: an untagged word is the address of a record that this word owns. Only the owner
        // of the process calls this, and no two references are there at once, for `f` in this file
        // does not come here again.
        Some(f(unsafe {
            &mut *std::ptr::with_exposed_provenance_mut::<Record>(word)
        }))
    }

    /// As [`if_record`](Self::if_record), with a new record if there is none.
    fn with_record<R>(&self, f: impl FnOnce(&mut Record) -> R) -> R {
        let word = self.0.get();
        if word == 0 || word & LINK != 0 {
            let record = Box::new(Record {
                link: self.link(),
                ..Record::default()
            });
            self.0.set(Box::into_raw(record).expose_provenance());
        }
        self.if_record(f)
            .unwrap_or_else(|| unreachable!("there is a record now"))
    }

    /// Frees a record that holds no more than a link.
    pub(super) fn shrink(&self) {
        let link = self.if_record(|record| {
            let is_needed = record.pending.is_some() || record.above.is_some();
            (!is_needed).then_some(record.link)
        });
        let Some(Some(link)) = link else { return };
        let word = self.0.replace(word_of(link));
        // SAFETY: the word was the address of a record, which nobody else refers to.
        drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<Record>(word)) });
    }
}

fn word_of(link: Option<LocalPid>) -> usize {
    link.map_or(0, |pid| (pid.to_bits() << 2) as usize | LINK)
}
