//! Looking in: what a process is doing.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::flag::{self, Priority};
use super::pid::{AsPid, Pid};
use super::signal::{Ask, Signal};
use super::{kept, link, mailbox, names, reception, send, step};
use crate::cell::Running;
use crate::cell::call_node::{Answer, Awaited, node};
use crate::scheduler::local::try_with_local;

/// What a process was doing when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It asks about itself.
    Running,
    /// It waits for a message.
    Waiting,
    /// It waits for something else: a reply, a socket, a lock.
    Busy,
    /// It is suspended.
    Suspended,
}

/// What is known of a process. See [`process_info`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// The process.
    pub pid: Pid,
    /// What it was doing when it was asked.
    pub status: Status,
    /// Messages that wait in its mailbox.
    pub message_queue_len: usize,
    /// The processes that it is linked to.
    pub links: Vec<Pid>,
    /// The processes that it monitors; one for each monitor.
    pub monitors: Vec<Pid>,
    /// The processes that monitor it; one for each monitor.
    pub monitored_by: Vec<Pid>,
    /// Whether it traps exits.
    pub trap_exit: bool,
    /// Its priority.
    pub priority: Priority,
    /// Its label.
    pub label: Option<String>,
    /// Its registered name.
    pub registered_name: Option<String>,
    /// The function or server that it runs, as the compiler names it: the module and function that
    /// it was spawned in.
    pub initial_call: &'static str,
    /// Where in the program it was spawned.
    pub spawned_at: Option<&'static Location<'static>>,
    /// Messages that it has taken out of its mailbox.
    pub messages_handled: u64,
    /// Bytes of its body: a future's or a server's state, without what it points to.
    pub body_size: usize,
    /// Whether it has priority links, monitors or aliases.
    pub priority_messages: bool,
}

/// Asks a process about itself. `None`: it is dead.
///
/// The answer is given when the process receives the question, after everything that the caller has
/// sent it before; a process that is waiting is reported as such.
///
/// # Cancel safety
///
/// Dropped before it is done, it does nothing.
///
/// # In OTP
///
/// [`process_info/1`](https://www.erlang.org/doc/apps/erts/erlang#process_info/1).
pub async fn process_info(process: impl AsPid) -> Option<ProcessInfo> {
    let pid = process.as_pid();
    if pid == self_pid() {
        return Some(step::current(|running| {
            reception::receive_all(running);
            describe(running, Status::Running)
        }));
    }
    ask(pid, |running| describe(running, status_of(running))).await
}

/// Whether a process is alive, asked by a signal: everything that the caller sent it before, an exit
/// above all, has taken effect when the answer is given; and when it is `false`, the process's names
/// are free.
///
/// # In OTP
///
/// [`is_process_alive/1`](https://www.erlang.org/doc/apps/erts/erlang#is_process_alive/1).
pub async fn is_alive(process: impl AsPid) -> bool {
    let pid = process.as_pid();
    pid == self_pid() || ask(pid, |_| ()).await.is_some()
}

/// Whether a process has ended. It is not asked, so this does not wait, and a signal that is under
/// way to it has had no effect yet: see [`is_alive`].
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::has_ended;
///
/// let (brief, watch) = spawn_monitor(async |_: Inbox<()>| {});
/// assert!(!has_ended(brief));
/// watch.await;
/// assert!(has_ended(brief));
/// # });
/// ```
pub fn has_ended(process: impl AsPid) -> bool {
    !crate::cell::is_alive(process.as_pid().local(), &crossbeam_epoch::pin())
}

/// The identity of the process that runs.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`self/0`](https://www.erlang.org/doc/apps/erts/erlang#self/0).
#[track_caller]
pub fn self_pid() -> Pid {
    step::current(|running| Pid::of(running.pid()))
}

/// The identity of the process that runs, if one does.
pub fn try_self_pid() -> Option<Pid> {
    crate::cell::with_current(|running| Pid::of(running.pid()))
}

/// All processes of this runtime that are alive. Those that are spawned or end meanwhile may be in
/// it or not; those that are alive throughout are. To look at millions without a list of them, take
/// [`processes_in_windows`].
///
/// # In OTP
///
/// [`processes/0`](https://www.erlang.org/doc/apps/erts/erlang#processes/0).
#[track_caller]
pub fn processes() -> Vec<Pid> {
    processes_in_windows().flatten().collect()
}

