//! The children of a dynamic supervisor: any number of them, by pid, for a dozen bytes each and
//! what is their own.
//!
//! ```text
//! groups       started alike, with the same settings:   [ pid, arguments │ pid, arguments │ … ]
//! apart        with a name, or in no group:             [ pid, box with all that is known │ … ]
//! restarting   the start has failed:                    [ the pid that it had, all that is known ]
//! ```
//!
//! A program has few kinds of children, whatever their number, so the group of a child is found by
//! asking one after the other. Should there be more kinds than groups, the children of the rest are
//! kept apart, and nothing but memory is lost.

use std::any::TypeId;

use indexmap::IndexMap;
use regrow_runtime::gen_server::Restart;
use regrow_runtime::process::{Pid, PidMap};

use crate::child::care::Care;
use crate::child::id::ChildKind;
use crate::child::info::{ChildCounts, ChildInfo, ChildProcess};
use crate::child::kept::{Again, Settings};
use crate::child::shelf::{self, Recall, Shelf};
use crate::child::start::Recipe;

/// How many groups there may be: few enough to ask each.
const GROUPS_MAX: usize = 16;

/// See the module's head.
#[derive(Default)]
pub(crate) struct Children {
    groups: Vec<Group>,
    apart: PidMap<Box<Apart>>,
    restarting: IndexMap<Pid, Apart, foldhash::fast::FixedState>,
}

/// Children that are started alike, with the same settings.
struct Group {
    settings: Settings,
    /// The type of their recipe.
    recipe: TypeId,
    shelf: Box<dyn Shelf>,
}

/// All that is known of a child.
struct Apart {
    settings: Settings,
    again: Again,
}

/// A child that was taken out.
pub(crate) struct Taken {
    pub(crate) settings: Settings,
    /// `None`: it is never started again.
    pub(crate) again: Option<Again>,
    /// Whether it is a process.
    pub(crate) is_running: bool,
}

impl Children {
    /// How many there are, those that are restarting among them.
    pub(crate) fn len(&self) -> usize {
        let grouped: usize = self.groups.iter().map(|group| group.shelf.len()).sum();
        grouped + self.apart.len() + self.restarting.len()
    }

    /// Notes a child that runs.
    pub(crate) fn insert(&mut self, process: Pid, settings: Settings, again: Again) {
        let is_temporary = settings.restart == Restart::Temporary;
        if again.cared.is_none() && (again.name.is_none() || is_temporary) {
            let recipe = (!is_temporary).then_some(&*again.recipe);
            if let Some(group) = self.group(settings, recipe) {
                group.shelf.put(process, again.recipe);
                return;
            }
        }
        let apart = Apart { settings, again };
        self.apart.insert(process, Box::new(apart));
    }

    /// The group of children with these settings and a recipe of this type; no recipe is that of the
    /// temporary, of whom none is kept. `None`: there is none, and cannot be.
    fn group(&mut self, settings: Settings, recipe: Option<&dyn Recipe>) -> Option<&mut Group> {
        let kind = recipe.map_or(TypeId::of::<()>(), Recipe::type_of);
        let is_meant = |group: &Group| group.settings == settings && group.recipe == kind;
        if let Some(index) = self.groups.iter().position(is_meant) {
            return self.groups.get_mut(index);
        }
        if self.groups.len() == GROUPS_MAX {
            let empty = self
                .groups
                .iter()
                .position(|group| group.shelf.len() == 0)?;
            self.groups.swap_remove(empty);
        }
        self.groups.push(Group {
            settings,
            recipe: kind,
            shelf: recipe.map_or_else(shelf::of_the_temporary, Recipe::shelf),
        });
        self.groups.last_mut()
    }

    /// Notes a child whose start has failed, by the pid that it had.
    pub(crate) fn insert_restarting(&mut self, before: Pid, settings: Settings, again: Again) {
        self.restarting.insert(before, Apart { settings, again });
    }

