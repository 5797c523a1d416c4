//! Child specifications: what to start, when to start it again, and how to stop it.
//!
//! | type | of what | can be started |
//! |---|---|---|
//! | [`ChildSpec<S>`] | a server of type `S` | again and again: arguments are cloned, or made afresh |
//! | [`TemporarySpec<S>`] | a server of type `S` | once: its arguments cannot be had twice |
//! | [`AnyChildSpec`] | whatever | again and again; or once, as what it was made of |
//!
//! A specification keeps its server's type until it goes into a list of children, so that whoever
//! asks a supervisor to start a child gets a reference of that type back. From the start on there is
//! one small object that knows how to start the child, whatever type it is of: the types above are
//! that object and what a supervisor has to know of the child.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use regrow_runtime::gen_server::{
    GenServer, IntoName, Place, Restart, ServerName, ServerRef, Shutdown,
};
use regrow_runtime::process::Pid;
use regrow_runtime::time::secs;

use crate::child::extras::Extras;
use crate::child::id::{ChildId, ChildKind};
use crate::child::start::{Afresh, Cloned, Extended, ExtendedFunction, Function, Once, Recipe};
use crate::child::started::IntoStarted;

/// How to start a server of type `S` as a child, again and again, and what becomes of it.
///
/// `#[gen_server]` writes a function `child_spec` that makes one. What is not said otherwise is as
/// the server says: [`GenServer::RESTART`], [`GenServer::SHUTDOWN`].
///
/// # In OTP
///
/// The map of type
/// [`supervisor:child_spec()`](https://www.erlang.org/doc/apps/stdlib/supervisor#t:child_spec/0).
/// Misspelt keys and impossible values cannot be written here.
#[must_use = "a specification starts nothing by itself"]
pub struct ChildSpec<S> {
    any: AnyChildSpec,
    server: PhantomData<fn() -> S>,
}

/// How to start a server of type `S` as a child, once.
///
/// The child is temporary: when it ends it is gone, however that came about. Made by
/// [`ChildSpec::once`].
#[must_use = "a specification starts nothing by itself"]
pub struct TemporarySpec<S> {
    any: AnyChildSpec,
    server: PhantomData<fn() -> S>,
}

/// A child specification in a list, whatever type the child is of.
///
/// Made of a [`ChildSpec`], or of a supervisor or a registry that has not been started; by
/// [`from_fn`](AnyChildSpec::from_fn) of a function that starts something; or got from a supervisor
/// by [`get_childspec`](crate::SupervisorClient).
#[derive(Clone)]
#[must_use = "a specification starts nothing by itself"]
pub struct AnyChildSpec {
    id: ChildId,
    kind: ChildKind,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) significant: bool,
    pub(crate) name: Option<ServerName>,
    /// `None`: it is started never again, and what it took is not kept.
    pub(crate) recipe: Option<Arc<dyn Recipe>>,
    /// Who is to know which process the child is.
    place: Option<Place>,
    /// What is beyond OTP.
    extras: Option<Box<Extras>>,
}

impl<S: GenServer> ChildSpec<S> {
    /// A child whose arguments are cloned at each start.
    pub fn new(args: S::Args) -> ChildSpec<S>
    where
        S::Args: Clone + Sync,
    {
        ChildSpec::of(Arc::new(Cloned::<S>::new(args)))
    }

    /// A child whose arguments are made afresh at each start, by the supervisor's process. If that
    /// panics, the start has failed.
    pub fn with(make: impl Fn() -> S::Args + Send + Sync + 'static) -> ChildSpec<S> {
        ChildSpec::of(Arc::new(Afresh::<S, _>::new(make)))
    }

    /// A child whose arguments are made, at each start, of the
    /// [extra arguments](crate::DynamicSupervisor::extra_arguments) of its supervisor and of what the
    /// function brings along. A supervisor that has none of this type does not start it: the start
    /// fails with [`ExtraArgumentsError`](crate::ExtraArgumentsError).
    pub fn with_extra<X: Send + Sync + 'static>(
        make: impl Fn(&X) -> S::Args + Send + Sync + 'static,
    ) -> ChildSpec<S> {
        ChildSpec::of(Arc::new(Extended::<S, X, _>::new(make)))
    }

    /// A child that can be started once, because its arguments cannot be had twice: a socket, say.
    pub fn once(args: S::Args) -> TemporarySpec<S> {
        let mut any = ChildSpec::<S>::of(Arc::new(Once::<S>::new(args))).any;
        any.restart = Restart::Temporary;
        TemporarySpec {
            any,
            server: PhantomData,
        }
    }

    fn of(recipe: Arc<dyn Recipe>) -> ChildSpec<S> {
        let any = AnyChildSpec {
            id: ChildId::of::<S>(),
            kind: ChildKind::Worker,
            restart: S::RESTART,
            shutdown: S::SHUTDOWN,
            significant: false,
            name: None,
            recipe: Some(recipe),
            place: None,
            extras: None,
        };
        ChildSpec {
            any,
            server: PhantomData,
        }
    }

    /// The child's id, which no sibling may have. Default: the name of the server's type. A
    /// [`DynamicSupervisor`](crate::DynamicSupervisor) does not look at it.
    pub fn id(mut self, id: impl Into<ChildId>) -> ChildSpec<S> {
        self.any = self.any.id(id);
        self
    }

    /// When the child is started again. Default: what the server says, which is
    /// [`Restart::Permanent`] unless it says otherwise.
    pub fn restart(mut self, restart: Restart) -> ChildSpec<S> {
        self.any = self.any.restart(restart);
        self
    }

    /// How the child is stopped. Default: what the server says, which is five seconds unless it says
    /// otherwise.
    pub fn shutdown(mut self, shutdown: Shutdown) -> ChildSpec<S> {
        self.any = self.any.shutdown(shutdown);
        self
    }

    /// Whether the child's end may end its supervisor; see
    /// [`Supervisor::auto_shutdown`](crate::Supervisor::auto_shutdown). Default: it may not.
    pub fn significant(mut self, significant: bool) -> ChildSpec<S> {
        self.any = self.any.significant(significant);
        self
    }

    /// The name that the child is registered under whenever it is started. Default: none.
    pub fn name(mut self, name: impl IntoName<S>) -> ChildSpec<S> {
        self.any.name = Some(name.into_name());
        self
    }

    /// Marks the child as a supervisor.
    pub(crate) fn supervisor(mut self) -> ChildSpec<S> {
        self.any.kind = ChildKind::Supervisor;
        self
    }
}

