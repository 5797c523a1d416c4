//! The right to run one process: what run queues hold.
//!
//! There is at most one [`RunEntry`] or [`Owned`] per process at any time. An entry comes from
//! whoever cleared `PARKED`; taking ownership turns it into an [`Owned`], and parking or requeueing
//! ends that. A process that is not parked cannot be freed by anybody but its owner, so an entry
//! needs no count.

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

use super::envelope::{Queue, Reversal};
use super::header::{
    Bound, FLAGS_ABOVE, FLAGS_ABOVE_COUNT, HANDLED_SHIFT, Header, kind, place_of, table_of,
};
use super::life;
use super::local_pid::LocalPid;
use super::mailbox_word::Park;
use super::next_pointer::NextPointer;
use super::table::{ProcessTable, Turn};
use crate::memory::page::Kind;

/// See the module's head.
#[must_use = "a process that was woken must be scheduled"]
pub(crate) struct RunEntry(NonNull<Header>);

// SAFETY: an entry is the sole right to touch the process, whose body is `Send`; it may be used on
// any thread.
unsafe impl Send for RunEntry {}

impl RunEntry {
    /// # Safety
    ///
    /// The caller cleared `PARKED` of this header, or made the process.
    pub(super) unsafe fn new(header: NonNull<Header>) -> RunEntry {
        RunEntry(header)
    }

    /// Takes the process over, to run it.
    #[inline]
    pub(crate) fn own(self) -> Owned {
        Owned {
            header: self.into_header(),
            not_send: PhantomData,
        }
    }

    /// Gives the right up, to be kept as an address.
    #[inline]
    fn into_header(self) -> NonNull<Header> {
        self.0
    }

    /// The runtime that the process belongs to.
    pub(crate) fn runtime(&self) -> u32 {
        // SAFETY: the process is this entry's to touch.
        kind(unsafe { self.0.as_ref() }).runtime
    }

    /// The process's name.
    pub(crate) fn pid(&self) -> LocalPid {
        // SAFETY: the process is this entry's to touch.
        pid_of(unsafe { self.0.as_ref() })
    }

    /// The flags of the rooms above.
    #[inline]
    pub(crate) fn flags(&self) -> u32 {
        // SAFETY: the process is this entry's to touch.
        above(unsafe { self.0.as_ref() }.flags.get())
    }
}

impl std::fmt::Debug for RunEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunEntry({:?})", self.pid())
    }
}

/// The place for the process to run next: one entry, or none.
#[derive(Debug)]
pub(crate) struct NextPlace(NextPointer<Header>);

impl NextPlace {
    pub(crate) fn new() -> NextPlace {
        NextPlace(NextPointer::new())
    }

    /// Takes the entry out.
    #[inline]
    pub(crate) fn take(&self) -> Option<RunEntry> {
        self.0.take().map(RunEntry)
    }

    /// Puts an entry in and returns the one that was there. Only for the owner of the place: an
    /// entry that anybody else puts in may get lost, and its process never run.
    #[inline]
    pub(crate) fn replace(&self, entry: RunEntry) -> Option<RunEntry> {
        self.0.replace(entry.into_header()).map(RunEntry)
    }

    /// Whether it holds no entry, as far as this thread can see.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The flags of the rooms above.
#[inline]
fn above(flags: u32) -> u32 {
    flags >> FLAGS_ABOVE & ((1 << FLAGS_ABOVE_COUNT) - 1)
}

fn pid_of(header: &Header) -> LocalPid {
    LocalPid {
        slot: header.slot(),
        generation: header.generation.load(Relaxed),
    }
}

thread_local! {
    /// The process that runs on this thread now.
    static CURRENT: Cell<Option<NonNull<Header>>> = const { Cell::new(None) };
}

/// A process that this thread runs.
pub(crate) struct Owned {
    header: NonNull<Header>,
    not_send: PhantomData<*const ()>,
}

/// What may be done with the process that runs: everything that touches only its own words.
#[derive(Clone, Copy)]
pub(crate) struct Running<'a> {
    header: &'a Header,
    not_send: PhantomData<*const ()>,
}

/// The slot of a process that has ended, to be buried.
#[derive(Debug)]
pub(crate) struct Corpse {
    pid: LocalPid,
    kind: Kind,
}

