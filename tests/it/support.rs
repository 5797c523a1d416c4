//! What tests share: running a body in the simulation, on real schedulers, or over many seeds.

use std::future::Future;

use regrow::Runtime;
use regrow::process::{ExitReason, Inbox, Received, spawn_monitor};

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
