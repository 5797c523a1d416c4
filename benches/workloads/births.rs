//! What do processes cost that live for a moment? Nanoseconds per process.
//!
//! Memory decides: a runtime that uses the slots of the dead again at once touches no new page, one
//! that does not pays for the first touch of each. A short run, with the runtime's first pages cold,
//! shows more of the latter.

use std::future::Future;
use std::time::Instant;

use regrow::Runtime;
use regrow::prelude::*;

use crate::args::Args;
use crate::measure::{Latch, Outcome, resident};

static ENDED: Latch = Latch::new();

/// One process spawns n that each count down and end; timed until the last has.
pub(crate) fn spawn_and_end(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(1_000_000);
    ENDED.close(n);
    let before = resident();
    let began = Instant::now();
    crate::start(runtime, async move |_: Inbox<()>| {
        for _ in 0..n {
            spawn(async |_: Inbox<()>| ENDED.arrive());
        }
    });
    ENDED.wait();
    let time = began.elapsed();
    Outcome::new(n, n, n, time).memory(before, resident())
}

/// A tree of processes, ten to a node; each leaf sends its number up, each node the sum.
pub(crate) fn skynet(runtime: &Runtime, args: &Args) -> Outcome {
    let leaves = args.n(1_000_000);
    if leaves < 10 || 10_u64.pow(leaves.ilog10()) != leaves {
        crate::args::refuse("a tree of ten to a node has 10, 100, 1000 … leaves");
    }
    let powers = std::iter::successors(Some(leaves), |level| Some(level / 10));
    let processes = powers.take_while(|level| *level > 0).sum();
    ENDED.close(1);
    let before = resident();
    let began = Instant::now();
    crate::start(runtime, async move |mut inbox: Inbox<u64>| {
        let root = inbox.this();
        spawn(move |inbox| node(inbox, root, 0, leaves));
        if let Received::Message(sum) = inbox.receive().await {
            assert_eq!(sum, leaves * (leaves - 1) / 2, "the sum of all leaves");
            ENDED.arrive();
        }
    });
    ENDED.wait();
    Outcome::new(leaves, processes, processes, began.elapsed()).memory(before, resident())
}

/// The node whose leaves are the `size` numbers from `first` on.
#[expect(
    clippy::manual_async_fn,
    reason = "whether the future of a function that spawns itself is `Send` must be said"
)]
fn node(
    mut inbox: Inbox<u64>,
    parent: ProcessRef<u64>,
    first: u64,
    size: u64,
) -> impl Future<Output = ()> + Send {
    async move {
        let me = inbox.this();
        let part = size / 10;
        for child in (0..10).map(|index| first + index * part) {
            if part == 1 {
                spawn(async move |_: Inbox<()>| me.send(child));
            } else {
                spawn(move |inbox| node(inbox, me, child, part));
            }
        }
        let mut sum = 0;
        for _ in 0..10 {
            if let Received::Message(number) = inbox.receive().await {
                sum += number;
            }
        }
        parent.send(sum);
    }
}
