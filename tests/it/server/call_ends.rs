//! Each call ends in exactly one way: a storm of calls, limits, deaths and stops, under many seeds.
//!
//! Callers call a server by its name. Handlers reply, now or later or through others, or never, drop
//! their handle, wait, panic and stop; others kill the server and stop it; a keeper starts it again.
//! A call that did not end would leave its caller waiting, which the simulation reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use regrow::ExitReason;
use regrow::answer::{Next, Reply, ReplyTo};
use regrow::call::{Call, CallError};
use regrow::process::{
    Inbox, Monitor, exit, monitor, process_info, processes, self_pid, spawn, spawn_monitor, whereis,
};
use regrow::reference::Name;
use regrow::server::{Context, stop};
use regrow::time::{millis, sleep};

use super::{Log, Subject, act, ask, ask_waiting, oops, subject};
use crate::support::{Dice, over_seeds};

const TARGET: Name<Subject> = Name::new("target");
const CALLERS: u64 = 8;
const CALLS: u64 = 6;

/// What handlers do with a call.
#[derive(Debug, Clone, Copy)]
enum How {
    Now,
    Waits(Duration),
    Elsewhere(Duration),
    Kept,
    Dropped,
    DroppedElsewhere,
    Panics,
    Stops,
    StopsWith,
    Twice,
}

impl How {
    fn any(dice: &mut Dice) -> How {
        match dice.roll(16) {
            0..=3 => How::Waits(dice.pause()),
            4 | 5 => How::Elsewhere(dice.pause()),
            6 => How::Kept,
            7 => How::Dropped,
            8 => How::DroppedElsewhere,
            9 => How::Panics,
            10 => How::Stops,
            11 => How::StopsWith,
            12 => How::Twice,
            _ => How::Now,
        }
    }

    /// A call with a handler that does this; `begun` counts how often it began.
    fn call(self, number: u32, begun: Arc<AtomicU32>) -> Call<u32> {
        match self {
            How::Waits(pause) => ask_waiting(TARGET, move |_, _, _| {
                begun.fetch_add(1, SeqCst);
                Box::pin(async move {
                    sleep(pause).await;
                    Reply::now(number)
                })
            }),
            _ => ask(TARGET, move |subject, from, _: &mut Context<Subject>| {
                begun.fetch_add(1, SeqCst);
                self.handle(subject, from, number)
            }),
        }
    }

    fn handle(self, subject: &mut Subject, from: ReplyTo<u32>, number: u32) -> Reply<u32> {
        match self {
            How::Now | How::Waits(_) => return Reply::now(number),
            How::Elsewhere(pause) => drop(spawn(async move |_: Inbox<()>| {
                sleep(pause).await;
                from.reply(number);
            })),
            // Whoever was kept before is dropped.
            How::Kept => subject.kept = Some(from),
            How::Dropped => drop(from),
            How::DroppedElsewhere => drop(spawn(async move |_: Inbox<()>| drop(from))),
            How::Panics => panic!("oops"),
            How::Stops => return Reply::stop(oops()),
            How::StopsWith => return Reply::stop_with(oops(), number),
            How::Twice => {
                from.reply(number);
                return Reply::now(u32::MAX);
            }
        }
        Reply::later()
    }

    /// Whether a call to such a handler may end like this, if that began so often.
    fn allows(self, outcome: &Result<u32, CallError>, number: u32, begun: u32) -> bool {
        match outcome {
            Ok(reply) => begun == 1 && *reply == number,
            // It may have been carried out, or begun.
            Err(CallError::Timeout | CallError::Exited(_)) => begun <= 1,
            Err(CallError::NoProcess) => begun == 0,
            Err(CallError::NoReply) => {
                begun == 1 && matches!(self, How::Kept | How::Dropped | How::DroppedElsewhere)
            }
            Err(_) => false,
        }
    }
}

/// Makes calls one after the other, some of which it gives up.
fn caller(run: u64, who: u64) -> Monitor {
    let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
        let mut dice = Dice::new(run, who);
        for number in 0..CALLS {
            let number = (who * CALLS + number) as u32;
            let (how, begun) = (How::any(&mut dice), Arc::new(AtomicU32::new(0)));
            let call = how.call(number, Arc::clone(&begun));
            let call = call.timeout(dice.pause());
            match dice.roll(8) {
                0 => drop(call.request()),
                1 => {
                    let given_up = regrow::time::timeout(dice.pause(), call).await;
                    if let Ok(outcome) = given_up {
                        assert!(how.allows(&outcome, number, begun.load(SeqCst)));
                    }
                }
                roll => {
                    let outcome = if roll == 2 {
                        let request = call.request();
                        sleep(dice.pause()).await;
                        request.await
                    } else {
                        call.await
                    };
                    let times = begun.load(SeqCst);
                    let allowed = how.allows(&outcome, number, times);
                    assert!(allowed, "{how:?} began {times} times: {outcome:?}");
                }
            }
            if dice.roll(2) == 0 {
                sleep(dice.pause()).await;
            }
        }
        // Whatever has come too late has vanished.
        sleep(millis(100)).await;
        let own = process_info(self_pid()).await.unwrap();
        assert_eq!((own.message_queue_len, own.monitors.len()), (0, 0));
    });
    end
}

/// Ends the server again and again, in one way or the other.
fn troublemaker(run: u64, who: u64) -> Monitor {
    let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
        let mut dice = Dice::new(run, who);
        for _ in 0..3 {
            sleep(dice.pause()).await;
            match (dice.roll(4), whereis("target")) {
                (0, Some(server)) => exit(server, ExitReason::Kill),
                (1, Some(server)) => exit(server, oops()),
                (2, _) => act(TARGET, |_, _| Next::stop(ExitReason::Normal)),
                _ => {
                    let stopped = stop("target", ExitReason::Shutdown).timeout(dice.pause());
                    // Ended by others first, too slow, or not there: all of that happens here.
                    drop(stopped.await);
                }
            }
        }
    });
    end
}

/// Starts the server whenever it is not there.
async fn keep() -> ! {
    loop {
        let started = subject(&Log::default()).name(TARGET).monitor().await;
        let (_, end) = started.unwrap();
        end.await;
    }
}

// R-CALL-3.
#[test]
fn each_call_ends_in_exactly_one_way() {
    let runs = AtomicU64::new(0);
    over_seeds(2_500, || {
        let run = runs.fetch_add(1, SeqCst);
        async move {
            let before = processes().len();
            let keeper = spawn(async |_: Inbox<()>| -> () { keep().await });
            sleep(millis(1)).await;
            let callers = (0..CALLERS).map(|who| caller(run, who));
            let others = (0..3).map(|who| troublemaker(run, CALLERS + who));
            for end in callers.chain(others).collect::<Vec<_>>() {
                assert_eq!(end.await.reason, ExitReason::Normal, "run {run}");
            }
            let end = monitor(keeper);
            exit(keeper, ExitReason::Kill);
            end.await;
            drop(stop("target", ExitReason::Normal).await);
            assert_eq!(processes().len(), before, "run {run}");
        }
    });
}
