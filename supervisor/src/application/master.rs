//! The process of one application: its callbacks, and its tree.
//!
//! ```text
//!   start ──▶ phases ──▶ waits ── told to stop ──▶ prep_stop ──▶ the tree ends ──▶ stop
//!                          └───── the tree has ended by itself ──────────────────▶ stop
//! ```

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use regrow_runtime::process::{
    AsPid, ExitReason, Inbox, Pid, ProcessRef, Received, catch_exit, exit, exit_of, process_info,
    self_pid,
};

use super::Application;
use super::control::Command;
use super::program::App;

/// What an application's process is told: to stop.
#[derive(Debug)]
pub(super) struct Stop;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An [`Application`] of any type.
pub(super) trait AnyApplication: Send {
    fn start(&mut self) -> Boxed<'_, Result<Pid, ExitReason>>;
    fn start_phase<'a>(&'a mut self, phase: &'a str) -> Boxed<'a, Result<(), ExitReason>>;
    fn prep_stop(&mut self) -> Boxed<'_, ()>;
    fn stop(&mut self) -> Boxed<'_, ()>;
}

impl<A: Application> AnyApplication for A {
    fn start(&mut self) -> Boxed<'_, Result<Pid, ExitReason>> {
        Box::pin(async { Ok(Application::start(self).await?.as_pid()) })
    }

    fn start_phase<'a>(&'a mut self, phase: &'a str) -> Boxed<'a, Result<(), ExitReason>> {
        Box::pin(Application::start_phase(self, phase))
    }

    fn prep_stop(&mut self) -> Boxed<'_, ()> {
        Box::pin(Application::prep_stop(self))
    }

    fn stop(&mut self) -> Boxed<'_, ()> {
        Box::pin(Application::stop(self))
    }
}

/// The life of an application. It ends with the reason of its tree, or with `Normal` if it was told to
/// stop; with the panic of a callback, if there was one. Nothing of it is left then.
pub(super) async fn master(
    mut inbox: Inbox<Stop>,
    mut app: App,
    control: ProcessRef<Command>,
) -> ExitReason {
    let root = match start(&mut app).await {
        Ok(root) => root,
        Err(reason) => {
            end_all(control, ExitReason::Shutdown).await;
            return reason;
        }
    };
    control.send(Command::Started {
        master: self_pid(),
        root,
    });
    let (reason, runs) = loop {
        match inbox.receive().await {
            Received::Message(Stop) => break (ExitReason::Normal, true),
            Received::Exit(exit) if exit.from == root => break (exit.reason, false),
            Received::Exit(exit) if exit.from == control.pid() || exit.reason.is_crash() => {
                break (exit.reason, true);
            }
            Received::Exit(_) | Received::Down(_) => {}
        }
    };
    let mut ends_with = reason;
    if runs {
        if let Err(panic) = Caught(app.application.prep_stop()).await {
            ends_with = panic;
        }
        end(root, ExitReason::Shutdown).await;
    }
    if let Err(panic) = Caught(app.application.stop()).await {
        ends_with = panic;
    }
    end_all(control, ExitReason::Kill).await;
    ends_with
}

/// Starts the application. If that fails, some of it may have started.
async fn start(app: &mut App) -> Result<Pid, ExitReason> {
    let root = Caught(app.application.start()).await??;
    if !is_linked(root).await {
        return Err(ExitReason::atom(
            "the root of the tree is not linked to the application: start it with `start_link`",
        ));
    }
    for phase in std::mem::take(&mut app.phases) {
        let done = Caught(app.application.start_phase(&phase)).await;
        if let Err(reason) = done.and_then(|done| done) {
            end(root, ExitReason::Shutdown).await;
            Caught(app.application.stop()).await?;
            return Err(reason);
        }
    }
    Ok(root)
}

/// Whether the tree ends with this process; one that has ended already says so by an exit.
async fn is_linked(root: Pid) -> bool {
    let here = process_info(self_pid()).await;
    here.is_some_and(|info| info.links.contains(&root)) || process_info(root).await.is_none()
}

/// Ends a linked process, however long that takes.
async fn end(process: Pid, reason: ExitReason) {
    exit(process, reason);
    exit_of(process).await;
}

/// Ends whatever the application has started linked to its process, the newest first.
async fn end_all(control: ProcessRef<Command>, reason: ExitReason) {
    let links = process_info(self_pid()).await.map(|info| info.links);
    for process in links.into_iter().flatten().rev() {
        if process != control.pid() {
            end(process, reason.clone()).await;
        }
    }
}

/// A callback; `Err` if it panics.
struct Caught<'a, T>(Boxed<'a, T>);

impl<T> Future for Caught<'_, T> {
    type Output = Result<T, ExitReason>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_exit(|| self.0.as_mut().poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(reason) => Poll::Ready(Err(reason)),
        }
    }
}
