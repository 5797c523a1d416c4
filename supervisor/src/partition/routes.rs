//! Which partition a key belongs to, and which process that is.
//!
//! Whoever has a reference to a partition supervisor finds the way to a partition without asking it:
//! by the supervisor's pid in a table of all that run, by the key's number among the places there,
//! by the place to the process that is there now.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, OnceLock};

use parking_lot::RwLock;
use regrow_runtime::gen_server::Place;
use regrow_runtime::process::{Pid, has_ended};

/// The ways of all partition supervisors that run.
static ALL: LazyLock<RwLock<HashMap<Pid, Arc<Routes>>>> = LazyLock::new(RwLock::default);

/// The ways to the partitions of one supervisor. They belong to its specification, and so outlive
/// restarts: those of a partition, and its own.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// One for each partition there can be, from the first start on.
    places: OnceLock<Box<[Place]>>,
    /// How many partitions there are: the first so many.
    open: AtomicUsize,
    /// The supervisor.
    owner: Place,
}

impl Routes {
    /// Whether a supervisor that runs has these ways.
    pub(super) fn are_taken(&self) -> bool {
        self.owner.get().is_some_and(|owner| !has_ended(owner))
    }

    /// Makes the ways of this supervisor findable, with so many partitions.
    pub(super) fn publish(self: &Arc<Routes>, supervisor: Pid, partitions: usize) {
        self.owner.set(Some(supervisor));
        self.open.store(partitions, SeqCst);
        ALL.write().insert(supervisor, Arc::clone(self));
    }

    /// The supervisor has ended.
    pub(super) fn withdraw(supervisor: Pid) {
        let routes = ALL.write().remove(&supervisor);
        drop(routes);
    }

    /// The places of all partitions that there can be; so many, if that is not decided yet.
    pub(super) fn places(&self, partitions: usize) -> &[Place] {
        let new = || (0..partitions).map(|_| Place::new()).collect();
        self.places.get_or_init(new)
    }

    /// How many partitions there are.
    pub(super) fn open(&self) -> usize {
        self.open.load(SeqCst)
    }

    /// There are so many from now on.
    pub(super) fn set_open(&self, partitions: usize) {
        self.open.store(partitions, SeqCst);
    }
}

/// The place of the partition that a key belongs to. `None`: there is no such supervisor, or it has
/// no partitions.
pub(super) fn find<K: Hash + ?Sized>(supervisor: Pid, key: &K) -> Option<Place> {
    let all = ALL.read();
    let routes = all.get(&supervisor)?;
    let place = partition_of(key, routes.open())?;
    routes.places.get()?.get(place).cloned()
}

/// The number of the partition, of so many, that a key belongs to.
fn partition_of<K: Hash + ?Sized>(key: &K, partitions: usize) -> Option<usize> {
    let mut number = Number::default();
    key.hash(&mut number);
    let number = number.finish();
    number
        .checked_rem(partitions as u64)
        .map(|index| index as usize)
}

/// What a key is as a number: the absolute value of one that is an integer, so that keys that are
/// counted are spread evenly, and a hash of any other.
#[derive(Default)]
enum Number {
    /// Nothing was written.
    #[default]
    None,
    /// One integer was.
    Integer(u64),
    /// More than that.
    Mixed(foldhash::fast::FoldHasher<'static>),
}

impl Number {
    fn mixed(&mut self) -> &mut foldhash::fast::FoldHasher<'static> {
        if !matches!(self, Number::Mixed(_)) {
            let mut hasher = foldhash::fast::FixedState::default().build_hasher();
            if let Number::Integer(first) = self {
                hasher.write_u64(*first);
            }
            *self = Number::Mixed(hasher);
        }
        match self {
            Number::Mixed(hasher) => hasher,
            Number::None | Number::Integer(_) => unreachable!("it was made mixed"),
        }
    }

    fn integer(&mut self, number: u64) {
        match self {
            Number::None => *self = Number::Integer(number),
            Number::Integer(_) | Number::Mixed(_) => self.mixed().write_u64(number),
        }
    }
}

/// Writes how each type of integers becomes a number.
macro_rules! integers {
    ($($write:ident($type:ty) as |$value:ident| $number:expr;)*) => {$(
        fn $write(&mut self, $value: $type) {
            self.integer($number);
        }
    )*};
}

impl Hasher for Number {
    fn write(&mut self, bytes: &[u8]) {
        self.mixed().write(bytes);
    }

    integers! {
        write_u8(u8) as |value| u64::from(value);
        write_u16(u16) as |value| u64::from(value);
        write_u32(u32) as |value| u64::from(value);
        write_u64(u64) as |value| value;
        write_usize(usize) as |value| value as u64;
        write_i8(i8) as |value| u64::from(value.unsigned_abs());
        write_i16(i16) as |value| u64::from(value.unsigned_abs());
        write_i32(i32) as |value| u64::from(value.unsigned_abs());
        write_i64(i64) as |value| value.unsigned_abs();
        write_isize(isize) as |value| value.unsigned_abs() as u64;
    }

    fn finish(&self) -> u64 {
        match self {
            Number::None => 0,
            Number::Integer(number) => *number,
            Number::Mixed(hasher) => hasher.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn integers_are_taken_by_their_absolute_value() {
        let of = |key: i64| partition_of(&key, 3);
        let expected = [
            (0, 0),
            (1, 1),
            (2, 2),
            (3, 0),
            (-1, 1),
            (-2, 2),
            (-3, 0),
            (-4, 1),
        ];
        for (key, partition) in expected {
            assert_eq!(of(key), Some(partition), "{key}");
        }
        assert_eq!(partition_of(&7_u8, 3), Some(1));
        assert_eq!(
            partition_of(&i64::MIN, 7),
            Some(((1_u64 << 63) % 7) as usize)
        );
    }

    #[test]
    fn other_keys_are_hashed_the_same_way_each_time() {
        let mut hits = [0; 4];
        for number in 0..400 {
            let key = format!("user {number}");
            let partition = partition_of(key.as_str(), 4).unwrap();
            assert_eq!(partition_of(&key, 4), Some(partition));
            hits[partition] += 1;
        }
        assert!(hits.iter().all(|&hits| hits > 60), "{hits:?}");
        let seconds = (0..20).map(|second| partition_of(&(1, second), 1000));
        assert!(seconds.collect::<HashSet<_>>().len() > 10);
    }

    #[test]
    fn without_partitions_there_is_no_way() {
        assert_eq!(partition_of(&1, 0), None);
    }
}
