//! The traits that a server is made of: [`GenServer`] for its life, and one for each kind of message.
//!
//! `#[gen_server]` writes impls of these; they can as well be written by hand. There is one message
//! type for each handler and one trait for each kind, `HandleCall<M>` and so on, so a server may
//! have hundreds of messages, generic ones among them, without an enum that holds them all.

use std::fmt;
use std::time::Duration;

use super::answer::{Init, Next, Reply};
use super::child::{Restart, Shutdown};
use super::context::Context;
use super::reply_to::ReplyTo;
use super::step::Step;
use crate::process::{Down, Exit, ExitReason, MailboxPolicy};

/// A server: state that one process keeps and changes, message by message.
///
/// What is not written here has a default that does what OTP does. Every handler may be a plain
/// function or give a future; see [`Step`]. While a future is not ready the server takes no other
/// message, but an exit signal still ends it there, unless it traps exits.
///
/// A handler that panics ends the server: [`terminate`](GenServer::terminate) runs, with the state
/// as the handler left it, and the reason is [`ExitReason::Panic`].
///
/// # In OTP
///
/// The behaviour [`gen_server`](https://www.erlang.org/doc/apps/stdlib/gen_server).
///
/// # Examples
///
/// ```
/// use regrow::answer::{Init, Next, Reply, ReplyTo};
/// use regrow::server::{Context, GenServer, HandleCall, HandleCast, Start, Step, call, cast};
///
/// struct Counter {
///     value: i64,
/// }
///
/// struct Add(i64);
/// struct Get;
///
/// impl GenServer for Counter {
///     type Args = i64;
///
///     fn init(value: i64, _: &mut Context<Self>) -> impl Step<Init<Self>> {
///         Init::ok(Counter { value })
///     }
/// }
///
/// impl HandleCast<Add> for Counter {
///     fn handle_cast(&mut self, Add(by): Add, _: &mut Context<Self>) -> impl Step<Next> {
///         self.value += by;
///         Next::proceed()
///     }
/// }
///
/// impl HandleCall<Get> for Counter {
///     type Reply = i64;
///
///     fn handle_call(
///         &mut self,
///         _: Get,
///         _: ReplyTo<i64>,
///         _: &mut Context<Self>,
///     ) -> impl Step<Reply<i64>> {
///         Reply::now(self.value)
///     }
/// }
///
/// # regrow::Runtime::simulated(1).run(async {
/// let counter = Start::<Counter>::new(40).link().await?;
/// cast(counter, Add(2));
/// assert_eq!(call(counter, Get).await?, 42);
/// # Ok::<(), regrow::ExitReason>(())
/// # }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a server",
    label = "this needs `#[gen_server]` on an `impl {Self}`, or `impl GenServer for {Self}`"
)]
pub trait GenServer: Sized + Send + 'static {
    /// What [`init`](GenServer::init) is given.
    type Args: Send + 'static;

    /// Whether the server traps exits from the start: whether exit signals, of the processes that it
    /// is linked to above all, come to [`handle_exit`](GenServer::handle_exit) instead of ending it,
    /// and [`terminate`](GenServer::terminate) runs when its parent ends it. Default: it does not.
    const TRAP_EXIT: bool = false;

    /// When a supervisor starts the server again. Default: always.
    const RESTART: Restart = Restart::Permanent;

    /// How a supervisor stops the server. Default: by asking, with five seconds to comply.
    const SHUTDOWN: Shutdown = Shutdown::After(Duration::from_secs(5));

    /// How long the server waits for a message each time before
    /// [`handle_timeout`](GenServer::handle_timeout) is called. Default: as long as it takes. On a real
    /// clock, a second and more may be up to 50 ms longer.
    const IDLE_TIMEOUT: Option<Duration> = None;

    /// After how long without a message the server gives back memory that the process kept for later,
    /// as with [`Next::hibernate`]. Not while an idle timeout runs. Default: it does not.
    ///
    /// # In OTP
    ///
    /// The option `hibernate_after` of a start.
    const HIBERNATE_AFTER: Option<Duration> = None;

    /// How many messages may wait for the server, and what a full mailbox does. Default: as many as
    /// come. See [`Start::mailbox_limit`](super::Start::mailbox_limit), which takes precedence.
    const MAILBOX: Option<(usize, MailboxPolicy)> = None;

    /// Makes the state. Runs in the new process; whoever starts the server waits for it.
    ///
    /// # In OTP
    ///
    /// [`init/1`](https://www.erlang.org/doc/apps/stdlib/gen_server#c:init/1).
    fn init(args: Self::Args, cx: &mut Context<Self>) -> impl Step<Init<Self>>;

    /// No message has come for as long as the idle timeout says.
    ///
    /// # In OTP
    ///
    /// `handle_info(timeout, State)`.
    #[expect(
        unused_variables,
        reason = "the names are for those who write their own"
    )]
    fn handle_timeout(&mut self, cx: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }

    /// A monitor of the server's has brought the notice of an end.
    ///
    /// # In OTP
    ///
    /// `handle_info({'DOWN', …}, State)`.
    #[expect(
        unused_variables,
        reason = "the names are for those who write their own"
    )]
    fn handle_down(&mut self, down: Down, cx: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }

    /// An exit signal came, and the server traps exits. One of its parent's, who started it and
    /// linked to it, does not come here: the server ends with its reason. By default it does so for
    /// any.
    ///
    /// # In OTP
    ///
    /// `handle_info({'EXIT', From, Reason}, State)`.
    #[expect(
        unused_variables,
        reason = "the names are for those who write their own"
    )]
    fn handle_exit(&mut self, exit: Exit, cx: &mut Context<Self>) -> impl Step<Next> {
        Next::stop(exit.reason)
    }

    /// The server is about to end and may put things in order.
    ///
    /// It runs when a handler gives a stop or panics, when somebody calls [`stop`](super::stop), and
    /// when the parent ends a server that traps exits. It does not run when the server is killed, is
    /// ended by an exit signal that it does not trap, or has failed to start. What it gives is not
    /// looked at; if it panics, that becomes the reason.
    ///
    /// # In OTP
    ///
    /// [`terminate/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#c:terminate/2). There it
    /// sees, after a crash, the state from before the handler that crashed.
    #[expect(
        unused_variables,
        reason = "the names are for those who write their own"
    )]
    fn terminate(&mut self, reason: &ExitReason, cx: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }

    /// Writes the state for those who [look at the server](super::sys::get_status): without what is
    /// secret, or long. Default: the name of its type, and nothing of what is in it.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    ///
    /// # In OTP
    ///
    /// [`format_status/1`](https://www.erlang.org/doc/apps/stdlib/gen_server#c:format_status/1). There
    /// the default shows all of the state.
    fn format_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// A server that answers calls of type `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle calls of type `{M}`",
    label = "no `HandleCall<{M}>` for `{Self}`"
)]
pub trait HandleCall<M>: GenServer {
    /// What the caller gets.
    type Reply: Send + 'static;

