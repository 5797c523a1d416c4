//! The halves of links that one process keeps beside the one in its header.
//!
//! A process with thousands of links is a supervisor, and its links are plain: active, and nothing
//! else to say of them. These lie in a [`PidMap`] and cost a dozen bytes each. A half that there is
//! more to say of, and the first one, which most processes with a second link have alone, lie in a
//! small map beside it.

use super::kept::Few;
use super::pid_map::{self, PidMap};
use crate::cell::LocalPid;

/// A half of a link that does not lie in the header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LinkState {
    pub(super) active: bool,
    /// Whether an exit through it goes before ordinary messages.
    pub(super) priority: bool,
    /// Whether this end has unlinked since it linked last.
    pub(super) unlinked: bool,
    /// Unlinks that the other end has not acknowledged.
    pub(super) unacknowledged: u32,
}

impl LinkState {
    /// Active, and nothing else to say.
    const PLAIN: LinkState = LinkState {
        active: true,
        priority: false,
        unlinked: false,
        unacknowledged: 0,
    };
}

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Links {
    few: Few<LocalPid, LinkState>,
    plain: Option<Box<PidMap<()>>>,
}

impl Links {
    pub(crate) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.plain.is_none()
    }

    /// The half towards this process, if there is one.
    pub(super) fn get(&mut self, other: LocalPid) -> Option<LinkState> {
        let few = self.few.get_mut(other).copied();
        few.or_else(|| self.is_plain(other).then_some(LinkState::PLAIN))
    }

    fn is_plain(&self, other: LocalPid) -> bool {
        let plain = self.plain.as_ref();
        plain.is_some_and(|plain| plain.contains_local(other))
    }

    /// Keeps this half from now on.
    pub(super) fn set(&mut self, other: LocalPid, state: LinkState) {
        if let Some(there) = self.few.get_mut(other) {
            *there = state;
            return;
        }
        if state == LinkState::PLAIN && !self.is_empty() {
            let plain = self.plain.get_or_insert_default();
            plain.insert_local(other, ());
            return;
        }
        self.remove(other);
        self.few.insert(other, state);
    }

    /// Takes a half out.
    pub(super) fn remove(&mut self, other: LocalPid) {
        if self.few.remove(other).is_some() {
            return;
        }
        if let Some(plain) = &mut self.plain {
            plain.remove_local(other);
            if plain.is_empty() {
                self.plain = None;
            }
        }
    }

    /// Those that are active, in an order that does not depend on where processes lie.
    pub(super) fn active(&self) -> impl Iterator<Item = LocalPid> {
        let few = self.few.iter().filter(|(_, state)| state.active);
        let plain = self.plain.iter().flat_map(|plain| plain.iter());
        few.map(|(other, _)| *other)
            .chain(plain.map(|(other, ())| other.local()))
    }

    /// Whether an exit through any of them goes before ordinary messages.
    pub(crate) fn has_priority(&self) -> bool {
        self.few
            .iter()
            .any(|(_, state)| state.active && state.priority)
    }

    /// Gives spare memory back.
    pub(crate) fn shrink(&mut self) {
        self.few.shrink();
        if let Some(plain) = &mut self.plain {
            plain.shrink();
        }
    }

    /// For the end of the process: those that are active, one after the other.
    pub(crate) fn taken_apart(mut self) -> LinksLeft {
        self.few.reverse();
        LinksLeft {
            few: self.few,
            plain: self.plain.map(|plain| plain.into_iter()),
        }
    }
}

/// The links of a process that ends.
#[derive(Debug)]
pub(crate) struct LinksLeft {
    few: Few<LocalPid, LinkState>,
    plain: Option<pid_map::IntoIter<()>>,
}

impl Iterator for LinksLeft {
    type Item = LocalPid;

    fn next(&mut self) -> Option<LocalPid> {
        while let Some((other, state)) = self.few.pop() {
            if state.active {
                return Some(other);
            }
        }
        let (other, ()) = self.plain.as_mut()?.next()?;
        Some(other.local())
    }
}
