//! Starting a child: the small object that knows how, whatever type the child is of.

use std::future::{Future, ready};
use std::marker::PhantomData;
use std::pin::Pin;

use parking_lot::Mutex;
use regrow_runtime::gen_server::{GenServer, ServerName, Start, StartError};
use regrow_runtime::process::{Pid, catch_exit};

use crate::child::spec::AnyChildSpec;

/// A child's start under way.
pub(crate) type Starting = Pin<Box<dyn Future<Output = Result<Pid, StartError>> + Send>>;

/// How to start a child.
pub(crate) trait Recipe: Send + Sync {
    /// Gets the arguments and begins the start, linked to the process that runs.
    fn start(&self, name: Option<ServerName>) -> Starting;
}

/// What came of a start that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The child is this process.
    Running(Pid),
    /// The child had nothing to start.
    Ignored,
}

/// Starts a child.
///
/// # Errors
///
/// The start has failed. A panic while the arguments are made is a failure of the start.
pub(crate) async fn start(spec: &AnyChildSpec) -> Result<Outcome, StartError> {
    start_named(spec, spec.name.clone()).await
}

/// As [`start`], under this name.
pub(crate) async fn start_named(
    spec: &AnyChildSpec,
    name: Option<ServerName>,
) -> Result<Outcome, StartError> {
    let starting = catch_exit(|| spec.recipe.start(name)).map_err(StartError::Failed)?;
    match starting.await {
        Ok(process) => Ok(Outcome::Running(process)),
        Err(StartError::Ignored) => Ok(Outcome::Ignored),
        Err(error) => Err(error),
    }
}

fn begin<S: GenServer>(args: S::Args, name: Option<ServerName>) -> Starting {
    let start = Start::<S>::new(args).link();
    let start = match name {
        Some(name) => start.name(name),
        None => start,
    };
    Box::pin(async { start.await.map(|server| server.pid()) })
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
    fn start(&self, name: Option<ServerName>) -> Starting {
        begin::<S>(self.args.clone(), name)
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
    fn start(&self, name: Option<ServerName>) -> Starting {
        begin::<S>((self.make)(), name)
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
    fn start(&self, name: Option<ServerName>) -> Starting {
        let args = self.args.lock().take();
        match args {
            Some(args) => begin::<S>(args, name),
            // Not met: such a child is temporary, and forgotten before it could be started again.
            None => Box::pin(ready(Err(StartError::Ignored))),
        }
    }
}
