//! A task as a supervisor's child.

use std::fmt;
use std::future::Future;

use crate::gen_server::{Context, GenServer, HandleContinue, Init, Next, Restart, Step};
use crate::process::ExitReason;

/// A task that is started as servers are: for supervisors, whose children are servers.
///
/// It runs its future and ends normally. It is temporary unless its child specification says
/// otherwise, and handles no messages.
///
/// # In OTP
///
/// `{Task, fun}` in a list of children.
pub struct TaskServer<F>(Option<F>);

/// What a task does when its start is over.
struct Run;

impl<F: Future<Output: Send> + Send + 'static> GenServer for TaskServer<F> {
    type Args = F;

    /// What a task was there for is done when it ends.
    const RESTART: Restart = Restart::Temporary;

    fn init(future: F, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        cx.continue_with(Run);
        Init::ok(TaskServer(Some(future)))
    }
}

impl<F: Future<Output: Send> + Send + 'static> HandleContinue<Run> for TaskServer<F> {
    fn handle_continue(&mut self, Run: Run, _: &mut Context<Self>) -> impl Step<Next> {
        let future = self.0.take();
        async move {
            if let Some(future) = future {
                drop(future.await);
            }
            Next::stop(ExitReason::Normal)
        }
    }
}

impl<F> fmt::Debug for TaskServer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskServer")
    }
}
