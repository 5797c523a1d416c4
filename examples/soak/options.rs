//! The command line.

use std::time::Duration;

use clap::{Parser, value_parser};

/// Lets a storm of crashes loose on a tree of everything, and checks what must hold whatever
/// happens.
#[derive(Debug, Clone, Copy, Parser)]
#[command(after_help = "The status is 1 if something was violated; the seed is printed with it.")]
pub(crate) struct Options {
    /// How long.
    #[arg(long, value_name = "M", value_parser = minutes, allow_negative_numbers = true)]
    #[arg(default_value = "1", overrides_with = "seconds")]
    minutes: Duration,
    /// How long, for short runs.
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    #[arg(overrides_with = "minutes")]
    seconds: Option<Duration>,
    /// Who does what to whom [default: another one each time].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(default_value_t = fastrand::u64(..), hide_default_value = true)]
    pub(crate) seed: u64,
    /// How many workers there are.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    #[arg(default_value_t = 500, allow_negative_numbers = true)]
    pub(crate) workers: u64,
}

impl Options {
    /// How long the run is to last.
    pub(crate) fn length(&self) -> Duration {
        self.seconds.unwrap_or(self.minutes)
    }
}

fn minutes(value: &str) -> Result<Duration, String> {
    length(value, 60.0)
}

fn seconds(value: &str) -> Result<Duration, String> {
    length(value, 1.0)
}

fn length(value: &str, unit: f64) -> Result<Duration, String> {
    let count: f64 = value.parse().map_err(|_| "it is no number")?;
    Duration::try_from_secs_f64(count * unit).map_err(|_| format!("a run cannot last {value}"))
}
