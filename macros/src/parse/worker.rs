//! `#[derive(ChildSpec)]`: a type and the attributes beside it.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use super::{Untouched, carried};
use crate::args;
use crate::errors::Errors;
use crate::model::{Worker, WorkerOptions};

/// Reads a worker. A derive adds to the item, so there is nothing to give back if it cannot be read.
pub(crate) fn worker(item: TokenStream, errors: &mut Errors) -> Result<Worker, Untouched> {
    let item: DeriveInput = syn::parse2(item).map_err(|error| {
        errors.push(error);
        Untouched(TokenStream::new())
    })?;
    let mut options = WorkerOptions::default();
    for attribute in &item.attrs {
        if attribute.path().is_ident("child_spec") {
            args::worker(&attribute.meta, &mut options, errors);
        }
    }
    Ok(Worker {
        options,
        carried: carried(&item.attrs),
        vis: item.vis,
        ident: item.ident,
        generics: item.generics,
    })
}
