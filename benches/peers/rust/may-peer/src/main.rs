//! may 0.3: stackful coroutines, 2 workers, its own mpsc channels. Stacks are mmap'd (2 mappings each),
//! so vm.max_map_count (65530) bounds live coroutines to about 30k: spawn-heavy workloads are scaled down.
#[macro_use]
extern crate may;
use common::*;
use may::sync::mpsc::{Receiver, Sender, channel};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn main() {
    let a = Args::parse();
    may::config()
        .set_workers(a.threads())
        .set_stack_size(a.get("stack", 0x400) as usize)
        .set_pool_capacity(a.get("pool", 10_000) as usize);
    let o = match a.workload.as_str() {
        "spawn" => spawn(&a),
        "idle" => idle(&a),
        "pingpong" => pingpong(&a),
        "ring" => ring(&a),
        "fanin" => fanin(&a),
        "fanout" => fanout(&a),
        "big" => big(&a),
        "call" => call(1, a.n(1_000_000)),
        "call_many" => call(a.procs(1000), a.n(1000)),
        "chameneos" => chameneos(&a),
        "skynet" => Out::skip("1.1M live stacks exceed vm.max_map_count"),
        "hog" => hog(&a),
        _ => Out::skip("may has no links, supervisors, monitors, registry or cancellable timers"),
    };
    o.print("may", "0.3.51", &a);
    std::process::exit(0);
}

fn spawn(a: &Args) -> Out {
    let n = a.n(200_000);
    let c = Countdown::leak(n);
    let b = rss();
    let t = Instant::now();
    go!(move || {
        for k in 1..=n / 1000 {
            for _ in 0..1000 {
                go!(move || c.done());
            }
            while c.left() as u64 > n - k * 1000 {
                may::coroutine::yield_now();
            }
        }
    });
    c.wait();
    Out::new(n, n, n, t.elapsed())
        .mem(b, rss(), 0)
        .note("the spawner waits for each 1000 to bound live stacks")
}

fn idle(a: &Args) -> Out {
    let n = a.n(20_000);
    let (ready, dead) = (Countdown::leak(n), Countdown::leak(n));
    let b = rss();
    let t = Instant::now();
    let (vtx, vrx) = std::sync::mpsc::channel();
    go!(move || {
        let mut v = Vec::new();
        for i in 0..n {
            let (tx, rx) = channel::<Sender<u64>>();
            go!(move || {
                let mut st = i;
                ready.done();
                while let Ok(re) = rx.recv() {
                    st += 1;
                    let _ = re.send(st);
                }
                dead.done();
            });
            v.push(tx);
        }
        vtx.send(v).unwrap();
    });
    ready.wait();
    let d = t.elapsed();
    let v = vrx.recv().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let after = rss();
    let got = Countdown::leak(1);
    let (vtx, vrx) = std::sync::mpsc::channel();
    let t = Instant::now();
    go!(move || {
        let (tx, rx) = channel();
        for p in &v {
            let _ = p.send(tx.clone());
        }
        for _ in 0..n {
            rx.recv().unwrap();
        }
        got.done();
        vtx.send(v).unwrap();
    });
    got.wait();
    let wake = t.elapsed();
    let t = Instant::now();
    drop(vrx.recv().unwrap());
    dead.wait();
    let stop = t.elapsed();
    Out::new(n, n, n, d)
        .mem(b, after, n)
        .with("wake_all_secs", wake.as_secs_f64())
        .with("wake_ns_per_proc", wake.as_secs_f64() * 1e9 / n as f64)
        .with("stop_all_secs", stop.as_secs_f64())
        .note("20k: stacks are mappings")
}

