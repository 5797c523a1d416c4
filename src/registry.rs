//! Registries: processes found by keys of any type.
//!
//! ```
//! use regrow::prelude::*;
//!
//! struct Session { visits: u32 }
//!
//! #[gen_server]
//! impl Session {
//!     #[init] fn new() -> Self { Session { visits: 0 } }
//!     #[call] fn visit(&mut self) -> u32 { self.visits += 1; self.visits }
//! }
//!
//! # regrow::Runtime::simulated(1).run(async {
//! let users = Registry::<u64>::new().start_link().await?;
//! Session::start_link().name(users.via(7)).await?;                  // started under a key
//! assert_eq!(users.via::<Session>(7).visit().await?, 1);            // and called by it
//! assert_eq!(users.count(), 1);
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```
//!
//! A key belongs to the process that registered it, until it gives the key up or ends; it is free
//! before anybody can hear of that end. A restarted child that was started under a key has it again.
//!
//! Whoever has a key depends on the registry, as if they were linked: when the registry ends, they are
//! sent an exit signal with its reason. So a registry stands before its users in a tree.

//!
//! # Which one
//!
//! | you want | take |
//! |---|---|
//! | the process that has a key | [`Registry`] |
//! | the processes of a group, and to hear of their coming and going | [`Groups`] |
//! | to send to whoever is interested, without knowing who that is | [`PubSub`] |
//!
//! All three are children of a tree like any other, and as fields of a `#[supervisor]` start from
//! nothing. The end of a scope of groups or of a pubsub concerns nobody who is in it: they join or
//! subscribe again, in an order of start that says when, or because they monitor it.

pub use regrow_registry::group::{
    Change, GroupEvent, GroupMonitor, Groups, GroupsClient, JoinError, LeaveError, ScopeMembers,
};
pub use regrow_registry::pubsub::{NoPubSub, PubSub, PubSubClient, SlowSubscriber, SubscribeError};
pub use regrow_registry::{RegisterError, Registry, RegistryClient, Via};
