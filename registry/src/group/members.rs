//! Members of groups: how they come, how they go, and who they are.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use regrow_runtime::gen_server::Listener;
use regrow_runtime::process::{ExitHook, Pid};

use super::error::{JoinError, LeaveError};
use super::event::{Change, GroupEvent, GroupMonitor};
use super::table::{Group, GroupId, Place, Shard, Table};
use crate::quietly;

impl<K: Eq + Hash + Send + Sync + 'static> Table<K> {
    /// Makes processes members of a group, all of them or none.
    pub(crate) fn join(&self, key: K, members: &[Pid]) -> Result<(), JoinError> {
        let hash = self.hasher.hash_one(&key);
        // Declared before the lock, so that it is dropped after it is released.
        let _spare;
        let mut shard = self.groups.of(hash).write();
        if shard.closed {
            return Err(JoinError::NoScope);
        }
        if members.is_empty() {
            return Ok(());
        }
        let id = self.id_of(&shard, hash, &key);
        let mut numbers = Vec::with_capacity(members.len());
        for member in members {
            let number = self.next_number();
            if let Err(error) = self.note_member(*member, id, number) {
                for (member, _) in members.iter().zip(&numbers) {
                    self.forget_member(*member, id);
                }
                return Err(error);
            }
            numbers.push(number);
        }
        let (group, spare) = shard.by_id_or_new(id, key);
        _spare = spare;
        group
            .members
            .extend(numbers.into_iter().zip(members.iter().copied()));
        shard.tell(id, Change::Join, members);
        Ok(())
    }

    /// The group of this key, or the id that it will have.
    fn id_of(&self, shard: &Shard<K>, hash: u64, key: &K) -> GroupId {
        let known = shard.find(hash, key).map(|group| group.id);
        known.unwrap_or_else(|| GroupId {
            hash,
            number: self.next_number(),
        })
    }

    /// Takes one membership away for each of these processes, the newest that it has.
    pub(crate) fn leave<Q>(&self, key: &Q, processes: &[Pid]) -> Result<(), LeaveError>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let unused = {
            let mut shard = self.groups.of(hash).write();
            if shard.closed {
                return Err(LeaveError::NoScope);
            }
            let id = shard.find(hash, key).map(|group| group.id);
            let id = id.ok_or(LeaveError::NotJoined)?;
            let mut left = 0;
            for process in processes {
                let number = self.forget_member(*process, id);
                if number.is_some_and(|number| shard.remove_member(id, number)) {
                    left += 1;
                }
            }
            if left == 0 {
                return Err(LeaveError::NotJoined);
            }
            shard.tell(id, Change::Leave, processes);
            shard.take_if_unused(id)
        };
        drop(unused);
        Ok(())
    }

    /// The members of a group in the order in which they joined.
    pub(crate) fn members<Q>(&self, key: &Q) -> Vec<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let shard = self.groups.of(hash).read();
        shard.find(hash, key).map_or_else(Vec::new, Group::pids)
    }

    /// How many members a group has.
    pub(crate) fn count<Q>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let shard = self.groups.of(hash).read();
        shard.find(hash, key).map_or(0, |group| group.members.len())
    }

    /// The groups that have members and how many, in the order in which they came about.
    pub(crate) fn groups(&self) -> Vec<(Arc<K>, usize)> {
        let mut groups = Vec::new();
        for shard in self.groups.iter() {
            let shard = shard.read();
            let some = shard.groups.iter();
            let some = some.filter(|group| !group.members.is_empty());
            groups.extend(
                some.map(|group| (group.id.number, Arc::clone(&group.key), group.members.len())),
            );
        }
        groups.sort_unstable_by_key(|(number, ..)| *number);
        groups
            .into_iter()
            .map(|(_, key, count)| (key, count))
            .collect()
    }

    /// Tells a listener of every change in a group from now on, and gives its members as they are
    /// now.
    pub(crate) fn monitor(
        &self,
        key: K,
        listener: Listener<GroupEvent<K>>,
    ) -> Result<(GroupMonitor, Vec<Pid>), JoinError> {
        let (hash, number) = (self.hasher.hash_one(&key), self.next_number());
        // As in `join`.
        let _spare;
        let mut shard = self.groups.of(hash).write();
        if shard.closed {
            return Err(JoinError::NoScope);
        }
        let id = self.id_of(&shard, hash, &key);
        self.note_monitor(listener.pid(), number, Place::Group(id))?;
        let (group, spare) = shard.by_id_or_new(id, key);
        _spare = spare;
        group.monitors.insert(number, listener);
        Ok((GroupMonitor { number }, group.pids()))
    }
}

impl<K> Shard<K> {
    fn find<Q>(&self, hash: u64, key: &Q) -> Option<&Group<K>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let same = |group: &Group<K>| group.id.hash == hash && (*group.key).borrow() == key;
        self.groups.find(hash, same)
    }

    /// The group of this id, made if it is not there; otherwise the key comes back.
    fn by_id_or_new(&mut self, id: GroupId, key: K) -> (&mut Group<K>, Option<K>) {
        let same = |group: &Group<K>| group.id == id;
        match self.groups.entry(id.hash, same, |group| group.id.hash) {
            Entry::Occupied(there) => (there.into_mut(), Some(key)),
            Entry::Vacant(place) => {
                let group = Group::new(id, Arc::new(key));
                (place.insert(group).into_mut(), None)
            }
        }
    }

    /// Takes a member out. `false`: it has gone already, by its end.
    fn remove_member(&mut self, id: GroupId, number: u64) -> bool {
        let group = self.by_id(id);
        group.is_some_and(|group| group.members.remove(&number).is_some())
    }
}

impl<K: Send + Sync + 'static> ExitHook for Table<K> {
    /// Of many memberships, those that go in one piece go in the order in which they were joined.
    fn process_ended(&self, process: Pid, at_most: usize) -> bool {
        let (known, is_all) = {
            let mut processes = self.known(process).lock();
            let Some(known) = processes.get_mut(&process) else {
                return true;
            };
            let piece = known.take_some(at_most);
            let is_all = known.is_empty();
            if is_all {
                processes.remove(&process);
            }
            (piece, is_all)
        };
        let mut memberships = Vec::from_iter(known.memberships);
        memberships.sort_unstable_by_key(|(_, number)| *number);
        for (id, number) in memberships {
            let unused = {
                let mut shard = self.groups.of(id.hash).write();
                if shard.remove_member(id, number) {
                    shard.tell(id, Change::Leave, &[process]);
                }
                shard.take_if_unused(id)
            };
            // The scheduler that calls this must not be unwound by a key's drop.
            quietly(|| drop(unused));
        }
        for number in known.monitors {
            quietly(|| {
                self.demonitor(GroupMonitor { number });
            });
        }
        is_all
    }
}
