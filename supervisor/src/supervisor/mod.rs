//! The supervisor: a server whose state is its children.
//!
//! ```text
//!   exit of a child ──▶ fate ──▶ Rests, Forgotten ───────────────────────────────▶ wait
//!                        │
//!                        └─ Again ─▶ intensity ── one too many ──▶ stop (shutdown)
//!                                       │
//!    ┌─────────── cast to itself ───────┤
//!    │  (between attempts it hears      ▼
//!    │   everybody else)          strategy: stop the others concerned, last first
//!    │                                  │
//!    │                                  ▼
//!    └── restarting ◀── one fails ── start them in order ── all have started ─────▶ wait
//! ```
//!
//! What to do is decided by pure functions ([`fate`](crate::decide::restart::fate), [`Intensity`],
//! [`Strategy::concerned`]) and done here. A supervisor uses nothing of the runtime that a program
//! could not use: it traps exits, links, monitors, and is a server like any other.
//!
//! # Invariants
//!
//! - R-SUP-1  Children are started one after the other in start order, and stopped one after the
//!   other in the opposite order.
//! - R-SUP-2  Each child is running, restarting with a [`TryAgain`] under way, or stopped.
//! - R-SUP-3  An exit of anybody who is not a child at that moment changes nothing. The parent's
//!   never comes here: the server ends with its reason.

pub(crate) mod auto_shutdown;
pub(crate) mod children;
mod client;
pub(crate) mod strategy;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use regrow_runtime::gen_server::{
    Context, GenServer, HandleCast, Init, IntoName, Next, Restart, ServerName, Shutdown, Start,
    Step, cast,
};
use regrow_runtime::process::{Exit, ExitReason, Pid};
use regrow_runtime::time::now;

use crate::child::info::{ChildCounts, ChildInfo, ChildProcess};
use crate::child::report;
use crate::child::spec::{AnyChildSpec, ChildId, ChildSpec};
use crate::child::start::{Outcome, start};
use crate::child::stop::stop;
use crate::decide::intensity::Intensity;
use crate::decide::restart::{Fate, fate};
use crate::error::{FailedToStart, SpecError, reason_of};

pub use auto_shutdown::AutoShutdown;
pub use client::SupervisorClient;
pub use strategy::Strategy;

use children::{Children, Rank};

/// A supervisor: it starts its children in order, starts them again when they crash, and stops them
/// in reverse order when it ends.
///
/// A value of this type is a specification, until it is started: by
/// [`start_link`](Supervisor::start_link), or as a child of another supervisor. A reference to one
/// that runs is a [`ServerRef<Supervisor>`](regrow_runtime::gen_server::ServerRef), with the methods
/// of [`SupervisorClient`](crate::SupervisorClient).
///
/// It is linked to who started it, and shuts down in order when that one ends, for whatever reason.
/// Exit signals of other processes are ignored, but for a kill.
///
/// # In OTP
///
/// The module [`supervisor`](https://www.erlang.org/doc/apps/stdlib/supervisor). The defaults are
/// Elixir's: three restarts in five seconds.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// # use regrow::{answer::{Init, Reply, ReplyTo}, server::{Context, GenServer, HandleCall, Step, call}};
/// # struct Counter(u64);
/// # struct Divide(u64);
/// # impl GenServer for Counter {
/// #     type Args = u64;
/// #     fn init(start: u64, _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Counter(start)) }
/// # }
/// # impl HandleCall<Divide> for Counter {
/// #     type Reply = u64;
/// #     fn handle_call(&mut self, by: Divide, _: ReplyTo<u64>, _: &mut Context<Self>) -> impl Step<Reply<u64>> {
/// #         self.0 /= by.0;
/// #         Reply::now(self.0)
/// #     }
/// # }
///
/// static COUNTER: Name<Counter> = Name::new("counter");
///
/// let supervisor = Supervisor::new(Strategy::OneForOne)
///     .child(ChildSpec::<Counter>::new(40).name(COUNTER))
///     .start_link()
///     .await?;
/// assert_eq!(supervisor.count_children().await?.active, 1);
///
/// assert!(call(COUNTER, Divide(0)).await.is_err());      // the process is gone …
/// regrow::process::settle().await;                       // … its supervisor hears of it …
/// assert_eq!(call(COUNTER, Divide(4)).await?, 10);       // … and it has grown back from 40
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
#[must_use = "a supervisor does nothing until it is started"]
pub struct Supervisor {
    id: ChildId,
    name: Option<ServerName>,
    strategy: Strategy,
    intensity: Intensity,
    auto_shutdown: AutoShutdown,
    /// What is to be started. Empty once the supervisor runs.
    specs: Vec<AnyChildSpec>,
    /// What was started. Empty until the supervisor runs.
    children: Children,
}

/// A restart has failed, and is to be tried again. The supervisor sends it to itself, so that it
/// hears of everything else between the attempts: its own shutdown above all.
struct TryAgain(Rank);

