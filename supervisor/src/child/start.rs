//! Starting a child: the small object that knows how, whatever type the child is of.
//!
//! ```text
//!   AnyChildSpec ── name ──▶ Recipe::start ──▶ Starting ──▶ StartedChild<Pid>, or why not
//!                            in the supervisor's process: whoever is started is linked to it
//! ```

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::Poll;

use parking_lot::Mutex;
use regrow_runtime::gen_server::{GenServer, ServerName, Start, StartError};
use regrow_runtime::process::{Pid, catch_exit};

use crate::child::spec::AnyChildSpec;
use crate::child::started::{IntoStarted, StartedChild};
use crate::error::SpecError;

/// A child's start under way.
pub(crate) type Starting =
    Pin<Box<dyn Future<Output = Result<StartedChild<Pid>, StartError>> + Send>>;

/// How to start a child.
pub(crate) trait Recipe: Send + Sync {
    /// Gets the arguments and begins the start, linked to the process that runs. `None`: they existed
    /// once, and are used up.
    fn start(&self, name: Option<ServerName>) -> Option<Starting>;
}

/// Starts a child.
///
/// # Errors
///
/// The start has failed. A panic while the arguments are made is a failure of the start.
pub(crate) async fn start(spec: &AnyChildSpec) -> Result<StartedChild<Pid>, StartError> {
    start_named(spec, spec.name.clone()).await
}

/// As [`start`], under this name.
pub(crate) async fn start_named(
    spec: &AnyChildSpec,
    name: Option<ServerName>,
) -> Result<StartedChild<Pid>, StartError> {
    let starting = match &spec.recipe {
        Some(recipe) => catch_exit(|| recipe.start(name)).map_err(StartError::Failed)?,
        None => None,
    };
    let Some(starting) = starting else {
        let used_up = SpecError::UsedUp(spec.child_id().clone());
        return Err(StartError::Failed(used_up.into()));
    };
    match starting.await {
        Err(StartError::Ignored) => Ok(StartedChild::Ignored),
        outcome => outcome,
    }
}

fn begin<S: GenServer>(args: S::Args, name: Option<ServerName>) -> Starting {
    let start = Start::<S>::new(args).link();
    let start = match name {
        Some(name) => start.name(name),
        None => start,
    };
    Box::pin(async {
        start
            .await
            .map(|server| StartedChild::Started(server.pid()))
    })
}

/// Arguments that are cloned.
pub(crate) struct Cloned<S: GenServer> {
    args: S::Args,
}

impl<S: GenServer> Cloned<S> {
    pub(crate) fn new(args: S::Args) -> Cloned<S> {
        Cloned { args }
    }
}

impl<S> Recipe for Cloned<S>
where
    S: GenServer,
    S::Args: Clone + Sync,
{
    fn start(&self, name: Option<ServerName>) -> Option<Starting> {
        Some(begin::<S>(self.args.clone(), name))
    }
}

/// Arguments that are made afresh.
pub(crate) struct Afresh<S, F> {
    make: F,
    server: PhantomData<fn() -> S>,
}

impl<S, F> Afresh<S, F> {
    pub(crate) fn new(make: F) -> Afresh<S, F> {
        Afresh {
            make,
            server: PhantomData,
        }
    }
}

impl<S, F> Recipe for Afresh<S, F>
where
    S: GenServer,
    F: Fn() -> S::Args + Send + Sync,
{
    fn start(&self, name: Option<ServerName>) -> Option<Starting> {
        Some(begin::<S>((self.make)(), name))
    }
}

/// Arguments that exist once.
pub(crate) struct Once<S: GenServer> {
    args: Mutex<Option<S::Args>>,
}

impl<S: GenServer> Once<S> {
    pub(crate) fn new(args: S::Args) -> Once<S> {
        Once {
            args: Mutex::new(Some(args)),
        }
    }
}

impl<S: GenServer> Recipe for Once<S> {
    fn start(&self, name: Option<ServerName>) -> Option<Starting> {
        let args = self.args.lock().take()?;
        Some(begin::<S>(args, name))
    }
}

/// A start function of the program's own. It is given no name: what it starts, it names itself.
pub(crate) struct Function<F>(pub(crate) F);

impl<F, T> Recipe for Function<F>
where
    F: Fn() -> T + Send + Sync,
    T: Future<Output: IntoStarted> + Send + 'static,
{
    fn start(&self, _: Option<ServerName>) -> Option<Starting> {
        let mut started = Box::pin((self.0)());
        // It runs in the supervisor's process, which its panic must not end.
        Some(Box::pin(poll_fn(move |cx| {
            match catch_exit(|| started.as_mut().poll(cx)) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(started)) => Poll::Ready(started.into_started()),
                Err(reason) => Poll::Ready(Err(StartError::Failed(reason))),
            }
        })))
    }
}
