//! Outcomes of handlers: [`Init`], [`Next`], [`Reply`], and what converts into them.
//!
//! Each says what the server does, and may add for how long it then waits for a message before its
//! idle timeout. Handlers written with the attributes may give plain values instead; the traits
//! here are how: their impls cannot overlap, so no type has two meanings.

use std::time::Duration;

use crate::process::ExitReason;

/// What a server does when it waits for the next message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wait {
    /// How long, before [`handle_timeout`](super::GenServer::handle_timeout).
    pub(super) idle: Option<Duration>,
    pub(super) hibernate: bool,
}

/// What a server does after a handler that nobody waits for.
///
/// # In OTP
///
/// `{noreply, State}` with its variants, and `{stop, Reason, State}`.
#[derive(Debug)]
#[must_use = "it is the handler's outcome"]
pub struct Next {
    pub(super) stop: Option<ExitReason>,
    pub(super) wait: Wait,
}

impl Next {
    /// Goes on with the next message.
    #[inline]
    pub fn proceed() -> Next {
        Next {
            stop: None,
            wait: Wait::default(),
        }
    }

    /// Ends the server with this reason, after [`terminate`](super::GenServer::terminate).
    pub fn stop(reason: ExitReason) -> Next {
        Next {
            stop: Some(reason),
            wait: Wait::default(),
        }
    }

    /// If no message comes for this long from now on,
    /// [`handle_timeout`](super::GenServer::handle_timeout) is called, once. Any message is in time,
    /// one that is dropped unread included. With zero it is called at once unless a message waits
    /// already. It takes the place of the server's own idle timeout, if that has one, this time.
    ///
    /// # In OTP
    ///
    /// The timeout in `{noreply, State, Timeout}`.
    pub fn idle_timeout(mut self, after: Duration) -> Next {
        self.wait.idle = Some(after);
        self
    }

    /// Gives memory back that the process kept for later, until the next message. An idle server
    /// keeps next to none, so this is seldom of use.
    ///
    /// # In OTP
    ///
    /// `hibernate`, which also collects garbage.
    pub fn hibernate(mut self) -> Next {
        self.wait.hibernate = true;
        self
    }
}

/// What a server does after a call's handler.
///
/// # In OTP
///
/// What `handle_call` returns.
#[derive(Debug)]
#[must_use = "it is the handler's outcome"]
pub struct Reply<T> {
    pub(super) value: Option<T>,
    pub(super) next: Next,
}

impl<T> Reply<T> {
    /// Replies. If the caller has got a reply through its [`ReplyTo`](super::ReplyTo) already, this
    /// one is dropped.
    ///
    /// # In OTP
    ///
    /// `{reply, Reply, State}`.
    #[inline]
    pub fn now(value: T) -> Reply<T> {
        Reply {
            value: Some(value),
            next: Next::proceed(),
        }
    }

    /// Does not reply now: whoever has the [`ReplyTo`](super::ReplyTo) does. If nobody has it any
    /// more, the call fails with [`CallError::NoReply`](super::CallError::NoReply).
    ///
    /// # In OTP
    ///
    /// `{noreply, State}`.
    pub fn later() -> Reply<T> {
        Reply {
            value: None,
            next: Next::proceed(),
        }
    }

    /// Ends the server with this reason. The caller, unless it has a reply, fails with
    /// [`CallError::Exited`](super::CallError::Exited).
    ///
    /// # In OTP
    ///
    /// `{stop, Reason, State}`.
    pub fn stop(reason: ExitReason) -> Reply<T> {
        Reply {
            value: None,
            next: Next::stop(reason),
        }
    }

    /// Ends the server with this reason and replies. The reply is sent after
    /// [`terminate`](super::GenServer::terminate), even if that panics, and before the server ends.
    ///
    /// # In OTP
    ///
    /// `{stop, Reason, Reply, State}`.
    pub fn stop_with(reason: ExitReason, value: T) -> Reply<T> {
        Reply {
            value: Some(value),
            next: Next::stop(reason),
        }
    }

    /// As [`Next::idle_timeout`].
    pub fn idle_timeout(mut self, after: Duration) -> Reply<T> {
        self.next = self.next.idle_timeout(after);
        self
    }

    /// As [`Next::hibernate`].
    pub fn hibernate(mut self) -> Reply<T> {
        self.next = self.next.hibernate();
        self
    }
}

/// What comes of a server's start.
///
/// # In OTP
///
/// What `init` returns.
#[derive(Debug)]
#[must_use = "it is the outcome of the start"]
pub struct Init<S> {
    pub(super) began: Began<S>,
    pub(super) wait: Wait,
}

/// See [`Init`].
#[derive(Debug)]
pub(super) enum Began<S> {
    Ok(S),
    Ignore,
    Stop(ExitReason),
    Error(ExitReason),
}

impl<S> Init<S> {
    fn of(began: Began<S>) -> Init<S> {
        Init {
            began,
            wait: Wait::default(),
        }
    }

