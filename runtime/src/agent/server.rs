//! The server that an agent is.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use crate::gen_server::{
    Context, GenServer, HandleCall, HandleCast, Init, Next, Reply, ReplyTo, Start, Step,
};

/// A server that keeps a value, which others look at and change by sending it closures.
///
/// [`Agent::start`] and [`Agent::start_link`] give a
/// [`ServerRef<Agent<T>>`](crate::gen_server::ServerRef), which has the methods of
/// [`dyn AgentClient`](super::AgentClient), as has a [`Name<Agent<T>>`](crate::gen_server::Name).
///
/// A closure runs in the agent, one at a time. If it panics the agent ends, and a caller gets the
/// panic as [`CallError::Exited`](crate::gen_server::CallError::Exited).
///
/// # In OTP
///
/// `Agent` of Elixir.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::agent::Agent;
///
/// let counter = Agent::start_link(|| 40).await?;
/// counter.update(|count| *count += 2).await?;
/// assert_eq!(counter.get(|count| *count).await?, 42);
/// # Ok::<(), regrow::ExitReason>(())
/// # }).unwrap();
/// ```
pub struct Agent<T>(T);

/// How an agent comes to its first value, which happens in the new process.
pub struct FirstState<T>(Pin<Box<dyn Future<Output = T> + Send>>);

impl<T: Send + 'static> FirstState<T> {
    /// The value that this function gives.
    pub fn new(make: impl FnOnce() -> T + Send + 'static) -> FirstState<T> {
        FirstState::later(async { make() })
    }

    /// The value that this future gives.
    pub fn later(make: impl Future<Output = T> + Send + 'static) -> FirstState<T> {
        FirstState(Box::pin(make))
    }
}

impl<T: Send + 'static> Agent<T> {
    /// Starts an agent whose first value is what this function gives, without a link.
    ///
    /// The start has the options of every server's: a name, a limit for the first value.
    ///
    /// # In OTP
    ///
    /// `Agent.start/2`.
    pub fn start(make: impl FnOnce() -> T + Send + 'static) -> Start<Agent<T>> {
        Start::new(FirstState::new(make))
    }

    /// As [`start`](Agent::start), linked to the process that starts it.
    ///
    /// # In OTP
    ///
    /// `Agent.start_link/2`.
    pub fn start_link(make: impl FnOnce() -> T + Send + 'static) -> Start<Agent<T>> {
        Agent::start(make).link()
    }

    /// As [`start`](Agent::start), with a first value that has to be waited for: one that is read
    /// from elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::agent::Agent;
    /// use regrow::server::StartError;
    /// use regrow::{secs, time};
    ///
    /// let slow = async {
    ///     time::sleep(secs(10)).await;
    ///     7
    /// };
    /// let agent = Agent::start_later(slow).link().timeout(secs(5)).await;
    /// assert_eq!(agent, Err(StartError::Timeout));
    /// # });
    /// ```
    pub fn start_later(make: impl Future<Output = T> + Send + 'static) -> Start<Agent<T>> {
        Start::new(FirstState::later(make))
    }
}

impl<T: Send + 'static> GenServer for Agent<T> {
    type Args = FirstState<T>;

    fn init(first: FirstState<T>, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        async { Init::ok(Agent(first.0.await)) }
    }
}

/// Looks at the state.
pub(super) struct Look<F, R>(F, PhantomData<fn() -> R>);

/// Changes the state.
pub(super) struct Change<F, R>(F, PhantomData<fn() -> R>);

impl<F, R> Look<F, R> {
    pub(super) fn new(f: F) -> Look<F, R> {
        Look(f, PhantomData)
    }
}

impl<F, R> Change<F, R> {
    pub(super) fn new(f: F) -> Change<F, R> {
        Change(f, PhantomData)
    }
}

impl<T, F, R> HandleCall<Look<F, R>> for Agent<T>
where
    T: Send + 'static,
    F: FnOnce(&T) -> R + Send + 'static,
    R: Send + 'static,
{
    type Reply = R;

    fn handle_call(
        &mut self,
        Look(f, _): Look<F, R>,
        _: ReplyTo<R>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<R>> {
        Reply::now(f(&self.0))
    }
}

impl<T, F, R> HandleCall<Change<F, R>> for Agent<T>
where
    T: Send + 'static,
    F: FnOnce(&mut T) -> R + Send + 'static,
    R: Send + 'static,
{
    type Reply = R;

    fn handle_call(
        &mut self,
        Change(f, _): Change<F, R>,
        _: ReplyTo<R>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<R>> {
        Reply::now(f(&mut self.0))
    }
}

impl<T, F> HandleCast<Change<F, ()>> for Agent<T>
where
    T: Send + 'static,
    F: FnOnce(&mut T) + Send + 'static,
{
    fn handle_cast(
        &mut self,
        Change(f, _): Change<F, ()>,
        _: &mut Context<Self>,
    ) -> impl Step<Next> {
        f(&mut self.0);
        Next::proceed()
    }
}

impl<T> fmt::Debug for Agent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Agent")
    }
}

impl<T> fmt::Debug for FirstState<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstState")
    }
}
