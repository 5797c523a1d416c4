//! Supervisors: processes that start others, and start them again.
//!
//! ```
//! use regrow::prelude::*;
//!
//! struct Cache;
//!
//! #[gen_server]
//! impl Cache {
//!     #[init] fn new() -> Self { Cache }
//!     #[call] fn get(&self, key: u64) -> u64 { 100 / key }          // panics on zero
//! }
//!
//! #[supervisor(strategy = "one_for_one", max_restarts = 3, max_seconds = 5)]
//! struct App {
//!     cache: Cache,
//! }
//!
//! # regrow::Runtime::simulated(1).run(async {
//! let app = App::start_link().await?;
//! assert_eq!(app.cache().get(4).await?, 25);
//! assert!(app.cache().get(0).await.is_err());                       // it is gone …
//! regrow::process::settle().await;
//! assert_eq!(app.cache().get(5).await?, 20);                        // … and back
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```
//!
//! # Which one
//!
//! | children | supervisor |
//! |---|---|
//! | known when the program is written, started in order | [`Supervisor`], or `#[supervisor]` on a struct |
//! | that come and go, any number of them | [`DynamicSupervisor`] |
//! | that come and go, all of one kind | [`DynamicSupervisor::template`] |
//! | that come and go, more than one supervisor can start | [`PartitionSupervisor`] over a [`DynamicSupervisor`] |
//! | a server's own, worth nothing without it | the server: [`cx.children()`](ParentContext::children) |
//! | tasks, whose values somebody awaits or nobody | [`TaskSupervisor`] |
//! | a few of one kind, lent to one borrower at a time | [`Pool`] |
//! | one for each key | [`DynamicSupervisor`] with a [`Registry`](crate::registry::Registry): `find_or_start` |
//!
//! A registry comes before those that register with it, under
//! [`Strategy::RestForOne`]: whoever has a key ends with the registry, and its supervisor could start
//! it again only under a registry that is there.
//!
//! # What becomes of a child that ends
//!
//! [`Restart`] says whether it is started again, [`Strategy`] which siblings are concerned, and the
//! *intensity*, `max_restarts` within `max_seconds`, when it is too much: then the supervisor says so
//! on the log and shuts down, for the one above to decide.
//!
//! A child is stopped by an exit signal and has the time that [`Shutdown`] gives it. Only a server
//! that traps exits runs its `#[terminate]` then: write `#[gen_server(trap_exit)]` if there is
//! something to put in order.
//!
//! # What OTP does not have
//!
//! Each is off unless it is asked for. A child can wait before it is restarted
//! ([`backoff`](ChildSpec::backoff)), have a [`budget`](ChildSpec::budget) of restarts of its own, so that
//! it alone is [given up](Exhausted), be [bound](ChildSpec::binds_to) to an older sibling, and live for a
//! [limited time](ChildSpec::max_lifetime):
//!
//! ```
//! use regrow::prelude::*;
//! use regrow::supervisor::{Backoff, Exhausted};
//!
//! struct Upstream;
//!
//! #[gen_server]
//! impl Upstream {
//!     #[init] fn connect(url: &'static str) -> Self { Upstream }
//! }
//!
//! # regrow::Runtime::simulated(1).run(async {
//! let upstream = Upstream::child_spec("db:5432")
//!     .backoff(Backoff::exponential(millis(100), secs(30)).jitter(0.2))
//!     .budget(100, secs(3600))
//!     .on_exhausted(Exhausted::GiveUpChild);
//! Supervisor::new(Strategy::OneForOne).child(upstream).start_link().await?;
//! # Ok::<(), ExitReason>(())
//! # }).unwrap();
//! ```
//!
//! # What others are not there for
//!
//! A service that is down is no child that could be restarted. Ask a [`CircuitBreaker`] before each
//! use, and tell it of failures; when there are too many it says no for a while, at once, to
//! everybody.
//!
//! # Changing a tree while it runs
//!
//! A [`Supervisor`] takes more children with `start_child`, and stops, starts again and forgets them
//! by their ids: see [`SupervisorClient`]. A child that was stopped keeps its place; a restart of its
//! group starts it with the others.
//!
//! What children there are can be decided when the supervisor starts, by a function that runs in it:
//! [`Supervisor::with_init`]. And a child need not be a server: [`AnyChildSpec::from_fn`] takes any
//! function that starts a process, `#[derive(ChildSpec)]` any type.
//!
//! # Looking at them
//!
//! [`figures`] are what a supervisor has counted: starts, restarts, failures, for each of its children
//! too; [`restarts_within`] is its rate of restarts, to be compared with `max_restarts`. Both can be
//! read while the supervisor is busy. [`events`] tells a process of whatever supervisors do.
//!
//! # A program that runs until it is told to stop
//!
//! `start_link` ties the tree to the caller: when the tree ends with anything but a normal reason, so
//! does the caller, in the middle of whatever it does. A `main` that wants to see that end, and to
//! stop the tree itself, starts it without the link and watches it:
//!
//! ```
//! # use regrow::prelude::*;
//! # struct Cache;
//! # #[gen_server]
//! # impl Cache { #[init] fn new() -> Self { Cache } }
//! # #[supervisor]
//! # struct App { cache: Cache }
//! use regrow::server::stop;
//!
//! #[regrow::main]
//! async fn main() -> Result<(), ExitReason> {
//!     let app = App::start().await?;
//!     let end = monitor(app.supervisor());
//!     // Here a program waits for what tells it to stop, a signal for one, or for `end`.
//!     stop(app.supervisor(), ExitReason::Shutdown).await?;           // the last child first
//!     assert_eq!(end.await.reason, ExitReason::Shutdown);
//!     Ok(())
//! }
//! ```

pub use regrow_supervisor::{
    AnyChildSpec, AutoShutdown, Backoff, BackoffError, Checkout, CheckoutError, ChildCounts,
    ChildFigures, ChildId, ChildInfo, ChildKind, ChildProcess, ChildSpec, ChildTerminated,
    CircuitBreaker, CircuitBreakerClient, CircuitError, CircuitSpecError, CircuitState,
    CircuitStatus, DeleteChildError, DynamicChild, DynamicSupervisor, DynamicSupervisorClient,
    Exhausted, ExtraArgumentsError, FailedToStart, Figures, Happening, IntoStarted, Lease,
    NoSuchChild, OwnChildren, ParentContext, PartitionChild, PartitionSupervisor,
    PartitionSupervisorClient, Pool, PoolClient, PoolSpecError, PoolState, PoolStatus,
    PoolStrategy, ResizeError, Restart, RestartChildError, RestartMe, RunTask, SettingError,
    Shutdown, SpecError, StartChild, StartChildError, StartTask, StartTaskSupervisor, StartTree,
    StartedChild, Strategy, Supervisor, SupervisorClient, SupervisorEvent, TaskSupervisor,
    TaskSupervisorClient, TemplateError, TemplateRef, TemplateSupervisor, TemporarySpec, WithInit,
    events, events_of, figures, no_more_events, restarts_within,
};
