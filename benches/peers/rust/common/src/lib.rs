//! Shared by every Rust peer: the command line, the one JSON line a run prints,
//! RSS reading, a countdown latch, a small RNG and a latency summary.
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub const ALLOC: &str = if cfg!(feature = "mimalloc") {
    "mimalloc"
} else {
    "system"
};

/// `<bin> <workload> [--key value]...`
pub struct Args {
    pub workload: String,
    kv: HashMap<String, String>,
}

impl Args {
    pub fn parse() -> Args {
        let mut it = std::env::args().skip(1);
        let workload = it.next().unwrap_or_else(|| {
            eprintln!("usage: <bin> <workload> [--n N] [--procs P] [--key value]...");
            std::process::exit(2)
        });
        let mut kv = HashMap::new();
        while let Some(k) = it.next() {
            let k = k.trim_start_matches("--").to_string();
            kv.insert(k, it.next().unwrap_or_default());
        }
        Args { workload, kv }
    }
    pub fn get(&self, key: &str, default: u64) -> u64 {
        match self.kv.get(key) {
            Some(v) => v.replace('_', "").parse().expect("numeric option"),
            None => default,
        }
    }
    pub fn n(&self, default: u64) -> u64 {
        self.get("n", default)
    }
    pub fn procs(&self, default: u64) -> u64 {
        self.get("procs", default)
    }
    pub fn threads(&self) -> usize {
        self.get("threads", 2) as usize
    }
    pub fn has(&self, key: &str) -> bool {
        self.kv.contains_key(key)
    }
}

fn status_kb(field: &str) -> u64 {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines()
        .find_map(|l| l.strip_prefix(field))
        .and_then(|l| {
            l.trim_start_matches(':')
                .trim()
                .trim_end_matches(" kB")
                .trim()
                .parse::<u64>()
                .ok()
        })
        .unwrap_or(0)
}
pub fn rss() -> u64 {
    status_kb("VmRSS") * 1024
}
pub fn rss_peak() -> u64 {
    status_kb("VmHWM") * 1024
}

/// Result of one run. `ops` is what `secs` is divided by.
pub struct Out {
    pub n: u64,
    pub procs: u64,
    pub ops: u64,
    pub secs: f64,
    pub rss_before: u64,
    pub rss_after: u64,
    pub bytes_per_proc: Option<f64>,
    pub extra: Vec<(&'static str, f64)>,
    pub note: Option<String>,
    pub skipped: Option<String>,
}

impl Out {
    pub fn new(n: u64, procs: u64, ops: u64, d: Duration) -> Out {
        Out {
            n,
            procs,
            ops,
            secs: d.as_secs_f64(),
            rss_before: 0,
            rss_after: 0,
            bytes_per_proc: None,
            extra: vec![],
            note: None,
            skipped: None,
        }
    }
    pub fn skip(reason: &str) -> Out {
        let mut o = Out::new(0, 0, 0, Duration::ZERO);
        o.skipped = Some(reason.into());
        o
    }
    pub fn mem(mut self, before: u64, after: u64, per: u64) -> Out {
        self.rss_before = before;
        self.rss_after = after;
        if per > 0 {
            self.bytes_per_proc = Some((after as f64 - before as f64) / per as f64);
        }
        self
    }
    pub fn with(mut self, k: &'static str, v: f64) -> Out {
        self.extra.push((k, v));
        self
    }
    pub fn note(mut self, s: &str) -> Out {
        self.note = Some(s.into());
        self
    }
    pub fn print(self, peer: &str, version: &str, a: &Args) {
        let mut s = format!(
            "{{\"peer\":\"{peer}\",\"version\":\"{version}\",\"alloc\":\"{ALLOC}\",\"workload\":\"{}\"",
            a.workload
        );
        if let Some(r) = &self.skipped {
            s += &format!(",\"skipped\":\"{}\"}}", r.replace('"', "'"));
            println!("{s}");
            return;
        }
        s += &format!(
            ",\"n\":{},\"procs\":{},\"ops\":{},\"secs\":{:.6}",
            self.n, self.procs, self.ops, self.secs
        );
        if self.secs > 0.0 && self.ops > 0 {
            s += &format!(
                ",\"ops_per_s\":{:.1},\"ns_per_op\":{:.2}",
                self.ops as f64 / self.secs,
                self.secs * 1e9 / self.ops as f64
            );
        } else {
            s += ",\"ops_per_s\":null,\"ns_per_op\":null";
        }
        s += &format!(
            ",\"rss_before\":{},\"rss_after\":{},\"rss_peak\":{}",
            self.rss_before,
            self.rss_after,
            rss_peak()
        );
        match self.bytes_per_proc {
            Some(b) => s += &format!(",\"bytes_per_proc\":{b:.1}"),
            None => s += ",\"bytes_per_proc\":null",
        }
        s += ",\"extra\":{";
        for (i, (k, v)) in self.extra.iter().enumerate() {
            if i > 0 {
                s.push(',');
            }
            s += &format!(
                "\"{k}\":{}",
                if v.is_finite() {
                    format!("{v:.6}")
                } else {
                    "null".into()
                }
            );
        }
        s.push('}');
        if let Some(n) = &self.note {
            s += &format!(",\"note\":\"{}\"", n.replace('"', "'"));
        }
        s.push('}');
        println!("{s}");
    }
}

/// Counts down; the last `done` wakes the (non-worker) thread in `wait`.
pub struct Countdown {
    left: AtomicUsize,
    flag: Mutex<bool>,
    cv: Condvar,
}
impl Countdown {
    /// Leaked on purpose: processes hold a plain `&'static`, so the latch costs
    /// them no reference counting.
    pub fn leak(n: u64) -> &'static Countdown {
        Box::leak(Box::new(Countdown {
            left: AtomicUsize::new(n as usize),
            flag: Mutex::new(n == 0),
            cv: Condvar::new(),
        }))
    }
    #[inline]
    pub fn done(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            *self.flag.lock().unwrap() = true;
            self.cv.notify_all();
        }
    }
    /// True for the caller that brought it to zero.
    #[inline]
    pub fn done_last(&self) -> bool {
        let last = self.left.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            *self.flag.lock().unwrap() = true;
            self.cv.notify_all();
        }
        last
    }
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Acquire)
    }
    pub fn wait(&self) {
        let mut g = self.flag.lock().unwrap();
        while !*g {
            g = self.cv.wait(g).unwrap();
        }
    }
    pub fn wait_timeout(&self, d: Duration) -> bool {
        let g = self.flag.lock().unwrap();
        let (g, _) = self.cv.wait_timeout_while(g, d, |f| !*f).unwrap();
        *g
    }
}

