//! A worker's child specifications.
//!
//! ```text
//! impl Cache {
//!     pub fn child_spec(args: <Self as GenServer>::Args) -> ChildSpec<Self>
//!     where
//!         for<'a> <Self as GenServer>::Args: Clone + Sync,
//!     {
//!         ChildSpec::new(args).restart(Restart::Transient)
//!     }
//!     pub fn child_spec_with(make: impl Fn() -> Args + Send + Sync + 'static) -> ChildSpec<Self> { ... }
//!     pub fn child_spec_once(args: Args) -> TemporarySpec<Self> { ... }
//! }
//! ```
//!
//! With `start = path`, what is started is whatever that function starts, and there is one
//! `child_spec`, which takes what `args(...)` says.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::ext::IdentExt;

use super::server::{restart, setting, shutdown};
use super::{docs, local, located, visibility};
use crate::model::Worker;

/// Writes the functions.
pub(crate) fn worker(worker: &Worker) -> TokenStream {
    let (ident, attrs) = (&worker.ident, &worker.carried.attrs);
    let (impl_generics, type_generics, where_clause) = worker.generics.split_for_impl();
    let (functions, asserted) = match &worker.options.start {
        Some((_, start)) => (started(worker, start), None),
        None => (served(worker), Some(is_server(worker))),
    };
    quote! {
        #asserted
        #(#attrs)*
        #[automatically_derived]
        impl #impl_generics #ident #type_generics #where_clause {
            #functions
        }
    }
}

/// Writes what does not compile if the type is no server: one message, on its name. The functions
/// take for granted that it is one, by a bound that the compiler does not look into before they are
/// called.
fn is_server(worker: &Worker) -> TokenStream {
    let (ident, facade) = (&worker.ident, &worker.options.facade);
    let attrs = &worker.carried.attrs;
    let (impl_generics, type_generics, where_clause) = worker.generics.split_for_impl();
    let asked = quote_spanned! {located(ident.span())=>
        is_server::<#ident #type_generics>()
    };
    quote! {
        #(#attrs)*
        const _: () = {
            const fn is_server<S: #facade::server::GenServer>() {}
            const fn _asked #impl_generics () #where_clause { #asked }
        };
    }
}

/// Writes the functions of a server.
fn served(worker: &Worker) -> TokenStream {
    let facade = &worker.options.facade;
    let vis = visibility(&worker.vis);
    let name = worker.ident.unraw();
    let (args, make) = (local("args"), local("make"));
    let given = quote!(<Self as #facade::server::GenServer>::Args);
    let (common, repeated) = changes(worker);
    let spec_docs = docs(&format!(
        "Tells a supervisor how to start a `{name}`; the arguments are cloned for each start."
    ));
    let with_docs = docs(&format!(
        "Tells a supervisor how to start a `{name}`; the arguments are made afresh for each start."
    ));
    let once_docs = docs(&format!(
        "Tells a supervisor how to start a `{name}` whose arguments exist once: it is temporary."
    ));
    quote! {
        #spec_docs
        #vis fn child_spec(#args: #given) -> #facade::supervisor::ChildSpec<Self>
        where
            for<'__regrow> Self: #facade::server::GenServer,
            for<'__regrow> #given: ::core::clone::Clone + ::core::marker::Sync,
        {
            #facade::supervisor::ChildSpec::new(#args) #common #repeated
        }
        #with_docs
        #[allow(clippy::impl_trait_in_params)]
        #vis fn child_spec_with(
            #make: impl ::core::ops::Fn() -> #given
                + ::core::marker::Send + ::core::marker::Sync + 'static,
        ) -> #facade::supervisor::ChildSpec<Self>
        where
            for<'__regrow> Self: #facade::server::GenServer,
        {
            #facade::supervisor::ChildSpec::with(#make) #common #repeated
        }
        #once_docs
        #vis fn child_spec_once(#args: #given) -> #facade::supervisor::TemporarySpec<Self>
        where
            for<'__regrow> Self: #facade::server::GenServer,
        {
            #facade::supervisor::ChildSpec::once(#args) #common
        }
    }
}

/// Writes the function of what another function starts.
fn started(worker: &Worker, start: &Expr) -> TokenStream {
    let facade = &worker.options.facade;
    let vis = visibility(&worker.vis);
    let arguments = worker.options.args.as_ref();
    let arguments = arguments.map_or(&[][..], |(_, arguments)| arguments);
    let names: Vec<_> = arguments.iter().map(|argument| &argument.ident).collect();
    let types: Vec<_> = arguments.iter().map(|argument| &argument.ty).collect();
    let (common, repeated) = changes(worker);
    let id = worker.options.id.as_ref().map_or_else(
        || quote!(::core::any::type_name::<Self>()),
        ToTokens::to_token_stream,
    );
    let spec_docs = docs(&format!(
        "Tells a supervisor how to start a `{}`; the arguments are cloned for each start.",
        worker.ident.unraw()
    ));
    quote! {
        #spec_docs
        #vis fn child_spec(#(#names: #types),*) -> #facade::supervisor::AnyChildSpec {
            #facade::supervisor::AnyChildSpec::from_fn(
                #id,
                move || (#start)(#(::core::clone::Clone::clone(&#names)),*),
            ) #common #repeated
        }
    }
}

/// Returns the builder's calls for what the attribute says: those of any specification, and those of
/// one that is started again and again.
fn changes(worker: &Worker) -> (TokenStream, TokenStream) {
    let options = &worker.options;
    let facade = &options.facade;
    let id = options.id.as_ref().map(|id| quote!(.id(#id)));
    let shutdown = options.shutdown.map(|limit| {
        let limit = shutdown(limit, facade);
        quote!(.shutdown(#limit))
    });
    let significant = options
        .significant
        .as_ref()
        .map(|_| quote!(.significant(true)));
    let name = options
        .name
        .as_ref()
        .map(|(_, name)| quote!(.name(#facade::reference::Name::<Self>::new(#name))));
    let restart = options.restart.as_ref().map(|(_, kind)| {
        let kind = restart(*kind, facade);
        quote!(.restart(#kind))
    });
    let settings = options.settings.iter().map(setting);
    (
        quote!(#id #shutdown #significant #name),
        quote!(#restart #(#settings)*),
    )
}
