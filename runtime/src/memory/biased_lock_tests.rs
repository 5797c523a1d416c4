//! The lock with real threads: readers with and without its bias, beside writers.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use super::*;

/// Reads until readers need the lock no longer.
fn read_until_biased(lock: &BiasedRwLock<[u64; 2]>) {
    while !matches!(lock.read().hold, Hold::Line(_)) {}
}

#[test]
fn readers_do_without_the_lock_until_somebody_writes() {
    let lock = BiasedRwLock::new([0, 0]);
    assert!(matches!(lock.read().hold, Hold::Lock(_)));
    read_until_biased(&lock);
    assert!(lock.lock.try_write().is_some(), "nobody has the lock");
    *lock.write() = [1, 1];
    let guard = lock.read();
    assert!(matches!(guard.hold, Hold::Lock(_)));
    assert_eq!(*guard, [1, 1]);
}

#[test]
fn who_reads_while_it_reads_takes_the_second_lock() {
    let (one, other) = (BiasedRwLock::new([0, 0]), BiasedRwLock::new([1, 1]));
    read_until_biased(&one);
    read_until_biased(&other);
    let first = one.read();
    let second = other.read();
    assert!(matches!(first.hold, Hold::Line(_)));
    assert!(matches!(second.hold, Hold::Lock(_)));
    drop(first);
    assert_eq!(*second, [1, 1]);
}

#[test]
fn a_panic_while_reading_keeps_no_writer_out() {
    let lock = BiasedRwLock::new([0, 0]);
    read_until_biased(&lock);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let guard = lock.read();
        assert!(matches!(guard.hold, Hold::Line(_)));
        std::panic::panic_any(());
    }));
    assert!(panicked.is_err());
    *lock.write() = [1, 1];
}

#[test]
fn nobody_sees_half_of_what_is_written() {
    let lock = BiasedRwLock::new([0, 0]);
    let over = AtomicBool::new(false);
    let read = || {
        while !over.load(Relaxed) {
            let guard = lock.read();
            assert_eq!(guard[0], guard[1]);
        }
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(read);
        }
        for number in 1..=50 {
            // Each writing takes away a bias that was given, from readers who may be reading by it.
            read_until_biased(&lock);
            let mut guard = lock.write();
            guard[0] = number;
            guard[1] = number;
        }
        over.store(true, Relaxed);
    });
}

#[test]
fn lines_of_threads_that_ended_are_used_again() {
    let elsewhere = |_| {
        let line = || line().map(|line| std::ptr::from_ref(line).addr());
        thread::scope(|scope| scope.spawn(line).join()).unwrap()
    };
    let seen: HashSet<Option<usize>> = (0..64).map(elsewhere).collect();
    assert!(!seen.contains(&None), "a thread that goes on has a line");
    // Other tests' threads take and give lines meanwhile, so it need not be the same one each time.
    assert!(seen.len() < 64, "each thread has got a new line");
}
