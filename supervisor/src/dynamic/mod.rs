//! The dynamic supervisor: children that come and go, any number of them, independent of each other.
//!
//! It is a supervisor whose children have no order, no ids and no influence on each other. They are
//! found by pid, and when it ends they are all stopped at the same time.
//!
//! ```text
//!   exit of a child ─▶ fate ── Rests, Forgotten ─▶ removed
//!                        └─ Again ─▶ intensity ── one too many ─▶ stop (shutdown)
//!                                       ├─▶ start ── runs ─────▶ under its new pid
//!                                       │       └─── fails ─▶ restarting, under its old pid
//!                                       └──────────── cast to itself ◀──┘
//! ```
//!
//! # Find or start
//!
//! [`find_or_start`](crate::DynamicSupervisorClient) looks the key up in the caller, which is all
//! there is to it when the process is there. Otherwise the supervisor looks again and starts the
//! child under the key if there is still nobody. All who look for one key through one supervisor
//! meet there, one after the other, so that they get the same process. Through different
//! supervisors too: the child registers itself before its `init`, and whoever comes second finds the
//! key taken, by the process that was looked for.
//!
//! The key is part of the child's specification from then on, so that a restart takes it again. When
//! a child crashes, its key is free before its supervisor hears of it; if somebody gets a new child
//! started in between, that one has taken the old one's place, and the old one is not restarted.

pub(crate) mod client;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use indexmap::IndexMap;
use regrow_runtime::gen_server::{
    Context, GenServer, HandleCall, HandleCast, Init, IntoInit, IntoName, Next, Reply, ReplyTo,
    Restart, ServerName, Shutdown, Start, StartError, Step, cast,
};
use regrow_runtime::process::{Exit, ExitReason, Pid, yield_now};
use regrow_runtime::time::now;

use crate::child::extras::SettingError;
use crate::child::id::{ChildId, ChildKind};
use crate::child::info::{ChildCounts, ChildInfo, ChildProcess};
use crate::child::report::{self, Occasion};
use crate::child::request::Answer;
use crate::child::spec::{AnyChildSpec, ChildSpec};
use crate::child::start::start;
use crate::child::started::StartedChild;
use crate::child::stop::{PIECE, stop, stop_all};
use crate::decide::intensity::Intensity;
use crate::decide::restart::{Fate, fate};
use crate::error::{NoSuchChild, SpecError, StartChildError, reason_of, refused};
use crate::events::Open;
use crate::init::{InitBy, InitFunction, WithInit};

/// A supervisor of children that come and go.
///
/// It starts without children; they are started by
/// [`start_child`](crate::DynamicSupervisorClient) and
/// [`find_or_start`](crate::DynamicSupervisorClient), and started again, alone, when they crash.
/// When it ends, all of them are stopped at the same time.
///
/// Children that were started while it ran are not started when it is itself restarted.
///
/// # In OTP
///
/// Elixir's [`DynamicSupervisor`](https://hexdocs.pm/elixir/DynamicSupervisor.html), or the strategy
/// `simple_one_for_one`. The defaults are Elixir's: three restarts in five seconds, any number of
/// children.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor::StartedChild;
/// # use regrow::{answer::Init, server::{Context, GenServer, Step}};
/// # struct Job(u64);
/// # impl GenServer for Job {
/// #     type Args = u64;
/// #     fn init(number: u64, _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Job(number)) }
/// # }
///
/// let jobs = DynamicSupervisor::new().max_children(1).start_link().await?;
/// let started = jobs.start_child(ChildSpec::<Job>::new(7)).await?;
/// assert!(matches!(started, StartedChild::Started(_)));
///
/// let refused = jobs.start_child(ChildSpec::<Job>::new(8)).await;
/// assert_eq!(refused.unwrap_err().to_string(), "the supervisor has as many children as it may");
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
#[must_use = "a supervisor does nothing until it is started"]
pub struct DynamicSupervisor {
    id: ChildId,
    name: Option<ServerName>,
    intensity: Intensity,
    max_children: usize,
    /// Whom to ask for all but the first two. None once the supervisor runs.
    init: Option<InitFunction<DynamicSupervisor>>,
    /// By pid; a child that is restarting is here by the pid that it had.
    children: Children,
    /// What is counted of it. Empty until the supervisor runs.
    book: Open,
}

/// Children by pid.
type Children = IndexMap<Pid, Child, foldhash::fast::FixedState>;

/// What is kept of a child.
#[derive(Clone)]
enum Child {
    /// It is never started again, so what it was started with is gone.
    Temporary(Shutdown, ChildKind),
    /// It may be started again.
    Kept(Box<AnyChildSpec>),
    /// A restart has failed, and is to be tried again.
    Restarting(Box<AnyChildSpec>),
}

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
/// Asks who the children are.
pub(crate) struct WhichChildren;
/// Asks how many there are.
pub(crate) struct CountChildren;
/// A restart has failed, of the child that had this pid, and is to be tried again.
struct TryAgain(Pid);

impl Default for DynamicSupervisor {
    fn default() -> DynamicSupervisor {
        DynamicSupervisor::new()
    }
}

