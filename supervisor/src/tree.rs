//! Trees that are declared: what `#[supervisor]` writes to.
//!
//! The attribute makes a reference type with one accessor for each child. An accessor gives the
//! child's [place](Child), which is kept up to date at each start, whichever supervisor process does
//! it: the place belongs to the specification, and so outlives restarts of the child and of the
//! supervisor itself. A tree in a tree is a child whose reference is made with its place: the places
//! of its own children are in its specification, and so are good over its restarts too.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use regrow_registry::group::Groups;
use regrow_registry::pubsub::PubSub;
use regrow_registry::{Keys, Registry};
use regrow_runtime::gen_server::{Child, IntoName, Place, ServerRef, Start, StartError};
use regrow_runtime::process::AsPid;

use crate::child::id::ChildId;
use crate::child::spec::{AnyChildSpec, ChildSpec};
use crate::dynamic::DynamicSupervisor;
use crate::supervisor::Supervisor;

/// Adds a child, and gives the place that it will have.
pub fn place<S: ?Sized + 'static>(
    supervisor: Supervisor,
    id: impl Into<ChildId>,
    spec: impl Into<AnyChildSpec>,
) -> (Supervisor, Child<S>) {
    let place = Place::new();
    let spec = spec.into().id(id).at(place.clone());
    (supervisor.child(spec), Child::at(place))
}

/// A type that `#[supervisor]` made of a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tree",
    label = "`#[child(tree)]` is for a struct with `#[supervisor]`: leave `tree` out, or declare one"
)]
pub trait Tree {
    /// What leads to it and its children when it runs.
    type Reference;
}

/// The supervisor that is at a place now, or was there last.
pub fn supervisor_at(place: &Child<Supervisor>) -> ServerRef<Supervisor> {
    ServerRef::of(place.as_pid())
}

/// Starts a tree, and makes the reference to it.
pub fn start_tree<R>(
    supervisor: Supervisor,
    reference: impl FnOnce(Child<Supervisor>) -> R + Send + 'static,
) -> StartTree<R> {
    StartTree {
        start: supervisor.start(),
        reference: Some(Box::new(reference)),
    }
}

/// What a field is the child of that says nothing but its type.
pub trait DefaultChild: Sized + Into<AnyChildSpec> {
    /// The child, as it is by default.
    fn default_child() -> Self;
}

impl DefaultChild for DynamicSupervisor {
    fn default_child() -> Self {
        DynamicSupervisor::new()
    }
}

impl<K, V, M> DefaultChild for Registry<K, V, M>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn default_child() -> Self {
        Registry::default()
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> DefaultChild for Groups<K> {
    fn default_child() -> Self {
        Groups::new()
    }
}

impl<T, M, V> DefaultChild for PubSub<T, M, V>
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    fn default_child() -> Self {
        PubSub::default()
    }
}

impl From<Supervisor> for AnyChildSpec {
    fn from(supervisor: Supervisor) -> AnyChildSpec {
        supervisor.child_spec().into()
    }
}

impl From<DynamicSupervisor> for AnyChildSpec {
    fn from(supervisor: DynamicSupervisor) -> AnyChildSpec {
        supervisor.child_spec().into()
    }
}

impl<K, V, M> From<Registry<K, V, M>> for AnyChildSpec
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn from(registry: Registry<K, V, M>) -> AnyChildSpec {
        let name = registry.server_name();
        let spec = ChildSpec::<Registry<K, V, M>>::new(registry);
        match name {
            Some(name) => spec.name(name).into(),
            None => spec.into(),
        }
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> From<Groups<K>> for AnyChildSpec {
    fn from(groups: Groups<K>) -> AnyChildSpec {
        let name = groups.server_name();
        let spec = ChildSpec::<Groups<K>>::new(groups);
        match name {
            Some(name) => spec.name(name).into(),
            None => spec.into(),
        }
    }
}

impl<T, M, V> From<PubSub<T, M, V>> for AnyChildSpec
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    fn from(pubsub: PubSub<T, M, V>) -> AnyChildSpec {
        let name = pubsub.server_name();
        let spec = ChildSpec::<PubSub<T, M, V>>::new(pubsub);
        match name {
            Some(name) => spec.name(name).into(),
            None => spec.into(),
        }
    }
}

/// The start of a tree that `#[supervisor]` declares: awaiting it gives the reference to the tree.
///
/// # Errors
///
/// As for [`Supervisor::start_link`].
#[must_use = "a tree is started when this is awaited"]
pub struct StartTree<R> {
    start: Start<Supervisor>,
    reference: Option<Reference<R>>,
}

/// Makes the reference to a tree that runs.
type Reference<R> = Box<dyn FnOnce(Child<Supervisor>) -> R + Send>;

impl<R> StartTree<R> {
    /// As [`Start::link`].
    pub fn link(mut self) -> StartTree<R> {
        self.start = self.start.link();
        self
    }

    /// As [`Start::name`].
    pub fn name(mut self, name: impl IntoName<Supervisor>) -> StartTree<R> {
        self.start = self.start.name(name);
        self
    }

    /// As [`Start::timeout`].
    pub fn timeout(mut self, limit: Duration) -> StartTree<R> {
        self.start = self.start.timeout(limit);
        self
    }
}

impl<R> Future for StartTree<R> {
    type Output = Result<R, StartError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        let supervisor = ready!(Pin::new(&mut self.start).poll(cx))?;
        match self.reference.take() {
            Some(reference) => {
                let place = Place::new();
                place.set(Some(supervisor.pid()));
                Poll::Ready(Ok(reference(Child::at(place))))
            }
            None => panic!("a tree is started once"),
        }
    }
}

impl<R> fmt::Debug for StartTree<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartTree")
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}
