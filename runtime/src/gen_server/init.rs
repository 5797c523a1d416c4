//! A server's first message: its arguments, and the word to whoever starts it.
//!
//! A newborn server has no state, only this message in its mailbox. It is handled like any other,
//! in the new process: the name is registered, `init` runs, its state goes into the slot.
//!
//! | `init` gives | the starter hears | the process ends |
//! |---|---|---|
//! | ok | the server runs | |
//! | ignore | ignored | normally |
//! | error | the reason | normally |
//! | stop, or it panics | the reason | for that reason |
//!
//! `terminate` does not run for any of these, for there is no state; an [`annex`](super::annex) ends
//! before the starter hears, as it does after `terminate`. A name that is a registry's key is
//! given back before the process ends, so that listeners hear of it.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use super::agenda;
use super::annex::Annex;
use super::answer::{Began, Init};
use super::context::Context;
use super::message::To;
use super::name::ServerName;
use super::server::GenServer;
use super::settle::settle_wait;
use super::start_error::StartError;
use super::step::{Step, Visit, begin};
use crate::cell::call_node::Answer;
use crate::cell::{BodySlot, Deliver, Envelope, Started, State};
use crate::primitive::unwind::quietly;
use crate::process::{ExitReason, Pid, death, step};

/// Why a server did not start, as it says itself.
#[derive(Debug)]
pub(super) enum Failure {
    AlreadyStarted(Pid),
    Ignored,
    Failed(ExitReason),
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        match error {
            StartError::AlreadyStarted(pid) => Failure::AlreadyStarted(pid),
            StartError::Ignored => Failure::Ignored,
            StartError::Failed(reason) => Failure::Failed(reason),
            error => Failure::Failed(error.into()),
        }
    }
}

/// Whom to tell that the server runs, or why not.
pub(super) struct Starter(Option<Answer<Result<(), Failure>>>);

impl Starter {
    pub(super) fn new(answer: Answer<Result<(), Failure>>) -> Starter {
        Starter(Some(answer))
    }

    fn tell(mut self, outcome: Result<(), Failure>) {
        self.say(outcome);
    }

    fn say(&mut self, outcome: Result<(), Failure>) {
        if let Some(starter) = self.0.take().and_then(|answer| answer.give(outcome)) {
            starter.wake();
        }
    }
}

impl Drop for Starter {
    /// The process was ended before it could say anything.
    fn drop(&mut self) {
        let reason = death::dying_reason().unwrap_or(ExitReason::Killed);
        self.say(Err(Failure::Failed(reason)));
    }
}

/// The first message.
pub(super) struct Birth<S: GenServer> {
    pub(super) args: S::Args,
    pub(super) name: Option<ServerName>,
    pub(super) starter: Starter,
}

impl<S: GenServer> Deliver for Birth<S> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        let Birth {
            args,
            name,
            starter,
        } = self;
        if let Some(Err(error)) = name.as_ref().map(ServerName::register) {
            starter.tell(Err(error.into()));
            step::end(ExitReason::Normal);
            return;
        }
        let began = catch_unwind(AssertUnwindSafe(|| {
            S::init(args, Context::lend()).start(Begin)
        }));
        match began {
            Ok(Begun::Ready(init)) => finish(body, Ok(init), name, starter),
            Ok(Begun::Waits(future)) => wait(body, future, name, starter),
            Err(panic) => finish(body, Err(panic), name, starter),
        }
    }
}

type Panic = Box<dyn Any + Send>;
type InitFuture<S> = Pin<Box<dyn Future<Output = Init<S>> + Send>>;

/// How `init` began.
enum Begun<S> {
    Ready(Init<S>),
    Waits(InitFuture<S>),
}

struct Begin;

impl<S> Visit<'static, Init<S>> for Begin {
    type Done = Begun<S>;

    fn ready(self, init: Init<S>) -> Begun<S> {
        Begun::Ready(init)
    }

    fn future<F: Future<Output = Init<S>> + Send + 'static>(self, future: F) -> Begun<S> {
        Begun::Waits(Box::pin(future))
    }
}

