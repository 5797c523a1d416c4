//! Functions that run as a process.
//!
//! ```text
//! fn main() -> ::std::process::ExitCode {
//!     async fn __regrow_body() -> Result<(), ExitReason> { ... }
//!     ::regrow::__private::main(
//!         ::regrow::__private::MainOptions { schedulers: ::core::option::Option::Some(2) },
//!         __regrow_body(),
//!     )
//! }
//!
//! #[::core::prelude::v1::test]
//! fn replays() {
//!     async fn __regrow_body() { ... }
//!     ::regrow::__private::test(
//!         ::regrow::__private::TestOptions {
//!             name: ::core::concat!(::core::module_path!(), "::replays"),
//!             seeds: 100,
//!             seed: ::core::option::Option::None,
//!         },
//!         __regrow_body,
//!     );
//! }
//! ```
//!
//! The body stays a function rather than an `async` block, so that `?`, `return` and the written
//! type mean what they mean to the reader.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Expr, ItemFn};

use super::local;
use crate::fallback;
use crate::model::{Entry, MainOptions, TestOptions};

/// Writes `fn main`.
pub(crate) fn main(entry: &Entry<MainOptions>) -> TokenStream {
    let rg = entry.options.facade.door();
    let (body, call) = (body(&entry.function), local("body"));
    let schedulers = option(entry.options.own.schedulers.as_ref());
    let inside = if entry.broken {
        quote!(::std::process::ExitCode::FAILURE)
    } else {
        quote!(#rg::main(#rg::MainOptions { schedulers: #schedulers }, #call()))
    };
    let ItemFn {
        attrs, vis, sig, ..
    } = &entry.function;
    let name = &sig.ident;
    let body = fallback::body(entry, body);
    quote! {
        #(#attrs)*
        #vis fn #name() -> ::std::process::ExitCode {
            #body
            #inside
        }
    }
}

/// Writes a test.
pub(crate) fn test(entry: &Entry<TestOptions>) -> TokenStream {
    let rg = entry.options.facade.door();
    let (body, call) = (body(&entry.function), local("body"));
    let ItemFn {
        attrs, vis, sig, ..
    } = &entry.function;
    let name = &sig.ident;
    let path = format!("::{}", name.unraw());
    let seeds = entry
        .options
        .own
        .seeds
        .as_ref()
        .map_or(quote!(1), |seeds| quote!(#seeds));
    let seed = option(entry.options.own.seed.as_ref());
    let inside = (!entry.broken).then(|| {
        quote! {
            #rg::test(
                #rg::TestOptions {
                    name: ::core::concat!(::core::module_path!(), #path),
                    seeds: #seeds,
                    seed: #seed,
                },
                #call,
            );
        }
    });
    let body = fallback::body(entry, body);
    quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() {
            #body
            #inside
        }
    }
}

/// The user's function under a name of ours.
fn body(function: &ItemFn) -> TokenStream {
    let mut signature = function.sig.clone();
    signature.ident = local("body");
    let block = &function.block;
    // Whether the body waits for anything is not a matter of taste here: it has to be `async`.
    quote!(#[allow(clippy::unused_async)] #signature #block)
}

fn option(value: Option<&Expr>) -> TokenStream {
    value.map_or(
        quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}
