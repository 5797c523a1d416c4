//! A server's own children, and what becomes of them when they end.
//!
//! The decisions are a supervisor's, of the strategy `one_for_one`: the same functions, the same table
//! of children. What is different is who acts: the server's process, between two of its messages.
//!
//! # Invariants
//!
//! - R-FAMILY-1  Each child runs, or is restarting with a [`Later`] under way, or rests.
//! - R-FAMILY-2  An exit of anybody who is no child at that moment is the server's own affair.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use regrow_runtime::gen_server::{Annex, Attending, Next, StartError, post, post_after};
use regrow_runtime::process::{Exit, ExitReason, Pid};
use regrow_runtime::time::Instant;

use super::handle::ChildTerminated;
use crate::child::care::{Due, decide};
use crate::child::extras::SettingError;
use crate::child::id::ChildId;
use crate::child::info::{ChildCounts, ChildInfo, ChildProcess};
use crate::child::report::{self, Occasion};
use crate::child::spec::AnyChildSpec;
use crate::child::start::start;
use crate::child::started::StartedChild;
use crate::child::stop::{stop, stop_for};
use crate::decide::again::When;
use crate::decide::intensity::Intensity;
use crate::decide::restart::{Fate, fate};
use crate::error::{NoSuchChild, SpecError, StartChildError, reason_of};
use crate::events::Open;
pub(super) use crate::supervisor::children::Rank;
use crate::supervisor::children::{Child, Children};

/// See the module's head.
#[derive(Default)]
pub(super) struct Family {
    children: Children,
    intensity: Option<Intensity>,
    /// What is counted, once there is something to count.
    book: Option<Open>,
    /// How the server is told of children that are not started again.
    told: Option<fn(ChildTerminated)>,
}

/// What the family sends itself, so that the server hears of everything else meanwhile.
enum Later {
    /// A restart has failed, and is to be tried again.
    TryAgain(Rank),
    /// A restart has waited until then.
    Delay(Rank, Instant),
    /// A child has run for as long as it may, as this process.
    Lifetime(Rank, Pid),
}

/// A child that is to be stopped.
pub(super) struct Stopping {
    spec: AnyChildSpec,
    process: Pid,
}

impl Stopping {
    /// Stops it.
    pub(super) async fn done(self) {
        let reason = stop(self.process, self.spec.shutdown).await;
        report::stopped(report::Child::of(&self.spec), self.process, &reason);
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
        if let Some(extras) = spec.extras() {
            let wrong =
                |error| StartChildError::Spec(SpecError::Setting(spec.child_id().clone(), error));
            extras.admit().map_err(wrong)?;
            if !extras.binds_to.is_empty() {
                return Err(wrong(SettingError::NoSiblings));
            }
        }
        self.book.get_or_insert_with(Open::new);
        // One of the same id that does not run gives way.
        if let Ok(rank) = self.find(spec.child_id()) {
            self.children.forget(rank);
        }
        self.children.add(spec).map_err(StartChildError::Spec)
    }

    pub(super) async fn start(spec: &AnyChildSpec) -> Result<StartedChild<Pid>, StartError> {
        start(spec).await
    }

    /// A start that the server asked for is over.
    pub(super) fn started(
        &mut self,
        rank: Rank,
        outcome: Result<StartedChild<Pid>, StartError>,
    ) -> Result<StartedChild<Pid>, StartError> {
        match outcome.as_ref().map(StartedChild::pid) {
            Ok(Some(process)) => self.runs(rank, process),
            Ok(None) => self.children.set(rank, ChildProcess::Stopped),
            Err(_) => self.children.forget(rank),
        }
        outcome
    }

    /// A child is this process from now on.
    fn runs(&mut self, rank: Rank, process: Pid) {
        self.children.set(rank, ChildProcess::Running(process));
        let Some(Child { spec, care, .. }) = self.children.get_mut(rank) else {
            return;
        };
        report::started(report::Child::of(spec), process, Occasion::Request);
        if let (Some(extras), Some(care)) = (spec.extras(), care) {
            care.runs(extras, |lifetime| {
                post_after(lifetime, Later::Lifetime(rank, process))
            });
        }
    }

    pub(super) fn find(&self, id: &ChildId) -> Result<Rank, NoSuchChild> {
        let found = self.children.find(id);
        found.map(|(rank, _)| rank).ok_or(NoSuchChild)
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
                spec: child.spec.clone(),
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
        self.children.iter().rev().map(Child::info).collect()
    }

    pub(super) fn count(&self) -> ChildCounts {
        let children = self.children.iter();
        ChildCounts::of(children.map(|child| (child.spec.child_kind(), child.process)))
    }

