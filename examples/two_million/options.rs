//! The command line.

use clap::{Parser, value_parser};

/// More than any machine holds, and fewer than there may be processes.
const N_MAX: u64 = 1 << 29;

/// Starts many supervised, named processes, wakes them all, kills a tenth of them, stops them.
#[derive(Debug, Clone, Copy, Parser)]
pub(crate) struct Options {
    /// How many processes; as many as memory allows.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=N_MAX))]
    #[arg(default_value_t = 2_000_000, allow_negative_numbers = true)]
    pub(crate) n: u64,
}
