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
        self.record().and_then(|record| record.link)
    }

    /// Keeps this link, or none, from now on.
    pub(super) fn set_link(&self, link: Option<LocalPid>) {
        match self.record() {
            Some(record) => record.link = link,
            None => self.0.set(word_of(link)),
        }
    }

    /// Whether there is neither a link nor a record.
    pub(super) fn is_empty(&self) -> bool {
        self.0.get() == 0
    }

    /// What the rooms above keep, taken out for the time of the closure. A nested call finds
    /// nothing. The record goes away if it holds nothing afterwards.
    pub(super) fn with_above<R>(&self, f: impl FnOnce(&mut Option<Box<dyn Any + Send>>) -> R) -> R {
        let mut above = self.record().and_then(|record| record.above.take());
        let result = f(&mut above);
        match above {
            Some(above) => self.record_or_new(|record| {
                debug_assert!(
                    record.above.is_none(),
                    "a nested call kept something of its own"
                );
                record.above = Some(above);
            }),
            None => self.shrink(),
        }
        result
    }

    /// Takes the handler that waits. The record stays for a while, for it may come back.
    pub(super) fn take_pending(&self) -> Option<Pending> {
        self.record().and_then(|record| record.pending.take())
    }

    pub(super) fn set_pending(&self, pending: Pending) {
        self.record_or_new(|record| record.pending = Some(pending));
    }

    pub(super) fn has_pending(&self) -> bool {
        self.record().is_some_and(|record| record.pending.is_some())
    }

    fn record(&self) -> Option<&mut Record> {
        let word = self.0.get();
        if word == 0 || word & LINK != 0 {
            return None;
        }
        // SAFETY: an untagged word is the address of a record that this word owns. Only the owner
        // of the process calls this, and no reference outlives the calling function here, none of
        // which calls out while it holds one.
        Some(unsafe { &mut *std::ptr::with_exposed_provenance_mut::<Record>(word) })
    }

    fn record_or_new(&self, f: impl FnOnce(&mut Record)) {
        if let Some(record) = self.record() {
            f(record);
            return;
        }
        let mut record = Box::new(Record {
            link: self.link(),
            ..Record::default()
        });
        f(&mut record);
        self.0.set(Box::into_raw(record).expose_provenance());
    }

    /// Frees a record that holds no more than a link.
    pub(super) fn shrink(&self) {
        let Some(record) = self.record() else { return };
        if record.pending.is_some() || record.above.is_some() {
            return;
        }
        let link = record.link;
        let word = self.0.replace(word_of(link));
        // SAFETY: the word was the address of a record, which nobody else refers to.
        drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<Record>(word)) });
    }
}

fn word_of(link: Option<LocalPid>) -> usize {
    link.map_or(0, |pid| (pid.to_bits() << 2) as usize | LINK)
}
