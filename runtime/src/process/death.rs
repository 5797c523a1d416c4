//! Death, step by step, in pieces.
//!
//! ```text
//! 1  drop the body, with everything that it owns; each panic is caught
//! 2  cancel the process's own timers; its aliases end
//! 3  release its names, and what registries hold of it
//! 4  close the mailbox: from here on there is no such process
//! 5  send an exit signal through every link, and every monitor's notice
//! 6  take its own monitors of others away
//! 7  answer what was left in the mailbox, in order of arrival, and drop it
//! 8  give the slot back
//! ```
//!
//! Resources and names go first (1 to 3), so that whoever hears of the death can take them over at
//! once. Who puts the process into a group just then is found out by step 4, which is refused, and
//! steps 3 and 4 are done again: nobody is told that there is no such process while a group has it.
//! What was left comes after the notices (7), so that a watcher with an old monitor and one that was
//! still under way hears the true reason first, and `NoProc` for the other.
//!
//! A process with a million keys, links, monitors or unread messages must not hold up its scheduler:
//! step 3 and steps 5 to 7 do [`PIECE`] things and then go to the end of the queue. Until step 4 it is
//! found under the keys that it still has, as a process that does not come to its messages. Nothing
//! recurses: the end of a linked process is a signal, and that process dies when it is scheduled
//! itself.

use std::cell::RefCell;

use super::exit_reason::ExitReason;
use super::kept::{Few, Kept};
use super::links::LinksLeft;
use super::monitor::{Monitoring, send_back};
use super::pid::Pid;
use super::signal::{MonitorRecord, Signal};
use super::{flag, kept, mailbox, names, report, send};
use crate::cell::{Envelope, LocalPid, Owned, Queue, Reversal};
use crate::primitive::unwind::quietly;
use crate::scheduler::{After, Local};

/// Things that a dying process does before others have their turn.
const PIECE: usize = 128;

/// Why a process has to end, and what came in after that was decided.
#[derive(Debug)]
pub(crate) struct Doom {
    reason: ExitReason,
    /// Whether somebody else ended it.
    by_signal: bool,
    pub(crate) leftovers: Queue,
}

impl Doom {
    pub(crate) fn by_itself(reason: ExitReason) -> Doom {
        Doom {
            reason,
            by_signal: false,
            leftovers: Queue::default(),
        }
    }

    pub(crate) fn reason(&self) -> &ExitReason {
        &self.reason
    }

    pub(crate) fn by_signal(reason: ExitReason) -> Doom {
        Doom {
            reason,
            by_signal: true,
            leftovers: Queue::default(),
        }
    }
}

/// What is left to do of a death, from step 3 on.
#[derive(Debug)]
pub(crate) struct Dying {
    pid: Pid,
    /// Whether steps 3 and 4 are done.
    is_closed: bool,
    reason: ExitReason,
    link: Option<LocalPid>,
    links: LinksLeft,
    watchers: Few<u64, Envelope>,
    monitors: Few<u64, Monitoring>,
    /// What was received and not read, and then what was not received.
    unread: Queue,
    turning: Option<Reversal>,
    unreceived_first: Queue,
    unreceived: Reversal,
}

thread_local! {
    /// The reason of the process whose values are being dropped on this thread.
    static DYING_OF: RefCell<Option<ExitReason>> = const { RefCell::new(None) };
}

/// Why the process ends whose values are being dropped, if one is.
pub(crate) fn dying_reason() -> Option<ExitReason> {
    DYING_OF.with_borrow(Clone::clone)
}

/// Calls `f`, which drops values of a process that ends for this reason.
fn dying_of<R>(reason: &ExitReason, f: impl FnOnce() -> R) -> R {
    let outer = DYING_OF.replace(Some(reason.clone()));
    let result = f();
    DYING_OF.set(outer);
    result
}

/// Steps 1 to 4, and as much of the rest as fits a piece.
pub(crate) fn begin(local: &Local, mut owned: Owned, doom: Doom) -> After {
    let Doom {
        reason,
        by_signal,
        leftovers,
    } = doom;
    let running = owned.running();
    running.set_flag(flag::EXITING, true);
    let pid = running.pid();
    report::ended(running, &reason, by_signal);
    owned.enter(|owned| {
        dying_of(&reason, || {
            // A panic in a drop is the user's; the process ends with its first reason all the same.
            owned.clear_body();
            let above = kept::if_any(owned.running(), |kept| kept.above.take());
            quietly(|| drop(above));
        });
    });
    let mut kept = take_kept(&owned);
    if let Some(kept) = &mut kept {
        for timer in kept.timers.drain(..) {
            local.shared.cancel_timer(timer);
        }
        if let Some(timer) = kept.deadline.take_armed() {
            local.shared.cancel_timer(timer);
        }
    }
    let pid = Pid::of(pid);
    let running = owned.running();
    let link = running.link();
    let alone = kept.is_none() && link.is_none();
    let nothing_left = running.queue().is_empty() && leftovers.is_empty();
    let held = owned.take_known() && !names::process_ended(&local.shared, pid, PIECE);
    let closed = if held { None } else { owned.close() };
    if let Some(unreceived) = &closed
        && alone
        && nothing_left
        && unreceived.is_empty()
    {
        // Most that are spawned for one thing: nobody is to be told, and nothing to be answered.
        return After::Buried(owned.end());
    }
    let running = owned.running();
    running.set_link(None);
    let mut dying = Dying::new(pid, reason, kept.map_or_else(Kept::default, |kept| *kept));
    dying.link = link;
    dying.unread.append(&running.queue().take());
    dying.unreceived_first = leftovers;
    match closed {
        Some(closed) => dying.closed(closed),
        None => return wait(owned, dying),
    }
    go_on(local, owned, dying)
}

