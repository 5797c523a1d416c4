//! A [`Waker`] whose data is a packed pid.
//!
//! Cloning and dropping it do nothing. One that outlives its process wakes nobody, because no other
//! process ever has that name. Waking needs to schedule the process, which is above this room's
//! knowledge: the scheduler says once how it is done, through [`on_wake`].

use std::sync::OnceLock;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::local_pid::LocalPid;

static WAKE: OnceLock<fn(LocalPid)> = OnceLock::new();

/// Says how a process is woken that may be dead. The first call counts.
pub(crate) fn on_wake(wake: fn(LocalPid)) {
    // A second runtime sets the same function.
    WAKE.get_or_init(|| wake);
}

/// A static, so that its address tells wakers of processes from others.
static TABLE: RawWakerVTable =
    RawWakerVTable::new(|data| RawWaker::new(data, &TABLE), wake, wake, |_| {});

fn wake(data: *const ()) {
    if let Some(wake) = WAKE.get() {
        wake(LocalPid::from_bits(data.addr() as u64));
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

/// The process that this waker wakes, if it is one of a process.
#[inline]
pub(crate) fn pid_of(waker: &Waker) -> Option<LocalPid> {
    std::ptr::eq(waker.vtable(), &raw const TABLE)
        .then(|| LocalPid::from_bits(waker.data().addr() as u64))
}
