//! System messages: looking into a live server, and holding it.
//!
//! A system message goes among the others, in order, however full the mailbox is, and is handled by
//! the server's loop and not by a handler of its own. So every server takes them. They are calls:
//! they have a limit, and fail as calls do.
//!
//! A server that is [suspended](suspend) handles system messages only, wherever they are in its
//! mailbox; its other messages wait. What ends a server ends it all the same: its parent's exit,
//! [`stop`](super::stop()), and exit signals that it does not trap.
//!
//! # In OTP
//!
//! The module [`sys`](https://www.erlang.org/doc/apps/stdlib/sys). What it does with the terms of a
//! state is here done with its type.
//!
//! # Examples
//!
//! ```
//! # regrow::Runtime::simulated(1).run(async {
//! use regrow::prelude::*;
//! use regrow::sys;
//!
//! #[derive(Clone)]
//! struct Counter { value: i64 }
//!
//! #[gen_server]
//! impl Counter {
//!     #[init] fn new(value: i64) -> Self { Counter { value } }
//!     #[call] fn get(&self) -> i64 { self.value }
//! }
//!
//! let counter = Counter::start_link(40).await?;
//! assert_eq!(sys::get_state(counter).await.unwrap().value, 40);
//! sys::suspend(counter).await?;
//! let asked = counter.get().request();
//! sys::replace_state(counter, |counter| Counter { value: counter.value + 2 }).await.unwrap();
//! sys::resume(counter).await?;
//! assert_eq!(asked.await?, 42);
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```

use std::error::Error;
use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;

use super::agenda;
use super::call::{Call, call_by};
use super::debug::{self, Tracer};
pub use super::debug::{Event, Statistics, TraceId};
use super::message::To;
use super::reference::Target;
use super::reply_to::Undelivered;
use super::server::GenServer;
use crate::cell::{BodySlot, Deliver, Envelope, Handler, Running, Started, State};
use crate::process::signal::{Ask, Signal};
use crate::process::{ExitReason, Pid, catch_exit, link, mailbox, step};

/// A system message: what it does with the server's state in its place.
pub(super) struct System<S>(Box<Does<S>>);

/// Does something with a server in its loop.
type Does<S> = dyn FnOnce(&mut BodySlot<'_, State<S>>) + Send;

impl<S: GenServer> Deliver for System<S> {
    type To = To<S>;

    fn deliver(self, body: &mut BodySlot<'_, State<S>>) {
        (self.0)(body);
    }
}

/// A system message on its way.
struct Sent<S>(System<S>);

impl<S: GenServer> Ask for Sent<S> {
    /// It goes among the messages, in order, however full the mailbox is.
    fn answer(self: Box<Self>, of: Option<Running<'_>>) {
        if let Some(running) = of {
            mailbox::deliver_uncounted(running, Envelope::addressed(self.0), false);
        }
    }
}

/// Has a server do something in its loop.
fn ask<S, R>(
    server: &impl Target<S>,
    does: impl FnOnce(&mut BodySlot<'_, State<S>>) -> R + Send + 'static,
) -> Call<R>
where
    S: GenServer,
    R: Send + 'static,
{
    call_by(server.address(), |answer: Undelivered<R>| {
        let system = System::<S>(Box::new(move |body| {
            if !answer.is_unwanted() {
                let value = does(body);
                answer.answer(value);
            }
        }));
        Envelope::signal(Signal::Ask(Box::new(Sent(system))))
    })
}

/// Does something with the state, as a handler.
struct WithState<F>(F);

impl<S, F: FnOnce(&mut S)> Handler<S> for WithState<F> {
    fn start(self, state: &mut S) -> Started<'_> {
        (self.0)(state);
        Started::Done
    }
}

/// Has a server do something with its state. A panic is caught, and the server goes on.
pub(crate) fn ask_state<S, R>(
    server: &impl Target<S>,
    does: impl FnOnce(&mut S) -> R + Send + 'static,
) -> Call<R, CallbackFailed>
where
    S: GenServer,
    R: Send + 'static,
{
    let asked = ask(server, move |body| {
        let mut result = None;
        let slot = &mut result;
        let done = body.start(WithState(move |state: &mut S| {
            *slot = Some(catch_exit(|| does(state)));
        }));
        debug_assert!(done.is_ready(), "it waits for nothing");
        let result = result.unwrap_or_else(|| unreachable!("it was called"));
        result.map_err(CallbackFailed)
    });
    asked.flatten()
}

/// The function that was to look at a server's state, or change it, has panicked. The state is what
/// it was before, and the server goes on.
///
/// # In OTP
///
/// `{callback_failed, …}`.
#[derive(Debug, Clone, PartialEq)]
pub struct CallbackFailed(ExitReason);

impl CallbackFailed {
    /// What it panicked with.
    pub fn reason(&self) -> &ExitReason {
        &self.0
    }
}

impl fmt::Display for CallbackFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the function failed: {}", self.0)
    }
}

impl Error for CallbackFailed {}

/// A copy of a server's state.
///
/// # In OTP
///
/// [`sys:get_state/1`](https://www.erlang.org/doc/apps/stdlib/sys#get_state/1).
pub fn get_state<S: GenServer + Clone>(server: impl Target<S>) -> Call<S, CallbackFailed> {
    ask_state(&server, |state: &mut S| state.clone())
}

/// Looks at a server's state, in the server, and gives what is found.
///
/// For a state that cannot be copied, or of which little is wanted. While the function looks, the
/// server does nothing else.
pub fn look_at_state<S, R>(
    server: impl Target<S>,
    look: impl FnOnce(&S) -> R + Send + 'static,
) -> Call<R, CallbackFailed>
where
    S: GenServer,
    R: Send + 'static,
{
    ask_state(&server, move |state: &mut S| look(state))
}

/// Puts another state in the place of a server's, made from the one that it has. For debugging.
///
/// If the function panics, the state stays what it is.
///
/// # In OTP
///
/// [`sys:replace_state/2`](https://www.erlang.org/doc/apps/stdlib/sys#replace_state/2).
pub fn replace_state<S: GenServer>(
    server: impl Target<S>,
    replace: impl FnOnce(&S) -> S + Send + 'static,
) -> Call<(), CallbackFailed> {
    ask_state(&server, move |state: &mut S| {
        let new = replace(state);
        *state = new;
    })
}

/// Suspends a server: until it is [resumed](resume) it handles no messages but system messages.
/// To suspend one twice is to suspend it once.
///
/// # In OTP
///
/// [`sys:suspend/1`](https://www.erlang.org/doc/apps/stdlib/sys#suspend/1).
pub fn suspend<S: GenServer>(server: impl Target<S>) -> Call<()> {
    ask(&server, |_| {
        step::current(|running| agenda::set_suspended(running, true));
    })
}

/// Lets a server go on: what has come meanwhile is handled in order.
///
/// # In OTP
///
/// [`sys:resume/1`](https://www.erlang.org/doc/apps/stdlib/sys#resume/1).
pub fn resume<S: GenServer>(server: impl Target<S>) -> Call<()> {
    ask(&server, |_| {
        step::current(|running| agenda::set_suspended(running, false));
    })
}

/// Has a server count what it does from now on, from zero, or no more.
///
/// # In OTP
///
/// `sys:statistics(Name, true)` and `false`.
pub fn set_statistics<S: GenServer>(server: impl Target<S>, on: bool) -> Call<()> {
    ask(&server, move |_| debug::count(on))
}

/// What a server has counted. `None`: it was not asked to.
///
/// # In OTP
///
/// `sys:statistics(Name, get)`.
pub fn statistics<S: GenServer>(server: impl Target<S>) -> Call<Option<Statistics>> {
    ask(&server, |_| debug::counted())
}

/// Has a server keep the last events from now on, so many of them; with zero none any more.
///
/// # In OTP
///
/// `sys:log(Name, {true, N})` and `false`. There it is ten unless it is said.
pub fn keep_log<S: GenServer>(server: impl Target<S>, most: usize) -> Call<()> {
    ask(&server, move |_| debug::keep_log(most))
}

/// The last events of a server, the oldest first, if it was asked to [keep](keep_log) them.
///
/// # In OTP
///
/// `sys:log(Name, get)`; what `print` prints is their [`Display`](fmt::Display).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// # use regrow::prelude::*;
/// # struct Counter { value: i64 }
/// # #[gen_server]
/// # impl Counter {
/// #     #[init] fn new(value: i64) -> Self { Counter { value } }
/// #     #[call] fn get(&self) -> i64 { self.value }
/// # }
/// use regrow::sys;
///
/// let counter = Counter::start_link(40).await?;
/// sys::keep_log(counter, 10).await?;
/// counter.get().await?;
/// let events = sys::log(counter).await?;
/// assert_eq!(events.last().unwrap().to_string(), "replied i64");
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub fn log<S: GenServer>(server: impl Target<S>) -> Call<Vec<Event>> {
    ask(&server, |_| debug::log())
}

/// Has a server write a line for each event from now on, until that fails or it is
/// [taken out](untrace). It holds the server up for as long as the writing takes.
///
/// # In OTP
///
/// `sys:log_to_file/2`, to anything that can be written to.
pub fn log_to<S: GenServer>(
    server: impl Target<S>,
    mut writer: impl Write + Send + 'static,
) -> Call<TraceId> {
    trace(server, move |event| match writeln!(writer, "{event}") {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    })
}

/// Traces one live server: from now on it calls this function with everything that happens, in the
/// server, until the function breaks off, panics, or is [taken out](untrace). It holds the server up
/// for as long as it takes.
///
/// # In OTP
///
/// [`sys:install/2`](https://www.erlang.org/doc/apps/stdlib/sys#install/2), of which `sys:trace/2` is
/// a special case.
pub fn trace<S: GenServer>(
    server: impl Target<S>,
    tracer: impl FnMut(&Event) -> ControlFlow<()> + Send + 'static,
) -> Call<TraceId> {
    let tracer: Tracer = Box::new(tracer);
    ask(&server, move |_| debug::add(tracer))
}

/// Does not trace a server any more by this function. `false`: it was not traced by it.
///
/// # In OTP
///
/// [`sys:remove/2`](https://www.erlang.org/doc/apps/stdlib/sys#remove/2).
pub fn untrace<S: GenServer>(server: impl Target<S>, id: TraceId) -> Call<bool> {
    ask(&server, move |_| debug::remove(id))
}

/// Neither counts nor keeps what a server does, nor traces it any more.
///
/// # In OTP
///
/// [`sys:no_debug/1`](https://www.erlang.org/doc/apps/stdlib/sys#no_debug/1).
pub fn no_debug<S: GenServer>(server: impl Target<S>) -> Call<()> {
    ask(&server, |_| debug::clear())
}

/// What a server is doing, and its state as it shows it.
///
/// # In OTP
///
/// What `sys:get_status/1` gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// The process.
    pub pid: Pid,
    /// Who started it and linked to it.
    pub parent: Option<Pid>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Messages that wait in its mailbox.
    pub message_queue_len: usize,
    /// Its state, as [`GenServer::format_status`] shows it.
    pub state: String,
}

/// Asks a server how it is. Its state is shown by [`GenServer::format_status`], which may leave out
/// what is secret.
///
/// # In OTP
///
/// [`sys:get_status/1`](https://www.erlang.org/doc/apps/stdlib/sys#get_status/1).
pub fn get_status<S: GenServer>(server: impl Target<S>) -> Call<Status, CallbackFailed> {
    ask_state(&server, |state: &mut S| {
        let state = Formatted(state).to_string();
        step::current(|running| Status {
            pid: Pid::of(running.pid()),
            parent: link::parent(running).map(Pid::of),
            suspended: agenda::is_suspended(running),
            message_queue_len: mailbox::len(running),
            state,
        })
    })
}

/// A state as it shows itself.
struct Formatted<'a, S>(&'a S);

impl<S: GenServer> fmt::Display for Formatted<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format_status(f)
    }
}
