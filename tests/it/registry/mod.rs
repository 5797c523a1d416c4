//! Registries: keys, those who have them, and what becomes of both.

mod dispatch;
mod duplicate;
mod ends;
mod listeners;
mod locks;
mod race;
mod values;
mod via;

use std::sync::Arc;

use parking_lot::Mutex;
use regrow::Runtime;
use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::{is_alive, settle, whereis};
use regrow::registry::{RegisterError, Via};
use regrow::server::{StartError, stop};

use crate::server::{Log, Subject, act, ask, oops, subject, subject_with};
use crate::support::{in_process, over_seeds, rest, simulated};

async fn registry<K: Eq + std::hash::Hash + Send + Sync + 'static>() -> ServerRef<Registry<K>> {
    Registry::<K>::new().start().await.unwrap()
}

async fn words() -> ServerRef<Registry<char>> {
    Registry::new().start().await.unwrap()
}

/// A process that has these keys, and waits.
async fn holder(registry: ServerRef<Registry<char>>, keys: &'static [char]) -> Pid {
    let process = spawn(async move |inbox: Inbox<()>| {
        for key in keys {
            registry.register(*key).unwrap();
        }
        crate::support::forever(inbox).await
    });
    settle().await;
    process.pid()
}

// REG-039 too: keys and look-ups are anybody's.
#[test]
fn reg_002_keys_are_counted() {
    simulated(async {
        let registry = words().await;
        assert_eq!(registry.count(), 0);
        let one = holder(registry, &['a', 'b']).await;
        let other = holder(registry, &['c']).await;
        assert_eq!(registry.count(), 3);
        assert_eq!(
            (registry.lookup(&'a'), registry.lookup(&'c')),
            (Some(one), Some(other))
        );
        assert_eq!(registry.lookup(&'d'), None);
        assert_eq!(registry.keys(one), ['a', 'b']);
        assert_eq!(registry.keys(other), ['c']);
    });
}

// REG-030 too: a registration that failed leaves nothing.
#[test]
fn reg_003_a_key_can_be_had_once_by_oneself_too() {
    simulated(async {
        let registry = words().await;
        in_process(async move |inbox: Inbox<()>| {
            registry.register('a').unwrap();
            let again = registry.register('a');
            assert_eq!(again, Err(RegisterError::AlreadyRegistered(inbox.pid())));
            registry.register('b').unwrap();
            assert_eq!(registry.keys(inbox.pid()), ['a', 'b']);
            assert!(registry.unregister(&'a'));
            assert_eq!(registry.keys(inbox.pid()), ['b']);
        })
        .await;
        assert_eq!(registry.count(), 0);
    });
}

#[test]
fn reg_004_a_key_can_be_had_by_one_process() {
    simulated(async {
        let registry = words().await;
        let one = holder(registry, &['a']).await;
        in_process(async move |inbox: Inbox<()>| {
            let taken = registry.register('a');
            assert_eq!(taken, Err(RegisterError::AlreadyRegistered(one)));
            assert!(registry.keys(inbox.pid()).is_empty());
            // What another one has is not given up.
            assert!(!registry.unregister(&'a'));
        })
        .await;
        assert_eq!(registry.lookup(&'a'), Some(one));
    });
}

#[test]
fn reg_019_a_key_that_is_given_up_is_free_and_the_others_stay() {
    simulated(async {
        let registry = words().await;
        in_process(async move |inbox: Inbox<()>| {
            for key in ['a', 'b', 'c'] {
                registry.register(key).unwrap();
            }
            assert!(!registry.unregister(&'d'));
            assert!(registry.unregister(&'b'));
            assert!(!registry.unregister(&'b'));
            let mut keys = registry.keys(inbox.pid());
            keys.sort_unstable();
            assert_eq!(keys, ['a', 'c']);
            assert_eq!(
                holder(registry, &['b']).await,
                registry.lookup(&'b').unwrap()
            );
        })
        .await;
    });
}

