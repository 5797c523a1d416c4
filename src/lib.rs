//! OTP for Rust (front page to come).
#![forbid(unsafe_code)]

pub use regrow_runtime::process::ExitReason;
pub use regrow_runtime::runtime::{self, Handle, Runtime};
pub use regrow_runtime::time::{millis, secs};
pub use regrow_runtime::{process, sim, time};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "net")]
pub use regrow_runtime::io as net;

/// Why processes end.
pub mod exit {
    pub use regrow_runtime::process::{ExitReason, IntoExit, PanicInfo, Term};
}

/// What most programs use.
pub mod prelude {
    pub use regrow_runtime::process::{
        AsPid, ExitReason, Inbox, Pid, ProcessRef, Received, exit, link, monitor, send, spawn, spawn_link, spawn_monitor,
    };
}
