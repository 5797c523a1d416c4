//! Birth: spawning, and the options that a process begins with.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::exit_reason::IntoExit;
use super::flag::{self, Priority};
use super::kept::Kept;
use super::monitor::{Monitor, MonitorOptions, Monitoring, next_reference};
use super::pid::{Pid, ProcessRef};
use super::receive::Inbox;
use super::signal::MonitorRecord;
use super::{kept, link, step};
use crate::cell::{
    Behaviour, BodySlot, Bound, COUNT_MAX, Envelope, Layout, LocalPid, Newborn, RunEntry, Turn,
    waker,
};
use crate::scheduler::shared::Phase;
use crate::scheduler::{self, Local, Shared, coop};

/// Bodies larger than this lie in an allocation of their own, so that a page holds several slots.
const BODY_MAX: usize = 8 * 1024;

/// What a full mailbox does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxPolicy {
    /// [`send_wait`](ProcessRef::send_wait) waits for room; what cannot wait is dropped.
    Wait,
    /// [`try_send`](ProcessRef::try_send) gives the message back; what cannot take it is dropped.
    Refuse,
    /// The message that comes is dropped.
    DropNewest,
    /// The message that has waited longest is dropped.
    DropOldest,
}

impl MailboxPolicy {
    pub(crate) fn of(number: u8) -> MailboxPolicy {
        match number {
            0 => MailboxPolicy::Wait,
            1 => MailboxPolicy::Refuse,
            2 => MailboxPolicy::DropNewest,
            _ => MailboxPolicy::DropOldest,
        }
    }
}

/// How a process begins. See [`spawn_with`].
///
/// # In OTP
///
/// The options of [`spawn_opt/2`](https://www.erlang.org/doc/apps/erts/erlang#spawn_opt/2).
#[derive(Debug, Clone, Default)]
#[must_use]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four things that are asked for or not"
)]
pub struct SpawnOptions {
    link: bool,
    link_priority: bool,
    monitor: Option<MonitorOptions>,
    trap_exit: bool,
    label: Option<Arc<str>>,
    priority: Priority,
    bound: Option<(usize, MailboxPolicy)>,
    align: usize,
    reported: bool,
    place: Option<&'static Location<'static>>,
}

impl SpawnOptions {
    /// No link, no monitor, normal priority, an unbounded mailbox.
    pub fn new() -> SpawnOptions {
        SpawnOptions::default()
    }

    /// Links the process to the one that spawns it, before it first runs.
    pub fn link(mut self) -> SpawnOptions {
        self.link = true;
        self
    }

    /// As [`link`](SpawnOptions::link); the process's [`Exit`](super::receive::Exit) goes before
    /// ordinary messages, if the one that spawns it traps exits.
    pub fn link_priority(mut self) -> SpawnOptions {
        self.link = true;
        self.link_priority = true;
        self
    }

    /// Lets the one that spawns it monitor the process, before it first runs.
    pub fn monitor(mut self) -> SpawnOptions {
        self.monitor = Some(MonitorOptions::new());
        self
    }

    /// As [`monitor`](SpawnOptions::monitor), with options of the monitor.
    pub fn monitor_with(mut self, options: MonitorOptions) -> SpawnOptions {
        self.monitor = Some(options);
        self
    }

    /// Whether the process [traps exits](super::flag::trap_exit) from the start. Default: it does not.
    pub fn trap_exit(mut self, on: bool) -> SpawnOptions {
        self.trap_exit = on;
        self
    }

    /// A label, for those who look at the process. Default: none.
    pub fn label(mut self, label: impl Into<String>) -> SpawnOptions {
        self.label = Some(label.into().into());
        self
    }

    /// The priority. Default: [`Priority::Normal`]; it is not inherited.
    pub fn priority(mut self, priority: Priority) -> SpawnOptions {
        self.priority = priority;
        self
    }

    /// The most messages that may wait in the mailbox, and what happens then. Default: no limit.
    /// Senders that race for the last place may exceed the limit by their number.
    ///
    /// # Panics
    ///
    /// `limit` is zero or above 32 766.
    #[track_caller]
    pub fn mailbox_limit(mut self, limit: usize, policy: MailboxPolicy) -> SpawnOptions {
        assert!(
            (1..COUNT_MAX).contains(&limit),
            "a mailbox limit is between 1 and {}, not {limit}",
            COUNT_MAX - 1
        );
        self.bound = Some((limit, policy));
        self
    }

