//! A runtime: its schedulers, from the first to the last.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::main_process::spawn_main;
use crate::process::exit_reason::{ExitReason, IntoExit};
use crate::process::names::Names;
use crate::process::pid::{AsPid, Pid, ProcessRef};
use crate::process::receive::Inbox;
use crate::process::signal::Signal;
use crate::process::spawn::{self, Place, SpawnError, SpawnOptions, Spawned};
use crate::process::{report, send, step};
use crate::scheduler::shared::Phase;
use crate::scheduler::stats::RuntimeStats;
use crate::scheduler::{Config, Shared, run_loop, sysmon, try_with_local};
use crate::sim::Simulation;
use crate::time::Instant;
use crate::time::clock::Clock;

/// Processes that a runtime may have unless it is told otherwise.
pub(crate) const PROCESSES_MAX: usize = 1 << 30;
/// Spare schedulers that a runtime may start unless it is told otherwise.
const SPARES_MAX: usize = 64;
/// Threads of the blocking pool unless it is told otherwise.
const BLOCKING_MAX: usize = crate::scheduler::blocking::THREADS_MAX_DEFAULT;
/// How long dropping a runtime waits for its processes to end.
const DROP_LIMIT: Duration = Duration::from_secs(5);

/// What the process room keeps for a runtime.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) names: Names,
    /// Where futures that need tokio find it, if it was said.
    #[cfg(feature = "tokio")]
    pub(crate) tokio: Option<::tokio::runtime::Handle>,
}

impl Node {
    /// The node of the runtime that this thread is a scheduler of.
    pub(crate) fn current() -> Option<Arc<Node>> {
        try_with_local(|local| Node::of(&local.shared)).flatten()
    }

    pub(crate) fn of(shared: &Shared) -> Option<Arc<Node>> {
        (Arc::clone(&shared.above) as Arc<dyn Any + Send + Sync>)
            .downcast::<Node>()
            .ok()
    }

    /// The shared side of a simulation.
    pub(crate) fn simulated(config: Config) -> Arc<Shared> {
        Shared::new(
            config,
            Clock::virtual_time(),
            step::step,
            Arc::<Node>::default(),
            #[cfg(feature = "net")]
            None,
        )
    }
}

/// The poller of the runtime that this thread is a scheduler of.
#[cfg(feature = "net")]
pub(crate) fn current_poller() -> Option<Arc<crate::io::Poller>> {
    try_with_local(|local| local.shared.poller.clone()).flatten()
}

/// What a runtime is built with; see [`Runtime::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    config: Config,
    #[cfg(feature = "tokio")]
    tokio: Option<::tokio::runtime::Handle>,
}

impl Builder {
    /// The number of schedulers, each a thread of its own. Default: as many as the machine has
    /// processors to run on.
    ///
    /// # Panics
    ///
    /// It is zero.
    #[track_caller]
    pub fn schedulers(mut self, count: usize) -> Builder {
        assert!(count > 0, "a runtime has at least one scheduler");
        self.config.schedulers = count;
        self
    }

    /// The name that the threads' names begin with. Default: `regrow`.
    ///
    /// # Panics
    ///
    /// It holds a zero byte.
    #[track_caller]
    pub fn name(mut self, name: impl Into<String>) -> Builder {
        let name = name.into();
        assert!(!name.contains('\0'), "a thread's name holds no zero byte");
        self.config.name = name;
        self
    }

    /// The most processes that may be alive at once. Default: 2³⁰, which is more than memory allows.
    /// Beyond it spawning is an error, [`SpawnError::TooManyProcesses`].
    ///
    /// # In OTP
    ///
    /// The flag `+P` of `erl`.
    pub fn max_processes(mut self, limit: usize) -> Builder {
        self.config.processes_max = limit;
        self
    }

    /// The most spare schedulers that are started in the place of stuck ones. Default: 64. With
    /// none, processes that never yield can bring the runtime to a halt.
    pub fn spares(mut self, count: usize) -> Builder {
        self.config.spares = count;
        self
    }

    /// The most threads of the pool behind [`blocking`](crate::process::blocking). Default: 64.
    pub fn blocking_threads(mut self, count: usize) -> Builder {
        self.config.blocking_max = count.max(1);
        self
    }

    /// Whether crashes are reported on the log. Default: they are.
    pub fn crash_reports(mut self, on: bool) -> Builder {
        self.config.crash_reports = on;
        self
    }

