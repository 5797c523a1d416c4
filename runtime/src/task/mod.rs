//! Tasks: processes that compute one value for somebody.
//!
//! (The teaching page is in the facade; this is the room's own.)
//!
//! A task is an ordinary process, spawned with a monitor and, unless asked otherwise, a link. What
//! makes it a task is the handle that its owner keeps, the [`Task`]: the right to the value, and the
//! owner's half of both.
//!
//! ```text
//!   owner                                task
//!     │ spawn: link, monitor ─────────────▶ runs its future
//!     │ ◀──────── the value, or that there is none ─┤  (a call node: no mailbox is touched)
//!     │ ◀──────────────────── exit signal, if linked ┤
//!     │ ◀──────────────────────────── notice of the monitor ┘
//! ```
//!
//! The value does not go through the owner's mailbox, whose type knows nothing of it, but through a
//! call node; why there is none is what the monitor says. An outcome is given when the process has
//! ended, with the exit signal and the notice taken out of the mailbox: whoever has awaited a task
//! finds nothing of it anywhere. A value that is there wins over whatever the process ended with.
//!
//! | file | concept |
//! |---|---|
//! | `handle.rs` | the handle and its outcome |
//! | `run.rs` | starting tasks |
//! | `wait.rs` | waiting with a limit, shutting down, ignoring |
//! | `many.rs` | waiting for several |
//! | `stream.rs`, `element.rs` | a task for each element of an iterator, so many at once |
//! | `child.rs`, `supervised.rs` | a task as a supervisor's child; one that is somebody else's to await |
//! | `error.rs` | how a wait fails |
//!
//! # Invariants
//!
//! - R-TASK-1  An outcome is given once, and by then no notice, exit or link of the task is left.
//! - R-TASK-2  Whatever lets go of a task leaves no notice of it behind.
//!
//! # Not here
//!
//! The room uses what every program can use, and beside that three things: the call node for the
//! value, the look whether a waker is the process's own, and taking the exit of one process out of
//! the mailbox, which in OTP is a `receive`. Which tasks a supervisor of tasks starts is
//! the supervisor's affair; what it needs of a task is in `supervised.rs`.

mod child;
mod element;
mod error;
mod handle;
mod many;
mod run;
mod stream;
mod supervised;
mod wait;

pub use child::TaskServer;
pub use error::TaskError;
pub use handle::Task;
pub use many::{AwaitMany, OnTimeout, YieldMany, await_many, yield_many};
pub use stream::{AsyncStream, ZippedStream, async_stream};
#[doc(hidden)]
pub use supervised::{Entrusted, Started, Starter, Work, entrust};
pub use wait::TaskTimeout;
