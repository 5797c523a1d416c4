//! Taking messages out of the mailbox.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::alias::{self, Alias, AliasMode, Ends};
use super::deadline::Limit;
use super::exit_reason::{ExitReason, Term};
use super::mailbox::{self, Mark};
use super::monitor::{self, Monitor, MonitorAlias, MonitorOptions, MonitorTarget};
use super::pid::{AsPid, Pid, ProcessRef};
use super::signal::MonitorRecord;
use super::{flag, reception, step, stray};
use crate::cell::{Envelope, Running};
use crate::scheduler::coop;

/// How many messages a selective receive examines before others have their turn.
const EXAMINED_MAX: usize = 4096;

/// An exit signal that a process received which [traps exits](super::flag::trap_exit).
///
/// # In OTP
///
/// The message `{'EXIT', From, Reason}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Exit {
    /// The linked process that has ended, or who called [`exit`](super::exit::exit).
    pub from: Pid,
    /// Why.
    pub reason: ExitReason,
}

/// The notice that a monitored process has ended.
///
/// # In OTP
///
/// The message `{'DOWN', Monitor, process, Object, Reason}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Down {
    /// The monitor that brought it.
    pub monitor: Monitor,
    /// What was monitored.
    pub target: DownTarget,
    /// Why it has ended; [`ExitReason::NoProc`] if there was no such process.
    pub reason: ExitReason,
    /// What the monitor was given to say; see [`MonitorOptions::tag`].
    pub tag: Option<Term>,
}

/// What a [`Down`] is about, as it was monitored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownTarget {
    /// A process by its pid.
    Process(Pid),
    /// A process by its name.
    Name(String),
}

/// What a process receives.
#[derive(Debug, Clone, PartialEq)]
pub enum Received<M> {
    /// A message.
    Message(M),
    /// An exit signal, if the process traps exits.
    Exit(Exit),
    /// The notice of a monitor.
    Down(Down),
}

/// The receiving end of a process's mailbox.
///
/// There is one per process, given to its body. Receiving in order of arrival is
/// [`receive`](Inbox::receive); receiving selectively, leaving everything else where it is, is
/// [`select`](Inbox::select) and its kin. A message that a selective receive has looked at and left
/// is not looked at again by it, however long it waits.
///
/// # In OTP
///
/// The `receive` expression.
pub struct Inbox<M> {
    takes: PhantomData<fn() -> M>,
}

impl<M> fmt::Debug for Inbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox")
    }
}

impl<M> AsPid for Inbox<M> {
    /// # Panics
    ///
    /// Outside the process.
    fn as_pid(&self) -> Pid {
        super::info::self_pid()
    }
}

