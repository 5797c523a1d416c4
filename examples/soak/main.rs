//! A soak test: a tree of everything, under everything that can happen to it, for as long as you like.
//!
//! What it teaches: which promises hold *whatever* happens, and how a program of one's own can check
//! them while it runs.
//!
//! ```text
//!   supervisor, rest_for_one
//!   ├── names      Registry<u64>          each worker's number
//!   ├── groups     Groups<u64>            each worker is in one of a few
//!   ├── workers    DynamicSupervisor      servers that answer, stick, crash, and call each other;
//!   │                                     and mayflies, which come and go by themselves
//!   └── listener   a task                 TCP on loopback: a process for each connection
//!
//!   watchers ── servers that monitor workers      callers ── bursts of processes that do it all
//! ```
//!
//! It goes in rounds. In a *storm* bursts of callers call, cast, set timers, talk over sockets, make
//! handlers stick, and crash and kill whatever they meet, the registry and the supervisor of the
//! workers among them. Then comes a *quiet phase*, and everything is counted:
//!
//! * every call has ended, in exactly one way, and a reply was the reply to that very call;
//! * every monitor of a process that has ended has fired once, and none that was taken away;
//! * every timer has fired once, or was cancelled and has not;
//! * every child runs, is found by its name, and is in its group;
//! * processes, names, groups, open files and bytes are as many as before the storm.
//!
//! The first of these that does not hold ends the program, with a sentence that says which, and the
//! seed. What the threads do is not in the seed; it repeats who does what to whom, not when.
//!
//! ```text
//! cargo run --release --example soak -- --minutes 30
//! cargo run --release --example soak -- --seconds 20 --seed 7
//! ```
//!
//! You see a line every few seconds, and a table at the end.

mod account;
mod audit;
mod caller;
mod options;
mod table;
mod tree;
mod watcher;
mod wire;
mod worker;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use fastrand::Rng;
use regrow::prelude::*;
use regrow::process::{Monitor, SpawnOptions, spawn_with};
use regrow::server::stop;
use regrow::time::{now, sleep, timeout};
use regrow::{Handle, Runtime};

use account::Account;
use audit::Baseline;
use options::Options;
use watcher::Watcher;

/// How long a storm lasts.
const STORM: Duration = millis(900);
/// Callers of a burst.
const BURST: usize = 64;
/// How long something may take to come to its end before it is said to hang.
const HANGS_AFTER: Duration = secs(20);
/// How often there is a line.
const LINE_EVERY: Duration = secs(5);
/// Servers that monitor.
const WATCHERS: usize = 4;

fn main() -> ExitCode {
    let options = Options::parse();
    // Crashes are what this is about: their reports would bury the figures.
    let builder = Runtime::builder().name("soak").crash_reports(false);
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("soak: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let account = Arc::new(Account::default());
    let kept = Arc::clone(&account);
    let result = runtime.block_on(async move {
        let began = now();
        let result = soak(options, &kept).await;
        kept.took(began.elapsed());
        result
    });
    println!("{}", table::of(&account));
    match result {
        Ok(()) => {
            println!("nothing was violated");
            ExitCode::SUCCESS
        }
        Err(what) => {
            println!("violated: {what}\nseed {}", options.seed);
            ExitCode::FAILURE
        }
    }
}

/// Rounds of storm and quiet, until the time is up. What was violated, if something was.
async fn soak(options: Options, account: &Arc<Account>) -> Result<(), String> {
    let mut rng = Rng::with_seed(options.seed);
    let began = now();
    let at_first = Handle::current().process_count();
    let root = tree::start().await?;
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS {
        let watcher = Watcher::start(Arc::clone(account)).await;
        watchers.push(watcher.map_err(|error| format!("a watcher does not start: {error}"))?);
    }
    tree::populate(options.workers).await?;
    let mut baseline = Baseline::measure(options.workers).await?;
    let mut next_line = LINE_EVERY;
    println!("seed {}, {} workers", options.seed, options.workers);

    while began.elapsed() < options.length() {
        storm(&options, &mut rng, account, &watchers).await?;
        tree::populate(options.workers).await?;
        baseline.has_returned(account, &watchers).await?;
        account.rounds.add(1);
        if began.elapsed() >= next_line {
            println!("{}", account.line(began.elapsed()));
            next_line = began.elapsed() + LINE_EVERY;
        }
    }

    stop(root, ExitReason::Shutdown)
        .await
        .map_err(|error| format!("the tree did not stop: {error}"))?;
    for watcher in watchers {
        stop(watcher, ExitReason::Normal)
            .await
            .map_err(|error| format!("a watcher did not stop: {error}"))?;
    }
    audit::until("processes when all is stopped", at_first, || {
        Handle::current().process_count()
    })
    .await
}

/// Bursts of callers, and kills from outside; returns when the last caller has ended.
async fn storm(
    options: &Options,
    rng: &mut Rng,
    account: &Arc<Account>,
    watchers: &[ServerRef<Watcher>],
) -> Result<(), String> {
    let began = now();
    let mut callers: Vec<Monitor> = Vec::new();
    while began.elapsed() < STORM {
        for _ in 0..rng.usize(1..=BURST) {
            let (rng, account, workers) = (rng.fork(), Arc::clone(account), options.workers);
            let watcher = watchers[callers.len() % watchers.len()];
            let start = SpawnOptions::new().monitor().label("caller");
            let spawned = spawn_with(start, move |inbox| {
                caller::run(inbox, rng, account, workers, watcher)
            })
            .map_err(|error| format!("a caller does not start: {error}"))?;
            callers.extend(spawned.monitor);
        }
        tree::strike(rng, options.workers, account);
        // Whoever lost all workers to a strike gets them back, while the storm goes on.
        tree::populate(options.workers).await?;
        sleep(millis(rng.u64(1..40))).await;
    }
    for caller in callers {
        let down = timeout(HANGS_AFTER, caller)
            .await
            .map_err(|_| format!("a caller hangs: {}", account.under_way()))?;
        if down.reason != ExitReason::Normal {
            return Err(format!("a caller failed: {}", down.reason));
        }
    }
    Ok(())
}