#[test]
fn reg_022_a_registry_that_is_not_there_has_no_keys_and_takes_none() {
    simulated(async {
        let registry = registry::<String>().await;
        assert_eq!(stop(registry, ExitReason::Normal).await, Ok(()));
        assert_eq!(registry.lookup("a"), None);
        assert_eq!(registry.count(), 0);
        assert!(registry.keys(registry.pid()).is_empty());
        in_process(async move |_: Inbox<()>| {
            assert_eq!(
                registry.register("a".into()),
                Err(RegisterError::NoRegistry)
            );
            assert!(!registry.unregister("a"));
        })
        .await;
    });
}

// REG-031 too: kills, crashes and normal ends alike.
#[test]
fn reg_040_keys_are_free_before_anybody_hears_of_their_owners_end() {
    over_seeds(500, || async {
        for reason in [ExitReason::Kill, oops(), ExitReason::Shutdown] {
            let registry = words().await;
            let owner = holder(registry, &['a', 'b']).await;
            let watch = monitor(owner);
            exit(owner, reason);
            watch.await;
            assert_eq!((registry.lookup(&'a'), registry.lookup(&'b')), (None, None));
            assert_eq!(registry.count(), 0);
            assert!(registry.keys(owner).is_empty());
            in_process(async move |_: Inbox<()>| assert_eq!(registry.register('a'), Ok(()))).await;
        }
    });
}

#[test]
fn keys_are_free_when_a_link_or_is_alive_says_so() {
    over_seeds(200, || async {
        let registry = words().await;
        in_process(async move |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            let owner = holder(registry, &['a']).await;
            link(owner).unwrap();
            exit(owner, ExitReason::Kill);
            assert!(matches!(inbox.receive().await, Received::Exit(_)));
            assert_eq!(registry.lookup(&'a'), None);
            let owner = holder(registry, &['a']).await;
            exit(owner, ExitReason::Kill);
            assert!(!is_alive(owner).await);
            assert_eq!(registry.lookup(&'a'), None);
        })
        .await;
    });
}

#[test]
fn of_many_who_want_a_key_one_gets_it_and_when_that_ends_another() {
    over_seeds(500, || async {
        let registry = registry::<u8>().await;
        let won = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..10 {
            let won = Arc::clone(&won);
            spawn(async move |inbox: Inbox<()>| {
                while let Err(error) = registry.register(1) {
                    let RegisterError::AlreadyRegistered(other) = error else {
                        panic!("{error}");
                    };
                    monitor(other).await;
                }
                assert_eq!(registry.lookup(&1), Some(inbox.pid()));
                won.lock().push(inbox.pid());
                regrow::process::yield_now().await;
                assert_eq!(registry.lookup(&1), Some(inbox.pid()));
            });
        }
        settle().await;
        assert_eq!((won.lock().len(), registry.count()), (10, 0));
    });
}

#[test]
fn reg_023_a_server_is_started_under_a_key_and_reached_by_it() {
    over_seeds(50, || async {
        let registry = registry::<u64>().await;
        let log = Log::default();
        let via: Via<Subject, u64> = registry.via(7);
        assert_eq!(
            ask(via.clone(), |_, _, _| Reply::now(1)).await,
            Err(CallError::NoProcess)
        );
        let server = subject_with(&log, move |subject, cx| {
            assert_eq!(registry.lookup(&7), Some(cx.pid()));
            Init::ok(subject)
        });
        let server = server.name(registry.via(7)).await.unwrap();
        let answer = ask(via.clone(), |_, _, cx| {
            Reply::now(u32::from(cx.pid() == cx.this().pid()))
        });
        assert_eq!(answer.await, Ok(1));
        let second = subject(&log).name(registry.via(7)).await;
        assert_eq!(second, Err(StartError::AlreadyStarted(server.pid())));
        assert_eq!(stop(server, oops()).await, Ok(()));
        assert_eq!(registry.lookup(&7), None);
        // It leads to whoever has the key later.
        let next = subject(&log).name(registry.via(7)).await.unwrap();
        act(via.clone(), |subject, _| {
            subject.value = 3;
            Next::proceed()
        });
        assert_eq!(
            ask(via, |subject, _, _| Reply::now(subject.value)).await,
            Ok(3)
        );
        assert_eq!(registry.lookup(&7), Some(next.pid()));
    });
}