    /// Answers a call. The handler gives the reply, or keeps `from` and lets somebody reply later.
    ///
    /// # In OTP
    ///
    /// [`handle_call/3`](https://www.erlang.org/doc/apps/stdlib/gen_server#c:handle_call/3).
    fn handle_call(
        &mut self,
        message: M,
        from: ReplyTo<Self::Reply>,
        cx: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>>;
}

/// A server that takes casts of type `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle casts of type `{M}`",
    label = "no `HandleCast<{M}>` for `{Self}`"
)]
pub trait HandleCast<M>: GenServer {
    /// Handles a cast.
    ///
    /// # In OTP
    ///
    /// [`handle_cast/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#c:handle_cast/2).
    fn handle_cast(&mut self, message: M, cx: &mut Context<Self>) -> impl Step<Next>;
}

/// A server that takes plain messages of type `M`, sent with [`send`](crate::process::send).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle `{M}`",
    label = "no `#[info]` handler of `{Self}` takes `{M}`"
)]
pub trait HandleInfo<M>: GenServer {
    /// Handles a plain message.
    ///
    /// # In OTP
    ///
    /// [`handle_info/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#c:handle_info/2).
    fn handle_info(&mut self, message: M, cx: &mut Context<Self>) -> impl Step<Next>;
}

/// A server that can ask itself to go on with an `M`, by [`Context::continue_with`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[handle_continue]` for `{M}`",
    label = "no `HandleContinue<{M}>` for `{Self}`"
)]
pub trait HandleContinue<M>: GenServer {
    /// Goes on with what a handler has asked for, before any message.
    ///
    /// # In OTP
    ///
    /// [`handle_continue/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#c:handle_continue/2).
    fn handle_continue(&mut self, message: M, cx: &mut Context<Self>) -> impl Step<Next>;
}
