//! What is counted, and the first thing that was not as it should be.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use regrow::prelude::*;

/// A count that many add to.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(crate) fn set(&self, count: u64) {
        self.0.store(count, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Everything that has happened.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) rounds: Count,
    /// Calls that were made, and how they ended.
    pub(crate) calls: Count,
    pub(crate) replies: Count,
    pub(crate) timeouts: Count,
    pub(crate) no_process: Count,
    pub(crate) exited: Count,
    pub(crate) no_reply: Count,
    pub(crate) casts: Count,
    /// Monitors that were set, that fired, and that were taken away before.
    pub(crate) monitors: Count,
    pub(crate) downs: Count,
    pub(crate) demonitored: Count,
    /// Timers that were set, that fired, and that were cancelled before.
    pub(crate) timers: Count,
    pub(crate) fired: Count,
    pub(crate) cancelled: Count,
    /// Exchanges over a socket: those that came back whole, and those that were cut off.
    pub(crate) echoes: Count,
    pub(crate) cut_off: Count,
    pub(crate) mayflies: Count,
    /// Kills and crashes that were asked for, and handlers made to stick.
    pub(crate) kills: Count,
    pub(crate) crashes: Count,
    pub(crate) stuck: Count,
    /// Bytes in use when the first rounds were over, and at last.
    pub(crate) bytes_settled: Count,
    pub(crate) bytes: Count,
    violation: OnceLock<String>,
    length: OnceLock<Duration>,
}

impl Account {
    /// Something is not as it should be. The first of these is what the program ends with.
    pub(crate) fn violate(&self, what: String) {
        // A later one is a consequence, as a rule.
        self.violation.get_or_init(|| what);
    }

    /// The first thing that was not as it should be.
    pub(crate) fn violation(&self) -> Result<(), String> {
        self.violation
            .get()
            .map_or(Ok(()), |what| Err(what.clone()))
    }

    /// A call has ended in this way.
    pub(crate) fn ended<T, E: fmt::Debug>(&self, result: &Result<T, CallError<E>>) {
        match result {
            Ok(_) | Err(CallError::Reply(_)) => self.replies.add(1),
            Err(CallError::Timeout) => self.timeouts.add(1),
            Err(CallError::NoProcess) => self.no_process.add(1),
            Err(CallError::Exited(_)) => self.exited.add(1),
            Err(CallError::NoReply) => self.no_reply.add(1),
            Err(other) => self.violate(format!("a call cannot end like this here: {other:?}")),
        }
    }

    /// Calls that have ended.
    pub(crate) fn calls_ended(&self) -> u64 {
        let ways = [
            &self.replies,
            &self.timeouts,
            &self.no_process,
            &self.exited,
            &self.no_reply,
        ];
        ways.iter().map(|count| count.get()).sum()
    }

    /// What has begun and has not ended.
    pub(crate) fn under_way(&self) -> String {
        format!(
            "{} of {} calls and {} of {} timers have not ended",
            self.calls.get().saturating_sub(self.calls_ended()),
            self.calls.get(),
            (self.timers.get()).saturating_sub(self.fired.get() + self.cancelled.get()),
            self.timers.get(),
        )
    }

    /// The soak took this long.
    pub(crate) fn took(&self, length: Duration) {
        self.length.get_or_init(|| length);
    }

    /// How long the soak took in seconds, or one if it has not ended.
    pub(crate) fn seconds(&self) -> f64 {
        self.length
            .get()
            .map_or(1.0, Duration::as_secs_f64)
            .max(1e-3)
    }

    /// The line of every few seconds.
    pub(crate) fn line(&self, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs_f64();
        format!(
            "{seconds:6.0} s  {} rounds, {:.0} calls/s, {} kills, {} crashes, {} stuck, {} downs, \
             {} timers, {} echoes, {:.1} MiB: all as it should be",
            self.rounds.get(),
            self.calls.get() as f64 / seconds,
            self.kills.get(),
            self.crashes.get(),
            self.stuck.get(),
            self.downs.get(),
            self.fired.get(),
            self.echoes.get(),
            self.bytes.get() as f64 / f64::from(1 << 20),
        )
    }
}
