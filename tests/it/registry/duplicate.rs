//! Keys that many processes may have, and one process many times.

use regrow::prelude::*;
use regrow::process::self_pid;
use regrow::registry::DuplicateRegistry;

use crate::support::{forever, in_process, over_seeds, simulated};

/// A registry of each division of the table.
async fn both() -> [ServerRef<DuplicateRegistry<char, u32>>; 2] {
    let by_key = Registry::new().duplicate().values().partitions(8).start();
    let by_pid = Registry::new()
        .duplicate()
        .values()
        .divided_by_pid()
        .partitions(8)
        .start();
    [by_key.await.unwrap(), by_pid.await.unwrap()]
}

/// A process that has these entries, and waits.
async fn holder(
    registry: ServerRef<DuplicateRegistry<char, u32>>,
    entries: &'static [(char, u32)],
) -> Pid {
    let process = spawn(async move |inbox: Inbox<()>| {
        for (key, value) in entries {
            registry.register_with(*key, *value).unwrap();
        }
        forever(inbox).await
    });
    regrow::process::settle().await;
    process.pid()
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

// REG-002 too: entries are counted, not keys.
#[test]
fn reg_006_a_key_is_had_by_many_processes_and_many_times() {
    simulated(async {
        for registry in both().await {
            let one = holder(registry, &[('a', 1), ('a', 2), ('b', 3)]).await;
            let other = holder(registry, &[('a', 2), ('a', 1)]).await;
            assert_eq!(registry.count(), 5);
            let all = [(one, 1), (one, 2), (other, 2), (other, 1)];
            assert_eq!(sorted(registry.entries(&'a')), sorted(all.to_vec()));
            assert_eq!(sorted(registry.lookup(&'a')), [one, one, other, other]);
            assert_eq!(registry.entries(&'c'), []);
            assert_eq!(sorted(registry.keys(one)), ['a', 'a', 'b']);
            assert_eq!(registry.values(&'a', one), [1, 2]);
            assert_eq!(registry.values(&'a', other), [2, 1]);
            assert_eq!(registry.values(&'b', other), [0; 0]);
        }
    });
}

#[test]
fn reg_044_what_a_process_has_of_a_key_is_in_the_order_of_its_registrations() {
    simulated(async {
        for registry in both().await {
            in_process(async move |_: Inbox<()>| {
                for value in [3, 1, 2, 1] {
                    registry.register_with('a', value).unwrap();
                }
                assert_eq!(registry.values(&'a', self_pid()), [3, 1, 2, 1]);
                let entries = registry.entries(&'a').into_iter();
                assert!(entries.map(|(_, value)| value).eq([3, 1, 2, 1]));
                assert_eq!(registry.unregister_match(&'a', |value| *value == 1), 2);
                registry.register_with('a', 0).unwrap();
                assert_eq!(registry.values(&'a', self_pid()), [3, 2, 0]);
            })
            .await;
        }
    });
}

// REG-019 for keys of many.
#[test]
fn reg_046_a_process_gives_up_all_that_it_has_of_a_key_and_nothing_of_others() {
    simulated(async {
        for registry in both().await {
            let other = holder(registry, &[('a', 1), ('b', 1)]).await;
            in_process(async move |inbox: Inbox<()>| {
                assert!(!registry.unregister(&'a'));
                for (key, value) in [('a', 1), ('b', 2), ('a', 3)] {
                    registry.register_with(key, value).unwrap();
                }
                assert!(registry.unregister(&'a'));
                assert!(!registry.unregister(&'a'));
                assert_eq!(registry.keys(inbox.pid()), ['b']);
                assert_eq!(registry.entries(&'a'), [(other, 1)]);
                assert_eq!(registry.unregister_match(&'b', |_| true), 1);
                assert_eq!(registry.entries(&'b'), [(other, 1)]);
            })
            .await;
        }
    });
}

#[test]
fn reg_048_what_is_left_of_a_key_is_counted_exactly_also_meanwhile() {
    over_seeds(200, || async {
        for registry in both().await {
            let owner = spawn(async move |inbox: Inbox<()>| {
                for value in 0..6 {
                    registry.register_with('a', value).unwrap();
                }
                for half in 0..3 {
                    regrow::process::yield_now().await;
                    registry.unregister_match(&'a', |value| value % 3 == half);
                }
                forever(inbox).await
            });
            // Two at a time are given up, each time in one step.
            for _ in 0..10 {
                regrow::process::yield_now().await;
                let (keys, entries) = (registry.keys(owner).len(), registry.count());
                assert!([0, 2, 4, 6].contains(&keys), "{keys}");
                assert_eq!(keys, entries);
            }
            exit(owner, ExitReason::Kill);
        }
    });
}

#[test]
fn entries_of_many_are_gone_before_anybody_hears_of_their_owners_end() {
    over_seeds(200, || async {
        for registry in both().await {
            let stays = holder(registry, &[('a', 0)]).await;
            let owner = holder(registry, &[('a', 1), ('b', 2), ('a', 3)]).await;
            let watch = monitor(owner);
            exit(owner, ExitReason::Kill);
            watch.await;
            assert_eq!(registry.entries(&'a'), [(stays, 0)]);
            assert_eq!(registry.lookup(&'b'), []);
            assert_eq!((registry.count(), registry.keys(owner)), (1, vec![]));
        }
    });
}
