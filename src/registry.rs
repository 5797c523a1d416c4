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
//! # Unique and duplicate keys, and values
//!
//! In a `Registry<K>` a key has one process. In a [`DuplicateRegistry<K>`](DuplicateRegistry) it may
//! have many, and a process may have it many times. With `.values::<V>()` each entry has a value:
//!
//! ```
//! use regrow::prelude::*;
//! use regrow::process::self_pid;
//!
//! # regrow::Runtime::simulated(1).run(async {
//! let topics = Registry::<&str>::duplicate().values::<u8>().start_link().await?;
//! topics.register_with("news", 3)?;
//! topics.register_with("news", 9)?;
//! assert_eq!(topics.entries("news"), [(self_pid(), 3), (self_pid(), 9)]);
//! assert_eq!(topics.matches("news", |urgency| *urgency > 5), [(self_pid(), 9)]);
//! assert_eq!(topics.unregister_match("news", |urgency| *urgency < 5), 1);
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```
//!
//! What only makes sense for one kind cannot be written for the other: many processes are not one
//! server, and there is no one value to update.
//!
//! ```compile_fail,E0599
//! # use regrow::prelude::*;
//! # async fn wrong(topics: ServerRef<regrow::registry::DuplicateRegistry<&'static str, u8>>) {
//! topics.update_value("news", |urgency| urgency + 1);
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # use regrow::prelude::*;
//! # async fn wrong(topics: ServerRef<regrow::registry::DuplicateRegistry<&'static str>>) {
//! topics.via::<()>("news");
//! # }
//! ```
//!
//! # Who has a key, and how long
//!
//! A key belongs to the process that registered it, until it gives the key up or ends; it is free
//! before anybody can hear of that end. A restarted child that was started under a key has it again.
//!
//! Whoever has a key depends on the registry, as if they were linked: when the registry ends, they are
//! sent an exit signal with its reason. So a registry stands before its users in a tree.

pub use regrow_registry::{
    Duplicate, DuplicateRegistry, Entries, Keys, RegisterError, Registry, RegistryClient, Unique,
    Via, ViaWith,
};
