//! ractor 0.16 on a 2-worker tokio runtime, without message_span_propogation (its slower default).
use common::*;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

type Res = Result<(), ActorProcessingErr>;
type Rt = tokio::runtime::Runtime;

/// Actor whose arguments are its state and whose handler is plain code.
macro_rules! actor {
    ($name:ident, $msg:ty, $state:ty, |$me:ident, $m:ident, $s:ident| $body:block) => {
        struct $name;
        impl Actor for $name {
            type Msg = $msg;
            type State = $state;
            type Arguments = $state;
            async fn pre_start(&self, _: ActorRef<$msg>, a: $state) -> Result<$state, ActorProcessingErr> {
                Ok(a)
            }
            async fn handle(&self, $me: ActorRef<$msg>, $m: $msg, $s: &mut $state) -> Res {
                let _ = &$me;
                $body
                Ok(())
            }
        }
    };
}

static DEAD: OnceLock<&'static Countdown> = OnceLock::new();
fn dead() -> &'static Countdown {
    DEAD.get().unwrap()
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
        "call" => call(&a, &rt, 1, a.n(1_000_000)),
        "call_many" => call(&a, &rt, a.procs(1000), a.n(1000)),
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
    o.print("ractor", "0.16.5", &a);
    std::process::exit(0);
}

/// Runs the body on a worker and hands its value back.
fn on<T: Send + 'static>(rt: &Rt, f: impl Future<Output = T> + Send + 'static) -> T {
    rt.block_on(rt.spawn(f)).unwrap()
}
async fn start<A: Actor>(a: A, args: A::Arguments) -> ActorRef<A::Msg> {
    A::spawn(None, a, args).await.unwrap().0
}

struct Exit;
impl Actor for Exit {
    type Msg = ();
    type State = ();
    type Arguments = ();
    async fn pre_start(&self, me: ActorRef<()>, _: ()) -> Res {
        me.stop(None);
        Ok(())
    }
    async fn post_stop(&self, _: ActorRef<()>, _: &mut ()) -> Res {
        dead().done();
        Ok(())
    }
}
fn spawn(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    DEAD.set(Countdown::leak(n)).ok();
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for _ in 0..n {
            Exit::spawn(None, Exit, ()).await.unwrap();
        }
    });
    dead().wait();
    Out::new(n, n, n, t.elapsed()).mem(b, rss(), 0)
}

actor!(Collect, u64, (u64, u64, &'static Countdown), |_me, m, s| {
    s.1 = s.1.wrapping_add(m);
    s.0 -= 1;
    if s.0 == 0 {
        s.2.done();
    }
});
enum Get {
    Get(ActorRef<u64>),
}
struct Idle;
impl Actor for Idle {
    type Msg = Get;
    type State = u64;
    type Arguments = u64;
    async fn pre_start(&self, _: ActorRef<Get>, a: u64) -> Result<u64, ActorProcessingErr> {
        Ok(a)
    }
    async fn handle(&self, _: ActorRef<Get>, Get::Get(to): Get, s: &mut u64) -> Res {
        *s += 1;
        let _ = to.send_message(*s);
        Ok(())
    }
    async fn post_stop(&self, _: ActorRef<Get>, _: &mut u64) -> Res {
        dead().done();
        Ok(())
    }
}
fn idle(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    DEAD.set(Countdown::leak(n)).ok();
    let b = rss();
    let t = Instant::now();
    let v = on(rt, async move {
        let mut v = Vec::with_capacity(n as usize);
        for i in 0..n {
            v.push(start(Idle, i).await);
        }
        v
    });
    let d = t.elapsed();
    std::thread::sleep(Duration::from_millis(300));
    let after = rss();
    let got = Countdown::leak(1);
    let t = Instant::now();
    let h = rt.spawn(async move {
        let c = start(Collect, (n, 0, got)).await;
        for p in &v {
            let _ = p.send_message(Get::Get(c.clone()));
        }
        v
    });
    got.wait();
    let wake = t.elapsed();
    let v = rt.block_on(h).unwrap();
    let after2 = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for p in &v {
            p.stop(None);
        }
    });
    dead().wait();
    let stop = t.elapsed();
    Out::new(n, n, n, d)
        .mem(b, after, n)
        .with("wake_all_secs", wake.as_secs_f64())
        .with("wake_ns_per_proc", wake.as_secs_f64() * 1e9 / n as f64)
        .with("stop_all_secs", stop.as_secs_f64())
        .with("bytes_per_proc_after_wake", (after2 - b) as f64 / n as f64)
}

