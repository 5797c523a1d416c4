//! Asking a process to end, and ending oneself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::exit_reason::ExitReason;
use super::flag;
use super::pid::{AsPid, Pid};
use super::receive::Exit;
use super::signal::Signal;
use super::{mailbox, send, step};
use crate::cell::{Envelope, LocalPid, Running};

/// Sends a process an exit signal.
///
/// What it does is up to the receiver, when it receives it:
///
/// | reason | receiver does not trap exits | receiver traps exits |
/// |---|---|---|
/// | [`Kill`](ExitReason::Kill) | ends with [`Killed`](ExitReason::Killed) | likewise |
/// | [`Normal`](ExitReason::Normal), from another process | nothing | receives an [`Exit`] |
/// | any other | ends with it | receives an [`Exit`] |
///
/// Sent to a dead process it does nothing. Sent to oneself, it ends the caller at once, unless the
/// caller traps exits: then this does not return, and if the unwinding is caught, the process ends
/// where it next waits. As an exception, `Normal` sent to oneself ends the caller too. No link is
/// needed, and the sender may be a thread that is no process.
///
/// # In OTP
///
/// [`exit/2`](https://www.erlang.org/doc/apps/erts/erlang#exit/2).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
///
/// let idler = spawn(async |mut inbox: Inbox<()>| { inbox.receive().await; });
/// let watch = monitor(idler);
/// exit(idler, ExitReason::Kill);
/// assert_eq!(watch.await.reason, ExitReason::Killed);
/// # });
/// ```
pub fn exit(target: impl AsPid, reason: ExitReason) {
    let target = target.as_pid();
    let reason = crate::cell::with_current(|running| to_oneself(running, target, &reason))
        .flatten()
        .ok_or(reason);
    match reason {
        Ok(Oneself::Ends(reason)) => {
            // Whoever catches the unwinding cannot undo it.
            step::doom(reason);
            step::leave_if_doomed();
        }
        Ok(Oneself::Told) => {}
        Err(reason) => {
            let exit = Signal::Exit {
                from: sender(),
                reason,
            };
            send::signal(target.local(), exit);
        }
    }
}

/// Sends another process an exit signal in the name of one that has ended, or is about to.
#[doc(hidden)]
pub fn exit_in_name_of(from: impl AsPid, target: impl AsPid, reason: ExitReason) {
    let from = from.as_pid();
    send::signal(target.as_pid().local(), Signal::Exit { from, reason });
}

enum Oneself {
    Ends(ExitReason),
    Told,
}

/// What an exit signal does that a process sends to itself. `None`: the target is another one.
fn to_oneself(running: Running<'_>, target: Pid, reason: &ExitReason) -> Option<Oneself> {
    if running.pid() != target.local() {
        return None;
    }
    if running.flag(flag::EXITING) {
        return Some(Oneself::Told);
    }
    Some(match reason {
        ExitReason::Kill => Oneself::Ends(ExitReason::Killed),
        reason if running.flag(flag::TRAP_EXIT) => {
            let exit = Exit {
                from: target,
                reason: reason.clone(),
            };
            mailbox::deliver_uncounted(running, Envelope::message(exit), false);
            Oneself::Told
        }
        reason => Oneself::Ends(reason.clone()),
    })
}

/// Ends the process that runs with this reason, whatever it is doing and whether it traps exits or
/// not. Values on the stack are dropped, as by a panic; nothing is reported.
///
/// Where it can, a body should rather return the reason.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`exit/1`](https://www.erlang.org/doc/apps/erts/erlang#exit/1). [`ExitReason::Kill`] is a reason
/// like any other here.
#[track_caller]
pub fn exit_self(reason: ExitReason) -> ! {
    step::current(|_| ());
    step::exit_now(reason)
}

/// Calls a function, and gives the reason that the process would have ended with if it panics or
/// calls [`exit_self`]. The panic is not reported. For code of others that must not end the process
/// that it runs in.
///
/// # Errors
///
/// The reason.
///
/// # In OTP
///
/// `try … catch`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::process::catch_exit;
///
/// let caught = catch_exit(|| "seven".parse::<u8>().expect("a number"));
/// assert!(caught.unwrap_err().is_crash());
/// # });
/// ```
pub fn catch_exit<T>(f: impl FnOnce() -> T) -> Result<T, ExitReason> {
    // What `f` has touched is its own affair, as it is when it runs in a process of its own.
    catch_unwind(AssertUnwindSafe(f)).map_err(step::reason_of_unwinding)
}

/// Who sends a signal: the process that runs, or nobody that anybody could answer.
pub(crate) fn sender() -> Pid {
    Pid::of(crate::cell::current_pid().unwrap_or(LocalPid::from_bits(0)))
}
