//! The test kit: what a test gives to the code under test, and what it waits for.
//!
//! A test is an `async fn` under [`#[regrow::test]`](macro@crate::test), which runs it in a simulation,
//! under as many seeds as it says. In it a [`Probe`] takes the place of a process that the code talks
//! to, a server behind a [`#[protocol]`](macro@crate::protocol) that of one that answers, and the
//! functions here wait for what is to happen, in virtual time.
//!
//! ```
//! # regrow::Runtime::simulated(1).run(async {
//! use regrow::prelude::*;
//! use regrow::test::{Probe, expect_down};
//! use regrow::time::send_after;
//!
//! /// Says when a time is over, and ends.
//! fn alarm(after: std::time::Duration, to: ProcessRef<&'static str>) -> ProcessRef<()> {
//!     spawn(async move |mut inbox: Inbox<()>| {
//!         send_after(after, inbox.this(), ());
//!         inbox.receive().await;
//!         to.send("wake up");
//!     })
//! }
//!
//! let sleeper = Probe::new();
//! let watch = monitor(alarm(secs(3600), sleeper.this()));
//! sleeper.expect_no_message(secs(3599)).await;
//! assert_eq!(sleeper.expect(secs(2)).await, "wake up");
//! expect_down(watch, &ExitReason::Normal, secs(1)).await;
//! # });
//! ```
//!
//! [The guide's chapter](https://github.com/regrow-rs/regrow/blob/main/docs/guide/testing.md) shows all
//! of it together.

pub use regrow_runtime::probe::{Found, Probe, expect_down, expect_restart, search};
