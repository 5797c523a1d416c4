//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Runs conformance scenarios and prints each line with its own trace.

usage: otp_traces [options] [FILE]

FILE holds one scenario a line, plain or compressed with gzip; without it, or with `-`, the
scenarios come from standard input. A trace in the input is ignored.

  --seed N         the seed of the simulation that runs each scenario (default 0)
  --real           run on the real schedulers, not in a simulation
  --schedulers N   how many schedulers with --real (default 2)
  --help           print this text
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Request {
    /// Print [`HELP`].
    Help,
    /// Run scenarios.
    Run(Options),
}

/// How to run the scenarios, and which.
#[derive(Debug)]
pub(crate) struct Options {
    /// The file of scenarios; none stands for standard input.
    pub(crate) input: Option<PathBuf>,
    /// Whether the real schedulers run the scenarios.
    pub(crate) real: bool,
    /// How many real schedulers.
    pub(crate) schedulers: usize,
    /// The seed of each simulation.
    pub(crate) seed: u64,
}

impl Options {
    /// Reads the arguments, without the program's name.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, String> {
        let mut options = Options {
            input: None,
            real: false,
            schedulers: 2,
            seed: 0,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--help" | "-h" => return Ok(Request::Help),
                "--real" => options.real = true,
                "--seed" => options.seed = number("--seed", arguments.next())?,
                "--schedulers" => {
                    let schedulers: NonZeroUsize = number("--schedulers", arguments.next())?;
                    options.schedulers = schedulers.get();
                }
                "-" => options.input = None,
                unknown if unknown.starts_with('-') => {
                    return Err(format!("unknown option `{unknown}`"));
                }
                _ if options.input.is_some() => return Err("more than one input file".to_owned()),
                path => options.input = Some(PathBuf::from(path)),
            }
        }
        Ok(Request::Run(options))
    }
}

/// The value of an option that takes a number.
fn number<N: FromStr>(option: &str, value: Option<String>) -> Result<N, String> {
    let value = value.ok_or_else(|| format!("{option} needs a number"))?;
    value
        .parse()
        .map_err(|_| format!("{option} cannot be `{value}`"))
}
