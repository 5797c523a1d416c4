//! tokio's crates inside a process.
//!
//! Much of what talks to the world is written for tokio: HTTP clients, database drivers, RPC. The
//! futures of such crates do not need tokio to *run* them. They need to find a tokio runtime in the
//! thread when they are polled, made or dropped: its reactor and its timers are what wakes them.
//! [`with_tokio`] puts one there, for as long as a poll takes:
//!
//! ```text
//!   a process's turn                    tokio, on a thread of its own
//!   enter, poll, leave ───────────────▶ keeps the process's waker
//!   … it waits like any process …
//!   the next turn ◀──────────────────── the socket is ready, or the time is up: wakes the process
//! ```
//!
//! The process goes on being run by its scheduler. It is linked, monitored and killed as before, and
//! its messages stay in the mailbox meanwhile.
//!
//! # Which runtime
//!
//! The first that there is of these, when the future is first polled:
//!
//! 1. the one that it was given, by [`WithTokio::on`];
//! 2. the one that the thread is in: that of an outer `with_tokio`, or tokio polls the future itself;
//! 3. the one that the runtime of the process was built with, by [`Builder::tokio`];
//! 4. one of our own. It is one thread, `regrow-tokio`, which the first who needs it starts and which
//!    then serves the whole program until that ends.
//!
//! # What is not promised
//!
//! - What a future hands to `tokio::spawn` lands on tokio. It is no process and does not end with
//!   the one that started it. Where a crate returns a future to be spawned, spawn a process for it.
//! - tokio's budget for its own tasks does not count here. A future that finds its socket ready again
//!   and again keeps its scheduler, as a computation does, and others go on elsewhere.
//! - A simulation has no tokio, as it has no sockets: the world outside does not run on virtual time.
//!   There `with_tokio` panics, and says so.
//!
//! # The other way round
//!
//! A program that lives in tokio builds a [`Runtime`], hands it its own handle, and awaits the
//! answers of processes with [`Runtime::run`]. No thread of tokio blocks for it.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//!
//! use regrow::Runtime;
//! use regrow::tokio::with_tokio;
//!
//! # fn main() -> std::io::Result<()> {
//! Runtime::builder().build()?.block_on(async {
//!     let slept = with_tokio(async {
//!         // Made inside as well, since tokio's sleep looks for its runtime at once.
//!         tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>()).await
//!     });
//!     assert!(slept.await.is_err());
//! });
//! # Ok(())
//! # }
//! ```
//!
//! `examples/http` serves HTTP on regrow's sockets and asks itself with a client on tokio's.
//!
//! [`Builder::tokio`]: crate::runtime::Builder::tokio
//! [`Runtime`]: crate::runtime::Runtime
//! [`Runtime::run`]: crate::runtime::Runtime::run

use std::fmt;
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::tokio::runtime::{Builder, Handle};
use parking_lot::Mutex;

use crate::runtime::Node;
use crate::scheduler::{Local, coop, try_with_local};

/// Lets a future find a tokio runtime whenever it is polled, and when it is dropped.
///
/// The future lies in an allocation of its own, so that a process which now and then calls out does
/// not have to be as large as the largest of its calls. See the [module](self) for the rest.
///
/// # Panics
///
/// The returned future panics when it is first polled in a simulation, whatever tokio it was given,
/// and if the system gives no thread for the runtime of our own.
///
/// # Cancel safety
///
/// That of the future.
///
/// # Examples
///
/// See the [module](self).
pub fn with_tokio<F: Future>(future: F) -> WithTokio<F> {
    WithTokio {
        future: Some(Box::pin(future)),
        given: None,
        tokio: None,
    }
}

/// See [`with_tokio`].
#[must_use = "a future does nothing until it is awaited"]
pub struct WithTokio<F> {
    /// `None` after its end.
    future: Option<Pin<Box<F>>>,
    /// What [`on`](WithTokio::on) said, until the choice.
    given: Option<Handle>,
    /// `None` until it is chosen, at the first poll.
    tokio: Option<Handle>,
}

impl<F> WithTokio<F> {
    /// Takes this tokio runtime and no other.
    ///
    /// If it has been shut down by the time it is needed, sockets fail with an error and timers
    /// panic.
    pub fn on(mut self, tokio: Handle) -> WithTokio<F> {
        self.given = Some(tokio);
        self
    }
}

impl<F: Future> Future for WithTokio<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        ready!(coop::poll_proceed(cx));
        let WithTokio {
            future,
            given,
            tokio,
        } = &mut *self;
        let tokio = tokio.get_or_insert_with(|| choose(given.take()));
        let _inside = tokio.enter();
        let running = future
            .as_mut()
            .expect("the future was polled after its end");
        let output = ready!(running.as_mut().poll(cx));
        // Here and not later: what it still holds may belong to tokio.
        *future = None;
        Poll::Ready(output)
    }
}

impl<F> Drop for WithTokio<F> {
    fn drop(&mut self) {
        // One that was never polled belongs to nobody.
        let _inside = self.tokio.as_ref().map(Handle::enter);
        self.future = None;
    }
}

impl<F> fmt::Debug for WithTokio<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithTokio")
            .field("ended", &self.future.is_none())
            .field("tokio", &self.tokio.as_ref().or(self.given.as_ref()))
            .finish()
    }
}

/// The choice that the module's head describes.
fn choose(given: Option<Handle>) -> Handle {
    assert!(
        try_with_local(Local::is_simulated) != Some(true),
        "a simulation has no tokio, since the world outside does not run on virtual time: test this \
         on a `Runtime`, or let a process of the test stand in for what is outside"
    );
    let near = || Handle::try_current().ok();
    let built_with = || Node::current()?.tokio.clone();
    given
        .or_else(near)
        .or_else(built_with)
        .unwrap_or_else(|| match our_own() {
            Ok(tokio) => tokio,
            Err(error) => panic!("tokio does not start: {error}"),
        })
}

/// The runtime of our own, started if need be.
fn our_own() -> io::Result<Handle> {
    static OUR_OWN: Mutex<Option<Handle>> = Mutex::new(None);
    let mut ours = OUR_OWN.lock();
    if let Some(tokio) = &*ours {
        return Ok(tokio.clone());
    }
    let tokio = Builder::new_current_thread().enable_all().build()?;
    let handle = tokio.handle().clone();
    std::thread::Builder::new()
        .name(String::from("regrow-tokio"))
        .spawn(move || tokio.block_on(pending::<()>()))?;
    *ours = Some(handle.clone());
    Ok(handle)
}
