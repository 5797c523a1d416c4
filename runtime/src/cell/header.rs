//! The 32 bytes that every process has, and how others find them.

use std::cell::Cell;
use std::panic::Location;
use std::ptr::NonNull;

use crossbeam_epoch::Guard;

use super::aux_word::AuxWord;
use super::envelope::{Envelope, Queue};
use super::life;
use super::local_pid::LocalPid;
use super::mailbox_word::{COUNT_MAX, MailboxWord, Push};
use super::run_entry::RunEntry;
use super::table::ProcessTable;
use crate::memory::page::{Kind, kind_of};
use crate::memory::{GENERATION_OFFSET, LINK_OFFSET, SlotAddress, SlotId, directory};
use crate::primitive::AtomicU32;

/// A process's header. See the access table in the room's front page.
#[repr(C)]
pub(super) struct Header {
    pub(super) mailbox: MailboxWord,
    pub(super) generation: AtomicU32,
    pub(super) flags: Cell<u32>,
    /// Messages that were drained and not yet read. The slot's link word while the slot is free.
    pub(super) queue: Queue,
    pub(super) aux: AuxWord,
}

const _: () = assert!(size_of::<Header>() == 32);
const _: () = assert!(std::mem::offset_of!(Header, generation) == GENERATION_OFFSET);
const _: () = assert!(std::mem::offset_of!(Header, queue) == LINK_OFFSET);

/// There is a body. The ten bits above it belong to the rooms above, see
/// [`Running::flag`](super::Running::flag), and those above them count messages.
pub(super) const FLAG_FILLED: u32 = 1;
/// How far up the flags of the rooms above begin.
pub(super) const FLAGS_ABOVE: u32 = 1;
/// How many there are.
pub(super) const FLAGS_ABOVE_COUNT: u32 = 10;
/// How far up the count of messages that the process has handled begins.
pub(super) const HANDLED_SHIFT: u32 = FLAGS_ABOVE + FLAGS_ABOVE_COUNT;
/// How many messages are counted before the count begins anew.
pub(crate) const HANDLED_MAX: u64 = 1 << (u32::BITS - HANDLED_SHIFT);

/// Why an envelope was not taken; it comes back.
#[derive(Debug)]
pub(crate) enum Refused {
    /// No process has this name.
    Dead(Envelope),
    /// The mailbox is full.
    Full(Envelope),
}

/// How full mailboxes of a process are dealt with: a number that the rooms above give meaning to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    /// The most messages that may wait.
    pub(crate) limit: u32,
    /// What then.
    pub(crate) policy: u8,
}

/// A process that was found by its name.
pub(super) struct Found<'g> {
    header: &'g Header,
    address: SlotAddress,
}

impl Found<'_> {
    /// # Safety
    ///
    /// The caller cleared `PARKED` of this process.
    unsafe fn entry(&self) -> RunEntry {
        // From the slot's address, not from the reference: an entry reaches the body too.
        // SAFETY: as the caller promises.
        unsafe { RunEntry::new(self.address.at.cast()) }
    }

    fn is_bounded(&self) -> bool {
        self.address.marked
    }
}

/// Finds a live process. What is found is good for as long as the guard.
#[inline]
pub(super) fn find(pid: LocalPid, _guard: &Guard) -> Option<Found<'_>> {
    let address = directory::look_up(pid.slot)?;
    // SAFETY: a slot of a published page is all zero or begins with a header, whose shared fields
    // are atomics and whose others are cells; the page stays what it is while the guard is held.
    let header = unsafe { address.at.cast::<Header>().as_ref() };
    life::answers_to(&header.generation, pid.generation).then_some(Found { header, address })
}

