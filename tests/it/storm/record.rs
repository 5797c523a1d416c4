//! What happened in a storm, and what must follow from it.

use std::collections::BTreeMap;

use regrow::Pid;
use regrow::process::{
    Down, Exit, ExitReason, Monitor, ProcessInfo, ProcessRef, Received, registered, self_pid,
    whereis,
};
use regrow::time::{TimerRef, read_timer};

use super::member::Word;

/// The names that members register.
pub(super) const NAMES: [&str; 3] = ["ash", "beech", "cedar"];

/// A member, and what it knows.
pub(super) struct Member {
    pub(super) process: ProcessRef<Word>,
    traps: bool,
    /// Its body was dropped.
    pub(super) is_gone: bool,
    /// Why it wanted to end.
    pub(super) own_end: Option<ExitReason>,
    /// Why it has ended.
    pub(super) end: Option<ExitReason>,
    pub(super) watches: Vec<Watch>,
    /// Reasons of members whose exits came through a link.
    link_exits: Vec<(usize, ExitReason)>,
    /// Linked processes that it spawned and that end at once.
    mayflies: Vec<(Pid, ExitReason)>,
}

/// A monitor.
pub(super) struct Watch {
    pub(super) monitor: Monitor,
    /// Which member, if any.
    of: Option<usize>,
    /// What its `Down` has to say, if that is known already.
    wanted: Option<ExitReason>,
    /// Messages that were sent to the member before.
    sent: u32,
    state: State,
}

/// How far a monitor is.
#[derive(Debug, Clone, PartialEq)]
enum State {
    Active,
    Off,
    Fired(ExitReason),
}

/// A timer and what has come of it.
pub(super) struct Timer {
    pub(super) reference: TimerRef,
    to: usize,
    pub(super) is_stopped: bool,
    arrived: u32,
}

/// What two members are to each other.
#[derive(Default)]
struct Pair {
    is_linked: bool,
    was_ever_linked: bool,
    /// One of the two linked or unlinked while it had signals to take in: the outcome is open.
    is_open: bool,
}

/// Messages of one member to another.
#[derive(Default, PartialEq)]
struct Traffic {
    sent: u32,
    heard: u32,
}

#[derive(Default)]
pub(super) struct Record {
    /// Members do little else than to link and unlink.
    pub(super) is_about_links: bool,
    pub(super) members: Vec<Member>,
    pub(super) timers: Vec<Timer>,
    pub(super) complaints: Vec<String>,
    pairs: BTreeMap<(usize, usize), Pair>,
    traffic: BTreeMap<(usize, usize), Traffic>,
    /// Exit signals that were sent and have not been heard: sender, receiver, reason.
    signals: Vec<(usize, usize, ExitReason)>,
    reasons: u32,
}

/// What members do.
impl Record {
    pub(super) fn join(&mut self, process: ProcessRef<Word>, traps: bool) {
        self.members.push(Member {
            process,
            traps,
            is_gone: false,
            own_end: None,
            end: None,
            watches: Vec::new(),
            link_exits: Vec::new(),
            mayflies: Vec::new(),
        });
    }

    /// Which member this is.
    pub(super) fn index(&self, pid: Pid) -> Option<usize> {
        let mut members = self.members.iter();
        members.position(|member| member.process.pid() == pid)
    }

    /// A reason that nobody had before.
    pub(super) fn reason(&mut self) -> ExitReason {
        self.reasons += 1;
        ExitReason::atom(self.reasons.to_string())
    }

    /// The next message of one to another.
    pub(super) fn number(&mut self, from: usize, to: usize) -> Word {
        let traffic = self.traffic.entry((from, to)).or_default();
        traffic.sent += 1;
        let number = traffic.sent;
        Word::Number { from, number }
    }

    fn pair(&mut self, one: usize, other: usize) -> &mut Pair {
        self.pairs
            .entry((one.min(other), one.max(other)))
            .or_default()
    }

    /// `me` has linked, or unlinked, `other`.
    pub(super) fn linked(&mut self, me: usize, other: usize, is_linked: bool, is_sure: bool) {
        let pair = self.pair(me, other);
        pair.is_linked = is_linked;
        pair.was_ever_linked |= is_linked;
        pair.is_open |= !is_sure;
    }

