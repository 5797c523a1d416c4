//! Locks by key: of those who want one, one has it at a time.
//!
//! They have nothing to do with what is registered: a key of the registry's type is only the name
//! of the lock. Who waits, waits in a queue. Whoever has a lock gives it back when its guard is
//! dropped, which happens too when the code panics, or its process is killed; the same goes for a
//! place in the queue. So there is no owner to be watched.
//!
//! ```text
//!            poll: nobody has it                     guard dropped, nobody waits
//!   free ─────────────────────────▶ held by a ticket ─────────────────────────▶ free
//!                                    │        ▲
//!       poll: somebody has it:       │        │ guard dropped: to the next ticket, which is woken
//!       a ticket in the queue        └────────┘
//! ```

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use foldhash::fast::FixedState;
use parking_lot::Mutex;
use regrow_runtime::process::random_u64;

use crate::error::RegisterError;

/// The locks of a registry that somebody has.
pub(crate) struct Locks<K>(Mutex<State<K>>);

struct State<K> {
    /// The registry has ended: nobody gets a lock any more.
    closed: bool,
    next: Ticket,
    /// In an order that a simulation repeats: those who wait are woken in it when the registry ends.
    held: HashMap<K, Queue, FixedState>,
}

type Ticket = u64;

/// Those who want a lock that somebody has.
struct Queue {
    holder: Ticket,
    waiting: VecDeque<(Ticket, Waker)>,
}

impl<K> Default for Locks<K> {
    fn default() -> Locks<K> {
        Locks(Mutex::new(State {
            closed: false,
            next: 0,
            held: HashMap::with_hasher(FixedState::with_seed(random_u64())),
        }))
    }
}

impl<K> Locks<K> {
    /// Sends everybody away who waits. Those who have a lock keep it until they are done.
    pub(crate) fn close(&self) {
        let mut woken = Vec::new();
        {
            let mut state = self.0.lock();
            state.closed = true;
            for queue in state.held.values_mut() {
                woken.extend(queue.waiting.drain(..).map(|(_, waker)| waker));
            }
        }
        woken.into_iter().for_each(Waker::wake);
    }
}

impl<K: Eq + Hash> Locks<K> {
    /// Lets go of a ticket: of the lock, if it has it, or of the place in the queue.
    fn leave(&self, key: &K, ticket: Ticket) {
        let mut gone = None;
        let mut woken = None;
        {
            let mut state = self.0.lock();
            let Some(queue) = state.held.get_mut(key) else {
                return;
            };
            if queue.holder != ticket {
                queue.waiting.retain(|(waiting, _)| *waiting != ticket);
            } else if let Some((next, waker)) = queue.waiting.pop_front() {
                queue.holder = next;
                woken = Some(waker);
            } else {
                gone = state.held.remove_entry(key);
            }
        }
        drop(gone);
        woken.into_iter().for_each(Waker::wake);
    }
}

/// The wait for a lock, and then the lock itself, until it is dropped.
pub(crate) struct Guard<K: Eq + Hash> {
    locks: Arc<Locks<K>>,
    key: K,
    ticket: Option<Ticket>,
}

impl<K: Eq + Hash> Guard<K> {
    pub(crate) fn new(locks: Arc<Locks<K>>, key: K) -> Guard<K> {
        Guard {
            locks,
            key,
            ticket: None,
        }
    }

    /// Waits until it is the lock. The registry may end first.
    pub(crate) fn acquired(&mut self) -> Acquired<'_, K> {
        Acquired(self)
    }
}

impl<K: Eq + Hash> Drop for Guard<K> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.locks.leave(&self.key, ticket);
        }
    }
}

/// See [`Guard::acquired`].
pub(crate) struct Acquired<'a, K: Eq + Hash>(&'a mut Guard<K>);

impl<K: Clone + Eq + Hash> Future for Acquired<'_, K> {
    type Output = Result<(), RegisterError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let guard = &mut *self.0;
        let waker = cx.waker().clone();
        let mut state = guard.locks.0.lock();
        let ticket = *guard.ticket.get_or_insert_with(|| {
            state.next += 1;
            state.next
        });
        let closed = state.closed;
        match state.held.get_mut(&guard.key) {
            Some(queue) if queue.holder == ticket => Poll::Ready(Ok(())),
            _ if closed => Poll::Ready(Err(RegisterError::NoRegistry)),
            Some(Queue { waiting, .. }) => {
                match waiting.iter_mut().find(|(known, _)| *known == ticket) {
                    Some((_, known)) => *known = waker,
                    None => waiting.push_back((ticket, waker)),
                }
                Poll::Pending
            }
            None => {
                let queue = Queue {
                    holder: ticket,
                    waiting: VecDeque::new(),
                };
                state.held.insert(guard.key.clone(), queue);
                Poll::Ready(Ok(()))
            }
        }
    }
}
