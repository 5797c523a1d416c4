//! Raw tokio: what a user would hand-roll from tasks, mpsc and oneshot. The floor.
use common::*;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

type Tx<T> = mpsc::UnboundedSender<T>;
fn chan<T>() -> (Tx<T>, mpsc::UnboundedReceiver<T>) {
    mpsc::unbounded_channel()
}

fn main() {
    let a = Args::parse();
    let rt = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(a.threads())
        .enable_time()
        .build()
        .unwrap();
    let o = match a.workload.as_str() {
        "spawn" => spawn(&a, &rt),
        "idle" => idle(&a, &rt),
        "pingpong" => pingpong(&a, &rt),
        "ring" => ring(&a, &rt),
        "fanin" => fanin(&a, &rt),
        "fanout" => fanout(&a, &rt),
        "big" => big(&a, &rt),
        "skynet" => skynet(&a, &rt),
        "call" => call(&a, &rt),
        "call_many" => call_many(&a, &rt),
        "chameneos" => chameneos(&a, &rt),
        "link_exit" => link_exit(&a, &rt),
        "monitor_down" => monitor_down(&a, &rt),
        "sup_start" => sup_start(&a, &rt, 1),
        "part_start" => sup_start(&a, &rt, a.get("parts", 2)),
        "restart" => restart(&a, &rt),
        "registry" if a.get("shared", 0) == 1 => registry::<&'static str>(&a, &rt),
        "registry" => registry::<String>(&a, &rt),
        "timers" => timers(&a, &rt),
        "idle_timeout" => idle_timeout(&a, &rt),
        "hog" => hog(&a, &rt),
        _ => Out::skip(UNKNOWN),
    };
    o.print("tokio", "1.54.1", &a);
    std::process::exit(0);
}

type Rt = tokio::runtime::Runtime;

fn spawn(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(n);
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for _ in 0..n {
            tokio::spawn(async move { c.done() });
        }
    });
    c.wait();
    let d = t.elapsed();
    Out::new(n, n, n, d).mem(b, rss(), 0)
}

struct Get {
    reply: Tx<u64>,
}

fn idle(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let ready = Countdown::leak(n);
    let dead = Countdown::leak(n);
    let b = rss();
    let t = Instant::now();
    let h = rt.spawn(async move {
        let mut v = Vec::with_capacity(n as usize);
        for i in 0..n {
            let (tx, mut rx) = chan::<Get>();
            tokio::spawn(async move {
                let mut state: u64 = i;
                ready.done();
                while let Some(m) = rx.recv().await {
                    state += 1;
                    let _ = m.reply.send(state);
                }
                dead.done();
            });
            v.push(tx);
        }
        v
    });
    ready.wait();
    let d = t.elapsed();
    let v = rt.block_on(h).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let after = rss();
    let t = Instant::now();
    let v = rt
        .block_on(rt.spawn(async move {
            let (tx, mut rx) = chan();
            for p in &v {
                let _ = p.send(Get { reply: tx.clone() });
            }
            let mut sum = 0u64;
            for _ in 0..n {
                sum = sum.wrapping_add(rx.recv().await.unwrap());
            }
            assert_eq!(sum, n * (n + 1) / 2);
            v
        }))
        .unwrap();
    let wake = t.elapsed();
    let after2 = rss();
    let t = Instant::now();
    rt.spawn(async move { drop(v) });
    dead.wait();
    let stop = t.elapsed();
    Out::new(n, n, n, d)
        .mem(b, after, n)
        .with("wake_all_secs", wake.as_secs_f64())
        .with("wake_ns_per_proc", wake.as_secs_f64() * 1e9 / n as f64)
        .with("stop_all_secs", stop.as_secs_f64())
        .with("bytes_per_proc_after_wake", (after2 - b) as f64 / n as f64)
}

fn pingpong(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(1);
    let (tx1, mut rx1) = chan::<u64>();
    let (tx2, mut rx2) = chan::<u64>();
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        while let Some(m) = rx1.recv().await {
            if tx2.send(m).is_err() {
                break;
            }
        }
    });
    rt.spawn(async move {
        for i in 0..n {
            tx1.send(i).unwrap();
            rx2.recv().await.unwrap();
        }
        c.done();
    });
    c.wait();
    Out::new(n, 2, n, t.elapsed()).mem(b, rss(), 0)
}

