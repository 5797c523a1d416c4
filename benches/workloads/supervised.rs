//! What does a supervised child cost, to be started, to be there, and to be started again?
//! Nanoseconds per start and per restart, bytes per child.
//!
//! The bytes are everything: the process, what the supervisor keeps of it, and the callers' tables of
//! references, sixteen bytes for each. `idle` has the same without a supervisor.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use regrow::Runtime;
use regrow::prelude::*;
use regrow::server::{Context, GenServer, HandleCast, Start, Step, cast, stop};
use regrow::supervisor::PartitionSupervisor;

use crate::args::Args;
use crate::measure::{Latch, Outcome, resident};

static DONE: Latch = Latch::new();

/// A server with eight bytes of state and nothing to do.
struct Idle {
    state: u64,
}

impl GenServer for Idle {
    type Args = u64;

    fn init(state: u64, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Idle { state })
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        std::hint::black_box(self.state);
        Next::proceed()
    }
}

/// Supervisors that are asked for children at the same time.
static PARTS: OnceLock<PartsRef> = OnceLock::new();

type PartsRef = ServerRef<PartitionSupervisor<DynamicSupervisor>>;

/// n children of one supervisor, started for `callers` processes.
pub(crate) fn sup_start(runtime: &Runtime, args: &Args) -> Outcome {
    start_children(runtime, args, args.number("callers", 1), 1)
}

/// n children of `parts` supervisors, started for `callers` processes.
pub(crate) fn part_start(runtime: &Runtime, args: &Args) -> Outcome {
    start_children(
        runtime,
        args,
        args.number("callers", 8),
        args.number("parts", 2),
    )
}

fn start_children(runtime: &Runtime, args: &Args, callers: u64, parts: u64) -> Outcome {
    let n = args.n(100_000);
    DONE.close(callers);
    let parts_ref = runtime.block_on(async move {
        PartitionSupervisor::new(DynamicSupervisor::new())
            .partitions(parts as usize)
            .start()
            .await
    });
    let parts_ref = parts_ref.expect("a supervisor without children starts");
    PARTS.get_or_init(|| parts_ref);
    let before = resident();
    let began = Instant::now();
    for caller in 0..callers {
        crate::start(runtime, async move |mut inbox: Inbox<()>| {
            let supervisor = parts_ref.at(&caller);
            let mut table = Vec::with_capacity((n / callers) as usize);
            for number in 0..n / callers {
                match supervisor.start_child(ChildSpec::<Idle>::new(number)).await {
                    Ok(started) => table.extend(started.running()),
                    Err(error) => panic!("a child was not started: {error}"),
                }
            }
            DONE.arrive();
            // The table is a part of what is measured.
            inbox.receive().await;
            drop(table);
        });
    }
    DONE.wait();
    let time = began.elapsed();
    let after = resident();
    let began = Instant::now();
    let stopped = runtime.block_on(async move { stop(parts_ref, ExitReason::Shutdown).await });
    stopped.expect("a supervisor stops when it is asked to");
    Outcome::new(n, callers, n, time)
        .memory_of(before, after, n)
        .with("callers", callers as f64)
        .with("parts", parts as f64)
        .with_nanos("stop_ns", began.elapsed(), n)
}

/// How many crashes there are to be yet.
static LEFT: AtomicU64 = AtomicU64::new(0);

/// Crashes when it is told to, and tells its next incarnation to, once that runs.
struct Crashing {
    panics: bool,
}

struct Crash;

impl GenServer for Crashing {
    type Args = bool;

    fn init(panics: bool, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        if LEFT.fetch_sub(1, Relaxed) == 0 {
            DONE.arrive();
        } else {
            cast(cx.this(), Crash);
        }
        Init::ok(Crashing { panics })
    }
}

impl HandleCast<Crash> for Crashing {
    fn handle_cast(&mut self, _: Crash, _: &mut Context<Self>) -> impl Step<Next> {
        assert!(!self.panics, "as it was asked to");
        Next::stop(ExitReason::atom("crash"))
    }
}

/// n crashes, each when the supervisor has started the child again.
pub(crate) fn restart(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, panics) = (args.n(20_000), args.is_on("panic"));
    DONE.close(1);
    LEFT.store(n, Relaxed);
    let began = Instant::now();
    crate::start(runtime, async move |mut inbox: Inbox<()>| {
        let child = ChildSpec::<Crashing>::new(panics);
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .max_restarts(u32::MAX, millis(1))
            .child(child);
        let started = Start::<Supervisor>::new(supervisor).await;
        started.expect("a child whose init says so starts");
        inbox.receive().await;
    });
    DONE.wait();
    Outcome::new(n, 1, n, began.elapsed()).note(if panics {
        "crash = a panic in a handler"
    } else {
        "crash = the child stops itself with an error reason"
    })
}
