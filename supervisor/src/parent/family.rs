//! A server's own children, and what becomes of them when they end.
//!
//! The decisions are a supervisor's, of the strategy `one_for_one`: the same functions, the same table
//! of children. What is different is who acts: the server's process, between two of its messages.
//!
//! # Invariants
//!
//! - R-FAMILY-1  Each child runs, or is restarting with a [`TryAgain`] under way, or rests.
//! - R-FAMILY-2  An exit of anybody who is no child at that moment is the server's own affair.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use regrow_runtime::gen_server::{Annex, Attending, Next, Restart, Shutdown, StartError, post};
use regrow_runtime::process::{Exit, ExitReason, Pid};
use regrow_runtime::time::now;

use super::handle::ChildTerminated;
use crate::child::id::ChildId;
use crate::child::info::{ChildCounts, ChildInfo, ChildProcess};
use crate::child::report;
use crate::child::spec::AnyChildSpec;
use crate::child::start::start;
use crate::child::started::StartedChild;
use crate::child::stop::stop;
use crate::decide::intensity::Intensity;
use crate::decide::restart::{Fate, fate};
use crate::error::{NoSuchChild, StartChildError, reason_of, refused};
use crate::supervisor::children::Children;
pub(super) use crate::supervisor::children::Rank;

/// See the module's head.
#[derive(Default)]
pub(super) struct Family {
    children: Children,
    intensity: Option<Intensity>,
    /// How the server is told of children that are not started again.
    told: Option<fn(ChildTerminated)>,
}

/// A restart has failed, and is to be tried again. The family sends it to itself, so that the server
/// hears of everything else between the attempts.
struct TryAgain(Rank);

/// A child that is to be stopped.
pub(super) struct Stopping {
    id: ChildId,
    restart: Restart,
    shutdown: Shutdown,
    process: Pid,
}

impl Stopping {
    /// Stops it.
    pub(super) async fn done(self) {
        let reason = stop(self.process, self.shutdown).await;
        report::stopped(
            Some(&self.id),
            self.restart,
            self.shutdown,
            self.process,
            &reason,
        );
    }
}

impl Family {
    /// Whether there is anything to keep.
    pub(super) fn is_of_use(&self) -> bool {
        self.children.iter().next().is_some() || self.intensity.is_some() || self.told.is_some()
    }

    pub(super) fn set_intensity(&mut self, restarts: u32, within: Duration) {
        self.intensity = Some(Intensity::new(restarts, within));
    }

    pub(super) fn set_told(&mut self, told: fn(ChildTerminated)) {
        self.told = Some(told);
    }

    /// Takes a child up that is about to be started.
    pub(super) fn add(&mut self, spec: AnyChildSpec) -> Result<Rank, StartChildError> {
        if let Some(process) = self.pid(spec.child_id()) {
            return Err(StartChildError::AlreadyStarted(process));
        }
        // One of the same id that does not run gives way.
        if let Ok(rank) = self.find(spec.child_id()) {
            self.children.forget(rank);
        }
        self.children
            .add(spec)
            .map_err(|error| StartChildError::Failed(error.into()))
    }

    pub(super) async fn start(spec: &AnyChildSpec) -> Result<StartedChild<Pid>, StartError> {
        start(spec).await
    }

    /// A start that the server asked for is over.
    pub(super) fn started(
        &mut self,
        rank: Rank,
        outcome: Result<StartedChild<Pid>, StartError>,
    ) -> Result<StartedChild<Pid>, StartChildError> {
        match outcome.as_ref().map(StartedChild::pid) {
            Ok(Some(process)) => self.children.set(rank, ChildProcess::Running(process)),
            Ok(None) => self.children.set(rank, ChildProcess::Stopped),
            Err(_) => self.children.forget(rank),
        }
        outcome.map_err(refused)
    }

    pub(super) fn find(&self, id: &ChildId) -> Result<Rank, NoSuchChild> {
        let all = self.children.ranks(Rank::FIRST..Rank::END);
        let found = all.into_iter().find(|&rank| {
            let child = self.children.get(rank);
            child.is_some_and(|child| child.spec.child_id() == id)
        });
        found.ok_or(NoSuchChild)
    }

    pub(super) fn spec(&self, rank: Rank) -> Option<AnyChildSpec> {
        self.children.get(rank).map(|child| child.spec.clone())
    }

    pub(super) fn all(&self) -> Vec<Rank> {
        self.children.ranks(Rank::FIRST..Rank::END)
    }

