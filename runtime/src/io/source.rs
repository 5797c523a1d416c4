//! Sources: what the poller knows of each socket, and the table of them all.
//!
//! A [`Source`] remembers two things of one socket: what the operating system last said of it
//! (readable, writable), and who waits to hear that. Sockets ask it before they touch the system
//! ([`Source::poll_ready`]) and take readiness back when the system refuses ([`Source::forget`]);
//! the poller reports to it ([`Source::announce`]). [`Sources`] finds the source an event is for.
//!
//! # Lost readiness
//!
//! The poller is edge-triggered: it says "readable" once, when data arrives, and not again until
//! the socket was read empty and more arrived. A reader that finds nothing must therefore forget
//! the old readiness, and must not forget a newer one:
//!
//! ```text
//!   reader                              poller
//!   read: WouldBlock
//!                                       data arrives, announce(READABLE)
//!   forget(READABLE)    ← would drop the only word there will ever be of that data
//! ```
//!
//! Each announcement moves a [`Tick`]. The reader takes the tick together with the readiness, before
//! its attempt, and forgets only if the tick is still the same: then no announcement came between,
//! so what arrives after the attempt is still to be announced. The tick has 64 bits and cannot come
//! round. It is one for both directions; a refused forgetting costs one more attempt, nothing else.
//!
//! A socket that failed or was closed by its peer stays ready: each attempt returns the end of the
//! stream or an error at once, never `WouldBlock`, so nothing is forgotten and nobody waits.
//!
//! # Who waits
//!
//! Each direction has one seat for the `poll_…` functions, as [`futures_io`] wants it: the last
//! caller sits there, the one before is forgotten. Besides it there are any number of seats for the
//! `async` functions, one for each future, so that several processes may wait in `accept` on one
//! listener. An announcement wakes everybody: the first finds the connection, the others sit down
//! again. Waking one and passing the turn on would be cheaper for very large crowds of acceptors
//! and would lose the turn whenever the woken process is killed before it runs.
//!
//! # Locks
//!
//! The table's lock is taken before a source's, never the other way round. No waker is called,
//! cloned or dropped under either: a waker is other people's code. Wakers are therefore moved out
//! under the lock and used after it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use mio::Token;
use parking_lot::Mutex;
use slab::Slab;

/// What a socket is ready for: a set of directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Readiness(u8);

impl Readiness {
    /// Ready for nothing, as far as is known.
    pub(super) const NONE: Self = Self(0);
    /// Data, a connection, the end of the stream or an error can be read.
    pub(super) const READABLE: Self = Self(1);
    /// There is room to write, or writing would fail at once.
    pub(super) const WRITABLE: Self = Self(2);
    /// Ready in both directions.
    pub(super) const ALL: Self = Self(3);

    /// Reads an event of the operating system.
    ///
    /// An error makes both directions ready, because either may be the one that waits for it: a
    /// datagram socket whose peer is gone reports neither data nor a hang-up, only an error.
    pub(super) fn of(event: &mio::event::Event) -> Self {
        let readable = event.is_readable() || event.is_read_closed() || event.is_error();
        let writable = event.is_writable() || event.is_write_closed() || event.is_error();
        let read = if readable { Self::READABLE } else { Self::NONE };
        let write = if writable { Self::WRITABLE } else { Self::NONE };
        Self(read.0 | write.0)
    }

    /// Whether someone who waits for `direction` may go on.
    fn serves(self, direction: Direction) -> bool {
        self.0 & direction.readiness().0 != 0
    }
}

/// One of the two ways data goes through a socket. Accepting a connection is reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the peer to us.
    Read,
    /// From us to the peer.
    Write,
}

impl Direction {
    /// The readiness that this direction waits for.
    const fn readiness(self) -> Readiness {
        match self {
            Self::Read => Readiness::READABLE,
            Self::Write => Readiness::WRITABLE,
        }
    }
}

/// How many announcements a source had when its readiness was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tick(u64);

/// Where a waiting caller leaves its waker.
#[derive(Debug)]
pub(super) enum Seat<'a> {
    /// The one seat of the `poll_…` functions, left to the next who comes.
    Polled,
    /// A future's own seat: its key, once it sat down. [`Source::leave`] gives the seat back.
    Awaited(&'a mut Option<usize>),
}

/// The readiness of one socket and those who wait for it.
#[derive(Debug)]
pub(super) struct Source {
    /// One small lock instead of atomics: it costs some 5 ns, the system call after it 200 and more.
    state: Mutex<State>,
}

