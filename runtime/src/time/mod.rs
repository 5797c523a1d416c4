//! Time: what a clock shows, sleeping, limits and timers.
//!
//! Times are counted from the start of the runtime, in [`Instant`]s, so that a simulation can show
//! its own. Nothing comes early: a sleep, a limit or a timer is over at the first millisecond that
//! begins no earlier than asked for. In a simulation time jumps to the
//! next timer when nothing is runnable, and all but stands still until then.

pub(crate) mod clock;
mod instant;
mod sleep;
pub(crate) mod tick;
pub(crate) mod timer;
pub(crate) mod wheel;

pub use instant::{Instant, millis, now, secs};
pub use sleep::{Elapsed, Sleep, Timeout, sleep, sleep_until, timeout};
pub use timer::{
    TimerRef, cancel_timer, read_timer, send_after, send_after_named, send_at, send_interval,
};
