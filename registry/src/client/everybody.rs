//! What every registry can do that is not about who has which key: metadata, locks, figures.

use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::process::process_info;

use super::RegistryClient;
use crate::error::RegisterError;
use crate::kind::Keys;
use crate::listener::ListenerInfo;
use crate::lock::Guard;
use crate::meta::MetaKey;

impl<K, V, M> dyn RegistryClient<K, V, M>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    /// Metadata of the registry. `None`: there is none under this name, or the registry is not
    /// running. See [`MetaKey`].
    ///
    /// # In OTP
    ///
    /// [`Registry.meta/2`](https://hexdocs.pm/elixir/Registry.html#meta/2).
    pub fn meta<T: Clone + Send + Sync + 'static>(&self, key: &MetaKey<T>) -> Option<T> {
        self.with(|books| books.metadata.get(key)).ok()?
    }

    /// Keeps metadata with the registry, until the registry ends. Everybody may.
    ///
    /// # Errors
    ///
    /// The registry is not running.
    ///
    /// # In OTP
    ///
    /// [`Registry.put_meta/3`](https://hexdocs.pm/elixir/Registry.html#put_meta/3).
    pub fn put_meta<T: Send + Sync + 'static>(
        &self,
        key: &MetaKey<T>,
        value: T,
    ) -> Result<(), RegisterError> {
        self.with(|books| books.metadata.put(key, value))
    }

    /// Forgets metadata. `false`: there was none.
    ///
    /// # In OTP
    ///
    /// [`Registry.delete_meta/2`](https://hexdocs.pm/elixir/Registry.html#delete_meta/2).
    pub fn delete_meta<T: 'static>(&self, key: &MetaKey<T>) -> bool {
        self.with(|books| books.metadata.delete(key))
            .unwrap_or(false)
    }

    /// Runs `act` while nobody else runs anything under the same lock of this registry. Locks are
    /// named by keys, and have nothing to do with who has registered them. Who waits is served in
    /// order.
    ///
    /// `act` runs in the caller. The lock is free again when it is done, has panicked, or its process
    /// has ended; a process that ends while it waits gives up its place. Whoever wants a lock that it
    /// has waits for itself.
    ///
    /// # Errors
    ///
    /// The registry is not running, or ended before the lock was to be had; `act` was not run.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it gives up its place, or the lock.
    ///
    /// # In OTP
    ///
    /// [`Registry.lock/3`](https://hexdocs.pm/elixir/Registry.html#lock/3).
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let users = Registry::<u64>::new().start_link().await?;
    /// let balance = users.lock(7, async || { /* read, decide, write */ 40 + 2 }).await?;
    /// assert_eq!(balance, 42);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub async fn lock<R>(&self, key: K, act: impl AsyncFnOnce() -> R) -> Result<R, RegisterError>
    where
        K: Clone,
    {
        let books = self.books()?;
        let mut guard = Guard::new(Arc::clone(&books.locks), key);
        guard.acquired().await?;
        let result = act().await;
        drop(guard);
        Ok(result)
    }

    /// How many entries each partition has. Those that come or go meanwhile are counted or not.
    pub fn partition_counts(&self) -> Vec<usize> {
        self.with(|books| books.table.counts().collect())
            .unwrap_or_default()
    }

    /// The keys that most processes have, so many of them at most, with how many entries each has:
    /// the largest topics. The largest first; between keys of the same size there is no order.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// let topics = Registry::<String>::new().duplicate().start_link().await?;
    /// for topic in ["news", "weather", "news"] {
    ///     topics.register(topic.into())?;
    /// }
    /// assert_eq!(topics.largest_keys(1), [("news".into(), 2)]);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn largest_keys(&self, count: usize) -> Vec<(K, usize)>
    where
        K: Clone,
    {
        self.with(|books| books.table.largest(count))
            .unwrap_or_default()
    }

    /// How the listeners keep up: the messages that wait for each.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::registry::RegistryEvent;
    ///
    /// let slow = spawn(async |_: Inbox<RegistryEvent<u8>>| std::future::pending::<()>().await);
    /// let numbers = Registry::<u8>::new().listener(slow).start_link().await?;
    /// numbers.register(7)?;
    /// assert_eq!(numbers.listeners().await[0].message_queue_len, Some(1));
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub async fn listeners(&self) -> Vec<ListenerInfo> {
        let listeners = self.with(|books| books.listeners.processes());
        let mut infos = Vec::new();
        for process in listeners.unwrap_or_default() {
            let info = match process {
                Some(process) => process_info(process).await,
                None => None,
            };
            infos.push(ListenerInfo {
                process,
                message_queue_len: info.map(|info| info.message_queue_len),
            });
        }
        infos
    }
}