enum Pp {
    Go(ActorRef<Pp>),
    Ping(u64),
}
type PpState = (u64, Option<ActorRef<Pp>>, Option<&'static Countdown>);
actor!(Pinger, Pp, PpState, |_me, m, s| {
    match m {
        Pp::Go(p) => {
            let _ = p.send_message(Pp::Ping(s.0));
            s.1 = Some(p);
        }
        Pp::Ping(_) => {
            s.0 -= 1;
            if s.0 == 0 {
                s.2.unwrap().done();
            } else {
                let _ = s.1.as_ref().unwrap().send_message(Pp::Ping(s.0));
            }
        }
    }
});
actor!(Ponger, Pp, PpState, |_me, m, s| {
    match m {
        Pp::Go(p) => s.1 = Some(p),
        Pp::Ping(x) => {
            let _ = s.1.as_ref().unwrap().send_message(Pp::Ping(x));
        }
    }
});
fn pingpong(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let c = Countdown::leak(1);
    let (pi, po) = on(rt, async move {
        (
            start(Pinger, (n, None, Some(c))).await,
            start(Ponger, (0, None, None)).await,
        )
    });
    po.send_message(Pp::Go(pi.clone())).ok();
    let t = Instant::now();
    pi.send_message(Pp::Go(po)).ok();
    c.wait();
    Out::new(n, 2, n, t.elapsed())
}

enum RingM {
    Next(ActorRef<RingM>),
    Hop(u64),
}
actor!(
    Ring,
    RingM,
    (Option<ActorRef<RingM>>, &'static Countdown),
    |_me, m, s| {
        match m {
            RingM::Next(x) => s.0 = Some(x),
            RingM::Hop(0) => s.1.done(),
            RingM::Hop(k) => {
                let _ = s.0.as_ref().unwrap().send_message(RingM::Hop(k - 1));
            }
        }
    }
);
fn ring(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(5_000_000), a.procs(1000));
    let c = Countdown::leak(1);
    let v = on(rt, async move {
        let mut v = vec![];
        for _ in 0..p {
            v.push(start(Ring, (None, c)).await);
        }
        v
    });
    for i in 0..p as usize {
        v[i].send_message(RingM::Next(v[(i + 1) % p as usize].clone()))
            .ok();
    }
    std::thread::sleep(Duration::from_millis(20));
    let t = Instant::now();
    v[0].send_message(RingM::Hop(n)).ok();
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

fn fanin(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(4_000_000), a.procs(4));
    let c = Countdown::leak(1);
    let r = on(rt, start(Collect, (n, 0, c)));
    let b = rss();
    let t = Instant::now();
    for _ in 0..p {
        let r = r.clone();
        rt.spawn(async move {
            for i in 0..n / p {
                r.send_message(i).unwrap();
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
        let mut v = vec![];
        for _ in 0..p {
            v.push(start(Collect, (per, 0, c)).await);
        }
        v
    });
    let b = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for i in 0..per {
            for r in &v {
                let _ = r.send_message(i);
            }
        }
    });
    c.wait();
    Out::new(n, p, n, t.elapsed()).mem(b, rss(), 0)
}

enum BigM {
    Go(&'static [ActorRef<BigM>]),
    Ping(u32),
    Pong,
}
struct BigS {
    all: &'static [ActorRef<BigM>],
    i: u32,
    left: u64,
    rng: Rng,
    c: &'static Countdown,
}
impl BigS {
    fn ping(&mut self) {
        self.left -= 1;
        let k = self.rng.below(self.all.len() as u64) as usize;
        let _ = self.all[k].send_message(BigM::Ping(self.i));
    }
}
actor!(BigA, BigM, BigS, |_me, m, s| {
    match m {
        BigM::Go(all) => {
            s.all = all;
            s.ping();
        }
        BigM::Ping(from) => {
            let all = ALL_BIG.get().unwrap();
            let _ = all[from as usize].send_message(BigM::Pong);
        }
        BigM::Pong if s.left > 0 => s.ping(),
        BigM::Pong => s.c.done(),
    }
});
static ALL_BIG: OnceLock<Vec<ActorRef<BigM>>> = OnceLock::new();
fn big(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(20_000), a.procs(120));
    let c = Countdown::leak(p);
    let v = on(rt, async move {
        let mut v = vec![];
        for i in 0..p {
            v.push(
                start(
                    BigA,
                    BigS {
                        all: &[],
                        i: i as u32,
                        left: n,
                        rng: Rng::new(i + 1),
                        c,
                    },
                )
                .await,
            );
        }
        v
    });
    ALL_BIG.set(v).ok();
    let all: &'static [ActorRef<BigM>] = ALL_BIG.get().unwrap();
    let t = Instant::now();
    rt.spawn(async move {
        for r in all {
            let _ = r.send_message(BigM::Go(all));
        }
    });
    c.wait();
    Out::new(n, p, n * p, t.elapsed())
}

struct Sky;
struct SkyS {
    parent: Option<ActorRef<u64>>,
    out: Option<mpsc::UnboundedSender<u64>>,
    num: u64,
    size: u64,
    sum: u64,
    left: u8,
}
impl SkyS {
    fn finish(&self, me: &ActorRef<u64>, v: u64) {
        match &self.parent {
            Some(p) => {
                let _ = p.send_message(v);
            }
            None => {
                let _ = self.out.as_ref().unwrap().send(v);
            }
        }
        me.stop(None);
    }
}
fn sky_child(me: ActorRef<u64>, num: u64, size: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        Sky::spawn(
            None,
            Sky,
            SkyS {
                parent: Some(me),
                out: None,
                num,
                size,
                sum: 0,
                left: 10,
            },
        )
        .await
        .unwrap();
    })
}
impl Actor for Sky {
    type Msg = u64;
    type State = SkyS;
    type Arguments = SkyS;
    async fn pre_start(&self, _: ActorRef<u64>, a: SkyS) -> Result<SkyS, ActorProcessingErr> {
        Ok(a)
    }
    async fn post_start(&self, me: ActorRef<u64>, s: &mut SkyS) -> Res {
        if s.size == 1 {
            s.finish(&me, s.num);
        } else {
            let sub = s.size / 10;
            for i in 0..10 {
                sky_child(me.clone(), s.num + i * sub, sub).await;
            }
        }
        Ok(())
    }
    async fn handle(&self, me: ActorRef<u64>, m: u64, s: &mut SkyS) -> Res {
        s.sum += m;
        s.left -= 1;
        if s.left == 0 {
            s.finish(&me, s.sum);
        }
        Ok(())
    }
}
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
        Sky::spawn(
            None,
            Sky,
            SkyS {
                parent: None,
                out: Some(tx),
                num: 0,
                size: n,
                sum: 0,
                left: 10,
            },
        )
        .await
        .unwrap();
        rx.recv().await.unwrap()
    });
    let d = t.elapsed();
    assert_eq!(s, n * (n - 1) / 2);
    Out::new(n, procs, procs, d).mem(b, rss(), 0)
}

