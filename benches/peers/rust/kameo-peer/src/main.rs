//! kameo 0.22 on a 2-worker tokio runtime, without its tracing feature, unbounded mailboxes
//! (`--cap K` on fanin: bounded mailbox, the library's default is 64).
use common::*;
use kameo::actor::{Actor, ActorId, ActorRef, Spawn, WeakActorRef};
use kameo::error::{ActorStopReason, Infallible};
use kameo::mailbox::{self, MailboxReceiver, Signal};
use kameo::message::{Context, Message};
use kameo::supervision::RestartPolicy;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

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
        "link_exit" => link_exit(&a, &rt),
        "monitor_down" => monitor_down(&a, &rt),
        "sup_start" => sup_start(&a, &rt, 1),
        "part_start" => sup_start(&a, &rt, a.get("parts", 2)),
        "restart" => restart(&a, &rt),
        "registry" => registry(&a, &rt),
        "timers" => timers(&a, &rt),
        "idle_timeout" => idle_timeout(&a, &rt),
        "hog" => hog(&a, &rt),
        _ => Out::skip(UNKNOWN),
    };
    o.print("kameo", "0.22.2", &a);
    std::process::exit(0);
}

fn on<T: Send + 'static>(rt: &Rt, f: impl Future<Output = T> + Send + 'static) -> T {
    rt.block_on(rt.spawn(f)).unwrap()
}
/// Spawn with an unbounded mailbox.
fn go<A: Actor<Args = A>>(a: A) -> ActorRef<A> {
    A::spawn_with_mailbox(a, mailbox::unbounded())
}
fn go_with<A: Actor>(args: A::Args) -> ActorRef<A> {
    A::spawn_with_mailbox(args, mailbox::unbounded())
}

/// Actor whose arguments are itself.
macro_rules! plain {
    ($($t:ty),*) => {$(
        impl Actor for $t {
            type Args = Self;
            type Error = Infallible;
            async fn on_start(a: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
                Ok(a)
            }
        }
    )*};
}
macro_rules! on_msg {
    ($t:ty, $m:ty, |$s:ident, $msg:ident, $cx:ident| $body:block) => {
        impl Message<$m> for $t {
            type Reply = ();
            async fn handle(&mut self, $msg: $m, $cx: &mut Context<Self, ()>) {
                let $s = self;
                let _ = (&$s, &$cx);
                $body
            }
        }
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
            // the only reference is dropped: the actor stops as soon as it has started
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
struct Get(ActorRef<Collect>);
struct Idle(u64);
static READY: OnceLock<&'static Countdown> = OnceLock::new();
static DEAD: OnceLock<&'static Countdown> = OnceLock::new();
impl Actor for Idle {
    type Args = u64;
    type Error = Infallible;
    async fn on_start(a: u64, _: ActorRef<Self>) -> Result<Self, Infallible> {
        READY.get().unwrap().done();
        Ok(Idle(a))
    }
    async fn on_stop(
        &mut self,
        _: WeakActorRef<Self>,
        _: ActorStopReason,
    ) -> Result<(), Infallible> {
        DEAD.get().unwrap().done();
        Ok(())
    }
}
on_msg!(Idle, Get, |s, m, _cx| {
    s.0 += 1;
    let _ = m.0.tell(s.0).try_send();
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
            v.push(go_with::<Idle>(i));
        }
        v
    });
    ready.wait();
    let d = t.elapsed();
    let v = rt.block_on(h).unwrap();
    std::thread::sleep(Duration::from_millis(200));
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
            let _ = p.tell(Get(c.clone())).try_send();
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
struct Pinger {
    left: u64,
    peer: Option<ActorRef<Ponger>>,
    c: &'static Countdown,
}
struct Ponger {
    peer: ActorRef<Pinger>,
}
plain!(Pinger, Ponger);
on_msg!(Pinger, ActorRef<Ponger>, |s, m, _cx| {
    let _ = m.tell(Ball).try_send();
    s.peer = Some(m);
});
on_msg!(Pinger, Ball, |s, _m, _cx| {
    s.left -= 1;
    if s.left == 0 {
        s.c.done();
    } else {
        let _ = s.peer.as_ref().unwrap().tell(Ball).try_send();
    }
});
on_msg!(Ponger, Ball, |s, _m, _cx| {
    let _ = s.peer.tell(Ball).try_send();
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
        let po = go(Ponger { peer: pi.clone() });
        (pi, po)
    });
    let t = Instant::now();
    let p2 = pi.clone();
    rt.spawn(async move { pi.tell(po).try_send().ok() });
    c.wait();
    let d = t.elapsed();
    drop(p2);
    Out::new(n, 2, n, d)
}

