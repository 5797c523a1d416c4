//! Who runs next, and who sleeps.
//!
//! A scheduler is an operating system thread with run queues. A process that can run is represented
//! by one [`RunEntry`](crate::cell::RunEntry), which lies in exactly one place: a scheduler's next
//! place, one of its queues, the injector, or the hands of the scheduler that runs it.
//!
//! ```text
//!                 foreign threads
//!                       │
//!                  ┌────▼─────┐   every 61st turn, and when the own queues are empty
//!                  │ injector ├───────────────┐
//!                  └──────────┘               ▼
//!   send ──▶ next place ──────────────▶ ┌───────────┐
//!   yield, timer, I/O ──▶ queues ─────▶ │ scheduler │ ──▶ run ──▶ parked, requeued or buried
//!                           ▲   steal   └───────────┘
//!                           └──────────── the others
//! ```
//!
//! # What is promised
//!
//! *Fairness.* If the number of processes is bounded, and no turn of any of them takes longer than
//! some time, then every runnable process runs within some time: the queues are first in, first
//! out; the next place gives way after [`STREAK_MAX`](run_loop) runs in a row; the injector, timers
//! and I/O have their turn at fixed intervals. Priorities bend this on purpose: eight runs of high
//! priority for one of normal, eight of normal for one of low.
//!
//! *Stuck turns.* A turn that does not end (it computes, or blocks its thread) holds up nobody but
//! what is in its scheduler's hands: the [watch thread](sysmon) notices it, and another scheduler
//! or a spare one takes what waits behind it.
//!
//! *Quiet.* With nothing runnable and no timer due, every thread sleeps, without a timeout.
//!
//! How processes sleep and wake schedulers is in `SLEEP.md`, which follows.
#![doc = include_str!("SLEEP.md")]

pub(crate) mod blocking;
pub(crate) mod coop;
pub(crate) mod idle;
pub(crate) mod keeper;
pub(crate) mod local;
pub(crate) mod quota;
pub(crate) mod run_loop;
pub(crate) mod run_queue;
pub(crate) mod shared;
pub(crate) mod stats;
pub(crate) mod sysmon;
pub(crate) mod timers;

pub(crate) use local::{Local, schedule, try_with_local, wake, with_local};
pub(crate) use shared::{Config, Shared};
pub(crate) use timers::{Due, TimerId};

/// What a turn of a process came to.
#[derive(Debug)]
pub(crate) enum After {
    /// It waits, and is nobody's any more.
    Parked,
    /// It has more to do, and goes to the end of its queue.
    Requeue(crate::cell::RunEntry),
    /// It has ended; its slot is to be reused.
    Buried(crate::cell::Corpse),
}

/// Lets one process have its turn. Set by the room above, which knows what a process is.
pub(crate) type Step = fn(&Local, crate::cell::Owned) -> After;
