//! The partition supervisor: the same child several times over, each for a part of the keys.
//!
//! One process that everybody has to ask is a bottleneck, however fast it is. Several of its kind are
//! not, if whoever has a key knows which of them to ask. That is all there is to it:
//!
//! ```text
//!   at(&key) ──▶ routes: key as a number, modulo partitions ──▶ place ──▶ the process there now
//!                  ▲
//!                  │ kept up to date at each start
//!   supervisor ────┴──▶ child "0"   child "1"   child "2"   …       a plain supervisor's children
//! ```
//!
//! What starts, restarts and stops the partitions is a [`Supervisor`], which is a part of this
//! process and not a process of its own. [`routes`] is how a key finds its partition.
//!
//! # Invariants
//!
//! - R-PART-1  A key belongs to the same partition for as long as the number of partitions stays.
//! - R-PART-2  A key is never routed to a partition that was closed by a
//!   [`resize`](crate::PartitionSupervisorClient): what is published shrinks before partitions are
//!   stopped, and grows when they run.

pub(crate) mod client;
mod routes;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use regrow_registry::Registry;
use regrow_runtime::gen_server::{
    Context, GenServer, HandleCast, HandleInfo, Init, IntoName, Next, ServerName, ServerRef,
    Shutdown, Start, Step, cast,
};
use regrow_runtime::process::{Exit, ExitReason, Pid, self_pid};
use regrow_runtime::runtime::Handle;
use regrow_runtime::time::send_after;

use crate::child::id::ChildId;
use crate::child::spec::{AnyChildSpec, ChildSpec};
use crate::dynamic::DynamicSupervisor;
use crate::init::{InitBy, WithInit};
use crate::supervisor::children::Rank;
use crate::supervisor::run::{Reminders, TimeIsUp};
use crate::supervisor::{Strategy, Supervisor};
use crate::tree::DefaultChild;

use routes::Routes;

/// A supervisor of the same child several times over: its *partitions*.
///
/// Whoever has a key asks [`at`](crate::PartitionSupervisorClient) for the partition that the key
/// belongs to, which is a look-up in the caller. The usual child is a [`DynamicSupervisor`], because
/// one that very many processes have their children started by is a bottleneck.
///
/// # In OTP
///
/// Elixir's [`PartitionSupervisor`](https://hexdocs.pm/elixir/PartitionSupervisor.html). There it
/// needs a name, by which partitions are reached; here a reference will do.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor::PartitionSupervisor;
///
/// struct Counter(u64);
///
/// #[gen_server]
/// impl Counter {
///     #[init] fn new(number: u64) -> Self { Counter(number) }
///     #[call] fn get(&self) -> u64 { self.0 }
/// }
///
/// // The same child in each partition:
/// let workers = PartitionSupervisor::new(DynamicSupervisor::new()).partitions(4).start_link().await?;
/// workers.at("joe").start_child(Counter::child_spec(7)).await?;
///
/// // One that knows which it is:
/// let counters = PartitionSupervisor::with_arguments(|partition| Counter::child_spec(partition as u64));
/// let counters = counters.partitions(4).start_link().await?;
/// assert_eq!(counters.at(&6).get().await?, 2);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[must_use = "a supervisor does nothing until it is started"]
pub struct PartitionSupervisor<S: ?Sized> {
    id: ChildId,
    name: Option<ServerName>,
    /// With strategy and intensity, and without children until it runs.
    supervisor: Supervisor,
    /// How many; as many as the runtime has schedulers if it is not said.
    partitions: Option<usize>,
    /// The child of each partition.
    child: Arc<dyn Fn(usize) -> AnyChildSpec + Send + Sync>,
    routes: Arc<Routes>,
    /// The process, once it runs.
    open: Option<Open>,
    server: PhantomData<fn() -> Box<S>>,
}

/// A partition supervisor that runs. Dropped, it is not found any more.
struct Open(Pid);

impl Drop for Open {
    fn drop(&mut self) {
        Routes::withdraw(self.0);
    }
}

/// A restart has failed, and is to be tried again.
struct TryAgain(Rank);

