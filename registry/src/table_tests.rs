//! The table alone, with owners that are made up.

use regrow_runtime::process::{Inbox, Pid, spawn};
use regrow_runtime::runtime::Runtime;

use super::*;

/// Pids of processes that have been.
fn pids<const N: usize>() -> [Pid; N] {
    Runtime::simulated(1)
        .run(async { std::array::from_fn(|_| spawn(async |_: Inbox<()>| {}).pid()) })
}

#[test]
fn a_key_has_one_owner_until_that_gives_it_up() {
    let table = Table::new();
    let [one, other] = pids();
    assert_eq!(table.register("a", one), Ok(()));
    assert_eq!(
        table.register("a", other),
        Err(RegisterError::AlreadyRegistered(one))
    );
    assert!(!table.unregister("a", other));
    assert_eq!(table.lookup("a"), Some(one));
    assert!(table.unregister("a", one));
    assert_eq!(table.lookup("a"), None);
    assert_eq!(table.register("a", other), Ok(()));
}

#[test]
fn an_owner_has_its_keys_in_the_order_in_which_it_came_by_them() {
    let table = Table::new();
    let [one, other] = pids();
    for key in ["c", "a", "b"] {
        assert_eq!(table.register(key, one), Ok(()));
    }
    assert_eq!(table.register("d", other), Ok(()));
    assert_eq!(table.keys_of(one), ["c", "a", "b"]);
    assert!(table.unregister("a", one));
    assert_eq!(table.keys_of(one), ["c", "b"]);
    assert_eq!(table.count(), 3);
}

#[test]
fn nothing_is_left_of_an_owner_that_has_ended() {
    let table = Table::new();
    let [one, other] = pids();
    for key in 0..100 {
        assert_eq!(
            table.register(key, if key % 3 == 0 { other } else { one }),
            Ok(())
        );
    }
    table.process_ended(one);
    assert_eq!(table.count(), 34);
    assert!(table.keys_of(one).is_empty());
    assert_eq!((table.lookup(&1), table.lookup(&3)), (None, Some(other)));
}

#[test]
fn a_closed_table_is_empty_and_stays_so() {
    let table = Table::new();
    let [one, two, three] = pids();
    for (key, owner) in [two, one, three, one].into_iter().enumerate() {
        assert_eq!(table.register(key, owner), Ok(()));
    }
    assert_eq!(table.close(), [two, one, three]);
    assert_eq!(table.count(), 0);
    assert_eq!(table.register(7, one), Err(RegisterError::NoRegistry));
    assert!(table.close().is_empty());
}

/// A key that counts its clones that are there.
#[derive(PartialEq, Eq, Hash)]
struct Counted(u32, std::sync::Arc<()>);

#[test]
fn keys_are_dropped_when_their_owner_ends() {
    let table = Table::new();
    let [one] = pids();
    let mark = std::sync::Arc::new(());
    for number in 0..10 {
        let key = Counted(number, std::sync::Arc::clone(&mark));
        assert_eq!(table.register(key, one), Ok(()));
    }
    assert_eq!(std::sync::Arc::strong_count(&mark), 11);
    table.process_ended(one);
    assert_eq!(std::sync::Arc::strong_count(&mark), 1);
}
