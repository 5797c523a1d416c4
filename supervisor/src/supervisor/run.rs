//! A supervisor's life: it starts its children, deals with their ends, and stops them.

use std::time::Duration;

use regrow_runtime::gen_server::{
    Context, GenServer, HandleCast, HandleInfo, Init, Next, Restart, ServerRef, Shutdown, Step,
    cast,
};
use regrow_runtime::process::{Exit, ExitReason, Pid, self_pid};
use regrow_runtime::time::{Instant, TimerRef, send_after};

use super::Supervisor;
use super::children::{Child, Rank};
use crate::child::care::{Due, decide};
use crate::child::extras::SettingError;
use crate::child::id::ChildId;
use crate::child::info::ChildProcess;
use crate::child::report::{self, Occasion};
use crate::child::spec::AnyChildSpec;
use crate::child::start::start;
use crate::child::stop::{stop, stop_for};
use crate::decide::again::When;
use crate::decide::restart::{Fate, fate};
use crate::error::{FailedToStart, SpecError, reason_of};
use crate::events::Open;

/// A restart has failed, and is to be tried again. The supervisor sends it to itself, so that it
/// hears of everything else between the attempts: its own shutdown above all.
struct TryAgain(Rank);

/// How a supervisor reminds itself of something. It is of the type of the process that it is in,
/// which may have a supervisor as a part of it.
#[derive(Clone, Copy)]
pub(crate) struct Reminders {
    /// To try again to start a child, when what has come meanwhile was heard.
    pub(crate) again: fn(Rank),
    /// Of a time, after this long.
    pub(crate) later: fn(Duration, TimeIsUp) -> TimerRef,
}

impl Reminders {
    /// Those of a supervisor that is a process of its own.
    pub(crate) const OWN: Reminders = Reminders {
        again: |rank| cast(ServerRef::<Supervisor>::of(self_pid()), TryAgain(rank)),
        later: |after, time| send_after(after, ServerRef::<Supervisor>::of(self_pid()), time),
    };
}

/// A time is up that a child waits for.
pub(crate) enum TimeIsUp {
    /// Its restart has waited until then.
    Delay(Rank, Instant),
    /// It has run for as long as it may, as this process.
    Lifetime(Rank, Pid),
}

impl GenServer for Supervisor {
    type Args = Supervisor;

    const TRAP_EXIT: bool = true;
    const SHUTDOWN: Shutdown = Shutdown::Infinity;

    fn init(mut supervisor: Supervisor, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        async move {
            if let Some(init) = supervisor.init.take() {
                supervisor = match init.describe().await {
                    Ok(described) => supervisor.described_as(described),
                    Err(init) => return init,
                };
            }
            match supervisor.start_up().await {
                Ok(()) => Init::ok(supervisor),
                Err(reason) => Init::stop(reason),
            }
        }
    }

    fn handle_exit(&mut self, exit: Exit, _: &mut Context<Self>) -> impl Step<Next> {
        self.hear_of(exit)
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            self.stop_all().await;
            Next::proceed()
        }
    }
}

impl HandleCast<TryAgain> for Supervisor {
    fn handle_cast(&mut self, TryAgain(rank): TryAgain, _: &mut Context<Self>) -> impl Step<Next> {
        self.again(rank)
    }
}

impl HandleInfo<TimeIsUp> for Supervisor {
    fn handle_info(&mut self, time: TimeIsUp, _: &mut Context<Self>) -> impl Step<Next> {
        self.time_is_up(time)
    }
}

/// What a process does that has a supervisor as a part of it.
impl Supervisor {
    /// Starts the children, in the process that is to supervise them.
    ///
    /// # Errors
    ///
    /// Why that process cannot: none of the children runs.
    pub(crate) async fn start_up(&mut self) -> Result<(), ExitReason> {
        self.book = Open::new();
        self.admit()?;
        let all = self.children.ranks(Rank::FIRST..Rank::END);
        match self.start_children(&all).await {
            Ok(()) => Ok(()),
            Err((rank, reason)) => {
                self.tell_of(rank, |child| report::not_started(child, &reason));
                let failed = self.failed_to_start(rank, reason);
                self.stop_children(&all).await;
                Err(ExitReason::shutdown_with(failed))
            }
        }
    }

    /// Deals with the end of a process.
    pub(crate) async fn hear_of(&mut self, exit: Exit) -> Next {
        match self.children.rank_of(exit.from) {
            Some(rank) => self.child_ended(rank, exit.from, exit.reason).await,
            None => Next::proceed(),
        }
    }

    /// Tries again to start a child, as it was [reminded](Reminders::again) to.
    pub(crate) async fn again(&mut self, rank: Rank) -> Next {
        match self.children.get(rank) {
            Some(child) if child.is_tried_again() => self.restart(rank).await,
            // It was stopped meanwhile, or started with its siblings.
            _ => Next::proceed(),
        }
    }

