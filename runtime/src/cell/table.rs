//! What is the same for all processes of one kind, and the body that lies behind the header.

use std::any::TypeId;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::aux_word::Pending;
use super::header::{FLAG_FILLED, Header};
use crate::primitive::unwind::quietly;

/// What a turn of a process came to.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It waits; whether for messages too, the rooms above know.
    Waiting,
    /// It has more to do.
    Yield,
    /// It has ended, for the reason that was noted.
    Ended,
}

/// A kind of process: what lies in its slot and what a turn does with it.
pub(crate) trait Behaviour: Sized + 'static {
    /// What lies in the slot.
    type Body: Send + 'static;
    /// Of which type the process is, for who wants a typed reference.
    type Identity: 'static;

    /// Lets the process do what it has to do, within its budget.
    fn turn(body: &mut BodySlot<'_, Self::Body>) -> Turn;

    /// What people are told that the process runs.
    fn name() -> &'static str {
        std::any::type_name::<Self::Body>()
    }
}

/// The functions and facts of a kind. One static per [`Behaviour`].
#[derive(Debug)]
pub(crate) struct ProcessTable {
    turn: unsafe fn(NonNull<Header>) -> Turn,
    clear: unsafe fn(NonNull<Header>),
    /// See [`Behaviour::Identity`].
    pub(crate) identity: TypeId,
    /// See [`Behaviour::name`].
    pub(crate) name: fn() -> &'static str,
    /// Bytes of the body.
    pub(crate) size: usize,
}

/// The table of a kind. An associated constant, because a `static` in a generic function would be
/// one for all kinds.
pub(super) struct TableOf<B>(PhantomData<B>);

impl<B: Behaviour> TableOf<B> {
    pub(super) const TABLE: &'static ProcessTable = &ProcessTable {
        turn: turn::<B>,
        clear: clear::<B>,
        identity: TypeId::of::<B::Identity>(),
        name: B::name,
        size: size_of::<B::Body>(),
    };
}

/// # Safety
///
/// The header is of a process of kind `B` that the caller owns.
unsafe fn turn<B: Behaviour>(header: NonNull<Header>) -> Turn {
    // SAFETY: as the caller promises.
    B::turn(&mut unsafe { BodySlot::<B::Body>::new(header) })
}

/// # Safety
///
/// The header is of a process of kind `B` that the caller owns.
unsafe fn clear<B: Behaviour>(header: NonNull<Header>) {
    // SAFETY: as the caller promises.
    unsafe { BodySlot::<B::Body>::new(header) }.clear();
}

impl ProcessTable {
    /// # Safety
    ///
    /// The header is of a process of this table's kind that the caller owns.
    pub(super) unsafe fn turn(&self, header: NonNull<Header>) -> Turn {
        // SAFETY: as the caller promises.
        unsafe { (self.turn)(header) }
    }

    /// Drops the body, if there is one.
    ///
    /// # Safety
    ///
    /// As for `turn`.
    pub(super) unsafe fn clear(&self, header: NonNull<Header>) {
        // SAFETY: as the caller promises.
        unsafe { (self.clear)(header) };
    }
}

/// Where the body of this type begins in its slot.
pub(super) const fn body_offset<B>() -> usize {
    size_of::<Header>().next_multiple_of(align_of::<B>())
}

/// A state that is never pinned: it is handed to handlers as `&mut S`.
#[derive(Debug)]
pub(crate) struct State<S>(pub(crate) S);

// A state is only ever lent out mutably, never pinned, whatever it consists of.
impl<S> Unpin for State<S> {}

/// How a handler began.
pub(crate) enum Started<'a> {
    /// It is done.
    Done,
    /// It waits, and borrows the state until it is done.
    Pending(Pin<Box<dyn Future<Output = ()> + Send + 'a>>),
}

impl std::fmt::Debug for Started<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Started::Done => "Done",
            Started::Pending(_) => "Pending",
        })
    }
}

/// A handler's call, with everything but the state.
///
/// Generic over the lifetime, so that nobody can keep the state that it is lent.
pub(crate) trait Handler<S> {
    /// Begins to handle.
    fn start(self, state: &mut S) -> Started<'_>;
}

/// The body's place in the slot of a process that the holder owns.
pub(crate) struct BodySlot<'a, B> {
    header: NonNull<Header>,
    owner: PhantomData<&'a mut B>,
}