impl Supervisor {
    /// A supervisor without children.
    pub fn new(strategy: Strategy) -> Supervisor {
        Supervisor {
            id: ChildId::of::<Supervisor>(),
            name: None,
            strategy,
            intensity: Intensity::default(),
            auto_shutdown: AutoShutdown::Never,
            specs: Vec::new(),
            children: Children::default(),
        }
    }

    /// The supervisor's id as a child of another one. Default: the name of this type, so that of two
    /// sibling supervisors one needs an id of its own.
    pub fn id(mut self, id: impl Into<ChildId>) -> Supervisor {
        self.id = id.into();
        self
    }

    /// The name that the supervisor is registered under. Default: none.
    pub fn name(mut self, name: impl IntoName<Supervisor>) -> Supervisor {
        self.name = Some(name.into_name());
        self
    }

    /// Adds a child. It is started after those that were added before, and stopped before them.
    pub fn child(mut self, spec: impl Into<AnyChildSpec>) -> Supervisor {
        self.specs.push(spec.into());
        self
    }

    /// How many restarts are allowed within any such period; one more, and the supervisor shuts
    /// down. Default: three within five seconds.
    ///
    /// What counts is a decision to restart, however many children it concerns, and each attempt that
    /// is tried again. A period of zero is an error of the start,
    /// [`SpecError::ZeroPeriod`].
    ///
    /// # In OTP
    ///
    /// The flags `intensity` and `period`, there in whole seconds: its window is up to a second
    /// longer.
    pub fn max_restarts(mut self, restarts: u32, within: Duration) -> Supervisor {
        self.intensity = Intensity::new(restarts, within);
        self
    }

    /// Whether the supervisor shuts down when its [significant](ChildSpec::significant) children
    /// have ended by themselves, and are not to be started again. Default: it does not.
    ///
    /// A significant child that is always started again, or one of a supervisor that does not look
    /// at it, is an error of the start: [`SpecError::SignificantPermanent`],
    /// [`SpecError::SignificantForNothing`].
    ///
    /// # In OTP
    ///
    /// The flag `auto_shutdown`.
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Supervisor {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// The supervisor as a child of another one. It is given all the time that it needs to shut
    /// down, unless it is told otherwise.
    pub fn child_spec(self) -> ChildSpec<Supervisor> {
        let (id, name) = (self.id.clone(), self.name.clone());
        let spec = ChildSpec::new(self).id(id).supervisor();
        match name {
            Some(name) => spec.name(name),
            None => spec,
        }
    }

    /// Starts the supervisor and its children, linked to the caller.
    ///
    /// When it is done, all children run. If one does not start, those that did are stopped again,
    /// and the start fails with [`FailedToStart`] in an [`ExitReason::ShutdownWith`].
    ///
    /// # In OTP
    ///
    /// [`supervisor:start_link/3`](https://www.erlang.org/doc/apps/stdlib/supervisor#start_link/3).
    pub fn start_link(self) -> Start<Supervisor> {
        self.start().link()
    }

    /// As [`start_link`](Supervisor::start_link), linked to nobody.
    pub fn start(self) -> Start<Supervisor> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl GenServer for Supervisor {
    type Args = Supervisor;

    const TRAP_EXIT: bool = true;
    const SHUTDOWN: Shutdown = Shutdown::Infinity;

    fn init(mut supervisor: Supervisor, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        async move {
            if let Err(error) = supervisor.admit() {
                return Init::stop(error.into());
            }
            match supervisor.start_children(Rank::FIRST..Rank::END).await {
                Ok(()) => Init::ok(supervisor),
                Err((rank, reason)) => {
                    let failed = supervisor.failed_to_start(rank, reason);
                    supervisor.stop_children(Rank::FIRST..Rank::END).await;
                    Init::stop(ExitReason::shutdown_with(failed))
                }
            }
        }
    }

    fn handle_exit(&mut self, exit: Exit, cx: &mut Context<Self>) -> impl Step<Next> {
        async move {
            match self.children.rank_of(exit.from) {
                Some(rank) => self.child_ended(rank, exit.from, exit.reason, cx).await,
                None => Next::proceed(),
            }
        }
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            self.stop_children(Rank::FIRST..Rank::END).await;
            Next::proceed()
        }
    }
}

impl HandleCast<TryAgain> for Supervisor {
    fn handle_cast(&mut self, TryAgain(rank): TryAgain, cx: &mut Context<Self>) -> impl Step<Next> {
        async move {
            match self.children.get(rank).map(|child| child.process) {
                Some(ChildProcess::Restarting) => self.restart(rank, cx).await,
                // It was stopped meanwhile, or started with its siblings.
                _ => Next::proceed(),
            }
        }
    }
}

impl Supervisor {
    /// Looks at the specification as a whole, before anything is started.
    fn admit(&mut self) -> Result<(), SpecError> {
        if self.intensity.period().is_zero() {
            return Err(SpecError::ZeroPeriod);
        }
        for spec in std::mem::take(&mut self.specs) {
            if spec.significant && spec.restart == Restart::Permanent {
                return Err(SpecError::SignificantPermanent(spec.child_id().clone()));
            }
            if spec.significant && self.auto_shutdown == AutoShutdown::Never {
                return Err(SpecError::SignificantForNothing(spec.child_id().clone()));
            }
            self.children.add(spec)?;
        }
        Ok(())
    }

