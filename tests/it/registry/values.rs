//! Values beside keys, and closures that look at them.

use regrow::prelude::*;
use regrow::process::self_pid;
use regrow::registry::DuplicateRegistry;

use crate::support::{forever, in_process, simulated};

/// What is kept with a key here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Seat {
    row: u32,
    name: &'static str,
}

fn seat(row: u32, name: &'static str) -> Seat {
    Seat { row, name }
}

async fn seats() -> ServerRef<Registry<String, Seat>> {
    Registry::new().values().start().await.unwrap()
}

#[test]
fn reg_014_a_process_changes_the_value_of_its_own_key_alone() {
    simulated(async {
        let seats = seats().await;
        let other = spawn(async move |inbox: Inbox<()>| {
            seats.register_with("b".into(), seat(2, "other")).unwrap();
            forever(inbox).await
        });
        in_process(async move |inbox: Inbox<()>| {
            let never = |_: &Seat| -> Seat { panic!("it is not called") };
            assert_eq!(seats.update_value("a", never), None);
            assert_eq!(seats.update_value("b", never), None);
            seats.register_with("a".into(), seat(1, "own")).unwrap();
            let (new, old) = (seat(5, "own"), seat(1, "own"));
            let updated = seats.update_value("a", |seat| Seat { row: 5, ..*seat });
            assert_eq!(updated, Some((new.clone(), old)));
            assert_eq!(seats.entry("a"), Some((inbox.pid(), new)));
            assert_eq!(seats.entry("b"), Some((other.pid(), seat(2, "other"))));
        })
        .await;
    });
}

#[test]
fn an_update_may_use_the_registry_and_may_panic() {
    simulated(async {
        let seats = seats().await;
        in_process(async move |_: Inbox<()>| {
            seats.register_with("a".into(), seat(1, "x")).unwrap();
            let updated = seats.update_value("a", |own| {
                seats.register_with("b".into(), own.clone()).unwrap();
                assert!(seats.unregister("b"));
                seat(seats.count() as u32, "y")
            });
            assert_eq!(updated, Some((seat(1, "y"), seat(1, "x"))));
            let failed =
                regrow::process::catch_exit(|| seats.update_value("a", |_| panic!("no value")));
            assert!(failed.is_err());
            assert_eq!(seats.values("a", self_pid()), [seat(1, "y")]);
        })
        .await;
    });
}

// REG-009 too: the guards are the closure's.
#[test]
fn reg_008_entries_of_a_key_are_found_by_their_values() {
    simulated(async {
        let seats = seats().await;
        in_process(async move |inbox: Inbox<()>| {
            seats.register_with("a".into(), seat(3, "x")).unwrap();
            let found = [(inbox.pid(), seat(3, "x"))];
            assert_eq!(seats.matches("a", |seat| seat.name == "x"), found);
            assert_eq!(
                seats.matches("a", |seat| seat.row > 2 && seat.name != "y"),
                found
            );
            assert_eq!(seats.matches("a", |seat| seat.row > 3), []);
            assert_eq!(seats.matches("b", |_| true), []);
        })
        .await;
    });
}

#[test]
fn reg_012_entries_of_a_key_are_counted_by_their_values() {
    simulated(async {
        let seats: ServerRef<DuplicateRegistry<u8, Seat>> =
            Registry::default().start().await.unwrap();
        in_process(async move |_: Inbox<()>| {
            for row in 0..5 {
                seats.register_with(1, seat(row, "x")).unwrap();
                seats.register_with(2, seat(row, "y")).unwrap();
            }
            assert_eq!(seats.count_match(&1, |seat| seat.row > 1), 3);
            assert_eq!(seats.count_match(&1, |seat| seat.name == "y"), 0);
            assert_eq!(seats.count_match(&3, |_| true), 0);
        })
        .await;
    });
}

