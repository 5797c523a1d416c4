//! Why a process ended.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a process ended, or is asked to end.
///
/// A reason is data, not an error: it travels over links and monitors, and cloning one costs an
/// atomic increment at most. [`Normal`](ExitReason::Normal), [`Shutdown`](ExitReason::Shutdown) and
/// [`ShutdownWith`](ExitReason::ShutdownWith) are expected ends; every other one is a *crash*, which
/// is reported on the log.
///
/// Any error converts into a reason, so that `?` ends a process with it:
///
/// ```
/// use regrow::ExitReason;
///
/// fn parse(text: &str) -> Result<u8, ExitReason> {
///     Ok(text.parse::<u8>()?)
/// }
/// assert!(parse("7").is_ok());
/// assert!(parse("seven").unwrap_err().is_crash());
/// ```
///
/// # In OTP
///
/// The exit reason of [`exit/1`](https://www.erlang.org/doc/apps/erts/erlang#exit/1) and
/// [`exit/2`](https://www.erlang.org/doc/apps/erts/erlang#exit/2), which may be any term; here
/// [`ExitReason::term`] makes one of any value. A panic stands for a raised error.
#[derive(Clone)]
#[non_exhaustive]
pub enum ExitReason {
    /// The process has done what it was there for. Linked processes are not affected.
    Normal,
    /// The process was asked to end, as part of an orderly shutdown.
    Shutdown,
    /// As [`Shutdown`](ExitReason::Shutdown), with something to say.
    ShutdownWith(Term),
    /// The reason of a kill. As an exit signal sent by [`exit`](crate::process::exit) it cannot be
    /// trapped; as the reason that a process itself ended with it is like any other.
    Kill,
    /// The process was killed.
    Killed,
    /// There was no such process.
    NoProc,
    /// The process panicked.
    Panic(PanicInfo),
    /// The process ended with an error.
    Error(Arc<Box<dyn Error + Send + Sync>>),
    /// A reason of the program's own.
    Term(Term),
}

/// A value of the program's own: in an [`ExitReason`], or as the tag of a monitor.
#[derive(Clone)]
pub struct Term(Arc<Box<dyn Value>>);

/// What a panicking process said, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct PanicInfo(Arc<PanicFacts>);

#[derive(PartialEq, Eq)]
struct PanicFacts {
    message: String,
    location: Option<String>,
}