#[expect(
    clippy::unused_self,
    reason = "an inbox is the right to receive; what it receives from is the process that runs"
)]
#[expect(clippy::needless_pass_by_value, reason = "targets are `Copy` or text")]
impl<M: Send + 'static> Inbox<M> {
    pub(crate) fn new() -> Inbox<M> {
        Inbox { takes: PhantomData }
    }

    /// This process.
    pub fn this(&self) -> ProcessRef<M> {
        ProcessRef::of(self.pid())
    }

    /// This process's identity.
    pub fn pid(&self) -> Pid {
        self.as_pid()
    }

    /// As [`process::trap_exit`](super::flag::trap_exit).
    pub fn trap_exit(&mut self, on: bool) -> bool {
        flag::trap_exit(on)
    }

    /// How many messages wait, notices and trapped exits included. Counts them.
    pub fn len(&self) -> usize {
        step::current(|running| {
            reception::receive_all(running);
            mailbox::len(running)
        })
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Receives what has waited longest, waiting for something to come if nothing is there.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has received nothing.
    pub fn receive(&mut self) -> impl Future<Output = Received<M>> + Send + use<'_, M> {
        Receive {
            inbox: PhantomData::<&mut Inbox<M>>,
            until: Forever,
        }
    }

    /// Receives what has waited longest, if anything has come.
    ///
    /// # In OTP
    ///
    /// `receive … after 0`.
    pub fn try_receive(&mut self) -> Option<Received<M>> {
        let received = step::current(|running| {
            mailbox::unskip(running);
            loop {
                match open(next_envelope(running, reception::receive_all)?) {
                    Ok(received) => return Some(received),
                    // For a process of another kind, sent by somebody who was wrong about this one.
                    Err(other) => stray::drop_stray(running, other),
                }
            }
        });
        if received.is_none() {
            step::leave_if_doomed();
        }
        received
    }

    /// Receives what has waited longest, or `None` if nothing has come when the time is up. Without
    /// a message and with a limit of zero it is `None` at once. A limit of [`Duration::MAX`], or any
    /// that is beyond the clock, never comes.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has received nothing.
    ///
    /// # In OTP
    ///
    /// `receive … after Milliseconds`.
    pub fn receive_timeout(
        &mut self,
        limit: Duration,
    ) -> impl Future<Output = Option<Received<M>>> + Send + use<'_, M> {
        Receive {
            inbox: PhantomData::<&mut Inbox<M>>,
            until: Limit::after(limit),
        }
    }

    /// Receives the first message that `wanted` accepts. Other messages, and notices and exits,
    /// stay where they are.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has received nothing, and the mailbox is in order.
    pub fn select<'a, P>(&'a mut self, wanted: P) -> impl Future<Output = M> + Send + use<'a, M, P>
    where
        P: FnMut(&M) -> bool + Send + 'a,
    {
        let take = take_wanted(wanted);
        self.examine(Forever, None, take)
    }

    /// As [`select`](Inbox::select), or `None` when the time is up.
    ///
    /// # Cancel safety
    ///
    /// As [`select`](Inbox::select).
    pub fn select_timeout<'a, P>(
        &'a mut self,
        limit: Duration,
        wanted: P,
    ) -> impl Future<Output = Option<M>> + Send + use<'a, M, P>
    where
        P: FnMut(&M) -> bool + Send + 'a,
    {
        let take = take_wanted(wanted);
        self.examine(Limit::after(limit), None, take)
    }

    /// Receives the first message that `take` makes something of. A message that it gives back as
    /// `Err` stays where it is.
    ///
    /// # Cancel safety
    ///
    /// As [`select`](Inbox::select).
    pub fn select_map<'a, T, P>(
        &'a mut self,
        take: P,
    ) -> impl Future<Output = T> + Send + use<'a, M, T, P>
    where
        T: Send,
        P: FnMut(M) -> Result<T, M> + Send + 'a,
    {
        self.examine(Forever, None, take_message(take))
    }

    /// As [`select`](Inbox::select), looking at notices and exits too.
    ///
    /// # Cancel safety
    ///
    /// As [`select`](Inbox::select).
    pub fn select_any<'a, P>(
        &'a mut self,
        wanted: P,
    ) -> impl Future<Output = Received<M>> + Send + use<'a, M, P>
    where
        P: FnMut(&Received<M>) -> bool + Send + 'a,
    {
        self.examine(Forever, None, take_any(wanted))
    }

    /// As [`select_any`](Inbox::select_any), or `None` when the time is up.
    ///
    /// # Cancel safety
    ///
    /// As [`select`](Inbox::select).
    pub fn select_any_timeout<'a, P>(
        &'a mut self,
        limit: Duration,
        wanted: P,
    ) -> impl Future<Output = Option<Received<M>>> + Send + use<'a, M, P>
    where
        P: FnMut(&Received<M>) -> bool + Send + 'a,
    {
        self.examine(Limit::after(limit), None, take_any(wanted))
    }

    /// As [`select_any`](Inbox::select_any), of what has come already.
    pub fn try_select_any(
        &mut self,
        wanted: impl FnMut(&Received<M>) -> bool,
    ) -> Option<Received<M>> {
        let mut take = take_any(wanted);
        let received = step::current(|running| {
            mailbox::unskip(running);
            reception::receive_all(running);
            let examined = examine(running, None, &mut take, usize::MAX);
            mailbox::unskip(running);
            match examined {
                Examined::Found(found) => Some(found),
                Examined::All | Examined::Some => None,
            }
        });
        if received.is_none() {
            step::leave_if_doomed();
        }
        received
    }

    /// Marks the end of what has come by now, so that a later
    /// [`select_from`](Inbox::select_from) does not look at anything older. For protocols that wait
    /// for the answer to a request that they are about to make: however full the mailbox is, the
    /// wait costs nothing.
    ///
    /// # In OTP
    ///
    /// The optimisation of a `receive` that matches on a fresh reference, made visible.
    pub fn mark(&mut self) -> Mark {
        step::current(|running| {
            mailbox::unskip(running);
            reception::receive_all(running);
            mailbox::mark(running)
        })
    }

    /// As [`select`](Inbox::select), of what has come since the mark.
    ///
    /// # Cancel safety
    ///
    /// As [`select`](Inbox::select).
    pub fn select_from<'a, P>(
        &'a mut self,
        mark: Mark,
        wanted: P,
    ) -> impl Future<Output = M> + Send + use<'a, M, P>
    where
        P: FnMut(&M) -> bool + Send + 'a,
    {
        let take = take_wanted(wanted);
        self.examine(Forever, Some(mark), take)
    }

    /// Makes another address of this process, which it can take away with
    /// [`unalias`](super::alias::unalias).
    ///
    /// # In OTP
    ///
    /// [`alias/1`](https://www.erlang.org/doc/apps/erts/erlang#alias/1).
    pub fn alias(&mut self, mode: AliasMode) -> Alias<M> {
        self.make_alias(mode, false)
    }

    /// As [`alias`](Inbox::alias); what is sent by it with priority goes before ordinary messages.
    ///
    /// # In OTP
    ///
    /// `alias([priority])`.
    pub fn alias_priority(&mut self, mode: AliasMode) -> Alias<M> {
        self.make_alias(mode, true)
    }

    fn make_alias(&mut self, mode: AliasMode, priority: bool) -> Alias<M> {
        let ends = match mode {
            AliasMode::Explicit => Ends::Explicitly,
            AliasMode::Reply => Ends::WithMessage,
        };
        step::current(|running| {
            Alias::of(
                Pid::of(running.pid()),
                alias::create(running, ends, priority),
            )
        })
    }

    /// Makes a monitor and an alias of one reference; how the alias ends is up to `mode`.
    ///
    /// # In OTP
    ///
    /// `monitor(process, Target, [{alias, Mode}])`.
    pub fn monitor_alias(
        &mut self,
        target: impl MonitorTarget,
        mode: MonitorAlias,
    ) -> (Monitor, Alias<M>) {
        self.monitor_alias_with(target, mode, MonitorOptions::new())
    }

    /// As [`monitor_alias`](Inbox::monitor_alias), with options of the monitor. They are not the
    /// alias's: what is sent by it has no priority.
    ///
    /// # In OTP
    ///
    /// `monitor(process, Target, [{alias, Mode}, {tag, Term}, priority])`.
    pub fn monitor_alias_with(
        &mut self,
        target: impl MonitorTarget,
        mode: MonitorAlias,
        options: MonitorOptions,
    ) -> (Monitor, Alias<M>) {
        let watched = target.watched();
        step::current(|running| {
            let monitor = monitor::create(running, watched, Some(mode), options);
            let alias = Alias::of(Pid::of(running.pid()), monitor.reference);
            (monitor, alias)
        })
    }

    fn examine<T, P, U>(&mut self, until: U, mark: Option<Mark>, take: P) -> Examine<'_, M, T, P, U>
    where
        P: FnMut(Envelope) -> Result<T, Envelope>,
    {
        // What a receive has skipped that was forgotten, not dropped, is looked at again.
        crate::cell::with_current(mailbox::unskip);
        Examine {
            inbox: PhantomData,
            until,
            mark,
            take,
            gives: PhantomData,
        }
    }
}

