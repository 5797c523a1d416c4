//! OTP for Rust: cheap processes with mailboxes, servers and supervisors. What crashes grows back.
//!
//! A *process* is a green thread of its own kind: a future, or a server's state, with a mailbox. An
//! idle one costs tens of bytes, a message tens of nanoseconds, and a program may have millions.
//! Processes share nothing and wait for nobody they do not ask. When one fails it ends, with a
//! reason; those that are linked to it end with it or hear of it, and a supervisor starts it again.
//!
//! ```
//! use regrow::prelude::*;
//!
//! # regrow::Runtime::simulated(1).run(async {
//! let echo = spawn(async |mut inbox: Inbox<(ProcessRef<String>, String)>| {
//!     while let Received::Message((from, text)) = inbox.receive().await {
//!         from.send(text);
//!     }
//! });
//! let (asker, watch) = spawn_monitor(async move |mut inbox: Inbox<String>| {
//!     echo.send((inbox.this(), "hello".into()));
//!     assert_eq!(inbox.receive().await, Received::Message("hello".into()));
//!     panic!("and now something goes wrong");
//! });
//! let down = watch.await;                     // its panic has ended it, and nothing else
//! assert_eq!(down.target, regrow::process::DownTarget::Process(asker.pid()));
//! assert!(down.reason.is_crash());
//! # });
//! ```
//!
//! # Where to go
//!
//! [The guide](https://github.com/regrow-rs/regrow/blob/main/docs/guide/SUMMARY.md) leads from a first
//! process to a tree that starts, stops and heals, with words for those who come from Erlang, Elixir,
//! tokio or another actor library. These pages are for looking things up.
//!
//! | you want | look at |
//! |---|---|
//! | processes, messages, links, monitors, names | [`process`] |
//! | servers: state that takes calls, casts and messages | [`server`] |
//! | servers that are in one of several states | [`statem`] |
//! | one value from a process of its own; state to share without a server | [`task`], [`agent`] |
//! | to keep them running: trees, restarts, children that come and go | [`supervisor`](mod@supervisor) |
//! | the root of a program: start, signals, an orderly stop | [`application`] |
//! | to find them by keys of your own | [`registry`] |
//! | why processes end | [`exit`] |
//! | timers, sleeping, time limits | [`time`] |
//! | sockets | [`net`] |
//! | to start and stop a runtime, or several | [`runtime`] |
//! | to test on virtual time, under a thousand schedules | [`sim`] |
//!
//! # What it does not do
//!
//! Pre-empt a handler in the middle of a computation, load code while it runs, recover from a stack
//! overflow or an abort. Under `panic = "abort"` a panic in a process ends the program.
//!
//! # Crate features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | yes | the attributes |
//! | `net` | yes | sockets |
//! | `tracing` | yes | crash reports as `tracing` events; without a subscriber they go to standard error |
//! | `tokio` | no | the module `tokio`: futures that need tokio's reactor, inside a process |
//!
//! # Platforms
//!
//! Linux on x86-64 and arm64; macOS builds. 32-bit platforms are refused by the compiler.
#![forbid(unsafe_code)]

pub use regrow_runtime::process::{ExitReason, Pid};
pub use regrow_runtime::runtime::{self, Handle, Runtime};
pub use regrow_runtime::time::{millis, secs};
pub use regrow_runtime::{sim, time};

#[cfg(feature = "macros")]
pub use regrow_macros::{ChildSpec, gen_server, gen_statem, main, protocol, supervisor, test};
#[cfg(feature = "net")]
pub use regrow_runtime::io as net;
#[cfg(feature = "tokio")]
pub use regrow_runtime::tokio;

pub mod agent;
pub mod application;
pub mod prelude;
pub mod process;
pub mod registry;
pub mod server;
pub mod statem;
pub mod supervisor;
pub mod task;
pub mod test;

pub use regrow_runtime::gen_server::sys;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Why processes end: [`ExitReason`], and what becomes one.
pub mod exit {
    pub use regrow_runtime::process::{ExitReason, IntoExit, PanicInfo, Term};
}

/// What handlers give: the outcome of an init, the reply to a call, what comes next.
pub mod answer {
    pub use regrow_runtime::gen_server::{Init, Next, Reply, ReplyTo};
}

/// Calls: the futures that client methods give, and how they fail.
pub mod call {
    pub use regrow_runtime::gen_server::{
        Call, CallError, Never, OtherServer, Request, Requests, multi_call,
    };
}

/// What leads to a server: the process itself, a name, a place in a supervisor.
///
/// All of them have the methods that the server's `#[gen_server]` wrote; a key of a
/// [`registry`] has them too.
pub mod reference {
    pub use regrow_runtime::gen_server::{
        Address, Child, HasClient, IntoName, Listener, Name, Recipient, ServerRef, Target,
    };
}

/// The first program of the README, which is run with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

#[cfg(doctest)]
mod guide;