    /// The least alignment of the process's memory in bytes: 64 gives a hot process a cache line of
    /// its own. Default: 8.
    ///
    /// # Panics
    ///
    /// `align` is no power of two, or above 64.
    #[track_caller]
    pub fn align(mut self, align: usize) -> SpawnOptions {
        assert!(
            align.is_power_of_two() && align <= 64,
            "an alignment is a power of two of at most 64, not {align}"
        );
        self.align = align;
        self
    }

    pub(crate) fn is_linked(&self) -> bool {
        self.link
    }

    /// Says where in the program the process is spawned.
    pub(crate) fn at(mut self, place: &'static Location<'static>) -> SpawnOptions {
        self.place = Some(place);
        self
    }

    /// Reports any crash of the process on the log, not panics and errors alone; and lets it know
    /// its [parent](super::link::parent). For servers.
    pub(crate) fn reported(mut self) -> SpawnOptions {
        self.reported = true;
        self
    }

    fn flags(&self) -> u32 {
        let trap = if self.trap_exit { flag::TRAP_EXIT } else { 0 };
        let reported = if self.reported { flag::REPORTED } else { 0 };
        let parent = if self.reported && self.link {
            flag::PARENT
        } else {
            0
        };
        self.priority.flags() | trap | reported | parent
    }

    fn layout(&self) -> Layout {
        let bound = self.bound.map(|(limit, policy)| Bound {
            limit: limit as u32,
            policy: policy as u8,
        });
        Layout {
            align: self.align,
            bound,
            place: self.place,
        }
    }
}

/// Why a process was not spawned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpawnError {
    /// There are as many processes as the runtime was built for.
    TooManyProcesses {
        /// How many.
        limit: usize,
    },
    /// This thread runs no process, so it is not known which runtime is meant.
    NoRuntime,
    /// The runtime is shutting down.
    ShuttingDown,
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpawnError::TooManyProcesses { limit } => write!(
                f,
                "there are {limit} processes, which is the limit: see `Builder::max_processes`"
            ),
            SpawnError::NoRuntime => f.write_str(
                "no runtime: spawn from a process, or with `Runtime::spawn` or `Handle::spawn`",
            ),
            SpawnError::ShuttingDown => f.write_str("the runtime is shutting down"),
        }
    }
}

impl std::error::Error for SpawnError {}

/// What [`spawn_with`] made.
#[derive(Debug)]
pub struct Spawned<M> {
    /// The process.
    pub process: ProcessRef<M>,
    /// The monitor, if one was asked for.
    pub monitor: Option<Monitor>,
}

/// Tells processes that take messages of one type from others.
pub(crate) struct Takes<M>(PhantomData<fn(M)>);

/// A process written by hand.
struct ByHand<M, F>(PhantomData<(fn(M), F)>);

impl<M, F> Behaviour for ByHand<M, F>
where
    M: Send + 'static,
    F: Future<Output: IntoExit> + Send + 'static,
{
    type Body = F;
    type Identity = Takes<M>;

    fn turn(body: &mut BodySlot<'_, F>) -> Turn {
        let Some(future) = body.pinned() else {
            return Turn::Ended;
        };
        let waker = waker::waker(step::current_pid());
        match future.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(end) => {
                step::end(end.into_exit());
                Turn::Ended
            }
            Poll::Pending if coop::take_yielding() => Turn::Yield,
            Poll::Pending => Turn::Waiting,
        }
    }
}

/// A main process. People are told that it runs `main`: the future of one has others around it.
struct Main<F>(PhantomData<F>);

impl<F: Future<Output = ()> + Send + 'static> Behaviour for Main<F> {
    type Body = F;
    type Identity = Takes<()>;

    fn turn(body: &mut BodySlot<'_, F>) -> Turn {
        ByHand::<(), F>::turn(body)
    }

    fn name() -> &'static str {
        "main"
    }
}