    pub(super) fn watch(&mut self, me: usize, monitor: Monitor, of: Option<usize>) {
        let is_gone = of.is_none_or(|of| self.members[of].is_gone);
        let sent = of.and_then(|of| self.traffic.get(&(me, of)));
        let sent = sent.map_or(0, |traffic| traffic.sent);
        self.members[me].watches.push(Watch {
            monitor,
            of,
            wanted: is_gone.then_some(ExitReason::NoProc),
            sent,
            state: State::Active,
        });
    }

    /// A monitor was taken off, which said whether it was active.
    pub(super) fn unwatch(&mut self, me: usize, at: usize, was_active: bool, flush: bool) {
        let watch = &mut self.members[me].watches[at];
        let is_right = watch.state == State::Active || !was_active;
        if was_active || (flush && watch.state == State::Active) {
            watch.state = State::Off;
        }
        self.expect(is_right, || format!("{me}: a monitor was active again"));
    }

    pub(super) fn start_timer(&mut self, reference: TimerRef, to: usize) {
        self.timers.push(Timer {
            reference,
            to,
            is_stopped: false,
            arrived: 0,
        });
    }

    /// `me` has spawned a process that ends at once.
    pub(super) fn hatch(&mut self, me: usize, pid: Pid, watch: Option<Monitor>, end: ExitReason) {
        let member = &mut self.members[me];
        match watch {
            None => member.mayflies.push((pid, end)),
            Some(monitor) => member.watches.push(Watch {
                monitor,
                of: None,
                wanted: Some(end),
                sent: 0,
                state: State::Active,
            }),
        }
    }

    /// `from` is about to send `to` an exit signal.
    pub(super) fn signal(&mut self, from: usize, to: usize, reason: ExitReason) {
        self.signals.push((from, to, reason));
    }
}

/// What members hear.
impl Record {
    pub(super) fn hear(&mut self, me: usize, received: Received<Word>) {
        match received {
            Received::Message(Word::Number { from, number }) => {
                let traffic = self.traffic.entry((from, me)).or_default();
                traffic.heard += 1;
                let wanted = traffic.heard;
                self.expect(number == wanted, || {
                    format!("{me}: {number} and not {wanted} from {from}")
                });
            }
            Received::Message(Word::Tick(tick)) => self.timers[tick].arrived += 1,
            Received::Exit(exit) => self.hear_exit(me, exit),
            Received::Down(down) => self.hear_down(me, &down),
        }
    }

    fn hear_exit(&mut self, me: usize, Exit { from, reason }: Exit) {
        let Some(sender) = self.index(from) else {
            let mayflies = &mut self.members[me].mayflies;
            let known = mayflies
                .iter()
                .position(|fly| *fly == (from, reason.clone()));
            if let Some(known) = known {
                mayflies.remove(known);
            }
            return self.expect(known.is_some(), || format!("{me}: {from} ended: {reason}"));
        };
        let signal = (sender, me, reason.clone());
        if let Some(sent) = self.signals.iter().position(|sent| *sent == signal) {
            self.signals.remove(sent);
            return;
        }
        let pair = self.pair(me, sender);
        let is_right = pair.is_linked || (pair.is_open && pair.was_ever_linked);
        pair.is_linked = false;
        self.expect(is_right, || {
            format!("{me}: an exit of {sender} without a link: {reason}")
        });
        if reason != ExitReason::NoProc {
            self.members[me].link_exits.push((sender, reason));
            self.expect_the_last_word(me, sender);
        }
    }

    fn hear_down(&mut self, me: usize, down: &Down) {
        let watches = &mut self.members[me].watches;
        let watch = watches
            .iter_mut()
            .find(|watch| watch.monitor == down.monitor);
        let Some(watch) = watch else {
            return self
                .complaints
                .push(format!("{me}: nobody asked: {down:?}"));
        };
        let fired = State::Fired(down.reason.clone());
        let before = std::mem::replace(&mut watch.state, fired);
        let ended = watch.of;
        self.expect(before == State::Active, || {
            format!("{me}: {down:?} of a monitor that was {before:?}")
        });
        if let Some(ended) = ended
            && down.reason != ExitReason::NoProc
        {
            self.expect_the_last_word(me, ended);
        }
    }

