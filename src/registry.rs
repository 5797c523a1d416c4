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
//! let topics = Registry::<String>::new().duplicate().values::<u8>().start_link().await?;
//! topics.register_with("news".into(), 3)?;
//! topics.register_with("news".into(), 9)?;
//! assert_eq!(topics.entries("news"), [(self_pid(), 3), (self_pid(), 9)]);
//! assert_eq!(topics.matches("news", |urgency| *urgency > 5), [(self_pid(), 9)]);
//! assert_eq!(topics.unregister_match("news", |urgency| *urgency < 5), 1);
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```
//!
//! | | unique keys | duplicate keys |
//! |---|---|---|
//! | who has the key | `lookup`: `Option<Pid>` | `lookup`: `Vec<Pid>` |
//! | and with what value | `entry` | `entries` |
//! | what a process has | `keys`, `values` | `keys`, `values` |
//! | by a closure | `matches`, `count_match`, `unregister_match`, `select`, `count_select`, `iter` | the same |
//! | change a value | `update_value` | – |
//! | an address of a server | `via`, `via_with`, `find_or_start` | – |
//! | tell all who have the key | `dispatch` | `dispatch`, `dispatch_parallel` |
//!
//! What makes sense for one kind alone cannot be written for the other: many processes are not one
//! server, and there is no one value to update.
//!
//! ```compile_fail,E0599
//! # use regrow::prelude::*;
//! # async fn wrong(topics: ServerRef<regrow::registry::DuplicateRegistry<String, u8>>) {
//! topics.update_value("news", |urgency| urgency + 1);
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # use regrow::prelude::*;
//! # async fn wrong(topics: ServerRef<regrow::registry::DuplicateRegistry<String>>) {
//! topics.via::<()>("news".to_owned());
//! # }
//! ```
//!
//! A key of another type cannot be written either:
//!
//! ```compile_fail,E0277
//! # use regrow::prelude::*;
//! # async fn wrong(users: ServerRef<Registry<u64>>) {
//! users.lookup("carol");
//! # }
//! ```
//!
//! A process registers itself, and nobody else: there is no way to write the other. So nobody who is
//! dead is registered, and what a process has changes only by what it does.
//!
//! # Who has a key, and how long
//!
//! A key belongs to the process that registered it, until it gives the key up or ends; it is free
//! before anybody can hear of that end. So a look-up never gives a process of whose end the caller has
//! heard. A restarted child that was started under a key has it again.
//!
//! Whoever has a key depends on the registry, as if they were linked: when the registry ends, killed
//! or in order, they are sent an exit signal with its reason. So a registry stands before its users in
//! a tree. A registry that is not running has no keys and takes none:
//! [`RegisterError::NoRegistry`]; one that is taken for one of another type says which two they are.
//!
//! # Servers under keys
//!
//! `users.via(7)` is an address: the methods of the server that has the key are called on it, whoever
//! that is by then. It is a name too, to start a server under; `via_with` gives a value with it.
//! `find_or_start` looks, and starts the server if nobody has the key; of many who ask at once, all
//! get the same. A [`DynamicSupervisor`](crate::supervisor::DynamicSupervisor) has a `find_or_start`
//! that supervises what it starts.
//!
//! # Telling many
//!
//! `dispatch` calls a closure with those who have a key, some hundred at a time; `dispatch_parallel`
//! does it in a process for each partition. Closures, here and everywhere, run without a lock: they
//! may use the registry, and if they panic it is the caller's panic and does the registry no harm.
//!
//! # Listeners, metadata, locks
//!
//! A [listener](Registry::listener) is told of each key that is registered and given up.
//! [Metadata](MetaKey) is what a registry keeps for everybody. A lock lets one process at a time do
//! something, by key: `users.lock(7, async || …).await`.
//!
//! # Many keys, many processors
//!
//! The table has partitions, as many as suit the machine unless [said otherwise](Registry::partitions).
//! They are divided by key, so that a look-up goes to one of them; or
//! [by pid](Registry::divided_by_pid), for topics that crowds come to and leave all the time.
//!
//! # Looking in
//!
//! `count` and `partition_counts` say how much there is, `largest_keys` which keys have most, and
//! `listeners` how many messages wait for each listener.
//!
//! # Which one
//!
//! | you want | take |
//! |---|---|
//! | the process that has a key | [`Registry`] |
//! | the processes of a group, and to hear of their coming and going | [`Groups`] |
//! | to send to whoever is interested, without knowing who that is | [`PubSub`] |
//!
//! A topic of a [`PubSub`] is a duplicate key: a subscription may have metadata, by which a dispatcher
//! says who is sent what. Anybody may subscribe a process, and put it into a group, for these need no
//! more of it than that it takes messages.
//!
//! All three are children of a tree like any other, and as fields of a `#[supervisor]` start from
//! nothing. The end of a scope of groups or of a pubsub concerns nobody who is in it: they join or
//! subscribe again, in an order of start that says when, or because they monitor it.

pub use regrow_registry::group::{
    Change, GroupEvent, GroupMonitor, Groups, GroupsClient, JoinError, LeaveError, ScopeMembers,
};
pub use regrow_registry::pubsub::{
    BroadcastError, PubSub, PubSubClient, SlowSubscriber, SubscribeError,
};
pub use regrow_registry::{
    Duplicate, DuplicateRegistry, Entries, Keys, ListenerInfo, MetaKey, RegisterError, Registry,
    RegistryClient, RegistryEvent, Unique, Via, ViaWith,
};
