//! Who a process is: its identity, and references that know what it takes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use crate::cell::LocalPid;

/// A process's identity. Never given to another process.
///
/// A pid is sixteen bytes and `Copy`: it holds no claim on its process, and costs nothing to keep,
/// to clone or to send. It prints like `<0.42.7>`: node, slot, and how often that slot was used.
///
/// # In OTP
///
/// A [pid](https://www.erlang.org/doc/system/data_types#pid).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid {
    local: LocalPid,
    /// The node that the process lives on; 0 is this one.
    node: u32,
    /// Which incarnation of that node.
    creation: u32,
}

const _: () = assert!(size_of::<Pid>() == 16);

impl Pid {
    pub(crate) fn of(local: LocalPid) -> Pid {
        Pid {
            local,
            node: 0,
            creation: 0,
        }
    }

    /// A pid that no process has: it prints as `<0.0.0>`, and is dead to whoever asks.
    #[doc(hidden)]
    pub fn of_nobody() -> Pid {
        Pid::of(LocalPid::from_bits(0))
    }

    pub(crate) fn local(self) -> LocalPid {
        self.local
    }

    /// A process of this node in one word, for tables of millions. See
    /// [`from_word`](Pid::from_word).
    #[doc(hidden)]
    pub fn to_word(self) -> u64 {
        debug_assert!(self.node == 0, "a word has no room for a node");
        self.local.to_bits()
    }

    /// The process of this node that [`to_word`](Pid::to_word) gave this word of.
    #[doc(hidden)]
    pub fn from_word(word: u64) -> Pid {
        Pid::of(LocalPid::from_bits(word))
    }

    /// The process of this pid as one that takes messages of type `M`. `None` if it is dead, or
    /// takes messages of another type.
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let echo = spawn(async |mut inbox: Inbox<String>| { inbox.receive().await; });
    /// assert_eq!(echo.pid().as_process::<String>(), Some(echo));
    /// assert_eq!(echo.pid().as_process::<u8>(), None);
    /// # });
    /// ```
    pub fn as_process<M: Send + 'static>(self) -> Option<ProcessRef<M>> {
        let sight = crate::cell::sight(self.local, &crossbeam_epoch::pin())?;
        (sight.table.identity == std::any::TypeId::of::<super::spawn::Takes<M>>())
            .then(|| ProcessRef::of(self))
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.local.to_bits();
        write!(f, "<{}.{}.{}>", self.node, bits as u32, bits >> 32)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A process that takes messages of type `M`.
///
/// As small and free as a [`Pid`]; dropping it does not end the process.
pub struct ProcessRef<M> {
    pid: Pid,
    takes: PhantomData<fn(M)>,
}

impl<M> ProcessRef<M> {
    pub(crate) fn of(pid: Pid) -> ProcessRef<M> {
        ProcessRef {
            pid,
            takes: PhantomData,
        }
    }

    /// The process's identity.
    pub fn pid(&self) -> Pid {
        self.pid
    }
}

impl<M> Clone for ProcessRef<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for ProcessRef<M> {}

impl<M> PartialEq for ProcessRef<M> {
    fn eq(&self, other: &Self) -> bool {
        self.pid == other.pid
    }
}

impl<M> Eq for ProcessRef<M> {}

impl<M> Hash for ProcessRef<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pid.hash(state);
    }
}

impl<M> fmt::Debug for ProcessRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProcessRef({})", self.pid)
    }
}

/// Whatever has a pid: a pid itself, references to processes and servers, a child's place in a
/// supervisor, a registry's key. Names are not among them: what takes a name says so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no process",
    label = "neither a pid nor a reference to one process",
    note = "a name is looked up with `whereis`"
)]
pub trait AsPid {
    /// The process's identity.
    fn as_pid(&self) -> Pid;
}

impl AsPid for Pid {
    fn as_pid(&self) -> Pid {
        *self
    }
}

impl<M> AsPid for ProcessRef<M> {
    fn as_pid(&self) -> Pid {
        self.pid
    }
}

impl<T: AsPid + ?Sized> AsPid for &T {
    fn as_pid(&self) -> Pid {
        (**self).as_pid()
    }
}