    /// How to stop a child, if it runs. It rests from now on.
    pub(super) fn stopping(&mut self, rank: Rank) -> Option<Stopping> {
        let child = self.children.get(rank)?;
        let stopping = match child.process {
            ChildProcess::Running(process) => Some(Stopping {
                id: child.spec.child_id().clone(),
                restart: child.spec.restart,
                shutdown: child.spec.shutdown,
                process,
            }),
            ChildProcess::Restarting | ChildProcess::Stopped => None,
        };
        self.children.set(rank, ChildProcess::Stopped);
        stopping
    }

    pub(super) fn forget(&mut self, rank: Rank) {
        self.children.forget(rank);
    }

    pub(super) fn pid(&self, id: &ChildId) -> Option<Pid> {
        let child = self.children.get(self.find(id).ok()?)?;
        match child.process {
            ChildProcess::Running(process) => Some(process),
            ChildProcess::Restarting | ChildProcess::Stopped => None,
        }
    }

    /// The children, those that were started last first.
    pub(super) fn list(&self) -> Vec<ChildInfo> {
        let children = self.children.iter().rev().map(|child| ChildInfo {
            id: Some(child.spec.child_id().clone()),
            process: child.process,
            kind: child.spec.child_kind(),
        });
        children.collect()
    }

    pub(super) fn count(&self) -> ChildCounts {
        let children = self.children.iter();
        ChildCounts::of(children.map(|child| (child.spec.child_kind(), child.process)))
    }

    /// A child has ended by itself.
    async fn child_ended(&mut self, exit: Exit) -> Next {
        let Exit { from, reason } = exit;
        let Some(rank) = self.children.rank_of(from) else {
            return Next::proceed();
        };
        let Some(spec) = self.spec(rank) else {
            return Next::proceed();
        };
        report::child_ended(Some(spec.child_id()), spec.restart, from, &reason);
        match fate(spec.restart, &reason) {
            Fate::Again => {
                self.children.set(rank, ChildProcess::Restarting);
                return self.restart(rank).await;
            }
            Fate::Rests => self.children.set(rank, ChildProcess::Stopped),
            Fate::Forgotten => self.children.forget(rank),
        }
        if let Some(tell) = self.told {
            tell(ChildTerminated {
                id: spec.child_id().clone(),
                process: from,
                reason,
            });
        }
        Next::proceed()
    }

    /// Starts a child again, if that is allowed.
    async fn restart(&mut self, rank: Rank) -> Next {
        let Some(spec) = self.spec(rank) else {
            return Next::proceed();
        };
        let intensity = self.intensity.get_or_insert_default();
        if !intensity.allows(now()) {
            report::gave_up(Some(spec.child_id()));
            self.children.set(rank, ChildProcess::Stopped);
            return Next::stop(ExitReason::Shutdown);
        }
        match start(&spec).await.map(|started| started.pid()) {
            Ok(Some(process)) => self.children.set(rank, ChildProcess::Running(process)),
            Ok(None) => self.children.set(rank, ChildProcess::Stopped),
            Err(error) => {
                report::not_started(Some(spec.child_id()), &reason_of(error));
                post(TryAgain(rank));
            }
        }
        Next::proceed()
    }
}

impl Annex for Family {
    fn minds(&self, exit: &Exit) -> bool {
        self.children.rank_of(exit.from).is_some()
    }

    fn exit(mut self: Box<Self>, exit: Exit) -> Attending {
        Box::pin(async move {
            let next = self.child_ended(exit).await;
            let left = self.is_of_use().then_some(self as Box<dyn Annex>);
            (left, next)
        })
    }

    fn mail(mut self: Box<Self>, mail: Box<dyn Any + Send>) -> Attending {
        Box::pin(async move {
            let again = mail.downcast_ref().map(|&TryAgain(rank)| rank);
            let waits = again.filter(|&rank| {
                let child = self.children.get(rank);
                child.is_some_and(|child| child.process == ChildProcess::Restarting)
            });
            let next = match waits {
                Some(rank) => self.restart(rank).await,
                // It was stopped meanwhile.
                None => Next::proceed(),
            };
            (Some(self as Box<dyn Annex>), next)
        })
    }

    fn end(mut self: Box<Self>, _: ExitReason) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            for rank in self.all().into_iter().rev() {
                if let Some(stopping) = self.stopping(rank) {
                    stopping.done().await;
                }
            }
        })
    }
}
