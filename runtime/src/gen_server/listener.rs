//! Whoever takes messages of one type, and can be rid of those that it no longer wants.
//!
//! A subscription sends messages until it is taken away, and what it sent before that still lies in
//! the mailbox. A [`Listener`] knows how a process keeps messages of its type, so that they can be
//! taken out again: without it every handler would have to ask whether its subscription still is.

use std::fmt;

use super::message::Info;
use super::recipient::Recipient;
use super::reference::ServerRef;
use super::server::HandleInfo;
use crate::cell::Envelope;
use crate::process::{AsPid, Pid, ProcessRef, forget};

/// A [`Recipient`] whose mailbox can be cleared of such messages. Made of a reference, with `into()`.
pub struct Listener<M> {
    recipient: Recipient<M>,
    is_unwanted: Examine<M>,
}

/// Whether an envelope holds a message for the listener that a test accepts.
type Examine<M> = fn(&Envelope, &dyn Fn(&M) -> bool) -> bool;

impl<M: Send + 'static> Listener<M> {
    /// The process's identity.
    pub fn pid(&self) -> Pid {
        self.recipient.pid()
    }

    /// Sends a message.
    pub fn send(&self, message: M) {
        crate::process::send(self.recipient, message);
    }

    /// Takes the messages that `unwanted` accepts out of the listener's mailbox and drops them, if the
    /// listener is the process that calls this. Another process's mailbox stays as it is.
    pub fn forget(&self, unwanted: impl Fn(&M) -> bool) {
        forget(self.pid(), |envelope| {
            (self.is_unwanted)(envelope, &unwanted)
        });
    }
}

impl<S: HandleInfo<M>, M: Send + Sync + 'static> From<ServerRef<S>> for Listener<M> {
    fn from(server: ServerRef<S>) -> Listener<M> {
        Listener {
            recipient: server.into(),
            is_unwanted: |envelope, unwanted| {
                let info = envelope.get::<Info<S, M>>();
                info.is_some_and(|info| unwanted(&info.message))
            },
        }
    }
}

impl<M: Send + Sync + 'static> From<ProcessRef<M>> for Listener<M> {
    fn from(process: ProcessRef<M>) -> Listener<M> {
        Listener {
            recipient: process.into(),
            is_unwanted: |envelope, unwanted| envelope.get::<M>().is_some_and(unwanted),
        }
    }
}

impl<M: Send + 'static> AsPid for Listener<M> {
    fn as_pid(&self) -> Pid {
        self.pid()
    }
}

// By hand, because a derive would ask them of `M`.
impl<M> Clone for Listener<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Listener<M> {}

impl<M> fmt::Debug for Listener<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({})", self.recipient.pid())
    }
}
