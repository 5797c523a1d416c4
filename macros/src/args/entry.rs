//! The arguments of `#[regrow::main(...)]` and `#[regrow::test(...)]`.

use proc_macro2::TokenStream;

use super::{read, value};
use crate::errors::Errors;
use crate::model::{EntryOptions, MainOptions, TestOptions};

/// Reads what stands in `#[regrow::main(...)]`.
pub(crate) fn main(tokens: TokenStream, errors: &mut Errors) -> EntryOptions<MainOptions> {
    let mut options = EntryOptions::<MainOptions>::default();
    read(
        tokens,
        &["schedulers", "crate"],
        errors,
        |key, input, errors| {
            match key.to_string().as_str() {
                "schedulers" => options.own.schedulers = value::count(key, 1, input, errors)?,
                _ => options.facade = value::facade(key, input, errors)?.unwrap_or_default(),
            }
            Ok(())
        },
    );
    options
}

/// Reads what stands in `#[regrow::test(...)]`.
pub(crate) fn test(tokens: TokenStream, errors: &mut Errors) -> EntryOptions<TestOptions> {
    let mut options = EntryOptions::<TestOptions>::default();
    read(
        tokens,
        &["seeds", "seed", "crate"],
        errors,
        |key, input, errors| {
            match key.to_string().as_str() {
                "seeds" => options.own.seeds = value::count(key, 1, input, errors)?,
                "seed" => options.own.seed = value::count(key, 0, input, errors)?,
                _ => options.facade = value::facade(key, input, errors)?.unwrap_or_default(),
            }
            Ok(())
        },
    );
    options
}
