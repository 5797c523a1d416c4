//! Partitions, and what becomes of many entries when a process or the registry ends.

use regrow::prelude::*;
use regrow::process::{process_info, processes, settle, yield_now};
use regrow::registry::DuplicateRegistry;
use regrow::sys;

use crate::support::{forever, in_process, over_seeds, simulated};

#[test]
fn reg_001_a_registry_has_as_many_partitions_as_it_is_to_have() {
    simulated(async {
        for partitions in [1, 3, 8] {
            let registry = Registry::<u32>::new()
                .partitions(partitions)
                .start()
                .await
                .unwrap();
            in_process(async move |_: Inbox<()>| {
                for key in 0..100 {
                    registry.register(key).unwrap();
                }
                let counts = registry.partition_counts();
                assert_eq!((counts.len(), counts.iter().sum()), (partitions, 100));
            })
            .await;
            assert_eq!(registry.partition_counts(), vec![0; partitions]);
        }
    });
}

#[test]
fn a_registry_divided_by_pid_has_all_of_a_process_in_one_partition() {
    simulated(async {
        let topics = Registry::<u32>::new()
            .duplicate()
            .divided_by_pid()
            .partitions(4);
        let topics = topics.start().await.unwrap();
        in_process(async move |_: Inbox<()>| {
            for key in 0..100 {
                topics.register(key).unwrap();
            }
            let mut counts = topics.partition_counts();
            counts.sort_unstable();
            assert_eq!(counts, [0, 0, 0, 100]);
        })
        .await;
    });
}

#[test]
fn a_registry_without_partitions_is_a_mistake() {
    let none = std::panic::catch_unwind(|| Registry::<u32>::new().partitions(0));
    let said = none.map(drop).unwrap_err();
    assert_eq!(
        said.downcast_ref::<&str>(),
        Some(&"a registry has at least one partition")
    );
}

#[test]
fn the_largest_keys_are_found_however_the_table_is_divided() {
    simulated(async {
        let by_key = Registry::new().duplicate().partitions(3).start();
        let by_pid = Registry::new()
            .duplicate()
            .divided_by_pid()
            .partitions(3)
            .start();
        let registries: [ServerRef<DuplicateRegistry<char>>; 2] =
            [by_key.await.unwrap(), by_pid.await.unwrap()];
        for topics in registries {
            for (topic, count) in [('n', 5), ('w', 9), ('s', 1)] {
                for _ in 0..count {
                    spawn(async move |inbox: Inbox<()>| {
                        topics.register(topic).unwrap();
                        forever(inbox).await
                    });
                }
            }
            settle().await;
            assert_eq!(topics.largest_keys(2), [('w', 9), ('n', 5)]);
            assert_eq!(topics.largest_keys(9).len(), 3);
        }
    });
}

#[test]
fn reg_005_a_key_of_a_dead_process_is_free_though_the_registry_is_busy() {
    simulated(async {
        let registry = Registry::<char>::new().start().await.unwrap();
        let holder = spawn(async move |inbox: Inbox<()>| {
            registry.register('a').unwrap();
            forever(inbox).await
        });
        settle().await;
        sys::suspend(registry).await.unwrap();
        let end = monitor(holder);
        exit(holder, ExitReason::Kill);
        end.await;
        in_process(async move |inbox: Inbox<()>| {
            registry.register('a').unwrap();
            assert_eq!(registry.lookup(&'a'), Some(inbox.pid()));
        })
        .await;
        sys::resume(registry).await.unwrap();
    });
}

#[test]
fn reg_021_to_have_a_key_is_no_link() {
    simulated(async {
        let registry = Registry::<char>::new().start().await.unwrap();
        in_process(async move |inbox: Inbox<()>| {
            registry.register('a').unwrap();
            let info = process_info(inbox.pid()).await.unwrap();
            assert!(!info.links.contains(&registry.pid()));
            registry.unregister(&'a');
            // Without a key one does not depend on the registry any more.
            exit(registry, ExitReason::Kill);
            settle().await;
        })
        .await;
    });
}

#[test]
fn a_registry_that_ends_with_many_entries_keeps_nobody_waiting() {
    over_seeds(20, || async {
        for reason in [ExitReason::Kill, ExitReason::Shutdown] {
            let registry = Registry::<u32>::new().start().await.unwrap();
            let owner = spawn(async move |mut inbox: Inbox<()>| {
                inbox.trap_exit(true);
                for key in 0..6000 {
                    registry.register(key).unwrap();
                }
                forever(inbox).await
            });
            settle().await;
            let others = processes().len() - 1;
            exit(registry, reason);
            // From the moment in which nothing is found until nothing is left to do.
            let mut turns = 0;
            while processes().len() > others {
                yield_now().await;
                turns += u32::from(registry.count() == 0);
            }
            assert!(turns > 4, "{turns} turns");
            assert_eq!(registry.lookup(&7), None);
            exit(owner, ExitReason::Kill);
        }
    });
}

// R-REG-4.
#[test]
fn a_process_that_ends_with_many_keys_keeps_nobody_waiting() {
    over_seeds(20, || async {
        let registry = Registry::<u32>::new().start().await.unwrap();
        let topics = DuplicateRegistry::<u32>::default().start().await.unwrap();
        let owner = spawn(async move |inbox: Inbox<()>| {
            for key in 0..6000 {
                registry.register(key).unwrap();
                topics.register(key % 3).unwrap();
            }
            forever(inbox).await
        });
        settle().await;
        let end = monitor(owner);
        exit(owner, ExitReason::Kill);
        let (mut turns, mut left) = (0, 12_000);
        while left > 0 {
            yield_now().await;
            let now = registry.count() + topics.count();
            turns += u32::from(now < left);
            left = now;
        }
        assert!(turns > 8, "{turns} turns");
        assert_eq!(end.await.reason, ExitReason::Killed);
        assert_eq!((registry.lookup(&5999), topics.lookup(&1)), (None, vec![]));
    });
}

#[test]
fn a_key_is_found_or_free_while_its_process_ends_and_free_once_that_is_known() {
    over_seeds(200, || async {
        let registry = Registry::<u32>::new().start().await.unwrap();
        let owner = spawn(async move |inbox: Inbox<()>| {
            for key in 0..700 {
                registry.register(key).unwrap();
            }
            forever(inbox).await
        });
        settle().await;
        let end = monitor(owner);
        exit(owner, ExitReason::Kill);
        while end.is_active() && process_info(owner).await.is_some() {
            for key in (0..700).step_by(50) {
                assert!(
                    registry
                        .lookup(&key)
                        .is_none_or(|holder| holder == owner.pid())
                );
            }
            yield_now().await;
        }
        // Somebody who monitors it only now hears of its end, and so must not find it either.
        assert_eq!(monitor(owner).await.reason, ExitReason::NoProc);
        assert_eq!(registry.count(), 0);
        assert_eq!(end.await.reason, ExitReason::Killed);
    });
}
