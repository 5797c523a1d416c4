//! The poller: one for each runtime, with no thread of its own.
//!
//! It is a `mio::Poll` (epoll on Linux, kqueue on the BSDs and macOS) that whichever scheduler has
//! nothing to do holds while it sleeps, so that a socket's event wakes the very thread that will
//! run the process. Busy schedulers look in with a timeout of zero now and then. A reactor thread
//! would need a hand-off for every event and be a third busy thread on two cores.
//!
//! ```text
//!   scheduler                  poller                       sockets
//!   try_poll(timeout) ───────▶ lock, wait, read events
//!                              announce each to its source
//!                              unlock
//!   processes run ◀─────────── wake all wakers
//!   notify() ────────────────▶ ends the wait
//!                              register, deregister ◀────── created, dropped
//! ```
//!
//! # One thread polls
//!
//! [`Poller::try_poll`] takes the driver's lock or gives up: a scheduler that finds it taken parks
//! in another way. Registering and dropping sockets never needs that lock, so neither waits for the
//! thread that polls.
//!
//! # Wakers run outside
//!
//! Under the locks events are only turned into wakers; these are called when all locks are free. A
//! waker may therefore poll, register and drop sockets itself.
//!
//! # Notify
//!
//! [`Poller::notify`] ends the wait of a thread that is in the poller, at the price of a system
//! call, and costs next to nothing when there is none: [`WaitWord`] knows which.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use mio::event::{Event, Source as EventSource};
use mio::{Events, Interest, Registry, Token};
use parking_lot::Mutex;

use super::source::{NOTIFY_TOKEN, Readiness, Source, Sources};
use super::wait_word::{TransitionToNotified, TransitionToWaiting, WaitWord};

/// How many events one poll takes from the system. More wait for the next poll; 1024 are 12 KiB.
const EVENTS_PER_POLL: usize = 1024;

/// Waits for sockets to become ready and wakes those who asked.
pub(crate) struct Poller {
    /// The waiting end. Whoever has the lock is the thread that polls.
    driver: Mutex<Driver>,
    /// The registering end, for any thread at any time.
    registry: Registry,
    /// Which source each token stands for.
    sources: Mutex<Sources>,
    /// Ends a wait.
    interrupt: mio::Waker,
    /// Whether anybody waits; see its own file.
    wait: WaitWord,
}

/// What only the polling thread touches.
struct Driver {
    /// The system's selector.
    poll: mio::Poll,
    /// Where the system writes events.
    events: Events,
}

/// What came of one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PollOutcome {
    /// How many wakers were called. None means the time was up, or the poller was notified.
    pub(crate) woken: usize,
}

