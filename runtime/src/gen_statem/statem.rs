//! The traits that a state machine is made of.

use std::fmt;
use std::time::Duration;

use super::event::{EventType, Way};
use super::machine::Machine;
use super::transition::{Enter, Initial, Transition};
use crate::gen_server::{Context, Next, ReplyTo, Restart, Shutdown, Step};
use crate::process::{Down, Exit, ExitReason, MailboxPolicy};

/// A state machine: data, and a state that decides what an event does.
///
/// The type that this is implemented for is the data. The machine itself, as a server, is
/// [`Machine<Self>`](Machine): that is what is started, referred to and supervised.
///
/// All that happens to a machine is an event of its one type [`Event`](GenStatem::Event): what is
/// cast or sent to it becomes one by [`Into`], a call by [`CallEvent`], and a timeout brings the one
/// that it was set with. The handler owns the event. It puts it off by giving it back, see
/// [`Transition::postpone`].
///
/// Every handler may be a plain function or give a future; see [`Step`]. One that panics ends the
/// machine as it ends a server.
///
/// # In OTP
///
/// The behaviour [`gen_statem`](https://www.erlang.org/doc/apps/stdlib/gen_statem) with the callback
/// mode `handle_event_function`.
///
/// # Examples
///
/// A door that opens for ten seconds when its code is typed. What is typed meanwhile is for later.
///
/// ```
/// use regrow::answer::ReplyTo;
/// use regrow::server::{Context, Start, Step, call, cast};
/// use regrow::statem::{CallEvent, EventType, GenStatem, Initial, Machine, Transition};
/// use regrow::time::{secs, sleep};
///
/// struct Door {
///     code: &'static str,
///     typed: String,
/// }
///
/// #[derive(PartialEq)]
/// enum Lock {
///     Locked,
///     Open,
/// }
///
/// enum Event {
///     Button(char),
///     Relock,
///     IsOpen(ReplyTo<bool>),
/// }
///
/// impl GenStatem for Door {
///     type Args = &'static str;
///     type State = Lock;
///     type Event = Event;
///
///     fn init(code: &'static str, _: &mut Context<Machine<Self>>) -> impl Step<Initial<Self>> {
///         let typed = String::new();
///         Initial::ok(Lock::Locked, Door { code, typed })
///     }
///
///     fn handle_event(
///         &mut self,
///         _: EventType,
///         event: Event,
///         state: &Lock,
///         _: &mut Context<Machine<Self>>,
///     ) -> impl Step<Transition<Self>> {
///         match (state, event) {
///             (Lock::Locked, Event::Button(digit)) => {
///                 self.typed.push(digit);
///                 if self.typed != self.code {
///                     return Transition::keep();
///                 }
///                 self.typed.clear();
///                 Transition::to(Lock::Open).state_timeout(secs(10), Event::Relock)
///             }
///             (Lock::Open, button @ Event::Button(_)) => Transition::keep().postpone(button),
///             (_, Event::Relock) => Transition::to(Lock::Locked),
///             (state, Event::IsOpen(from)) => {
///                 Transition::keep().reply(from, *state == Lock::Open)
///             }
///         }
///     }
/// }
///
/// struct IsOpen;
///
/// impl CallEvent<IsOpen> for Door {
///     type Reply = bool;
///
///     fn call_event(_: IsOpen, from: ReplyTo<bool>) -> Event {
///         Event::IsOpen(from)
///     }
/// }
///
/// # regrow::Runtime::simulated(1).run(async {
/// let door = Start::<Machine<Door>>::new("42").link().await?;
/// "42".chars().for_each(|digit| cast(door, Event::Button(digit)));
/// assert_eq!(call(door, IsOpen).await?, true);
/// sleep(secs(11)).await;
/// assert_eq!(call(door, IsOpen).await?, false);
/// # Ok::<(), regrow::ExitReason>(())
/// # }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the data of a state machine",
    label = "this needs `impl GenStatem for {Self}`"
)]
pub trait GenStatem: Sized + Send + 'static {
    /// What [`init`](GenStatem::init) is given.
    type Args: Send + 'static;

    /// What the machine can be in. A state that equals the one before is no change.
    type State: PartialEq + Send + Sync + 'static;

    /// What can happen.
    type Event: Send + 'static;

    /// Whether [`handle_enter`](GenStatem::handle_enter) is called. Default: it is not.
    ///
    /// # In OTP
    ///
    /// `state_enter` in what `callback_mode/0` returns.
    const STATE_ENTER: bool = false;

    /// As [`GenServer::TRAP_EXIT`](crate::gen_server::GenServer::TRAP_EXIT).
    const TRAP_EXIT: bool = false;

    /// As [`GenServer::RESTART`](crate::gen_server::GenServer::RESTART).
    const RESTART: Restart = Restart::Permanent;

    /// As [`GenServer::SHUTDOWN`](crate::gen_server::GenServer::SHUTDOWN).
    const SHUTDOWN: Shutdown = Shutdown::After(Duration::from_secs(5));

    /// As [`GenServer::HIBERNATE_AFTER`](crate::gen_server::GenServer::HIBERNATE_AFTER). Timeouts that
    /// run do not keep the machine from it.
    const HIBERNATE_AFTER: Option<Duration> = None;

    /// As [`GenServer::MAILBOX`](crate::gen_server::GenServer::MAILBOX).
    const MAILBOX: Option<(usize, MailboxPolicy)> = None;

    /// Makes the data and says which state is the first. Runs in the new process; whoever starts
    /// the machine waits for it.
    ///
    /// # In OTP
    ///
    /// [`init/1`](https://www.erlang.org/doc/apps/stdlib/gen_statem#c:init/1).
    fn init(args: Self::Args, cx: &mut Context<Machine<Self>>) -> impl Step<Initial<Self>>;

    /// Something has happened.
    ///
    /// # In OTP
    ///
    /// [`handle_event/4`](https://www.erlang.org/doc/apps/stdlib/gen_statem#c:handle_event/4).
    fn handle_event(
        &mut self,
        kind: EventType,
        event: Self::Event,
        state: &Self::State,
        cx: &mut Context<Machine<Self>>,
    ) -> impl Step<Transition<Self>>;

    /// The machine has come into a state, from `old`. Before anything else happens to it there: at
    /// the start, where `old` is the first state itself; when the state has changed; and when a
    /// handler gives [`Transition::repeat`]. Only if [`STATE_ENTER`](GenStatem::STATE_ENTER) says so.
    ///
    /// It belongs to the transition that brought the machine here: its timeouts are set after those
    /// of the event's handler, and so take their place.
    ///
    /// # In OTP
    ///
    /// `handle_event(enter, OldState, State, Data)`.
    #[expect(
        unused_variables,
        reason = "the names are for those who write their own"
    )]
    fn handle_enter(
        &mut self,
        old: &Self::State,
        state: &Self::State,
        cx: &mut Context<Machine<Self>>,
    ) -> impl Step<Enter<Self>> {
        Enter::keep()
    }

    /// What the notice of a monitor is to this machine.
    ///
    /// # Errors
    ///
    /// It is no event, and is dropped. That is the default.
    fn down_event(down: Down) -> Result<Self::Event, Down> {
        Err(down)
    }

    /// What an exit signal is to this machine, if it traps exits. One of its parent's never comes
    /// here: the machine ends with its reason.
    ///
    /// # Errors
    ///
    /// It is no event, and ends the machine with its reason. That is the default.
    fn exit_event(exit: Exit) -> Result<Self::Event, Exit> {
        Err(exit)
    }

    /// The machine is about to end, in this state. When, and when not, is as for servers: see
    /// [`GenServer::terminate`](crate::gen_server::GenServer::terminate).
    ///
    /// # In OTP
    ///
    /// [`terminate/3`](https://www.erlang.org/doc/apps/stdlib/gen_statem#c:terminate/3).
    #[expect(
        unused_variables,
        reason = "the names are for those who write their own"
    )]
    fn terminate(
        &mut self,
        reason: &ExitReason,
        state: &Self::State,
        cx: &mut Context<Machine<Self>>,
    ) -> impl Step<Next> {
        Next::proceed()
    }

    /// Writes the state and the data for those who
    /// [look at the machine](crate::gen_server::sys::get_status): without what is secret, or long.
    /// Default: the name of the data's type, and nothing of what is in it.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    ///
    /// # In OTP
    ///
    /// [`format_status/1`](https://www.erlang.org/doc/apps/stdlib/gen_statem#c:format_status/1). There
    /// the default shows all of both.
    #[expect(
        unused_variables,
        reason = "the names are for those who write their own"
    )]
    fn format_status(&self, state: &Self::State, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }

    /// How this event comes, and the name of its handler, where an attribute has said it.
    #[doc(hidden)]
    #[expect(unused_variables, reason = "only what `#[gen_statem]` writes looks")]
    fn way(event: &Self::Event) -> Option<(&'static str, Way)> {
        None
    }
}

/// A state machine that answers calls of type `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer calls of type `{C}`",
    label = "no `CallEvent<{C}>` for `{Self}`"
)]
pub trait CallEvent<C>: GenStatem {
    /// What the caller gets.
    type Reply: Send + 'static;

    /// The event that a call is. It has `from` in it, for whoever handles it to reply; if that is
    /// dropped unused, the call fails with [`NoReply`](crate::gen_server::CallError::NoReply), or,
    /// if the machine stops in the same handler, with its reason.
    fn call_event(message: C, from: ReplyTo<Self::Reply>) -> Self::Event;
}
