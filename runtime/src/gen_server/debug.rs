//! What observes one live server: counts, and the functions of those who trace it.
//!
//! It is made when somebody asks for it and goes when nobody does any more. A server that nobody
//! observes pays for the look at its agenda that it takes anyway.

use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;

use super::agenda;
use crate::process::{catch_exit, step};
use crate::time::{Instant, now};

/// What a server does, as its tracers see it.
///
/// Messages are known by their types: what is in them may be secret, and need not be printable.
///
/// # In OTP
///
/// The system events of `sys`, such as `{in, Msg}` and `{out, Msg, To, State}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It has taken a message of this type out of its mailbox, and begins its handler.
    Received(&'static str),
    /// A handler of a call has replied with a value of this type.
    Replied(&'static str),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Received(message) => write!(f, "received {message}"),
            Event::Replied(reply) => write!(f, "replied {reply}"),
        }
    }
}

/// What a server has done since it was asked to count.
///
/// # In OTP
///
/// What `sys:statistics(Name, get)` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Since when it counts.
    pub since: Instant,
    /// Messages that it has taken out of its mailbox, system messages apart.
    pub messages_in: u64,
    /// Replies that its handlers have given.
    pub messages_out: u64,
}

/// Who traces a server; see [`trace`](super::sys::trace).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(u64);

/// A function that traces.
pub(super) type Tracer = Box<dyn FnMut(&Event) -> ControlFlow<()> + Send>;

/// See the module's head.
#[derive(Default)]
pub(super) struct Debug {
    statistics: Option<Statistics>,
    log: Option<Log>,
    tracers: Vec<(TraceId, Tracer)>,
    next: u64,
}

/// The last events, the oldest first.
struct Log {
    events: VecDeque<Event>,
    most: usize,
}

impl Log {
    fn add(&mut self, event: Event) {
        if self.events.len() == self.most {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

impl Debug {
    /// Whether anybody wants to know.
    fn is_of_use(&self) -> bool {
        self.statistics.is_some() || self.log.is_some() || !self.tracers.is_empty()
    }

    fn notice(&mut self, event: &Event) {
        if let Some(statistics) = &mut self.statistics {
            match event {
                Event::Received(_) => statistics.messages_in += 1,
                Event::Replied(_) => statistics.messages_out += 1,
            }
        }
        if let Some(log) = &mut self.log {
            log.add(*event);
        }
        // One that panics is taken out, as one that says it is done.
        self.tracers.retain_mut(|(_, tracer)| {
            matches!(catch_exit(|| tracer(event)), Ok(ControlFlow::Continue(())))
        });
    }
}

/// Changes what observes the server that runs.
fn change<R>(f: impl FnOnce(&mut Debug) -> R) -> R {
    let mut debug = step::current(agenda::take_debug).unwrap_or_default();
    let result = f(&mut debug);
    let kept = debug.is_of_use().then_some(debug);
    step::current(|running| agenda::set_debug(running, kept));
    result
}

/// Something has happened with the server that runs.
#[cold]
pub(super) fn notice(event: &Event) {
    // Taken out meanwhile: a tracer may do whatever a handler may.
    if let Some(mut debug) = step::current(agenda::take_debug) {
        debug.notice(event);
        let kept = debug.is_of_use().then_some(debug);
        step::current(|running| agenda::set_debug(running, kept));
    }
}

/// Counts from now on, or no more.
pub(super) fn count(on: bool) {
    change(|debug| {
        debug.statistics = on.then(|| Statistics {
            since: now(),
            messages_in: 0,
            messages_out: 0,
        });
    });
}

/// What was counted.
pub(super) fn counted() -> Option<Statistics> {
    change(|debug| debug.statistics)
}

/// Keeps the last events from now on, so many, or none.
pub(super) fn keep_log(most: usize) {
    change(|debug| {
        debug.log = (most > 0).then(|| Log {
            events: VecDeque::new(),
            most,
        });
    });
}

/// The last events.
pub(super) fn log() -> Vec<Event> {
    change(|debug| {
        let log = debug.log.as_ref();
        log.map_or_else(Vec::new, |log| log.events.iter().copied().collect())
    })
}

/// Adds a tracer.
pub(super) fn add(tracer: Tracer) -> TraceId {
    change(|debug| {
        let id = TraceId(debug.next);
        debug.next += 1;
        debug.tracers.push((id, tracer));
        id
    })
}

/// Takes a tracer out. `false`: it was gone.
pub(super) fn remove(id: TraceId) -> bool {
    change(|debug| {
        let before = debug.tracers.len();
        debug.tracers.retain(|(known, _)| *known != id);
        debug.tracers.len() < before
    })
}

/// Nothing observes the server any more.
pub(super) fn clear() {
    drop(step::current(agenda::take_debug));
}