/// Goes on with the death of a process that has begun to die.
pub(crate) fn proceed(local: &Local, owned: Owned) -> After {
    match take_kept(&owned).and_then(|kept| kept.dying) {
        Some(dying) => go_on(local, owned, *dying),
        None => After::Buried(owned.end()),
    }
}

fn take_kept(owned: &Owned) -> Option<Box<Kept>> {
    if owned.running().keeps_nothing() {
        return None;
    }
    let kept = owned.running().with_kept(Option::take);
    kept.and_then(|kept| (kept as Box<dyn std::any::Any>).downcast().ok())
}

fn go_on(local: &Local, owned: Owned, mut dying: Dying) -> After {
    let reason = dying.reason.clone();
    let done = dying_of(&reason, || {
        dying.release_a_piece(local, &owned) && dying.do_a_piece()
    });
    if done {
        return After::Buried(owned.end());
    }
    wait(owned, dying)
}

/// The rest is done in a later turn.
fn wait(owned: Owned, dying: Dying) -> After {
    kept::with(owned.running(), |kept| kept.dying = Some(Box::new(dying)));
    After::Requeue(owned.requeue(0))
}

impl Dying {
    /// The death of a process for which this was kept, without what was in its header.
    fn new(pid: Pid, reason: ExitReason, kept: Kept) -> Dying {
        let Kept {
            links,
            mut watchers,
            monitors,
            mail,
            ..
        } = kept;
        let (unread, turning) = mail.map_or_else(Default::default, |mail| mailbox::take_all(*mail));
        watchers.reverse();
        Dying {
            pid,
            is_closed: false,
            reason,
            link: None,
            links: links.taken_apart(),
            watchers,
            monitors,
            unread,
            turning,
            unreceived_first: Queue::default(),
            unreceived: Reversal::default(),
        }
    }

    /// Step 4 is done: this is what came that nobody received.
    fn closed(&mut self, unreceived: Reversal) {
        self.unreceived = unreceived;
        self.is_closed = true;
    }

    /// Does a piece of steps 3 and 4. `true`: both are done.
    fn release_a_piece(&mut self, local: &Local, owned: &Owned) -> bool {
        if self.is_closed {
            return true;
        }
        // Before the others let go: who begins to hold something after this keeps the mailbox open.
        owned.take_known();
        if !names::process_ended(&local.shared, self.pid, PIECE) {
            return false;
        }
        if let Some(unreceived) = owned.close() {
            self.closed(unreceived);
        }
        self.is_closed
    }

    /// Does a piece of steps 5 to 7. `true`: all is done.
    fn do_a_piece(&mut self) -> bool {
        for _ in 0..PIECE {
            if !self.do_one() {
                return true;
            }
        }
        false
    }

    /// Does one thing. `false`: there is nothing left to do.
    fn do_one(&mut self) -> bool {
        if let Some(other) = self.link.take() {
            self.tell_linked(other);
        } else if let Some(other) = self.links.next() {
            self.tell_linked(other);
        } else if let Some((_, record)) = self.watchers.pop() {
            send_back(record, self.reason.clone());
        } else if let Some((reference, monitoring)) = self.monitors.pop() {
            if let Some(watched) = monitoring.watched {
                send::signal(watched, Signal::Demonitor { reference });
            }
        } else {
            return self.answer_one();
        }
        true
    }

    fn tell_linked(&self, other: LocalPid) {
        let exit = Signal::LinkExit {
            from: self.pid,
            reason: self.reason.clone(),
        };
        send::signal(other, exit);
    }

    /// Answers one of those left in the mailbox. `false`: there is none.
    fn answer_one(&mut self) -> bool {
        let next = self.unread.pop_front().or_else(|| {
            if let Some(mut turning) = self.turning.take() {
                if !turning.proceed(PIECE) {
                    self.turning = Some(turning);
                    return None;
                }
                self.unread = drain(turning);
            }
            self.unread
                .pop_front()
                .or_else(|| self.unreceived_first.pop_front())
        });
        if let Some(envelope) = next {
            quietly(|| self.answer(envelope));
            return true;
        }
        if self.turning.is_some() || !self.unreceived.proceed(PIECE) {
            return true;
        }
        let Some(envelope) = self.unreceived.pop() else {
            return false;
        };
        quietly(|| self.answer(envelope));
        true
    }

    fn answer(&self, mut envelope: Envelope) {
        if let Some(record) = envelope.get_mut::<MonitorRecord>() {
            if record.reason.is_none() {
                send_back(envelope, ExitReason::NoProc);
            }
            return;
        }
        match envelope.take::<Signal>() {
            Ok(Signal::Link { from }) => {
                let exit = Signal::LinkExit {
                    from: self.pid,
                    reason: ExitReason::NoProc,
                };
                send::signal(from, exit);
            }
            Ok(Signal::Unlink { from }) => {
                send::signal(
                    from,
                    Signal::UnlinkAck {
                        from: self.pid.local(),
                    },
                );
            }
            Ok(Signal::Ask(question)) => question.answer(None),
            Ok(Signal::AwaitRoom(waker)) => waker.wake(),
            Ok(signal) => drop(signal),
            // A message. If it is a call, dropping it fails the call with this process's reason.
            Err(message) => drop(message),
        }
    }
}

fn drain(mut turned: Reversal) -> Queue {
    let queue = Queue::default();
    while let Some(envelope) = turned.pop() {
        queue.push_back(envelope);
    }
    queue
}