impl<S> ChildSpec<S> {
    /// Asks for something beyond OTP.
    pub(super) fn with_extras(mut self, ask: impl FnOnce(&mut Extras)) -> ChildSpec<S> {
        self.any = self.any.with_extras(ask);
        self
    }
}

impl<S: GenServer> TemporarySpec<S> {
    /// As [`ChildSpec::id`].
    pub fn id(mut self, id: impl Into<ChildId>) -> TemporarySpec<S> {
        self.any = self.any.id(id);
        self
    }

    /// As [`ChildSpec::shutdown`].
    pub fn shutdown(mut self, shutdown: Shutdown) -> TemporarySpec<S> {
        self.any = self.any.shutdown(shutdown);
        self
    }

    /// As [`ChildSpec::significant`].
    pub fn significant(mut self, significant: bool) -> TemporarySpec<S> {
        self.any = self.any.significant(significant);
        self
    }

    /// As [`ChildSpec::name`].
    pub fn name(mut self, name: impl IntoName<S>) -> TemporarySpec<S> {
        self.any.name = Some(name.into_name());
        self
    }
}

impl AnyChildSpec {
    /// A child that this function starts, in the supervisor's process, which it is to link to what
    /// it starts: `start_link` does, and [`spawn_link`](regrow_runtime::process::spawn_link).
    ///
    /// The supervisor waits for as long as the function takes. A panic in it is a failure of the
    /// start, and an [`ExitReason`](regrow_runtime::process::ExitReason) or any other error that it
    /// gives is the reason. What it gives beside the process goes to whoever asked for the start, as
    /// [`StartedChild::StartedWith`](crate::StartedChild::StartedWith). Of a child that is not linked
    /// the supervisor does not hear when it ends; it stops it all the same when its turn comes.
    ///
    /// It is a permanent worker and is given five seconds to shut down, if nothing else is said.
    ///
    /// # In OTP
    ///
    /// The key `start` of a child specification, which may return `{ok, Pid}`, `{ok, Pid, Info}`,
    /// `ignore` or `{error, Reason}`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::supervisor::{AnyChildSpec, StartedChild};
    ///
    /// let supervisor = Supervisor::new(Strategy::OneForOne).start_link().await?;
    /// let ticker = AnyChildSpec::from_fn("ticker", async || {
    ///     let process = spawn_link(async |mut inbox: Inbox<()>| loop { inbox.receive().await; });
    ///     (process, "every second")
    /// });
    /// let started = supervisor.start_child(ticker).await?;
    /// let StartedChild::StartedWith(_pid, info) = started else { panic!("it says how often") };
    /// assert_eq!(info.downcast_ref(), Some(&"every second"));
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn from_fn<F, T>(id: impl Into<ChildId>, start: F) -> AnyChildSpec
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output: IntoStarted> + Send + 'static,
    {
        AnyChildSpec::by(id.into(), Arc::new(Function(start)))
    }

    fn by(id: ChildId, recipe: Arc<dyn Recipe>) -> AnyChildSpec {
        AnyChildSpec {
            id,
            kind: ChildKind::Worker,
            restart: Restart::Permanent,
            shutdown: Shutdown::After(secs(5)),
            significant: false,
            name: None,
            recipe: Some(recipe),
            place: None,
            extras: None,
        }
    }

    /// As [`from_fn`](AnyChildSpec::from_fn), for a function that is given the
    /// [extra arguments](crate::DynamicSupervisor::extra_arguments) of the supervisor; see
    /// [`ChildSpec::with_extra`].
    pub fn from_fn_with_extra<X, F, T>(id: impl Into<ChildId>, start: F) -> AnyChildSpec
    where
        X: Send + Sync + 'static,
        F: Fn(&X) -> T + Send + Sync + 'static,
        T: Future<Output: IntoStarted> + Send + 'static,
    {
        AnyChildSpec::by(id.into(), Arc::new(ExtendedFunction::<X, F>::new(start)))
    }

