//! Timers: never early, in order, and cancelled with one outcome.
//!
//! Time is virtual here, but for the races between a timer and its cancellation.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use regrow::process::{
    ExitReason, Inbox, ProcessRef, Received, exit, is_alive, register, settle, spawn,
    spawn_monitor, yield_now,
};
use regrow::time::{
    TimerRef, cancel_timer, millis, now, read_timer, secs, send_after, send_after_named, send_at,
    sleep,
};

use crate::support::{forever, in_process, over_seeds, real, rest, simulated};

/// A process that is no more.
async fn dead<M: Send + 'static>() -> ProcessRef<M> {
    let (process, end) = spawn_monitor(async |_: Inbox<M>| {});
    end.await;
    process
}

#[test]
fn timer_001_a_timer_fires_and_is_gone() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let timer = send_after(secs(1), inbox.this(), 1);
        let begun = now();
        assert_eq!(inbox.receive().await, Received::Message(1));
        let took = begun.elapsed();
        assert!(took >= secs(1) && took < millis(1_002), "{took:?}");
        assert_eq!(read_timer(&timer), None);
        assert_eq!(cancel_timer(timer), None);
    }));
}

#[test]
fn timer_002_a_cancelled_timer_says_what_was_left() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let timer = send_after(secs(1), inbox.this(), 1);
        sleep(millis(300)).await;
        let left = cancel_timer(timer.clone()).expect("it is not due");
        assert!(left > millis(698) && left <= millis(700), "{left:?}");
        assert_eq!(cancel_timer(timer), None);
        sleep(secs(2)).await;
        assert!(rest(&mut inbox).is_empty());
    }));
}

#[test]
fn timer_003_a_timer_is_never_early() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        for micros in [
            1, 999, 1_000, 1_001, 50_000, 64_000, 1_000_000, 4_096_000, 70_000_000,
        ] {
            yield_now().await;
            let delay = Duration::from_micros(micros);
            let begun = now();
            send_after(delay, inbox.this(), 1);
            assert_eq!(inbox.try_receive(), None);
            inbox.receive().await;
            let took = begun.elapsed();
            assert!(
                took >= delay && took < delay + millis(2),
                "{delay:?} took {took:?}"
            );
        }
    }));
}

#[test]
fn timer_004_send_after_delivers_the_message() {
    simulated(in_process(async |mut inbox: Inbox<(u8, String)>| {
        let timer = send_after(millis(5), inbox.this(), (7, "tea".into()));
        assert_eq!(inbox.receive().await, Received::Message((7, "tea".into())));
        assert_eq!(read_timer(&timer), None);
    }));
}

#[test]
fn timer_005_timers_arrive_by_their_deadlines() {
    simulated(in_process(async |mut inbox: Inbox<u64>| {
        let begun = now();
        for delay in [5_000, 0, 200, 100, 500, 300, 400] {
            send_after(millis(delay), inbox.this(), delay);
        }
        for wanted in [0, 100, 200, 300, 400, 500, 5_000] {
            assert_eq!(inbox.receive().await, Received::Message(wanted));
            let took = begun.elapsed();
            assert!(
                took >= millis(wanted) && took < millis(wanted + 2),
                "{wanted}: {took:?}"
            );
        }
    }));
}

#[test]
fn timer_006_close_timers_arrive_in_order() {
    over_seeds(20, || {
        in_process(async |mut inbox: Inbox<u64>| {
            for delay in [103, 101, 100, 102] {
                send_after(millis(delay), inbox.this(), delay);
            }
            sleep(millis(200)).await;
            assert_eq!(
                rest(&mut inbox),
                [100, 101, 102, 103].map(Received::Message)
            );
        })
    });
}

#[test]
fn timer_007_cancelling_an_unknown_timer_is_none() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let fired = send_after(Duration::ZERO, inbox.this(), 1);
        inbox.receive().await;
        // Its place in the wheel may be another timer's by now.
        let other = send_after(secs(1), inbox.this(), 2);
        assert_eq!(cancel_timer(fired), None);
        assert!(read_timer(&other).is_some());
    }));
    let elsewhere = Arc::new(Mutex::new(None));
    let given = Arc::clone(&elsewhere);
    simulated(in_process(async move |inbox: Inbox<u8>| {
        *given.lock() = Some(send_after(secs(1), inbox.this(), 1));
    }));
    let timer: TimerRef = elsewhere.lock().take().expect("it was given");
    assert_eq!(cancel_timer(timer), None, "its runtime has ended");
}

#[test]
fn timer_008_a_very_long_timer_counts_down() {
    simulated(in_process(async |inbox: Inbox<u8>| {
        let timer = send_after(millis(1 << 31), inbox.this(), 1);
        let mut before = read_timer(&timer).expect("it is not due");
        assert!(before <= millis((1 << 31) + 1) && before > millis((1 << 31) - 2));
        for _ in 0..10 {
            sleep(secs(1)).await;
            let left = read_timer(&timer).expect("it is not due");
            let passed = before.checked_sub(left).expect("it counts down");
            assert!(passed >= secs(1) && passed < millis(1_002), "{passed:?}");
            before = left;
        }
        assert!(cancel_timer(timer).is_some());
    }));
}

