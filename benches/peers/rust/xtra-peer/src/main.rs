//! xtra 0.6 on a 2-worker tokio runtime, unbounded mailboxes. xtra has neither links, supervisors,
//! monitors, timers nor a registry: those workloads are skipped.
use common::*;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use xtra::prelude::*;

type Rt = tokio::runtime::Runtime;

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
        "call" => call(&rt, 1, a.n(1_000_000)),
        "call_many" => call(&rt, a.procs(1000), a.n(1000)),
        "chameneos" => chameneos(&a, &rt),
        "hog" => hog(&a, &rt),
        _ => Out::skip("xtra has no links, supervisors, monitors, registry or timers"),
    };
    o.print("xtra", "0.6.0", &a);
    std::process::exit(0);
}

fn on<T: Send + 'static>(rt: &Rt, f: impl Future<Output = T> + Send + 'static) -> T {
    rt.block_on(rt.spawn(f)).unwrap()
}
fn go<A: Actor<Stop = ()>>(a: A) -> Address<A> {
    xtra::spawn_tokio(a, Mailbox::unbounded())
}
macro_rules! plain {
    ($($t:ty),*) => {$( impl Actor for $t { type Stop = (); async fn stopped(self) {} } )*};
}
macro_rules! on_msg {
    ($t:ty, $m:ty, |$s:ident, $msg:ident, $cx:ident| $body:block) => {
        impl Handler<$m> for $t {
            type Return = ();
            async fn handle(&mut self, $msg: $m, $cx: &mut Context<Self>) {
                let $s = self;
                let _ = (&$s, &$cx);
                $body
            }
        }
    };
}
/// Fire and forget: enqueues without waiting for the handler.
macro_rules! tell {
    ($addr:expr, $m:expr) => {
        let _ = $addr.send($m).detach().await;
    };
}

struct Exit(#[expect(dead_code, reason = "its drop is what counts")] Guard);
plain!(Exit);
fn spawn(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(n);
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for _ in 0..n {
            drop(go(Exit(Guard(c))));
        }
    });
    c.wait();
    Out::new(n, n, n, t.elapsed()).mem(b, rss(), 0)
}

struct Collect {
    left: u64,
    sum: u64,
    c: &'static Countdown,
}
plain!(Collect);
on_msg!(Collect, u64, |s, m, _cx| {
    s.sum = s.sum.wrapping_add(m);
    s.left -= 1;
    if s.left == 0 {
        s.c.done();
    }
});
struct Get(Address<Collect>);
static READY: OnceLock<&'static Countdown> = OnceLock::new();
static DEAD: OnceLock<&'static Countdown> = OnceLock::new();
struct Idle(u64);
impl Actor for Idle {
    type Stop = ();
    async fn started(&mut self, _: &Mailbox<Self>) -> Result<(), ()> {
        READY.get().unwrap().done();
        Ok(())
    }
    async fn stopped(self) {
        DEAD.get().unwrap().done();
    }
}
on_msg!(Idle, Get, |s, m, _cx| {
    s.0 += 1;
    tell!(m.0, s.0);
});
fn idle(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let (ready, dead) = (Countdown::leak(n), Countdown::leak(n));
    READY.set(ready).ok();
    DEAD.set(dead).ok();
    let b = rss();
    let t = Instant::now();
    let h = rt.spawn(async move {
        let mut v = Vec::with_capacity(n as usize);
        for i in 0..n {
            v.push(go(Idle(i)));
        }
        v
    });
    ready.wait();
    let d = t.elapsed();
    let v = rt.block_on(h).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let after = rss();
    let got = Countdown::leak(1);
    let t = Instant::now();
    let h = rt.spawn(async move {
        let c = go(Collect {
            left: n,
            sum: 0,
            c: got,
        });
        for p in &v {
            tell!(p, Get(c.clone()));
        }
        v
    });
    got.wait();
    let wake = t.elapsed();
    let v = rt.block_on(h).unwrap();
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

struct Ball;
struct SetPong(Address<Ponger>);
struct Pinger {
    left: u64,
    peer: Option<Address<Ponger>>,
    c: &'static Countdown,
}
struct Ponger(Address<Pinger>);
plain!(Pinger, Ponger);
on_msg!(Pinger, SetPong, |s, m, _cx| {
    tell!(m.0, Ball);
    s.peer = Some(m.0);
});
on_msg!(Pinger, Ball, |s, _m, _cx| {
    s.left -= 1;
    if s.left == 0 {
        s.c.done();
    } else {
        tell!(s.peer.as_ref().unwrap(), Ball);
    }
});
on_msg!(Ponger, Ball, |s, _m, _cx| {
    tell!(s.0, Ball);
});
fn pingpong(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(1);
    let (pi, po) = on(rt, async move {
        let pi = go(Pinger {
            left: n,
            peer: None,
            c,
        });
        let po = go(Ponger(pi.clone()));
        (pi, po)
    });
    let t = Instant::now();
    rt.spawn(async move {
        tell!(pi, SetPong(po));
        std::mem::forget(pi);
    });
    c.wait();
    Out::new(n, 2, n, t.elapsed())
}

struct Ring {
    next: Option<Address<Ring>>,
    c: &'static Countdown,
}
plain!(Ring);
struct SetNext(Address<Ring>);
on_msg!(Ring, SetNext, |s, m, _cx| {
    s.next = Some(m.0);
});
on_msg!(Ring, u64, |s, m, _cx| {
    if m == 0 {
        s.c.done();
    } else {
        tell!(s.next.as_ref().unwrap(), m - 1);
    }
});
fn ring(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(5_000_000), a.procs(1000));
    let c = Countdown::leak(1);
    let v = on(rt, async move {
        let v: Vec<_> = (0..p).map(|_| go(Ring { next: None, c })).collect();
        for i in 0..p as usize {
            tell!(v[i], SetNext(v[(i + 1) % p as usize].clone()));
        }
        v
    });
    std::thread::sleep(Duration::from_millis(20));
    let f = v[0].clone();
    let t = Instant::now();
    rt.spawn(async move {
        tell!(f, n);
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

fn fanin(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(4));
    let c = Countdown::leak(1);
    let r = on(rt, async move { go(Collect { left: n, sum: 0, c }) });
    let b = rss();
    let t = Instant::now();
    for _ in 0..p {
        let r = r.clone();
        rt.spawn(async move {
            for i in 0..n / p {
                tell!(r, i);
            }
        });
    }
    c.wait();
    Out::new(n, p, n, t.elapsed())
        .mem(b, rss(), 0)
        .note("producers are tasks")
}
fn fanout(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(1000));
    let per = n / p;
    let c = Countdown::leak(p);
    let v = on(rt, async move {
        (0..p)
            .map(|_| {
                go(Collect {
                    left: per,
                    sum: 0,
                    c,
                })
            })
            .collect::<Vec<_>>()
    });
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for i in 0..per {
            for r in &v {
                tell!(r, i);
            }
        }
        std::mem::forget(v);
    });
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

