//! What is beyond OTP in a child's specification: nothing, unless it is asked for.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::child::id::ChildId;
use crate::child::spec::{AnyChildSpec, ChildSpec};
use crate::decide::backoff::{Backoff, BackoffError};

/// What happens when a child's own budget of restarts is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Exhausted {
    /// This child alone is given up: it is not started again, and its siblings are not concerned.
    GiveUpChild,
    /// It is started again after this long, and its budget is full again.
    RetryAfter(Duration),
    /// The supervisor gives up and shuts down, as if its own limit were reached. The default.
    #[default]
    Escalate,
}

/// How many restarts a child may have on its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// `None`: any number.
    pub(crate) restarts: Option<u32>,
    pub(crate) within: Duration,
    pub(crate) exhausted: Exhausted,
}

/// See the module's head.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Extras {
    pub(crate) backoff: Option<Backoff>,
    /// How long to wait when the supervisor's intensity is exceeded, instead of giving up.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) budget: Option<Budget>,
    /// Older siblings: stopped and started with them.
    pub(crate) binds_to: Vec<ChildId>,
    /// How long the child may run.
    pub(crate) lifetime: Option<Duration>,
    /// What is to happen when the budget is used up, said before the budget or without one.
    pub(crate) exhausted: Option<Exhausted>,
}

impl Extras {
    /// Sets the budget, and what happens when it is used up if that was said before.
    pub(crate) fn set_budget(&mut self, restarts: Option<u32>, within: Duration) {
        self.budget = Some(Budget {
            restarts,
            within,
            exhausted: self.exhausted.unwrap_or_default(),
        });
    }

    /// Says what happens when the budget is used up.
    pub(crate) fn set_exhausted(&mut self, exhausted: Exhausted) {
        self.exhausted = Some(exhausted);
        if let Some(budget) = &mut self.budget {
            budget.exhausted = exhausted;
        }
    }

    /// Looks at them as a whole.
    pub(crate) fn admit(&self) -> Result<(), SettingError> {
        if let Some(backoff) = &self.backoff {
            backoff.admit().map_err(SettingError::Backoff)?;
        }
        match self.budget {
            Some(budget) if budget.restarts.is_none() && self.backoff.is_none() => {
                return Err(SettingError::UnlimitedWithoutBackoff);
            }
            Some(budget) if budget.within.is_zero() => return Err(SettingError::ZeroBudgetPeriod),
            Some(_) if self.retry_after.is_some() => {
                return Err(SettingError::RetryAfterWithBudget);
            }
            None if self.exhausted.is_some() => return Err(SettingError::ExhaustedWithoutBudget),
            _ => {}
        }
        if self.lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
            return Err(SettingError::ZeroLifetime);
        }
        Ok(())
    }
}

/// What cannot be asked for a child; see [`SpecError::Setting`](crate::SpecError::Setting).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingError {
    /// Its backoff is wrong.
    Backoff(BackoffError),
    /// It may be restarted without limit, and without a pause.
    UnlimitedWithoutBackoff,
    /// Its own restarts are counted over no time.
    ZeroBudgetPeriod,
    /// It is said what happens when its budget is used up, and it has none.
    ExhaustedWithoutBudget,
    /// It is said what happens when its supervisor's restarts are used up, in which its own do not
    /// count.
    RetryAfterWithBudget,
    /// It may run for no time.
    ZeroLifetime,
    /// It is bound to this sibling, which is not there, or not older.
    UnknownSibling(ChildId),
    /// It is bound to a sibling where children do not know of each other.
    NoSiblings,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SettingError::Backoff(error) => return error.fmt(f),
            SettingError::UnknownSibling(id) => {
                return write!(f, "it is bound to {id:?}, which is no older sibling of its");
            }
            SettingError::UnlimitedWithoutBackoff => {
                "restarts without limit need a pause: say which with `.backoff(…)`"
            }
            SettingError::ZeroBudgetPeriod => "restarts cannot be counted over a period of zero",
            SettingError::ExhaustedWithoutBudget => {
                "`.on_exhausted(…)` says what happens when a budget is used up: give it one with \
                 `.budget(…)`"
            }
            SettingError::RetryAfterWithBudget => {
                "`.retry_after(…)` is for the supervisor's limit, which does not count a child with a \
                 budget: say `.on_exhausted(Exhausted::RetryAfter(…))`"
            }
            SettingError::ZeroLifetime => "it cannot run for no time",
            SettingError::NoSiblings => {
                "children of its parent do not know of each other: it cannot be bound to one"
            }
        })
    }
}

