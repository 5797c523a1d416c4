//! What a reference to a pool can do.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use regrow_runtime::gen_server::{
    Call, CallError, GenServer, HasClient, ServerRef, Target, call_to,
};
use regrow_runtime::process::{ExitReason, try_self_pid};

use super::Pool;
use super::lease::Checkout;
use super::serve::{CheckOut, Status};
use super::stock::Ticket;

/// What a reference to a [`Pool`] can do: a [`ServerRef`], a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
pub trait PoolClient<S: GenServer>: Target<Pool<S>> + 'static {}

impl<S: GenServer, T: Target<Pool<S>> + 'static> PoolClient<S> for T {}

impl<S: GenServer> HasClient for Pool<S> {
    type Client = dyn PoolClient<S>;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}

/// Why nothing was checked out of a pool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CheckoutError {
    /// All workers are lent, and there may be no more: for one who does not want to wait.
    Full,
    /// No worker came back in time.
    Timeout,
    /// The pool is not running.
    NoProcess,
    /// One more worker was to be started for it, and did not start for this reason.
    NotStarted(ExitReason),
    /// The pool could not be asked, or ended before it answered.
    Call(CallError),
}

impl CheckoutError {
    pub(super) fn of_call(error: CallError<CheckoutError>) -> CheckoutError {
        CheckoutError::Call(match error {
            CallError::Reply(error) => return error,
            CallError::NoProcess => return CheckoutError::NoProcess,
            CallError::Timeout => return CheckoutError::Timeout,
            CallError::Exited(reason) => CallError::Exited(reason),
            CallError::Cycle(path) => CallError::Cycle(path),
            CallError::Overloaded => CallError::Overloaded,
            CallError::OtherServer(types) => CallError::OtherServer(types),
            _ => CallError::NoReply,
        })
    }
}

impl fmt::Display for CheckoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckoutError::Full => f.write_str("all workers of the pool are lent"),
            CheckoutError::Timeout => f.write_str("no worker came back to the pool in time"),
            CheckoutError::NoProcess => f.write_str("no such pool"),
            CheckoutError::NotStarted(reason) => {
                write!(f, "one more worker of the pool did not start: {reason}")
            }
            CheckoutError::Call(error) => write!(f, "the pool did not answer: {error}"),
        }
    }
}

impl Error for CheckoutError {}

/// Whether a pool has workers to lend.
///
/// # In OTP
///
/// The names of the states in `poolboy:status/1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolState {
    /// A worker is idle.
    Ready,
    /// None is, and there are more workers than the size, or may be.
    Overflow,
    /// None is, and there are as many as there may be.
    Full,
}

/// How a pool is.
///
/// # In OTP
///
/// What `poolboy:status/1` returns, without the number of those who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// Whether it has workers to lend.
    pub state: PoolState,
    /// Workers that wait to be lent.
    pub idle: usize,
    /// Workers beyond the size.
    pub overflow: usize,
    /// Workers that are lent.
    pub lent: usize,
    /// Those who wait for one.
    pub waiting: usize,
}

/// The number of the next ticket: they name checkouts, whatever pool they are for.
static TICKETS: AtomicU64 = AtomicU64::new(0);

impl<S: GenServer> dyn PoolClient<S> {
    /// Checks a worker out: an idle one, or one more if there may be one, or, in turn, one that comes
    /// back. It goes back when the [`Lease`](crate::Lease) is dropped, or the caller has ended.
    ///
    /// # Errors
    ///
    /// [`CheckoutError::Timeout`] after five seconds, unless
    /// [`timeout`](crate::Checkout::timeout) says otherwise.
    ///
    /// # In OTP
    ///
    /// `poolboy:checkout/3`.
    pub fn checkout(&self) -> Checkout<S> {
        self.ask(true)
    }

    /// As [`checkout`](#method.checkout), without waiting for a worker to come back.
    ///
    /// # Errors
    ///
    /// [`CheckoutError::Full`] if none is there.
    ///
    /// # In OTP
    ///
    /// `poolboy:checkout(Pool, false)`.
    pub fn try_checkout(&self) -> Checkout<S> {
        self.ask(false)
    }

    /// Lends a worker to this function until what that gives is done. The worker goes back if it
    /// panics, too, and if it is dropped half way.
    ///
    /// # Errors
    ///
    /// As for [`checkout`](#method.checkout), whose time limit is for the wait and not for the work.
    ///
    /// # In OTP
    ///
    /// `poolboy:transaction/2`. For another limit: `pool.checkout().timeout(limit).with(work)`.
    pub fn transaction<W, F>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<F::Output, CheckoutError>> + use<S, W, F>
    where
        W: FnOnce(ServerRef<S>) -> F,
        F: Future,
    {
        self.checkout().with(work)
    }

    /// How the pool is.
    ///
    /// # In OTP
    ///
    /// `poolboy:status/1`.
    pub fn status(&self) -> Call<PoolStatus> {
        call_to::<Pool<S>, _>(self, Status)
    }

    fn ask(&self, waits: bool) -> Checkout<S> {
        let ticket = Ticket(TICKETS.fetch_add(1, Relaxed));
        let message = CheckOut {
            ticket,
            owner: try_self_pid(),
            waits,
        };
        let pool = self.address().pid();
        // To the same process as what may follow, whoever has a name by then.
        let call = match pool {
            Some(pid) => call_to(&ServerRef::<Pool<S>>::of(pid), message),
            None => call_to::<Pool<S>, _>(self, message),
        };
        Checkout::new(call.flatten(), pool, ticket)
    }
}
