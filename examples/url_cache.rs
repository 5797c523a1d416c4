//! A cache of web pages' titles: one process for each address, in front of a database on disk.
//!
//! ```text
//!   cache (rest_for_one)
//!   ├── store      the database: one process has it open, everybody asks that
//!   ├── mapper     Registry<Url>: which process has which address
//!   └── entries    DynamicSupervisor: a process for each address that somebody wanted lately
//! ```
//!
//! What it teaches: the shape that OTP calls `simple_one_for_one`. An entry is worth nothing without
//! the mapper, which finds it, and the mapper nothing without the store; so they start in this order
//! and, when one is started again, those after it are too. An entry has what it reads from the store:
//! when it crashes it grows back from there.
//!
//! ```sh
//! cargo run --release --example url_cache
//! ```
//!
//! What you will see: what is answered from memory and what from disk, and then the same after a
//! crash of an entry, of the mapper, and of the store. Reports of crashes are on standard error.

use std::path::PathBuf;

use redb::{Database, ReadableDatabase, TableDefinition};
use regrow::prelude::*;
use regrow::process::settle;

const HELP: &str = "\
A cache of web pages' titles: one process for each address, in front of a database on disk.

  --help    this text";

/// By its address, the title of a page.
const TITLES: TableDefinition<'static, &str, &str> = TableDefinition::new("titles");

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
    fn write(&mut self, url: String, title: String) -> Result<(), redb::Error> {
        let disk = self.database.begin_write()?;
        disk.open_table(TITLES)?
            .insert(url.as_str(), title.as_str())?;
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
        STORE.write(self.url.clone(), title.clone()).await?;
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
    #[child(max_children = 100_000)]
    entries: DynamicSupervisor,
}

/// The process for an address, if anything is known of it.
async fn entry(cache: &CacheRef, url: &str) -> Result<Option<ServerRef<Entry>>, StartChildError> {
    let spec = Entry::child_spec(url.to_owned());
    match cache
        .entries()
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
    let entries = cache.entries().count_children().await?.active;
    println!(
        "  entries: {entries}, reads of the store: {}",
        STORE.reads().await?
    );
    Ok(())
}

async fn tour(path: PathBuf) -> Result<(), ExitReason> {
    let cache = Cache::start_link(path).await?;
    for (url, title) in [
        ("erlang.org", "Erlang"),
        ("rust-lang.org", "Rust"),
        ("redb.org", "redb"),
    ] {
        STORE.write(url.into(), title.into()).await?;
    }

    println!("three are in the store, and some are asked for:");
    for url in ["erlang.org", "rust-lang.org", "erlang.org", "nowhere.org"] {
        ask(&cache, url).await?;
    }
    say(&cache).await?;

    println!(
        "one is renamed, and then its process crashes; it reads for itself when it starts again:"
    );
    let erlang = entry(&cache, "erlang.org")
        .await?
        .ok_or(ExitReason::NoProc)?;
    erlang.rename("Erlang, since 1986".into()).await?;
    erlang.fail();
    settle().await;
    say(&cache).await?;
    ask(&cache, "erlang.org").await?;

    println!(
        "the mapper is killed, and with it go all entries; they come back as they are asked for:"
    );
    exit(cache.mapper(), ExitReason::kill());
    settle().await;
    say(&cache).await?;
    ask(&cache, "erlang.org").await?;
    ask(&cache, "erlang.org").await?;

    println!("the store fails, and everything starts again; what was written is on disk:");
    STORE.fail();
    settle().await;
    say(&cache).await?;
    ask(&cache, "erlang.org").await?;
    ask(&cache, "rust-lang.org").await?;
    say(&cache).await
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    if let Some(argument) = lexopt::Parser::from_env().next()? {
        match argument {
            lexopt::Arg::Long("help") => println!("{HELP}"),
            _ => return Err(argument.unexpected().into()),
        }
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    tour(folder.path().join("titles.redb")).await
}
