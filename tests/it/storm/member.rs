//! What a member of a storm does: a number of acts, and then it listens until it is ended.

use std::sync::Arc;

use regrow::process::{
    ExitReason, Inbox, SpawnOptions, demonitor, demonitor_flush, exit, exit_self, link, monitor,
    register, send_named, spawn_with, unlink, unregister, whereis, yield_now,
};
use regrow::time::{cancel_timer, send_after, sleep};

use super::Shared;
use super::record::NAMES;
use crate::support::Dice;

/// Acts of one member.
const ACTS: u64 = 12;

/// What members send to each other.
#[derive(Debug)]
pub(super) enum Word {
    /// The so-manieth message of its sender to its receiver.
    Number { from: usize, number: u32 },
    /// A timer's.
    Tick(usize),
}

/// Says that a member's body is no more.
struct Gone(Shared, usize);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.lock().members[self.1].is_gone = true;
    }
}

/// A member that acts.
struct Member {
    shared: Shared,
    me: usize,
    dice: Dice,
    inbox: Inbox<Word>,
}

/// The body of a member.
pub(super) async fn member(
    shared: Shared,
    me: usize,
    dice: Dice,
    inbox: Inbox<Word>,
) -> ExitReason {
    let _gone = Gone(Arc::clone(&shared), me);
    let mut member = Member {
        shared,
        me,
        dice,
        inbox,
    };
    for _ in 0..ACTS {
        // One that has not heard all that has come acts on an old view: that is what races are.
        let is_up_to_date = member.dice.roll(3) != 0;
        while is_up_to_date && let Some(received) = member.inbox.try_receive() {
            member.shared.lock().hear(me, received);
        }
        if let Some(reason) = member.act(is_up_to_date) {
            return reason;
        }
        match member.dice.roll(8) {
            0 => sleep(member.dice.pause()).await,
            1..=4 => yield_now().await,
            _ => {}
        }
    }
    member.listen().await
}

impl Member {
    /// Listens until it is ended.
    async fn listen(&mut self) -> ! {
        loop {
            let received = self.inbox.receive().await;
            self.shared.lock().hear(self.me, received);
        }
    }

    /// Does one thing. Gives the reason if that was to return.
    fn act(&mut self, is_up_to_date: bool) -> Option<ExitReason> {
        let other = self.other();
        let is_about_links = self.shared.lock().is_about_links && self.dice.roll(8) != 0;
        match self.dice.roll(if is_about_links { 8 } else { 40 }) {
            0..=4 => self.link(other, is_up_to_date),
            5..=7 => self.unlink(other, is_up_to_date),
            8..=14 => self.send(other),
            15 | 16 => self.send_by_name(),
            17..=20 => self.monitor(other),
            21 => self.monitor_by_name(),
            22..=24 => self.demonitor(),
            25 | 26 => self.start_timer(other),
            27 => self.stop_timer(),
            28..=30 => drop(register(self.name(), self.process(other))),
            31 => drop(register(self.name(), self.process(self.me))),
            32 => drop(unregister(self.name())),
            33..=35 => self.spawn_mayfly(),
            36 => self.exit(other),
            37 => self.kill(other),
            38 => self.exit(self.me),
            _ => return Some(self.end()),
        }
        None
    }

    /// Anybody else.
    fn other(&mut self) -> usize {
        let members = self.shared.lock().members.len();
        let step = 1 + self.dice.roll(members as u64 - 1) as usize;
        (self.me + step) % members
    }

    fn process(&self, index: usize) -> regrow::process::ProcessRef<Word> {
        self.shared.lock().members[index].process
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.dice.roll(NAMES.len() as u64) as usize]
    }

    fn send(&mut self, to: usize) {
        for _ in 0..=self.dice.roll(3) {
            let word = self.shared.lock().number(self.me, to);
            self.process(to).send(word);
        }
    }

    fn send_by_name(&mut self) {
        let name = self.name();
        let holder = whereis(name).map(|pid| self.shared.lock().index(pid).unwrap());
        if let Some(to) = holder.filter(|&to| to != self.me) {
            let word = self.shared.lock().number(self.me, to);
            send_named(name, word).unwrap();
        }
    }

    fn link(&mut self, other: usize, is_up_to_date: bool) {
        if link(self.process(other)).is_ok() {
            let mut record = self.shared.lock();
            record.linked(self.me, other, true, is_up_to_date);
        }
    }

    fn unlink(&mut self, other: usize, is_up_to_date: bool) {
        unlink(self.process(other));
        let mut record = self.shared.lock();
        record.linked(self.me, other, false, is_up_to_date);
    }

    fn monitor(&mut self, other: usize) {
        let watch = monitor(self.process(other));
        self.shared.lock().watch(self.me, watch, Some(other));
    }

    fn monitor_by_name(&mut self) {
        let name = self.name();
        let holder = whereis(name).map(|pid| self.shared.lock().index(pid).unwrap());
        if holder != Some(self.me) {
            let watch = monitor(name);
            self.shared.lock().watch(self.me, watch, holder);
        }
    }

    fn demonitor(&mut self) {
        let count = self.shared.lock().members[self.me].watches.len();
        if count == 0 {
            return;
        }
        let at = self.dice.roll(count as u64) as usize;
        let watch = self.shared.lock().members[self.me].watches[at].monitor;
        let flush = self.dice.roll(2) == 0;
        let was_active = if flush {
            demonitor_flush(watch)
        } else {
            demonitor(watch)
        };
        self.shared.lock().unwatch(self.me, at, was_active, flush);
    }

    fn start_timer(&mut self, to: usize) {
        let tick = self.shared.lock().timers.len();
        let timer = send_after(self.dice.pause(), self.process(to), Word::Tick(tick));
        self.shared.lock().start_timer(timer, to);
    }

    fn stop_timer(&mut self) {
        let mut record = self.shared.lock();
        let count = record.timers.len() as u64;
        if count > 0 {
            let stopped = &mut record.timers[self.dice.roll(count) as usize];
            stopped.is_stopped |= cancel_timer(stopped.reference.clone()).is_some();
        }
    }

    /// Spawns a process that ends at once, with a link or a monitor.
    fn spawn_mayfly(&mut self) {
        let reason = match self.dice.roll(3) {
            0 => ExitReason::Normal,
            _ => self.shared.lock().reason(),
        };
        let is_linked = self.dice.roll(2) == 0;
        let options = if is_linked {
            SpawnOptions::new().link()
        } else {
            SpawnOptions::new().monitor()
        };
        let returned = reason.clone();
        let spawned = spawn_with(options, async |_: Inbox<()>| returned).unwrap();
        let (pid, watch) = (spawned.process.pid(), spawned.monitor);
        self.shared.lock().hatch(self.me, pid, watch, reason);
    }

    /// Sends an exit signal.
    fn exit(&mut self, to: usize) {
        let reason = match self.dice.roll(4) {
            0 => ExitReason::Normal,
            _ => self.shared.lock().reason(),
        };
        self.shared.lock().signal(self.me, to, reason.clone());
        exit(self.process(to), reason);
    }

    fn kill(&mut self, to: usize) {
        self.shared.lock().signal(self.me, to, ExitReason::Kill);
        exit(self.process(to), ExitReason::Kill);
    }

    /// Ends by itself, in one way or the other.
    fn end(&mut self) -> ExitReason {
        let reason = match self.dice.roll(3) {
            0 => ExitReason::Normal,
            _ => self.shared.lock().reason(),
        };
        self.shared.lock().members[self.me].own_end = Some(reason.clone());
        match self.dice.roll(2) {
            0 => exit_self(reason),
            _ => reason,
        }
    }
}
