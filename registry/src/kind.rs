//! How many processes may have a key: the two kinds of registry, as types.
//!
//! The kind is a type, so that what makes no sense for a kind cannot be written: a key that many
//! processes have leads to no single server, and there is no one value to update.
//!
//! What differs inside is how the holders of one key are kept, and nothing else:
//!
//! ```text
//!   Unique      key ──► (owner, value)
//!   Duplicate   key ──► (owner, value)                                  while there is one
//!               key ──► { number: (owner, value) … }, { (owner, number) … }   once there were more
//! ```
//!
//! The numbers count what comes to a key, so its holders are in the order in which they registered,
//! which a simulation repeats whatever pids they have. Beside that stands what each process has, so
//! that its own entries are found, and given up, without a look at those of the others.

use std::collections::{BTreeMap, BTreeSet, btree_map, btree_set};
use std::fmt;
use std::iter;
use std::ops::Bound::{Excluded, Unbounded};
use std::option;

use regrow_runtime::process::Pid;

/// How many processes may have a key of a [`Registry`](crate::Registry): [`Unique`] or
/// [`Duplicate`].
pub trait Keys: fmt::Debug + Send + Sync + 'static {
    /// Those who have one key.
    #[doc(hidden)]
    type Holders<V: Send + Sync + 'static>: Holders<V>;
}

/// A key has one process.
///
/// # In OTP
///
/// `keys: :unique`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {}

/// A key may have many processes, and a process a key many times.
///
/// # In OTP
///
/// `keys: :duplicate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {}

impl Keys for Unique {
    type Holders<V: Send + Sync + 'static> = Sole<V>;
}

impl Keys for Duplicate {
    type Holders<V: Send + Sync + 'static> = Several<V>;
}

/// Where a holder stands among those of its key: who it is, and its number, by which they are ordered.
/// A holder keeps its place.
pub type Place = (Pid, u64);

/// Those who have one key, each with its value; there is at least one.
#[doc(hidden)]
pub trait Holders<V: Send + Sync + 'static>: Send + Sync + 'static {
    /// The values, one after the other.
    type Values: Iterator<Item = V> + Send + Sync;

    /// The first holder of a key.
    fn one(owner: Pid, value: V) -> Self;

    /// Adds a holder.
    ///
    /// # Errors
    ///
    /// The value, and who has the key alone.
    fn add(&mut self, owner: Pid, value: V) -> Result<(), (V, Pid)>;

    /// How many there are.
    fn count(&self) -> usize;

    /// How many of them are this process.
    fn count_of(&self, owner: Pid) -> usize;

    /// Takes the places out that are named, all of which are there and not all that there are.
    fn take(&mut self, places: &[Place]) -> Vec<V>;

    /// Those who come after a place, in order; from the first on if there is none.
    fn after(&self, place: Option<Place>) -> impl Iterator<Item = (Place, &V)>;

    /// What a process has, in the order in which it registered.
    fn of(&self, owner: Pid) -> impl Iterator<Item = (Place, &V)>;

    /// All values.
    fn into_values(self) -> Self::Values;
}

/// The one who has a key. A process registers itself, so it is one of this node, and a word is enough:
/// there is one for each key, and what a table of a million keys takes is mostly these.
#[doc(hidden)]
#[derive(Debug)]
pub struct Sole<V> {
    owner: u64,
    pub(crate) value: V,
}

impl<V> Sole<V> {
    pub(crate) fn owner(&self) -> Pid {
        Pid::from_word(self.owner)
    }
}

impl<V: Send + Sync + 'static> Holders<V> for Sole<V> {
    type Values = iter::Once<V>;

    fn one(owner: Pid, value: V) -> Sole<V> {
        Sole {
            owner: owner.to_word(),
            value,
        }
    }

    fn add(&mut self, _: Pid, value: V) -> Result<(), (V, Pid)> {
        Err((value, self.owner()))
    }

    fn count(&self) -> usize {
        1
    }

    fn count_of(&self, owner: Pid) -> usize {
        usize::from(self.owner() == owner)
    }

    fn take(&mut self, _: &[Place]) -> Vec<V> {
        // Without its one holder a key is gone.
        Vec::new()
    }

    fn after(&self, place: Option<Place>) -> impl Iterator<Item = (Place, &V)> {
        let own = place.is_none().then_some(((self.owner(), 0), &self.value));
        own.into_iter()
    }

    fn of(&self, owner: Pid) -> impl Iterator<Item = (Place, &V)> {
        self.after(None)
            .filter(move |((holder, _), _)| *holder == owner)
    }

    fn into_values(self) -> iter::Once<V> {
        iter::once(self.value)
    }
}