    /// The tokio runtime that futures in [`with_tokio`](crate::tokio::with_tokio) find. Default: one
    /// of regrow's own, started when the first of them needs it.
    ///
    /// For programs that have a tokio runtime anyway. It should be shut down after this one, since
    /// its timers panic afterwards, and its sockets fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use regrow::Runtime;
    /// use regrow::tokio::with_tokio;
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let tokio = tokio::runtime::Handle::current();
    ///     let runtime = Runtime::builder().tokio(tokio.clone()).build()?;
    ///     let seen = runtime.run(with_tokio(async { tokio::runtime::Handle::current().id() }));
    ///     assert_eq!(seen.await?, tokio.id());
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "tokio")]
    pub fn tokio(mut self, tokio: ::tokio::runtime::Handle) -> Builder {
        self.tokio = Some(tokio);
        self
    }

    /// Starts the runtime.
    ///
    /// # Errors
    ///
    /// The system gives no threads, or no event queue.
    pub fn build(self) -> io::Result<Runtime> {
        report::install_hook();
        let schedulers = self.config.schedulers;
        let node = Node {
            names: Names::default(),
            #[cfg(feature = "tokio")]
            tokio: self.tokio,
        };
        let shared = Shared::new(
            self.config,
            Clock::real(),
            step::step,
            Arc::new(node),
            #[cfg(feature = "net")]
            Some(crate::io::Poller::new()?),
        );
        let mut runtime = Runtime {
            handle: Handle { shared },
            threads: Vec::new(),
        };
        for index in 0..schedulers {
            // Taken from the start, so that nobody concludes that all taken ones are parked.
            runtime.handle.shared.slots[index]
                .taken
                .store(true, std::sync::atomic::Ordering::SeqCst);
            let shared = Arc::clone(&runtime.handle.shared);
            let name = format!("{}-{index}", shared.config.name);
            runtime
                .threads
                .push(thread(name, move || run_loop::run(&shared, index))?);
        }
        let shared = Arc::downgrade(&runtime.handle.shared);
        let name = format!("{}-watch", runtime.handle.shared.config.name);
        runtime.threads.push(thread(name, move || {
            sysmon::run(&shared, report::stuck, start_spare);
        })?);
        Ok(runtime)
    }
}

fn thread(name: String, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(body)
}

fn start_spare(shared: &Arc<Shared>, index: usize) {
    let name = format!("{}-spare-{index}", shared.config.name);
    let spare = Arc::clone(shared);
    if thread(name, move || run_loop::run(&spare, index)).is_err() {
        // No thread can be had; the next sample tries again.
        shared.leave_slot(index);
    }
}

/// A running runtime. Several may run in one program; they share nothing, though processes of one
/// can send to those of another.
///
/// Dropping it [shuts it down](Runtime::shutdown), waiting for five seconds at most.
///
/// # In OTP
///
/// A node, or its virtual machine.
///
/// # Examples
///
/// ```
/// use regrow::Runtime;
/// use regrow::prelude::*;
///
/// let runtime = Runtime::builder().schedulers(2).build()?;
/// let sum = runtime.block_on(async {
///     let me = regrow::process::self_pid();
///     1 + 1
/// });
/// assert_eq!(sum, 2);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    handle: Handle,
    threads: Vec<JoinHandle<()>>,
}

