//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lexopt::prelude::*;
use regrow::secs;

pub(crate) const HELP: &str = "\
A chat server: one process per connection, per user and per room.

Usage: chat [options]

Options:
  --port PORT       the port to listen on; 0 takes a free one          (default 4000)
  --listen ADDRESS  the address to listen on                           (default 127.0.0.1)
  --idle SECONDS    how long a user without a connection lives on      (default 900)
  --max-users N     users there may be; beyond them it answers `busy`  (default 1000000)
  --users N         starts N more users that do nothing                (default 0)
  --help            prints this

Talk to it with `nc 127.0.0.1 4000`, and say /help.
";

/// What the command line says.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) listen: IpAddr,
    pub(crate) idle: Duration,
    pub(crate) users_max: usize,
    pub(crate) users: usize,
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
            port: 4000,
            listen: IpAddr::from([127, 0, 0, 1]),
            idle: secs(900),
            users_max: 1_000_000,
            users: 0,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("port") => options.port = parser.value()?.parse()?,
                Long("listen") => options.listen = parser.value()?.parse()?,
                Long("idle") => options.idle = seconds(&parser.value()?)?,
                Long("max-users") => options.users_max = parser.value()?.parse()?,
                Long("users") => options.users = parser.value()?.parse()?,
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        if options.users > options.users_max {
            let text = format!(
                "--users {} is more than --max-users {}",
                options.users, options.users_max
            );
            return Err(OptionError(text));
        }
        Ok(Some(options))
    }
}

fn seconds(value: &OsString) -> Result<Duration, OptionError> {
    let seconds: f64 = value.parse()?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| OptionError(format!("--idle takes a number of seconds, not {seconds}")))
}
