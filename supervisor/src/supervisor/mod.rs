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
//! - R-SUP-2  Each child is running, restarting with a `TryAgain` under way, or stopped.
//! - R-SUP-3  An exit of anybody who is not a child at that moment changes nothing. The parent's
//!   never comes here: the server ends with its reason.

pub(crate) mod auto_shutdown;
pub(crate) mod children;
mod client;

mod manage;
pub(crate) mod run;
pub(crate) mod strategy;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use regrow_runtime::gen_server::{IntoInit, IntoName, ServerName, Start};

use crate::child::id::ChildId;
use crate::child::spec::{AnyChildSpec, ChildSpec};
use crate::decide::intensity::Intensity;
use crate::events::Open;
use crate::init::{InitBy, InitFunction, WithInit};

pub use auto_shutdown::AutoShutdown;
pub use client::SupervisorClient;
pub use strategy::Strategy;

use children::Children;
use run::Reminders;

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
    /// Whom to ask for all but the first two. None once the supervisor runs.
    init: Option<InitFunction<Supervisor>>,
    /// What is to be started. Empty once the supervisor runs.
    specs: Vec<AnyChildSpec>,
    /// What was started. Empty until the supervisor runs.
    children: Children,
    /// How it reminds itself of something.
    reminders: Reminders,
    /// What is counted of it. Empty until the supervisor runs.
    book: Open,
}

impl Supervisor {
    /// A supervisor without children.
    pub fn new(strategy: Strategy) -> Supervisor {
        Supervisor {
            id: ChildId::of::<Supervisor>(),
            name: None,
            strategy,
            intensity: Intensity::default(),
            auto_shutdown: AutoShutdown::Never,
            init: None,
            specs: Vec::new(),
            children: Children::default(),
            reminders: Reminders::OWN,
            book: Open::default(),
        }
    }

    /// A supervisor that this function describes. It runs in the supervisor's own process whenever
    /// that is started, so that what it finds then decides over strategy, limits and children: what
    /// is in a file, say. It gives a [`Supervisor`], a `Result` of one, or an
    /// [`Init`](regrow_runtime::gen_server::Init), by which it can ignore the start or stop it for a
    /// reason; then nothing is started. A panic in it is a reason too.
    ///
    /// # In OTP
    ///
    /// The callback
    /// [`init/1`](https://www.erlang.org/doc/apps/stdlib/supervisor#c:init/1) of a supervisor's
    /// module.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// # use regrow::server::{GenServer, Step};
    /// # struct Reader;
    /// # impl GenServer for Reader {
    /// #     type Args = String;
    /// #     fn init(_: String, _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Reader) }
    /// # }
    /// # async fn configured() -> Vec<String> { vec!["a.log".into(), "b.log".into()] }
    ///
    /// let readers = Supervisor::with_init(async || {
    ///     let files = configured().await;
    ///     if files.is_empty() {
    ///         return Init::ignore();
    ///     }
    ///     let children = files.into_iter().map(|file| ChildSpec::<Reader>::new(file.clone()).id(file));
    ///     Init::ok(children.fold(Supervisor::new(Strategy::OneForOne), Supervisor::child))
    /// });
    /// let readers = readers.start_link().await?;
    /// assert_eq!(readers.count_children().await?.active, 2);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn with_init<F, T>(init: F) -> WithInit<Supervisor>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output: IntoInit<Supervisor>> + Send + 'static,
    {
        WithInit::new(init)
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

    /// As a part of a process that is of another type.
    pub(crate) fn within(mut self, reminders: Reminders) -> Supervisor {
        self.reminders = reminders;
        self
    }

    /// With another strategy.
    pub(crate) fn by(mut self, strategy: Strategy) -> Supervisor {
        self.strategy = strategy;
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
    /// [`SpecError::ZeroPeriod`](crate::SpecError::ZeroPeriod).
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
    /// at it, is an error of the start:
    /// [`SpecError::SignificantPermanent`](crate::SpecError::SignificantPermanent),
    /// [`SpecError::SignificantForNothing`](crate::SpecError::SignificantForNothing).
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
    /// and the start fails with [`FailedToStart`](crate::FailedToStart) in an
    /// [`ExitReason::ShutdownWith`](regrow_runtime::process::ExitReason::ShutdownWith).
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

impl InitBy for Supervisor {
    fn asking(init: InitFunction<Supervisor>) -> Supervisor {
        Supervisor {
            init: Some(init),
            ..Supervisor::new(Strategy::OneForOne)
        }
    }

    fn called(self, id: ChildId) -> Supervisor {
        self.id(id)
    }

    fn named(mut self, name: ServerName) -> Supervisor {
        self.name = Some(name);
        self
    }

    fn spec(self) -> ChildSpec<Supervisor> {
        self.child_spec()
    }

    fn begin(self) -> Start<Supervisor> {
        self.start()
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
