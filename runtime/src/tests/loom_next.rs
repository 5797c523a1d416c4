//! The next place: what the owner puts in is taken once, and seen as it was written.

use std::num::NonZero;
use std::ptr::NonNull;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

use crate::cell::next_pointer::NextPointer;

/// Entries, by number from 1, and the place that the numbers lie in, as addresses.
struct Entries {
    place: NextPointer<AtomicUsize>,
    written: Vec<AtomicUsize>,
}

impl Entries {
    fn new(count: usize) -> Arc<Entries> {
        let written = (0..=count).map(|_| AtomicUsize::new(0)).collect();
        let place = NextPointer::new();
        Arc::new(Entries { place, written })
    }

    /// As the owner: writes an entry and puts it in. Returns what was there.
    fn replace(&self, number: usize) -> Option<usize> {
        self.written[number].store(number, Relaxed);
        let entry = NonNull::without_provenance(NonZero::new(number).unwrap());
        self.place.replace(entry).map(|entry| entry.addr().get())
    }

    /// As anybody: takes an entry out, and looks whether it was written.
    fn take(&self) -> Option<usize> {
        let number = self.place.take()?.addr().get();
        assert_eq!(
            self.written[number].load(Relaxed),
            number,
            "it is seen as it was written"
        );
        Some(number)
    }
}

#[test]
fn every_entry_is_taken_once() {
    loom::model(|| {
        let entries = Entries::new(3);
        let thieves: Vec<_> = (0..2)
            .map(|_| {
                let entries = Arc::clone(&entries);
                thread::spawn(move || entries.take())
            })
            .collect();
        let mut taken: Vec<usize> = (1..=3)
            .filter_map(|number| entries.replace(number))
            .collect();
        taken.extend(entries.take());
        taken.extend(
            thieves
                .into_iter()
                .filter_map(|thief| thief.join().unwrap()),
        );
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3]);
        assert!(entries.place.is_empty());
    });
}

#[test]
fn a_thief_sees_what_the_owner_wrote() {
    loom::model(|| {
        let entries = Entries::new(2);
        let thief = {
            let entries = Arc::clone(&entries);
            thread::spawn(move || entries.take())
        };
        let displaced = entries.replace(1);
        assert_eq!(displaced, None);
        let displaced = entries.replace(2);
        let stolen = thief.join().unwrap();
        let left = entries.take();
        assert!(left == Some(2) || stolen == Some(2));
        assert!(displaced == Some(1) || stolen == Some(1));
    });
}
