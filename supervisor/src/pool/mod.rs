//! Pools: a fixed number of servers that are lent out, one to a borrower.
//!
//! ```text
//!   checkout ──▶ idle ──────────────────────────────▶ lent ──▶ check-in, or the owner's end
//!      │                                               ▲              │
//!      ├─▶ none idle, room to overflow ─▶ start one ───┤              ├─▶ somebody waits: lent again
//!      │                                               │              ├─▶ more than the size: dismissed
//!      └─▶ neither ─▶ waits, first come first served ──┘              └─▶ idle
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `client.rs` | what references can do |
//! | `lease.rs` | a checkout, and what it gives: a worker for as long as the lease lives |
//! | `stock.rs` | who is idle, lent, or waits: a value without processes |
//! | `serve.rs` | what the pool does with its messages, and with the ends of others |
//!
//! The pool is the supervisor of its workers: it starts them, is linked to them, starts another one
//! for each that ends, and stops them all at the same time when it ends itself.
//!
//! # Invariants
//!
//! - R-POOL-1  A worker is idle, or lent under one ticket, or dismissed; never two of these.
//! - R-POOL-2  A ticket waits, or has a worker, or is over. Whatever ends it (a check-in, a caller that
//!   gives up, its owner's end, its worker's) ends it once; what comes later finds nothing.
//! - R-POOL-3  While somebody waits nobody is idle.

pub(crate) mod client;
pub(crate) mod lease;
mod serve;
mod stock;

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use regrow_runtime::gen_server::{GenServer, IntoName, Restart, ServerName, Start};

use crate::child::id::ChildId;
use crate::child::spec::{AnyChildSpec, ChildSpec};
use crate::decide::intensity::Intensity;
use serve::Open;

/// How many workers a pool has by default, as in poolboy.
const SIZE: usize = 5;
/// How many more it may have for a while by default, as in poolboy.
const OVERFLOW_MAX: usize = 10;

/// A pool of servers of type `S`, which are lent out: no worker to two borrowers, and no more workers
/// than there may be.
///
/// A value of this type is a specification, until it is started: by [`start_link`](Pool::start_link),
/// or as a child of a supervisor. A reference to one that runs has the methods of
/// [`PoolClient`](crate::PoolClient).
///
/// A worker comes back when its [`Lease`](crate::Lease) is dropped or the process that checked it out
/// has ended. One that has crashed is replaced, and whoever has it checked out finds its calls fail.
/// When a new worker does not start, the pool ends, with
/// [`FailedToStart`](crate::FailedToStart), and its supervisor decides.
///
/// # In OTP
///
/// There is none. The words and the rules are those of the library
/// [`poolboy`](https://hexdocs.pm/poolboy/). A worker that is dismissed is not waited for here, so for
/// as long as it takes to end there may be one more.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor::{CheckoutError, Pool};
///
/// struct Connection { queries: u32 }
///
/// #[gen_server]
/// impl Connection {
///     #[init] fn open() -> Self { Connection { queries: 0 } }
///     #[call] fn query(&mut self) -> u32 { self.queries += 1; self.queries }
/// }
///
/// static DB: Name<Pool<Connection>> = Name::new("db");
///
/// let pool = Pool::new(Connection::child_spec()).size(1).max_overflow(0).name(DB);
/// Supervisor::new(Strategy::OneForOne).child(pool).start_link().await?;
///
/// let connection = DB.checkout().await?;
/// assert_eq!(connection.query().await?, 1);
/// assert_eq!(DB.try_checkout().await.unwrap_err(), CheckoutError::Full);
/// drop(connection);                                             // and now it is there for others
/// let answer = DB.transaction(async |connection| connection.query().await).await?;
/// assert_eq!(answer?, 2);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[must_use = "a pool does nothing until it is started"]
pub struct Pool<S: GenServer> {
    id: ChildId,
    name: Option<ServerName>,
    worker: AnyChildSpec,
    size: usize,
    overflow_max: usize,
    strategy: PoolStrategy,
    /// How many workers may have to be replaced, if that is limited.
    intensity: Option<Intensity>,
    /// What it has once it runs.
    open: Option<Open<S>>,
    server: PhantomData<fn() -> S>,
}

/// Which of the idle workers is lent next.
///
/// # In OTP
///
/// The option `strategy` of poolboy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PoolStrategy {
    /// The one that came back last, which is warm. The default.
    #[default]
    Lifo,
    /// The one that has been idle for longest, so that all are used alike.
    Fifo,
}

/// What is wrong with a pool's specification. It does not start then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolSpecError {
    /// The pool may have no workers at all.
    NoWorkers,
    /// Replacements are counted over no time.
    ZeroPeriod,
    /// The worker's specification asks for a backoff, a budget, a lifetime or a sibling: a pool
    /// replaces its workers at once.
    WorkerSetting,
}

