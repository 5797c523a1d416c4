//! How many processes may have a key: the two kinds of registry, as types.
//!
//! The kind is a type, so that what makes no sense for a kind cannot be written: a key that many
//! processes have leads to no single server, and there is no one value to update.
//!
//! What differs inside is how the holders of one key are kept, and nothing else:
//!
//! ```text
//!   Unique      key ──► (owner, value)
//!   Duplicate   key ──► (owner, value)                       while there is one
//!               key ──► { (owner, number): value, … }        sorted, once there were more
//! ```
//!
//! The numbers count what one process has of one key, so its own entries stay in the order in which
//! it registered them, and are found, and given up, without a look at those of the others.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::iter;
use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::ops::RangeBounds;
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

/// Where a holder stands among those of its key. Places are ordered, and a holder keeps its own.
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
    Many(BTreeMap<Place, V>),
}

impl<V: Send + Sync + 'static> Holders<V> for Several<V> {
    type Values = iter::Chain<option::IntoIter<V>, btree_map::IntoValues<Place, V>>;

    fn one(owner: Pid, value: V) -> Several<V> {
        Several::One(owner, value)
    }

    fn add(&mut self, owner: Pid, value: V) -> Result<(), (V, Pid)> {
        let before = match std::mem::replace(self, Several::Many(BTreeMap::new())) {
            Several::One(first, value) => BTreeMap::from([((first, 0), value)]),
            Several::Many(before) => before,
        };
        *self = Several::Many(before);
        if let Several::Many(holders) = self {
            let last = holders.range((owner, 0)..=(owner, u64::MAX)).next_back();
            let number = last.map_or(0, |((_, number), _)| number + 1);
            holders.insert((owner, number), value);
        }
        Ok(())
    }

    fn count(&self) -> usize {
        match self {
            Several::One(..) => 1,
            Several::Many(holders) => holders.len(),
        }
    }

    fn count_of(&self, owner: Pid) -> usize {
        self.of(owner).count()
    }

    fn take(&mut self, places: &[Place]) -> Vec<V> {
        match self {
            Several::One(..) => Vec::new(),
            Several::Many(holders) => places
                .iter()
                .filter_map(|place| holders.remove(place))
                .collect(),
        }
    }

    fn after(&self, place: Option<Place>) -> impl Iterator<Item = (Place, &V)> {
        let from = place.map_or(Unbounded, Excluded);
        self.within((from, Unbounded))
    }

    fn of(&self, owner: Pid) -> impl Iterator<Item = (Place, &V)> {
        self.within((Included((owner, 0)), Included((owner, u64::MAX))))
    }

    fn into_values(self) -> Self::Values {
        let (one, many) = match self {
            Several::One(_, value) => (Some(value), BTreeMap::new()),
            Several::Many(holders) => (None, holders),
        };
        one.into_iter().chain(many.into_values())
    }
}

impl<V> Several<V> {
    /// The holders within these bounds.
    fn within(&self, bounds: (Bound<Place>, Bound<Place>)) -> impl Iterator<Item = (Place, &V)> {
        let (one, many) = match self {
            Several::One(owner, value) => {
                let place = (*owner, 0);
                let within = bounds.contains(&place);
                (
                    within.then_some((place, value)),
                    btree_map::Range::default(),
                )
            }
            Several::Many(holders) => (None, holders.range(bounds)),
        };
        one.into_iter()
            .chain(many.map(|(place, value)| (*place, value)))
    }
}