struct Ring {
    next: Option<ActorRef<Ring>>,
    c: &'static Countdown,
}
plain!(Ring);
on_msg!(Ring, ActorRef<Ring>, |s, m, _cx| {
    s.next = Some(m);
});
on_msg!(Ring, u64, |s, m, _cx| {
    if m == 0 {
        s.c.done();
    } else {
        let _ = s.next.as_ref().unwrap().tell(m - 1).try_send();
    }
});
fn ring(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(5_000_000), a.procs(1000));
    let c = Countdown::leak(1);
    let v = on(rt, async move {
        let v: Vec<_> = (0..p).map(|_| go(Ring { next: None, c })).collect();
        for i in 0..p as usize {
            v[i].tell(v[(i + 1) % p as usize].clone()).try_send().ok();
        }
        v
    });
    std::thread::sleep(Duration::from_millis(20));
    let f = v[0].clone();
    let t = Instant::now();
    rt.spawn(async move { f.tell(n).try_send().ok() });
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

fn fanin(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(4));
    let c = Countdown::leak(1);
    let cap = a.get("cap", 0) as usize;
    let r = on(rt, async move {
        let x = Collect { left: n, sum: 0, c };
        if cap > 0 {
            Collect::spawn_with_mailbox(x, mailbox::bounded(cap))
        } else {
            go(x)
        }
    });
    let b = rss();
    let t = Instant::now();
    for _ in 0..p {
        let r = r.clone();
        rt.spawn(async move {
            for i in 0..n / p {
                if cap > 0 {
                    r.tell(i).send().await.unwrap();
                } else {
                    r.tell(i).try_send().unwrap();
                }
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
                let _ = r.tell(i).try_send();
            }
        }
        std::mem::forget(v);
    });
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

static ALL_BIG: OnceLock<Vec<ActorRef<BigA>>> = OnceLock::new();
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
impl BigA {
    fn ping(&mut self, all: &[ActorRef<BigA>]) {
        self.left -= 1;
        let _ = all[self.rng.below(all.len() as u64) as usize]
            .tell(BigM::Ping(self.i))
            .try_send();
    }
}
on_msg!(BigA, BigM, |s, m, _cx| {
    let all = ALL_BIG.get().unwrap();
    match m {
        BigM::Go => s.ping(all),
        BigM::Ping(from) => {
            let _ = all[from as usize].tell(BigM::Pong).try_send();
        }
        BigM::Pong if s.left > 0 => s.ping(all),
        BigM::Pong => s.c.done(),
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
            let _ = r.tell(BigM::Go).try_send();
        }
    });
    c.wait();
    Out::new(n, p, n * p, t.elapsed())
}

enum Parent {
    Node(ActorRef<Sky>),
    Root(mpsc::UnboundedSender<u64>),
}
struct Sky {
    parent: Parent,
    sum: u64,
    left: u8,
}
struct SkyArgs(Parent, u64, u64);
impl Sky {
    fn up(&self, v: u64) {
        match &self.parent {
            Parent::Node(p) => {
                let _ = p.tell(v).try_send();
            }
            Parent::Root(p) => {
                let _ = p.send(v);
            }
        }
    }
}
fn sky_children(me: ActorRef<Sky>, num: u64, sub: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        for i in 0..10 {
            go_with::<Sky>(SkyArgs(Parent::Node(me.clone()), num + i * sub, sub));
        }
    })
}
impl Actor for Sky {
    type Args = SkyArgs;
    type Error = Infallible;
    async fn on_start(
        SkyArgs(parent, num, size): SkyArgs,
        me: ActorRef<Self>,
    ) -> Result<Self, Infallible> {
        let s = Sky {
            parent,
            sum: 0,
            left: 10,
        };
        if size == 1 {
            // every reference to a leaf is gone by now: it stops by itself
            s.up(num);
        } else {
            sky_children(me, num, size / 10).await;
        }
        Ok(s)
    }
}
on_msg!(Sky, u64, |s, m, cx| {
    s.sum += m;
    s.left -= 1;
    if s.left == 0 {
        s.up(s.sum);
        cx.stop();
    }
});
fn skynet(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let procs = (0..)
        .map(|k| n / 10u64.pow(k))
        .take_while(|x| *x > 0)
        .sum::<u64>();
    let b = rss();
    let t = Instant::now();
    let s = on(rt, async move {
        let (tx, mut rx) = mpsc::unbounded_channel();
        go_with::<Sky>(SkyArgs(Parent::Root(tx), 0, n));
        rx.recv().await.unwrap()
    });
    let d = t.elapsed();
    assert_eq!(s, n * (n - 1) / 2);
    Out::new(n, procs, procs, d).mem(b, rss(), 0)
}