impl Poller {
    /// Creates a poller without sources.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left.
    pub(crate) fn new() -> io::Result<Arc<Self>> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let interrupt = mio::Waker::new(&registry, NOTIFY_TOKEN)?;
        let events = Events::with_capacity(EVENTS_PER_POLL);
        Ok(Arc::new(Self {
            driver: Mutex::new(Driver { poll, events }),
            registry,
            sources: Mutex::new(Sources::default()),
            interrupt,
            wait: WaitWord::new(),
        }))
    }

    /// Polls once, unless another thread does: then returns `None` without waiting.
    ///
    /// Waits until a socket is ready, [`notify`](Self::notify) is called or `timeout` is up; without
    /// a timeout as long as that takes, with a timeout of zero not at all. Timeouts are rounded up
    /// to a millisecond. May return early with nobody woken.
    ///
    /// The wakers are called on this thread, after the poller is free for others.
    pub(crate) fn try_poll(&self, timeout: Option<Duration>) -> Option<PollOutcome> {
        let mut driver = self.driver.try_lock()?;
        if timeout == Some(Duration::ZERO) {
            driver.wait(timeout);
        } else {
            match self.wait.transition_to_waiting() {
                TransitionToWaiting::Wait => {
                    driver.wait(timeout);
                    self.wait.transition_to_idle();
                }
                TransitionToWaiting::Notified => driver.wait(Some(Duration::ZERO)),
            }
        }
        let woken = self.dispatch(&driver.events);
        drop(driver);
        Some(PollOutcome {
            woken: wake_all(woken),
        })
    }

    /// Ends the wait of the thread that polls, or the next wait if there is none.
    ///
    /// Any number of notifications of one wait are one system call; without a wait there is none.
    pub(crate) fn notify(&self) {
        match self.wait.transition_to_notified() {
            TransitionToNotified::Interrupt => {
                self.interrupt
                    .wake()
                    .expect("the poller keeps its wake-up descriptor open");
            }
            TransitionToNotified::Nothing => {}
        }
    }

    /// Whether a thread waits in the poller and was not notified yet.
    ///
    /// Only a hint: the answer may be out of date when it arrives. Whoever must not miss a waiter
    /// calls [`notify`](Self::notify), which is as cheap when there is none.
    pub(crate) fn is_polling(&self) -> bool {
        self.wait.is_waiting()
    }

    /// Whether there is any socket. Without one a poll that does not wait finds nothing.
    pub(crate) fn has_sources(&self) -> bool {
        self.sources.lock().len() != 0
    }

    /// Ends the service: whoever waits for a socket, now or later, gets an error.
    ///
    /// Called when the runtime shuts down and nobody will poll again, so that sockets which outlive
    /// it, on a foreign thread or in another runtime, do not wait for ever. Returns how many wakers
    /// were called.
    pub(crate) fn close(&self) -> usize {
        let mut woken = Vec::new();
        self.sources.lock().close(&mut woken);
        wake_all(woken)
    }

    /// Registers a socket that is known to be `ready`, and returns its source and its token.
    ///
    /// # Errors
    ///
    /// The runtime has shut down, or the system watches as many sockets as it can.
    pub(super) fn register(
        &self,
        io: &mut impl EventSource,
        interest: Interest,
        ready: Readiness,
    ) -> io::Result<(Arc<Source>, Token)> {
        let source = Arc::new(Source::new(ready));
        // The table first: the system may report the first event before `register` returns.
        let token = self.sources.lock().insert(Arc::clone(&source))?;
        if let Err(error) = self.registry.register(io, token, interest) {
            self.remove(token);
            return Err(error);
        }
        Ok((source, token))
    }

    /// Forgets a socket that is about to be closed.
    pub(super) fn deregister(&self, io: &mut impl EventSource, token: Token) {
        // A failure is no loss: closing a descriptor deregisters it too, and events that still
        // arrive find no source for their token.
        self.registry.deregister(io).ok();
        self.remove(token);
    }

    /// Takes a source out of the table and drops it outside the lock, since it may hold wakers.
    fn remove(&self, token: Token) {
        let source = self.sources.lock().remove(token);
        drop(source);
    }

    /// Announces events to their sources and returns the wakers to call.
    fn dispatch(&self, events: &Events) -> Vec<Waker> {
        let mut woken = Vec::new();
        if events.is_empty() {
            return woken;
        }
        let sources = self.sources.lock();
        let of_sources = |event: &&Event| event.token() != NOTIFY_TOKEN;
        for event in events.iter().filter(of_sources) {
            // A socket may have been dropped between the poll and now.
            if let Some(source) = sources.get(event.token()) {
                source.announce(Readiness::of(event), &mut woken);
            }
        }
        woken
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("sources", &self.sources.lock().len())
            .field("polling", &self.is_polling())
            .finish_non_exhaustive()
    }
}

impl Driver {
    /// Fills `events`, waiting at most `timeout`. A signal's interruption is an empty result.
    fn wait(&mut self, timeout: Option<Duration>) {
        if let Err(error) = self.poll.poll(&mut self.events, timeout) {
            self.events.clear();
            // The other errors a selector knows are a closed descriptor and bad arguments.
            assert!(
                error.kind() == io::ErrorKind::Interrupted,
                "the poller's own descriptor failed: {error}"
            );
        }
    }
}

/// Calls every waker and returns their number.
fn wake_all(woken: Vec<Waker>) -> usize {
    let count = woken.len();
    woken.into_iter().for_each(Waker::wake);
    count
}
