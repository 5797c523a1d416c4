//! Notices out of turn: hearing of the ends of other processes before anything else in the mailbox.
//!
//! A process that ends others and waits for them goes on receiving messages meanwhile, which it will
//! not look at before it is done. These futures take the word of an end out of the mailbox, wherever
//! it is in it, and leave everything else as it was.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::exit_reason::ExitReason;
use super::link;
use super::mailbox;
use super::pid::{AsPid, Pid};
use super::receive::{Down, Exit};
use super::reception;
use super::signal::MonitorRecord;
use super::step;
use crate::cell::Envelope;
use crate::scheduler::coop;

/// The end of another process, as it is heard of.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// By a link, or by an exit signal that somebody sent; the process traps exits.
    Exit(Exit),
    /// By a monitor.
    Down(Down),
}

/// Waits for the next [`Exit`] or [`Down`]; see [`next_notice`].
#[derive(Debug)]
#[must_use = "a notice is received when this is awaited"]
pub struct NextNotice(());

/// Waits for the [`Exit`] of one process; see [`exit_of`].
#[derive(Debug)]
#[must_use = "an exit is received when this is awaited"]
pub struct ExitOf(Pid);

/// Receives the next [`Exit`] or [`Down`], whichever came first. Messages stay where they are.
///
/// # Cancel safety
///
/// Dropped before it is done, it has received nothing.
///
/// # In OTP
///
/// A `receive` with patterns for `{'EXIT', _, _}` and `{'DOWN', _, _, _, _}`.
pub fn next_notice() -> NextNotice {
    NextNotice(())
}

/// Receives the [`Exit`] of a process: one that has come already, or, if the process is linked, the
/// one that will come when it ends. `None`: there is none, and no link that could bring one.
///
/// For processes that trap exits; others do not survive to hear of a crash.
///
/// # Cancel safety
///
/// Dropped before it is done, it has received nothing.
///
/// # In OTP
///
/// A `receive` with the pattern `{'EXIT', Pid, _}`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::{exit_of, trap_exit};
///
/// trap_exit(true);
/// let worker = spawn_link(async |_: Inbox<()>| ExitReason::atom("out_of_paper"));
/// let exit = exit_of(worker).await;
/// assert_eq!(exit.map(|exit| exit.reason), Some(ExitReason::atom("out_of_paper")));
/// assert_eq!(exit_of(worker).await, None);
/// # });
/// ```
pub fn exit_of(process: impl AsPid) -> ExitOf {
    ExitOf(process.as_pid())
}

/// Takes out of the mailbox the [`Exit`] that came through the link to a process, which has ended for
/// this reason. One that the process sent of its own accord stays there.
pub(crate) fn flush_exit_of(process: Pid, reason: &ExitReason) {
    let exit = step::current(|running| {
        mailbox::extract(running, |message| {
            is_exit_of(message, process)
                && message
                    .get::<Exit>()
                    .is_some_and(|exit| exit.reason.is_same(reason))
        })
    });
    drop(exit);
}

/// Takes the link to a process away, and if it is gone because the process has ended, the [`Exit`]
/// that it brought.
pub(crate) fn unlink_flush(process: Pid) {
    let linked = step::current(|running| {
        reception::receive(running);
        link::is_linked(running, process.local())
    });
    if linked {
        link::unlink(process);
        return;
    }
    let exit =
        step::current(|running| mailbox::extract(running, |message| is_exit_of(message, process)));
    drop(exit);
}

/// Takes all messages that `unwanted` accepts out of the mailbox, if it is that of this process.
pub(crate) fn forget(process: Pid, unwanted: impl Fn(&Envelope) -> bool) {
    let here = |running: crate::cell::Running<'_>| Pid::of(running.pid()) == process;
    if crate::cell::with_current(here) != Some(true) {
        return;
    }
    step::current(reception::receive);
    while let Some(message) = step::current(|running| mailbox::extract(running, &unwanted)) {
        drop(message);
    }
}

fn is_exit_of(message: &Envelope, process: Pid) -> bool {
    message
        .get::<Exit>()
        .is_some_and(|exit| exit.from == process)
}

impl Future for NextNotice {
    type Output = Notice;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Notice> {
        ready!(coop::poll_proceed(cx));
        let found = step::current(|running| {
            reception::receive(running);
            mailbox::extract(running, |message| {
                message.is::<Exit>() || message.is::<MonitorRecord>()
            })
        });
        // A notice is a signal, and wakes the process whatever else it waits for.
        found.and_then(open).map_or(Poll::Pending, Poll::Ready)
    }
}

fn open(envelope: Envelope) -> Option<Notice> {
    match envelope.take::<MonitorRecord>() {
        Ok(record) => Some(Notice::Down(record.into())),
        Err(envelope) => envelope.take().ok().map(Notice::Exit),
    }
}

impl Future for ExitOf {
    type Output = Option<Exit>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Exit>> {
        ready!(coop::poll_proceed(cx));
        step::current(|running| {
            reception::receive(running);
            match mailbox::extract(running, |message| is_exit_of(message, self.0)) {
                Some(exit) => Poll::Ready(exit.take().ok()),
                None if link::is_linked(running, self.0.local()) => Poll::Pending,
                None => Poll::Ready(None),
            }
        })
    }
}