enum CallM {
    Add(u64, RpcReplyPort<u64>),
}
actor!(Server, CallM, u64, |_me, m, s| {
    let CallM::Add(x, re) = m;
    *s = s.wrapping_add(x);
    let _ = re.send(*s);
});
fn call(_: &Args, rt: &Rt, p: u64, n: u64) -> Out {
    let c = Countdown::leak(p);
    let s = on(rt, start(Server, 0));
    let t = Instant::now();
    for _ in 0..p {
        let s = s.clone();
        rt.spawn(async move {
            for i in 0..n {
                ractor::call!(s, CallM::Add, i).unwrap();
            }
            c.done();
        });
    }
    c.wait();
    Out::new(n, p, n * p, t.elapsed()).note("ractor::call!, client is a task")
}

fn complement(a: u8, b: u8) -> u8 {
    if a == b { a } else { 3 - a - b }
}
enum MallM {
    Meet(ActorRef<ChamM>, u8),
    Count(u64),
}
enum ChamM {
    Go,
    Meet(ActorRef<ChamM>, u8),
    Change(u8),
    Exit,
}
struct MallS {
    left: u64,
    n: u64,
    p: u64,
    waiting: Option<ActorRef<ChamM>>,
    exited: u64,
    sum: u64,
    c: &'static Countdown,
}
actor!(Mall, MallM, MallS, |_me, m, s| {
    match m {
        MallM::Meet(who, _) if s.left == 0 => {
            let _ = who.send_message(ChamM::Exit);
        }
        MallM::Meet(who, col) => match s.waiting.take() {
            Some(w) => {
                s.left -= 1;
                let _ = w.send_message(ChamM::Meet(who, col));
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
actor!(Cham, ChamM, (ActorRef<MallM>, u8, u64), |me, m, s| {
    match m {
        ChamM::Go => {}
        ChamM::Meet(other, oc) => {
            s.1 = complement(s.1, oc);
            s.2 += 1;
            let _ = other.send_message(ChamM::Change(s.1));
        }
        ChamM::Change(nc) => {
            s.1 = nc;
            s.2 += 1;
        }
        ChamM::Exit => {
            let _ = s.0.send_message(MallM::Count(s.2));
            return Ok(());
        }
    }
    let _ = s.0.send_message(MallM::Meet(me, s.1));
});
fn chameneos(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(400_000), a.procs(100));
    let c = Countdown::leak(1);
    let v = on(rt, async move {
        let mall = start(
            Mall,
            MallS {
                left: n,
                n,
                p,
                waiting: None,
                exited: 0,
                sum: 0,
                c,
            },
        )
        .await;
        let mut v = vec![];
        for i in 0..p {
            v.push(start(Cham, (mall.clone(), (i % 3) as u8, 0)).await);
        }
        v
    });
    let t = Instant::now();
    rt.spawn(async move {
        for r in &v {
            let _ = r.send_message(ChamM::Go);
        }
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
}

/// A child: 8 bytes of state and a guard that reports when the state is dropped.
struct Child;
impl Actor for Child {
    type Msg = Get;
    type State = (u64, Option<Guard>);
    type Arguments = (u64, Option<Guard>);
    async fn pre_start(
        &self,
        _: ActorRef<Get>,
        a: Self::State,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(a)
    }
    async fn handle(&self, _: ActorRef<Get>, Get::Get(to): Get, s: &mut Self::State) -> Res {
        s.0 += 1;
        let _ = to.send_message(s.0);
        Ok(())
    }
}
/// A parent / DynamicSupervisor equivalent.
enum SupM {
    Start(u64, RpcReplyPort<ActorRef<Get>>),
    StartGuarded(u64, &'static Countdown),
}
struct Sup;
impl Actor for Sup {
    type Msg = SupM;
    type State = ();
    type Arguments = ();
    async fn pre_start(&self, _: ActorRef<SupM>, _: ()) -> Res {
        Ok(())
    }
    async fn handle(&self, me: ActorRef<SupM>, m: SupM, _: &mut ()) -> Res {
        match m {
            SupM::Start(x, re) => {
                let r = Child::spawn_linked(None, Child, (x, None), me.get_cell())
                    .await
                    .unwrap()
                    .0;
                let _ = re.send(r);
            }
            SupM::StartGuarded(n, c) => {
                for i in 0..n {
                    Child::spawn_linked(None, Child, (i, Some(Guard(c))), me.get_cell())
                        .await
                        .unwrap();
                }
                dead().done();
            }
        }
        Ok(())
    }
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<SupM>,
        _: SupervisionEvent,
        _: &mut (),
    ) -> Res {
        Ok(())
    }
}
fn link_exit(a: &Args, rt: &Rt) -> Out {
    let n = a.n(100_000);
    let c = Countdown::leak(n);
    DEAD.set(Countdown::leak(1)).ok();
    let sup = on(rt, start(Sup, ()));
    let b = rss();
    let t = Instant::now();
    sup.send_message(SupM::StartGuarded(n, c)).ok();
    dead().wait();
    let setup = t.elapsed();
    std::thread::sleep(Duration::from_millis(200));
    let after = rss();
    let t = Instant::now();
    sup.kill();
    c.wait();
    Out::new(n, n, n, t.elapsed())
        .mem(b, after, n)
        .with("setup_ns", setup.as_secs_f64() * 1e9 / n as f64)
        .note("supervisor kill() terminates linked children")
}

enum WatchM {
    Spawn(u64, &'static Countdown),
    StopAll,
}
struct Watch;
struct WatchS {
    v: Vec<ActorRef<Get>>,
    left: u64,
    done: &'static Countdown,
}
impl Actor for Watch {
    type Msg = WatchM;
    type State = WatchS;
    type Arguments = WatchS;
    async fn pre_start(
        &self,
        _: ActorRef<WatchM>,
        a: WatchS,
    ) -> Result<WatchS, ActorProcessingErr> {
        Ok(a)
    }
    async fn handle(&self, me: ActorRef<WatchM>, m: WatchM, s: &mut WatchS) -> Res {
        match m {
            WatchM::Spawn(n, c) => {
                for i in 0..n {
                    let r = start(Child, (i, None)).await;
                    me.monitor(r.get_cell());
                    s.v.push(r);
                }
                c.done();
            }
            WatchM::StopAll => {
                for r in &s.v {
                    r.stop(None);
                }
            }
        }
        Ok(())
    }
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<WatchM>,
        e: SupervisionEvent,
        s: &mut WatchS,
    ) -> Res {
        if let SupervisionEvent::ActorTerminated(..) = e {
            s.left -= 1;
            if s.left == 0 {
                s.done.done();
            }
        }
        Ok(())
    }
}
fn monitor_down(a: &Args, rt: &Rt) -> Out {
    let n = a.n(100_000);
    let (up, done) = (Countdown::leak(1), Countdown::leak(1));
    let w = on(
        rt,
        start(
            Watch,
            WatchS {
                v: vec![],
                left: n,
                done,
            },
        ),
    );
    let b = rss();
    let t = Instant::now();
    w.send_message(WatchM::Spawn(n, up)).ok();
    up.wait();
    let setup = t.elapsed();
    std::thread::sleep(Duration::from_millis(200));
    let after = rss();
    let t = Instant::now();
    w.send_message(WatchM::StopAll).ok();
    done.wait();
    Out::new(n, n, n, t.elapsed())
        .mem(b, after, n)
        .with("setup_ns", setup.as_secs_f64() * 1e9 / n as f64)
        .note("feature monitors")
}

fn sup_start(a: &Args, rt: &Rt, parts: u64) -> Out {
    let n = a.n(100_000);
    let callers = a.get("callers", if parts > 1 { 8 } else { 1 });
    let sups = on(rt, async move {
        let mut v = vec![];
        for _ in 0..parts {
            v.push(start(Sup, ()).await);
        }
        v
    });
    let c = Countdown::leak(callers);
    let b = rss();
    let t = Instant::now();
    for k in 0..callers {
        let s = sups[(k % parts) as usize].clone();
        rt.spawn(async move {
            let mut v = Vec::new();
            for i in 0..n / callers {
                v.push(ractor::call!(s, SupM::Start, i).unwrap());
            }
            c.done();
            std::mem::forget(v);
        });
    }
    c.wait();
    let d = t.elapsed();
    Out::new(n, callers, n, d)
        .mem(b, rss(), n)
        .with("callers", callers as f64)
        .with("parts", parts as f64)
        .note("supervisor actor: call -> spawn_linked -> reply")
}

struct CrashSup;
struct Crash;
type Started = mpsc::UnboundedSender<ActorRef<()>>;
impl Actor for Crash {
    type Msg = ();
    type State = ();
    type Arguments = Started;
    async fn pre_start(&self, me: ActorRef<()>, tx: Started) -> Res {
        let _ = tx.send(me);
        Ok(())
    }
    async fn handle(&self, _: ActorRef<()>, _: (), _: &mut ()) -> Res {
        panic!("crash")
    }
}
impl Actor for CrashSup {
    type Msg = ();
    type State = Started;
    type Arguments = Started;
    async fn pre_start(
        &self,
        me: ActorRef<()>,
        tx: Started,
    ) -> Result<Started, ActorProcessingErr> {
        Crash::spawn_linked(None, Crash, tx.clone(), me.get_cell())
            .await
            .unwrap();
        Ok(tx)
    }
    async fn handle_supervisor_evt(
        &self,
        me: ActorRef<()>,
        e: SupervisionEvent,
        tx: &mut Started,
    ) -> Res {
        if let SupervisionEvent::ActorFailed(..) = e {
            Crash::spawn_linked(None, Crash, tx.clone(), me.get_cell())
                .await
                .unwrap();
        }
        Ok(())
    }
}
fn restart(a: &Args, rt: &Rt) -> Out {
    let n = a.n(20_000);
    quiet_panics();
    let (tx, mut rx) = mpsc::unbounded_channel();
    let _s = on(rt, start(CrashSup, tx));
    let t = Instant::now();
    on(rt, async move {
        let mut p = rx.recv().await.unwrap();
        for _ in 0..n {
            p.send_message(()).unwrap();
            p = rx.recv().await.unwrap();
        }
    });
    Out::new(n, 1, n, t.elapsed())
        .note("crash = panic!, hand-written supervisor respawns on ActorFailed")
}

actor!(Named, u64, &'static Countdown, |_me, _m, s| {
    s.done();
});
fn registry(a: &Args, rt: &Rt) -> Out {
    let (n, lookups, sends, looks) = (
        a.n(1_000_000),
        a.get("lookups", 4_000_000),
        a.get("sends", 1_000_000),
        a.procs(2),
    );
    let nm = names(n);
    let got = Countdown::leak(sends);
    let b = rss();
    let t = Instant::now();
    on(rt, async move {
        for k in nm {
            Named::spawn(Some(k.clone()), Named, got).await.unwrap();
        }
    });
    let d_reg = t.elapsed();
    std::thread::sleep(Duration::from_millis(300));
    let after = rss();
    let look_done = Countdown::leak(looks);
    let t = Instant::now();
    for k in 0..looks {
        rt.spawn(async move {
            let mut r = Rng::new(k + 1);
            for _ in 0..lookups / looks {
                assert!(ractor::registry::where_is(&nm[r.below(n) as usize]).is_some());
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
                let c = ractor::registry::where_is(&nm[r.below(n) as usize]).unwrap();
                let _ = c.send_message::<u64>(i);
            }
        });
    }
    got.wait();
    let d_send = t.elapsed();
    Out::new(n, n, lookups, d_look)
        .mem(b, after, 0)
        .with("register_ns", d_reg.as_secs_f64() * 1e9 / n as f64)
        .with("lookup_ns", d_look.as_secs_f64() * 1e9 / lookups as f64)
        .with("via_send_ns", d_send.as_secs_f64() * 1e9 / sends as f64)
        .with("bytes_per_name", (after - b) as f64 / n as f64)
        .note("one name per actor, given at spawn: register_ns and bytes_per_name contain a whole actor; via-send wakes 1M different actors")
}

fn timers(a: &Args, rt: &Rt) -> Out {
    let n = a.n(1_000_000);
    let got = Countdown::leak(u32::MAX as u64);
    let b = rss();
    let (ins, can, after) = on(rt, async move {
        let r0 = start(Named, got).await;
        let mut r = Rng::new(42);
        let mut v = Vec::with_capacity(n as usize);
        let t = Instant::now();
        for i in 0..n {
            v.push(r0.send_after(Duration::from_millis(r.below(10_000)), move || i));
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
        .note("send_after spawns a task per timer; cancel = abort()")
}

enum ToM {
    M,
    Timeout,
}
type ToS = (
    u64,
    &'static Countdown,
    Option<ractor::concurrency::JoinHandle<Result<(), ractor::MessagingErr<ToM>>>>,
);
actor!(ToA, ToM, ToS, |me, m, s| {
    match m {
        ToM::M => {
            if let Some(h) = s.2.take() {
                h.abort();
            }
            s.2 = Some(me.send_after(Duration::from_secs(30), || ToM::Timeout));
            s.0 -= 1;
            if s.0 == 0 {
                s.1.done();
            }
        }
        ToM::Timeout => me.stop(None),
    }
});
fn idle_timeout(a: &Args, rt: &Rt) -> Out {
    let (n, p) = (a.n(1_000_000), a.procs(100_000));
    let per = n / p;
    let c = Countdown::leak(p);
    let b = rss();
    let v = on(rt, async move {
        let mut v = vec![];
        for _ in 0..p {
            v.push(start(ToA, (per, c, None)).await);
        }
        v
    });
    std::thread::sleep(Duration::from_millis(100));
    let after = rss();
    let t = Instant::now();
    rt.spawn(async move {
        for _ in 0..per {
            for r in &v {
                let _ = r.send_message(ToM::M);
            }
        }
    });
    c.wait();
    Out::new(n, p, n, t.elapsed())
        .mem(b, after, p)
        .note("no idle timeout in ractor: each message aborts and re-arms send_after")
}

struct Hog;
impl Actor for Hog {
    type Msg = bool;
    type State = ();
    type Arguments = ();
    async fn pre_start(&self, _: ActorRef<bool>, _: ()) -> Res {
        Ok(())
    }
    async fn handle(&self, _: ActorRef<bool>, yields: bool, _: &mut ()) -> Res {
        let mut x = 0;
        while !STOP.load(std::sync::atomic::Ordering::Relaxed) {
            x ^= burn(100);
            if yields {
                tokio::task::yield_now().await;
            }
        }
        std::hint::black_box(x);
        Ok(())
    }
}
struct LatS {
    peer: Option<ActorRef<LatM>>,
    t: Instant,
    t0: Instant,
}
enum LatM {
    Go(ActorRef<LatM>),
    Ball,
}
static LAT: std::sync::Mutex<Vec<u64>> = std::sync::Mutex::new(Vec::new());
static OPEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
actor!(LatPing, LatM, LatS, |_me, m, s| {
    match m {
        LatM::Go(p) => s.peer = Some(p),
        LatM::Ball => {
            let ns = s.t.elapsed().as_nanos() as u64;
            if s.t0.elapsed() > Duration::from_millis(100) {
                LAT.lock().unwrap().push(ns);
            }
        }
    }
    s.t = Instant::now();
    OPEN.store(
        s.t0.elapsed().as_nanos() as u64,
        std::sync::atomic::Ordering::Relaxed,
    );
    let _ = s.peer.as_ref().unwrap().send_message(LatM::Ball);
});
actor!(LatPong, LatM, Option<ActorRef<LatM>>, |_me, m, s| {
    match m {
        LatM::Go(p) => *s = Some(p),
        LatM::Ball => {
            let _ = s.as_ref().unwrap().send_message(LatM::Ball);
        }
    }
});
fn hog(a: &Args, rt: &Rt) -> Out {
    let secs = a.get("secs", 5);
    let yields = a.get("yield", 0) == 1;
    let hogs = 2 * a.threads() as u64;
    let t0 = Instant::now();
    let v = on(rt, async move {
        let pi = start(
            LatPing,
            LatS {
                peer: None,
                t: t0,
                t0,
            },
        )
        .await;
        let po = start(LatPong, None).await;
        po.send_message(LatM::Go(pi.clone())).ok();
        pi.send_message(LatM::Go(po)).ok();
        let mut v = vec![];
        for _ in 0..hogs {
            v.push(start(Hog, ()).await);
        }
        v
    });
    std::thread::sleep(Duration::from_millis(50));
    for h in &v {
        h.send_message(yields).ok();
    }
    std::thread::sleep(Duration::from_millis(50) + Duration::from_secs(secs));
    let open_ns = (t0.elapsed().as_nanos() as u64)
        .saturating_sub(OPEN.load(std::sync::atomic::Ordering::Relaxed));
    let l = std::mem::take(&mut *LAT.lock().unwrap());
    STOP.store(true, std::sync::atomic::Ordering::Relaxed);
    let k = l.len() as u64;
    let mut r = Out::new(k, hogs, k, Duration::from_secs(secs));
    r.extra = latency(l, open_ns);
    r.note(if yields {
        "hogs yield_now() every 100us"
    } else {
        "hogs never yield"
    })
}
