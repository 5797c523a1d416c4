//! Searching seeds for one under which something goes wrong.

use std::fmt;
use std::future::Future;
use std::ops::Range;

use crate::process::{ExitReason, IntoExit};
use crate::runtime::Runtime;

/// A seed under which a test fails.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The seed: `Runtime::simulated(seed)` shows it again.
    pub seed: u64,
    /// Why it failed.
    pub reason: ExitReason,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "under seed {}: {}", self.seed, self.reason)
    }
}

impl std::error::Error for Found {}

/// Runs a test under each of these seeds, until it fails under one. Crashes are not reported.
///
/// `#[regrow::test(seeds = 1000)]` does as much for a test that is to pass. This is for looking
/// further than a test should, and for tests of tests.
///
/// # Errors
///
/// The first seed under which it did not end well.
///
/// # Examples
///
/// ```
/// use regrow::prelude::*;
/// use regrow::test::{Probe, search};
///
/// let found = search(0..1000, || async {
///     let probe = Probe::new();
///     for name in ["ann", "bob"] {
///         let probe = probe.this();
///         spawn(async move |_: Inbox<()>| probe.send(name));
///     }
///     assert_eq!(probe.expect(secs(1)).await, "ann");
/// });
/// assert!(found.unwrap_err().reason.is_crash());             // bob may be first
/// ```
pub fn search<F>(seeds: Range<u64>, test: impl Fn() -> F) -> Result<(), Found>
where
    F: Future<Output: IntoExit> + Send + 'static,
{
    for seed in seeds {
        let test = test();
        let simulation = Runtime::simulated(seed).crash_reports(false);
        let outcome = simulation.explore(async move { test.await.into_exit() });
        match outcome.result {
            Ok(reason) if !reason.is_crash() => {}
            Ok(reason) | Err(reason) => return Err(Found { seed, reason }),
        }
    }
    Ok(())
}
