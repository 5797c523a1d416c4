//! What a reference to an agent can do.

use super::server::{Agent, Change, Look};
use crate::gen_server::{Call, HasClient, Target, call_to, cast_to};

/// What a reference to an [`Agent<T>`](Agent) can do: the methods of `dyn AgentClient<T>`.
///
/// They are there on a [`ServerRef`](crate::gen_server::ServerRef), a
/// [`Name`](crate::gen_server::Name), a supervisor's [`Child`](crate::gen_server::Child) and a
/// registry's key alike.
pub trait AgentClient<T: Send + 'static>: Target<Agent<T>> + 'static {}

impl<T: Send + 'static, R: Target<Agent<T>> + 'static> AgentClient<T> for R {}

impl<T: Send + 'static> HasClient for Agent<T> {
    type Client = dyn AgentClient<T>;

    #[inline]
    fn client<R: Target<Self> + 'static>(target: &R) -> &Self::Client {
        target
    }
}

impl<T: Send + 'static> dyn AgentClient<T> {
    /// Looks at the state: what the closure gives is the reply.
    ///
    /// # In OTP
    ///
    /// `Agent.get/3`.
    pub fn get<R: Send + 'static>(&self, f: impl FnOnce(&T) -> R + Send + 'static) -> Call<R> {
        call_to(self, Look::new(f))
    }

    /// Changes the state, and waits until it is changed.
    ///
    /// # In OTP
    ///
    /// `Agent.update/3`. There the closure gives the new state; here it changes what is there.
    pub fn update(&self, f: impl FnOnce(&mut T) + Send + 'static) -> Call<()> {
        call_to(self, Change::new(f))
    }

    /// Changes the state: what the closure gives is the reply.
    ///
    /// # In OTP
    ///
    /// `Agent.get_and_update/3`. There the closure gives the reply and the new state.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::agent::Agent;
    ///
    /// let jobs = Agent::start(|| vec![1, 2]).await?;
    /// assert_eq!(jobs.get_and_update(Vec::pop).await?, Some(2));
    /// assert_eq!(jobs.get(Vec::len).await?, 1);
    /// # Ok::<(), regrow::ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn get_and_update<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Call<R> {
        call_to(self, Change::new(f))
    }

    /// Changes the state, and does not wait for it. If there is no such agent nothing happens.
    ///
    /// # In OTP
    ///
    /// `Agent.cast/2`.
    pub fn cast(&self, f: impl FnOnce(&mut T) + Send + 'static) {
        cast_to(self, Change::new(f));
    }
}
