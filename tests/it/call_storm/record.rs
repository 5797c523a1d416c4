//! What happened in a storm of calls, and what each call may come to.

use std::collections::BTreeSet;

use regrow::call::CallError;
use regrow::process::{ExitReason, Pid, whereis};
use regrow::reference::Name;
use regrow::time::{Instant, millis, now};

use super::caller::By;
use super::clerk::Clerk;
use super::errand::Limit;

/// How much later than a limit its caller may hear of it: a timer's tick, and a turn.
const SLACK: std::time::Duration = millis(3);

pub(super) type Outcome = Result<u32, CallError>;
pub(super) type Ways = BTreeSet<&'static str>;

/// What a clerk's mailbox does when it is full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Room {
    Any,
    Refuses,
    DropsOldest,
    Waits,
}

/// A clerk: one process, not its successors.
pub(super) struct Known {
    process: Pid,
    slot: usize,
    room: Room,
    /// Its state was dropped.
    pub(super) is_gone: bool,
    end: Option<(Instant, ExitReason)>,
    is_suspended: bool,
    /// How often it was told to go on.
    resumes: u32,
}

/// Who has the right to reply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Right {
    /// The request's handler has not begun.
    Undelivered,
    /// The handler.
    Handler,
    /// The clerk's state.
    Kept,
    /// Another process, and the handler goes on.
    Shared,
    /// Another process.
    Elsewhere,
    /// Nobody: the clerk dropped it.
    Dropped,
    /// Nobody: another process dropped it.
    DroppedElsewhere,
}

/// How far a call is, seen from its caller.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    Made,
    Sent,
    /// It has come to this, when the right was there and this reply had been given.
    Over(Outcome, Right, Option<(u32, Instant)>),
    GivenUp,
}

/// A call.
#[derive(Debug)]
pub(super) struct Made {
    by: Pid,
    /// The clerk that made it, in a handler which waits for it.
    clerk: Option<usize>,
    /// The clerk that it is for.
    to: Option<usize>,
    sent: Option<Instant>,
    until: Option<Instant>,
    /// Until when the handler's own calls may take.
    carried: Option<Instant>,
    inherited: Option<Instant>,
    /// Whether its caller did nothing but wait for it.
    is_punctual: bool,
    stage: Stage,
    pub(super) right: Right,
    /// The first reply, and when it was given.
    reply: Option<(u32, Instant)>,
    /// The reply goes out when the clerk has terminated.
    pub(super) is_promised: bool,
}

#[derive(Default)]
pub(super) struct Record {
    pub(super) clerks: Vec<Known>,
    pub(super) calls: Vec<Made>,
    pub(super) callers: Vec<Pid>,
    pub(super) complaints: Vec<String>,
    /// In which ways calls have ended.
    pub(super) ways: Ways,
    /// Nobody is to be started again.
    pub(super) is_closing: bool,
    reasons: u32,
}

/// What clerks do.
impl Record {
    /// A clerk has come.
    pub(super) fn join(&mut self, process: Pid, slot: usize, room: Room) -> usize {
        self.clerks.push(Known {
            process,
            slot,
            room,
            is_gone: false,
            end: None,
            is_suspended: false,
            resumes: 0,
        });
        self.clerks.len() - 1
    }

    /// The last clerk of this name has ended.
    pub(super) fn leave(&mut self, slot: usize, reason: ExitReason) {
        let last = self.clerks.iter_mut().rfind(|clerk| clerk.slot == slot);
        if let Some(clerk) = last {
            clerk.end = Some((now(), reason));
        }
    }

    fn index(&self, clerk: Pid) -> Option<usize> {
        self.clerks.iter().rposition(|known| known.process == clerk)
    }

    pub(super) fn resumes_of(&mut self, clerk: Pid) -> u32 {
        self.index(clerk).map_or(0, |at| self.clerks[at].resumes)
    }

    /// A clerk has said that it is suspended. If it was told to go on since, it may have.
    pub(super) fn suspended(&mut self, clerk: Pid, resumes: u32) {
        if let Some(at) = self.index(clerk) {
            let clerk = &mut self.clerks[at];
            clerk.is_suspended = clerk.resumes == resumes;
        }
    }

    /// A clerk is about to be told to go on.
    pub(super) fn resume(&mut self, clerk: Pid) {
        if let Some(at) = self.index(clerk) {
            self.clerks[at].is_suspended = false;
            self.clerks[at].resumes += 1;
        }
    }

    /// A clerk begins a handler.
    pub(super) fn expect_awake(&mut self, clerk: usize) {
        let is_awake = !self.clerks[clerk].is_suspended;
        self.expect(is_awake, || format!("clerk {clerk} works while suspended"));
    }

