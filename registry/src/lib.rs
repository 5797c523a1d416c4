//! Registries, for [`regrow`](https://docs.rs/regrow). Programs use that crate, which shows all of
//! this.
//!
//! A registry maps keys of any type to processes. A process registers itself under a key, and
//! whoever has the key finds the process; when the process ends, its keys are free before anybody
//! hears of the end. The registry is a process too, so that a supervisor can start it and have it
//! back, but look-ups do not go through it: they read its table from wherever they are made.
//!
//! | file | concept |
//! |---|---|
//! | `registry.rs` | the process: what it is started with, what becomes of its keys |
//! | `kind.rs` | unique and duplicate keys |
//! | `client/` | what references to it can do |
//! | `key.rs` | keys as addresses of servers, and as names to start them under |
//! | `table/` | which processes have which key |
//! | `books.rs` | all that a registry's process opens for others |
//! | `listener.rs` | who hears of registrations |
//! | `meta.rs` | what a registry keeps for everybody |
//! | `lock.rs` | locks by key |
//! | `admission.rs` | whether a process can be put into a table by another |
//! | `closing.rs` | its end, in pieces |
//! | `directory.rs` | finding the table of a registry, or what else a process shares |
//! | `shards.rs` | tables in parts, each behind a lock of its own |
//! | `error.rs` | why a key was not registered |
//! | [`group`] | any number of processes under a key, and who hears of their coming and going |
//! | [`pubsub`] | messages to whoever subscribed to a topic |
#![forbid(unsafe_code)]

mod admission;
mod books;
mod client;
mod closing;
#[doc(hidden)]
pub mod directory;
mod error;
pub mod group;
pub mod key;
#[doc(hidden)]
pub mod kind;
mod listener;
mod lock;
mod meta;
pub mod pubsub;
mod registry;
mod shards;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use client::RegistryClient;
pub use error::RegisterError;
pub use key::{Via, ViaWith};
pub use kind::{Duplicate, Keys, Unique};
pub use listener::{ListenerInfo, RegistryEvent};
pub use meta::MetaKey;
pub use registry::{DuplicateRegistry, Registry};
pub use table::Entries;

/// Does something that may panic, and keeps the panic to itself: whoever calls must not be unwound by
/// a value's drop. The panic hook has seen it.
fn quietly(act: impl FnOnce()) {
    let _panicked = catch_unwind(AssertUnwindSafe(act));
}

/// Keeps the largest of these, at most so many, the largest first; of the same size, in their order.
fn keep_largest<K>(sizes: &mut Vec<(K, usize)>, at_most: usize) {
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    sizes.truncate(at_most);
}