static ALL_BIG: OnceLock<Vec<Address<BigA>>> = OnceLock::new();
enum BigM {
    Go,
    Ping(u32),
    Pong,
}
struct BigA {
    i: u32,
    left: u64,
    rng: Rng,
    c: &'static Countdown,
}
plain!(BigA);
on_msg!(BigA, BigM, |s, m, _cx| {
    let all = ALL_BIG.get().unwrap();
    let ping = match m {
        BigM::Go => true,
        BigM::Ping(from) => {
            tell!(all[from as usize], BigM::Pong);
            false
        }
        BigM::Pong if s.left > 0 => true,
        BigM::Pong => {
            s.c.done();
            false
        }
    };
    if ping {
        s.left -= 1;
        tell!(all[s.rng.below(all.len() as u64) as usize], BigM::Ping(s.i));
    }
});
fn big(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(20_000), a.procs(120));
    let c = Countdown::leak(p);
    ALL_BIG
        .set(on(rt, async move {
            (0..p)
                .map(|i| {
                    go(BigA {
                        i: i as u32,
                        left: n,
                        rng: Rng::new(i + 1),
                        c,
                    })
                })
                .collect()
        }))
        .ok();
    let t = Instant::now();
    rt.spawn(async move {
        for r in ALL_BIG.get().unwrap() {
            tell!(r, BigM::Go);
        }
    });
    c.wait();
    Out::new(n, p, n * p, t.elapsed())
}

fn skynet(_: &Args, _: &Rt) -> Out {
    // an xtra actor cannot make a strong address to itself once its spawner dropped the only one
    Out::skip("an xtra actor cannot hand out a strong address to itself")
}

