//! The call node: the reply arrives whole or not at all, and the last party frees it.

use std::task::{Wake, Waker};

use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::cell::call_node::{Answer, Awaited, Half, node};

/// A reply that counts its drops.
struct Reply {
    text: u32,
    drops: Arc<AtomicUsize>,
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Relaxed);
    }
}

// Fails, with loom's cell accessed by two at once, if the swap of `give` or the load of
// `is_answered` is relaxed.
#[test]
fn the_reply_is_seen_whole() {
    loom::model(|| {
        let (answer, mut awaited) = node::<u32>(None);
        let server = thread::spawn(move || {
            assert!(answer.give(42).is_none(), "the caller is no process");
        });
        let reply = loop {
            match awaited.take() {
                Ok(reply) => break reply,
                Err(again) => awaited = again,
            }
            thread::yield_now();
        };
        assert_eq!(reply, Some(42));
        server.join().unwrap();
    });
}

/// The caller looks once, and gives up if there is no reply yet.
fn look_once(awaited: Awaited<Reply>) -> Option<u32> {
    match awaited.take() {
        Ok(reply) => reply.map(|reply| reply.text),
        Err(awaited) => {
            drop(awaited);
            None
        }
    }
}

// Fails, with a reply that is never dropped or dropped twice, if the caller's drop stores `GONE`
// instead of exchanging it for `PENDING`, or if `give` does not look whether the caller has gone.
#[test]
fn reply_and_drop_race_frees_once() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (answer, awaited) = node::<Reply>(None);
        let server = {
            let drops = Arc::clone(&drops);
            thread::spawn(move || {
                answer.give(Reply { text: 42, drops });
            })
        };
        let reply = look_once(awaited);
        server.join().unwrap();
        assert!(reply.is_none_or(|text| text == 42));
        assert_eq!(drops.load(Relaxed), 1);
        assert_eq!(Arc::strong_count(&drops), 1, "the node holds on to nothing");
    });
}

// Fails, with a caller that waits for ever, if a dropped answer does not mark the node as answered.
#[test]
fn an_unanswered_call_comes_back_empty() {
    loom::model(|| {
        let (answer, mut awaited) = node::<u32>(None);
        let server = thread::spawn(move || {
            assert!(answer.drop_unanswered().is_none());
        });
        let reply = loop {
            match awaited.take() {
                Ok(reply) => break reply,
                Err(again) => awaited = again,
            }
            thread::yield_now();
        };
        assert_eq!(reply, None);
        server.join().unwrap();
    });
}

/// A caller that is no process.
struct Caller(Arc<Notify>);

impl Wake for Caller {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.notify();
    }
}

// Fails, with a caller that waits for ever, if `await_by` returns true without having put the waker
// in, or if `finish` stores the word instead of swapping it.
#[test]
fn a_caller_that_moves_is_woken() {
    loom::model(|| {
        let (answer, mut awaited) = node::<u32>(None);
        let server = thread::spawn(move || {
            if let Some(waker) = answer.give(42) {
                waker.wake();
            }
        });
        let woken = Arc::new(Notify::new());
        let waker = Waker::from(std::sync::Arc::new(Caller(Arc::clone(&woken))));
        let reply = loop {
            match awaited.take() {
                Ok(reply) => break reply,
                Err(again) => awaited = again,
            }
            if awaited.await_by(&waker) {
                woken.wait();
            }
        };
        assert_eq!(reply, Some(42));
        server.join().unwrap();
    });
}

/// Gives an answer by one half, or lets it go.
fn end_half(half: Half<Reply>, reply: Option<Reply>) {
    match reply {
        Some(reply) => drop(half.give(reply)),
        None => drop(half.release().map(Answer::drop_unanswered)),
    }
}

// Fails, with a reply that is dropped twice, if `Half::give` does not set `GIVEN`; with one that is
// never dropped if `leave` does not free after the caller, or if the caller frees a shared node.
#[test]
fn two_halves_answer_once_and_free_once() {
    for second_answers in [true, false] {
        loom::model(move || {
            let drops = Arc::new(AtomicUsize::new(0));
            let reply = |text| Reply {
                text,
                drops: Arc::clone(&drops),
            };
            let (answer, awaited) = node::<Reply>(None);
            let (one, other) = answer.split();
            let replies = (reply(1), second_answers.then(|| reply(2)));
            let server = thread::spawn(move || end_half(one, Some(replies.0)));
            let deputy = thread::spawn(move || end_half(other, replies.1));
            let seen = look_once(awaited);
            server.join().unwrap();
            deputy.join().unwrap();
            assert!(seen.is_none_or(|text| text == 1 || (text == 2 && second_answers)));
            assert_eq!(drops.load(Relaxed), 1 + usize::from(second_answers));
            assert_eq!(Arc::strong_count(&drops), 1, "the node holds on to nothing");
        });
    }
}

/// A caller that is told, and gets no reply.
struct Told(AtomicUsize);

impl Wake for Told {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

// Fails, with a caller that neither sees the flag nor is told, if `hand_over` sets the flag after it
// has looked for a waker, or if `is_handed_over` only loads.
#[test]
fn a_half_that_hands_over_is_noticed() {
    loom::model(|| {
        let (answer, mut awaited) = node::<u32>(None);
        let (own, other) = answer.split();
        let server = thread::spawn(move || {
            if let (_, Some(waker)) = own.hand_over() {
                waker.wake();
            }
        });
        let told = std::sync::Arc::new(Told(AtomicUsize::new(0)));
        let waker = Waker::from(std::sync::Arc::clone(&told));
        assert!(awaited.await_by(&waker), "nobody replies");
        let seen = awaited.is_handed_over();
        server.join().unwrap();
        assert!(seen || told.0.load(Relaxed) == 1);
        drop(other);
        drop(awaited);
    });
}

// Fails, with a reply that is dropped twice or never, if `release_beside` leaves the count as it is,
// or takes its short way when the other half is gone.
#[test]
fn a_half_that_goes_beside_the_other_leaves_it_whole() {
    for other_goes_first in [true, false] {
        loom::model(move || {
            let drops = Arc::new(AtomicUsize::new(0));
            let reply = Reply {
                text: 1,
                drops: Arc::clone(&drops),
            };
            let (answer, awaited) = node::<Reply>(None);
            let server = thread::spawn(move || {
                let (own, other) = answer.split();
                if other_goes_first {
                    assert!(other.release_beside().is_none(), "there is another half");
                    drop(own.give(reply));
                } else {
                    drop(own);
                    let whole = other.release_beside().expect("the right is left");
                    drop(whole.give(reply));
                }
            });
            let seen = look_once(awaited);
            server.join().unwrap();
            assert!(seen.is_none_or(|text| text == 1));
            assert_eq!(drops.load(Relaxed), 1);
            assert_eq!(Arc::strong_count(&drops), 1, "the node holds on to nothing");
        });
    }
}
