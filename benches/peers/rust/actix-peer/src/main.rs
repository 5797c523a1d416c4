//! actix 0.13: two arbiters (single-threaded event loops, no work stealing). `--arbiters K` says over
//! how many of them a workload's actors are dealt; the default is the faster one measured here.
use actix::prelude::*;
use common::*;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, mpsc as smpsc};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

static ARBS: OnceLock<Vec<ArbiterHandle>> = OnceLock::new();
static READY: OnceLock<&'static Countdown> = OnceLock::new();
static DEAD: OnceLock<&'static Countdown> = OnceLock::new();

fn arb(i: usize) -> &'static ArbiterHandle {
    let v = ARBS.get().unwrap();
    &v[i % v.len()]
}
/// Starts `a` on arbiter `i` modulo `k`.
fn place<A: Actor<Context = Context<A>> + Send>(i: u64, k: u64, a: A) -> Addr<A> {
    A::start_in_arbiter(arb((i % k) as usize), move |_| a)
}
fn on<T: Send + 'static, F: Future<Output = T> + 'static>(
    i: usize,
    f: impl FnOnce() -> F + Send + 'static,
) -> T {
    let (tx, rx) = smpsc::channel();
    arb(i).spawn_fn(move || {
        actix_rt::spawn(async move {
            tx.send(f().await).ok();
        });
    });
    rx.recv().unwrap()
}

fn main() {
    let a = Args::parse();
    let sys = System::new();
    let o = sys.block_on(async {
        let v: Vec<_> = (0..a.threads()).map(|_| Arbiter::new()).collect();
        ARBS.set(v.iter().map(|x| x.handle()).collect()).ok();
        match a.workload.as_str() {
            "spawn" => spawn(&a),
            "idle" => idle(&a),
            "pingpong" => pingpong(&a),
            "ring" => ring(&a),
            "fanin" => fanin(&a),
            "fanout" => fanout(&a),
            "big" => big(&a),
            "skynet" => skynet(&a),
            "call" => call(&a, 1, a.n(1_000_000)),
            "call_many" => call(&a, a.procs(1000), a.n(1000)),
            "chameneos" => chameneos(&a),
            "link_exit" => Out::skip("actix has no links"),
            "monitor_down" => Out::skip("actix has no monitors"),
            "sup_start" => sup_start(&a, 1),
            "part_start" => sup_start(&a, 8),
            "restart" => restart(&a),
            "registry" => registry(&a),
            "timers" => timers(&a),
            "idle_timeout" => idle_timeout(&a),
            "hog" => hog(&a),
            _ => Out::skip(UNKNOWN),
        }
    });
    o.print("actix", "0.13.5", &a);
    std::process::exit(0);
}

macro_rules! msg {
    ($($t:ty => $r:ty),*) => {$( impl Message for $t { type Result = $r; } )*};
}
macro_rules! plain {
    ($($t:ty),*) => {$( impl Actor for $t { type Context = Context<Self>; } )*};
}
macro_rules! on_msg {
    ($t:ty, $m:ty, |$s:ident, $msg:ident, $cx:ident| $body:block) => {
        impl Handler<$m> for $t {
            type Result = ();
            fn handle(&mut self, $msg: $m, $cx: &mut Context<Self>) {
                let $s = self;
                let _ = (&$s, &$cx);
                $body
            }
        }
    };
}

