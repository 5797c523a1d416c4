//! The time that is left of the call being handled, which calls made meanwhile inherit.
//!
//! A caller that says until when it waits, by [`Call::deadline`](super::Call::deadline), says so to
//! the server too. While the server handles the request, that time limits every call that it makes in
//! turn, and they pass it on. It is known to the thread while the handler is run or polled, and to
//! nobody else: what the handler spawns has all the time that it wants.
//!
//! Calls with a timeout only, which is the usual case, carry nothing and cost nothing here.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::step::{Settle, Visit};
use crate::cell::Started;
use crate::time::tick::Tick;

thread_local! {
    static UNTIL: Cell<Option<Tick>> = const { Cell::new(None) };
}

/// Until when the call that is being handled is waited for.
pub(super) fn until() -> Option<Tick> {
    UNTIL.get()
}

/// As long as this is there, calls inherit the time.
pub(super) struct Scope {
    before: Option<Tick>,
}

/// Lets calls inherit this time.
pub(super) fn enter(until: Tick) -> Scope {
    Scope {
        before: UNTIL.replace(Some(until)),
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        UNTIL.set(self.before);
    }
}

/// As [`Settle`], for a handler whose calls inherit a time whenever it is polled.
pub(super) struct SettleWithin<K> {
    pub(super) until: Option<Tick>,
    pub(super) settle: K,
}

impl<'a, O, K: FnOnce(O) + Send + 'a> Visit<'a, O> for SettleWithin<K> {
    type Done = Started<'a>;

    #[inline]
    fn ready(self, outcome: O) -> Started<'a> {
        Settle(self.settle).ready(outcome)
    }

    fn future<F: Future<Output = O> + Send + 'a>(self, future: F) -> Started<'a> {
        match self.until {
            None => Settle(self.settle).future(future),
            Some(until) => Settle(self.settle).future(Within { future, until }),
        }
    }
}

pin_project! {
    /// A future whose calls inherit this time.
    struct Within<F> {
        #[pin]
        future: F,
        until: Tick,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = enter(*this.until);
        this.future.poll(cx)
    }
}
