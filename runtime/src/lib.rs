//! The runtime of regrow. Programs use the `regrow` crate, which shows all of this and more.
//!
//! Rooms, each of which knows only those above it in this list:
//!
//! | room | what it holds |
//! |---|---|
//! | `primitive` | atomics: the standard library's, or loom's |
//! | `memory` | pages of slots, blocks for envelopes (unsafe) |
//! | `cell` | one process: header, mailbox word, body, envelope, call node (unsafe) |
//! | `scheduler` | who runs next, and who sleeps; the wheels and the poller that it drives |
//! | [`process`] | spawning, sending, links, monitors, exits: what a process is |
//! | [`time`], [`io`] | timers and sleeps, sockets |
//! | [`gen_server`] | servers |
//! | [`gen_statem`] | state machines, which are servers |
//! | [`task`], [`agent`] | processes that compute one value; servers that are nothing but state |
//! | [`sim`] | the same on one thread, under a seed, in virtual time |
#![warn(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(
    regrow_loom,
    expect(dead_code, reason = "the models use a part of each room")
)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!(
    "regrow runs on 64-bit platforms only: a process's mailbox is one word that holds a 48-bit \
     address, a count and flags"
);

mod memory;
mod primitive;

#[cfg(not(regrow_loom))]
pub mod agent;
#[cfg(not(regrow_loom))]
mod cell;
#[cfg(not(regrow_loom))]
pub mod gen_server;
#[cfg(not(regrow_loom))]
pub mod gen_statem;
#[cfg(all(feature = "net", not(regrow_loom)))]
pub mod io;
#[cfg(not(regrow_loom))]
mod main_process;
#[cfg(not(regrow_loom))]
pub mod probe;
#[cfg(not(regrow_loom))]
pub mod process;
#[cfg(not(regrow_loom))]
pub mod runtime;
#[cfg(not(regrow_loom))]
mod scheduler;
#[cfg(not(regrow_loom))]
pub mod sim;
#[cfg(not(regrow_loom))]
pub mod task;
#[cfg(not(regrow_loom))]
pub mod time;
#[cfg(all(feature = "tokio", not(regrow_loom)))]
pub mod tokio;

#[cfg(not(regrow_loom))]
#[doc(hidden)]
pub use memory::biased_lock;
#[cfg(not(regrow_loom))]
pub use scheduler::stats::RuntimeStats;

// For the model checker only what its models run through is compiled, with loom's atomics.
#[cfg(regrow_loom)]
mod cell {
    #![expect(unsafe_code, reason = "as in the room's front page")]

    pub(crate) mod call_node;
    pub(crate) mod life;
    mod local_pid;
    pub(crate) mod mailbox_word;
    pub(crate) mod next_pointer;
    pub(crate) mod waker;
}
#[cfg(regrow_loom)]
mod io {
    pub(crate) mod wait_word;
}
#[cfg(regrow_loom)]
mod scheduler {
    pub(crate) mod idle;
    pub(crate) mod keeper;
}
#[cfg(regrow_loom)]
mod time {
    pub(crate) mod tick;
}
#[cfg(all(test, regrow_loom))]
mod tests;
