//! The protocol of `SLEEP.md`: no work lies about while a scheduler sleeps that should take it.
//!
//! Threads sleep on a channel: a token sent is never lost, as with a parker. A scheduler that sleeps
//! for ever is a deadlock, which loom reports.

use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use loom::sync::{Arc, Mutex, mpsc};
use loom::thread;

use crate::scheduler::idle::{Idle, Retreat};
use crate::scheduler::keeper::Keeper;
use crate::time::tick::Tick;

/// A queue of entries that are all alike: the injector, or what thieves see of a scheduler's. The
/// count is not ordered by itself, as little as the indices of a real queue.
#[derive(Default)]
struct Queue(AtomicUsize);

impl Queue {
    fn push(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn take(&self) -> bool {
        self.0
            .fetch_update(Relaxed, Relaxed, |count| count.checked_sub(1))
            .is_ok()
    }

    fn is_empty(&self) -> bool {
        self.0.load(Relaxed) == 0
    }
}

/// What the threads of a model share.
struct World {
    idle: Idle,
    queue: Queue,
    tokens: Vec<Mutex<mpsc::Sender<()>>>,
}

impl World {
    fn new(schedulers: usize) -> (Arc<World>, Vec<mpsc::Receiver<()>>) {
        let (tokens, parkers) = (0..schedulers)
            .map(|_| mpsc::channel())
            .unzip::<_, _, Vec<_>, _>();
        let world = World {
            idle: Idle::new(schedulers, 1),
            queue: Queue::default(),
            tokens: tokens.into_iter().map(Mutex::new).collect(),
        };
        (Arc::new(world), parkers)
    }

    fn unpark(&self, scheduler: usize) {
        self.tokens[scheduler].lock().unwrap().send(()).unwrap();
    }

    /// As a foreign thread.
    fn inject(&self) {
        self.queue.push();
        if !self.idle.is_searched_after_push() {
            self.wake_one();
        }
    }

    fn wake_one(&self) {
        if let Some(scheduler) = self.idle.pick() {
            self.unpark(scheduler);
        }
    }

    /// One attempt to sleep, steps S1 to S4.
    fn sleep(&self, scheduler: usize, parker: &mpsc::Receiver<()>) {
        self.idle.announce(scheduler);
        if self.queue.is_empty() {
            parker.recv().unwrap();
        } else if self.idle.retreat(scheduler) == Retreat::TokenComing {
            parker.recv().unwrap();
        }
    }
}

#[test]
fn a_push_is_seen_or_the_sleeper_is() {
    loom::model(|| {
        let (world, parkers) = World::new(1);
        let pusher = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.inject())
        };
        while !world.queue.take() {
            world.sleep(0, &parkers[0]);
        }
        pusher.join().unwrap();
    });
}

#[test]
fn two_parkers_and_one_pusher() {
    loom::model(|| {
        let (world, mut parkers) = World::new(2);
        let pusher = {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.inject();
                world.inject();
            })
        };
        // Each takes one entry, and sleeps as long as there is none.
        let other = {
            let (world, parker) = (Arc::clone(&world), parkers.remove(1));
            thread::spawn(move || {
                while !world.queue.take() {
                    world.sleep(1, &parker);
                }
            })
        };
        while !world.queue.take() {
            world.sleep(0, &parkers[0]);
        }
        pusher.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn the_token_of_a_lost_race_is_eaten() {
    loom::model(|| {
        let (world, parkers) = World::new(1);
        let pusher = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.inject())
        };
        world.idle.announce(0);
        let found = !world.queue.is_empty();
        match (found, found.then(|| world.idle.retreat(0))) {
            (true, Some(Retreat::Cleared)) => {}
            _ => parkers[0].recv().unwrap(),
        }
        pusher.join().unwrap();
        // No token is left to end the next sleep before its time.
        assert!(parkers[0].try_recv().is_err());
        assert_eq!(world.idle.parked(), 0);
    });
}

// A foreign thread relies on the searcher, which finds other work: it must see to what was pushed
// meanwhile, by waking the one that sleeps.
#[test]
fn the_last_searcher_looks_after_it_has_ended() {
    loom::model(|| {
        let (world, mut parkers) = World::new(2);
        assert!(world.idle.begin_search());
        let sleeper = {
            let (world, parker) = (Arc::clone(&world), parkers.remove(1));
            thread::spawn(move || {
                while !world.queue.take() {
                    world.sleep(1, &parker);
                }
            })
        };
        let pusher = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.inject())
        };
        // The searcher has found something of another scheduler's, and will run it for long.
        if world.idle.end_search() && !world.queue.is_empty() {
            world.wake_one();
        }
        pusher.join().unwrap();
        sleeper.join().unwrap();
    });
}

/// A scheduler that keeps the time, and what it looks at.
struct Time {
    keeper: Keeper,
    next: AtomicU64,
    woken: AtomicBool,
}

// A timer is set while a scheduler becomes the keeper: it sleeps no longer than the timer allows, or
// it is told.
#[test]
fn a_timer_is_seen_or_the_keeper_is() {
    loom::model(|| {
        let keeper = Keeper::new();
        // The keeper before has left its mark.
        assert!(keeper.take(0));
        keeper.sleeps_until(Some(Tick(1)));
        keeper.give_back();
        let (next, woken) = (AtomicU64::new(u64::MAX), AtomicBool::new(false));
        let time = Arc::new(Time {
            keeper,
            next,
            woken,
        });
        let setter = {
            let time = Arc::clone(&time);
            thread::spawn(move || {
                time.next.store(50, Relaxed);
                if let Some(keeper) = time.keeper.is_late_for(Some(Tick(50))) {
                    assert_eq!(keeper, 1);
                    time.woken.store(true, Relaxed);
                }
            })
        };
        assert!(time.keeper.take(1));
        let next = time.next.load(Relaxed);
        time.keeper
            .sleeps_until((next != u64::MAX).then_some(Tick(next)));
        setter.join().unwrap();
        assert!(next == 50 || time.woken.load(Relaxed), "it sleeps too long");
    });
}
