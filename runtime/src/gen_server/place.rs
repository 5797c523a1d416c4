//! The place of a child in a supervisor, whoever is there now.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::reference::{Address, HasClient, Target, inform};
use super::server::HandleInfo;
use crate::cell::LocalPid;
use crate::process::{Accepts, AsPid, Delivery, Pid};

/// A supervisor's child, by its place.
///
/// Whichever process is there when a method is called is meant, so a `Child` outlives restarts.
/// While nobody is there, casts and messages are dropped and calls fail with
/// [`NoProcess`](super::CallError::NoProcess).
pub struct Child<S: ?Sized> {
    place: Place,
    server: PhantomData<fn() -> Box<S>>,
}

/// Who is at a place. A supervisor keeps it up to date; all clones are of one place.
#[derive(Clone, Default)]
pub struct Place(Arc<AtomicU64>);

/// No pid: live processes have a generation.
const NOBODY: u64 = 0;

impl Place {
    /// A place with nobody there.
    pub fn new() -> Place {
        Place::default()
    }

    /// Says who is there from now on.
    pub fn set(&self, process: Option<Pid>) {
        self.0
            .store(process.map_or(NOBODY, |pid| pid.local().to_bits()), SeqCst);
    }

    /// Who is there.
    pub fn get(&self) -> Option<Pid> {
        let bits = self.0.load(SeqCst);
        (bits != NOBODY).then(|| Pid::of(LocalPid::from_bits(bits)))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.get()).finish()
    }
}

impl<S: ?Sized> Child<S> {
    /// Whoever is at this place, for a server of type `S`.
    pub fn at(place: Place) -> Child<S> {
        Child {
            place,
            server: PhantomData,
        }
    }

    /// The process that is there now.
    pub fn pid(&self) -> Option<Pid> {
        self.place.get()
    }
}

/// Whoever is there; while nobody is, a pid that no process has.
impl<S: ?Sized> AsPid for Child<S> {
    fn as_pid(&self) -> Pid {
        self.place.get().unwrap_or_else(Pid::of_nobody)
    }
}

impl<S: ?Sized + 'static> Target<S> for Child<S> {
    fn address(&self) -> Address<S> {
        self.place.get().into()
    }
}

impl<S: HasClient> Deref for Child<S> {
    type Target = S::Client;

    #[inline]
    fn deref(&self) -> &S::Client {
        S::client(self)
    }
}

impl<S: HandleInfo<M>, M: Send + 'static> Accepts<M> for Child<S> {
    fn accept(&self, message: M) {
        if let Some(pid) = self.place.get() {
            inform::<S, M>(pid, message);
        }
    }

    fn accept_later(&self, message: M) -> Delivery {
        let child = self.clone();
        Delivery::find(move || child.accept(message))
    }
}

// By hand, because a derive would ask it of `S`.
impl<S: ?Sized> Clone for Child<S> {
    fn clone(&self) -> Self {
        Child::at(self.place.clone())
    }
}

impl<S: ?Sized> fmt::Debug for Child<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Child").field(&self.place.get()).finish()
    }
}
