//! State machines: servers whose answer to an event depends on a state.
//!
//! A state machine has data, as a server has, and is in one of a number of states. What happens to
//! it, a call, a cast, a message, a time that is up, is an event. `#[gen_statem]` on an `impl` block
//! makes a machine of a type: each function in it says what one event does, in which states, and
//! where the machine goes from there.
//!
//! A connection that comes back by itself. What is asked of it while it is away waits.
//!
//! ```
//! use regrow::gen_statem;
//! use regrow::prelude::*;
//! use regrow::statem::{Enter, Transition};
//!
//! #[derive(PartialEq)]
//! enum Link { Down, Up }
//!
//! struct Connection { attempts: u32 }
//!
//! #[gen_statem(state = Link)]
//! impl Connection {
//!     #[init]
//!     fn new() -> (Link, Self) { (Link::Down, Connection { attempts: 0 }) }
//!
//!     #[enter(Down)]
//!     fn wait(&mut self) -> Enter<Self> {
//!         Enter::keep().state_timeout(secs(1), ConnectionEvent::Retry)
//!     }
//!
//!     #[state_timeout(in = Down, ignore = Up)]
//!     fn retry(&mut self) -> Transition<Self> {
//!         self.attempts += 1;                                // the first one fails
//!         if self.attempts < 2 { Transition::repeat() } else { Transition::to(Link::Up) }
//!     }
//!
//!     #[call(in = Up, postpone = Down)]
//!     fn ask(&mut self, n: u32) -> u32 { n * 2 }
//!
//!     #[cast(in = Up, ignore = Down)]
//!     fn lose(&mut self) -> Link { Link::Down }
//! }
//!
//! #[regrow::main]
//! async fn main() -> Result<(), ExitReason> {
//!     let connection = Connection::start_link().await?;      // ServerRef<Machine<Connection>>
//!     assert_eq!(connection.ask(21).await?, 42);             // two seconds later
//!     connection.lose();
//!     Ok(())
//! }
//! ```
//!
//! A state of which an event says nothing is an error of the compiler's: a new state makes it ask
//! what each event does there.
//!
//! | what | how |
//! |---|---|
//! | stay, go elsewhere, enter the state again, end | [`Transition::keep`], [`to`](Transition::to), [`repeat`](Transition::repeat), [`stop`](Transition::stop) |
//! | an event is for later, when the state has changed | `postpone = Down`, or [`postpone`](Transition::postpone): give it back |
//! | something is to happen next | `#[internal]`, [`next_event`](Transition::next_event) |
//! | the state may not last for ever | `#[state_timeout]`, [`state_timeout`](Transition::state_timeout) |
//! | something is to happen if nothing else does | `#[event_timeout]`, [`event_timeout`](Transition::event_timeout) |
//! | something is to happen in any case, later | `#[timeout("name")]`, [`timeout`](Transition::timeout) |
//! | a caller gets its answer | the handler gives it, [`reply`](Transition::reply), or [`ReplyTo::reply`](crate::answer::ReplyTo::reply) |
//! | a state begins with something | `#[enter(Up)]`, [`GenStatem::handle_enter`] |
//!
//! The machine is the server [`Machine<M>`](Machine), where `M` is the type of its data: it is
//! started, called, named, stopped and supervised as any server is.
//!
//! # By hand
//!
//! What the attribute writes can be written by hand against [`GenStatem`] and [`CallEvent`]; there,
//! one function handles every event. [`GenStatem`]'s own page shows a machine whole, and this is the
//! connection from above:
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
    CallEvent, Enter, EventType, GenStatem, Initial, Machine, Timeout, Transition, replace_state,
};
