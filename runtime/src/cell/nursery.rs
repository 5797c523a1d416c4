//! Birth and burial: from an empty slot to a process, and back.

use std::collections::HashMap;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

use parking_lot::RwLock;

use super::aux_word::AuxWord;
use super::envelope::{Envelope, Queue};
use super::header::{Bound, FLAGS_ABOVE_COUNT, Header};
use super::life;
use super::local_pid::LocalPid;
use super::run_entry::{Corpse, Owned, RunEntry};
use super::table::{Behaviour, BodySlot, TableOf, body_offset};
use crate::memory::page::{EmptySlot, Heap, Kind, OutOfPages, SlotCache};

/// The heaps of one runtime, by kind.
#[derive(Debug)]
pub(crate) struct Heaps {
    runtime: u32,
    by_kind: RwLock<HashMap<Kind, Arc<Heap>>>,
}

impl Heaps {
    pub(crate) fn new(runtime: u32) -> Arc<Heaps> {
        Arc::new(Heaps {
            runtime,
            by_kind: RwLock::default(),
        })
    }

    fn heap(&self, kind: Kind) -> Arc<Heap> {
        if let Some(heap) = self.by_kind.read().get(&kind) {
            return Arc::clone(heap);
        }
        Arc::clone(
            self.by_kind
                .write()
                .entry(kind)
                .or_insert_with(|| Heap::new(kind)),
        )
    }
}

/// Slots of a heap that one thread has to hand.
#[derive(Debug)]
struct Cradle {
    heap: Arc<Heap>,
    cache: SlotCache,
}

/// How many kinds are found without hashing.
const NEAR: usize = 16;

/// Where one thread gets its slots.
#[derive(Debug)]
pub(crate) struct Nursery {
    heaps: Arc<Heaps>,
    cradles: Vec<Cradle>,
    by_kind: HashMap<Kind, usize, foldhash::fast::FixedState>,
    near: [Option<(Kind, usize)>; NEAR],
}

/// How the slots of a process's kind are laid out, beyond what its body asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// The least alignment of the slot; 64 keeps two hot processes off one cache line.
    pub(crate) align: usize,
    /// The bound of the mailbox.
    pub(crate) bound: Option<Bound>,
    /// Where in the program it is made.
    pub(crate) place: Option<&'static Location<'static>>,
}

/// A process that nobody knows of yet.
#[must_use = "a process is born by being published"]
pub(crate) struct Newborn {
    owned: Owned,
    header: NonNull<Header>,
    generation: u32,
    pid: LocalPid,
}

impl Nursery {
    pub(crate) fn new(heaps: Arc<Heaps>) -> Nursery {
        Nursery {
            heaps,
            cradles: Vec::new(),
            by_kind: HashMap::default(),
            near: [None; NEAR],
        }
    }

    fn kind_of<B: Behaviour>(&self, layout: Layout) -> Kind {
        // Not at compile time: the code that spawns a body as it lies is also made for bodies that
        // are boxed instead, and never run for those.
        let align = layout.align.max(align_of::<B::Body>()).max(8);
        assert!(
            align.is_power_of_two() && align <= 64,
            "a slot's alignment is at most 64"
        );
        let size = body_offset::<B::Body>() + size_of::<B::Body>();
        let table: *const _ = TableOf::<B>::TABLE;
        Kind {
            stride: size.next_multiple_of(align),
            table: table.expose_provenance(),
            runtime: self.heaps.runtime,
            marked: layout.bound.is_some(),
            limit: layout.bound.map_or(0, |bound| bound.limit),
            policy: layout.bound.map_or(0, |bound| bound.policy),
            place: layout
                .place
                .map_or(0, |place| std::ptr::from_ref(place).expose_provenance()),
        }
    }

    fn cradle(&mut self, kind: &Kind) -> &mut Cradle {
        let near = (kind.table >> 4) % NEAR;
        if let Some((there, index)) = &self.near[near]
            && there == kind
        {
            return &mut self.cradles[*index];
        }
        let index = if let Some(&index) = self.by_kind.get(kind) {
            index
        } else {
            let cradle = Cradle {
                heap: self.heaps.heap(*kind),
                cache: SlotCache::default(),
            };
            self.cradles.push(cradle);
            self.by_kind.insert(*kind, self.cradles.len() - 1);
            self.cradles.len() - 1
        };
        self.near[near] = Some((*kind, index));
        &mut self.cradles[index]
    }

