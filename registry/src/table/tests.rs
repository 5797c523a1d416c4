//! The table alone, with owners that are made up.

use std::sync::Arc;

use regrow_runtime::process::{Inbox, spawn};
use regrow_runtime::runtime::Runtime;

use super::*;
use crate::kind::Duplicate;

/// Pids of processes that have been, in order.
fn pids<const N: usize>() -> [Pid; N] {
    let mut pids = Runtime::simulated(1)
        .run(async { std::array::from_fn(|_| spawn(async |_: Inbox<()>| {}).pid()) });
    pids.sort_unstable();
    pids
}

fn unique<K>() -> Table<K, (), Unique> {
    Table::new(None, DividedBy::Key)
}

fn count<K, V: Send + Sync, M: Keys>(table: &Table<K, V, M>) -> usize {
    table.counts().sum()
}

/// Closes the table, and returns those who had keys.
fn closed<K, V: Send + Sync, M: Keys>(table: &Table<K, V, M>) -> Vec<Pid> {
    table.close();
    let shards = (0..).map_while(|number| table.take_owners(number));
    let mut owners: Vec<Pid> = shards.flatten().collect();
    owners.sort_unstable();
    owners
}

#[test]
fn a_key_has_one_owner_until_that_gives_it_up() {
    let table = unique();
    let [one, other] = pids();
    assert_eq!(table.register("a", (), one), Ok(()));
    assert_eq!(
        table.register("a", (), other),
        Err(RegisterError::AlreadyRegistered(one))
    );
    assert!(!table.unregister("a", other));
    assert_eq!(table.lookup("a"), Some(one));
    assert!(table.unregister("a", one));
    assert_eq!(table.lookup("a"), None);
    assert_eq!(table.register("a", (), other), Ok(()));
}

#[test]
fn of_many_keys_of_one_owner_each_can_be_given_up() {
    let table = unique();
    let [one, other] = pids();
    let keys = 0..5000_u32;
    for key in keys.clone() {
        assert_eq!(table.register(key, (), one), Ok(()));
    }
    assert_eq!(table.register(5000, (), other), Ok(()));
    let mut known = table.keys_of(one);
    known.sort_unstable();
    assert!(known.into_iter().eq(keys.clone()));
    for key in keys.rev() {
        assert!(table.unregister(&key, one));
        if key % 500 == 0 {
            assert_eq!(table.keys_of(one).len(), key as usize);
        }
    }
    assert_eq!(count(&table), 1);
    assert_eq!(closed(&table), [other]);
}

#[test]
fn nothing_is_left_of_an_owner_that_has_ended() {
    let table = unique();
    let [one, other] = pids();
    for key in 0..3000 {
        let owner = if key % 3 == 0 { other } else { one };
        assert_eq!(table.register(key, (), owner), Ok(()));
    }
    assert!(table.process_ended(one, usize::MAX));
    assert_eq!(count(&table), 1000);
    assert!(table.keys_of(one).is_empty());
    assert_eq!((table.lookup(&1), table.lookup(&3)), (None, Some(other)));
}

#[test]
fn what_an_owner_has_that_has_ended_goes_in_pieces() {
    let table = Table::<_, _, Duplicate>::new(None, DividedBy::Key);
    let [one, other] = pids();
    // Many keys, and one key many times.
    for key in 0..3000 {
        assert_eq!(table.register(key.min(2000), (), one), Ok(()));
    }
    assert_eq!(table.register(2000, (), other), Ok(()));
    let mut before = count(&table);
    while !table.process_ended(one, 100) {
        let now = count(&table);
        assert!(before - now <= 100, "{before} and then {now}");
        assert!(now > 0);
        before = now;
    }
    assert!(before <= 101, "{before}");
    assert_eq!(count(&table), 1);
    assert_eq!(closed(&table), [other]);
}

#[test]
fn a_closed_table_finds_nothing_and_takes_nothing() {
    let table = unique();
    let [one, two, three] = pids();
    for (key, owner) in [two, one, three, one].into_iter().enumerate() {
        assert_eq!(table.register(key, (), owner), Ok(()));
    }
    assert_eq!(closed(&table), [one, two, three]);
    assert_eq!((count(&table), table.lookup(&0)), (0, None));
    assert_eq!(table.register(7, (), one), Err(RegisterError::NoRegistry));
    assert!(closed(&table).is_empty());
    let mut left = 0;
    for number in 0.. {
        match table.take_partition(number) {
            Some(parts) => left += parts.count(),
            None => break,
        }
    }
    // Each a key and a value.
    assert_eq!(left, 8);
}

#[test]
fn holders_of_a_key_come_and_go_without_each_other() {
    for divided_by in [DividedBy::Key, DividedBy::Pid] {
        let table = Table::<_, _, Duplicate>::new(Some(3), divided_by);
        let [one, other] = pids();
        for (owner, value) in [(one, 1), (other, 2), (one, 3), (one, 4), (other, 5)] {
            assert_eq!(table.register("a", value, owner), Ok(()));
        }
        let values = |owner| -> Vec<i32> {
            let own = table.entries_of("a", owner).into_iter();
            own.map(|(_, value)| value).collect()
        };
        assert_eq!((values(one), values(other)), (vec![1, 3, 4], vec![2, 5]));
        assert_eq!(table.keys_of(one), ["a"; 3]);
        if divided_by == DividedBy::Key {
            let all: Vec<i32> = table.entries("a").iter().map(|(_, value)| *value).collect();
            assert_eq!(all, [1, 2, 3, 4, 5]);
        }
        assert_eq!(
            table.unregister_match("a", one, |value| *value == 3),
            (1, false)
        );
        assert_eq!(table.keys_of(one), ["a"; 2]);
        assert_eq!(table.register("a", 6, one), Ok(()));
        assert_eq!(values(one), [1, 4, 6]);
        assert_eq!(table.unregister_match("a", one, |_| true), (3, true));
        assert_eq!((values(one), values(other)), (vec![], vec![2, 5]));
        assert!(table.process_ended(other, usize::MAX));
        assert_eq!(count(&table), 0);
        assert!(table.entries("a").is_empty());
        assert_eq!(closed(&table), []);
    }
}

#[test]
fn every_piece_of_many_holders_is_seen_once() {
    let table = Table::<_, _, Duplicate>::new(None, DividedBy::Key);
    let [one] = pids();
    for value in 0..5000 {
        assert_eq!(table.register("a", value, one), Ok(()));
    }
    let mut seen = Vec::new();
    table.each_piece("a", |piece| {
        seen.extend(piece.iter().map(|(_, value)| *value));
        // What goes meanwhile and was seen, or was not, disturbs nothing.
        table.unregister_match("a", one, |value| *value % 2 == 1);
    });
    let stayed: Vec<i32> = seen.into_iter().filter(|value| value % 2 == 0).collect();
    assert!(stayed.into_iter().eq((0..5000).step_by(2)));
}

/// A key that counts its clones that are there.
#[derive(PartialEq, Eq, Hash)]
struct Counted(u32, Arc<()>);

#[test]
fn keys_and_values_are_dropped_when_their_owner_ends() {
    let table = Table::<_, _, Unique>::new(None, DividedBy::Key);
    let [one] = pids();
    let mark = Arc::new(());
    for number in 0..10 {
        let key = Counted(number, Arc::clone(&mark));
        assert_eq!(table.register(key, Arc::clone(&mark), one), Ok(()));
    }
    assert_eq!(Arc::strong_count(&mark), 21);
    assert!(table.process_ended(one, usize::MAX));
    assert_eq!(Arc::strong_count(&mark), 1);
}
