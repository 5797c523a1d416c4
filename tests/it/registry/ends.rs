//! Partitions, and what becomes of many entries when a process or the registry ends.

use regrow::prelude::*;
use regrow::process::{process_info, settle};
use regrow::registry::DuplicateRegistry;
use regrow::server::stop;
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
            assert_eq!(topics.largest(2), [('w', 9), ('n', 5)]);
            assert_eq!(topics.largest(9).len(), 3);
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

/// How a registry is ended.
const ENDS: [ExitReason; 2] = [ExitReason::Kill, ExitReason::Shutdown];

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
    over_seeds(3, || async {
        for reason in ENDS {
            let registry = Registry::<u32>::new().start().await.unwrap();
            for process in 0..3000 {
                spawn(async move |inbox: Inbox<()>| {
                    registry.register(2 * process).unwrap();
                    registry.register(2 * process + 1).unwrap();
                    forever(inbox).await
                });
            }
            settle().await;
            let before = regrow::process::processes().len();
            // It is asked to end, and meanwhile others have their turns: many, if it ends in pieces.
            if reason == ExitReason::Kill {
                exit(registry, reason);
            } else {
                spawn(async move |_: Inbox<()>| stop(registry, reason).await);
            }
            let mut turns = 0;
            while regrow::process::processes().len() > before - 3000 {
                regrow::process::yield_now().await;
                assert_eq!(registry.lookup(&0).is_some(), registry.count() > 0);
                turns += 1;
            }
            assert!(turns > 2, "{turns} turns");
        }
    });
}
