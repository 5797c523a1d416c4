//! The processes of a scenario: those that take steps, and the listener.
//!
//! A player waits for orders by selective receive, so that whatever else arrives stays in its mailbox
//! until the driver has it emptied. The listener's mailbox holds what the registry tells, which it
//! writes down at once.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex};

use regrow::process::{self, Inbox, ProcessRef, Received};
use regrow::registry::RegistryEvent;
use serde_json::{Map, Value, json};

use super::super::answer::Answer;
use super::super::reason::encode;
use super::super::value::unexpected;
use super::super::world::lock;
use super::scene::{News, Scene};
use super::step::{Op, Scenario};
use super::{act, sorted};

/// What the process that traps exits is called.
const TRAPS_EXITS: &str = "p1";

/// What the listener is called.
const LISTENER: &str = "l1";

/// A message of the scenario.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) from: String,
    pub(super) value: Value,
}

/// What a player is sent.
#[derive(Debug)]
pub(super) enum Item {
    /// Take a step.
    Act { op: Op, answer: Answer },
    /// Empty the mailbox.
    Collect { answer: Answer },
    /// A message of the scenario.
    Letter(Letter),
}

/// The processes, as the driver sees them.
#[derive(Debug)]
pub(super) struct Players {
    by_name: BTreeMap<String, ProcessRef<Item>>,
    listener: Option<ProcessRef<News>>,
    /// What the listener has heard since the last step. Names are found when all is quiet: a server
    /// is registered before it has told its own.
    heard: Arc<Mutex<Vec<Received<News>>>>,
    scene: Arc<Scene>,
}

impl Players {
    /// Brings the processes on.
    pub(super) async fn new(scene: &Arc<Scene>, scenario: &Scenario) -> Players {
        let players = scenario.players.iter().map(|name| {
            let (scene, own) = (Arc::clone(scene), name.clone());
            let player = process::spawn(move |inbox| live(inbox, scene, own));
            (name.clone(), player)
        });
        let players = players.collect();
        let heard = Arc::<Mutex<Vec<_>>>::default();
        let listener = scenario.listens.then(|| {
            let (scene, heard) = (Arc::clone(scene), Arc::clone(&heard));
            process::spawn(move |inbox| listen(inbox, scene, heard))
        });
        process::settle().await;
        Players {
            by_name: players,
            listener,
            heard,
            scene: Arc::clone(scene),
        }
    }

    /// The listener, if there is one.
    pub(super) fn listener(&self) -> Option<ProcessRef<News>> {
        self.listener
    }

    /// Has a process take a step; the cell has the result when all is quiet, unless it died.
    pub(super) fn take(&self, name: &str, op: Op) -> Answer {
        let answer = Answer::default();
        if let Some(player) = self.by_name.get(name) {
            let answer = answer.clone();
            player.send(Item::Act { op, answer });
        }
        answer
    }

    /// Empties the mailboxes of the living; the empty ones are left out.
    pub(super) async fn messages(&self) -> Map<String, Value> {
        let answers: Vec<(String, Answer)> = self
            .by_name
            .iter()
            .map(|(name, player)| {
                let answer = Answer::default();
                player.send(Item::Collect {
                    answer: answer.clone(),
                });
                (name.clone(), answer)
            })
            .collect();
        process::settle().await;
        let heard = mem::take(&mut *lock(&self.heard)).into_iter();
        let heard = sorted(heard.map(|news| told(news, &self.scene)).collect());
        answers
            .into_iter()
            .filter_map(|(name, answer)| Some((name, answer.get()?.clone())))
            .chain([(LISTENER.to_owned(), heard)])
            .filter(|(_, messages)| *messages != json!([]))
            .collect()
    }
}

/// A player's life.
async fn live(mut inbox: Inbox<Item>, scene: Arc<Scene>, name: String) {
    scene.world().enter(&name, inbox.pid()).await;
    if name == TRAPS_EXITS {
        inbox.trap_exit(true);
    }
    loop {
        match inbox.select_any(is_order).await {
            Received::Message(Item::Act { op, answer }) => {
                answer.give(act::act(&scene, &name, op).await);
            }
            Received::Message(Item::Collect { answer }) => {
                let mut letters = Vec::new();
                while let Some(received) = inbox.try_receive() {
                    letters.push(read(received, &scene));
                }
                answer.give(sorted(letters));
            }
            other => unreachable!("no order: {other:?}"),
        }
    }
}

fn is_order(received: &Received<Item>) -> bool {
    matches!(
        received,
        Received::Message(Item::Act { .. } | Item::Collect { .. })
    )
}

/// What was taken out of a mailbox, as a term.
fn read(received: Received<Item>, scene: &Scene) -> Value {
    match received {
        Received::Message(Item::Letter(Letter { from, value })) => json!(["msg", from, value]),
        Received::Exit(exit) => {
            let from = scene.world().name_of(exit.from);
            json!(["EXIT", from, encode(&exit.reason)])
        }
        other => unexpected(&format_args!("{other:?}")),
    }
}

/// The listener's life.
async fn listen(
    mut inbox: Inbox<News>,
    scene: Arc<Scene>,
    heard: Arc<Mutex<Vec<Received<News>>>>,
) -> ! {
    scene.world().enter(LISTENER, inbox.pid()).await;
    inbox.trap_exit(true);
    loop {
        let news = inbox.receive().await;
        lock(&heard).push(news);
    }
}

/// What the listener has heard, as a term.
fn told(news: Received<News>, scene: &Scene) -> Value {
    match news {
        Received::Message(RegistryEvent::Registered {
            key,
            process,
            value,
            ..
        }) => json!(["register", key, scene.world().name_of(process), value.0]),
        Received::Message(RegistryEvent::Unregistered { key, process, .. }) => {
            json!(["unregister", key, scene.world().name_of(process)])
        }
        other => unexpected(&format_args!("{other:?}")),
    }
}