    /// Makes a process that nobody knows of yet, with its body or still without.
    ///
    /// # Errors
    ///
    /// All address space for pages is used.
    #[inline]
    pub(crate) fn bear<B: Behaviour>(
        &mut self,
        layout: Layout,
        body: Option<B::Body>,
    ) -> Result<Newborn, OutOfPages> {
        let kind = self.kind_of::<B>(layout);
        let Cradle { heap, cache } = self.cradle(&kind);
        let EmptySlot { id, at, generation } = heap.take(cache)?;
        let header = at.cast::<Header>();
        // Field by field: others may be reading the generation through an old name, and a stale
        // sender the mailbox, which says closed, or nothing in a slot that was never used.
        // SAFETY: the slot is ours, long enough, and eight-aligned.
        let flags = unsafe { &raw mut (*header.as_ptr()).flags };
        // SAFETY: as above.
        let queue = unsafe { &raw mut (*header.as_ptr()).queue };
        // SAFETY: as above.
        let aux = unsafe { &raw mut (*header.as_ptr()).aux };
        // SAFETY: the field is the owner's alone.
        unsafe { flags.write(0.into()) };
        // SAFETY: as for the flags.
        unsafe { queue.write(Queue::default()) };
        // SAFETY: as for the flags.
        unsafe { aux.write(AuxWord::default()) };
        if let Some(body) = body {
            // SAFETY: the slot is of this kind and ours.
            unsafe { BodySlot::<B::Body>::new(header) }.fill(body);
        }
        // SAFETY: the process is nobody else's.
        let owned = unsafe { RunEntry::new(header) }.own();
        Ok(Newborn {
            owned,
            header,
            generation,
            pid: LocalPid {
                slot: id,
                generation,
            },
        })
    }

    /// Takes the slot of a dead process back.
    #[inline]
    pub(crate) fn bury(&mut self, corpse: Corpse) {
        let (pid, kind) = corpse.into_parts();
        assert!(
            kind.runtime == self.heaps.runtime,
            "a slot goes back to its own heap"
        );
        let Cradle { heap, cache } = self.cradle(&kind);
        // SAFETY: a corpse is made once per process, by its owner, after its death.
        unsafe { heap.retire(cache, pid.slot) };
    }

    /// Hands retired slots back, so that a trickle of deaths is recycled too.
    pub(crate) fn flush(&mut self) {
        for Cradle { heap, cache } in &mut self.cradles {
            heap.flush(cache);
        }
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        for Cradle { heap, cache } in &mut self.cradles {
            heap.close(cache);
        }
    }
}

impl Newborn {
    /// The name that it will have.
    pub(crate) fn pid(&self) -> LocalPid {
        self.pid
    }

    /// The one link that it begins with.
    pub(crate) fn set_link(&self, link: LocalPid) {
        self.owned.running().set_link(Some(link));
    }

    /// Flags of the rooms above that it begins with.
    pub(crate) fn set_flags(&self, flags: u32) {
        let all = &self.owned.running();
        debug_assert!(flags >> FLAGS_ABOVE_COUNT == 0);
        for bit in (0..FLAGS_ABOVE_COUNT)
            .map(|shift| 1 << shift)
            .filter(|bit| flags & bit != 0)
        {
            all.set_flag(bit, true);
        }
    }

    /// Puts a first message into its mailbox.
    pub(crate) fn put(&self, message: Envelope) {
        self.owned.running().queue().push_back(message);
    }

    /// What the rooms above keep for it.
    pub(crate) fn keep(&self, kept: Box<dyn std::any::Any + Send>) {
        self.owned.running().with_kept(|slot| *slot = Some(kept));
    }

    /// Lets others know of it, and hands over the right to run it.
    #[inline]
    pub(crate) fn publish(self) -> (LocalPid, RunEntry) {
        // SAFETY: the header is written; stale senders may look at it too, but only at the atomics.
        let header = unsafe { self.header.as_ref() };
        life::begin(&header.mailbox, &header.generation, self.generation);
        // SAFETY: the process was made runnable, and nobody else has its entry.
        (self.pid, unsafe { RunEntry::new(self.header) })
    }
}

impl std::fmt::Debug for Newborn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Newborn({:?})", self.pid)
    }
}
