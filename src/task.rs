//! Tasks: processes that compute one value.
//!
//! A task runs a future in a process of its own, beside whoever waits for it. What it computes is
//! its [`Task`]'s to give; that it fails is its owner's to know.
//!
//! ```
//! use regrow::prelude::*;
//! use regrow::task::Task;
//!
//! # async fn fetch(_: &str) -> usize { 7 }
//! # regrow::Runtime::simulated(1).run(async {
//! let first = Task::run(fetch("one"));                     // both run now
//! let second = Task::run(fetch("two"));
//! let sum = first.await? + second.await?;
//! # assert_eq!(sum, 14);
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```
//!
//! # Which one
//!
//! | you want | write | in Elixir |
//! |---|---|---|
//! | a value; to end if there is none | [`Task::run`], and `task.await?` | `Task.async`, `Task.await` |
//! | a value, or why there is none | [`Task::run_nolink`] | `Task.Supervisor.async_nolink` |
//! | to wait for so long and no longer | [`Task::timeout`] | `Task.await(task, limit)` |
//! | to wait a little, and ask again | [`Task::yield_for`] | `Task.yield` |
//! | it to end now | [`Task::shutdown`] | `Task.shutdown` |
//! | not to care any more | [`Task::ignore`] | `Task.ignore` |
//! | several values | [`await_many`], [`yield_many`] | `Task.await_many`, `Task.yield_many` |
//! | one for each element, so many at once | [`async_stream`] | `Task.async_stream` |
//! | the same, to end with a part of a tree | [`TaskSupervisor`](crate::supervisor::TaskSupervisor) | `Task.Supervisor` |
//! | something done, and no value | [`Task::start`], [`Task::start_link`] | the same |
//! | something done when a tree starts | [`ChildSpec::task`](crate::supervisor::ChildSpec::task) | `{Task, fun}` |
//!
//! # Failure
//!
//! A task is linked to its owner by [`Task::run`]. Then they end together: a task that panics takes
//! its owner along, before an await of it returns; an owner that fails takes its tasks along. Neither
//! happens when the other ends normally. An owner that is to survive uses [`Task::run_nolink`], or
//! traps exits, and finds the reason in the `Err`.
//!
//! Nobody but its owner can await a task: it is a process's own affair, like its links. To hand a
//! value on, send it.
//!
//! # In a server
//!
//! A handler that awaits a task keeps its server from everything else meanwhile. Kept in the server's
//! state, the task's end arrives as a [`Down`](crate::process::Down), and
//! [`Task::claim`] gives what came of it:
//!
//! ```
//! use regrow::prelude::*;
//! use regrow::task::Task;
//!
//! # async fn read() -> String { "read".into() }
//! #[derive(Default)]
//! struct Cache { page: String, reading: Option<Task<String>> }
//!
//! #[gen_server]
//! impl Cache {
//!     #[init] fn new() -> Self { Cache::default() }
//!     #[cast] fn refresh(&mut self) { self.reading = Some(Task::run_nolink(read())) }
//!     #[down] fn read(&mut self, down: Down) {
//!         match self.reading.as_mut().and_then(|task| task.claim(&down)) {
//!             Some(Ok(page)) => self.page = page,
//!             Some(Err(why)) => eprintln!("not refreshed: {why}"),
//!             None => {}
//!         }
//!     }
//!     #[call] fn page(&self) -> String { self.page.clone() }
//! }
//!
//! # regrow::Runtime::simulated(1).run(async {
//! let cache = Cache::start_link().await?;
//! cache.refresh();
//! regrow::process::settle().await;
//! assert_eq!(cache.page().await?, "read");
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```

pub use regrow_runtime::task::{
    AsyncStream, AwaitMany, OnTimeout, Task, TaskError, TaskServer, TaskTimeout, YieldMany,
    ZippedStream, async_stream, await_many, yield_many,
};
