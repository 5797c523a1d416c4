//! Which waits close a cycle, and which do not count.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::Waker;

use super::{Edge, Watch};
use crate::cell::LocalPid;
use crate::process::Pid;

/// A process that is in no other test, for all of them share what is written down.
fn process(number: u64) -> LocalPid {
    LocalPid::from_bits(1 << 60 | number)
}

fn edge(from: u64, to: u64) -> Arc<Edge> {
    Arc::new(Edge {
        from: process(from),
        to: process(to),
        over: AtomicBool::new(false),
        waker: Waker::noop().clone(),
    })
}

fn write_down(edge: &Arc<Edge>) -> Result<Watch, Vec<Pid>> {
    let mut watch = Watch::New;
    watch.write_down(Arc::clone(edge)).map(|()| watch)
}

fn pids(numbers: &[u64]) -> Vec<Pid> {
    numbers
        .iter()
        .map(|&number| Pid::of(process(number)))
        .collect()
}

#[test]
fn the_last_wait_of_a_cycle_is_refused_with_the_path() {
    let edges = [edge(1, 2), edge(2, 3), edge(3, 4)];
    let waits: Vec<_> = edges.iter().map(|edge| write_down(edge).ok()).collect();
    assert!(waits.iter().all(Option::is_some));
    assert_eq!(write_down(&edge(4, 1)).err(), Some(pids(&[4, 1, 2, 3])));
    assert_eq!(write_down(&edge(3, 2)).err(), Some(pids(&[3, 2])));
    // Two ways to the same end are no cycle, and neither is a wait of somebody else's.
    let beside = [edge(1, 3), edge(5, 1), edge(4, 6)];
    assert!(beside.iter().all(|edge| write_down(edge).is_ok()));
    drop(waits);
    assert!(write_down(&edge(4, 1)).is_ok());
}

// Fails if a wake does not say so, or if the search does not ask.
#[test]
fn a_wait_does_not_count_from_the_moment_that_its_caller_is_woken() {
    let replied = edge(11, 12);
    let wait = write_down(&replied).ok();
    assert!(write_down(&edge(12, 11)).is_err());
    Waker::from(replied).wake();
    assert!(write_down(&edge(12, 11)).is_ok());
    drop(wait);
}

#[test]
fn a_server_that_waits_for_several_is_found_through_each() {
    let waits = [edge(21, 22), edge(21, 23), edge(23, 24)].map(|edge| write_down(&edge).ok());
    assert_eq!(write_down(&edge(24, 21)).err(), Some(pids(&[24, 21, 23])));
    assert_eq!(write_down(&edge(22, 21)).err(), Some(pids(&[22, 21])));
    drop(waits);
}
