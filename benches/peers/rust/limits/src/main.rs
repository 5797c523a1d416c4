//! Physical lower bounds of this machine, one JSON line each: {"limit": name, "ns": …, "note": …}.
use common::{Rng, rss};
use std::alloc::{Layout, alloc, dealloc};
use std::collections::{HashMap, VecDeque};
use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};
use std::time::Instant;

#[repr(align(128))]
struct Line(AtomicU64);

fn pin(cpu: usize) {
    // SAFETY: zeroes are an empty set, and the set outlives the call that reads it.
    unsafe {
        let mut s: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut s);
        libc::sched_setaffinity(0, std::mem::size_of_val(&s), &s);
    }
}
fn row(name: &str, v: f64, unit: &str, note: &str) {
    println!(
        "{{\"limit\":\"{name}\",\"value\":{v:.2},\"unit\":\"{unit}\",\"alloc\":\"{}\",\"note\":\"{note}\"}}",
        common::ALLOC
    );
}
fn ns(t: Instant, n: u64) -> f64 {
    t.elapsed().as_nanos() as f64 / n as f64
}
/// Best of `k`: a bound is a minimum.
fn best(k: usize, mut f: impl FnMut() -> f64) -> f64 {
    (0..k).map(|_| f()).fold(f64::MAX, f64::min)
}
fn futex(a: &AtomicU32, op: i32, v: u32) {
    // SAFETY: the word is borrowed for as long as the call, and no time limit is given.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            a as *const _,
            op | libc::FUTEX_PRIVATE_FLAG,
            v,
            std::ptr::null::<libc::timespec>(),
        );
    }
}

