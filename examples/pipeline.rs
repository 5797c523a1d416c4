//! A data pipeline: orders come from a queue on disk, a process works on each, and none is lost.
//!
//! ```text
//!   pipeline (rest_for_one)
//!   ├── infrastructure (one_for_one)         what the rest uses, so it comes first
//!   │   ├── queue       a database on disk: what waits, is taken, is done, is put aside
//!   │   └── prices      a file that is read at the start
//!   └── processing (one_for_all)             consumer and workers know of each other
//!       ├── workers     a temporary process for each order, in a DynamicSupervisor
//!       └── consumer    takes orders, starts workers, watches them
//! ```
//!
//! What it teaches: a supervisor brings *processes* back, and not the work that they had. The work
//! is kept by a queue that outlives them. Workers are temporary; when one crashes its consumer
//! hears of it and the queue hands the order out again, three times at most. When the queue itself
//! breaks, its supervisor allows no restart and ends; then the tree starts again from there on, in
//! its order.
//!
//! ```sh
//! cargo run --release --example pipeline
//! ```
//!
//! What you will see: crashing orders, a queue that breaks with orders under way, a consumer that
//! crashes, and after each of them how many orders there are in which state. Reports of crashes are
//! on standard error.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use redb::{Database, ReadableDatabase, ReadableTableMetadata, TableDefinition, WriteTransaction};
use regrow::prelude::*;
use regrow::process::Monitor;
use regrow::time::sleep;

/// A data pipeline: orders from a queue on disk, a process for each, and none is lost.
#[derive(Parser)]
struct Options {
    /// Orders in each of the three rounds.
    #[arg(long, value_name = "N", default_value_t = 20)]
    #[arg(allow_negative_numbers = true)]
    orders: u64,
}

static QUEUE: Name<Queue> = Name::new("queue");
static PRICES: Name<Prices> = Name::new("prices");
static WORKERS: Name<DynamicSupervisor> = Name::new("workers");
static CONSUMER: Name<Consumer> = Name::new("consumer");

/// An order by its number: how often it was tried, and what it says.
type Orders = TableDefinition<'static, u64, (u32, &'static str)>;

const WAITING: Orders = TableDefinition::new("waiting");
const TAKEN: Orders = TableDefinition::new("taken");
const DONE: Orders = TableDefinition::new("done");
const ASIDE: Orders = TableDefinition::new("aside");

/// So often an order is tried.
const ATTEMPTS_MAX: u32 = 3;
/// So many orders are worked on at the same time.
const WORKERS_MAX: usize = 4;

#[derive(Debug, Clone)]
struct Order {
    number: u64,
    attempt: u32,
    text: String,
}

/// The queue. An order is in one table, and goes to another in one transaction: whatever crashes,
/// it is in one of them.
struct Queue {
    database: Database,
}

#[gen_server]
impl Queue {
    #[init]
    fn open(path: PathBuf) -> Result<Self, ExitReason> {
        println!("  queue opens");
        let database = Database::create(path)?;
        let queue = Queue { database };
        queue.commit(|disk| {
            for table in [WAITING, TAKEN, DONE, ASIDE] {
                disk.open_table(table)?;
            }
            Ok(())
        });
        Ok(queue)
    }

    #[call]
    fn put(&mut self, orders: Vec<String>) {
        self.commit(|disk| {
            let mut waiting = disk.open_table(WAITING)?;
            let mut number = 0;
            for table in [TAKEN, DONE, ASIDE] {
                number += disk.open_table(table)?.len()?;
            }
            number += waiting.len()?;
            for text in &orders {
                waiting.insert(number, (0, text.as_str()))?;
                number += 1;
            }
            Ok(())
        });
    }

    #[call]
    fn take(&mut self) -> Option<Order> {
        self.commit(|disk| {
            let mut waiting = disk.open_table(WAITING)?;
            let Some((number, order)) = waiting.pop_first()? else {
                return Ok(None);
            };
            let (attempts, text) = order.value();
            let order = Order {
                number: number.value(),
                attempt: attempts + 1,
                text: text.to_owned(),
            };
            let row = (order.attempt, order.text.as_str());
            disk.open_table(TAKEN)?.insert(order.number, row)?;
            Ok(Some(order))
        })
    }

