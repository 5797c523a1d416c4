//! What does a message cost? Nanoseconds per message, or per round trip.
//!
//! A pair and a ring run on one scheduler, so they show what a hop costs and nothing about two
//! cores. The streams do not: where the producers outrun the consumer, the memory of what waits is
//! touched for the first time, and that is most of it.

use std::sync::OnceLock;
use std::time::Instant;

use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::{MailboxPolicy, SpawnOptions, spawn_with};

use crate::args::Args;
use crate::measure::{Latch, Outcome, resident};

static DONE: Latch = Latch::new();
static READY: Latch = Latch::new();

/// n round trips of one pair.
pub(crate) fn pingpong(runtime: &Runtime, args: &Args) -> Outcome {
    let n = args.n(1_000_000);
    DONE.close(1);
    let before = resident();
    let began = Instant::now();
    crate::start(runtime, async move |mut inbox: Inbox<u64>| {
        let me = inbox.this();
        let partner = spawn(async move |mut inbox: Inbox<u64>| {
            while let Received::Message(ball) = inbox.receive().await {
                me.send(ball);
            }
        });
        for ball in 0..n {
            partner.send(ball);
            inbox.receive().await;
        }
        DONE.arrive();
    });
    DONE.wait();
    Outcome::new(n, 2, n, began.elapsed()).memory(before, resident())
}

static RING: OnceLock<Vec<ProcessRef<u64>>> = OnceLock::new();

/// n hops of one token around a ring.
pub(crate) fn ring(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, procs) = (args.n(5_000_000), args.procs(1000));
    DONE.close(1);
    let before = resident();
    runtime.block_on(async move {
        let ring = (0..procs).map(|index| spawn(move |inbox| ring_node(inbox, index)));
        // The workload runs once in the life of the program.
        RING.get_or_init(|| ring.collect());
    });
    let began = Instant::now();
    if let Some(first) = RING.get().and_then(|ring| ring.first()) {
        first.send(n);
    }
    DONE.wait();
    Outcome::new(n, procs, n, began.elapsed()).memory(before, resident())
}

async fn ring_node(mut inbox: Inbox<u64>, index: u64) {
    let mut next = None;
    while let Received::Message(hops) = inbox.receive().await {
        let next = *next.get_or_insert_with(|| {
            let ring = RING.get().map_or(&[][..], Vec::as_slice);
            ring[(index as usize + 1) % ring.len()]
        });
        match hops.checked_sub(1) {
            Some(hops) => next.send(hops),
            None => DONE.arrive(),
        }
    }
}

/// `procs` senders, one receiver; timed until n are received.
pub(crate) fn fanin(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, procs, bound) = (args.n(4_000_000), args.procs(4), args.number("cap", 0));
    let each = n / procs;
    let n = each * procs;
    DONE.close(1);
    let before = resident();
    let began = Instant::now();
    runtime.block_on(async move {
        let mut options = SpawnOptions::new();
        if bound > 0 {
            options = options.mailbox_limit(bound as usize, MailboxPolicy::Wait);
        }
        let receiver = spawn_with(options, async move |mut inbox: Inbox<u64>| {
            for _ in 0..n {
                inbox.receive().await;
            }
            DONE.arrive();
        });
        let Ok(receiver) = receiver.map(|spawned| spawned.process) else {
            return;
        };
        for _ in 0..procs {
            spawn(async move |_: Inbox<()>| {
                for number in 0..each {
                    if bound > 0 {
                        // It fails only when the receiver has ended.
                        let _sent = receiver.send_wait(number).await;
                    } else {
                        receiver.send(number);
                    }
                }
            });
        }
    });
    DONE.wait();
    Outcome::new(n, procs, n, began.elapsed()).memory(before, resident())
}

/// One sender, round robin over `procs` receivers; timed until all are received.
pub(crate) fn fanout(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, procs) = (args.n(4_000_000), args.procs(1000));
    let each = n / procs;
    DONE.close(procs);
    READY.close(procs);
    let receivers: Vec<ProcessRef<u64>> = runtime.block_on(async move {
        let receivers = (0..procs).map(|_| {
            spawn(async move |mut inbox: Inbox<u64>| {
                READY.arrive();
                for _ in 0..each {
                    inbox.receive().await;
                }
                DONE.arrive();
            })
        });
        receivers.collect()
    });
    READY.wait();
    let before = resident();
    let began = Instant::now();
    crate::start(runtime, async move |_: Inbox<()>| {
        for number in 0..each {
            for receiver in &receivers {
                receiver.send(number);
            }
        }
    });
    DONE.wait();
    Outcome::new(n, procs, each * procs, began.elapsed()).memory(before, resident())
}