    /// A child has ended by itself.
    async fn child_ended(
        &mut self,
        rank: Rank,
        process: Pid,
        reason: ExitReason,
        cx: &mut Context<Self>,
    ) -> Next {
        let Some(child) = self.children.get(rank) else {
            return Next::proceed();
        };
        let (restart, significant) = (child.spec.restart, child.spec.significant);
        report::child_ended(Some(child.spec.child_id()), restart, process, &reason);
        match fate(restart, &reason) {
            Fate::Again => {
                self.children.set(rank, ChildProcess::Restarting);
                return self.restart(rank, cx).await;
            }
            Fate::Rests => self.children.set(rank, ChildProcess::Stopped),
            Fate::Forgotten => self.children.forget(rank),
        }
        if self.auto_shutdown.is_done(significant, &self.children) {
            return Next::stop(ExitReason::Shutdown);
        }
        Next::proceed()
    }

    /// Starts a child again that has ended, with those of its siblings that the strategy says, if
    /// that is allowed.
    async fn restart(&mut self, rank: Rank, cx: &mut Context<Self>) -> Next {
        if !self.intensity.allows(now()) {
            report::gave_up(self.id_of(rank));
            self.children.set(rank, ChildProcess::Stopped);
            return Next::stop(ExitReason::Shutdown);
        }
        let concerned = self.strategy.concerned(rank);
        self.stop_children(concerned.clone()).await;
        if let Err((failed, reason)) = self.start_children(concerned).await {
            report::not_started(self.id_of(failed), &reason);
            self.children.set(failed, ChildProcess::Restarting);
            cast(cx.this(), TryAgain(failed));
        }
        Next::proceed()
    }

    /// Starts those of these children that do not run, in start order, until one fails.
    async fn start_children(&mut self, which: Range<Rank>) -> Result<(), (Rank, ExitReason)> {
        for rank in self.children.ranks(which) {
            let Some(child) = self.children.get(rank) else {
                continue;
            };
            match start(&child.spec).await {
                Ok(Outcome::Running(process)) => {
                    self.children.set(rank, ChildProcess::Running(process));
                }
                Ok(Outcome::Ignored) => self.stopped(rank),
                Err(error) => return Err((rank, reason_of(error))),
            }
        }
        Ok(())
    }

    /// Stops those of these children that run, in the opposite of start order.
    async fn stop_children(&mut self, which: Range<Rank>) {
        for rank in self.children.ranks(which).into_iter().rev() {
            let Some(child) = self.children.get(rank) else {
                continue;
            };
            let (restart, shutdown) = (child.spec.restart, child.spec.shutdown);
            if let ChildProcess::Running(process) = child.process {
                let reason = stop(process, shutdown).await;
                report::stopped(
                    Some(child.spec.child_id()),
                    restart,
                    shutdown,
                    process,
                    &reason,
                );
            }
            self.stopped(rank);
        }
    }

    /// A child does not run and is not about to: it keeps its rank, unless it is temporary.
    fn stopped(&mut self, rank: Rank) {
        let Some(child) = self.children.get(rank) else {
            return;
        };
        match child.spec.restart {
            Restart::Temporary => self.children.forget(rank),
            Restart::Permanent | Restart::Transient => {
                self.children.set(rank, ChildProcess::Stopped);
            }
        }
    }

    fn failed_to_start(&self, rank: Rank, reason: ExitReason) -> FailedToStart {
        let child = self.id_of(rank).unwrap_or(&self.id).clone();
        FailedToStart { child, reason }
    }

    fn id_of(&self, rank: Rank) -> Option<&ChildId> {
        self.children.get(rank).map(|child| child.spec.child_id())
    }

    /// The children, those that were started last first.
    pub(crate) fn list(&self) -> Vec<ChildInfo> {
        let children = self.children.iter().rev().map(|child| ChildInfo {
            id: Some(child.spec.child_id().clone()),
            process: child.process,
            kind: child.spec.kind(),
        });
        children.collect()
    }

    /// How many children there are.
    pub(crate) fn count(&self) -> ChildCounts {
        ChildCounts::of(
            self.children
                .iter()
                .map(|child| (child.spec.kind(), child.process)),
        )
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("id", &self.id)
            .field("strategy", &self.strategy)
            .field("intensity", &self.intensity)
            .field("auto_shutdown", &self.auto_shutdown)
            .finish_non_exhaustive()
    }
}