    #[call]
    fn finish(&mut self, order: Order, bill: String) {
        self.commit(|disk| {
            disk.open_table(TAKEN)?.remove(order.number)?;
            let row = (order.attempt, bill.as_str());
            disk.open_table(DONE)?.insert(order.number, row)?;
            Ok(())
        });
    }

    /// For one whose worker has crashed: it is tried again, unless it was tried too often.
    #[call]
    fn give_back(&mut self, order: Order) {
        self.commit(|disk| {
            let enough = order.attempt >= ATTEMPTS_MAX;
            disk.open_table(TAKEN)?.remove(order.number)?;
            let mut table = disk.open_table(if enough { ASIDE } else { WAITING })?;
            table.insert(order.number, (order.attempt, order.text.as_str()))?;
            Ok(())
        });
    }

    /// For a consumer that begins: what was taken before is worked on by nobody.
    #[call]
    fn give_all_back(&mut self) {
        self.commit(|disk| {
            let (mut taken, mut waiting) = (disk.open_table(TAKEN)?, disk.open_table(WAITING)?);
            while let Some((number, order)) = taken.pop_first()? {
                waiting.insert(number.value(), order.value())?;
            }
            Ok(())
        });
    }

    #[call]
    fn tally(&self) -> Result<Tally, redb::Error> {
        let disk = self.database.begin_read()?;
        let count = |table| Ok::<u64, redb::Error>(disk.open_table(table)?.len()?);
        Ok(Tally {
            waiting: count(WAITING)?,
            taken: count(TAKEN)?,
            done: count(DONE)?,
            aside: count(ASIDE)?,
        })
    }

    #[cast]
    fn pull_the_plug(&self) {
        panic!("somebody has pulled the plug");
    }

    /// One transaction. There is nothing that the queue could do about a disk that cannot be
    /// written, so that is a crash. (A commit holds this scheduler for as long as the disk takes,
    /// about a millisecond; what takes longer belongs into `regrow::process::blocking`.)
    fn commit<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>) -> T {
        let commit = || -> Result<T, redb::Error> {
            let disk = self.database.begin_write()?;
            let result = work(&disk)?;
            disk.commit()?;
            Ok(result)
        };
        commit().expect("the queue can be written")
    }
}

#[derive(Debug, Default, PartialEq)]
struct Tally {
    waiting: u64,
    taken: u64,
    done: u64,
    aside: u64,
}

/// What things cost, from a file.
struct Prices(HashMap<String, u64>);

#[gen_server]
impl Prices {
    #[init]
    fn read(path: PathBuf) -> Result<Self, ExitReason> {
        println!("  prices are read");
        let text = std::fs::read_to_string(path)?;
        let prices = text.lines().filter_map(|line| line.split_once(' '));
        let prices = prices.map(|(item, price)| Ok((item.to_owned(), price.parse()?)));
        Ok(Prices(
            prices.collect::<Result<_, std::num::ParseIntError>>()?,
        ))
    }

    #[call]
    fn of(&self, item: String) -> Option<u64> {
        self.0.get(&item).copied()
    }
}

/// A worker has one order, and ends with it. It is not started again: the order is the queue's.
struct Worker(Order);

struct Work;

#[gen_server(restart = "temporary")]
impl Worker {
    #[init]
    fn new(order: Order, cx: &mut Context<Self>) -> Self {
        cx.continue_with(Work);
        Worker(order)
    }

    #[handle_continue]
    async fn work(&mut self, _: Work) -> Next {
        match self.bill().await {
            Ok(()) => Next::stop(ExitReason::Normal),
            Err(reason) => Next::stop(reason),
        }
    }

    async fn bill(&self) -> Result<(), ExitReason> {
        let Worker(order) = self;
        sleep(millis(10)).await;
        let (count, item) = order.text.split_once(' ').expect("a number and an item");
        assert!(item != "figs" || order.attempt > 1, "the figs are not ripe");
        let price = PRICES.of(item.to_owned()).await?.expect("there is a price");
        let bill = format!("{}: {}", order.text, count.parse::<u64>()? * price);
        QUEUE.finish(order.clone(), bill).await?;
        Ok(())
    }
}

/// Hands orders to workers. It knows nothing that it could not ask the queue for after a crash.
struct Consumer {
    at_work: HashMap<Monitor, Order>,
}

struct Fill;

