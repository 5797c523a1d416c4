//! Publish and subscribe as a process: it opens the table, and closes it when it ends.

use std::any::type_name;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::gen_server::{Context, GenServer, Init, IntoName, ServerName, Start, Step};
use regrow_runtime::process::{Pid, add_exit_hook};

use super::Topics;
use crate::closing::Closing;
use crate::directory;
use crate::table::DividedBy;

/// Messages of type `M` to whoever subscribed to a topic of type `T`, with metadata of type `V` for
/// each subscription.
///
/// References to it have the methods of [`PubSubClient`](crate::pubsub::PubSubClient). A subscriber
/// gets an `Arc<M>`, which all share; `M` may be a `str` or a slice.
///
/// | | |
/// |---|---|
/// | `PubSub::<T, M>::new()` | no metadata |
/// | `PubSub::<T, M>::new().metadata::<V>()` | something with each subscription, which a dispatcher sees |
///
/// A bounded mailbox that is full takes what its policy says: a broadcast waits for nobody.
///
/// A key that is a reference, `&'static str` too, makes today's compiler doubt that a future that
/// waits for a start is `Send`: take a number, an enum or a `String`, which is looked up by a `&str`.
///
/// # In OTP
///
/// [`Phoenix.PubSub`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html) on one node. There it is
/// a registry with duplicate keys that ends its subscribers when it ends; here they go on, subscribed
/// to nothing.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use std::sync::Arc;
/// use regrow::prelude::*;
/// use regrow::registry::PubSub;
///
/// struct Display { shown: Vec<Arc<str>> }
///
/// #[gen_server]
/// impl Display {
///     #[init] fn new() -> Self { Display { shown: Vec::new() } }
///     #[info] fn news(&mut self, text: Arc<str>) { self.shown.push(text) }
///     #[call] fn shown(&self) -> usize { self.shown.len() }
/// }
///
/// let news = PubSub::<String, str>::new().start_link().await?;
/// let display = Display::start_link().await?;
/// news.subscribe("sports".into(), display)?;
/// assert_eq!(news.broadcast("sports", "one nil")?, 1);
/// assert_eq!(news.broadcast("weather", "rain")?, 0);
/// assert_eq!(display.shown().await?, 1);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[must_use = "a pubsub does nothing until it is started"]
pub struct PubSub<T, M, V = ()>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    name: Option<ServerName>,
    /// What it has once it runs.
    open: Option<Open<T, M, V>>,
}

/// A pubsub that runs. Dropped, it closes.
struct Open<T, M, V>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    this: Pid,
    topics: Arc<Topics<T, M, V>>,
}

impl<T, M, V> Default for PubSub<T, M, V>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    fn default() -> PubSub<T, M, V> {
        PubSub {
            name: None,
            open: None,
        }
    }
}

impl<T, M> PubSub<T, M>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
{
    /// A pubsub without subscribers, whose subscriptions have no metadata.
    pub fn new() -> PubSub<T, M> {
        PubSub::default()
    }

    /// The same pubsub, with metadata of type `V` for each subscription. Default: none.
    ///
    /// # In OTP
    ///
    /// The option `:metadata` of `subscribe/3`.
    pub fn metadata<V: Send + Sync + 'static>(self) -> PubSub<T, M, V> {
        PubSub {
            name: self.name,
            open: None,
        }
    }
}

impl<T, M, V> PubSub<T, M, V>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    /// The name that the pubsub is registered under. Default: none.
    pub fn name(mut self, name: impl IntoName<PubSub<T, M, V>>) -> PubSub<T, M, V> {
        self.name = Some(name.into_name());
        self
    }

    /// The name that it is to have.
    #[doc(hidden)]
    pub fn server_name(&self) -> Option<ServerName> {
        self.name.clone()
    }
}

impl<T, M, V> PubSub<T, M, V>
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    /// Starts the pubsub, linked to the caller.
    ///
    /// # In OTP
    ///
    /// `{Phoenix.PubSub, name: …}` as a child.
    pub fn start_link(self) -> Start<PubSub<T, M, V>> {
        self.start().link()
    }

    /// As [`start_link`](PubSub::start_link), linked to nobody.
    pub fn start(self) -> Start<PubSub<T, M, V>> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl<T, M, V> GenServer for PubSub<T, M, V>
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    type Args = PubSub<T, M, V>;

    fn init(mut pubsub: PubSub<T, M, V>, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let this = cx.pid();
        let topics = Arc::new(Topics::new(None, DividedBy::Key));
        add_exit_hook(&topics);
        directory::enter_as(this, &topics, type_name::<Self>());
        pubsub.open = Some(Open { this, topics });
        Init::ok(pubsub)
    }
}

impl<T, M, V> Drop for Open<T, M, V>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    /// From here on nobody is subscribed to anything. Nobody is told.
    fn drop(&mut self) {
        Closing::begin(self.this, self.topics.clone(), None).finish();
    }
}

/// A specification to start it again: a pubsub as it was before it ran.
impl<T, M, V> Clone for PubSub<T, M, V>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    fn clone(&self) -> PubSub<T, M, V> {
        PubSub {
            name: self.name.clone(),
            open: None,
        }
    }
}

impl<T, M, V> fmt::Debug for PubSub<T, M, V>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PubSub")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
