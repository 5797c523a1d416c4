//! Agents: servers that are nothing but state.
//!
//! (The teaching page is in the facade; this is the room's own.)
//!
//! What a caller wants done with the state it says with a closure, which goes to the agent as a
//! message and runs there. So an agent needs no handlers of its own, and is one type for each type of
//! state.
//!
//! | file | concept |
//! |---|---|
//! | `server.rs` | the server: its start, and one handler that looks and one that changes |
//! | `client.rs` | the methods that a reference has |
//!
//! # Not here
//!
//! Everything else about an agent is a server's: [`Start`](crate::gen_server::Start) and its options,
//! [`Name`](crate::gen_server::Name), [`stop`](crate::gen_server::stop), how calls end. The room uses
//! nothing that a program could not.

mod client;
mod server;

pub use client::AgentClient;
pub use server::{Agent, FirstState};