fn ring(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(5_000_000), a.procs(1000));
    let c = Countdown::leak(1);
    let ch: Vec<_> = (0..p).map(|_| chan::<u64>()).collect();
    let txs: Vec<_> = ch.iter().map(|x| x.0.clone()).collect();
    let first = txs[0].clone();
    let b = rss();
    for (i, (_, mut rx)) in ch.into_iter().enumerate() {
        let next = txs[(i + 1) % p as usize].clone();
        rt.spawn(async move {
            while let Some(k) = rx.recv().await {
                if k == 0 {
                    c.done();
                } else {
                    let _ = next.send(k - 1);
                }
            }
        });
    }
    std::thread::sleep(Duration::from_millis(20));
    let t = Instant::now();
    rt.spawn(async move { first.send(n).unwrap() });
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

fn fanin(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(4));
    let c = Countdown::leak(1);
    let b = rss();
    let t = Instant::now();
    if a.has("cap") {
        let (tx, mut rx) = mpsc::channel::<u64>(a.get("cap", 1024) as usize);
        rt.spawn(async move {
            let mut k = 0;
            while rx.recv().await.is_some() {
                k += 1;
                if k == n {
                    c.done();
                }
            }
        });
        for _ in 0..p {
            let tx = tx.clone();
            rt.spawn(async move {
                for i in 0..n / p {
                    tx.send(i).await.unwrap();
                }
            });
        }
    } else {
        let (tx, mut rx) = chan::<u64>();
        rt.spawn(async move {
            let mut k = 0;
            while rx.recv().await.is_some() {
                k += 1;
                if k == n {
                    c.done();
                }
            }
        });
        for _ in 0..p {
            let tx = tx.clone();
            rt.spawn(async move {
                for i in 0..n / p {
                    tx.send(i).unwrap();
                }
            });
        }
    }
    c.wait();
    let d = t.elapsed();
    Out::new(n, p, n, d).mem(b, rss(), 0)
}

fn fanout(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(1000));
    let per = n / p;
    let c = Countdown::leak(p);
    let mut txs = vec![];
    for _ in 0..p {
        let (tx, mut rx) = chan::<u64>();
        txs.push(tx);
        rt.spawn(async move {
            let mut k = 0;
            while rx.recv().await.is_some() {
                k += 1;
                if k == per {
                    c.done();
                }
            }
        });
    }
    std::thread::sleep(Duration::from_millis(20));
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for i in 0..per {
            for tx in &txs {
                let _ = tx.send(i);
            }
        }
    });
    c.wait();
    let d = t.elapsed();
    Out::new(n, p, n, d).mem(b, rss(), 0)
}

enum Big {
    Ping(u32),
    Pong,
}
fn big(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(20_000), a.procs(120));
    let c = Countdown::leak(p);
    let ch: Vec<_> = (0..p).map(|_| chan::<Big>()).collect();
    let txs: &'static Vec<_> =
        Box::leak(Box::new(ch.iter().map(|x| x.0.clone()).collect::<Vec<_>>()));
    let b = rss();
    let t = Instant::now();
    for (i, (_, mut rx)) in ch.into_iter().enumerate() {
        rt.spawn(async move {
            let mut rng = Rng::new(i as u64 + 1);
            let mut left = n;
            let mut ping = |left: &mut u64| {
                *left -= 1;
                let _ = txs[rng.below(p) as usize].send(Big::Ping(i as u32));
            };
            ping(&mut left);
            while let Some(m) = rx.recv().await {
                match m {
                    Big::Ping(from) => {
                        let _ = txs[from as usize].send(Big::Pong);
                    }
                    Big::Pong if left > 0 => ping(&mut left),
                    Big::Pong => c.done(),
                }
            }
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).mem(b, rss(), 0)
}

fn sky(parent: Tx<u64>, num: u64, size: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let (tx, mut rx) = chan();
        let sub = size / 10;
        for i in 0..10 {
            let x = num + i * sub;
            let tx = tx.clone();
            if sub == 1 {
                tokio::spawn(async move {
                    let _ = tx.send(x);
                });
            } else {
                tokio::spawn(sky(tx, x, sub));
            }
        }
        let mut s = 0;
        for _ in 0..10 {
            s += rx.recv().await.unwrap();
        }
        let _ = parent.send(s);
    })
}
fn skynet(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let procs = (0..)
        .map(|k| n / 10u64.pow(k))
        .take_while(|x| *x > 0)
        .sum::<u64>();
    let b = rss();
    let t = Instant::now();
    let s = rt.block_on(rt.spawn(async move {
        let (tx, mut rx) = chan();
        tokio::spawn(sky(tx, 0, n));
        rx.recv().await.unwrap()
    }));
    let d = t.elapsed();
    assert_eq!(s.unwrap(), n * (n - 1) / 2);
    Out::new(n, procs, procs, d).mem(b, rss(), 0)
}

