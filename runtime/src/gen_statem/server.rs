//! The machine as a server: its messages are events, and what lies between two events is a
//! continuation.

use std::fmt;
use std::time::Duration;

use super::event::EventType;
use super::machine::{Begun, Machine, Rest};
use super::statem::{CallEvent, GenStatem};
use super::step::{Either, then};
use super::transition::{Began, Course, Enter, Entered, Initial, Transition};
use crate::gen_server::{
    Context, GenServer, HandleCall, HandleCast, HandleContinue, HandleInfo, Init, Next, Reply,
    ReplyTo, Restart, Shutdown, Step,
};
use crate::process::{Down, Exit, ExitReason, MailboxPolicy};
use crate::time::TimerRef;
use crate::time::tick::Tick;

/// What the machine goes on with.
pub(super) enum Going<M: GenStatem> {
    /// What is next in the queue.
    Next,
    /// What an event of this kind came to.
    Transition(EventType, Transition<M>),
    /// The state is entered, and this is left to be done.
    Entered(Enter<M>, Rest<M>),
    /// A timer has come due, of the timeout of this number.
    Expired(u64),
}

impl<M: GenStatem> Going<M> {
    pub(super) fn go(self) {
        Context::<Machine<M>>::lend().continue_with(self);
    }
}

/// Sets the timer of the timeout of this number.
pub(super) fn remind<M: GenStatem>(at: Tick, number: u64) -> TimerRef {
    Context::<Machine<M>>::lend().continue_at(at, Going::<M>::Expired(number))
}

/// What a handler's outcome says to the server: what else there is to do it is told by [`Going`].
enum Outcome {
    Proceed,
    Stop(ExitReason),
}

impl From<Outcome> for Next {
    fn from(outcome: Outcome) -> Next {
        match outcome {
            Outcome::Proceed => Next::proceed(),
            Outcome::Stop(reason) => Next::stop(reason),
        }
    }
}

impl<M: GenStatem> Machine<M> {
    /// Handles an event.
    fn handle(
        &mut self,
        kind: EventType,
        event: M::Event,
        cx: &mut Context<Self>,
    ) -> impl Step<Outcome> {
        let more = self.begin_event();
        let of = kind.clone();
        let step = self.data.handle_event(kind, event, &self.state, cx);
        then(step, move |transition| settle(of, transition, more))
    }

    /// Handles an event that is no call.
    fn handle_next(
        &mut self,
        (kind, event): (EventType, M::Event),
        cx: &mut Context<Self>,
    ) -> impl Step<Next> {
        then(self.handle(kind, event, cx), Next::from)
    }

    /// Enters the state.
    fn enter(&mut self, rest: Rest<M>, cx: &mut Context<Self>) -> impl Step<Next> {
        let (data, old, state) = self.entering();
        then(data.handle_enter(old, state, cx), move |enter| {
            settle_enter(enter, rest)
        })
    }

    fn done(&mut self, rest: Rest<M>) -> Next {
        if self.finish(rest) {
            Next::proceed().hibernate()
        } else {
            Next::proceed()
        }
    }
}

/// A handler is done. `more`: something is in the queue.
fn settle<M: GenStatem>(kind: EventType, transition: Transition<M>, more: bool) -> Outcome {
    if let Course::Stop(reason) = transition.course {
        if let Some(mut actions) = transition.actions {
            actions.reply();
        }
        return Outcome::Stop(reason);
    }
    if !transition.is_plain() {
        Going::Transition(kind, transition).go();
    } else if more {
        Going::<M>::Next.go();
    }
    Outcome::Proceed
}

fn settle_enter<M: GenStatem>(mut enter: Enter<M>, rest: Rest<M>) -> Next {
    if let Entered::Stop(reason) = enter.entered {
        if let Some(actions) = &mut enter.actions {
            actions.reply();
        }
        return Next::stop(reason);
    }
    Going::Entered(enter, rest).go();
    Next::proceed()
}

