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

mod calls;
mod children;
pub(crate) mod client;
pub(crate) mod template;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use regrow_runtime::gen_server::{
    Context, GenServer, Init, IntoInit, IntoName, Next, ServerName, ServerRef, Shutdown, Start,
    StartError, Step, cast,
};
use regrow_runtime::process::{Exit, ExitReason, Pid, self_pid};
use regrow_runtime::time::{Instant, send_after};

use crate::child::care::{Cared, Due, decide};
use crate::child::extra_arguments::Extra;
use crate::child::id::ChildId;
use crate::child::kept::{Again, Settings};
use crate::child::report;
use crate::child::spec::ChildSpec;
use crate::child::stop::{Ended, stop_all, stop_for};
use crate::decide::again::When;
use crate::decide::intensity::Intensity;
use crate::decide::restart::Fate;
use crate::error::{SpecError, reason_of};
use crate::events::Open;
use crate::init::{InitBy, InitFunction, WithInit};

use calls::{TimeIsUp, TryAgain};
use children::Children;
use template::Template;

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
#[must_use = "a supervisor does nothing until it is started"]
pub struct DynamicSupervisor {
    id: ChildId,
    name: Option<ServerName>,
    intensity: Intensity,
    max_children: usize,
    extra: Option<Extra>,
    /// What makes a child of arguments alone.
    template: Option<Template>,
    /// Whom to ask for all but the first two. None once the supervisor runs.
    init: Option<InitFunction<DynamicSupervisor>>,
    /// By pid; a child that is restarting is here by the pid that it had.
    children: Children,
    /// What is counted of it. Empty until the supervisor runs.
    book: Open,
}

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
            extra: None,
            template: None,
            init: None,
            children: Children::default(),
            book: Open::default(),
        }
    }

    /// As [`Supervisor::with_init`](crate::Supervisor::with_init). What the function gives may have a
    /// [template](DynamicSupervisor::template), which [`TemplateRef::of`](crate::TemplateRef::of) then
    /// gives the types of to a reference.
    ///
    /// # In OTP
    ///
    /// `init/1` of a module `DynamicSupervisor`; with a template, of a `supervisor` whose strategy is
    /// `simple_one_for_one`, which returns its flags and the one child specification.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::supervisor::TemplateRef;
    /// # struct Room;
    /// # #[gen_server(restart = "transient")]
    /// # impl Room { #[init] fn new(_topic: String) -> Self { Room } }
    /// # fn rooms_max() -> usize { 100 }
    ///
    /// let rooms = DynamicSupervisor::with_init(async || {
    ///     DynamicSupervisor::new().max_children(rooms_max()).template(Room::child_spec)
    /// });
    /// let rooms = TemplateRef::<String, ChildSpec<Room>>::of(rooms.start_link().await?);
    /// assert!(rooms.start_child(String::from("lobby")).await?.running().is_some());
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
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

    /// A value that every child's start is given, at each restart too: those that are made by
    /// [`ChildSpec::with_extra`] for a value of this type. Others do not look at it. Default: none.
    ///
    /// # In OTP
    ///
    /// The option `extra_arguments`, there a list that goes before a child's own arguments.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use std::sync::Arc;
    /// use regrow::prelude::*;
    ///
    /// struct Config { greeting: &'static str }
    ///
    /// struct Greeter { text: String }
    ///
    /// #[gen_server]
    /// impl Greeter {
    ///     #[init] fn new(config: Arc<Config>, name: String) -> Self {
    ///         Greeter { text: format!("{}, {name}", config.greeting) }
    ///     }
    ///     #[call] fn text(&self) -> String { self.text.clone() }
    /// }
    ///
    /// let config = Arc::new(Config { greeting: "hello" });
    /// let greeters = DynamicSupervisor::new().extra_arguments(config).start_link().await?;
    /// let spec = ChildSpec::<Greeter>::with_extra(|config: &Arc<Config>| {
    ///     (Arc::clone(config), String::from("Joe"))
    /// });
    /// let greeter = greeters.start_child(spec).await?.running().expect("it runs");
    /// assert_eq!(greeter.text().await?, "hello, Joe");
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn extra_arguments<X: Send + Sync + 'static>(mut self, extra: X) -> DynamicSupervisor {
        self.extra = Some(Extra::new(extra));
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
        self.ended(exit.from, exit.reason, cx)
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            let children = std::mem::take(&mut self.children);
            stop_all(children.into_running(), |ended| {
                DynamicSupervisor::stopped(&ended);
            })
            .await;
            Next::proceed()
        }
    }
}

