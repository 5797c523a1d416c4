//! The poller's word: whoever notifies ends the wait, and what was written before is seen after it.

use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use crate::io::wait_word::{TransitionToNotified, TransitionToWaiting, WaitWord};

/// A poller whose only event is the interruption of a wait.
struct Poller {
    word: WaitWord,
    interrupted: Mutex<bool>,
    changed: Condvar,
    /// What the notifiers do before they notify, without any order of its own.
    done: [AtomicUsize; 2],
}

impl Poller {
    fn notify(&self) {
        if self.word.transition_to_notified() == TransitionToNotified::Interrupt {
            *self.interrupted.lock().unwrap() = true;
            self.changed.notify_one();
        }
    }

    /// As the system's selector: an interruption lies there until a poll takes it.
    fn select(&self, waits: bool) {
        let mut interrupted = self.interrupted.lock().unwrap();
        while waits && !*interrupted {
            interrupted = self.changed.wait(interrupted).unwrap();
        }
        *interrupted = false;
    }

    fn poll(&self) {
        match self.word.transition_to_waiting() {
            TransitionToWaiting::Wait => {
                self.select(true);
                self.word.transition_to_idle();
            }
            TransitionToWaiting::Notified => self.select(false),
        }
    }

    fn all_is_done(&self) -> bool {
        self.done.iter().all(|done| done.load(Relaxed) == 1)
    }
}

// Fails, with a thread that waits for ever, if `transition_to_notified` notifies only from `WAITING`,
// or if `transition_to_idle` is a store.
#[test]
fn a_notification_ends_the_wait_and_shows_what_came_before_it() {
    loom::model(|| {
        let poller = Arc::new(Poller {
            word: WaitWord::new(),
            interrupted: Mutex::new(false),
            changed: Condvar::new(),
            done: [AtomicUsize::new(0), AtomicUsize::new(0)],
        });
        let notifiers = [0, 1].map(|number| {
            let poller = Arc::clone(&poller);
            thread::spawn(move || {
                poller.done[number].store(1, Relaxed);
                poller.notify();
            })
        });
        while !poller.all_is_done() {
            poller.poll();
        }
        for notifier in notifiers {
            notifier.join().unwrap();
        }
    });
}