/// The many who have a key. One is the rule for many keys, and needs no memory of its own.
#[doc(hidden)]
#[derive(Debug)]
pub enum Several<V> {
    /// There was never another.
    One(Pid, V),
    /// There are, or were, more.
    Many(Box<Crowd<V>>),
}

/// Those who have a key that several have, or had.
#[doc(hidden)]
#[derive(Debug)]
pub struct Crowd<V> {
    /// All of them, by number.
    holders: BTreeMap<u64, (Pid, V)>,
    /// What each of them has.
    places: BTreeSet<Place>,
}

impl<V> Default for Crowd<V> {
    fn default() -> Crowd<V> {
        Crowd {
            holders: BTreeMap::new(),
            places: BTreeSet::new(),
        }
    }
}

impl<V> Crowd<V> {
    fn add(&mut self, owner: Pid, value: V) {
        let last = self.holders.last_key_value();
        let number = last.map_or(0, |(number, _)| number + 1);
        self.holders.insert(number, (owner, value));
        self.places.insert((owner, number));
    }

    fn places_of(&self, owner: Pid) -> btree_set::Range<'_, Place> {
        self.places.range((owner, 0)..=(owner, u64::MAX))
    }
}

/// A value without who has it.
fn value_of<V>((_, value): (Pid, V)) -> V {
    value
}

/// The values of a crowd.
type CrowdValues<V> = iter::Map<btree_map::IntoValues<u64, (Pid, V)>, fn((Pid, V)) -> V>;

impl<V: Send + Sync + 'static> Holders<V> for Several<V> {
    type Values = iter::Chain<option::IntoIter<V>, CrowdValues<V>>;

    fn one(owner: Pid, value: V) -> Several<V> {
        Several::One(owner, value)
    }

    fn add(&mut self, owner: Pid, value: V) -> Result<(), (V, Pid)> {
        if let Several::Many(crowd) = self {
            crowd.add(owner, value);
        } else if let Several::One(first, its_value) =
            std::mem::replace(self, Several::Many(Box::default()))
            && let Several::Many(crowd) = self
        {
            crowd.add(first, its_value);
            crowd.add(owner, value);
        }
        Ok(())
    }

    fn count(&self) -> usize {
        match self {
            Several::One(..) => 1,
            Several::Many(crowd) => crowd.holders.len(),
        }
    }

    fn count_of(&self, owner: Pid) -> usize {
        match self {
            Several::One(holder, _) => usize::from(*holder == owner),
            Several::Many(crowd) => crowd.places_of(owner).count(),
        }
    }

    fn take(&mut self, places: &[Place]) -> Vec<V> {
        let Several::Many(crowd) = self else {
            return Vec::new();
        };
        let known = places.iter().filter(|place| crowd.places.remove(*place));
        let taken = known.filter_map(|(_, number)| crowd.holders.remove(number));
        taken.map(value_of).collect()
    }

    fn after(&self, place: Option<Place>) -> impl Iterator<Item = (Place, &V)> {
        let (one, many) = match self {
            Several::One(owner, value) => {
                let own = place.is_none().then_some(((*owner, 0), value));
                (own, btree_map::Range::default())
            }
            Several::Many(crowd) => {
                let from = place.map_or(Unbounded, |(_, number)| Excluded(number));
                (None, crowd.holders.range((from, Unbounded)))
            }
        };
        let many = many.map(|(number, (owner, value))| ((*owner, *number), value));
        one.into_iter().chain(many)
    }

    fn of(&self, owner: Pid) -> impl Iterator<Item = (Place, &V)> {
        let (one, many) = match self {
            Several::One(holder, value) => {
                let own = (*holder == owner).then_some(((owner, 0), value));
                (own, None)
            }
            Several::Many(crowd) => (None, Some(crowd)),
        };
        let many = many.into_iter().flat_map(move |crowd| {
            let places = crowd.places_of(owner);
            places.filter_map(|place| Some((*place, &crowd.holders.get(&place.1)?.1)))
        });
        one.into_iter().chain(many)
    }

    fn into_values(self) -> Self::Values {
        let (one, many) = match self {
            Several::One(_, value) => (Some(value), BTreeMap::new()),
            Several::Many(crowd) => (None, crowd.holders),
        };
        let value_of: fn((Pid, V)) -> V = value_of;
        one.into_iter().chain(many.into_values().map(value_of))
    }
}