impl DynamicSupervisor {
    /// A supervisor without children.
    pub fn new() -> DynamicSupervisor {
        DynamicSupervisor {
            id: ChildId::of::<DynamicSupervisor>(),
            name: None,
            intensity: Intensity::default(),
            max_children: usize::MAX,
            init: None,
            children: IndexMap::default(),
            book: Open::default(),
        }
    }

    /// As [`Supervisor::with_init`](crate::Supervisor::with_init).
    pub fn with_init<F, T>(init: F) -> WithInit<DynamicSupervisor>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output: IntoInit<DynamicSupervisor>> + Send + 'static,
    {
        WithInit::new(init)
    }

    /// As [`Supervisor::id`](crate::Supervisor::id).
    pub fn id(mut self, id: impl Into<ChildId>) -> DynamicSupervisor {
        self.id = id.into();
        self
    }

    /// As [`Supervisor::name`](crate::Supervisor::name).
    pub fn name(mut self, name: impl IntoName<DynamicSupervisor>) -> DynamicSupervisor {
        self.name = Some(name.into_name());
        self
    }

    /// As [`Supervisor::max_restarts`](crate::Supervisor::max_restarts): restarts of all children
    /// count together.
    pub fn max_restarts(mut self, restarts: u32, within: Duration) -> DynamicSupervisor {
        self.intensity = Intensity::new(restarts, within);
        self
    }

    /// How many children there may be at a time. A child that is about to be restarted counts.
    /// Default: as many as there is room for.
    pub fn max_children(mut self, children: usize) -> DynamicSupervisor {
        self.max_children = children;
        self
    }

    /// As [`Supervisor::child_spec`](crate::Supervisor::child_spec).
    pub fn child_spec(self) -> ChildSpec<DynamicSupervisor> {
        let (id, name) = (self.id.clone(), self.name.clone());
        let spec = ChildSpec::new(self).id(id).supervisor();
        match name {
            Some(name) => spec.name(name),
            None => spec,
        }
    }

    /// Starts the supervisor, linked to the caller.
    ///
    /// # In OTP
    ///
    /// [`DynamicSupervisor.start_link/1`](https://hexdocs.pm/elixir/DynamicSupervisor.html#start_link/1).
    pub fn start_link(self) -> Start<DynamicSupervisor> {
        self.start().link()
    }

    /// As [`start_link`](DynamicSupervisor::start_link), linked to nobody.
    pub fn start(self) -> Start<DynamicSupervisor> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl GenServer for DynamicSupervisor {
    type Args = DynamicSupervisor;

    const TRAP_EXIT: bool = true;
    const SHUTDOWN: Shutdown = Shutdown::Infinity;

    fn init(mut supervisor: DynamicSupervisor, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        async move {
            if let Some(init) = supervisor.init.take() {
                let described = match init.describe().await {
                    Ok(described) => described,
                    Err(init) => return init,
                };
                supervisor = DynamicSupervisor {
                    id: supervisor.id,
                    name: supervisor.name,
                    ..described
                };
            }
            supervisor.book = Open::new();
            if supervisor.intensity.period().is_zero() {
                return Init::stop(SpecError::ZeroPeriod.into());
            }
            Init::ok(supervisor)
        }
    }

    fn handle_exit(&mut self, exit: Exit, cx: &mut Context<Self>) -> impl Step<Next> {
        async move {
            let Exit { from, reason } = exit;
            let Some(child) = self.children.get(&from) else {
                return Next::proceed();
            };
            match child.ended(from, &reason) {
                Fate::Again => self.restart(from, cx).await,
                Fate::Rests | Fate::Forgotten => {
                    self.children.swap_remove(&from);
                    Next::proceed()
                }
            }
        }
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            let children = std::mem::take(&mut self.children);
            // By index, and not by reference: see `rust-lang/rust#102211`.
            let told = (0..children.len()).filter_map(|index| {
                let (process, child) = children.get_index(index)?;
                child.is_running().then(|| (*process, child.shutdown()))
            });
            stop_all(told, |process, reason| {
                if let Some(child) = children.get(&process) {
                    child.stopped(process, reason);
                }
            })
            .await;
            forget_all(children).await;
            Next::proceed()
        }
    }
}

/// Drops what is kept of children, a piece at a time: a million specifications are a while's work.
async fn forget_all(mut children: Children) {
    while !children.is_empty() {
        drop(children.split_off(children.len().saturating_sub(PIECE)));
        yield_now().await;
    }
}

impl HandleCast<TryAgain> for DynamicSupervisor {
    fn handle_cast(
        &mut self,
        TryAgain(before): TryAgain,
        cx: &mut Context<Self>,
    ) -> impl Step<Next> {
        async move {
            match self.children.get(&before) {
                Some(Child::Restarting(_)) => self.restart(before, cx).await,
                // It was stopped meanwhile.
                _ => Next::proceed(),
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
            let Some(child) = self.children.swap_remove(&process) else {
                return Reply::now(Err(NoSuchChild));
            };
            if child.is_running() {
                let reason = stop(process, child.shutdown()).await;
                child.stopped(process, &reason);
            }
            Reply::now(Ok(()))
        }
    }
}

impl HandleCall<WhichChildren> for DynamicSupervisor {
    type Reply = Vec<ChildInfo>;

