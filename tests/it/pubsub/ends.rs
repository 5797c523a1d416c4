//! What becomes of many subscriptions when a process or the pubsub ends, and of those that others
//! make for a process that is about to.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::Runtime;
use regrow::process::processes;

use super::*;

use crate::support::{Dice, over_seeds, real};

type Numbers = ServerRef<PubSub<u32, ()>>;

async fn numbers() -> Numbers {
    PubSub::new().start().await.unwrap()
}

fn idle() -> ProcessRef<Arc<()>> {
    spawn(async |inbox: Inbox<Arc<()>>| forever(inbox).await)
}

#[test]
fn r_pubsub_13_a_subscriber_that_ends_with_many_subscriptions_keeps_nobody_waiting() {
    over_seeds(20, || async {
        let (numbers, one) = (numbers().await, idle());
        for number in 0..6_000 {
            numbers.subscribe(number.min(3_000), one).unwrap();
        }
        let end = monitor(one);
        exit(one, ExitReason::Kill);
        let (mut turns, mut left) = (0, 6_000);
        while left > 0 {
            yield_now().await;
            let now = numbers.partition_counts().iter().sum();
            turns += u32::from(now < left);
            assert!(now > 0 || numbers.topics().is_empty());
            left = now;
        }
        assert!(turns > 4, "{turns} turns");
        assert_eq!(end.await.reason, ExitReason::Killed);
    });
}

#[test]
fn r_pubsub_14_the_end_of_a_pubsub_keeps_nobody_waiting_and_ends_no_subscriber() {
    simulated(async {
        for reason in [ExitReason::Kill, ExitReason::Shutdown] {
            let (numbers, one) = (numbers().await, idle());
            for number in 0..6_000 {
                numbers.subscribe(number, one).unwrap();
            }
            let others = processes().len() - 1;
            exit(numbers, reason);
            // From the moment in which nobody is subscribed until nothing is left to do.
            let mut turns = 0;
            while processes().len() > others {
                yield_now().await;
                turns += u32::from(numbers.count(&7) == 0);
            }
            assert!(turns > 4, "{turns} turns");
            assert_eq!(numbers.broadcast(&7, ()), Err(BroadcastError::NoPubSub));
            settle().await;
            assert!(regrow::process::is_alive(one).await);
            exit(one, ExitReason::Kill);
        }
    });
}

/// Others subscribe and unsubscribe a process that ends meanwhile, again and again.
async fn race(seed: u64) {
    let numbers = numbers().await;
    let mut dice = Dice::new(seed, 0);
    let one = spawn(async move |_: Inbox<Arc<()>>| {
        for _ in 0..dice.roll(8) {
            yield_now().await;
        }
    });
    let mut ends = Vec::new();
    for who in 1..4 {
        let mut dice = Dice::new(seed, who);
        let body = async move |_: Inbox<()>| {
            loop {
                match numbers.subscribe(dice.roll(3) as u32, one) {
                    Ok(()) if dice.roll(3) == 0 => {
                        numbers.unsubscribe(&(dice.roll(3) as u32), one);
                    }
                    Ok(()) => {}
                    Err(error) => {
                        assert_eq!(error, SubscribeError::NoProcess(one.pid()));
                        break;
                    }
                }
                yield_now().await;
            }
            // It is about to end; once that can be heard of nothing is left.
            monitor(one).await;
            assert!(numbers.topics().is_empty());
        };
        ends.push(spawn_monitor(body).1);
    }
    for end in ends {
        assert_eq!(end.await.reason, ExitReason::Normal, "seed {seed}");
    }
    assert!(numbers.topics().is_empty(), "seed {seed}");
    assert_eq!(numbers.partition_counts().iter().sum::<usize>(), 0);
}

#[test]
fn r_pubsub_15_who_is_subscribed_by_others_while_it_ends_leaves_nothing_behind() {
    for seed in 0..2_000 {
        Runtime::simulated(seed)
            .crash_reports(false)
            .run(race(seed));
    }
}

#[test]
fn they_leave_nothing_behind_on_real_threads_either() {
    for round in 0..300 {
        real(3, race(round));
    }
}

/// Metadata that looks at the pubsub when it is dropped, which a lock would not survive.
#[derive(Clone, Default)]
struct Nosy;

static NOSY: Name<PubSub<u32, (), Nosy>> = Name::new("nosy");
static LOOKS: AtomicUsize = AtomicUsize::new(0);

impl Drop for Nosy {
    fn drop(&mut self) {
        assert!(NOSY.count(&1) <= 2);
        LOOKS.fetch_add(1, SeqCst);
    }
}

#[test]
fn r_pubsub_16_metadata_is_dropped_with_nothing_locked() {
    simulated(async {
        let nosy = PubSub::new().metadata().name(NOSY).start().await.unwrap();
        let one = idle();
        for _ in 0..2 {
            nosy.subscribe(1, one).unwrap();
        }
        let sent = nosy.broadcast_with(&1, (), |_, _, message| Some(Arc::clone(message)));
        assert_eq!((sent, LOOKS.load(SeqCst)), (Ok(2), 2));
        assert_eq!((nosy.unsubscribe(&1, one), LOOKS.load(SeqCst)), (2, 4));
        nosy.subscribe(1, one).unwrap();
        exit(one, ExitReason::Kill);
        monitor(one).await;
        assert_eq!((nosy.count(&1), LOOKS.load(SeqCst)), (0, 5));
        nosy.subscribe(1, one).unwrap_err();
        assert_eq!(LOOKS.load(SeqCst), 6);
        nosy.subscribe(1, idle()).unwrap();
        stop(nosy, ExitReason::Normal).await.unwrap();
        assert_eq!(LOOKS.load(SeqCst), 7);
    });
}
