//! Does the end of one process hold up others? The longest delay that anybody saw, in microseconds.
//!
//! While one process dies that has a million links, and then one that has a million unread messages,
//! a pair plays ping-pong and a third one ticks each millisecond. A round trip that takes longer than
//! usual and a tick that comes late count alike. The system's own time slicing is in it: `calm_us` is
//! what the same processes saw while nobody died.

use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use std::time::{Duration, Instant};

use regrow::Runtime;
use regrow::prelude::*;
use regrow::time::{millis, sleep};

use crate::args::Args;
use crate::ends;
use crate::measure::{Guard, Latch, Outcome};

static ENDED: Latch = Latch::new();
static FILLED: Latch = Latch::new();
static STOP: AtomicBool = AtomicBool::new(false);
static TRIP_MAX: AtomicU64 = AtomicU64::new(0);
static TICK_MAX: AtomicU64 = AtomicU64::new(0);

const TICK: Duration = Duration::from_millis(1);

/// A pair that plays ping-pong, and one that ticks.
fn start_watching(runtime: &Runtime) {
    crate::start(runtime, async |mut inbox: Inbox<u64>| {
        let me = inbox.this();
        let partner = spawn(async move |mut inbox: Inbox<u64>| {
            while let Received::Message(ball) = inbox.receive().await {
                me.send(ball);
            }
        });
        while !STOP.load(Relaxed) {
            let began = Instant::now();
            partner.send(0);
            inbox.receive().await;
            TRIP_MAX.fetch_max(micros(began.elapsed()), Relaxed);
        }
    });
    crate::start(runtime, async |_: Inbox<()>| {
        while !STOP.load(Relaxed) {
            let began = Instant::now();
            sleep(millis(1)).await;
            TICK_MAX.fetch_max(micros(began.elapsed().saturating_sub(TICK)), Relaxed);
        }
    });
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The longest delay since the last call.
fn longest_delay() -> f64 {
    TRIP_MAX.swap(0, SeqCst).max(TICK_MAX.swap(0, SeqCst)) as f64
}

/// See the module's head.
pub(crate) fn death(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(1_000_000);
    let parent = ends::spawn_linked(runtime, n);
    let hoarder = start_hoarder(runtime, n);
    start_watching(runtime);
    std::thread::sleep(Duration::from_millis(100));
    longest_delay();
    std::thread::sleep(Duration::from_millis(400));
    let calm = longest_delay();

    let began = Instant::now();
    parent.send(());
    ends::wait_for_ends();
    let links = began.elapsed();
    std::thread::sleep(Duration::from_millis(100));
    let links_delay = longest_delay();

    let began = Instant::now();
    exit(hoarder, ExitReason::Kill);
    ENDED.wait();
    let mailbox = began.elapsed();
    std::thread::sleep(Duration::from_millis(100));
    let mailbox_delay = longest_delay();

    STOP.store(true, Relaxed);
    Outcome::new(n, n, n, links)
        .with("max_delay_us", links_delay.max(mailbox_delay))
        .with("links_max_delay_us", links_delay)
        .with("mailbox_max_delay_us", mailbox_delay)
        .with_nanos("mailbox_ns", mailbox, n)
        .with("calm_us", calm)
        .note("operations are the processes that ended with one of a million links")
}

/// A message that says when it is gone.
struct Letter {
    _gone: Guard,
}

/// A process that reads nothing, with n messages in its mailbox.
fn start_hoarder(runtime: &Runtime, n: u64) -> ProcessRef<Letter> {
    ENDED.close(n);
    FILLED.close(1);
    let hoarder = crate::start(runtime, async |_inbox: Inbox<Letter>| {
        sleep(Duration::MAX).await;
    });
    crate::start(runtime, async move |_: Inbox<()>| {
        for _ in 0..n {
            hoarder.send(Letter {
                _gone: Guard(&ENDED),
            });
        }
        FILLED.arrive();
    });
    FILLED.wait();
    hoarder
}
