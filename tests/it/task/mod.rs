//! Tasks: starting them, waiting for one or many, ending them, streams of them.
//!
//! Cases of Elixir's `Task` have two catalogues, TASK and TASKC; a test that keeps several says the
//! other ids above. What a task leaves behind is asked of the mailbox and of `process_info`.

use regrow::ExitReason;
use regrow::process::{Inbox, ProcessInfo, process_info, self_pid, settle};
use regrow::task::Task;

use crate::support::rest;

mod child;
mod many;
#[cfg(feature = "tracing")]
pub(crate) mod report;
mod server;
mod shutdown;
mod start;
mod stream;
mod stream_ends;
mod wait;
mod yields;

/// Says that nothing of any task is left in the process that runs, or comes later.
pub(crate) async fn assert_clean(inbox: &mut Inbox<()>) {
    settle().await;
    assert_eq!(rest(inbox), []);
    let info = this().await;
    assert_eq!(info.links, []);
    assert_eq!(info.monitors, []);
}

/// What there is to know about the process that runs.
pub(crate) async fn this() -> ProcessInfo {
    process_info(self_pid()).await.unwrap()
}

/// A task that never ends by itself.
pub(crate) fn endless() -> Task<u32> {
    Task::run(never())
}

/// Never comes.
pub(crate) async fn never() -> u32 {
    std::future::pending().await
}

/// A future that ends its process for this reason.
pub(crate) async fn failing(reason: ExitReason) -> u32 {
    regrow::process::exit_self(reason)
}

/// A reason of the tests' own.
pub(crate) fn oops() -> ExitReason {
    ExitReason::atom("oops")
}
