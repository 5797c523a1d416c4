//! A supervisor's life: it starts its children, deals with their ends, and stops them.

use std::ops::Range;

use regrow_runtime::gen_server::{
    Context, GenServer, HandleCast, Init, Next, Restart, Shutdown, Step, cast,
};
use regrow_runtime::process::{Exit, ExitReason, Pid};
use regrow_runtime::time::now;

use super::Supervisor;
use super::children::Rank;
use crate::child::id::ChildId;
use crate::child::info::ChildProcess;
use crate::child::report;
use crate::child::start::start;
use crate::child::stop::stop;
use crate::decide::restart::{Fate, fate};
use crate::error::{FailedToStart, SpecError, reason_of};

/// A restart has failed, and is to be tried again. The supervisor sends it to itself, so that it
/// hears of everything else between the attempts: its own shutdown above all.
struct TryAgain(Rank);

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
            self.auto_shutdown.admit(&spec)?;
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
            match start(&child.spec).await.map(|started| started.pid()) {
                Ok(Some(process)) => {
                    self.children.set(rank, ChildProcess::Running(process));
                }
                Ok(None) => self.stopped(rank),
                Err(error) => return Err((rank, reason_of(error))),
            }
        }
        Ok(())
    }

    /// Stops those of these children that run, in the opposite of start order.
    async fn stop_children(&mut self, which: Range<Rank>) {
        for rank in self.children.ranks(which).into_iter().rev() {
            self.stop_child(rank).await;
        }
    }

    /// Stops a child, if it runs.
    pub(super) async fn stop_child(&mut self, rank: Rank) {
        let Some(child) = self.children.get(rank) else {
            return;
        };
        let (restart, shutdown) = (child.spec.restart, child.spec.shutdown);
        if let ChildProcess::Running(process) = child.process {
            let reason = stop(process, shutdown).await;
            let id = child.spec.child_id();
            report::stopped(Some(id), restart, shutdown, process, &reason);
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
        let child = self.id_of(rank).unwrap_or(&self.id).clone();
        FailedToStart { child, reason }
    }

    fn id_of(&self, rank: Rank) -> Option<&ChildId> {
        self.children.get(rank).map(|child| child.spec.child_id())
    }
}
