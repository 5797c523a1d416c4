//! Agents: servers that are nothing but state.
//!
//! Where several processes share a value and what they do with it fits into a line, an agent saves
//! writing a server: what is to be done is a closure, which runs in the agent.
//!
//! ```
//! use regrow::agent::Agent;
//! use regrow::prelude::*;
//! use std::collections::HashMap;
//!
//! static SCORES: Name<Agent<HashMap<String, u32>>> = Name::new("scores");
//!
//! # regrow::Runtime::simulated(1).run(async {
//! Agent::start_link(HashMap::new).name(SCORES).await?;
//! SCORES.update(|scores| drop(scores.insert("Joe".into(), 3))).await?;
//! SCORES.cast(|scores| *scores.entry("Joe".into()).or_default() += 1);
//! assert_eq!(SCORES.get(|scores| scores["Joe"]).await?, 4);
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```
//!
//! The methods are those of [`dyn AgentClient`](AgentClient): `get`, `update`, `get_and_update`
//! and `cast`. All but the last are [calls](mod@crate::call), which take five seconds at most unless
//! they are told otherwise. [`server::stop`](crate::server::stop) ends an agent.
//!
//! # What runs where
//!
//! A closure runs in the agent, which takes nobody else's meanwhile: a slow one delays everybody. So
//! what is slow is done outside, before or after. What a closure gives is sent back to the caller,
//! and what it captures is sent to the agent; neither is copied.
//!
//! A closure that panics ends the agent, and its caller gets the panic as
//! [`CallError::Exited`](crate::call::CallError::Exited). Under a supervisor, as
//! [`ChildSpec::agent`](crate::supervisor::ChildSpec::agent), it comes back with its first value.
//!
//! # A limit
//!
//! The start of an agent whose state has `&'static` references in its type, an `Agent<&'static str>`,
//! cannot be awaited in a future that has to be `Send`: the compiler finds its `Send` "not general
//! enough". A `String` or an `Arc<str>` does.
//!
//! # When to write a server
//!
//! When there are rules about the state that its callers should not have to know; when it has to hear
//! of ends, of time, or of messages. An agent's rules are in its callers.

pub use regrow_runtime::agent::{Agent, AgentClient, FirstState};
