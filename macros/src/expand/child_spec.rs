//! The functions that start a server, and those that tell a supervisor how to.
//!
//! ```text
//! impl Counter {
//!     pub fn start(value: i64) -> ::regrow::server::Start<Self> {
//!         ::regrow::server::Start::new(value)
//!     }
//!     pub fn start_link(value: i64) -> ::regrow::server::Start<Self> {
//!         Self::start(value).link()
//!     }
//!     pub fn child_spec(value: i64) -> ::regrow::supervisor::ChildSpec<Self>
//!     where
//!         for<'a> i64: Clone + Sync,
//!     {
//!         ::regrow::supervisor::ChildSpec::new(value)
//!     }
//! }
//! ```
//!
//! All of them take exactly what `#[init]` takes. A `child_spec` repeats its arguments at every
//! start, so they must be `Clone`; the bound stands under a `for<'a>`, which puts off its proof to
//! those who call the function. Arguments that exist once go to `child_spec_once`, and those made
//! afresh to `child_spec_with`; a server without arguments needs neither.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use super::server::setting;
use super::{bundle, docs, local, located, subject, visibility};
use crate::fallback;
use crate::model::{Handler, Kind, Server};

/// Writes the functions for every `#[init]` there is.
pub(super) fn starts(server: &Server) -> TokenStream {
    let clash = Server::WRITTEN.iter().any(|name| server.defines(name));
    let mut inits = server.sound(Kind::Init).peekable();
    if clash || inits.peek().is_none() {
        return fallback::starts(server);
    }
    inits.map(|init| functions(server, init)).collect()
}

fn functions(server: &Server, init: &Handler) -> TokenStream {
    let at = located(server.ident.span());
    let ty = server.ty();
    let attrs = server.carried.attrs.iter().chain(&init.carried.attrs);
    let (impl_generics, _, where_clause) = server.generics().split_for_impl();
    let written = [
        start(server, init),
        child_spec(server, init),
        init.values()
            .next()
            .map(|_| other_specs(server, init))
            .into_token_stream(),
    ];
    quote_spanned! {at=>
        #(#attrs)*
        impl #impl_generics #ty #where_clause {
            #(#written)*
        }
    }
}

fn start(server: &Server, init: &Handler) -> TokenStream {
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let name = server.ident.unraw();
    let named = named(server);
    let own = &init.carried.docs;
    let own = (!own.is_empty()).then(|| quote!(#[doc = ""] #(#own)*));
    let start = start_head(server, init, "start");
    let start_link = start_head(server, init, "start_link");
    let arguments = bundled(init);
    let passed = init.values().map(|param| &param.name);
    let (subject, module) = (subject(server, at), server.behaviour.module());
    let start_docs = docs(&format!("Starts a `{name}` that is linked to nobody."));
    let link_docs = docs(&format!("Starts a `{name}` and links it to the caller."));
    let otp = docs(&format!("\n# In OTP\n\n`{module}:start/3`"));
    let otp_link = docs(&format!("\n# In OTP\n\n`{module}:start_link/3`"));
    quote_spanned! {at=>
        #start_docs #own #otp
        #start -> #facade::server::Start<#subject> {
            #facade::server::Start::new(#arguments) #named
        }
        #link_docs #own #otp_link
        #start_link -> #facade::server::Start<#subject> {
            Self::start(#(#passed),*).link()
        }
    }
}

fn child_spec(server: &Server, init: &Handler) -> TokenStream {
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let name = server.ident.unraw();
    let named = named(server);
    let settings = server.options.settings.iter().map(setting);
    let head = start_head(server, init, "child_spec");
    let arguments = bundled(init);
    let types = init.value_types();
    let subject = subject(server, at);
    let where_clause = (!types.is_empty()).then(
        || quote!(where #(for<'__regrow> #types: ::core::clone::Clone + ::core::marker::Sync),*),
    );
    let docs = docs(&match types[..] {
        [] => format!("Tells a supervisor how to start a `{name}`."),
        _ => format!(
            "Tells a supervisor how to start a `{name}`; the arguments are cloned for each start."
        ),
    });
    quote_spanned! {at=>
        #docs
        #head -> #facade::supervisor::ChildSpec<#subject> #where_clause {
            #facade::supervisor::ChildSpec::new(#arguments) #named #(#settings)*
        }
    }
}

fn other_specs(server: &Server, init: &Handler) -> TokenStream {
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let name = server.ident.unraw();
    let named = named(server);
    let vis = visibility(&init.vis);
    let args = bundle(&init.value_types());
    let settings = server.options.settings.iter().map(setting);
    let once = start_head(server, init, "child_spec_once");
    let arguments = bundled(init);
    let make = local("make");
    let subject = subject(server, at);
    let with_docs = docs(&format!(
        "Tells a supervisor how to start a `{name}`; the arguments are made afresh for each start."
    ));
    let once_docs = docs(&format!(
        "Tells a supervisor how to start a `{name}` whose arguments exist once: it is temporary."
    ));
    quote_spanned! {at=>
        #with_docs
        #[allow(clippy::impl_trait_in_params)]
        #vis fn child_spec_with(
            #make: impl ::core::ops::Fn() -> #args
                + ::core::marker::Send + ::core::marker::Sync + 'static,
        ) -> #facade::supervisor::ChildSpec<#subject> {
            #facade::supervisor::ChildSpec::with(#make) #named #(#settings)*
        }
        #once_docs
        #once -> #facade::supervisor::TemporarySpec<#subject> {
            #facade::supervisor::ChildSpec::once(#arguments) #named
        }
    }
}

/// Returns a function up to its return type.
pub(crate) fn start_head(server: &Server, init: &Handler, function: &str) -> TokenStream {
    let vis = visibility(&init.vis);
    let function = Ident::new(function, located(server.ident.span()));
    let names = init.values().map(|param| &param.name);
    let types = init.values().map(|param| &param.ty);
    quote!(#vis fn #function(#(#names: #types),*))
}

/// Returns the arguments as the one value a server is started with.
fn bundled(init: &Handler) -> TokenStream {
    bundle(&init.value_names())
}

/// Returns the builder's call that registers the server, when it has a name.
fn named(server: &Server) -> Option<TokenStream> {
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let name = server.options.name.as_ref()?;
    let subject = subject(server, at);
    Some(quote_spanned!(at=> .name(#facade::reference::Name::<#subject>::new(#name))))
}
