//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;

/// Runs conformance scenarios and prints each line with its own trace.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Scenarios, one a line, plain or gzip, whose own traces are ignored; `-` is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) input: PathBuf,
    /// The seed of the simulation that runs each scenario.
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Runs on the real schedulers, not in a simulation.
    #[arg(long)]
    pub(crate) real: bool,
    /// How many schedulers with --real.
    #[arg(long, value_name = "N", default_value = "2")]
    #[arg(allow_negative_numbers = true)]
    pub(crate) schedulers: NonZeroUsize,
}
