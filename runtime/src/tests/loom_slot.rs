//! Birth and death of names in one slot, under the eyes of those who know the old name.

use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use loom::sync::{Arc, RwLock};
use loom::thread;

use super::Process;
use crate::cell::life;
use crate::cell::mailbox_word::Push;

/// A slot. Senders share the lock while they work by a name; who has had it alone since a death
/// knows that all of them have gone, as after an epoch's grace period.
struct Slot {
    process: Process,
    generation: AtomicU32,
    /// What only owners write and read: the rest of the header.
    header: AtomicUsize,
    guard: RwLock<()>,
}

impl Slot {
    /// The slot of a process with the name `name`, which runs.
    fn new(name: u32) -> Arc<Slot> {
        let slot = Slot {
            process: Process::new(2, false),
            generation: AtomicU32::new(0),
            header: AtomicUsize::new(0),
            guard: RwLock::new(()),
        };
        life::begin(&slot.process.word, &slot.generation, name);
        Arc::new(slot)
    }

    /// Sends by a name. `None`: nobody has it.
    fn send(&self, name: u32, number: usize) -> Option<Push> {
        let guard = self.guard.read().unwrap();
        let push = life::answers_to(&self.generation, name)
            .then(|| self.process.send(number, false))
            .filter(|&push| push != Push::Closed);
        drop(guard);
        push
    }

    /// Ends the life of the present name. Returns what was left for it.
    fn end(&self) -> Vec<usize> {
        let newest = life::end(&self.process.word, &self.generation).unwrap();
        self.process.read(newest)
    }

    fn await_grace_period(&self) {
        drop(self.guard.write().unwrap());
    }

    /// Begins another life in the slot.
    fn begin(&self) -> u32 {
        let name = self.generation.load(Relaxed);
        self.header.store(name as usize, Relaxed);
        life::begin(&self.process.word, &self.generation, name);
        name
    }
}

#[test]
fn a_stale_name_reaches_no_namesake() {
    loom::model(|| {
        let slot = Slot::new(1);
        let sender = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.send(1, 1))
        };
        let left = slot.end();
        slot.await_grace_period();
        assert_eq!(slot.begin(), 2);
        let mut read = Vec::new();
        slot.process.drain(&mut read);
        assert_eq!(sender.join().unwrap().is_some(), left == [1]);
        slot.process.drain(&mut read);
        assert!(read.is_empty(), "the namesake got {read:?}");
    });
}

#[test]
fn the_dead_lose_no_envelope() {
    loom::model(|| {
        let slot = Slot::new(1);
        let sender = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || (1..=2).filter_map(|number| slot.send(1, number)).count())
        };
        let mut left = Vec::new();
        slot.process.drain(&mut left);
        left.extend(slot.end());
        assert_eq!(left.len(), sender.join().unwrap());
    });
}

// The name is told to the other thread without any order, which no code of ours does: whatever it
// does by the name still finds the header written.
#[test]
fn a_name_is_found_with_its_header() {
    loom::model(|| {
        let slot = Slot::new(1);
        let told = Arc::new(AtomicU32::new(0));
        let sender = {
            let (slot, told) = (Arc::clone(&slot), Arc::clone(&told));
            thread::spawn(move || {
                let name = told.load(Relaxed);
                if name != 0 && slot.send(name, 1).is_some() {
                    assert_eq!(slot.header.load(Relaxed), name as usize);
                }
            })
        };
        assert!(slot.end().is_empty());
        slot.await_grace_period();
        told.store(slot.begin(), Relaxed);
        sender.join().unwrap();
    });
}