#[test]
fn an_init_that_fails_gives_its_key_back() {
    over_seeds(50, || async {
        let registry = registry::<u64>().await;
        let log = Log::default();
        let failed = subject_with(&log, |_, _| Init::stop(oops()))
            .name(registry.via(7))
            .await;
        assert_eq!(failed, Err(StartError::Failed(oops())));
        let ignored = subject_with(&log, |_, _| Init::ignore())
            .name(registry.via(7))
            .await;
        assert_eq!(ignored, Err(StartError::Ignored));
        assert_eq!((registry.lookup(&7), registry.count()), (None, 0));
    });
}

// Those who do not trap exits end with it; the others hear of it and go on without keys.
#[test]
fn reg_041_who_has_a_key_depends_on_the_registry() {
    over_seeds(100, || async {
        for (reason, heard) in [
            (ExitReason::Kill, ExitReason::Killed),
            (ExitReason::Shutdown, ExitReason::Shutdown),
        ] {
            let parent = Supervisor::new(Strategy::OneForOne)
                .child(Registry::<char>::new().name("users"))
                .start()
                .await
                .unwrap();
            let registry = whereis("users").unwrap();
            let registry = registry.as_server::<Registry<char>>().unwrap();
            let plain = holder(registry, &['p']).await;
            in_process(async move |mut inbox: Inbox<()>| {
                inbox.trap_exit(true);
                let end = monitor(plain);
                registry.register('t').unwrap();
                if reason == ExitReason::Kill {
                    exit(registry, reason);
                } else {
                    assert_eq!(stop(registry, reason).await, Ok(()));
                }
                let Received::Exit(exit) = inbox.receive().await else {
                    panic!("an exit");
                };
                assert_eq!((exit.from, exit.reason), (registry.pid(), heard.clone()));
                assert_eq!(end.await.reason, heard);
                settle().await;
                assert!(rest(&mut inbox).is_empty());
                let fresh = whereis("users").unwrap();
                assert_ne!(fresh, registry.pid());
                let fresh = fresh.as_server::<Registry<char>>().unwrap();
                assert_eq!((fresh.count(), registry.count()), (0, 0));
                assert_eq!(fresh.register('t'), Ok(()));
            })
            .await;
            assert_eq!(stop(parent, ExitReason::Shutdown).await, Ok(()));
        }
    });
}

#[test]
fn reg_007_keys_are_the_same_if_they_are_equal() {
    simulated(async {
        let registry = registry::<(u8, String)>().await;
        in_process(async move |inbox: Inbox<()>| {
            registry.register((1, "a".into())).unwrap();
            registry.register((1, "b".into())).unwrap();
            registry.register((2, "a".into())).unwrap();
            assert_eq!(registry.lookup(&(1, "b".into())), Some(inbox.pid()));
            assert_eq!(registry.lookup(&(2, "b".into())), None);
        })
        .await;
    });
}

#[test]
fn only_a_process_can_be_registered() {
    let registry = Runtime::simulated(1).run(async { registry::<u8>().await });
    assert_eq!(registry.register(1), Err(RegisterError::NoProcess));
}

/// Many keys, some of one process, and other processes that do their work meanwhile.
#[test]
fn a_registry_with_many_keys_can_be_closed_while_others_run() {
    simulated(async {
        let registry = registry::<u32>().await;
        for process in 0..2000 {
            spawn(async move |inbox: Inbox<()>| {
                for key in 0..5 {
                    registry.register(process * 5 + key).unwrap();
                }
                crate::support::forever(inbox).await
            });
        }
        settle().await;
        assert_eq!(registry.count(), 10_000);
        assert_eq!(stop(registry, ExitReason::Shutdown).await, Ok(()));
        settle().await;
        assert_eq!(regrow::process::processes().len(), 1);
    });
}