impl Corpse {
    /// The name that the process had.
    pub(crate) fn pid(&self) -> LocalPid {
        self.pid
    }

    /// Ends the corpse: the slot's name and kind, to be given back once.
    #[inline]
    pub(super) fn into_parts(self) -> (LocalPid, Kind) {
        (self.pid, self.kind)
    }
}

/// Sets the process that runs back when it goes out of scope.
struct Restore(Option<NonNull<Header>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Calls `f` with the process that runs on this thread. `None` if none does.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(Running<'_>) -> R) -> Option<R> {
    let header = CURRENT.get()?;
    // SAFETY: the process is owned by this thread for as long as it is the current one; `Running`
    // hands out no reference to anything that outlives one of its methods.
    let header = unsafe { header.as_ref() };
    Some(f(Running {
        header,
        not_send: PhantomData,
    }))
}

/// The name of the process that runs on this thread.
#[inline]
pub(crate) fn current_pid() -> Option<LocalPid> {
    let header = CURRENT.get()?;
    // SAFETY: the process is owned by this thread for as long as it is the current one.
    Some(pid_of(unsafe { header.as_ref() }))
}

impl Owned {
    fn header(&self) -> &Header {
        // SAFETY: the process is there for as long as it is owned.
        unsafe { self.header.as_ref() }
    }

    /// The view of a running process.
    #[inline]
    pub(crate) fn running(&self) -> Running<'_> {
        Running {
            header: self.header(),
            not_send: PhantomData,
        }
    }

    /// Calls `f` with this as the process that runs on this thread.
    #[inline]
    pub(crate) fn enter<R>(&mut self, f: impl FnOnce(&mut Owned) -> R) -> R {
        let restore = Restore(CURRENT.replace(Some(self.header)));
        let result = f(self);
        drop(restore);
        result
    }

    /// Lets the body have its turn.
    #[inline]
    pub(crate) fn turn(&mut self) -> Turn {
        let table = table_of(self.header());
        // SAFETY: the process is owned, and of its page's kind; `self` is borrowed for the time of
        // the turn, so the body is lent once.
        unsafe { table.turn(self.header) }
    }

    /// Drops the body.
    pub(crate) fn clear_body(&mut self) {
        let table = table_of(self.header());
        // SAFETY: as for `turn`.
        unsafe { table.clear(self.header) };
    }

    /// Lets the process wait for anything at all, unless something came in.
    ///
    /// # Errors
    ///
    /// Something came in: the process is still owned.
    #[inline]
    pub(crate) fn park(self, consumed: isize, empty: bool) -> Result<(), Owned> {
        match self.header().mailbox.transition_to_parked(consumed, empty) {
            Park::Parked => Ok(()),
            Park::Changed => Err(self),
        }
    }

    /// Lets the process wait for a signal or a waker, unless one came in.
    ///
    /// # Errors
    ///
    /// Something came in: the process is still owned.
    #[inline]
    pub(crate) fn park_deaf(self, consumed: isize) -> Result<(), Owned> {
        match self.header().mailbox.transition_to_deaf(consumed) {
            Park::Parked => Ok(()),
            Park::Changed => Err(self),
        }
    }

    /// Gives the process up with more to do.
    #[inline]
    pub(crate) fn requeue(self, consumed: isize) -> RunEntry {
        if consumed != 0 {
            self.header().mailbox.forget(consumed);
        }
        RunEntry(self.header)
    }

    /// Whether something outside refers to the process; asking resets it.
    pub(crate) fn take_known(&self) -> bool {
        self.header().mailbox.take_known()
    }

    /// Closes the mailbox for good: the moment of death. What nobody drained comes back. `None`: the
    /// process became known since [`take_known`](Self::take_known), and is not dead.
    pub(crate) fn close(&self) -> Option<Reversal> {
        let header = self.header();
        let newest = life::end(&header.mailbox, &header.generation)?;
        // SAFETY: the list came from the mailbox word and is handed over.
        Some(unsafe { Reversal::new(newest) })
    }

    /// The end: only the slot is left. The mailbox is closed, the body dropped, nothing kept.
    pub(crate) fn end(self) -> Corpse {
        let header = self.header();
        assert!(
            header.mailbox.is_closed(),
            "a process is closed before it is buried"
        );
        assert!(header.queue.is_empty(), "a buried process has no messages");
        header.aux.set_link(None);
        assert!(header.aux.is_empty(), "a buried process keeps nothing");
        let generation = header.generation.load(Relaxed) - 1;
        Corpse {
            pid: LocalPid {
                slot: header.slot(),
                generation,
            },
            kind: *kind(header),
        }
    }
}

