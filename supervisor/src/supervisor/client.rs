//! What a reference to a supervisor can do.

use regrow_runtime::gen_server::{Call, HasClient, Target, call_to};
use regrow_runtime::process::Pid;

use crate::child::id::ChildId;
use crate::child::info::{ChildCounts, ChildInfo};
use crate::child::request::{CountChildren, StartChild, WhichChildren};
use crate::child::spec::{AnyChildSpec, DynamicChild};
use crate::child::started::StartedChild;
#[cfg(doc)]
use crate::error::StartChildError;
use crate::error::{DeleteChildError, NoSuchChild, RestartChildError};
use crate::supervisor::Supervisor;

/// What a reference to a [`Supervisor`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// A supervisor answers when it has nothing else to do: while a child starts or stops, calls wait,
/// however long that takes. A child that calls its own supervisor while that stops it is waited for
/// until its time is up.
pub trait SupervisorClient: Target<Supervisor> + 'static {}

impl<T: Target<Supervisor> + 'static> SupervisorClient for T {}

impl HasClient for Supervisor {
    type Client = dyn SupervisorClient;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}

/// Asks for a child to be added and started.
pub(super) struct AddChild(pub(super) AnyChildSpec);
/// Asks for a child to be stopped.
pub(super) struct TerminateChild(pub(super) ChildId);
/// Asks for a child that was stopped to be started.
pub(super) struct RestartChild(pub(super) ChildId);
/// Asks for a child that was stopped to be forgotten.
pub(super) struct DeleteChild(pub(super) ChildId);
/// Asks how a child is started.
pub(super) struct GetChildspec(pub(super) ChildId);
/// Asks who one of them is.
pub(super) struct WhichChild(pub(super) ChildId);

impl dyn SupervisorClient {
    /// Adds a child and starts it, after all others. It is the first to be stopped then, and a
    /// [`RestForOne`](crate::Strategy::RestForOne) restarts it with any other.
    ///
    /// It is the supervisor's until it is stopped and [deleted](#method.delete_child): where a child
    /// of the specification comes back, so does this one. When the supervisor itself is restarted,
    /// it has the children that it was made with, and this one is not among them. If the child has
    /// nothing to run, its place is kept without a process, but for a temporary child.
    ///
    /// # Errors
    ///
    /// [`StartChildError::AlreadyStarted`] and [`StartChildError::AlreadyPresent`] if there is a
    /// child with its id; [`StartChildError::Spec`] if it cannot be a child of this supervisor;
    /// [`StartChildError::AlreadyStarted`] if its name is taken; [`StartChildError::Failed`] if it
    /// did not start. The supervisor knows nothing of the child then.
    ///
    /// # In OTP
    ///
    /// [`supervisor:start_child/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#start_child/2).
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// # use regrow::{answer::Init, server::{Context, GenServer, Step}};
    /// # struct Cache;
    /// # impl GenServer for Cache {
    /// #     type Args = ();
    /// #     fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Cache) }
    /// # }
    ///
    /// let supervisor = Supervisor::new(Strategy::OneForOne).start_link().await?;
    /// let cache = ChildSpec::<Cache>::new(()).id("cache");
    /// let started = supervisor.start_child(cache.clone()).await?;
    /// let Some(server) = started.running() else { panic!("it runs") };
    /// assert_eq!(
    ///     supervisor.start_child(cache).await,
    ///     Err(StartChildError::AlreadyStarted(server.pid())),
    /// );
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn start_child<C: DynamicChild>(&self, spec: C) -> StartChild<StartedChild<C::Reference>> {
        let asked = call_to::<Supervisor, _>(self, AddChild(spec.into_any()));
        StartChild::asked(asked, |started| Ok(started.map(C::reference)))
    }

    /// Stops a child as its specification says, if it runs. It keeps its place and can be
    /// [restarted](#method.restart_child) there or [deleted](#method.delete_child); a temporary child
    /// is forgotten. A restart that is being tried is given up.
    ///
    /// The end of a child that was stopped is nobody's crash: it does not count, and a significant
    /// child does not end its supervisor so. When a sibling's end restarts the group, the child is
    /// started with it.
    ///
    /// # Errors
    ///
    /// There is no such child.
    ///
    /// # In OTP
    ///
    /// [`supervisor:terminate_child/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#terminate_child/2).
    pub fn terminate_child(&self, id: impl Into<ChildId>) -> Call<(), NoSuchChild> {
        call_to::<Supervisor, _>(self, TerminateChild(id.into()))
            .no_timeout()
            .flatten()
    }

    /// Starts a child that does not run, at its place. It does not count as a restart; if it fails,
    /// the child stays stopped and nobody tries again.
    ///
    /// # Errors
    ///
    /// See [`RestartChildError`].
    ///
    /// # In OTP
    ///
    /// [`supervisor:restart_child/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#restart_child/2).
    pub fn restart_child(
        &self,
        id: impl Into<ChildId>,
    ) -> Call<StartedChild<Pid>, RestartChildError> {
        call_to::<Supervisor, _>(self, RestartChild(id.into()))
            .no_timeout()
            .flatten()
    }

    /// Forgets a child that does not run. Its id may be used again.
    ///
    /// # Errors
    ///
    /// See [`DeleteChildError`].
    ///
    /// # In OTP
    ///
    /// [`supervisor:delete_child/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#delete_child/2).
    pub fn delete_child(&self, id: impl Into<ChildId>) -> Call<(), DeleteChildError> {
        call_to::<Supervisor, _>(self, DeleteChild(id.into()))
            .no_timeout()
            .flatten()
    }

    /// How a child is started and stopped. Of a temporary child that has been started, the
    /// specification can be looked at but starts nothing: [`SpecError::UsedUp`](crate::SpecError).
    ///
    /// # Errors
    ///
    /// There is no such child.
    ///
    /// # In OTP
    ///
    /// [`supervisor:get_childspec/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#get_childspec/2).
    pub fn get_childspec(&self, id: impl Into<ChildId>) -> Call<AnyChildSpec, NoSuchChild> {
        call_to::<Supervisor, _>(self, GetChildspec(id.into()))
            .no_timeout()
            .flatten()
    }

    /// One child.
    ///
    /// # Errors
    ///
    /// There is no such child.
    ///
    /// # In OTP
    ///
    /// [`supervisor:which_child/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#which_child/2).
    pub fn which_child(&self, id: impl Into<ChildId>) -> Call<ChildInfo, NoSuchChild> {
        call_to::<Supervisor, _>(self, WhichChild(id.into()))
            .no_timeout()
            .flatten()
    }

    /// The children, those that were started last first.
    ///
    /// # In OTP
    ///
    /// [`supervisor:which_children/1`](https://www.erlang.org/doc/apps/stdlib/supervisor#which_children/1).
    pub fn which_children(&self) -> Call<Vec<ChildInfo>> {
        call_to::<Supervisor, _>(self, WhichChildren).no_timeout()
    }

    /// How many children there are.
    ///
    /// # In OTP
    ///
    /// [`supervisor:count_children/1`](https://www.erlang.org/doc/apps/stdlib/supervisor#count_children/1).
    pub fn count_children(&self) -> Call<ChildCounts> {
        call_to::<Supervisor, _>(self, CountChildren).no_timeout()
    }
}