/// A runtime as others see it: threads that are not its own, above all. `Clone`, and no claim on
/// the runtime's life.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Runtime {
    /// The settings of a new runtime.
    pub fn builder() -> Builder {
        let schedulers = std::thread::available_parallelism().map_or(1, usize::from);
        Builder {
            config: Config {
                name: String::from("regrow"),
                schedulers,
                spares: SPARES_MAX,
                processes_max: PROCESSES_MAX,
                blocking_max: BLOCKING_MAX,
                crash_reports: true,
            },
            #[cfg(feature = "tokio")]
            tokio: None,
        }
    }

    /// A run on one thread under a seed, in virtual time. See [`sim`](crate::sim).
    pub fn simulated(seed: u64) -> Simulation {
        Simulation::new(seed)
    }

    /// The runtime, for other threads.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs a future as a process, and waits for it on this thread. Other processes go on when it
    /// has ended.
    ///
    /// # Panics
    ///
    /// The process panicked or was ended by somebody.
    #[track_caller]
    pub fn block_on<T, F>(&self, main: F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.handle.block_on(main)
    }

    /// As [`block_on`](Runtime::block_on).
    ///
    /// # Errors
    ///
    /// The process ended without a result: the reason.
    pub fn try_block_on<T, F>(&self, main: F) -> Result<T, ExitReason>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.handle.try_block_on(main)
    }

    /// Runs a future as a process, and waits for it in the caller's: under any executor, with no
    /// thread blocked. The process is spawned when the returned future is first polled.
    ///
    /// # Errors
    ///
    /// The process ended without a result, or could not be spawned: the reason.
    ///
    /// # Cancel safety
    ///
    /// Dropping the returned future kills the process, which drops `main` in its turn.
    ///
    /// # Examples
    ///
    /// A program that lives in another executor, here a very small one, and has a part that is made
    /// of processes.
    ///
    /// ```
    /// use regrow::Runtime;
    ///
    /// # use std::pin::pin;
    /// # use std::sync::Arc;
    /// # use std::task::{Context, Poll, Wake};
    /// # struct Unpark(std::thread::Thread);
    /// # impl Wake for Unpark { fn wake(self: Arc<Self>) { self.0.unpark(); } }
    /// # fn elsewhere<T>(future: impl Future<Output = T>) -> T {
    /// #     let waker = Arc::new(Unpark(std::thread::current())).into();
    /// #     let mut future = pin!(future);
    /// #     loop {
    /// #         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
    /// #             Poll::Ready(value) => return value,
    /// #             Poll::Pending => std::thread::park(),
    /// #         }
    /// #     }
    /// # }
    /// let runtime = Runtime::builder().schedulers(2).build()?;
    /// elsewhere(async {
    ///     let sum = runtime.run(async { 1 + 1 }).await;
    ///     assert_eq!(sum, Ok(2));
    ///     let crash = runtime.run(async { panic!("no sum today") }).await;
    ///     assert!(crash.is_err_and(|reason: regrow::ExitReason| reason.is_crash()));
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn run<T, F>(&self, main: F) -> Result<T, ExitReason>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.handle.run(main).await
    }

    /// Spawns a process from any thread.
    ///
    /// # Errors
    ///
    /// See [`SpawnError`].
    #[track_caller]
    pub fn spawn<M, F, R>(
        &self,
        body: impl FnOnce(Inbox<M>) -> F,
    ) -> Result<ProcessRef<M>, SpawnError>
    where
        M: Send + 'static,
        F: Future<Output = R> + Send + 'static,
        R: IntoExit,
    {
        self.handle.spawn(body)
    }

    /// Counts since the runtime started.
    pub fn stats(&self) -> RuntimeStats {
        self.handle.stats()
    }

    /// Ends the runtime: kills every process, lets each release what it holds, and ends the
    /// schedulers. Returns whether all processes had ended, and all blocking jobs that had begun
    /// were over, when the time was up; those that were not (they are stuck) are leaked with their
    /// threads.
    ///
    /// An orderly end of a program is its supervisors' affair, and comes before this.
    #[expect(
        clippy::must_use_candidate,
        reason = "most have nothing to do about stuck processes"
    )]
    pub fn shutdown(mut self, limit: Duration) -> bool {
        self.end(limit)
    }

    fn end(&mut self, limit: Duration) -> bool {
        if self.threads.is_empty() {
            return true;
        }
        let shared = &self.handle.shared;
        shared.set_phase(Phase::Draining);
        let until = shared.clock.nanos().saturating_add(limit.as_nanos() as u64);
        let ended = end_all(shared, until);
        shared.set_phase(Phase::Stopping);
        shared.blocking.shutdown();
        let left = until.saturating_sub(shared.clock.nanos());
        let jobs_over = shared.blocking.join(Duration::from_nanos(left));
        #[cfg(feature = "net")]
        if let Some(poller) = &shared.poller {
            poller.close();
        }
        for thread in self.threads.drain(..) {
            // A scheduler that is stuck for ever cannot be joined.
            if ended {
                // Its panic was reported where it happened.
                drop(thread.join());
            }
        }
        ended && jobs_over
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.end(DROP_LIMIT);
    }
}

