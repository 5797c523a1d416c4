//! Processes: what they are, how they live and how they end.
//!
//! (The teaching page is in the facade; this is the room's own.)
//!
//! A process is a future, or a server's state, with a mailbox. It shares nothing with others; all
//! they have to do with each other are messages and signals. Everything about a process
//! that can change (its links, its monitors, its flags) is private to it and changes only when it
//! runs: by what it does itself, or by a signal that it receives.
//!
//! | file | concept |
//! |---|---|
//! | `pid.rs` | identity |
//! | `pid_map.rs` | tables of very many processes |
//! | `spawn.rs` | birth, options |
//! | `step.rs` | one turn: receive signals, run, wait or die |
//! | `kept.rs` | what is kept for a process beyond its header |
//! | `signal.rs`, `reception.rs` | what comes in, and what it does |
//! | `link.rs`, `links.rs`, `monitor.rs`, `alias.rs` | who hears of whose end, and addresses that can be taken back |
//! | `mailbox.rs`, `receive.rs` | arrival order, and taking messages out of it |
//! | `notice.rs` | hearing of ends before anything else |
//! | `hibernate.rs` | waiting with as little memory as can be |
//! | `exit.rs`, `death.rs` | asking to end, and ending |
//! | `names.rs` | registered names |
//! | `info.rs`, `settle.rs` | looking in |
//! | `random.rs` | chance, which a simulation decides |

pub(crate) mod alias;
pub(crate) mod blocking;
pub(crate) mod deadline;
pub(crate) mod death;
pub(crate) mod exit;
pub(crate) mod exit_reason;
pub(crate) mod flag;
pub(crate) mod hibernate;
pub(crate) mod info;
pub(crate) mod kept;
pub(crate) mod link;
pub(crate) mod links;
pub(crate) mod mailbox;
pub(crate) mod monitor;
pub(crate) mod names;
pub(crate) mod notice;
pub(crate) mod pid;
pub mod pid_map;
pub(crate) mod random;
pub(crate) mod receive;
pub(crate) mod reception;
pub(crate) mod report;
pub(crate) mod send;
pub(crate) mod settle;
pub(crate) mod signal;
pub(crate) mod spawn;
pub(crate) mod step;
pub(crate) mod stray;

pub use alias::{Alias, AliasMode, unalias};
pub use blocking::{BlockingError, blocking, consume_reductions, yield_now};
#[doc(hidden)]
pub use exit::exit_in_name_of;
pub use exit::{catch_exit, exit, exit_self};
pub use exit_reason::{ExitReason, IntoExit, PanicInfo, Term};
pub use flag::{Priority, set_label, set_priority, trap_exit};
pub use hibernate::hibernate;
pub use info::{
    ProcessInfo, Status, has_ended, is_alive, process_info, processes, processes_in_windows,
    self_pid, try_self_pid,
};
pub use link::{LinkError, link, link_priority, unlink};
pub use mailbox::Mark;
pub use monitor::{
    Monitor, MonitorAlias, MonitorOptions, MonitorTarget, Watched, demonitor, demonitor_flush,
    monitor, monitor_with,
};
#[doc(hidden)]
pub use names::runtime_of;
pub use names::{
    ExitHook, RegisterError, add_exit_hook, register, registered, send_named, tell_of_end,
    unregister, whereis,
};
pub(crate) use notice::forget;
pub use notice::{ExitOf, NextNotice, Notice, exit_of, next_notice};
pub use pid::{AsPid, Pid, ProcessRef};
pub use pid_map::PidMap;
pub use random::random_u64;
pub use receive::{Down, DownTarget, Exit, Inbox, Received};
#[doc(hidden)]
pub use report::say_report;
#[doc(hidden)]
pub use send::Delivery;
pub use send::{Accepts, SendError, SendWait, send};
pub use settle::settle;
pub use spawn::{
    MailboxPolicy, SpawnError, SpawnOptions, Spawned, spawn, spawn_link, spawn_monitor, spawn_with,
};
