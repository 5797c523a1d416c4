//! Sockets: TCP, Unix and UDP, waited for by the schedulers themselves.
//!
//! A process that waits for a socket costs what any waiting process costs, and no thread: a
//! scheduler that runs out of work sleeps in the operating system's poller, and an event there makes
//! that very scheduler run the process. Reading and writing go through the [`AsyncRead`] and
//! [`AsyncWrite`] traits of the `futures-io` crate, which TLS and protocol crates understand; the
//! few methods everybody needs (`read`, `read_exact`, `write_all`) are there without an import.
//!
//! | type | what it is |
//! |---|---|
//! | [`TcpListener`], [`TcpStream`] | TCP servers and connections |
//! | [`UnixListener`], [`UnixStream`] | the same between processes of one machine, on Unix |
//! | [`UdpSocket`] | datagrams |
//! | [`ReadHalf`], [`WriteHalf`] | a stream in two, for a reading and a writing process |
//! | [`ToSocketAddrs`] | addresses and host names |
//!
//! # What is promised
//!
//! - A socket may be made in any process of a runtime and moved to any process, thread or runtime;
//!   the runtime it was made in goes on watching it. When that runtime has shut down, everybody who
//!   waits for the socket gets an error.
//! - The owner's death closes the socket: it is dropped with the process. Peers see the end of the
//!   stream, as with a port of Erlang that is linked to its owner.
//! - Nothing blocks a scheduler. Host names are looked up on the threads for blocking work.
//! - A process whose socket is always ready still lets others run: each operation takes from its
//!   budget, as receiving a message does.
//! - Waiting in a socket operation is not receiving: messages stay in the mailbox meanwhile, and
//!   exit signals end the process at that point.
//!
//! # What is not
//!
//! - Sockets need a runtime: outside one, their constructors return an error that says so. In a
//!   simulation there are none, since the world outside does not run on virtual time.
//! - Options that have no method here are set with a crate like `socket2`, before `from_std` or
//!   through `AsFd` (on Windows `AsSocket`).
//! - Files are not here: their system calls block whatever the poller says. Use the threads for
//!   blocking work.
//!
//! # Inside
//!
//! `poller` is the one place that waits, `wait_word` how it is told not to, `source` what it knows of each socket and why no readiness
//! is lost, `socket` the loop that every operation is; `address` reads addresses and names, `split`
//! cuts streams in two. The kinds of sockets come last and add no logic of their own but how to
//! connect and to accept.
//!
//! # In OTP
//!
//! These are the passive sockets of `gen_tcp`, `gen_udp` and `socket`. There is no active mode: a
//! process that wants its data as messages has a second one that reads and sends them.

mod address;
mod duplex;
mod poller;
mod socket;
mod source;
mod split;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;
mod wait_word;

use std::io;
use std::sync::Arc;

pub use futures_io::{AsyncRead, AsyncWrite};

pub use address::ToSocketAddrs;
pub(crate) use poller::Poller;
pub use split::{ReadHalf, ReuniteError, Split, WriteHalf};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixListener, UnixStream};

/// The poller of the runtime that this thread belongs to.
///
/// # Errors
///
/// There is none: the thread is foreign, or simulates.
fn current() -> io::Result<Arc<Poller>> {
    crate::runtime::current_poller().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::Unsupported,
            "no regrow runtime on this thread: make sockets inside a process of a `Runtime` \
             (or its `block_on`); a simulation has no sockets",
        )
    })
}

#[cfg(test)]
mod tests;
