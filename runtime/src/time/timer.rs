//! Timers that send a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use parking_lot::Mutex;

use super::instant::Instant;
use super::tick::Tick;
use crate::cell::LocalPid;
use crate::process::pid::AsPid;
use crate::process::send::{Accepts, Delivery};
use crate::process::{kept, names, step};
use crate::scheduler::{Due, Shared, TimerId, try_with_local, with_local};

/// A timer, to be asked or cancelled by anybody.
///
/// # In OTP
///
/// A timer reference.
#[derive(Debug, Clone)]
pub struct TimerRef {
    runtime: u32,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Once {
        timer: TimerId,
        /// A timer aimed at a dead process is no timer any more.
        target: Option<LocalPid>,
    },
    Every(Arc<Interval>),
}

/// The timer that goes on.
#[derive(Debug)]
struct Interval {
    /// When it comes next, and the wheel's entry for that.
    next: Mutex<(Tick, Option<TimerId>)>,
    cancelled: AtomicBool,
}

/// Sends a message after this long, unless the timer is cancelled before. If the process has ended
/// by then, nothing happens; the timer does not end with the process that set it. A name or a place
/// in a supervisor is looked up when the time has come.
///
/// A delay of zero still goes through the timer: what is sent directly just after comes first.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`erlang:send_after/3`](https://www.erlang.org/doc/apps/erts/erlang#send_after/3).
#[track_caller]
pub fn send_after<M: Send + 'static>(delay: Duration, to: impl Accepts<M>, message: M) -> TimerRef {
    step::current_pid();
    let Delivery { to, due } = to.accept_later(message);
    after(delay, to, due)
}

/// As [`send_after`], at a point in time. If that has passed, the message is sent at once, though
/// still through the timer.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// `erlang:send_after/4` with `{abs, true}`.
///
/// # Examples
///
/// Work every ten seconds that takes its own time, and does not drift for that:
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::time::{millis, now, secs, send_at, sleep};
///
/// let worker = spawn_monitor(async |mut inbox: Inbox<()>| {
///     let mut next = now();
///     for _ in 0..3 {
///         next = next + secs(10);
///         send_at(next, inbox.this(), ());
///         inbox.receive().await;
///         sleep(millis(1234)).await;
///     }
/// });
/// let begun = now();
/// worker.1.await;
/// assert!(begun.elapsed() < secs(32));
/// # });
/// ```
#[track_caller]
pub fn send_at<M: Send + 'static>(at: Instant, to: impl Accepts<M>, message: M) -> TimerRef {
    step::current_pid();
    let Delivery { to, due } = to.accept_later(message);
    set(at.tick(), to, due)
}

/// As [`send_after`], to whoever has the name when the time has come. If nobody has, or its messages
/// are of another type, nothing happens.
///
/// # Panics
///
/// Outside a process.
#[track_caller]
pub fn send_after_named<M: Send + 'static>(
    delay: Duration,
    name: impl Into<String>,
    message: M,
) -> TimerRef {
    step::current_pid();
    let name = name.into();
    let fire = move || drop(names::send_named(&name, message));
    after(delay, None, Due::Run(Box::new(fire)))
}

/// Sets a timer that does something. Used for messages that are not plain ones.
pub(crate) fn after(delay: Duration, target: Option<LocalPid>, due: Due) -> TimerRef {
    let at = with_local(|local| local.shared.clock.after(delay));
    set(at, target, due)
}

/// As [`after`], at a point in time.
pub(crate) fn set(at: Tick, target: Option<LocalPid>, due: Due) -> TimerRef {
    with_local(|local| {
        let shared = &local.shared;
        let timer = shared.set_timer(at, due);
        let own = crate::cell::with_current(|running| {
            let own = Some(running.pid()) == target;
            if own {
                remember(shared, running, timer);
            }
            own
        });
        debug_assert!(own.is_some(), "timers are set by processes");
        if own != Some(true) && !is_there(target) {
            shared.cancel_timer(timer);
        }
        TimerRef {
            runtime: shared.id,
            kind: Kind::Once { timer, target },
        }
    })
}

/// A timer that a process sets for itself goes when it ends. Those that have come due are forgotten
/// whenever the list has doubled since the last time.
fn remember(shared: &Shared, running: crate::cell::Running<'_>, timer: TimerId) {
    kept::with(running, |kept| {
        if kept.timers.len() == kept.timers.capacity() && kept.timers.len() >= 16 {
            kept.timers.retain(|&timer| shared.is_timer_set(timer));
            // Full again after a few more, it would be looked through for each few.
            kept.timers.reserve(kept.timers.len().max(16));
        }
        kept.timers.push(timer);
    });
}

