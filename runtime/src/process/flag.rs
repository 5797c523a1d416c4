//! Process flags, and what a process may change of itself.

use super::step;
use crate::cell::Running;
use crate::scheduler::local::priority;

/// Exit signals become messages.
pub(crate) const TRAP_EXIT: u32 = 1 << 2;
/// The process is on its way to its end; no code of the user's runs in it any more.
pub(crate) const EXITING: u32 = 1 << 3;
/// There is more to the mailbox than the header's queue; see [`mailbox`](super::mailbox).
pub(crate) const MAIL: u32 = 1 << 4;
/// Suspended by a system message: it receives signals and nothing else.
pub(crate) const SUSPENDED: u32 = 1 << 5;
/// Its end is reported whatever the reason, unless that is an expected one: servers.
pub(crate) const REPORTED: u32 = 1 << 6;

/// When it last began to wait, it was not for messages.
pub(crate) const BUSY: u32 = 1 << 7;
/// The link in the header is the one to the parent: who started this process and linked to it.
pub(crate) const PARENT: u32 = 1 << 8;
/// The room above keeps something for the process, and looks at it before the next message.
pub(crate) const ABOVE: u32 = 1 << 9;

/// How soon a process runs, compared with others.
///
/// # In OTP
///
/// `process_flag(priority, …)`. There is no `max`. As in OTP the priority is not inherited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Priority {
    /// Lets eight others run first.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Runs before those of normal and low priority; after eight of high priority, one other runs.
    High,
}

impl Priority {
    pub(crate) fn flags(self) -> u32 {
        match self {
            Priority::Low => priority::LOW,
            Priority::Normal => 0,
            Priority::High => priority::HIGH,
        }
    }

    pub(crate) fn of(flags: u32) -> Priority {
        if flags & priority::HIGH != 0 {
            Priority::High
        } else if flags & priority::LOW != 0 {
            Priority::Low
        } else {
            Priority::Normal
        }
    }
}

/// Turns exit signals into messages from now on, or no more; returns what it was.
///
/// A process that traps exits is not ended by the end of a linked process, nor by
/// [`exit`](super::exit::exit) with any reason but a kill: it receives an
/// [`Exit`](super::receive::Exit) instead. An exit signal that came in before does not wait for this.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// `process_flag(trap_exit, Bool)`.
#[track_caller]
pub fn trap_exit(on: bool) -> bool {
    step::current(|running| trap_exit_of(running, on))
}

pub(crate) fn trap_exit_of(running: Running<'_>, on: bool) -> bool {
    // A signal that has arrived is received under the flag that was there when it came.
    super::reception::receive_all(running);
    running.set_flag(TRAP_EXIT, on)
}

/// Changes the priority of the process that runs; returns what it was.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// `process_flag(priority, Level)`.
#[track_caller]
pub fn set_priority(priority: Priority) -> Priority {
    step::current(|running| {
        let old = Priority::of(running.flags());
        running.set_flag(priority::HIGH, priority == Priority::High);
        running.set_flag(priority::LOW, priority == Priority::Low);
        old
    })
}

/// Gives the process that runs a label, for those who look at it.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// `proc_lib:set_label/1`.
#[track_caller]
pub fn set_label(label: impl Into<String>) {
    let label = label.into();
    step::current(|running| super::kept::with(running, |kept| kept.label = Some(label.into())));
}