struct Exit(#[expect(dead_code, reason = "its drop is what counts")] Guard);
impl Actor for Exit {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}
fn spawn(a: &Args) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(n);
    let b = rss();
    let t = Instant::now();
    let k = a.get("arbiters", 2);
    for i in 0..k {
        arb(i as usize).spawn_fn(move || {
            actix_rt::spawn(async move {
                for j in 0..n / k {
                    Exit(Guard(c)).start();
                    if j % 64 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            });
        });
    }
    c.wait();
    Out::new(n, n, n, t.elapsed())
        .mem(b, rss(), 0)
        .note("one spawner per arbiter, N/2 each")
}

struct N(u64);
msg!(N => ());
struct Collect {
    left: u64,
    sum: u64,
    c: &'static Countdown,
}
plain!(Collect);
on_msg!(Collect, N, |s, m, _cx| {
    s.sum = s.sum.wrapping_add(m.0);
    s.left -= 1;
    if s.left == 0 {
        s.c.done();
    }
});
struct Get(Addr<Collect>);
msg!(Get => ());
struct Idle(u64);
impl Actor for Idle {
    type Context = Context<Self>;
    fn started(&mut self, _: &mut Context<Self>) {
        READY.get().unwrap().done();
    }
    fn stopped(&mut self, _: &mut Context<Self>) {
        DEAD.get().unwrap().done();
    }
}
on_msg!(Idle, Get, |s, m, _cx| {
    s.0 += 1;
    m.0.do_send(N(s.0));
});
fn idle(a: &Args) -> Out {
    let n = a.n(1_000_000);
    let (ready, dead) = (Countdown::leak(n), Countdown::leak(n));
    READY.set(ready).ok();
    DEAD.set(dead).ok();
    let b = rss();
    let t = Instant::now();
    let (tx, rx) = smpsc::channel();
    let k = 2;
    for i in 0..k {
        let tx = tx.clone();
        arb(i as usize).spawn_fn(move || {
            let mut v = Vec::with_capacity((n / k) as usize);
            for j in 0..n / k {
                v.push(Idle(j).start());
            }
            tx.send(v).ok();
        });
    }
    let v = [rx.recv().unwrap(), rx.recv().unwrap()];
    ready.wait();
    let d = t.elapsed();
    std::thread::sleep(Duration::from_millis(100));
    let after = rss();
    let got = Countdown::leak(1);
    let t = Instant::now();
    let v = on(0, move || async move {
        let c = Collect {
            left: n,
            sum: 0,
            c: got,
        }
        .start();
        for p in v.iter().flatten() {
            p.do_send(Get(c.clone()));
        }
        v
    });
    got.wait();
    let wake = t.elapsed();
    let after2 = rss();
    let t = Instant::now();
    on(0, move || async move { drop(v) });
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
msg!(Ball => ());
struct SetPeer<A: Actor>(Addr<A>);
impl<A: Actor> Message for SetPeer<A> {
    type Result = ();
}
struct Pinger {
    left: u64,
    peer: Option<Addr<Ponger>>,
    c: &'static Countdown,
}
struct Ponger(Addr<Pinger>);
plain!(Pinger, Ponger);
on_msg!(Pinger, SetPeer<Ponger>, |s, m, _cx| {
    m.0.do_send(Ball);
    s.peer = Some(m.0);
});
on_msg!(Pinger, Ball, |s, _m, _cx| {
    s.left -= 1;
    if s.left == 0 {
        s.c.done();
    } else {
        s.peer.as_ref().unwrap().do_send(Ball);
    }
});
on_msg!(Ponger, Ball, |s, _m, _cx| {
    s.0.do_send(Ball);
});
fn pingpong(a: &Args) -> Out {
    let n = a.n(1_000_000);
    let k = a.get("arbiters", 1);
    let c = Countdown::leak(1);
    let pi = place(
        0,
        k,
        Pinger {
            left: n,
            peer: None,
            c,
        },
    );
    let po = place(1, k, Ponger(pi.clone()));
    let t = Instant::now();
    pi.do_send(SetPeer(po));
    c.wait();
    Out::new(n, 2, n, t.elapsed()).with("arbiters", k as f64)
}

struct Ring {
    next: Option<Addr<Ring>>,
    c: &'static Countdown,
}
plain!(Ring);
on_msg!(Ring, SetPeer<Ring>, |s, m, _cx| {
    s.next = Some(m.0);
});
on_msg!(Ring, N, |s, m, _cx| {
    if m.0 == 0 {
        s.c.done();
    } else {
        s.next.as_ref().unwrap().do_send(N(m.0 - 1));
    }
});
fn ring(a: &Args) -> Out {
    let (n, p) = (a.n(5_000_000), a.procs(1000));
    let k = a.get("arbiters", 1);
    let c = Countdown::leak(1);
    let v: Vec<_> = (0..p)
        .map(|i| place(i, k, Ring { next: None, c }))
        .collect();
    for i in 0..p as usize {
        v[i].do_send(SetPeer(v[(i + 1) % p as usize].clone()));
    }
    std::thread::sleep(Duration::from_millis(20));
    let t = Instant::now();
    v[0].do_send(N(n));
    c.wait();
    Out::new(n, p, n, t.elapsed()).with("arbiters", k as f64)
}

fn fanin(a: &Args) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(4));
    let c = Countdown::leak(1);
    let r = place(0, 1, Collect { left: n, sum: 0, c });
    let b = rss();
    let t = Instant::now();
    for i in 0..p {
        let r = r.clone();
        arb(1 + (i as usize % 1)).spawn_fn(move || {
            for i in 0..n / p {
                r.do_send(N(i));
            }
        });
    }
    c.wait();
    Out::new(n, p, n, t.elapsed())
        .mem(b, rss(), 0)
        .note("consumer on one arbiter, producers on the other; do_send ignores the mailbox bound")
}
fn fanout(a: &Args) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(1000));
    let per = n / p;
    let c = Countdown::leak(p);
    let v: Vec<_> = (0..p)
        .map(|i| {
            place(
                i,
                2,
                Collect {
                    left: per,
                    sum: 0,
                    c,
                },
            )
        })
        .collect();
    std::thread::sleep(Duration::from_millis(20));
    let b = rss();
    let t = Instant::now();
    arb(0).spawn_fn(move || {
        for i in 0..per {
            for r in &v {
                r.do_send(N(i));
            }
        }
        std::mem::forget(v);
    });
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

