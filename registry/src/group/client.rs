//! What a reference to a scope of groups can do: all of it in the caller, on the scope's table.

use std::borrow::Borrow;
use std::hash::Hash;

use regrow_runtime::gen_server::{GenServer, HasClient, Listener, ServerRef, Target};
use regrow_runtime::process::{AsPid, Pid};

use super::error::{JoinError, LeaveError};
use super::event::{GroupEvent, GroupMonitor, ScopeMembers};
use super::scope::Groups;
use super::table::Table;
use crate::admission::admit;
use crate::directory::{NotShared, with_shared_by};
use crate::keep_largest;

/// What a reference to a scope of [`Groups`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// Nothing of it waits: the scope's process is not asked. What it answers was true a moment ago; a
/// member is never a process whose end the caller has heard of. A scope that is not running has no
/// groups.
pub trait GroupsClient<K>: Target<Groups<K>> + 'static {}

impl<K, T: Target<Groups<K>> + 'static> GroupsClient<K> for T {}

impl<K: Send + Sync + 'static> HasClient for Groups<K> {
    type Client = dyn GroupsClient<K>;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> dyn GroupsClient<K> {
    /// Calls `f` with the scope's table, if the scope is running.
    fn with<R>(&self, f: impl FnOnce(&Table<K>) -> R) -> Result<R, NotShared> {
        let scope = self.address().pid().ok_or(NotShared::Nothing)?;
        with_shared_by::<Groups<K>, _, R>(scope, f)
    }

    /// Makes a process a member of a group, once more if it is one already. It is a member until it
    /// leaves as often, or ends.
    ///
    /// # Errors
    ///
    /// The scope is not running or of another type, or the process has ended, or belongs to another
    /// runtime.
    ///
    /// # In OTP
    ///
    /// [`pg:join/3`](https://www.erlang.org/doc/apps/kernel/pg#join/3). There a process that has
    /// ended joins, and leaves at once.
    pub fn join(&self, group: K, process: impl AsPid) -> Result<(), JoinError> {
        self.join_all(group, [process.as_pid()])
    }

    /// Makes all of these processes members of a group, as one change: one named twice joins twice,
    /// and if one of them cannot join none does. Nobody at all makes no group.
    ///
    /// # Errors
    ///
    /// As for [`join`](#method.join).
    ///
    /// # In OTP
    ///
    /// [`pg:join/3`](https://www.erlang.org/doc/apps/kernel/pg#join/3) with a list.
    pub fn join_all(
        &self,
        group: K,
        processes: impl IntoIterator<Item: AsPid>,
    ) -> Result<(), JoinError> {
        let scope = self.address().pid().ok_or(JoinError::NoScope)?;
        let members: Vec<Pid> = processes.into_iter().map(|one| one.as_pid()).collect();
        for member in &members {
            admit(scope, *member)?;
        }
        self.with(|table| table.join(group, &members))?
    }

    /// Takes one membership of a process in a group away.
    ///
    /// # Errors
    ///
    /// The process is no member of the group, or the scope is not running or of another type.
    ///
    /// # In OTP
    ///
    /// [`pg:leave/3`](https://www.erlang.org/doc/apps/kernel/pg#leave/3).
    pub fn leave<Q>(&self, group: &Q, process: impl AsPid) -> Result<(), LeaveError>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.leave_all(group, [process.as_pid()])
    }

    /// Takes one membership away for each of these processes, as one change. Those that are no
    /// members are passed over, and appear in the [event](GroupEvent) all the same.
    ///
    /// # Errors
    ///
    /// None of them is a member of the group, or the scope is not running or of another type.
    ///
    /// # In OTP
    ///
    /// [`pg:leave/3`](https://www.erlang.org/doc/apps/kernel/pg#leave/3) with a list.
    pub fn leave_all<Q>(
        &self,
        group: &Q,
        processes: impl IntoIterator<Item: AsPid>,
    ) -> Result<(), LeaveError>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let processes: Vec<Pid> = processes.into_iter().map(|one| one.as_pid()).collect();
        self.with(|table| table.leave(group, &processes))?
    }

    /// The members of a group in the order in which they joined; one that joined twice is there
    /// twice.
    ///
    /// # In OTP
    ///
    /// [`pg:get_members/2`](https://www.erlang.org/doc/apps/kernel/pg#get_members/2), in no order.
    pub fn get_members<Q>(&self, group: &Q) -> Vec<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|table| table.members(group)).unwrap_or_default()
    }

    /// The members of a group that live on this node: all of them.
    ///
    /// # In OTP
    ///
    /// [`pg:get_local_members/2`](https://www.erlang.org/doc/apps/kernel/pg#get_local_members/2).
    pub fn get_local_members<Q>(&self, group: &Q) -> Vec<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.get_members(group)
    }

    /// The members of a group that are servers of type `S`: to call them all, one after the other.
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::registry::Groups;
    ///
    /// struct Cache { misses: u32 }
    ///
    /// #[gen_server]
    /// impl Cache {
    ///     #[init] fn new() -> Self { Cache { misses: 7 } }
    ///     #[cast] fn clear(&mut self) { self.misses = 0 }
    ///     #[call] fn misses(&self) -> u32 { self.misses }
    /// }
    ///
    /// let groups = Groups::<String>::new().start_link().await?;
    /// for _ in 0..3 {
    ///     groups.join("caches".into(), Cache::start_link().await?)?;
    /// }
    /// for cache in groups.get_servers::<Cache, _>("caches") {
    ///     cache.clear();
    ///     assert_eq!(cache.misses().await?, 0);
    /// }
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn get_servers<S, Q>(&self, group: &Q) -> Vec<ServerRef<S>>
    where
        S: GenServer,
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let members = self.get_members(group).into_iter();
        members.filter_map(Pid::as_server).collect()
    }

    /// How many members a group has.
    pub fn count<Q>(&self, group: &Q) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|table| table.count(group)).unwrap_or(0)
    }

    /// The groups that have members, in the order in which they came about.
    ///
    /// # In OTP
    ///
    /// [`pg:which_groups/1`](https://www.erlang.org/doc/apps/kernel/pg#which_groups/1), in no order.
    pub fn which_groups(&self) -> Vec<K>
    where
        K: Clone,
    {
        let groups = self.with(Table::groups).unwrap_or_default();
        groups.iter().map(|(group, _)| K::clone(group)).collect()
    }

    /// The groups that have members on this node: all of them.
    ///
    /// # In OTP
    ///
    /// [`pg:which_local_groups/1`](https://www.erlang.org/doc/apps/kernel/pg#which_local_groups/1).
    pub fn which_local_groups(&self) -> Vec<K>
    where
        K: Clone,
    {
        self.which_groups()
    }

    /// The groups with the most members, at most so many, with their numbers of members.
    pub fn largest_groups(&self, at_most: usize) -> Vec<(K, usize)>
    where
        K: Clone,
    {
        let mut groups = self.with(Table::groups).unwrap_or_default();
        keep_largest(&mut groups, at_most);
        let groups = groups.iter();
        groups
            .map(|(group, size)| (K::clone(group), *size))
            .collect()
    }

    /// Sends a process a [`GroupEvent`] for each change of a group from now on, and gives the members
    /// as they are now: no change is missed, and none is in both. The group need not have members.
    ///
    /// The process hears of it until it ends, or the monitor is [taken away](#method.demonitor), or the
    /// scope ends. Each monitor brings its own events.
    ///
    /// # Errors
    ///
    /// The scope is not running or of another type, or the process has ended, or belongs to another
    /// runtime.
    ///
    /// # In OTP
    ///
    /// [`pg:monitor/2`](https://www.erlang.org/doc/apps/kernel/pg#monitor/2), which tells the caller.
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::registry::{Change, GroupEvent, Groups};
    ///
    /// let groups = Groups::new().start_link().await?;
    /// let (watcher, end) = spawn_monitor(async move |mut inbox: Inbox<GroupEvent<String>>| {
    ///     let (monitor, members) = groups.monitor("workers".into(), inbox.this())?;
    ///     assert!(members.is_empty());
    ///     let Received::Message(event) = inbox.receive().await else { panic!() };
    ///     assert_eq!((event.monitor, event.change), (monitor, Change::Join));
    ///     Ok::<(), ExitReason>(())
    /// });
    /// regrow::process::settle().await;
    /// groups.join("workers".into(), watcher)?;
    /// assert_eq!(end.await.reason, ExitReason::Normal);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn monitor(
        &self,
        group: K,
        listener: impl Into<Listener<GroupEvent<K>>>,
    ) -> Result<(GroupMonitor, Vec<Pid>), JoinError> {
        let listener = self.admitted(listener)?;
        self.with(|table| table.monitor(group, listener))?
    }

    /// As [`monitor`](#method.monitor), of all groups of the scope, those that come about later too.
    ///
    /// # Errors
    ///
    /// As for [`monitor`](#method.monitor).
    ///
    /// # In OTP
    ///
    /// [`pg:monitor_scope/1`](https://www.erlang.org/doc/apps/kernel/pg#monitor_scope/1).
    pub fn monitor_scope(
        &self,
        listener: impl Into<Listener<GroupEvent<K>>>,
    ) -> Result<(GroupMonitor, ScopeMembers<K>), JoinError> {
        let listener = self.admitted(listener)?;
        self.with(|table| table.monitor_scope(listener))?
    }

    /// Takes a monitor away. If the process that it told is the one that calls this, what the monitor
    /// brought and nobody has received is taken out of its mailbox. `false`: there is no such
    /// monitor.
    ///
    /// # In OTP
    ///
    /// [`pg:demonitor/2`](https://www.erlang.org/doc/apps/kernel/pg#demonitor/2).
    pub fn demonitor(&self, monitor: GroupMonitor) -> bool {
        let listener = self.with(|table| table.demonitor(monitor));
        let listener = listener.ok().flatten();
        if let Some(listener) = listener {
            listener.forget(|event| event.monitor == monitor);
        }
        listener.is_some()
    }

    fn admitted(
        &self,
        listener: impl Into<Listener<GroupEvent<K>>>,
    ) -> Result<Listener<GroupEvent<K>>, JoinError> {
        let scope = self.address().pid().ok_or(JoinError::NoScope)?;
        let listener = listener.into();
        admit(scope, listener.pid())?;
        Ok(listener)
    }
}
