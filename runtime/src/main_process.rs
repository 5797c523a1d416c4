//! Main processes: those whose value somebody outside waits for.
//!
//! Three kinds of code wait for one: a thread ([`MainResult::wait`]), a future under whatever
//! executor ([`MainResult::outcome`]), and a simulation, which looks between turns
//! ([`MainResult::take`]). All look into one cell, which the process fills when it ends:
//!
//! ```text
//!   process                         cell                      whoever waits
//!   main returns a value ─────────▶ Ok(value) ──────────────▶ wait, outcome, take
//!   main panics, or is ended ─────▶ Err(why the process ends)
//! ```
//!
//! The half of the cell that delivers lies beside the user's future and not inside it. If it were a
//! variable of an async block around that future, a panic would drop it while the stack unwinds,
//! before anybody knows for what reason the process ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use parking_lot::{Condvar, Mutex};

use crate::process::death;
use crate::process::exit_reason::ExitReason;
use crate::process::pid::Pid;
use crate::process::send;
use crate::process::signal::Signal;
use crate::process::spawn::{self, Place, SpawnError, SpawnOptions};

/// What a main process comes to, for the one who waits.
pub(crate) struct MainResult<T> {
    cell: Arc<MainCell<T>>,
    process: Pid,
}

struct MainCell<T> {
    state: Mutex<MainState<T>>,
    /// Signalled when there is a result.
    ready: Condvar,
}

struct MainState<T> {
    result: Option<Result<T, ExitReason>>,
    /// Who waits in a future.
    waker: Option<Waker>,
}

/// Spawns a main process.
pub(crate) fn spawn_main<T, F>(place: Place<'_>, main: F) -> Result<MainResult<T>, SpawnError>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let state = MainState {
        result: None,
        waker: None,
    };
    let cell = Arc::new(MainCell {
        state: Mutex::new(state),
        ready: Condvar::new(),
    });
    let deliver = Deliver(Some(Arc::clone(&cell)));
    let options = SpawnOptions::new().label("main");
    let main = MainProcess {
        main: Box::pin(main),
        deliver,
    };
    let process = spawn::spawn_main_at(place, &options, main)?;
    Ok(MainResult { cell, process })
}

impl<T> MainResult<T> {
    /// Returns the result, if there is one and nobody has taken it.
    pub(crate) fn take(&self) -> Option<Result<T, ExitReason>> {
        self.cell.state.lock().result.take()
    }

    /// Waits on this thread.
    pub(crate) fn wait(&self) -> Result<T, ExitReason> {
        let mut state = self.cell.state.lock();
        loop {
            if let Some(result) = state.result.take() {
                return result;
            }
            self.cell.ready.wait(&mut state);
        }
    }

    /// Waits in a future. Dropping it before the end kills the process.
    pub(crate) fn outcome(self) -> Outcome<T> {
        Outcome(Some(self))
    }
}

/// See [`MainResult::outcome`].
pub(crate) struct Outcome<T>(Option<MainResult<T>>);

impl<T> Future for Outcome<T> {
    type Output = Result<T, ExitReason>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let main = self
            .0
            .as_ref()
            .expect("the future was polled after its end");
        // Cloned, and the old one dropped, outside the lock: a waker is other people's code.
        let waker = cx.waker().clone();
        let mut state = main.cell.state.lock();
        let result = state.result.take();
        let unused = match &result {
            Some(_) => state.waker.take(),
            None => state.waker.replace(waker),
        };
        drop(state);
        drop(unused);
        let Some(result) = result else {
            return Poll::Pending;
        };
        self.0 = None;
        Poll::Ready(result)
    }
}

impl<T> Drop for Outcome<T> {
    fn drop(&mut self) {
        if let Some(MainResult { process, .. }) = self.0.take() {
            // If it has ended meanwhile, nobody receives this.
            send::signal(
                process.local(),
                Signal::Exit {
                    from: process,
                    reason: ExitReason::Kill,
                },
            );
        }
    }
}

/// The body of a main process. The user's future is dropped first, so that what it held is free
/// when the one who waits hears of it.
struct MainProcess<T, F> {
    main: Pin<Box<F>>,
    deliver: Deliver<T>,
}

impl<T, F: Future<Output = T>> Future for MainProcess<T, F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let value = ready!(self.main.as_mut().poll(cx));
        self.deliver.give(Ok(value));
        Poll::Ready(())
    }
}

/// Delivers the main process's result, once: its value, or, dropped before, why the process ended.
struct Deliver<T>(Option<Arc<MainCell<T>>>);

impl<T> Deliver<T> {
    fn give(&mut self, result: Result<T, ExitReason>) {
        let Some(cell) = self.0.take() else { return };
        let mut state = cell.state.lock();
        state.result = Some(result);
        let waker = state.waker.take();
        cell.ready.notify_all();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Deliver<T> {
    fn drop(&mut self) {
        let reason = death::dying_reason();
        self.give(Err(reason.unwrap_or(ExitReason::Killed)));
    }
}
