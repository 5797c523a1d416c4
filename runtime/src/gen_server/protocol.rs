//! Protocols: what several kinds of server can do, asked of a reference that does not say which.
//!
//! `#[protocol]` on a trait writes a message for each method. How a message is handled is said once
//! for all servers that implement the trait, on the message's side; a reference holds one function for
//! each method, which knows the server's type. So holding one costs two words, and using it one
//! indirect call.

use std::marker::PhantomData;

use super::answer::{Next, Reply};
use super::call::{Call, call_by};
use super::inherited::{self, SettleWithin};
use super::message::{To, begin};
use super::reference::Address;
use super::reply_to::{Own, Undelivered};
use super::server::GenServer;
use super::settle::{settle_next, settle_reply};
use super::step::{Settle, Step};
use crate::cell::{BodySlot, Deliver, Envelope, Handler, Started, State};
use crate::process::{Pid, send, step};
use crate::time::tick::Tick;

/// A call of a protocol, to servers of type `S`.
pub trait ProtocolCall<S>: Send + 'static {
    /// What the caller gets.
    type Reply: Send + 'static;

    /// Handles it.
    fn handle(self, state: &mut S) -> impl Step<Reply<Self::Reply>>;
}

/// A cast of a protocol, to servers of type `S`.
pub trait ProtocolCast<S>: Send + 'static {
    /// Handles it.
    fn handle(self, state: &mut S) -> impl Step<Next>;
}

/// Calls a server of type `S` by a protocol.
pub fn protocol_call<S, M>(server: Pid, message: M) -> Call<M::Reply>
where
    S: GenServer,
    M: ProtocolCall<S>,
{
    call_by(Address::<S>::of(server), |answer| {
        Envelope::addressed(Called::<S, M> { message, answer })
    })
}

/// Casts to a server of type `S` by a protocol.
pub fn protocol_cast<S, M>(server: Pid, message: M)
where
    S: GenServer,
    M: ProtocolCast<S>,
{
    let to = PhantomData;
    let message = Envelope::addressed(Told::<S, M> { message, to });
    send::message(server.local(), message);
}

/// A cast on its way.
struct Told<S, M> {
    message: M,
    to: PhantomData<fn() -> S>,
}

impl<S: GenServer, M: ProtocolCast<S>> Deliver for Told<S, M> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        begin(body, self);
    }
}

impl<S: GenServer, M: ProtocolCast<S>> Handler<S> for Told<S, M> {
    fn start(self, state: &mut S) -> Started<'_> {
        self.message.handle(state).start(Settle(settle_next))
    }
}

/// A call on its way.
struct Called<S, M: ProtocolCall<S>> {
    message: M,
    answer: Undelivered<M::Reply>,
}

impl<S: GenServer, M: ProtocolCall<S>> Deliver for Called<S, M> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        if self.answer.is_passed_over() {
            return;
        }
        let until = self.answer.until();
        if let Some((own, handed_out)) = self.answer.deliver(step::current_pid()) {
            // Nobody but the handler's outcome answers.
            drop(handed_out);
            let message = self.message;
            begin(
                body,
                Begun {
                    message,
                    own,
                    until,
                },
            );
        }
    }
}

/// A call whose handler begins.
struct Begun<M, T: Send + 'static> {
    message: M,
    own: Own<T>,
    until: Option<Tick>,
}

impl<S, M, T> Handler<S> for Begun<M, T>
where
    M: ProtocolCall<S, Reply = T>,
    T: Send + 'static,
{
    fn start(self, state: &mut S) -> Started<'_> {
        let Begun {
            message,
            own,
            until,
        } = self;
        let _scope = until.map(inherited::enter);
        message.handle(state).start(SettleWithin {
            until,
            settle: move |reply: Reply<T>| settle_reply(reply, own),
        })
    }
}
