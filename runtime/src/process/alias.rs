//! Aliases: addresses of a process that it can take back.
//!
//! A reply address that stays valid after its asker has given up lets late replies into a mailbox
//! where nobody expects them. An alias is an address that its owner takes away when it is done; what
//! is sent to it afterwards vanishes.
//!
//! Whether an alias is active is decided when the message is *received*, by its owner, never when it
//! is sent. So a message that a process sent to itself by an alias is lost if it takes the alias
//! away before it looks.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::exit_reason::ExitReason;
use super::pid::Pid;
use super::signal::Signal;
use super::{kept, monitor, send, step};
use crate::cell::{Envelope, Running};

/// When an alias ends, unless it is taken away before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AliasMode {
    /// Only by [`unalias`]. In OTP `explicit_unalias`.
    Explicit,
    /// With the first message that comes by it. In OTP `reply`.
    Reply,
}

/// An active alias.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AliasState {
    pub(crate) ends: Ends,
    pub(crate) priority: bool,
}

/// What an alias ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// `unalias` only.
    Explicitly,
    /// The first message.
    WithMessage,
    /// The monitor of the same reference.
    WithMonitor,
    /// The monitor of the same reference, or the first message, which ends that too.
    WithMonitorOrMessage,
}

/// An address of a process that takes messages of type `M`, which the process can take away.
///
/// Sending to one that was taken away does nothing.
///
/// # In OTP
///
/// A process alias; see [`alias/1`](https://www.erlang.org/doc/apps/erts/erlang#alias/1).
pub struct Alias<M> {
    pub(crate) owner: Pid,
    pub(crate) reference: u64,
    takes: PhantomData<fn(M)>,
}

impl<M> Alias<M> {
    pub(crate) fn of(owner: Pid, reference: u64) -> Alias<M> {
        Alias {
            owner,
            reference,
            takes: PhantomData,
        }
    }

    /// Sends a message to whoever made the alias, unless it was taken away.
    pub fn send(&self, message: M)
    where
        M: Send + 'static,
    {
        self.send_with(message, false);
    }

    /// Sends a message that goes before ordinary ones, if the alias was made for that.
    ///
    /// # In OTP
    ///
    /// `erlang:send(Alias, Message, [priority])`.
    pub fn send_priority(&self, message: M)
    where
        M: Send + 'static,
    {
        self.send_with(message, true);
    }

    fn send_with(&self, message: M, priority: bool)
    where
        M: Send + 'static,
    {
        let message = Envelope::message(message);
        let aliased = Signal::Aliased {
            alias: self.reference,
            priority,
            message,
        };
        send::signal(self.owner.local(), aliased);
    }

    /// Sends an exit signal by the alias; as a priority signal if `priority` and the alias was made
    /// for that. It matters only to a process that traps exits.
    ///
    /// # In OTP
    ///
    /// `erlang:exit(Alias, Reason, [priority])`.
    pub fn exit(&self, reason: ExitReason, priority: bool) {
        let from = super::exit::sender();
        let exit = Signal::AliasedExit {
            alias: self.reference,
            from,
            reason,
            priority,
        };
        send::signal(self.owner.local(), exit);
    }
}

impl<M> Clone for Alias<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Alias<M> {}

impl<M> PartialEq for Alias<M> {
    fn eq(&self, other: &Self) -> bool {
        self.reference == other.reference
    }
}

impl<M> Eq for Alias<M> {}

impl<M> Hash for Alias<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.reference.hash(state);
    }
}

impl<M> fmt::Debug for Alias<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Alias({} of {})", self.reference, self.owner)
    }
}

/// Makes an alias of the process that runs.
pub(crate) fn create(running: Running<'_>, ends: Ends, priority: bool) -> u64 {
    let reference = monitor::next_reference();
    kept::with(running, |kept| {
        kept.aliases
            .insert(reference, AliasState { ends, priority });
    });
    reference
}

/// Takes an alias away. `false`: it was not active, or is not the caller's.
///
/// A monitor with the same reference stays.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`unalias/1`](https://www.erlang.org/doc/apps/erts/erlang#unalias/1).
#[track_caller]
pub fn unalias<M>(alias: Alias<M>) -> bool {
    step::current(|running| {
        // What came by it so far has arrived.
        super::reception::receive_all(running);
        remove(running, alias.reference)
    })
}

fn remove(running: Running<'_>, reference: u64) -> bool {
    kept::if_any(running, |kept| kept.aliases.remove(reference).is_some()).unwrap_or(false)
}

/// Something came by an alias. `None`: it was taken away. Otherwise whether it has priority; an
/// alias that ends with it has ended, and its monitor too.
pub(crate) fn arrive(
    running: Running<'_>,
    reference: u64,
    priority: bool,
    is_message: bool,
) -> Option<bool> {
    let state = kept::if_any(running, |kept| kept.aliases.get_mut(reference).copied())??;
    if is_message {
        match state.ends {
            Ends::WithMessage => {
                remove(running, reference);
            }
            Ends::WithMonitorOrMessage => {
                remove(running, reference);
                monitor::remove(running, reference);
            }
            Ends::Explicitly | Ends::WithMonitor => {}
        }
    }
    Some(state.priority && priority)
}

/// The monitor of this reference has ended: an alias that ends with it has too.
pub(crate) fn monitor_ended(running: Running<'_>, reference: u64) {
    kept::if_any(running, |kept| {
        let ends = kept.aliases.get_mut(reference).map(|state| state.ends);
        if matches!(ends, Some(Ends::WithMonitor | Ends::WithMonitorOrMessage)) {
            kept.aliases.remove(reference);
        }
    });
}