/// Sends an envelope. `Ok(Some(_))` hands over the duty to schedule the process.
///
/// # Errors
///
/// The envelope comes back if the process is dead or its mailbox full.
#[inline]
pub(crate) fn push(
    pid: LocalPid,
    envelope: Envelope,
    guard: &Guard,
) -> Result<Option<RunEntry>, Refused> {
    let Some(found) = find(pid, guard) else {
        return Err(Refused::Dead(envelope));
    };
    let signal = envelope.is_signal();
    let limit = if found.is_bounded() && !signal {
        bound_of(found.header).limit as usize
    } else {
        COUNT_MAX
    };
    let address = envelope.into_address();
    // SAFETY: until the push succeeds the envelope is ours.
    let link = |older| unsafe { Envelope::link_at(address, older) };
    match found.header.mailbox.push(address, signal, limit, link) {
        Push::Delivered => Ok(None),
        // SAFETY: the push cleared PARKED, so the right to run the process is ours.
        Push::Schedule => Ok(Some(unsafe { found.entry() })),
        Push::HandOver => {
            // SAFETY: the word did not take the envelope.
            if let Some(envelope) = unsafe { Envelope::from_address(address) } {
                // The owner's, which we are until the entry is given away.
                found.header.queue.push_back(envelope);
            }
            // SAFETY: as above.
            Ok(Some(unsafe { found.entry() }))
        }
        refusal => {
            // SAFETY: the push was refused, so the envelope is still ours.
            let envelope = unsafe { Envelope::from_address(address) };
            let envelope = envelope.unwrap_or_else(|| unreachable!("an address is not zero"));
            Err(if refusal == Push::Full {
                Refused::Full(envelope)
            } else {
                Refused::Dead(envelope)
            })
        }
    }
}

/// A waker fired. `Some` hands over the duty to schedule the process.
#[inline]
pub(crate) fn notify(pid: LocalPid, guard: &Guard) -> Option<RunEntry> {
    let found = find(pid, guard)?;
    // SAFETY: `notify` cleared PARKED, so the right to run the process is ours.
    found
        .header
        .mailbox
        .notify()
        .then(|| unsafe { found.entry() })
}

/// Notes that something outside the process refers to it, and is to be told of its death.
/// `false`: it is dead.
#[must_use]
pub(crate) fn set_known(pid: LocalPid, guard: &Guard) -> bool {
    find(pid, guard).is_some_and(|found| found.header.mailbox.set_known())
}

/// Whether a process has this name now.
pub(crate) fn is_alive(pid: LocalPid, guard: &Guard) -> bool {
    find(pid, guard).is_some_and(|found| !found.header.mailbox.is_closed())
}

/// What is known of a live process without asking it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    /// What is the same for all processes of its kind.
    pub(crate) table: &'static ProcessTable,
    /// The runtime that it belongs to.
    pub(crate) runtime: u32,
    /// Its mailbox's bound, if it has one.
    pub(crate) bound: Option<Bound>,
}

/// Looks at a live process.
pub(crate) fn sight(pid: LocalPid, guard: &Guard) -> Option<Sight> {
    let found = find(pid, guard)?;
    let header = found.header;
    if header.mailbox.is_closed() {
        return None;
    }
    Some(Sight {
        table: table_of(header),
        runtime: kind(header).runtime,
        bound: found.is_bounded().then(|| bound_of(header)),
    })
}

/// Visits every live process of a runtime in one page; returns the page to ask for next.
pub(crate) fn walk(
    page: u32,
    runtime: u32,
    _guard: &Guard,
    visit: &mut dyn FnMut(LocalPid, bool),
) -> Option<u32> {
    crate::memory::page::walk_page(page, runtime, &mut |slot, generation, at| {
        // SAFETY: as in `find`; the generation is not zero, so the header was written.
        let header = unsafe { at.cast::<Header>().as_ref() };
        if !header.mailbox.is_closed() {
            visit(LocalPid { slot, generation }, header.mailbox.is_parked());
        }
    })
}

pub(super) fn kind(header: &Header) -> &Kind {
    // SAFETY: headers lie in slots of published pages.
    unsafe { kind_of(NonNull::from(header).cast()) }
}

pub(super) fn table_of(header: &Header) -> &'static ProcessTable {
    let table = std::ptr::with_exposed_provenance::<ProcessTable>(kind(header).table);
    // SAFETY: the kind of a process page holds the address of its static table.
    unsafe { &*table }
}

/// Where in the program processes of this kind are made.
pub(super) fn place_of(header: &Header) -> Option<&'static Location<'static>> {
    let place = std::ptr::with_exposed_provenance::<Location<'static>>(kind(header).place);
    // SAFETY: the kind of a process page holds the address of a static location, or zero.
    unsafe { place.as_ref() }
}

fn bound_of(header: &Header) -> Bound {
    let kind = kind(header);
    Bound {
        limit: kind.limit,
        policy: kind.policy,
    }
}

impl Header {
    /// The slot that the header lies in.
    #[inline]
    pub(super) fn slot(&self) -> SlotId {
        let at = NonNull::from(self).cast();
        // SAFETY: headers lie in slots of published pages.
        unsafe { directory::slot_at(at) }
    }
}