#[gen_server]
impl Consumer {
    #[init]
    async fn begin(cx: &mut Context<Self>) -> Result<Self, ExitReason> {
        println!("  consumer begins: what was taken is given back");
        QUEUE.give_all_back().await?;
        cx.continue_with(Fill);
        Ok(Consumer {
            at_work: HashMap::new(),
        })
    }

    /// There are new orders.
    #[cast]
    fn look(&mut self, cx: &mut Context<Self>) {
        cx.continue_with(Fill);
    }

    #[handle_continue]
    async fn fill(&mut self, _: Fill) {
        while self.at_work.len() < WORKERS_MAX {
            // Without a queue there is nothing to do: when it is back there is a new consumer.
            let Ok(Some(order)) = QUEUE.take().await else {
                return;
            };
            let spec = Worker::child_spec(order.clone());
            let Ok(StartedChild::Started(worker)) = WORKERS.start_child(spec).await else {
                return;
            };
            self.at_work.insert(monitor(worker), order);
        }
    }

    #[down]
    async fn worker_ended(&mut self, down: Down, cx: &mut Context<Self>) {
        let order = self.at_work.remove(&down.monitor);
        if let Some(order) = order.filter(|_| down.reason != ExitReason::Normal) {
            // If this fails the queue is away, and the next consumer gives everything back.
            QUEUE.give_back(order).await.ok();
        }
        cx.continue_with(Fill);
    }

    #[cast]
    fn crash(&self) {
        panic!("the consumer is asked to crash");
    }
}

fn pipeline(folder: &Path) -> Supervisor {
    // No restart of its own: whoever has used the queue must begin anew when it has broken, and
    // what makes them do so is the supervisor above.
    let infrastructure = Supervisor::new(Strategy::OneForOne)
        .id("infrastructure")
        .max_restarts(0, secs(1))
        .child(Queue::child_spec(folder.join("orders.redb")).name(QUEUE))
        .child(Prices::child_spec(folder.join("prices.txt")).name(PRICES));
    let processing = Supervisor::new(Strategy::OneForAll)
        .id("processing")
        .child(DynamicSupervisor::new().name(WORKERS))
        .child(Consumer::child_spec().name(CONSUMER));
    Supervisor::new(Strategy::RestForOne)
        .child(infrastructure)
        .child(processing)
}

/// A round: orders are put into the queue, something happens while they are under way, and then
/// none is under way any more.
async fn round(orders: Vec<String>, mishap: impl FnOnce()) -> Result<(), ExitReason> {
    QUEUE.put(orders).await?;
    CONSUMER.look();
    while QUEUE.tally().await?.taken == 0 {
        sleep(millis(1)).await;
    }
    mishap();
    loop {
        sleep(millis(10)).await;
        // While the queue is away there is no answer.
        let Ok(tally) = QUEUE.tally().await else {
            continue;
        };
        let Tally {
            waiting,
            taken,
            done,
            aside,
        } = tally;
        if waiting + taken == 0 {
            println!("  waiting {waiting}, taken {taken}, done {done}, put aside {aside}\n");
            return Ok(());
        }
    }
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let Options { orders: count } = Options::parse();
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("prices.txt"),
        "apples 3\npears 4\nfigs 7\n",
    )?;
    let orders = |items: [&str; 3]| -> Vec<String> {
        let items = items.into_iter().cycle().zip(1..=count);
        items.map(|(item, n)| format!("{n} {item}")).collect()
    };

    println!("the pipeline starts:");
    let tree = pipeline(folder.path()).start_link().await?;
    println!("\n{count} orders; figs crash their worker once, and nothing is known of unicorns:");
    let mut strange = orders(["apples", "pears", "figs"]);
    strange.push("1 unicorns".into());
    round(strange, || {}).await?;
    println!("{count} orders, and the queue breaks with some under way:");
    round(orders(["apples", "pears", "apples"]), || {
        QUEUE.pull_the_plug();
    })
    .await?;
    println!("{count} orders, and the consumer crashes with some under way:");
    round(orders(["pears", "apples", "pears"]), || CONSUMER.crash()).await?;

    let Tally { done, aside, .. } = QUEUE.tally().await?;
    println!(
        "of {} orders {done} are done, {aside} put aside, {} lost",
        3 * count + 1,
        3 * count + 1 - done - aside
    );
    regrow::server::stop(tree, ExitReason::Normal).await?;
    Ok(())
}
