use regrow::prelude::*;

pub struct Cache<K, V> {
    map: HashMap<K, V>,
}

#[gen_server]
impl<K: Eq + Hash + Send + 'static, V> Cache<K, V>
where
    V: Clone + Send + 'static,
{
    #[init]
    async fn new() -> Result<Self, io::Error> {
        Ok(Cache { map: HashMap::new() })
    }

    #[cast]
    fn put_all<I>(&mut self, items: I)
    where
        I: IntoIterator<Item = (K, V)> + Send + 'static,
    {
        self.map.extend(items);
    }

    #[cfg(feature = "get")]
    #[call]
    pub(crate) fn get(&self, key: K) -> Option<V> {
        self.map.get(&key).cloned()
    }
}
