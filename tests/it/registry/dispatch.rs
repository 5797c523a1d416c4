//! Dispatch to those who have a key, in the caller and in several processes.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use regrow::prelude::*;
use regrow::process::{catch_exit, self_pid};
use regrow::registry::DuplicateRegistry;

use crate::support::{forever, in_process, over_seeds, rest, simulated};

type Topics = ServerRef<DuplicateRegistry<char, u32>>;

/// A process that has a key with this value, and waits.
async fn subscriber(topics: Topics, key: char, value: u32) -> Pid {
    let process = spawn(async move |inbox: Inbox<()>| {
        topics.register_with(key, value).unwrap();
        forever(inbox).await
    });
    regrow::process::settle().await;
    process.pid()
}

#[test]
fn reg_016_a_dispatch_is_called_with_those_who_have_the_key_and_not_if_there_are_none() {
    simulated(async {
        let registry = Registry::<char>::new().values().start().await.unwrap();
        in_process(async move |inbox: Inbox<()>| {
            registry.dispatch(&'a', |_| panic!("nobody has it"));
            registry.register_with('a', 7).unwrap();
            let mut calls = Vec::new();
            registry.dispatch(&'a', |entries| calls.push(entries.to_vec()));
            assert_eq!(calls, [[(inbox.pid(), 7)]]);
            registry.dispatch(&'b', |_| panic!("nobody has it"));
        })
        .await;
    });
}

#[test]
fn reg_017_a_dispatch_reaches_all_who_have_the_key_and_nobody_else_in_the_caller() {
    simulated(async {
        let by_key = Registry::new().duplicate().values().start().await.unwrap();
        let by_pid = Registry::new()
            .duplicate()
            .values()
            .divided_by_pid()
            .partitions(4);
        for topics in [by_key, by_pid.start().await.unwrap()] {
            let mut expected = Vec::new();
            for value in 0..6 {
                expected.push((subscriber(topics, 'a', value).await, value));
                subscriber(topics, 'b', value).await;
            }
            in_process(async move |mut inbox: Inbox<()>| {
                inbox.trap_exit(true);
                let mut reached = Vec::new();
                topics.dispatch(&'a', |entries| {
                    assert_eq!(self_pid(), inbox.pid());
                    assert!(!entries.is_empty());
                    reached.extend_from_slice(entries);
                });
                reached.sort_unstable();
                expected.sort_unstable();
                assert_eq!(reached, expected);
                assert!(rest(&mut inbox).is_empty());
            })
            .await;
        }
    });
}

#[test]
fn reg_018_a_parallel_dispatch_uses_other_processes_where_a_key_has_several_partitions() {
    over_seeds(20, || async {
        let by_key = Registry::new().duplicate().values().partitions(4).start();
        let one = Registry::new()
            .duplicate()
            .values()
            .divided_by_pid()
            .partitions(1)
            .start();
        let by_pid = Registry::new()
            .duplicate()
            .values()
            .divided_by_pid()
            .partitions(4)
            .start();
        let registries: [(Topics, bool); 3] = [
            (by_key.await.unwrap(), false),
            (one.await.unwrap(), false),
            (by_pid.await.unwrap(), true),
        ];
        for (topics, elsewhere) in registries {
            for value in 0..20 {
                subscriber(topics, 'a', value).await;
            }
            in_process(async move |mut inbox: Inbox<()>| {
                inbox.trap_exit(true);
                let own = inbox.pid();
                let reached = Arc::new(Mutex::new((HashSet::new(), Vec::new())));
                let seen = Arc::clone(&reached);
                let done = topics.dispatch_parallel('a', move |entries| {
                    let (by, values) = &mut *seen.lock();
                    by.insert(self_pid());
                    values.extend(entries.iter().map(|(_, value)| *value));
                });
                assert_eq!(done.await, Ok(()));
                let (by, values) = &mut *reached.lock();
                values.sort_unstable();
                assert!(values.iter().copied().eq(0..20));
                if elsewhere {
                    assert!(by.len() > 1 && !by.contains(&own));
                } else {
                    assert_eq!(*by, HashSet::from([own]));
                }
                assert!(rest(&mut inbox).is_empty());
            })
            .await;
        }
    });
}

#[test]
fn reg_045_a_dispatch_that_panics_is_the_callers_panic_and_harms_no_registry() {
    simulated(async {
        let by_pid = Registry::new()
            .duplicate()
            .values()
            .divided_by_pid()
            .partitions(4);
        let topics: Topics = by_pid.start().await.unwrap();
        let other = subscriber(topics, 'a', 1).await;
        in_process(async move |mut inbox: Inbox<()>| {
            let failed = catch_exit(|| topics.dispatch(&'a', |_| panic!("no dispatch")));
            assert!(failed.unwrap_err().to_string().contains("no dispatch"));
            inbox.trap_exit(true);
            let failed = topics
                .dispatch_parallel('a', |_| panic!("no dispatch"))
                .await;
            assert!(failed.unwrap_err().to_string().contains("no dispatch"));
            assert!(rest(&mut inbox).is_empty());
            topics.register_with('a', 2).unwrap();
            assert_eq!(topics.lookup(&'a').len(), 2);
        })
        .await;
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            topics
                .dispatch_parallel('a', |_| panic!("no dispatch"))
                .await
                .ok();
            unreachable!("the caller does not trap exits")
        });
        assert!(end.await.reason.to_string().contains("no dispatch"));
        assert_eq!(topics.entries(&'a'), [(other, 1)]);
    });
}

#[test]
fn a_dispatch_may_use_the_registry() {
    simulated(async {
        let topics: Topics = Registry::new().duplicate().values().start().await.unwrap();
        in_process(async move |_: Inbox<()>| {
            for value in 0..1500 {
                topics.register_with('a', value).unwrap();
            }
            let mut calls = 0;
            topics.dispatch(&'a', |entries| {
                calls += 1;
                for (_, own) in entries {
                    assert_eq!(topics.unregister_match(&'a', |value| value == own), 1);
                    topics.register_with('b', *own).unwrap();
                }
            });
            assert!(calls > 1, "some hundred at a time");
            assert_eq!(
                (topics.lookup(&'a').len(), topics.lookup(&'b').len()),
                (0, 1500)
            );
        })
        .await;
    });
}
