//! What tests share: running a body in the simulation, on real schedulers, or over many seeds; and
//! numbers to make a program up from.

use std::future::Future;
use std::time::Duration;

use regrow::Runtime;
use regrow::process::{ExitReason, Inbox, Received, spawn_monitor};
use regrow::time::millis;

/// Runs a body in the simulation under seed 1.
pub(crate) fn simulated<F>(body: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    Runtime::simulated(1).crash_reports(false).run(body);
}

/// Runs a body in the simulation under each of these seeds.
pub(crate) fn over_seeds<F>(seeds: u64, body: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    for seed in 0..seeds {
        Runtime::simulated(seed).crash_reports(false).run(body());
    }
}

/// Runs a body on real schedulers.
pub(crate) fn real<F>(schedulers: usize, body: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = Runtime::builder()
        .schedulers(schedulers)
        .crash_reports(false)
        .build()
        .expect("threads can be had");
    runtime.block_on(body);
}

/// Runs a body that needs an inbox as a process of its own, and sees to it that it ends well.
pub(crate) async fn in_process<M, F>(body: impl FnOnce(Inbox<M>) -> F)
where
    M: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (_, watch) = spawn_monitor(body);
    assert_eq!(watch.await.reason, ExitReason::Normal);
}

/// Waits for a message that never comes.
pub(crate) async fn forever<M: Send + 'static>(mut inbox: Inbox<M>) -> ! {
    loop {
        inbox.select(|_| false).await;
    }
}

/// Takes everything that is in the mailbox.
pub(crate) fn rest<M: Send + 'static>(inbox: &mut Inbox<M>) -> Vec<Received<M>> {
    std::iter::from_fn(|| inbox.try_receive()).collect()
}

/// Numbers that differ from run to run and are the same whenever a run is repeated.
pub(crate) struct Dice(u64);

impl Dice {
    /// The numbers of one of those who draw them in a run.
    pub(crate) fn new(run: u64, who: u64) -> Dice {
        Dice(
            (run + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
                ^ (who + 1).wrapping_mul(0xD1B5_4A32_D192_ED03),
        )
    }

    /// One of this many.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// Up to 20 milliseconds.
    pub(crate) fn pause(&mut self) -> Duration {
        millis(self.roll(20))
    }
}
