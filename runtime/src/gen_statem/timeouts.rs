//! The timeouts of a machine: what to set, and what runs.
//!
//! One that is to take some time is a timer of the runtime's, which brings the timeout's number. One
//! of zero has no timer: it is an event as soon as nothing else is in the machine's queue, and those
//! of zero come in the order in which they were set.

use std::time::Duration;

use super::event::Timeout;
use crate::process::deadline::Limit;
use crate::time::tick::Tick;
use crate::time::{Instant, TimerRef, cancel_timer};

/// What a handler says about a timeout.
#[derive(Debug)]
pub(super) enum Setting<E> {
    Start(When, E),
    /// Another event for the timeout that runs.
    Update(E),
    Cancel,
}

/// When a timeout is due.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    After(Duration),
    At(Instant),
}

impl When {
    fn limit(self) -> Limit {
        match self {
            When::After(after) => Limit::after(after),
            When::At(at) => Limit::At(at.tick()),
        }
    }
}

/// The timeouts that run.
#[derive(Debug)]
pub(super) struct Timeouts<E> {
    /// Those of zero in the order in which they are due.
    running: Vec<Running<E>>,
    /// How many have been set.
    count: u64,
}

#[derive(Debug)]
struct Running<E> {
    timeout: Timeout,
    event: E,
    number: u64,
    /// None is one of zero.
    timer: Option<TimerRef>,
}

impl<E> Timeouts<E> {
    pub(super) fn new() -> Timeouts<E> {
        Timeouts {
            running: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Which run.
    pub(super) fn names(&self) -> impl Iterator<Item = &Timeout> {
        self.running.iter().map(|running| &running.timeout)
    }

    /// Whether one of zero waits for its turn.
    pub(super) fn has_due(&self) -> bool {
        self.running.iter().any(|running| running.timer.is_none())
    }

    /// The oldest of zero.
    pub(super) fn take_due(&mut self) -> Option<(Timeout, E)> {
        self.take(|running| running.timer.is_none())
    }

    /// The one that a timer has brought the number of, if that still runs.
    pub(super) fn take_expired(&mut self, number: u64) -> Option<(Timeout, E)> {
        self.take(|running| running.number == number)
    }

    fn take(&mut self, wanted: impl FnMut(&Running<E>) -> bool) -> Option<(Timeout, E)> {
        let at = self.running.iter().position(wanted)?;
        let running = self.running.remove(at);
        Some((running.timeout, running.event))
    }

    /// Does what a transition says, in order. Of several settings of one timeout the last counts.
    /// `arm` sets a timer that brings a number.
    pub(super) fn set_all(
        &mut self,
        settings: Vec<(Timeout, Setting<E>)>,
        arm: impl Fn(Tick, u64) -> TimerRef,
    ) {
        let mut settings = settings.into_iter();
        while let Some((timeout, setting)) = settings.next() {
            if settings
                .as_slice()
                .iter()
                .all(|(later, _)| *later != timeout)
            {
                self.set(timeout, setting, &arm);
            }
        }
    }

    fn set(&mut self, timeout: Timeout, setting: Setting<E>, arm: impl Fn(Tick, u64) -> TimerRef) {
        match setting {
            Setting::Cancel => self.cancel(&timeout),
            Setting::Start(when, event) => {
                self.cancel(&timeout);
                self.start(timeout, event, when.limit(), arm);
            }
            Setting::Update(event) => {
                let running = self.running.iter_mut().find(|it| it.timeout == timeout);
                match running {
                    Some(running) => running.event = event,
                    None => self.start(timeout, event, Limit::Zero, arm),
                }
            }
        }
    }

    fn start(
        &mut self,
        timeout: Timeout,
        event: E,
        limit: Limit,
        arm: impl Fn(Tick, u64) -> TimerRef,
    ) {
        self.count += 1;
        let number = self.count;
        let timer = match limit {
            Limit::Zero => None,
            Limit::At(at) => Some(arm(at, number)),
            Limit::Never => return,
        };
        self.running.push(Running {
            timeout,
            event,
            number,
            timer,
        });
    }

    /// What a timer brings that cannot be cancelled any more finds nothing.
    pub(super) fn cancel(&mut self, timeout: &Timeout) {
        let Some(at) = self.running.iter().position(|it| it.timeout == *timeout) else {
            return;
        };
        if let Some(timer) = self.running.remove(at).timer {
            cancel_timer(timer);
        }
    }
}
