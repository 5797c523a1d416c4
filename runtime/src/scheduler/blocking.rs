//! The blocking pool: threads for closures that would hold up a scheduler.
//!
//! Jobs wait in one queue. A thread is started when a job comes and no free thread is left for it,
//! up to a cap; a thread that stays without work for [`KEEP_ALIVE`] retires. A runtime that never
//! blocks never has one.
//!
//! # The census
//!
//! What has to be decided, under one lock, is whether a job needs a new thread and whether a thread
//! may retire. Both follow from one number, the *spare* count:
//!
//! ```text
//!   spare = free threads - queued jobs
//!
//!   event                           free  queued  spare
//!   a job is queued                          +1     -1     below zero: start a thread
//!   a thread is started              +1             +1
//!   a free thread takes a job        -1      -1      0     no lock is needed for this
//!   a thread has finished its job    +1             +1
//!   a free thread retires            -1             -1     only if spare is above zero
//! ```
//!
//! A thread is *free* from its start, or from the end of a job, until it takes the next one: it is
//! in the queue's receive, or on its way there without anything in between that could block.
//!
//! - *No job is lost to a retiring thread.* If its time runs out while a job is queued for it,
//!   spare is zero or less, and it stays. It then finds that job, or another free thread has.
//! - *No job waits while a thread could be started.* Unless the cap is reached or the system
//!   refuses, spare is not below zero after a submit, and no other event takes it there: each
//!   queued job has a free thread of its own, even if all threads in use stay busy for ever.
//! - *No thread is started in vain.* It is only if all free threads have jobs queued for them.
//!
//! # Shutdown
//!
//! Jobs that were not begun are dropped, which tells whoever waits for them. Free threads see the
//! queue close and end at once, the others after the job they are in. Nothing waits for them but
//! [`BlockingPool::join`].
//!
//! # Not here
//!
//! How a process waits for a job and gets its result or its panic: the job is a closure that does
//! all that. Simulation runs such closures in place and has no pool.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use parking_lot::{Condvar, Mutex};

use crate::primitive::unwind::quietly;

/// How many threads a pool may have unless told otherwise. Blocked threads overlap their waiting,
/// so that one per core would be too few; tokio and smol allow about 500, which a small machine
/// would notice.
pub(crate) const THREADS_MAX_DEFAULT: usize = 64;

/// How long a thread without work waits for some before it retires.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What the pool runs. A panic ends the job and not the thread, and nobody is told: a job that
/// somebody waits for has to catch its own.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// An elastic pool of threads for blocking closures.
///
/// Dropping it shuts it down.
pub(crate) struct BlockingPool {
    shared: Arc<Shared>,
}

/// Why a pool did not take a job.
pub(crate) struct PoolClosed {
    /// The job, not begun.
    pub(crate) job: Job,
    /// What the system said when it refused the pool its only thread; `None` if the pool was shut
    /// down.
    pub(crate) source: Option<io::Error>,
}

/// What the pool and its threads share.
struct Shared {
    /// What threads are named after.
    name: String,
    /// The queue's far end; its near end is in [`State`], to be closed there.
    queue: Receiver<Job>,
    keep_alive: Duration,
    state: Mutex<State>,
    /// Signalled when the last thread ends.
    deserted: Condvar,
}

/// What is decided under the lock.
struct State {
    /// The queue's near end; `None` after shutdown.
    queue: Option<Sender<Job>>,
    census: Census,
    /// The number in the name of the next thread.
    next_number: u64,
}

/// How many threads there are, and for how many of them there is no work; see the module's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Census {
    threads: usize,
    threads_max: usize,
    /// Free threads less queued jobs.
    spare: isize,
}

/// What a submit has to do after it has queued its job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
enum Demand {
    /// Nothing: a free thread takes it, or whichever is free first.
    Met,
    /// Start a thread.
    Thread,
}

/// What a thread does whose time without work is up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
enum Idle {
    /// Ends, under the same lock.
    Retire,
    /// Looks into the queue again: a job was queued for it.
    Stay,
}

impl BlockingPool {
    /// Creates a pool without threads. It will have at most `threads_max`, or one if that is zero,
    /// called `name-blocking-0` and so on.
    pub(crate) fn new(name: String, threads_max: usize) -> BlockingPool {
        BlockingPool::with_keep_alive(name, threads_max, KEEP_ALIVE)
    }

    fn with_keep_alive(name: String, threads_max: usize, keep_alive: Duration) -> BlockingPool {
        let (sender, receiver) = unbounded();
        let state = State {
            queue: Some(sender),
            census: Census::new(threads_max),
            next_number: 0,
        };
        let shared = Shared {
            name,
            queue: receiver,
            keep_alive,
            state: Mutex::new(state),
            deserted: Condvar::new(),
        };
        BlockingPool {
            shared: Arc::new(shared),
        }
    }