/// What can be the child of each partition: a specification that knows the type of its server.
pub trait PartitionChild: Into<AnyChildSpec> {
    /// The server.
    type Server: ?Sized;
}

impl<S> PartitionChild for ChildSpec<S> {
    type Server = S;
}

impl PartitionChild for DynamicSupervisor {
    type Server = DynamicSupervisor;
}

impl PartitionChild for Supervisor {
    type Server = Supervisor;
}

impl<S: InitBy> PartitionChild for WithInit<S> {
    type Server = S;
}

impl<K: Send + Sync + 'static> PartitionChild for Registry<K>
where
    Registry<K>: Into<AnyChildSpec>,
{
    type Server = Registry<K>;
}

impl<S: ?Sized> PartitionSupervisor<S> {
    /// Partitions that all have this child. Its id is not looked at; that of a partition is its
    /// number.
    pub fn new<C>(child: C) -> PartitionSupervisor<S>
    where
        C: PartitionChild<Server = S> + Clone + Send + Sync + 'static,
    {
        PartitionSupervisor::with_arguments(move |_| child.clone())
    }

    /// Partitions of which each has the child that this function gives for its number. It is asked
    /// whenever the supervisor starts, in the supervisor's process, and not when a partition is
    /// restarted.
    ///
    /// # In OTP
    ///
    /// The option `with_arguments`, which changes the arguments of one specification.
    pub fn with_arguments<C>(
        child: impl Fn(usize) -> C + Send + Sync + 'static,
    ) -> PartitionSupervisor<S>
    where
        C: PartitionChild<Server = S>,
    {
        PartitionSupervisor {
            id: ChildId::of::<PartitionSupervisor<()>>(),
            name: None,
            supervisor: Supervisor::new(Strategy::OneForOne),
            partitions: None,
            child: Arc::new(move |partition| child(partition).into()),
            routes: Arc::default(),
            open: None,
            server: PhantomData,
        }
    }

    /// How many partitions there are at the start; it is also how many there can be. Default: as many
    /// as the runtime has schedulers; in a simulation, one.
    ///
    /// # Panics
    ///
    /// With zero: there has to be one. A supervisor that runs can be
    /// [resized](crate::PartitionSupervisorClient) to less.
    #[track_caller]
    pub fn partitions(mut self, partitions: usize) -> PartitionSupervisor<S> {
        assert!(partitions > 0, "there has to be one partition at least");
        self.partitions = Some(partitions);
        self
    }

    /// As [`Supervisor::id`].
    pub fn id(mut self, id: impl Into<ChildId>) -> PartitionSupervisor<S> {
        self.id = id.into();
        self
    }

    /// What becomes of the other partitions when one has to be restarted. Default:
    /// [`Strategy::OneForOne`].
    pub fn strategy(mut self, strategy: Strategy) -> PartitionSupervisor<S> {
        self.supervisor = self.supervisor.by(strategy);
        self
    }

    /// As [`Supervisor::max_restarts`]: restarts of all partitions count together.
    pub fn max_restarts(mut self, restarts: u32, within: Duration) -> PartitionSupervisor<S> {
        self.supervisor = self.supervisor.max_restarts(restarts, within);
        self
    }
}

