//! Parameters and bounds of the block and of its handlers go with everything that is written.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use regrow::prelude::*;

struct Cache<K, V> {
    map: HashMap<K, V>,
}

struct Forget<T>(T);

#[gen_server]
impl<K: Eq + Hash + Send + 'static, V> Cache<K, V>
where
    V: Clone + Send + 'static,
{
    #[init]
    fn new() -> Self {
        Cache {
            map: HashMap::new(),
        }
    }

    #[cast]
    fn put(&mut self, key: K, value: V) {
        self.map.insert(key, value);
    }

    #[cast]
    fn put_all<I>(&mut self, items: I)
    where
        I: IntoIterator<Item = (K, V)> + Send + 'static,
    {
        self.map.extend(items);
    }

    #[call]
    fn get(&self, key: K) -> Option<V> {
        self.map.get(&key).cloned()
    }

    #[call]
    fn count(&self) -> usize {
        self.map.len()
    }

    #[call]
    fn made<T: Default + Send + 'static>(&self) -> T {
        T::default()
    }

    #[call]
    fn array<const N: usize>(&self) -> [u8; N] {
        [1; N]
    }

    #[info]
    fn forget<T: Into<K> + Send + 'static>(&mut self, Forget(key): Forget<T>) {
        self.map.remove(&key.into());
    }
}

#[regrow::test]
async fn a_generic_server_has_generic_methods() -> Result<(), ExitReason> {
    let cache = Cache::<String, u8>::start().await?;
    cache.put(String::from("one"), 1);
    cache.put_all([(String::from("two"), 2), (String::from("three"), 3)]);
    assert_eq!(cache.count().await?, 3);
    assert_eq!(cache.get(String::from("two")).await?, Some(2));
    send(cache, Forget("two"));
    assert_eq!(cache.get(String::from("two")).await?, None);
    assert_eq!(cache.made::<u16>().await?, 0);
    assert_eq!(cache.array::<2>().await?, [1, 1]);
    Ok(())
}

/// A const parameter, a type parameter without a size, an associated type and a constant of
/// `Self` in signatures.
struct Ring<T: ?Sized + Debug, const N: usize> {
    slots: [u8; N],
    label: Box<T>,
}

trait Sized16 {
    type Unit;
}

impl<T: ?Sized + Debug, const N: usize> Sized16 for Ring<T, N> {
    type Unit = u16;
}

#[gen_server]
impl<T: ?Sized + Debug + Send + 'static, const N: usize> Ring<T, N> {
    #[init]
    fn new(label: Box<T>) -> Self {
        Ring {
            slots: [0; N],
            label,
        }
    }

    #[cast]
    fn fill(&mut self, with: [u8; N]) {
        self.slots = with;
    }

    #[call]
    fn slots(&self) -> ([u8; N], String) {
        (self.slots, format!("{:?}", self.label))
    }

    #[call]
    fn unit(&self, unit: <Self as Sized16>::Unit) -> <Self as Sized16>::Unit {
        unit
    }
}

#[regrow::test]
async fn const_parameters_and_self_types_are_carried() -> Result<(), ExitReason> {
    let ring = Ring::<str, 2>::start(Box::from("ring")).await?;
    ring.fill([1, 2]);
    assert_eq!(ring.slots().await?, ([1, 2], String::from("\"ring\"")));
    assert_eq!(ring.unit(7).await?, 7);
    Ok(())
}

/// One instance of a generic type.
struct Holder<T>(T);

#[gen_server]
impl Holder<String> {
    #[init]
    fn new() -> Self {
        Holder(String::from("held"))
    }

    #[call]
    fn get(&self) -> String {
        self.0.clone()
    }
}

#[regrow::test]
async fn one_instance_of_a_generic_type_can_be_a_server() -> Result<(), ExitReason> {
    assert_eq!(Holder::<String>::start().await?.get().await?, "held");
    Ok(())
}
