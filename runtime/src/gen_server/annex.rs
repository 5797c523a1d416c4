//! Annexes: what a room above keeps for a server, and does in the server's stead.
//!
//! A server that has children of its own is two things in one process: what its programmer wrote, and
//! a supervisor. The second is not this crate's affair; what it needs is a place to keep its state,
//! the first look at exits, mail of its own, and the last word when the server ends. That is an
//! annex. A server has at most one, which it keeps on its [`agenda`]; a server without one costs
//! nothing and looks at nothing.
//!
//! ```text
//!   an exit ──▶ annex? ── its affair ──▶ a future: the server takes no other message until it is done
//!                  └───── not its affair, or none ──▶ handle_exit
//!   its mail ─────────────────────────▶ a future, likewise
//!   the end ──▶ terminate ──▶ the annex ends ──▶ the process ends
//! ```
//!
//! While a future of the annex's waits it has the annex with it, so that there is one who changes it.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::agenda;
use super::answer::Next;
use super::context::{Arrive, Context};
use super::server::{GenServer, HandleContinue};
use super::settle::settle_next;
use super::step;
use crate::cell::{Envelope, Handler, Started};
use crate::process::signal::Signal;
use crate::process::{Exit, ExitReason, send, step as process};
use crate::scheduler::Due;
use crate::time::TimerRef;
use crate::time::timer;

/// What an annex does about something that came: the annex comes back, unless it is over, and the
/// outcome is that of a handler.
pub type Attending = Pin<Box<dyn Future<Output = (Option<Box<dyn Annex>>, Next)> + Send>>;

/// See the module's head.
pub trait Annex: Any + Send {
    /// Whether this exit is its affair: it never comes to the server's handler then.
    fn minds(&self, exit: &Exit) -> bool;

    /// Deals with an exit that is its affair.
    fn exit(self: Box<Self>, exit: Exit) -> Attending;

    /// Deals with mail that it sent itself, by [`post`] or [`post_after`].
    fn mail(self: Box<Self>, mail: Box<dyn Any + Send>) -> Attending;

    /// The server has done what it does when it ends, and ends when this is done.
    fn end(self: Box<Self>, reason: ExitReason) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Mail of an annex.
pub(super) struct Mail(Box<dyn Any + Send>);

fn mail_to_itself(mail: Box<dyn Any + Send>) -> Signal {
    Signal::Ask(Box::new(Arrive(Envelope::message(Mail(mail)))))
}

/// Sends mail to the annex of the server that runs, behind what is in its mailbox already.
pub fn post(mail: impl Any + Send) {
    send::signal(process::current_pid(), mail_to_itself(Box::new(mail)));
}

/// As [`post`], after this long. The timer goes with the server.
pub fn post_after(after: Duration, mail: impl Any + Send) -> TimerRef {
    let this = process::current_pid();
    let due = Due::Push(this, Envelope::signal(mail_to_itself(Box::new(mail))));
    timer::after(after, Some(this), due)
}

/// As [`Context::continue_with`], for an annex of a server of this type, which has no context.
pub fn continue_with<S: HandleContinue<M>, M: Send + 'static>(message: M) {
    Context::<S>::lend().continue_with(message);
}

impl<S: GenServer> Context<S> {
    /// Calls a function with the server's annex, made if need be; it is kept if the function says so.
    ///
    /// # Panics
    ///
    /// The server has an annex of another type.
    #[doc(hidden)]
    #[expect(
        clippy::unused_self,
        reason = "having a context is what shows that the server runs"
    )]
    pub fn with_annex<A: Annex + Default, R>(&mut self, f: impl FnOnce(&mut A) -> (R, bool)) -> R {
        let mut annex = match process::current(agenda::take_annex) {
            Some(annex) => (annex as Box<dyn Any>)
                .downcast::<A>()
                .unwrap_or_else(|_| panic!("a server has one annex")),
            None => Box::default(),
        };
        let (result, kept) = f(&mut annex);
        if kept {
            process::current(|running| agenda::set_annex(running, annex));
        }
        result
    }
}

/// What an annex is to deal with.
pub(super) enum Matter {
    Exit(Exit),
    Mail(Mail),
}

/// An annex with what it deals with.
pub(super) struct Attend(pub(super) Box<dyn Annex>, pub(super) Matter);

impl<S: GenServer> Handler<S> for Attend {
    fn start(self, _: &mut S) -> Started<'_> {
        let Attend(annex, matter) = self;
        let attending = match matter {
            Matter::Exit(exit) => annex.exit(exit),
            Matter::Mail(Mail(mail)) => annex.mail(mail),
        };
        step::begin(Box::pin(async move {
            let (annex, next) = attending.await;
            if let Some(annex) = annex {
                process::current(|running| agenda::set_annex(running, annex));
            }
            settle_next(next);
        }))
    }
}

/// An annex that is to end with its server.
pub(super) struct Leave(pub(super) Box<dyn Annex>, pub(super) ExitReason);

impl<S: GenServer> Handler<S> for Leave {
    fn start(self, _: &mut S) -> Started<'_> {
        step::begin(self.0.end(self.1))
    }
}