impl<S: ?Sized + 'static> PartitionSupervisor<S> {
    /// As [`Supervisor::name`].
    pub fn name(mut self, name: impl IntoName<PartitionSupervisor<S>>) -> PartitionSupervisor<S> {
        self.name = Some(name.into_name());
        self
    }

    /// As [`Supervisor::child_spec`].
    pub fn child_spec(self) -> ChildSpec<PartitionSupervisor<S>> {
        let (id, name) = (self.id.clone(), self.name.clone());
        let spec = ChildSpec::new(self).id(id).supervisor();
        match name {
            Some(name) => spec.name(name),
            None => spec,
        }
    }

    /// Starts the supervisor and its partitions, linked to the caller; see
    /// [`Supervisor::start_link`].
    ///
    /// # In OTP
    ///
    /// [`PartitionSupervisor.start_link/1`](https://hexdocs.pm/elixir/PartitionSupervisor.html#start_link/1).
    pub fn start_link(self) -> Start<PartitionSupervisor<S>> {
        self.start().link()
    }

    /// As [`start_link`](PartitionSupervisor::start_link), linked to nobody.
    pub fn start(self) -> Start<PartitionSupervisor<S>> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }

    /// Gives the supervisor within its children, and the ways to them their places.
    fn prepare(&mut self) {
        if self.routes.are_taken() {
            // The specification was started twice: each has ways of its own.
            self.routes = Arc::default();
        }
        let partitions = self
            .partitions
            .unwrap_or_else(|| Handle::current().schedulers());
        let mut supervisor = self.supervisor.clone().within(Reminders {
            again: |rank| cast(ServerRef::<Self>::of(self_pid()), TryAgain(rank)),
            later: |after, time| send_after(after, ServerRef::<Self>::of(self_pid()), time),
        });
        for (partition, place) in self.routes.places(partitions).iter().enumerate() {
            let child = (self.child)(partition).id(partition.to_string());
            supervisor = supervisor.child(child.at(place.clone()));
        }
        self.supervisor = supervisor;
    }
}

impl<S: ?Sized + 'static> GenServer for PartitionSupervisor<S> {
    type Args = PartitionSupervisor<S>;

    const TRAP_EXIT: bool = true;
    const SHUTDOWN: Shutdown = Shutdown::Infinity;

    fn init(
        mut partitions: PartitionSupervisor<S>,
        cx: &mut Context<Self>,
    ) -> impl Step<Init<Self>> {
        let this = cx.pid();
        async move {
            partitions.prepare();
            if let Err(reason) = partitions.supervisor.start_up().await {
                return Init::stop(reason);
            }
            let open = partitions.routes.places(0).len();
            partitions.routes.publish(this, open);
            partitions.open = Some(Open(this));
            Init::ok(partitions)
        }
    }

    fn handle_exit(&mut self, exit: Exit, _: &mut Context<Self>) -> impl Step<Next> {
        self.supervisor.hear_of(exit)
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            self.supervisor.stop_all().await;
            Next::proceed()
        }
    }
}

impl<S: ?Sized + 'static> HandleCast<TryAgain> for PartitionSupervisor<S> {
    fn handle_cast(&mut self, TryAgain(rank): TryAgain, _: &mut Context<Self>) -> impl Step<Next> {
        self.supervisor.again(rank)
    }
}

impl<S: ?Sized + 'static> HandleInfo<TimeIsUp> for PartitionSupervisor<S> {
    fn handle_info(&mut self, time: TimeIsUp, _: &mut Context<Self>) -> impl Step<Next> {
        self.supervisor.time_is_up(time)
    }
}

impl<S: ?Sized + 'static> From<PartitionSupervisor<S>> for AnyChildSpec {
    fn from(supervisor: PartitionSupervisor<S>) -> AnyChildSpec {
        supervisor.child_spec().into()
    }
}

impl<S> DefaultChild for PartitionSupervisor<S>
where
    S: DefaultChild + PartitionChild<Server = S> + Clone + Send + Sync + 'static,
{
    fn default_child() -> Self {
        PartitionSupervisor::new(S::default_child())
    }
}

/// A specification to start it again: a supervisor as it was before it ran, with the same ways to its
/// partitions.
impl<S: ?Sized> Clone for PartitionSupervisor<S> {
    fn clone(&self) -> PartitionSupervisor<S> {
        PartitionSupervisor {
            id: self.id.clone(),
            name: self.name.clone(),
            supervisor: self.supervisor.clone(),
            partitions: self.partitions,
            child: Arc::clone(&self.child),
            routes: Arc::clone(&self.routes),
            open: None,
            server: PhantomData,
        }
    }
}

impl<S: ?Sized> fmt::Debug for PartitionSupervisor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartitionSupervisor")
            .field("id", &self.id)
            .field("partitions", &self.partitions)
            .field("supervisor", &self.supervisor)
            .finish_non_exhaustive()
    }
}
