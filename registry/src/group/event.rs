//! What those hear who watch groups.

use std::fmt;
use std::sync::Arc;

use regrow_runtime::process::Pid;

/// A monitor of a group or of a whole scope; given by
/// [`monitor`](crate::group::GroupsClient), and by which events say what they are for.
///
/// It is plain data: dropping it takes nothing away.
///
/// # In OTP
///
/// The reference that `pg:monitor/2` gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupMonitor {
    pub(super) number: u64,
}

impl fmt::Debug for GroupMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupMonitor({})", self.number)
    }
}

/// The groups of a scope that have members, and who these are, each in the order in which they came.
pub type ScopeMembers<K> = Vec<(Arc<K>, Vec<Pid>)>;

/// What happened to the members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// They joined it.
    Join,
    /// They left it, or have ended.
    Leave,
}

/// A group has other members than before: the message that comes by a monitor.
///
/// # In OTP
///
/// `{Ref, join | leave, Group, Pids}`.
#[derive(Debug)]
pub struct GroupEvent<K> {
    /// By which monitor it comes.
    pub monitor: GroupMonitor,
    /// What happened.
    pub change: Change,
    /// The group. All who hear of it share it.
    pub group: Arc<K>,
    /// The processes as they were given to the call that did it, a process named twice twice; and if
    /// only some of them were members when they were told to leave, all of them. A member that ends
    /// leaves with one event for each time that it had joined.
    pub processes: Arc<[Pid]>,
}

// By hand, because a derive would ask it of `K`.
impl<K> Clone for GroupEvent<K> {
    fn clone(&self) -> GroupEvent<K> {
        GroupEvent {
            monitor: self.monitor,
            change: self.change,
            group: Arc::clone(&self.group),
            processes: Arc::clone(&self.processes),
        }
    }
}