impl<B> BodySlot<'_, B> {
    /// # Safety
    ///
    /// The header is of a process whose body is a `B`, and the caller owns the process.
    pub(super) unsafe fn new(header: NonNull<Header>) -> Self {
        BodySlot {
            header,
            owner: PhantomData,
        }
    }

    fn header(&self) -> &Header {
        // SAFETY: the header is there for as long as the process is owned.
        unsafe { self.header.as_ref() }
    }

    fn place(&self) -> NonNull<B> {
        // SAFETY: the slot is long enough for the header and a body of this type.
        unsafe { self.header.cast::<u8>().add(body_offset::<B>()) }.cast()
    }

    /// Whether there is a body.
    pub(crate) fn is_filled(&self) -> bool {
        self.header().flags.get() & FLAG_FILLED != 0
    }

    /// Puts the body in. There must be none.
    pub(crate) fn fill(&mut self, body: B) {
        assert!(!self.is_filled(), "a process has one body");
        // SAFETY: the place is the body's, and empty.
        unsafe { self.place().write(body) };
        let flags = &self.header().flags;
        flags.set(flags.get() | FLAG_FILLED);
    }

    /// The body, for one that is polled.
    pub(crate) fn pinned(&mut self) -> Option<Pin<&mut B>>
    where
        B: Future,
    {
        if !self.is_filled() {
            return None;
        }
        // SAFETY: the place is filled, and the slot is borrowed for as long as the reference.
        let body = unsafe { self.place().as_mut() };
        // SAFETY: a body does not move until it is dropped in place, unless it is `Unpin`.
        Some(unsafe { Pin::new_unchecked(body) })
    }

    /// Drops the handler that waits, if any, and then the body, if any. Panics of theirs end here.
    pub(crate) fn clear(&mut self) {
        // What borrows the body goes first.
        let pending = self.header().aux.take_pending();
        quietly(|| drop(pending));
        self.header().aux.shrink();
        if self.is_filled() {
            let flags = &self.header().flags;
            flags.set(flags.get() & !FLAG_FILLED);
            // SAFETY: the place was filled, and is not any more from here on.
            quietly(|| unsafe { self.place().drop_in_place() });
        }
    }
}

impl<S> BodySlot<'_, State<S>> {
    /// Begins a handler. `Poll::Pending`: it waits, and is to be polled by
    /// [`poll_pending`](Self::poll_pending). Must not be called without a state, or while another
    /// handler waits.
    pub(crate) fn start(&mut self, handler: impl Handler<S>) -> Poll<()> {
        assert!(self.is_filled(), "a handler needs a state");
        assert!(!self.header().aux.has_pending(), "one handler at a time");
        // SAFETY: the place is filled. The lifetime is as long as the handler's future, which is
        // dropped before the state is touched again: `start` refuses while there is one, and
        // `clear` drops it first. The handler cannot keep the reference for longer,
        // because it is generic over its lifetime.
        let state = unsafe { &mut *self.place().as_ptr() };
        match handler.start(&mut state.0) {
            Started::Done => Poll::Ready(()),
            Started::Pending(future) => {
                // SAFETY: only the lifetime changes, from the state's to one that nobody can
                // write; see above for why it is long enough.
                let future = unsafe {
                    std::mem::transmute::<Pin<Box<dyn Future<Output = ()> + Send + '_>>, Pending>(
                        future,
                    )
                };
                let before = self.header().aux.set_pending(future);
                debug_assert!(before.is_none(), "one handler at a time");
                Poll::Pending
            }
        }
    }
}

impl<B> BodySlot<'_, B> {
    /// Lets something wait that borrows nothing, before there is a body. It is polled as a handler
    /// is.
    pub(crate) fn wait_for(&mut self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        assert!(!self.header().aux.has_pending(), "one handler at a time");
        let before = self.header().aux.set_pending(future);
        debug_assert!(before.is_none(), "one handler at a time");
    }

    /// Whether a handler waits.
    pub(crate) fn has_pending(&self) -> bool {
        self.header().aux.has_pending()
    }

    /// Polls the handler that waits. `Ready` if it is done, or there is none.
    pub(crate) fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Taken out for the time of the poll, so that the poll may look at the record too.
        let Some(mut pending) = self.header().aux.take_pending() else {
            return Poll::Ready(());
        };
        let polled = pending.as_mut().poll(cx);
        if polled.is_pending() {
            let before = self.header().aux.set_pending(pending);
            debug_assert!(before.is_none(), "one handler at a time");
        } else {
            drop(pending);
            self.header().aux.shrink();
        }
        polled
    }
}
