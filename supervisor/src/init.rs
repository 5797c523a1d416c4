//! Supervisors that an init function describes.
//!
//! ```text
//!   start ──▶ the supervisor's own process ──▶ init function ──▶ flags and children ──▶ starts them
//!     ▲                                             └──▶ ignore, stop, error ──▶ does not start
//!     └─────────── each restart by the one above ◀── … ends
//! ```
//!
//! The function is asked at every start, so that what it gives may depend on what is the case then.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use regrow_runtime::gen_server::{GenServer, Init, IntoInit, IntoName, ServerName, Start};

use crate::child::id::ChildId;
use crate::child::spec::{AnyChildSpec, ChildSpec};

/// A supervisor that a function describes, in the supervisor's own process, whenever it is started.
///
/// Made by [`Supervisor::with_init`](crate::Supervisor::with_init) and
/// [`DynamicSupervisor::with_init`](crate::DynamicSupervisor::with_init). What is said of the
/// supervisor here is what somebody else has to know of it before it starts: its id and its name.
/// Those that the described one has are not looked at.
#[derive(Clone)]
#[must_use = "a supervisor does nothing until it is started"]
pub struct WithInit<S> {
    supervisor: S,
}

/// A supervisor that can be described by an init function.
pub trait InitBy: GenServer<Args = Self> + Into<AnyChildSpec> {
    /// A supervisor without flags and children that asks this function.
    #[doc(hidden)]
    fn asking(init: InitFunction<Self>) -> Self;
    #[doc(hidden)]
    #[must_use]
    fn called(self, id: ChildId) -> Self;
    #[doc(hidden)]
    #[must_use]
    fn named(self, name: ServerName) -> Self;
    #[doc(hidden)]
    fn spec(self) -> ChildSpec<Self>;
    #[doc(hidden)]
    fn begin(self) -> Start<Self>;
}

impl<S: InitBy> WithInit<S> {
    pub(crate) fn new<F, T>(init: F) -> WithInit<S>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output: IntoInit<S>> + Send + 'static,
    {
        let init = InitFunction(Arc::new(move || {
            let given = init();
            Box::pin(async { given.await.into_init() })
        }));
        WithInit {
            supervisor: S::asking(init),
        }
    }

    /// As [`Supervisor::id`](crate::Supervisor::id).
    pub fn id(mut self, id: impl Into<ChildId>) -> WithInit<S> {
        self.supervisor = self.supervisor.called(id.into());
        self
    }

    /// As [`Supervisor::name`](crate::Supervisor::name). It is registered before the function runs.
    pub fn name(mut self, name: impl IntoName<S>) -> WithInit<S> {
        self.supervisor = self.supervisor.named(name.into_name());
        self
    }

    /// As [`Supervisor::child_spec`](crate::Supervisor::child_spec).
    pub fn child_spec(self) -> ChildSpec<S> {
        self.supervisor.spec()
    }

    /// Starts the supervisor, linked to nobody.
    pub fn start(self) -> Start<S> {
        self.supervisor.begin()
    }

    /// Starts the supervisor, linked to the caller.
    ///
    /// # In OTP
    ///
    /// [`supervisor:start_link/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#start_link/2).
    pub fn start_link(self) -> Start<S> {
        self.start().link()
    }
}

impl<S: InitBy> From<WithInit<S>> for AnyChildSpec {
    fn from(described: WithInit<S>) -> AnyChildSpec {
        described.supervisor.into()
    }
}

impl<S: fmt::Debug> fmt::Debug for WithInit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WithInit").field(&self.supervisor).finish()
    }
}

/// What an init function comes to.
type Described<S> = Pin<Box<dyn Future<Output = Init<S>> + Send>>;

/// An init function.
pub struct InitFunction<S>(Arc<dyn Fn() -> Described<S> + Send + Sync>);

impl<S: InitBy> InitFunction<S> {
    /// Asks the function for the supervisor that is to run in this process.
    ///
    /// # Errors
    ///
    /// There is none to run.
    pub(crate) async fn describe(self) -> Result<S, Init<S>> {
        (self.0)().await.state()
    }
}

impl<S> Clone for InitFunction<S> {
    fn clone(&self) -> InitFunction<S> {
        InitFunction(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for InitFunction<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitFunction").finish_non_exhaustive()
    }
}
