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
//! | [`time`], [`net`] | timers and sleeps, sockets |
//! | [`gen_server`] | servers |
//! | [`sim`] | the same on one thread, under a seed, in virtual time |
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!(
    "regrow runs on 64-bit platforms only: a process's mailbox is one word that holds a 48-bit \
     address, a count and flags"
);

mod cell;
mod main_process;
mod memory;
mod primitive;
mod scheduler;

#[cfg(feature = "net")]
pub mod io;
pub mod process;
pub mod runtime;
pub mod sim;
pub mod time;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use scheduler::stats::RuntimeStats;
