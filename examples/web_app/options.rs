//! The command line.

use std::ffi::OsString;
use std::fmt;

use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
A web application: a tree of four parts, each of which fails on its own.

Usage: web_app [options]

Options:
  --serve   stays up until Ctrl-C, for a browser
  --port N  listens on this port of 127.0.0.1  (default 0: one that is free)
  --help    prints this

Without --serve it is its own browser: it asks, breaks one part after the other, and ends.
";

/// What the command line says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) serve: bool,
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
            port: 0,
            serve: false,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("port") => options.port = port(&parser.value()?)?,
                Long("serve") => options.serve = true,
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Some(options))
    }
}

fn port(value: &OsString) -> Result<u16, OptionError> {
    value.parse().map_err(|_| {
        let value = value.to_string_lossy();
        OptionError(format!(
            "--port takes a number from 0 to 65535, not {value}"
        ))
    })
}