/// Turns an envelope into what it brings. An envelope of any other kind is for nobody here.
fn open<M: 'static>(envelope: Envelope) -> Result<Received<M>, Envelope> {
    match envelope.take::<M>() {
        Ok(message) => Ok(Received::Message(message)),
        Err(envelope) => open_notice(envelope),
    }
}

/// Apart from `open`, so that what every message runs through stays short.
#[inline(never)]
fn open_notice<M>(envelope: Envelope) -> Result<Received<M>, Envelope> {
    match envelope.take::<Exit>() {
        Ok(exit) => Ok(Received::Exit(exit)),
        Err(envelope) => envelope
            .take::<MonitorRecord>()
            .map(|record| Received::Down(record.into())),
    }
}

fn take_wanted<M: 'static>(
    mut wanted: impl FnMut(&M) -> bool,
) -> impl FnMut(Envelope) -> Result<M, Envelope> {
    move |mut envelope| match envelope.get_mut::<M>() {
        Some(message) if wanted(message) => envelope.take(),
        _ => Err(envelope),
    }
}

fn take_message<M: Send + 'static, T>(
    mut take: impl FnMut(M) -> Result<T, M>,
) -> impl FnMut(Envelope) -> Result<T, Envelope> {
    move |envelope| take(envelope.take::<M>()?).map_err(Envelope::message)
}

