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

use serde_json::{Value, json};

use super::value::name_order;

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
    /// The term alone.
    pub(super) fn into_term(self) -> Value {
        self.term
    }

    /// A message of the scenario.
    pub(super) fn message(sender: String, value: &Value) -> Letter {
        let term = json!(["msg", sender, value]);
        Letter {
            sender,
            kind: Kind::Message,
            term,
        }
    }

    /// An exit signal that was trapped.
    pub(super) fn exit(sender: String, reason: &Value) -> Letter {
        let term = json!(["EXIT", sender, reason]);
        Letter {
            sender,
            kind: Kind::Exit,
            term,
        }
    }

    /// What a monitor of this name brought; by name or by process, the target is a term.
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

    /// What no scenario sends: it stands first, and equals no recorded message.
    pub(super) fn stray(term: Value) -> Letter {
        Letter {
            sender: String::new(),
            kind: Kind::Message,
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

#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
