//! How much memory there is, how much is used, and how much will be needed.

use std::fmt;
use std::fs;

/// What a worker is reckoned to need: its slot, its place in the supervisor's table and in the
/// registry, and what is noted of it. The program says what it was in truth; this leaves room for a
/// table that is doubled.
const BYTES_EACH: u64 = 700;
/// What is left to the rest of the machine.
const RESERVE: u64 = 256 << 20;

/// There is not enough.
#[derive(Debug)]
pub(crate) struct TooMany {
    n: u64,
    free: u64,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooMany { n, free } = self;
        write!(
            f,
            "{n} workers need about {}, and {} are free: take at most --n {}",
            bytes(needed(*n)),
            bytes(*free),
            free.saturating_sub(RESERVE) / BYTES_EACH
        )
    }
}

fn needed(n: u64) -> u64 {
    n.saturating_mul(BYTES_EACH).saturating_add(RESERVE)
}

/// Whether there is memory for so many workers. Where the system does not say, there is.
pub(crate) fn check(n: u64) -> Result<(), TooMany> {
    match free() {
        Some(free) if free < needed(n) => Err(TooMany { n, free }),
        _ => Ok(()),
    }
}

/// What the machine has left, or the container.
fn free() -> Option<u64> {
    let machine = field("/proc/meminfo", "MemAvailable:")?;
    let container = || {
        let limit = number("/sys/fs/cgroup/memory.max")?;
        Some(limit.saturating_sub(number("/sys/fs/cgroup/memory.current")?))
    };
    Some(container().map_or(machine, |free| free.min(machine)))
}

/// The memory of the whole program, where the system says so.
pub(crate) fn resident() -> Option<u64> {
    field("/proc/self/status", "VmRSS:")
}

/// A line of a file that says kilobytes, in bytes.
fn field(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// A size as people read it.
fn bytes(count: u64) -> String {
    let (unit, name) = if count < 1 << 30 {
        (1 << 20, "MiB")
    } else {
        (1_u64 << 30, "GiB")
    };
    format!("{:.1} {name}", count as f64 / unit as f64)
}