    /// A clerk begins the handler of a call.
    pub(super) fn begin(&mut self, call: usize, clerk: usize) {
        self.expect_awake(clerk);
        let made = &mut self.calls[call];
        let is_right =
            made.stage == Stage::Sent && made.right == Right::Undelivered && made.to == Some(clerk);
        made.right = Right::Handler;
        let by = made.by;
        self.expect(is_right, || format!("call {call} begins with {clerk}"));
        // Those of one caller are handled in the order in which they were sent, which one that has
        // to wait for room is when there is some.
        let is_sent_later = self.clerks[clerk].room == Room::Waits;
        let mut later = self.calls[call + 1..].iter();
        let is_overtaken = later.any(|later| {
            later.by == by && later.to == Some(clerk) && later.right != Right::Undelivered
        });
        self.expect(is_sent_later || !is_overtaken, || {
            format!("call {call} was overtaken")
        });
    }

    /// A reply is about to be given. It says which call it is for.
    pub(super) fn reply(&mut self, call: usize) -> u32 {
        let made = &mut self.calls[call];
        made.reply.get_or_insert((call as u32, now()));
        call as u32
    }

    /// A reason that nobody had before.
    pub(super) fn reason(&mut self) -> ExitReason {
        self.reasons += 1;
        ExitReason::atom(self.reasons.to_string())
    }
}

/// What callers do.
impl Record {
    /// A call is made, and not sent yet.
    pub(super) fn make(&mut self, by: By, to: Name<Clerk>) -> usize {
        let to = whereis(Name::text(to)).and_then(|clerk| self.index(clerk));
        let inherited = by.handling.and_then(|call| self.calls[call].carried);
        self.calls.push(Made {
            by: by.process,
            clerk: by.clerk,
            to,
            sent: None,
            until: None,
            carried: None,
            inherited,
            is_punctual: false,
            stage: Stage::Made,
            right: Right::Undelivered,
            reply: None,
            is_promised: false,
        });
        self.calls.len() - 1
    }

    /// A call is about to be sent.
    pub(super) fn send(&mut self, call: usize, limit: Limit, is_punctual: bool) {
        let made = &mut self.calls[call];
        let own = match limit {
            Limit::For(limit) | Limit::Deadline(limit) => Some(now() + limit),
            Limit::Never => None,
        };
        made.until = match (own, made.inherited) {
            (Some(own), Some(inherited)) => Some(own.min(inherited)),
            (own, inherited) => own.or(inherited),
        };
        let carries = matches!(limit, Limit::Deadline(_)) || made.inherited.is_some();
        made.carried = made.until.filter(|_| carries);
        made.sent = Some(now());
        made.is_punctual = is_punctual;
        made.stage = Stage::Sent;
    }

    /// The caller has dropped what it had of a call.
    pub(super) fn give_up(&mut self, call: usize) {
        let made = &mut self.calls[call];
        if made.stage == Stage::Sent {
            made.stage = Stage::GivenUp;
        }
    }

    /// A call has come to this.
    pub(super) fn end(&mut self, call: usize, outcome: Outcome) {
        let is_first = self.calls[call].stage == Stage::Sent;
        self.expect(is_first, || format!("call {call} ends again: {outcome:?}"));
        let wrong = match &outcome {
            Err(CallError::Timeout) => self.timeout_is_wrong(call),
            Err(CallError::Cycle(path)) => self.cycle_is_wrong(call, path),
            Err(CallError::Exited(_)) => self.has_name(call).then_some("it has its name"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            let made = &self.calls[call];
            let complaint = format!("call {call}, {outcome:?}: {wrong}: {made:?}");
            self.complaints.push(complaint);
        }
        self.ways.insert(way_of(&outcome));
        let made = &mut self.calls[call];
        made.stage = Stage::Over(outcome, made.right, made.reply);
    }
}

fn way_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Ok(_) => "reply",
        Err(CallError::Timeout) => "timeout",
        Err(CallError::NoProcess) => "no process",
        Err(CallError::Exited(ExitReason::Panic(_))) => "a panic",
        Err(CallError::Exited(ExitReason::Killed)) => "killed",
        Err(CallError::Exited(_)) => "exited",
        Err(CallError::NoReply) => "no reply",
        Err(CallError::Cycle(path)) if path.len() == 1 => "called itself",
        Err(CallError::Cycle(_)) => "cycle",
        Err(CallError::Overloaded) => "overloaded",
        Err(_) => "otherwise",
    }
}

/// What must be so.
impl Record {
    pub(super) fn expect(&mut self, is_right: bool, complaint: impl FnOnce() -> String) {
        if !is_right {
            self.complaints.push(complaint());
        }
    }

