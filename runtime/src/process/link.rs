//! Links: two processes that end together.
//!
//! A link is symmetric and there is at most one between two processes. When either end exits, the
//! other receives an exit signal with its reason; unless it [traps exits](super::flag::trap_exit)
//! it exits with that reason too, but for [`ExitReason::Normal`], which it ignores.
//!
//! Each end keeps its own half. The halves are made and taken away by signals, so for a short time
//! one end may have a half and the other not.
//!
//! # Invariants
//!
//! - R-LINK-1  A half that is active is honoured: one exit signal through it, which takes it away.
//! - R-LINK-2  After `unlink(b)` returns, no exit signal of `b`'s through the old link takes effect,
//!   also if the two are linked again. A half that was taken away waits for the other end's word
//!   that it has received that; exit signals that come before it are of the old link.
//! - R-LINK-3  When all signals have been received, both ends have a half or neither has.
//!
//! # Not here
//!
//! Monitors ([`monitor`](super::monitor)) are one-way and stack. What ending does, step by step, is
//! in [`death`](super::death).

use std::fmt;

use super::exit_reason::ExitReason;
use super::kept;
use super::links::LinkState;
use super::pid::{AsPid, Pid};
use super::receive::Exit;
use super::signal::Signal;
use super::{flag, mailbox, send, step};
use crate::cell::{Envelope, LocalPid, Running};

/// Why a link could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkError {
    /// No process has this pid, and the caller does not trap exits.
    NoProcess(Pid),
    /// The caller is no process.
    NotAProcess,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::NoProcess(pid) => write!(f, "no such process to link to: {pid}"),
            LinkError::NotAProcess => {
                f.write_str("only a process can link: this thread is not running one")
            }
        }
    }
}

impl std::error::Error for LinkError {}

/// Links the process that runs with another one: when either ends, so does the other.
///
/// Linking twice, or to oneself, does nothing. If the other is dead, a process that traps exits
/// receives an [`Exit`] with [`ExitReason::NoProc`], as if the link had been made just before.
///
/// # Errors
///
/// The other process is dead and the caller does not trap exits; or the caller is no process.
///
/// # In OTP
///
/// [`link/1`](https://www.erlang.org/doc/apps/erts/erlang#link/1), which raises `noproc` where this
/// returns an error.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::{exit, link, trap_exit};
///
/// let other = spawn(async |mut inbox: Inbox<()>| { inbox.receive().await; });
/// trap_exit(true);
/// link(other)?;
/// exit(other, ExitReason::Shutdown);      // comes back to us as a message, since we trap exits
/// # Ok::<(), regrow::process::LinkError>(())
/// # });
/// ```
pub fn link(other: impl AsPid) -> Result<(), LinkError> {
    let other = other.as_pid();
    crate::cell::with_current(|running| link_from(running, other, false))
        .unwrap_or(Err(LinkError::NotAProcess))
}

/// As [`link`]; the other's [`Exit`] goes before ordinary messages, if this process traps exits.
///
/// That is up to this end alone. A link that exists gets the priority, and loses it again by
/// [`link`].
///
/// # Errors
///
/// As [`link`].
///
/// # In OTP
///
/// `link(Pid, [priority])`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::process::{Inbox, Received, exit_self, link_priority, send, settle, spawn, trap_exit};
/// use regrow::ExitReason;
///
/// let watcher = spawn(async |mut inbox: Inbox<&str>| {
///     trap_exit(true);
///     let worker = spawn(async |mut inbox: Inbox<()>| { inbox.receive().await; });
///     link_priority(worker).expect("the worker waits");
///     send(inbox.this(), "one of many");
///     send(worker, ());
///     settle().await;
///     assert!(matches!(inbox.receive().await, Received::Exit(exit) if exit.from == worker.pid()));
/// });
/// assert_eq!(regrow::process::monitor(watcher).await.reason, ExitReason::Normal);
/// # });
/// ```
pub fn link_priority(other: impl AsPid) -> Result<(), LinkError> {
    let other = other.as_pid();
    crate::cell::with_current(|running| link_from(running, other, true))
        .unwrap_or(Err(LinkError::NotAProcess))
}

fn link_from(running: Running<'_>, other: Pid, priority: bool) -> Result<(), LinkError> {
    let me = running.pid();
    if other.local() == me {
        return Ok(());
    }
    if is_linked(running, other.local()) {
        set_priority(running, other.local(), priority);
        return Ok(());
    }
    if send::signal(other.local(), Signal::Link { from: me }) {
        add(running, other.local(), priority);
        return Ok(());
    }
    if !running.flag(flag::TRAP_EXIT) {
        return Err(LinkError::NoProcess(other));
    }
    let exit = Envelope::message(Exit {
        from: other,
        reason: ExitReason::NoProc,
    });
    mailbox::deliver_uncounted(running, exit, priority);
    Ok(())
}

/// Takes the link between the process that runs and another one away, if there is one.
///
/// When this has returned, the other's end does not end this process any more, and no [`Exit`] of it
/// arrives. One that is in the mailbox already stays there.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`unlink/1`](https://www.erlang.org/doc/apps/erts/erlang#unlink/1).
#[track_caller]
pub fn unlink(other: impl AsPid) {
    let other = other.as_pid();
    step::current(|running| unlink_from(running, other.local()));
}

