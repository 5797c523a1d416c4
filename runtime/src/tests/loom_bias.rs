//! The bias of a lock: those who read without the lock and one who writes are never there at once,
//! and a reader sees what was written last.

use loom::cell::UnsafeCell;
use loom::sync::{Arc, RwLock};
use loom::thread;

use crate::memory::bias::{Bias, Line};

/// A lock with a bias, and lines for so many threads. Loom complains about an access to the value
/// that does not come wholly before or after a writing, in the order that the code itself makes.
struct Guarded {
    lock: RwLock<()>,
    bias: Bias,
    lines: Vec<Line>,
    value: UnsafeCell<usize>,
}

impl Guarded {
    fn new(threads: usize) -> Arc<Guarded> {
        Arc::new(Guarded {
            lock: RwLock::new(()),
            bias: Bias::new(),
            lines: (0..threads).map(|_| Line::new()).collect(),
            value: UnsafeCell::new(0),
        })
    }

    /// As the thread with this line. `true`: it did without the lock.
    fn read(&self, line: usize) -> bool {
        let line = &self.lines[line];
        if self.bias.enter(line) {
            self.value.with(|_| ());
            line.clear();
            return true;
        }
        let guard = self.lock.read().unwrap();
        self.bias.note_reading();
        self.value.with(|_| ());
        drop(guard);
        false
    }

    fn write(&self) {
        let guard = self.lock.write().unwrap();
        self.bias.revoke(|| &self.lines);
        self.value.with_mut(|_| ());
        drop(guard);
    }
}

#[test]
fn a_writer_waits_for_those_who_read_by_the_bias() {
    loom::model(|| {
        let guarded = Guarded::new(2);
        assert!(!guarded.read(0), "at first there is no bias");
        assert!(guarded.read(0), "one reading is enough here");
        let reader = {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || {
                guarded.read(1);
            })
        };
        guarded.write();
        reader.join().unwrap();
    });
}

#[test]
fn a_bias_that_is_given_anew_shows_what_was_written() {
    loom::model(|| {
        let guarded = Guarded::new(2);
        let writer = {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || {
                guarded.write();
                guarded.write();
            })
        };
        let reader = {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || {
                guarded.read(1);
                guarded.read(1);
            })
        };
        guarded.read(0);
        writer.join().unwrap();
        reader.join().unwrap();
    });
}
