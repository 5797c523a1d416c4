//! The census is checked in every state it can get into; the pool by jobs that block until they are
//! told to go on. Nothing sleeps: what a thread does after its job is waited for by [`until`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::{BlockingPool, Census, Demand, Idle, Job};

/// The longest that any wait in these tests may take.
const LIMIT: Duration = Duration::from_secs(20);

#[expect(
    clippy::disallowed_methods,
    reason = "real threads are waited for in real time"
)]
fn now() -> Instant {
    Instant::now()
}

/// Lets other threads run until something is true.
fn until(what: &str, is_true: impl Fn() -> bool) {
    let end = now() + LIMIT;
    while !is_true() {
        assert!(now() < end, "still waiting until {what}");
        thread::yield_now();
    }
}

impl BlockingPool {
    /// The number of threads.
    fn threads(&self) -> usize {
        self.shared.state.lock().census.threads
    }

    /// The number of threads for which there is no work, not even in the queue.
    fn idle(&self) -> usize {
        usize::try_from(self.shared.state.lock().census.spare).unwrap_or(0)
    }
}

/// Creates a pool whose threads wait for work as long as any test can take.
fn pool(threads_max: usize) -> BlockingPool {
    BlockingPool::with_keep_alive("test".to_owned(), threads_max, 100 * LIMIT)
}

/// Creates a pool whose threads do not wait for work at all.
fn impatient_pool(threads_max: usize) -> BlockingPool {
    BlockingPool::with_keep_alive("test".to_owned(), threads_max, Duration::ZERO)
}

/// Joins a pool whose threads are about to end, and checks that the last one says so.
fn join(pool: &BlockingPool) {
    let end = now() + LIMIT;
    assert!(pool.join(LIMIT));
    assert!(now() < end, "the threads ended and nobody was told");
    assert_eq!(pool.queued(), 0);
    let census = pool.shared.state.lock().census;
    assert_eq!((census.threads, census.spare), (0, 0));
}

/// A job that says it has begun, and ends when its other half is dropped or told to go on.
struct Held {
    begun: Receiver<ThreadId>,
    go_on: Sender<()>,
}

impl Held {
    fn submit(pool: &BlockingPool) -> Held {
        let (begin, begun) = bounded(1);
        let (go_on, wait) = bounded::<()>(1);
        let job = move || {
            // It may be released before it begins; then nobody listens.
            begin.send(thread::current().id()).ok();
            wait.recv().unwrap_err();
        };
        pool.submit(Box::new(job)).unwrap();
        Held { begun, go_on }
    }

    fn wait_until_begun(&self) -> ThreadId {
        self.begun.recv_timeout(LIMIT).unwrap()
    }

    fn release(self) {
        drop(self.go_on);
    }
}

/// Submits a job and waits for what it returns.
fn run<T: Send + 'static>(pool: &BlockingPool, job: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = bounded(1);
    pool.submit(Box::new(move || done.send(job()).unwrap()))
        .unwrap();
    result.recv_timeout(LIMIT).unwrap()
}

/// A census and what it counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Model {
    free: usize,
    busy: usize,
    queued: usize,
    threads_max: usize,
}

impl Model {
    fn census(self) -> Census {
        Census {
            threads: self.free + self.busy,
            threads_max: self.threads_max,
            spare: self.free.cast_signed() - self.queued.cast_signed(),
        }
    }

    /// Returns every state that one event leads to, each checked against the census.
    fn next(self) -> Vec<Model> {
        let mut next = Vec::new();
        let mut census = self.census();
        let started = usize::from(census.on_submit() == Demand::Thread);
        let submitted = Model {
            free: self.free + started,
            queued: self.queued + 1,
            ..self
        };
        assert_eq!(census, submitted.census(), "after a submit in {self:?}");
        next.push(submitted);
        if self.free > 0 && self.queued > 0 {
            let Model {
                free, busy, queued, ..
            } = self;
            next.push(Model {
                free: free - 1,
                busy: busy + 1,
                queued: queued - 1,
                ..self
            });
        }
        if self.busy > 0 {
            let mut census = self.census();
            census.on_finished();
            let finished = Model {
                free: self.free + 1,
                busy: self.busy - 1,
                ..self
            };
            assert_eq!(census, finished.census(), "after a job in {self:?}");
            next.push(finished);
        }
        if self.free > 0 && self.census().on_timeout() == Idle::Retire {
            let mut census = self.census();
            census.on_end();
            let retired = Model {
                free: self.free - 1,
                ..self
            };
            assert_eq!(census, retired.census(), "after a retirement in {self:?}");
            next.push(retired);
        }
        next
    }
}