/// Decrements on drop: proof that a process' state is gone, however it died.
pub struct Guard(pub &'static Countdown);
impl Drop for Guard {
    fn drop(&mut self) {
        self.0.done();
    }
}

#[derive(Clone)]
pub struct Rng(u64);
impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    #[inline]
    pub fn next(&mut self) -> u64 {
        let mut x = self.0;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0 = x;
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        (((self.next() >> 32) * n) >> 32) as u64
    }
}

pub static STOP: AtomicBool = AtomicBool::new(false);

/// One slice of pure CPU work, about `us` microseconds; returns something so it is not removed.
#[inline(never)]
pub fn burn(us: u64) -> u64 {
    let t = Instant::now();
    let mut r = Rng::new(7);
    let mut acc = 0u64;
    loop {
        for _ in 0..256 {
            acc ^= r.next();
        }
        if t.elapsed() >= Duration::from_micros(us) {
            return acc;
        }
    }
}

/// p50/p99/p99.9/max in µs. `open_ns`: age of a request that had no reply when the test ended
/// (it counts as a sample, else a starved pair would look perfect).
pub fn latency(mut ns: Vec<u64>, open_ns: u64) -> Vec<(&'static str, f64)> {
    let count = ns.len();
    let total: u64 = ns.iter().sum::<u64>() + open_ns;
    let slow: u64 = ns.iter().filter(|x| **x > 1_000_000).sum::<u64>()
        + if open_ns > 1_000_000 { open_ns } else { 0 };
    if open_ns > 0 {
        ns.push(open_ns);
    }
    ns.sort_unstable();
    let q = |p: f64| -> f64 {
        if ns.is_empty() {
            return f64::NAN;
        }
        ns[((ns.len() as f64 * p) as usize).min(ns.len() - 1)] as f64 / 1e3
    };
    vec![
        ("rtts", count as f64),
        ("p50_us", q(0.50)),
        ("p99_us", q(0.99)),
        ("p999_us", q(0.999)),
        ("max_us", q(1.0)),
        ("open_us", open_ns as f64 / 1e3),
        // share of the time the pair spent inside round trips longer than 1 ms
        ("slow_frac", slow as f64 / (total as f64).max(1.0)),
    ]
}

pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

pub fn names(n: u64) -> &'static Vec<String> {
    Box::leak(Box::new((0..n).map(|i| format!("user:{i}")).collect()))
}

pub const UNKNOWN: &str = "unknown workload";