/// What a source's lock protects.
#[derive(Debug)]
struct State {
    /// What was announced and not yet forgotten.
    ready: Readiness,
    /// The number of announcements so far.
    tick: u64,
    /// The runtime is gone and no announcement will ever come.
    abandoned: bool,
    /// Those who wait to read.
    readers: Waiters,
    /// Those who wait to write.
    writers: Waiters,
}

/// The wakers of one direction.
#[derive(Debug, Default)]
struct Waiters {
    /// The waker in the seat of the `poll_…` functions.
    polled: Option<Waker>,
    /// One entry for each waiting future; empty between its wake-up and its next poll.
    awaited: Slab<Option<Waker>>,
}

impl Waiters {
    /// The waker that sits in `seat`.
    fn seated(&self, seat: &Seat<'_>) -> Option<&Waker> {
        match seat {
            Seat::Polled => self.polled.as_ref(),
            Seat::Awaited(key) => self.awaited.get((**key)?)?.as_ref(),
        }
    }

    /// Puts `waker` into `seat` and returns the one that sat there.
    fn sit(&mut self, seat: &mut Seat<'_>, waker: Waker) -> Option<Waker> {
        match seat {
            Seat::Polled => self.polled.replace(waker),
            Seat::Awaited(key) => {
                if let Some(key) = **key {
                    self.awaited[key].replace(waker)
                } else {
                    **key = Some(self.awaited.insert(Some(waker)));
                    None
                }
            }
        }
    }

    /// Moves everybody's waker to `woken`. Futures keep their seats.
    fn rouse(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.polled.take());
        woken.extend(self.awaited.iter_mut().filter_map(|(_, seat)| seat.take()));
    }
}

impl State {
    /// The waiters of `direction`.
    fn waiters(&mut self, direction: Direction) -> &mut Waiters {
        match direction {
            Direction::Read => &mut self.readers,
            Direction::Write => &mut self.writers,
        }
    }

    /// The tick to attempt `direction` under, if it is worth an attempt.
    fn check(&self, direction: Direction) -> Option<io::Result<Tick>> {
        if self.abandoned {
            Some(Err(abandoned()))
        } else {
            self.ready.serves(direction).then_some(Ok(Tick(self.tick)))
        }
    }
}

impl Source {
    /// Creates the source of a socket that is known to be `ready`.
    ///
    /// Claiming too much is safe: it costs one attempt that ends in `WouldBlock`.
    pub(super) fn new(ready: Readiness) -> Self {
        Self {
            state: Mutex::new(State {
                ready,
                tick: 0,
                abandoned: false,
                readers: Waiters::default(),
                writers: Waiters::default(),
            }),
        }
    }

    /// Returns the tick to attempt `direction` under, or `None` if the attempt would be in vain.
    pub(super) fn check(&self, direction: Direction) -> Option<io::Result<Tick>> {
        self.state.lock().check(direction)
    }

    /// Returns the tick to attempt `direction` under, or leaves the caller's waker in `seat`.
    pub(super) fn poll_ready(
        &self,
        direction: Direction,
        mut seat: Seat<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Tick>> {
        {
            let mut state = self.state.lock();
            if let Some(tick) = state.check(direction) {
                return Poll::Ready(tick);
            }
            let seated = state.waiters(direction).seated(&seat);
            if seated.is_some_and(|waker| waker.will_wake(cx.waker())) {
                return Poll::Pending;
            }
        }
        // The lock was released to clone the waker, so the readiness is looked at once more: an
        // announcement that came in between found no waker here.
        let waker = cx.waker().clone();
        let mut state = self.state.lock();
        if let Some(tick) = state.check(direction) {
            drop(state);
            return Poll::Ready(tick);
        }
        let displaced = state.waiters(direction).sit(&mut seat, waker);
        drop(state);
        drop(displaced);
        Poll::Pending
    }

    /// Waits until `direction` is worth an attempt. Any number of futures may wait at once.
    pub(super) fn ready(&self, direction: Direction) -> Ready<'_> {
        Ready {
            source: self,
            direction,
            key: None,
        }
    }

    /// Takes readiness back after an attempt under `tick` ended in `WouldBlock`, unless there was
    /// an announcement since.
    pub(super) fn forget(&self, direction: Direction, tick: Tick) {
        let mut state = self.state.lock();
        if state.tick == tick.0 {
            state.ready = Readiness(state.ready.0 & !direction.readiness().0);
        }
    }

