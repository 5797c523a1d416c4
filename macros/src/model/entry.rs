//! An entry point: the function under `#[regrow::main]` or `#[regrow::test]`.

use syn::{Expr, ItemFn};

use crate::path::Facade;

/// A function that runs as a process, and how.
pub(crate) struct Entry<O> {
    pub(crate) options: EntryOptions<O>,
    pub(crate) function: ItemFn,
    /// A mistake was found in it: the fallback speaks for it.
    pub(crate) broken: bool,
}

/// The arguments of the attribute: those that both have, and one's own.
#[derive(Default)]
pub(crate) struct EntryOptions<O> {
    pub(crate) own: O,
    pub(crate) facade: Facade,
}

/// The arguments of `#[regrow::main]`.
#[derive(Default)]
pub(crate) struct MainOptions {
    pub(crate) schedulers: Option<Expr>,
}

/// The arguments of `#[regrow::test]`.
#[derive(Default)]
pub(crate) struct TestOptions {
    /// How many schedules are tried.
    pub(crate) seeds: Option<Expr>,
    /// The first of them.
    pub(crate) seed: Option<Expr>,
}