/// Lets an `async` init run. What it comes to is the server's first message then.
fn wait<S: GenServer>(
    body: &mut BodySlot<'_, State<S>>,
    mut init: InitFuture<S>,
    name: Option<ServerName>,
    starter: Starter,
) {
    let done = async move {
        let outcome =
            poll_fn(
                |cx| match catch_unwind(AssertUnwindSafe(|| init.as_mut().poll(cx))) {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(init)) => Poll::Ready(Ok(init)),
                    Err(panic) => Poll::Ready(Err(panic)),
                },
            );
        let outcome = outcome.await;
        let done = Envelope::addressed(Done::<S> {
            outcome,
            name,
            starter,
        });
        // Before what `init` asked to go on with, which needs the state.
        step::current(|running| agenda::add_before_all(running, done));
    };
    if let Started::Pending(future) = begin(Box::pin(done)) {
        body.wait_for(future);
    }
}

/// An `async` init that is done.
struct Done<S> {
    outcome: Result<Init<S>, Panic>,
    name: Option<ServerName>,
    starter: Starter,
}

impl<S: GenServer> Deliver for Done<S> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        finish(body, self.outcome, self.name, self.starter);
    }
}

/// Begins the server's life, or ends the process.
fn finish<S: GenServer>(
    body: &mut BodySlot<'_, State<S>>,
    outcome: Result<Init<S>, Panic>,
    name: Option<ServerName>,
    starter: Starter,
) {
    let (failure, reason) = match outcome {
        Ok(Init {
            began: Began::Ok(state),
            wait,
        }) => {
            body.fill(State(state));
            step::current(|running| settle_wait(running, wait));
            starter.tell(Ok(()));
            return;
        }
        Ok(Init {
            began: Began::Ignore,
            ..
        }) => (Failure::Ignored, ExitReason::Normal),
        Ok(Init {
            began: Began::Error(reason),
            ..
        }) => (Failure::Failed(reason), ExitReason::Normal),
        Ok(Init {
            began: Began::Stop(reason),
            ..
        }) => (Failure::Failed(reason.clone()), reason),
        Err(_) if step::is_doomed() => {
            // It has sent itself an exit signal. The starter hears what the process ends for.
            step::current(|running| agenda::owe(running, Envelope::message(starter)));
            return;
        }
        Err(panic) => {
            let reason = step::reason_of_unwinding(panic);
            (Failure::Failed(reason.clone()), reason)
        }
    };
    let fall = Fall::<S> {
        failure,
        reason,
        name,
        starter,
        server: PhantomData,
    };
    match step::current(agenda::take_annex) {
        Some(annex) => leave(body, annex, fall),
        None => fall.end(),
    }
}

/// A server that has not started, and ends.
struct Fall<S> {
    failure: Failure,
    reason: ExitReason,
    name: Option<ServerName>,
    starter: Starter,
    server: PhantomData<fn() -> S>,
}

impl<S> Fall<S> {
    fn end(self) {
        if let Some(name) = self.name {
            // User code may run in it: a key is dropped, listeners are told.
            quietly(|| name.give_back());
        }
        self.starter.tell(Err(self.failure));
        step::end(self.reason);
    }
}

impl<S: GenServer> Deliver for Fall<S> {
    type To = To<S>;

    fn deliver(self, _: &mut BodySlot<'_, State<S>>) {
        self.end();
    }
}

/// Lets the annex end that `init` has made before it failed, as it would with the server: nobody else
/// knows what it has started.
fn leave<S: GenServer>(body: &mut BodySlot<'_, State<S>>, annex: Box<dyn Annex>, fall: Fall<S>) {
    let left = async move {
        annex.end(fall.reason.clone()).await;
        let fall = Envelope::addressed(fall);
        step::current(|running| agenda::add_before_all(running, fall));
    };
    if let Started::Pending(future) = begin(Box::pin(left)) {
        body.wait_for(future);
    }
}
