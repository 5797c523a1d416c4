//! Races: processes register, give up, die and look each other up, all at once, on many schedules.
//!
//! What must hold on each of them: whoever has registered a key is found under it until it gives it
//! up or ends; nobody is found of whose end the one who looks has heard; and when all have ended
//! nothing is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::{self_pid, yield_now};
use regrow::registry::{DuplicateRegistry, RegisterError};

use crate::support::{Dice, real};

const KEYS: u64 = 3;

/// The registries that they are at.
#[derive(Clone, Copy)]
struct Place {
    unique: ServerRef<Registry<u64>>,
    many: ServerRef<DuplicateRegistry<u64, u64>>,
}

impl Place {
    async fn new() -> Place {
        let many = Registry::new()
            .duplicate()
            .values()
            .divided_by_pid()
            .partitions(2);
        Place {
            unique: Registry::new().partitions(2).start().await.unwrap(),
            many: many.start().await.unwrap(),
        }
    }

    fn is_empty(self) -> bool {
        (self.unique.count(), self.many.count()) == (0, 0)
    }

    /// Sees to it that a process of whose end the caller has heard is nowhere.
    fn has_forgotten(self, gone: Pid) {
        for key in 0..KEYS {
            assert_ne!(self.unique.lookup(&key), Some(gone));
            assert!(!self.many.lookup(&key).contains(&gone));
        }
        assert!(self.unique.keys(gone).is_empty());
        assert!(self.many.keys(gone).is_empty());
    }
}

/// Does so many things, and ends in one of several ways.
async fn live(place: Place, mut dice: Dice, rounds: u64, done: Arc<AtomicUsize>) -> ExitReason {
    let own = self_pid();
    for _ in 0..rounds {
        let key = dice.roll(KEYS);
        match dice.roll(6) {
            0 | 1 => match place.unique.register(key) {
                Ok(()) => {
                    assert_eq!(place.unique.lookup(&key), Some(own));
                    yield_now().await;
                    assert_eq!(place.unique.lookup(&key), Some(own));
                }
                Err(RegisterError::AlreadyRegistered(other)) if other == own => {
                    assert!(place.unique.unregister(&key));
                }
                Err(RegisterError::AlreadyRegistered(other)) if dice.roll(2) == 0 => {
                    exit(other, ExitReason::Kill);
                    monitor(other).await;
                    place.has_forgotten(other);
                }
                Err(RegisterError::AlreadyRegistered(_)) => {}
                Err(error) => panic!("{error}"),
            },
            2 => {
                place.many.register_with(key, dice.roll(2)).unwrap();
                yield_now().await;
                assert!(place.many.lookup(&key).contains(&own));
            }
            3 => {
                place.many.unregister_match(&key, |value| *value == 0);
                assert!(!place.many.values(&key, own).contains(&0));
            }
            4 => {
                let found = place
                    .many
                    .lookup(&key)
                    .into_iter()
                    .chain(place.unique.lookup(&key));
                if let Some(other) = found.into_iter().find(|other| *other != own) {
                    exit(other, ExitReason::Shutdown);
                    monitor(other).await;
                    place.has_forgotten(other);
                }
            }
            _ => yield_now().await,
        }
    }
    done.fetch_add(1, SeqCst);
    assert!(dice.roll(3) > 0, "one of several ways");
    ExitReason::Normal
}

/// Has so many live, and waits until they have ended.
async fn race(seed: u64, lives: u64, rounds: u64) {
    let place = Place::new().await;
    let done = Arc::new(AtomicUsize::new(0));
    let ends: Vec<_> = (0..lives)
        .map(|who| {
            let done = Arc::clone(&done);
            spawn_monitor(move |_: Inbox<()>| live(place, Dice::new(seed, who), rounds, done))
        })
        .collect();
    for (process, end) in ends {
        let reason = end.await.reason;
        let expected = [ExitReason::Normal, ExitReason::Killed, ExitReason::Shutdown];
        let planned = reason.to_string().contains("one of several ways");
        assert!(
            planned || expected.contains(&reason),
            "seed {seed}: {reason}"
        );
        place.has_forgotten(process.pid());
    }
    assert!(place.is_empty(), "seed {seed}");
}

#[test]
fn processes_that_register_die_look_up_and_register_again_never_meet_the_dead() {
    for seed in 0..10_000 {
        let simulation = Runtime::simulated(seed).crash_reports(false);
        simulation.run(race(seed, 4, 6));
    }
}

#[test]
fn they_never_meet_the_dead_on_real_threads_either() {
    for round in 0..20 {
        real(4, race(round, 64, 40));
    }
}