fn take_any<M: Send + 'static>(
    mut wanted: impl FnMut(&Received<M>) -> bool,
) -> impl FnMut(Envelope) -> Result<Received<M>, Envelope> {
    move |envelope| {
        if let Some(record) = envelope.get::<MonitorRecord>() {
            let down = Received::Down(record.clone().into());
            return if wanted(&down) {
                Ok(down)
            } else {
                Err(envelope)
            };
        }
        match open(envelope)? {
            received if wanted(&received) => Ok(received),
            Received::Message(message) => Err(Envelope::message(message)),
            Received::Exit(exit) => Err(Envelope::message(exit)),
            Received::Down(_) => unreachable!("notices were dealt with above"),
        }
    }
}

/// What has waited longest, receiving what came in if nothing was left.
#[inline]
fn next_envelope(running: Running<'_>, receive: impl Fn(Running<'_>)) -> Option<Envelope> {
    mailbox::next(running).or_else(|| {
        if !running.has_news() && !running.flag(flag::MAIL) {
            return None;
        }
        receive(running);
        mailbox::next(running)
    })
}

/// How long a receive waits, and what it gives in the end.
trait Until: Send + Unpin {
    type Output<T>;
    fn found<T>(found: T) -> Self::Output<T>;
    /// Whether the time is up. If it is not, this has seen to it that the process is woken when it
    /// is.
    fn time_is_up(&mut self, running: Running<'_>) -> bool;
    /// What a receive gives whose time is up.
    fn expired<T>() -> Self::Output<T>;
}

/// Waits however long it takes.
struct Forever;

impl Until for Forever {
    type Output<T> = T;

    #[inline]
    fn found<T>(found: T) -> T {
        found
    }

    #[inline]
    fn time_is_up(&mut self, _: Running<'_>) -> bool {
        false
    }

    fn expired<T>() -> T {
        unreachable!("a receive that waits for ever has no time that could be up")
    }
}

impl Until for Limit {
    type Output<T> = Option<T>;

    #[inline]
    fn found<T>(found: T) -> Option<T> {
        Some(found)
    }

    fn time_is_up(&mut self, running: Running<'_>) -> bool {
        !step::is_doomed() && self.is_up(running)
    }

    #[inline]
    fn expired<T>() -> Option<T> {
        None
    }
}

/// Receives in order of arrival. It holds nothing, so an idle process is no larger for it.
struct Receive<'a, M, U> {
    inbox: PhantomData<&'a mut Inbox<M>>,
    until: U,
}

impl<M, U: Until> Unpin for Receive<'_, M, U> {}

