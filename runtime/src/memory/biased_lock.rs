//! A reader-writer lock for what is looked at far more often than changed: while nobody writes, a
//! reader writes nothing that another thread looks at.
//!
//! An ordinary lock counts its readers, so that each of them writes to the same word: sixty-four
//! cores that look things up in one table spend their time handing that word round. Here, after some
//! thousand readings without a writing, readers only show on their own thread's line what they read.
//! The next writer takes that bias away again, which costs it some microseconds, and readers take the
//! lock as usual until it is given anew. (The idea is that of BRAVO, Dice and Kogan 2019, with a line
//! for each thread in place of a common table of readers.)

use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::ops::{Deref, DerefMut};

use crossbeam_utils::CachePadded;
use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::bias::{Bias, Line};

type PaddedLine = CachePadded<Line>;

/// The lines of all threads that ever read.
static LINES: RwLock<Vec<&'static PaddedLine>> = RwLock::new(Vec::new());
/// Those of threads that have ended.
static FREE: Mutex<Vec<&'static PaddedLine>> = Mutex::new(Vec::new());

thread_local! {
    /// This thread's line, once it has one and until it ends.
    static LINE: Cell<Option<&'static Line>> = const { Cell::new(None) };
    static CLAIM: Claim = Claim::new();
}

/// A thread's right to its line.
struct Claim(&'static PaddedLine);

impl Claim {
    fn new() -> Claim {
        let free = FREE.lock().pop();
        Claim(free.unwrap_or_else(|| {
            let line: &'static PaddedLine = Box::leak(Box::new(CachePadded::new(Line::new())));
            LINES.write().push(line);
            line
        }))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        LINE.set(None);
        FREE.lock().push(self.0);
    }
}

/// This thread's line. `None`: the thread is ending.
#[inline]
fn line() -> Option<&'static Line> {
    LINE.get().or_else(claim_line)
}

#[cold]
fn claim_line() -> Option<&'static Line> {
    let line: &'static Line = CLAIM.try_with(|claim| claim.0).ok()?;
    LINE.set(Some(line));
    Some(line)
}

/// See the module's head. As with any such lock, a thread that reads and wants to write, or to read
/// once more while another waits to write, waits for itself.
pub struct BiasedRwLock<T> {
    bias: Bias,
    lock: RwLock<()>,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through guards alone. Those for reading give out `&T` on several
// threads at once, which needs `T: Sync`; those for writing are alone, and may take the value to
// another thread, which needs `T: Send`.
unsafe impl<T: Send + Sync> Sync for BiasedRwLock<T> {}

impl<T> BiasedRwLock<T> {
    /// A lock around a value.
    pub fn new(value: T) -> BiasedRwLock<T> {
        BiasedRwLock {
            bias: Bias::new(),
            lock: RwLock::new(()),
            value: UnsafeCell::new(value),
        }
    }

    /// Waits until nobody writes, and keeps it so.
    #[inline]
    pub fn read(&self) -> ReadGuard<'_, T> {
        if let Some(line) = line()
            && self.bias.enter(line)
        {
            return ReadGuard {
                lock: self,
                hold: Hold::Line(line),
            };
        }
        self.read_slowly()
    }

    #[cold]
    fn read_slowly(&self) -> ReadGuard<'_, T> {
        let guard = self.lock.read();
        self.bias.note_reading();
        ReadGuard {
            lock: self,
            hold: Hold::Lock(guard),
        }
    }

    /// Waits until nobody reads or writes, and keeps it so.
    pub fn write(&self) -> WriteGuard<'_, T> {
        let hold = self.lock.write();
        self.bias.revoke(|| {
            let lines = LINES.read();
            lines.iter().map(|line| &***line).collect::<Vec<&Line>>()
        });
        WriteGuard {
            lock: self,
            _hold: hold,
        }
    }
}

impl<T: Default> Default for BiasedRwLock<T> {
    fn default() -> BiasedRwLock<T> {
        BiasedRwLock::new(T::default())
    }
}

impl<T> fmt::Debug for BiasedRwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BiasedRwLock").finish_non_exhaustive()
    }
}

/// The right to look at the value. It is to be dropped, not forgotten: a writer waits for it for ever.
pub struct ReadGuard<'a, T> {
    lock: &'a BiasedRwLock<T>,
    hold: Hold<'a>,
}

/// What keeps writers out.
enum Hold<'a> {
    Line(&'static Line),
    Lock(#[expect(dead_code, reason = "its drop is what counts")] RwLockReadGuard<'a, ()>),
}

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: nobody writes while the guard lives: a writer waits for the lock, or for the line.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Hold::Line(line) = self.hold {
            line.clear();
        }
    }
}

impl<T> fmt::Debug for ReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadGuard").finish_non_exhaustive()
    }
}

/// The right to change the value.
pub struct WriteGuard<'a, T> {
    lock: &'a BiasedRwLock<T>,
    _hold: RwLockWriteGuard<'a, ()>,
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: nobody else reads or writes while the guard lives: it holds the lock, and those who
        // read without it were waited for.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> fmt::Debug for WriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteGuard").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "biased_lock_tests.rs"]
mod tests;
