//! Ends and restarts that a test waits for.

use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use crate::gen_server::{ServerRef, Target};
use crate::process::{Down, ExitReason, Monitor, has_ended};
use crate::time::{millis, now, sleep, timeout};

/// How often it is looked whether a server is back.
const LOOK_EVERY: Duration = millis(1);

/// The end of a process that is monitored, if it comes within this time and for this reason.
///
/// # Panics
///
/// It does not come, or for another reason.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::test::expect_down;
/// use regrow::time::sleep;
///
/// let (_, watch) = spawn_monitor(async |_: Inbox<()>| sleep(secs(9)).await);
/// expect_down(watch, &ExitReason::Normal, secs(10)).await;
/// # });
/// ```
#[track_caller]
pub fn expect_down(
    monitor: Monitor,
    reason: &ExitReason,
    within: Duration,
) -> impl Future<Output = Down> + Send + use<'_> {
    let line = Location::caller();
    async move {
        let Ok(down) = timeout(within, monitor).await else {
            panic!("{line}: it did not end within {within:?}");
        };
        let found = &down.reason;
        assert!(
            found == reason,
            "{line}: it ended with {found:?}, not {reason:?}"
        );
        down
    }
}

/// Does something that a server does not survive, and waits until it is there again: until its name,
/// its key or its place in a supervisor leads to another process than before. Gives that one.
///
/// # Panics
///
/// The server is not there to begin with, or not again within this time.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::test::expect_restart;
/// # struct Counter;
/// # #[gen_server] impl Counter { #[init] fn new() -> Self { Counter } #[cast] fn crash(&self) { panic!("on purpose") } }
///
/// static COUNTER: Name<Counter> = Name::new("counter");
/// let counter = Counter::child_spec().name(COUNTER);
/// Supervisor::new(Strategy::OneForOne).child(counter).start_link().await?;
///
/// expect_restart(COUNTER, secs(1), async || COUNTER.crash()).await;
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn expect_restart<S, T, A, F>(
    server: T,
    within: Duration,
    act: A,
) -> impl Future<Output = ServerRef<S>>
where
    S: 'static,
    T: Target<S>,
    A: FnOnce() -> F,
    F: Future<Output = ()>,
{
    let line = Location::caller();
    async move {
        let Some(before) = server.address().pid() else {
            panic!("{line}: there is no such server to be restarted");
        };
        act().await;
        let began = now();
        loop {
            let is = server.address().pid();
            if let Some(after) = is.filter(|pid| *pid != before && !has_ended(*pid)) {
                return ServerRef::of(after);
            }
            let what = if has_ended(before) {
                "is not back"
            } else {
                "has not ended"
            };
            assert!(
                began.elapsed() < within,
                "{line}: the server {what} within {within:?}"
            );
            sleep(LOOK_EVERY).await;
        }
    }
}