    /// The server runs, with this state.
    ///
    /// # In OTP
    ///
    /// `{ok, State}`.
    #[inline]
    pub fn ok(state: S) -> Init<S> {
        Init::of(Began::Ok(state))
    }

    /// There is nothing to run. The process ends normally; whoever started it gets
    /// [`StartError::Ignored`](super::StartError::Ignored).
    ///
    /// # In OTP
    ///
    /// `ignore`.
    pub fn ignore() -> Init<S> {
        Init::of(Began::Ignore)
    }

    /// The start fails as a crash does: the process ends with this reason, which a process linked to
    /// it shares unless it traps exits.
    ///
    /// # In OTP
    ///
    /// `{stop, Reason}`.
    pub fn stop(reason: ExitReason) -> Init<S> {
        Init::of(Began::Stop(reason))
    }

    /// The start fails in a way that was to be expected: whoever started the server gets this
    /// reason, and the process ends normally, which harms nobody and is not reported.
    ///
    /// This is what an `Err` of an `#[init]` becomes.
    ///
    /// # In OTP
    ///
    /// `{error, Reason}`, since OTP 26.
    pub fn error(reason: ExitReason) -> Init<S> {
        Init::of(Began::Error(reason))
    }

    /// The state, if the server runs; otherwise why it does not, as the start of any other server.
    /// For a server whose start begins with another's.
    ///
    /// # Errors
    ///
    /// It is not [`Init::ok`].
    pub fn state<T>(self) -> Result<S, Init<T>> {
        Err(Init::of(match self.began {
            Began::Ok(state) => return Ok(state),
            Began::Ignore => Began::Ignore,
            Began::Stop(reason) => Began::Stop(reason),
            Began::Error(reason) => Began::Error(reason),
        }))
    }

    /// As [`Next::idle_timeout`].
    pub fn idle_timeout(mut self, after: Duration) -> Init<S> {
        self.wait.idle = Some(after);
        self
    }

    /// As [`Next::hibernate`].
    pub fn hibernate(mut self) -> Init<S> {
        self.wait.hibernate = true;
        self
    }
}

/// What an `#[init]` may give.
#[diagnostic::on_unimplemented(
    message = "`#[init]` cannot return `{Self}`: return `Self`, `Result<Self, E>` or `Init<Self>`",
    label = "this is not `{S}`"
)]
pub trait IntoInit<S> {
    /// What it stands for.
    #[doc(hidden)]
    fn into_init(self) -> Init<S>;
}

impl<S> IntoInit<S> for S {
    #[inline]
    fn into_init(self) -> Init<S> {
        Init::ok(self)
    }
}

impl<S> IntoInit<S> for Init<S> {
    #[inline]
    fn into_init(self) -> Init<S> {
        self
    }
}

impl<S, E: Into<ExitReason>> IntoInit<S> for Result<S, E> {
    fn into_init(self) -> Init<S> {
        self.map_or_else(|error| Init::error(error.into()), Init::ok)
    }
}

impl<S, E: Into<ExitReason>> IntoInit<S> for Result<Init<S>, E> {
    fn into_init(self) -> Init<S> {
        self.unwrap_or_else(|error| Init::error(error.into()))
    }
}

/// What a handler may give that nobody waits for.
#[diagnostic::on_unimplemented(
    message = "a handler that nobody waits for cannot return `{Self}`",
    label = "return `()` or `Next`: nobody waits for an error here"
)]
pub trait IntoNext {
    /// What it stands for.
    #[doc(hidden)]
    fn into_next(self) -> Next;
}

impl IntoNext for () {
    #[inline]
    fn into_next(self) -> Next {
        Next::proceed()
    }
}

impl IntoNext for Next {
    #[inline]
    fn into_next(self) -> Next {
        self
    }
}

/// What a `#[call]` may give whose reply is an `R`.
#[diagnostic::on_unimplemented(
    message = "`#[call]` replies with `{R}`, and cannot return `{Self}`",
    label = "return `{R}` or `Reply<{R}>`"
)]
pub trait IntoReply<R> {
    /// What it stands for.
    #[doc(hidden)]
    fn into_reply(self) -> Reply<R>;
}

impl<R> IntoReply<R> for R {
    #[inline]
    fn into_reply(self) -> Reply<R> {
        Reply::now(self)
    }
}

impl<R> IntoReply<R> for Reply<R> {
    #[inline]
    fn into_reply(self) -> Reply<R> {
        self
    }
}

/// The two types of a `Result`, however it is spelt.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is named like a `Result` and is none",
    note = "say what the reply is: `#[call(reply = …)]`"
)]
pub trait IsResult {
    /// Of the good case.
    type Ok;
    /// Of the bad one.
    type Err;
}

impl<T, E> IsResult for Result<T, E> {
    type Ok = T;
    type Err = E;
}
