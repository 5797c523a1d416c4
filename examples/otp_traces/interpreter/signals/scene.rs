//! What the processes of a scenario share: who there is, and which references have been made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use regrow::process::{Alias, Monitor, Pid, ProcessRef};
use serde_json::Value;

use super::super::world::{World, lock};
use super::player::Item;

/// The cast and the properties.
#[derive(Debug)]
pub(super) struct Scene {
    world: World,
    /// Every scripted process by its name, in no order that matters.
    cast: Mutex<BTreeMap<String, Standing>>,
    /// The references by the name that their step gave them.
    references: Mutex<References>,
}

/// How the driver sees one process.
#[derive(Debug)]
struct Standing {
    player: ProcessRef<Item>,
    alive: bool,
    /// Its messages stay in its mailbox until a step takes them.
    hold: bool,
}

#[derive(Debug, Default)]
struct References {
    by_name: HashMap<String, Reference>,
    monitors: HashMap<Monitor, String>,
}

/// A reference as OTP has it: a monitor, an alias, or both in one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub(super) monitor: Option<Monitor>,
    pub(super) alias: Option<Alias<Item>>,
}

impl Scene {
    /// An empty scene, driven by the calling process.
    pub(super) async fn new() -> Scene {
        Scene {
            world: World::new().await,
            cast: Mutex::default(),
            references: Mutex::default(),
        }
    }

    /// The processes as the watcher sees them.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// Brings a new process on, at the beginning of its life; when this returns it is watched.
    pub(super) async fn enter(&self, name: &str, player: ProcessRef<Item>, hold: bool) {
        lock(&self.cast).insert(
            name.to_owned(),
            Standing {
                player,
                alive: true,
                hold,
            },
        );
        self.world.enter(name, player.pid()).await;
    }

    /// Notes who has died.
    pub(super) fn bury(&self, died: &[(String, Value)]) {
        let mut cast = lock(&self.cast);
        for (name, _) in died {
            if let Some(standing) = cast.get_mut(name) {
                standing.alive = false;
            }
        }
    }

    /// The process of this name, dead or alive.
    pub(super) fn player(&self, name: &str) -> Option<ProcessRef<Item>> {
        lock(&self.cast).get(name).map(|standing| standing.player)
    }

    /// The living processes whose mailboxes are emptied after every step.
    pub(super) fn collected(&self) -> Vec<(String, ProcessRef<Item>)> {
        lock(&self.cast)
            .iter()
            .filter(|(_, standing)| standing.alive && !standing.hold)
            .map(|(name, standing)| (name.clone(), standing.player))
            .collect()
    }

    /// Gives a new reference its name.
    pub(super) fn refer(&self, name: &str, reference: Reference) {
        let mut references = lock(&self.references);
        if let Some(monitor) = reference.monitor {
            references.monitors.insert(monitor, name.to_owned());
        }
        references.by_name.insert(name.to_owned(), reference);
    }

    /// The reference of this name.
    pub(super) fn reference(&self, name: &str) -> Option<Reference> {
        lock(&self.references).by_name.get(name).copied()
    }

    /// What the monitor is called; a stranger is `?`, as no scenario names one.
    pub(super) fn name_of_monitor(&self, monitor: Monitor) -> String {
        lock(&self.references)
            .monitors
            .get(&monitor)
            .map_or_else(|| "?".to_owned(), Clone::clone)
    }

    /// What the process is called.
    pub(super) fn name_of(&self, pid: Pid) -> String {
        self.world.name_of(pid)
    }
}