    /// What is known of a child, if it is one that runs.
    pub(crate) fn settings(&self, process: Pid) -> Option<Settings> {
        let mut groups = self.groups.iter();
        let group = groups.find(|group| group.shelf.contains(process));
        group
            .map(|group| group.settings)
            .or_else(|| self.apart.get(process).map(|apart| apart.settings))
    }

    /// Takes a child out, whether it runs or is restarting.
    pub(crate) fn take(&mut self, process: Pid) -> Option<Taken> {
        for group in &mut self.groups {
            let again = match group.shelf.take(process) {
                Some(Recall::By(recipe)) => Some(Again {
                    recipe,
                    name: None,
                    cared: None,
                }),
                Some(Recall::Never) => None,
                None => continue,
            };
            return Some(Taken {
                settings: group.settings,
                again,
                is_running: true,
            });
        }
        let (apart, is_running) = match self.apart.remove(process) {
            Some(apart) => (*apart, true),
            None => (self.restarting.swap_remove(&process)?, false),
        };
        let mut again = apart.again;
        if let Some(cared) = &mut again.cared {
            cared.care.changes();
        }
        Some(Taken {
            settings: apart.settings,
            again: Some(again),
            is_running,
        })
    }

    /// What is kept of a child that is restarting, if something beyond OTP was asked for it.
    pub(crate) fn care_of(&mut self, before: Pid) -> Option<&mut Care> {
        let cared = self.restarting.get_mut(&before)?.again.cared.as_mut();
        cared.map(|cared| &mut cared.care)
    }

    /// Takes out a child that is restarting.
    pub(crate) fn take_restarting(&mut self, before: Pid) -> Option<(Settings, Again)> {
        let Apart { settings, again } = self.restarting.swap_remove(&before)?;
        Some((settings, again))
    }

    /// The children, in no order.
    pub(crate) fn list(&self) -> Vec<ChildInfo> {
        let info = |process, settings: Settings| ChildInfo {
            id: None,
            process,
            kind: settings.kind,
            delayed: None,
            given_up: false,
        };
        let mut all = Vec::with_capacity(self.len());
        for group in &self.groups {
            let running = group.shelf.processes().map(ChildProcess::Running);
            all.extend(running.map(|process| info(process, group.settings)));
        }
        let apart = self.apart.iter();
        all.extend(
            apart.map(|(process, apart)| info(ChildProcess::Running(process), apart.settings)),
        );
        let restarting = self.restarting.values();
        all.extend(restarting.map(|apart| {
            ChildInfo {
                delayed: apart
                    .again
                    .cared
                    .as_ref()
                    .and_then(|cared| cared.care.left()),
                ..info(ChildProcess::Restarting, apart.settings)
            }
        }));
        all
    }

    /// How many there are of each kind.
    pub(crate) fn count(&self) -> ChildCounts {
        let mut counts = ChildCounts::default();
        let mut add = |kind, number| match kind {
            ChildKind::Worker => counts.workers += number,
            ChildKind::Supervisor => counts.supervisors += number,
        };
        for group in &self.groups {
            add(group.settings.kind, group.shelf.len());
        }
        for (_, apart) in self.apart.iter() {
            add(apart.settings.kind, 1);
        }
        for apart in self.restarting.values() {
            add(apart.settings.kind, 1);
        }
        counts.specs = self.len();
        counts.active = counts.specs - self.restarting.len();
        counts
    }

    /// Those that run, one after the other; what is kept of them goes on the way.
    pub(crate) fn into_running(self) -> impl Iterator<Item = (Pid, Settings)> + Send {
        let grouped = self.groups.into_iter().flat_map(|group| {
            let Group {
                settings, shelf, ..
            } = group;
            shelf
                .into_processes()
                .map(move |process| (process, settings))
        });
        let apart = self.apart.into_iter();
        grouped.chain(apart.map(|(process, apart)| (process, apart.settings)))
    }
}
