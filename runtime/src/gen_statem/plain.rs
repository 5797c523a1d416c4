//! Plain values that stand for outcomes, in handlers that are written with attributes.
//!
//! As for servers, the impls cannot overlap, so no type has two meanings. A state is no such value:
//! it may be of any type, and so the attribute, which knows how the state's type is called, writes
//! [`Transition::to`] for it.

use super::statem::GenStatem;
use super::transition::{Enter, Initial, Transition};
use crate::process::ExitReason;

/// What the `#[init]` of a machine may give.
#[diagnostic::on_unimplemented(
    message = "the `#[init]` of a state machine cannot return `{Self}`: return the first state and the data",
    label = "this is not `(State, Self)`, `Initial<Self>`, or a `Result` of one of them"
)]
pub trait IntoInitial<M: GenStatem> {
    /// What it stands for.
    #[doc(hidden)]
    fn into_initial(self) -> Initial<M>;
}

impl<M: GenStatem> IntoInitial<M> for (M::State, M) {
    fn into_initial(self) -> Initial<M> {
        Initial::ok(self.0, self.1)
    }
}

impl<M: GenStatem> IntoInitial<M> for Initial<M> {
    fn into_initial(self) -> Initial<M> {
        self
    }
}

impl<M: GenStatem, E: Into<ExitReason>> IntoInitial<M> for Result<(M::State, M), E> {
    fn into_initial(self) -> Initial<M> {
        self.map_or_else(
            |error| Initial::error(error.into()),
            |(state, data)| Initial::ok(state, data),
        )
    }
}

impl<M: GenStatem, E: Into<ExitReason>> IntoInitial<M> for Result<Initial<M>, E> {
    fn into_initial(self) -> Initial<M> {
        self.unwrap_or_else(|error| Initial::error(error.into()))
    }
}

/// What a handler of an event may give.
#[diagnostic::on_unimplemented(
    message = "a handler of an event cannot return `{Self}`",
    label = "return nothing, the next state, or `Transition<Self>`"
)]
pub trait IntoTransition<M: GenStatem> {
    /// What it stands for.
    #[doc(hidden)]
    fn into_transition(self) -> Transition<M>;
}

impl<M: GenStatem> IntoTransition<M> for () {
    #[inline]
    fn into_transition(self) -> Transition<M> {
        Transition::keep()
    }
}

impl<M: GenStatem> IntoTransition<M> for Transition<M> {
    #[inline]
    fn into_transition(self) -> Transition<M> {
        self
    }
}

/// What a handler may give that enters a state.
#[diagnostic::on_unimplemented(
    message = "`#[enter]` cannot return `{Self}`: nobody waits for a reply, and the state is there",
    label = "return nothing or `Enter<Self>`"
)]
pub trait IntoEnter<M: GenStatem> {
    /// What it stands for.
    #[doc(hidden)]
    fn into_enter(self) -> Enter<M>;
}

impl<M: GenStatem> IntoEnter<M> for () {
    #[inline]
    fn into_enter(self) -> Enter<M> {
        Enter::keep()
    }
}

impl<M: GenStatem> IntoEnter<M> for Enter<M> {
    #[inline]
    fn into_enter(self) -> Enter<M> {
        self
    }
}
