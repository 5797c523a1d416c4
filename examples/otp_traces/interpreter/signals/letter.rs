//! Received messages as terms, and the order in which the messages of one mailbox are listed.
//!
//! OTP promises the order of messages between two processes, and nothing across senders; nor does
//! it say whether the EXIT or the DOWN of one death comes first. What was received is therefore
//! listed in one fixed order before it is compared (rule 3 of the trace format, section 5):
//!
//! 1. by sender, in name order; the messages of one sender stay as they arrived;
//! 2. then, of one sender, in each unbroken run of EXITs and DOWNs: the DOWNs first, in the order
//!    of their references' names, then the EXITs as they arrived.

use std::cmp::Ordering;

use regrow::process::{Down, DownTarget, Received};
use serde_json::{Value, json};

use super::super::reason::encode;
use super::super::value::{name_order, unexpected};
use super::player::Item;
use super::scene::Scene;

/// One received message, with what its place in the list depends on.
#[derive(Debug)]
pub(super) struct Letter {
    sender: String,
    kind: Kind,
    term: Value,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Down { reference: String },
    Exit,
    Message,
}

impl Letter {
    /// Renders what was taken out of a mailbox.
    pub(super) fn read(received: Received<Item>, scene: &Scene) -> Letter {
        match received {
            Received::Message(Item::Message { from, value }) => Letter::message(from, &value),
            Received::Message(other) => Letter {
                sender: String::new(),
                kind: Kind::Message,
                term: unexpected(&format_args!("{other:?}")),
            },
            Received::Exit(exit) => Letter::exit(scene.name_of(exit.from), &encode(&exit.reason)),
            Received::Down(down) => Letter::read_down(down, scene),
        }
    }

    /// The term alone.
    pub(super) fn into_term(self) -> Value {
        self.term
    }

    fn read_down(down: Down, scene: &Scene) -> Letter {
        let reference = scene.name_of_monitor(down.monitor);
        let reason = encode(&down.reason);
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

    pub(super) fn message(sender: String, value: &Value) -> Letter {
        let term = json!(["msg", sender, value]);
        Letter {
            sender,
            kind: Kind::Message,
            term,
        }
    }

    pub(super) fn exit(sender: String, reason: &Value) -> Letter {
        let term = json!(["EXIT", sender, reason]);
        Letter {
            sender,
            kind: Kind::Exit,
            term,
        }
    }

    pub(super) fn down(
        sender: String,
        reference: String,
        target: &Value,
        reason: &Value,
    ) -> Letter {
        let term = json!(["DOWN", reference, target, reason]);
        Letter {
            sender,
            kind: Kind::Down { reference },
            term,
        }
    }

    /// Whether it tells of an end: only such letters change places with each other.
    fn is_notice(&self) -> bool {
        self.kind != Kind::Message
    }
}

/// The letters' terms, in the order in which a trace lists them.
pub(super) fn in_order(mut letters: Vec<Letter>) -> Vec<Value> {
    // Both sorts are stable, which is what keeps the order of arrival where it counts.
    letters.sort_by(|left, right| name_order(&left.sender, &right.sender));
    let runs = letters.chunk_by_mut(|left, right| {
        left.sender == right.sender && left.is_notice() == right.is_notice()
    });
    for run in runs {
        run.sort_by(notice_order);
    }
    letters.into_iter().map(Letter::into_term).collect()
}

/// The order of letters within a run: it says nothing of messages, which stay as they are.
fn notice_order(left: &Letter, right: &Letter) -> Ordering {
    match (&left.kind, &right.kind) {
        (Kind::Down { reference: left }, Kind::Down { reference: right }) => {
            name_order(left, right)
        }
        (Kind::Down { .. }, _) => Ordering::Less,
        (_, Kind::Down { .. }) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
