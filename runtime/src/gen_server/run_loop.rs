//! A server's turn: what it handles, in which order, and how it ends.
//!
//! ```text
//!   the handler that waits ─▶ a stop ─▶ what comes first ─▶ messages ─▶ idle timeout ─▶ waits
//!                               │       (continuations)
//!                               ▼
//!                           terminate ─▶ last words ─▶ ends
//! ```
//!
//! After each handler it begins again at the stop. The whole turn runs within one catch of panics: a
//! handler that panics is a stop for that reason, so `terminate` runs with the state as it is; if
//! `terminate` itself panics, that is the reason that the server ends for.
//!
//! The process's slot holds the state and nothing else. What a server has to see to beside messages
//! is in its [`agenda`], which most do not have.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context as Waking, Poll};

use super::agenda;
use super::answer::Next;
use super::context::Context;
use super::message::{To, begin};
use super::server::GenServer;
use super::settle::settle_next;
use super::step::{self as steps, Settle, Show, Shown, Step};
use super::stop::Stop;
use crate::cell::{Behaviour, BodySlot, Envelope, Handler, Running, Started, State, Turn, waker};
use crate::process::signal::MonitorRecord;
use crate::process::{Down, Exit, ExitReason, link, mailbox, reception, report, step};
use crate::scheduler::coop;

/// Servers, as a kind of process.
pub(super) struct Server<S>(PhantomData<fn() -> S>);

impl<S: GenServer> Behaviour for Server<S> {
    type Body = State<S>;
    type Identity = To<S>;

    fn name() -> &'static str {
        std::any::type_name::<S>()
    }

    fn turn(body: &mut BodySlot<'_, State<S>>) -> Turn {
        loop {
            let panic = match catch_unwind(AssertUnwindSafe(|| run(body))) {
                Ok(turn) => return turn,
                Err(panic) => panic,
            };
            // An exit signal that a handler sent its own process is no crash of the handler's.
            if step::is_doomed() {
                return Turn::Ended;
            }
            let reason = step::reason_of_unwinding(panic);
            step::current(|running| {
                if agenda::is_ending(running) {
                    agenda::set_ending(running, reason);
                } else {
                    agenda::stop(running, reason);
                }
            });
        }
    }
}

/// Handles what there is to handle, within the budget.
fn run<S: GenServer>(body: &mut BodySlot<'_, State<S>>) -> Turn {
    // Whether a handler has run since the server last waited for messages.
    let mut fresh = body.has_pending();
    if poll_pending(body).is_pending() {
        return waiting();
    }
    loop {
        if step::is_doomed() {
            return Turn::Ended;
        }
        if step::current(agenda::has_any) && attend(body) {
            // Something came first; or the server has ended, or is about to.
        } else if let Some(message) = step::current(mailbox::next) {
            handle(body, message);
        } else {
            match step::current(|running| idle::<S>(running, fresh)) {
                Idle::Waits => return Turn::Waiting,
                Idle::TimeIsUp => begin(body, TimedOut),
                Idle::NotYet => continue,
            }
        }
        fresh = true;
        if body.has_pending() {
            return waiting();
        }
        if !coop::consume() {
            step::current(agenda::restart_wait);
            return Turn::Yield;
        }
    }
}

fn poll_pending<S>(body: &mut BodySlot<'_, State<S>>) -> Poll<()> {
    if !body.has_pending() {
        return Poll::Ready(());
    }
    let waker = waker::waker(step::current_pid());
    body.poll_pending(&mut Waking::from_waker(&waker))
}

/// A handler waits, or gives way.
fn waiting() -> Turn {
    // Nobody will reply to these, and the handler may wait for long.
    drop(step::current(agenda::take_owed));
    if coop::take_yielding() {
        Turn::Yield
    } else {
        Turn::Waiting
    }
}

