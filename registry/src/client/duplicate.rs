//! What references to registries with duplicate keys can do beside the rest.

use std::borrow::Borrow;
use std::hash::Hash;

use regrow_runtime::process::Pid;

use super::RegistryClient;
use crate::kind::Duplicate;

impl<K, V> dyn RegistryClient<K, V, Duplicate>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The processes that have a key, with the value of each; one that has it several times, several
    /// times, in the order in which it registered. Those that come or go meanwhile are in it or not.
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
    /// let topics = Registry::<&str>::duplicate().values::<u8>().start_link().await?;
    /// topics.register_with("news", 1)?;
    /// topics.register_with("news", 2)?;
    /// assert_eq!(topics.entries("news"), [(self_pid(), 1), (self_pid(), 2)]);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn entries<Q>(&self, key: &Q) -> Vec<(Pid, V)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|table| table.entries(key)).unwrap_or_default()
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
}
