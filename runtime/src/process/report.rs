//! Crash reports: what is said when a process panics or fails.
//!
//! A panic in a process is not printed by the standard hook; it is reported once, with the process,
//! by an event of `tracing` at level ERROR, or on standard error if there is no subscriber (or no
//! feature `tracing`). A process that was ended from outside is not reported: who ended it knows.

use std::any::Any;
use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::Once;

use super::exit_reason::ExitReason;
use super::flag;
use super::pid::Pid;
use crate::cell::Running;
use crate::runtime::Node;
use crate::scheduler::shared::Phase;
use crate::scheduler::{self, Shared};

thread_local! {
    /// What the hook saw of the panic that goes on on this thread.
    static PANIC: RefCell<Option<(String, Option<String>)>> = const { RefCell::new(None) };
}

static INSTALL: Once = Once::new();

/// Sees to it that the panic of a process is noted rather than printed. Panics elsewhere go to the
/// hook that was there.
pub(crate) fn install_hook() {
    INSTALL.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if crate::cell::with_current(|_| ()).is_some() {
                note(panic);
            } else {
                previous(panic);
            }
        }));
    });
}

fn note(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("Box<dyn Any>");
    let location = panic.location().map(ToString::to_string);
    PANIC.set(Some((message.into(), location)));
}

/// The reason that a panic stands for.
pub(crate) fn panic_reason(payload: &(dyn Any + Send)) -> ExitReason {
    let said = message_of(payload);
    // The note may be of an earlier panic that somebody caught.
    let noted = PANIC.take().filter(|(message, _)| *message == said);
    let (message, location) = noted.unwrap_or((said, None));
    ExitReason::panic(message, location)
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).into())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "Box<dyn Any>".into())
}

/// Whether anything is reported here. What ends when the whole runtime does is not.
fn is_wanted() -> bool {
    let wanted = |local: &scheduler::Local| {
        local.shared.config.crash_reports && local.shared.phase() == Phase::Running
    };
    scheduler::try_with_local(wanted) == Some(true)
}

/// Says something on standard error, for what is built on processes and reports to `tracing` when
/// somebody subscribes to that.
#[doc(hidden)]
pub fn say_report(text: std::fmt::Arguments<'_>) {
    if is_wanted() {
        say(text);
    }
}

/// A process has ended: reports it if it crashed by itself.
pub(crate) fn ended(running: Running<'_>, reason: &ExitReason, by_signal: bool) {
    let failed = matches!(reason, ExitReason::Panic(_) | ExitReason::Error(_));
    let crashed = failed || (reason.is_crash() && running.flag(flag::REPORTED));
    if by_signal || !crashed || !is_wanted() {
        return;
    }
    let pid = Pid::of(running.pid());
    let name = super::names::name_of(pid);
    let label = super::kept::if_any(running, |kept| kept.label.clone()).flatten();
    let what = name.or_else(|| label.map(|label| label.as_ref().into()));
    let kind = (running.table().name)();
    crash(pid, what.as_deref(), kind, reason);
}

/// A message came that the process does not know what to do with, and was dropped.
pub(crate) fn stray(running: Running<'_>, message: &str) {
    if !is_wanted() {
        return;
    }
    let pid = Pid::of(running.pid());
    let kind = (running.table().name)();
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::warn!(process = %pid, kind, message, "message was dropped: no handler for it");
        return;
    }
    say(format_args!(
        "process {pid} dropped a message that it has no handler for: {message}\n  running: {kind}"
    ));
}

fn crash(pid: Pid, what: Option<&str>, kind: &str, reason: &ExitReason) {
    let what = what.map(|what| format!(" ({what})")).unwrap_or_default();
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::error!(process = %pid, kind, reason = %reason, "process{what} crashed");
        return;
    }
    say(format_args!(
        "process {pid}{what} crashed: {reason}\n  running: {kind}"
    ));
}

/// The watch thread has found a turn that does not end, and `others` since it last said so.
pub(crate) fn stuck(
    shared: &Shared,
    process: crate::cell::LocalPid,
    age: std::time::Duration,
    others: u32,
) {
    if Node::of(shared).is_none() {
        return;
    }
    let pid = Pid::of(process);
    let sight = crate::cell::sight(process, &crossbeam_epoch::pin());
    let kind = sight.map_or("a process", |sight| (sight.table.name)());
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::warn!(process = %pid, kind, ?age, others, "process keeps its scheduler");
        return;
    }
    let others = match others {
        0 => String::new(),
        others => format!(", as {others} have before it"),
    };
    say(format_args!(
        "process {pid} has kept its scheduler for {age:?}{others}; the rest goes on elsewhere\n  \
         running: {kind}\n  \
         move computations and blocking calls into `regrow::process::blocking`"
    ));
}

/// Says something on standard error, for those who have set up no log.
#[expect(
    clippy::print_stderr,
    reason = "the default when there is no subscriber"
)]
fn say(text: std::fmt::Arguments<'_>) {
    eprintln!("[regrow] {text}");
}
