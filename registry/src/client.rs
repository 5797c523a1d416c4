//! What a reference to a registry can do: all of it in the caller, on the registry's table.

use std::borrow::Borrow;
use std::hash::Hash;

use regrow_runtime::gen_server::{HasClient, Target};
use regrow_runtime::process::{AsPid, Pid, tell_of_end, try_self_pid};

use crate::error::RegisterError;
use crate::key::Via;
use crate::registry::Registry;
use crate::table::{Table, with_table};

/// What a reference to a [`Registry`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// Nothing of it waits: the registry's process is not asked.
pub trait RegistryClient<K>: Target<Registry<K>> {}

impl<K, T: Target<Registry<K>>> RegistryClient<K> for T {}

impl<K: Send + Sync + 'static> HasClient for Registry<K> {
    type Client = dyn RegistryClient<K>;

    #[inline]
    fn client<T: Target<Self>>(target: &T) -> &Self::Client {
        target
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> dyn RegistryClient<K> {
    /// Registers the process that calls this. It has the key until it gives it up or ends.
    ///
    /// # Errors
    ///
    /// The key is taken, by this process too; or the registry is not running; or the caller is no
    /// process.
    ///
    /// # In OTP
    ///
    /// [`Registry.register/3`](https://hexdocs.pm/elixir/Registry.html#register/3), without a value.
    pub fn register(&self, key: K) -> Result<(), RegisterError> {
        let this = try_self_pid().ok_or(RegisterError::NoProcess)?;
        // Before there is anything to be cleared away, so that it will be.
        if !tell_of_end(this) {
            return Err(RegisterError::NoProcess);
        }
        let registry = self.address().pid().ok_or(RegisterError::NoRegistry)?;
        with_table(registry, |table| table.register(key, this))
            .unwrap_or(Err(RegisterError::NoRegistry))
    }

    /// Gives up a key of the process that calls this. `false`: it does not have it.
    ///
    /// # In OTP
    ///
    /// [`Registry.unregister/2`](https://hexdocs.pm/elixir/Registry.html#unregister/2).
    pub fn unregister<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let (Some(this), Some(registry)) = (try_self_pid(), self.address().pid()) else {
            return false;
        };
        with_table::<K, _>(registry, |table| table.unregister(key, this)).unwrap_or(false)
    }

    /// The process that has a key. `None` too if the registry is not running.
    ///
    /// What it gives was true a moment ago: the process may have ended since. It is never a process
    /// whose end the caller has heard of.
    ///
    /// # In OTP
    ///
    /// [`Registry.lookup/2`](https://hexdocs.pm/elixir/Registry.html#lookup/2).
    #[inline]
    pub fn lookup<Q>(&self, key: &Q) -> Option<Pid>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        with_table::<K, _>(self.address().pid()?, |table| table.lookup(key))?
    }

    /// The keys of a process, in the order in which it registered them.
    ///
    /// # In OTP
    ///
    /// [`Registry.keys/2`](https://hexdocs.pm/elixir/Registry.html#keys/2), in which the order is
    /// not said.
    pub fn keys(&self, process: impl AsPid) -> Vec<K>
    where
        K: Clone,
    {
        let process = process.as_pid();
        let keys = self
            .address()
            .pid()
            .and_then(|registry| with_table::<K, _>(registry, |table| table.keys_of(process)));
        keys.unwrap_or_default()
    }

    /// How many keys are registered. Those that come or go meanwhile are counted or not.
    ///
    /// # In OTP
    ///
    /// [`Registry.count/1`](https://hexdocs.pm/elixir/Registry.html#count/1).
    pub fn count(&self) -> usize {
        let count = self
            .address()
            .pid()
            .and_then(|registry| with_table::<K, _>(registry, Table::count));
        count.unwrap_or(0)
    }

    /// The server of type `S` that has a key, as an address: its methods are called on it, and it is
    /// a name to start a server under.
    pub fn via<S: ?Sized>(&self, key: K) -> Via<S, K> {
        Via::new(self.address().pid(), key)
    }
}
