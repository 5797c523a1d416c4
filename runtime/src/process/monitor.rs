//! Monitors: hearing of another process's end.
//!
//! A monitor is one-way, and there may be any number of them between two processes; each brings
//! exactly one [`Down`], unless it is taken away before. The notice is made when the monitor is made
//! and waits with the monitored process, so that its end allocates nothing.
//!
//! # Not here
//!
//! Links ([`link`](super::link)) are symmetric and end the other process too.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use super::alias::{self, AliasState, Ends};
use super::exit_reason::{ExitReason, Term};
use super::pid::{AsPid, Pid};
use super::receive::{Down, DownTarget};
use super::signal::{MonitorRecord, Signal};
use super::{kept, mailbox, names, reception, send, step};
use crate::cell::{Envelope, LocalPid, Refused, Running};

/// A monitor of this process's.
#[derive(Debug)]
pub(crate) struct Monitoring {
    pub(crate) watched: Option<LocalPid>,
    pub(crate) priority: bool,
}

/// A monitor: awaiting it gives the [`Down`] of the process that it watches.
///
/// Awaiting takes the notice out of the mailbox, wherever it is in it; nothing else is touched.
/// Dropping a monitor does not take it away: it is a number, and `Copy`.
///
/// # In OTP
///
/// The reference that [`monitor/2`](https://www.erlang.org/doc/apps/erts/erlang#monitor/2) returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a monitor brings a `Down` to the mailbox, unless it is awaited or taken away"]
pub struct Monitor {
    pub(crate) reference: u64,
}

/// What can be monitored: a process, or a registered name.
#[derive(Debug, Clone)]
pub enum Watched {
    /// The process of this pid.
    Process(Pid),
    /// The process that has this name when the monitor is made.
    Name(Arc<str>),
}

/// What can be monitored: everything with a pid, and names as text.
pub trait MonitorTarget {
    /// The target.
    #[doc(hidden)]
    fn watched(&self) -> Watched;
}

impl<T: AsPid> MonitorTarget for T {
    fn watched(&self) -> Watched {
        Watched::Process(self.as_pid())
    }
}

impl MonitorTarget for str {
    fn watched(&self) -> Watched {
        Watched::Name(self.into())
    }
}

impl MonitorTarget for &str {
    fn watched(&self) -> Watched {
        Watched::Name((*self).into())
    }
}

impl MonitorTarget for String {
    fn watched(&self) -> Watched {
        Watched::Name(self.as_str().into())
    }
}

/// How a monitor is made. See [`monitor_with`].
///
/// # In OTP
///
/// The options of [`monitor/3`](https://www.erlang.org/doc/apps/erts/erlang#monitor/3).
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct MonitorOptions {
    pub(crate) priority: bool,
    pub(crate) tag: Option<Term>,
}

impl MonitorOptions {
    /// No priority, no tag.
    pub fn new() -> MonitorOptions {
        MonitorOptions::default()
    }

    /// The [`Down`] goes before ordinary messages.
    pub fn priority(mut self) -> MonitorOptions {
        self.priority = true;
        self
    }

    /// The [`Down`] brings this value, as its [`tag`](Down::tag).
    ///
    /// # In OTP
    ///
    /// `{tag, Term}`, which stands in the notice instead of `'DOWN'`.
    pub fn tag<T: Any + Send + Sync + fmt::Debug + PartialEq>(
        mut self,
        value: T,
    ) -> MonitorOptions {
        self.tag = Some(Term::new(value));
        self
    }
}

/// When the alias that goes with a monitor ends, unless it is taken away before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonitorAlias {
    /// Only by [`unalias`](super::alias::unalias).
    ExplicitUnalias,
    /// With the monitor: when it is taken away, or has brought its `Down`.
    Demonitor,
    /// As `Demonitor`; and with the first message that comes by it, which takes the monitor away.
    ReplyDemonitor,
}

