//! The servers of a storm of calls, and who starts them again.

use std::sync::Arc;
use std::time::Duration;

use regrow::ExitReason;
use regrow::answer::{Init, Next, Reply, ReplyTo};
use regrow::process::{Inbox, MailboxPolicy, exit_self, self_pid, spawn};
use regrow::server::{Context, GenServer, HandleCall, HandleCast, Start, StartError, Step};
use regrow::time::sleep;

use super::caller::{By, run};
use super::errand::Plan;
use super::record::{Right, Room};
use super::{NAMES, Shared};
use crate::support::Dice;

/// What no caller may ever be told.
const SECOND_REPLY: u32 = u32::MAX;

/// A server that does with a call what the call says.
pub(super) struct Clerk {
    shared: Shared,
    me: usize,
    /// A reply that somebody waits for.
    kept: Option<(usize, ReplyTo<u32>)>,
    ends_badly: bool,
}

impl Drop for Clerk {
    fn drop(&mut self) {
        self.shared.lock().clerks[self.me].is_gone = true;
    }
}

/// What a clerk is started with.
pub(super) struct Beginning {
    shared: Shared,
    slot: usize,
    room: Room,
    traps: bool,
    fails: bool,
    ends_badly: bool,
}

/// A call whose handler does not wait.
pub(super) struct Job(pub(super) usize, pub(super) Plan);
/// A call whose handler waits.
pub(super) struct LongJob(pub(super) usize, pub(super) Plan);

/// What is cast.
#[derive(Clone, Copy)]
pub(super) enum Word {
    /// The reply that is kept is to be given.
    Release,
    /// It is to be dropped.
    Forget,
    Stop,
}

impl GenServer for Clerk {
    type Args = Beginning;

    fn init(beginning: Beginning, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let Beginning {
            shared,
            slot,
            room,
            traps,
            fails,
            ends_badly,
        } = beginning;
        cx.trap_exit(traps);
        let me = shared.lock().join(self_pid(), slot, room);
        let clerk = Clerk {
            shared,
            me,
            kept: None,
            ends_badly,
        };
        if fails {
            Init::stop(ExitReason::atom("no start"))
        } else {
            Init::ok(clerk)
        }
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        assert!(!self.ends_badly, "a bad end");
        Next::proceed()
    }
}

impl HandleCast<Word> for Clerk {
    fn handle_cast(&mut self, word: Word, _: &mut Context<Self>) -> impl Step<Next> {
        self.shared.lock().expect_awake(self.me);
        match word {
            Word::Release => {
                if let Some((call, from)) = self.kept.take() {
                    from.reply(self.shared.lock().reply(call));
                }
            }
            Word::Forget => self.forget(),
            Word::Stop => return Next::stop(ExitReason::Normal),
        }
        Next::proceed()
    }
}

impl HandleCall<Job> for Clerk {
    type Reply = u32;

    fn handle_call(
        &mut self,
        Job(call, plan): Job,
        from: ReplyTo<u32>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u32>> {
        self.shared.lock().begin(call, self.me);
        self.handle(call, &plan, from)
    }
}

impl HandleCall<LongJob> for Clerk {
    type Reply = u32;

    fn handle_call(
        &mut self,
        LongJob(call, plan): LongJob,
        from: ReplyTo<u32>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u32>> {
        // Not in the future: that is polled in the same step, but a handler begins here.
        self.shared.lock().begin(call, self.me);
        self.handle_long(call, plan, from)
    }
}

impl Clerk {
    fn handle(&mut self, call: usize, plan: &Plan, from: ReplyTo<u32>) -> Reply<u32> {
        let reason = self.shared.lock().reason();
        match *plan {
            Plan::Twice => {
                from.reply(self.shared.lock().reply(call));
                return Reply::now(SECOND_REPLY);
            }
            Plan::Later(pause) => hand_over(&self.shared, call, from, pause, true),
            Plan::DropElsewhere(pause) => hand_over(&self.shared, call, from, pause, false),
            Plan::Keep => {
                self.forget();
                self.kept = Some((call, from));
                self.shared.lock().calls[call].right = Right::Kept;
            }
            Plan::Drop => {
                drop(from);
                self.shared.lock().calls[call].right = Right::Dropped;
            }
            Plan::DropAndStop => {
                drop(from);
                return Reply::stop(reason);
            }
            Plan::Panic => panic!("{reason}"),
            Plan::ReplyAndPanic => {
                from.reply(self.shared.lock().reply(call));
                panic!("{reason}");
            }
            Plan::ExitSelf => exit_self(reason),
            Plan::Stop => return Reply::stop(reason),
            Plan::StopWith => {
                let mut record = self.shared.lock();
                record.calls[call].is_promised = true;
                return Reply::stop_with(reason, record.reply(call));
            }
            _ => return Reply::now(self.shared.lock().reply(call)),
        }
        Reply::later()
    }

