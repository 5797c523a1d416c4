//! A graceful deploy: a hundred thousand sessions write down what they have before the program
//! ends, and those that cannot do so in time are ended.
//!
//! ```text
//!   service (one_for_one)
//!   ├── journal    one file; stopped last, for the sessions write to it until they end
//!   └── sessions   DynamicSupervisor: stops all of its children at the same time
//! ```
//!
//! What it teaches: `trap_exit` and `#[terminate]`, which let a process put things in order when
//! its supervisor stops it; the shutdown time, after which it is killed; and that a dynamic
//! supervisor needs as long as its slowest child, and not as long as all of them together.
//!
//! ```sh
//! cargo run --release --example deploy
//! cargo run --release --example deploy -- --n 1000000 --stuck 0
//! ```
//!
//! What you will see: how many sessions were flushed and how many killed, counted in the file that
//! they have left behind, and how long each step took. One session in a thousand waits for
//! something that does not come. Then the service starts again, from that file, and nothing is lost
//! but what the stuck ones had.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::ParseIntError;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use regrow::prelude::*;
use regrow::time::{now, sleep};

/// A graceful deploy: sessions are flushed within the shutdown time, or killed.
#[derive(Parser)]
struct Options {
    /// How many sessions there are.
    #[arg(long = "n", value_name = "N", default_value_t = 100_000)]
    #[arg(allow_negative_numbers = true)]
    sessions: u64,
    /// One session in so many hangs when it is to end; 0: none.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(allow_negative_numbers = true)]
    stuck: u64,
    /// The time that a session is given.
    #[arg(long = "seconds", value_name = "S", value_parser = seconds)]
    #[arg(default_value = "3", allow_negative_numbers = true)]
    shutdown: Duration,
}

fn seconds(value: &str) -> Result<Duration, ParseIntError> {
    value.parse().map(secs)
}

static JOURNAL: Name<Journal> = Name::new("journal");
static SESSIONS: Name<DynamicSupervisor> = Name::new("sessions");

/// The file. What was written is on disk when the journal has ended.
struct Journal {
    file: BufWriter<File>,
}

#[gen_server(trap_exit, shutdown = "10s")]
impl Journal {
    #[init]
    fn create(path: PathBuf) -> Result<Self, ExitReason> {
        let file = BufWriter::new(File::create(path)?);
        Ok(Journal { file })
    }

    #[call]
    fn write(&mut self, user: u64, basket: u64) -> std::io::Result<()> {
        writeln!(self.file, "{user} {basket}")
    }

    #[terminate]
    fn close(&mut self, _: &ExitReason) {
        let closed = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all());
        closed.expect("the journal can be written");
    }
}

/// What a user has in their basket.
struct Session {
    user: u64,
    basket: u64,
    stuck: bool,
}

#[gen_server(restart = "transient", trap_exit)]
impl Session {
    #[init]
    fn new(user: u64, basket: u64, stuck: bool) -> Self {
        Session {
            user,
            basket,
            stuck,
        }
    }

    #[cast]
    fn buy(&mut self, things: u64) {
        self.basket += things;
    }

    /// The shutdown time is the only limit: it ends whatever this waits for.
    #[terminate]
    async fn flush(&mut self, _: &ExitReason) {
        if self.stuck {
            sleep(secs(3600)).await;
        }
        let written = JOURNAL.write(self.user, self.basket).no_timeout().await;
        written.expect("the journal is there until the last session has ended");
    }
}

fn service(path: PathBuf) -> Supervisor {
    Supervisor::new(Strategy::OneForOne)
        .child(Journal::child_spec(path).name(JOURNAL))
        .child(DynamicSupervisor::new().id("sessions").name(SESSIONS))
}

/// Runs the service until it is told to stop, which is at once. A session begins with what the last
/// run has left of it, buys one thing, and is stopped with the rest.
async fn run(
    path: PathBuf,
    before: &HashMap<u64, u64>,
    options: &Options,
) -> Result<(), ExitReason> {
    let service = service(path).start().await?;
    let begun = now();
    for user in 0..options.sessions {
        let stuck = options.stuck > 0 && user % options.stuck == 0;
        let basket = before.get(&user).copied().unwrap_or_default();
        let spec =
            Session::child_spec(user, basket, stuck).shutdown(Shutdown::After(options.shutdown));
        if let StartedChild::Started(session) = SESSIONS.start_child(spec).await? {
            session.buy(1);
        }
    }
    println!(
        "  {} sessions started in {:.2} s",
        options.sessions,
        begun.elapsed().as_secs_f64()
    );

    let begun = now();
    regrow::server::stop(service, ExitReason::Shutdown)
        .timeout(secs(60))
        .await?;
    let took = begun.elapsed().as_secs_f64();
    println!("  all stopped in {took:.2} s");
    if options.stuck > 0 {
        let stuck = options.sessions.div_ceil(options.stuck);
        println!(
            "  (one after the other, the {stuck} stuck ones alone would take {:?})",
            options.shutdown * stuck as u32
        );
    }
    Ok(())
}

/// What a run has left behind.
fn read(path: &PathBuf) -> Result<HashMap<u64, u64>, ExitReason> {
    let mut baskets = HashMap::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let (user, basket) = line
            .split_once(' ')
            .ok_or(ExitReason::atom("a torn line"))?;
        baskets.insert(user.parse()?, basket.parse()?);
    }
    Ok(baskets)
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let mut options = Options::parse();
    let folder = tempfile::tempdir()?;

    println!("version 1 runs, and is to make way for version 2:");
    let first = folder.path().join("version-1");
    run(first.clone(), &HashMap::new(), &options).await?;
    let flushed = read(&first)?;
    let killed = options.sessions - flushed.len() as u64;
    println!("  {} flushed, {killed} killed\n", flushed.len());

    println!("version 2 begins where version 1 was, and nobody is stuck any more:");
    options.stuck = 0;
    let second = folder.path().join("version-2");
    run(second.clone(), &flushed, &options).await?;
    let baskets = read(&second)?;
    let count = |things| baskets.values().filter(|basket| **basket == things).count();
    println!(
        "  {} flushed, of which {} with what they had before and {} without",
        baskets.len(),
        count(2),
        count(1)
    );
    Ok(())
}
