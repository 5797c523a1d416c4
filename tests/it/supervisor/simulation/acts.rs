//! What is done to a tree while it lives.

use std::sync::Arc;

use regrow::Pid;
use regrow::prelude::*;
use regrow::process::{is_alive, spawn};
use regrow::server::call;
use regrow::supervisor::{
    AnyChildSpec, ChildInfo, ChildProcess, ExtraArgumentsError, TaskSupervisor, TemplateRef,
};

use super::leaf::{Family, Leaf, Member, Raise, chore, leaf, leaf_with_extra};
use super::trees::{PARTITIONS_MAX, Parted, PartedLeaves, id_of, wishing};
use super::world::{At, Traits, World};
use crate::supervisor::oops;

/// What a process of a tree is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Supervisor(ServerRef<Supervisor>),
    Parted(ServerRef<Parted>),
    PartedLeaves(ServerRef<PartedLeaves>),
    Dynamic(ServerRef<DynamicSupervisor>),
    Parent(ServerRef<Leaf>),
    /// It has no children.
    Worker,
}

impl Role {
    pub(super) fn of(process: Pid, world: &World) -> Role {
        let supervisor = process.as_server().map(Role::Supervisor);
        let role = supervisor
            .or_else(|| process.as_server().map(Role::Parted))
            .or_else(|| process.as_server().map(Role::PartedLeaves))
            .or_else(|| process.as_server().map(Role::Dynamic));
        if let Some(role) = role {
            role
        } else {
            let leaf = process.as_server().filter(|_| world.is_parent(process));
            leaf.map_or(Role::Worker, Role::Parent)
        }
    }

    /// Its children. `None`: it has none, or has ended.
    pub(super) async fn children(self) -> Option<Vec<ChildInfo>> {
        match self {
            Role::Supervisor(supervisor) => supervisor.which_children().await.ok(),
            Role::Parted(parts) => parts.which_children().await.ok(),
            Role::PartedLeaves(parts) => parts.which_children().await.ok(),
            Role::Dynamic(supervisor) => supervisor.which_children().await.ok(),
            Role::Parent(parent) => call(parent, Family).no_timeout().await.ok(),
            Role::Worker => None,
        }
    }
}

/// The processes among these children.
pub(super) fn running(children: &[ChildInfo]) -> impl Iterator<Item = Pid> {
    children.iter().filter_map(|child| match child.process {
        ChildProcess::Running(process) => Some(process),
        ChildProcess::Restarting | ChildProcess::Stopped => None,
    })
}

/// Does something to one of these processes: ends it, or has it do something to its children.
/// Whatever is answered: the process may be in any state, and end meanwhile.
pub(super) async fn disturb(world: &Arc<World>, victims: &[Pid]) {
    let victim = world.pick(victims);
    let role = Role::of(victim, world);
    match role {
        Role::Worker => end(world, victim),
        _ if world.roll(6) == 0 => end(world, victim),
        Role::Supervisor(supervisor) => manage(world, supervisor).await,
        Role::Dynamic(supervisor) => match world.traits(victim) {
            Traits {
                is_of_tasks: true, ..
            } => employ(world, ServerRef::of(victim)).await,
            traits => come_and_go(world, supervisor, traits).await,
        },
        Role::Parted(parts) if world.roll(2) == 0 => {
            let (partitions, member) = (world.roll(PARTITIONS_MAX + 2), Member::of_many(world));
            world.tell(|| format!("resize {victim} to {partitions}, add {member:?}"));
            let resized = parts.resize(partitions as usize);
            let _started_or_not = parts.at(&partitions).start_child(leaf(world, member)).await;
            let _resized_or_not = resized.await;
        }
        Role::Parted(parts) => {
            let member = Member::of_many(world);
            world.tell(|| format!("{victim}, add {member:?}"));
            let asked = parts.at(&member.place).start_child(leaf(world, member));
            let _started_or_not = asked.await;
        }
        Role::PartedLeaves(parts) => {
            // One that had nothing to start may be started by hand while a later one lives.
            world.begin_by_hand(At {
                supervisor: victim,
                place: 0,
            });
            let partitions = world.roll(PARTITIONS_MAX + 2);
            world.tell(|| format!("resize {victim} to {partitions}"));
            let _resized_or_not = parts.resize(partitions as usize).await;
        }
        Role::Parent(parent) => raise(world, parent).await,
    }
}

fn end(world: &World, victim: Pid) {
    let reasons = [
        ExitReason::Kill,
        ExitReason::Kill,
        oops(),
        ExitReason::shutdown_with("x"),
    ];
    let reason = world.pick(&reasons);
    world.tell(|| format!("exit {victim}: {reason}"));
    exit(victim, reason);
}

