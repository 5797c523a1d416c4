//! Servers: processes with state that take calls, casts and messages.
//!
//! (The teaching page is in the facade; this is the room's own.)
//!
//! A server is three parts that know little of each other. The *client* is methods on a reference,
//! which make a message and send it. The *server's loop*, here, receives messages one by one and
//! begins their handlers. The *handlers* are the user's, and see the state and the message alone.
//!
//! | file | concept |
//! |---|---|
//! | `server.rs`, `context.rs` | what a server is made of, and what its handlers can do |
//! | `step.rs`, `answer.rs`, `settle.rs` | what handlers give: now or later; which outcomes; what they do |
//! | `start.rs`, `init.rs` | the two sides of a start |
//! | `message.rs`, `cast.rs`, `call.rs` | what is sent, and how |
//! | `requests.rs` | many calls at once |
//! | `beside.rs` | what goes on beside the server |
//! | `reply_to.rs` | who answers a call, and what becomes of one that nobody answers |
//! | `patience.rs`, `inherited.rs` | how long a caller waits, and the calls made for it |
//! | `cycle.rs` | who waits for whom |
//! | `run_loop.rs`, `agenda.rs` | a turn; what comes before messages |
//! | `stop.rs` | asking a server to end |
//! | `sys.rs`, `debug.rs` | looking into a live server, and holding it |
//! | `reference.rs`, `name.rs`, `place.rs`, `recipient.rs`, `listener.rs` | what leads to a server |
//! | `protocol.rs` | what several kinds of server can do |
//! | `annex.rs` | what a room above keeps for a server, and does in its stead |
//! | `child.rs` | what a server says about its supervision |
//!
//! # Cost
//!
//! An idle server is its header and its state: 40 bytes for 8 bytes of state. A handler that is a
//! plain function allocates nothing; an `async` one has its future in a box while it runs. A call is
//! one envelope and one node from the thread's pool, and two wakes.

mod agenda;
mod annex;
mod answer;
mod beside;
mod call;
mod call_error;
mod cast;
mod child;
mod context;
mod cycle;
mod debug;
mod inherited;
mod init;
mod listener;
mod message;
mod name;
mod patience;
mod place;
mod protocol;
mod recipient;
mod reference;
mod reply_to;
mod requests;
mod run_loop;
mod server;
mod settle;
mod start;
mod start_error;
mod step;
mod stop;
pub mod sys;

#[doc(hidden)]
pub use annex::{Annex, Attending, continue_with, post, post_after};
pub use answer::{Init, IntoInit, IntoNext, IntoReply, IsResult, Next, Reply};
pub use call::{Call, Request, call, call_to};
pub use call_error::{CallError, Never, OtherServer};
pub use cast::{Cast, cast, cast_to, cast_when_room, cast_when_room_to};
pub use child::{Restart, Shutdown};
pub use context::Context;
pub use listener::Listener;
pub use name::{IntoName, Name, NameElsewhere, ServerName};
pub use place::{Child, Place};
#[doc(hidden)]
pub use protocol::{ProtocolCall, ProtocolCast, protocol_call, protocol_cast};
pub use recipient::Recipient;
pub use reference::{Address, HasClient, ServerRef, Target};
pub use reply_to::ReplyTo;
pub use requests::{Requests, multi_call};
pub use server::{GenServer, HandleCall, HandleCast, HandleContinue, HandleInfo};
pub use start::{Start, StartMonitor};
pub use start_error::StartError;
pub use step::{Step, Visit};
pub use stop::{Stopping, stop};
