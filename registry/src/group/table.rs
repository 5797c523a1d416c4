//! The table behind a scope: which processes are members of which group, and who hears of it.
//!
//! ```text
//! key ──hash──► shard  { groups: { key, members in order, monitors }, monitors of the scope }
//! pid ──hash──► shard  { memberships, monitors }      what a process's end takes away
//! ```
//!
//! Members are numbered in the order in which they joined, by one counter for the table. So a group
//! is a sorted map from number to member, and to leave costs the logarithm of the group's size however
//! many others there are.
//!
//! # Why not the table of a registry
//!
//! Topics are entries of a registry's [table](crate::table); groups are not, because of those who
//! watch them. A change and the events about it must be one step (R-GROUP-1), where that table sends
//! nothing while a partition is locked; several join together or none does; a group is there without
//! members while somebody waits for them; and whoever watches a scope begins with all of it as it is
//! at one moment. To have that in both would burden each look-up of a key with what only groups need.
//! They share what they have in common: [`Shards`], and [admission](crate::admission).
//!
//! # Invariants
//!
//! - R-GROUP-1  A change of a group and the events about it happen under the lock of its shard, so
//!   that each monitor hears of the changes in their order, and of all of them from the moment of its
//!   snapshot. To send pushes a message onto a mailbox and runs no code of the program. A monitor of
//!   the scope stands in every shard, and begins with all of them locked.
//! - R-GROUP-2  A shard of groups is locked before a shard of processes, and that before `monitors`;
//!   never two of a kind but by a monitor of the scope, in their order.
//! - R-GROUP-3  A process is noted to be told of ([`tell_of_end`]) under the lock of what is noted of
//!   it. Its end, which takes the same lock, finds what was noted; and an end that has gone by
//!   refuses what comes after it.
//! - R-GROUP-4  No key is dropped while a shard is locked. Under a lock a key is only compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::BuildHasher;
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};
use parking_lot::{Mutex, RwLock, RwLockWriteGuard};
use regrow_runtime::gen_server::Listener;
use regrow_runtime::process::{Pid, tell_of_end};

use super::error::JoinError;
use super::event::{Change, GroupEvent, GroupMonitor, ScopeMembers};
use crate::shards::{self, Shards};

/// See the module's head.
pub(crate) struct Table<K> {
    pub(super) hasher: RandomState,
    pub(super) groups: Shards<RwLock<Shard<K>>>,
    pub(super) processes: Shards<Mutex<Processes>>,
    monitors: Mutex<BTreeMap<u64, (Pid, Place)>>,
    /// Numbers groups, memberships and monitors.
    numbers: CachePadded<AtomicU64>,
}

/// Those who hear of changes, by the number of their monitor.
type Monitors<K> = BTreeMap<u64, Listener<GroupEvent<K>>>;

/// What is known of some of the processes.
type Processes = HashMap<Pid, Known, foldhash::fast::FixedState>;

/// Some of the groups.
pub(super) struct Shard<K> {
    /// The scope has ended: nothing can join any more.
    pub(super) closed: bool,
    pub(super) groups: HashTable<Group<K>>,
    /// Monitors of the scope.
    monitors: Monitors<K>,
}

/// A group that has members, or monitors.
pub(super) struct Group<K> {
    pub(super) id: GroupId,
    pub(super) key: Arc<K>,
    pub(super) members: BTreeMap<u64, Pid>,
    pub(super) monitors: Monitors<K>,
}

/// A group, as it is found again: a number, and where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupId {
    pub(super) hash: u64,
    pub(super) number: u64,
}

/// What a monitor is of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Group(GroupId),
    Scope,
}

/// What goes when a process ends.
#[derive(Default)]
pub(super) struct Known {
    /// The groups that it is in, each with the number of its membership.
    pub(super) memberships: BTreeSet<(GroupId, u64)>,
    pub(super) monitors: BTreeSet<u64>,
}

impl Known {
    pub(super) fn is_empty(&self) -> bool {
        self.memberships.is_empty() && self.monitors.is_empty()
    }

    /// Takes so many of each out.
    pub(super) fn take_some(&mut self, at_most: usize) -> Known {
        let memberships = iter::from_fn(|| self.memberships.pop_first());
        let monitors = iter::from_fn(|| self.monitors.pop_first());
        Known {
            memberships: memberships.take(at_most).collect(),
            monitors: monitors.take(at_most).collect(),
        }
    }
}

impl<K> Default for Shard<K> {
    fn default() -> Shard<K> {
        Shard {
            closed: false,
            groups: HashTable::new(),
            monitors: BTreeMap::new(),
        }
    }
}

impl<K> Shard<K> {
    pub(super) fn by_id(&mut self, id: GroupId) -> Option<&mut Group<K>> {
        self.groups.find_mut(id.hash, |group| group.id == id)
    }

    /// Takes a group out that nobody needs any more; it is dropped when nothing is locked.
    pub(super) fn take_if_unused(&mut self, id: GroupId) -> Option<Group<K>> {
        let unused = |group: &Group<K>| {
            group.id == id && group.members.is_empty() && group.monitors.is_empty()
        };
        let found = self.groups.find_entry(id.hash, unused).ok()?;
        Some(found.remove().0)
    }

    /// Those who hear of a change in a group.
    fn listeners<'a>(
        &'a self,
        group: &'a Group<K>,
    ) -> impl Iterator<Item = (&'a u64, &'a Listener<GroupEvent<K>>)> {
        group.monitors.iter().chain(&self.monitors)
    }
}

