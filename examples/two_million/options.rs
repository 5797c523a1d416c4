//! The command line.

use std::ffi::OsString;
use std::fmt;

use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
Starts many supervised, named processes, wakes them all, kills a tenth of them, stops them.

Usage: two_million [options]

Options:
  --n N   how many processes; as many as memory allows  (default 2000000)
  --help  prints this
";

/// More than any machine holds, and fewer than there may be processes.
const N_MAX: u64 = 1 << 29;

/// What the command line says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) n: u64,
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
        let mut options = Options { n: 2_000_000 };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("n") => options.n = parser.value()?.parse()?,
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        if !(1..=N_MAX).contains(&options.n) {
            let text = format!("--n takes a number from 1 to {N_MAX}, not {}", options.n);
            return Err(OptionError(text));
        }
        Ok(Some(options))
    }
}
