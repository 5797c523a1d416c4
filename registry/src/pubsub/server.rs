//! Publish and subscribe as a process: it opens the table, and closes it when it ends.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::gen_server::{
    Context, GenServer, Init, IntoName, Recipient, ServerName, Start, Step,
};
use regrow_runtime::process::{Pid, add_exit_hook};

use crate::directory;
use crate::group::table::Table;

/// Messages of type `M` to whoever subscribed to a topic of type `T`.
///
/// References to it have the methods of [`PubSubClient`](crate::pubsub::PubSubClient). A subscriber
/// gets an `Arc<M>`, which all share; `M` may be a `str` or a slice.
///
/// A bounded mailbox that is full takes what its policy says: a broadcast waits for nobody.
///
/// A key that is a reference, `&'static str` too, makes today's compiler doubt that a future that
/// waits for a start is `Send`: take a number, an enum or a `String`, which is looked up by a `&str`.
///
/// # In OTP
///
/// [`Phoenix.PubSub`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html) on one node. A
/// subscription has no metadata: what a subscriber wants done with a message it does itself.
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
pub struct PubSub<T, M: ?Sized> {
    name: Option<ServerName>,
    /// What it has once it runs.
    open: Option<Open<T, M>>,
}

/// A pubsub that runs. Dropped, it closes.
struct Open<T, M: ?Sized> {
    this: Pid,
    table: Arc<Table<T, Recipient<Arc<M>>>>,
}

impl<T, M: ?Sized> Default for PubSub<T, M> {
    fn default() -> PubSub<T, M> {
        PubSub::new()
    }
}

impl<T, M: ?Sized> PubSub<T, M> {
    /// A pubsub without subscribers.
    pub fn new() -> PubSub<T, M> {
        PubSub {
            name: None,
            open: None,
        }
    }

    /// The name that the pubsub is registered under. Default: none.
    pub fn name(mut self, name: impl IntoName<PubSub<T, M>>) -> PubSub<T, M> {
        self.name = Some(name.into_name());
        self
    }

    /// The name that it is to have.
    #[doc(hidden)]
    pub fn server_name(&self) -> Option<ServerName> {
        self.name.clone()
    }
}

impl<T, M> PubSub<T, M>
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
{
    /// Starts the pubsub, linked to the caller.
    ///
    /// # In OTP
    ///
    /// `{Phoenix.PubSub, name: …}` as a child.
    pub fn start_link(self) -> Start<PubSub<T, M>> {
        self.start().link()
    }

    /// As [`start_link`](PubSub::start_link), linked to nobody.
    pub fn start(self) -> Start<PubSub<T, M>> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl<T, M> GenServer for PubSub<T, M>
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
{
    type Args = PubSub<T, M>;

    fn init(mut pubsub: PubSub<T, M>, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let (this, table) = (cx.pid(), Arc::new(Table::new()));
        add_exit_hook(&table);
        directory::enter(this, &table);
        pubsub.open = Some(Open { this, table });
        Init::ok(pubsub)
    }
}

impl<T, M: ?Sized> Drop for Open<T, M> {
    /// From here on nobody is subscribed to anything.
    fn drop(&mut self) {
        directory::leave(self.this);
        self.table.close();
    }
}

/// A specification to start it again: a pubsub as it was before it ran.
impl<T, M: ?Sized> Clone for PubSub<T, M> {
    fn clone(&self) -> PubSub<T, M> {
        PubSub {
            name: self.name.clone(),
            open: None,
        }
    }
}

impl<T, M: ?Sized> fmt::Debug for PubSub<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PubSub")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
