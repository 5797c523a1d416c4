//! State machines: servers whose answer to an event depends on a state.
//!
//! A state machine has data, as a server has, and is in one of a number of states. What happens to
//! it, a call, a cast, a message, a time that is up, is an event; the handler looks at the state and
//! the event, and says where the machine goes and what else is to be done:
//!
//! | what | how |
//! |---|---|
//! | stay, go elsewhere, enter the state again, end | [`Transition::keep`], [`to`](Transition::to), [`repeat`](Transition::repeat), [`stop`](Transition::stop) |
//! | an event is for later, when the state has changed | [`postpone`](Transition::postpone): give it back |
//! | something is to happen next | [`next_event`](Transition::next_event) |
//! | the state may not last for ever | [`state_timeout`](Transition::state_timeout) |
//! | something is to happen if nothing else does | [`event_timeout`](Transition::event_timeout) |
//! | something is to happen in any case, later | [`timeout`](Transition::timeout), by a name |
//! | a caller gets its answer | [`reply`](Transition::reply), or [`ReplyTo::reply`](crate::answer::ReplyTo::reply) |
//! | a state begins with something | [`GenStatem::handle_enter`] |
//!
//! The machine is the server [`Machine<M>`](Machine), where `M` is the type of its data: it is
//! started by [`Start`](crate::server::Start), called by [`call`](crate::server::call), named,
//! stopped and supervised as any server is. [`GenStatem`]'s own page shows one whole.
//!
//! # Examples
//!
//! A connection that comes back by itself. What is asked of it while it is away waits.
//!
//! ```
//! use regrow::answer::ReplyTo;
//! use regrow::server::{Context, Start, Step, call, cast};
//! use regrow::statem::{CallEvent, Enter, EventType, GenStatem, Initial, Machine, Transition};
//! use regrow::time::secs;
//!
//! struct Connection {
//!     attempts: u32,
//! }
//!
//! #[derive(PartialEq)]
//! enum State {
//!     Disconnected,
//!     Connected,
//! }
//!
//! enum Event {
//!     Retry,
//!     Lost,
//!     Ask(u32, ReplyTo<u32>),
//! }
//!
//! impl GenStatem for Connection {
//!     type Args = ();
//!     type State = State;
//!     type Event = Event;
//!
//!     const STATE_ENTER: bool = true;
//!
//!     fn init((): (), _: &mut Context<Machine<Self>>) -> impl Step<Initial<Self>> {
//!         Initial::ok(State::Disconnected, Connection { attempts: 0 })
//!     }
//!
//!     fn handle_enter(
//!         &mut self,
//!         _: &State,
//!         state: &State,
//!         _: &mut Context<Machine<Self>>,
//!     ) -> impl Step<Enter<Self>> {
//!         match state {
//!             State::Disconnected => Enter::keep().state_timeout(secs(1), Event::Retry),
//!             State::Connected => Enter::keep(),
//!         }
//!     }
//!
//!     fn handle_event(
//!         &mut self,
//!         _: EventType,
//!         event: Event,
//!         state: &State,
//!         _: &mut Context<Machine<Self>>,
//!     ) -> impl Step<Transition<Self>> {
//!         match (state, event) {
//!             (State::Disconnected, Event::Retry) => {
//!                 self.attempts += 1;                        // the first one fails
//!                 if self.attempts < 2 { Transition::repeat() } else { Transition::to(State::Connected) }
//!             }
//!             (State::Disconnected, ask @ Event::Ask(..)) => Transition::keep().postpone(ask),
//!             (State::Connected, Event::Ask(n, from)) => Transition::keep().reply(from, n * 2),
//!             (State::Connected, Event::Lost) => Transition::to(State::Disconnected),
//!             _ => Transition::keep(),
//!         }
//!     }
//! }
//!
//! struct Ask(u32);
//!
//! impl CallEvent<Ask> for Connection {
//!     type Reply = u32;
//!
//!     fn call_event(Ask(n): Ask, from: ReplyTo<u32>) -> Event {
//!         Event::Ask(n, from)
//!     }
//! }
//!
//! # regrow::Runtime::simulated(1).run(async {
//! let connection = Start::<Machine<Connection>>::new(()).link().await?;
//! assert_eq!(call(connection, Ask(21)).await?, 42);          // two seconds later
//! cast(connection, Event::Lost);
//! # Ok::<(), regrow::ExitReason>(())
//! # }).unwrap();
//! ```

pub use regrow_runtime::gen_statem::{
    CallEvent, Enter, EventType, GenStatem, Initial, Machine, Timeout, Transition,
};