/// Sends a message again and again, the first time after one period, until the timer is cancelled or
/// the process has ended. Each is due one period after the one before was due, so the times do not
/// drift; those that a busy runtime has missed are left out.
///
/// # Panics
///
/// Outside a process, or if the period is zero.
///
/// # In OTP
///
/// [`timer:send_interval/3`](https://www.erlang.org/doc/apps/stdlib/timer#send_interval/3).
#[track_caller]
pub fn send_interval<M, T>(period: Duration, to: T, message: M) -> TimerRef
where
    M: Clone + Send + 'static,
    T: Accepts<M> + AsPid + Send + 'static,
{
    assert!(
        !period.is_zero(),
        "the period of an interval is longer than zero"
    );
    step::current_pid();
    with_local(|local| {
        let shared = &local.shared;
        let first = shared.clock.after(period);
        let interval = Arc::new(Interval {
            next: Mutex::new((first, None)),
            cancelled: AtomicBool::new(false),
        });
        let fire = move || {
            let alive = crate::cell::is_alive(to.as_pid().local(), &crossbeam_epoch::pin());
            if alive {
                to.accept(message.clone());
            }
            alive
        };
        interval.arm(shared, period, Box::new(fire));
        TimerRef {
            runtime: shared.id,
            kind: Kind::Every(interval),
        }
    })
}

type Fire = Box<dyn FnMut() -> bool + Send>;

impl Interval {
    fn arm(self: &Arc<Self>, shared: &Shared, period: Duration, mut fire: Fire) {
        let this = Arc::clone(self);
        let runtime = shared.id;
        let again = move || {
            if this.cancelled.load(SeqCst) || !fire() {
                return;
            }
            if let Some(shared) = Shared::by_id(runtime) {
                this.advance(&shared, period);
                this.arm(&shared, period, fire);
            }
        };
        let mut next = self.next.lock();
        let at = next.0;
        next.1 = Some(shared.set_timer(at, Due::Run(Box::new(again))));
    }

    /// The next time that is to come.
    fn advance(&self, shared: &Shared, period: Duration) {
        let period = (period.as_nanos().div_ceil(1_000_000) as u64).max(1);
        let now = shared.clock.tick().0;
        let mut next = self.next.lock();
        let missed = now.saturating_sub(next.0.0) / period;
        next.0 = Tick(next.0.0 + (missed + 1) * period);
    }
}

/// Cancels a timer. Returns how long it had left, or `None` if it has come due, was cancelled, or its
/// process has ended: then it is too late, and the message may have arrived or not.
///
/// After `Some` the message never arrives. Any process may cancel any timer.
///
/// # In OTP
///
/// [`erlang:cancel_timer/1`](https://www.erlang.org/doc/apps/erts/erlang#cancel_timer/1).
#[expect(
    clippy::needless_pass_by_value,
    reason = "a cancelled timer is of no more use"
)]
pub fn cancel_timer(timer: TimerRef) -> Option<Duration> {
    let shared = shared_of(timer.runtime)?;
    match &timer.kind {
        Kind::Once { timer, target } => {
            let left = shared.cancel_timer(*timer);
            left.filter(|_| is_there(*target))
        }
        Kind::Every(interval) => {
            if interval.cancelled.swap(true, SeqCst) {
                return None;
            }
            let timer = interval.next.lock().1.take();
            timer.and_then(|timer| shared.cancel_timer(timer))
        }
    }
}

/// How long a timer has left, or `None` as for [`cancel_timer`].
///
/// # In OTP
///
/// [`erlang:read_timer/1`](https://www.erlang.org/doc/apps/erts/erlang#read_timer/1).
pub fn read_timer(timer: &TimerRef) -> Option<Duration> {
    let shared = shared_of(timer.runtime)?;
    match &timer.kind {
        Kind::Once { timer, target } => shared.read_timer(*timer).filter(|_| is_there(*target)),
        Kind::Every(interval) => {
            let timer = interval.next.lock().1;
            timer.and_then(|timer| shared.read_timer(timer))
        }
    }
}

fn is_there(target: Option<LocalPid>) -> bool {
    target.is_none_or(|target| crate::cell::is_alive(target, &crossbeam_epoch::pin()))
}

fn shared_of(runtime: u32) -> Option<Arc<Shared>> {
    let here =
        try_with_local(|local| (local.shared.id == runtime).then(|| Arc::clone(&local.shared)));
    here.flatten().or_else(|| Shared::by_id(runtime))
}
