//! Processes: what they are, how they are made, and how they talk.
//!
//! A process is a piece of a program that runs by itself and fails by itself. It has a mailbox, and
//! shares nothing with others: all that one can do to another is send it messages and signals. An
//! idle one costs tens of bytes, so there is one for each connection, user, device or job.
//!
//! ```
//! use regrow::prelude::*;
//!
//! # regrow::Runtime::simulated(1).run(async {
//! // A process is an async closure over its inbox. What it captures, it owns: `async move`.
//! let greeting = String::from("hello");
//! let greeter = spawn(async move |mut inbox: Inbox<(ProcessRef<String>, String)>| {
//!     while let Received::Message((from, name)) = inbox.receive().await {
//!         from.send(format!("{greeting} {name}"));
//!     }
//! });
//!
//! let (asker, watch) = spawn_monitor(async move |mut inbox: Inbox<String>| {
//!     greeter.send((inbox.this(), "world".into()));
//!     assert_eq!(inbox.receive().await, Received::Message("hello world".into()));
//!     panic!("this ends the asker, and nobody else");
//! });
//! let down = watch.await;
//! assert!(down.reason.is_crash());
//! assert_eq!(regrow::process::is_alive(greeter).await, true);
//! # let _ = asker;
//! # });
//! ```
//!
//! State that takes calls is better written as a [server](mod@crate::server); a value that is to be
//! computed on the side is a [task](mod@crate::task).
//!
//! # What others can hear of an end
//!
//! | | a [link](link()) | a [monitor](monitor()) |
//! |---|---|---|
//! | whom it tells | both, whichever ends first | the one who made it |
//! | what that does | ends the other too, if the reason is a crash or a shutdown; one that [traps exits](trap_exit) receives an [`Exit`] instead | brings a [`Down`] |
//! | made by | [`spawn_link`], [`link()`] | [`spawn_monitor`], [`monitor()`] |
//!
//! A link is for those that are worth nothing without each other, a monitor for everything else.
//! [`ExitReason`] says what counts as a crash.
//!
//! # What can be done with which reference
//!
//! | | a [`Pid`] | [`ProcessRef`] | [`ServerRef`](crate::reference::ServerRef) | [`Name`](crate::reference::Name) | [`Child`](crate::reference::Child), [`Via`](crate::registry::Via) |
//! |---|---|---|---|---|---|
//! | its server's methods | | | yes | yes | yes |
//! | [`send`], [`send_after`](crate::time::send_after) | | yes | yes | yes | yes |
//! | [`monitor()`], [`stop`](crate::server::stop) | yes | yes | yes | yes | yes |
//! | [`exit()`], [`link()`] | yes | yes | yes | by [`whereis`] | yes |
//! | means the process that is there after a restart | | | | yes | yes |
//! | from a thread that is no runtime's | yes | yes | yes | if there is one runtime | yes |
//!
//! What nobody stands behind takes no message: a send is dropped, a monitor tells of
//! [`NoProc`](ExitReason::NoProc), and a call fails.
//!
//! # From other threads
//!
//! [`Handle`](crate::Handle) spawns from anywhere, and any thread may send, and call with
//! [`Call::blocking`](crate::call::Call::blocking). A process that has to wait for a thread, or has
//! something long to compute, does it in [`blocking`], where `Call::blocking` is allowed too.

pub use regrow_runtime::process::*;