#[test]
fn every_queued_job_has_a_thread_coming_unless_the_cap_is_reached() {
    for threads_max in 1..=4 {
        let mut seen = BTreeSet::new();
        let mut open = vec![Model {
            free: 0,
            busy: 0,
            queued: 0,
            threads_max,
        }];
        while let Some(model) = open.pop() {
            if model.queued > 6 || !seen.insert(model) {
                continue;
            }
            let threads = model.free + model.busy;
            assert!(threads <= threads_max, "{model:?}");
            assert!(
                model.queued <= model.free || threads == threads_max,
                "{model:?}"
            );
            open.extend(model.next());
        }
        assert!(seen.len() > 10);
    }
}

#[test]
fn free_thread_retires_only_if_no_job_is_queued_for_it() {
    let timeout = |free, queued| {
        Model {
            free,
            busy: 1,
            queued,
            threads_max: 9,
        }
        .census()
        .on_timeout()
    };
    assert_eq!(timeout(1, 0), Idle::Retire);
    assert_eq!(timeout(1, 1), Idle::Stay);
    assert_eq!(timeout(3, 2), Idle::Retire);
    assert_eq!(timeout(2, 2), Idle::Stay);
}

#[test]
fn thread_that_could_not_be_started_is_not_counted() {
    let empty = Model {
        free: 0,
        busy: 0,
        queued: 0,
        threads_max: 2,
    };
    let mut census = empty.census();
    assert_eq!(census.on_submit(), Demand::Thread);
    census.on_end();
    census.on_jobs_dropped(1);
    assert_eq!(census, empty.census(), "the job went back");

    let busy = Model { busy: 1, ..empty };
    let mut census = busy.census();
    assert_eq!(census.on_submit(), Demand::Thread);
    census.on_end();
    assert_eq!(
        census,
        Model { queued: 1, ..busy }.census(),
        "the job waits for the other thread"
    );
}

#[test]
fn pool_has_no_thread_before_its_first_job() {
    let pool = pool(4);
    assert_eq!((pool.threads(), pool.idle(), pool.queued()), (0, 0, 0));
    assert!(pool.join(Duration::ZERO), "there is nothing to wait for");
}

#[test]
fn threads_are_named_after_the_pool_and_numbered() {
    let pool = pool(4);
    let name = || thread::current().name().map(str::to_owned);
    let first = Held::submit(&pool);
    first.wait_until_begun();
    assert_eq!(run(&pool, name).as_deref(), Some("test-blocking-1"));
    first.release();
}

#[test]
fn blocked_jobs_get_threads_up_to_the_cap_and_the_rest_waits() {
    let pool = pool(3);
    let mut held: Vec<Held> = (0..5).map(|_| Held::submit(&pool)).collect();
    for held in &held[..3] {
        held.wait_until_begun();
    }
    assert_eq!((pool.threads(), pool.idle(), pool.queued()), (3, 0, 2));
    held.remove(0).release();
    held[2].wait_until_begun();
    assert_eq!((pool.threads(), pool.idle(), pool.queued()), (3, 0, 1));
    held.into_iter().for_each(Held::release);
    until("all threads are idle", || pool.idle() == 3);
    assert_eq!((pool.threads(), pool.queued()), (3, 0));
}

#[test]
fn cap_of_zero_is_one_thread() {
    assert_eq!(run(&pool(0), || 7), 7);
}

#[test]
fn idle_thread_is_used_again() {
    let pool = pool(4);
    let first = run(&pool, || thread::current().id());
    for _ in 0..100 {
        until("the thread is idle", || pool.idle() == 1);
        assert_eq!(run(&pool, || thread::current().id()), first);
    }
    assert_eq!(pool.threads(), 1);
}

#[test]
fn jobs_are_begun_in_the_order_of_their_submission() {
    let pool = pool(1);
    let first = Held::submit(&pool);
    let (ran, order) = unbounded();
    for number in 0..100 {
        let ran = ran.clone();
        pool.submit(Box::new(move || ran.send(number).unwrap()))
            .unwrap();
    }
    first.release();
    for number in 0..100 {
        assert_eq!(order.recv_timeout(LIMIT), Ok(number));
    }
}

