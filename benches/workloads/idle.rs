//! What does a process cost that has nothing to do? Bytes, and nanoseconds to make and to wake it.
//!
//! The bytes are the growth of the resident set, with the table of sixteen-byte references that the
//! program keeps. What an allocator holds from before is not in it, so the program must be fresh.

use std::time::{Duration, Instant};

use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::{Accepts, AsPid};
use regrow::server::{Context, GenServer, HandleInfo, Start, Step};

use crate::args::Args;
use crate::measure::{Latch, Outcome, resident, status};

static READY: Latch = Latch::new();
static ENDED: Latch = Latch::new();
static DONE: Latch = Latch::new();

/// Eight bytes of state. The end of each is counted.
struct Counter(u64);

impl Counter {
    fn new(state: u64) -> Counter {
        READY.arrive();
        Counter(state)
    }

    fn answer(&mut self, get: &Get) {
        self.0 += 1;
        get.answer_to.send(Order::Count(self.0));
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        ENDED.arrive();
    }
}

/// A request for the number that a process has come to.
struct Get {
    answer_to: ProcessRef<Order>,
}

/// What the process that keeps the others is told.
enum Order {
    WakeAll,
    Count(u64),
    StopAll,
}

impl GenServer for Counter {
    type Args = u64;

    fn init(state: u64, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Counter::new(state))
    }
}

impl HandleInfo<Get> for Counter {
    fn handle_info(&mut self, get: Get, _: &mut Context<Self>) -> impl Step<Next> {
        self.answer(&get);
        Next::proceed()
    }
}

/// The same as a process by hand.
async fn count(mut inbox: Inbox<Get>, state: u64) {
    let mut counter = Counter::new(state);
    while let Received::Message(get) = inbox.receive().await {
        counter.answer(&get);
    }
}

async fn start_servers(n: u64) -> Vec<ServerRef<Counter>> {
    let mut all = Vec::with_capacity(n as usize);
    for state in 0..n {
        let started = Start::<Counter>::new(state).await;
        all.push(started.expect("a server whose init says so starts"));
    }
    all
}

fn spawn_by_hand(n: u64) -> Vec<ProcessRef<Get>> {
    let mut all = Vec::with_capacity(n as usize);
    for state in 0..n {
        all.push(spawn(move |inbox| count(inbox, state)));
    }
    all
}

/// Keeps the table of all, and does with them what it is told.
async fn keep<P>(mut inbox: Inbox<Order>, all: Vec<P>)
where
    P: Accepts<Get> + AsPid + Copy + Send,
{
    DONE.arrive();
    let (mut left, mut sum) = (0, 0);
    let n = all.len() as u64;
    while let Received::Message(order) = inbox.receive().await {
        match order {
            Order::WakeAll => {
                left = n;
                let answer_to = inbox.this();
                for one in &all {
                    send(*one, Get { answer_to });
                }
            }
            Order::Count(number) => {
                (left, sum) = (left - 1, sum + number);
                if left == 0 {
                    assert_eq!(sum, n * (n + 1) / 2, "each was woken once");
                    DONE.arrive();
                }
            }
            Order::StopAll => {
                for one in &all {
                    exit(one, ExitReason::Shutdown);
                }
            }
        }
    }
}

/// Starts n, until each has run, and the process that keeps them.
fn start_all(runtime: &Runtime, args: &Args, n: u64) -> ProcessRef<Order> {
    READY.close(n);
    ENDED.close(n);
    DONE.close(1);
    let keeper = if args.is_on("hand") {
        crate::start(runtime, async move |inbox| {
            keep(inbox, spawn_by_hand(n)).await;
        })
    } else {
        crate::start(runtime, async move |inbox| {
            keep(inbox, start_servers(n).await).await;
        })
    };
    READY.wait();
    keeper
}

/// Starts n until each has run; then wakes all, then ends all.
pub(crate) fn idle(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(1_000_000);
    let before = resident();
    let began = Instant::now();
    let keeper = start_all(runtime, args, n);
    let started = began.elapsed();
    DONE.wait();
    std::thread::sleep(Duration::from_millis(50));
    let after = resident();

    let began = Instant::now();
    DONE.close(1);
    keeper.send(Order::WakeAll);
    DONE.wait();
    let woken = began.elapsed();
    let after_wake = resident();

    let began = Instant::now();
    keeper.send(Order::StopAll);
    ENDED.wait();
    let ended = began.elapsed();

    Outcome::new(n, n, n, started)
        .memory_of(before, after, n)
        .with("wake_all_secs", woken.as_secs_f64())
        .with_nanos("wake_ns_per_proc", woken, n)
        .with("stop_all_secs", ended.as_secs_f64())
        .with(
            "bytes_per_proc_after_wake",
            (after_wake as f64 - before as f64) / n as f64,
        )
        .note(if args.is_on("hand") {
            "async processes by hand"
        } else {
            "servers"
        })
}

/// Lets n servers idle, and counts how often any thread of the runtime goes to sleep meanwhile: the
/// growth of voluntary context switches, the measuring thread's own apart. A quiet runtime has none,
/// whatever the number of processes.
pub(crate) fn quiet(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, secs) = (args.n(1_000_000), args.number("secs", 10));
    start_all(runtime, args, n);
    DONE.wait();
    // The watch thread looks on for a while before it sleeps too.
    std::thread::sleep(Duration::from_secs(1));
    let before = context_switches();
    std::thread::sleep(Duration::from_secs(secs));
    let grown = context_switches() - before;
    Outcome::new(n, n, 0, Duration::ZERO).with("ctx_switches", grown as f64)
}

fn context_switches() -> u64 {
    let this = std::process::id().to_string();
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let others = threads
        .flatten()
        .filter(|thread| thread.file_name() != this.as_str());
    others
        .map(|thread| {
            let file = thread.path().join("status");
            status(&file.to_string_lossy(), "voluntary_ctxt_switches:")
        })
        .sum()
}
