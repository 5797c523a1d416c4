//! What is to be true of a tree in a quiet moment.
//!
//! The moment is one in which each supervisor of the tree answers before anything can come due: none
//! of them is in the middle of something, and none has yet to hear of what has happened.

use std::collections::{HashMap, HashSet};

use regrow::process::{is_alive, processes, settle};
use regrow::supervisor::{ChildInfo, ChildProcess};
use regrow::time::{millis, sleep};
use regrow::{Handle, Pid};

use super::acts::{Role, running};
use super::trees::id_of;
use super::world::{Phase, World};

/// The tree in a quiet moment: who has which children.
pub(super) struct Picture(Vec<(Pid, Vec<ChildInfo>)>);

/// How often to look again before nothing is expected to become of it.
const LOOKS_MAX: usize = 2000;

impl Picture {
    /// Waits for a quiet moment.
    async fn take(world: &World, root: Pid) -> Picture {
        for _ in 0..LOOKS_MAX {
            settle().await;
            let fired = timers_fired();
            let mut known = Vec::new();
            let mut found = vec![root];
            while let Some(process) = found.pop() {
                if let Some(children) = Role::of(process, world).children().await {
                    found.extend(running(&children));
                    known.push((process, children));
                }
            }
            // Nobody had to be waited for.
            if timers_fired() == fired {
                return Picture(known);
            }
        }
        world.expect(false, || "the tree is never quiet".into());
        Picture(Vec::new())
    }

    /// Everybody in the tree but its root.
    pub(super) fn members(&self) -> Vec<Pid> {
        self.0.iter().flat_map(|(_, all)| running(all)).collect()
    }

    /// Whether a child waits for a time that is over.
    fn overdue(&self) -> Option<Pid> {
        let is_over = |child: &ChildInfo| child.delayed.is_some_and(|left| left.is_zero());
        let mut all = self.0.iter();
        all.find(|(_, children)| children.iter().any(is_over))
            .map(|(supervisor, _)| *supervisor)
    }

    /// What each supervisor says of its children.
    async fn check_children(&self, world: &World) {
        for (supervisor, children) in &self.0 {
            for child in children {
                if let ChildProcess::Running(process) = child.process {
                    world.expect(is_alive(process).await, || {
                        format!("{supervisor} has a dead child: {child:?}")
                    });
                }
                let waits = child.process == ChildProcess::Restarting;
                world.expect(waits == child.delayed.is_some(), || {
                    format!("{supervisor} has a child that waits for nothing: {child:?}")
                });
                let rests = child.process == ChildProcess::Stopped;
                world.expect(rests || !child.given_up, || {
                    format!("{supervisor} has given a child up that runs: {child:?}")
                });
            }
            let most = world.traits(*supervisor).max_children;
            world.expect(children.len() <= most, || {
                format!("{supervisor} has {} children, not {most}", children.len())
            });
        }
    }

    /// What the workers say of themselves.
    async fn check_living(&self, world: &World) {
        let known: HashMap<Pid, &Vec<ChildInfo>> = self
            .0
            .iter()
            .map(|(supervisor, all)| (*supervisor, all))
            .collect();
        for (process, one) in world.living() {
            let at = one.at;
            let Some(siblings) = known.get(&at.supervisor) else {
                let is_left = one.phase == Phase::Running && !is_alive(at.supervisor).await;
                world.expect(!is_left, || format!("{process} at {at:?} is an orphan"));
                continue;
            };
            let is_child = running(siblings).any(|child| child == process);
            world.expect(is_child, || {
                format!("{process} is lost: {one:?} among {siblings:?}")
            });
            world.expect(one.phase != Phase::Starting, || {
                format!("{process} at {at:?} starts, and nobody waits for it")
            });
            let is_tied = one.bound_to.is_none_or(|older| runs(siblings, older));
            let by_hand = || world.untied.lock().contains(&at);
            world.expect(is_tied || by_hand(), || {
                format!("{process} runs without whom it is bound to: {one:?}")
            });
        }
    }
}

fn timers_fired() -> u64 {
    Handle::current().stats().timers_fired
}

/// Whether the child at this place runs.
fn runs(children: &[ChildInfo], place: u64) -> bool {
    let id = id_of(place);
    let is_it = |child: &&ChildInfo| child.id.as_ref().is_some_and(|known| known.as_str() == id);
    let child = children.iter().find(is_it);
    child.is_some_and(|child| matches!(child.process, ChildProcess::Running(_)))
}

/// Waits for a quiet moment, and holds what the supervisors say against what the workers say.
pub(super) async fn look(world: &World, root: Pid) -> Picture {
    let mut picture = Picture::take(world, root).await;
    for _ in 0..20 {
        if picture.overdue().is_none() {
            break;
        }
        // A timer is a bit late.
        sleep(millis(5)).await;
        picture = Picture::take(world, root).await;
    }
    world.expect(picture.overdue().is_none(), || {
        format!("a child of {:?} waits for ever", picture.overdue())
    });
    picture.check_children(world).await;
    picture.check_living(world).await;
    picture
}

/// As [`look`], and holds it against all processes that there are: each is in the tree, awaits a task
/// of it, or is about to end because whoever had started it was killed.
pub(super) async fn look_at_all(world: &World, root: Pid, others: &[Pid]) {
    let picture = look(world, root).await;
    let mut known: HashSet<Pid> = picture.members().into_iter().collect();
    known.extend(world.owners.lock().iter());
    known.extend(others);
    for (process, one) in world.living() {
        if one.phase != Phase::Running && !is_alive(one.at.supervisor).await {
            known.insert(process);
        }
    }
    for process in processes() {
        world.expect(known.contains(&process), || {
            let known = world.living().get(&process).copied();
            format!(
                "{process} is in no tree: {:?}, {known:?}",
                Role::of(process, world)
            )
        });
    }
}