    /// As [`ChildSpec::id`].
    pub fn id(mut self, id: impl Into<ChildId>) -> AnyChildSpec {
        self.id = id.into();
        self
    }

    /// As [`ChildSpec::restart`].
    pub fn restart(mut self, restart: Restart) -> AnyChildSpec {
        self.restart = restart;
        self
    }

    /// As [`ChildSpec::shutdown`].
    pub fn shutdown(mut self, shutdown: Shutdown) -> AnyChildSpec {
        self.shutdown = shutdown;
        self
    }

    /// As [`ChildSpec::significant`].
    pub fn significant(mut self, significant: bool) -> AnyChildSpec {
        self.significant = significant;
        self
    }

    /// Whether the child has children of its own. A supervisor is given all the time that it needs to
    /// shut down, if nothing else is said after this.
    pub fn kind(mut self, kind: ChildKind) -> AnyChildSpec {
        self.kind = kind;
        if kind == ChildKind::Supervisor {
            self.shutdown = Shutdown::Infinity;
        }
        self
    }

    /// The child's id.
    pub fn child_id(&self) -> &ChildId {
        &self.id
    }

    /// Whether the child has children of its own.
    pub fn child_kind(&self) -> ChildKind {
        self.kind
    }

    /// When the child is started again.
    pub fn restart_type(&self) -> Restart {
        self.restart
    }

    /// How the child is stopped.
    pub fn shutdown_type(&self) -> Shutdown {
        self.shutdown
    }

    /// Whether the child's end may end its supervisor.
    pub fn is_significant(&self) -> bool {
        self.significant
    }

    /// What was asked for beyond OTP, if anything was.
    pub(crate) fn extras(&self) -> Option<&Extras> {
        self.extras.as_deref()
    }

    /// Takes what was asked for beyond OTP.
    pub(crate) fn take_extras(&mut self) -> Option<Extras> {
        self.extras.take().map(|extras| *extras)
    }

    /// Asks for something beyond OTP.
    pub(super) fn with_extras(mut self, ask: impl FnOnce(&mut Extras)) -> AnyChildSpec {
        ask(self.extras.get_or_insert_default());
        self
    }

    /// Lets go of what the child is started with, because it never is again.
    pub(crate) fn use_up(&mut self) {
        self.recipe = None;
    }

    /// Lets somebody know which process the child is, from each start to the next.
    pub(crate) fn at(mut self, place: Place) -> AnyChildSpec {
        self.place = Some(place);
        self
    }

    /// The child is this process from now on.
    pub(crate) fn stands(&self, process: Pid) {
        if let Some(place) = &self.place {
            place.set(Some(process));
        }
    }
}

impl<S> From<ChildSpec<S>> for AnyChildSpec {
    fn from(spec: ChildSpec<S>) -> AnyChildSpec {
        spec.any
    }
}

/// What a supervisor can be asked to start while it runs: a specification, which knows or does not
/// know the type of its server.
pub trait DynamicChild {
    /// What leads to the child: a [`ServerRef`], or a [`Pid`] if its type is not known.
    type Reference;

    /// What to start.
    #[doc(hidden)]
    fn into_any(self) -> AnyChildSpec;

    /// What leads to the child that is this process.
    #[doc(hidden)]
    fn reference(child: Pid) -> Self::Reference;
}

impl<S> DynamicChild for ChildSpec<S> {
    type Reference = ServerRef<S>;

    fn into_any(self) -> AnyChildSpec {
        self.any
    }

    fn reference(child: Pid) -> ServerRef<S> {
        ServerRef::of(child)
    }
}

impl<S> DynamicChild for TemporarySpec<S> {
    type Reference = ServerRef<S>;

    fn into_any(self) -> AnyChildSpec {
        self.any
    }

    fn reference(child: Pid) -> ServerRef<S> {
        ServerRef::of(child)
    }
}

impl DynamicChild for AnyChildSpec {
    type Reference = Pid;

    fn into_any(self) -> AnyChildSpec {
        self
    }

    fn reference(child: Pid) -> Pid {
        child
    }
}

// By hand, because a derive would ask it of `S`.
impl<S> Clone for ChildSpec<S> {
    fn clone(&self) -> ChildSpec<S> {
        ChildSpec {
            any: self.any.clone(),
            server: PhantomData,
        }
    }
}

impl<S> fmt::Debug for ChildSpec<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.describe("ChildSpec", f)
    }
}

impl<S> fmt::Debug for TemporarySpec<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.describe("TemporarySpec", f)
    }
}

impl fmt::Debug for AnyChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe("AnyChildSpec", f)
    }
}

impl AnyChildSpec {
    fn describe(&self, called: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(called)
            .field("id", &self.id)
            .field("restart", &self.restart)
            .field("shutdown", &self.shutdown)
            .field("significant", &self.significant)
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("extras", &self.extras)
            .finish_non_exhaustive()
    }
}
