//! What a dynamic supervisor is asked, and how it answers.

use regrow_runtime::gen_server::{
    Context, HandleCall, HandleCast, HandleInfo, Next, Reply, ReplyTo, ServerName, Step,
};
use regrow_runtime::process::{ExitReason, Pid};
use regrow_runtime::time::Instant;

use crate::child::info::{ChildCounts, ChildInfo};
use crate::child::kept;
use crate::child::request::{Answer, CountChildren, WhichChildren, answered};
use crate::child::spec::AnyChildSpec;
use crate::child::started::StartedChild;
use crate::child::stop::{Ended, stop_one};
use crate::dynamic::DynamicSupervisor;
use crate::error::{NoSuchChild, SpecError, StartChildError, refused};

/// Asks for a child to be started.
pub(crate) struct StartChild(pub(crate) AnyChildSpec);

/// Asks for the process of the specification's name, or for the child to be started under it.
pub(crate) struct FindOrStart {
    pub(crate) spec: AnyChildSpec,
    /// Whether a process is of the type that is looked for.
    pub(crate) is_wanted: fn(Pid) -> bool,
}

/// Asks for a child to be stopped.
pub(crate) struct TerminateChild(pub(crate) Pid);
/// A restart has failed, of the child that had this pid, and is to be tried again.
pub(super) struct TryAgain(pub(super) Pid);
/// A time is up that a child waits for.
pub(super) enum TimeIsUp {
    /// The restart of the child that had this pid has waited until then.
    Delay(Pid, Instant),
    /// This child has run for as long as it may.
    Lifetime(Pid),
}

impl HandleCast<TryAgain> for DynamicSupervisor {
    fn handle_cast(
        &mut self,
        TryAgain(before): TryAgain,
        cx: &mut Context<Self>,
    ) -> impl Step<Next> {
        async move {
            let care = self.children.care_of(before);
            if care.is_some_and(|care| care.left().is_some()) {
                // It waits for a time by now.
                return Next::proceed();
            }
            match self.children.take_restarting(before) {
                Some((settings, again)) => self.restart(before, settings, again, cx).await,
                // It was stopped meanwhile.
                None => Next::proceed(),
            }
        }
    }
}

impl HandleInfo<TimeIsUp> for DynamicSupervisor {
    fn handle_info(&mut self, time: TimeIsUp, cx: &mut Context<Self>) -> impl Step<Next> {
        async move {
            match time {
                TimeIsUp::Delay(before, until) => self.is_due(before, until, cx).await,
                TimeIsUp::Lifetime(process) => self.outlived(process, cx).await,
            }
        }
    }
}

impl HandleCall<StartChild> for DynamicSupervisor {
    type Reply = Answer;

    fn handle_call(
        &mut self,
        StartChild(spec): StartChild,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        async move { Reply::now(self.start_child(spec).await) }
    }
}

impl HandleCall<FindOrStart> for DynamicSupervisor {
    type Reply = Answer;

    fn handle_call(
        &mut self,
        FindOrStart { spec, is_wanted }: FindOrStart,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        async move {
            let name = spec.name.clone();
            while let Some(found) = name.as_ref().and_then(ServerName::find) {
                if is_wanted(found) {
                    return Reply::now(Ok(StartedChild::Started(found)));
                }
                // Of another type; or it has ended, and then its key is free by now.
                if name.as_ref().and_then(ServerName::find) == Some(found) {
                    return Reply::now(Err(StartChildError::AlreadyStarted(found)));
                }
            }
            Reply::now(match self.start_child(spec).await {
                Err(StartChildError::AlreadyStarted(found)) if is_wanted(found) => {
                    Ok(StartedChild::Started(found))
                }
                outcome => outcome,
            })
        }
    }
}

impl HandleCall<TerminateChild> for DynamicSupervisor {
    type Reply = Result<(), NoSuchChild>;

    fn handle_call(
        &mut self,
        TerminateChild(process): TerminateChild,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        async move {
            let Some(child) = self.children.take(process) else {
                return Reply::now(Err(NoSuchChild));
            };
            if child.is_running {
                let settings = child.settings;
                let (reason, before) =
                    stop_one(process, settings.shutdown, ExitReason::Shutdown).await;
                DynamicSupervisor::stopped(&Ended {
                    process,
                    settings,
                    reason,
                    before,
                });
            }
            Reply::now(Ok(()))
        }
    }
}

answered! {
    [] DynamicSupervisor {
        WhichChildren -> Vec<ChildInfo>: |this, WhichChildren| this.children.list();
        CountChildren -> ChildCounts: |this, CountChildren| this.children.count();
    }
}

impl DynamicSupervisor {
    pub(super) async fn start_child(&mut self, spec: AnyChildSpec) -> Answer {
        if self.children.len() >= self.max_children {
            return Err(StartChildError::MaxChildren);
        }
        let (settings, again) = kept::parts(spec).map_err(|error| match error {
            SpecError::Setting(..) => StartChildError::Spec(error),
            error => StartChildError::Failed(error.into()),
        })?;
        let started = again.start(self.extra.clone()).await.map_err(refused)?;
        if let Some(process) = started.pid() {
            self.runs(process, settings, again);
        }
        Ok(started)
    }
}
