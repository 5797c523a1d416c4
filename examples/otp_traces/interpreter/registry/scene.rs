//! What the processes of a scenario share: the registry, who there is, what the servers wrote down.

use std::sync::OnceLock;

use regrow::exit::ExitReason;
use regrow::process::{self, AsPid, Pid, ProcessRef};
use regrow::reference::ServerRef;
use regrow::registry::{DuplicateRegistry, Registry, RegistryEvent};
use serde_json::{Value, json};

use super::super::events::Events;
use super::super::world::World;
use super::step::{Kind, Scenario};

/// What is registered with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Datum(pub(super) Value);

/// A name that says nothing of a value: the scenario language writes `nil`.
impl Default for Datum {
    fn default() -> Datum {
        Datum(json!("nil"))
    }
}

/// What the listener hears.
pub(super) type News = RegistryEvent<String, Datum>;

/// The registry of a scenario.
#[derive(Clone, Copy, Debug)]
pub(super) enum Book {
    Unique(ServerRef<Registry<String, Datum>>),
    Duplicate(ServerRef<DuplicateRegistry<String, Datum>>),
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Scene {
    world: World,
    events: Events,
    book: OnceLock<Book>,
}

impl Scene {
    /// A scene without a registry, driven by the calling process.
    pub(super) async fn new() -> Scene {
        Scene {
            world: World::new().await,
            events: Events::default(),
            book: OnceLock::new(),
        }
    }

    /// Starts the registry.
    pub(super) async fn open(&self, scenario: &Scenario, listener: Option<ProcessRef<News>>) {
        let book = match scenario.kind {
            Kind::Unique => {
                let mut registry = Registry::new().values().partitions(scenario.partitions);
                if let Some(listener) = listener {
                    registry = registry.listener(listener);
                }
                registry.start().await.map(Book::Unique)
            }
            Kind::Duplicate => {
                // The language's registries are divided by process, as Elixir's are.
                let registry = Registry::new().duplicate().values().divided_by_pid();
                let mut registry = registry.partitions(scenario.partitions);
                if let Some(listener) = listener {
                    registry = registry.listener(listener);
                }
                registry.start().await.map(Book::Duplicate)
            }
        };
        let book = book.expect("nothing in the registry's start can fail");
        assert!(self.book.set(book).is_ok(), "a scene has one registry");
    }

    /// Ends everything but the driver.
    pub(super) async fn close(&self) {
        let registry = match self.book() {
            Book::Unique(registry) => registry.as_pid(),
            Book::Duplicate(registry) => registry.as_pid(),
        };
        process::exit(registry, ExitReason::kill());
        self.world.end().await;
    }

    /// The registry.
    pub(super) fn book(&self) -> Book {
        *self
            .book
            .get()
            .expect("the registry is open from the first step on")
    }

    /// The processes as the watcher sees them.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// What the servers have written down.
    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    /// A process as a term.
    pub(super) fn term_of(&self, process: Pid) -> Value {
        json!({ "pid": self.world.name_of(process) })
    }
}
