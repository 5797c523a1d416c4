//! Waiting for a time, and limits for futures.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use super::instant::Instant;
use crate::cell::{Running, waker};
use crate::process::deadline::Limit;
use crate::scheduler::{Due, TimerId, coop, with_local};

/// Waits this long. Zero is over at once; [`Duration::MAX`] never.
///
/// # Cancel safety
///
/// Dropped before it is done, it leaves nothing behind.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`timer:sleep/1`](https://www.erlang.org/doc/apps/stdlib/timer#sleep/1).
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    Sleep {
        limit: Limit::after(duration),
        elsewhere: None,
    }
}

/// Waits until this time has come.
///
/// # Panics
///
/// Outside a process.
#[track_caller]
pub fn sleep_until(at: Instant) -> Sleep {
    sleep(at.duration_since(super::instant::now()))
}

/// See [`sleep`].
#[must_use = "a sleep is slept when it is awaited"]
#[derive(Debug)]
pub struct Sleep {
    limit: Limit,
    /// The timer for a waker that is not the process's own.
    elsewhere: Option<Elsewhere>,
}

/// A timer that wakes something within a process: a combinator that polls only what was woken.
#[derive(Debug)]
struct Elsewhere {
    timer: TimerId,
    waker: Waker,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        crate::scheduler::try_with_local(|local| local.shared.cancel_timer(self.timer));
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        ready!(coop::poll_proceed(cx));
        let limit = self.limit;
        let up = crate::process::step::current(|running| {
            if is_own(running, cx.waker()) {
                return limit.is_up(running);
            }
            limit.is_up_now() || {
                self.wake_elsewhere(cx.waker());
                false
            }
        });
        if up { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Whether this waker wakes the process itself, which then looks at everything.
fn is_own(running: Running<'_>, given: &Waker) -> bool {
    given.will_wake(&waker::waker(running.pid()))
}

impl Sleep {
    fn wake_elsewhere(&mut self, waker: &Waker) {
        if self
            .elsewhere
            .as_ref()
            .is_some_and(|there| there.waker.will_wake(waker))
        {
            return;
        }
        let Limit::At(at) = self.limit else { return };
        let wake = waker.clone();
        let timer = with_local(|local| {
            local
                .shared
                .set_timer(at, Due::Run(Box::new(|| wake.wake())))
        });
        self.elsewhere = Some(Elsewhere {
            timer,
            waker: waker.clone(),
        });
    }
}

/// The time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time is up")
    }
}

impl std::error::Error for Elapsed {}

/// Lets a future run for this long at most. What it has not done by then it does not do: it is
/// dropped.
///
/// # Cancel safety
///
/// As the future itself.
///
/// # Panics
///
/// Outside a process.
#[track_caller]
pub fn timeout<F: Future>(limit: Duration, future: F) -> Timeout<F> {
    Timeout {
        future: Box::pin(future),
        sleep: sleep(limit),
    }
}

/// See [`timeout`].
#[must_use = "futures do nothing unless awaited"]
pub struct Timeout<F> {
    future: Pin<Box<F>>,
    sleep: Sleep,
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("sleep", &self.sleep)
            .finish_non_exhaustive()
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = self.future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        ready!(Pin::new(&mut self.sleep).poll(cx));
        Poll::Ready(Err(Elapsed(())))
    }
}