impl<M: Send + 'static, U: Until> Future for Receive<'_, M, U> {
    type Output = U::Output<Received<M>>;

    #[expect(
        clippy::inline_always,
        reason = "a message goes from its envelope to where the caller wants it; by way of a \
                  `Received` in memory, which is large, a round trip costs a quarter more"
    )]
    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while let Some(envelope) = ready!(poll_envelope(&mut self.until, cx)) {
            match envelope.take::<M>() {
                Ok(message) => return Poll::Ready(U::found(Received::Message(message))),
                Err(envelope) => match open_notice(envelope) {
                    Ok(notice) => return Poll::Ready(U::found(notice)),
                    // For a process of another kind, sent by somebody who was wrong about this one.
                    Err(other) => stray::drop_here(other),
                },
            }
        }
        Poll::Ready(U::expired())
    }
}

/// The next envelope in order of arrival, or `None` when the time is up.
fn poll_envelope<U: Until>(until: &mut U, cx: &mut Context<'_>) -> Poll<Option<Envelope>> {
    ready!(coop::poll_proceed(cx));
    step::current(|running| {
        if running.flag(flag::MAIL) {
            mailbox::unskip(running);
        }
        if let Some(envelope) = next_envelope(running, reception::receive) {
            return Poll::Ready(Some(envelope));
        }
        if mailbox::is_turning(running) {
            return Poll::Pending;
        }
        if until.time_is_up(running) {
            return Poll::Ready(None);
        }
        step::listen();
        Poll::Pending
    })
}

/// Receives selectively.
struct Examine<'a, M, T, P, U> {
    inbox: PhantomData<&'a mut Inbox<M>>,
    until: U,
    mark: Option<Mark>,
    take: P,
    gives: PhantomData<fn() -> T>,
}

impl<M, T, P, U> Unpin for Examine<'_, M, T, P, U> {}

impl<M, T, P, U> Future for Examine<'_, M, T, P, U>
where
    M: Send + 'static,
    P: FnMut(Envelope) -> Result<T, Envelope>,
    U: Until,
{
    type Output = U::Output<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(coop::poll_proceed(cx));
        let this = &mut *self;
        step::current(|running| {
            reception::receive(running);
            match examine(running, this.mark, &mut this.take, EXAMINED_MAX) {
                Examined::Found(found) => {
                    mailbox::unskip(running);
                    return Poll::Ready(U::found(found));
                }
                Examined::Some => {
                    coop::give_way();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Examined::All if mailbox::is_turning(running) => return Poll::Pending,
                Examined::All => {}
            }
            if this.until.time_is_up(running) {
                mailbox::unskip(running);
                return Poll::Ready(U::expired());
            }
            step::listen();
            Poll::Pending
        })
    }
}

impl<M, T, P, U> Drop for Examine<'_, M, T, P, U> {
    fn drop(&mut self) {
        // Given up half way: what was skipped goes back. Not so when the process is being dropped,
        // which is done from outside.
        crate::cell::with_current(|running| {
            if running.flag(flag::MAIL) && !running.flag(flag::EXITING) {
                mailbox::unskip(running);
            }
        });
    }
}

/// What came of examining messages.
enum Examined<T> {
    Found(T),
    /// Everything that is there is rejected.
    All,
    /// What was examined is rejected, and there is more.
    Some,
}

/// Examines what is there and was not examined yet, up to a number of messages.
fn examine<T>(
    running: Running<'_>,
    mark: Option<Mark>,
    take: &mut impl FnMut(Envelope) -> Result<T, Envelope>,
    limit: usize,
) -> Examined<T> {
    for _ in 0..limit {
        let Some((envelope, part)) = mailbox::next_to_examine(running, mark) else {
            return Examined::All;
        };
        match take(envelope) {
            Ok(found) => {
                mailbox::examined_taken(running);
                return Examined::Found(found);
            }
            Err(rejected) => mailbox::skip(running, rejected, part),
        }
    }
    Examined::Some
}