    /// Queues a job. Jobs are begun in the order in which they were submitted.
    ///
    /// # Errors
    ///
    /// Gives the job back if the pool was shut down, or if it has no thread and the system refuses
    /// to start one. If it has others, the job waits for them.
    pub(crate) fn submit(&self, job: Job) -> Result<(), PoolClosed> {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        let Some(queue) = &state.queue else {
            return Err(PoolClosed { job, source: None });
        };
        if state.census.on_submit() == Demand::Thread {
            // Under the lock, so that no other submit counts on a thread that may fail to start.
            // The new thread is not held up: it needs the lock only once it has worked or waited.
            match start_thread(&self.shared, state.next_number) {
                Ok(()) => state.next_number += 1,
                Err(error) => {
                    state.census.on_end();
                    if state.census.threads == 0 {
                        state.census.on_jobs_dropped(1);
                        return Err(PoolClosed {
                            job,
                            source: Some(error),
                        });
                    }
                }
            }
        }
        // The receiver is in `shared`, so that the queue cannot be closed at its far end.
        queue.send(job).map_err(|refused| PoolClosed {
            job: refused.0,
            source: None,
        })
    }

    /// Returns the number of jobs that were not begun.
    pub(crate) fn queued(&self) -> usize {
        self.shared.queue.len()
    }

    /// Refuses new jobs, drops those that were not begun, and lets every thread end: at once, or
    /// after the job it is in. Does not wait for them. To do it twice changes nothing.
    pub(crate) fn shutdown(&self) {
        let mut state = self.shared.state.lock();
        let closed = state.queue.take();
        let dropped: Vec<Job> = self.shared.queue.try_iter().collect();
        state.census.on_jobs_dropped(dropped.len());
        drop(state);
        // Outside the lock, because what a closure owns may submit when it is dropped.
        drop(closed);
        for job in dropped {
            quietly(move || drop(job));
        }
    }

    /// Waits for so long until there are no threads; returns whether there are none.
    ///
    /// Meant for after a [`shutdown`](BlockingPool::shutdown). A thread counts until its last job
    /// is over; what its thread-locals do when they are dropped may come later. A job must not
    /// call this: it would wait for itself.
    pub(crate) fn join(&self, limit: Duration) -> bool {
        let mut state = self.shared.state.lock();
        let busy = |state: &mut State| state.census.threads > 0;
        !self
            .shared
            .deserted
            .wait_while_for(&mut state, busy, limit)
            .timed_out()
    }
}

impl Drop for BlockingPool {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl fmt::Debug for BlockingPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingPool")
            .field("name", &self.shared.name)
            .field("census", &self.shared.state.lock().census)
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PoolClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolClosed")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// Starts the thread with this number, which the census has counted already.
fn start_thread(shared: &Arc<Shared>, number: u64) -> io::Result<()> {
    let name = format!("{}-blocking-{number}", shared.name);
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name(name)
        .spawn(move || shared.work())
        .map(drop)
}

impl Shared {
    /// A thread's life.
    fn work(&self) {
        loop {
            let received = self.queue.recv_timeout(self.keep_alive);
            let timed_out = matches!(received, Err(RecvTimeoutError::Timeout));
            let finished = received.map(quietly).is_ok();

            let mut state = self.state.lock();
            if finished {
                state.census.on_finished();
            }
            let ends = if timed_out {
                state.census.on_timeout() == Idle::Retire
            } else {
                state.queue.is_none()
            };
            if ends {
                state.census.on_end();
                if state.census.threads == 0 {
                    self.deserted.notify_all();
                }
                return;
            }
        }
    }
}

impl Census {
    fn new(threads_max: usize) -> Census {
        Census {
            threads: 0,
            threads_max: threads_max.max(1),
            spare: 0,
        }
    }

    /// A job is queued. If that demands a thread, it is counted as started.
    fn on_submit(&mut self) -> Demand {
        self.spare -= 1;
        if self.spare >= 0 || self.threads == self.threads_max {
            return Demand::Met;
        }
        self.threads += 1;
        self.spare += 1;
        Demand::Thread
    }

    /// So many jobs left the queue without being run.
    fn on_jobs_dropped(&mut self, jobs: usize) {
        self.spare = self.spare.saturating_add_unsigned(jobs);
    }

    /// A thread has run its job and is free.
    fn on_finished(&mut self) {
        self.spare += 1;
    }

    /// A free thread has waited long enough.
    fn on_timeout(&self) -> Idle {
        if self.spare > 0 {
            Idle::Retire
        } else {
            Idle::Stay
        }
    }

    /// A free thread ends, or one that was counted as started could not be.
    fn on_end(&mut self) {
        self.threads -= 1;
        self.spare -= 1;
    }
}

#[cfg(test)]
#[path = "blocking_tests.rs"]
mod tests;
