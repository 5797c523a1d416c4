//! What is kept of a child for which something beyond OTP was asked: its troubles so far, and the timer
//! that it waits for.
//!
//! A child has at most two timers, never at the same time: while it is to be restarted, the one that
//! ends its delay; while it runs, the one that ends its lifetime. Whatever becomes of the child, both
//! are forgotten, and a time that is up is compared with what is waited for.

use std::time::Duration;

use regrow_runtime::process::random_u64;
use regrow_runtime::time::{Instant, TimerRef, cancel_timer, now};

use crate::child::extras::Extras;
use crate::child::spec::AnyChildSpec;
use crate::decide::again::{Trouble, When, when};
use crate::decide::intensity::Intensity;

/// See the module's head.
#[derive(Debug, Clone, Default)]
pub(crate) struct Care {
    trouble: Trouble,
    delayed: Option<Delayed>,
    lifetime: Option<TimerRef>,
    given_up: bool,
}

/// A restart that waits for its time.
#[derive(Debug, Clone)]
struct Delayed {
    until: Instant,
    timer: TimerRef,
    /// What has been counted is forgotten then.
    anew: bool,
}

/// Whether a restart that waited is made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// It is not, or not this one.
    No,
    /// It is.
    Yes,
    /// It is, and what the supervisor has counted is forgotten.
    Anew,
}

impl Care {
    /// What is kept of a child that is about to be started.
    pub(crate) fn of(spec: &AnyChildSpec) -> Option<Box<Care>> {
        spec.extras().map(|_| Box::default())
    }

    /// The child is something else from now on than it was.
    pub(crate) fn changes(&mut self) {
        self.given_up = false;
        let delayed = self.delayed.take().map(|delayed| delayed.timer);
        for timer in delayed.into_iter().chain(self.lifetime.take()) {
            cancel_timer(timer);
        }
    }

    /// The child runs. `set` sets the timer that ends its lifetime.
    pub(crate) fn runs(&mut self, extras: &Extras, set: impl FnOnce(Duration) -> TimerRef) {
        self.trouble.started(now());
        self.lifetime = extras.lifetime.map(set);
    }

    /// The child waits for its restart. `set` sets the timer, for a time.
    pub(crate) fn waits(
        &mut self,
        delay: Duration,
        anew: bool,
        set: impl FnOnce(Duration, Instant) -> TimerRef,
    ) {
        let until = now() + delay;
        self.delayed = Some(Delayed {
            until,
            timer: set(delay, until),
            anew,
        });
    }

    /// This time is up.
    pub(crate) fn is_up(&mut self, until: Instant) -> Due {
        match self.delayed.take_if(|delayed| delayed.until == until) {
            None => Due::No,
            Some(Delayed { anew: false, .. }) => Due::Yes,
            Some(Delayed { anew: true, .. }) => {
                self.trouble.forget();
                Due::Anew
            }
        }
    }

    /// The child alone is given up.
    pub(crate) fn give_up(&mut self) {
        self.given_up = true;
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// How long the child still waits for its restart, if it does.
    pub(crate) fn left(&self) -> Option<Duration> {
        let delayed = self.delayed.as_ref()?;
        Some(delayed.until.duration_since(now()))
    }
}

/// Of a child whose specification is not kept as a whole: what was asked for it, and what is kept.
#[derive(Debug, Clone)]
pub(crate) struct Cared {
    pub(crate) extras: Extras,
    pub(crate) care: Care,
}

impl Cared {
    pub(crate) fn new(extras: Extras) -> Cared {
        Cared {
            extras,
            care: Care::default(),
        }
    }
}

/// Decides over a child that is to be started again, and counts that.
pub(crate) fn decide(
    extras: Option<&Extras>,
    care: Option<&mut Care>,
    intensity: &mut Intensity,
) -> When {
    let child = extras.zip(care.map(|care| &mut care.trouble));
    when(child, intensity, now(), random_u64)
}