#[test]
fn reg_013_entries_are_given_up_by_their_values_and_the_rest_stays() {
    simulated(async {
        let seats = seats().await;
        let many: ServerRef<DuplicateRegistry<u8, Seat>> =
            Registry::default().start().await.unwrap();
        in_process(async move |inbox: Inbox<()>| {
            seats.register_with("a".into(), seat(1, "x")).unwrap();
            assert_eq!(seats.unregister_match("a", |seat| seat.row > 1), 0);
            assert_eq!(seats.unregister_match("b", |_| true), 0);
            assert_eq!(seats.keys(inbox.pid()), ["a"]);
            assert_eq!(seats.unregister_match("a", |seat| seat.row == 1), 1);
            assert_eq!(seats.count(), 0);
            for row in [1, 2, 1, 3] {
                many.register_with(1, seat(row, "x")).unwrap();
            }
            assert_eq!(many.unregister_match(&1, |seat| seat.row == 1), 2);
            assert_eq!(many.values(&1, inbox.pid()), [seat(2, "x"), seat(3, "x")]);
            assert_eq!(many.keys(inbox.pid()), [1, 1]);
        })
        .await;
    });
}

#[test]
fn reg_026_all_entries_are_selected_of_an_empty_registry_none() {
    simulated(async {
        let seats = seats().await;
        assert_eq!(seats.iter().count(), 0);
        assert_eq!(seats.select(|key, _, _| Some(key.clone())), [""; 0]);
        in_process(async move |inbox: Inbox<()>| {
            for (key, row) in [("a", 1), ("b", 2)] {
                seats.register_with(key.into(), seat(row, "x")).unwrap();
            }
            let mut all: Vec<_> = seats.iter().collect();
            all.sort();
            let entry = |key: &str, row| (key.to_owned(), inbox.pid(), seat(row, "x"));
            assert_eq!(all, [entry("a", 1), entry("b", 2)]);
        })
        .await;
    });
}

// REG-028 and REG-029 too: guards and several patterns are one closure, for counting as well.
#[test]
fn reg_027_entries_are_selected_by_key_process_and_value() {
    simulated(async {
        let seats: ServerRef<DuplicateRegistry<u8, Seat>> =
            Registry::default().start().await.unwrap();
        let other = spawn(async move |inbox: Inbox<()>| {
            seats.register_with(1, seat(9, "other")).unwrap();
            forever(inbox).await
        });
        in_process(async move |inbox: Inbox<()>| {
            for key in 1..=3 {
                seats
                    .register_with(key, seat(u32::from(key), "own"))
                    .unwrap();
            }
            let own = inbox.pid();
            let rows_of_key = |wanted| {
                let mut rows = seats.select(|key, _, seat| (*key == wanted).then_some(seat.row));
                rows.sort_unstable();
                rows
            };
            assert_eq!(rows_of_key(1), [1, 9]);
            let of_other = seats.select(|key, pid, _| (pid == other.pid()).then_some(*key));
            assert_eq!(of_other, [1]);
            let guarded = |key: &u8, pid: Pid, seat: &Seat| {
                (pid == own && seat.row > 1) || (*key == 1 && seat.name == "other")
            };
            assert_eq!(seats.count_select(guarded), 3);
            assert_eq!(seats.count_select(|_, _, seat| seat.row > 9), 0);
        })
        .await;
    });
}

#[test]
fn what_stays_is_selected_once_however_much_comes_and_goes_meanwhile() {
    simulated(async {
        let numbers: ServerRef<Registry<u32, u32>> =
            Registry::default().partitions(4).start().await.unwrap();
        in_process(async move |_: Inbox<()>| {
            for number in 0..500 {
                numbers.register_with(number, number).unwrap();
            }
            let mut seen = Vec::new();
            for (at, (key, _, value)) in (0..).zip(numbers.iter()) {
                assert_eq!(key, value);
                seen.push(key);
                numbers.register_with(1000 + at, 1000 + at).unwrap();
                numbers.unregister(&(100 + at));
            }
            let mut stayed: Vec<u32> = seen.into_iter().filter(|key| *key < 100).collect();
            stayed.sort_unstable();
            assert!(stayed.into_iter().eq(0..100));
        })
        .await;
    });
}

// REG-049 too: the server is found by the key alone.
#[test]
fn reg_024_a_server_is_started_under_a_key_with_a_value() {
    use crate::server::{Log, ask, subject};

    simulated(async {
        let seats = seats().await;
        let log = Log::default();
        let server = subject(&log)
            .name(seats.via_with("a".into(), seat(7, "x")))
            .await
            .unwrap();
        assert_eq!(seats.entry("a"), Some((server.pid(), seat(7, "x"))));
        let answer = ask(seats.via("a".into()), |subject, _, _| {
            Reply::now(subject.value)
        });
        assert_eq!(answer.await, Ok(0));
    });
}
