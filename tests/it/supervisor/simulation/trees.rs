//! Trees, as the dice make them up.

use std::sync::Arc;

use regrow::prelude::*;
use regrow::process::self_pid;
use regrow::supervisor::{
    AnyChildSpec, Backoff, ChildKind, Exhausted, PartitionSupervisor, TaskSupervisor, WithInit,
};

use super::leaf::{Leaf, Member, leaf};
use super::world::{Traits, World};
use crate::supervisor::oops;

pub(super) type Parted = PartitionSupervisor<DynamicSupervisor>;
pub(super) type PartedLeaves = PartitionSupervisor<Leaf>;

const STRATEGIES: [Strategy; 3] = [
    Strategy::OneForOne,
    Strategy::OneForAll,
    Strategy::RestForOne,
];

/// How many partitions there are at most.
pub(super) const PARTITIONS_MAX: u64 = 4;

/// What a child at this place is called.
pub(super) fn id_of(place: u64) -> String {
    format!("child {place}")
}

/// A supervisor with what is below it.
pub(super) fn branch(world: &Arc<World>, depth: u64) -> Supervisor {
    let strategy = world.pick(&STRATEGIES);
    let grouped = strategy != Strategy::OneForOne;
    let children = 1 + world.roll(4);
    let restarts = world.roll(20) as u32;
    world.tell(|| format!("{strategy:?}, {restarts} restarts, {children} children:"));
    let mut supervisor = Supervisor::new(strategy).max_restarts(restarts, secs(5));
    for place in 0..children {
        let bound_to = (place > 0 && world.roll(5) == 0).then(|| world.roll(place));
        let mut member = Member {
            place,
            grouped,
            ordered: true,
            bound_to,
            family: 0,
        };
        let child: AnyChildSpec = match world.roll(if depth == 0 { 6 } else { 11 }) {
            0..3 => leaf(world, member).into(),
            3 => {
                member.family = 1 + world.roll(3);
                leaf(world, member).into()
            }
            4 => dynamic(world).into(),
            5 => tasks(world),
            6 => parted(world).into(),
            7 => parted_leaves(world).into(),
            _ => branch(world, depth - 1).into(),
        };
        let mut child = wishing(world, child.id(id_of(place)));
        if let Some(older) = bound_to {
            child = child.binds_to(id_of(older));
        }
        world.tell(|| format!("  {depth} {place}: {child:?}, {member:?}"));
        supervisor = supervisor.child(child);
    }
    supervisor
}

/// Asks for something beyond OTP, or for nothing.
pub(super) fn wishing(world: &World, mut spec: AnyChildSpec) -> AnyChildSpec {
    if world.roll(2) == 0 {
        return spec;
    }
    let has_backoff = world.roll(3) == 0;
    if has_backoff {
        spec = spec.backoff(backoff(world));
    }
    if world.roll(6) == 0 {
        spec = spec.max_lifetime(millis(1000 + world.roll(20_000)));
    }
    let delay = millis(200 + world.roll(5000));
    match world.roll(4) {
        0 => {
            let exhausted = [
                Exhausted::Escalate,
                Exhausted::RetryAfter(delay),
                Exhausted::GiveUpChild,
            ];
            spec.budget(world.roll(4) as u32, secs(5))
                .on_exhausted(world.pick(&exhausted))
        }
        1 => spec.retry_after(delay),
        2 if has_backoff => spec.unlimited_restarts(),
        _ => spec,
    }
}

fn backoff(world: &World) -> Backoff {
    let (min, max) = (
        millis(100 + world.roll(400)),
        millis(500 + world.roll(5000)),
    );
    let backoff = match world.roll(4) {
        0 => Backoff::fixed(min),
        1 => Backoff::linear(min, max),
        2 => Backoff::exponential(min, max),
        _ => Backoff::random_exponential(min, max),
    };
    backoff.jitter(world.roll(8) as f64 / 10.0)
}

fn max_children(world: &World) -> usize {
    match world.roll(3) {
        0 => 1 + world.roll(4) as usize,
        _ => usize::MAX,
    }
}

/// A supervisor of children that come and go, which describes itself at each start.
fn dynamic(world: &Arc<World>) -> WithInit<DynamicSupervisor> {
    let made = Arc::clone(world);
    let (has_template, has_extra) = (world.roll(3) == 0, world.roll(3) > 0);
    DynamicSupervisor::with_init(move || {
        let world = Arc::clone(&made);
        async move {
            if world.roll(40) == 0 {
                return Err(oops());
            }
            let traits = Traits {
                is_of_tasks: false,
                has_template,
                has_extra,
                max_children: max_children(&world),
            };
            world.describes(self_pid(), traits);
            Ok(described(&world, traits))
        }
    })
}

fn described(world: &Arc<World>, traits: Traits) -> DynamicSupervisor {
    let mut supervisor = DynamicSupervisor::new()
        .max_restarts(world.roll(10) as u32, secs(5))
        .max_children(traits.max_children);
    if traits.has_extra {
        supervisor = supervisor.extra_arguments(Arc::clone(world));
    }
    if !traits.has_template {
        return supervisor;
    }
    let made = Arc::clone(world);
    let template = supervisor.template(move |member: Member| -> AnyChildSpec {
        wishing(&made, leaf(&made, member).into())
    });
    template.into()
}

/// A supervisor of tasks, which a function starts.
fn tasks(world: &Arc<World>) -> AnyChildSpec {
    let made = Arc::clone(world);
    let tasks = AnyChildSpec::from_fn("tasks", move || {
        let world = Arc::clone(&made);
        async move {
            let max_children = max_children(&world);
            let tasks = TaskSupervisor::new()
                .max_restarts(world.roll(10) as u32, secs(5))
                .max_children(max_children);
            let started = tasks.start_link().await?;
            let traits = Traits {
                is_of_tasks: true,
                has_template: false,
                has_extra: false,
                max_children,
            };
            world.describes(started.pid(), traits);
            Ok::<_, ExitReason>(started)
        }
    });
    tasks.kind(ChildKind::Supervisor)
}

/// Dynamic supervisors in partitions.
fn parted(world: &Arc<World>) -> Parted {
    PartitionSupervisor::new(DynamicSupervisor::new().max_restarts(10, secs(5)))
        .partitions(1 + world.roll(PARTITIONS_MAX) as usize)
        .max_restarts(world.roll(10) as u32, secs(5))
}

/// Workers in partitions.
fn parted_leaves(world: &Arc<World>) -> PartedLeaves {
    let strategy = world.pick(&STRATEGIES);
    let (partitions, restarts) = (1 + world.roll(PARTITIONS_MAX), world.roll(20));
    let grouped = strategy != Strategy::OneForOne;
    let made = Arc::clone(world);
    PartitionSupervisor::with_arguments(move |place| {
        let member = Member {
            place: place as u64,
            grouped,
            ordered: true,
            ..Member::default()
        };
        leaf(&made, member)
    })
    .partitions(partitions as usize)
    .strategy(strategy)
    .max_restarts(restarts as u32, secs(5))
}