/// Kills everything until nothing is left or the time is up, in nanoseconds of the runtime's clock.
fn end_all(shared: &Shared, until: u64) -> bool {
    let mut pause = Duration::from_micros(50);
    loop {
        if shared.live() == 0 {
            return true;
        }
        kill_all(shared);
        if shared.clock.nanos() >= until {
            return false;
        }
        std::thread::park_timeout(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Sends every process a kill.
pub(crate) fn kill_all(shared: &Shared) {
    let mut all = Vec::new();
    shared.for_each_process(&mut |pid, _| all.push(pid));
    for pid in all {
        let from = Pid::of(pid);
        send::signal(
            pid,
            Signal::Exit {
                from,
                reason: ExitReason::Kill,
            },
        );
    }
}

impl Handle {
    /// The runtime of the process that runs.
    ///
    /// # Panics
    ///
    /// Outside a process.
    #[track_caller]
    pub fn current() -> Handle {
        match try_with_local(|local| Arc::clone(&local.shared)) {
            Some(shared) => Handle { shared },
            None => panic!("this thread runs no process, so it has no runtime"),
        }
    }

    /// As [`Runtime::spawn`].
    ///
    /// # Errors
    ///
    /// See [`SpawnError`].
    #[track_caller]
    pub fn spawn<M, F, R>(
        &self,
        body: impl FnOnce(Inbox<M>) -> F,
    ) -> Result<ProcessRef<M>, SpawnError>
    where
        M: Send + 'static,
        F: Future<Output = R> + Send + 'static,
        R: IntoExit,
    {
        let options = SpawnOptions::new().at(Location::caller());
        let Spawned { process, .. } = self.at(|place| spawn::spawn_at(place, &options, body))?;
        Ok(process)
    }

    /// As [`Runtime::block_on`].
    ///
    /// # Panics
    ///
    /// As [`Runtime::block_on`]; and on a thread that is a scheduler, which would wait for itself.
    #[track_caller]
    pub fn block_on<T, F>(&self, main: F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        match self.try_block_on(main) {
            Ok(value) => value,
            Err(reason) => panic!("the main process ended: {reason}"),
        }
    }

    /// As [`Runtime::try_block_on`].
    ///
    /// # Errors
    ///
    /// The process ended without a result: the reason.
    ///
    /// # Panics
    ///
    /// On a thread that is a scheduler, which would wait for itself.
    #[track_caller]
    pub fn try_block_on<T, F>(&self, main: F) -> Result<T, ExitReason>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        assert!(
            try_with_local(|_| ()).is_none(),
            "a process cannot block its scheduler: spawn, or await, instead"
        );
        let main = spawn_main(Place::From(&self.shared), main)?;
        main.wait()
    }

    /// As [`Runtime::run`].
    ///
    /// # Errors
    ///
    /// The process ended without a result, or could not be spawned: the reason.
    ///
    /// # Cancel safety
    ///
    /// Dropping the returned future kills the process.
    pub async fn run<T, F>(&self, main: F) -> Result<T, ExitReason>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.at(|place| spawn_main(place, main))?.outcome().await
    }

    /// Waits on this thread until a process has ended. Returns why it did, or
    /// [`ExitReason::NoProc`] if it had before.
    ///
    /// # Panics
    ///
    /// As [`try_block_on`](Handle::try_block_on).
    #[track_caller]
    pub fn wait(&self, process: impl AsPid) -> ExitReason {
        let pid = process.as_pid();
        let waited =
            self.try_block_on(async move { crate::process::monitor::monitor(pid).await.reason });
        waited.unwrap_or_else(|reason| reason)
    }

    /// As [`Runtime::stats`].
    pub fn stats(&self) -> RuntimeStats {
        self.shared.stats()
    }

    /// The present, by this runtime's clock, for a thread that is none of its own.
    pub fn now(&self) -> Instant {
        Instant::of_nanos(self.shared.clock.nanos())
    }

    /// How many processes are alive.
    pub fn process_count(&self) -> u64 {
        self.shared.live()
    }

    /// How many schedulers the runtime has, spares apart: what [`Builder::schedulers`] said. One in
    /// a simulation.
    ///
    /// # In OTP
    ///
    /// `erlang:system_info(schedulers_online)`.
    pub fn schedulers(&self) -> usize {
        self.shared.config.schedulers
    }

    fn at<R>(&self, f: impl FnOnce(Place<'_>) -> R) -> R {
        let mut f = Some(f);
        let here = try_with_local(|local| {
            if local.shared.id != self.shared.id {
                return None;
            }
            f.take().map(|f| f(Place::Here(local)))
        });
        match (here.flatten(), f) {
            (Some(result), _) => result,
            (None, Some(f)) => f(Place::From(&self.shared)),
            (None, None) => unreachable!("the function was called in one place or the other"),
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("name", &self.handle.shared.config.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.shared.config.name)
            .finish_non_exhaustive()
    }
}