type Req = (u64, oneshot::Sender<u64>);
fn server(rt: &Rt) -> Tx<Req> {
    let (tx, mut rx) = chan::<Req>();
    rt.spawn(async move {
        let mut st = 0u64;
        while let Some((x, re)) = rx.recv().await {
            st = st.wrapping_add(x);
            let _ = re.send(st);
        }
    });
    tx
}
fn call(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(1);
    let s = server(rt);
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for i in 0..n {
            let (tx, rx) = oneshot::channel();
            s.send((i, tx)).unwrap();
            rx.await.unwrap();
        }
        c.done();
    });
    c.wait();
    Out::new(n, 2, n, t.elapsed()).mem(b, rss(), 0)
}
fn call_many(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(1000), a.procs(1000));
    let c = Countdown::leak(p);
    let s = server(rt);
    let b = rss();
    let t = Instant::now();
    for _ in 0..p {
        let s = s.clone();
        rt.spawn(async move {
            for i in 0..n {
                let (tx, rx) = oneshot::channel();
                s.send((i, tx)).unwrap();
                rx.await.unwrap();
            }
            c.done();
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).mem(b, rss(), 0)
}

fn complement(a: u8, b: u8) -> u8 {
    if a == b { a } else { 3 - a - b }
}
enum Mall {
    Meet(u32, u8),
    Count(u64),
}
enum Cham {
    Meet(u32, u8),
    Change(u8),
    Exit,
}
fn chameneos(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(400_000), a.procs(100));
    let c = Countdown::leak(1);
    let (mall, mut mrx) = chan::<Mall>();
    let ch: Vec<_> = (0..p).map(|_| chan::<Cham>()).collect();
    let txs: &'static Vec<_> =
        Box::leak(Box::new(ch.iter().map(|x| x.0.clone()).collect::<Vec<_>>()));
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        let (mut left, mut waiting, mut exited, mut sum) = (n, None::<u32>, 0, 0);
        while let Some(m) = mrx.recv().await {
            match m {
                Mall::Meet(who, col) => {
                    if left == 0 {
                        let _ = txs[who as usize].send(Cham::Exit);
                    } else if let Some(w) = waiting.take() {
                        left -= 1;
                        let _ = txs[w as usize].send(Cham::Meet(who, col));
                    } else {
                        waiting = Some(who);
                    }
                }
                Mall::Count(k) => {
                    sum += k;
                    exited += 1;
                    if exited == p {
                        assert_eq!(sum, 2 * n);
                        c.done();
                    }
                }
            }
            if left == 0 {
                if let Some(w) = waiting.take() {
                    let _ = txs[w as usize].send(Cham::Exit);
                }
            }
        }
    });
    for (i, (_, mut rx)) in ch.into_iter().enumerate() {
        let mall = mall.clone();
        rt.spawn(async move {
            let i = i as u32;
            let (mut col, mut met) = ((i % 3) as u8, 0u64);
            let _ = mall.send(Mall::Meet(i, col));
            while let Some(m) = rx.recv().await {
                match m {
                    Cham::Meet(other, oc) => {
                        col = complement(col, oc);
                        met += 1;
                        let _ = txs[other as usize].send(Cham::Change(col));
                        let _ = mall.send(Mall::Meet(i, col));
                    }
                    Cham::Change(nc) => {
                        col = nc;
                        met += 1;
                        let _ = mall.send(Mall::Meet(i, col));
                    }
                    Cham::Exit => {
                        let _ = mall.send(Mall::Count(met));
                        break;
                    }
                }
            }
        });
    }
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

