//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
Lets a storm of crashes loose on a tree of everything, and checks what must hold whatever happens.

Usage: soak [options]

Options:
  --minutes M   how long                              (default 1)
  --seconds S   how long, for short runs
  --seed N      who does what to whom                 (default: another one each time)
  --workers N   how many workers there are            (default 500)
  --help        prints this

The status is 1 if something was violated; the seed is printed with it.
";

/// What the command line says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) length: Duration,
    pub(crate) seed: u64,
    pub(crate) workers: u64,
}

/// What is wrong with the command line.
#[derive(Debug)]
pub(crate) struct OptionError(String);

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<lexopt::Error> for OptionError {
    fn from(error: lexopt::Error) -> OptionError {
        OptionError(error.to_string())
    }
}

impl Options {
    /// Reads the arguments. `None`: help was asked for.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Option<Options>, OptionError> {
        let mut options = Options {
            length: Duration::from_mins(1),
            seed: fastrand::u64(..),
            workers: 500,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("minutes") => options.length = length(parser.value()?.parse()?, 60.0)?,
                Long("seconds") => options.length = length(parser.value()?.parse()?, 1.0)?,
                Long("seed") => options.seed = parser.value()?.parse()?,
                Long("workers") => options.workers = parser.value()?.parse()?,
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        if options.workers == 0 {
            return Err(OptionError("--workers takes a number from 1".to_owned()));
        }
        Ok(Some(options))
    }
}

fn length(count: f64, unit: f64) -> Result<Duration, OptionError> {
    Duration::try_from_secs_f64(count * unit)
        .map_err(|_| OptionError(format!("a run cannot last {count}")))
}