/// A value that can be shown and compared without naming its type.
trait Value: Any + Send + Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn eq(&self, other: &dyn Any) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<T: Any + Send + Sync + fmt::Debug + PartialEq> Value for T {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn eq(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>().is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A bare word as a reason, shown without quotes.
#[derive(PartialEq, Eq)]
struct Atom(String);

impl fmt::Debug for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ExitReason {
    /// A reason of the program's own. Two are equal if the values are of one type and equal.
    ///
    /// ```
    /// use regrow::ExitReason;
    ///
    /// let reason = ExitReason::term(("disk", 7));
    /// assert_eq!(reason.downcast_ref::<(&str, i32)>(), Some(&("disk", 7)));
    /// assert_eq!(reason, ExitReason::term(("disk", 7)));
    /// ```
    pub fn term<T: Any + Send + Sync + fmt::Debug + PartialEq>(value: T) -> ExitReason {
        ExitReason::Term(Term::new(value))
    }

    /// A bare word as a reason: `ExitReason::atom("out_of_paper")`.
    pub fn atom(word: impl Into<String>) -> ExitReason {
        ExitReason::Term(Term::new(Atom(word.into())))
    }

    /// An orderly shutdown with something to say.
    ///
    /// # In OTP
    ///
    /// `{shutdown, Term}`.
    pub fn shutdown_with<T: Any + Send + Sync + fmt::Debug + PartialEq>(value: T) -> ExitReason {
        ExitReason::ShutdownWith(Term::new(value))
    }

    /// [`ExitReason::Kill`], as a function: `exit(pid, ExitReason::kill())`.
    pub fn kill() -> ExitReason {
        ExitReason::Kill
    }

    /// The value of [`ExitReason::term`] or [`ExitReason::shutdown_with`], if it is a `T`. For the
    /// error of [`ExitReason::Error`] there is the error's own `downcast_ref`.
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        match self {
            ExitReason::Term(term) | ExitReason::ShutdownWith(term) => term.downcast_ref(),
            _ => None,
        }
    }

    /// Whether this is [`ExitReason::Normal`].
    pub fn is_normal(&self) -> bool {
        matches!(self, ExitReason::Normal)
    }

    /// Whether this is a shutdown, with something to say or not.
    pub fn is_shutdown(&self) -> bool {
        matches!(self, ExitReason::Shutdown | ExitReason::ShutdownWith(_))
    }

    /// Whether this is neither normal nor a shutdown. Crashes are reported, and make a *transient*
    /// child start again.
    pub fn is_crash(&self) -> bool {
        !self.is_normal() && !self.is_shutdown()
    }

    /// Whether the two are copies of one reason, or of one kind without anything to say. Unlike `==`
    /// this runs no code of the program's.
    pub(crate) fn is_same(&self, other: &ExitReason) -> bool {
        match (self, other) {
            (ExitReason::ShutdownWith(a), ExitReason::ShutdownWith(b))
            | (ExitReason::Term(a), ExitReason::Term(b)) => Arc::ptr_eq(&a.0, &b.0),
            (ExitReason::Panic(a), ExitReason::Panic(b)) => Arc::ptr_eq(&a.0, &b.0),
            (ExitReason::Error(a), ExitReason::Error(b)) => Arc::ptr_eq(a, b),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    pub(crate) fn panic(message: String, location: Option<String>) -> ExitReason {
        ExitReason::Panic(PanicInfo(Arc::new(PanicFacts { message, location })))
    }
}

impl Term {
    pub(crate) fn new<T: Any + Send + Sync + fmt::Debug + PartialEq>(value: T) -> Term {
        Term(Arc::new(Box::new(value)))
    }

    /// The value, if it is a `T`.
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.as_ref().as_ref().as_any().downcast_ref()
    }
}

impl PanicInfo {
    /// What the panic said. A payload that is no text reads `Box<dyn Any>`.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it happened, as `file:line:column`, if that is known.
    pub fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }
}

impl PartialEq for ExitReason {
    fn eq(&self, other: &ExitReason) -> bool {
        match (self, other) {
            (ExitReason::ShutdownWith(a), ExitReason::ShutdownWith(b))
            | (ExitReason::Term(a), ExitReason::Term(b)) => a == b,
            (ExitReason::Panic(a), ExitReason::Panic(b)) => a == b,
            // Errors cannot be compared; the same text is as equal as they get.
            (ExitReason::Error(a), ExitReason::Error(b)) => {
                Arc::ptr_eq(a, b) || a.to_string() == b.to_string()
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Term) -> bool {
        self.0
            .as_ref()
            .as_ref()
            .eq(other.0.as_ref().as_ref().as_any())
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitReason::Normal => f.write_str("normal"),
            ExitReason::Shutdown => f.write_str("shutdown"),
            ExitReason::ShutdownWith(term) => write!(f, "shutdown: {term}"),
            ExitReason::Kill => f.write_str("kill"),
            ExitReason::Killed => f.write_str("killed"),
            ExitReason::NoProc => f.write_str("no such process"),
            ExitReason::Panic(info) => write!(f, "{info}"),
            ExitReason::Error(error) => write!(f, "{error}"),
            ExitReason::Term(term) => write!(f, "{term}"),
        }
    }
}

impl fmt::Debug for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitReason::Normal => f.write_str("Normal"),
            ExitReason::Shutdown => f.write_str("Shutdown"),
            ExitReason::ShutdownWith(term) => write!(f, "ShutdownWith({term:?})"),
            ExitReason::Kill => f.write_str("Kill"),
            ExitReason::Killed => f.write_str("Killed"),
            ExitReason::NoProc => f.write_str("NoProc"),
            ExitReason::Panic(info) => write!(f, "{info:?}"),
            ExitReason::Error(error) => write!(f, "Error({error:?})"),
            ExitReason::Term(term) => write!(f, "Term({term:?})"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PanicInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location() {
            Some(location) => write!(f, "panicked at {location}: {}", self.message()),
            None => write!(f, "panicked: {}", self.message()),
        }
    }
}

impl fmt::Debug for PanicInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic")
            .field("message", &self.0.message)
            .field("location", &self.0.location)
            .finish()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ExitReason {
    fn from(error: E) -> ExitReason {
        ExitReason::Error(Arc::new(Box::new(error)))
    }
}

/// An [`ExitReason`] on its way through code that wants an [`Error`].
#[derive(Debug)]
struct ReasonError(ExitReason);

impl fmt::Display for ReasonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for ReasonError {}

impl From<ExitReason> for Box<dyn Error + Send + Sync> {
    fn from(reason: ExitReason) -> Self {
        Box::new(ReasonError(reason))
    }
}

impl From<ExitReason> for Box<dyn Error> {
    fn from(reason: ExitReason) -> Self {
        Box::new(ReasonError(reason))
    }
}

/// What the body of a process may end with.
///
/// `()` is a normal end, an [`ExitReason`] is itself, and an `Err` is a crash with that error.
///
/// # In OTP
///
/// A process whose function returns ends normally, whatever it returned.
#[diagnostic::on_unimplemented(
    message = "a process cannot end with `{Self}`",
    label = "this is not a way to end",
    note = "end with `()`, `ExitReason` or `Result<_, E>` where `E` converts into `ExitReason`"
)]
pub trait IntoExit {
    /// The reason that it stands for.
    fn into_exit(self) -> ExitReason;
}

impl IntoExit for () {
    fn into_exit(self) -> ExitReason {
        ExitReason::Normal
    }
}

impl IntoExit for ExitReason {
    fn into_exit(self) -> ExitReason {
        self
    }
}

impl<T: IntoExit, E: Into<ExitReason>> IntoExit for Result<T, E> {
    fn into_exit(self) -> ExitReason {
        self.map_or_else(Into::into, IntoExit::into_exit)
    }
}

/// The type of a body that never ends, which stable Rust has no name for.
trait Output {
    type Of;
}

impl<T> Output for fn() -> T {
    type Of = T;
}

impl IntoExit for <fn() -> ! as Output>::Of {
    #[expect(private_interfaces, reason = "the type is `!`, however it is written")]
    fn into_exit(self) -> ExitReason {
        self
    }
}
