//! A cache of web pages' titles: one process for each address, in front of a database on disk.
//!
//! ```text
//!   cache (rest_for_one)
//!   ├── store      the database: one process has it open, everybody asks that
//!   ├── mapper     Registry<Url>: which process has which address
//!   └── entries    PartitionSupervisor over four DynamicSupervisors: a process for each address
//!                  that somebody wanted lately
//! ```
//!
//! What it teaches: the shape that OTP calls `simple_one_for_one`. An entry is worth nothing
//! without the mapper, which finds it, and the mapper nothing without the store; so they start in
//! this order and, when one is started again, those after it are too. An entry has what it reads
//! from the store: when it crashes it grows back from there. One supervisor starts one child after
//! the other; four of them, of which each has a part of the addresses, start four at a time.
//!
//! ```sh
//! cargo run --release --example url_cache
//! cargo run --release --example url_cache -- --rush 1000000
//! ```
//!
//! What you will see: what is answered from memory and what from disk, and then the same after a
//! crash of an entry, of the mapper, and of the store. Then a rush for twenty thousand addresses:
//! how many entries start in a second, and what it takes with it when one of the four supervisors
//! is killed. Reports of crashes are on standard error.

use std::path::PathBuf;

use clap::Parser;
use redb::{Database, ReadableDatabase, TableDefinition};
use regrow::prelude::*;
use regrow::process::settle;
use regrow::supervisor::PartitionSupervisor;
use regrow::time::now;

/// A cache of web pages' titles: one process for each address, in front of a database on disk.
#[derive(Parser)]
struct Options {
    /// How many addresses there is a rush for.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    #[arg(allow_negative_numbers = true)]
    rush: usize,
}

/// By its address, the title of a page.
const TITLES: TableDefinition<'static, &str, &str> = TableDefinition::new("titles");

/// So many supervisors share the entries.
const PARTITIONS: usize = 4;

static STORE: Name<Store> = Name::new("store");

/// The database.
struct Store {
    database: Database,
    /// How often something was read since the start.
    reads: u64,
}

#[gen_server]
impl Store {
    #[init]
    fn open(path: PathBuf) -> Result<Self, ExitReason> {
        let database = Database::create(path)?;
        let disk = database.begin_write()?;
        disk.open_table(TITLES)?;
        disk.commit()?;
        Ok(Store { database, reads: 0 })
    }

    #[call]
    fn read(&mut self, url: String) -> Result<Option<String>, redb::Error> {
        self.reads += 1;
        let titles = self.database.begin_read()?.open_table(TITLES)?;
        let title = titles.get(url.as_str())?;
        Ok(title.map(|title| title.value().to_owned()))
    }

    #[call]
    fn write(&mut self, pages: Vec<(String, String)>) -> Result<(), redb::Error> {
        let disk = self.database.begin_write()?;
        let mut titles = disk.open_table(TITLES)?;
        for (url, title) in &pages {
            titles.insert(url.as_str(), title.as_str())?;
        }
        drop(titles);
        disk.commit()?;
        Ok(())
    }

    #[call]
    fn reads(&self) -> u64 {
        self.reads
    }

    #[cast]
    fn fail(&mut self) {
        panic!("the disk has failed after {} reads", self.reads);
    }
}

/// What is known of one address. It goes when nobody has asked for ten minutes.
struct Entry {
    url: String,
    title: String,
}

#[gen_server(restart = "transient", idle_timeout = "10m")]
impl Entry {
    /// There is no process for what is not in the store.
    #[init]
    async fn read(url: String) -> Result<Init<Self>, ExitReason> {
        let title = STORE.read(url.clone()).await?;
        Ok(title.map_or(Init::ignore(), |title| Init::ok(Entry { url, title })))
    }

    #[call]
    fn title(&self) -> String {
        self.title.clone()
    }

    /// First on disk, then in memory: what somebody was told is there after a crash.
    #[call]
    async fn rename(&mut self, title: String) -> Result<(), ExitReason> {
        STORE.write(vec![(self.url.clone(), title.clone())]).await?;
        self.title = title;
        Ok(())
    }

    #[cast]
    fn fail(&mut self) {
        panic!("the entry of {} is asked to crash", self.url);
    }

    #[timeout]
    fn nobody_asks(&mut self) -> Next {
        Next::stop(ExitReason::Normal)
    }
}

#[supervisor(strategy = "rest_for_one", args(path: PathBuf))]
struct Cache {
    #[child(start = Store::child_spec(path).id("store").name(STORE))]
    store: Store,
    mapper: Registry<String>,
    #[child(start = PartitionSupervisor::new(DynamicSupervisor::new()).partitions(PARTITIONS).id("entries"))]
    entries: PartitionSupervisor<DynamicSupervisor>,
}

