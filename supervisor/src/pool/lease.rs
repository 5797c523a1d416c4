//! A checkout, and what it gives: a worker for as long as the lease lives.
//!
//! The lease is the reply itself, and drops like any other value. So a worker that is granted to
//! somebody who has just given up is not lost: its lease is dropped on the way, which checks it in.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use regrow_runtime::gen_server::{Call, GenServer, ServerRef, cast};
use regrow_runtime::process::{AsPid, Pid};

use super::Pool;
use super::client::CheckoutError;
use super::serve::CheckIn;
use super::stock::Ticket;

/// A worker of a [`Pool`], for as long as this is not dropped: that checks it in.
///
/// It stands for the worker's [`ServerRef`], whose methods are called on it. The lease is that of the
/// process that checked the worker out, wherever it is: when that process ends, the worker goes back
/// and may be lent to somebody else.
///
/// If the worker has ended, calls fail, and there is another one in the pool already.
#[must_use = "dropped, the worker goes back to its pool"]
pub struct Lease<S: GenServer> {
    worker: ServerRef<S>,
    pool: ServerRef<Pool<S>>,
    ticket: Ticket,
}

impl<S: GenServer> Lease<S> {
    pub(super) fn new(worker: Pid, pool: ServerRef<Pool<S>>, ticket: Ticket) -> Lease<S> {
        Lease {
            worker: ServerRef::of(worker),
            pool,
            ticket,
        }
    }

    /// The worker. To be used no longer than the lease lives.
    pub fn worker(&self) -> ServerRef<S> {
        self.worker
    }
}

impl<S: GenServer> Deref for Lease<S> {
    type Target = ServerRef<S>;

    fn deref(&self) -> &ServerRef<S> {
        &self.worker
    }
}

impl<S: GenServer> AsPid for Lease<S> {
    fn as_pid(&self) -> Pid {
        self.worker.pid()
    }
}

impl<S: GenServer> Drop for Lease<S> {
    fn drop(&mut self) {
        cast(self.pool, CheckIn(self.ticket));
    }
}

impl<S: GenServer> fmt::Debug for Lease<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lease").field(&self.worker).finish()
    }
}

/// A worker that a pool is asked for; awaiting it gives the [`Lease`]. Whoever waits gets one in turn.
///
/// # Errors
///
/// See [`CheckoutError`].
///
/// # Cancel safety
///
/// Dropped before it is done, it does not wait any more; a worker that was granted meanwhile goes
/// back.
#[must_use = "a worker is checked out when this is awaited"]
pub struct Checkout<S: GenServer> {
    call: Option<Call<Lease<S>, CheckoutError>>,
    pool: Option<Pid>,
    ticket: Ticket,
    /// Whether the pool may know of it.
    asked: bool,
}

impl<S: GenServer> Checkout<S> {
    pub(super) fn new(
        call: Call<Lease<S>, CheckoutError>,
        pool: Option<Pid>,
        ticket: Ticket,
    ) -> Checkout<S> {
        Checkout {
            call: Some(call),
            pool,
            ticket,
            asked: false,
        }
    }

    /// How long to wait for a worker. Default: five seconds.
    pub fn timeout(mut self, limit: Duration) -> Checkout<S> {
        self.call = self.call.take().map(|call| call.timeout(limit));
        self
    }

    /// Waits for as long as it takes.
    pub fn no_timeout(mut self) -> Checkout<S> {
        self.call = self.call.take().map(Call::no_timeout);
        self
    }

    /// Waits for a worker, and lends it to this function until what that gives is done; see
    /// [`transaction`](crate::PoolClient).
    ///
    /// # Errors
    ///
    /// There was no worker; see [`CheckoutError`].
    pub async fn with<F: Future>(
        self,
        work: impl FnOnce(ServerRef<S>) -> F,
    ) -> Result<F::Output, CheckoutError> {
        let lease = self.await?;
        let result = work(lease.worker()).await;
        drop(lease);
        Ok(result)
    }

    /// Tells the pool that nobody waits any more.
    fn give_up(&mut self) {
        self.call = None;
        if let Some(pool) = self.pool.filter(|_| self.asked) {
            cast(ServerRef::<Pool<S>>::of(pool), CheckIn(self.ticket));
        }
    }
}

// The call is not pinned.
impl<S: GenServer> Unpin for Checkout<S> {}

impl<S: GenServer> Future for Checkout<S> {
    type Output = Result<Lease<S>, CheckoutError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(call) = &mut this.call else {
            panic!("a worker is checked out once");
        };
        this.asked = true;
        let answer = ready!(Pin::new(call).poll(cx));
        if answer.is_err() {
            this.give_up();
        }
        this.call = None;
        Poll::Ready(answer.map_err(CheckoutError::of_call))
    }
}

impl<S: GenServer> Drop for Checkout<S> {
    fn drop(&mut self) {
        if self.call.is_some() {
            self.give_up();
        }
    }
}

impl<S: GenServer> fmt::Debug for Checkout<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkout")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}