/// Where a process is to be born.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// On the scheduler of this thread.
    Here(&'a Local),
    /// In this runtime, by a thread that is not one of its schedulers.
    From(&'a Shared),
}

impl<'a> Place<'a> {
    fn shared(self) -> &'a Shared {
        match self {
            Place::Here(local) => &local.shared,
            Place::From(shared) => shared,
        }
    }

    fn bear<B: Behaviour>(
        self,
        layout: Layout,
        body: Option<B::Body>,
    ) -> Result<Newborn, SpawnError> {
        let shared = self.shared();
        if shared.phase() != Phase::Running {
            return Err(SpawnError::ShuttingDown);
        }
        let limit = SpawnError::TooManyProcesses {
            limit: shared.quota.max(),
        };
        let allowed = match self {
            Place::Here(local) => local.allowance.spend(&shared.quota),
            Place::From(shared) => shared.spend_foreign(),
        };
        if !allowed {
            return Err(limit);
        }
        let newborn = match self {
            Place::Here(local) => local.nursery.borrow_mut().bear::<B>(layout, body),
            Place::From(shared) => shared.foreign.lock().bear::<B>(layout, body),
        };
        newborn.map_err(|_| limit)
    }

    fn publish(self, newborn: Newborn) -> LocalPid {
        let pid = newborn.pid();
        match self {
            Place::Here(local) => {
                local.born(pid);
                let (_, entry) = newborn.publish();
                local.schedule(entry);
            }
            Place::From(shared) => {
                shared.foreign_counters.spawned.add_shared(1);
                let (_, entry): (_, RunEntry) = newborn.publish();
                shared.inject(entry);
            }
        }
        pid
    }
}

/// Makes a process of kind `B`, with its body, or with a first message that makes one.
///
/// # Errors
///
/// See [`SpawnError`].
pub(crate) fn birth<B: Behaviour>(
    place: Place<'_>,
    options: &SpawnOptions,
    body: Option<B::Body>,
    first: Option<Envelope>,
) -> Result<(Pid, Option<Monitor>), SpawnError> {
    let newborn = place.bear::<B>(options.layout(), body)?;
    let child = newborn.pid();
    newborn.set_flags(options.flags());
    if let Some(first) = first {
        newborn.put(first);
    }
    let mut kept: Option<Box<Kept>> = None;
    if let Some(label) = &options.label {
        kept.get_or_insert_default().label = Some(Arc::clone(label));
    }
    let mut monitor = None;
    if options.link || options.monitor.is_some() {
        crate::cell::with_current(|parent| {
            if options.link {
                newborn.set_link(parent.pid());
                link::add(parent, child, options.link_priority);
            }
            if let Some(MonitorOptions { priority, tag }) = options.monitor.clone() {
                let reference = next_reference();
                monitor = Some(Monitor { reference });
                let record = MonitorRecord {
                    reference,
                    watcher: parent.pid(),
                    watched: Pid::of(child),
                    name: None,
                    reason: None,
                    tag,
                };
                let watchers = &mut kept.get_or_insert_default().watchers;
                watchers.insert(reference, Envelope::signal(record));
                kept::with(parent, |kept| {
                    let monitoring = Monitoring {
                        watched: Some(child),
                        priority,
                    };
                    kept.monitors.insert(reference, monitoring);
                });
            }
        });
    }
    if let Some(kept) = kept {
        newborn.keep(kept);
    }
    place.publish(newborn);
    Ok((Pid::of(child), monitor))
}

/// Calls `f` with the place that this thread spawns at.
pub(crate) fn at_this_place<R>(
    f: impl FnOnce(Place<'_>) -> Result<R, SpawnError>,
) -> Result<R, SpawnError> {
    scheduler::try_with_local(|local| f(Place::Here(local))).unwrap_or(Err(SpawnError::NoRuntime))
}

/// Spawns a process written by hand at a place.
///
/// # Errors
///
/// See [`SpawnError`].
pub(crate) fn spawn_at<M, F>(
    place: Place<'_>,
    options: &SpawnOptions,
    body: impl FnOnce(Inbox<M>) -> F,
) -> Result<Spawned<M>, SpawnError>
where
    M: Send + 'static,
    F: Future<Output: IntoExit> + Send + 'static,
{
    let future = body(Inbox::new());
    let (pid, monitor) = if const { size_of::<F>() > BODY_MAX || align_of::<F>() > 64 } {
        birth::<ByHand<M, Pin<Box<F>>>>(place, options, Some(Box::pin(future)), None)?
    } else {
        birth::<ByHand<M, F>>(place, options, Some(future), None)?
    };
    Ok(Spawned {
        process: ProcessRef::of(pid),
        monitor,
    })
}

/// Spawns a main process at a place. `F` is small.
///
/// # Errors
///
/// See [`SpawnError`].
pub(crate) fn spawn_main_at<F>(
    place: Place<'_>,
    options: &SpawnOptions,
    main: F,
) -> Result<Pid, SpawnError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (pid, _) = birth::<Main<F>>(place, options, Some(main), None)?;
    Ok(pid)
}

