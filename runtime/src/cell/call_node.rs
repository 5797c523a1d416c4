//! Request and reply in one place, between two parties, or three.
//!
//! ```text
//!             answer, or drop         ┌──────────┐
//!   ┌─────────┐ ────────────────────▶ │ ANSWERED │ ── the caller takes the answer, frees
//!   │ waiting │ answer, by one half   ├──────────┤
//!   │         │ ────────────────────▶ │  SHARED  │ ── the caller takes the answer, goes
//!   └─────────┘                       └──────────┘
//!        │ caller drops               ┌──────────┐
//!        └──────────────────────────▶ │   GONE   │ ── the server's side drops what it has, frees
//!                                     └──────────┘
//! ```
//!
//! [`node`] makes two ends. The [`Answer`] goes with the request and is used up by answering; the
//! [`Awaited`] stays with the caller, who polls it or drops it. The node is freed by whichever party
//! comes second, so no count is needed. There is no channel and no monitor.
//!
//! While it waits, the node's word says who is to be woken: nobody yet, a process by its name, or a
//! [`Waker`] in a box. So a caller may be moved to another process, or be no process at all.
//!
//! An answer may be [split](Answer::split) into two halves of which either may give it, once: a
//! server that hands a request's address out still may have to answer itself. Whichever half is left
//! alone is the whole again; if one half has answered and the other is still there, the node stays
//! until that one goes too. A half that [hands over](Half::hand_over) says so to a caller that waits
//! by a waker in a box: it may want to know that nobody is at work on its request any more.
//!
//! The node also carries the time until which the caller waits, if that is of interest to the server.
//!
//! # Evidence
//!
//! `tests/loom_call.rs`: `the_reply_is_seen_whole`, `reply_and_drop_race_frees_once`,
//! `an_unanswered_call_comes_back_empty`, `a_caller_that_moves_is_woken`,
//! `two_halves_answer_once_and_free_once`, `a_half_that_hands_over_is_noticed`,
//! `a_half_that_goes_beside_the_other_leaves_it_whole`; the comment above each says what makes it fail.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::Waker;

use super::local_pid::LocalPid;
use super::waker;
use crate::memory::block_pool::{self, BLOCK_ALIGN, BLOCK_MAX, Class};
use crate::primitive::{
    AtomicPtr, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    UnsafeCell,
};

/// What the word of a node says. While the caller waits, whom to wake.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Word(*mut Waker);

impl Word {
    /// The caller has not said yet whom to wake.
    const NOBODY: Word = Word::plain(0);
    /// The server's side is done, and the node is the caller's.
    const ANSWERED: Word = Word::plain(0b0010);
    /// There is an answer, and a half that is not done.
    const SHARED: Word = Word::plain(0b0110);
    /// The caller is done, and the node is the server's side's.
    const GONE: Word = Word::plain(0b1010);

    /// Set in the words that name a process, below its pid.
    const PROCESS: usize = 0b01;
    /// Set in the words that name nobody who waits.
    const DONE: usize = 0b10;

    const fn plain(bits: usize) -> Word {
        Word(std::ptr::without_provenance_mut(bits))
    }

    /// Names a process.
    fn process(pid: LocalPid) -> Word {
        let bits = (pid.to_bits() as usize) << 2 | Word::PROCESS;
        Word(std::ptr::without_provenance_mut(bits))
    }

    /// Names whom this waker wakes.
    fn naming(waker: &Waker) -> Word {
        match waker::pid_of(waker) {
            Some(pid) => Word::process(pid),
            None => Word(Box::into_raw(Box::new(waker.clone()))),
        }
    }

    fn is_done(self) -> bool {
        self.0.addr() & Word::DONE != 0
    }

    /// Whom it names.
    ///
    /// # Safety
    ///
    /// The caller has taken the word out of its node, or never put it in.
    unsafe fn into_waker(self) -> Option<Waker> {
        let bits = self.0.addr();
        if bits & Word::DONE != 0 || self == Word::NOBODY {
            return None;
        }
        if bits & Word::PROCESS != 0 {
            return Some(waker::waker(LocalPid::from_bits(bits as u64 >> 2)));
        }
        // SAFETY: an untagged word is a box that whoever has the word owns.
        Some(*unsafe { Box::from_raw(self.0) })
    }
}

