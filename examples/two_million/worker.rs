//! A worker: idle until it is woken, and then it notes how long that took.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use regrow::prelude::*;
use regrow::time::Instant;

/// What a worker has not noted yet.
const NEVER: u32 = u32::MAX;

/// See the module's head.
pub(crate) struct Worker {
    number: u32,
    latencies: &'static Latencies,
}

#[gen_server(shutdown = "30s")]
impl Worker {
    #[init]
    fn new(number: u32, latencies: &'static Latencies) -> Self {
        Worker { number, latencies }
    }

    /// Notes how long ago this was sent.
    #[cast]
    fn wake(&mut self, sent: Instant) {
        let micros = u32::try_from(sent.elapsed().as_micros()).unwrap_or(NEVER - 1);
        self.latencies.0[self.number as usize].store(micros, Relaxed);
    }
}

/// How long after it was sent each worker had its message, in microseconds, by its number.
pub(crate) struct Latencies(Vec<AtomicU32>);

/// What is said of them.
pub(crate) struct Figures {
    pub(crate) median: Duration,
    /// Ninety-nine of a hundred were woken by then.
    pub(crate) most: Duration,
    pub(crate) last: Duration,
}

impl Latencies {
    /// None are noted yet. They live as long as the program, so a worker's hold on them is a word.
    pub(crate) fn new(n: u64) -> &'static Latencies {
        let never = (0..n).map(|_| AtomicU32::new(NEVER)).collect();
        Box::leak(Box::new(Latencies(never)))
    }

    /// How many are noted.
    pub(crate) fn count(&self) -> u64 {
        let noted = self.0.iter().filter(|micros| micros.load(Relaxed) != NEVER);
        noted.count() as u64
    }

    /// What is said of those that are noted.
    pub(crate) fn figures(&self) -> Figures {
        let mut noted: Vec<u32> = self.0.iter().map(|micros| micros.load(Relaxed)).collect();
        noted.sort_unstable();
        let at = |hundredths: usize| {
            let place = (noted.len() * hundredths / 100).min(noted.len() - 1);
            Duration::from_micros(noted[place].into())
        };
        Figures {
            median: at(50),
            most: at(99),
            last: at(100),
        }
    }
}