/// The outcome of a start. What is to be done first is as after an event that enters the state.
fn begin<M: GenStatem>(initial: Initial<M>) -> Init<Machine<M>> {
    let (state, data) = match initial.began {
        Began::Ok(state, data) => (state, data),
        Began::Ignore => return Init::ignore(),
        Began::Stop(reason) => return Init::stop(reason),
        Began::Error(reason) => return Init::error(reason),
    };
    if M::STATE_ENTER || initial.actions.is_some() {
        let mut first = Transition::<M>::repeat();
        first.actions = initial.actions;
        Going::Transition(EventType::Internal, first).go();
    }
    Init::ok(Machine::new(state, data))
}

impl<M: GenStatem> GenServer for Machine<M> {
    type Args = M::Args;

    const TRAP_EXIT: bool = M::TRAP_EXIT;
    const RESTART: Restart = M::RESTART;
    const SHUTDOWN: Shutdown = M::SHUTDOWN;
    const IDLE_TIMEOUT: Option<Duration> = None;
    const HIBERNATE_AFTER: Option<Duration> = M::HIBERNATE_AFTER;
    const MAILBOX: Option<(usize, MailboxPolicy)> = M::MAILBOX;

    fn init(args: M::Args, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        then(M::init(args, cx), begin)
    }

    fn handle_down(&mut self, down: Down, cx: &mut Context<Self>) -> impl Step<Next> {
        match M::down_event(down) {
            Ok(event) => Either::First(self.handle_next((EventType::Info, event), cx)),
            Err(_) => Either::Second(Next::proceed()),
        }
    }

    fn handle_exit(&mut self, exit: Exit, cx: &mut Context<Self>) -> impl Step<Next> {
        match M::exit_event(exit) {
            Ok(event) => Either::First(self.handle_next((EventType::Info, event), cx)),
            Err(exit) => Either::Second(Next::stop(exit.reason)),
        }
    }

    fn terminate(&mut self, reason: &ExitReason, cx: &mut Context<Self>) -> impl Step<Next> {
        self.data.terminate(reason, &self.state, cx)
    }

    fn format_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data.format_status(&self.state, f)
    }
}

impl<M: CallEvent<C>, C> HandleCall<C> for Machine<M> {
    type Reply = M::Reply;

    fn handle_call(
        &mut self,
        message: C,
        from: ReplyTo<M::Reply>,
        cx: &mut Context<Self>,
    ) -> impl Step<Reply<M::Reply>> {
        let event = M::call_event(message, from);
        let step = self.handle(EventType::Call, event, cx);
        then(step, |outcome| match outcome {
            Outcome::Proceed => Reply::later(),
            Outcome::Stop(reason) => Reply::stop(reason),
        })
    }
}

impl<M: GenStatem, C: Into<M::Event>> HandleCast<C> for Machine<M> {
    fn handle_cast(&mut self, message: C, cx: &mut Context<Self>) -> impl Step<Next> {
        self.handle_next((EventType::Cast, message.into()), cx)
    }
}

impl<M: GenStatem, C: Into<M::Event>> HandleInfo<C> for Machine<M> {
    fn handle_info(&mut self, message: C, cx: &mut Context<Self>) -> impl Step<Next> {
        self.handle_next((EventType::Info, message.into()), cx)
    }
}

impl<M: GenStatem> HandleContinue<Going<M>> for Machine<M> {
    fn handle_continue(&mut self, going: Going<M>, cx: &mut Context<Self>) -> impl Step<Next> {
        let next = match going {
            Going::Next => self.take_next(),
            Going::Expired(number) => self.take_expired(number),
            Going::Transition(kind, transition) => {
                return Either::Second(match self.begin(kind, transition) {
                    Begun::Enters(rest) => Either::First(self.enter(rest, cx)),
                    Begun::Done(rest) => Either::Second(self.done(rest)),
                });
            }
            Going::Entered(enter, mut rest) => {
                self.entered();
                rest.add(enter.actions);
                return Either::Second(match enter.entered {
                    Entered::Repeat => Either::First(self.enter(rest, cx)),
                    Entered::Keep | Entered::Stop(_) => Either::Second(self.done(rest)),
                });
            }
        };
        match next {
            Some(event) => Either::First(self.handle_next(event, cx)),
            None => Either::Second(Either::Second(Next::proceed())),
        }
    }
}