impl Monitor {
    /// Whether the [`Down`] is still to come. `false`: it is in the mailbox or was read, the monitor
    /// was taken away, or it is not the caller's.
    ///
    /// # Panics
    ///
    /// Outside a process.
    ///
    /// # In OTP
    ///
    /// `lists:keymember` in `process_info(self(), monitors)`.
    #[track_caller]
    pub fn is_active(self) -> bool {
        step::current(|running| {
            reception::receive(running);
            kept::if_any(running, |kept| {
                kept.monitors.get_mut(self.reference).is_some()
            })
            .unwrap_or(false)
        })
    }
}

static NEXT_BLOCK: AtomicU64 = AtomicU64::new(1);
/// References that a thread takes at once.
const BLOCK: u64 = 1024;

thread_local! {
    static REFERENCES: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// A number that nobody else has.
pub(crate) fn next_reference() -> u64 {
    REFERENCES.with(|references| {
        let (mut next, mut end) = references.get();
        if next == end {
            next = NEXT_BLOCK.fetch_add(1, Relaxed) * BLOCK;
            end = next + BLOCK;
        }
        references.set((next + 1, end));
        next
    })
}

/// Monitors a process, by anything that has a pid or by its registered name.
///
/// Its end, or that there is no such process, arrives as one [`Down`]. A name is looked up now; the
/// monitor stays with the process that has it now. A monitor of oneself brings nothing, ever.
///
/// # Panics
///
/// Outside a process.
///
/// # Ordering
///
/// The `Down` comes after everything else that the process has sent, and after its names are free.
///
/// # In OTP
///
/// [`monitor(process, Target)`](https://www.erlang.org/doc/apps/erts/erlang#monitor/2).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
///
/// let worker = spawn(async |_: Inbox<()>| ExitReason::atom("out_of_paper"));
/// let down = monitor(worker).await;
/// assert_eq!(down.reason, ExitReason::atom("out_of_paper"));
/// # });
/// ```
#[track_caller]
pub fn monitor(target: impl MonitorTarget) -> Monitor {
    monitor_with(target, MonitorOptions::new())
}

/// As [`monitor`], with options.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`monitor/3`](https://www.erlang.org/doc/apps/erts/erlang#monitor/3).
///
/// # Examples
///
/// A tag says what a notice is about, where one loop hears of many ends.
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::{MonitorOptions, monitor_with};
///
/// let shard = spawn(async |_: Inbox<()>| ());
/// let down = monitor_with(shard, MonitorOptions::new().tag(("shard", 7))).await;
/// let tag = down.tag.expect("the monitor has a tag");
/// assert_eq!(tag.downcast_ref(), Some(&("shard", 7)));
/// # });
/// ```
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "targets are `Copy` or text")]
pub fn monitor_with(target: impl MonitorTarget, options: MonitorOptions) -> Monitor {
    let target = target.watched();
    step::current(|running| create(running, target, None, options))
}

/// Makes a monitor of the process that runs, and the alias of the same reference.
pub(crate) fn create(
    running: Running<'_>,
    target: Watched,
    alias: Option<MonitorAlias>,
    options: MonitorOptions,
) -> Monitor {
    let MonitorOptions { priority, tag } = options;
    let reference = next_reference();
    let me = running.pid();
    let (name, pid) = match target {
        Watched::Process(pid) => (None, Some(pid)),
        Watched::Name(name) => {
            let pid = names::find(&name);
            (Some(name), pid)
        }
    };
    // A monitor of oneself is dead from the start, and so is its alias.
    if pid.is_some_and(|pid| pid.local() == me) {
        return Monitor { reference };
    }
    let watched = pid.map(Pid::local);
    kept::with(running, |kept| {
        kept.monitors
            .insert(reference, Monitoring { watched, priority });
        if let Some(alias) = alias {
            let ends = match alias {
                MonitorAlias::ExplicitUnalias => Ends::Explicitly,
                MonitorAlias::Demonitor => Ends::WithMonitor,
                MonitorAlias::ReplyDemonitor => Ends::WithMonitorOrMessage,
            };
            kept.aliases.insert(
                reference,
                AliasState {
                    ends,
                    priority: false,
                },
            );
        }
    });
    let record = MonitorRecord {
        reference,
        watcher: me,
        watched: pid.unwrap_or(Pid::of(me)),
        name,
        reason: None,
        tag,
    };
    let record = Envelope::signal(record);
    let refused = match watched {
        Some(watched) => send::envelope(watched, record).err(),
        None => Some(Refused::Dead(record)),
    };
    if let Some(Refused::Dead(record) | Refused::Full(record)) = refused {
        send_back(record, ExitReason::NoProc);
    }
    Monitor { reference }
}

