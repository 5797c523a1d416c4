//! The arguments of `#[protocol(...)]`.

use proc_macro2::TokenStream;

use super::{read, value};
use crate::errors::Errors;
use crate::path::Facade;

/// Reads what stands in `#[protocol(...)]`: where the library is found.
pub(crate) fn protocol(tokens: TokenStream, errors: &mut Errors) -> Facade {
    let mut facade = Facade::default();
    read(tokens, &["crate"], errors, |key, input, errors| {
        facade = value::facade(key, input, errors)?.unwrap_or_default();
        Ok(())
    });
    facade
}