fn unlink_from(running: Running<'_>, other: LocalPid) {
    if !deactivate(running, other) {
        return;
    }
    if send::signal(
        other,
        Signal::Unlink {
            from: running.pid(),
        },
    ) {
        kept::with(running, |kept| {
            let mut state = kept.links.get(other).unwrap_or_default();
            state.unlinked = true;
            state.unacknowledged += 1;
            kept.links.set(other, state);
        });
    }
    // Otherwise the other is dead. An exit signal of its that is still under way finds no half.
}

/// Whether there is an active half.
pub(crate) fn is_linked(running: Running<'_>, other: LocalPid) -> bool {
    running.link() == Some(other)
        || kept::if_any(running, |kept| {
            kept.links.get(other).is_some_and(|state| state.active)
        })
        .unwrap_or(false)
}

/// Makes this end's half, unless it is there. One with priority does not lie in the header.
pub(crate) fn add(running: Running<'_>, other: LocalPid, priority: bool) {
    if running.link() == Some(other) {
        return;
    }
    let known = kept::if_any(running, |kept| {
        let mut state = kept.links.get(other)?;
        if !state.active {
            (state.active, state.priority) = (true, priority);
            state.unlinked = false;
            kept.links.set(other, state);
        }
        Some(())
    });
    if known.flatten().is_some() {
        return;
    }
    if running.link().is_none() && !priority {
        running.set_link(Some(other));
    } else {
        kept::with(running, |kept| {
            let state = LinkState {
                active: true,
                priority,
                ..LinkState::default()
            };
            kept.links.set(other, state);
        });
    }
}

/// The other end has made its half.
///
/// If this end has unlinked and waits for word on that, the other had not received it when it linked,
/// and will lose its half to it: there is to be none on this side either.
pub(crate) fn linked_by(running: Running<'_>, other: LocalPid) {
    let is_crossing = kept::if_any(running, |kept| {
        let state = kept.links.get(other)?;
        Some(state.unlinked && state.unacknowledged > 0)
    });
    if is_crossing.flatten() != Some(true) {
        add(running, other, false);
    }
}

/// Takes the half in the header away. A parent is remembered without it.
fn clear_first(running: Running<'_>) {
    if running.set_flag(flag::PARENT, false) {
        let parent = running.link();
        kept::with(running, |kept| kept.parent = parent);
    }
    running.set_link(None);
}

/// The process that started this one and linked to it, if this is one that asks for it: a server.
///
/// It stays the parent when the link goes, by its end above all.
pub(crate) fn parent(running: Running<'_>) -> Option<LocalPid> {
    if running.flag(flag::PARENT) {
        return running.link();
    }
    kept::if_any(running, |kept| kept.parent).flatten()
}

/// Gives this end's half priority, or takes it.
fn set_priority(running: Running<'_>, other: LocalPid, priority: bool) {
    if running.link() != Some(other) {
        kept::if_any(running, |kept| {
            if let Some(state) = kept.links.get(other) {
                kept.links.set(other, LinkState { priority, ..state });
            }
        });
    } else if priority {
        clear_first(running);
        add(running, other, true);
    }
}

/// Takes this end's half away. `false`: it was not active.
fn deactivate(running: Running<'_>, other: LocalPid) -> bool {
    if running.link() == Some(other) {
        clear_first(running);
        return true;
    }
    kept::if_any(running, |kept| {
        let Some(state) = kept.links.get(other) else {
            return false;
        };
        if state.unacknowledged == 0 {
            kept.links.remove(other);
        } else {
            let active = false;
            kept.links.set(other, LinkState { active, ..state });
        }
        state.active
    })
    .unwrap_or(false)
}

/// An exit signal came through a link, whose half ends with that. `None`: it is of a link that was
/// taken away (R-LINK-2). Otherwise whether it has priority.
pub(crate) fn take_for_exit(running: Running<'_>, other: LocalPid) -> Option<bool> {
    if running.link() == Some(other) {
        clear_first(running);
        return Some(false);
    }
    kept::if_any(running, |kept| match kept.links.get(other)? {
        LinkState {
            active: true,
            priority,
            unacknowledged: 0,
            ..
        } => {
            kept.links.remove(other);
            Some(priority)
        }
        _ => None,
    })
    .flatten()
}

/// The other end has taken its half away, and waits for word.
pub(crate) fn unlinked_by(running: Running<'_>, other: LocalPid) {
    deactivate(running, other);
    // If it is dead it waits no more.
    send::signal(
        other,
        Signal::UnlinkAck {
            from: running.pid(),
        },
    );
}

/// The other end has received that this one took its half away.
pub(crate) fn unlink_acknowledged(running: Running<'_>, other: LocalPid) {
    kept::if_any(running, |kept| {
        let Some(mut state) = kept.links.get(other) else {
            return;
        };
        state.unacknowledged = state.unacknowledged.saturating_sub(1);
        if state.active || state.unacknowledged > 0 {
            kept.links.set(other, state);
        } else {
            kept.links.remove(other);
        }
    });
}

/// All processes that this one is linked to.
pub(crate) fn linked(running: Running<'_>) -> Vec<Pid> {
    let mut all: Vec<Pid> = running.link().map(Pid::of).into_iter().collect();
    kept::if_any(running, |kept| {
        all.extend(kept.links.active().map(Pid::of));
    });
    all
}
