//! Whole jobs, to be compared with the same jobs in other runtimes.
//!
//! ```text
//! cargo bench --bench workloads -- pingpong --n 1000000
//! ```
//!
//! runs one workload in a fresh program and prints one line of JSON. The contract is that of the
//! peers, `benches/peers/README.md`: what is timed, the names, the options and their defaults.
//! `benches/peers/run.py` runs all of them interleaved; `docs/performance.md` says how to read the
//! result. Without a workload the program prints their list, and `--help` says what each is.
//!
//! Everything that is timed runs inside the runtime. The main thread starts it and sleeps; waking it
//! at the end costs some ten microseconds, which short runs would show.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and sizes are far below where that matters"
)]

mod args;
mod births;
mod crowds;
mod death;
mod ends;
mod hog;
mod idle;
mod measure;
mod messages;
mod registry;
mod servers;
mod supervised;
mod timers;

use regrow::Runtime;
use regrow::exit::IntoExit;
use regrow::process::{Inbox, ProcessRef};

use args::{Args, Request};
use measure::Outcome;

/// One workload: its name, the options that it takes beside those that all take, the run, and what
/// that is.
struct Workload {
    name: &'static str,
    options: &'static [&'static str],
    run: fn(&Runtime, &Args) -> Outcome,
    about: &'static str,
}

impl Workload {
    const fn new(
        name: &'static str,
        options: &'static [&'static str],
        run: fn(&Runtime, &Args) -> Outcome,
        about: &'static str,
    ) -> Workload {
        Workload {
            name,
            options,
            run,
            about,
        }
    }
}

#[rustfmt::skip]
const WORKLOADS: &[Workload] = &[
    Workload::new("spawn", &[], births::spawn_and_end, "n processes that end at once"),
    Workload::new("skynet", &[], births::skynet, "a tree of processes with n leaves, ten to a node"),
    Workload::new("idle", &["hand"], idle::idle, "bytes of n idle servers; --hand 1: processes by hand"),
    Workload::new("quiet", &["secs"], idle::quiet, "context switches while n processes idle"),
    Workload::new("pingpong", &[], messages::pingpong, "n round trips of one pair"),
    Workload::new("ring", &[], messages::ring, "n hops around a ring of procs processes"),
    Workload::new("fanin", &["cap"], messages::fanin, "n messages of procs senders to one receiver; --cap bounds its mailbox"),
    Workload::new("fanout", &[], messages::fanout, "n messages of one sender to procs receivers"),
    Workload::new("big", &[], crowds::big, "procs processes ping each other at random, n times each"),
    Workload::new("chameneos", &[], crowds::chameneos, "n meetings of procs creatures in one place"),
    Workload::new("call", &[], servers::call_one, "n calls of one process to one server"),
    Workload::new("call_many", &[], servers::call_many, "n calls each of procs processes to one server"),
    Workload::new("idle_timeout", &[], servers::idle_timeout, "n casts to procs servers with an idle timeout"),
    Workload::new("link_exit", &[], ends::link_exit, "the end of n processes linked to one that ends"),
    Workload::new("monitor_down", &[], ends::monitor_down, "the notices of n processes that end"),
    Workload::new("death", &[], death::death, "how long the end of one with n links, or n messages, delays others"),
    Workload::new("sup_start", &["callers"], supervised::sup_start, "n children that a dynamic supervisor starts for callers processes"),
    Workload::new("part_start", &["callers", "parts"], supervised::part_start, "the same, with parts supervisors in partitions"),
    Workload::new("restart", &["panic"], supervised::restart, "n crashes of one child, each when it runs again; --panic 1: by a panic"),
    Workload::new("registry", &["owners", "lookups", "sends", "shared"], registry::registry, "n names: registered, looked up, sent to by, cleared away"),
    Workload::new("timers", &[], timers::timers, "n timers, set and cancelled"),
    Workload::new("hog", &["secs", "yield"], hog::hog, "round trips amid processes that never give way"),
];

/// Options that every workload takes.
const COMMON: &[&str] = &["n", "procs", "threads"];

fn main() {
    let args = match Request::parse() {
        Request::Help => return help(),
        Request::List => return WORKLOADS.iter().for_each(|one| println!("{}", one.name)),
        Request::Run(args) => args,
    };
    let Some(workload) = WORKLOADS.iter().find(|one| one.name == args.workload) else {
        return println!("{{\"skipped\":\"there is no such workload\"}}");
    };
    if let Some(option) = args.unknown(&[COMMON, workload.options].concat()) {
        return println!(
            "{{\"skipped\":\"no option --{}\"}}",
            option.escape_default()
        );
    }
    let builder = Runtime::builder().schedulers(args.schedulers());
    // Where crashes are timed, writing about each is not.
    let runtime = match builder.crash_reports(false).build() {
        Ok(runtime) => runtime,
        Err(error) => args::refuse(&format!("no runtime: {error}")),
    };
    println!("{}", (workload.run)(&runtime, &args).line(workload.name));
    // Ending millions of processes in order is not part of any workload.
    std::process::exit(0);
}

fn help() {
    println!("usage: cargo bench --bench workloads -- WORKLOAD [--OPTION NUMBER]…");
    println!();
    println!("Every workload takes --n, --procs and --threads (how many schedulers: 2).");
    println!("Prints one line of JSON; benches/peers/README.md says what is in it.");
    println!();
    for Workload { name, about, .. } in WORKLOADS {
        println!("  {name:13} {about}");
    }
}

/// Starts a process from the main thread.
fn start<M, F, R>(runtime: &Runtime, body: impl FnOnce(Inbox<M>) -> F) -> ProcessRef<M>
where
    M: Send + 'static,
    F: Future<Output = R> + Send + 'static,
    R: IntoExit,
{
    match runtime.spawn(body) {
        Ok(process) => process,
        Err(error) => panic!("a benchmark's process could not be spawned: {error}"),
    }
}
