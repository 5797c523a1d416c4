//! Metadata: what a registry keeps for everybody, beside its keys.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use parking_lot::RwLock;

/// A name for metadata of type `T` of a registry.
///
/// Two names are the same if text and type are: what is put under one of them is read with its own
/// type, or not at all.
///
/// # In OTP
///
/// The keys of [`Registry.meta/2`](https://hexdocs.pm/elixir/Registry.html#meta/2), atoms or tuples.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::registry::MetaKey;
///
/// static LIMIT: MetaKey<u32> = MetaKey::new("limit");
///
/// let users = Registry::<u64>::new().meta(&LIMIT, 100).start_link().await?;
/// assert_eq!(users.meta(&LIMIT), Some(100));
/// users.put_meta(&LIMIT, 200)?;
/// assert_eq!(users.meta(&LIMIT), Some(200));
/// assert!(users.delete_meta(&LIMIT));
/// assert_eq!(users.meta(&LIMIT), None);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub struct MetaKey<T> {
    text: Cow<'static, str>,
    value: PhantomData<fn() -> T>,
}

impl<T> MetaKey<T> {
    /// This name.
    pub const fn new(text: &'static str) -> MetaKey<T> {
        MetaKey {
            text: Cow::Borrowed(text),
            value: PhantomData,
        }
    }

    /// A name that is made at run time.
    pub fn from_string(text: impl Into<String>) -> MetaKey<T> {
        MetaKey {
            text: Cow::Owned(text.into()),
            value: PhantomData,
        }
    }

    fn id(&self) -> Id
    where
        T: 'static,
    {
        (self.text.clone(), TypeId::of::<T>())
    }
}

impl<T> Clone for MetaKey<T> {
    fn clone(&self) -> MetaKey<T> {
        MetaKey {
            text: self.text.clone(),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for MetaKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MetaKey").field(&self.text).finish()
    }
}

type Id = (Cow<'static, str>, TypeId);
type AnyValue = Arc<dyn Any + Send + Sync>;

/// The metadata of a registry. No value is cloned or dropped under the lock.
#[derive(Default)]
pub(crate) struct Metadata(RwLock<HashMap<Id, AnyValue>>);

impl Metadata {
    pub(crate) fn get<T: Clone + Send + Sync + 'static>(&self, key: &MetaKey<T>) -> Option<T> {
        let value = self.0.read().get(&key.id()).cloned()?;
        value.downcast_ref::<T>().cloned()
    }

    pub(crate) fn put<T: Send + Sync + 'static>(&self, key: &MetaKey<T>, value: T) {
        let before = self.0.write().insert(key.id(), Arc::new(value));
        drop(before);
    }

    pub(crate) fn delete<T: 'static>(&self, key: &MetaKey<T>) -> bool {
        let before = self.0.write().remove(&key.id());
        before.is_some()
    }
}

impl Clone for Metadata {
    fn clone(&self) -> Metadata {
        Metadata(RwLock::new(self.0.read().clone()))
    }
}
