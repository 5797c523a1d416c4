//! What a server's handlers can do with their children.

use std::fmt;
use std::time::Duration;

use regrow_runtime::gen_server::{Context, GenServer, HandleContinue, continue_with};
use regrow_runtime::process::{ExitReason, Pid};

use super::family::{Family, Rank};
use crate::child::id::ChildId;
use crate::child::info::{ChildCounts, ChildInfo};
use crate::child::spec::DynamicChild;
use crate::child::started::StartedChild;
use crate::error::{NoSuchChild, RestartChildError, StartChildError, refused};

/// Adds [`children`](ParentContext::children) to the context of every server: bring it into scope
/// where a server has children of its own.
///
/// # In OTP
///
/// There is none. The library [`parent`](https://hexdocs.pm/parent/) has `Parent.GenServer`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor::ParentContext;
///
/// struct Step;
/// #[gen_server]
/// impl Step {
///     #[init] fn new(number: u32) -> Self { assert!(number < 3, "no such step"); Step }
/// }
///
/// /// Runs its steps itself, and is asked how far it is.
/// struct Build { begun: u32 }
/// #[gen_server]
/// impl Build {
///     #[init] fn new() -> Self { Build { begun: 0 } }
///     #[call]
///     async fn begin(&mut self, cx: &mut Context<Self>) -> Result<(), StartChildError> {
///         let step = Step::child_spec(self.begun).id(format!("step {}", self.begun));
///         cx.children().start_child(step).await?;
///         self.begun += 1;
///         Ok(())
///     }
///     #[call] fn running(&mut self, cx: &mut Context<Self>) -> usize { cx.children().count().active }
/// }
///
/// let build = Build::start_link().await?;
/// for _ in 0..3 {
///     build.begin().await?;
/// }
/// assert!(build.begin().await.is_err());
/// assert_eq!(build.running().await?, 3);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub trait ParentContext<S> {
    /// The server's own children.
    fn children(&mut self) -> OwnChildren<'_, S>;
}

impl<S: GenServer> ParentContext<S> for Context<S> {
    fn children(&mut self) -> OwnChildren<'_, S> {
        OwnChildren { cx: self }
    }
}

/// The children that a server has itself. Got from [`ParentContext::children`].
///
/// A server with children traps exits from the first one on. The end of a child does not come to its
/// handler of exits: a child is started again, alone, as its [`Restart`](crate::Restart) says, and the
/// server takes no message until that is done. Too many restarts end the server, with
/// [`ExitReason::Shutdown`]; see [`max_restarts`](OwnChildren::max_restarts).
///
/// When the server ends, its children are stopped after its `terminate`, those that were started last
/// first. If it is killed they are killed with it, by their links.
pub struct OwnChildren<'a, S> {
    cx: &'a mut Context<S>,
}

/// A child of a server's own has ended and is not started again; see
/// [`OwnChildren::notify`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChildTerminated {
    /// What the child is called.
    pub id: ChildId,
    /// The process that it was.
    pub process: Pid,
    /// Why it ended.
    pub reason: ExitReason,
}

impl<S: GenServer> OwnChildren<'_, S> {
    /// Starts a child. Its id may be that of no other.
    ///
    /// # Errors
    ///
    /// [`StartChildError::AlreadyStarted`] if its id or its name is taken;
    /// [`StartChildError::Failed`] if it does not start. Nothing is kept of it then.
    ///
    /// # Cancel safety
    ///
    /// None: dropped half way, it may leave a child that is linked to the server and not looked after.
    pub async fn start_child<C: DynamicChild>(
        &mut self,
        spec: C,
    ) -> Result<StartedChild<C::Reference>, StartChildError> {
        let spec = spec.into_any();
        self.cx.trap_exit(true);
        let rank = self.family(|family| family.add(spec.clone()))?;
        let outcome = Family::start(&spec).await;
        let started = self.family(|family| family.started(rank, outcome));
        Ok(started.map_err(refused)?.map(C::reference))
    }

    /// Stops a child and forgets it.
    ///
    /// # Errors
    ///
    /// There is none of this id.
    pub async fn shutdown_child(&mut self, id: impl Into<ChildId>) -> Result<(), NoSuchChild> {
        let rank = self.family(|family| family.find(&id.into()))?;
        self.stop(rank).await;
        Ok(())
    }

    /// Stops a child, if it runs, and starts it again. It does not count as a restart.
    ///
    /// # Errors
    ///
    /// [`RestartChildError::NotFound`]; [`RestartChildError::Failed`] and
    /// [`RestartChildError::AlreadyStarted`] if it does not start: it is forgotten then, as one whose
    /// first start has failed.
    pub async fn restart_child(&mut self, id: impl Into<ChildId>) -> Result<(), RestartChildError> {
        let id = id.into();
        let known = self.family(|family| {
            let rank = family.find(&id).ok()?;
            Some((rank, family.spec(rank)?))
        });
        let (rank, spec) = known.ok_or(RestartChildError::NotFound)?;
        self.stop_process(rank).await;
        let outcome = Family::start(&spec).await;
        self.family(|family| family.started(rank, outcome))?;
        Ok(())
    }

    /// Stops all children, those that were started last first, and forgets them.
    pub async fn shutdown_all(&mut self) {
        for rank in self.family(|family| family.all()).into_iter().rev() {
            self.stop(rank).await;
        }
    }

    /// How many restarts are allowed within any such period; one more, and the server shuts down.
    /// Default: three within five seconds. What has been counted is forgotten.
    ///
    /// # Panics
    ///
    /// The period is zero.
    #[track_caller]
    pub fn max_restarts(&mut self, restarts: u32, within: Duration) {
        assert!(
            !within.is_zero(),
            "restarts cannot be counted over a period of zero"
        );
        self.family(|family| family.set_intensity(restarts, within));
    }

    /// From now on the server is told of each child that has ended by itself and is not started again:
    /// by [`ChildTerminated`], before any message. It may start another one then.
    ///
    /// # In OTP
    ///
    /// The callback `handle_stopped_children` of the library `parent`.
    pub fn notify(&mut self)
    where
        S: HandleContinue<ChildTerminated>,
    {
        self.family(|family| family.set_told(continue_with::<S, ChildTerminated>));
    }

    /// The children, those that were started last first.
    pub fn which(&mut self) -> Vec<ChildInfo> {
        self.family(|family| family.list())
    }

    /// How many children there are.
    pub fn count(&mut self) -> ChildCounts {
        self.family(|family| family.count())
    }

    /// The process of a child, if it runs.
    pub fn pid(&mut self, id: impl Into<ChildId>) -> Option<Pid> {
        self.family(|family| family.pid(&id.into()))
    }

    async fn stop(&mut self, rank: Rank) {
        self.stop_process(rank).await;
        self.family(|family| family.forget(rank));
    }

    async fn stop_process(&mut self, rank: Rank) {
        if let Some(stopping) = self.family(|family| family.stopping(rank)) {
            stopping.done().await;
        }
    }

    fn family<R>(&mut self, f: impl FnOnce(&mut Family) -> R) -> R {
        self.cx.with_annex(|family: &mut Family| {
            let result = f(family);
            (result, family.is_of_use())
        })
    }
}

impl<S> fmt::Debug for OwnChildren<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnChildren")
    }
}
