//! The workers of a tree: servers, some of which have children of their own, and tasks.

use std::sync::Arc;
use std::time::Duration;

use regrow::Pid;
use regrow::prelude::*;
use regrow::process::self_pid;
use regrow::server::{GenServer, HandleCall, HandleContinue, HandleInfo, Step};
use regrow::supervisor::{AnyChildSpec, ChildInfo, ChildTerminated, ParentContext};
use regrow::time::sleep;

use super::trees::{id_of, wishing};
use super::world::{At, Life, Living, Phase, World};
use crate::supervisor::oops;

/// How a worker is among its siblings.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Member {
    pub(super) place: u64,
    /// Those after it are stopped before it starts again.
    pub(super) grouped: bool,
    /// It is stopped when those after it are.
    pub(super) ordered: bool,
    /// The older sibling that it is bound to.
    pub(super) bound_to: Option<u64>,
    /// How many children of its own it starts with.
    pub(super) family: u64,
}

impl Member {
    /// One of many without order.
    pub(super) fn of_many(world: &World) -> Member {
        Member {
            place: world.number(),
            ..Member::default()
        }
    }
}

/// What a worker is started with.
#[derive(Clone)]
pub(super) struct Birth {
    world: Arc<World>,
    supervisor: Pid,
    member: Member,
}

impl Birth {
    /// In the process that starts it.
    pub(super) fn of(world: &Arc<World>, member: Member) -> Birth {
        Birth {
            world: Arc::clone(world),
            supervisor: self_pid(),
            member,
        }
    }
}

/// A worker that is a server.
pub(super) struct Leaf {
    life: Life,
    member: Member,
    /// How many children of its own it has ever had.
    family: u64,
}

impl GenServer for Leaf {
    type Args = Birth;

    fn init(birth: Birth, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let Birth {
            world,
            supervisor,
            member,
        } = birth;
        cx.trap_exit(world.roll(2) == 0);
        let at = At {
            supervisor,
            place: member.place,
        };
        let living = Living {
            at,
            bound_to: member.bound_to,
            phase: Phase::Starting,
            is_parent: member.family > 0,
        };
        let life = world.enter(cx.pid(), living, member.grouped);
        world.expect(world.is_unbound(at), || {
            format!("{at:?} has started before one ended that is bound to it")
        });
        world.keeps(cx.send_after(secs(1_000_000), TooLate));
        async move {
            let mut leaf = Leaf {
                life,
                member,
                family: 0,
            };
            if world.roll(4) == 0 {
                sleep(millis(world.roll(50))).await;
            }
            if member.family > 0 {
                leaf.found_family(cx).await;
            }
            match world.roll(40) {
                0 => Init::stop(oops()),
                1 => Init::ignore(),
                2 => panic!("no start"),
                _ => {
                    leaf.life.is(Phase::Running);
                    Init::ok(leaf)
                }
            }
        }
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        let Life { world, at, .. } = &self.life;
        // Nobody but the supervisor can end a worker that traps exits for this reason, unless that has
        // children of its own whose restarts are too many.
        if *reason == ExitReason::Shutdown && self.member.family == 0 {
            let alone = !self.member.ordered || self.member.bound_to.is_some();
            world.expect(alone || world.is_last(*at), || {
                let living = world.living();
                format!("{at:?} was stopped before a later one: {living:?}")
            });
            world.expect(world.is_unbound(*at), || {
                format!("{at:?} was stopped before one that is bound to it")
            });
        }
        self.life.is(Phase::Ending);
        let takes = match world.roll(8) {
            0 => secs(20),
            1..4 => millis(world.roll(100)),
            _ => Duration::ZERO,
        };
        async move {
            sleep(takes).await;
            Next::proceed()
        }
    }
}

impl Leaf {
    async fn found_family(&mut self, cx: &mut Context<Self>) {
        let restarts = self.life.world.roll(6) as u32;
        cx.children().max_restarts(restarts, secs(5));
        if self.life.world.roll(2) == 0 {
            cx.children().notify();
        }
        for _ in 0..self.member.family {
            self.adds_child(cx).await;
        }
    }

