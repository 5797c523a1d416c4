//! What handlers give: an outcome, or a future of one.
//!
//! A handler is a `fn` that gives `impl Step<Next>` (or `Reply`, or `Init`). The outcome itself is
//! a step, known statically: no future is built for it and nothing is allocated. Any `Send` future
//! of the outcome is a step too; if it is not ready at once, the server keeps it and takes no other
//! message until it is.
//!
//! ```text
//! handler ── Next ────────────▶ ready ────────────────────────────────▶ settled
//!        └── future of Next ──▶ boxed, polled once ── ready ──────────▶ settled
//!                                       └─ pending: kept, polled again ─┘
//! ```
//!
//! A future is boxed before its first poll, because one that has been polled must not move. While it
//! waits it borrows the state in the process's slot; `cell` keeps it and drops it before the state.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll};

use super::answer::{Init, Next, Reply};
use crate::cell::{Started, waker};
use crate::primitive::mapped::Mapped;
use crate::process::step;

/// What a handler gives: an `O`, or a `Send` future of an `O`.
///
/// Whether an `O` that is there at once can be sent is not asked here: what is kept of it, a reply, a
/// state, says so itself, and once.
///
/// # In OTP
///
/// The return value of a callback. There is no future there: a callback that waits blocks its
/// process, which is what an `async` handler does to its server as well.
#[diagnostic::on_unimplemented(
    message = "a handler that is to give `{O}` gives `{Self}`",
    label = "neither `{O}` nor a `Send` future of one",
    note = "write `Next::proceed()`, `Reply::now(value)` or `Init::ok(state)`, or `async move {{ … }}` around it"
)]
pub trait Step<O>: Sized {
    /// Shows the visitor what this is.
    #[doc(hidden)]
    fn start<'a, V: Visit<'a, O>>(self, visit: V) -> V::Done
    where
        Self: 'a;
}

/// What is done with a step, whichever kind it is.
#[doc(hidden)]
pub trait Visit<'a, O>: Sized {
    /// What that comes to.
    type Done;
    /// The outcome is there.
    fn ready(self, outcome: O) -> Self::Done;
    /// The outcome will be there when the future is ready.
    fn future<F: Future<Output = O> + Send + 'a>(self, future: F) -> Self::Done;
}

impl<O, F: Future<Output = O> + Send> Step<O> for F {
    #[inline]
    fn start<'a, V: Visit<'a, O>>(self, visit: V) -> V::Done
    where
        F: 'a,
    {
        visit.future(self)
    }
}

impl Step<Next> for Next {
    #[inline]
    fn start<'a, V: Visit<'a, Next>>(self, visit: V) -> V::Done {
        visit.ready(self)
    }
}

impl<T> Step<Reply<T>> for Reply<T> {
    #[inline]
    fn start<'a, V: Visit<'a, Reply<T>>>(self, visit: V) -> V::Done
    where
        T: 'a,
    {
        visit.ready(self)
    }
}

impl<S> Step<Init<S>> for Init<S> {
    #[inline]
    fn start<'a, V: Visit<'a, Init<S>>>(self, visit: V) -> V::Done
    where
        S: 'a,
    {
        visit.ready(self)
    }
}

/// Calls a closure with the outcome, when it is there.
pub(super) struct Settle<K>(pub(super) K);

impl<'a, O, K: FnOnce(O) + Send + 'a> Visit<'a, O> for Settle<K> {
    type Done = Started<'a>;

    #[inline]
    fn ready(self, outcome: O) -> Started<'a> {
        (self.0)(outcome);
        Started::Done
    }

    fn future<F: Future<Output = O> + Send + 'a>(self, future: F) -> Started<'a> {
        begin(Box::pin(Mapped::new(future, self.0)))
    }
}

/// Polls a future for the first time, as the process that runs.
pub(super) fn begin<'a>(mut future: Pin<Box<dyn Future<Output = ()> + Send + 'a>>) -> Started<'a> {
    let waker = waker::waker(step::current_pid());
    match future.as_mut().poll(&mut Waking::from_waker(&waker)) {
        Poll::Ready(()) => Started::Done,
        Poll::Pending => Started::Pending(future),
    }
}

/// Shows what a step is, for one that borrows more than the state.
pub(super) struct Show;

/// See [`Show`].
pub(super) enum Shown<'a, O> {
    Ready(O),
    Future(Pin<Box<dyn Future<Output = O> + Send + 'a>>),
}

impl<'a, O> Visit<'a, O> for Show {
    type Done = Shown<'a, O>;

    fn ready(self, outcome: O) -> Shown<'a, O> {
        Shown::Ready(outcome)
    }

    fn future<F: Future<Output = O> + Send + 'a>(self, future: F) -> Shown<'a, O> {
        Shown::Future(Box::pin(future))
    }
}
