//! Two million processes on one node, each with a name, each supervised.
//!
//! What it teaches: what a process costs, how fast they start, how long a message to the last of
//! them takes when everybody is woken at once, and that a tenth of them can be killed without
//! anybody else noticing.
//!
//! ```text
//!   Node (supervisor, rest_for_one)
//!   ├── names     Registry<u64>        who has which number; an entry ends with its process
//!   └── workers   DynamicSupervisor    the workers, each started again if it is killed
//! ```
//!
//! Run it, and take more if you have the memory; it says beforehand how much it needs:
//!
//! ```text
//! cargo run --release --example two_million
//! cargo run --release --example two_million -- --n 10000000
//! ```
//!
//! You see each phase with a progress bar as it goes on, and a table at the end. Whatever is not as
//! it should be, a worker that was not woken or did not come back, ends the program with a message.

mod memory;
mod options;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use regrow::prelude::*;
use regrow::process::{blocking, settle, yield_now};
use regrow::server::stop;
use regrow::time::{now, sleep};
use regrow::{Handle, Runtime};

use memory::resident;
use options::Options;
use worker::{Latencies, Worker};

/// How many steps there are between two moves of the progress bar.
const STEP: u64 = 4096;
/// Of how many workers one is killed.
const KILLED_ONE_IN: u64 = 10;
/// Processes of the program beside the workers, with room to spare.
const OTHERS: usize = 1000;

/// What is supervised. The workers' names are worth nothing without the registry, so it comes first.
#[supervisor(strategy = "rest_for_one", args(restarts: u32))]
struct Node {
    names: Registry<u64>,
    #[child(start = DynamicSupervisor::new().id("workers").max_restarts(restarts, secs(3600)))]
    workers: DynamicSupervisor,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Err(error) = memory::check(options.n) {
        eprintln!("two_million: {error}");
        return ExitCode::from(2);
    }
    let builder = Runtime::builder()
        .name("two_million")
        .max_processes(options.n as usize + OTHERS)
        // A tenth of the workers is killed on purpose; nobody wants to read that many reports.
        .crash_reports(false);
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("two_million: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(options.n)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("two_million: {error}");
            ExitCode::FAILURE
        }
    }
}

/// All phases, one after another, and what they came to.
async fn run(n: u64) -> Result<(), ExitReason> {
    let before = Handle::current().process_count();
    let latencies = Latencies::new(n);
    let node = Node::start(u32::try_from(n).unwrap_or(u32::MAX)).await?;

    let (took, each) = start(&node, n, latencies).await?;
    row("workers", n);
    row(
        "started in",
        format_args!("{} ({:.0}/s)", seconds(took), n as f64 / took.as_secs_f64()),
    );
    row(
        "memory each",
        each.map_or("unknown here".into(), |each| format!("{each} bytes")),
    );

    let took = wake(&node, n, latencies).await?;
    row(
        "all woken in",
        format_args!("{} ({:.0}/s)", seconds(took), n as f64 / took.as_secs_f64()),
    );
    let figures = blocking(|| latencies.figures()).await?;
    row(
        "woken after",
        format_args!(
            "{} (median), {} (99 of 100), {} (the last)",
            millis_of(figures.median),
            millis_of(figures.most),
            millis_of(figures.last)
        ),
    );

    let (killed, took) = kill(&node, n).await?;
    row("killed", killed);
    row(
        "all back in",
        format_args!(
            "{} ({:.0}/s)",
            seconds(took),
            killed as f64 / took.as_secs_f64()
        ),
    );

    let began = now();
    stop(node.supervisor(), ExitReason::Shutdown)
        .await
        .map_err(ExitReason::from)?;
    row("stopped in", seconds(began.elapsed()));
    let left = Handle::current().process_count() - before;
    row("processes left", left);
    expect(left == 0, || format!("{left} processes are left"))
}

/// Starts the workers. How long it took, and what each costs, if the system says.
async fn start(
    node: &NodeRef,
    n: u64,
    latencies: &'static Latencies,
) -> Result<(Duration, Option<u64>), ExitReason> {
    let before = resident();
    let bar = progress("started", n);
    let began = now();
    for number in 0..n {
        let spec = Worker::child_spec(number as u32, latencies);
        node.workers()
            .find_or_start(node.names(), number, spec)
            .await?;
        if number % STEP == 0 {
            bar.set_position(number);
        }
    }
    let took = began.elapsed();
    bar.finish_and_clear();
    let each = resident()
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before) / n);
    Ok((took, each))
}

/// Sends every worker a message, and waits until each has had it.
async fn wake(
    node: &NodeRef,
    n: u64,
    latencies: &'static Latencies,
) -> Result<Duration, ExitReason> {
    let bar = progress("woken", n);
    let began = now();
    for number in 0..n {
        node.names().via::<Worker>(number).wake(now());
        if number % STEP == 0 {
            bar.set_position(number);
            // The sender is a process too: now and then it lets those run whom it has woken.
            yield_now().await;
        }
    }
    settle().await;
    let took = began.elapsed();
    bar.finish_and_clear();
    let woken = latencies.count();
    expect(woken == n, || format!("{woken} of {n} workers were woken"))?;
    Ok(took)
}

/// Kills one worker in ten, and waits until each of them is there again under its number: how many
/// that were, and how long it took from the first kill to the last return.
async fn kill(node: &NodeRef, n: u64) -> Result<(u64, Duration), ExitReason> {
    let victims = || (0..n).step_by(KILLED_ONE_IN as usize);
    let count = victims().count() as u64;
    let bar = progress("back", count);
    let began = now();
    let mut old = Vec::new();
    for number in victims() {
        let victim = node.names().lookup(&number);
        if let Some(victim) = victim {
            exit(victim, ExitReason::kill());
        }
        old.push(victim);
        if number % STEP == 0 {
            yield_now().await;
        }
    }
    for (number, old) in victims().zip(old) {
        loop {
            match node.names().lookup(&number) {
                Some(new) if Some(new) != old => break,
                _ => sleep(millis(1)).await,
            }
        }
        if number % STEP == 0 {
            bar.set_position(number / KILLED_ONE_IN);
        }
    }
    let took = began.elapsed();
    bar.finish_and_clear();
    let active = node
        .workers()
        .count_children()
        .await
        .map_or(0, |count| count.active);
    expect(active as u64 == n, || {
        format!("{active} of {n} workers are there")
    })?;
    Ok((count, took))
}

/// One row of the table.
fn row(what: &str, value: impl std::fmt::Display) {
    println!("{what:15} {value}");
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

fn millis_of(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

/// An error if something is not as it should be.
fn expect(is_so: bool, what: impl FnOnce() -> String) -> Result<(), ExitReason> {
    if is_so {
        Ok(())
    } else {
        Err(ExitReason::atom(what()))
    }
}

/// A bar on standard error, if that is a terminal.
fn progress(what: &'static str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length)
        .with_style(style)
        .with_message(what)
}