fn pingpong(a: &Args) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(1);
    let (tx1, rx1) = channel::<u64>();
    let (tx2, rx2) = channel::<u64>();
    let t = Instant::now();
    go!(move || {
        while let Ok(m) = rx1.recv() {
            if tx2.send(m).is_err() {
                break;
            }
        }
    });
    go!(move || {
        for i in 0..n {
            tx1.send(i).unwrap();
            rx2.recv().unwrap();
        }
        c.done();
    });
    c.wait();
    Out::new(n, 2, n, t.elapsed())
}

fn ring(a: &Args) -> Out {
    let (n, p) = (a.n(5_000_000), a.procs(1000));
    let c = Countdown::leak(1);
    let ch: Vec<(Sender<u64>, Receiver<u64>)> = (0..p).map(|_| channel()).collect();
    let txs: Vec<_> = ch.iter().map(|x| x.0.clone()).collect();
    for (i, (_, rx)) in ch.into_iter().enumerate() {
        let next = txs[(i + 1) % p as usize].clone();
        go!(move || {
            while let Ok(k) = rx.recv() {
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
    txs[0].send(n).unwrap();
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

fn fanin(a: &Args) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(4));
    let c = Countdown::leak(1);
    let (tx, rx) = channel::<u64>();
    let b = rss();
    let t = Instant::now();
    go!(move || {
        for _ in 0..n {
            rx.recv().unwrap();
        }
        c.done();
    });
    for _ in 0..p {
        let tx = tx.clone();
        go!(move || {
            for i in 0..n / p {
                tx.send(i).unwrap();
            }
        });
    }
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

fn fanout(a: &Args) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(1000));
    let per = n / p;
    let c = Countdown::leak(p);
    let v: Vec<_> = (0..p)
        .map(|_| {
            let (tx, rx) = channel::<u64>();
            go!(move || {
                for _ in 0..per {
                    rx.recv().unwrap();
                }
                c.done();
            });
            tx
        })
        .collect();
    std::thread::sleep(Duration::from_millis(20));
    let b = rss();
    let t = Instant::now();
    go!(move || {
        for i in 0..per {
            for tx in &v {
                let _ = tx.send(i);
            }
        }
    });
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

enum Big {
    Ping(u32),
    Pong,
}
fn big(a: &Args) -> Out {
    let (n, p) = (a.n(20_000), a.procs(120));
    let c = Countdown::leak(p);
    let ch: Vec<(Sender<Big>, Receiver<Big>)> = (0..p).map(|_| channel()).collect();
    let txs = Arc::new(ch.iter().map(|x| x.0.clone()).collect::<Vec<_>>());
    let t = Instant::now();
    for (i, (_, rx)) in ch.into_iter().enumerate() {
        let txs = txs.clone();
        go!(move || {
            let mut r = Rng::new(i as u64 + 1);
            let mut left = n - 1;
            let _ = txs[r.below(p) as usize].send(Big::Ping(i as u32));
            while let Ok(m) = rx.recv() {
                match m {
                    Big::Ping(f) => {
                        let _ = txs[f as usize].send(Big::Pong);
                    }
                    Big::Pong if left > 0 => {
                        left -= 1;
                        let _ = txs[r.below(p) as usize].send(Big::Ping(i as u32));
                    }
                    Big::Pong => c.done(),
                }
            }
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed())
}

fn call(p: u64, n: u64) -> Out {
    let c = Countdown::leak(p);
    let (s, rx) = channel::<(u64, Sender<u64>)>();
    go!(move || {
        let mut st = 0u64;
        while let Ok((x, re)) = rx.recv() {
            st = st.wrapping_add(x);
            let _ = re.send(st);
        }
    });
    let t = Instant::now();
    for _ in 0..p {
        let s = s.clone();
        go!(move || {
            let (tx, rx) = channel();
            for i in 0..n {
                s.send((i, tx.clone())).unwrap();
                rx.recv().unwrap();
            }
            c.done();
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).note("reply channel made once per client")
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
fn chameneos(a: &Args) -> Out {
    let (n, p) = (a.n(400_000), a.procs(100));
    let c = Countdown::leak(1);
    let (mall, mrx) = channel::<Mall>();
    let ch: Vec<(Sender<Cham>, Receiver<Cham>)> = (0..p).map(|_| channel()).collect();
    let txs = Arc::new(ch.iter().map(|x| x.0.clone()).collect::<Vec<_>>());
    let all = txs.clone();
    let t = Instant::now();
    go!(move || {
        let (mut left, mut waiting, mut exited, mut sum) = (n, None::<u32>, 0, 0);
        while let Ok(m) = mrx.recv() {
            match m {
                Mall::Meet(who, _) if left == 0 => {
                    let _ = all[who as usize].send(Cham::Exit);
                }
                Mall::Meet(who, col) => match waiting.take() {
                    Some(w) => {
                        left -= 1;
                        let _ = all[w as usize].send(Cham::Meet(who, col));
                    }
                    None => waiting = Some(who),
                },
                Mall::Count(k) => {
                    sum += k;
                    exited += 1;
                    if exited == p {
                        assert_eq!(sum, 2 * n);
                        c.done();
                    }
                }
            }
        }
    });
    for (i, (_, rx)) in ch.into_iter().enumerate() {
        let (mall, txs) = (mall.clone(), txs.clone());
        go!(move || {
            let i = i as u32;
            let (mut col, mut met) = ((i % 3) as u8, 0u64);
            let _ = mall.send(Mall::Meet(i, col));
            while let Ok(m) = rx.recv() {
                match m {
                    Cham::Meet(other, oc) => {
                        col = complement(col, oc);
                        met += 1;
                        let _ = txs[other as usize].send(Cham::Change(col));
                    }
                    Cham::Change(nc) => {
                        col = nc;
                        met += 1;
                    }
                    Cham::Exit => {
                        let _ = mall.send(Mall::Count(met));
                        break;
                    }
                }
                let _ = mall.send(Mall::Meet(i, col));
            }
        });
    }
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

fn hog(a: &Args) -> Out {
    let secs = a.get("secs", 5);
    let yields = a.get("yield", 0) == 1;
    let hogs = 2 * a.threads() as u64;
    let (tx1, rx1) = channel::<u64>();
    let (tx2, rx2) = channel::<u64>();
    go!(move || {
        while let Ok(m) = rx1.recv() {
            if tx2.send(m).is_err() {
                break;
            }
        }
    });
    static LAT: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    static OPEN: AtomicU64 = AtomicU64::new(0);
    let t0 = Instant::now();
    go!(move || {
        loop {
            let t = Instant::now();
            OPEN.store(t0.elapsed().as_nanos() as u64, Ordering::Relaxed);
            if tx1.send(1).is_err() || rx2.recv().is_err() {
                break;
            }
            let ns = t.elapsed().as_nanos() as u64;
            if t0.elapsed() > Duration::from_millis(100) {
                LAT.lock().unwrap().push(ns);
            }
        }
    });
    std::thread::sleep(Duration::from_millis(50));
    for _ in 0..hogs {
        go!(move || {
            let mut x = 0;
            while !STOP.load(Ordering::Relaxed) {
                x ^= burn(100);
                if yields {
                    may::coroutine::yield_now();
                }
            }
            std::hint::black_box(x);
        });
    }
    std::thread::sleep(Duration::from_millis(50) + Duration::from_secs(secs));
    let open_ns = (t0.elapsed().as_nanos() as u64).saturating_sub(OPEN.load(Ordering::Relaxed));
    let l = std::mem::take(&mut *LAT.lock().unwrap());
    STOP.store(true, Ordering::Relaxed);
    let k = l.len() as u64;
    let mut r = Out::new(k, hogs, k, Duration::from_secs(secs));
    r.extra = latency(l, open_ns);
    r.note(if yields {
        "hogs yield_now() every 100us"
    } else {
        "hogs never yield"
    })
}
