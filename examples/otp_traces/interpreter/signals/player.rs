//! A scripted process.
//!
//! It waits for commands by selective receive, so that whatever else arrives stays in its mailbox
//! in the order of arrival until a step asks for it. A command is carried out between two receives
//! and never waits.

use std::sync::{Arc, OnceLock};

use regrow::exit::ExitReason;
use regrow::process::{Inbox, ProcessRef, Received};
use serde_json::Value;

use super::super::reason;
use super::act;
use super::scene::Scene;
use super::step::{Body, Op, Role};

/// What a scripted process is sent.
#[derive(Debug)]
pub(super) enum Item {
    /// The watcher's monitor stands.
    Watched,
    /// The driver's order.
    Command { op: Op, answer: Answer },
    /// A message of the scenario, with its sender's name.
    Message { from: String, value: Value },
}

/// Where the result of a command is written; empty for ever if its process dies first.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(Arc<OnceLock<Value>>);

impl Answer {
    /// The result, if there is one by now.
    pub(super) fn get(&self) -> Option<&Value> {
        self.0.get()
    }

    fn give(&self, result: Value) {
        assert!(self.0.set(result).is_ok(), "a command is answered once");
    }
}

impl From<Value> for Answer {
    fn from(result: Value) -> Answer {
        Answer(Arc::new(OnceLock::from(result)))
    }
}

/// A scripted process's own view.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) inbox: Inbox<Item>,
    pub(super) name: String,
    pub(super) scene: Arc<Scene>,
}

/// Sends the process an order.
pub(super) fn command(player: ProcessRef<Item>, op: Op) -> Answer {
    let answer = Answer::default();
    player.send(Item::Command {
        op,
        answer: answer.clone(),
    });
    answer
}

/// A whole life, from the first instruction on.
pub(super) async fn live(mut inbox: Inbox<Item>, scene: Arc<Scene>, role: Role) -> ExitReason {
    scene.enter(&role.name, inbox.this(), role.hold);
    inbox.select(|item| matches!(item, Item::Watched)).await;
    if role.trap {
        inbox.trap_exit(true);
    }
    match role.body {
        Some((Body::Exit, reason)) => reason::decode(&reason),
        Some((Body::Raise, message)) => act::raise(message.as_str().unwrap_or_default()),
        None => {
            Player {
                inbox,
                name: role.name,
                scene,
            }
            .play()
            .await
        }
    }
}

impl Player {
    /// Carries out commands until one of them, or a signal, ends the process.
    async fn play(mut self) -> ! {
        loop {
            let received = self.inbox.select_any(is_command).await;
            if let Received::Message(Item::Command { op, answer }) = received {
                answer.give(self.act(op));
            }
        }
    }
}

fn is_command(received: &Received<Item>) -> bool {
    matches!(received, Received::Message(Item::Command { .. }))
}