struct Server(u64);
plain!(Server);
struct Add(u64);
impl Message<Add> for Server {
    type Reply = u64;
    async fn handle(&mut self, m: Add, _: &mut Context<Self, u64>) -> u64 {
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
                s.ask(Add(i)).send().await.unwrap();
            }
            c.done();
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).note("ask(), client is a task")
}

fn complement(a: u8, b: u8) -> u8 {
    if a == b { a } else { 3 - a - b }
}
enum MallM {
    Meet(ActorRef<Cham>, u8),
    Count(u64),
}
enum ChamM {
    Go,
    Meet(ActorRef<Cham>, u8),
    Change(u8),
    Exit,
}
struct Mall {
    left: u64,
    n: u64,
    p: u64,
    waiting: Option<ActorRef<Cham>>,
    exited: u64,
    sum: u64,
    c: &'static Countdown,
}
struct Cham {
    mall: ActorRef<Mall>,
    col: u8,
    met: u64,
}
plain!(Mall, Cham);
on_msg!(Mall, MallM, |s, m, _cx| {
    match m {
        MallM::Meet(who, _) if s.left == 0 => {
            let _ = who.tell(ChamM::Exit).try_send();
        }
        MallM::Meet(who, col) => match s.waiting.take() {
            Some(w) => {
                s.left -= 1;
                let _ = w.tell(ChamM::Meet(who, col)).try_send();
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
            let _ = other.tell(ChamM::Change(s.col)).try_send();
        }
        ChamM::Change(nc) => {
            s.col = nc;
            s.met += 1;
        }
        ChamM::Exit => {
            let _ = s.mall.tell(MallM::Count(s.met)).try_send();
            return;
        }
    }
    let _ = s
        .mall
        .tell(MallM::Meet(cx.actor_ref().clone(), s.col))
        .try_send();
});
fn chameneos(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(400_000), a.procs(100));
    let c = Countdown::leak(1);
    let v = on(rt, async move {
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
                    col: (i % 3) as u8,
                    met: 0,
                })
            })
            .collect::<Vec<_>>()
    });
    let t = Instant::now();
    rt.spawn(async move {
        for r in &v {
            let _ = r.tell(ChamM::Go).try_send();
        }
        std::mem::forget(v);
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

#[derive(Clone)]
struct ChildArgs(u64, Option<&'static Countdown>, Option<&'static Countdown>);
struct Child(
    u64,
    #[expect(dead_code, reason = "its drop is what counts")] Option<Guard>,
);
impl Actor for Child {
    type Args = ChildArgs;
    type Error = Infallible;
    async fn on_start(a: ChildArgs, _: ActorRef<Self>) -> Result<Self, Infallible> {
        if let Some(r) = a.2 {
            r.done();
        }
        Ok(Child(a.0, a.1.map(Guard)))
    }
}
on_msg!(Child, Get, |s, m, _cx| {
    s.0 += 1;
    let _ = m.0.tell(s.0).try_send();
});
/// Parent / watcher / supervisor: survives its links, counts their deaths.
struct Sup {
    left: u64,
    done: Option<&'static Countdown>,
}
impl Actor for Sup {
    type Args = Self;
    type Error = Infallible;
    async fn on_start(a: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(a)
    }
    async fn on_link_died(
        &mut self,
        _: WeakActorRef<Self>,
        _: ActorId,
        _: ActorStopReason,
    ) -> Result<ControlFlow<ActorStopReason>, Infallible> {
        if let Some(d) = self.done {
            self.left -= 1;
            if self.left == 0 {
                d.done();
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
fn linked(
    rt: &Rt,
    n: u64,
    sup: &ActorRef<Sup>,
    dead: Option<&'static Countdown>,
) -> Vec<ActorRef<Child>> {
    let ready = Countdown::leak(n);
    let s = sup.clone();
    let v = on(rt, async move {
        let mut v = Vec::with_capacity(n as usize);
        for i in 0..n {
            v.push(
                Child::spawn_link_with_mailbox(
                    &s,
                    ChildArgs(i, dead, Some(ready)),
                    mailbox::unbounded(),
                )
                .await,
            );
        }
        v
    });
    ready.wait();
    v
}
fn link_exit(a: &Args, rt: &Rt) -> Out {
    let n = a.n(100_000);
    let c = Countdown::leak(n);
    let sup = on(rt, async {
        go(Sup {
            left: 0,
            done: None,
        })
    });
    let b = rss();
    let t = Instant::now();
    let v = linked(rt, n, &sup, Some(c));
    let setup = t.elapsed();
    std::thread::sleep(Duration::from_millis(200));
    let after = rss();
    let t = Instant::now();
    sup.kill();
    c.wait();
    let d = t.elapsed();
    std::mem::forget(v);
    Out::new(n, n, n, d)
        .mem(b, after, n)
        .with("setup_ns", setup.as_secs_f64() * 1e9 / n as f64)
        .note("spawn_link + parent kill()")
}
fn monitor_down(a: &Args, rt: &Rt) -> Out {
    let n = a.n(100_000);
    let done = Countdown::leak(1);
    let sup = on(rt, async move {
        go(Sup {
            left: n,
            done: Some(done),
        })
    });
    let b = rss();
    let t = Instant::now();
    let v = linked(rt, n, &sup, None);
    let setup = t.elapsed();
    std::thread::sleep(Duration::from_millis(200));
    let after = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for r in &v {
            let _ = r.stop_gracefully().await;
        }
        std::mem::forget(v);
    });
    done.wait();
    Out::new(n, n, n, t.elapsed())
        .mem(b, after, n)
        .with("setup_ns", setup.as_secs_f64() * 1e9 / n as f64)
        .note("no monitors: link + on_link_died")
}

fn sup_start(a: &Args, rt: &Rt, parts: u64) -> Out {
    let n = a.n(100_000);
    let callers = a.get("callers", if parts > 1 { 8 } else { 1 });
    let sups: Vec<_> = on(rt, async move {
        (0..parts)
            .map(|_| {
                go(Sup {
                    left: 0,
                    done: None,
                })
            })
            .collect()
    });
    let c = Countdown::leak(callers);
    let b = rss();
    let t = Instant::now();
    for k in 0..callers {
        let s = sups[(k % parts) as usize].clone();
        rt.spawn(async move {
            let mut v = Vec::new();
            for i in 0..n / callers {
                let r = Child::supervise(&s, ChildArgs(i, None, None))
                    .restart_policy(RestartPolicy::Permanent)
                    .spawn_with_mailbox(mailbox::unbounded())
                    .await;
                r.wait_for_startup().await;
                v.push(r);
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
    o.note("Child::supervise().spawn() + wait_for_startup()")
}

#[derive(Clone)]
struct Crash(mpsc::UnboundedSender<ActorRef<Crash>>);
impl Actor for Crash {
    type Args = Self;
    type Error = Infallible;
    async fn on_start(a: Self, me: ActorRef<Self>) -> Result<Self, Infallible> {
        let _ = a.0.send(me);
        Ok(a)
    }
}
on_msg!(Crash, (), |_s, _m, _cx| { panic!("crash") });
fn restart(a: &Args, rt: &Rt) -> Out {
    let n = a.n(20_000);
    quiet_panics();
    let (tx, mut rx) = mpsc::unbounded_channel();
    let sup = on(rt, async move {
        let s = go(Sup {
            left: 0,
            done: None,
        });
        Crash::supervise(&s, Crash(tx))
            .restart_policy(RestartPolicy::Permanent)
            .restart_limit(u32::MAX, Duration::from_secs(1))
            .spawn_with_mailbox(mailbox::unbounded())
            .await;
        s
    });
    let t = Instant::now();
    on(rt, async move {
        let mut p = rx.recv().await.unwrap();
        for _ in 0..n {
            p.tell(()).try_send().unwrap();
            p = rx.recv().await.unwrap();
        }
    });
    let d = t.elapsed();
    drop(sup);
    Out::new(n, 1, n, d).note("crash = panic!, RestartPolicy::Permanent")
}

struct Named(&'static Countdown);
plain!(Named);
on_msg!(Named, u64, |s, _m, _cx| {
    s.0.done();
});
fn registry(a: &Args, rt: &Rt) -> Out {
    let (n, lookups, sends, p, looks) = (
        a.n(1_000_000),
        a.get("lookups", 4_000_000),
        a.get("sends", 1_000_000),
        a.get("owners", 1000),
        a.procs(2),
    );
    let nm = names(n);
    let got = Countdown::leak(sends);
    let b = rss();
    let reg_done = Countdown::leak(p);
    let t = Instant::now();
    for o in 0..p {
        rt.spawn(async move {
            let r = go(Named(got));
            for i in (o..n).step_by(p as usize) {
                r.register(nm[i as usize].clone()).unwrap();
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
        rt.spawn(async move {
            let mut r = Rng::new(k + 1);
            for _ in 0..lookups / looks {
                let x = ActorRef::<Named>::lookup(nm[r.below(n) as usize].as_str())
                    .unwrap()
                    .unwrap();
                assert!(x.is_alive());
            }
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
                let x = ActorRef::<Named>::lookup(nm[r.below(n) as usize].as_str())
                    .unwrap()
                    .unwrap();
                let _ = x.tell(i).try_send();
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
        .note("kameo's global registry (one Mutex)")
}

fn timers(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let got = Countdown::leak(u32::MAX as u64);
    let b = rss();
    let (ins, can, after) = on(rt, async move {
        let r0 = go(Named(got));
        let mut r = Rng::new(42);
        let mut v = Vec::with_capacity(n as usize);
        let t = Instant::now();
        for i in 0..n {
            v.push(
                r0.tell(i)
                    .send_after(Duration::from_millis(r.below(10_000))),
            );
        }
        let ins = t.elapsed();
        let after = rss();
        let t = Instant::now();
        for h in &v {
            h.abort();
        }
        (ins, t.elapsed(), after)
    });
    Out::new(n, 1, n, ins)
        .mem(b, after, 0)
        .with("insert_ns", ins.as_secs_f64() * 1e9 / n as f64)
        .with("cancel_ns", can.as_secs_f64() * 1e9 / n as f64)
        .with("bytes_per_timer", (after - b) as f64 / n as f64)
        .note("tell().send_after spawns a task per timer; cancel = abort()")
}

struct To(u64, &'static Countdown);
impl Actor for To {
    type Args = Self;
    type Error = Infallible;
    async fn on_start(a: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(a)
    }
    async fn next(
        &mut self,
        _: WeakActorRef<Self>,
        rx: &mut MailboxReceiver<Self>,
    ) -> Result<Option<Signal<Self>>, Infallible> {
        Ok(tokio::time::timeout(Duration::from_secs(30), rx.recv())
            .await
            .unwrap_or(None))
    }
}
on_msg!(To, u64, |s, _m, _cx| {
    s.0 -= 1;
    if s.0 == 0 {
        s.1.done();
    }
});
fn idle_timeout(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(100_000));
    let per = n / p;
    let c = Countdown::leak(p);
    let b = rss();
    let v = on(rt, async move {
        (0..p).map(|_| go(To(per, c))).collect::<Vec<_>>()
    });
    std::thread::sleep(Duration::from_millis(200));
    let after = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for i in 0..per {
            for r in &v {
                let _ = r.tell(i).try_send();
            }
        }
        std::mem::forget(v);
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
        .mem(b, after, p)
        .note("Actor::next overridden with timeout(30s)")
}

struct Hog(bool);
plain!(Hog);
impl Message<()> for Hog {
    type Reply = ();
    async fn handle(&mut self, _: (), _: &mut Context<Self, ()>) {
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
struct LatPing(Option<ActorRef<LatPong>>, Instant, Instant);
struct LatPong(ActorRef<LatPing>);
plain!(LatPing, LatPong);
impl LatPing {
    fn shoot(&mut self) {
        self.1 = Instant::now();
        OPEN.store(self.2.elapsed().as_nanos() as u64, Ordering::Relaxed);
        let _ = self.0.as_ref().unwrap().tell(Ball).try_send();
    }
}
on_msg!(LatPing, ActorRef<LatPong>, |s, m, _cx| {
    s.0 = Some(m);
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
    let _ = s.0.tell(Ball).try_send();
});
fn hog(a: &Args, rt: &Rt) -> Out {
    let secs = a.get("secs", 5);
    let yields = a.get("yield", 0) == 1;
    let hogs = 2 * a.threads() as u64;
    let t0 = Instant::now();
    let (v, _p) = on(rt, async move {
        let pi = go(LatPing(None, t0, t0));
        let po = go(LatPong(pi.clone()));
        pi.tell(po).try_send().ok();
        ((0..hogs).map(|_| go(Hog(yields))).collect::<Vec<_>>(), pi)
    });
    std::thread::sleep(Duration::from_millis(50));
    for h in &v {
        h.tell(()).try_send().ok();
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
