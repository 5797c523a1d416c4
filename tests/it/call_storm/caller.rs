//! Those who make calls, and those who make trouble.

use std::sync::Arc;

use regrow::call::{Call, Requests};
use regrow::process::{ExitReason, Inbox, Pid, exit, self_pid, spawn, whereis};
use regrow::reference::Name;
use regrow::server::{call, cast, stop};
use regrow::sys;
use regrow::time::{now, sleep, timeout};

use super::clerk::{Job, LongJob, Word};
use super::errand::{Errand, Limit, Manner};
use super::record::Outcome;
use super::{CLERKS, NAMES, Shared};
use crate::support::Dice;

/// Calls of one caller.
const CALLS: u64 = 4;
/// Acts of one who makes trouble.
const ACTS: u64 = 4;

/// Who makes a call.
#[derive(Clone, Copy)]
pub(super) struct By {
    pub(super) process: Pid,
    /// Which clerk it is, if it is one, and which call it handles.
    pub(super) clerk: Option<usize>,
    pub(super) handling: Option<usize>,
}

/// A call that has no outcome yet. Dropped, it was given up.
struct Open {
    shared: Shared,
    call: usize,
    is_over: bool,
}

impl Open {
    fn end(mut self, outcome: Outcome) {
        self.is_over = true;
        self.shared.lock().end(self.call, outcome);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.lock().give_up(self.call);
        }
    }
}

/// Makes a call, and writes down what comes of it.
pub(super) async fn run(shared: &Shared, by: By, errand: Errand) {
    let Errand {
        to,
        plan,
        limit,
        manner,
    } = errand;
    let number = shared.lock().make(by, NAMES[to]);
    let made = if plan.waits() {
        call(NAMES[to], LongJob(number, plan))
    } else {
        call(NAMES[to], Job(number, plan))
    };
    let made = match limit {
        Limit::For(limit) => made.timeout(limit),
        Limit::Deadline(after) => made.deadline(now() + after),
        Limit::Never => made.no_timeout(),
    };
    let open = Open {
        shared: Arc::clone(shared),
        call: number,
        is_over: false,
    };
    wait(shared, open, made, limit, manner).await;
}

async fn wait(shared: &Shared, open: Open, made: Call<u32>, limit: Limit, manner: Manner) {
    let is_punctual = matches!(manner, Manner::Await | Manner::Try);
    if !matches!(manner, Manner::Unsent) {
        shared.lock().send(open.call, limit, is_punctual);
    }
    let outcome = match manner {
        Manner::Unsent => return drop(made),
        Manner::Await => made.await,
        Manner::Try => match made.try_() {
            Ok(request) => request.await,
            Err(made) => {
                shared.lock().send(open.call, limit, is_punctual);
                made.await
            }
        },
        Manner::Collect(pause) => {
            let request = made.request();
            sleep(pause).await;
            request.await
        }
        Manner::Gather => {
            let mut requests = Requests::new();
            requests.add((), made.request());
            match requests.next().await {
                Some(((), outcome)) => outcome,
                None => return,
            }
        }
        Manner::Impatient(pause) => match timeout(pause, made).await {
            Ok(outcome) => outcome,
            Err(_) => return,
        },
        Manner::Forget(pause) => {
            let request = made.request();
            sleep(pause).await;
            return drop(request);
        }
        Manner::Moved => {
            let request = made.request();
            spawn(async move |_: Inbox<()>| open.end(request.await));
            return;
        }
    };
    open.end(outcome);
}

/// Makes some calls, one after the other.
pub(super) async fn caller(shared: Shared, mut dice: Dice) {
    let by = By {
        process: self_pid(),
        clerk: None,
        handling: None,
    };
    for _ in 0..CALLS {
        run(&shared, by, Errand::any(&mut dice)).await;
        if dice.roll(2) == 0 {
            sleep(dice.pause()).await;
        }
    }
}

/// Ends clerks and callers, holds clerks, and lets them go on.
pub(super) async fn troublemaker(shared: Shared, mut dice: Dice) {
    for _ in 0..ACTS {
        sleep(dice.pause()).await;
        let name = NAMES[dice.roll(CLERKS) as usize];
        let clerk = whereis(Name::text(name));
        match (dice.roll(12), clerk) {
            (0, Some(clerk)) => exit(clerk, ExitReason::Kill),
            (1, Some(clerk)) => {
                let reason = shared.lock().reason();
                exit(clerk, reason);
            }
            (2, _) => {
                let reason = shared.lock().reason();
                // Ended by others first, too slow, or not there: all of that happens here.
                drop(stop(name, reason).timeout(dice.pause()).await);
            }
            (3, _) => cast(name, Word::Stop),
            (4..=6, _) => cast(name, Word::Release),
            (7, _) => cast(name, Word::Forget),
            (8, _) => {
                let callers = shared.lock().callers.clone();
                let victim = callers[dice.roll(callers.len() as u64) as usize];
                exit(victim, ExitReason::Kill);
            }
            (9, Some(clerk)) => {
                let resumes = shared.lock().resumes_of(clerk);
                if sys::suspend(name).timeout(dice.pause()).await.is_ok() {
                    shared.lock().suspended(clerk, resumes);
                }
            }
            (_, Some(clerk)) => {
                shared.lock().resume(clerk);
                drop(sys::resume(name).timeout(dice.pause()).await);
            }
            _ => {}
        }
    }
}