impl<K: Send + Sync + 'static> Shard<K> {
    /// Tells everyone who asked of a change in a group.
    pub(super) fn tell(&self, id: GroupId, change: Change, processes: &[Pid]) {
        let Some(group) = self.groups.find(id.hash, |group| group.id == id) else {
            return;
        };
        let mut shared: Option<Arc<[Pid]>> = None;
        for (&number, listener) in self.listeners(group) {
            let processes = shared.get_or_insert_with(|| processes.into());
            listener.send(GroupEvent {
                monitor: GroupMonitor { number },
                change,
                group: Arc::clone(&group.key),
                processes: Arc::clone(processes),
            });
        }
    }
}

impl<K> Table<K> {
    /// An empty table.
    pub(crate) fn new() -> Table<K> {
        Table {
            hasher: RandomState::default(),
            groups: Shards::new(shards::fitting()),
            processes: Shards::new(shards::fitting()),
            monitors: Mutex::default(),
            numbers: CachePadded::default(),
        }
    }

    pub(super) fn known(&self, process: Pid) -> &Mutex<Processes> {
        self.processes.of(self.hasher.hash_one(process))
    }

    pub(super) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed)
    }

    /// Notes something of a process, unless it has ended.
    fn note(&self, process: Pid, note: impl FnOnce(&mut Known)) -> Result<(), JoinError> {
        let mut known = self.known(process).lock();
        if !tell_of_end(process) {
            return Err(JoinError::NoProcess(process));
        }
        note(known.entry(process).or_default());
        Ok(())
    }

    /// Changes what is noted of a process, if anything is.
    pub(super) fn noted<R: Default>(
        &self,
        process: Pid,
        change: impl FnOnce(&mut Known) -> R,
    ) -> R {
        let mut known = self.known(process).lock();
        let Some(noted) = known.get_mut(&process) else {
            return R::default();
        };
        let result = change(noted);
        if noted.is_empty() {
            known.remove(&process);
        }
        result
    }

    /// Notes that this process is a member, under this number.
    pub(super) fn note_member(
        &self,
        process: Pid,
        id: GroupId,
        number: u64,
    ) -> Result<(), JoinError> {
        self.note(process, |known| {
            known.memberships.insert((id, number));
        })
    }

    /// Takes the note of the newest membership of a process in a group away.
    pub(super) fn forget_member(&self, process: Pid, id: GroupId) -> Option<u64> {
        self.noted(process, |known| {
            let here = (id, 0)..=(id, u64::MAX);
            let newest = *known.memberships.range(here).next_back()?;
            known.memberships.remove(&newest);
            Some(newest.1)
        })
    }

    /// Notes a monitor.
    pub(super) fn note_monitor(
        &self,
        holder: Pid,
        number: u64,
        place: Place,
    ) -> Result<(), JoinError> {
        self.note(holder, |known| {
            known.monitors.insert(number);
            self.monitors.lock().insert(number, (holder, place));
        })
    }

    /// Forgets everything, and lets nothing in any more.
    pub(crate) fn close(&self) {
        for shard in self.groups.iter() {
            let (groups, monitors) = {
                let mut shard = shard.write();
                shard.closed = true;
                let groups = std::mem::take(&mut shard.groups);
                (groups, std::mem::take(&mut shard.monitors))
            };
            drop((groups, monitors));
        }
        for known in self.processes.iter() {
            known.lock().clear();
        }
        self.monitors.lock().clear();
    }

    /// Takes a monitor away, and gives who it told. `None`: there is no such monitor.
    pub(crate) fn demonitor(&self, monitor: GroupMonitor) -> Option<Listener<GroupEvent<K>>> {
        let number = monitor.number;
        let (holder, place) = self.monitors.lock().remove(&number)?;
        self.noted(holder, |known| {
            known.monitors.remove(&number);
        });
        match place {
            Place::Group(id) => {
                let (listener, unused) = {
                    let mut shard = self.groups.of(id.hash).write();
                    let listener = shard.by_id(id)?.monitors.remove(&number);
                    (listener, shard.take_if_unused(id))
                };
                drop(unused);
                listener
            }
            Place::Scope => {
                let take = |shard: &RwLock<Shard<K>>| shard.write().monitors.remove(&number);
                self.groups.iter().filter_map(take).last()
            }
        }
    }
}

impl<K: Send + Sync + 'static> Table<K> {
    /// Tells a listener of every change in the scope from now on, and gives the groups as they are
    /// now, in the order in which they came about.
    pub(crate) fn monitor_scope(
        &self,
        listener: Listener<GroupEvent<K>>,
    ) -> Result<(GroupMonitor, ScopeMembers<K>), JoinError> {
        let number = self.next_number();
        let mut shards: Vec<RwLockWriteGuard<'_, Shard<K>>> =
            self.groups.iter().map(RwLock::write).collect();
        if shards.iter().any(|shard| shard.closed) {
            return Err(JoinError::NoScope);
        }
        self.note_monitor(listener.pid(), number, Place::Scope)?;
        let mut groups = Vec::new();
        for shard in &mut shards {
            shard.monitors.insert(number, listener);
            let some = shard.groups.iter();
            let some = some.filter(|group| !group.members.is_empty());
            groups
                .extend(some.map(|group| (group.id.number, Arc::clone(&group.key), group.pids())));
        }
        drop(shards);
        groups.sort_unstable_by_key(|(number, ..)| *number);
        let groups = groups.into_iter().map(|(_, key, pids)| (key, pids));
        Ok((GroupMonitor { number }, groups.collect()))
    }
}

impl<K> Group<K> {
    pub(super) fn new(id: GroupId, key: Arc<K>) -> Group<K> {
        Group {
            id,
            key,
            members: BTreeMap::new(),
            monitors: BTreeMap::new(),
        }
    }

    pub(super) fn pids(&self) -> Vec<Pid> {
        self.members.values().copied().collect()
    }
}

impl<K> fmt::Debug for Table<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}
