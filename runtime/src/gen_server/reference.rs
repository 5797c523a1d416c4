//! References to servers: what leads to one, and how its methods get onto it.
//!
//! ```text
//!   ServerRef<S>   this process                       ┐
//!   Name<S>        whoever has the name now           ├─ Target<S> ─┐
//!   Child<S>       whoever is at this place now       │             │ Deref to S::Client
//!   a key          of a registry, see its crate       ┘             ▼
//!                                              &dyn CounterClient { add, get, … }
//! ```
//!
//! The attribute writes a local trait `CounterClient` with inherent methods on its `dyn`, and every
//! kind of reference coerces to that, so nothing has to be imported to call a method. A new kind of
//! reference is a [`Target`] with three lines of `Deref`; the registry makes one of its keys.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;

use super::message::{Info, To};
use super::server::{GenServer, HandleInfo};
use crate::cell::Envelope;
use crate::process::{Accepts, AsPid, Delivery, Pid, send};

/// Anything that leads to a server of type `S`, and a reference to such a thing: `call(app.cache(), …)`
/// takes a tree's child as the accessor gives it.
pub trait Target<S: ?Sized>: Send + Sync {
    /// Where it leads now.
    #[doc(hidden)]
    fn address(&self) -> Address<S>;
}

impl<S: ?Sized, T: Target<S> + ?Sized> Target<S> for &T {
    fn address(&self) -> Address<S> {
        (**self).address()
    }
}

/// Where a [`Target`] leads: to a process, or nowhere.
pub struct Address<S: ?Sized> {
    pid: Option<Pid>,
    server: PhantomData<fn() -> Box<S>>,
}

impl<S: ?Sized> Address<S> {
    /// To this process.
    pub fn of(pid: Pid) -> Address<S> {
        Address::from(Some(pid))
    }

    /// Nowhere: there is nobody at the moment.
    pub fn missing() -> Address<S> {
        Address::from(None)
    }

    /// The process.
    pub fn pid(&self) -> Option<Pid> {
        self.pid
    }
}

impl<S: ?Sized> From<Option<Pid>> for Address<S> {
    fn from(pid: Option<Pid>) -> Address<S> {
        Address {
            pid,
            server: PhantomData,
        }
    }
}

impl<S: ?Sized> fmt::Debug for Address<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "Address({pid})"),
            None => f.write_str("Address(missing)"),
        }
    }
}

/// A type whose references have methods. Written by `#[gen_server]`; a server that is written by
/// hand can do without.
pub trait HasClient: 'static {
    /// What has the methods: `dyn CounterClient`.
    type Client: ?Sized;

    /// A reference, seen as what has the methods.
    #[doc(hidden)]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client;
}

/// A server that is a certain process.
///
/// As small and free as a [`Pid`]; dropping it does not end the process. The server's client methods
/// are called on it.
///
/// # In OTP
///
/// The pid that `gen_server:start_link` gives.
pub struct ServerRef<S: ?Sized> {
    pid: Pid,
    server: PhantomData<fn() -> Box<S>>,
}

impl<S: ?Sized> ServerRef<S> {
    /// The process of this pid, taken for a server of type `S`. If it is none, what is sent to it is
    /// dropped and calls fail; see [`Pid::as_server`].
    #[doc(hidden)]
    pub fn of(pid: Pid) -> ServerRef<S> {
        ServerRef {
            pid,
            server: PhantomData,
        }
    }

    /// The process's identity.
    pub fn pid(&self) -> Pid {
        self.pid
    }
}

impl<S: ?Sized + 'static> Target<S> for ServerRef<S> {
    #[inline]
    fn address(&self) -> Address<S> {
        Address::of(self.pid)
    }
}

impl<S: HasClient> Deref for ServerRef<S> {
    type Target = S::Client;

    #[inline]
    fn deref(&self) -> &S::Client {
        S::client(self)
    }
}

impl<S: ?Sized> AsPid for ServerRef<S> {
    fn as_pid(&self) -> Pid {
        self.pid
    }
}

// By hand, because a derive would ask them of `S`.
impl<S: ?Sized> Clone for ServerRef<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: ?Sized> Copy for ServerRef<S> {}

impl<S: ?Sized> PartialEq for ServerRef<S> {
    fn eq(&self, other: &Self) -> bool {
        self.pid == other.pid
    }
}

impl<S: ?Sized> Eq for ServerRef<S> {}

impl<S: ?Sized> Hash for ServerRef<S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pid.hash(state);
    }
}

impl<S: ?Sized> fmt::Debug for ServerRef<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerRef({})", self.pid)
    }
}

impl<S: HandleInfo<M>, M: Send + 'static> Accepts<M> for ServerRef<S> {
    fn accept(&self, message: M) {
        inform::<S, M>(self.pid, message);
    }

    fn accept_later(&self, message: M) -> Delivery {
        Delivery::push(self.pid.local(), plain::<S, M>(message))
    }
}

/// A plain message for a server.
fn plain<S: HandleInfo<M>, M: Send + 'static>(message: M) -> Envelope {
    Envelope::addressed(Info::<S, M> {
        message,
        to: PhantomData,
    })
}

/// Sends a plain message to a server.
pub(super) fn inform<S: HandleInfo<M>, M: Send + 'static>(to: Pid, message: M) {
    send::message(to.local(), plain::<S, M>(message));
}

impl Pid {
    /// The process of this pid as a server of type `S`. `None` if it is dead, or something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// # use regrow::{answer::Init, server::{Context, GenServer, Start, Step}};
    /// # struct Clock;
    /// # impl GenServer for Clock {
    /// #     type Args = ();
    /// #     fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Clock) }
    /// # }
    /// # struct Counter;
    /// # impl GenServer for Counter {
    /// #     type Args = ();
    /// #     fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> { Init::ok(Counter) }
    /// # }
    ///
    /// let counter = Start::<Counter>::new(()).await?;
    /// assert_eq!(counter.pid().as_server::<Counter>(), Some(counter));
    /// assert_eq!(counter.pid().as_server::<Clock>(), None);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn as_server<S: GenServer>(self) -> Option<ServerRef<S>> {
        let sight = crate::cell::sight(self.local(), &crossbeam_epoch::pin())?;
        (sight.table.identity == std::any::TypeId::of::<To<S>>()).then(|| ServerRef::of(self))
    }
}
