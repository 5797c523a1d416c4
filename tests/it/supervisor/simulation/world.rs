//! What the members of a tree share: the dice, who lives where, and what was found wrong.
//!
//! In a simulation nothing happens between what a member does and its entry here, so that the entries
//! are the truth that the supervisors' answers are held against.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use regrow::Pid;
use regrow::prelude::*;
use regrow::time::{TimerRef, now, read_timer};

use crate::support::Dice;

/// A place among the children of a process. Those of one that gives them no order have numbers that
/// nobody else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct At {
    pub(super) supervisor: Pid,
    pub(super) place: u64,
}

/// How far somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Starting,
    Running,
    /// Its `terminate` was called.
    Ending,
}

/// Somebody who lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Living {
    pub(super) at: At,
    /// The older sibling that it is bound to.
    pub(super) bound_to: Option<u64>,
    pub(super) phase: Phase,
    /// It is a server with children of its own.
    pub(super) is_parent: bool,
}

/// What a dynamic supervisor says of itself when it starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub(super) is_of_tasks: bool,
    pub(super) has_template: bool,
    pub(super) has_extra: bool,
    pub(super) max_children: usize,
}

/// What there is to know of one that says nothing.
const PLAIN: Traits = Traits {
    is_of_tasks: false,
    has_template: false,
    has_extra: false,
    max_children: usize::MAX,
};

/// The tree of a seed and what was done to it, written down for the reader of a failure.
#[derive(Clone, Default)]
pub(super) struct Told(Option<Arc<Mutex<Vec<String>>>>);

impl Told {
    /// Writes everything down.
    pub(super) fn all() -> Told {
        Told(Some(Arc::default()))
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0
            .as_ref()
            .map_or_else(Vec::new, |lines| lines.lock().clone())
    }
}

/// See the module's head.
pub(super) struct World {
    dice: Mutex<Dice>,
    told: Told,
    pub(super) registry: ServerRef<Registry<u64>>,
    living: Mutex<HashMap<Pid, Living>>,
    dynamic: Mutex<HashMap<Pid, Traits>>,
    /// The processes that await tasks, and are nobody's children.
    pub(super) owners: Mutex<Vec<Pid>>,
    /// How many numbers were given.
    numbers: Mutex<u64>,
    /// From where on children are started and stopped by hand, and so out of order.
    by_hand: Mutex<Vec<At>>,
    /// Who was started by hand, whether those that it is bound to ran or not.
    pub(super) untied: Mutex<HashSet<At>>,
    timers: Mutex<Vec<TimerRef>>,
    /// What was found wrong first. A member's panic would be one end among others.
    wrong: Mutex<Option<String>>,
}

impl World {
    pub(super) fn new(seed: u64, told: Told, registry: ServerRef<Registry<u64>>) -> World {
        World {
            dice: Mutex::new(Dice::new(seed, 0)),
            told,
            registry,
            living: Mutex::default(),
            dynamic: Mutex::default(),
            owners: Mutex::default(),
            numbers: Mutex::new(0),
            by_hand: Mutex::default(),
            untied: Mutex::default(),
            timers: Mutex::default(),
            wrong: Mutex::default(),
        }
    }

    pub(super) fn roll(&self, sides: u64) -> u64 {
        self.dice.lock().roll(sides)
    }

    pub(super) fn pick<T: Clone>(&self, all: &[T]) -> T {
        all[self.roll(all.len() as u64) as usize].clone()
    }

    /// A number that nobody had before.
    pub(super) fn number(&self) -> u64 {
        let mut numbers = self.numbers.lock();
        *numbers += 1;
        *numbers
    }

    /// Writes something down, if somebody is to read it.
    pub(super) fn tell(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.told.0 {
            let line = format!("{:?} {}", now(), line());
            lines.lock().push(line);
        }
    }

    pub(super) fn expect(&self, right: bool, otherwise: impl FnOnce() -> String) {
        if !right {
            let otherwise = otherwise();
            self.tell(|| format!("WRONG: {otherwise}"));
            self.wrong.lock().get_or_insert(otherwise);
        }
    }

    pub(super) fn wrong(&self) -> Option<String> {
        self.wrong.lock().clone()
    }

    pub(super) fn living(&self) -> HashMap<Pid, Living> {
        self.living.lock().clone()
    }

    pub(super) fn is_parent(&self, process: Pid) -> bool {
        let living = self.living.lock();
        living.get(&process).is_some_and(|one| one.is_parent)
    }

    /// What a dynamic supervisor has said of itself.
    pub(super) fn traits(&self, supervisor: Pid) -> Traits {
        let traits = self.dynamic.lock().get(&supervisor).copied();
        traits.unwrap_or(PLAIN)
    }

    /// A dynamic supervisor says this of itself.
    pub(super) fn describes(&self, supervisor: Pid, traits: Traits) {
        self.dynamic.lock().insert(supervisor, traits);
    }

    /// Children of a process, from this place on, may start and stop out of order from now on.
    pub(super) fn begin_by_hand(&self, from: At) {
        self.by_hand.lock().push(from);
    }

    pub(super) fn end_by_hand(&self, from: At) {
        self.by_hand.lock().retain(|one| *one != from);
    }

    fn is_by_hand(&self, at: At) -> bool {
        let by_hand = self.by_hand.lock();
        by_hand
            .iter()
            .any(|from| from.supervisor == at.supervisor && from.place <= at.place)
    }

    /// Somebody starts. `grouped`: its strategy has those after it stopped before.
    pub(super) fn enter(self: &Arc<World>, this: Pid, one: Living, grouped: bool) -> Life {
        let at = one.at;
        self.expect(!grouped || self.is_last(at), || {
            let living = self.living();
            format!("{this} at {at:?} has started before a later one ended: {living:?}")
        });
        let before = {
            let mut living = self.living.lock();
            let before = living.values().find(|other| other.at == at).copied();
            living.insert(this, one);
            before
        };
        self.expect(before.is_none(), || {
            format!("{this} at {at:?} has started twice")
        });
        Life {
            world: Arc::clone(self),
            this,
            at,
        }
    }

    /// Whether nobody lives after this place who should not, now that it starts or stops.
    pub(super) fn is_last(&self, at: At) -> bool {
        let later = |one: &Living| one.at.supervisor == at.supervisor && one.at.place > at.place;
        self.is_by_hand(at) || !self.living.lock().values().any(later)
    }

    /// Whether nobody who is bound to this place lives, now that it starts or stops.
    pub(super) fn is_unbound(&self, at: At) -> bool {
        let bound =
            |one: &Living| one.at.supervisor == at.supervisor && one.bound_to == Some(at.place);
        self.is_by_hand(at) || !self.living.lock().values().any(bound)
    }

    /// A timer that is nobody's when who set it has ended.
    pub(super) fn keeps(&self, timer: TimerRef) {
        self.timers.lock().push(timer);
    }

    pub(super) fn timers_left(&self) -> usize {
        let timers = self.timers.lock();
        timers
            .iter()
            .filter(|timer| read_timer(timer).is_some())
            .count()
    }
}

/// Takes somebody off the list of the living.
pub(super) struct Life {
    pub(super) world: Arc<World>,
    this: Pid,
    pub(super) at: At,
}

impl Life {
    pub(super) fn is(&self, phase: Phase) {
        if let Some(one) = self.world.living.lock().get_mut(&self.this) {
            one.phase = phase;
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.world.living.lock().remove(&self.this);
    }
}
