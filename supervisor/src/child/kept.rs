//! What a supervisor of very many children keeps of a child's specification.

use std::sync::Arc;

use regrow_runtime::gen_server::{Restart, ServerName, Shutdown, StartError};
use regrow_runtime::process::{ExitReason, Pid};

use crate::child::care::Cared;
use crate::child::extra_arguments::Extra;
use crate::child::extras::SettingError;
use crate::child::id::{ChildId, ChildKind};
use crate::child::report::{self, Occasion};
use crate::child::spec::AnyChildSpec;
use crate::child::start::{Given, Recipe, start_with};
use crate::child::started::StartedChild;
use crate::decide::restart::{Fate, fate};
use crate::error::SpecError;

/// What is the same for many children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) kind: ChildKind,
}

/// What it takes to start a child again.
#[derive(Clone)]
pub(crate) struct Again {
    pub(crate) recipe: Arc<dyn Recipe>,
    pub(crate) name: Option<ServerName>,
    /// What was asked for beyond OTP, if anything was.
    pub(crate) cared: Option<Box<Cared>>,
}

impl Settings {
    /// What becomes of a child that has ended for this reason.
    pub(crate) fn fate(self, reason: &ExitReason) -> Fate {
        fate(self.restart, reason)
    }

    /// Reports a child that was started, and has no id.
    pub(crate) fn started(self, process: Pid) {
        report::started(report::Child::of_many(self), process, Occasion::Dynamic);
    }
}

impl Again {
    /// Starts the child, as the supervisor with these extra arguments does.
    ///
    /// # Errors
    ///
    /// The start has failed.
    pub(crate) async fn start(
        &self,
        extra: Option<Extra>,
    ) -> Result<StartedChild<Pid>, StartError> {
        let name = self.name.clone();
        let id = ChildId::from("(a child without an id)");
        start_with(Some(&*self.recipe), &id, Given { name, extra }).await
    }
}

/// Takes apart what is to be started.
///
/// # Errors
///
/// It could be started once, and was; or something was asked for it that cannot be.
pub(crate) fn parts(mut spec: AnyChildSpec) -> Result<(Settings, Again), SpecError> {
    let cared = spec.take_extras().map(Cared::new);
    if let Some(cared) = &cared {
        let wrong = |error| SpecError::Setting(spec.child_id().clone(), error);
        cared.extras.admit().map_err(wrong)?;
        if !cared.extras.binds_to.is_empty() {
            return Err(wrong(SettingError::NoSiblings));
        }
    }
    let settings = Settings {
        restart: spec.restart,
        shutdown: spec.shutdown,
        kind: spec.child_kind(),
    };
    let id = spec.child_id().clone();
    match spec.recipe {
        Some(recipe) => Ok((
            settings,
            Again {
                recipe,
                name: spec.name,
                cared: cared.map(Box::new),
            },
        )),
        None => Err(SpecError::UsedUp(id)),
    }
}
