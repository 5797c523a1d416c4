//! Reception: what came in takes effect, in order of arrival.
//!
//! Messages go to the mailbox; signals are carried out. If one of them ends the process, nothing
//! after it is received: it is left for the dead, who answer it as if it had come too late.

use super::exit_reason::ExitReason;
use super::pid::Pid;
use super::receive::Exit;
use super::signal::{MonitorRecord, Signal};
use super::spawn::MailboxPolicy;
use super::{alias, flag, kept, link, mailbox, monitor, step};
use crate::cell::{Envelope, Reversal, Running};
use crate::scheduler::{coop, with_local};

/// How much of a list is turned round before others have their turn.
const TURNED_MAX: usize = 4096;

/// Receives what came in. A list that is too long to be turned round at once is put off; the process
/// gives way, and goes on with it at its next turn, before anything else.
#[inline]
pub(crate) fn receive(running: Running<'_>) {
    if running.has_news() || running.flag(flag::MAIL) {
        receive_news(running, TURNED_MAX);
    }
}

/// Receives all that came in, however much: for what has to know at once.
pub(crate) fn receive_all(running: Running<'_>) {
    if running.has_news() || running.flag(flag::MAIL) {
        receive_news(running, usize::MAX);
    }
}

fn receive_news(running: Running<'_>, turned_max: usize) {
    // One that is being dropped receives nothing more: that is left for the dead.
    if step::is_doomed() || running.flag(flag::EXITING) {
        return;
    }
    if running.flag(flag::MAIL) && !finish_turning(running, turned_max) {
        return;
    }
    if !running.has_news() {
        return;
    }
    let (mut list, signals) = running.drain();
    if !list.proceed(turned_max) {
        put_off(running, list);
    } else if signals {
        receive_list(running, list);
    } else {
        // Messages only: they are the newest part of the mailbox just as they are.
        mailbox::deliver_all(running, list);
    }
}

/// Receives a long list that is half turned round: it is older than all that has come since.
/// `false`: the process has nothing more to receive now.
#[cold]
fn finish_turning(running: Running<'_>, turned_max: usize) -> bool {
    while let Some(mut turning) = mailbox::with_mail(running, |mail| mail.turning.take()) {
        if !turning.proceed(turned_max) {
            put_off(running, turning);
            return false;
        }
        receive_list(running, turning);
    }
    !step::is_doomed()
}

/// The rest is done when others have had their turn.
fn put_off(running: Running<'_>, turning: Reversal) {
    mailbox::with_mail(running, |mail| mail.turning = Some(turning));
    coop::give_way();
}

fn receive_list(running: Running<'_>, mut list: Reversal) {
    let mut signals = 0;
    while let Some(envelope) = list.pop() {
        if step::is_doomed() {
            step::leave_for_the_dead(envelope);
        } else if envelope.is_signal() {
            signals += 1;
            receive_signal(running, envelope);
        } else {
            mailbox::deliver(running, envelope);
        }
    }
    with_local(|local| local.slot().counters.received.add(signals));
}

fn receive_signal(running: Running<'_>, envelope: Envelope) {
    match envelope.take::<Signal>() {
        Ok(signal) => carry_out(running, signal),
        Err(envelope) => receive_record(running, envelope),
    }
}

/// A monitor on its way to the process that it watches, or back to the one that watches.
fn receive_record(running: Running<'_>, record: Envelope) {
    let Some(&MonitorRecord { reference, .. }) = record.get::<MonitorRecord>() else {
        // Nothing else is sent as a signal.
        drop(record);
        return;
    };
    let comes_back = record
        .get::<MonitorRecord>()
        .is_some_and(|record| record.reason.is_some());
    if !comes_back {
        kept::with(running, |kept| kept.watchers.insert(reference, record));
    } else if let Some(priority) = monitor::arrive(running, reference) {
        mailbox::deliver_uncounted(running, record, priority);
    }
}

fn carry_out(running: Running<'_>, signal: Signal) {
    match signal {
        Signal::Exit { from, reason } => exit(running, from, reason, false),
        Signal::LinkExit { from, reason } => link_exit(running, from, reason),
        Signal::Link { from } => link::linked_by(running, from),
        Signal::Unlink { from } => link::unlinked_by(running, from),
        Signal::UnlinkAck { from } => link::unlink_acknowledged(running, from),
        Signal::Demonitor { reference } => {
            let record = kept::if_any(running, |kept| kept.watchers.remove(reference));
            drop(record);
        }
        Signal::Aliased {
            alias,
            priority,
            message,
        } => {
            if let Some(priority) = alias::arrive(running, alias, priority, true) {
                mailbox::deliver_uncounted(running, message, priority);
            }
        }
        Signal::AliasedExit {
            alias,
            from,
            reason,
            priority,
        } => {
            if let Some(priority) = alias::arrive(running, alias, priority, false) {
                exit(running, from, reason, priority);
            }
        }
        Signal::Ask(question) => question.answer(Some(running)),
        Signal::Unbounded(message) => unbounded(running, message),
        Signal::AwaitRoom(waker) => mailbox::await_room(running, waker),
    }
}

/// Somebody asks the process to end. The table of 1.1.1 in the catalogue.
fn exit(running: Running<'_>, from: Pid, reason: ExitReason, priority: bool) {
    let to_itself = from.local() == running.pid();
    match reason {
        ExitReason::Kill => step::doom(ExitReason::Killed),
        reason if running.flag(flag::TRAP_EXIT) => {
            let exit = Envelope::message(Exit { from, reason });
            mailbox::deliver_uncounted(running, exit, priority);
        }
        ExitReason::Normal if !to_itself => {}
        reason => step::doom(reason),
    }
}

/// A linked process has ended.
fn link_exit(running: Running<'_>, from: Pid, reason: ExitReason) {
    let Some(priority) = link::take_for_exit(running, from.local()) else {
        return;
    };
    if running.flag(flag::TRAP_EXIT) {
        let exit = Envelope::message(Exit { from, reason });
        mailbox::deliver_uncounted(running, exit, priority);
    } else if !reason.is_normal() {
        step::doom(reason);
    }
}

/// A message came to a full mailbox that drops its oldest for it.
fn unbounded(running: Running<'_>, message: Envelope) {
    let Some(bound) = running.bound() else { return };
    debug_assert!(MailboxPolicy::of(bound.policy) == MailboxPolicy::DropOldest);
    let dropped = mailbox::drop_oldest(running);
    mailbox::deliver_uncounted(running, message, false);
    if dropped.is_some() {
        with_local(|local| local.slot().counters.dropped.add(1));
    }
    drop(dropped);
}
