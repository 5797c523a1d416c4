//! Models of the lock-free code, for loom: it runs each under every order of steps that the memory
//! model allows, up to a number of pre-emptions.
//!
//! ```text
//! RUSTFLAGS="--cfg regrow_loom" LOOM_MAX_PREEMPTIONS=2 cargo test -p regrow-runtime --lib --release loom
//! ```
//!
//! The models run the code itself: mailbox word, call node, next place, idle word, keeper, the
//! poller's word, a lock's bias, and the birth and death of names. What surrounds it is cut down to
//! what the question needs: envelopes are numbered letters, run queues a channel, a grace period a
//! lock that senders share.
//!
//! Data that the code under test is to protect is kept in atomics that are accessed without any
//! order. Where the order that the code promises is missing, loom returns old values of them, and
//! two that touch them at once lose an update.
//!
//! Not modelled: what lies behind locks (the wheels, the heaps' lists, the block pool's depot) and
//! what one thread does alone (turning a list round); crossbeam's queues and epochs, which are its
//! own to check.

mod loom_bias;
mod loom_call;
mod loom_mailbox;
mod loom_next;
mod loom_poller;
mod loom_sleep;
mod loom_slot;

use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::cell::mailbox_word::{COUNT_MAX, Drained, MailboxWord, Park, Push};

/// An envelope: its number times this stands for its address.
const LETTER_SIZE: usize = 16;

/// What a sender writes and the owner reads.
#[derive(Debug, Default)]
struct Letter {
    older: AtomicUsize,
    text: AtomicUsize,
}

/// A process, to those who send to it and to the one who runs it.
#[derive(Debug)]
struct Process {
    word: MailboxWord,
    letters: Vec<Letter>,
    /// The letter that was put into the owner's queue by its sender, or 0.
    handed_over: AtomicUsize,
    /// How many steps its runs have taken.
    steps: AtomicUsize,
}

impl Process {
    /// A process for `letters` letters, with the numbers from 1.
    fn new(letters: usize, parked: bool) -> Process {
        let word = MailboxWord::new();
        if !parked {
            word.open();
        }
        Process {
            word,
            letters: (0..=letters).map(|_| Letter::default()).collect(),
            handed_over: AtomicUsize::new(0),
            steps: AtomicUsize::new(0),
        }
    }

    /// Sends the letter of this number, with its number as the text. What is left to do with a
    /// process that it wakes is to schedule it.
    fn send(&self, number: usize, signal: bool) -> Push {
        let letter = &self.letters[number];
        letter.text.store(number, Relaxed);
        let push = self
            .word
            .push(number * LETTER_SIZE, signal, COUNT_MAX, |older| {
                letter.older.store(older, Relaxed);
            });
        if push != Push::HandOver {
            return push;
        }
        assert_eq!(
            self.handed_over.load(Relaxed),
            0,
            "the queue is the owner's"
        );
        self.handed_over.store(number, Relaxed);
        Push::Schedule
    }

    /// Takes a step in a run. Two at once, or one that does not see the last one's, lose a count.
    fn touch(&self) {
        assert!(!self.word.is_parked(), "it runs while it is parked");
        self.steps.store(self.steps.load(Relaxed) + 1, Relaxed);
    }

    /// The texts of a list, oldest first.
    fn read(&self, newest: usize) -> Vec<usize> {
        let mut texts = Vec::new();
        let mut at = newest / LETTER_SIZE;
        while at != 0 {
            texts.push(self.letters[at].text.load(Relaxed));
            at = self.letters[at].older.load(Relaxed) / LETTER_SIZE;
        }
        texts.reverse();
        texts
    }

    /// Takes what its sender put into the queue.
    fn take_handed_over(&self, into: &mut Vec<usize>) {
        let number = self.handed_over.load(Relaxed);
        if number != 0 {
            self.handed_over.store(0, Relaxed);
            into.push(self.letters[number].text.load(Relaxed));
        }
    }

    /// Takes in what came. Returns whether a waker fired.
    fn drain(&self, into: &mut Vec<usize>) -> bool {
        let Drained {
            newest, notified, ..
        } = self.word.drain();
        self.take_handed_over(into);
        into.extend(self.read(newest));
        notified
    }

    /// Parks, having read `consumed` letters and left none.
    fn park(&self, consumed: usize) -> Park {
        self.word.transition_to_parked(consumed.cast_signed(), true)
    }

    /// Runs until there is nothing more to do. Returns how many steps that took.
    fn run(&self, into: &mut Vec<usize>) -> usize {
        let mut steps = 0;
        loop {
            self.touch();
            self.drain(into);
            self.touch();
            steps += 2;
            if self.park(into.len()) == Park::Parked {
                return steps;
            }
        }
    }
}
