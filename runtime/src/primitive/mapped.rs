//! A future whose value is changed, in no more room than the future takes.
//!
//! An async block that awaits a future which it was given has room for it twice: where it was given
//! it, and where it polls it. What handlers and tasks run is of any size, and is kept for as long as
//! they wait.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

pin_project! {
    /// A future, and what is done with its value.
    pub(crate) struct Mapped<F, K> {
        #[pin]
        future: F,
        map: Option<K>,
    }
}

impl<F, K> Mapped<F, K> {
    pub(crate) fn new(future: F, map: K) -> Mapped<F, K> {
        Mapped {
            future,
            map: Some(map),
        }
    }
}

impl<F: Future, K: FnOnce(F::Output) -> T, T> Future for Mapped<F, K> {
    type Output = T;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = self.project();
        let value = ready!(this.future.poll(cx));
        match this.map.take() {
            Some(map) => Poll::Ready(map(value)),
            None => panic!("a future was polled after it was ready"),
        }
    }
}