    /// Whether the server of a call still has its name.
    fn has_name(&self, call: usize) -> bool {
        self.calls[call].to.is_some_and(|to| {
            let clerk = &self.clerks[to];
            whereis(Name::text(super::NAMES[clerk.slot])) == Some(clerk.process)
        })
    }

    /// A timeout comes when the time is up, and takes nothing away that came before.
    fn timeout_is_wrong(&self, call: usize) -> Option<&'static str> {
        let made = &self.calls[call];
        let Some(until) = made.until else {
            return Some("it had no limit");
        };
        let reply = made.reply.filter(|_| !made.is_promised);
        // What a call inherits may be over before it is made.
        let due = made.sent.map_or(until, |sent| sent.max(until));
        if now() < until {
            Some("it is too early")
        } else if made.is_punctual && now() > due + SLACK {
            Some("it is too late")
        } else if reply.is_some_and(|(_, at)| at < until) {
            Some("the reply had come in time")
        } else {
            None
        }
    }

    /// Each of a cycle waits for the next one, the last for the first.
    fn cycle_is_wrong(&self, call: usize, path: &[Pid]) -> Option<&'static str> {
        if path.first() != Some(&self.calls[call].by) {
            return Some("it does not begin with its caller");
        }
        let next = path.iter().cycle().skip(1);
        let is_closed = path.iter().zip(next).all(|(from, to)| {
            self.calls.iter().any(|made| {
                let is_open = made.stage == Stage::Sent && made.reply.is_none();
                let is_theirs = made.clerk.is_some()
                    && made.by == *from
                    && made.to.is_some_and(|at| self.clerks[at].process == *to);
                let waits = matches!(
                    made.right,
                    Right::Undelivered | Right::Handler | Right::Shared
                );
                is_open && is_theirs && waits
            })
        });
        (!is_closed).then_some("they do not wait for each other")
    }

    /// No call waits that has no reason to.
    pub(super) fn check_open(&mut self) {
        for (number, made) in self.calls.iter().enumerate() {
            let is_late = made.until.is_some_and(|until| now() > until + SLACK);
            let is_dead = made.to.is_none_or(|to| self.clerks[to].end.is_some());
            let waits = matches!(
                made.right,
                Right::Undelivered | Right::Handler | Right::Kept
            );
            if made.stage == Stage::Sent && (is_late || (is_dead && waits)) {
                self.complaints
                    .push(format!("call {number} waits: {made:?}"));
            }
        }
    }

    /// Everything is over: each call has come to something that could come of it.
    pub(super) fn check(&mut self) {
        let mut wrong = Vec::new();
        for (number, made) in self.calls.iter().enumerate() {
            let is_right = match &made.stage {
                Stage::Made => made.right == Right::Undelivered,
                Stage::Sent => false,
                Stage::GivenUp => true,
                Stage::Over(outcome, right, reply) => self.allows(made, outcome, *right, *reply),
            };
            if !is_right {
                let end = made.to.map(|to| &self.clerks[to].end);
                wrong.push(format!("call {number}: {made:?}, {end:?}"));
            }
        }
        self.complaints.append(&mut wrong);
    }

    /// Whether a call can have come to this, for what its clerk did.
    fn allows(
        &self,
        made: &Made,
        outcome: &Outcome,
        right: Right,
        reply: Option<(u32, Instant)>,
    ) -> bool {
        let clerk = made.to.map(|to| &self.clerks[to]);
        let room = clerk.map(|clerk| clerk.room);
        let end = clerk.and_then(|clerk| clerk.end.as_ref());
        let begun = made.right != Right::Undelivered;
        match outcome {
            Ok(value) => reply.is_some_and(|(reply, _)| reply == *value),
            // Judged when it came.
            Err(CallError::Timeout | CallError::Cycle(_)) => true,
            Err(CallError::NoProcess) => !begun && (clerk.is_none() || end.is_some()),
            Err(CallError::Overloaded) => !begun && room == Some(Room::Refuses),
            Err(CallError::NoReply) => {
                let is_dropped = matches!(right, Right::Dropped | Right::DroppedElsewhere);
                let is_pushed_out = !begun && room == Some(Room::DropsOldest);
                reply.is_none() && (is_dropped || is_pushed_out)
            }
            Err(CallError::Exited(reason)) => end.is_some_and(|(ended, end)| {
                let is_elsewhere = matches!(right, Right::Elsewhere | Right::DroppedElsewhere);
                // A reply that is given after the end is nobody's.
                let is_late = |(_, at)| at + SLACK > *ended;
                let is_unanswered = made.is_promised || reply.is_none_or(is_late);
                end == reason && !is_elsewhere && is_unanswered
            }),
            Err(_) => false,
        }
    }
}
