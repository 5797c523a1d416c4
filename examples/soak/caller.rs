//! The callers: processes of a burst, each of which does a number of things to whomever it meets.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use regrow::prelude::*;
use regrow::time::{cancel_timer, send_after, sleep};

use crate::account::Account;
use crate::tree::{GROUP_COUNT, GROUPS, NAMES, WORKERS};
use crate::watcher::Watcher;
use crate::wire;
use crate::worker::{Mayfly, Worker};

/// What each of them does, at most.
const ACTS: u64 = 40;
/// How long a timer may be late before it is said to be lost.
const LATE: Duration = secs(30);

/// One of them.
struct Caller {
    inbox: Inbox<u64>,
    rng: Rng,
    account: Arc<Account>,
    workers: u64,
    watcher: ServerRef<Watcher>,
}

/// The body of a caller.
pub(crate) async fn run(
    inbox: Inbox<u64>,
    rng: Rng,
    account: Arc<Account>,
    workers: u64,
    watcher: ServerRef<Watcher>,
) {
    let mut caller = Caller {
        inbox,
        rng,
        account,
        workers,
        watcher,
    };
    for _ in 0..caller.rng.u64(1..=ACTS) {
        caller.act().await;
    }
}

impl Caller {
    async fn act(&mut self) {
        let number = self.rng.u64(0..self.workers);
        match self.rng.u32(0..100) {
            0..40 => self.call(number).await,
            40..44 => self.call_that_is_swallowed(number).await,
            44..52 => self.relay(number).await,
            52..62 => self.cast(number),
            62..72 => self.watcher.watch(number),
            72..75 => self.watcher.unwatch(),
            75..83 => self.timer().await,
            83..88 => self.echo_over_a_socket().await,
            88..92 => self.mayfly().await,
            92..95 => self.kill(number),
            95..98 => {
                self.account.crashes.add(1);
                NAMES.via::<Worker>(number).crash();
            }
            _ => {
                self.account.stuck.add(1);
                let how_long = millis(self.rng.u64(5..30));
                NAMES.via::<Worker>(number).stick(how_long);
            }
        }
    }

    /// A call that is answered now or later, if it is.
    async fn call(&mut self, number: u64) {
        let id = self.rng.u64(..);
        let worker = NAMES.via::<Worker>(number);
        let call = if self.rng.u32(0..4) == 0 {
            worker.echo_late(id, millis(self.rng.u64(0..20)))
        } else {
            worker.echo(id)
        };
        self.account.calls.add(1);
        let result = call.timeout(millis(self.rng.u64(1..200))).await;
        self.account.ended(&result);
        if result.as_ref().is_ok_and(|reply| *reply != id) {
            (self.account).violate(format!("a call of {id} was answered with {result:?}"));
        }
    }

    async fn call_that_is_swallowed(&mut self, number: u64) {
        let call = NAMES.via::<Worker>(number).swallow(self.rng.bool());
        self.account.calls.add(1);
        let result = call.timeout(millis(50)).await;
        self.account.ended(&result);
        if result.is_ok() {
            self.account
                .violate("a call that nobody answered was answered".to_owned());
        }
    }

    async fn relay(&mut self, number: u64) {
        let (to, id) = (self.rng.u64(0..self.workers), self.rng.u64(..));
        let call = NAMES.via::<Worker>(number).relay(to, id);
        self.account.calls.add(1);
        let result = call.timeout(millis(500)).await;
        self.account.ended(&result);
        if result.as_ref().is_ok_and(|reply| *reply != id) {
            (self.account).violate(format!(
                "a relayed call of {id} was answered with {result:?}"
            ));
        }
    }

    /// To one, or to a whole group.
    fn cast(&mut self, number: u64) {
        if self.rng.bool() {
            NAMES.via::<Worker>(number).touch();
            self.account.casts.add(1);
        } else {
            let group = number % GROUP_COUNT;
            for worker in GROUPS.get_servers::<Worker, _>(&group) {
                worker.touch();
                self.account.casts.add(1);
            }
        }
    }

    /// A timer to itself, which comes once or is cancelled and never comes.
    async fn timer(&mut self) {
        let id = self.rng.u64(..);
        let timer = send_after(millis(self.rng.u64(0..20)), self.inbox.this(), id);
        self.account.timers.add(1);
        if self.rng.bool() {
            sleep(millis(self.rng.u64(0..20))).await;
            if cancel_timer(timer).is_some() {
                self.account.cancelled.add(1);
                if self.inbox.try_receive().is_some() {
                    self.account
                        .violate("a cancelled timer has fired".to_owned());
                }
                return;
            }
        }
        match self.inbox.receive_timeout(LATE).await {
            Some(Received::Message(fired)) if fired == id => self.account.fired.add(1),
            other => self.account.violate(format!("a timer came as {other:?}")),
        }
    }

    async fn echo_over_a_socket(&mut self) {
        let mut bytes = vec![0; self.rng.usize(1..4096)];
        self.rng.fill(&mut bytes);
        match wire::exchange(&bytes).await {
            Ok(echo) if echo == bytes => self.account.echoes.add(1),
            Ok(_) => self
                .account
                .violate("a socket gave back other bytes than it was given".to_owned()),
            // Its process, or the listener, was killed; or the listener is not back yet.
            Err(_) => self.account.cut_off.add(1),
        }
    }

    /// A child that comes and goes.
    async fn mayfly(&mut self) {
        let spec = Mayfly::child_spec(millis(self.rng.u64(1..30)));
        // The supervisor may be gone at the moment: then there is none.
        if WORKERS.start_child(spec).await.is_ok() {
            self.account.mayflies.add(1);
        }
    }

    fn kill(&mut self, number: u64) {
        if let Some(worker) = NAMES.lookup(&number) {
            self.account.kills.add(1);
            exit(worker, ExitReason::kill());
        }
    }
}