/// The structured-concurrency equivalent of links: a parent's JoinSet aborts its children.
fn link_exit(a: &Args, rt: &Rt) -> Out {
    let n = a.n(100_000);
    let (ready, dead) = (Countdown::leak(n), Countdown::leak(n));
    let (kill, killed) = oneshot::channel::<()>();
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        let mut js = JoinSet::new();
        let mut v = Vec::with_capacity(n as usize);
        for i in 0..n {
            let (tx, mut rx) = chan::<Get>();
            v.push(tx);
            js.spawn(async move {
                let _g = Guard(dead);
                let mut st = i;
                ready.done();
                while let Some(m) = rx.recv().await {
                    st += 1;
                    let _ = m.reply.send(st);
                }
            });
        }
        let _ = killed.await;
        drop(js);
    });
    ready.wait();
    let setup = t.elapsed();
    std::thread::sleep(Duration::from_millis(20));
    let after = rss();
    let t = Instant::now();
    let _ = kill.send(());
    dead.wait();
    Out::new(n, n, n, t.elapsed())
        .mem(b, after, n)
        .with("setup_ns", setup.as_secs_f64() * 1e9 / n as f64)
        .note("JoinSet drop aborts children")
}

fn monitor_down(a: &Args, rt: &Rt) -> Out {
    let n = a.n(100_000);
    let ready = Countdown::leak(n);
    let b = rss();
    let (go, wait) = oneshot::channel::<()>();
    let t = Instant::now();
    let h = rt.spawn(async move {
        let mut js = JoinSet::new();
        let mut v = Vec::with_capacity(n as usize);
        for i in 0..n {
            let (tx, mut rx) = chan::<Get>();
            v.push(tx);
            js.spawn(async move {
                let mut st = i;
                ready.done();
                while let Some(m) = rx.recv().await {
                    st += 1;
                    let _ = m.reply.send(st);
                }
            });
        }
        let _ = wait.await;
        let t = Instant::now();
        drop(v);
        let mut k = 0;
        while let Some(r) = js.join_next().await {
            r.unwrap();
            k += 1;
        }
        assert_eq!(k, n);
        t.elapsed()
    });
    ready.wait();
    let setup = t.elapsed();
    std::thread::sleep(Duration::from_millis(20));
    let after = rss();
    let _ = go.send(());
    let d = rt.block_on(h).unwrap();
    Out::new(n, n, n, d)
        .mem(b, after, n)
        .with("setup_ns", setup.as_secs_f64() * 1e9 / n as f64)
        .note("JoinSet::join_next")
}

/// Hand-rolled DynamicSupervisor: a task that spawns a child into its JoinSet, waits for the
/// child's init and replies with its address.
struct Start(u64, oneshot::Sender<Tx<Get>>);
fn supervisor(rt: &Rt) -> Tx<Start> {
    let (tx, mut rx) = chan::<Start>();
    rt.spawn(async move {
        let mut js = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                m = rx.recv() => match m {
                    None => break,
                    Some(Start(arg, re)) => {
                        let (ctx, mut crx) = chan::<Get>();
                        let (itx, irx) = oneshot::channel::<()>();
                        js.spawn(async move {
                            let mut st = arg;
                            let _ = itx.send(());
                            while let Some(m) = crx.recv().await {
                                st += 1;
                                let _ = m.reply.send(st);
                            }
                        });
                        let _ = irx.await;
                        let _ = re.send(ctx);
                    }
                },
                Some(_) = js.join_next(), if !js.is_empty() => {}
            }
        }
    });
    tx
}
fn sup_start(a: &Args, rt: &Rt, parts: u64) -> Out {
    let n = a.n(100_000);
    let callers = a.get("callers", if parts > 1 { 8 } else { 1 });
    let sups: Vec<_> = (0..parts).map(|_| supervisor(rt)).collect();
    let c = Countdown::leak(callers);
    let b = rss();
    let t = Instant::now();
    for k in 0..callers {
        let s = sups[(k % parts) as usize].clone();
        rt.spawn(async move {
            let mut v = Vec::new();
            for i in 0..n / callers {
                let (tx, rx) = oneshot::channel();
                s.send(Start(i, tx)).ok();
                v.push(rx.await.unwrap());
            }
            c.done();
            std::mem::forget(v);
        });
    }
    c.wait();
    let d = t.elapsed();
    let o = Out::new(n, callers, n, d)
        .mem(b, rss(), n)
        .with("callers", callers as f64)
        .with("parts", parts as f64);
    std::mem::forget(sups);
    o
}

