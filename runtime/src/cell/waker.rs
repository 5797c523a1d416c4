//! A [`Waker`] whose data is a packed pid.
//!
//! Cloning and dropping it do nothing. One that outlives its process wakes nobody, because no other
//! process ever has that name. Waking needs to schedule the process, which is above this room's
//! knowledge: the scheduler tells it once how, through [`on_wake`].

use std::sync::OnceLock;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::header::notify;
use super::local_pid::LocalPid;
use super::run_entry::RunEntry;

static SCHEDULE: OnceLock<fn(RunEntry)> = OnceLock::new();

/// Says how a process that a waker woke is scheduled. The first call counts.
pub(crate) fn on_wake(schedule: fn(RunEntry)) {
    // A second runtime sets the same function.
    SCHEDULE.get_or_init(|| schedule);
}

const TABLE: RawWakerVTable = RawWakerVTable::new(
    |data| RawWaker::new(data, &TABLE),
    |data| wake(data),
    |data| wake(data),
    |_| {},
);

fn wake(data: *const ()) {
    let pid = LocalPid::from_bits(data.addr() as u64);
    let entry = notify(pid, &crossbeam_epoch::pin());
    if let (Some(entry), Some(schedule)) = (entry, SCHEDULE.get()) {
        schedule(entry);
    }
}

/// A waker of this process.
#[inline]
pub(crate) fn waker(pid: LocalPid) -> Waker {
    let data = std::ptr::without_provenance(pid.to_bits() as usize);
    // SAFETY: the data is a number; every function of the table is safe for any number and on any
    // thread.
    unsafe { Waker::from_raw(RawWaker::new(data, &TABLE)) }
}