impl<'a> Running<'a> {
    /// The process's name. Not after [`Owned::close`], which ends it.
    #[inline]
    pub(crate) fn pid(self) -> LocalPid {
        pid_of(self.header)
    }

    /// What is the same for all processes of its kind.
    pub(crate) fn table(self) -> &'static ProcessTable {
        table_of(self.header)
    }

    /// The bound of its mailbox.
    pub(crate) fn bound(self) -> Option<Bound> {
        let kind = kind(self.header);
        kind.marked.then_some(Bound {
            limit: kind.limit,
            policy: kind.policy,
        })
    }

    /// One of the ten flags that belong to the rooms above.
    #[inline]
    pub(crate) fn flag(self, flag: u32) -> bool {
        self.header.flags.get() & (flag << FLAGS_ABOVE) != 0
    }

    /// Sets one of those flags; returns what it was.
    pub(crate) fn set_flag(self, flag: u32, on: bool) -> bool {
        let flags = &self.header.flags;
        let old = self.flag(flag);
        let bit = flag << FLAGS_ABOVE;
        flags.set(if on {
            flags.get() | bit
        } else {
            flags.get() & !bit
        });
        old
    }

    /// Counts a message that the process has handled. `false`: the count is full, and began anew.
    #[inline]
    pub(crate) fn count_handled(self) -> bool {
        let flags = self.header.flags.get();
        let (counted, full) = flags.overflowing_add(1 << HANDLED_SHIFT);
        self.header.flags.set(counted);
        !full
    }

    /// Messages that were counted since the count last began.
    pub(crate) fn handled(self) -> u64 {
        u64::from(self.header.flags.get() >> HANDLED_SHIFT)
    }

    /// Where in the program processes of its kind are made.
    pub(crate) fn place(self) -> Option<&'static Location<'static>> {
        place_of(self.header)
    }

    /// All of those flags.
    pub(crate) fn flags(self) -> u32 {
        above(self.header.flags.get())
    }

    /// Messages that were drained and not yet read. Borrowed for one use: nothing keeps it.
    #[inline]
    pub(crate) fn queue(self) -> &'a Queue {
        &self.header.queue
    }

    /// Whether anything came in since the last drain.
    #[inline]
    pub(crate) fn has_news(self) -> bool {
        self.header.mailbox.has_news()
    }

    /// Takes what came in, newest first. The flag says whether a signal is among it.
    #[inline]
    pub(crate) fn drain(self) -> (Reversal, bool) {
        let drained = self.header.mailbox.drain();
        // SAFETY: the list came from the mailbox word and is handed over.
        (unsafe { Reversal::new(drained.newest) }, drained.signals)
    }

    /// Messages pushed and not yet taken off the count.
    pub(crate) fn count(self) -> usize {
        self.header.mailbox.count()
    }

    /// Takes messages that were read off the count.
    pub(crate) fn forget(self, consumed: isize) {
        if consumed != 0 {
            self.header.mailbox.forget(consumed);
        }
    }

    /// The one link that is kept without a record.
    #[inline]
    pub(crate) fn link(self) -> Option<LocalPid> {
        self.header.aux.link()
    }

    /// Keeps one link, or none.
    #[inline]
    pub(crate) fn set_link(self, link: Option<LocalPid>) {
        self.header.aux.set_link(link);
    }

    /// Whether nothing is kept for the process: no link, no record.
    #[inline]
    pub(crate) fn keeps_nothing(self) -> bool {
        self.header.aux.is_empty()
    }

    /// What the rooms above keep for the process, taken out for the time of the closure: a nested
    /// call finds `None`.
    #[inline]
    pub(crate) fn with_kept<R>(self, f: impl FnOnce(&mut Option<Box<dyn Any + Send>>) -> R) -> R {
        self.header.aux.with_above(f)
    }
}

impl std::fmt::Debug for Running<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("pid", &self.pid())
            .field("mailbox", &self.header.mailbox)
            .finish_non_exhaustive()
    }
}
