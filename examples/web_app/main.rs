//! A web application: a tree of four parts, each of which fails on its own.
//!
//! ```text
//!   web (one_for_one)
//!   ├── repo       the notes, in a database on disk; started again after a breath
//!   ├── changes    PubSub: what happens to notes, for whoever wants to know
//!   ├── jobs       checks each note in the background; a domain with a budget of its own
//!   │   ├── workers     DynamicSupervisor: a process for each check
//!   │   └── clerk       starts the checks
//!   └── endpoint   HTTP, by hyper
//!       ├── connections DynamicSupervisor: a process for each
//!       └── listener    accepts
//! ```
//!
//! What it teaches: the shape of a web application, and how failures stay where they are. The fields
//! of `Web` are in the order in which they start: what is used stands before those who use it, and
//! on the way down the endpoint comes first. Each part has limits of its own, so that what crashes
//! in one of them uses up nobody else's restarts. Jobs that cannot go on are given up, and they
//! alone; nothing is lost, for what is to be done stands in the repo. A part that is away is an
//! answer: 503, come again. And who has subscribed to the pubsub says what its end means: the jobs
//! are bound to it, while a live stream ends, and browsers open another.
//!
//! ```sh
//! cargo run --release --example web_app                 # asks itself, breaks one part after the other
//! cargo run --release --example web_app -- --serve      # stays up, for a browser or for curl
//! ```
//!
//! What you will see: each request with its answer, what comes over bob's live stream, and, after a
//! `*`, what the supervisors did. A connection crashes; the jobs crash until they are given up,
//! while the site answers; the repo is killed, and then the pubsub; and at last all of it is
//! stopped in order. Reports of crashes are on standard error.

mod browser;
mod diary;
mod endpoint;
mod jobs;
mod options;
mod repo;
mod routes;
#[path = "../http/stream.rs"]
mod socket;
mod tour;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::{fs, io, net};

use clap::Parser;
use regrow::prelude::*;
use regrow::registry::PubSub;
use regrow::supervisor::{Backoff, Exhausted};
use regrow::{Runtime, application};

use diary::Diary;
use endpoint::Endpoint;
use jobs::{CHANGES, Change, Jobs, Topic};
use options::Options;
use repo::{REPO, Repo};

static ROOT: Name<Supervisor> = Name::new("web");

/// The parts, in the order of their start.
#[supervisor(strategy = "one_for_one", args(site: Arc<Site>))]
struct Web {
    #[child(start = Repo::child_spec(site.notes.clone()).name(REPO)
        .backoff(Backoff::fixed(millis(500))))]
    repo: Repo,
    #[child(start = PubSub::new().name(CHANGES))]
    changes: PubSub<Topic, Change>,
    #[child(tree, args(site.words.clone()), binds_to = "changes",
        budget(1, secs(60)), on_exhausted = Exhausted::GiveUpChild)]
    jobs: Jobs,
    #[child(tree, args(Arc::clone(&site)))]
    endpoint: Endpoint,
}

/// What the tree is started with.
pub(crate) struct Site {
    socket: net::TcpListener,
    notes: PathBuf,
    words: PathBuf,
}

impl Site {
    /// Writes the list of words that keep a note from being shown.
    fn write_words(&self) -> io::Result<()> {
        fs::write(&self.words, "cheap\nlottery\n")
    }
}

fn main() -> ExitCode {
    match start(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("web_app: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(options: Options) -> Result<(), ExitReason> {
    let socket = endpoint::listen(options.port).map_err(ExitReason::atom)?;
    println!("listening on http://{}/", socket.local_addr()?);
    let folder = tempfile::tempdir()?;
    let site = Arc::new(Site {
        socket,
        notes: folder.path().join("notes.redb"),
        words: folder.path().join("words.txt"),
    });
    site.write_words()?;
    let runtime = Runtime::builder().name("web_app").build()?;
    runtime.block_on(run(site, options.serve))
}

async fn run(site: Arc<Site>, serve: bool) -> Result<(), ExitReason> {
    let diary = Diary::start(serve).await?;
    let address = site.socket.local_addr()?;
    let web = Web::child_spec(Arc::clone(&site)).name(ROOT);
    let program = application::run(web).shutdown_timeout(secs(10));
    if serve {
        println!("open it in a browser; Ctrl-C stops it");
        program.await?;
        println!("stopped");
        return Ok(());
    }
    let running = program.start().await?;
    let mut live = tour::tour(address, diary).await?;

    println!("\nall is stopped, the endpoint first:");
    running.stop().await?;
    live.next().await;
    // Nobody has the database open any more, so that one may look at it.
    let repo = Repo::start(site.notes.clone()).await?;
    let notes = repo.notes(0).await?;
    let checked = notes.iter().filter(|note| note.may_be_shown.is_some());
    println!(
        "  on disk: {} notes, {} checked",
        notes.len(),
        checked.count()
    );
    Ok(())
}
