//! What a handler's outcome does to its server.

use super::agenda;
use super::answer::{Next, Reply, Wait};
use super::debug::{self, Event};
use super::reply_to::Own;
use crate::cell::Running;
use crate::process::{hibernate, step};

/// Does what a handler says that nobody waits for.
#[inline]
pub(super) fn settle_next(next: Next) {
    let Next { stop, wait } = next;
    step::current(|running| {
        settle_wait(running, wait);
        if let Some(reason) = stop {
            agenda::stop(running, reason);
        }
    });
}

/// Does what a call's handler says. `own` is the half of the right to answer that was not handed out.
#[inline]
pub(super) fn settle_reply<T: Send + 'static>(reply: Reply<T>, own: Own<T>) {
    let Reply { value, next } = reply;
    if value.is_some() && step::current(agenda::has_any) {
        debug::notice(&Event::Replied(std::any::type_name::<T>()));
    }
    match (value, &next.stop) {
        (Some(value), None) => own.reply(value),
        (None, None) => own.leave(),
        (None, Some(_)) => own.fail_at_end(),
        (Some(value), Some(_)) => step::current(|running| {
            agenda::set_last_words(running, Box::new(move || own.reply(value)));
        }),
    }
    settle_next(next);
}

/// How long the server waits next.
#[inline]
pub(super) fn settle_wait(running: Running<'_>, wait: Wait) {
    agenda::set_wait(running, wait);
    if wait.hibernate {
        hibernate::shrink(running);
    }
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
