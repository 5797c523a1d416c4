//! A worker that fails for hours, in a tree that does not mind.
//!
//! ```text
//!   tree (one_for_one, three restarts in five seconds)
//!   ├── feed      reads a file on a disk that goes away: restarted with a growing delay, for ever
//!   ├── report    reads a file with a mistake in it: given up alone, after five restarts in an hour
//!   └── clock     has nothing to do with either
//! ```
//!
//! What it teaches: a failure that only time mends wants a delay (`backoff`), one that only a
//! person mends wants an end (`budget` and `GiveUpChild`), and neither may use up the restarts that
//! the supervisor has for everybody. What it does with them is told by events. (Where many children
//! fail together, give the delay a `jitter` too, so that they do not come back together.)
//!
//! ```sh
//! cargo run --release --example patience
//! cargo run --release --example patience -- --hours 48
//! ```
//!
//! What you will see: the disk goes away for hours, which take no time, for this runs in a
//! simulation with a clock of its own. The files are real. Every hour a line says how often the
//! feed was tried and that the clock goes on. Then the disk comes back, somebody mends the report,
//! and all are there.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::supervisor::{
    Backoff, ChildProcess, Exhausted, Happening, SupervisorEvent, events_of, figures,
};
use regrow::time::{Instant, now, sleep};

/// A worker that fails for hours, in a tree that does not mind.
#[derive(Parser)]
struct Options {
    /// How long the disk is away.
    #[arg(long, value_name = "N", default_value_t = 6)]
    #[arg(allow_negative_numbers = true)]
    hours: u64,
}

/// Reads its file every ten seconds.
struct Feed {
    path: PathBuf,
}

#[gen_server(idle_timeout = "10s")]
impl Feed {
    #[init]
    fn open(path: PathBuf) -> Result<Self, ExitReason> {
        std::fs::metadata(&path)?;
        Ok(Feed { path })
    }

    #[timeout]
    fn read(&mut self) -> Next {
        match std::fs::read(&self.path) {
            Ok(_) => Next::proceed(),
            Err(error) => Next::stop(error.into()),
        }
    }
}

/// Sums up a file once a minute.
struct Report {
    path: PathBuf,
}

#[gen_server(idle_timeout = "1m")]
impl Report {
    #[init]
    fn new(path: PathBuf) -> Self {
        Report { path }
    }

    #[timeout]
    fn sum(&mut self) {
        let text = std::fs::read_to_string(&self.path).expect("the file can be read");
        let sum: u32 = text
            .lines()
            .map(|line| line.parse::<u32>().expect("a number"))
            .sum();
        assert!(sum > 0, "there is nothing to report");
    }
}

/// Counts minutes, for as long as it lives.
struct Clock {
    minutes: u64,
}

struct Tick;

#[gen_server]
impl Clock {
    #[init]
    fn new(cx: &mut Context<Self>) -> Self {
        cx.send_after(secs(60), Tick);
        Clock { minutes: 0 }
    }

    #[info]
    fn tick(&mut self, _: Tick, cx: &mut Context<Self>) {
        self.minutes += 1;
        cx.send_after(secs(60), Tick);
    }

    #[call]
    fn minutes(&self) -> u64 {
        self.minutes
    }
}

#[supervisor(args(feed: PathBuf, report: PathBuf))]
struct Tree {
    #[child(start = Feed::child_spec(feed)
        .id("feed")
        .backoff(Backoff::exponential(secs(1), secs(600)))
        .unlimited_restarts())]
    feed: Feed,
    #[child(args(report), budget(5, secs(3600)), on_exhausted = Exhausted::GiveUpChild)]
    report: Report,
    clock: Clock,
}

/// Says what becomes of children that do not simply start and end.
fn tell(begun: Instant, event: &SupervisorEvent) {
    let child = event.child.as_ref().map_or("?", |id| id.as_str());
    let minutes = begun.elapsed().as_secs() / 60;
    match &event.happening {
        Happening::GaveChildUp => println!("  minute {minutes}: {child} is given up, and it alone"),
        Happening::Terminated { reason, .. } if child == "feed" => {
            println!("  minute {minutes}: {child} has ended: {reason}");
        }
        Happening::Started { .. } => println!("  minute {minutes}: {child} has started"),
        _ => {}
    }
}

async fn hours(count: u64) -> Result<(), ExitReason> {
    let folder = tempfile::tempdir()?;
    let (feed, report) = (
        folder.path().join("feed.txt"),
        folder.path().join("report.txt"),
    );
    std::fs::write(&feed, "news")?;
    std::fs::write(&report, "1\n2\ntwelve\n")?;

    let tree = Tree::start_link(feed.clone(), report.clone()).await?;
    let begun = now();
    let listener = spawn(async move |mut inbox: Inbox<Arc<SupervisorEvent>>| {
        while let Received::Message(event) = inbox.receive().await {
            tell(begun, &event);
        }
    });
    events_of(tree.supervisor(), listener);

    println!("the disk of the feed goes away, and the report has a mistake:");
    std::fs::remove_file(&feed)?;
    for hour in 1..=count {
        let tried = attempts(&tree);
        sleep(secs(3600)).await;
        settle().await; // the clock's minute may be up in the same moment
        let tried = attempts(&tree) - tried;
        let minutes = tree.clock().minutes().await?;
        println!(
            "  hour {hour}: the feed was tried {tried} times; the clock has counted {minutes} minutes"
        );
    }

    println!("the disk comes back, and somebody mends the report:");
    std::fs::write(&feed, "more news")?;
    std::fs::write(&report, "1\n2\n12\n")?;
    tree.supervisor().restart_child("report").await?;
    sleep(secs(3600)).await;

    println!("at the end:");
    for child in tree.supervisor().which_children().await?.into_iter().rev() {
        let id = child.id.expect("it has one");
        let starts = figures(tree.supervisor()).and_then(|all| Some(all.child(id.clone())?.starts));
        let there = matches!(child.process, ChildProcess::Running(_));
        println!(
            "  {:<8} running: {there}, starts: {}",
            id.as_str(),
            starts.unwrap_or_default()
        );
    }
    Ok(())
}

/// How often a start of the feed has failed.
fn attempts(tree: &TreeRef) -> u64 {
    let figures = figures(tree.supervisor());
    figures
        .and_then(|all| Some(all.child("feed")?.failed_starts))
        .unwrap_or_default()
}

fn run() -> Result<(), ExitReason> {
    let options = Options::parse();
    Runtime::simulated(1)
        .crash_reports(false)
        .run(hours(options.hours))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
