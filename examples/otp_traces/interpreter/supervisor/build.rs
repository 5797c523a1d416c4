//! Specifications of regrow's for those of a scenario.
//!
//! Whatever is started has to know by whom. The start function of a child runs in its supervisor's
//! process, and asks there.

use std::sync::Arc;
use std::time::Duration;

use regrow::answer::Init;
use regrow::prelude::{ChildSpec, DynamicSupervisor, Supervisor};
use regrow::process::{Pid, self_pid};
use regrow::supervisor::{AnyChildSpec, WithInit};
use serde_json::Value;

use super::scenario::{Child, Dyn, Role, Start, Sup};
use super::stage::Stage;
use super::worker::{Birth, Worker, begin};

/// What a dynamic supervisor gives to the start of every child.
type Extra = Vec<Value>;

/// A child of a supervisor.
pub(super) fn child(stage: &Arc<Stage>, child: &Child) -> AnyChildSpec {
    let make = Make::of(stage, child);
    let spec: AnyChildSpec = match child.start.clone() {
        Start::Worker(role) => {
            ChildSpec::<Worker>::with(move || make.birth(&role, &Extra::new())).into()
        }
        Start::Sup(sup) => AnyChildSpec::from_fn(child.id.clone(), move || {
            make.supervisor(&sup, &Extra::new()).start_link()
        }),
        Start::Dyn(sup) => AnyChildSpec::from_fn(child.id.clone(), move || {
            make.dynamic(&sup, &Extra::new()).start_link()
        }),
    };
    described(spec, child)
}

/// A child of a dynamic supervisor, which is given that one's extra arguments.
pub(super) fn dynamic_child(stage: &Arc<Stage>, child: &Child) -> AnyChildSpec {
    let make = Make::of(stage, child);
    let spec: AnyChildSpec = match child.start.clone() {
        Start::Worker(role) => {
            ChildSpec::<Worker>::with_extra(move |extra: &Extra| make.birth(&role, extra)).into()
        }
        Start::Sup(sup) => {
            AnyChildSpec::from_fn_with_extra(child.id.clone(), move |extra: &Extra| {
                make.supervisor(&sup, extra).start_link()
            })
        }
        Start::Dyn(sup) => {
            AnyChildSpec::from_fn_with_extra(child.id.clone(), move |extra: &Extra| {
                make.dynamic(&sup, extra).start_link()
            })
        }
    };
    described(spec, child)
}

fn described(spec: AnyChildSpec, child: &Child) -> AnyChildSpec {
    spec.id(child.id.clone())
        .kind(child.kind)
        .restart(child.restart)
        .shutdown(child.shutdown)
        .significant(child.significant)
}

/// What makes a child: called in its supervisor's process.
struct Make {
    stage: Arc<Stage>,
    args: Vec<Value>,
}

impl Make {
    fn of(stage: &Arc<Stage>, child: &Child) -> Make {
        Make {
            stage: Arc::clone(stage),
            args: child.args.clone(),
        }
    }

    fn args(&self, extra: &Extra) -> Vec<Value> {
        extra.iter().chain(&self.args).cloned().collect()
    }

    fn birth(&self, role: &Arc<Role>, extra: &Extra) -> Birth {
        Birth {
            stage: Arc::clone(&self.stage),
            parent: self_pid(),
            role: Arc::clone(role),
            args: self.args(extra),
        }
    }

    fn supervisor(&self, sup: &Arc<Sup>, extra: &Extra) -> WithInit<Supervisor> {
        supervisor(&self.stage, sup, self_pid(), &self.args(extra))
    }

    fn dynamic(&self, sup: &Arc<Dyn>, extra: &Extra) -> WithInit<DynamicSupervisor> {
        dynamic(&self.stage, sup, self_pid(), &self.args(extra))
    }
}

/// A supervisor, whose init function describes it whenever `parent` starts it.
pub(super) fn supervisor(
    stage: &Arc<Stage>,
    sup: &Arc<Sup>,
    parent: Pid,
    args: &[Value],
) -> WithInit<Supervisor> {
    let (stage, sup, args) = (Arc::clone(stage), Arc::clone(sup), args.to_vec());
    Supervisor::with_init(move || {
        let (stage, sup, args) = (Arc::clone(&stage), Arc::clone(&sup), args.clone());
        async move {
            let entered = stage.enter(&sup.actor, parent, &args).await;
            if let Err(init) = begin(&stage, parent, entered.outcome).await {
                return init;
            }
            let described = Supervisor::new(sup.strategy)
                .max_restarts(sup.max_restarts, Duration::from_secs(sup.max_seconds))
                .auto_shutdown(sup.auto_shutdown);
            let children = sup.children.iter().map(|one| child(&stage, one));
            Init::ok(children.fold(described, Supervisor::child))
        }
    })
}

/// A dynamic supervisor, likewise.
pub(super) fn dynamic(
    stage: &Arc<Stage>,
    sup: &Arc<Dyn>,
    parent: Pid,
    args: &[Value],
) -> WithInit<DynamicSupervisor> {
    let (stage, sup, args) = (Arc::clone(stage), Arc::clone(sup), args.to_vec());
    DynamicSupervisor::with_init(move || {
        let (stage, sup, args) = (Arc::clone(&stage), Arc::clone(&sup), args.clone());
        async move {
            let entered = stage.enter(&sup.actor, parent, &args).await;
            if let Err(init) = begin(&stage, parent, entered.outcome).await {
                return init;
            }
            let mut described = DynamicSupervisor::new()
                .max_restarts(sup.max_restarts, Duration::from_secs(100_000))
                .extra_arguments::<Extra>(sup.extra.clone());
            if let Some(limit) = sup.max_children {
                described = described.max_children(limit);
            }
            Init::ok(described)
        }
    })
}
