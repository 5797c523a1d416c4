//! What a server is sent: messages that deliver themselves.
//!
//! A message travels in an envelope that knows for which kind of server it is and which handler of
//! it to begin. So a server takes any number of message types without an enum of them, and nobody
//! on the way has to name one. What arrives at a server of another kind is dropped there.

use std::marker::PhantomData;

use super::answer::Reply;
use super::context::Context;
use super::inherited::{self, SettleWithin};
use super::reply_to::{Own, ReplyTo, Undelivered};
use super::server::{GenServer, HandleCall, HandleCast, HandleContinue, HandleInfo};
use super::settle::{settle_next, settle_reply};
use super::step::{Settle, Step};
use crate::cell::{Addressee, BodySlot, Deliver, Handler, Started, State};
use crate::process::step;
use crate::time::tick::Tick;

/// Servers of type `S`, as a kind of receiver.
pub(super) struct To<S>(PhantomData<fn() -> S>);

impl<S: GenServer> Addressee for To<S> {
    type View<'a> = BodySlot<'a, State<S>>;

    fn name() -> &'static str {
        std::any::type_name::<S>()
    }
}

/// Begins a handler. Whether it waits, the slot knows.
pub(super) fn begin<S>(body: &mut BodySlot<'_, State<S>>, handler: impl Handler<S>) {
    let _waits = body.start(handler);
}

/// A cast.
pub(super) struct Cast<S, M> {
    pub(super) message: M,
    pub(super) to: PhantomData<fn() -> S>,
}

impl<S: HandleCast<M>, M: Send + 'static> Deliver for Cast<S, M> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        begin(body, self);
    }
}

impl<S: HandleCast<M>, M: Send + 'static> Handler<S> for Cast<S, M> {
    fn start(self, state: &mut S) -> Started<'_> {
        state
            .handle_cast(self.message, Context::lend())
            .start(Settle(settle_next))
    }
}

/// A plain message.
pub(super) struct Info<S, M> {
    pub(super) message: M,
    pub(super) to: PhantomData<fn() -> S>,
}

impl<S: HandleInfo<M>, M: Send + 'static> Deliver for Info<S, M> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        begin(body, self);
    }
}

impl<S: HandleInfo<M>, M: Send + 'static> Handler<S> for Info<S, M> {
    fn start(self, state: &mut S) -> Started<'_> {
        state
            .handle_info(self.message, Context::lend())
            .start(Settle(settle_next))
    }
}

/// What the server has asked itself to go on with.
pub(super) struct Continue<S, M> {
    pub(super) message: M,
    pub(super) to: PhantomData<fn() -> S>,
}

impl<S: HandleContinue<M>, M: Send + 'static> Deliver for Continue<S, M> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        begin(body, self);
    }
}

impl<S: HandleContinue<M>, M: Send + 'static> Handler<S> for Continue<S, M> {
    fn start(self, state: &mut S) -> Started<'_> {
        state
            .handle_continue(self.message, Context::lend())
            .start(Settle(settle_next))
    }
}

/// A call, with the right to answer it.
pub(super) struct Request<S: HandleCall<M>, M> {
    pub(super) message: M,
    pub(super) answer: Undelivered<S::Reply>,
}

impl<S: HandleCall<M>, M: Send + 'static> Deliver for Request<S, M> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        if self.answer.is_passed_over() {
            return;
        }
        let server = step::current_pid();
        let until = self.answer.until();
        if let Some((own, handed_out)) = self.answer.deliver(server) {
            begin(
                body,
                Calling {
                    message: self.message,
                    own,
                    handed_out,
                    until,
                },
            );
        }
    }
}

/// A call whose handler begins.
struct Calling<M, T: Send + 'static> {
    message: M,
    own: Own<T>,
    handed_out: ReplyTo<T>,
    until: Option<Tick>,
}

impl<S, M, T> Handler<S> for Calling<M, T>
where
    S: HandleCall<M, Reply = T>,
    M: Send + 'static,
    T: Send + 'static,
{
    fn start(self, state: &mut S) -> Started<'_> {
        let Calling {
            message,
            own,
            handed_out,
            until,
        } = self;
        let _scope = until.map(inherited::enter);
        state
            .handle_call(message, handed_out, Context::lend())
            .start(SettleWithin {
                until,
                settle: move |reply: Reply<T>| settle_reply(reply, own),
            })
    }
}
