//! Signals: everything one process sends another that is not a plain message.
//!
//! Signals and messages travel in one queue, so whatever one process sends another arrives in the
//! order in which it was sent, of whatever kind it is and by whatever address it went (SIG in the
//! ledger). A message waits in the mailbox until the process reads it. A signal takes effect when
//! it is *received*, which happens whenever the process looks at what came in, also if thousands of
//! messages before it are unread: that is how a kill is not delayed by a full mailbox.
//!
//! A signal changes only the state of the process that receives it. Nobody else touches that.

use std::sync::Arc;

use super::exit_reason::{ExitReason, Term};
use super::pid::Pid;
use crate::cell::{Envelope, LocalPid};

/// A signal in flight.
pub(crate) enum Signal {
    /// A request to end, by [`exit`](super::exit).
    Exit { from: Pid, reason: ExitReason },
    /// A linked process has ended.
    LinkExit { from: Pid, reason: ExitReason },
    /// `from` has linked itself to the receiver.
    Link { from: LocalPid },
    /// `from` has taken its link to the receiver away, and waits for the word that it is done.
    Unlink { from: LocalPid },
    /// `from` has received an [`Signal::Unlink`].
    UnlinkAck { from: LocalPid },
    /// The watcher of this monitor does not watch any more.
    Demonitor { reference: u64 },
    /// A message to an alias, which the receiver may have taken away.
    Aliased {
        alias: u64,
        /// Whether it goes before ordinary messages, should the alias allow it.
        priority: bool,
        message: Envelope,
    },
    /// An exit request to an alias.
    AliasedExit {
        alias: u64,
        from: Pid,
        reason: ExitReason,
        priority: bool,
    },
    /// A question about the receiver, which its owner answers.
    Ask(Box<dyn Ask>),
    /// A message for a bounded mailbox that drops its oldest for it.
    Unbounded(Envelope),
    /// The sender waits for room in the receiver's bounded mailbox.
    AwaitRoom(std::task::Waker),
}

/// A question about a process.
pub(crate) trait Ask: Send {
    /// Answers it, about the process that runs; or, if `None`, about one that has ended.
    fn answer(self: Box<Self>, of: Option<crate::cell::Running<'_>>);
}

/// A monitor, from the time that it is on its way to the process that it watches until it comes
/// back as the notice of that process's death. Made once, so death allocates nothing.
#[derive(Debug, Clone)]
pub(crate) struct MonitorRecord {
    pub(crate) reference: u64,
    pub(crate) watcher: LocalPid,
    pub(crate) watched: Pid,
    /// The name that the process was watched by.
    pub(crate) name: Option<Arc<str>>,
    /// Set at death.
    pub(crate) reason: Option<ExitReason>,
    /// What the watcher wants to be reminded of.
    pub(crate) tag: Option<Term>,
}
