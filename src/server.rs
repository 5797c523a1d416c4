//! Servers: processes with state that take calls, casts and messages.
//!
//! A server is a type and its handlers. `#[gen_server]` on an `impl` block makes one: it writes the
//! [`GenServer`] impl, one message type for each handler, and the methods that a
//! [`ServerRef`](crate::reference::ServerRef) has.
//!
//! ```
//! use regrow::prelude::*;
//!
//! struct Counter { value: i64 }
//!
//! #[gen_server]
//! impl Counter {
//!     #[init] fn new(value: i64) -> Self { Counter { value } }
//!     #[cast] fn add(&mut self, by: i64) { self.value += by }
//!     #[call] fn get(&self) -> i64 { self.value }
//! }
//!
//! #[regrow::main]
//! async fn main() -> Result<(), ExitReason> {
//!     let counter = Counter::start_link(40).await?;
//!     counter.add(2);                                    // a cast never waits
//!     assert_eq!(counter.get().await?, 42);              // a call: five seconds, unless told otherwise
//!     Ok(())
//! }
//! ```
//!
//! # Life
//!
//! ```text
//! start ──▶ init ──▶ a handler for each message, one at a time ──▶ terminate ──▶ end
//!            │                  ▲            │
//!            └─ ignore, stop    └────────────┘ Next::stop, a panic, the parent's end
//! ```
//!
//! `init` runs in the new process, and whoever starts it waits for that. A handler that panics ends
//! the server: `terminate` runs, and those who wait for a reply get the reason. Who wants it back
//! puts it under a [supervisor](mod@crate::supervisor).
//!
//! # Calls
//!
//! A call is a future that has not been sent before it is awaited. It ends in exactly one way: the
//! reply, or a [`CallError`](crate::call::CallError) that says what became of it.
//!
//! A server that waits for a call in a handler takes no message meanwhile. Servers that come to wait for
//! each other in this way would do so for ever: one of the calls fails with
//! [`CallError::Cycle`](crate::call::CallError::Cycle) instead, which names them.
//!
//! A call may have a [`deadline`](crate::call::Call::deadline), which calls made for it inherit.
//!
//! # By hand
//!
//! What the attribute writes can be written by hand against [`GenServer`] and its four handler
//! traits; [`GenServer`]'s own page shows it.

pub use regrow_runtime::gen_server::{
    Cast, Context, GenServer, HandleCall, HandleCast, HandleContinue, HandleInfo, Start,
    StartError, StartMonitor, Step, Stopping, call, cast, cast_when_room, stop,
};
