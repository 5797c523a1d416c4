//! Listeners: those who hear of what is registered and given up.
//!
//! The process that registers, or gives up, tells them itself, when the table has changed: a message
//! to each listener, which waits for nobody. So what one process does is heard in the order in which
//! it did it. A listener that is dead hears nothing and harms nothing; one that is slow has a long
//! mailbox, which [`listeners`](crate::RegistryClient#method.listeners) shows.

use std::fmt;
use std::sync::Arc;

use regrow_runtime::process::{Accepts, MonitorTarget, Pid, Watched, whereis};

/// What a listener of a registry hears.
///
/// That a process has ended is not among it: it takes its keys with it, and a listener that wants to
/// know monitors it.
///
/// # In OTP
///
/// `{register, Registry, Key, Pid, Value}` and `{unregister, Registry, Key, Pid}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryEvent<K, V = ()> {
    /// A process has registered a key.
    Registered {
        /// The registry.
        registry: Pid,
        /// The key.
        key: K,
        /// The process.
        process: Pid,
        /// What it registered with the key.
        value: V,
    },
    /// A process has given a key up; or tried to, and did not have it.
    Unregistered {
        /// The registry.
        registry: Pid,
        /// The key.
        key: K,
        /// The process.
        process: Pid,
    },
}

/// How a listener of a registry keeps up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenerInfo {
    /// The process. `None`: nobody has the listener's name.
    pub process: Option<Pid>,
    /// Messages that wait in its mailbox, of whatever kind. `None`: it is dead, or nobody.
    pub message_queue_len: Option<usize>,
}

/// Something still to be sent.
type News<'a> = Box<dyn FnOnce() + 'a>;

/// One listener, whatever kind of address it is.
trait Listener<K, V>: Send + Sync {
    /// Makes the message that a process has registered a key, to be sent when it has.
    fn registered(&self, registry: Pid, key: &K, process: Pid, value: &V) -> News<'_>;

    /// Tells that a process has given a key up.
    fn unregistered(&self, registry: Pid, key: &K, process: Pid);

    /// The process that it is now.
    fn process(&self) -> Option<Pid>;
}

impl<K: Clone, V: Clone, L> Listener<K, V> for L
where
    L: Accepts<RegistryEvent<K, V>> + MonitorTarget + Send + Sync,
    RegistryEvent<K, V>: 'static,
{
    fn registered(&self, registry: Pid, key: &K, process: Pid, value: &V) -> News<'_> {
        let event = RegistryEvent::Registered {
            registry,
            key: key.clone(),
            process,
            value: value.clone(),
        };
        Box::new(move || self.accept(event))
    }

    fn unregistered(&self, registry: Pid, key: &K, process: Pid) {
        let key = key.clone();
        self.accept(RegistryEvent::Unregistered {
            registry,
            key,
            process,
        });
    }

    fn process(&self) -> Option<Pid> {
        match self.watched() {
            Watched::Process(pid) => Some(pid),
            Watched::Name(name) => whereis(&name),
        }
    }
}

/// The listeners of a registry.
pub(crate) struct Listeners<K, V>(Vec<Arc<dyn Listener<K, V>>>);

impl<K, V> Listeners<K, V> {
    pub(crate) fn add<L>(&mut self, listener: L)
    where
        K: Clone + 'static,
        V: Clone + 'static,
        L: Accepts<RegistryEvent<K, V>> + MonitorTarget + Send + Sync + 'static,
    {
        self.0.push(Arc::new(listener));
    }

    /// Makes the messages that a process has registered a key.
    pub(crate) fn registered(
        &self,
        registry: Pid,
        key: &K,
        process: Pid,
        value: &V,
    ) -> Vec<News<'_>> {
        let news = self.0.iter();
        news.map(|listener| listener.registered(registry, key, process, value))
            .collect()
    }

    /// Tells that a process has given a key up. The key is made only if somebody listens.
    pub(crate) fn unregistered(&self, registry: Pid, key: impl FnOnce() -> K, process: Pid) {
        if self.0.is_empty() {
            return;
        }
        let key = key();
        for listener in &self.0 {
            listener.unregistered(registry, &key, process);
        }
    }

    /// The processes that they are now.
    pub(crate) fn processes(&self) -> Vec<Option<Pid>> {
        self.0.iter().map(|listener| listener.process()).collect()
    }
}

impl<K, V> Default for Listeners<K, V> {
    fn default() -> Listeners<K, V> {
        Listeners(Vec::new())
    }
}

impl<K, V> Clone for Listeners<K, V> {
    fn clone(&self) -> Listeners<K, V> {
        Listeners(self.0.clone())
    }
}

impl<K, V> fmt::Debug for Listeners<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.processes()).finish()
    }
}
