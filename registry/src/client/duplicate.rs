//! What references to registries with duplicate keys can do beside the rest.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::process::{ExitReason, Pid};
use regrow_runtime::task::Task;

use super::RegistryClient;
use crate::kind::Duplicate;

impl<K, V> dyn RegistryClient<K, V, Duplicate>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The processes that have a key, with the value of each; one that has it several times, several
    /// times. They are in the order in which they registered, of all or, if the registry is
    /// [divided by pid](crate::Registry::divided_by_pid), of each partition. Those that come or go
    /// meanwhile are in it or not.
    ///
    /// None of them is a process whose end the caller has heard of.
    ///
    /// # In OTP
    ///
    /// [`Registry.lookup/2`](https://hexdocs.pm/elixir/Registry.html#lookup/2), which may give
    /// processes whose end is known.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::process::self_pid;
    ///
    /// let topics = Registry::<String>::new().duplicate().values::<u8>().start_link().await?;
    /// topics.register_with("news".into(), 1)?;
    /// topics.register_with("news".into(), 2)?;
    /// assert_eq!(topics.entries("news"), [(self_pid(), 1), (self_pid(), 2)]);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn entries<Q>(&self, key: &Q) -> Vec<(Pid, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|books| books.table.entries(key))
            .unwrap_or_default()
    }

    /// The processes that have a key, without values; otherwise as [`entries`](#method.entries).
    pub fn lookup<Q>(&self, key: &Q) -> Vec<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let entries = self.entries(key).into_iter();
        entries.map(|(process, _)| process).collect()
    }

    /// As [`dispatch`](#method.dispatch), with a process for each partition, and waits for all of them. If there is one
    /// partition for a key, which is so unless the registry is
    /// [divided by pid](crate::Registry::divided_by_pid), the caller does it alone.
    ///
    /// Processes cost more than messages: it pays for topics of many thousand subscribers, or if
    /// `send` has more to do than to send.
    ///
    /// # Errors
    ///
    /// What `send` panicked with in another process. The processes are linked to the caller, which
    /// ends with it, unless it traps exits.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it leaves the processes to finish what they have begun.
    ///
    /// # In OTP
    ///
    /// [`Registry.dispatch/4`](https://hexdocs.pm/elixir/Registry.html#dispatch/4) with
    /// `parallel: true`.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let topics = Registry::<String>::new().duplicate().divided_by_pid().start_link().await?;
    /// topics.register("news".into())?;
    /// topics.dispatch_parallel("news".into(), |subscribers| assert_eq!(subscribers.len(), 1)).await?;
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub async fn dispatch_parallel(
        &self,
        key: K,
        send: impl Fn(&[(Pid, V)]) + Send + Sync + 'static,
    ) -> Result<(), ExitReason> {
        let Ok(books) = self.books() else {
            return Ok(());
        };
        let partitions = books.table.spread();
        if partitions <= 1 {
            books.table.each_piece(&key, send);
            return Ok(());
        }
        let shared = Arc::new((key, send));
        let tasks: Vec<Task<()>> = (0..partitions)
            .map(|number| {
                let (books, shared) = (Arc::clone(&books), Arc::clone(&shared));
                Task::run(async move {
                    let (key, send) = &*shared;
                    books.table.each_piece_in(number, key, send);
                })
            })
            .collect();
        let mut failed = Ok(());
        for task in tasks {
            failed = failed.and(task.await);
        }
        failed
    }
}
