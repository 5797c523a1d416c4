//! The command line.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use regrow::{millis, secs};

/// A chat server: one process per connection, per user and per room.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "chat",
    after_help = "Talk to it with `nc 127.0.0.1 4000`, and say /help."
)]
pub(crate) struct Options {
    /// Is its own clients for some seconds, shows what happens to them, and ends
    #[arg(long, exclusive = true)]
    pub(crate) demo: bool,

    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 4000)]
    pub(crate) port: u16,

    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    pub(crate) listen: IpAddr,

    /// How long a user without a connection lives on
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) idle: Duration,

    /// Users that there may be; beyond them it answers `busy`
    #[arg(long = "max-users", value_name = "N", default_value_t = 1_000_000)]
    pub(crate) users_max: usize,

    /// When to try again, in the answer `busy`
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) retry: Duration,

    /// Starts N more users that do nothing
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) users: usize,
}

impl Options {
    /// Reads the command line. Ends the program if that says something wrong, or asks for help.
    pub(crate) fn read() -> Options {
        let options = Options::parse();
        if options.users > options.users_max {
            let text = format!(
                "--users {} is more than --max-users {}",
                options.users, options.users_max
            );
            Options::command()
                .error(ErrorKind::ValueValidation, text)
                .exit();
        }
        if options.demo {
            return options.small_and_hasty();
        }
        options
    }

    /// Few users and short times, so that the limits are soon reached.
    fn small_and_hasty(self) -> Options {
        Options {
            port: 0,
            idle: secs(2),
            users_max: 3,
            retry: millis(200),
            ..self
        }
    }
}

fn seconds(value: &str) -> Result<Duration, String> {
    let seconds = value.parse().map_err(|_| "not a number".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