static ALL_BIG: OnceLock<Vec<Addr<BigA>>> = OnceLock::new();
enum BigM {
    Go,
    Ping(u32),
    Pong,
}
msg!(BigM => ());
struct BigA {
    i: u32,
    left: u64,
    rng: Rng,
    c: &'static Countdown,
}
plain!(BigA);
impl BigA {
    fn ping(&mut self, all: &[Addr<BigA>]) {
        self.left -= 1;
        all[self.rng.below(all.len() as u64) as usize].do_send(BigM::Ping(self.i));
    }
}
on_msg!(BigA, BigM, |s, m, _cx| {
    let all = ALL_BIG.get().unwrap();
    match m {
        BigM::Go => s.ping(all),
        BigM::Ping(from) => all[from as usize].do_send(BigM::Pong),
        BigM::Pong if s.left > 0 => s.ping(all),
        BigM::Pong => s.c.done(),
    }
});
fn big(a: &Args) -> Out {
    let (n, p) = (a.n(20_000), a.procs(120));
    let k = a.get("arbiters", 1);
    let c = Countdown::leak(p);
    ALL_BIG
        .set(
            (0..p)
                .map(|i| {
                    place(
                        i,
                        k,
                        BigA {
                            i: i as u32,
                            left: n,
                            rng: Rng::new(i + 1),
                            c,
                        },
                    )
                })
                .collect(),
        )
        .ok();
    std::thread::sleep(Duration::from_millis(20));
    let t = Instant::now();
    for r in ALL_BIG.get().unwrap() {
        r.do_send(BigM::Go);
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).with("arbiters", k as f64)
}

enum Parent {
    Node(Addr<Sky>),
    Root(smpsc::Sender<u64>),
}
struct Sky {
    parent: Parent,
    num: u64,
    size: u64,
    sum: u64,
    left: u8,
    split: bool,
}
impl Sky {
    fn up(&self, v: u64) {
        match &self.parent {
            Parent::Node(p) => p.do_send(N(v)),
            Parent::Root(p) => {
                p.send(v).ok();
            }
        }
    }
}
impl Actor for Sky {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Context<Self>) {
        if self.size == 1 {
            self.up(self.num);
            ctx.stop();
            return;
        }
        let sub = self.size / 10;
        for i in 0..10 {
            let c = Sky {
                parent: Parent::Node(ctx.address()),
                num: self.num + i * sub,
                size: sub,
                sum: 0,
                left: 10,
                split: false,
            };
            if self.split {
                Sky::start_in_arbiter(arb(i as usize), move |_| c);
            } else {
                c.start();
            }
        }
    }
}
on_msg!(Sky, N, |s, m, cx| {
    s.sum += m.0;
    s.left -= 1;
    if s.left == 0 {
        s.up(s.sum);
        cx.stop();
    }
});
fn skynet(a: &Args) -> Out {
    let n = a.n(1_000_000);
    let procs = (0..)
        .map(|k| n / 10u64.pow(k))
        .take_while(|x| *x > 0)
        .sum::<u64>();
    let (tx, rx) = smpsc::channel();
    let b = rss();
    let t = Instant::now();
    place(
        0,
        1,
        Sky {
            parent: Parent::Root(tx),
            num: 0,
            size: n,
            sum: 0,
            left: 10,
            split: a.get("arbiters", 2) == 2,
        },
    );
    let s = rx.recv().unwrap();
    let d = t.elapsed();
    assert_eq!(s, n * (n - 1) / 2);
    Out::new(n, procs, procs, d)
        .mem(b, rss(), 0)
        .note("the root's children are dealt over the arbiters")
}