/// `limits probe`: 20k round trips of one line, about 20 ms; run.py notes it beside each run,
/// because the host moves the two vCPUs between near and far places.
fn probe() -> f64 {
    let n = 20_000u64;
    let l = Arc::new((Line(AtomicU64::new(0)), Line(AtomicU64::new(0))));
    let m = l.clone();
    let h = std::thread::spawn(move || {
        pin(1);
        for i in 1..=n {
            while m.0.0.load(Acquire) != i {
                spin_loop();
            }
            m.1.0.store(i, Release);
        }
    });
    pin(0);
    let mut t = Instant::now();
    for i in 1..=n {
        if i == 2 {
            t = Instant::now();
        }
        l.0.0.store(i, Release);
        while l.1.0.load(Acquire) != i {
            spin_loop();
        }
    }
    let r = ns(t, n - 1);
    h.join().unwrap();
    r
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("probe") {
        row("line_roundtrip_probe", probe(), "ns", "");
        return;
    }
    // 1. two pinned threads bounce one cache line
    for pause in [true, false] {
        let n = 1_000_000u64;
        let mut all = vec![];
        let v = best(9, || {
            let l = Arc::new((Line(AtomicU64::new(0)), Line(AtomicU64::new(0))));
            let m = l.clone();
            let h = std::thread::spawn(move || {
                pin(1);
                for i in 1..=n {
                    while m.0.0.load(Acquire) != i {
                        if pause {
                            spin_loop();
                        }
                    }
                    m.1.0.store(i, Release);
                }
            });
            pin(0);
            std::thread::sleep(std::time::Duration::from_millis(20));
            let t = Instant::now();
            for i in 1..=n {
                l.0.0.store(i, Release);
                while l.1.0.load(Acquire) != i {
                    if pause {
                        spin_loop();
                    }
                }
            }
            let r = ns(t, n);
            h.join().unwrap();
            all.push(r);
            r
        });
        all.sort_by(|x, y| x.partial_cmp(y).unwrap());
        let tag = if pause { "" } else { "_nopause" };
        row(
            &format!("line_roundtrip{tag}"),
            v,
            "ns",
            &format!(
                "two pinned threads spinning, one message each way, best of 9 (median {:.0}, worst {:.0})",
                all[4], all[8]
            ),
        );
        row(
            &format!("line_transfer{tag}"),
            v / 2.0,
            "ns",
            "half of it: one cross-core hand-over",
        );
    }

    // 2. the same with both threads asleep in futex between messages
    let n = 20_000u64;
    let v = best(3, || {
        let a = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let b = a.clone();
        let h = std::thread::spawn(move || {
            pin(1);
            for i in 1..=n as u32 {
                while b.0.load(Acquire) != i {
                    futex(&b.0, libc::FUTEX_WAIT, i - 1);
                }
                b.1.store(i, Release);
                futex(&b.1, libc::FUTEX_WAKE, 1);
            }
        });
        pin(0);
        let t = Instant::now();
        for i in 1..=n as u32 {
            a.0.store(i, Release);
            futex(&a.0, libc::FUTEX_WAKE, 1);
            while a.1.load(Acquire) != i {
                futex(&a.1, libc::FUTEX_WAIT, i - 1);
            }
        }
        let r = ns(t, n);
        h.join().unwrap();
        r
    });
    row(
        "futex_roundtrip",
        v,
        "ns",
        "two pinned threads that sleep in futex: what waking a parked worker costs, twice",
    );
    let z = AtomicU32::new(0);
    let v = best(3, || {
        let t = Instant::now();
        for _ in 0..200_000 {
            futex(&z, libc::FUTEX_WAKE, 1);
        }
        ns(t, 200_000)
    });
    row(
        "futex_wake_nobody",
        v,
        "ns",
        "a futex syscall that wakes nobody",
    );

    // 3. atomics
    let x = AtomicU64::new(0);
    let n = 50_000_000u64;
    let v = best(3, || {
        let t = Instant::now();
        for _ in 0..n {
            x.fetch_add(1, Relaxed);
        }
        ns(t, n)
    });
    row("fetch_add_local", v, "ns", "uncontended locked RMW");
    let v = best(3, || {
        let a = Arc::new(Line(AtomicU64::new(0)));
        let b = a.clone();
        let n = 10_000_000u64;
        let h = std::thread::spawn(move || {
            pin(1);
            for _ in 0..n {
                b.0.fetch_add(1, Relaxed);
            }
        });
        pin(0);
        let t = Instant::now();
        for _ in 0..n {
            a.0.fetch_add(1, Relaxed);
        }
        h.join().unwrap();
        ns(t, 2 * n)
    });
    row(
        "fetch_add_contended",
        v,
        "ns",
        "per op, wall time, two cores on one line",
    );
    let n = 5_000_000u64;
    let t = Instant::now();
    for _ in 0..n {
        black_box(Instant::now());
    }
    row(
        "instant_now",
        ns(t, n),
        "ns",
        "clock_gettime through the vdso",
    );

    // 4. malloc
    for size in [64usize, 256, 1024] {
        let l = Layout::from_size_align(size, 8).unwrap();
        let n = 10_000_000u64;
        let v = best(3, || {
            let t = Instant::now();
            for _ in 0..n {
                // SAFETY: the size is not zero, and what is freed was allocated with this layout.
                unsafe { dealloc(black_box(alloc(l)), l) }
            }
            ns(t, n)
        });
        row(
            &format!("malloc_free_hot_{size}"),
            v,
            "ns",
            "same thread, immediately freed",
        );
        let n = 1_000_000u64;
        let mut keep: Vec<*mut u8> = vec![std::ptr::null_mut(); n as usize];
        black_box(&mut keep);
        let b = rss();
        let t = Instant::now();
        for k in keep.iter_mut() {
            // SAFETY: the size is not zero, and as many bytes are written as were allocated.
            unsafe {
                *k = alloc(l);
                std::ptr::write_bytes(*k, 1, size);
            }
        }
        let v = ns(t, n);
        let per = (rss() - b) as f64 / n as f64;
        row(
            &format!("malloc_cold_{size}"),
            v,
            "ns",
            "1M live blocks, first touch of fresh memory (page faults included)",
        );
        row(
            &format!("malloc_rss_{size}"),
            per,
            "bytes",
            "resident bytes per live block",
        );
        let t = Instant::now();
        for k in &keep {
            // SAFETY: each was allocated with this layout, and is freed once a round.
            unsafe { dealloc(*k, l) }
        }
        row(
            &format!("free_all_{size}"),
            ns(t, n),
            "ns",
            "freeing the 1M blocks",
        );
        let t = Instant::now();
        for k in keep.iter_mut() {
            // SAFETY: the size is not zero, and as many bytes are written as were allocated.
            unsafe {
                *k = alloc(l);
                std::ptr::write_bytes(*k, 1, size);
            }
        }
        row(
            &format!("malloc_warm_{size}"),
            ns(t, n),
            "ns",
            "1M live blocks again, from memory the allocator kept (or gave back)",
        );
        for k in &keep {
            // SAFETY: each was allocated with this layout, and is freed once a round.
            unsafe { dealloc(*k, l) }
        }
    }
    // freed by the other thread
    let v = best(3, || {
        let n = 1_000_000usize;
        let l = Layout::from_size_align(64, 8).unwrap();
        // SAFETY: the size is not zero.
        let v: Vec<usize> = (0..n).map(|_| unsafe { alloc(l) as usize }).collect();
        std::thread::spawn(move || {
            pin(1);
            let t = Instant::now();
            for p in &v {
                // SAFETY: it was allocated above with this layout, and is freed here alone.
                unsafe { dealloc(*p as *mut u8, l) }
            }
            ns(t, n as u64)
        })
        .join()
        .unwrap()
    });
    row(
        "free_remote_64",
        v,
        "ns",
        "1M blocks freed by a thread that did not allocate them",
    );

    // 5. pages; three rounds: the first may also fault in the host (free page reporting gives memory back to it)
    for (name, advice) in [
        ("page_touch_4k", libc::MADV_NOHUGEPAGE),
        ("page_touch_4k_of_thp", libc::MADV_HUGEPAGE),
    ] {
        for round in 1..=3 {
            let bytes = 512usize << 20;
            // SAFETY: the pages are new and this block's alone, writes stay within them, and they are
            // unmapped once, at its end.
            unsafe {
                let p = libc::mmap(
                    std::ptr::null_mut(),
                    bytes,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                    0,
                ) as *mut u8;
                libc::madvise(p as *mut _, bytes, advice);
                let t = Instant::now();
                let mut o = 0;
                while o < bytes {
                    std::ptr::write_volatile(p.add(o), 1);
                    o += 4096;
                }
                row(
                    &format!("{name}_{round}"),
                    ns(t, (bytes / 4096) as u64),
                    "ns",
                    "first touch, per 4 KiB of anonymous memory",
                );
                libc::munmap(p as *mut _, bytes);
            }
        }
    }

    // 6. memory latency: a random cycle through 64 B lines
    for mb in [1usize, 16, 1024] {
        let n = (mb << 20) / 64;
        #[repr(align(64))]
        #[derive(Clone, Copy)]
        struct Node(u32);
        let mut v: Vec<Node> = (0..n as u32).map(Node).collect();
        // Sattolo: one cycle
        let mut r = Rng::new(3);
        for i in (1..n).rev() {
            let j = r.below(i as u64) as usize;
            v.swap(i, j);
        }
        let steps = 5_000_000u64;
        let mut k = 0u32;
        let t = Instant::now();
        for _ in 0..steps {
            k = v[k as usize].0;
        }
        black_box(k);
        row(
            &format!("chase_{mb}mb"),
            ns(t, steps),
            "ns",
            "dependent random load (cache + TLB miss at 1 GiB)",
        );
    }

    // 7. messages
    let n = 50_000_000u64;
    let mut q: VecDeque<u64> = VecDeque::with_capacity(64);
    let t = Instant::now();
    for i in 0..n {
        q.push_back(black_box(i));
        black_box(q.pop_front());
    }
    row(
        "queue_local",
        ns(t, n),
        "ns",
        "VecDeque push+pop on one core: the floor of a same-core message",
    );
    type Fun = fn(u64) -> u64;
    let fs: [Fun; 2] = [|x| x + 1, |x| x + 2];
    let t = Instant::now();
    let mut acc = 0;
    for i in 0..n {
        q.push_back(i);
        let m = q.pop_front().unwrap();
        acc = black_box(fs[(i & 1) as usize])(acc ^ m);
    }
    black_box(acc);
    row(
        "queue_local_dispatch",
        ns(t, n),
        "ns",
        "the same plus one indirect call",
    );
    // lock-free-ish SPSC ring between two cores, batched by the cache line
    let v = best(5, || {
        const CAP: usize = 1024;
        struct Ring {
            head: Line,
            tail: Line,
            buf: Vec<AtomicU64>,
        }
        let r = Arc::new(Ring {
            head: Line(AtomicU64::new(0)),
            tail: Line(AtomicU64::new(0)),
            buf: (0..CAP).map(|_| AtomicU64::new(0)).collect(),
        });
        let w = r.clone();
        let n = 20_000_000u64;
        let h = std::thread::spawn(move || {
            pin(1);
            let mut seen = 0;
            for i in 0..n {
                while i - seen >= CAP as u64 {
                    seen = w.head.0.load(Acquire);
                    spin_loop();
                }
                w.buf[i as usize % CAP].store(i, Relaxed);
                w.tail.0.store(i + 1, Release);
            }
        });
        pin(0);
        let t = Instant::now();
        let (mut i, mut seen, mut s) = (0u64, 0u64, 0u64);
        while i < n {
            while seen == i {
                seen = r.tail.0.load(Acquire);
                spin_loop();
            }
            while i < seen {
                s = s.wrapping_add(r.buf[i as usize % CAP].load(Relaxed));
                i += 1;
            }
            r.head.0.store(i, Release);
        }
        black_box(s);
        let d = ns(t, n);
        h.join().unwrap();
        d
    });
    row(
        "spsc_ring",
        v,
        "ns",
        "u64 through a bounded ring between two pinned cores",
    );
    // MPSC list: one malloc + one swap per message, same core
    let t = Instant::now();
    let n = 20_000_000u64;
    let head = std::sync::atomic::AtomicPtr::new(std::ptr::null_mut::<(u64, usize)>());
    for i in 0..n {
        let b = Box::into_raw(Box::new((i, 0usize)));
        let old = head.swap(b, AcqRel);
        black_box(old);
        // SAFETY: it was leaked from a box above, and nobody has it any more.
        unsafe { drop(Box::from_raw(b)) };
    }
    row(
        "node_local",
        ns(t, n),
        "ns",
        "malloc + atomic swap + free: the floor of a linked-node message on one core",
    );

    // 8. hash lookups of 1M string names
    let names: Vec<String> = (0..1_000_000).map(|i| format!("user:{i}")).collect();
    let mut m: HashMap<&str, u64> = HashMap::with_capacity(1_000_000);
    let t = Instant::now();
    for (i, k) in names.iter().enumerate() {
        m.insert(k, i as u64);
    }
    row(
        "hash_insert",
        ns(t, 1_000_000),
        "ns",
        "std HashMap (SipHash), presized, 1M string keys, one thread",
    );
    let mut r = Rng::new(9);
    let n = 4_000_000u64;
    let t = Instant::now();
    let mut s = 0;
    for _ in 0..n {
        s += m[names[r.below(1_000_000) as usize].as_str()];
    }
    black_box(s);
    row(
        "hash_lookup",
        ns(t, n),
        "ns",
        "random lookup, one thread, no lock; two threads halve it",
    );

    // 9. panic
    std::panic::set_hook(Box::new(|_| {}));
    let n = 100_000;
    let t = Instant::now();
    for i in 0..n {
        let _ = std::panic::catch_unwind(|| {
            if black_box(i) < u64::MAX {
                panic!("crash")
            }
        });
    }
    row(
        "panic_catch",
        ns(t, n),
        "ns",
        "panic!(literal) + catch_unwind, shallow stack, silent hook",
    );
    let t = Instant::now();
    for i in 0..n {
        let _ = std::panic::catch_unwind(|| {
            if black_box(i) < u64::MAX {
                std::panic::resume_unwind(Box::new(()))
            }
        });
    }
    row(
        "unwind_catch",
        ns(t, n),
        "ns",
        "resume_unwind + catch_unwind (no hook, no message)",
    );
}