    /// Does what is to be done at a time that it was [reminded](Reminders::later) of.
    pub(crate) async fn time_is_up(&mut self, time: TimeIsUp) -> Next {
        match time {
            TimeIsUp::Delay(rank, until) => match self.is_up(rank, until) {
                Due::No => Next::proceed(),
                due => {
                    if due == Due::Anew {
                        self.intensity.forget();
                    }
                    self.restart_now(rank).await
                }
            },
            TimeIsUp::Lifetime(rank, process) => self.outlived(rank, process).await,
        }
    }

    /// Stops all children, because the process ends.
    pub(crate) async fn stop_all(&mut self) {
        let all = self.children.ranks(Rank::FIRST..Rank::END);
        self.stop_children(&all).await;
    }
}

impl Supervisor {
    /// What the init function says, under the id that this one has for those above.
    fn described_as(self, described: Supervisor) -> Supervisor {
        Supervisor {
            id: self.id,
            name: self.name,
            ..described
        }
    }

    /// Looks at the specification as a whole, before anything is started.
    fn admit(&mut self) -> Result<(), SpecError> {
        if self.intensity.period().is_zero() {
            return Err(SpecError::ZeroPeriod);
        }
        for spec in std::mem::take(&mut self.specs) {
            self.admit_child(&spec)?;
            self.children.add(spec)?;
        }
        Ok(())
    }

    /// Looks whether a child may be what it says it is, as the youngest of its siblings.
    pub(super) fn admit_child(&self, spec: &AnyChildSpec) -> Result<(), SpecError> {
        self.auto_shutdown.admit(spec)?;
        let Some(extras) = spec.extras() else {
            return Ok(());
        };
        let wrong = |error| SpecError::Setting(spec.child_id().clone(), error);
        extras.admit().map_err(wrong)?;
        let known = |id: &&ChildId| self.children.find(id).is_none();
        match extras.binds_to.iter().find(known) {
            Some(id) => Err(wrong(SettingError::UnknownSibling(id.clone()))),
            None => Ok(()),
        }
    }

    /// A child has ended by itself.
    async fn child_ended(&mut self, rank: Rank, process: Pid, reason: ExitReason) -> Next {
        let Some(child) = self.children.get(rank) else {
            return Next::proceed();
        };
        let (restart, significant) = (child.spec.restart, child.spec.significant);
        report::child_ended(report::Child::of(&child.spec), process, &reason);
        match fate(restart, &reason) {
            Fate::Again => {
                self.children.set(rank, ChildProcess::Restarting);
                self.restart(rank).await
            }
            Fate::Rests | Fate::Forgotten => self.ended_for_good(rank, significant).await,
        }
    }

    /// A child has ended and is not wanted back: so are those that are bound to it.
    async fn ended_for_good(&mut self, rank: Rank, significant: bool) -> Next {
        let concerned = self.children.with_bound(vec![rank]);
        self.stopped(rank);
        self.stop_children(&concerned).await;
        if self.auto_shutdown.is_done(significant, &self.children) {
            return Next::stop(ExitReason::Shutdown);
        }
        Next::proceed()
    }

    /// Starts a child again that has ended, if that is allowed: now or later.
    async fn restart(&mut self, rank: Rank) -> Next {
        let Some(child) = self.children.get_mut(rank) else {
            return Next::proceed();
        };
        match decide(
            child.spec.extras(),
            child.care.as_deref_mut(),
            &mut self.intensity,
        ) {
            When::Now => self.restart_now(rank).await,
            When::After { delay, anew } => {
                self.wait(rank, delay, anew).await;
                Next::proceed()
            }
            When::Never => self.give_child_up(rank).await,
            When::GiveUp => {
                self.tell_of(rank, report::gave_up);
                self.children.set(rank, ChildProcess::Stopped);
                Next::stop(ExitReason::Shutdown)
            }
        }
    }

    /// A child is to be started again later. Those that are to be restarted with it have nothing to
    /// live on meanwhile, and are stopped.
    async fn wait(&mut self, rank: Rank, delay: Duration, anew: bool) {
        let concerned = self.concerned(rank);
        self.stop_children(&concerned).await;
        self.children.set(rank, ChildProcess::Restarting);
        let later = self.reminders.later;
        let child = self.children.get_mut(rank);
        if let Some(care) = child.and_then(|child| child.care.as_mut()) {
            care.waits(delay, anew, |after, until| {
                later(after, TimeIsUp::Delay(rank, until))
            });
        }
    }

