//! What the processes of a scenario share: who there is, and what the servers have written down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use regrow::reference::ServerRef;
use serde_json::Value;

use super::super::events::Events;
use super::super::world::{World, lock};
use super::server::Server;

/// The cast and the record of what it did.
#[derive(Debug)]
pub(super) struct Stage {
    world: Arc<World>,
    events: Events,
    /// Every server whose init has been entered, dead or alive.
    servers: Mutex<HashMap<String, ServerRef<Server>>>,
}

impl Stage {
    /// An empty stage, driven by the calling process.
    pub(super) async fn new() -> Stage {
        Stage {
            world: Arc::new(World::new().await),
            events: Events::default(),
            servers: Mutex::default(),
        }
    }

    /// The processes as the watcher sees them.
    pub(super) fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Brings a new server on, at the beginning of its init; when this returns it is watched.
    pub(super) async fn enter(&self, name: &str, server: ServerRef<Server>) {
        lock(&self.servers).insert(name.to_owned(), server);
        self.world.enter(name, server.pid()).await;
    }

    /// The server of this name, dead or alive.
    pub(super) fn server(&self, name: &str) -> Option<ServerRef<Server>> {
        lock(&self.servers).get(name).copied()
    }

    /// Writes down that a callback runs.
    pub(super) fn log(&self, event: Value) {
        self.events.log(event);
    }

    /// The callbacks that have run since the last call.
    pub(super) fn take_events(&self) -> Vec<Value> {
        self.events.take()
    }
}
