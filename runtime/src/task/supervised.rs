//! A task that somebody else starts: a supervisor of tasks, for one.
//!
//! ```text
//!   owner                     supervisor            task
//!     │ asks, with the work ────▶ starts it ─────────▶ waits
//!     │ ◀─────────────── its pid ──┤                    │
//!     │ links, monitors                                 │
//!     ├─ go ───────────────────────────────────────────▶ runs its future
//!     │ ◀────────────────────── the value, or that there is none ─┤
//! ```
//!
//! Nothing of the future runs before its owner is linked to the process and monitors it, so the owner
//! hears of every end. An owner that has gone by then drops the word to begin, and the task ends
//! without having done anything.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::handle::{Process, Task};
use super::run::Report;
use crate::cell::call_node::{self, Answer, Awaited};
use crate::process::{ExitReason, Pid, link, monitor, self_pid};

/// What a task's process runs, when its type is of no use to anybody.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The owner's side of a task that is about to be started.
pub struct Entrusted<T> {
    owner: Pid,
    awaited: Awaited<T>,
    go: Go,
}

/// The word to begin. Dropped, it says that there will be none.
struct Go(Option<Answer<()>>);

impl Go {
    fn give(mut self) {
        if let Some(task) = self.0.take().and_then(|answer| answer.give(())) {
            task.wake();
        }
    }
}

impl Drop for Go {
    fn drop(&mut self) {
        if let Some(task) = self.0.take().and_then(Answer::drop_unanswered) {
            task.wake();
        }
    }
}

/// Makes a task for somebody else to start: what the process is to run, and the owner's side.
///
/// # Panics
///
/// Outside a process.
#[track_caller]
pub fn entrust<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> (impl Future<Output = ()> + Send + 'static, Entrusted<T>) {
    let owner = self_pid();
    let (answer, awaited) = call_node::node(Some(owner.local()));
    let (go, word) = call_node::node(None);
    let report = Report::new(answer);
    let work = async move {
        // The guard goes whatever becomes of the future, and with it the word that it is over.
        let mut report = report;
        if is_to_begin(word).await {
            let value = future.await;
            report.give(Some(value));
        }
    };
    let go = Go(Some(go));
    (work, Entrusted { owner, awaited, go })
}

/// Waits for the owner's word to begin. `false`: there will be none.
async fn is_to_begin(word: Awaited<()>) -> bool {
    let mut word = Some(word);
    poll_fn(|cx| {
        let Some(mut waits) = word.take() else {
            return Poll::Ready(false);
        };
        waits.await_by(cx.waker());
        match waits.take() {
            Ok(go) => Poll::Ready(go.is_some()),
            Err(waits) => {
                word = Some(waits);
                Poll::Pending
            }
        }
    })
    .await
}

impl<T> Entrusted<T> {
    /// Whose task it will be.
    pub(super) fn owner(&self) -> Pid {
        self.owner
    }

    /// The process was started: lets it begin.
    ///
    /// # Panics
    ///
    /// In another process than the one that made the task.
    #[track_caller]
    pub fn begin(self, process: Pid, linked: bool) -> Task<T> {
        let caller = self_pid();
        assert!(
            caller == self.owner,
            "the task {process} is for {} to have, which asked for it, and this is {caller}",
            self.owner,
        );
        // To one that has ended meanwhile, by its supervisor, there is no link.
        let linked = linked && link(process).is_ok();
        let process = Process {
            pid: process,
            owner: self.owner,
            monitor: monitor(process),
            linked,
        };
        self.go.give();
        Task::of(process, self.awaited)
    }
}

impl<T> fmt::Debug for Entrusted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entrusted")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// A task's process that is being started.
pub type Started = Pin<Box<dyn Future<Output = Result<Pid, ExitReason>> + Send>>;

/// Who starts the tasks of a stream in the place of the stream's owner.
pub trait Starter: Send + Sync {
    /// Starts a process that runs this.
    fn start(&self, work: Work) -> Started;
}
