//! What does a server cost that is asked, or told, something? Nanoseconds per call or cast.
//!
//! One caller and its server run on one scheduler, one after the other. Many callers are spread, and
//! the server, which drains its mailbox in one turn, answers whole crowds of them.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use regrow::Runtime;
use regrow::prelude::*;
use regrow::server::{Context, GenServer, HandleCall, HandleCast, Start, Step, call, cast};

use crate::args::Args;
use crate::measure::{Latch, Outcome, resident};

static DONE: Latch = Latch::new();

/// Adds to its state what it is asked to.
struct Sum(u64);

struct Add(u64);

impl GenServer for Sum {
    type Args = ();

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Sum(0))
    }
}

impl HandleCall<Add> for Sum {
    type Reply = u64;

    fn handle_call(
        &mut self,
        Add(number): Add,
        _: ReplyTo<u64>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u64>> {
        self.0 += number;
        Reply::now(self.0)
    }
}

/// n calls, one after the other.
pub(crate) fn call_one(runtime: &Runtime, args: &Args) -> Outcome {
    call_from(runtime, 1, args.n(1_000_000))
}

/// n calls of each of `procs` processes.
pub(crate) fn call_many(runtime: &Runtime, args: &Args) -> Outcome {
    call_from(runtime, args.procs(1000), args.n(1000))
}

fn call_from(runtime: &Runtime, callers: u64, each: u64) -> Outcome {
    DONE.close(callers);
    let started = runtime.block_on(async { Start::<Sum>::new(()).await });
    let server = started.expect("a server whose init says so starts");
    let before = resident();
    let began = Instant::now();
    for _ in 0..callers {
        crate::start(runtime, async move |_: Inbox<()>| {
            for number in 0..each {
                if let Err(error) = call(server, Add(number)).await {
                    panic!("a call failed: {error}");
                }
            }
            DONE.arrive();
        });
    }
    DONE.wait();
    let calls = callers * each;
    Outcome::new(each, callers, calls, began.elapsed()).memory(before, resident())
}

/// Ends if it is told nothing for half a minute.
struct Listener {
    left: u64,
}

struct Tell;

impl GenServer for Listener {
    type Args = u64;
    const IDLE_TIMEOUT: Option<Duration> = Some(Duration::from_secs(30));

    fn init(left: u64, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Listener { left })
    }

    fn handle_timeout(&mut self, _: &mut Context<Self>) -> impl Step<Next> {
        Next::stop(ExitReason::Normal)
    }
}

impl HandleCast<Tell> for Listener {
    fn handle_cast(&mut self, _: Tell, _: &mut Context<Self>) -> impl Step<Next> {
        self.left -= 1;
        if self.left == 0 {
            DONE.arrive();
        }
        Next::proceed()
    }
}

static LISTENERS: OnceLock<Vec<ServerRef<Listener>>> = OnceLock::new();

/// One process tells servers with an idle timeout something, round robin.
pub(crate) fn idle_timeout(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, procs) = (args.n(4_000_000), args.procs(100_000));
    let each = (n / procs).max(1);
    DONE.close(procs);
    let before = resident();
    runtime.block_on(async move {
        let mut listeners = Vec::with_capacity(procs as usize);
        for _ in 0..procs {
            let started = Start::<Listener>::new(each).await;
            listeners.push(started.expect("a server whose init says so starts"));
        }
        // The workload runs once in the life of the program.
        LISTENERS.get_or_init(|| listeners);
    });
    let after = resident();
    let began = Instant::now();
    crate::start(runtime, async move |_: Inbox<()>| {
        for _ in 0..each {
            for listener in LISTENERS.get().into_iter().flatten() {
                cast(*listener, Tell);
            }
        }
    });
    DONE.wait();
    Outcome::new(each * procs, procs, each * procs, began.elapsed()).memory_of(before, after, procs)
}