/// Sends a notice to the one who waits for it.
pub(crate) fn send_back(mut record: Envelope, reason: ExitReason) {
    let Some(monitor) = record.get_mut::<MonitorRecord>() else {
        return;
    };
    monitor.reason = Some(reason);
    let watcher = monitor.watcher;
    // A watcher that is dead does not wait any more.
    drop(send::envelope(watcher, record));
}

/// Takes a monitor away. `true`: it was active, so no [`Down`] of it is or will be in the mailbox.
/// `false`: it was not, so its `Down` is in the mailbox or was read, or it is not the caller's.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`demonitor(Monitor, [info])`](https://www.erlang.org/doc/apps/erts/erlang#demonitor/2).
#[track_caller]
pub fn demonitor(monitor: Monitor) -> bool {
    step::current(|running| {
        reception::receive(running);
        remove(running, monitor.reference)
    })
}

/// Takes a monitor away, and its [`Down`] out of the mailbox if it is there. `true`: the monitor was
/// active.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// `demonitor(Monitor, [flush, info])`.
#[track_caller]
pub fn demonitor_flush(monitor: Monitor) -> bool {
    let (active, flushed) = step::current(|running| {
        reception::receive(running);
        let active = remove(running, monitor.reference);
        (active, take_down(running, monitor.reference))
    });
    drop(flushed);
    active
}

/// Takes a monitor away. `false`: it was not active.
pub(crate) fn remove(running: Running<'_>, reference: u64) -> bool {
    let removed = kept::if_any(running, |kept| kept.monitors.remove(reference)).flatten();
    let Some(monitoring) = removed else {
        return false;
    };
    alias::monitor_ended(running, reference);
    if let Some(watched) = monitoring.watched {
        send::signal(watched, Signal::Demonitor { reference });
    }
    true
}

/// A notice has arrived. `None`: its monitor was taken away. Otherwise whether it has priority.
pub(crate) fn arrive(running: Running<'_>, reference: u64) -> Option<bool> {
    let monitoring = kept::if_any(running, |kept| kept.monitors.remove(reference))??;
    alias::monitor_ended(running, reference);
    Some(monitoring.priority)
}

/// Takes the notice of this monitor out of the mailbox.
fn take_down(running: Running<'_>, reference: u64) -> Option<Envelope> {
    mailbox::extract(running, |message| {
        message
            .get::<MonitorRecord>()
            .is_some_and(|record| record.reference == reference)
    })
}

impl From<MonitorRecord> for Down {
    fn from(record: MonitorRecord) -> Down {
        Down {
            monitor: Monitor {
                reference: record.reference,
            },
            target: match record.name {
                Some(name) => DownTarget::Name(name.as_ref().into()),
                None => DownTarget::Process(record.watched),
            },
            reason: record.reason.unwrap_or(ExitReason::NoProc),
            tag: record.tag,
        }
    }
}

impl Future for Monitor {
    type Output = Down;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Down> {
        let found = step::current(|running| {
            reception::receive(running);
            take_down(running, self.reference)
        });
        match found.map(Envelope::take::<MonitorRecord>) {
            Some(Ok(record)) => Poll::Ready(record.into()),
            // The notice is a signal, and wakes the process whatever else it waits for.
            _ => Poll::Pending,
        }
    }
}
