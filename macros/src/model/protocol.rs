//! A protocol: a trait whose methods become messages.

use syn::{Ident, ItemTrait, Visibility};

use super::{Carried, Handler};
use crate::path::Facade;

/// What `#[protocol]` stands on.
pub(crate) struct Protocol {
    pub(crate) facade: Facade,
    /// The trait as the user wrote it, our attributes taken off.
    pub(crate) item: ItemTrait,
    /// What goes from the trait to everything made of it.
    pub(crate) carried: Carried,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// Its methods; each a call, or a cast if it says so.
    pub(crate) methods: Vec<Handler>,
}

impl Protocol {
    /// The methods that may be expanded.
    pub(crate) fn sound(&self) -> impl Iterator<Item = &Handler> {
        self.methods.iter().filter(|method| !method.broken)
    }
}
