//! Runs conformance scenarios and prints what happened.
//!
//! The scenario language describes small worlds of processes and the steps to take in them; the
//! recorded traces say what Erlang/OTP did at each step. This program takes the same steps with
//! regrow's processes and prints its own trace, so that a comparison of the two files is a proof
//! (or a refutation) of the promise that regrow does what OTP does.
//!
//! It reads one scenario a line and prints each line again, in order, with its own `trace` in
//! canonical JSON. A `trace` in the input is thrown away before anything is run. By default every
//! scenario runs in a simulation of its own; with `--real` the real schedulers run them.
//!
//! ```text
//! cargo run --release --example otp_traces -- tests/traces/signals.jsonl.gz > actual.jsonl
//! cargo run --release --example otp_traces -- --real --schedulers 4 < scenarios.jsonl
//! ```
//!
//! How a scenario is read and run is the matter of `interpreter/mod.rs`.

mod interpreter;
mod options;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use interpreter::Engine;
use options::Options;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough, as `head` does.
        Err(problem) if problem.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("otp_traces: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Answers every line of the input, and stops at the first that is no scenario.
fn run(options: &Options) -> io::Result<()> {
    let path = &options.input;
    let input: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        Box::new(BufReader::new(file))
    };
    let engine = if options.real {
        Engine::real(options.schedulers.get())?
    } else {
        Engine::simulated(options.seed)
    };
    let mut output = BufWriter::new(io::stdout().lock());
    for (index, line) in interpreter::unpacked(input)?.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match interpreter::answer(&line, &engine) {
            Ok(answer) => writeln!(output, "{answer}")?,
            Err(problem) => {
                // What was answered before the bad line is worth having.
                output.flush()?;
                return Err(io::Error::other(format!("line {}: {problem}", index + 1)));
            }
        }
    }
    output.flush()
}