/// Changes the children of a supervisor by hand.
async fn manage(world: &Arc<World>, supervisor: ServerRef<Supervisor>) {
    let added = world.number();
    let place = world.roll(6);
    let from = At {
        supervisor: supervisor.pid(),
        place,
    };
    world.begin_by_hand(from);
    match world.roll(8) {
        0..3 => {
            // Later than any other, and so the last one.
            let member = Member {
                place: 4 + added,
                ordered: true,
                ..Member::default()
            };
            let spec: AnyChildSpec = leaf(world, member).into();
            let spec = wishing(world, spec.id(id_of(member.place)));
            world.tell(|| format!("{supervisor:?}, add {spec:?}"));
            let _answer = supervisor.start_child(spec).await;
        }
        3..5 => {
            world.tell(|| format!("{supervisor:?}, terminate {place}"));
            let _answer = supervisor.terminate_child(id_of(place)).await;
        }
        5..7 => {
            world.tell(|| format!("{supervisor:?}, restart {place}"));
            if supervisor.restart_child(id_of(place)).await.is_ok() {
                world.untied.lock().insert(from);
            }
        }
        _ => {
            world.tell(|| format!("{supervisor:?}, delete {place}"));
            let _answer = supervisor.delete_child(id_of(place)).await;
        }
    }
    world.end_by_hand(from);
}

/// Has a server change its own children.
async fn raise(world: &World, parent: ServerRef<Leaf>) {
    let place = world.roll(4);
    let raise = match world.roll(6) {
        0..3 => Raise::Add,
        3 => Raise::Stop(place),
        4 => Raise::Restart(place),
        _ => Raise::StopAll,
    };
    let from = At {
        supervisor: parent.pid(),
        place,
    };
    world.begin_by_hand(from);
    world.tell(|| format!("{parent:?}, {raise:?}"));
    let _done_or_gone = call(parent, raise).no_timeout().await;
    world.end_by_hand(from);
}

/// Has children of a dynamic supervisor come and go.
async fn come_and_go(world: &Arc<World>, supervisor: ServerRef<DynamicSupervisor>, traits: Traits) {
    let member = Member::of_many(world);
    let act = world.roll(8);
    world.tell(|| format!("{supervisor:?}, {traits:?}, act {act}, {member:?}"));
    match act {
        0 => {
            let children = Role::Dynamic(supervisor).children().await;
            if let Some(child) = running(&children.unwrap_or_default()).next() {
                let _stopped_or_gone = supervisor.terminate_child(child).await;
            }
        }
        1 => {
            let key = 1_000_000 + world.roll(8);
            let spec = leaf(world, member);
            let found = supervisor.find_or_start(&world.registry, key, spec).await;
            let known = world.registry.lookup(&key);
            if let Ok(found) = found {
                let is_it = known == Some(found.pid()) || !is_alive(found).await;
                world.expect(is_it, || format!("key {key} is {known:?}, not {found:?}"));
            }
        }
        2..4 if traits.has_template => {
            let template = TemplateRef::<Member, AnyChildSpec, _>::of(supervisor);
            let _started_or_not = template.start_child(member).await;
        }
        4..6 => {
            let spec: AnyChildSpec = leaf_with_extra(world, member).into();
            let answer = supervisor.start_child(wishing(world, spec)).await;
            let has_missed = answer.as_ref().is_err_and(misses_extra);
            let is_as_said = if traits.has_extra {
                !has_missed
            } else {
                answer.is_err()
            };
            world.expect(is_as_said, || {
                format!("{supervisor:?}, {traits:?}: {answer:?}")
            });
        }
        _ => {
            let spec: AnyChildSpec = leaf(world, member).into();
            let _started_or_not = supervisor.start_child(wishing(world, spec)).await;
        }
    }
}

/// Whether a start has failed because there were no extra arguments.
fn misses_extra(error: &StartChildError) -> bool {
    let StartChildError::Failed(ExitReason::Error(error)) = error else {
        return false;
    };
    error.downcast_ref::<ExtraArgumentsError>().is_some()
}

/// Has a supervisor of tasks run some, or stop one.
async fn employ(world: &Arc<World>, tasks: ServerRef<TaskSupervisor>) {
    let at = At {
        supervisor: tasks.pid(),
        place: world.number(),
    };
    let act = world.roll(6);
    world.tell(|| format!("{tasks:?}, act {act}, {at:?}"));
    match act {
        0 => {
            let running = tasks.children().await.unwrap_or_default();
            if let Some(&task) = running.first() {
                let _stopped_or_gone = tasks.terminate_child(task).await;
            }
        }
        1 => {
            let _started_or_not = tasks.start_child(chore(Arc::clone(world), at)).await;
        }
        2 => {
            let made = Arc::clone(world);
            let restarts = [Restart::Permanent, Restart::Transient];
            let spec = ChildSpec::task(move || chore(Arc::clone(&made), at));
            let spec = spec.restart(world.pick(&restarts));
            let _started_or_not = tasks.start_child_with(spec).await;
        }
        _ => {
            let made = Arc::clone(world);
            let owner = spawn(async move |_: Inbox<()>| own(&made, tasks, at).await);
            world.owners.lock().push(owner.pid());
        }
    }
}

/// Has tasks of its own and awaits them.
async fn own(world: &Arc<World>, tasks: ServerRef<TaskSupervisor>, at: At) {
    match world.roll(3) {
        0 => {
            if let Ok(task) = tasks.run(chore(Arc::clone(world), at)).await {
                let _value_or_end = task.await;
            }
        }
        1 => {
            if let Ok(task) = tasks.run_nolink(chore(Arc::clone(world), at)).await {
                let _value_or_end = task.await;
            }
        }
        _ => {
            let made = Arc::clone(world);
            let each = move |_| {
                let place = made.number();
                chore(Arc::clone(&made), At { place, ..at })
            };
            let outcomes = tasks.async_stream_nolink(0..3, each).max_concurrency(2);
            let _outcomes = outcomes.collect().await;
        }
    }
}