fn restart(a: &Args, rt: &Rt) -> Out {
    let n = a.n(20_000);
    quiet_panics();
    let c = Countdown::leak(1);
    let (started, mut started_rx) = chan::<Tx<()>>();
    rt.spawn(async move {
        loop {
            let s = started.clone();
            let h = tokio::spawn(async move {
                let (tx, mut rx) = chan::<()>();
                if s.send(tx).is_err() {
                    return;
                }
                if rx.recv().await.is_some() {
                    panic!("crash")
                }
            });
            if h.await.is_ok() {
                break;
            }
        }
    });
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        let mut p = started_rx.recv().await.unwrap();
        for _ in 0..n {
            p.send(()).unwrap();
            p = started_rx.recv().await.unwrap();
        }
        c.done();
    });
    c.wait();
    Out::new(n, 1, n, t.elapsed())
        .mem(b, rss(), 0)
        .note("crash = panic!, caught by JoinHandle")
}

fn registry<K>(a: &Args, rt: &Rt) -> Out
where
    K: From<&'static str> + std::borrow::Borrow<str> + Eq + std::hash::Hash + Send + Sync + 'static,
{
    use dashmap::DashMap;
    let (n, lookups, sends, p, looks) = (
        a.n(1_000_000),
        a.get("lookups", 4_000_000),
        a.get("sends", 1_000_000),
        a.get("owners", 1000),
        a.procs(2),
    );
    let nm = names(n);
    let reg: &'static DashMap<K, Tx<u64>> = Box::leak(Box::new(DashMap::new()));
    let got = Countdown::leak(sends);
    let b = rss();
    let reg_done = Countdown::leak(p);
    let t = Instant::now();
    for o in 0..p {
        rt.spawn(async move {
            let (tx, mut rx) = chan::<u64>();
            for i in (o..n).step_by(p as usize) {
                reg.insert(K::from(nm[i as usize].as_str()), tx.clone());
            }
            drop(tx);
            reg_done.done();
            while rx.recv().await.is_some() {
                got.done();
            }
        });
    }
    reg_done.wait();
    let d_reg = t.elapsed();
    let after = rss();
    let look_done = Countdown::leak(looks);
    let t = Instant::now();
    for k in 0..looks {
        rt.spawn(async move {
            let mut r = Rng::new(k + 1);
            let mut hits = 0u64;
            for _ in 0..lookups / looks {
                let name = &nm[r.below(n) as usize];
                if let Some(tx) = reg.get(name.as_str()).map(|e| e.value().clone()) {
                    hits += !tx.is_closed() as u64;
                }
            }
            assert_eq!(hits, lookups / looks);
            look_done.done();
        });
    }
    look_done.wait();
    let d_look = t.elapsed();
    let t = Instant::now();
    for k in 0..looks {
        rt.spawn(async move {
            let mut r = Rng::new(k + 11);
            for i in 0..sends / looks {
                if let Some(e) = reg.get(nm[r.below(n) as usize].as_str()) {
                    let _ = e.value().send(i);
                }
            }
        });
    }
    got.wait();
    let d_send = t.elapsed();
    Out::new(n, p, lookups, d_look)
        .mem(b, after, 0)
        .with("register_ns", d_reg.as_secs_f64() * 1e9 / n as f64)
        .with("lookup_ns", d_look.as_secs_f64() * 1e9 / lookups as f64)
        .with("via_send_ns", d_send.as_secs_f64() * 1e9 / sends as f64)
        .with("bytes_per_name", (after - b) as f64 / n as f64)
        .note("DashMap<String, Sender>; ns_per_op = lookup, wall time over 2 concurrent lookers")
}

