//! What does a timer cost? Nanoseconds to set one and to take it back, and its bytes.
//!
//! Delays are random, so timers lie in all levels of the wheel; none comes due before it is taken
//! back, unless a run takes seconds. The table of references is the program's and not counted.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use regrow::Runtime;
use regrow::prelude::*;
use regrow::time::{cancel_timer, millis, send_after};

use crate::args::Args;
use crate::measure::{Latch, Outcome, Random, resident};

static DONE: Latch = Latch::new();
static RESULT: Mutex<Option<Outcome>> = Mutex::new(None);

/// One process sets n timers for itself, and takes all back.
pub(crate) fn timers(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(1_000_000);
    DONE.close(1);
    crate::start(runtime, async move |inbox: Inbox<u64>| {
        let me = inbox.this();
        let mut random = Random::new(42);
        let mut timers = Vec::with_capacity(n as usize);
        let before = resident();
        let began = Instant::now();
        for number in 0..n {
            timers.push(send_after(millis(random.below(10_000)), me, number));
        }
        let inserted = began.elapsed();
        let after = resident();
        let began = Instant::now();
        for timer in timers {
            cancel_timer(timer);
        }
        let cancelled = began.elapsed();
        let outcome = Outcome::new(n, 1, n, inserted)
            .memory(before, after)
            .with_nanos("insert_ns", inserted, n)
            .with_nanos("cancel_ns", cancelled, n)
            .with("bytes_per_timer", (after as f64 - before as f64) / n as f64);
        *RESULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        DONE.arrive();
    });
    DONE.wait();
    let result = RESULT.lock().unwrap_or_else(PoisonError::into_inner).take();
    result.unwrap_or_else(|| Outcome::new(n, 1, 0, Duration::ZERO))
}
