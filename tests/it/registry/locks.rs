//! Locks by key, and metadata.

use regrow::prelude::*;
use regrow::process::settle;
use regrow::registry::{MetaKey, RegisterError};
use regrow::server::stop;

use crate::server::Log;
use crate::support::{in_process, over_seeds, simulated};

type Users = ServerRef<Registry<char>>;

async fn users() -> Users {
    Registry::new().start().await.unwrap()
}

/// A process that takes a lock, says so, keeps it until it is sent a message, and says so again.
async fn keeper(users: Users, log: &Log, key: char, name: &'static str) -> ProcessRef<()> {
    let log = log.clone();
    let process = spawn(async move |mut inbox: Inbox<()>| {
        let inside = log.clone();
        let kept = users.lock(key, async || {
            inside.say(format!("{name} in"));
            inbox.receive().await;
            name
        });
        let left = kept.await;
        log.say(format!("{} out", left.unwrap_or("nobody")));
    });
    settle().await;
    process
}

#[test]
fn reg_033_locks_of_different_keys_are_had_at_the_same_time() {
    simulated(async {
        let (users, log) = (users().await, Log::default());
        let one = keeper(users, &log, 'a', "one").await;
        let two = keeper(users, &log, 'b', "two").await;
        assert_eq!(log.take(), ["one in", "two in"]);
        two.send(());
        settle().await;
        one.send(());
        settle().await;
        assert_eq!(log.take(), ["two out", "one out"]);
        assert_eq!(users.count(), 0);
    });
}

#[test]
fn reg_034_a_lock_is_had_by_one_after_the_other_in_order() {
    over_seeds(50, || async {
        let (users, log) = (users().await, Log::default());
        let mut keepers = Vec::new();
        for name in ["one", "two", "three"] {
            keepers.push(keeper(users, &log, 'a', name).await);
        }
        for keeper in keepers {
            keeper.send(());
            settle().await;
        }
        let expected = [
            "one in",
            "one out",
            "two in",
            "two out",
            "three in",
            "three out",
        ];
        assert_eq!(log.take(), expected);
    });
}

#[test]
fn reg_035_a_lock_is_free_when_its_holder_panics() {
    simulated(async {
        let (users, log) = (users().await, Log::default());
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            users.lock('a', async || panic!("in the lock")).await
        });
        assert!(end.await.reason.is_crash());
        keeper(users, &log, 'a', "next").await;
        assert_eq!(log.take(), ["next in"]);
    });
}

#[test]
fn reg_036_a_lock_is_free_when_its_holder_is_killed() {
    over_seeds(50, || async {
        let (users, log) = (users().await, Log::default());
        let one = keeper(users, &log, 'a', "one").await;
        keeper(users, &log, 'a', "two").await;
        exit(one, ExitReason::Kill);
        settle().await;
        assert_eq!(log.take(), ["one in", "two in"]);
    });
}

#[test]
fn reg_037_one_that_is_killed_while_it_waits_is_passed_over() {
    over_seeds(50, || async {
        let (users, log) = (users().await, Log::default());
        let one = keeper(users, &log, 'a', "one").await;
        let two = keeper(users, &log, 'a', "two").await;
        keeper(users, &log, 'a', "three").await;
        exit(two, ExitReason::Kill);
        settle().await;
        one.send(());
        settle().await;
        assert_eq!(log.take(), ["one in", "one out", "three in"]);
    });
}

#[test]
fn one_that_is_killed_just_when_it_gets_the_lock_passes_it_on() {
    over_seeds(200, || async {
        let (users, log) = (users().await, Log::default());
        let one = keeper(users, &log, 'a', "one").await;
        let two = keeper(users, &log, 'a', "two").await;
        let three = keeper(users, &log, 'a', "three").await;
        one.send(());
        exit(two, ExitReason::Kill);
        settle().await;
        three.send(());
        settle().await;
        assert_eq!(log.take().last().map(String::as_str), Some("three out"));
    });
}

#[test]
fn who_waits_for_a_lock_of_a_registry_that_ends_does_not_get_it() {
    simulated(async {
        let (users, log) = (users().await, Log::default());
        let one = keeper(users, &log, 'a', "one").await;
        keeper(users, &log, 'a', "two").await;
        assert_eq!(stop(users, ExitReason::Normal).await, Ok(()));
        settle().await;
        assert_eq!(log.take(), ["one in", "nobody out"]);
        one.send(());
        settle().await;
        assert_eq!(log.take(), ["one out"]);
        let late = users.lock('a', async || ()).await;
        assert_eq!(late, Err(RegisterError::NoRegistry));
    });
}

static LIMIT: MetaKey<u32> = MetaKey::new("limit");

#[test]
fn reg_038_metadata_is_put_read_and_deleted_by_everybody() {
    simulated(async {
        let users = users().await;
        assert_eq!(users.meta(&LIMIT), None);
        in_process(async move |_: Inbox<()>| users.put_meta(&LIMIT, 7).unwrap()).await;
        assert_eq!(users.meta(&LIMIT), Some(7));
        // The same text with another type is another name.
        assert_eq!(users.meta(&MetaKey::<String>::new("limit")), None);
        users.put_meta(&LIMIT, 8).unwrap();
        assert_eq!(users.meta(&MetaKey::<u32>::from_string("limit")), Some(8));
        assert!(users.delete_meta(&LIMIT));
        assert!(!users.delete_meta(&LIMIT));
        assert_eq!(users.meta(&LIMIT), None);
    });
}

#[test]
fn metadata_is_there_from_the_start_and_again_after_a_restart() {
    simulated(async {
        let registry = Registry::<char>::new().name("users").meta(&LIMIT, 7);
        let parent = Supervisor::new(Strategy::OneForOne).child(registry);
        let parent = parent.start().await.unwrap();
        let users: Name<Registry<char>> = Name::new("users");
        assert_eq!(users.meta(&LIMIT), Some(7));
        users.put_meta(&LIMIT, 8).unwrap();
        exit(regrow::process::whereis("users").unwrap(), ExitReason::Kill);
        settle().await;
        assert_eq!(users.meta(&LIMIT), Some(7));
        assert_eq!(stop(parent, ExitReason::Shutdown).await, Ok(()));
        assert_eq!(users.put_meta(&LIMIT, 9), Err(RegisterError::NoRegistry));
        assert_eq!(users.meta(&LIMIT), None);
    });
}