impl fmt::Display for PoolSpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PoolSpecError::NoWorkers => {
                "a pool of size 0 that may not overflow has no workers: everybody would wait for ever"
            }
            PoolSpecError::ZeroPeriod => "restarts cannot be counted over a period of zero",
            PoolSpecError::WorkerSetting => {
                "a pool replaces its workers at once: they take no backoff, budget, lifetime or sibling"
            }
        })
    }
}

impl Error for PoolSpecError {}

impl<S: GenServer> Pool<S> {
    /// A pool of workers that are started like this. Of the specification, the restart type, the
    /// significance and the id do not count: a pool replaces every worker that ends.
    pub fn new(worker: ChildSpec<S>) -> Pool<S> {
        Pool {
            id: ChildId::of::<Pool<S>>(),
            name: None,
            worker: AnyChildSpec::from(worker)
                .restart(Restart::Permanent)
                .significant(false),
            size: SIZE,
            overflow_max: OVERFLOW_MAX,
            strategy: PoolStrategy::default(),
            intensity: None,
            open: None,
            server: PhantomData,
        }
    }

    /// How many workers there are at all times. Default: 5.
    pub fn size(mut self, workers: usize) -> Pool<S> {
        self.size = workers;
        self
    }

    /// How many more are started when all are lent. They are stopped again when they come back and
    /// nobody waits for them. Default: 10.
    pub fn max_overflow(mut self, workers: usize) -> Pool<S> {
        self.overflow_max = workers;
        self
    }

    /// Which of the idle workers is lent next. Default: [`PoolStrategy::Lifo`].
    pub fn strategy(mut self, strategy: PoolStrategy) -> Pool<S> {
        self.strategy = strategy;
        self
    }

    /// How many workers may have to be replaced within any such period; at one more the pool shuts
    /// down. Default: as many as have ended, as in poolboy.
    pub fn max_restarts(mut self, restarts: u32, within: Duration) -> Pool<S> {
        self.intensity = Some(Intensity::new(restarts, within));
        self
    }

    /// As [`Supervisor::id`](crate::Supervisor::id).
    pub fn id(mut self, id: impl Into<ChildId>) -> Pool<S> {
        self.id = id.into();
        self
    }

    /// As [`Supervisor::name`](crate::Supervisor::name).
    pub fn name(mut self, name: impl IntoName<Pool<S>>) -> Pool<S> {
        self.name = Some(name.into_name());
        self
    }

    /// As [`Supervisor::child_spec`](crate::Supervisor::child_spec).
    pub fn child_spec(self) -> ChildSpec<Pool<S>> {
        let (id, name) = (self.id.clone(), self.name.clone());
        let spec = ChildSpec::new(self).id(id).supervisor();
        match name {
            Some(name) => spec.name(name),
            None => spec,
        }
    }

    /// Starts the pool and its workers, linked to the caller.
    ///
    /// # In OTP
    ///
    /// `poolboy:start_link/2`.
    pub fn start_link(self) -> Start<Pool<S>> {
        self.start().link()
    }

    /// As [`start_link`](Pool::start_link), linked to nobody.
    pub fn start(self) -> Start<Pool<S>> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }

    fn admit(&self) -> Result<(), PoolSpecError> {
        if self.size == 0 && self.overflow_max == 0 {
            return Err(PoolSpecError::NoWorkers);
        }
        if self.worker.extras().is_some() {
            return Err(PoolSpecError::WorkerSetting);
        }
        match &self.intensity {
            Some(intensity) if intensity.period().is_zero() => Err(PoolSpecError::ZeroPeriod),
            _ => Ok(()),
        }
    }
}

impl<S: GenServer> From<Pool<S>> for AnyChildSpec {
    fn from(pool: Pool<S>) -> AnyChildSpec {
        pool.child_spec().into()
    }
}

/// A specification to start it again: a pool as it was before it ran.
impl<S: GenServer> Clone for Pool<S> {
    fn clone(&self) -> Pool<S> {
        Pool {
            id: self.id.clone(),
            name: self.name.clone(),
            worker: self.worker.clone(),
            size: self.size,
            overflow_max: self.overflow_max,
            strategy: self.strategy,
            intensity: self.intensity.clone(),
            open: None,
            server: PhantomData,
        }
    }
}

impl<S: GenServer> fmt::Debug for Pool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("id", &self.id)
            .field("size", &self.size)
            .field("overflow_max", &self.overflow_max)
            .field("strategy", &self.strategy)
            .finish_non_exhaustive()
    }
}
