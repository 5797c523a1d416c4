//! Why a call failed.

use std::error::Error;
use std::fmt;

use crate::process::{ExitReason, Pid};

/// Why a call failed.
///
/// `E` is the server's own error, of a handler that gives `Result<T, E>`; calls to others have none,
/// which is [`Never`]. A `CallError` becomes a `CallError<E>` by `?`, so a function that makes both
/// kinds of call gives the second.
///
/// | | was the request carried out? |
/// |---|---|
/// | [`Timeout`](CallError::Timeout) | if its handler had begun, it goes on to its end; otherwise never |
/// | [`Exited`](CallError::Exited), [`NoReply`](CallError::NoReply) | perhaps, or a part of it |
/// | [`NoProcess`](CallError::NoProcess), [`Cycle`](CallError::Cycle), [`Overloaded`](CallError::Overloaded), [`OtherServer`](CallError::OtherServer) | no |
/// | [`Reply`](CallError::Reply) | this is the answer |
///
/// # In OTP
///
/// The reasons with which `gen_server:call` exits. Here they are values, and the caller lives on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallError<E = Never> {
    /// The time was up. If the handler had not begun by then, it never does.
    Timeout,
    /// There is no such process: it had ended before the call, or nobody has the name.
    NoProcess,
    /// The server ended without a reply, for this reason.
    Exited(ExitReason),
    /// The server dropped the request's [`ReplyTo`](super::ReplyTo), or the whole request, without
    /// a reply.
    NoReply,
    /// The process is no server of the type that the caller believed, and has dropped the request.
    /// A [`Name`](super::Name) or a key of a registry led to it, whose type is the word of whoever
    /// made it.
    OtherServer(Box<OtherServer>),
    /// The server is the caller itself, or waits for the caller in a handler of its own, directly or
    /// through others, and so all of them would wait for ever. These are those who wait for each
    /// other, the caller first. Of the calls in a longer cycle one fails, within some milliseconds.
    Cycle(Vec<Pid>),
    /// The server's mailbox is full, and refuses.
    Overloaded,
    /// What the server itself calls an error. It lives on.
    Reply(E),
}

/// A process was called as a server of another type than it is; see
/// [`CallError::OtherServer`].
///
/// # In OTP
///
/// Nothing: there any server takes any request, and one that has no clause for it crashes.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::call::CallError;
/// use regrow::prelude::*;
///
/// struct Counter(u64);
///
/// #[gen_server]
/// impl Counter {
///     #[init] fn new(start: u64) -> Self { Counter(start) }
///     #[call] fn get(&self) -> u64 { self.0 }
/// }
///
/// struct Clock;
///
/// #[gen_server]
/// impl Clock {
///     #[init] fn new() -> Self { Clock }
/// }
///
/// Clock::start_link().name("counter").await?;
/// let counter: Name<Counter> = Name::new("counter");
/// let Err(CallError::OtherServer(types)) = counter.get().await else {
///     panic!("the name is a clock's")
/// };
/// assert!(types.wanted.ends_with("Counter") && types.found.ends_with("Clock"));
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherServer {
    /// The type of server that the caller believed it to be.
    pub wanted: &'static str,
    /// What it is: a type of server, or the code that a process written by hand runs.
    pub found: &'static str,
}

impl fmt::Display for OtherServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OtherServer { wanted, found } = self;
        write!(
            f,
            "a {found} was called as a {wanted}: check the type of the name or key that led to it"
        )
    }
}

/// The error of a call that has none of its own. There is no value of it.
///
/// A type of ours, because it must not be an [`Error`]: that is what lets
/// `CallError` convert into every other `CallError<E>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl CallError {
    /// The same error of a call that could also have failed with an `E`. This is what `?` does, for
    /// an `E` that is an [`Error`].
    pub fn widen<E>(self) -> CallError<E> {
        match self {
            CallError::Timeout => CallError::Timeout,
            CallError::NoProcess => CallError::NoProcess,
            CallError::Exited(reason) => CallError::Exited(reason),
            CallError::NoReply => CallError::NoReply,
            CallError::OtherServer(types) => CallError::OtherServer(types),
            CallError::Cycle(path) => CallError::Cycle(path),
            CallError::Overloaded => CallError::Overloaded,
            CallError::Reply(never) => match never {},
        }
    }
}

impl<E> CallError<E> {
    /// Whether this is [`CallError::Timeout`].
    pub fn is_timeout(&self) -> bool {
        matches!(self, CallError::Timeout)
    }

    /// Whether this is [`CallError::NoProcess`].
    pub fn is_no_process(&self) -> bool {
        matches!(self, CallError::NoProcess)
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Timeout => f.write_str("no reply in time"),
            CallError::NoProcess => f.write_str("no such process"),
            CallError::Exited(reason) => write!(f, "the server exited: {reason}"),
            CallError::NoReply => f.write_str("the server dropped the request without a reply"),
            CallError::OtherServer(types) => write!(f, "{types}"),
            CallError::Cycle(path) => {
                f.write_str("a cycle of calls: ")?;
                for pid in path {
                    write!(f, "{pid} -> ")?;
                }
                match path.first() {
                    Some(first) => write!(f, "{first}"),
                    None => Ok(()),
                }
            }
            CallError::Overloaded => f.write_str("the server's mailbox is full"),
            CallError::Reply(error) => write!(f, "{error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for CallError<E> {}

impl<E: Error> From<CallError> for CallError<E> {
    fn from(error: CallError) -> Self {
        error.widen()
    }
}