/// The process for an address, if anything is known of it.
async fn entry(cache: &CacheRef, url: &str) -> Result<Option<ServerRef<Entry>>, StartChildError> {
    let spec = Entry::child_spec(url.to_owned());
    let entries = cache.entries().at(url);
    match entries
        .find_or_start(cache.mapper(), url.to_owned(), spec)
        .await
    {
        Ok(entry) => Ok(Some(entry)),
        Err(StartChildError::Ignored) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks for a title, and says where it came from.
async fn ask(cache: &CacheRef, url: &str) -> Result<(), ExitReason> {
    let before = STORE.reads().await?;
    let answer = match entry(cache, url).await? {
        Some(entry) => format!("“{}”", entry.title().await?),
        None => "not known".into(),
    };
    let from = if STORE.reads().await? > before {
        "disk"
    } else {
        "memory"
    };
    println!("  {url:<16} {answer:<28} from {from}");
    Ok(())
}

/// How many entries there are, and how often the store was read since it started.
async fn say(cache: &CacheRef) -> Result<(), ExitReason> {
    let entries = cache.mapper().count();
    println!(
        "  entries: {entries}, reads of the store: {}",
        STORE.reads().await?
    );
    Ok(())
}

async fn tour(cache: &CacheRef) -> Result<(), ExitReason> {
    let pages = [
        ("erlang.org", "Erlang"),
        ("rust-lang.org", "Rust"),
        ("redb.org", "redb"),
    ];
    let pages = pages.map(|(url, title)| (url.to_owned(), title.to_owned()));
    STORE.write(pages.into()).await?;

    println!("three are in the store, and some are asked for:");
    for url in ["erlang.org", "rust-lang.org", "erlang.org", "nowhere.org"] {
        ask(cache, url).await?;
    }
    say(cache).await?;

    println!(
        "one is renamed, and then its process crashes; it reads for itself when it starts again:"
    );
    let erlang = entry(cache, "erlang.org")
        .await?
        .ok_or(ExitReason::NoProc)?;
    erlang.rename("Erlang, since 1986".into()).await?;
    erlang.fail();
    settle().await;
    say(cache).await?;
    ask(cache, "erlang.org").await?;

    println!(
        "the mapper is killed, and with it go all entries; they come back as they are asked for:"
    );
    exit(cache.mapper(), ExitReason::kill());
    settle().await;
    say(cache).await?;
    ask(cache, "erlang.org").await?;
    ask(cache, "erlang.org").await?;

    println!("the store fails, and everything starts again; what was written is on disk:");
    STORE.fail();
    settle().await;
    say(cache).await?;
    ask(cache, "erlang.org").await?;
    ask(cache, "rust-lang.org").await?;
    say(cache).await
}

/// Asks for all of these addresses, four at a time.
async fn rush(cache: &CacheRef, count: usize) -> Result<(), ExitReason> {
    let askers = (0..PARTITIONS).map(|asker| {
        let cache = cache.clone();
        spawn_monitor(async move |_: Inbox<()>| -> Result<(), ExitReason> {
            for number in (asker..count).step_by(PARTITIONS) {
                entry(&cache, &format!("page-{number}")).await?;
            }
            Ok(())
        })
    });
    for (_, end) in askers.collect::<Vec<_>>() {
        let reason = end.await.reason;
        if !reason.is_normal() {
            return Err(reason);
        }
    }
    Ok(())
}

async fn many(cache: &CacheRef, count: usize) -> Result<(), ExitReason> {
    let pages = (0..count).map(|number| (format!("page-{number}"), format!("Page {number}")));
    STORE.write(pages.collect()).no_timeout().await?;
    println!("there is a rush for {count} addresses:");
    let (before, begun) = (cache.mapper().count(), now());
    rush(cache, count).await?;
    let (started, took) = (
        cache.mapper().count() - before,
        begun.elapsed().as_secs_f64(),
    );
    println!(
        "  {started} entries started in {took:.2} s, {:.0}/s",
        started as f64 / took
    );

    println!(
        "one of the four supervisors is killed, and its entries with it; it is started again:"
    );
    let all = cache.mapper().count();
    exit(cache.entries().at("page-0"), ExitReason::kill());
    settle().await;
    let gone = all - cache.mapper().count();
    println!(
        "  entries that have not noticed: {}",
        if gone < all / 2 { "most" } else { "few" }
    );
    let reads = STORE.reads().await?;
    rush(cache, count).await?;
    let reads = STORE.reads().await? - reads;
    println!(
        "  asked for again; only those that were gone are read: {}",
        (1..=gone as u64).contains(&reads)
    );
    Ok(())
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let options = Options::parse();
    let folder = tempfile::tempdir()?;
    let cache = Cache::start_link(folder.path().join("titles.redb")).await?;
    tour(&cache).await?;
    many(&cache, options.rush).await
}
