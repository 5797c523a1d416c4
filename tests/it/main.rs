//! The integration tests of the whole: one binary, because linking is what costs.
//!
//! Each module tests one room through the public API, most of it case by case from the catalogue:
//! a test's name begins with the case's id and states the guarantee. Tests run in the simulation,
//! in virtual time, unless they are about real threads.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be unwrapped is a failed test"
)]

mod agent;
mod alias;
mod application;
mod auto_traits;
mod beyond;
mod bounded;
mod call_storm;
mod caller_location;
mod demonitor;
mod drops;
mod exit;
mod exit_chain;
mod foreign_reactor;
mod group;
mod info;
mod link;
#[cfg(feature = "tracing")]
mod log_lines;
mod monitor;
mod names;
#[cfg(feature = "net")]
mod net;
mod priority;
mod pubsub;
mod receive;
mod registry;
mod schedule;
mod send_futures;
mod server;
mod spawn;
mod statem;
mod storm;
mod supervisor;
mod support;
mod task;
mod task_supervisor;
mod test_kit;
mod timer;
#[cfg(feature = "tokio")]
mod tokio;
