//! The mailbox word: nothing is lost, nothing happens twice, and nobody runs beside another.

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use loom::sync::{Arc, mpsc};
use loom::thread;

use super::Process;
use crate::cell::mailbox_word::{Park, Push};

/// Schedules the process if the push says so.
fn send(process: &Process, number: usize, signal: bool, schedule: &mpsc::Sender<()>) {
    match process.send(number, signal) {
        Push::Schedule => schedule.send(()).unwrap(),
        Push::Delivered => {}
        Push::Closed | Push::Full | Push::HandOver => {
            panic!("the process is open and without bound")
        }
    }
}

/// Runs the process whenever it is scheduled, until it has read so many letters.
fn run_until(process: &Process, scheduled: &mpsc::Receiver<()>, letters: usize) -> Vec<usize> {
    let mut read = Vec::new();
    while read.len() < letters {
        scheduled.recv().unwrap();
        process.run(&mut read);
    }
    read
}

// Fails, with a process that never runs again, if `transition_to_parked` stores the word instead of
// exchanging what it looked at.
#[test]
fn two_senders_lose_no_wake_up() {
    loom::model(|| {
        let process = Arc::new(Process::new(3, true));
        let (schedule, scheduled) = mpsc::channel();
        let first = {
            let (process, schedule) = (Arc::clone(&process), schedule.clone());
            thread::spawn(move || {
                send(&process, 1, false, &schedule);
                send(&process, 2, false, &schedule);
            })
        };
        let second = {
            let process = Arc::clone(&process);
            thread::spawn(move || send(&process, 3, false, &schedule))
        };
        let read = run_until(&process, &scheduled, 3);
        let place = |number| read.iter().position(|&text| text == number).unwrap();
        assert!(place(1) < place(2), "one sender's letters keep their order");
        assert!(place(3) < 3);
        first.join().unwrap();
        second.join().unwrap();
        assert_eq!(process.word.count(), 0);
    });
}

// Fails, with two that run it or with a lost count of runs, if the push that wakes leaves `PARKED`
// set, or if the swaps of `push` or `transition_to_parked` are relaxed.
#[test]
fn two_schedulers_never_run_one_process() {
    loom::model(|| {
        let process = Arc::new(Process::new(2, true));
        let send_and_run = |process: &Process, number| {
            if process.send(number, false) == Push::Schedule {
                return process.run(&mut Vec::new());
            }
            0
        };
        let other = {
            let process = Arc::clone(&process);
            thread::spawn(move || send_and_run(&process, 1))
        };
        let steps = send_and_run(&process, 2) + other.join().unwrap();
        assert!(process.word.is_parked());
        assert_eq!(process.steps.load(Relaxed), steps);
        assert_eq!(process.word.count(), 0);
    });
}

// Fails if a push clears `PARKED` of a deaf process for a message, or if `notify` does nothing when
// it finds `NOTIFIED` set.
#[test]
fn a_deaf_process_wakes_for_a_signal_only() {
    loom::model(|| {
        let process = Arc::new(Process::new(1, false));
        assert_eq!(process.word.transition_to_deaf(0), Park::Parked);
        let (schedule, scheduled) = mpsc::channel();
        let waker_wrote = Arc::new(AtomicBool::new(false));
        let sender = {
            let process = Arc::clone(&process);
            thread::spawn(move || process.send(1, false))
        };
        let waker = {
            let (process, wrote) = (Arc::clone(&process), Arc::clone(&waker_wrote));
            thread::spawn(move || {
                wrote.store(true, Relaxed);
                if process.word.notify() {
                    schedule.send(()).unwrap();
                }
            })
        };
        scheduled.recv().unwrap();
        process.touch();
        let mut read = Vec::new();
        assert!(process.drain(&mut read), "only a waker wakes it");
        assert!(waker_wrote.load(Relaxed));
        if process.park(read.len()) == Park::Changed {
            process.drain(&mut read);
        }
        let push = sender.join().unwrap();
        waker.join().unwrap();
        if read.is_empty() {
            assert_eq!(
                push,
                Push::Schedule,
                "it was listening when the letter came"
            );
        } else {
            assert_eq!((read, push), (vec![1], Push::Delivered));
        }
    });
}

