//! A supervisor: a struct whose fields are children's types.

use std::time::Duration;

use syn::{Attribute, Expr, Ident, LitStr, Type, Visibility};

use super::{Carried, Restart, Shutdown};
use crate::path::Facade;

/// What `#[supervisor]` stands on.
pub(crate) struct Supervisor {
    /// What the attribute says.
    pub(crate) options: SupervisorOptions,
    /// Everything the user put on the struct, documentation too.
    pub(crate) attrs: Vec<Attribute>,
    /// What goes from the struct to everything made of it.
    pub(crate) carried: Carried,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// In the order in which they are started.
    pub(crate) children: Vec<Child>,
}

/// The arguments of `#[supervisor(...)]`.
#[derive(Default)]
pub(crate) struct SupervisorOptions {
    pub(crate) strategy: Strategy,
    pub(crate) max_restarts: Option<Expr>,
    pub(crate) max_seconds: Option<Expr>,
    pub(crate) auto_shutdown: Option<AutoShutdown>,
    /// What `start_link` takes.
    pub(crate) args: Vec<Argument>,
    pub(crate) facade: Facade,
}

/// One argument of `start_link`.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}

/// Who is restarted when a child ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Strategy {
    #[default]
    OneForOne,
    OneForAll,
    RestForOne,
}

impl Strategy {
    /// The words for it in the attribute.
    pub(crate) const WORDS: [(&str, Self); 3] = [
        ("one_for_one", Strategy::OneForOne),
        ("one_for_all", Strategy::OneForAll),
        ("rest_for_one", Strategy::RestForOne),
    ];
}

/// Whether the end of significant children ends the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AutoShutdown {
    Never,
    AnySignificant,
    AllSignificant,
}

impl AutoShutdown {
    /// The words for it in the attribute.
    pub(crate) const WORDS: [(&str, Self); 3] = [
        ("never", AutoShutdown::Never),
        ("any_significant", AutoShutdown::AnySignificant),
        ("all_significant", AutoShutdown::AllSignificant),
    ];
}

/// One field.
pub(crate) struct Child {
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) kind: ChildKind,
    pub(crate) options: ChildOptions,
    pub(crate) carried: Carried,
}

/// How a child comes by its specification when the user says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChildKind {
    /// `T::child_spec(...)`.
    Server,
    /// A `Registry`, `Groups`, a `PubSub` or a `PartitionSupervisor`: made from nothing.
    Default,
    /// A `DynamicSupervisor` or a `TaskSupervisor`: made from nothing, and may be told how many children it may have.
    Dynamic,
}

/// The arguments of `#[child(...)]`. An [`Ident`] is the argument's name, for messages.
#[derive(Default)]
pub(crate) struct ChildOptions {
    /// An expression that gives the whole specification.
    pub(crate) start: Option<(Ident, Expr)>,
    /// What `T::child_spec` is called with.
    pub(crate) args: Option<(Ident, Vec<Expr>)>,
    pub(crate) max_children: Option<(Ident, Expr)>,
    /// The child is a declared supervisor, whose children are reached through it.
    pub(crate) tree: Option<Ident>,
    pub(crate) restart: Option<(Ident, Restart)>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) significant: Option<Ident>,
    pub(crate) id: Option<LitStr>,
    /// What is beyond OTP.
    pub(crate) settings: Vec<Setting>,
}

/// What is asked for a child beyond OTP: a method of its specification, and what that takes.
pub(crate) enum Setting {
    Values(Ident, Vec<Expr>),
    Time(Ident, Duration),
}