/// The shared part. `T` is the reply, or whatever stands for there being none.
struct Node<T> {
    word: AtomicPtr<Waker>,
    /// Ends on the server's side, whether one of two has answered, and whether one has handed over.
    halves: AtomicU32,
    /// Until when the caller waits; a number that the rooms above give meaning to, or 0.
    until: AtomicU64,
    answer: UnsafeCell<Option<T>>,
}

/// A half has answered, or is about to.
const GIVEN: u32 = 1 << 2;
/// The bits that count halves.
const COUNT: u32 = GIVEN - 1;
/// A half has handed over.
const HANDED: u32 = 1 << 3;

/// The server's end. Dropped unused, it answers nothing; see [`Answer::give`].
pub(crate) struct Answer<T>(NonNull<Node<T>>);

/// One of two server's ends.
pub(crate) struct Half<T>(NonNull<Node<T>>);

/// The caller's end.
pub(crate) struct Awaited<T>(NonNull<Node<T>>);

// SAFETY: the ends share the node by its words; a value crosses from one to the other once.
unsafe impl<T: Send> Send for Answer<T> {}
// SAFETY: a shared `Answer` can only be asked whether its caller is gone.
unsafe impl<T: Send> Sync for Answer<T> {}
// SAFETY: as for `Answer`.
unsafe impl<T: Send> Send for Half<T> {}
// SAFETY: as for `Answer`.
unsafe impl<T: Send> Sync for Half<T> {}
// SAFETY: as for `Answer`.
unsafe impl<T: Send> Send for Awaited<T> {}
// SAFETY: a shared `Awaited` gives out nothing.
unsafe impl<T: Send> Sync for Awaited<T> {}

impl<T> Node<T> {
    const POOLED: Option<Class> =
        if size_of::<Self>() <= BLOCK_MAX && align_of::<Self>() <= BLOCK_ALIGN {
            Class::of(size_of::<Self>())
        } else {
            None
        };

    /// A node in its place. It is made there: a copy of what was just written would wait for it.
    #[inline]
    fn allocate(word: Word) -> NonNull<Node<T>> {
        match Self::POOLED {
            Some(class) => {
                let block = block_pool::allocate(class).cast::<Node<T>>();
                // SAFETY: the block is ours, large and aligned enough.
                unsafe { block.write(Node::new(word)) };
                block
            }
            None => NonNull::from(Box::leak(Box::new(Node::new(word)))),
        }
    }

    #[inline]
    fn new(word: Word) -> Node<T> {
        Node {
            word: AtomicPtr::new(word.0),
            halves: AtomicU32::new(1),
            until: AtomicU64::new(0),
            answer: UnsafeCell::new(None),
        }
    }

    /// # Safety
    ///
    /// No end uses the node any more.
    unsafe fn free(node: NonNull<Node<T>>) {
        match Self::POOLED {
            Some(class) => {
                let block = FreeBlock(class, node.cast());
                // SAFETY: as the caller promises; the block is freed also if this panics.
                unsafe { node.drop_in_place() };
                drop(block);
            }
            // SAFETY: as the caller promises; it was leaked from a box.
            None => drop(unsafe { Box::from_raw(node.as_ptr()) }),
        }
    }

    fn word(&self) -> Word {
        // Acquire: whoever sees an answered word sees the answer.
        Word(self.word.load(Acquire))
    }

    fn swap(&self, word: Word) -> Word {
        // Release: the other party sees what was written. Acquire: if it has gone, we free after it.
        Word(self.word.swap(word.0, AcqRel))
    }

    fn exchange(&self, from: Word, to: Word) -> Result<(), Word> {
        let exchanged = self.word.compare_exchange(from.0, to.0, AcqRel, Acquire);
        exchanged.map(drop).map_err(Word)
    }
}

struct FreeBlock(Class, NonNull<u8>);

impl Drop for FreeBlock {
    fn drop(&mut self) {
        // SAFETY: the block was allocated with this class, and its value is gone.
        unsafe { block_pool::free(self.0, self.1) };
    }
}

/// Makes the two ends of one call. `caller` is the process that is woken by the answer, as long as
/// the caller's end does not say otherwise.
#[inline]
pub(crate) fn node<T: Send>(caller: Option<LocalPid>) -> (Answer<T>, Awaited<T>) {
    let node = Node::allocate(caller.map_or(Word::NOBODY, Word::process));
    (Answer(node), Awaited(node))
}

impl<T> Answer<T> {
    fn node(&self) -> &Node<T> {
        // SAFETY: the node is there until all ends are done with it.
        unsafe { self.0.as_ref() }
    }