struct Server(u64);
plain!(Server);
struct Add(u64);
msg!(Add => u64);
impl Handler<Add> for Server {
    type Result = u64;
    fn handle(&mut self, m: Add, _: &mut Context<Self>) -> u64 {
        self.0 = self.0.wrapping_add(m.0);
        self.0
    }
}
fn call(a: &Args, p: u64, n: u64) -> Out {
    let k = a.get("arbiters", 1);
    let c = Countdown::leak(p);
    let s = place(0, 1, Server(0));
    let t = Instant::now();
    for j in 0..p {
        let s = s.clone();
        // with two arbiters the server keeps its own
        arb(if k == 1 {
            0
        } else if p == 1 {
            1
        } else {
            j as usize
        })
        .spawn_fn(move || {
            actix_rt::spawn(async move {
                for i in 0..n {
                    s.send(Add(i)).await.unwrap();
                }
                c.done();
            });
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).with("arbiters", k as f64)
}

fn complement(a: u8, b: u8) -> u8 {
    if a == b { a } else { 3 - a - b }
}
enum MallM {
    Meet(Addr<Cham>, u8),
    Count(u64),
}
enum ChamM {
    Go,
    Meet(Addr<Cham>, u8),
    Change(u8),
    Exit,
}
msg!(MallM => (), ChamM => ());
struct Mall {
    left: u64,
    n: u64,
    p: u64,
    waiting: Option<Addr<Cham>>,
    exited: u64,
    sum: u64,
    c: &'static Countdown,
}
struct Cham {
    mall: Addr<Mall>,
    col: u8,
    met: u64,
}
plain!(Mall, Cham);
on_msg!(Mall, MallM, |s, m, _cx| {
    match m {
        MallM::Meet(who, _) if s.left == 0 => who.do_send(ChamM::Exit),
        MallM::Meet(who, col) => match s.waiting.take() {
            Some(w) => {
                s.left -= 1;
                w.do_send(ChamM::Meet(who, col));
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
on_msg!(Cham, ChamM, |s, m, cx| {
    match m {
        ChamM::Go => {}
        ChamM::Meet(other, oc) => {
            s.col = complement(s.col, oc);
            s.met += 1;
            other.do_send(ChamM::Change(s.col));
        }
        ChamM::Change(nc) => {
            s.col = nc;
            s.met += 1;
        }
        ChamM::Exit => {
            s.mall.do_send(MallM::Count(s.met));
            return;
        }
    }
    s.mall.do_send(MallM::Meet(cx.address(), s.col));
});
fn chameneos(a: &Args) -> Out {
    let (n, p) = (a.n(400_000), a.procs(100));
    let k = a.get("arbiters", 1);
    let c = Countdown::leak(1);
    let mall = place(
        0,
        1,
        Mall {
            left: n,
            n,
            p,
            waiting: None,
            exited: 0,
            sum: 0,
            c,
        },
    );
    let v: Vec<_> = (0..p)
        .map(|i| {
            place(
                i,
                k,
                Cham {
                    mall: mall.clone(),
                    col: (i % 3) as u8,
                    met: 0,
                },
            )
        })
        .collect();
    std::thread::sleep(Duration::from_millis(20));
    let t = Instant::now();
    for r in &v {
        r.do_send(ChamM::Go);
    }
    c.wait();
    Out::new(n, p, n, t.elapsed()).with("arbiters", k as f64)
}

struct Child(u64, Option<oneshot::Sender<()>>);
impl Actor for Child {
    type Context = Context<Self>;
    fn started(&mut self, _: &mut Context<Self>) {
        if let Some(t) = self.1.take() {
            let _ = t.send(());
        }
    }
}
impl Supervised for Child {}
on_msg!(Child, Get, |s, m, _cx| {
    s.0 += 1;
    m.0.do_send(N(s.0));
});
fn sup_start(a: &Args, callers: u64) -> Out {
    let n = a.n(100_000);
    let callers = a.get("callers", callers);
    let c = Countdown::leak(callers);
    let b = rss();
    let t = Instant::now();
    for k in 0..callers {
        arb(k as usize).spawn_fn(move || {
            actix_rt::spawn(async move {
                let mut v = Vec::new();
                for i in 0..n / callers {
                    let (tx, rx) = oneshot::channel();
                    v.push(Supervisor::start(move |_| Child(i, Some(tx))));
                    rx.await.unwrap();
                }
                c.done();
                std::mem::forget(v);
            });
        });
    }
    c.wait();
    let d = t.elapsed();
    Out::new(n, callers, n, d).mem(b, rss(), n).with("callers", callers as f64).note("Supervisor::start + started() ack; no shared supervisor: each child has its own, callers dealt over 2 arbiters")
}

struct Crash(mpsc::UnboundedSender<()>);
struct Die;
msg!(Die => ());
impl Actor for Crash {
    type Context = Context<Self>;
    fn started(&mut self, _: &mut Context<Self>) {
        let _ = self.0.send(());
    }
}
impl Supervised for Crash {}
on_msg!(Crash, Die, |_s, _m, cx| {
    cx.stop();
});
fn restart(a: &Args) -> Out {
    let n = a.n(20_000);
    let d = on(0, move || async move {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let p = Supervisor::start(move |_| Crash(tx));
        rx.recv().await.unwrap();
        let t = Instant::now();
        for _ in 0..n {
            p.do_send(Die);
            rx.recv().await.unwrap();
        }
        t.elapsed()
    });
    Out::new(n, 1, n, d).note(
        "NOT a crash: actix restarts on ctx.stop() only, a panic is not caught; state is kept",
    )
}

struct Named(&'static Countdown);
plain!(Named);
on_msg!(Named, N, |s, _m, _cx| {
    s.0.done();
});
fn registry(a: &Args) -> Out {
    use dashmap::DashMap;
    let (n, lookups, sends, p, looks) = (
        a.n(1_000_000),
        a.get("lookups", 4_000_000),
        a.get("sends", 1_000_000),
        a.get("owners", 1000),
        a.procs(2),
    );
    let nm = names(n);
    let reg: &'static DashMap<String, Addr<Named>> = Box::leak(Box::new(DashMap::new()));
    let got = Countdown::leak(sends);
    let b = rss();
    let reg_done = Countdown::leak(p);
    let t = Instant::now();
    for o in 0..p {
        arb(o as usize).spawn_fn(move || {
            let r = Named(got).start();
            for i in (o..n).step_by(p as usize) {
                reg.insert(nm[i as usize].clone(), r.clone());
            }
            reg_done.done();
        });
    }
    reg_done.wait();
    let d_reg = t.elapsed();
    let after = rss();
    let look_done = Countdown::leak(looks);
    let t = Instant::now();
    for k in 0..looks {
        arb(k as usize).spawn_fn(move || {
            let mut r = Rng::new(k + 1);
            for _ in 0..lookups / looks {
                let x = reg
                    .get(&nm[r.below(n) as usize])
                    .map(|e| e.value().clone())
                    .unwrap();
                assert!(x.connected());
            }
            look_done.done();
        });
    }
    look_done.wait();
    let d_look = t.elapsed();
    let t = Instant::now();
    for k in 0..looks {
        arb(k as usize).spawn_fn(move || {
            let mut r = Rng::new(k + 11);
            for i in 0..sends / looks {
                reg.get(&nm[r.below(n) as usize]).unwrap().do_send(N(i));
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
        .note("DashMap<String, Addr>: actix's own registry holds one actor per type only")
}

struct Tm(u64, smpsc::Sender<(Duration, Duration, u64)>);
plain!(Tm);
on_msg!(Tm, Ball, |s, _m, cx| {
    let n = s.0;
    let mut r = Rng::new(42);
    let mut v = Vec::with_capacity(n as usize);
    let t = Instant::now();
    for _ in 0..n {
        v.push(cx.run_later(Duration::from_millis(r.below(10_000)), |_, _| ()));
    }
    let ins = t.elapsed();
    let after = rss();
    let t = Instant::now();
    for h in v {
        cx.cancel_future(h);
    }
    // the context drops cancelled futures on its next poll
    s.1.send((ins, t.elapsed(), after)).ok();
});
on_msg!(Tm, N, |s, _m, _cx| {
    s.1.send((Duration::ZERO, Duration::ZERO, 0)).ok();
});
fn timers(a: &Args) -> Out {
    let n = a.n(20_000);
    let b = rss();
    let (tx, rx) = smpsc::channel();
    let p = place(0, 1, Tm(n, tx));
    let t0 = Instant::now();
    p.do_send(Ball);
    p.do_send(N(0));
    let (ins, can, after) = rx.recv().unwrap();
    let _ = rx.recv().unwrap();
    let whole = t0.elapsed();
    let _ = can;
    let cancel = whole - ins;
    Out::new(n, 1, n, ins)
        .mem(b, after, 0)
        .with("insert_ns", ins.as_secs_f64() * 1e9 / n as f64)
        .with("cancel_ns", cancel.as_secs_f64() * 1e9 / n as f64)
        .with("bytes_per_timer", (after - b) as f64 / n as f64)
        .note("run_later / cancel_future; cancel includes the context's next poll (a linear search per handle: N scaled to 20k)")
}

struct To {
    left: u64,
    c: &'static Countdown,
    h: Option<SpawnHandle>,
}
plain!(To);
on_msg!(To, N, |s, _m, cx| {
    if let Some(h) = s.h.take() {
        cx.cancel_future(h);
    }
    s.h = Some(cx.run_later(Duration::from_secs(30), |_, cx| cx.stop()));
    s.left -= 1;
    if s.left == 0 {
        s.c.done();
    }
});
fn idle_timeout(a: &Args) -> Out {
    let (n, p) = (a.n(1_000_000), a.procs(100_000));
    let per = n / p;
    let c = Countdown::leak(p);
    let b = rss();
    let v: Vec<_> = (0..p)
        .map(|i| {
            place(
                i,
                2,
                To {
                    left: per,
                    c,
                    h: None,
                },
            )
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    let after = rss();
    let t = Instant::now();
    arb(0).spawn_fn(move || {
        actix_rt::spawn(async move {
            for i in 0..per {
                for r in &v {
                    r.do_send(N(i));
                }
                tokio::task::yield_now().await;
            }
            std::mem::forget(v);
        });
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
        .mem(b, after, p)
        .note("run_later re-armed per message, cancel_future on the old one")
}

struct Hog(bool);
plain!(Hog);
on_msg!(Hog, Ball, |s, _m, cx| {
    let mut x = 0;
    while !STOP.load(Ordering::Relaxed) {
        x ^= burn(100);
        if s.0 {
            // notify() alone is served within the same poll and would starve the arbiter
            cx.spawn(
                actix::fut::wrap_future::<_, Self>(tokio::task::yield_now())
                    .map(|_, _, cx: &mut Context<Hog>| cx.notify(Ball)),
            );
            break;
        }
    }
    std::hint::black_box(x);
});
static LAT: Mutex<Vec<u64>> = Mutex::new(Vec::new());
static OPEN: AtomicU64 = AtomicU64::new(0);
struct LatPing(Option<Addr<LatPong>>, Instant, Instant);
struct LatPong(Addr<LatPing>);
plain!(LatPing, LatPong);
impl LatPing {
    fn shoot(&mut self) {
        self.1 = Instant::now();
        OPEN.store(self.2.elapsed().as_nanos() as u64, Ordering::Relaxed);
        self.0.as_ref().unwrap().do_send(Ball);
    }
}
on_msg!(LatPing, SetPeer<LatPong>, |s, m, _cx| {
    s.0 = Some(m.0);
    s.shoot();
});
on_msg!(LatPing, Ball, |s, _m, _cx| {
    let ns = s.1.elapsed().as_nanos() as u64;
    if s.2.elapsed() > Duration::from_millis(100) {
        LAT.lock().unwrap().push(ns);
    }
    s.shoot();
});
on_msg!(LatPong, Ball, |s, _m, _cx| {
    s.0.do_send(Ball);
});
fn hog(a: &Args) -> Out {
    let secs = a.get("secs", 5);
    let yields = a.get("yield", 0) == 1;
    let hogs = 2 * a.threads() as u64;
    let t0 = Instant::now();
    let pi = place(0, 1, LatPing(None, t0, t0));
    let po = place(0, 1, LatPong(pi.clone()));
    pi.do_send(SetPeer(po));
    let v: Vec<_> = (0..hogs).map(|i| place(i, 2, Hog(yields))).collect();
    std::thread::sleep(Duration::from_millis(50));
    for h in &v {
        h.do_send(Ball);
    }
    std::thread::sleep(Duration::from_millis(50) + Duration::from_secs(secs));
    let open_ns = (t0.elapsed().as_nanos() as u64).saturating_sub(OPEN.load(Ordering::Relaxed));
    let l = std::mem::take(&mut *LAT.lock().unwrap());
    STOP.store(true, Ordering::Relaxed);
    let k = l.len() as u64;
    let mut r = Out::new(k, hogs, k, Duration::from_secs(secs));
    r.extra = latency(l, open_ns);
    r.note(if yields {
        "hogs yield_now + notify every 100us; pair on one arbiter"
    } else {
        "hogs never yield"
    })
}
