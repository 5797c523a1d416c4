//! What a run gives: times, sizes, and the one line that says them.
//!
//! Sizes are the resident set as the kernel counts it. It moves in pages, and memory that the
//! allocator keeps is in it; so sizes per process are good for a million processes, and mean nothing
//! for a thousand.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What a workload measured.
pub(crate) struct Outcome {
    n: u64,
    procs: u64,
    ops: u64,
    time: Duration,
    memory: Option<(u64, u64)>,
    bytes_per_proc: Option<f64>,
    extra: Vec<(&'static str, f64)>,
    note: Option<&'static str>,
}

impl Outcome {
    /// `ops` operations took `time`.
    pub(crate) fn new(n: u64, procs: u64, ops: u64, time: Duration) -> Outcome {
        Outcome {
            n,
            procs,
            ops,
            time,
            memory: None,
            bytes_per_proc: None,
            extra: Vec::new(),
            note: None,
        }
    }

    /// The resident set before and after.
    pub(crate) fn memory(mut self, before: u64, after: u64) -> Outcome {
        self.memory = Some((before, after));
        self
    }

    /// The resident set before and after `procs` processes were made.
    pub(crate) fn memory_of(mut self, before: u64, after: u64, procs: u64) -> Outcome {
        self.bytes_per_proc = Some((after as f64 - before as f64) / procs as f64);
        self.memory(before, after)
    }

    /// One more number.
    pub(crate) fn with(mut self, name: &'static str, value: f64) -> Outcome {
        self.extra.push((name, value));
        self
    }

    /// A time per thing, in nanoseconds.
    pub(crate) fn with_nanos(self, name: &'static str, time: Duration, things: u64) -> Outcome {
        self.with(name, time.as_secs_f64() * 1e9 / things as f64)
    }

    /// What a reader must know to compare the run with others.
    pub(crate) fn note(mut self, note: &'static str) -> Outcome {
        self.note = Some(note);
        self
    }

    /// The line, as `benches/peers/README.md` describes it.
    pub(crate) fn line(&self, workload: &str) -> String {
        let secs = self.time.as_secs_f64();
        let timed = secs > 0.0 && self.ops > 0;
        let (before, after) = self.memory.unwrap_or_default();
        let extra: Vec<String> = self
            .extra
            .iter()
            .map(|(name, value)| format!("\"{name}\":{}", number(Some(*value))))
            .collect();
        let mut line = format!(
            "{{\"peer\":\"regrow\",\"version\":\"{}\",\"workload\":\"{workload}\",\"n\":{},\
             \"procs\":{},\"ops\":{},\"secs\":{secs:.6},\"ops_per_s\":{},\"ns_per_op\":{},\
             \"rss_before\":{before},\"rss_after\":{after},\"rss_peak\":{},\
             \"bytes_per_proc\":{},\"extra\":{{{}}}",
            env!("CARGO_PKG_VERSION"),
            self.n,
            self.procs,
            self.ops,
            number(timed.then(|| self.ops as f64 / secs)),
            number(timed.then(|| secs * 1e9 / self.ops as f64)),
            peak_resident(),
            number(self.bytes_per_proc),
            extra.join(","),
        );
        if let Some(note) = self.note {
            // Writing to a string does not fail.
            let _written = write!(line, ",\"note\":\"{note}\"");
        }
        line.push('}');
        line
    }
}

fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_finite() => format!("{value:.3}"),
        _ => "null".to_owned(),
    }
}

/// Bytes of memory that the program has resident.
pub(crate) fn resident() -> u64 {
    status("/proc/self/status", "VmRSS:") * 1024
}

/// The most that it ever had.
fn peak_resident() -> u64 {
    status("/proc/self/status", "VmHWM:") * 1024
}

/// The number in a line of a status file; zero where the system has no such thing.
pub(crate) fn status(file: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap_or_default();
    line.split_whitespace()
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0)
}

/// Counts down to zero, for a thread that waits for that outside the runtime.
///
/// Latches are statics: a process that counts one down holds nothing for it.
pub(crate) struct Latch {
    left: AtomicU64,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Latch {
    /// A latch that is open already.
    pub(crate) const fn new() -> Latch {
        Latch {
            left: AtomicU64::new(0),
            open: Mutex::new(true),
            opened: Condvar::new(),
        }
    }

    /// Closes the latch until `count` have arrived.
    pub(crate) fn close(&self, count: u64) {
        self.left.store(count, std::sync::atomic::Ordering::Release);
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = count == 0;
    }

    /// One has arrived.
    pub(crate) fn arrive(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            *self.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.opened.notify_all();
        }
    }

    /// Waits until all have arrived. Blocks the thread.
    pub(crate) fn wait(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_while(open, |open| !*open));
    }
}

/// Arrives when it is dropped: proof that a process's state has gone, however it ended.
pub(crate) struct Guard(pub(crate) &'static Latch);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.arrive();
    }
}

/// The random numbers of the peers (xorshift), so that all see the same sequence.
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// The next number, below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((self.next() >> 32) * limit) >> 32
    }
}