    /// Gives the answer. Returns whom to wake; `None` also when the caller has gone.
    pub(crate) fn give(self, value: T) -> Option<Waker> {
        ManuallyDrop::new(self).finish(Some(value))
    }

    /// Gives up without an answer. Returns whom to wake, as [`give`](Self::give) does.
    pub(crate) fn drop_unanswered(self) -> Option<Waker> {
        ManuallyDrop::new(self).finish(None)
    }

    /// The end of this end, which is not used again.
    fn finish(&self, value: Option<T>) -> Option<Waker> {
        // SAFETY: until the word says answered the answer is the server's alone, and when the caller
        // has gone it stays so.
        self.node()
            .answer
            .with_mut(|answer| unsafe { *answer = value });
        let word = self.node().swap(Word::ANSWERED);
        if word == Word::GONE {
            // SAFETY: the caller is done with it, and so are we.
            unsafe { Node::free(self.0) };
        }
        // SAFETY: the word was taken out.
        unsafe { word.into_waker() }
    }

    /// Whether nobody waits for the answer any more.
    #[inline]
    pub(crate) fn is_unwanted(&self) -> bool {
        Word(self.node().word.load(Relaxed)) == Word::GONE
    }

    /// Until when the caller waits, or 0.
    #[inline]
    pub(crate) fn until(&self) -> u64 {
        // Written before the request was sent, which orders it before this.
        self.node().until.load(Relaxed)
    }

    /// Makes two ends of one, each of which may answer.
    #[inline]
    pub(crate) fn split(self) -> (Half<T>, Half<T>) {
        let this = ManuallyDrop::new(self);
        // Whoever moves a half to another thread orders this before anything done there.
        this.node().halves.store(2, Relaxed);
        (Half(this.0), Half(this.0))
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        // The rooms above answer before they drop an end. Should one be lost all the same, the
        // caller sees an answered node that holds nothing.
        drop(self.finish(None));
    }
}

/// What a half leaves behind that goes.
enum Left {
    /// The other half, which is the whole now.
    Other,
    /// The right to answer: the other half has gone without doing so.
    Right,
    /// Nothing to do: there was an answer.
    Nothing,
}

impl<T> Half<T> {
    fn node(&self) -> &Node<T> {
        // SAFETY: the node is there until all ends are done with it.
        unsafe { self.0.as_ref() }
    }

    /// The whole, of a half that is alone and has the right to answer.
    fn into_whole(self) -> Answer<T> {
        Answer(ManuallyDrop::new(self).0)
    }

    /// Gives the answer, unless the other half has. Returns whom to wake.
    pub(crate) fn give(self, value: T) -> Option<Waker> {
        // Acquire: pairs with the Release with which the other half went.
        let alone = self.node().halves.load(Acquire) & !HANDED == 1;
        let halves = if alone {
            1
        } else {
            self.node().halves.fetch_or(GIVEN, AcqRel)
        };
        if halves & !HANDED == 1 {
            return self.into_whole().give(value);
        }
        if halves & GIVEN != 0 {
            return None;
        }
        // SAFETY: only the half that set the flag touches the answer, before the word says so.
        self.node()
            .answer
            .with_mut(|answer| unsafe { *answer = Some(value) });
        let mut word = self.node().word();
        while word != Word::GONE {
            match self.node().exchange(word, Word::SHARED) {
                Ok(()) => break,
                Err(now) => word = now,
            }
        }
        // SAFETY: the word was taken out, or names nobody.
        unsafe { word.into_waker() }
    }

    /// Gives this half up. The answer comes back if the other half has gone without giving it.
    pub(crate) fn release(self) -> Option<Answer<T>> {
        let this = ManuallyDrop::new(self);
        match this.leave() {
            Left::Right => Some(Answer(this.0)),
            Left::Other | Left::Nothing => None,
        }
    }

    /// As [`release`](Self::release), by whoever has the other half too and is not using it: one
    /// process, in most calls. Saves an atomic operation on the way of every call.
    #[inline]
    pub(crate) fn release_beside(self) -> Option<Answer<T>> {
        let halves = &self.node().halves;
        let seen = halves.load(Acquire);
        if seen & !HANDED != 2 {
            return self.release();
        }
        // Nobody else changes the count: the halves are both here, and the caller only looks.
        halves.store(seen - 1, Release);
        let _gone = ManuallyDrop::new(self);
        None
    }

