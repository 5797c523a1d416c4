//! Starting a child: the small object that knows how, whatever type the child is of.
//!
//! ```text
//!   AnyChildSpec ── given ─▶ Recipe::start ──▶ Starting ──▶ StartedChild<Pid>, or why not
//!                            in the supervisor's process: whoever is started is linked to it
//! ```

use std::any::{Any, TypeId};
use std::future::{Future, poll_fn, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use parking_lot::Mutex;
use regrow_runtime::gen_server::{GenServer, ServerName, Start, StartError};
use regrow_runtime::process::{Pid, catch_exit};

use crate::child::extra_arguments::{Extra, ExtraArgumentsError};
use crate::child::id::ChildId;
use crate::child::shelf::{self, Recall, Shelf, known};
use crate::child::spec::AnyChildSpec;
use crate::child::started::{IntoStarted, StartedChild};
use crate::error::SpecError;

/// A child's start under way.
pub(crate) type Starting =
    Pin<Box<dyn Future<Output = Result<StartedChild<Pid>, StartError>> + Send>>;

/// How to start a child.
pub(crate) trait Recipe: Any + Send + Sync {
    /// Gets the arguments and begins the start, linked to the process that runs. `None`: they existed
    /// once, and are used up.
    fn start(&self, given: Given) -> Option<Starting>;

    /// An empty table of children that are started in this way.
    fn shelf(&self) -> Box<dyn Shelf>;

    /// The type of the recipe.
    fn type_of(&self) -> TypeId {
        TypeId::of::<Self>()
    }

    /// The recipe as something that may be of that type.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// What a supervisor adds to a recipe.
#[derive(Clone, Default)]
pub(crate) struct Given {
    /// The name to register the child under.
    pub(crate) name: Option<ServerName>,
    /// The supervisor's extra arguments.
    pub(crate) extra: Option<Extra>,
}

/// Starts a child.
///
/// # Errors
///
/// The start has failed. A panic while the arguments are made is a failure of the start.
pub(crate) async fn start(spec: &AnyChildSpec) -> Result<StartedChild<Pid>, StartError> {
    let given = Given {
        name: spec.name.clone(),
        extra: None,
    };
    start_with(spec.recipe.as_deref(), spec.child_id(), given).await
}

/// As [`start`], of a child whose specification is not there as a whole.
pub(crate) async fn start_with(
    recipe: Option<&dyn Recipe>,
    id: &ChildId,
    given: Given,
) -> Result<StartedChild<Pid>, StartError> {
    let starting = match recipe {
        Some(recipe) => catch_exit(|| recipe.start(given)).map_err(StartError::Failed)?,
        None => None,
    };
    let Some(starting) = starting else {
        return Err(StartError::Failed(SpecError::UsedUp(id.clone()).into()));
    };
    match starting.await {
        Err(StartError::Ignored) => Ok(StartedChild::Ignored),
        outcome => outcome,
    }
}

fn begin<S: GenServer>(args: S::Args, given: Given) -> Starting {
    let start = Start::<S>::new(args).link();
    let start = match given.name {
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
    fn start(&self, given: Given) -> Option<Starting> {
        Some(begin::<S>(self.args.clone(), given))
    }

    /// Nothing is kept but the arguments.
    fn shelf(&self) -> Box<dyn Shelf> {
        shelf::of::<S::Args>(
            |recipe| {
                let recipe = Arc::try_unwrap(known::<Self>(recipe));
                recipe.map_or_else(|shared| shared.args.clone(), |own| own.args)
            },
            |args| Recall::By(Arc::new(Self { args })),
        )
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
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
    F: Fn() -> S::Args + Send + Sync + 'static,
{
    fn start(&self, given: Given) -> Option<Starting> {
        Some(begin::<S>((self.make)(), given))
    }

    fn shelf(&self) -> Box<dyn Shelf> {
        shelf::of_shared::<Self>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Arguments that are made of the supervisor's extra arguments.
pub(crate) struct Extended<S, X, F> {
    make: F,
    server: PhantomData<fn(&X) -> S>,
}

impl<S, X, F> Extended<S, X, F> {
    pub(crate) fn new(make: F) -> Extended<S, X, F> {
        Extended {
            make,
            server: PhantomData,
        }
    }
}

impl<S, X, F> Recipe for Extended<S, X, F>
where
    S: GenServer,
    X: Send + Sync + 'static,
    F: Fn(&X) -> S::Args + Send + Sync + 'static,
{
    fn start(&self, given: Given) -> Option<Starting> {
        Some(match Extra::look_for::<X>(given.extra.as_ref()) {
            Ok(extra) => begin::<S>((self.make)(extra), given.clone()),
            Err(error) => refused(error),
        })
    }

    fn shelf(&self) -> Box<dyn Shelf> {
        shelf::of_shared::<Self>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
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
    fn start(&self, given: Given) -> Option<Starting> {
        let args = self.args.lock().take()?;
        Some(begin::<S>(args, given))
    }

    fn shelf(&self) -> Box<dyn Shelf> {
        shelf::of_shared::<Self>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A start function of the program's own. It is given no name: what it starts, it names itself.
pub(crate) struct Function<F>(pub(crate) F);

impl<F, T> Recipe for Function<F>
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Future<Output: IntoStarted> + Send + 'static,
{
    fn start(&self, _: Given) -> Option<Starting> {
        Some(guarded((self.0)()))
    }

    fn shelf(&self) -> Box<dyn Shelf> {
        shelf::of_shared::<Self>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A start function that is given the supervisor's extra arguments.
pub(crate) struct ExtendedFunction<X, F> {
    start: F,
    extra: PhantomData<fn(&X)>,
}

impl<X, F> ExtendedFunction<X, F> {
    pub(crate) fn new(start: F) -> ExtendedFunction<X, F> {
        ExtendedFunction {
            start,
            extra: PhantomData,
        }
    }
}

impl<X, F, T> Recipe for ExtendedFunction<X, F>
where
    X: Send + Sync + 'static,
    F: Fn(&X) -> T + Send + Sync + 'static,
    T: Future<Output: IntoStarted> + Send + 'static,
{
    fn start(&self, given: Given) -> Option<Starting> {
        Some(match Extra::look_for::<X>(given.extra.as_ref()) {
            Ok(extra) => guarded((self.start)(extra)),
            Err(error) => refused(error),
        })
    }

    fn shelf(&self) -> Box<dyn Shelf> {
        shelf::of_shared::<Self>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// What a start function does, in the supervisor's process, which its panic must not end.
fn guarded(start: impl Future<Output: IntoStarted> + Send + 'static) -> Starting {
    let mut started = Box::pin(start);
    Box::pin(poll_fn(move |cx| {
        match catch_exit(|| started.as_mut().poll(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(started)) => Poll::Ready(started.into_started()),
            Err(reason) => Poll::Ready(Err(StartError::Failed(reason))),
        }
    }))
}

fn refused(error: ExtraArgumentsError) -> Starting {
    Box::pin(ready(Err(StartError::Failed(error.into()))))
}
