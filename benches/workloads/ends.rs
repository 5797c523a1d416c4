//! What does it cost when many processes end at once? Nanoseconds per process.
//!
//! The children are cold by then: each is touched for its signal, for its end and for its memory,
//! so the run is mostly a walk through memory. Children that are spawned in the same order as they
//! end are the friendly case.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use regrow::Runtime;
use regrow::prelude::*;

use crate::args::Args;
use crate::measure::{Guard, Latch, Outcome, resident};

static READY: Latch = Latch::new();
static ENDED: Latch = Latch::new();
static TIME: Mutex<Duration> = Mutex::new(Duration::ZERO);

/// A process with eight bytes of state and nothing to do.
async fn child(mut inbox: Inbox<u64>, mut state: u64) {
    let _guard = Guard(&ENDED);
    READY.arrive();
    while let Received::Message(number) = inbox.receive().await {
        state += number;
        std::hint::black_box(state);
    }
}

/// Spawns n children that are linked to one parent, until each has run.
pub(crate) fn spawn_linked(runtime: &Runtime, n: u64) -> ProcessRef<()> {
    READY.close(n);
    ENDED.close(n);
    let parent = crate::start(runtime, async move |mut inbox: Inbox<()>| {
        for state in 0..n {
            spawn_link(move |inbox| child(inbox, state));
        }
        inbox.receive().await;
        ExitReason::Shutdown
    });
    READY.wait();
    parent
}

/// Waits until the state of the last child has been dropped.
pub(crate) fn wait_for_ends() {
    ENDED.wait();
}

/// A parent that is linked to n ends; timed until the last child's state is dropped.
pub(crate) fn link_exit(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(100_000);
    let before = resident();
    let began = Instant::now();
    let parent = spawn_linked(runtime, n);
    let setup = began.elapsed();
    std::thread::sleep(Duration::from_millis(20));
    let after = resident();
    let began = Instant::now();
    parent.send(());
    wait_for_ends();
    Outcome::new(n, n, n, began.elapsed())
        .memory_of(before, after, n)
        .with_nanos("setup_ns", setup, n)
}

/// A watcher ends n processes that it monitors; timed until it has n notices.
pub(crate) fn monitor_down(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(100_000);
    READY.close(n);
    ENDED.close(n + 1);
    let before = resident();
    let began = Instant::now();
    let watcher = crate::start(runtime, async move |mut inbox: Inbox<()>| {
        let children: Vec<_> = (0..n)
            .map(|state| spawn_monitor(move |inbox| child(inbox, state)).0)
            .collect();
        inbox.receive().await;
        let began = Instant::now();
        for child in &children {
            exit(child, ExitReason::Shutdown);
        }
        let mut downs = 0;
        while downs < n {
            if let Received::Down(_) = inbox.receive().await {
                downs += 1;
            }
        }
        *TIME.lock().unwrap_or_else(PoisonError::into_inner) = began.elapsed();
        ENDED.arrive();
    });
    READY.wait();
    let setup = began.elapsed();
    std::thread::sleep(Duration::from_millis(20));
    let after = resident();
    watcher.send(());
    ENDED.wait();
    let time = *TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Outcome::new(n, n, n, time)
        .memory_of(before, after, n)
        .with_nanos("setup_ns", setup, n)
}