// Fails, with a process that never runs again, if `transition_to_deaf` does not look at `SIGNAL`, or
// if the push of a signal heeds `DEAF`.
#[test]
fn a_signal_breaks_a_deaf_park() {
    loom::model(|| {
        let process = Arc::new(Process::new(2, false));
        let (schedule, scheduled) = mpsc::channel();
        let sender = {
            let process = Arc::clone(&process);
            thread::spawn(move || {
                send(&process, 1, false, &schedule);
                send(&process, 2, true, &schedule);
            })
        };
        // The process runs, and waits for something else; whenever the signal comes, it runs again.
        process.touch();
        if process.word.transition_to_deaf(0) == Park::Parked {
            scheduled.recv().unwrap();
            process.touch();
        }
        let mut read = Vec::new();
        process.drain(&mut read);
        assert_eq!(read, [1, 2]);
        sender.join().unwrap();
    });
}

// Fails if `notify` returns early when `NOTIFIED` is set already: the second waker's write is lost.
#[test]
fn every_waker_is_seen_by_the_next_poll() {
    loom::model(|| {
        let process = Arc::new(Process::new(0, false));
        let ready = Arc::new(AtomicUsize::new(0));
        let wakers: Vec<_> = (0..2)
            .map(|_| {
                let (process, ready) = (Arc::clone(&process), Arc::clone(&ready));
                thread::spawn(move || {
                    ready.fetch_add(1, Relaxed);
                    process.word.notify()
                })
            })
            .collect();
        let mut polls = 0;
        let mut seen = 0;
        let mut parked = false;
        // The owner's turns, until it parks for good.
        while !parked {
            process.drain(&mut Vec::new());
            polls += 1;
            seen = ready.load(Relaxed);
            parked = process.word.transition_to_deaf(0) == Park::Parked;
        }
        let woken: Vec<_> = wakers
            .into_iter()
            .map(|waker| waker.join().unwrap())
            .collect();
        assert!(polls <= 3);
        assert!(
            seen == 2 || woken.contains(&true),
            "a write was neither seen nor announced"
        );
    });
}

// Fails if `close` stores the word, or takes nothing out of it.
#[test]
fn close_hands_back_exactly_what_was_not_drained() {
    loom::model(|| {
        let process = Arc::new(Process::new(2, true));
        let (schedule, scheduled) = mpsc::channel();
        let senders: Vec<_> = [1, 2]
            .map(|number| {
                let (process, schedule) = (Arc::clone(&process), schedule.clone());
                thread::spawn(move || match process.send(number, false) {
                    Push::Schedule => {
                        schedule.send(()).unwrap();
                        1
                    }
                    Push::Delivered => 1,
                    Push::Closed => 0,
                    Push::Full | Push::HandOver => panic!("the process is without bound"),
                })
            })
            .into();
        scheduled.recv().unwrap();
        process.touch();
        let mut read = Vec::new();
        process.drain(&mut read);
        read.extend(process.read(process.word.close().unwrap()));
        let taken: usize = senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .sum();
        assert_eq!(read.len(), taken);
        assert!(process.word.is_closed());
        assert!(!process.word.notify());
    });
}

// Fails if the owner asks by a load and a store instead of an exchange, or if `close` does not look at
// `KNOWN`.
#[test]
fn who_refers_to_a_process_is_told_of_its_death() {
    loom::model(|| {
        let process = Arc::new(Process::new(0, false));
        let registrar = {
            let process = Arc::clone(&process);
            thread::spawn(move || process.word.set_known())
        };
        let mut told = u8::from(process.word.take_known());
        while process.word.close().is_none() {
            told += u8::from(process.word.take_known());
        }
        assert_eq!(told, u8::from(registrar.join().unwrap()));
    });
}

// Fails if what came meanwhile is put before what was drained first. A list that is too long is
// turned round in pieces, between which senders go on.
#[test]
fn a_list_that_is_still_turned_round_is_older_than_what_comes() {
    loom::model(|| {
        let process = Arc::new(Process::new(3, false));
        let sender = {
            let process = Arc::clone(&process);
            thread::spawn(move || {
                for number in 1..=3 {
                    assert_eq!(process.send(number, false), Push::Delivered);
                }
            })
        };
        let first = process.word.drain().newest;
        thread::yield_now();
        let mut read = process.read(first);
        process.drain(&mut read);
        sender.join().unwrap();
        process.drain(&mut read);
        assert_eq!(read, [1, 2, 3]);
    });
}
