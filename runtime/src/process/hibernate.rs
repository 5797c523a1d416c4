//! Hibernation: waiting with as little memory as can be.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, ready};

use super::{kept, mailbox, reception, step};
use crate::cell::Running;
use crate::scheduler::{coop, with_local};

/// Waits until a message is there, having given back what memory the runtime has spare for this
/// process. The message stays in the mailbox. If one is there already it waits for nothing.
///
/// For processes that will be idle for long. The process's own variables are its own: it shrinks
/// what it holds itself, before.
///
/// # Cancel safety
///
/// Dropped before it is done, it has received nothing.
///
/// # Panics
///
/// Outside a process.
///
/// # In OTP
///
/// [`erlang:hibernate/0`](https://www.erlang.org/doc/apps/erts/erlang#hibernate/0).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::hibernate;
///
/// let archive = spawn(async |mut inbox: Inbox<String>| {
///     let mut entries = Vec::new();
///     loop {
///         if let Some(Received::Message(entry)) = inbox.try_receive() {
///             entries.push(entry);
///         } else {
///             entries.shrink_to_fit();
///             hibernate().await;
///         }
///     }
/// });
/// send(archive, "first".to_owned());
/// # });
/// ```
pub async fn hibernate() {
    let mut has_shrunk = false;
    poll_fn(|cx| {
        ready!(coop::poll_proceed(cx));
        step::current(|running| {
            reception::receive(running);
            if mailbox::has_unread(running) {
                return Poll::Ready(());
            }
            if !has_shrunk {
                has_shrunk = true;
                if shrink(running) {
                    // A limit was given up. Whatever else this process waits for looks once more,
                    // and sets it again if it was its own.
                    cx.waker().wake_by_ref();
                }
            }
            step::listen();
            Poll::Pending
        })
    })
    .await;
}

/// Gives spare memory back that is kept for a process: lists that have been longer, timers that have
/// fired, the place in the wheel of a limit that was not reached. Returns whether there was such a
/// limit.
pub(crate) fn shrink(running: Running<'_>) -> bool {
    let shared = with_local(|local| {
        local.slot().counters.hibernated.add(1);
        Arc::clone(&local.shared)
    });
    let limit = kept::if_any(running, |kept| {
        kept.timers
            .retain(|&timer| shared.read_timer(timer).is_some());
        kept.shrink();
        kept.deadline.take_armed()
    });
    let limit = limit.flatten();
    if let Some(timer) = limit {
        shared.cancel_timer(timer);
    }
    limit.is_some()
}

#[cfg(test)]
#[path = "hibernate_tests.rs"]
mod tests;
