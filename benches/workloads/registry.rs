//! What does a name cost? Nanoseconds to register one, to look one up, to send by one, and to clear
//! one away when its owner ends; and its bytes, the text included.
//!
//! Names are `user:I`, and are looked up at random, so nearly every look-up is of memory that no
//! cache has: a bucket and the text. The look-ups of several processes at once also show what they
//! have of each other: their time is that of the wall.
//!
//! The table owns its keys' texts, or with `--shared 1` its keys are texts that the program has
//! anyway, as strings are in Go. Those who send give way now and then, as the guide has it.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::yield_now;

use crate::args::Args;
use crate::measure::{Guard, Latch, Outcome, Random, resident};

static DONE: Latch = Latch::new();
static RECEIVED: Latch = Latch::new();
static NAMES: OnceLock<Vec<String>> = OnceLock::new();

/// How many messages somebody sends before others have a turn.
const SENDS: u64 = 1000;

/// A name as the table keeps it.
trait Name: From<&'static str> + Borrow<str> + Clone + Eq + Hash + Send + Sync {}

impl<K> Name for K where K: From<&'static str> + Borrow<str> + Clone + Eq + Hash + Send + Sync {}

/// Processes with n names between them, `procs` that look them up, and as many that send by name.
pub(crate) fn registry(runtime: &Runtime, args: &Args) -> Outcome {
    if args.is_on("shared") {
        with_keys::<&'static str>(runtime, args)
            .note("Registry<&str>; ns_per_op = lookup, wall time of all lookers")
    } else {
        with_keys::<String>(runtime, args)
            .note("Registry<String>; ns_per_op = lookup, wall time of all lookers")
    }
}

fn with_keys<K: Name + 'static>(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(1_000_000);
    let (owners, lookers) = (args.number("owners", 1000).max(1), args.procs(2));
    let (lookups, sends) = (
        args.number("lookups", 4_000_000),
        args.number("sends", 1_000_000),
    );
    let (lookups, sends) = (lookups / lookers * lookers, sends / lookers * lookers);
    NAMES.get_or_init(|| (0..n).map(|number| format!("user:{number}")).collect());
    let registry = runtime.block_on(async { Registry::<K>::new().start().await });
    let Ok(registry) = registry else {
        panic!("nothing in the registry's start can fail")
    };

    DONE.close(owners);
    let before = resident();
    let began = Instant::now();
    let processes: Vec<ProcessRef<u64>> = (0..owners)
        .map(|owner| crate::start(runtime, move |inbox| own(inbox, registry, owner, owners)))
        .collect();
    DONE.wait();
    let (registered, after) = (began.elapsed(), resident());

    let looked_up = look_up(runtime, registry, n, lookers, lookups);
    let sent = send_by_name(runtime, registry, n, lookers, sends);

    DONE.close(owners);
    let began = Instant::now();
    for process in processes {
        exit(process, ExitReason::Kill);
    }
    DONE.wait();
    runtime.block_on(async move {
        while registry.count() > 0 {
            yield_now().await;
        }
    });
    let cleared = began.elapsed();

    Outcome::new(n, owners, lookups, looked_up)
        .memory(before, after)
        .with_nanos("register_ns", registered, n)
        .with_nanos("lookup_ns", looked_up, lookups)
        .with_nanos("via_send_ns", sent, sends)
        .with_nanos("cleanup_ns", cleared, n)
        .with("bytes_per_name", (after as f64 - before as f64) / n as f64)
}

/// How long so many look-ups of so many processes take.
fn look_up<K: Name + 'static>(
    runtime: &Runtime,
    registry: ServerRef<Registry<K>>,
    n: u64,
    lookers: u64,
    lookups: u64,
) -> Duration {
    DONE.close(lookers);
    let began = Instant::now();
    for looker in 0..lookers {
        crate::start(runtime, async move |_: Inbox<()>| {
            let (names, mut random) = (names(), Random::new(looker + 1));
            let found = (0..lookups / lookers)
                .filter(|_| {
                    registry
                        .lookup(names[random.below(n) as usize].as_str())
                        .is_some()
                })
                .count();
            assert_eq!(found as u64, lookups / lookers, "a name was not found");
            DONE.arrive();
        });
    }
    DONE.wait();
    began.elapsed()
}

/// How long it takes until as many messages that were sent by name were received.
fn send_by_name<K: Name + 'static>(
    runtime: &Runtime,
    registry: ServerRef<Registry<K>>,
    n: u64,
    senders: u64,
    sends: u64,
) -> Duration {
    RECEIVED.close(sends);
    let began = Instant::now();
    for sender in 0..senders {
        crate::start(runtime, async move |_: Inbox<()>| {
            let (names, mut random) = (names(), Random::new(sender + 11));
            for number in 0..sends / senders {
                let owner = registry.lookup(names[random.below(n) as usize].as_str());
                if let Some(owner) = owner.and_then(Pid::as_process::<u64>) {
                    owner.send(number);
                }
                if number % SENDS == SENDS - 1 {
                    yield_now().await;
                }
            }
        });
    }
    RECEIVED.wait();
    began.elapsed()
}

fn names() -> &'static [String] {
    NAMES.get().map_or(&[], Vec::as_slice)
}

/// Registers every name that is this owner's turn, and counts what it is sent.
async fn own<K: Name + 'static>(
    mut inbox: Inbox<u64>,
    registry: ServerRef<Registry<K>>,
    owner: u64,
    owners: u64,
) -> ! {
    for name in names().iter().skip(owner as usize).step_by(owners as usize) {
        if let Err(error) = registry.register(K::from(name.as_str())) {
            panic!("a name was not registered: {error}");
        }
    }
    DONE.arrive();
    let _cleared = Guard(&DONE);
    loop {
        inbox.receive().await;
        RECEIVED.arrive();
    }
}