impl Error for SettingError {}

impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extras")
            .field("backoff", &self.backoff)
            .field("retry_after", &self.retry_after)
            .field("budget", &self.budget)
            .field("binds_to", &self.binds_to)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// The settings beyond OTP, the same for a specification whose type is known and for any other.
macro_rules! settings {
    ($spec:ty $(, $server:ident)?) => {
        impl$(<$server>)? $spec {
            /// Waits before each restart, as this [`Backoff`] says, instead of restarting at once.
            /// While it waits the child shows as restarting. Default: it does not wait.
            ///
            /// The siblings that are restarted with it, because of the strategy or because they are bound
            /// to it, are stopped meanwhile. Each restart counts, as it would without the delay.
            ///
            /// # In OTP
            ///
            /// There is none: a supervisor restarts at once.
            pub fn backoff(self, backoff: Backoff) -> Self {
                self.with_extras(|extras| extras.backoff = Some(backoff))
            }

            /// Gives the child a budget of its own: so many restarts within any such period. They do
            /// not count in its supervisor's, so that one bad child is no danger to its siblings;
            /// what one too many does, [`on_exhausted`](Self::on_exhausted) says. Default: its
            /// restarts count in its supervisor's.
            ///
            /// # In OTP
            ///
            /// There is none. In the library `parent`, `max_restarts` of a child.
            pub fn budget(self, restarts: u32, within: Duration) -> Self {
                self.with_extras(|extras| extras.set_budget(Some(restarts), within))
            }

            /// Restarts the child however often it ends. It needs a [`backoff`](Self::backoff), or a
            /// child that fails at once would be all that its supervisor does:
            /// [`SettingError::UnlimitedWithoutBackoff`](crate::SettingError::UnlimitedWithoutBackoff).
            ///
            /// # In OTP
            ///
            /// There is none. In the library `parent`, `max_restarts: :infinity`.
            pub fn unlimited_restarts(self) -> Self {
                self.with_extras(|extras| extras.set_budget(None, Duration::MAX))
            }

            /// What happens when the child's [`budget`](Self::budget) is used up. Default:
            /// [`Exhausted::Escalate`].
            pub fn on_exhausted(self, exhausted: Exhausted) -> Self {
                self.with_extras(|extras| extras.set_exhausted(exhausted))
            }

            /// When this child has used its supervisor's restarts up, the supervisor does not give up:
            /// it starts the child again after this long, and counts anew. Restarts within the limit
            /// are made at once. Default: it gives up.
            ///
            /// # In OTP
            ///
            /// The restart type `{permanent, Delay}` or `{transient, Delay}` of the library
            /// `supervisor3`.
            pub fn retry_after(self, delay: Duration) -> Self {
                self.with_extras(|extras| extras.retry_after = Some(delay))
            }

            /// Ties the child to an older sibling, whatever the strategy: it is stopped before that
            /// one is, and started again after it. When that one has ended for good, so has this; and
            /// while that one does not run, nobody but you starts this.
            /// Of siblings that are bound to siblings the same is true. Default: it is tied to none.
            ///
            /// # In OTP
            ///
            /// There is none. In the library `parent`, `binds_to`.
            pub fn binds_to(self, sibling: impl Into<ChildId>) -> Self {
                let sibling = sibling.into();
                self.with_extras(|extras| extras.binds_to.push(sibling))
            }

            /// How long the child may run. Then it is stopped, with the reason `timeout` in place of
            /// [`Shutdown`](regrow_runtime::process::ExitReason::Shutdown), and started again unless
            /// it is temporary. Default: as long as it likes.
            ///
            /// # In OTP
            ///
            /// There is none. In the library `parent`, `timeout` of a child.
            pub fn max_lifetime(self, lifetime: Duration) -> Self {
                self.with_extras(|extras| extras.lifetime = Some(lifetime))
            }
        }
    };
}

settings!(AnyChildSpec);
settings!(ChildSpec<S>, S);
