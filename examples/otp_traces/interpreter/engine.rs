//! What runs a scenario.

use std::io;

use regrow::runtime::Runtime;

/// A way to run scenarios; what they show must not depend on which.
#[derive(Debug)]
pub(crate) enum Engine {
    /// Each scenario in a simulation of its own, with this seed and virtual time.
    Simulated { seed: u64 },
    /// One scenario after the other on the same real schedulers.
    Real(Runtime),
}

impl Engine {
    /// Simulations that all start from this seed.
    pub(crate) fn simulated(seed: u64) -> Engine {
        Engine::Simulated { seed }
    }

    /// Real schedulers, started now.
    pub(crate) fn real(schedulers: usize) -> io::Result<Engine> {
        // Scenarios crash processes by the hundred; reports of that would drown real trouble.
        Runtime::builder()
            .schedulers(schedulers)
            .crash_reports(false)
            .build()
            .map(Engine::Real)
    }

    /// Runs one scenario as the main process and returns what it recorded.
    pub(super) fn run<T: Send + 'static>(
        &self,
        scenario: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self {
            Engine::Simulated { seed } => {
                Runtime::simulated(*seed).crash_reports(false).run(scenario)
            }
            Engine::Real(runtime) => runtime.block_on(scenario),
        }
    }
}