/// Panics when it is dropped, once more than the thread that drops it can have expected.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new(()));
    }
}

#[test]
fn panic_of_a_job_leaves_its_thread_alive() {
    let pool = pool(1);
    let thread = run(&pool, || thread::current().id());
    // Thrown past the panic hook, which would only write to the test's output.
    let panics: [Job; 3] = [
        Box::new(|| std::panic::resume_unwind(Box::new("a panic"))),
        Box::new(|| std::panic::resume_unwind(Box::new(PanicsWhenDropped))),
        Box::new(|| drop(PanicsWhenDropped)),
    ];
    for panics in panics {
        pool.submit(panics).unwrap();
    }
    assert_eq!(run(&pool, || thread::current().id()), thread);
    assert_eq!((pool.threads(), pool.queued()), (1, 0));
}

#[test]
fn thread_without_work_retires() {
    let pool = impatient_pool(2);
    let held = [Held::submit(&pool), Held::submit(&pool)];
    for held in &held {
        held.wait_until_begun();
    }
    held.into_iter().for_each(Held::release);
    join(&pool);
    assert_eq!(run(&pool, || 7), 7);
}

#[test]
fn no_job_is_lost_to_a_thread_that_retires() {
    // With no patience at all, every submit meets threads in the middle of their retirement.
    let pool = impatient_pool(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for number in 0..2_000 {
                    assert_eq!(run(&pool, move || number), number);
                }
            });
        }
    });
    join(&pool);
}

#[test]
fn shutdown_ends_idle_threads_at_once() {
    let pool = pool(2);
    let held = [Held::submit(&pool), Held::submit(&pool)];
    for held in &held {
        held.wait_until_begun();
    }
    held.into_iter().for_each(Held::release);
    until("both threads are idle", || pool.idle() == 2);
    pool.shutdown();
    join(&pool);
}

#[test]
fn shutdown_does_not_wait_for_a_running_job_and_join_does() {
    let pool = pool(2);
    let held = Held::submit(&pool);
    held.wait_until_begun();
    pool.shutdown();
    assert!(!pool.join(Duration::ZERO), "the job is still running");
    assert_eq!(pool.threads(), 1);
    held.release();
    join(&pool);
}

#[test]
fn shutdown_drops_jobs_that_were_not_begun() {
    let pool = pool(1);
    let running = Held::submit(&pool);
    running.wait_until_begun();
    let waiting = Held::submit(&pool);
    pool.shutdown();
    assert_eq!(pool.queued(), 0);
    assert!(
        waiting.begun.recv_timeout(LIMIT).is_err(),
        "dropped without being run"
    );
    running.release();
    join(&pool);
}

#[test]
fn pool_that_was_shut_down_gives_jobs_back() {
    let pool = pool(1);
    pool.shutdown();
    pool.shutdown();
    let (ran, result) = bounded(1);
    let refused = pool
        .submit(Box::new(move || ran.send(7).unwrap()))
        .unwrap_err();
    assert!(refused.source.is_none());
    (refused.job)();
    assert_eq!(result.recv(), Ok(7));
    assert_eq!(pool.threads(), 0);
}

#[test]
fn dropped_job_may_use_the_pool_and_panic() {
    struct Submits(Arc<BlockingPool>);
    impl Drop for Submits {
        fn drop(&mut self) {
            assert!(self.0.submit(Box::new(|| ())).is_err());
            std::panic::resume_unwind(Box::new(()));
        }
    }
    let pool = Arc::new(pool(1));
    let running = Held::submit(&pool);
    running.wait_until_begun();
    for _ in 0..2 {
        let submits = Submits(Arc::clone(&pool));
        pool.submit(Box::new(move || drop(submits))).unwrap();
    }
    pool.shutdown();
    assert_eq!(Arc::strong_count(&pool), 1, "both were dropped");
    running.release();
    join(&pool);
}

#[test]
fn dropping_the_pool_shuts_it_down() {
    let pool = pool(2);
    let running = Held::submit(&pool);
    running.wait_until_begun();
    run(&pool, || ());
    let shared = Arc::downgrade(&pool.shared);
    drop(pool);
    until("the idle thread has ended", || shared.strong_count() == 1);
    running.release();
    until("the running thread has ended", || {
        shared.strong_count() == 0
    });
}