#[test]
fn timer_011_reading_and_cancelling_agree() {
    simulated(in_process(async |inbox: Inbox<u8>| {
        let timer = send_after(secs(1), inbox.this(), 1);
        sleep(millis(123)).await;
        let read = read_timer(&timer);
        assert_eq!(cancel_timer(timer.clone()), read);
        assert!(read.is_some());
        assert_eq!(read_timer(&timer), None);
    }));
}

/// Something whose copies can be counted.
fn payload() -> (Arc<()>, impl Fn() -> usize) {
    let payload = Arc::new(());
    let counted = Arc::clone(&payload);
    (payload, move || Arc::strong_count(&counted) - 1)
}

#[test]
fn timer_013_a_timer_for_the_dead_is_inert() {
    simulated(async {
        let (payload, copies) = payload();
        let timer = send_after(secs(10), dead().await, payload);
        assert_eq!(copies(), 0);
        assert_eq!(read_timer(&timer), None);
        assert_eq!(cancel_timer(timer), None);
    });
}

#[test]
fn timer_014_a_timer_whose_target_dies_is_gone() {
    simulated(async {
        let (own, copies_of_own) = payload();
        let (target, end) = spawn_monitor(async move |mut inbox: Inbox<Arc<()>>| {
            send_after(secs(10), inbox.this(), own);
            inbox.receive().await;
        });
        let (others, copies_of_others) = payload();
        let timer = send_after(secs(10), target, Arc::clone(&others));
        drop(others);
        settle().await;
        assert!(read_timer(&timer).is_some());
        assert_eq!((copies_of_own(), copies_of_others()), (1, 1));
        exit(target, ExitReason::Shutdown);
        end.await;
        assert_eq!(read_timer(&timer), None);
        assert_eq!(
            copies_of_own(),
            0,
            "what a process set for itself goes with it"
        );
        sleep(secs(11)).await;
        assert_eq!(
            copies_of_others(),
            0,
            "what another one set goes when it is due"
        );
        assert_eq!(cancel_timer(timer), None);
    });
}

#[test]
fn timer_015_cancelling_and_firing_free_a_timer() {
    simulated(in_process(async |mut inbox: Inbox<Arc<()>>| {
        let (payload, copies) = payload();
        let cancelled = send_after(secs(1), inbox.this(), Arc::clone(&payload));
        send_after(secs(1), inbox.this(), payload);
        assert_eq!(copies(), 2);
        assert!(cancel_timer(cancelled).is_some());
        assert_eq!(copies(), 1);
        inbox.receive().await;
        assert_eq!(copies(), 0);
    }));
}

#[test]
fn timer_016_two_hundred_timers_all_arrive() {
    let sizes = || (0..200).map(|number| number * number / 8);
    simulated(in_process(async move |mut inbox: Inbox<usize>| {
        let me = inbox.this();
        let receiver = |busy: bool| {
            spawn(async move |mut inbox: Inbox<Vec<u8>>| {
                loop {
                    match inbox.try_receive() {
                        Some(Received::Message(bytes)) => me.send(bytes.len()),
                        _ if busy => yield_now().await,
                        _ => regrow::process::hibernate().await,
                    }
                }
            })
        };
        let receivers = [receiver(true), receiver(false)];
        for (number, size) in sizes().enumerate() {
            for receiver in receivers {
                send_after(millis(number as u64 % 7), receiver, vec![1; size]);
            }
        }
        sleep(millis(20)).await;
        let mut arrived: Vec<usize> = rest(&mut inbox)
            .into_iter()
            .map(|received| match received {
                Received::Message(size) => size,
                _ => panic!("nothing else is sent"),
            })
            .collect();
        arrived.sort_unstable();
        let mut wanted: Vec<usize> = sizes().chain(sizes()).collect();
        wanted.sort_unstable();
        assert_eq!(arrived, wanted);
    }));
}

#[test]
fn timer_017_a_timer_for_a_name_looks_it_up_when_due() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let cancelled = send_after_named(millis(100), "clerk", 1_u8);
        send_after_named(millis(100), "clerk", 2_u8);
        send_after_named(millis(50), "clerk", 3_u8);
        assert!(read_timer(&cancelled).is_some());
        assert!(cancel_timer(cancelled).is_some());
        sleep(millis(60)).await;
        register("clerk", inbox.pid()).unwrap();
        sleep(millis(60)).await;
        assert_eq!(rest(&mut inbox), [Received::Message(2)]);
    }));
}

#[test]
fn timer_018_many_timers_of_one_instant_all_fire() {
    over_seeds(5, || {
        in_process(async |mut inbox: Inbox<u32>| {
            let at = now() + millis(100);
            for number in 0..3_000 {
                send_at(at, inbox.this(), number);
            }
            for number in 0..3_000 {
                assert_eq!(inbox.receive().await, Received::Message(number));
                assert!(now() >= at && now() - at < millis(200));
            }
        })
    });
}

