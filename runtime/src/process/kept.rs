//! What is kept for a process beyond its header: nothing for most.

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;

use super::alias::AliasState;
use super::deadline::Deadline;
use super::death::Dying;
use super::links::Links;
use super::mailbox::Mail;
use super::monitor::Monitoring;
use crate::cell::{Envelope, LocalPid, Running};
use crate::scheduler::TimerId;

/// A map in order of insertion, so that no decision depends on where things lie in memory.
pub(crate) type Ordered<K, V> = IndexMap<K, V, foldhash::fast::FixedState>;

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Links beside the one in the header, and links that are being taken away.
    pub(crate) links: Links,
    /// Monitors of this process's, by reference.
    pub(crate) monitors: Few<u64, Monitoring>,
    /// Those who monitor this process: their notices, ready to be sent.
    pub(crate) watchers: Few<u64, Envelope>,
    /// Active aliases.
    pub(crate) aliases: Few<u64, AliasState>,
    pub(crate) deadline: Deadline,
    /// Timers that this process set for itself.
    pub(crate) timers: Vec<TimerId>,
    pub(crate) label: Option<Arc<str>>,
    /// The parent, once the link to it is not the one in the header any more.
    pub(crate) parent: Option<LocalPid>,
    /// What the room above keeps for a process of its kind.
    pub(crate) above: Option<Box<dyn Any + Send>>,
    /// Messages handled, beyond those that the header counts.
    pub(crate) handled: u64,
    pub(crate) mail: Option<Box<Mail>>,
    pub(crate) dying: Option<Box<Dying>>,
}

impl Kept {
    fn is_empty(&self) -> bool {
        self.links.is_empty()
            && self.monitors.is_empty()
            && self.watchers.is_empty()
            && self.aliases.is_empty()
            && self.deadline.is_idle()
            && self.timers.is_empty()
            && self.label.is_none()
            && self.parent.is_none()
            && self.above.is_none()
            && self.handled == 0
            && self.mail.is_none()
            && self.dying.is_none()
    }

    /// Gives spare memory back.
    pub(crate) fn shrink(&mut self) {
        self.links.shrink();
        self.monitors.shrink();
        self.watchers.shrink();
        self.aliases.shrink();
        self.timers.shrink_to_fit();
        if let Some(mail) = &mut self.mail {
            mail.shrink();
        }
    }
}

/// Calls `f` with what is kept for the process, beginning to keep something if need be.
///
/// `f` must run no code of the user's, drops included: that might come here again.
pub(crate) fn with<R>(running: Running<'_>, f: impl FnOnce(&mut Kept) -> R) -> R {
    running.with_kept(|slot| {
        let kept = slot.get_or_insert_with(|| Box::new(Kept::default()));
        f(of(kept.as_mut()))
    })
}

/// Calls `f` with what is kept for the process, if anything is. Afterwards nothing is if it came
/// empty.
pub(crate) fn if_any<R>(running: Running<'_>, f: impl FnOnce(&mut Kept) -> R) -> Option<R> {
    if running.keeps_nothing() {
        return None;
    }
    running.with_kept(|slot| {
        let kept = of(slot.as_mut()?.as_mut());
        let result = f(kept);
        if kept.is_empty() {
            *slot = None;
        }
        Some(result)
    })
}

fn of(kept: &mut (dyn Any + Send)) -> &mut Kept {
    kept.downcast_mut()
        .unwrap_or_else(|| unreachable!("a process keeps a `Kept`"))
}

/// A map that is mostly empty or of one entry, in order of insertion.
#[derive(Debug, Default)]
pub(crate) enum Few<K, V> {
    #[default]
    None,
    One(K, V),
    Many(Box<Ordered<K, V>>),
}

impl<K: std::hash::Hash + Eq + Copy, V> Few<K, V> {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Few::None => true,
            Few::One(..) => false,
            Few::Many(map) => map.is_empty(),
        }
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        match self {
            Few::None => None,
            Few::One(there, value) => (*there == key).then_some(value),
            Few::Many(map) => map.get_mut(&key),
        }
    }

    /// Adds an entry under a new key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match std::mem::take(self) {
            Few::None => *self = Few::One(key, value),
            Few::One(there, first) => {
                let mut map = Ordered::default();
                map.insert(there, first);
                map.insert(key, value);
                *self = Few::Many(Box::new(map));
            }
            Few::Many(mut map) => {
                map.insert(key, value);
                *self = Few::Many(map);
            }
        }
    }

    /// Takes an entry out. The order of the others may change, the same way each time.
    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        match std::mem::take(self) {
            Few::None => None,
            Few::One(there, value) if there == key => Some(value),
            Few::One(there, value) => {
                *self = Few::One(there, value);
                None
            }
            Few::Many(mut map) => {
                let removed = map.swap_remove(&key);
                if !map.is_empty() {
                    *self = Few::Many(map);
                }
                removed
            }
        }
    }

    /// The entries, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (one, many) = match self {
            Few::None => (None, None),
            Few::One(key, value) => (Some((key, value)), None),
            Few::Many(map) => (None, Some(map.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// Takes the last entry out.
    pub(crate) fn pop(&mut self) -> Option<(K, V)> {
        match std::mem::take(self) {
            Few::None => None,
            Few::One(key, value) => Some((key, value)),
            Few::Many(mut map) => {
                let popped = map.pop();
                if !map.is_empty() {
                    *self = Few::Many(map);
                }
                popped
            }
        }
    }

    /// Gives spare memory back.
    pub(crate) fn shrink(&mut self) {
        let Few::Many(map) = self else { return };
        if map.len() > 1 {
            map.shrink_to_fit();
        } else {
            *self = map
                .pop()
                .map_or(Few::None, |(key, value)| Few::One(key, value));
        }
    }

    /// Turns the order round, so that [`pop`](Self::pop) takes the oldest first.
    pub(crate) fn reverse(&mut self) {
        if let Few::Many(map) = self {
            map.reverse();
        }
    }
}
