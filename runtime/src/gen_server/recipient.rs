//! Whoever takes messages of one type, whatever else it is.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::reference::{ServerRef, inform};
use super::server::HandleInfo;
use crate::process::{Accepts, AsPid, Delivery, Pid, ProcessRef};

/// A process that takes messages of type `M`: a server with a handler for it, or a process written
/// by hand. Made of a reference, with `into()`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::reference::Recipient;
///
/// let printer = spawn(async |mut inbox: Inbox<String>| { inbox.receive().await; });
/// let anyone: Recipient<String> = printer.into();
/// send(anyone, "hello".into());
/// # });
/// ```
pub struct Recipient<M> {
    pid: Pid,
    deliver: fn(Pid, M),
}

impl<M> Recipient<M> {
    /// The process's identity.
    pub fn pid(&self) -> Pid {
        self.pid
    }
}

impl<S: HandleInfo<M>, M: Send + 'static> From<ServerRef<S>> for Recipient<M> {
    fn from(server: ServerRef<S>) -> Recipient<M> {
        Recipient {
            pid: server.pid(),
            deliver: inform::<S, M>,
        }
    }
}

impl<M: Send + 'static> From<ProcessRef<M>> for Recipient<M> {
    fn from(process: ProcessRef<M>) -> Recipient<M> {
        let deliver = |pid, message| ProcessRef::of(pid).send(message);
        Recipient {
            pid: process.pid(),
            deliver,
        }
    }
}

impl<M: Send + 'static> Accepts<M> for Recipient<M> {
    fn accept(&self, message: M) {
        (self.deliver)(self.pid, message);
    }

    fn accept_later(&self, message: M) -> Delivery {
        let recipient = *self;
        Delivery::find(move || recipient.accept(message))
    }
}

impl<M> AsPid for Recipient<M> {
    fn as_pid(&self) -> Pid {
        self.pid
    }
}

// By hand, because a derive would ask them of `M`.
impl<M> Clone for Recipient<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Recipient<M> {}

impl<M> PartialEq for Recipient<M> {
    fn eq(&self, other: &Self) -> bool {
        self.pid == other.pid
    }
}

impl<M> Eq for Recipient<M> {}

impl<M> Hash for Recipient<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pid.hash(state);
    }
}

impl<M> fmt::Debug for Recipient<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", self.pid)
    }
}
