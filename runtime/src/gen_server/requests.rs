//! Collections of requests that are under way.
//!
//! Each request wakes through a [`Ticket`] of its own, which notes its number in the order in which
//! replies come. So taking the next reply looks at what has come and at nothing else, however many
//! are outstanding.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context as Waking, Poll, Wake, Waker, ready};

use parking_lot::Mutex;

use super::call::{Call, Request};
use super::call_error::{CallError, Never};
use crate::scheduler::coop;

/// Requests that are under way, each with a label; their replies are taken as they come.
///
/// Every request keeps its own limit, and fails with [`CallError::Timeout`] when its time is up.
/// Dropped, the collection gives up what is left in it.
///
/// # In OTP
///
/// [`gen_server:reqids_new/0`](https://www.erlang.org/doc/apps/stdlib/gen_server#reqids_new/0) and
/// what is done with it. A request is in one collection, because it is moved there.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::call::Requests;
/// use regrow::prelude::*;
/// # struct Square;
/// # #[gen_server]
/// # impl Square {
/// #     #[init] fn new() -> Self { Square }
/// #     #[call] fn of(&self, number: u32) -> u32 { number * number }
/// # }
///
/// let square = Square::start_link().await?;
/// let mut requests = Requests::new();
/// for number in 1..=3 {
///     requests.add(number, square.of(number).request());
/// }
/// while let Some((number, reply)) = requests.next().await {
///     assert_eq!(reply?, number * number);
/// }
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub struct Requests<L, T, E = Never> {
    entries: BTreeMap<u64, (L, State<T, E>)>,
    next: u64,
    come: Arc<Come>,
}

/// What has become of a request.
enum State<T, E> {
    Waits(Request<T, E>),
    /// It was over when it was added.
    Over(Result<T, CallError<E>>),
}

/// Which requests are to be looked at.
#[derive(Default)]
struct Come(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    numbers: VecDeque<u64>,
    collector: Option<Waker>,
}

impl Come {
    /// This one is to be looked at.
    fn add(&self, number: u64) {
        let collector = {
            let mut queue = self.0.lock();
            queue.numbers.push_back(number);
            queue.collector.take()
        };
        if let Some(collector) = collector {
            collector.wake();
        }
    }

    fn pop(&self) -> Option<u64> {
        self.0.lock().numbers.pop_front()
    }

    /// Wakes the collector when there is something to look at. `false`: there is.
    fn await_by(&self, waker: &Waker) -> bool {
        let mut queue = self.0.lock();
        let waits = queue.numbers.is_empty();
        let before = waits.then(|| queue.collector.replace(waker.clone()));
        drop(queue);
        drop(before);
        waits
    }
}

/// What one request wakes.
struct Ticket {
    number: u64,
    come: Arc<Come>,
}

impl Wake for Ticket {
    fn wake(self: Arc<Self>) {
        self.come.add(self.number);
    }
}

impl<L, T, E> Requests<L, T, E> {
    /// No requests.
    pub fn new() -> Requests<L, T, E> {
        Requests {
            entries: BTreeMap::new(),
            next: 0,
            come: Arc::default(),
        }
    }

    /// Adds a request. Its reply is given with this label.
    pub fn add(&mut self, label: L, mut request: Request<T, E>) {
        let number = self.next;
        self.next += 1;
        let waker = self.waker(number);
        let state = match request.poll_reply(&mut Waking::from_waker(&waker)) {
            Poll::Ready(reply) => {
                self.come.add(number);
                State::Over(reply)
            }
            Poll::Pending => State::Waits(request),
        };
        self.entries.insert(number, (label, state));
    }

    /// How many are outstanding, those included whose reply has come and was not taken.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Waits for the next reply, in the order in which they come. `None`: there are no requests.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has taken nothing; a [`timeout`](crate::time::timeout) around it
    /// leaves all requests in the collection.
    ///
    /// # In OTP
    ///
    /// [`gen_server:receive_response/3`](https://www.erlang.org/doc/apps/stdlib/gen_server#receive_response/3)
    /// and `wait_response/3`.
    pub async fn next(&mut self) -> Option<(L, Result<T, CallError<E>>)> {
        poll_fn(|cx| {
            ready!(coop::poll_proceed(cx));
            loop {
                if let Some(reply) = self.check() {
                    return Poll::Ready(Some(reply));
                }
                if self.is_empty() {
                    return Poll::Ready(None);
                }
                if self.come.await_by(cx.waker()) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Takes a reply that has come, the oldest first. Does not wait.
    ///
    /// # In OTP
    ///
    /// [`gen_server:check_response/3`](https://www.erlang.org/doc/apps/stdlib/gen_server#check_response/3).
    pub fn check(&mut self) -> Option<(L, Result<T, CallError<E>>)> {
        while let Some(number) = self.come.pop() {
            // One that was woken twice may be gone.
            let Some((label, state)) = self.entries.remove(&number) else {
                continue;
            };
            let mut request = match state {
                State::Over(reply) => return Some((label, reply)),
                State::Waits(request) => request,
            };
            let waker = self.waker(number);
            match request.poll_reply(&mut Waking::from_waker(&waker)) {
                Poll::Ready(reply) => return Some((label, reply)),
                Poll::Pending => {
                    self.entries.insert(number, (label, State::Waits(request)));
                }
            }
        }
        None
    }

    fn waker(&self, number: u64) -> Waker {
        let come = Arc::clone(&self.come);
        Waker::from(Arc::new(Ticket { number, come }))
    }
}

/// Makes all of these calls at once and waits for what becomes of each: the replies, and the failures,
/// each in the order in which they came, under the label of its call.
///
/// A call keeps its own limit, so the whole takes no longer than the longest of them.
///
/// # Cancel safety
///
/// Dropped before it is done, it gives up the calls that are outstanding.
///
/// # In OTP
///
/// [`gen_server:multi_call/4`](https://www.erlang.org/doc/apps/stdlib/gen_server#multi_call/4). What
/// is there one name on many nodes is here as many servers as you like.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::call::multi_call;
/// use regrow::prelude::*;
/// # struct Square;
/// # #[gen_server]
/// # impl Square {
/// #     #[init] fn new() -> Self { Square }
/// #     #[call] fn of(&self, number: u32) -> u32 { number * number }
/// # }
///
/// let squares = [Square::start_link().await?, Square::start_link().await?];
/// let calls = squares.iter().map(|square| (square.pid(), square.of(4).timeout(secs(1))));
/// let (replies, failed) = multi_call(calls).await;
/// assert!(replies.iter().all(|(_, reply)| *reply == 16) && failed.is_empty());
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub async fn multi_call<L, T, E>(
    calls: impl IntoIterator<Item = (L, Call<T, E>)>,
) -> (Vec<(L, T)>, Vec<(L, CallError<E>)>) {
    let mut requests = Requests::new();
    for (label, call) in calls {
        requests.add(label, call.request());
    }
    let (mut replies, mut failed) = (Vec::new(), Vec::new());
    while let Some((label, reply)) = requests.next().await {
        match reply {
            Ok(reply) => replies.push((label, reply)),
            Err(error) => failed.push((label, error)),
        }
    }
    (replies, failed)
}

impl<L, T, E> Default for Requests<L, T, E> {
    fn default() -> Self {
        Requests::new()
    }
}

impl<L: fmt::Debug, T, E> fmt::Debug for Requests<L, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.entries.values().map(|(label, _)| label);
        f.debug_set().entries(labels).finish()
    }
}