    async fn handle_long(&mut self, call: usize, plan: Plan, from: ReplyTo<u32>) -> Reply<u32> {
        let by = By {
            process: self_pid(),
            clerk: Some(self.me),
            handling: Some(call),
        };
        match plan {
            Plan::Wait(pause) => sleep(pause).await,
            Plan::WaitAndPanic(pause) => {
                sleep(pause).await;
                panic!("after a while");
            }
            Plan::Ask(errand) => run(&self.shared, by, *errand).await,
            Plan::ReplyAndAsk(errand) => {
                from.reply(self.shared.lock().reply(call));
                run(&self.shared, by, *errand).await;
                return Reply::later();
            }
            Plan::HandOverAndAsk(pause, errand) => {
                hand_over(&self.shared, call, from, pause, true);
                self.shared.lock().calls[call].right = Right::Shared;
                run(&self.shared, by, *errand).await;
                self.shared.lock().calls[call].right = Right::Elsewhere;
                return Reply::later();
            }
            _ => {}
        }
        Reply::now(self.shared.lock().reply(call))
    }

    /// Drops the reply that is kept.
    fn forget(&mut self) {
        if let Some((call, from)) = self.kept.take() {
            drop(from);
            self.shared.lock().calls[call].right = Right::Dropped;
        }
    }
}

/// Lets another process reply, or drop the right to.
fn hand_over(shared: &Shared, call: usize, from: ReplyTo<u32>, pause: Duration, replies: bool) {
    shared.lock().calls[call].right = Right::Elsewhere;
    let shared = Arc::clone(shared);
    spawn(async move |_: Inbox<()>| {
        sleep(pause).await;
        if replies {
            from.reply(shared.lock().reply(call));
        } else {
            drop(from);
            shared.lock().calls[call].right = Right::DroppedElsewhere;
        }
    });
}

/// Starts the clerk of a name whenever there is none, until the storm is to be over.
pub(super) async fn keep(shared: Shared, slot: usize, mut dice: Dice) {
    let room = Room::any(&mut dice);
    let traps = dice.roll(3) == 0;
    loop {
        let beginning = Beginning {
            shared: Arc::clone(&shared),
            slot,
            room,
            traps,
            fails: dice.roll(10) == 0,
            ends_badly: dice.roll(6) == 0,
        };
        let mut start = Start::<Clerk>::new(beginning).name(NAMES[slot]);
        if let Some((limit, policy)) = room.limit() {
            start = start.mailbox_limit(limit, policy);
        }
        let end = match start.monitor().await {
            Ok((_, end)) => end.await.reason,
            Err(StartError::Failed(reason)) => reason,
            Err(other) => panic!("{other}"),
        };
        shared.lock().leave(slot, end);
        if shared.lock().is_closing {
            return;
        }
        if dice.roll(2) == 0 {
            sleep(dice.pause()).await;
        }
        if shared.lock().is_closing {
            return;
        }
    }
}

impl Room {
    fn any(dice: &mut Dice) -> Room {
        match dice.roll(8) {
            0 => Room::Refuses,
            1 => Room::DropsOldest,
            2 => Room::Waits,
            _ => Room::Any,
        }
    }

    fn limit(self) -> Option<(usize, MailboxPolicy)> {
        match self {
            Room::Any => None,
            Room::Refuses => Some((1, MailboxPolicy::Refuse)),
            Room::DropsOldest => Some((1, MailboxPolicy::DropOldest)),
            Room::Waits => Some((1, MailboxPolicy::Wait)),
        }
    }
}
