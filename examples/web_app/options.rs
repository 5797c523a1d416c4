//! The command line.

use clap::Parser;

/// A web application: a tree of four parts, each of which fails on its own.
#[derive(Debug, Clone, Copy, Parser)]
#[command(after_help = "Without --serve it is its own browser: \
    it asks, breaks one part after the other, and ends.")]
pub(crate) struct Options {
    /// Stays up until Ctrl-C, for a browser.
    #[arg(long)]
    pub(crate) serve: bool,
    /// Listens on this port of 127.0.0.1; 0 is one that is free.
    #[arg(long, value_name = "N", value_parser = port)]
    #[arg(default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) port: u16,
}

fn port(value: &str) -> Result<u16, &'static str> {
    value
        .parse()
        .map_err(|_| "a port is a number from 0 to 65535")
}
