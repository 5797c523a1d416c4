//! What most programs use: `use regrow::prelude::*`.
//!
//! It exports no name of the standard prelude.

#[doc(no_inline)]
pub use regrow_runtime::process::{
    ExitReason, Inbox, Pid, ProcessRef, Received, exit, link, monitor, send, spawn, spawn_link,
    spawn_monitor,
};
