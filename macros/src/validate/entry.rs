//! Rules about the function under `#[regrow::main]` or `#[regrow::test]`.

use quote::ToTokens;
use syn::{Safety, Signature};

use crate::errors::Errors;
use crate::model::Entry;
use crate::parse::mentions;

/// Checks a function that is to run as a process.
pub(crate) fn entry<O>(entry: &mut Entry<O>, attribute: &str, errors: &mut Errors) {
    let before = errors.count();
    signature(&entry.function.sig, attribute, errors);
    entry.broken = errors.count() > before;
}

fn signature(signature: &Signature, attribute: &str, errors: &mut Errors) {
    let name = &signature.ident;
    if signature.asyncness.is_none() {
        errors.at(
            signature.fn_token,
            format!("write `async fn {name}`: it runs as a process"),
        );
    }
    if let Some(token) = &signature.constness {
        errors.at(
            token,
            format!("`{attribute}` starts a runtime, which no `const fn` can"),
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(
            token,
            format!("`{attribute}` calls the function, so it cannot be `unsafe`"),
        );
    }
    if let Some(token) = &signature.abi {
        errors.at(
            token,
            format!("`{attribute}` calls the function, so it has Rust's ABI"),
        );
    }
    if let Some(first) = signature.inputs.first() {
        let inbox = mentions(first.to_token_stream(), &["Inbox"]);
        let hint = if inbox {
            ": take messages in a process that it spawns"
        } else {
            ""
        };
        errors.at(
            first,
            format!("`{attribute}` calls the function, and has nothing to give it{hint}"),
        );
    }
    if !signature.generics.params.is_empty() {
        let message = format!("`{attribute}` calls the function, and chooses no types");
        errors.at(&signature.generics, message);
    }
}
