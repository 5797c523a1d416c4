//! Typed names: registered names that know what kind of server has them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use parking_lot::Mutex;

use super::reference::{Address, HasClient, Target, inform};
use super::server::HandleInfo;
use super::start_error::StartError;
use crate::process::monitor::{MonitorTarget, Watched};
use crate::process::{Accepts, Delivery, Pid, RegisterError, names, register, self_pid};

/// A registered name, of a server of type `S`.
///
/// Whichever process has the name when a method is called is meant, so a name outlives restarts. If
/// nobody has it, casts and messages are dropped and calls fail with
/// [`NoProcess`](super::CallError::NoProcess). That the process is a server of type `S` is the word
/// of whoever made the `Name`: if it is another one it drops what it is sent, and calls fail with
/// [`OtherServer`](super::CallError::OtherServer), which names both types.
///
/// Names are a runtime's own. On a thread that is no runtime's, the only runtime of the program is
/// meant; with several, nobody has the name there, and a [`ServerRef`](super::ServerRef) is the way.
///
/// # In OTP
///
/// A locally registered name, such as `{local, counter}`.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// # use regrow::{answer::Init, server::{Context, GenServer, Start, Step}};
/// # struct Counter;
/// # impl GenServer for Counter {
/// #     type Args = ();
/// #     fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Counter) }
/// # }
///
/// static COUNTER: Name<Counter> = Name::new("counter");
///
/// let counter = Start::<Counter>::new(()).name(COUNTER).await?;
/// assert_eq!(regrow::process::whereis("counter"), Some(counter.pid()));
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub struct Name<S: ?Sized> {
    name: &'static str,
    server: PhantomData<fn() -> Box<S>>,
}

impl<S: ?Sized> Name<S> {
    /// This name.
    pub const fn new(name: &'static str) -> Name<S> {
        Name {
            name,
            server: PhantomData,
        }
    }

    /// A name that is made at run time.
    ///
    /// Each different text is kept for as long as the program runs, so that names are `Copy`. For
    /// processes that come and go there is a registry, whose keys are freed.
    ///
    /// # In OTP
    ///
    /// `binary_to_atom/1`, with the same warning.
    pub fn from_string(name: impl Into<String>) -> Name<S> {
        Name::new(intern(name.into()))
    }

    /// The text of a name. Not a method, because methods are the server's.
    pub const fn text(name: Name<S>) -> &'static str {
        name.name
    }
}

static NAMES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);

fn intern(name: String) -> &'static str {
    let mut names = NAMES.lock();
    let names = names.get_or_insert_default();
    if let Some(&known) = names.get(name.as_str()) {
        return known;
    }
    let name: &'static str = name.leak();
    names.insert(name);
    name
}

impl<S: ?Sized + 'static> Target<S> for Name<S> {
    fn address(&self) -> Address<S> {
        names::find(self.name).into()
    }
}

impl<S: HasClient> Deref for Name<S> {
    type Target = S::Client;

    #[inline]
    fn deref(&self) -> &S::Client {
        S::client(self)
    }
}

impl<S: HandleInfo<M>, M: Send + 'static> Accepts<M> for Name<S> {
    fn accept(&self, message: M) {
        if let Some(pid) = names::find(self.name) {
            inform::<S, M>(pid, message);
        }
    }

    fn accept_later(&self, message: M) -> Delivery {
        let name = *self;
        Delivery::find(move || name.accept(message))
    }
}

impl<S: ?Sized> MonitorTarget for Name<S> {
    fn watched(&self) -> Watched {
        Watched::Name(self.name.into())
    }
}

// By hand, because a derive would ask them of `S`.
impl<S: ?Sized> Clone for Name<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: ?Sized> Copy for Name<S> {}

impl<S: ?Sized> PartialEq for Name<S> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<S: ?Sized> Eq for Name<S> {}

impl<S: ?Sized> Hash for Name<S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl<S: ?Sized> fmt::Debug for Name<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({:?})", self.name)
    }
}

/// What a server is registered under: a name of this runtime, or a key of a registry.
#[derive(Clone)]
pub enum ServerName {
    /// A registered name.
    Text(Cow<'static, str>),
    /// Whatever else keeps names.
    Elsewhere(Arc<dyn NameElsewhere>),
}

/// A name that is not in the runtime's own table: a key of a registry.
///
/// It is registered by the process that is to have it, before its `init` runs, and is free again
/// when that has ended. Code of the user's may run in it, so no lock is held when it is called.
pub trait NameElsewhere: Send + Sync + 'static {
    /// The process that has it.
    fn find(&self) -> Option<Pid>;

    /// Registers the process that runs.
    ///
    /// # Errors
    ///
    /// [`StartError::AlreadyStarted`] if it is taken, [`StartError::Failed`] if it cannot be had for
    /// another reason.
    fn register(&self) -> Result<(), StartError>;

    /// The process that runs has failed to start, and gives the name back. It would be free anyway when
    /// the process has ended.
    fn give_back(&self);
}

impl ServerName {
    /// A name that is not in the runtime's own table.
    pub fn elsewhere(name: impl NameElsewhere) -> ServerName {
        ServerName::Elsewhere(Arc::new(name))
    }

    /// The process that has the name.
    pub fn find(&self) -> Option<Pid> {
        match self {
            ServerName::Text(name) => names::find(name),
            ServerName::Elsewhere(name) => name.find(),
        }
    }

    /// Registers the process that runs.
    pub(super) fn register(&self) -> Result<(), StartError> {
        match self {
            ServerName::Text(name) => {
                register(name.clone(), self_pid()).map_err(|error| match error {
                    RegisterError::Taken(pid) => StartError::AlreadyStarted(pid),
                    error => StartError::Failed(error.into()),
                })
            }
            ServerName::Elsewhere(name) => name.register(),
        }
    }

    /// The process that runs has failed to start. A name of the runtime's goes with the process.
    pub(super) fn give_back(&self) {
        if let ServerName::Elsewhere(name) = self {
            name.give_back();
        }
    }
}

impl fmt::Debug for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerName::Text(name) => fmt::Debug::fmt(name, f),
            ServerName::Elsewhere(_) => f.write_str("a key of a registry"),
        }
    }
}

/// What a server of type `S` can be registered under: a [`Name`] of its own type, a text, or a key of
/// a registry.
pub trait IntoName<S: ?Sized> {
    /// The name.
    #[doc(hidden)]
    fn into_name(self) -> ServerName;
}

impl<S: ?Sized> IntoName<S> for ServerName {
    fn into_name(self) -> ServerName {
        self
    }
}

impl<S: ?Sized> IntoName<S> for Name<S> {
    fn into_name(self) -> ServerName {
        ServerName::Text(Cow::Borrowed(self.name))
    }
}

impl<S: ?Sized> IntoName<S> for &str {
    fn into_name(self) -> ServerName {
        ServerName::Text(Cow::Owned(self.into()))
    }
}

impl<S: ?Sized> IntoName<S> for String {
    fn into_name(self) -> ServerName {
        ServerName::Text(Cow::Owned(self))
    }
}
