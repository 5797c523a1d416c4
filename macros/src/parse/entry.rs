//! `#[regrow::main]` and `#[regrow::test]`: a function.

use proc_macro2::TokenStream;
use syn::{Item, ItemFn};

use super::{Untouched, item, wrong_item};
use crate::args;
use crate::errors::Errors;
use crate::model::{Entry, MainOptions, TestOptions};

/// Reads what stands under `#[regrow::main]`.
pub(crate) fn main(
    attribute: TokenStream,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Result<Entry<MainOptions>, Untouched> {
    let options = args::main(attribute, errors);
    let function = function(tokens, "`#[regrow::main]` goes on `async fn main`", errors)?;
    Ok(Entry {
        options,
        function,
        broken: false,
    })
}

/// Reads what stands under `#[regrow::test]`.
pub(crate) fn test(
    attribute: TokenStream,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Result<Entry<TestOptions>, Untouched> {
    let options = args::test(attribute, errors);
    let function = function(tokens, "`#[regrow::test]` goes on an `async fn`", errors)?;
    Ok(Entry {
        options,
        function,
        broken: false,
    })
}

fn function(tokens: TokenStream, expected: &str, errors: &mut Errors) -> Result<ItemFn, Untouched> {
    match item(tokens, errors)? {
        Item::Fn(function) => Ok(function),
        other => Err(wrong_item(&other, expected, errors)),
    }
}