/// Cancels timers of one instant at about that time; each is cancelled or fires.
async fn cancel_amid_the_firing(timers: u32, by_another: bool, rounds: u32) {
    in_process(async move |mut inbox: Inbox<u32>| {
        for round in 0..rounds {
            let at = now() + millis(4);
            let all: Vec<TimerRef> = (0..timers)
                .map(|number| send_at(at, inbox.this(), number))
                .collect();
            while now() < at {
                yield_now().await;
                if round % 2 == 0 && at - now() < millis(1) {
                    break;
                }
            }
            let cancelled = Arc::new(Mutex::new(Vec::new()));
            let outcome = Arc::clone(&cancelled);
            let cancel = move || {
                *outcome.lock() = all.into_iter().map(cancel_timer).collect();
            };
            if by_another {
                spawn_monitor(async move |_: Inbox<()>| cancel()).1.await;
            } else {
                cancel();
            }
            sleep(millis(2)).await;
            settle().await;
            let fired = rest(&mut inbox);
            for (number, cancelled) in (0..timers).zip(cancelled.lock().iter()) {
                let came = fired.contains(&Received::Message(number));
                assert_eq!(cancelled.is_none(), came, "timer {number}");
            }
        }
    })
    .await;
}

#[test]
fn timer_019_a_cancel_that_races_the_firing_has_one_outcome() {
    over_seeds(10, || cancel_amid_the_firing(100, false, 2));
    real(2, cancel_amid_the_firing(300, false, 10));
}

#[test]
fn timer_020_a_cancel_by_another_process_has_one_outcome() {
    over_seeds(10, || cancel_amid_the_firing(100, true, 2));
    real(2, cancel_amid_the_firing(300, true, 10));
}

#[test]
fn timer_021_the_timers_of_a_killed_process_are_released() {
    simulated(async {
        let (payload, copies) = payload();
        let (owner, end) = spawn_monitor(async move |inbox: Inbox<Arc<()>>| {
            for number in 0..5_000 {
                send_after(millis(1_000 + number), inbox.this(), Arc::clone(&payload));
            }
            drop(payload);
            forever(inbox).await;
        });
        settle().await;
        assert_eq!(copies(), 5_000);
        exit(owner, ExitReason::Kill);
        end.await;
        assert_eq!(copies(), 0);
    });
}

#[test]
fn timer_022_a_timer_can_be_set_for_a_point_in_time() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let begun = now();
        send_at(begun + secs(2), inbox.this(), 2);
        send_at(begun + secs(1), inbox.this(), 1);
        sleep(millis(500)).await;
        let passed = send_at(begun, inbox.this(), 0);
        assert_eq!(inbox.receive().await, Received::Message(0));
        assert!(
            begun.elapsed() < millis(502),
            "a time that has passed is due at once"
        );
        assert_eq!(read_timer(&passed), None);
        for number in [1, 2] {
            assert_eq!(inbox.receive().await, Received::Message(number));
            let took = begun.elapsed();
            let at = secs(number.into());
            assert!(took >= at && took < at + millis(2), "{took:?}");
        }
    }));
}

#[test]
fn timer_024_a_timer_outlives_its_maker() {
    simulated(in_process(async |mut inbox: Inbox<u8>| {
        let me = inbox.this();
        let timers = Arc::new(Mutex::new(Vec::new()));
        let made = Arc::clone(&timers);
        let (maker, end) = spawn_monitor(async move |_: Inbox<()>| {
            for number in 1..=2 {
                made.lock().push(send_after(secs(1), me, number));
            }
        });
        end.await;
        assert!(!is_alive(maker).await);
        let first = timers.lock().remove(0);
        assert!(cancel_timer(first).is_some());
        sleep(secs(2)).await;
        assert_eq!(rest(&mut inbox), [Received::Message(2)]);
    }));
}

#[test]
fn timer_025_a_timer_of_nothing_comes_after_a_message_sent_now() {
    over_seeds(10, || {
        in_process(async |mut inbox: Inbox<u8>| {
            send_after(Duration::ZERO, inbox.this(), 2);
            inbox.this().send(1);
            assert_eq!(inbox.receive().await, Received::Message(1));
            assert_eq!(inbox.receive().await, Received::Message(2));
        })
    });
}

#[test]
fn timer_026_equal_deadlines_fire_in_order() {
    over_seeds(10, || {
        in_process(async |mut inbox: Inbox<u32>| {
            let at = now() + secs(70);
            for number in 0..50 {
                send_at(at, inbox.this(), number);
                // Those that are set later come to the same slot by another way.
                sleep(secs(1)).await;
            }
            for number in 0..50 {
                assert_eq!(inbox.receive().await, Received::Message(number));
            }
        })
    });
}
