//! The workers: servers that answer, answer late or never, stick, crash, and call each other.

use std::fmt;
use std::time::Duration;

use regrow::prelude::*;
use regrow::server::Context;
use regrow::time::sleep;

use crate::tree::{GROUP_COUNT, GROUPS, NAMES};

/// See the module's head.
pub(crate) struct Worker {
    number: u64,
    /// Requests that are never answered, kept until there are a few.
    kept: Vec<ReplyTo<u64>>,
}

/// How many requests are kept unanswered.
const KEPT_MAX: usize = 4;

/// Another worker was asked, and that came to nothing.
#[derive(Debug)]
pub(crate) struct Relayed(CallError);

impl fmt::Display for Relayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the other one: {}", self.0)
    }
}

impl std::error::Error for Relayed {}

#[gen_server(shutdown = "1s")]
impl Worker {
    #[init]
    fn new(number: u64, cx: &mut Context<Self>) -> Result<Self, ExitReason> {
        GROUPS.join(number % GROUP_COUNT, cx.pid())?;
        Ok(Worker {
            number,
            kept: Vec::new(),
        })
    }

    /// Gives back what it was given.
    #[call]
    fn echo(&self, id: u64) -> u64 {
        id
    }

    /// The same, from a process of its own, a little later.
    #[call]
    fn echo_late(&self, id: u64, after: Duration, from: ReplyTo<u64>) -> Reply<u64> {
        spawn(async move |_: Inbox<()>| {
            sleep(after).await;
            from.reply(id);
        });
        Reply::later()
    }

    /// Never answers: forgets the request, at once or when there are too many of them.
    #[call]
    fn swallow(&mut self, at_once: bool, from: ReplyTo<u64>) -> Reply<u64> {
        if !at_once {
            self.kept.push(from);
            if self.kept.len() > KEPT_MAX {
                self.kept.clear();
            }
        }
        Reply::later()
    }

    /// Asks another worker. The two may ask each other, or a third of them the first.
    #[call]
    async fn relay(&self, to: u64, id: u64) -> Result<u64, Relayed> {
        let answer = NAMES.via::<Worker>(to).echo(id).timeout(millis(200)).await;
        answer.map_err(Relayed)
    }

    #[cast]
    fn touch(&self) {}

    /// Blocks the thread it runs on.
    #[cast]
    #[expect(
        clippy::disallowed_methods,
        reason = "a handler that does what it must not is what this is for"
    )]
    fn stick(&self, how_long: Duration) {
        std::thread::sleep(how_long);
    }

    #[cast]
    fn crash(&self) {
        panic!("worker {} was asked to", self.number);
    }
}

/// A child that ends by itself after a while, and is not wanted back.
pub(crate) struct Mayfly;

#[gen_server(restart = "temporary")]
impl Mayfly {
    #[init]
    fn new(life: Duration, cx: &mut Context<Self>) -> Self {
        cx.set_idle_timeout(Some(life));
        Mayfly
    }

    #[timeout]
    fn over(&mut self) -> Next {
        Next::stop(ExitReason::Normal)
    }
}