    /// Leaves the answer to the other half, wherever that is. The answer comes back if the other half
    /// has gone without giving it. Whoever is listening is to be told in either case: by the answer
    /// it is not any more.
    pub(crate) fn hand_over(self) -> (Option<Answer<T>>, Option<Waker>) {
        // Release: a caller that sees the flag has not to be told. Acquire: one that does not see it
        // has put its waker in, and that is seen below.
        self.node().halves.fetch_or(HANDED, AcqRel);
        let word = self.node().word();
        let is_boxed = word != Word::NOBODY && word.0.addr() & (Word::DONE | Word::PROCESS) == 0;
        let told = if is_boxed && self.node().exchange(word, Word::NOBODY).is_ok() {
            // SAFETY: the word was taken out.
            unsafe { word.into_waker() }
        } else {
            None
        };
        (self.release(), told)
    }

    /// The end of this half, which is not used again.
    fn leave(&self) -> Left {
        // Acquire: pairs with the Release with which the other half went.
        if self.node().halves.load(Acquire) & !HANDED == 1 {
            return Left::Right;
        }
        let halves = self.node().halves.fetch_sub(1, AcqRel);
        if halves & COUNT == 2 {
            return Left::Other;
        }
        if halves & GIVEN == 0 {
            return Left::Right;
        }
        if self.node().swap(Word::ANSWERED) == Word::GONE {
            // SAFETY: the caller is done with it, and so are both halves.
            unsafe { Node::free(self.0) };
        }
        Left::Nothing
    }
}

impl<T> Drop for Half<T> {
    fn drop(&mut self) {
        if let Left::Right = self.leave() {
            drop(Answer(self.0));
        }
    }
}

impl<T> Awaited<T> {
    fn node(&self) -> &Node<T> {
        // SAFETY: the node is there until all ends are done with it.
        unsafe { self.0.as_ref() }
    }

    /// Says whom the answer wakes from now on. `false`: there is one already.
    pub(crate) fn await_by(&mut self, waker: &Waker) -> bool {
        let wanted = Word::naming(waker);
        let mut word = self.node().word();
        while word != wanted {
            if word == Word::ANSWERED || word == Word::SHARED {
                // SAFETY: it was never put in.
                drop(unsafe { wanted.into_waker() });
                return false;
            }
            match self.node().exchange(word, wanted) {
                Ok(()) => {
                    // SAFETY: the word was taken out.
                    drop(unsafe { word.into_waker() });
                    return true;
                }
                Err(now) => word = now,
            }
        }
        true
    }

    /// Says until when the caller waits. Before the request is sent.
    pub(crate) fn set_until(&self, until: u64) {
        self.node().until.store(until, Relaxed);
    }

    /// Whether a half has handed over. If not, it will tell the waker that was put in before this.
    pub(crate) fn is_handed_over(&self) -> bool {
        // A write, so that this and the setting of the flag have an order, which theirs follow.
        self.node().halves.fetch_or(0, AcqRel) & HANDED != 0
    }

    /// Takes the answer. `Ok(None)`: the server's end was dropped without one.
    ///
    /// # Errors
    ///
    /// There is no answer yet.
    pub(crate) fn take(self) -> Result<Option<T>, Awaited<T>> {
        let word = self.node().word();
        if !word.is_done() {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: once there is an answer, it is the caller's alone.
        let answer = this
            .node()
            .answer
            .with_mut(|answer| unsafe { (*answer).take() });
        if word == Word::ANSWERED || this.node().exchange(Word::SHARED, Word::GONE).is_err() {
            // SAFETY: the server's side is done with it, and ours is now.
            unsafe { Node::free(this.0) };
        }
        Ok(answer)
    }
}

impl<T> Drop for Awaited<T> {
    fn drop(&mut self) {
        let mut word = self.node().word();
        while word != Word::ANSWERED {
            match self.node().exchange(word, Word::GONE) {
                Ok(()) => {
                    // SAFETY: the word was taken out.
                    drop(unsafe { word.into_waker() });
                    return;
                }
                Err(now) => word = now,
            }
        }
        // SAFETY: it was answered, so the node is the caller's alone.
        unsafe { Node::free(self.0) };
    }
}

impl<T> std::fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

impl<T> std::fmt::Debug for Half<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Half")
    }
}

impl<T> std::fmt::Debug for Awaited<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Awaited")
    }
}
