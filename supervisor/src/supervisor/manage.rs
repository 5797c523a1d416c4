//! Looking at a supervisor's children and changing them while it runs: its half of
//! [`SupervisorClient`](super::SupervisorClient).
//!
//! | a child that | `terminate_child` | `restart_child` | `delete_child` | `start_child` of its id |
//! |---|---|---|---|---|
//! | runs | stops it | `Running` | `Running` | `AlreadyStarted` |
//! | is restarting | gives that up | `Restarting` | `Restarting` | `AlreadyPresent` |
//! | is stopped | `Ok` | starts it | forgets it | `AlreadyPresent` |
//! | is none | `NoSuchChild` | `NotFound` | `NotFound` | adds it |
//!
//! A child that runs is one that the supervisor believes to: it may have died, and its exit be under
//! way.

use regrow_runtime::gen_server::{Context, HandleCall, Reply, ReplyTo, Restart, Step};
use regrow_runtime::process::Pid;

use super::Supervisor;
use super::children::Child;
use super::client::{
    AddChild, DeleteChild, GetChildspec, RestartChild, TerminateChild, WhichChild,
};
use crate::child::id::ChildId;
use crate::child::info::{ChildCounts, ChildInfo, ChildProcess};
use crate::child::report::{self, Occasion};
use crate::child::request::{Answer, CountChildren, WhichChildren, answered};
use crate::child::spec::AnyChildSpec;
use crate::child::start::start;
use crate::child::started::StartedChild;
use crate::error::{DeleteChildError, NoSuchChild, RestartChildError, StartChildError, refused};

/// Answers a request when what it asks for is done.
macro_rules! answered_later {
    ($($message:ident -> $reply:ty: |$this:ident, $asked:pat_param| $answer:expr;)*) => {$(
        impl HandleCall<$message> for Supervisor {
            type Reply = $reply;

            fn handle_call(
                &mut self,
                $asked: $message,
                _: ReplyTo<Self::Reply>,
                _: &mut Context<Self>,
            ) -> impl Step<Reply<Self::Reply>> {
                let $this = self;
                async move { Reply::now($answer.await) }
            }
        }
    )*};
}

answered! {
    [] Supervisor {
        DeleteChild -> Result<(), DeleteChildError>: |this, DeleteChild(id)| this.delete_child(&id);
        GetChildspec -> Result<AnyChildSpec, NoSuchChild>: |this, GetChildspec(id)| {
            this.children.find(&id).map(|(_, child)| child.spec.clone()).ok_or(NoSuchChild)
        };
        WhichChild -> Result<ChildInfo, NoSuchChild>: |this, WhichChild(id)| {
            this.children.find(&id).map(|(_, child)| child.info()).ok_or(NoSuchChild)
        };
        WhichChildren -> Vec<ChildInfo>: |this, WhichChildren| this.list();
        CountChildren -> ChildCounts: |this, CountChildren| this.count();
    }
}

answered_later! {
    AddChild -> Answer: |this, AddChild(spec)| this.add_child(spec);
    RestartChild -> Result<StartedChild<Pid>, RestartChildError>: |this, RestartChild(id)| {
        this.restart_child(id)
    };
    TerminateChild -> Result<(), NoSuchChild>: |this, TerminateChild(id)| this.terminate_child(id);
}

impl Supervisor {
    /// The children, those that were started last first.
    pub(crate) fn list(&self) -> Vec<ChildInfo> {
        self.children.iter().rev().map(Child::info).collect()
    }

    /// How many children there are, and how many of them live.
    pub(crate) fn count(&self) -> ChildCounts {
        let children = self.children.iter();
        ChildCounts::of_living(children.map(|child| (child.spec.child_kind(), child.process)))
    }

    async fn add_child(&mut self, spec: AnyChildSpec) -> Answer {
        self.admit_child(&spec).map_err(StartChildError::Spec)?;
        if let Some((_, child)) = self.children.find(spec.child_id()) {
            return Err(match child.process {
                ChildProcess::Running(process) => StartChildError::AlreadyStarted(process),
                ChildProcess::Restarting | ChildProcess::Stopped => StartChildError::AlreadyPresent,
            });
        }
        let started = start(&spec).await.map_err(refused)?;
        let process = started.pid();
        if process.is_none() && spec.restart == Restart::Temporary {
            return Ok(started);
        }
        let rank = self.children.add(spec).map_err(StartChildError::Spec)?;
        if let Some(process) = process {
            self.runs(rank, process, Occasion::Request);
        }
        Ok(started)
    }

    pub(crate) async fn terminate_child(&mut self, id: ChildId) -> Result<(), NoSuchChild> {
        let (rank, _) = self.children.find(&id).ok_or(NoSuchChild)?;
        let concerned = self.children.with_bound(vec![rank]);
        self.stop_children(&concerned).await;
        Ok(())
    }

    pub(crate) async fn restart_child(
        &mut self,
        id: ChildId,
    ) -> Result<StartedChild<Pid>, RestartChildError> {
        let (rank, child) = self.children.find(&id).ok_or(RestartChildError::NotFound)?;
        match child.process {
            ChildProcess::Running(_) => return Err(RestartChildError::Running),
            ChildProcess::Restarting => return Err(RestartChildError::Restarting),
            ChildProcess::Stopped => {}
        }
        let started = start(&child.spec).await?;
        match started.pid() {
            Some(process) => {
                self.runs(rank, process, Occasion::Request);
                let with_bound = self.children.with_bound(vec![rank]);
                if let Err((failed, reason)) = self.start_children(&with_bound).await {
                    self.try_again(failed, &reason);
                }
            }
            None => self.stopped(rank),
        }
        Ok(started)
    }

    fn delete_child(&mut self, id: &ChildId) -> Result<(), DeleteChildError> {
        let (rank, child) = self.children.find(id).ok_or(DeleteChildError::NotFound)?;
        match child.process {
            ChildProcess::Running(_) => Err(DeleteChildError::Running),
            ChildProcess::Restarting => Err(DeleteChildError::Restarting),
            ChildProcess::Stopped => {
                self.children.forget(rank);
                report::forgotten(id);
                Ok(())
            }
        }
    }
}

impl Child {
    /// What others see of it.
    pub(crate) fn info(&self) -> ChildInfo {
        ChildInfo {
            id: Some(self.spec.child_id().clone()),
            process: self.process,
            kind: self.spec.child_kind(),
            delayed: self.care.as_ref().and_then(|care| care.left()),
            given_up: self.care.as_ref().is_some_and(|care| care.is_given_up()),
        }
    }
}
