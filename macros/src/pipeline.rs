//! The stages, one after the other: read, check, write.
//!
//! Each macro is a function from tokens to tokens here. They are `proc_macro2`'s, which exist
//! outside of a compiler too, so that tests can call what the compiler calls.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::parse::Untouched;
use crate::{expand, parse, validate};

/// Expands `#[gen_server]`.
pub(crate) fn gen_server(attribute: TokenStream, item: TokenStream) -> TokenStream {
    run(|errors| {
        let mut server = parse::server(attribute, item, errors)?;
        validate::server(&mut server, errors);
        Ok(expand::server(&server))
    })
}

/// Expands `#[gen_statem]`.
pub(crate) fn gen_statem(attribute: TokenStream, item: TokenStream) -> TokenStream {
    run(|errors| {
        let mut machine = parse::statem(attribute, item, errors)?;
        validate::statem(&mut machine, errors);
        Ok(expand::statem(&machine))
    })
}

/// Expands `#[supervisor]`.
pub(crate) fn supervisor(attribute: TokenStream, item: TokenStream) -> TokenStream {
    run(|errors| {
        let mut supervisor = parse::supervisor(attribute, item, errors)?;
        validate::supervisor(&mut supervisor, errors);
        Ok(expand::supervisor(&supervisor))
    })
}

/// Expands `#[derive(ChildSpec)]`.
pub(crate) fn child_spec(item: TokenStream) -> TokenStream {
    run(|errors| {
        let mut worker = parse::worker(item, errors)?;
        validate::worker(&mut worker, errors);
        Ok(expand::worker(&worker))
    })
}

/// Expands `#[protocol]`.
pub(crate) fn protocol(attribute: TokenStream, item: TokenStream) -> TokenStream {
    run(|errors| {
        let mut protocol = parse::protocol(attribute, item, errors)?;
        validate::protocol(&mut protocol, errors);
        Ok(expand::protocol(&protocol))
    })
}

/// Expands `#[regrow::main]`.
pub(crate) fn main(attribute: TokenStream, item: TokenStream) -> TokenStream {
    run(|errors| {
        let mut entry = parse::main(attribute, item, errors)?;
        validate::entry(&mut entry, "#[regrow::main]", errors);
        Ok(expand::main(&entry))
    })
}

/// Expands `#[regrow::test]`.
pub(crate) fn test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    run(|errors| {
        let mut entry = parse::test(attribute, item, errors)?;
        validate::entry(&mut entry, "#[regrow::test]", errors);
        Ok(expand::test(&entry))
    })
}

/// Runs one macro and puts what went wrong behind what it wrote.
fn run(macro_: impl FnOnce(&mut Errors) -> Result<TokenStream, Untouched>) -> TokenStream {
    let mut errors = Errors::new();
    let written = macro_(&mut errors).unwrap_or_else(|Untouched(tokens)| tokens);
    let errors = errors.finish();
    quote!(#written #errors)
}
