//! What is asked of clerks, made up by dice.

use std::time::Duration;

use regrow::time::{millis, secs};

use super::CLERKS;
use crate::support::Dice;

/// How deep calls lead to further calls.
const DEPTH_MAX: u64 = 2;

/// A call that is to be made.
pub(super) struct Errand {
    /// The clerk that has this name when the call is made.
    pub(super) to: usize,
    pub(super) plan: Plan,
    pub(super) limit: Limit,
    pub(super) manner: Manner,
}

/// How long the caller waits.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    For(Duration),
    /// Until so much later, which the clerk knows.
    Deadline(Duration),
    Never,
}

/// How the caller goes about it.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    Await,
    /// The call is tried, and awaited in any case.
    Try,
    /// The reply is collected later.
    Collect(Duration),
    /// The reply is taken out of a collection, which waits by a waker of its own.
    Gather,
    /// The future is dropped after this long.
    Impatient(Duration),
    /// The request is dropped after this long.
    Forget(Duration),
    /// Another process waits for the reply.
    Moved,
    /// The call is dropped before it is polled.
    Unsent,
}

/// What the clerk does.
pub(super) enum Plan {
    Now,
    Twice,
    Later(Duration),
    Keep,
    Drop,
    DropElsewhere(Duration),
    DropAndStop,
    Panic,
    ReplyAndPanic,
    Stop,
    StopWith,
    ExitSelf,
    Wait(Duration),
    WaitAndPanic(Duration),
    /// Calls another clerk before it replies.
    Ask(Box<Errand>),
    /// Replies, or lets another process reply, and calls another clerk then.
    ReplyAndAsk(Box<Errand>),
    HandOverAndAsk(Duration, Box<Errand>),
}

impl Plan {
    /// Whether its handler waits for something.
    pub(super) fn waits(&self) -> bool {
        matches!(
            self,
            Plan::Wait(_)
                | Plan::WaitAndPanic(_)
                | Plan::Ask(_)
                | Plan::ReplyAndAsk(_)
                | Plan::HandOverAndAsk(..)
        )
    }

    fn any(dice: &mut Dice, depth: u64) -> Plan {
        let sides = if depth < DEPTH_MAX { 30 } else { 20 };
        match dice.roll(sides) {
            0..=3 => Plan::Now,
            4 => Plan::Twice,
            5 | 6 => Plan::Later(dice.pause()),
            7 | 8 => Plan::Keep,
            9 => Plan::Drop,
            10 => Plan::DropElsewhere(dice.pause()),
            11 => Plan::DropAndStop,
            12 => Plan::Panic,
            13 => Plan::ReplyAndPanic,
            14 => Plan::Stop,
            15 => Plan::StopWith,
            16 => Plan::ExitSelf,
            17 | 18 => Plan::Wait(dice.pause()),
            19 => Plan::WaitAndPanic(dice.pause()),
            20 => Plan::ReplyAndAsk(Box::new(Errand::within(dice, depth + 1))),
            21 => Plan::HandOverAndAsk(dice.pause(), Box::new(Errand::within(dice, depth + 1))),
            _ => Plan::Ask(Box::new(Errand::within(dice, depth + 1))),
        }
    }
}

impl Limit {
    fn any(dice: &mut Dice) -> Limit {
        let limit = millis(dice.roll(40));
        match dice.roll(4) {
            0 => Limit::Never,
            1 => Limit::Deadline(limit),
            // As good as none, but for the timer.
            2 => Limit::For(secs(30)),
            _ => Limit::For(limit),
        }
    }
}

impl Errand {
    /// One of a caller's.
    pub(super) fn any(dice: &mut Dice) -> Errand {
        Errand {
            to: dice.roll(CLERKS) as usize,
            plan: Plan::any(dice, 0),
            limit: Limit::any(dice),
            manner: match dice.roll(14) {
                0 => Manner::Unsent,
                1 => Manner::Try,
                2 | 3 => Manner::Collect(dice.pause()),
                4 => Manner::Impatient(dice.pause()),
                5 => Manner::Forget(dice.pause()),
                6 => Manner::Moved,
                7 => Manner::Gather,
                _ => Manner::Await,
            },
        }
    }

    /// One that a handler makes, and waits for.
    fn within(dice: &mut Dice, depth: u64) -> Errand {
        Errand {
            to: dice.roll(CLERKS) as usize,
            plan: Plan::any(dice, depth),
            limit: Limit::any(dice),
            manner: match dice.roll(8) {
                0 => Manner::Collect(dice.pause()),
                1 => Manner::Impatient(dice.pause()),
                _ => Manner::Await,
            },
        }
    }
}
