//! What tests share: running a body in the simulation, on real schedulers, or over many seeds.

use std::future::Future;

use regrow::Runtime;

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