    /// Has one more child of its own, if that starts.
    async fn adds_child(&mut self, cx: &mut Context<Self>) {
        let world = &self.life.world;
        let member = Member {
            place: self.family,
            ordered: true,
            ..Member::default()
        };
        self.family += 1;
        let child: AnyChildSpec = leaf(world, member).into();
        let child = wishing(world, child.id(id_of(member.place)));
        world.tell(|| format!("{} adds {child:?}", self_pid()));
        let _started_or_not = cx.children().start_child(child).await;
    }
}

/// A timer's message that is not waited for.
struct TooLate;

impl HandleInfo<TooLate> for Leaf {
    fn handle_info(&mut self, _: TooLate, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }
}

impl HandleContinue<ChildTerminated> for Leaf {
    fn handle_continue(&mut self, _: ChildTerminated, cx: &mut Context<Self>) -> impl Step<Next> {
        async move {
            if self.life.world.roll(2) == 0 {
                self.adds_child(cx).await;
            }
            Next::proceed()
        }
    }
}

/// Asks a worker for its own children.
pub(super) struct Family;

impl HandleCall<Family> for Leaf {
    type Reply = Vec<ChildInfo>;

    fn handle_call(
        &mut self,
        Family: Family,
        _: ReplyTo<Self::Reply>,
        cx: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        Reply::now(cx.children().which())
    }
}

/// Asks a worker to change its own children.
#[derive(Debug, Clone, Copy)]
pub(super) enum Raise {
    Add,
    Stop(u64),
    Restart(u64),
    StopAll,
}

impl HandleCall<Raise> for Leaf {
    type Reply = ();

    fn handle_call(
        &mut self,
        raise: Raise,
        _: ReplyTo<()>,
        cx: &mut Context<Self>,
    ) -> impl Step<Reply<()>> {
        async move {
            // Whatever comes of it: the child may be in any state.
            match raise {
                Raise::Add => self.adds_child(cx).await,
                Raise::Stop(place) => drop(cx.children().shutdown_child(id_of(place)).await),
                Raise::Restart(place) => drop(cx.children().restart_child(id_of(place)).await),
                Raise::StopAll => cx.children().shutdown_all().await,
            }
            Reply::now(())
        }
    }
}

/// A worker.
pub(super) fn leaf(world: &Arc<World>, member: Member) -> ChildSpec<Leaf> {
    let made = Arc::clone(world);
    let spec = ChildSpec::<Leaf>::with(move || Birth::of(&made, member));
    characterized(world, spec)
}

/// A worker that gets to know the world from its supervisor.
pub(super) fn leaf_with_extra(world: &World, member: Member) -> ChildSpec<Leaf> {
    let spec = ChildSpec::<Leaf>::with_extra(move |world: &Arc<World>| Birth::of(world, member));
    characterized(world, spec)
}

fn characterized(world: &World, spec: ChildSpec<Leaf>) -> ChildSpec<Leaf> {
    let number = world.number();
    let spec = match world.roll(3) {
        0 => spec.name(world.registry.via(number)),
        1 => spec.name(format!("leaf {}", number % 64)),
        _ => spec,
    };
    let limits = [
        Shutdown::After(secs(5)),
        Shutdown::After(millis(30)),
        Shutdown::BrutalKill,
    ];
    let restarts = [
        Restart::Permanent,
        Restart::Permanent,
        Restart::Transient,
        Restart::Temporary,
    ];
    spec.shutdown(world.pick(&limits))
        .restart(world.pick(&restarts))
}

/// What a task does.
pub(super) async fn chore(world: Arc<World>, at: At) {
    let living = Living {
        at,
        bound_to: None,
        phase: Phase::Running,
        is_parent: false,
    };
    let life = world.enter(self_pid(), living, false);
    match life.world.roll(6) {
        0 => panic!("no value"),
        1 => sleep(secs(100_000)).await,
        2 => {}
        _ => sleep(millis(life.world.roll(3000))).await,
    }
}
