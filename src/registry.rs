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

pub use regrow_registry::{RegisterError, Registry, RegistryClient, Via};
