//! What one operation costs, a name each: `cargo bench --bench operations`.
//!
//! Everything is done by a process on a runtime with one scheduler, and timed there: a thread that
//! drives from outside measures how long the kernel takes to wake it. What an operation leaves to be
//! done (a message to be received, a signal to be carried out) is done between batches, and is not
//! in its time.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::hint::black_box;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use regrow::Runtime;
use regrow::answer::{Init, Reply, ReplyTo};
use regrow::prelude::*;
use regrow::process::{demonitor, register, unlink, whereis, yield_now};
use regrow::server::{Context, GenServer, HandleCall, Start, Step, call};
use regrow::time::{cancel_timer, send_after};

/// Operations that are timed together.
const BATCH: u64 = 64;
/// Processes that a cold message may be for.
const COLD: usize = 100_000;

/// Lets a process measure, and waits for what it says.
fn measure<M, F>(runtime: &Runtime, body: impl FnOnce(Inbox<M>) -> F) -> Duration
where
    M: Send + 'static,
    F: Future<Output = Duration> + Send + 'static,
{
    let (say, said) = mpsc::channel();
    let process = runtime.spawn(move |inbox| {
        let measured = body(inbox);
        async move {
            // Who asked waits for the answer.
            let _said = say.send(measured.await);
        }
    });
    process.expect("a runtime with room for one more process");
    said.recv().expect("the process says what it has measured")
}

/// Does `one` so many times in batches, and `between` after each. Gives the time that `one` took.
async fn batches(operations: u64, mut one: impl FnMut(), mut between: impl FnMut()) -> Duration {
    let mut time = Duration::ZERO;
    let mut left = operations;
    while left > 0 {
        let batch = left.min(BATCH);
        let began = Instant::now();
        for _ in 0..batch {
            one();
        }
        time += began.elapsed();
        between();
        yield_now().await;
        left -= batch;
    }
    time
}

/// A process that is there and does nothing.
fn idler() -> ProcessRef<u64> {
    spawn(async |mut inbox: Inbox<u64>| {
        while let Received::Message(number) = inbox.receive().await {
            black_box(number);
        }
    })
}

fn processes(criterion: &mut Criterion, runtime: &Runtime) {
    criterion.bench_function("spawn", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |_: Inbox<()>| async move {
                let one = || {
                    spawn(async |_: Inbox<()>| {});
                };
                batches(operations, one, || {}).await
            })
        });
    });
    criterion.bench_function("spawn, run and end", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |_: Inbox<()>| async move {
                let began = Instant::now();
                for _ in 0..operations {
                    spawn(async |_: Inbox<()>| {});
                    yield_now().await;
                }
                began.elapsed()
            })
        });
    });
}

fn messages(criterion: &mut Criterion, runtime: &Runtime) {
    criterion.bench_function("send, hot", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |mut inbox: Inbox<u64>| async move {
                let me = inbox.this();
                let drain = || while inbox.try_receive().is_some() {};
                batches(operations, || me.send(1), drain).await
            })
        });
    });
    criterion.bench_function("send, cold", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |_: Inbox<()>| async move {
                let all: Vec<_> = (0..COLD).map(|_| idler()).collect();
                yield_now().await;
                let mut at = 0;
                let one = || {
                    // A step that is prime to their number: no two in a row are neighbours.
                    at = (at + 61_803) % COLD;
                    all[at].send(1);
                };
                let time = batches(operations, one, || {}).await;
                for process in &all {
                    exit(process, ExitReason::Shutdown);
                }
                time
            })
        });
    });
    criterion.bench_function("receive", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |mut inbox: Inbox<u64>| async move {
                let me = inbox.this();
                let mut time = Duration::ZERO;
                for _ in 0..operations.div_ceil(BATCH) {
                    (0..BATCH).for_each(|number| me.send(number));
                    let began = Instant::now();
                    for _ in 0..BATCH {
                        black_box(inbox.receive().await);
                    }
                    time += began.elapsed();
                }
                time
            })
        });
    });
    criterion.bench_function("round trip", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |mut inbox: Inbox<u64>| async move {
                let me = inbox.this();
                let partner = spawn(async move |mut inbox: Inbox<u64>| {
                    while let Received::Message(ball) = inbox.receive().await {
                        me.send(ball);
                    }
                });
                let began = Instant::now();
                for ball in 0..operations {
                    partner.send(ball);
                    inbox.receive().await;
                }
                let time = began.elapsed();
                exit(partner, ExitReason::Shutdown);
                time
            })
        });
    });
}

struct Clock(u64);

struct Tick;

impl GenServer for Clock {
    type Args = ();

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Clock(0))
    }
}

impl HandleCall<Tick> for Clock {
    type Reply = u64;

    fn handle_call(
        &mut self,
        _: Tick,
        _: ReplyTo<u64>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u64>> {
        self.0 += 1;
        Reply::now(self.0)
    }
}

fn calls(criterion: &mut Criterion, runtime: &Runtime) {
    criterion.bench_function("call", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |_: Inbox<()>| async move {
                let clock = Start::<Clock>::new(()).link().await;
                let clock = clock.expect("a server whose init says so starts");
                let began = Instant::now();
                for _ in 0..operations {
                    black_box(call(clock, Tick).await.expect("the server answers"));
                }
                began.elapsed()
            })
        });
    });
}

fn ties(criterion: &mut Criterion, runtime: &Runtime) {
    criterion.bench_function("link and unlink", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |_: Inbox<()>| async move {
                let other = idler();
                let one = || {
                    link(other).expect("the other process is there");
                    unlink(other);
                };
                let time = batches(operations, one, || {}).await;
                exit(other, ExitReason::Shutdown);
                time
            })
        });
    });
    criterion.bench_function("monitor and demonitor", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |_: Inbox<()>| async move {
                let other = idler();
                let one = || {
                    demonitor(monitor(other));
                };
                let time = batches(operations, one, || {}).await;
                exit(other, ExitReason::Shutdown);
                time
            })
        });
    });
    criterion.bench_function("whereis", |bencher| {
        bencher.iter_custom(|operations| {
            measure(runtime, move |inbox: Inbox<()>| async move {
                register("a process of some name", inbox.this()).expect("the name is free");
                let one = || {
                    black_box(whereis("a process of some name"));
                };
                batches(operations, one, || {}).await
            })
        });
    });
}

fn timers(criterion: &mut Criterion, runtime: &Runtime) {
    let mut run = |name, cancelling: bool| {
        criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|operations| {
                measure(runtime, move |inbox: Inbox<u64>| async move {
                    let me = inbox.this();
                    let mut times = [Duration::ZERO; 2];
                    let mut timers = Vec::with_capacity(BATCH as usize);
                    for _ in 0..operations.div_ceil(BATCH) {
                        let began = Instant::now();
                        timers.extend((0..BATCH).map(|number| send_after(secs(3600), me, number)));
                        times[0] += began.elapsed();
                        let began = Instant::now();
                        for timer in timers.drain(..) {
                            black_box(cancel_timer(timer));
                        }
                        times[1] += began.elapsed();
                    }
                    times[usize::from(cancelling)]
                })
            });
        });
    };
    run("timer, insert", false);
    run("timer, cancel", true);
}

fn operations(criterion: &mut Criterion) {
    let runtime = Runtime::builder().schedulers(1).build();
    let runtime = runtime.expect("a runtime with one scheduler");
    processes(criterion, &runtime);
    messages(criterion, &runtime);
    calls(criterion, &runtime);
    ties(criterion, &runtime);
    timers(criterion, &runtime);
}

criterion_group!(all, operations);
criterion_main!(all);