/// All processes of this runtime that are alive, some thousand at a time.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// `processes_iterator/0`.
#[track_caller]
pub fn processes_in_windows() -> impl Iterator<Item = Vec<Pid>> {
    let runtime = try_with_local(|local| local.shared.id).expect(
        "processes are listed by a process: outside one there is no runtime to list them of",
    );
    let mut page = Some(0);
    std::iter::from_fn(move || {
        let mut window = Vec::new();
        while let Some(number) = page {
            page = crate::cell::walk(number, runtime, &crossbeam_epoch::pin(), &mut |pid, _| {
                window.push(Pid::of(pid));
            });
            if !window.is_empty() {
                return Some(window);
            }
        }
        None
    })
}

/// The process waits: for a message, if nothing is in the way of one waking it.
fn status_of(running: Running<'_>) -> Status {
    if running.flag(flag::SUSPENDED) {
        Status::Suspended
    } else if running.flag(flag::BUSY) {
        Status::Busy
    } else {
        Status::Waiting
    }
}

fn describe(running: Running<'_>, status: Status) -> ProcessInfo {
    let pid = Pid::of(running.pid());
    let mut info = ProcessInfo {
        pid,
        status,
        message_queue_len: mailbox::len(running),
        links: link::linked(running),
        monitors: Vec::new(),
        monitored_by: Vec::new(),
        trap_exit: running.flag(flag::TRAP_EXIT),
        priority: Priority::of(running.flags()),
        label: None,
        registered_name: names::name_of(pid),
        initial_call: (running.table().name)(),
        spawned_at: running.place(),
        messages_handled: running.handled(),
        body_size: running.table().size,
        priority_messages: false,
    };
    kept::if_any(running, |kept| {
        info.messages_handled += kept.handled;
        info.label = kept.label.as_deref().map(Into::into);
        info.monitors = kept
            .monitors
            .iter()
            .filter_map(|(_, one)| one.watched.map(Pid::of))
            .collect();
        let watcher = |record: &crate::cell::Envelope| {
            record
                .get::<super::signal::MonitorRecord>()
                .map(|record| Pid::of(record.watcher))
        };
        info.monitored_by = kept
            .watchers
            .iter()
            .filter_map(|(_, one)| watcher(one))
            .collect();
        info.priority_messages = kept.links.has_priority()
            || kept.monitors.iter().any(|(_, one)| one.priority)
            || kept.aliases.iter().any(|(_, one)| one.priority);
    });
    info
}

/// A question that a closure answers.
struct Question<F, T> {
    answer: F,
    to: Answer<T>,
}

impl<F, T> Ask for Question<F, T>
where
    F: FnOnce(Running<'_>) -> T + Send,
    T: Send,
{
    fn answer(self: Box<Self>, of: Option<Running<'_>>) {
        let Question { answer, to } = *self;
        let caller = match of {
            Some(running) => {
                let value = answer(running);
                to.give(value)
            }
            None => to.drop_unanswered(),
        };
        if let Some(caller) = caller {
            caller.wake();
        }
    }
}

/// Asks a process something that its owner answers. `None`: it is dead.
pub(crate) fn ask<T: Send + 'static>(
    pid: Pid,
    answer: impl FnOnce(Running<'_>) -> T + Send + 'static,
) -> impl Future<Output = Option<T>> + Send {
    let caller = crate::cell::current_pid();
    let (to, awaited) = node(caller);
    let asked = send::signal(pid.local(), Signal::Ask(Box::new(Question { answer, to })));
    AwaitAnswer(asked.then_some(awaited))
}

/// Waits for an answer. Nothing to wait for: there is nobody to answer.
struct AwaitAnswer<T>(Option<Awaited<T>>);

impl<T> Unpin for AwaitAnswer<T> {}

impl<T> Future for AwaitAnswer<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        match self.0.take().map(Awaited::take) {
            None => Poll::Ready(None),
            Some(Ok(answer)) => Poll::Ready(answer),
            Some(Err(awaited)) => {
                self.0 = Some(awaited);
                Poll::Pending
            }
        }
    }
}