/// Sees to one thing that comes before messages. `false`: there was none.
fn attend<S: GenServer>(body: &mut BodySlot<'_, State<S>>) -> bool {
    if let Some((reason, last_words)) = step::current(agenda::take_ending) {
        if let Some(speak) = last_words {
            speak();
        }
        step::end(reason);
    } else if let Some(reason) = step::current(agenda::take_stop) {
        step::current(|running| agenda::set_ending(running, reason.clone()));
        begin(body, Terminate(reason));
    } else if let Some(lost) = step::current(agenda::take_owed) {
        // The server lives, a panic was caught if there was one: nobody will reply.
        drop(lost);
    } else if let Some(first) = step::current(agenda::take_first) {
        handle(body, first);
    } else {
        return false;
    }
    true
}

/// Handles a message.
#[inline]
fn handle<S: GenServer>(body: &mut BodySlot<'_, State<S>>, message: Envelope) {
    if let Err(message) = message.deliver::<To<S>>(body) {
        handle_other(body, message);
    }
}

/// Handles what is not of the server's own types: notices, exits, and what nobody expects.
#[cold]
fn handle_other<S: GenServer>(body: &mut BodySlot<'_, State<S>>, message: Envelope) {
    let message = match message.take::<MonitorRecord>() {
        Ok(record) => return begin(body, Down::from(record)),
        Err(message) => message,
    };
    let message = match message.take::<Exit>() {
        Ok(exit) => return handle_exit(body, exit),
        Err(message) => message,
    };
    match message.take::<Stop>() {
        Ok(Stop(reason)) => step::current(|running| agenda::stop(running, reason)),
        Err(stray) => {
            step::current(|running| report::stray(running, stray.type_name()));
            settle_next(Next::proceed());
        }
    }
}

fn handle_exit<S: GenServer>(body: &mut BodySlot<'_, State<S>>, exit: Exit) {
    let parent = step::current(link::parent);
    if parent == Some(exit.from.local()) {
        step::current(|running| agenda::stop(running, exit.reason));
    } else {
        begin(body, exit);
    }
}

/// What there is to do without a message.
enum Idle {
    /// Nothing.
    Waits,
    /// The idle timeout.
    TimeIsUp,
    /// Something has come in.
    NotYet,
}

/// There is no message.
fn idle<S: GenServer>(running: Running<'_>, fresh: bool) -> Idle {
    let until = agenda::wait_until(running, S::IDLE_TIMEOUT, fresh);
    if !until.is_some_and(|until| until.is_up(running)) {
        step::listen();
        return Idle::Waits;
    }
    // What has come in by now is in time.
    if running.has_news() {
        reception::receive(running);
        return Idle::NotYet;
    }
    agenda::end_wait(running);
    Idle::TimeIsUp
}

/// The idle timeout.
struct TimedOut;

impl<S: GenServer> Handler<S> for TimedOut {
    fn start(self, state: &mut S) -> Started<'_> {
        state
            .handle_timeout(Context::lend())
            .start(Settle(settle_next))
    }
}

impl<S: GenServer> Handler<S> for Down {
    fn start(self, state: &mut S) -> Started<'_> {
        state
            .handle_down(self, Context::lend())
            .start(Settle(settle_next))
    }
}

impl<S: GenServer> Handler<S> for Exit {
    fn start(self, state: &mut S) -> Started<'_> {
        state
            .handle_exit(self, Context::lend())
            .start(Settle(settle_next))
    }
}

/// The server's own end.
struct Terminate(ExitReason);

impl<S: GenServer> Handler<S> for Terminate {
    fn start(self, state: &mut S) -> Started<'_> {
        // The handler borrows the reason as well as the state, so they wait together.
        steps::begin(Box::pin(async move {
            let next = match state.terminate(&self.0, Context::lend()).start(Show) {
                Shown::Ready(next) => next,
                Shown::Future(next) => next.await,
            };
            // It ends as it was going to, whatever this says.
            drop(next);
        }))
    }
}