struct Server(u64);
plain!(Server);
struct Add(u64);
impl Handler<Add> for Server {
    type Return = u64;
    async fn handle(&mut self, m: Add, _: &mut Context<Self>) -> u64 {
        self.0 = self.0.wrapping_add(m.0);
        self.0
    }
}
fn call(rt: &Rt, p: u64, n: u64) -> Out {
    let c = Countdown::leak(p);
    let s = on(rt, async { go(Server(0)) });
    let t = Instant::now();
    for _ in 0..p {
        let s = s.clone();
        rt.spawn(async move {
            for i in 0..n {
                s.send(Add(i)).await.unwrap();
            }
            c.done();
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).note("client is a task")
}

fn complement(a: u8, b: u8) -> u8 {
    if a == b { a } else { 3 - a - b }
}
static CHAMS: OnceLock<Vec<Address<Cham>>> = OnceLock::new();
enum MallM {
    Meet(u32, u8),
    Count(u64),
}
enum ChamM {
    Go,
    Meet(u32, u8),
    Change(u8),
    Exit,
}
struct Mall {
    left: u64,
    n: u64,
    p: u64,
    waiting: Option<u32>,
    exited: u64,
    sum: u64,
    c: &'static Countdown,
}
struct Cham {
    mall: Address<Mall>,
    i: u32,
    col: u8,
    met: u64,
}
plain!(Mall, Cham);
on_msg!(Mall, MallM, |s, m, _cx| {
    let all = CHAMS.get().unwrap();
    match m {
        MallM::Meet(who, _) if s.left == 0 => {
            tell!(all[who as usize], ChamM::Exit);
        }
        MallM::Meet(who, col) => match s.waiting.take() {
            Some(w) => {
                s.left -= 1;
                tell!(all[w as usize], ChamM::Meet(who, col));
            }
            None => s.waiting = Some(who),
        },
        MallM::Count(k) => {
            s.sum += k;
            s.exited += 1;
            if s.exited == s.p {
                assert_eq!(s.sum, 2 * s.n);
                s.c.done();
            }
        }
    }
});
on_msg!(Cham, ChamM, |s, m, _cx| {
    match m {
        ChamM::Go => {}
        ChamM::Meet(other, oc) => {
            s.col = complement(s.col, oc);
            s.met += 1;
            tell!(CHAMS.get().unwrap()[other as usize], ChamM::Change(s.col));
        }
        ChamM::Change(nc) => {
            s.col = nc;
            s.met += 1;
        }
        ChamM::Exit => {
            tell!(s.mall, MallM::Count(s.met));
            return;
        }
    }
    tell!(s.mall, MallM::Meet(s.i, s.col));
});
fn chameneos(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(400_000), a.procs(100));
    let c = Countdown::leak(1);
    CHAMS
        .set(on(rt, async move {
            let mall = go(Mall {
                left: n,
                n,
                p,
                waiting: None,
                exited: 0,
                sum: 0,
                c,
            });
            (0..p)
                .map(|i| {
                    go(Cham {
                        mall: mall.clone(),
                        i: i as u32,
                        col: (i % 3) as u8,
                        met: 0,
                    })
                })
                .collect()
        }))
        .ok();
    let t = Instant::now();
    rt.spawn(async move {
        for r in CHAMS.get().unwrap() {
            tell!(r, ChamM::Go);
        }
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

struct Hog(bool);
plain!(Hog);
impl Handler<()> for Hog {
    type Return = ();
    async fn handle(&mut self, _: (), _: &mut Context<Self>) {
        let mut x = 0;
        while !STOP.load(Ordering::Relaxed) {
            x ^= burn(100);
            if self.0 {
                tokio::task::yield_now().await;
            }
        }
        std::hint::black_box(x);
    }
}
static LAT: Mutex<Vec<u64>> = Mutex::new(Vec::new());
static OPEN: AtomicU64 = AtomicU64::new(0);
struct LatPing(Option<Address<LatPong>>, Instant, Instant);
struct LatPong(Address<LatPing>);
plain!(LatPing, LatPong);
struct SetLat(Address<LatPong>);
impl LatPing {
    async fn shoot(&mut self) {
        self.1 = Instant::now();
        OPEN.store(self.2.elapsed().as_nanos() as u64, Ordering::Relaxed);
        tell!(self.0.as_ref().unwrap(), Ball);
    }
}
on_msg!(LatPing, SetLat, |s, m, _cx| {
    s.0 = Some(m.0);
    s.shoot().await;
});
on_msg!(LatPing, Ball, |s, _m, _cx| {
    let ns = s.1.elapsed().as_nanos() as u64;
    if s.2.elapsed() > Duration::from_millis(100) {
        LAT.lock().unwrap().push(ns);
    }
    s.shoot().await;
});
on_msg!(LatPong, Ball, |s, _m, _cx| {
    tell!(s.0, Ball);
});
fn hog(a: &Args, rt: &Rt) -> Out {
    let secs = a.get("secs", 5);
    let yields = a.get("yield", 0) == 1;
    let hogs = 2 * a.threads() as u64;
    let t0 = Instant::now();
    let v = on(rt, async move {
        let pi = go(LatPing(None, t0, t0));
        let po = go(LatPong(pi.clone()));
        tell!(pi, SetLat(po));
        std::mem::forget(pi);
        (0..hogs).map(|_| go(Hog(yields))).collect::<Vec<_>>()
    });
    std::thread::sleep(Duration::from_millis(50));
    for h in v {
        // one task each, so that they enter by the injection queue as in the other peers
        rt.spawn(async move {
            tell!(h, ());
            std::mem::forget(h);
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
