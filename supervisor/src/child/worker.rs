//! Child specifications of what is not written as a server: tasks and agents.

use std::future::Future;

use regrow_runtime::agent::{Agent, FirstState};
use regrow_runtime::task::TaskServer;

use crate::child::spec::ChildSpec;

impl<F: Future<Output: Send> + Send + 'static> ChildSpec<TaskServer<F>> {
    /// A task, whose future is made afresh at each start. It is temporary: when it ends it is gone,
    /// unless [`restart`](ChildSpec::restart) says otherwise.
    ///
    /// What it computes is dropped, an `Err` too: a task that returns has ended normally, whatever it
    /// returns, so a transient one is not started again. A failure that its supervisor is to know of
    /// is a panic, or an [`exit`](regrow_runtime::process::exit) signal to
    /// [itself](regrow_runtime::process::self_pid), which gives the reason.
    ///
    /// # In OTP
    ///
    /// `{Task, fun}` in a list of children. There too `{:error, reason}` is a value as any other, and
    /// what raises or exits has failed.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let warm_up = ChildSpec::task(async || println!("reading the cache"));
    /// Supervisor::new(Strategy::OneForOne).child(warm_up).start_link().await?;
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn task(make: impl Fn() -> F + Send + Sync + 'static) -> ChildSpec<TaskServer<F>> {
        ChildSpec::with(make)
    }
}

impl<T: Send + 'static> ChildSpec<Agent<T>> {
    /// An agent, whose first value this function gives at each start, in the agent's process. Its id
    /// is that of its type, so a second agent of the same type needs one of its own.
    ///
    /// # In OTP
    ///
    /// `{Agent, fun}` in a list of children.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::agent::Agent;
    /// use regrow::prelude::*;
    ///
    /// static HITS: Name<Agent<u64>> = Name::new("hits");
    ///
    /// let hits = ChildSpec::agent(|| 0).name(HITS);
    /// Supervisor::new(Strategy::OneForOne).child(hits).start_link().await?;
    /// HITS.update(|hits| *hits += 1).await?;
    /// assert_eq!(HITS.get(|hits| *hits).await?, 1);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn agent(make: impl Fn() -> T + Clone + Send + Sync + 'static) -> ChildSpec<Agent<T>> {
        ChildSpec::with(move || FirstState::new(make.clone()))
    }
}
