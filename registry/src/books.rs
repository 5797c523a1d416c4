//! The books of a registry: what its process opens, and everybody reads and writes.

use std::fmt;
use std::sync::Arc;

use regrow_runtime::process::{ExitHook, Pid};

use crate::closing::HasTable;
use crate::directory::{self, why_not};
use crate::error::RegisterError;
use crate::kind::Keys;
use crate::listener::Listeners;
use crate::lock::Locks;
use crate::meta::Metadata;
use crate::registry::Registry;
use crate::table::Table;

/// See the module's head.
pub(crate) struct Books<K, V: Send + Sync + 'static, M: Keys> {
    /// The registry.
    pub(crate) registry: Pid,
    /// Which processes have which key.
    pub(crate) table: Table<K, V, M>,
    /// Who hears of registrations.
    pub(crate) listeners: Listeners<K, V>,
    /// What is kept for everybody.
    pub(crate) metadata: Metadata,
    /// Who has which lock.
    pub(crate) locks: Arc<Locks<K>>,
}

impl<K, V, M> HasTable<K, V, M> for Books<K, V, M>
where
    K: Send + Sync,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn table(&self) -> &Table<K, V, M> {
        &self.table
    }

    /// From here on nothing is locked either.
    fn close_shared(&self) {
        self.table.close();
        self.locks.close();
    }
}

/// Calls `f` with the books of a registry.
///
/// # Errors
///
/// The registry is not running, or is of another type.
#[inline]
pub(crate) fn with_books<K, V, M, R>(
    registry: Pid,
    f: impl FnOnce(&Books<K, V, M>) -> R,
) -> Result<R, RegisterError>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    Ok(directory::with_shared_by::<Registry<K, V, M>, _, R>(
        registry, f,
    )?)
}

/// The books of a registry.
///
/// # Errors
///
/// The registry is not running, or is of another type.
pub(crate) fn books<K, V, M>(registry: Pid) -> Result<Arc<Books<K, V, M>>, RegisterError>
where
    K: Send + Sync + 'static,
    V: Send + Sync + 'static,
    M: Keys,
{
    let books = directory::find(registry);
    Ok(books.ok_or_else(|| why_not::<Registry<K, V, M>, Books<K, V, M>>(registry))?)
}

impl<K, V, M> ExitHook for Books<K, V, M>
where
    K: Send + Sync,
    V: Send + Sync + 'static,
    M: Keys,
{
    fn process_ended(&self, process: Pid, at_most: usize) -> bool {
        self.table.process_ended(process, at_most)
    }
}

impl<K, V: Send + Sync + 'static, M: Keys> fmt::Debug for Books<K, V, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Books")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}
