//! What comes of a child's start, whoever asked for it.

use std::any::Any;
use std::fmt;

use regrow_runtime::gen_server::{ServerRef, StartError};
use regrow_runtime::process::{AsPid, ExitReason, Pid, ProcessRef};

/// A child that was started.
///
/// `R` is what leads to it: a [`ServerRef`] where the child's type is known, and a [`Pid`] otherwise.
/// Two are equal if they are the same process, or both of none.
///
/// # In OTP
///
/// `{ok, Pid}`, `{ok, Pid, Info}`, and `{ok, undefined}` or `ignore`.
#[non_exhaustive]
pub enum StartedChild<R> {
    /// It runs.
    Started(R),
    /// It runs, and its [start function](crate::AnyChildSpec::from_fn) had something to say.
    StartedWith(R, Box<dyn Any + Send>),
    /// It found that there is nothing to run.
    Ignored,
}

impl<R> StartedChild<R> {
    /// What leads to the child, if it runs.
    pub fn running(self) -> Option<R> {
        match self {
            StartedChild::Started(child) | StartedChild::StartedWith(child, _) => Some(child),
            StartedChild::Ignored => None,
        }
    }

    /// The same with another way to the child.
    pub fn map<T>(self, way: impl FnOnce(R) -> T) -> StartedChild<T> {
        match self {
            StartedChild::Started(child) => StartedChild::Started(way(child)),
            StartedChild::StartedWith(child, info) => StartedChild::StartedWith(way(child), info),
            StartedChild::Ignored => StartedChild::Ignored,
        }
    }

    /// What leads to the child, if it runs.
    fn child(&self) -> Option<&R> {
        match self {
            StartedChild::Started(child) | StartedChild::StartedWith(child, _) => Some(child),
            StartedChild::Ignored => None,
        }
    }
}

impl StartedChild<Pid> {
    /// Which process the child is, if it runs.
    pub(crate) fn pid(&self) -> Option<Pid> {
        self.child().copied()
    }
}

/// A process is started once, so that the same process is the same start.
impl<R: PartialEq> PartialEq for StartedChild<R> {
    fn eq(&self, other: &StartedChild<R>) -> bool {
        self.child() == other.child()
    }
}

impl<R: Eq> Eq for StartedChild<R> {}

impl<R: fmt::Debug> fmt::Debug for StartedChild<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartedChild::Started(child) => f.debug_tuple("Started").field(child).finish(),
            StartedChild::StartedWith(child, _) => f
                .debug_tuple("StartedWith")
                .field(child)
                .finish_non_exhaustive(),
            StartedChild::Ignored => f.write_str("Ignored"),
        }
    }
}

/// What a [start function](crate::AnyChildSpec::from_fn) may give: what leads to a process, alone or
/// in a pair with something to say, a [`StartedChild`], or a `Result` of these.
#[diagnostic::on_unimplemented(
    message = "a start function cannot give `{Self}`",
    label = "this does not lead to a process",
    note = "give a `Pid`, `ServerRef`, `ProcessRef`, `StartedChild<Pid>`, a pair `(Pid, info)`, or a `Result` of one"
)]
pub trait IntoStarted {
    /// What it stands for.
    ///
    /// # Errors
    ///
    /// The start has failed.
    #[doc(hidden)]
    fn into_started(self) -> Result<StartedChild<Pid>, StartError>;
}

impl IntoStarted for Pid {
    fn into_started(self) -> Result<StartedChild<Pid>, StartError> {
        Ok(StartedChild::Started(self))
    }
}

impl<S> IntoStarted for ServerRef<S> {
    fn into_started(self) -> Result<StartedChild<Pid>, StartError> {
        Ok(StartedChild::Started(self.pid()))
    }
}

impl<M> IntoStarted for ProcessRef<M> {
    fn into_started(self) -> Result<StartedChild<Pid>, StartError> {
        Ok(StartedChild::Started(self.pid()))
    }
}

impl<R: AsPid, I: Any + Send> IntoStarted for (R, I) {
    fn into_started(self) -> Result<StartedChild<Pid>, StartError> {
        Ok(StartedChild::StartedWith(self.0.as_pid(), Box::new(self.1)))
    }
}

impl<R: AsPid> IntoStarted for StartedChild<R> {
    fn into_started(self) -> Result<StartedChild<Pid>, StartError> {
        Ok(self.map(|child| child.as_pid()))
    }
}

impl<T: IntoStarted, E: Into<ExitReason>> IntoStarted for Result<T, E> {
    fn into_started(self) -> Result<StartedChild<Pid>, StartError> {
        match self {
            Ok(started) => started.into_started(),
            Err(error) => Err(why(error.into())),
        }
    }
}

/// Why a start failed, of an error that may have been a [`StartError`] before `?` made a reason of it.
fn why(reason: ExitReason) -> StartError {
    if let ExitReason::Error(error) = &reason
        && let Some(error) = error.downcast_ref::<StartError>()
    {
        return error.clone();
    }
    StartError::Failed(reason)
}
