//! Keys as addresses and names of servers, and registries that are taken for others.

use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::registry::{DuplicateRegistry, RegisterError, Via};
use regrow::server::{StartError, stop};

use crate::server::{Log, Subject, act, ask, oops, subject, subject_with};
use crate::support::{forever, in_process, over_seeds, simulated};

type Users = ServerRef<Registry<u64>>;

async fn users() -> Users {
    Registry::new().start().await.unwrap()
}

#[test]
fn reg_047_a_key_that_nobody_has_is_an_address_of_nobody() {
    simulated(async {
        let users = users().await;
        let via: Via<Subject, u64> = users.via(7);
        let call = ask(via.clone(), |_, _, _| Reply::now(1));
        assert_eq!(call.await, Err(CallError::NoProcess));
        act(via.clone(), |_, _| Next::proceed());
        assert_eq!(users.lookup(&7), None);
        assert_eq!(
            stop(via.clone(), ExitReason::Normal).await,
            Err(CallError::NoProcess)
        );
        assert_eq!(monitor(&via).await.reason, ExitReason::NoProc);
    });
}

#[test]
fn many_who_find_or_start_a_server_get_the_same_one() {
    over_seeds(200, || async {
        let (users, log) = (users().await, Log::default());
        let mut ends = Vec::new();
        for _ in 0..8 {
            let log = log.clone();
            ends.push(spawn_monitor(async move |_: Inbox<()>| {
                let found = users.find_or_start(7, || {
                    log.say("started");
                    subject(&log)
                });
                let found = found.await.unwrap();
                assert_eq!(users.lookup(&7), Some(found.pid()));
                assert_eq!(ask(found, |_, _, _| Reply::now(1)).await, Ok(1));
            }));
        }
        for (_, end) in ends {
            assert_eq!(end.await.reason, ExitReason::Normal);
        }
        assert_eq!(users.count(), 1);
    });
}

#[test]
fn a_server_that_ended_is_started_again_when_it_is_looked_for() {
    over_seeds(100, || async {
        let (users, log) = (users().await, Log::default());
        let first = users.find_or_start(7, || subject(&log)).await.unwrap();
        exit(first, ExitReason::Kill);
        let second = users.find_or_start(7, || subject(&log)).await.unwrap();
        assert_eq!(users.find_or_start(7, || subject(&log)).await, Ok(second));
        if first != second {
            assert_eq!(users.lookup(&7), Some(second.pid()));
        }
    });
}

#[test]
fn a_find_or_start_that_cannot_give_the_server_says_why() {
    simulated(async {
        let (users, log) = (users().await, Log::default());
        let fails = || subject_with(&log, |_, _| Init::stop(oops()));
        assert_eq!(
            users.find_or_start(7, fails).await,
            Err(StartError::Failed(oops()))
        );
        assert_eq!(users.count(), 0);
        let other = spawn(async move |inbox: Inbox<()>| {
            users.register(7).unwrap();
            forever(inbox).await
        });
        settle().await;
        let taken = users.find_or_start(7, || subject(&log)).await;
        assert_eq!(taken, Err(StartError::AlreadyStarted(other.pid())));
    });
}

#[test]
fn a_name_that_leads_to_a_registry_of_another_type_gives_an_error_that_names_both() {
    simulated(async {
        let registry = Registry::<u64>::new().name("users").start().await.unwrap();
        let right: Name<Registry<u64>> = Name::new("users");
        let keys: Name<Registry<String>> = Name::new("users");
        let values: Name<Registry<u64, u8>> = Name::new("users");
        let kind: Name<DuplicateRegistry<u64>> = Name::new("users");
        in_process(async move |inbox: Inbox<()>| {
            let errors = [
                keys.register("a".into()),
                values.register_with(1, 2),
                kind.register(1),
            ];
            for (error, wanted) in errors.into_iter().zip(["String", "u8", "Duplicate"]) {
                let Err(RegisterError::OtherRegistry { .. }) = error else {
                    panic!("{error:?}")
                };
                let text = error.unwrap_err().to_string();
                let (found, taken_for) = text.split_once("was taken for").unwrap();
                assert!(
                    found.contains("Registry<u64>") || found.contains("Unique"),
                    "{text}"
                );
                assert!(taken_for.contains(wanted), "{text}");
            }
            assert_eq!(
                (keys.lookup("a"), values.count(), kind.lookup(&1)),
                (None, 0, vec![])
            );
            assert_eq!(right.register(1), Ok(()));
            assert_eq!(right.lookup(&1), Some(inbox.pid()));
            assert_eq!(registry.pid().as_server::<Registry<String>>(), None);
        })
        .await;
    });
}

// R-CALL-9.
#[test]
fn a_call_by_the_key_of_a_server_of_another_type_gives_an_error_that_names_both() {
    simulated(async {
        let users = users().await;
        let other = Registry::<char>::new()
            .start()
            .name(users.via(7))
            .await
            .unwrap();
        let via: Via<Subject, u64> = users.via(7);
        assert_eq!(users.lookup(&7), Some(other.pid()));
        assert_eq!(other.pid().as_server::<Subject>(), None);
        act(via.clone(), |_, _| panic!("not for this one"));
        let call = ask(via, |_, _, _| Reply::now(1));
        let Err(error @ CallError::OtherServer(_)) = call.await else {
            panic!("it is a registry")
        };
        let text = error.to_string();
        let (found, wanted) = text.split_once("was called as").unwrap();
        assert!(
            found.contains("Registry<char>") || found.contains("Unique"),
            "{text}"
        );
        assert!(wanted.contains("Subject"), "{text}");
        // What was not for it has done no harm.
        assert_eq!(other.count(), 0);
    });
}