    fn handle_call(
        &mut self,
        _: WhichChildren,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        let children = self.children.iter().map(|(&process, child)| ChildInfo {
            id: None,
            process: child.process(process),
            kind: child.kind(),
            delayed: None,
            given_up: false,
        });
        Reply::now(children.collect())
    }
}

impl HandleCall<CountChildren> for DynamicSupervisor {
    type Reply = ChildCounts;

    fn handle_call(
        &mut self,
        _: CountChildren,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        let children = self.children.iter();
        Reply::now(ChildCounts::of(
            children.map(|(&process, child)| (child.kind(), child.process(process))),
        ))
    }
}

impl DynamicSupervisor {
    async fn start_child(&mut self, spec: AnyChildSpec) -> Answer {
        if spec.extras().is_some() {
            let wrong = SpecError::Setting(spec.child_id().clone(), SettingError::NotHere);
            return Err(StartChildError::Spec(wrong));
        }
        if self.children.len() >= self.max_children {
            return Err(StartChildError::MaxChildren);
        }
        let started = start(&spec).await.map_err(refused)?;
        if let Some(process) = started.pid() {
            report::started(
                None,
                spec.restart,
                spec.shutdown,
                process,
                Occasion::Dynamic,
            );
            self.children.insert(process, Child::running(spec));
        }
        Ok(started)
    }

    /// Starts a child again that has ended, or that failed to start, if that is allowed.
    async fn restart(&mut self, before: Pid, cx: &mut Context<Self>) -> Next {
        let Some(Child::Kept(spec) | Child::Restarting(spec)) = self.children.swap_remove(&before)
        else {
            return Next::proceed();
        };
        if !self.intensity.allows(now()) {
            report::gave_up(None);
            return Next::stop(ExitReason::Shutdown);
        }
        report::restarting(None);
        match start(&spec).await.map(|started| started.pid()) {
            Ok(Some(process)) => {
                report::started(
                    None,
                    spec.restart,
                    spec.shutdown,
                    process,
                    Occasion::Dynamic,
                );
                self.children.insert(process, Child::Kept(spec));
            }
            Ok(None) => {}
            // Another child has taken its key, and so its place.
            Err(StartError::AlreadyStarted(other)) if self.children.contains_key(&other) => {}
            Err(error) => {
                report::not_started(None, &reason_of(error));
                self.children.insert(before, Child::Restarting(spec));
                cast(cx.this(), TryAgain(before));
            }
        }
        Next::proceed()
    }
}

impl Child {
    fn running(spec: AnyChildSpec) -> Child {
        match spec.restart {
            Restart::Temporary => Child::Temporary(spec.shutdown, spec.child_kind()),
            Restart::Permanent | Restart::Transient => Child::Kept(Box::new(spec)),
        }
    }

    fn is_running(&self) -> bool {
        !matches!(self, Child::Restarting(_))
    }

    /// Which process it is, if it is one.
    fn process(&self, pid: Pid) -> ChildProcess {
        if self.is_running() {
            ChildProcess::Running(pid)
        } else {
            ChildProcess::Restarting
        }
    }

    fn restart(&self) -> Restart {
        match self {
            Child::Temporary(..) => Restart::Temporary,
            Child::Kept(spec) | Child::Restarting(spec) => spec.restart,
        }
    }

    fn shutdown(&self) -> Shutdown {
        match self {
            Child::Temporary(shutdown, _) => *shutdown,
            Child::Kept(spec) | Child::Restarting(spec) => spec.shutdown,
        }
    }

    fn kind(&self) -> ChildKind {
        match self {
            Child::Temporary(_, kind) => *kind,
            Child::Kept(spec) | Child::Restarting(spec) => spec.child_kind(),
        }
    }

    /// It has ended by itself: reports it and says what becomes of it.
    fn ended(&self, process: Pid, reason: &ExitReason) -> Fate {
        report::child_ended(None, self.restart(), process, reason);
        fate(self.restart(), reason)
    }

    /// It was stopped: reports it.
    fn stopped(&self, process: Pid, reason: &ExitReason) {
        report::stopped(None, self.restart(), self.shutdown(), process, reason);
    }
}

impl InitBy for DynamicSupervisor {
    fn asking(init: InitFunction<DynamicSupervisor>) -> DynamicSupervisor {
        DynamicSupervisor {
            init: Some(init),
            ..DynamicSupervisor::new()
        }
    }

    fn called(self, id: ChildId) -> DynamicSupervisor {
        self.id(id)
    }

    fn named(mut self, name: ServerName) -> DynamicSupervisor {
        self.name = Some(name);
        self
    }

    fn spec(self) -> ChildSpec<DynamicSupervisor> {
        self.child_spec()
    }

    fn begin(self) -> Start<DynamicSupervisor> {
        self.start()
    }
}

impl fmt::Debug for DynamicSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicSupervisor")
            .field("id", &self.id)
            .field("intensity", &self.intensity)
            .field("max_children", &self.max_children)
            .finish_non_exhaustive()
    }
}