    /// All that `ended` has sent is there before its end is, and its name is free.
    fn expect_the_last_word(&mut self, me: usize, ended: usize) {
        let traffic = self.traffic.entry((ended, me)).or_default();
        let is_complete = traffic.sent == traffic.heard;
        self.expect(is_complete, || {
            format!("{me}: the end of {ended} came before its last message")
        });
        let pid = self.members[ended].process.pid();
        let has_name = NAMES.iter().any(|name| whereis(name) == Some(pid));
        self.expect(!has_name, || format!("{ended} has ended and has a name"));
    }
}

/// What is there when all is quiet.
impl Record {
    pub(super) fn expect(&mut self, is_right: bool, complaint: impl FnOnce() -> String) {
        if !is_right {
            self.complaints.push(complaint());
        }
    }

    /// Holds everything against what the members say of themselves.
    pub(super) fn check(&mut self, infos: &[Option<ProcessInfo>]) {
        for (me, info) in infos.iter().enumerate() {
            match info {
                Some(info) => {
                    self.check_living(me, info, infos);
                    self.check_watches(me, info, infos);
                }
                None => self.check_end(me),
            }
        }
        self.check_timers(infos);
        let named = infos.iter().flatten();
        let named = named.filter_map(|info| Some((info.registered_name.clone()?, info.pid)));
        let named: BTreeMap<String, Pid> = named.collect();
        let is_right = named.keys().eq(&sorted(registered()))
            && named.iter().all(|(name, pid)| whereis(name) == Some(*pid));
        self.expect(is_right, || format!("names: {named:?}"));
    }

    /// A member that lives has heard all it should, and its links are right.
    fn check_living(&mut self, me: usize, info: &ProcessInfo, infos: &[Option<ProcessInfo>]) {
        let waiting = info.message_queue_len;
        self.expect(waiting == 0, || format!("{me}: {waiting} messages wait"));
        for from in 0..infos.len() {
            let is_heard = self
                .traffic
                .get(&(from, me))
                .is_none_or(|t| t.sent == t.heard);
            self.expect(is_heard, || format!("{me}: messages of {from} are lost"));
        }
        let traps = self.members[me].traps;
        let ignored = |reason: &ExitReason| !traps && *reason == ExitReason::Normal;
        let mut signals = self.signals.iter();
        let lost = signals.any(|(_, to, reason)| *to == me && !ignored(reason));
        self.expect(!lost, || format!("{me}: an exit signal is lost"));
        let mut mayflies = self.members[me].mayflies.iter();
        let lost = mayflies.any(|(_, reason)| !ignored(reason));
        self.expect(!lost, || format!("{me}: the end of a child is lost"));
        for other in (0..infos.len()).filter(|&other| other != me) {
            let pid = self.members[other].process.pid();
            let half = info.links.contains(&pid);
            let end = self.members[other].end.clone();
            let pair = self.pair(me, other);
            let (is_linked, is_open) = (pair.is_linked, pair.is_open);
            match (&infos[other], end) {
                (Some(theirs), _) => {
                    let their_half = theirs.links.contains(&info.pid);
                    let is_right = half == their_half && (is_open || half == is_linked);
                    self.expect(is_right, || {
                        format!("{me}, {other}: {half}, {their_half}, {is_linked}, {is_open}")
                    });
                }
                (None, end) => {
                    let end = end.unwrap_or(ExitReason::NoProc);
                    let is_right = !half && (!is_linked || is_open || ignored(&end));
                    self.expect(is_right, || {
                        format!("{me}: {other} ended, was linked, and nothing came: {end}")
                    });
                }
            }
        }
    }

