//! A worker type with a child specification.

use syn::{Expr, Generics, Ident, LitStr, Visibility};

use super::{Argument, Carried, Restart, Setting, Shutdown};
use crate::path::Facade;

/// What `#[derive(ChildSpec)]` stands on.
pub(crate) struct Worker {
    pub(crate) options: WorkerOptions,
    pub(crate) carried: Carried,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
}

/// The arguments of `#[child_spec(...)]`. An [`Ident`] is the argument's name, for messages.
#[derive(Default)]
pub(crate) struct WorkerOptions {
    pub(crate) restart: Option<(Ident, Restart)>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) id: Option<LitStr>,
    pub(crate) significant: Option<Ident>,
    pub(crate) name: Option<(Ident, LitStr)>,
    /// What starts it, if it is no server.
    pub(crate) start: Option<(Ident, Expr)>,
    /// What that takes.
    pub(crate) args: Option<(Ident, Vec<Argument>)>,
    /// What is beyond OTP.
    pub(crate) settings: Vec<Setting>,
    pub(crate) facade: Facade,
}
