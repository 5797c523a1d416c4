//! Significant children: whose end ends the supervisor, because its work is done.
//!
//! | | one significant child has ended for good | the last one has |
//! |---|---|---|
//! | `Never` | | |
//! | `AnySignificant` | shuts down | shuts down |
//! | `AllSignificant` | | shuts down |
//!
//! It is asked only when a child has ended by itself and is not to come back. A child that the
//! supervisor stopped does not count, and neither does one that never ran.

use regrow_runtime::gen_server::Restart;

use crate::child::info::ChildProcess;
use crate::child::spec::AnyChildSpec;
use crate::error::SpecError;
use crate::supervisor::children::Children;

/// Whether a supervisor shuts down when its significant children have ended.
///
/// # In OTP
///
/// The flag
/// [`auto_shutdown`](https://www.erlang.org/doc/apps/stdlib/supervisor#t:auto_shutdown/0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AutoShutdown {
    /// It does not. The default.
    #[default]
    Never,
    /// It does when one of them has ended.
    AnySignificant,
    /// It does when the last one of them has ended.
    AllSignificant,
}

impl AutoShutdown {
    /// Looks whether a child may be what it says it is, under this supervisor.
    pub(crate) fn admit(self, spec: &AnyChildSpec) -> Result<(), SpecError> {
        if !spec.significant {
            return Ok(());
        }
        // In OTP's order: of a child that is wrong in both ways, the first is told.
        if self == AutoShutdown::Never {
            return Err(SpecError::SignificantForNothing(spec.child_id().clone()));
        }
        if spec.restart == Restart::Permanent {
            return Err(SpecError::SignificantPermanent(spec.child_id().clone()));
        }
        Ok(())
    }

    /// Whether the supervisor is done, now that a child has ended for good.
    pub(crate) fn is_done(self, ended_significant: bool, left: &Children) -> bool {
        match self {
            _ if !ended_significant => false,
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => !left
                .iter()
                .any(|child| child.spec.significant && child.process != ChildProcess::Stopped),
        }
    }
}
