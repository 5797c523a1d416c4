//! A server's turn: what it handles, in which order, and how it ends.
//!
//! ```text
//!   the handler that waits ─▶ a stop ─▶ what comes first ─▶ messages ─▶ idle timeout ─▶ waits
//!                               │       (continuations)
//!                               ▼
//!                           terminate ─▶ last words ─▶ ends
//! ```
//!
//! A suspended server takes system messages, and what ends it, in place of what comes first and of its
//! messages.
//!
//! After each handler it begins again at the stop. The whole turn runs within one catch of panics: a
//! handler that panics is a stop for that reason, so `terminate` runs with the state as it is; if
//! `terminate` itself panics, that is the reason that the server ends for.
//!
//! An exit that is the affair of the server's [`annex`](super::annex), the end of a child of its own,
//! does not come to the server's handler; and after `terminate` the annex ends.
//!
//! The process's slot holds the state and nothing else. What a server has to see to beside messages
//! is in its [`agenda`], which most do not have.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context as Waking, Poll};
use std::time::Duration;

use super::agenda;
use super::annex::{Attend, Leave, Mail, Matter};
use super::answer::Next;
use super::context::Context;
use super::debug::{self, Event};
use super::message::{To, begin};
use super::server::GenServer;
use super::settle::settle_next;
use super::step::{self as steps, Settle, Show, Shown, Step};
use super::stop::Stop;
use super::sys::System;
use crate::cell::{Behaviour, BodySlot, Envelope, Handler, Running, Started, State, Turn, waker};
use crate::process::signal::MonitorRecord;
use crate::process::{
    Down, Exit, ExitReason, hibernate, link, mailbox, reception, report, step, stray,
};
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
        let first = if step::current(agenda::has_any) {
            attend(body)
        } else {
            First::Nothing
        };
        if first == First::Done {
            // Something came first; or the server has ended, or is about to.
        } else if first == First::Suspended {
            step::listen();
            return Turn::Waiting;
        } else if let Some(message) = step::current(mailbox::next) {
            if first == First::Observed && !message.is::<System<S>>() {
                debug::notice(&Event::Received(message.type_name()));
            }
            handle(body, message);
        } else {
            match step::current(|running| idle::<S>(running, fresh)) {
                Idle::Waits => return Turn::Waiting,
                Idle::TimeIsUp(None) => begin(body, TimedOut),
                Idle::TimeIsUp(Some(message)) => handle(body, message),
                Idle::NotYet => continue,
            }
        }
        fresh = true;
        if body.has_pending() {
            return waiting();
        }
        if !coop::consume() {
            let rests = S::HIBERNATE_AFTER.is_some();
            step::current(|running| agenda::restart_wait(running, rests));
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

/// What came before messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// It was seen to.
    Done,
    /// There was nothing, and nobody looks.
    Nothing,
    /// There was nothing; there may be somebody who looks at the server.
    Observed,
    /// The server is suspended, and there is nothing that it handles.
    Suspended,
}

/// Sees to one thing that comes before messages.
fn attend<S: GenServer>(body: &mut BodySlot<'_, State<S>>) -> First {
    if let Some((annex, reason)) = step::current(agenda::take_annex_at_end) {
        begin(body, Leave(annex, reason));
    } else if let Some((reason, last_words)) = step::current(agenda::take_ending) {
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
    } else if step::current(agenda::is_suspended) {
        let Some(message) = step::current(extract_system::<S>) else {
            return First::Suspended;
        };
        handle(body, message);
    } else if let Some(first) = step::current(agenda::take_first) {
        handle(body, first);
    } else {
        return First::Observed;
    }
    First::Done
}

/// Takes the next message that a suspended server handles out of the mailbox.
fn extract_system<S: GenServer>(running: Running<'_>) -> Option<Envelope> {
    let parent = link::parent(running);
    mailbox::extract(running, |message| {
        let exit = message.get::<Exit>();
        message.is::<System<S>>()
            || message.is::<Stop>()
            || exit.is_some_and(|exit| parent == Some(exit.from.local()))
    })
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
    let message = match message.take::<Mail>() {
        Ok(mail) => {
            // What it is for may be gone.
            if let Some(annex) = step::current(agenda::take_annex) {
                begin(body, Attend(annex, Matter::Mail(mail)));
            }
            return;
        }
        Err(message) => message,
    };
    match message.take::<Stop>() {
        Ok(Stop(reason)) => step::current(|running| agenda::stop(running, reason)),
        Err(message) => {
            step::current(|running| report::stray(running, message.type_name()));
            stray::drop_here(message);
            settle_next(Next::proceed());
        }
    }
}

fn handle_exit<S: GenServer>(body: &mut BodySlot<'_, State<S>>, exit: Exit) {
    let parent = step::current(link::parent);
    if parent == Some(exit.from.local()) {
        step::current(|running| agenda::stop(running, exit.reason));
        return;
    }
    match step::current(agenda::take_annex) {
        Some(annex) if annex.minds(&exit) => begin(body, Attend(annex, Matter::Exit(exit))),
        annex => {
            if let Some(annex) = annex {
                step::current(|running| agenda::set_annex(running, annex));
            }
            begin(body, exit);
        }
    }
}

/// What there is to do without a message.
enum Idle {
    /// Nothing.
    Waits,
    /// The idle timeout, or what a handler has asked for in its place.
    TimeIsUp(Option<Envelope>),
    /// Something has come in.
    NotYet,
}

/// There is no message.
fn idle<S: GenServer>(running: Running<'_>, fresh: bool) -> Idle {
    let until = agenda::wait_until(running, S::IDLE_TIMEOUT, fresh);
    if let (None, Some(after)) = (until, S::HIBERNATE_AFTER) {
        return rest(running, after, fresh);
    }
    if !until.is_some_and(|until| until.is_up(running)) {
        step::listen();
        return Idle::Waits;
    }
    // What has come in by now is in time.
    if running.has_news() {
        reception::receive(running);
        return Idle::NotYet;
    }
    Idle::TimeIsUp(agenda::end_wait(running))
}

/// There is no message, and no idle timeout: the server hibernates after a while.
fn rest(running: Running<'_>, after: Duration, fresh: bool) -> Idle {
    let due = agenda::rest_at(running, after, fresh);
    if due.is_some_and(|due| due.is_up(running)) {
        if running.has_news() {
            reception::receive(running);
            return Idle::NotYet;
        }
        agenda::end_rest(running);
        hibernate::shrink(running);
    }
    step::listen();
    Idle::Waits
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
