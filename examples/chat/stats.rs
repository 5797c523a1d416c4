//! What the server is doing, in a line.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use regrow::Handle;
use regrow::time::{Instant, now};

use crate::ChatRef;

/// Users' processes that crashed and came back.
pub(crate) static RESTARTS: AtomicU64 = AtomicU64::new(0);
/// When the last line was asked for, and the messages received until then.
static LAST: Mutex<Option<(Instant, u64)>> = Mutex::new(None);

/// Processes, bytes each, messages a second since the last time, restarts.
pub(crate) async fn line(chat: &ChatRef) -> String {
    let runtime = Handle::current();
    let processes = runtime.process_count();
    let users = chat
        .users()
        .count_children()
        .await
        .map_or(0, |count| count.active);
    let (now, received) = (now(), runtime.stats().received);
    let last = LAST
        .lock()
        .expect("nobody panics with the lock")
        .replace((now, received));
    let rate = last.map_or(0.0, |(then, before)| {
        let seconds = now.duration_since(then).as_secs_f64().max(1e-3);
        (received - before) as f64 / seconds
    });
    let bytes = resident_bytes().map_or_else(String::new, |bytes| {
        format!(", {} bytes each", bytes / processes.max(1))
    });
    let restarts = RESTARTS.load(Relaxed);
    format!(
        "{processes} processes ({users} users){bytes}, {rate:.0} messages/s, {restarts} restarts"
    )
}

/// The memory of the whole program, where the system says so.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