    /// Adds `ready` to what is known and moves the wakers of those who waited for it to `woken`.
    pub(super) fn announce(&self, ready: Readiness, woken: &mut Vec<Waker>) {
        let mut state = self.state.lock();
        state.ready = Readiness(state.ready.0 | ready.0);
        state.tick += 1;
        for direction in [Direction::Read, Direction::Write] {
            if ready.serves(direction) {
                state.waiters(direction).rouse(woken);
            }
        }
    }

    /// Makes every attempt from now on an error and moves all wakers to `woken`.
    pub(super) fn abandon(&self, woken: &mut Vec<Waker>) {
        let mut state = self.state.lock();
        state.abandoned = true;
        state.readers.rouse(woken);
        state.writers.rouse(woken);
    }

    /// Gives back the seat of a future.
    fn leave(&self, direction: Direction, key: usize) {
        let waker = self.state.lock().waiters(direction).awaited.remove(key);
        drop(waker);
    }
}

/// The future of [`Source::ready`].
#[derive(Debug)]
pub(super) struct Ready<'a> {
    /// Whose readiness is awaited.
    source: &'a Source,
    /// Which readiness.
    direction: Direction,
    /// The seat taken, once it had to wait.
    key: Option<usize>,
}

impl Future for Ready<'_> {
    type Output = io::Result<Tick>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            source,
            direction,
            key,
        } = &mut *self;
        source.poll_ready(*direction, Seat::Awaited(key), cx)
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.source.leave(self.direction, key);
        }
    }
}

/// The error of a socket that outlived its runtime.
#[cold]
pub(super) fn abandoned() -> io::Error {
    io::Error::other("the runtime that drives this socket has shut down")
}

/// How many bits of a token are the place in the table. The others are the generation.
///
/// Thirty-two bits allow more sockets than a process can have descriptors. Where a word has only 32
/// bits, a million sockets are plenty and 12 bits are left.
const INDEX_BITS: u32 = if usize::BITS >= 64 { 32 } else { 20 };

/// The bits of a token that are the place in the table.
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;

/// The poller's own token, for being notified. [`Sources`] never gives it out.
pub(super) const NOTIFY_TOKEN: Token = Token(usize::MAX);

/// The table of all sources of a poller.
///
/// A token is a place in the table and a generation that differs from one registration to the next.
/// Events are read from the system in batches, so an event may be looked up after its socket was
/// dropped and its place taken by another: the generation tells them apart. It comes round after
/// 2^32 registrations (2^12 with 32-bit words), while a batch is looked up in microseconds; and a
/// readiness announced to the wrong source would cost it one attempt in vain, no more.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The sources, each with the token it was given.
    entries: Slab<(Token, Arc<Source>)>,
    /// The generation of the last registration.
    generation: usize,
    /// No source is taken any more: the runtime has shut down.
    closed: bool,
}

impl Sources {
    /// Takes in `source` and returns its token.
    ///
    /// # Errors
    ///
    /// The runtime has shut down, or the table is full.
    pub(super) fn insert(&mut self, source: Arc<Source>) -> io::Result<Token> {
        if self.closed {
            return Err(abandoned());
        }
        let entry = self.entries.vacant_entry();
        // The last place is left out, so that no token is NOTIFY_TOKEN.
        if entry.key() >= INDEX_MASK {
            return Err(io::Error::new(
                io::ErrorKind::OutOfMemory,
                "too many sockets",
            ));
        }
        self.generation = self.generation.wrapping_add(1);
        let token = Token(self.generation << INDEX_BITS | entry.key());
        entry.insert((token, source));
        Ok(token)
    }

    /// Returns the source that `token` was given for, if it is still there.
    pub(super) fn get(&self, token: Token) -> Option<&Source> {
        let (given, source) = self.entries.get(token.0 & INDEX_MASK)?;
        (*given == token).then_some(source)
    }

    /// Takes the source of `token` out, for the caller to drop outside the lock.
    pub(super) fn remove(&mut self, token: Token) -> Option<Arc<Source>> {
        self.get(token)?;
        Some(self.entries.remove(token.0 & INDEX_MASK).1)
    }

    /// Abandons every source, refuses new ones, and moves all wakers to `woken`.
    pub(super) fn close(&mut self, woken: &mut Vec<Waker>) {
        self.closed = true;
        for (_, (_, source)) in &self.entries {
            source.abandon(woken);
        }
    }

    /// The number of sources.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
