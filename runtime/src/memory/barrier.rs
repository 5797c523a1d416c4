//! A pair of barriers of unequal weight: what is done often costs nothing, what is done seldom pays
//! for both.
//!
//! Between a store and a load that follows it, a processor needs a full barrier if the load is not to
//! overtake the store. Where two threads do that with each other, each needs one: [`light`] on one
//! side, [`heavy`] on the other. On Linux the heavy one asks the system to put a full barrier into
//! every thread of the program (`membarrier`, some microseconds), and the light one keeps only the
//! compiler from changing the order. Elsewhere, and where the system refuses, both are full barriers.
//!
//! The language's memory model knows nothing of that call. It is as strong as a sequentially
//! consistent fence in both threads, which is how the loom models see it.

#[cfg(not(regrow_loom))]
use std::sync::LazyLock;
#[cfg(not(regrow_loom))]
use std::sync::atomic::{AtomicBool, Ordering::Relaxed, compiler_fence};

use crate::primitive::{Ordering::SeqCst, fence};

/// Light barriers are none for the processor. Once set it stays so. Whoever still sees the old value
/// does too much.
#[cfg(not(regrow_loom))]
static IS_LIGHT: AtomicBool = AtomicBool::new(false);

/// Whether the system was asked, and agreed, to put barriers into all threads.
#[cfg(not(regrow_loom))]
static IS_UNEQUAL: LazyLock<bool> = LazyLock::new(|| {
    let agreed = membarrier::register();
    IS_LIGHT.store(agreed, Relaxed);
    agreed
});

/// For the side that comes here often.
#[cfg(not(regrow_loom))]
#[inline]
pub(crate) fn light() {
    if IS_LIGHT.load(Relaxed) {
        compiler_fence(SeqCst);
    } else {
        fence(SeqCst);
    }
}

/// For the side that seldom comes here.
#[cfg(not(regrow_loom))]
pub(crate) fn heavy() {
    fence(SeqCst);
    if *IS_UNEQUAL {
        membarrier::everywhere();
    }
}

#[cfg(regrow_loom)]
pub(crate) fn light() {
    fence(SeqCst);
}

#[cfg(regrow_loom)]
pub(crate) fn heavy() {
    fence(SeqCst);
}

#[cfg(all(target_os = "linux", not(regrow_loom)))]
mod membarrier {
    use rustix::thread::{MembarrierCommand, membarrier};

    /// Says that this program will ask. `false`: the system does not know the call, or forbids it.
    pub(super) fn register() -> bool {
        membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
    }

    /// Puts a barrier into every thread of this program.
    pub(super) fn everywhere() {
        if let Err(error) = membarrier(MembarrierCommand::PrivateExpedited) {
            // Readers already rely on it: to go on would be to let them read what is being written.
            panic!("membarrier fails after the system agreed to it: {error}");
        }
    }
}

#[cfg(not(any(target_os = "linux", regrow_loom)))]
mod membarrier {
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn everywhere() {}
}
