//! The end of a registry, or of whatever else has a table, in pieces.
//!
//! ```text
//!   1  leave the directory, close the table       from here on nothing is found or registered
//!   2  send those who had keys the reason         shard of owners by shard
//!   3  drop the keys and values                   partition by partition
//! ```
//!
//! Step 1 is done at once. Steps 2 and 3 are done some hundred at a time, so that the end of a
//! registry with a million entries keeps nobody waiting: by the registry itself if it ends in order,
//! and otherwise by a process that is spawned to finish what it left. In step 2 nobody is told of
//! the end of a pubsub, which concerns nobody: its subscribers are only dropped.

use std::sync::Arc;

use regrow_runtime::process::{
    ExitReason, Inbox, Pid, SpawnOptions, exit_in_name_of, spawn_with, yield_now,
};

use crate::kind::Keys;
use crate::table::{Leavers, Parts, Table};
use crate::{directory, quietly};

/// Processes that are told, or keys and values that are dropped, before others have their turn.
const PIECE: usize = 512;

/// What a process shares, if a table is in it.
pub(crate) trait HasTable<K, V: Send + Sync + 'static, M: Keys>: Send + Sync {
    fn table(&self) -> &Table<K, V, M>;

    /// From here on nothing is found or registered.
    fn close_shared(&self) {
        self.table().close();
    }
}

impl<K: Send + Sync, V: Send + Sync + 'static, M: Keys> HasTable<K, V, M> for Table<K, V, M> {
    fn table(&self) -> &Table<K, V, M> {
        self
    }
}

/// A table that is closing. See the module's head.
pub(crate) struct Closing<K, V: Send + Sync + 'static, M: Keys> {
    process: Pid,
    /// Why, if those who are in the table are told.
    reason: Option<ExitReason>,
    shared: Arc<dyn HasTable<K, V, M>>,
    /// The owners that come next.
    next_owners: usize,
    /// Those of the shard before them who have not been told yet.
    owners: Option<Leavers>,
    /// The partition that comes next.
    next_partition: usize,
    /// What is left of the one before it.
    parts: Option<Parts<K, V, M>>,
}

impl<K, V, M> Closing<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    /// Does the first step of the end of what a process shares.
    pub(crate) fn begin(
        process: Pid,
        shared: Arc<dyn HasTable<K, V, M>>,
        reason: Option<ExitReason>,
    ) -> Closing<K, V, M> {
        directory::leave(process);
        shared.close_shared();
        Closing {
            process,
            reason,
            shared,
            next_owners: 0,
            owners: None,
            next_partition: 0,
            parts: None,
        }
    }

    /// Does a piece of what is left. `true`: that was all.
    #[must_use]
    pub(crate) fn do_a_piece(&mut self) -> bool {
        for _ in 0..PIECE {
            if let Some(owner) = self.owners.as_mut().and_then(Iterator::next) {
                if let Some(reason) = &self.reason {
                    exit_in_name_of(self.process, owner, reason.clone());
                }
            } else if let Some(more) = self.shared.table().take_owners(self.next_owners) {
                self.owners = Some(more);
                self.next_owners += 1;
            } else if let Some(part) = self.parts.as_mut().and_then(Iterator::next) {
                quietly(|| drop(part));
            } else if let Some(more) = self.shared.table().take_partition(self.next_partition) {
                self.parts = Some(more);
                self.next_partition += 1;
            } else {
                return true;
            }
        }
        false
    }

    /// Has all of it done, the first piece at once and the rest by another process.
    pub(crate) fn finish(mut self) {
        if self.do_a_piece() {
            return;
        }
        let rest = Rest(Some(self));
        let options = SpawnOptions::new().label("closes what an ended process shared");
        // Refused, it was dropped, and is done.
        let _refused = spawn_with(options, async move |_: Inbox<()>| {
            let mut rest = rest;
            while let Some(closing) = &mut rest.0 {
                if closing.do_a_piece() {
                    rest.0 = None;
                }
                yield_now().await;
            }
        });
    }
}

/// A closing that is done at once if it is dropped: the process that had it was killed too, or there
/// was none, because the runtime shuts down.
struct Rest<K, V, M>(Option<Closing<K, V, M>>)
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys;

impl<K, V, M> Drop for Rest<K, V, M>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn drop(&mut self) {
        while let Some(closing) = &mut self.0 {
            if closing.do_a_piece() {
                self.0 = None;
            }
        }
    }
}
