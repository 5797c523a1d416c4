//! Slots and pages over several lives, through the real directory, depot and epochs.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};

use super::directory::{SlotId, look_up};
use super::page::{EmptySlot, Heap, Kind, SlotCache, generation, is_in_depot};

/// A heap of a runtime that no other test has.
fn heap(stride: usize) -> Arc<Heap> {
    Heap::new(Kind {
        stride,
        table: 0,
        runtime: u32::MAX,
        marked: false,
        limit: 0,
        policy: 0,
        place: 0,
    })
}

/// Takes a slot and begins a life in it.
fn begin(heap: &Heap, cache: &mut SlotCache) -> (SlotId, u32) {
    let EmptySlot {
        id,
        at,
        generation: name,
    } = heap.take(cache).unwrap();
    // SAFETY: a slot of a page of ours.
    unsafe { generation(at) }.store(name, Release);
    (id, name)
}

/// Ends that life, and gives the slot back.
fn end(heap: &Arc<Heap>, cache: &mut SlotCache, (id, name): (SlotId, u32)) {
    let at = look_up(id).unwrap().at;
    // SAFETY: a slot of a page of ours.
    unsafe { generation(at) }.store(name + 1, Release);
    // SAFETY: the slot was taken above, its generation was raised, and it is retired once.
    unsafe { heap.retire(cache, id) };
}

/// Lets grace periods pass until something is true. Other tests may hold guards, for a while.
fn pass_until(is_true: impl Fn() -> bool) {
    while !is_true() {
        crossbeam_epoch::pin().flush();
        std::thread::yield_now();
    }
}

/// The generation that a slot answers to, if it can be found.
fn name_of(id: SlotId) -> Option<u32> {
    let guard = crossbeam_epoch::pin();
    let at = look_up(id)?.at;
    // SAFETY: a slot of a published page, which it stays under the guard.
    let name = unsafe { generation(at) }.load(Relaxed);
    drop(guard);
    Some(name)
}

#[test]
fn stale_names_never_match() {
    let heap = heap(16 * 1024);
    let mut cache = SlotCache::default();
    let mut names = HashSet::new();
    let mut slots = HashSet::new();
    for _ in 0..100 {
        let life = begin(&heap, &mut cache);
        assert!(names.insert(life), "{life:?} has lived before");
        slots.insert(life.0);
        end(&heap, &mut cache, life);
        assert_ne!(name_of(life.0), Some(life.1));
        heap.flush(&mut cache);
        crossbeam_epoch::pin().flush();
    }
    assert!(slots.len() < 100, "no slot was used twice");
    heap.close(&mut cache);
}

#[test]
fn a_slot_is_not_born_again_under_a_guard() {
    let heap = heap(16 * 1024);
    let mut cache = SlotCache::default();
    let life = begin(&heap, &mut cache);
    let guard = crossbeam_epoch::pin();
    end(&heap, &mut cache, life);
    heap.flush(&mut cache);
    for _ in 0..100 {
        crossbeam_epoch::pin().flush();
        assert_ne!(begin(&heap, &mut cache).0, life.0);
    }
    drop(guard);
    heap.close(&mut cache);
}

#[test]
fn pages_go_back_and_come_again() {
    let first = heap(16 * 1024);
    let mut cache = SlotCache::default();
    let lives: Vec<_> = (0..300).map(|_| begin(&first, &mut cache)).collect();
    let at_most = first.pages();
    assert!(at_most >= 100, "three slots fit a page: {at_most}");
    for &life in &lives {
        end(&first, &mut cache, life);
    }
    first.close(&mut cache);
    // A few are kept for the next burst; the rest is given up.
    pass_until(|| first.pages() <= 4);
    let is_ours = |page| lives.iter().any(|(id, _)| id.page() == page);
    pass_until(|| is_in_depot(is_ours));

    let second = heap(8 * 1024);
    let mut cache = SlotCache::default();
    let again = std::iter::repeat_with(|| begin(&second, &mut cache))
        .take(10_000)
        .find(|(id, _)| is_ours(id.page()));
    let (_, name) = again.expect("a page that was given up comes again");
    assert!(name > 2, "its generations go on: {name}");
    second.close(&mut cache);
}
