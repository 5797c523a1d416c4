//! Protocols: one reference to servers of several types, chosen, registered and faked.

use std::collections::HashMap;
use std::fmt;

use regrow::call::CallError;
use regrow::prelude::gen_server;
use regrow::process::{AsPid, exit, monitor};
use regrow::protocol;
use regrow::server::stop;
use regrow::time::{millis, secs, sleep};
use regrow::{ExitReason, Handle};

use super::oops;
use crate::support::simulated;

#[derive(Debug, Clone, PartialEq)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full")
    }
}

impl std::error::Error for Full {}

/// What a store can do.
#[protocol]
trait Store {
    /// What is kept under a key.
    fn get(&self, key: String) -> Option<String>;
    fn put(&mut self, key: String, value: String) -> Result<(), Full>;
    /// Takes its time.
    async fn sync(&mut self) -> usize;
    #[cast]
    fn forget(&mut self, key: String);
    fn clear(&mut self) {}
}

/// Keeps what it is given, up to two entries.
struct Memory {
    values: HashMap<String, String>,
}

#[gen_server]
impl Memory {
    #[init]
    fn new() -> Self {
        Memory {
            values: HashMap::new(),
        }
    }

    /// It has handlers of its own too.
    #[call]
    fn len(&self) -> usize {
        self.values.len()
    }
}

impl Store for Memory {
    fn get(&self, key: String) -> Option<String> {
        self.values.get(&key).cloned()
    }

    fn put(&mut self, key: String, value: String) -> Result<(), Full> {
        if self.values.len() == 2 {
            return Err(Full);
        }
        self.values.insert(key, value);
        Ok(())
    }

    async fn sync(&mut self) -> usize {
        sleep(millis(10)).await;
        self.values.len()
    }

    fn forget(&mut self, key: String) {
        self.values.remove(&key);
    }

    fn clear(&mut self) {
        self.values.clear();
    }
}

/// A fake: it says the same whatever it is asked.
struct Fake(&'static str);

#[gen_server]
impl Fake {
    #[init]
    fn new(says: &'static str) -> Self {
        Fake(says)
    }
}

impl Store for Fake {
    fn get(&self, _: String) -> Option<String> {
        Some(self.0.to_owned())
    }

    fn put(&mut self, _: String, _: String) -> Result<(), Full> {
        Err(Full)
    }

    async fn sync(&mut self) -> usize {
        std::future::pending().await
    }

    fn forget(&mut self, _: String) {
        panic!("it never forgets");
    }
}

/// Asks whatever store it has.
struct Shop {
    store: StoreRef,
}

#[gen_server]
impl Shop {
    #[init]
    fn new(store: StoreRef) -> Self {
        Shop { store }
    }

    #[call]
    async fn price(&self, of: String) -> Option<String> {
        self.store.get(of).await.unwrap_or_default()
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

// R-PROTOCOL-1.
#[test]
fn a_reference_by_a_protocol_leads_to_servers_of_any_type_that_implements_it() {
    simulated(async {
        let memory = Memory::start().await.unwrap();
        let store: StoreRef = memory.into();
        assert_eq!(store.put(text("tea"), text("3")).await, Ok(()));
        assert_eq!(store.put(text("cake"), text("5")).await, Ok(()));
        let full = store.put(text("soup"), text("7")).await;
        assert_eq!(full, Err(CallError::Reply(Full)));
        assert_eq!(
            store.get(text("tea")).timeout(secs(1)).await,
            Ok(Some(text("3")))
        );
        assert_eq!(store.sync().await, Ok(2));
        store.forget(text("tea"));
        assert_eq!(memory.len().await, Ok(1));

        let shop = Shop::start(store).await.unwrap();
        assert_eq!(shop.price(text("cake")).await, Ok(Some(text("5"))));
        let fake = Fake::start("free").await.unwrap();
        let shop = Shop::start(fake.into()).await.unwrap();
        assert_eq!(shop.price(text("cake")).await, Ok(Some(text("free"))));
        // A default of the trait's.
        assert_eq!(StoreRef::from(fake).clear().await, Ok(()));
        assert_eq!(store.clear().await, Ok(()));
        assert_eq!(memory.len().await, Ok(0));
    });
}

// R-PROTOCOL-1.
#[test]
fn references_by_a_protocol_are_equal_when_they_lead_to_one_process() {
    simulated(async {
        let memory = Memory::start().await.unwrap();
        let (one, same): (StoreRef, StoreRef) = (memory.into(), memory.into());
        let other: StoreRef = Fake::start("free").await.unwrap().into();
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert_eq!(one.as_pid(), memory.pid());
        assert_eq!(format!("{one:?}"), format!("StoreRef({:?})", memory.pid()));
    });
}

// R-PROTOCOL-1: its calls and casts are like any other.
#[test]
fn calls_by_a_protocol_end_as_calls_do() {
    simulated(async {
        let fake = Fake::start("free").await.unwrap();
        let store: StoreRef = fake.into();
        let late = store.sync().timeout(millis(10)).await;
        assert_eq!(late, Err(CallError::Timeout));
        // The handler has begun and goes on, so this one waits in vain, and is not carried out.
        let held = store.get(text("tea")).timeout(millis(10)).await;
        assert_eq!(held, Err(CallError::Timeout));
        exit(fake, oops());
        monitor(fake).await;
        assert_eq!(store.get(text("tea")).await, Err(CallError::NoProcess));

        let fake = Fake::start("free").await.unwrap();
        let watch = monitor(fake);
        StoreRef::from(fake).forget(text("tea"));
        assert!(matches!(watch.await.reason, ExitReason::Panic(_)));

        let memory = Memory::start().await.unwrap();
        let store: StoreRef = memory.into();
        let busy = store.sync().request();
        let unwanted = store.put(text("tea"), text("3")).request();
        drop(unwanted);
        assert_eq!(busy.await, Ok(0));
        assert_eq!(memory.len().await, Ok(0));
        assert_eq!(Handle::current().stats().calls_unwanted, 1);
        stop(memory, ExitReason::Normal).await.unwrap();
    });
}