impl DynamicSupervisor {
    /// A child has ended by itself, or somebody who is none.
    async fn ended(&mut self, from: Pid, reason: ExitReason, cx: &mut Context<Self>) -> Next {
        let Some(settings) = self.children.settings(from) else {
            return Next::proceed();
        };
        report::child_ended(report::Child::of_many(settings), from, &reason);
        let child = self.children.take(from);
        match child.and_then(|child| child.again) {
            Some(again) if settings.fate(&reason) == Fate::Again => {
                self.restart(from, settings, again, cx).await
            }
            _ => Next::proceed(),
        }
    }

    /// Starts a child again that has ended, or that failed to start, if that is allowed: now or later.
    async fn restart(
        &mut self,
        before: Pid,
        settings: Settings,
        mut again: Again,
        cx: &mut Context<Self>,
    ) -> Next {
        let cared = again.cared.as_deref_mut();
        let (extras, care) = cared.map(|cared| (&cared.extras, &mut cared.care)).unzip();
        match decide(extras, care, &mut self.intensity) {
            When::Now => self.restart_now(before, settings, again, cx).await,
            When::After { delay, anew } => {
                if let Some(cared) = &mut again.cared {
                    cared.care.waits(delay, anew, |after, until| {
                        cx.send_after(after, TimeIsUp::Delay(before, until))
                    });
                }
                self.children.insert_restarting(before, settings, again);
            }
            When::Never => report::gave_child_up(report::Child::of_many(settings)),
            When::GiveUp => {
                report::gave_up(report::Child::of_many(settings));
                return Next::stop(ExitReason::Shutdown);
            }
        }
        Next::proceed()
    }

    async fn restart_now(
        &mut self,
        before: Pid,
        settings: Settings,
        again: Again,
        cx: &mut Context<Self>,
    ) {
        report::restarting(report::Child::of_many(settings));
        let started = again.start(self.extra.clone()).await;
        match started.map(|started| started.pid()) {
            Ok(Some(process)) => self.runs(process, settings, again),
            Ok(None) => {}
            // Another child has taken its key, and so its place.
            Err(StartError::AlreadyStarted(other)) if self.children.settings(other).is_some() => {}
            Err(error) => {
                report::not_started(report::Child::of_many(settings), &reason_of(error));
                self.children.insert_restarting(before, settings, again);
                cast(cx.this(), TryAgain(before));
            }
        }
    }

    /// A child is this process from now on.
    fn runs(&mut self, process: Pid, settings: Settings, mut again: Again) {
        settings.started(process);
        if let Some(Cared { extras, care }) = again.cared.as_deref_mut() {
            care.runs(extras, |lifetime| {
                let this = ServerRef::<DynamicSupervisor>::of(self_pid());
                send_after(lifetime, this, TimeIsUp::Lifetime(process))
            });
        }
        self.children.insert(process, settings, again);
    }

    /// A restart has waited until this time, unless the child was stopped meanwhile.
    async fn is_due(&mut self, before: Pid, until: Instant, cx: &mut Context<Self>) -> Next {
        let care = self.children.care_of(before);
        match care.map_or(Due::No, |care| care.is_up(until)) {
            Due::No => return Next::proceed(),
            Due::Yes => {}
            Due::Anew => self.intensity.forget(),
        }
        if let Some((settings, again)) = self.children.take_restarting(before) {
            self.restart_now(before, settings, again, cx).await;
        }
        Next::proceed()
    }

    /// A child has run for as long as it may: it is stopped, and has ended for that reason.
    async fn outlived(&mut self, process: Pid, cx: &mut Context<Self>) -> Next {
        let Some(settings) = self.children.settings(process) else {
            return Next::proceed();
        };
        let timeout = ExitReason::atom("timeout");
        let reason = stop_for(process, settings.shutdown, timeout).await;
        self.ended(process, reason, cx).await
    }

    /// Reports a child that was stopped, if it did not end as it should.
    fn stopped(ended: &Ended) {
        let child = report::Child::of_many(ended.settings);
        report::one_of_many_stopped(child, ended.process, &ended.reason, ended.before);
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

/// A specification to start it again: a supervisor as it was before it ran.
impl Clone for DynamicSupervisor {
    fn clone(&self) -> DynamicSupervisor {
        DynamicSupervisor {
            id: self.id.clone(),
            name: self.name.clone(),
            intensity: self.intensity.clone(),
            max_children: self.max_children,
            extra: self.extra.clone(),
            template: self.template.clone(),
            init: self.init.clone(),
            children: Children::default(),
            book: Open::default(),
        }
    }
}

impl fmt::Debug for DynamicSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicSupervisor")
            .field("id", &self.id)
            .field("intensity", &self.intensity)
            .field("max_children", &self.max_children)
            .field("extra_arguments", &self.extra)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}