    /// A child has ended by itself.
    async fn child_ended(&mut self, from: Pid, reason: ExitReason) -> Next {
        let rank = self.children.rank_of(from);
        let Some((rank, spec)) = rank.and_then(|rank| Some((rank, self.spec(rank)?))) else {
            return Next::proceed();
        };
        report::child_ended(report::Child::of(&spec), from, &reason);
        let gone = ChildTerminated {
            id: spec.child_id().clone(),
            process: from,
            reason,
        };
        match fate(spec.restart, &gone.reason) {
            Fate::Again => {
                self.children.set(rank, ChildProcess::Restarting);
                return self.restart(rank, Some(gone)).await;
            }
            Fate::Rests => self.children.set(rank, ChildProcess::Stopped),
            Fate::Forgotten => self.children.forget(rank),
        }
        self.tell(gone);
        Next::proceed()
    }

    /// Starts a child again, if that is allowed: now or later. `gone` is what it was before, if it was
    /// something.
    async fn restart(&mut self, rank: Rank, gone: Option<ChildTerminated>) -> Next {
        let intensity = self.intensity.get_or_insert_default();
        let Some(child) = self.children.get_mut(rank) else {
            return Next::proceed();
        };
        match decide(child.spec.extras(), child.care.as_deref_mut(), intensity) {
            When::Now => self.restart_now(rank).await,
            When::After { delay, anew } => {
                if let Some(care) = &mut child.care {
                    care.waits(delay, anew, |after, until| {
                        post_after(after, Later::Delay(rank, until))
                    });
                }
            }
            When::Never => {
                report::gave_child_up(report::Child::of(&child.spec));
                self.children.set(rank, ChildProcess::Stopped);
                if let Some(care) = self.children.get_mut(rank).and_then(|it| it.care.as_mut()) {
                    care.give_up();
                }
                if let Some(gone) = gone {
                    self.tell(gone);
                }
            }
            When::GiveUp => {
                report::gave_up(report::Child::of(&child.spec));
                self.children.set(rank, ChildProcess::Stopped);
                return Next::stop(ExitReason::Shutdown);
            }
        }
        Next::proceed()
    }

    async fn restart_now(&mut self, rank: Rank) {
        let Some(spec) = self.spec(rank) else { return };
        report::restarting(report::Child::of(&spec));
        match start(&spec).await.map(|started| started.pid()) {
            Ok(Some(process)) => self.runs(rank, process),
            Ok(None) => self.children.set(rank, ChildProcess::Stopped),
            Err(error) => {
                report::not_started(report::Child::of(&spec), &reason_of(error));
                post(Later::TryAgain(rank));
            }
        }
    }

    /// Tells the server of a child that is not started again, if it wants to know.
    fn tell(&self, gone: ChildTerminated) {
        if let Some(tell) = self.told {
            tell(gone);
        }
    }

    /// What was to be done later is due.
    async fn later(&mut self, later: Later) -> Next {
        match later {
            Later::TryAgain(rank) => match self.children.get(rank) {
                Some(child) if child.is_tried_again() => self.restart(rank, None).await,
                // It was stopped meanwhile.
                _ => Next::proceed(),
            },
            Later::Delay(rank, until) => {
                let child = self.children.get_mut(rank);
                let care = child.and_then(|child| child.care.as_mut());
                match care.map_or(Due::No, |care| care.is_up(until)) {
                    Due::No => return Next::proceed(),
                    Due::Yes => {}
                    Due::Anew => self.intensity.iter_mut().for_each(Intensity::forget),
                }
                self.restart_now(rank).await;
                Next::proceed()
            }
            Later::Lifetime(rank, process) => match self.children.get(rank) {
                Some(child) if child.process == ChildProcess::Running(process) => {
                    let timeout = ExitReason::atom("timeout");
                    let reason = stop_for(process, child.spec.shutdown, timeout).await;
                    self.child_ended(process, reason).await
                }
                _ => Next::proceed(),
            },
        }
    }
}

impl Annex for Family {
    fn minds(&self, exit: &Exit) -> bool {
        self.children.rank_of(exit.from).is_some()
    }

    fn exit(mut self: Box<Self>, exit: Exit) -> Attending {
        Box::pin(async move {
            let next = self.child_ended(exit.from, exit.reason).await;
            let left = self.is_of_use().then_some(self as Box<dyn Annex>);
            (left, next)
        })
    }

    fn mail(mut self: Box<Self>, mail: Box<dyn Any + Send>) -> Attending {
        Box::pin(async move {
            let next = match mail.downcast::<Later>() {
                Ok(later) => self.later(*later).await,
                Err(_) => Next::proceed(),
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
