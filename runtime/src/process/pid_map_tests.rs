//! The map against a simple one, and the order of its entries.

use std::collections::BTreeMap;

use super::*;

fn local(slot: u64, generation: u64) -> LocalPid {
    LocalPid::from_bits(generation << 32 | slot)
}

/// The numbers of a simple generator, the same each time.
fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |limit| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (seed >> 33) % limit
    }
}

#[test]
fn a_map_does_what_a_simple_one_does() {
    for seed in 0..200 {
        let (mut map, mut model) = (PidMap::new(), BTreeMap::new());
        let mut next = numbers(seed);
        // Few slots and generations, so that namesakes meet; or many, so that pieces come and go.
        let (slots, generations) = if seed % 2 == 0 { (90, 3) } else { (5000, 1) };
        for step in 0..6000 {
            let key = local(next(slots), 1 + next(generations));
            if next(5) < 3 {
                assert_eq!(map.insert_local(key, step), model.insert(key, step));
            } else {
                assert_eq!(map.remove_local(key), model.remove(&key));
            }
            assert_eq!(map.len(), model.len());
        }
        for (key, value) in &model {
            assert_eq!(map.get(Pid::of(*key)), Some(value));
        }
        let mut all: Vec<_> = map
            .iter()
            .map(|(pid, value)| (pid.local(), *value))
            .collect();
        all.sort();
        assert!(all.into_iter().eq(model.clone()));
        let blocks: usize = map.blocks.values().map(|block| block.positions.len()).sum();
        assert_eq!(blocks + map.namesakes.len(), model.len());
        assert_eq!(map.into_iter().count(), model.len());
    }
}

#[test]
fn the_order_is_that_of_insertion_wherever_processes_lie() {
    let order = [9000, 3, 70, 2, 600_000];
    let mut map = PidMap::new();
    for slot in order {
        map.insert_local(local(slot, 1), ());
    }
    let slots = |map: &PidMap<()>| -> Vec<u64> {
        map.iter()
            .map(|(pid, ())| pid.local().to_bits() & 0xffff_ffff)
            .collect()
    };
    assert_eq!(slots(&map), order);
    map.remove_local(local(3, 1));
    assert_eq!(slots(&map), [9000, 600_000, 70, 2]);
}

#[test]
fn a_map_that_has_become_empty_keeps_nothing() {
    let mut map = PidMap::new();
    for slot in 0..5000 {
        map.insert_local(local(slot, 1), slot);
    }
    for slot in 0..5000 {
        map.remove_local(local(slot, 1));
    }
    assert!(map.is_empty() && map.pieces.is_empty() && map.blocks.is_empty());
}