/// Spawns a process.
///
/// The body is an async closure, or an `async fn`, that is given the process's [`Inbox`]; it owns
/// what it captures, so it is an `async move` closure if it captures anything. When it returns, the
/// process ends with what it returned. When it panics, the process ends with
/// [`ExitReason::Panic`](super::exit_reason::ExitReason::Panic), and nothing else does.
///
/// The process runs on its own from here on: dropping the reference does not end it.
///
/// # Panics
///
/// This thread runs no process, or there are too many; see [`SpawnError`]. To get the error instead
/// there is [`spawn_with`].
///
/// # In OTP
///
/// [`spawn/1`](https://www.erlang.org/doc/apps/erts/erlang#spawn/1).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
///
/// let greeter = spawn(async |mut inbox: Inbox<String>| {
///     while let Received::Message(name) = inbox.receive().await {
///         println!("hello, {name}");
///     }
/// });
/// greeter.send("Joe".into());
/// # });
/// ```
#[track_caller]
pub fn spawn<M, F, R>(body: impl FnOnce(Inbox<M>) -> F) -> ProcessRef<M>
where
    M: Send + 'static,
    F: Future<Output = R> + Send + 'static,
    R: IntoExit,
{
    expect(spawn_with(SpawnOptions::new(), body)).process
}

/// Spawns a process that is linked to this one: when either ends, so does the other.
///
/// # Panics
///
/// As [`spawn`].
///
/// # In OTP
///
/// [`spawn_link/1`](https://www.erlang.org/doc/apps/erts/erlang#spawn_link/1).
#[track_caller]
pub fn spawn_link<M, F, R>(body: impl FnOnce(Inbox<M>) -> F) -> ProcessRef<M>
where
    M: Send + 'static,
    F: Future<Output = R> + Send + 'static,
    R: IntoExit,
{
    expect(spawn_with(SpawnOptions::new().link(), body)).process
}

/// Spawns a process and monitors it, at once: its [`Down`](super::receive::Down) has its own reason,
/// however soon it ends.
///
/// # Panics
///
/// As [`spawn`].
///
/// # In OTP
///
/// [`spawn_monitor/1`](https://www.erlang.org/doc/apps/erts/erlang#spawn_monitor/1).
#[track_caller]
pub fn spawn_monitor<M, F, R>(body: impl FnOnce(Inbox<M>) -> F) -> (ProcessRef<M>, Monitor)
where
    M: Send + 'static,
    F: Future<Output = R> + Send + 'static,
    R: IntoExit,
{
    let spawned = expect(spawn_with(SpawnOptions::new().monitor(), body));
    let monitor = spawned
        .monitor
        .unwrap_or_else(|| unreachable!("a monitor was asked for"));
    (spawned.process, monitor)
}

/// Spawns a process with options.
///
/// # Errors
///
/// See [`SpawnError`]. No process was made.
///
/// # In OTP
///
/// [`spawn_opt/2`](https://www.erlang.org/doc/apps/erts/erlang#spawn_opt/2).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::{SpawnOptions, spawn_with};
///
/// let options = SpawnOptions::new().link().monitor().label("clerk");
/// let clerk = spawn_with(options, async |_: Inbox<()>| ())?;
/// assert!(clerk.monitor.is_some());
/// # Ok::<(), regrow::process::SpawnError>(())
/// # });
/// ```
#[track_caller]
pub fn spawn_with<M, F, R>(
    options: SpawnOptions,
    body: impl FnOnce(Inbox<M>) -> F,
) -> Result<Spawned<M>, SpawnError>
where
    M: Send + 'static,
    F: Future<Output = R> + Send + 'static,
    R: IntoExit,
{
    let options = options.at(Location::caller());
    at_this_place(|place| spawn_at(place, &options, body))
}

#[track_caller]
pub(crate) fn expect<T>(result: Result<T, SpawnError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("cannot spawn: {error}"),
    }
}
