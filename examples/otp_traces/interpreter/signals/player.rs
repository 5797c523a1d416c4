//! A scripted process.
//!
//! It waits for commands by selective receive, so that whatever else arrives stays in its mailbox
//! in the order of arrival until a step asks for it. A command is carried out between two receives
//! and never waits.

use std::sync::Arc;

use regrow::exit::ExitReason;
use regrow::process::{Down, DownTarget, Inbox, ProcessRef, Received};
use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::letter::Letter;
use super::super::reason;
use super::super::value::unexpected;
use super::act;
use super::scene::Scene;
use super::step::{Body, Op, Role};

/// What a scripted process is sent.
#[derive(Debug)]
pub(super) enum Item {
    /// The driver's order.
    Command { op: Op, answer: Answer },
    /// A message of the scenario, with its sender's name.
    Message { from: String, value: Value },
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
    scene.enter(&role.name, inbox.this(), role.hold).await;
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

/// Renders what was taken out of a mailbox.
pub(super) fn read(received: Received<Item>, scene: &Scene) -> Letter {
    match received {
        Received::Message(Item::Message { from, value }) => Letter::message(from, &value),
        Received::Message(other) => Letter::stray(unexpected(&format_args!("{other:?}"))),
        Received::Exit(exit) => {
            Letter::exit(scene.name_of(exit.from), &reason::encode(&exit.reason))
        }
        Received::Down(down) => read_down(down, scene),
    }
}

fn read_down(down: Down, scene: &Scene) -> Letter {
    let reference = scene.name_of_monitor(down.monitor);
    let reason = reason::encode(&down.reason);
    match down.target {
        DownTarget::Process(pid) => {
            let sender = scene.name_of(pid);
            let target = json!(sender);
            Letter::down(sender, reference, &target, &reason)
        }
        DownTarget::Name(name) => {
            let target = json!({ "name": name });
            Letter::down(name, reference, &target, &reason)
        }
    }
}
