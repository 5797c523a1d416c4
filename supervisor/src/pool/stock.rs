//! A pool's stock: which workers are idle, which are lent to whom, and who waits.
//!
//! It starts and stops nobody and sends nothing. What it is told gives what is to be done.

use std::collections::{BTreeMap, HashMap, VecDeque};

use indexmap::IndexMap;
use regrow_runtime::process::{Monitor, Pid};

use super::PoolStrategy;
use super::client::PoolState;

/// Names one checkout, from the asking to the check-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Ticket(pub(super) u64);

/// What has become of a worker that came back, or was started.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Back<W> {
    /// It is lent again, to this one who waited.
    Lent(Ticket, W),
    /// It is one too many, and is to be stopped.
    Dismissed,
    /// It is idle.
    Idle,
}

/// What is to be done about a worker that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Another one is started in its place.
    Fill,
    /// There were more than the size: nothing.
    Leave,
}

/// See the module's head. `W` is how somebody who waits is told.
#[derive(Debug)]
pub(super) struct Stock<W> {
    strategy: PoolStrategy,
    idle: VecDeque<Pid>,
    /// In an order that a simulation replays.
    lent: IndexMap<Pid, Ticket, foldhash::fast::FixedState>,
    tickets: HashMap<Ticket, Held>,
    /// By their turns.
    waiting: BTreeMap<u64, (Ticket, W)>,
    turns: u64,
    /// How many workers there are beyond the size, those that are being started among them.
    overflow: usize,
    overflow_max: usize,
}

/// What is known under a ticket.
#[derive(Debug)]
struct Held {
    what: What,
    /// The monitor of the owner.
    owner: Option<Monitor>,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Worker(Pid),
    Turn(u64),
}

/// What is over: the worker that came free, if there was one, and the monitor of the owner.
pub(super) struct Over {
    pub(super) worker: Option<Pid>,
    pub(super) owner: Option<Monitor>,
}

impl<W> Stock<W> {
    pub(super) fn new(strategy: PoolStrategy, overflow_max: usize) -> Stock<W> {
        Stock {
            strategy,
            idle: VecDeque::new(),
            lent: IndexMap::default(),
            tickets: HashMap::new(),
            waiting: BTreeMap::new(),
            turns: 0,
            overflow: 0,
            overflow_max,
        }
    }

    /// Takes an idle worker for this ticket.
    pub(super) fn lend_idle(&mut self, ticket: Ticket, owner: Option<Monitor>) -> Option<Pid> {
        let worker = self.idle.pop_front()?;
        self.lend(worker, ticket, owner);
        Some(worker)
    }

    /// Whether there is a worker, or may be one more, for somebody who does not want to wait.
    pub(super) fn has_room(&self) -> bool {
        !self.idle.is_empty() || self.overflow < self.overflow_max
    }

    /// Makes room for one more worker, if there may be one: it is to be started.
    pub(super) fn grow(&mut self) -> bool {
        let grows = self.overflow < self.overflow_max;
        self.overflow += usize::from(grows);
        grows
    }

    /// A worker that was to be one more did not start. Gives the one who waited for it, if that one
    /// still does.
    pub(super) fn shrink(&mut self, ticket: Ticket) -> Option<(W, Option<Monitor>)> {
        self.overflow -= 1;
        let What::Turn(turn) = self.tickets.get(&ticket)?.what else {
            return None;
        };
        let (_, waits) = self.waiting.remove(&turn)?;
        let held = self.tickets.remove(&ticket)?;
        Some((waits, held.owner))
    }

    /// Lets somebody wait behind all others.
    pub(super) fn queue(&mut self, ticket: Ticket, owner: Option<Monitor>, waits: W) {
        let turn = self.turns;
        self.turns += 1;
        let what = What::Turn(turn);
        self.tickets.insert(ticket, Held { what, owner });
        self.waiting.insert(turn, (ticket, waits));
    }

    /// A worker has come back, or was started.
    pub(super) fn put(&mut self, worker: Pid) -> Back<W> {
        if let Some((_, (ticket, waits))) = self.waiting.pop_first() {
            let owner = self.tickets.remove(&ticket).and_then(|held| held.owner);
            self.lend(worker, ticket, owner);
            return Back::Lent(ticket, waits);
        }
        if self.overflow > 0 {
            self.overflow -= 1;
            return Back::Dismissed;
        }
        match self.strategy {
            PoolStrategy::Lifo => self.idle.push_front(worker),
            PoolStrategy::Fifo => self.idle.push_back(worker),
        }
        Back::Idle
    }

    /// A ticket is over: checked in, given up, or its owner has ended. `None`: it was before.
    pub(super) fn close(&mut self, ticket: Ticket) -> Option<Over> {
        let held = self.tickets.remove(&ticket)?;
        let worker = match held.what {
            What::Worker(worker) => {
                self.lent.swap_remove(&worker);
                Some(worker)
            }
            What::Turn(turn) => {
                self.waiting.remove(&turn);
                None
            }
        };
        Some(Over {
            worker,
            owner: held.owner,
        })
    }

    /// A worker has ended. `None`: it was none. Its ticket is over, if it was lent.
    pub(super) fn lose(&mut self, worker: Pid) -> Option<(Gap, Option<Monitor>)> {
        if let Some(ticket) = self.lent.swap_remove(&worker) {
            let owner = self.tickets.remove(&ticket).and_then(|held| held.owner);
            if self.waiting.is_empty() && self.overflow > 0 {
                self.overflow -= 1;
                return Some((Gap::Leave, owner));
            }
            return Some((Gap::Fill, owner));
        }
        let place = self.idle.iter().position(|idle| *idle == worker)?;
        self.idle.remove(place);
        Some((Gap::Fill, None))
    }

    /// All workers.
    pub(super) fn workers(&self) -> impl Iterator<Item = Pid> {
        self.idle.iter().chain(self.lent.keys()).copied()
    }

    pub(super) fn idle(&self) -> usize {
        self.idle.len()
    }

    pub(super) fn lent(&self) -> usize {
        self.lent.len()
    }

    pub(super) fn overflow(&self) -> usize {
        self.overflow
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn state(&self) -> PoolState {
        if self.overflow >= self.overflow_max && self.idle.is_empty() {
            PoolState::Full
        } else if self.overflow > 0 || self.idle.is_empty() {
            PoolState::Overflow
        } else {
            PoolState::Ready
        }
    }

    fn lend(&mut self, worker: Pid, ticket: Ticket, owner: Option<Monitor>) {
        let what = What::Worker(worker);
        self.lent.insert(worker, ticket);
        self.tickets.insert(ticket, Held { what, owner });
    }
}
