//! What goes on beside a server: futures and streams whose results come to its handlers.
//!
//! Each is a process of its own, so the server takes messages meanwhile. It watches the server, and
//! ends when that does, whatever the reason; nothing links the two, so that what has come to its end
//! leaves no trace with a server that traps exits. If it panics, it takes the server along with its
//! reason, as a handler does that panics.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as Waking, Poll};

use futures_core::Stream;

use super::reference::{ServerRef, inform};
use super::server::{GenServer, HandleInfo};
use crate::process::{ExitReason, Inbox, Monitor, Pid, exit, exit_self, monitor, spawn, step};

/// Runs a future beside a server, and sends it the result.
pub(super) fn run<S, F>(server: ServerRef<S>, future: F) -> Pid
where
    S: HandleInfo<F::Output>,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let beside = spawn(async move |_: Inbox<()>| {
        let mut watch = monitor(server);
        if let Some(result) = alongside(server, &mut watch, future).await {
            inform::<S, _>(server.pid(), result);
        }
    });
    beside.pid()
}

/// Sends a server each item of a stream.
pub(super) fn attach_stream<S, I>(server: ServerRef<S>, stream: I) -> Pid
where
    S: HandleInfo<I::Item>,
    I: Stream<Item: Send + 'static> + Send + 'static,
{
    let beside = spawn(async move |_: Inbox<()>| {
        let mut watch = monitor(server);
        let mut stream = pin!(stream);
        loop {
            let next = poll_fn(|cx| stream.as_mut().poll_next(cx));
            match alongside(server, &mut watch, next).await {
                Some(Some(item)) => inform::<S, _>(server.pid(), item),
                Some(None) | None => break,
            }
        }
    });
    beside.pid()
}

/// Waits for a future as long as the server lives. `None`: it does not.
async fn alongside<S: GenServer, F: Future>(
    server: ServerRef<S>,
    watch: &mut Monitor,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let outcome = poll_fn(|cx| {
        if Pin::new(&mut *watch).poll(cx).is_ready() {
            return Poll::Ready(Ok(None));
        }
        poll_caught(future.as_mut(), cx).map(|result| result.map(Some))
    })
    .await;
    outcome.unwrap_or_else(|reason| {
        exit(server, reason.clone());
        exit_self(reason)
    })
}

/// Polls a future, and says what it ended the process with if it did.
fn poll_caught<F: Future>(
    future: Pin<&mut F>,
    cx: &mut Waking<'_>,
) -> Poll<Result<F::Output, ExitReason>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(poll) => poll.map(Ok),
        // A signal that it was sent is no crash of its own.
        Err(unwinding) if step::is_doomed() => resume_unwind(unwinding),
        Err(panic) => Poll::Ready(Err(step::reason_of_unwinding(panic))),
    }
}
