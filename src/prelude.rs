//! What most programs use: `use regrow::prelude::*`.
//!
//! It exports no name of the standard prelude.

#[cfg(feature = "macros")]
#[doc(no_inline)]
pub use regrow_macros::{ChildSpec, gen_server, supervisor};
#[doc(no_inline)]
pub use regrow_registry::Registry;
#[doc(no_inline)]
pub use regrow_runtime::gen_server::{
    CallError, Context, Init, Name, Next, Reply, ReplyTo, ServerRef,
};
#[doc(no_inline)]
pub use regrow_runtime::process::{
    Down, Exit, ExitReason, Inbox, Pid, ProcessRef, Received, exit, link, monitor, send, spawn,
    spawn_link, spawn_monitor,
};
#[doc(no_inline)]
pub use regrow_runtime::time::{millis, secs};
#[doc(no_inline)]
pub use regrow_supervisor::{
    ChildSpec, DynamicSupervisor, Restart, Shutdown, StartChildError, StartedChild, Strategy,
    Supervisor,
};
