//! Reductions: how long a process may keep a scheduler.
//!
//! A turn has a budget of messages and of time. Everything that takes a process further without
//! going back to the scheduler (a message received, a reply, an I/O operation that was ready)
//! consumes one reduction; when they are used up, or the time is, the process goes to the end of
//! its queue. The clock is read every 32 reductions only: it costs more than a message.

use std::cell::Cell;
use std::task::{Context, Poll};

use super::local::Local;

/// Reductions in a turn.
pub(crate) const BUDGET: u32 = 128;
/// Nanoseconds in a turn.
pub(crate) const BUDGET_NANOS: u64 = 500_000;
/// The clock is read whenever this many reductions have been consumed.
const CLOCK_EVERY: u32 = 32;

/// The turn that goes on on this thread.
#[derive(Debug)]
struct Meter {
    left: Cell<u32>,
    /// When the time is up, in nanoseconds of the runtime's clock; 0: not looked at yet.
    until: Cell<u64>,
    yielding: Cell<bool>,
}

thread_local! {
    static METER: Meter = const {
        Meter { left: Cell::new(BUDGET), until: Cell::new(0), yielding: Cell::new(false) }
    };
}

/// Begins a new budget.
#[inline]
pub(crate) fn refill(reductions: u32) {
    METER.with(|meter| {
        meter.left.set(reductions);
        meter.until.set(0);
        meter.yielding.set(false);
    });
}

/// Consumes one reduction. `false`: the budget is used up, and the process should give way.
#[inline]
pub(crate) fn consume() -> bool {
    METER.with(|meter| {
        let left = meter.left.get();
        if left == 0 {
            meter.yielding.set(true);
            return false;
        }
        meter.left.set(left - 1);
        (left % CLOCK_EVERY != 0) || check_time(meter)
    })
}

/// Consumes many.
pub(crate) fn consume_many(reductions: u32) {
    METER.with(|meter| meter.left.set(meter.left.get().saturating_sub(reductions)));
}

/// Whether there is nothing left.
#[inline]
pub(crate) fn is_used_up() -> bool {
    METER.with(|meter| meter.left.get() == 0)
}

/// Says that the process that runs gives way of its own accord.
pub(crate) fn give_way() {
    METER.with(|meter| meter.yielding.set(true));
}

/// Whether the process that runs has given way; asking resets it.
#[inline]
pub(crate) fn take_yielding() -> bool {
    METER.with(|meter| meter.yielding.replace(false))
}

#[cold]
fn check_time(meter: &Meter) -> bool {
    let Some(now) = super::try_with_local(Local::clock_nanos) else {
        return true;
    };
    let until = meter.until.get();
    if until == 0 {
        meter.until.set(now + BUDGET_NANOS);
        return true;
    }
    if now < until {
        return true;
    }
    meter.left.set(0);
    meter.yielding.set(true);
    false
}

/// For leaf futures: consumes one reduction, or makes the process give way first.
///
/// Outside a process it is always ready.
#[inline]
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<()> {
    if crate::cell::with_current(|_| ()).is_none() || consume() {
        return Poll::Ready(());
    }
    // Some combinators poll only what was woken.
    cx.waker().wake_by_ref();
    Poll::Pending
}
