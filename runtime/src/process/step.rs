//! One turn of a process: receive signals, run, and then wait, go on later, or die.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::death::{self, Doom};
use super::exit_reason::ExitReason;
use super::{flag, mailbox, reception};
use crate::cell::{Envelope, LocalPid, Owned, Running, Turn};
use crate::primitive::unwind::drop_payload;
use crate::scheduler::{After, Local, coop, with_local};

struct State {
    /// Messages read since the process's count was last corrected, less those that came in
    /// without being counted.
    consumed: Cell<isize>,
    /// Whether the process waits for messages, among other things.
    listening: Cell<bool>,
    /// Whether there is a doom.
    doomed: Cell<bool>,
}

thread_local! {
    static STATE: State =
        const {
            State {
                consumed: Cell::new(0),
                listening: Cell::new(false),
                doomed: Cell::new(false),
            }
        };
    /// Why the process that runs has ended, or has to.
    static DOOM: Cell<Option<Doom>> = const { Cell::new(None) };
}

/// Unwinds a process that ends itself in the middle of something.
struct ExitNow(ExitReason);

/// Calls `f` with the process that runs.
///
/// # Panics
///
/// If none does.
#[track_caller]
#[inline]
pub(crate) fn current<R>(f: impl FnOnce(Running<'_>) -> R) -> R {
    match crate::cell::with_current(f) {
        Some(result) => result,
        None => not_a_process(),
    }
}

/// The name of the process that runs.
///
/// # Panics
///
/// If none does.
#[track_caller]
#[inline]
pub(crate) fn current_pid() -> LocalPid {
    match crate::cell::current_pid() {
        Some(pid) => pid,
        None => not_a_process(),
    }
}

#[cold]
#[track_caller]
fn not_a_process() -> ! {
    panic!(
        "this can only be done by a process: spawn one, or use `Runtime::block_on`; \
         a test is one under `#[regrow::test]`"
    );
}

/// A message was read.
#[inline]
pub(crate) fn count_read() {
    STATE.with(|state| state.consumed.set(state.consumed.get() + 1));
}

/// A message came in that its sender did not count.
pub(crate) fn count_arrived() {
    STATE.with(|state| state.consumed.set(state.consumed.get() - 1));
}

/// Messages read and not yet taken off the count, for a caller that corrects it.
pub(crate) fn take_uncorrected() -> isize {
    let messages = STATE.with(|state| state.consumed.take());
    with_local(|local| count_received(local, messages));
    messages
}

/// The process waits for messages too.
#[inline]
pub(crate) fn listen() {
    STATE.with(|state| state.listening.set(true));
}

/// The process that runs has ended for this reason, unless a signal that it received has ended it
/// before.
pub(crate) fn end(reason: ExitReason) {
    let doom = DOOM.take();
    set_doom(doom.unwrap_or_else(|| Doom::by_itself(reason)));
}

/// The process that runs was sent this end. What came in after it is left for the dead.
pub(crate) fn doom(reason: ExitReason) {
    if !is_doomed() {
        set_doom(Doom::by_signal(reason));
    }
}

fn set_doom(doom: Doom) {
    STATE.with(|state| state.doomed.set(true));
    DOOM.set(Some(doom));
}

/// Takes what the process has ended with.
fn take_doom() -> Doom {
    STATE.with(|state| state.doomed.set(false));
    DOOM.take()
        .unwrap_or_else(|| Doom::by_itself(ExitReason::Normal))
}

/// Something came in after the end.
pub(crate) fn leave_for_the_dead(envelope: Envelope) {
    let mut doom = DOOM.take();
    if let Some(doom) = &mut doom {
        doom.leftovers.push_back(envelope);
    }
    DOOM.set(doom);
}

/// Whether the process that runs has to end.
pub(crate) fn is_doomed() -> bool {
    STATE.with(|state| state.doomed.get())
}

/// Leaves the code of a process that has to end, where it cannot be left by waiting. If it is being
/// left already, by a panic, that goes on.
pub(crate) fn leave_if_doomed() {
    if !is_doomed() || std::thread::panicking() {
        return;
    }
    let doom = DOOM.take();
    let reason = doom.as_ref().map(|doom| doom.reason().clone());
    DOOM.set(doom);
    if let Some(reason) = reason {
        exit_now(reason);
    }
}

/// Ends the process that runs, here and now.
pub(crate) fn exit_now(reason: ExitReason) -> ! {
    // Not a panic: no message is printed, and the price is half.
    resume_unwind(Box::new(ExitNow(reason)))
}

/// What an unwinding process ended with.
pub(crate) fn reason_of_unwinding(payload: Box<dyn Any + Send>) -> ExitReason {
    match payload.downcast::<ExitNow>() {
        Ok(exit) => exit.0,
        Err(payload) => {
            let reason = super::report::panic_reason(payload.as_ref());
            drop_payload(payload);
            reason
        }
    }
}

/// Lets a process have its turn. See [`Step`](crate::scheduler::Step).
pub(crate) fn step(local: &Local, mut owned: Owned) -> After {
    local.slot().counters.turns.add(1);
    if owned.running().flag(flag::EXITING) {
        return death::proceed(local, owned);
    }
    STATE.with(|state| state.consumed.set(0));
    let turn = owned.enter(|owned| {
        // What is received may run code of the user's too, wakers and drops.
        catch_unwind(AssertUnwindSafe(|| turn(owned))).unwrap_or_else(|payload| {
            end(reason_of_unwinding(payload));
            Turn::Ended
        })
    });
    let consumed = STATE.with(|state| state.consumed.get());
    count_received(local, consumed);
    match turn {
        Turn::Waiting => wait(local, owned),
        Turn::Yield => After::Requeue(owned.requeue(consumed)),
        Turn::Ended => death::begin(local, owned, take_doom()),
    }
}

/// Messages that were read, for the statistics. A turn may have read less than what came to it
/// without being counted: then this is negative, and a later turn makes up for it.
fn count_received(local: &Local, messages: isize) {
    local
        .slot()
        .counters
        .received
        .add(messages.cast_unsigned() as u64);
}

/// Receives what came in, and lets the body run unless that ended the process.
fn turn(owned: &mut Owned) -> Turn {
    let running = owned.running();
    reception::receive(running);
    if is_doomed() {
        return Turn::Ended;
    }
    if mailbox::is_turning(running) {
        return Turn::Yield;
    }
    if running.flag(flag::SUSPENDED) {
        listen();
        return Turn::Waiting;
    }
    STATE.with(|state| state.listening.set(false));
    let turn = owned.turn();
    if is_doomed() { Turn::Ended } else { turn }
}

/// Parks the process, unless something came in.
fn wait(local: &Local, owned: Owned) -> After {
    let (consumed, listening) = STATE.with(|state| (state.consumed.get(), state.listening.get()));
    let running = owned.running();
    running.set_flag(flag::BUSY, !listening);
    let parked = if listening {
        let empty = running.queue().is_empty() && !running.flag(flag::MAIL);
        owned.park(consumed, empty)
    } else {
        owned.park_deaf(consumed)
    };
    match parked {
        Ok(()) => After::Parked,
        // Something came in meanwhile. If the budget allows, the process goes on at once.
        Err(owned) if coop::consume() && !local.is_simulated() => step(local, owned),
        Err(owned) => After::Requeue(owned.requeue(consumed)),
    }
}