    /// Each monitor of a member that lives has fired if, and only if, it should, and once.
    fn check_watches(&mut self, me: usize, info: &ProcessInfo, infos: &[Option<ProcessInfo>]) {
        let mut wrong = Vec::new();
        let mut monitors = Vec::new();
        for watch in &self.members[me].watches {
            let lives = watch.of.is_some_and(|of| infos[of].is_some());
            let end = watch.of.and_then(|of| self.members[of].end.clone());
            let wanted = watch.wanted.clone().or(end);
            match &watch.state {
                State::Active if lives => {
                    monitors.extend(watch.of.map(|of| self.members[of].process.pid()));
                }
                State::Active => wrong.push(format!("{me}: no `Down` of {:?}", watch.of)),
                State::Fired(reason) => {
                    // It may have been as good as dead: an exit signal came before the monitor. But
                    // then it has not heard what was sent after the monitor.
                    let heard = watch.of.and_then(|of| self.traffic.get(&(me, of)));
                    let was_dying = watch.of.is_some_and(|of| infos[of].is_none())
                        && *reason == ExitReason::NoProc
                        && heard.is_none_or(|traffic| traffic.heard <= watch.sent);
                    if wanted.as_ref() != Some(reason) && !was_dying {
                        wrong.push(format!("{me}: {reason} and not {wanted:?}"));
                    }
                }
                State::Off => {}
            }
        }
        for (from, reason) in &self.members[me].link_exits {
            if self.members[*from].end.as_ref() != Some(reason) {
                wrong.push(format!("{me}: {reason} through a link of {from}"));
            }
        }
        self.complaints.append(&mut wrong);
        let is_right = sorted(info.monitors.clone()) == sorted(monitors);
        self.expect(is_right, || format!("{me}: monitors {:?}", info.monitors));
        let living = infos.iter().enumerate().filter(|(_, info)| info.is_some());
        let watchers = living.flat_map(|(other, _)| {
            let member = &self.members[other];
            let active = member.watches.iter();
            let active = active.filter(|w| w.of == Some(me) && w.state == State::Active);
            active.map(|_| member.process.pid())
        });
        // The main process has one on everybody.
        let watchers = sorted(watchers.chain([self_pid()]).collect());
        let is_right = sorted(info.monitored_by.clone()) == watchers;
        self.expect(is_right, || format!("{me}: by {:?}", info.monitored_by));
    }

    /// A member that has ended has done so for a reason that there was.
    fn check_end(&mut self, me: usize) {
        let member = &self.members[me];
        let Some(end) = member.end.clone() else {
            return self.complaints.push(format!("{me}: no reason"));
        };
        let sent = |reason: &ExitReason| {
            let mut signals = self.signals.iter();
            signals.any(|(_, to, sent)| *to == me && sent == reason)
        };
        let killed = end == ExitReason::Killed && sent(&ExitReason::Kill);
        let untrapped = !member.traps && {
            let mut linked = (0..self.members.len()).filter(|other| {
                let key = (me.min(*other), me.max(*other));
                let pair = self.pairs.get(&key);
                pair.is_some_and(|pair| pair.was_ever_linked)
            });
            sent(&end)
                || member.mayflies.iter().any(|(_, reason)| *reason == end)
                || linked.any(|other| {
                    end == ExitReason::NoProc || self.members[other].end.as_ref() == Some(&end)
                })
        };
        let is_right = killed || untrapped || member.own_end.as_ref() == Some(&end);
        self.expect(is_right, || format!("{me}: no cause for {end}"));
    }

    fn check_timers(&mut self, infos: &[Option<ProcessInfo>]) {
        for (number, timer) in self.timers.iter().enumerate() {
            let wanted = u32::from(!timer.is_stopped);
            let is_right = if infos[timer.to].is_some() {
                timer.arrived == wanted
            } else {
                timer.arrived <= wanted
            };
            if !is_right {
                let arrived = timer.arrived;
                let complaint = format!("timer {number}: {arrived} and not {wanted}");
                self.complaints.push(complaint);
            }
        }
        self.expect_no_timers();
    }

    /// No timer is running any more.
    pub(super) fn expect_no_timers(&mut self) {
        let mut timers = self.timers.iter();
        let is_left = timers.any(|timer| read_timer(&timer.reference).is_some());
        self.expect(!is_left, || "timers are left".into());
    }
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}
