//! Supervisors, for [`regrow`](https://docs.rs/regrow). Programs use that crate, which shows all of
//! this.
//!
//! A supervisor is a process that has other processes as its children: it starts them, notices when
//! they end, and starts them again. A program of supervisors and workers is a tree, and a failure
//! goes up in it only as far as it has to.
//!
//! | file | concept |
//! |---|---|
//! | `child_spec.rs`, `worker_spec.rs` | what to start, when to restart it, how to stop it; tasks and agents |
//! | `supervisor.rs`, `client.rs` | children in order: the process, and what references can do |
//! | `dynamic.rs`, `dynamic_client.rs` | children that come and go |
//! | `restart.rs` | what becomes of a child that has ended: decided |
//! | `auto_shutdown.rs` | whether the supervisor is done: decided |
//! | `strategy.rs` | which siblings are concerned: decided |
//! | `intensity.rs` | how often is too often: decided |
//! | `children.rs` | the children in start order |
//! | `start.rs`, `terminate.rs` | starting a child, stopping one or many |
//! | `inspect.rs`, `report.rs` | what others see |
//! | `tree.rs` | trees that are declared |
//! | `error.rs` | why something did not start |
//!
//! Files that decide are pure functions of values; those that act ask them first. A supervisor is an
//! ordinary server: it uses what every program can use.
//!
//! # Not here
//!
//! Partition supervisors, changing the children of a [`Supervisor`] while it
//! runs, delays between restarts.
#![forbid(unsafe_code)]

mod auto_shutdown;
mod child_spec;
mod children;
mod client;
mod dynamic;
mod dynamic_client;
mod error;
mod inspect;
mod intensity;
mod report;
mod restart;
mod start;
mod strategy;
mod supervisor;
mod terminate;
mod tree;
mod worker_spec;

pub use auto_shutdown::AutoShutdown;
pub use child_spec::{AnyChildSpec, ChildId, ChildKind, ChildSpec, DynamicChild, TemporarySpec};
pub use client::SupervisorClient;
pub use dynamic::DynamicSupervisor;
pub use dynamic_client::{DynamicSupervisorClient, StartChild, StartedChild};
pub use error::{FailedToStart, NoSuchChild, SpecError, StartChildError};
pub use inspect::{ChildCounts, ChildInfo, ChildProcess};
pub use regrow_runtime::gen_server::{Restart, Shutdown};
pub use strategy::Strategy;
pub use supervisor::Supervisor;
pub use tree::{DefaultChild, StartTree, place, start_tree};
