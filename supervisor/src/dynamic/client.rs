//! What a reference to a dynamic supervisor can do.

use std::hash::Hash;

use regrow_registry::{Registry, key};
use regrow_runtime::gen_server::{Call, GenServer, HasClient, ServerRef, Target, call_to};
use regrow_runtime::process::{AsPid, Pid};

use crate::child::info::{ChildCounts, ChildInfo};
use crate::child::request::{CountChildren, StartChild, WhichChildren};
use crate::child::spec::{ChildSpec, DynamicChild};
use crate::child::started::StartedChild;
use crate::dynamic::DynamicSupervisor;
use crate::dynamic::calls::{FindOrStart, StartChild as Ask, TerminateChild};
use crate::error::{NoSuchChild, StartChildError};

/// What a reference to a [`DynamicSupervisor`] can do: a [`ServerRef`], a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// A supervisor answers when it has nothing else to do: while a child starts or stops, calls wait,
/// however long that takes.
pub trait DynamicSupervisorClient: Target<DynamicSupervisor> + 'static {}

impl<T: Target<DynamicSupervisor> + 'static> DynamicSupervisorClient for T {}

impl HasClient for DynamicSupervisor {
    type Client = dyn DynamicSupervisorClient;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}

impl dyn DynamicSupervisorClient {
    /// Starts a child.
    ///
    /// # Errors
    ///
    /// [`StartChildError::MaxChildren`] if there are as many as there may be;
    /// [`StartChildError::AlreadyStarted`] if the child's name is taken;
    /// [`StartChildError::Failed`] if its `init` failed. The supervisor has forgotten it then.
    ///
    /// # In OTP
    ///
    /// [`DynamicSupervisor.start_child/2`](https://hexdocs.pm/elixir/DynamicSupervisor.html#start_child/2).
    pub fn start_child<C: DynamicChild>(&self, spec: C) -> StartChild<StartedChild<C::Reference>> {
        let asked = call_to::<DynamicSupervisor, _>(self, Ask(spec.into_any()));
        StartChild::asked(asked, |started| Ok(started.map(C::reference)))
    }

    /// The process that has a key, started under it if there is none. Whoever asks for a key gets
    /// the same process, however many ask at the same time.
    ///
    /// If the process is there, this is a look-up in the caller. A name that the specification has
    /// gives way to the key.
    ///
    /// # Errors
    ///
    /// As for [`start_child`](#method.start_child). [`StartChildError::AlreadyStarted`] means here
    /// that the process that has the key is of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// # use regrow::{answer::Init, server::{Context, GenServer, Step}};
    /// # struct Worker(u64);
    /// # impl GenServer for Worker {
    /// #     type Args = u64;
    /// #     fn init(user: u64, _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Worker(user)) }
    /// # }
    ///
    /// let users = Registry::<u64>::new().start_link().await?;
    /// let workers = DynamicSupervisor::new().start_link().await?;
    /// let one = workers.find_or_start(&users, 7, ChildSpec::<Worker>::new(7)).await?;
    /// let same = workers.find_or_start(&users, 7, ChildSpec::<Worker>::new(7)).await?;
    /// assert_eq!(one, same);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn find_or_start<K, V, S>(
        &self,
        registry: &(impl Target<Registry<K, V>> + Clone + 'static),
        key: K,
        spec: ChildSpec<S>,
    ) -> StartChild<ServerRef<S>>
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
        V: Default + Clone + Send + Sync + 'static,
        S: GenServer,
    {
        let name = key::name(registry.clone(), key, V::default());
        if let Some(server) = name.find().and_then(Pid::as_server::<S>) {
            return StartChild::found(server);
        }
        let spec = spec.name(name).into_any();
        let is_wanted = |pid: Pid| pid.as_server::<S>().is_some();
        let asked = call_to::<DynamicSupervisor, _>(self, FindOrStart { spec, is_wanted });
        StartChild::asked(asked, |started| {
            let pid = started.running().ok_or(StartChildError::Ignored)?;
            Ok(ServerRef::of(pid))
        })
    }

    /// Stops a child, as its specification says, and forgets it.
    ///
    /// # Errors
    ///
    /// The process is no child of the supervisor.
    ///
    /// # In OTP
    ///
    /// [`DynamicSupervisor.terminate_child/2`](https://hexdocs.pm/elixir/DynamicSupervisor.html#terminate_child/2).
    pub fn terminate_child(&self, child: impl AsPid) -> Call<(), NoSuchChild> {
        let child = TerminateChild(child.as_pid());
        call_to::<DynamicSupervisor, _>(self, child)
            .no_timeout()
            .flatten()
    }

    /// The children, in no order. They have no ids.
    ///
    /// # In OTP
    ///
    /// [`DynamicSupervisor.which_children/1`](https://hexdocs.pm/elixir/DynamicSupervisor.html#which_children/1).
    pub fn which_children(&self) -> Call<Vec<ChildInfo>> {
        call_to::<DynamicSupervisor, _>(self, WhichChildren).no_timeout()
    }

    /// How many children there are.
    ///
    /// # In OTP
    ///
    /// [`DynamicSupervisor.count_children/1`](https://hexdocs.pm/elixir/DynamicSupervisor.html#count_children/1).
    pub fn count_children(&self) -> Call<ChildCounts> {
        call_to::<DynamicSupervisor, _>(self, CountChildren).no_timeout()
    }
}