fn timers(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let b = rss();
    let (ins, can, after) = rt
        .block_on(rt.spawn(async move {
            let mut r = Rng::new(42);
            let mut v: Vec<Pin<Box<tokio::time::Sleep>>> = Vec::with_capacity(n as usize);
            let w = Waker::noop();
            let t = Instant::now();
            for _ in 0..n {
                let mut s = Box::pin(tokio::time::sleep(Duration::from_millis(r.below(10_000))));
                let mut cx = Context::from_waker(w);
                let _: Poll<()> = s.as_mut().poll(&mut cx);
                v.push(s);
            }
            let ins = t.elapsed();
            let after = rss();
            let t = Instant::now();
            v.clear();
            (ins, t.elapsed(), after)
        }))
        .unwrap();
    Out::new(n, 1, n, ins)
        .mem(b, after, 0)
        .with("insert_ns", ins.as_secs_f64() * 1e9 / n as f64)
        .with("cancel_ns", can.as_secs_f64() * 1e9 / n as f64)
        .with("bytes_per_timer", (after - b) as f64 / n as f64)
        .note("Box::pin(sleep) polled once, cancel = drop")
}

fn idle_timeout(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(100_000));
    let per = n / p;
    let c = Countdown::leak(p);
    let ready = Countdown::leak(p);
    let b = rss();
    let mut txs = Vec::new();
    for _ in 0..p {
        let (tx, mut rx) = chan::<u64>();
        txs.push(tx);
        rt.spawn(async move {
            ready.done();
            let mut k = 0;
            while let Ok(Some(_)) = tokio::time::timeout(Duration::from_secs(30), rx.recv()).await {
                k += 1;
                if k == per {
                    c.done();
                }
            }
        });
    }
    ready.wait();
    let after = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for i in 0..per {
            for tx in &txs {
                let _ = tx.send(i);
            }
        }
        std::mem::forget(txs);
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
        .mem(b, after, p)
        .note("timeout(30s, rx.recv())")
}

fn hog(a: &Args, rt: &Rt) -> Out {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let secs = a.get("secs", 5);
    let yields = a.get("yield", 0) == 1;
    let hogs = 2 * a.threads() as u64;
    let (tx1, mut rx1) = chan::<u64>();
    let (tx2, mut rx2) = chan::<u64>();
    rt.spawn(async move {
        while let Some(m) = rx1.recv().await {
            if tx2.send(m).is_err() {
                break;
            }
        }
    });
    let out: Arc<std::sync::Mutex<Vec<u64>>> = Default::default();
    let open = Arc::new(AtomicU64::new(0));
    let t0 = Instant::now();
    let (o2, p2) = (out.clone(), open.clone());
    rt.spawn(async move {
        let mut i = 0;
        loop {
            let t = Instant::now();
            p2.store(t0.elapsed().as_nanos() as u64, Ordering::Relaxed);
            if tx1.send(i).is_err() || rx2.recv().await.is_none() {
                break;
            }
            p2.store(0, Ordering::Relaxed);
            let ns = t.elapsed().as_nanos() as u64;
            if t0.elapsed() > Duration::from_millis(100) {
                o2.lock().unwrap().push(ns);
            }
            i += 1;
        }
    });
    std::thread::sleep(Duration::from_millis(50));
    for _ in 0..hogs {
        rt.spawn(async move {
            let mut x = 0u64;
            while !STOP.load(Ordering::Relaxed) {
                x ^= burn(100);
                if yields {
                    tokio::task::yield_now().await;
                }
            }
            std::hint::black_box(x);
        });
    }
    std::thread::sleep(Duration::from_millis(50) + Duration::from_secs(secs));
    let o = open.load(Ordering::Relaxed);
    let open_ns = if o == 0 {
        0
    } else {
        t0.elapsed().as_nanos() as u64 - o
    };
    let v = std::mem::take(&mut *out.lock().unwrap());
    STOP.store(true, Ordering::Relaxed);
    let k = v.len() as u64;
    let mut r = Out::new(k, hogs, k, Duration::from_secs(secs));
    r.extra = latency(v, open_ns);
    r.note(if yields {
        "hogs yield_now() every 100us"
    } else {
        "hogs never yield"
    })
}