    /// Those that are restarted with a child, in start order: those that the strategy says, and those
    /// that are bound to one of them.
    fn concerned(&self, failed: Rank) -> Vec<Rank> {
        let group = self.children.ranks(self.strategy.concerned(failed));
        self.children.with_bound(group)
    }

    /// A child is not started again, and the others live on but for those that are bound to it.
    async fn give_child_up(&mut self, rank: Rank) -> Next {
        self.tell_of(rank, report::gave_child_up);
        let significant = self
            .children
            .get(rank)
            .is_some_and(|child| child.spec.significant);
        let next = self.ended_for_good(rank, significant).await;
        if let Some(care) = self
            .children
            .get_mut(rank)
            .and_then(|child| child.care.as_mut())
        {
            care.give_up();
        }
        next
    }

    /// Whether a child has waited for this time.
    fn is_up(&mut self, rank: Rank, until: Instant) -> Due {
        let child = self.children.get_mut(rank);
        let care = child.and_then(|child| child.care.as_mut());
        care.map_or(Due::No, |care| care.is_up(until))
    }

    /// A child has run for as long as it may: it is stopped, and has ended for that reason.
    async fn outlived(&mut self, rank: Rank, process: Pid) -> Next {
        match self.children.get(rank) {
            Some(child) if child.process == ChildProcess::Running(process) => {
                let reason = stop_for(process, child.spec.shutdown, ExitReason::atom("timeout"));
                let reason = reason.await;
                self.child_ended(rank, process, reason).await
            }
            _ => Next::proceed(),
        }
    }

    /// Starts a child again that has ended, with those of its siblings that are concerned.
    async fn restart_now(&mut self, rank: Rank) -> Next {
        self.tell_of(rank, report::restarting);
        let concerned = self.concerned(rank);
        self.stop_children(&concerned).await;
        if let Err((failed, reason)) = self.start_children(&concerned).await {
            self.try_again(failed, &reason);
        }
        Next::proceed()
    }

    /// A child has failed to start: it is tried again, when what has come meanwhile was heard.
    pub(super) fn try_again(&mut self, failed: Rank, reason: &ExitReason) {
        self.tell_of(failed, |child| report::not_started(child, reason));
        self.children.set(failed, ChildProcess::Restarting);
        (self.reminders.again)(failed);
    }

    /// Starts those of these children that do not run, in start order, until one fails.
    pub(super) async fn start_children(
        &mut self,
        which: &[Rank],
    ) -> Result<(), (Rank, ExitReason)> {
        for &rank in which {
            let child = self.children.get(rank);
            let Some(child) = child.filter(|child| !child.runs()) else {
                continue;
            };
            if !self.children.may_run(rank) {
                self.stopped(rank);
                continue;
            }
            match start(&child.spec).await.map(|started| started.pid()) {
                Ok(Some(process)) => self.runs(rank, process, Occasion::Supervision),
                Ok(None) => self.stopped(rank),
                Err(error) => return Err((rank, reason_of(error))),
            }
        }
        Ok(())
    }

    /// Stops those of these children that run, in the opposite of start order.
    pub(super) async fn stop_children(&mut self, which: &[Rank]) {
        for &rank in which.iter().rev() {
            self.stop_child(rank).await;
        }
    }

    /// A child is this process from now on.
    pub(super) fn runs(&mut self, rank: Rank, process: Pid, occasion: Occasion) {
        self.children.set(rank, ChildProcess::Running(process));
        let later = self.reminders.later;
        let Some(Child { spec, care, .. }) = self.children.get_mut(rank) else {
            return;
        };
        report::started(report::Child::of(spec), process, occasion);
        if let (Some(extras), Some(care)) = (spec.extras(), care) {
            care.runs(extras, |lifetime| {
                later(lifetime, TimeIsUp::Lifetime(rank, process))
            });
        }
    }

    /// Stops a child, if it runs.
    async fn stop_child(&mut self, rank: Rank) {
        let Some(child) = self.children.get(rank) else {
            return;
        };
        if let ChildProcess::Running(process) = child.process {
            let reason = stop(process, child.spec.shutdown).await;
            report::stopped(report::Child::of(&child.spec), process, &reason);
        }
        self.stopped(rank);
    }

    /// A child does not run and is not about to: it keeps its rank, unless it is temporary.
    pub(super) fn stopped(&mut self, rank: Rank) {
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
        let child = self.children.get(rank);
        let child = child
            .map_or(&self.id, |child| child.spec.child_id())
            .clone();
        FailedToStart { child, reason }
    }

    /// Reports something of a child, if it is still known.
    fn tell_of(&self, rank: Rank, report: impl FnOnce(report::Child<'_>)) {
        if let Some(child) = self.children.get(rank) {
            report(report::Child::of(&child.spec));
        }
    }
}
