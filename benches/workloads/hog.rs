//! Can processes that never give way starve others? Round trips of a pair amid such processes.
//!
//! There are twice as many hogs as schedulers. The pair runs in bursts, so its median round trip is
//! the same as on a quiet machine and says nothing; the longest one says what anybody has to expect.
//! A round trip that has not ended when the run does counts with its age, or a starved pair would
//! look perfect.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::yield_now;

use crate::args::Args;
use crate::measure::{Outcome, Random};

static STOP: AtomicBool = AtomicBool::new(false);
static SAMPLES: Mutex<Vec<u64>> = Mutex::new(Vec::new());
/// When the round trip that is under way began, in nanoseconds since the start; 0: none is.
static OPEN: AtomicU64 = AtomicU64::new(0);
static START: OnceLock<Instant> = OnceLock::new();
/// How much each hog has computed.
static WORK: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];

const SLICE: Duration = Duration::from_micros(100);

fn since_start() -> Duration {
    START.get_or_init(Instant::now).elapsed()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// See the module's head. With `--yield 1` the hogs give way after each 100 microseconds.
pub(crate) fn hog(runtime: &Runtime, args: &Args) -> Outcome {
    let (secs, gives_way) = (args.number("secs", 5), args.is_on("yield"));
    let hogs = (2 * args.schedulers()).min(WORK.len());
    since_start();
    crate::start(runtime, play);
    std::thread::sleep(Duration::from_millis(50));
    for work in &WORK[..hogs] {
        crate::start(runtime, async move |_: Inbox<()>| {
            while !STOP.load(Relaxed) {
                compute();
                work.fetch_add(1, Relaxed);
                if gives_way {
                    yield_now().await;
                }
            }
        });
    }
    std::thread::sleep(Duration::from_millis(50));
    let before: Vec<u64> = WORK[..hogs].iter().map(|work| work.load(Relaxed)).collect();
    std::thread::sleep(Duration::from_secs(secs));
    let open = OPEN.load(Relaxed);
    let open = if open == 0 {
        0
    } else {
        nanos(since_start()) - open
    };
    let samples = std::mem::take(&mut *SAMPLES.lock().unwrap_or_else(PoisonError::into_inner));
    STOP.store(true, Relaxed);
    let done: Vec<u64> = WORK
        .iter()
        .zip(before)
        .map(|(work, before)| work.load(Relaxed) - before)
        .collect();
    let least = done.iter().min().copied().unwrap_or(0) as f64;
    let all = done.iter().sum::<u64>().max(1) as f64;
    let trips = samples.len() as u64;
    latencies(
        Outcome::new(trips, hogs as u64, trips, Duration::from_secs(secs)),
        samples,
        open,
    )
    .with("hog_min_share", least / all)
    .note(if gives_way {
        "hogs yield each 100 us"
    } else {
        "hogs never yield"
    })
}

/// Round trips, each a sample from 100 ms on.
async fn play(mut inbox: Inbox<u64>) {
    let me = inbox.this();
    let partner = spawn(async move |mut inbox: Inbox<u64>| {
        while let Received::Message(ball) = inbox.receive().await {
            me.send(ball);
        }
    });
    while !STOP.load(Relaxed) {
        let began = since_start();
        OPEN.store(nanos(began), Relaxed);
        partner.send(0);
        inbox.receive().await;
        OPEN.store(0, Relaxed);
        let ended = since_start();
        if ended > Duration::from_millis(100) {
            let mut samples = SAMPLES.lock().unwrap_or_else(PoisonError::into_inner);
            samples.push(nanos(ended.saturating_sub(began)));
        }
    }
}

/// Some 100 microseconds of work that cannot be left out.
fn compute() {
    let began = Instant::now();
    let mut random = Random::new(7);
    let mut all = 0;
    while began.elapsed() < SLICE {
        for _ in 0..256 {
            all ^= random.next();
        }
    }
    std::hint::black_box(all);
}

fn latencies(outcome: Outcome, mut samples: Vec<u64>, open: u64) -> Outcome {
    let slow = |nanos: &u64| *nanos > 1_000_000;
    let trips = samples.len() as f64;
    if open > 0 {
        samples.push(open);
    }
    let total: u64 = samples.iter().sum();
    let in_slow: u64 = samples.iter().copied().filter(slow).sum();
    samples.sort_unstable();
    let of_a_thousand = |part: usize| {
        let index = (samples.len() * part / 1000).min(samples.len().saturating_sub(1));
        samples
            .get(index)
            .map_or(f64::NAN, |nanos| *nanos as f64 / 1e3)
    };
    outcome
        .with("rtts", trips)
        .with("p50_us", of_a_thousand(500))
        .with("p99_us", of_a_thousand(990))
        .with("p999_us", of_a_thousand(999))
        .with("max_us", of_a_thousand(1000))
        .with("open_us", open as f64 / 1e3)
        .with("slow_frac", in_slow as f64 / (total as f64).max(1.0))
}
