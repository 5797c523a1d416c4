//! The methods of every reference to a server.
//!
//! ```text
//! pub trait CounterClient: ::regrow::__private::Target<Counter> + 'static {}
//! impl<T: ::regrow::__private::Target<Counter> + 'static> CounterClient for T {}
//! impl ::regrow::__private::HasClient for Counter {
//!     type Client = dyn CounterClient;
//!     fn client<T: ::regrow::__private::Target<Self> + 'static>(target: &T) -> &Self::Client { target }
//! }
//! impl dyn CounterClient {
//!     pub fn add(&self, by: i64) { ::regrow::__private::cast::<Counter, _>(self, Add(by)) }
//!     pub fn get(&self) -> ::regrow::call::Call<i64> {
//!         ::regrow::__private::call::<Counter, _>(self, Get())
//!     }
//! }
//! ```
//!
//! Inherent methods of a local trait object need no import where they are used and no `unsafe`
//! where a reference becomes one: `&ServerRef<Counter>` coerces to `&dyn CounterClient`, as does
//! every other kind of reference. The trait is always public, since it appears in the associated
//! type of an impl of a public trait; lints about a private type in it are told so.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{GenericParam, Ident};

use super::message::reply_type;
use super::{docs, located, subject, subject_by_name, visibility};
use crate::fallback;
use crate::model::{Behaviour, Handler, Kind, ReplyShape, Server};
use crate::path::Facade;

/// Returns the name of the trait.
pub(super) fn name(server: &Server) -> Ident {
    let name = format!("{}Client", server.ident.unraw());
    Ident::new(&name, located(server.ident.span()))
}

/// The type parameter of generated functions, out of the way of the user's.
fn target() -> Ident {
    Ident::new("__RegrowTarget", Span::mixed_site())
}

/// Writes the trait, which users may name.
pub(super) fn definition(server: &Server) -> TokenStream {
    let at = located(server.ident.span());
    let rg = server.options.facade.at(at).door();
    let (client, attrs) = (name(server), &server.carried.attrs);
    let subject = subject_by_name(server, at);
    let generics = server.generics();
    let where_clause = &generics.where_clause;
    let leads_to = match server.behaviour {
        Behaviour::GenServer => server.ident.unraw().to_string(),
        Behaviour::GenStatem => format!("Machine<{}>", server.ident.unraw()),
    };
    let docs = docs(&format!(
        "What a reference to a [`{0}`] can do.\n\n\
         These are the methods of `ServerRef<{1}>` and of everything else that leads to one: a\n\
         name, a registry's key, a supervisor's child. They send; the handlers in the `impl`\n\
         block of `{0}` receive.",
        server.ident.unraw(),
        leads_to,
    ));
    quote_spanned! {at=>
        #docs
        #(#attrs)*
        pub trait #client #generics: #rg::Target<#subject> + 'static #where_clause {}
    }
}

/// Writes how a reference becomes a client.
pub(super) fn reached(server: &Server) -> TokenStream {
    let at = located(server.ident.span());
    let rg = server.options.facade.at(at).door();
    let (client, ty, target) = (name(server), server.ty(), target());
    let by_name = subject_by_name(server, at);
    let subject = subject(server, at);
    let has_client = match server.behaviour {
        Behaviour::GenServer => quote_spanned!(at=> #rg::HasClient),
        Behaviour::GenStatem => quote_spanned!(at=> #rg::HasMachineClient),
    };
    let generics = server.generics();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let mut every = generics.clone();
    every
        .params
        .push(GenericParam::Type(syn::TypeParam::from(target.clone())));
    let predicate = syn::parse_quote!(#target: #rg::Target<#by_name> + 'static);
    every.make_where_clause().predicates.push(predicate);
    let (every_generics, _, every_where) = every.split_for_impl();
    quote_spanned! {at=>
        #[automatically_derived]
        impl #every_generics #client #ty_generics for #target #every_where {}
        #[automatically_derived]
        impl #impl_generics #has_client for #ty #where_clause {
            type Client = dyn #client #ty_generics;
            #[inline]
            fn client<#target: #rg::Target<#subject> + 'static>(
                __regrow_target: &#target,
            ) -> &Self::Client {
                __regrow_target
            }
        }
    }
}

/// Writes the methods. `sent` is what a handler's method sends; those without have no method.
pub(super) fn methods(
    server: &Server,
    sent: impl Fn(&Handler) -> Option<TokenStream>,
) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = server.generics().split_for_impl();
    let client = name(server);
    let methods = server
        .handlers
        .iter()
        .filter(|handler| handler.kind.has_method());
    let methods = methods.filter_map(|handler| {
        if handler.broken {
            Some(fallback::method(server, handler))
        } else {
            sent(handler).map(|message| method(server, handler, &message))
        }
    });
    let methods: Vec<TokenStream> = methods.collect();
    if methods.is_empty() {
        return TokenStream::new();
    }
    quote_spanned! {located(server.ident.span())=>
        impl #impl_generics dyn #client #ty_generics #where_clause {
            #(#methods)*
        }
    }
}

fn method(server: &Server, handler: &Handler, message: &TokenStream) -> TokenStream {
    let at = located(handler.ident.span());
    let rg = server.options.facade.at(at).door();
    let head = method_head(server, handler, None);
    let where_clause = &handler.generics.where_clause;
    let ask = match handler.kind {
        Kind::Call => "call",
        _ if server.options.casts_wait() => "cast_when_room",
        _ => "cast",
    };
    let ask = Ident::new(ask, at);
    let flatten = match handler.reply.shape {
        ReplyShape::Plain => None,
        ReplyShape::Result(..) | ReplyShape::Alias => Some(quote_spanned!(at=> .flatten())),
    };
    quote_spanned! {at=>
        #head #where_clause {
            #rg::#ask(self, #message) #flatten
        }
    }
}

/// Writes a method up to its where clause: what goes with it, its name, what it takes and gives.
///
/// What it gives may be replaced, for a reply that cannot be named.
pub(crate) fn method_head(
    server: &Server,
    handler: &Handler,
    output: Option<&TokenStream>,
) -> TokenStream {
    let docs = method_docs(server, handler);
    let attrs = &handler.carried.attrs;
    let deprecated = &handler.carried.deprecated;
    let vis = visibility(&handler.vis);
    let (name, generics) = (&handler.ident, &handler.generics);
    let names = handler.values().map(|param| &param.name);
    let types = handler.values().map(|param| &param.ty);
    let output = match handler.kind {
        Kind::Call => Some(
            output
                .cloned()
                .unwrap_or_else(|| call_type(server, handler)),
        ),
        _ if server.options.casts_wait() => {
            let at = located(handler.ident.span());
            let facade = server.options.facade.at(at);
            Some(quote_spanned!(at=> -> #facade::server::Cast))
        }
        _ => None,
    };
    quote_spanned! {located(handler.ident.span())=>
        #docs
        #(#attrs)*
        #deprecated
        #[inline]
        #vis fn #name #generics (&self, #(#names: #types),*) #output
    }
}

/// Returns what calling gives, `-> Call<T>` or `-> Call<T, E>`.
fn call_type(server: &Server, handler: &Handler) -> TokenStream {
    call_type_in(&server.options.facade, handler)
}

/// As [`call_type`], of any handler.
pub(super) fn call_type_in(facade: &Facade, handler: &Handler) -> TokenStream {
    let at = located(handler.ident.span());
    let facade = facade.at(at);
    let rg = facade.door();
    let reply = reply_type(handler);
    match &handler.reply.shape {
        ReplyShape::Plain => quote_spanned!(at=> -> #facade::call::Call<#reply>),
        ReplyShape::Result(ok, err) => quote_spanned!(at=> -> #facade::call::Call<#ok, #err>),
        ReplyShape::Alias => quote_spanned! {at=>
            -> #facade::call::Call<<#reply as #rg::IsResult>::Ok, <#reply as #rg::IsResult>::Err>
        },
    }
}

/// The handler's documentation, or a line in its place, and what OTP calls it.
fn method_docs(server: &Server, handler: &Handler) -> TokenStream {
    let module = server.behaviour.module();
    lines_about(&server.ident, module, handler, server.options.casts_wait())
}

/// As [`method_docs`], of any handler of something that has this name.
pub(super) fn lines_about(of: &Ident, module: &str, handler: &Handler, waits: bool) -> TokenStream {
    let (server, name) = (of.unraw(), handler.ident.unraw());
    let own = &handler.carried.docs;
    let summary = match handler.kind {
        _ if !own.is_empty() => None,
        Kind::Call => Some(format!(
            "Calls `{server}::{name}` and gives what it replies."
        )),
        _ if waits => Some(format!(
            "Casts to `{server}::{name}`, when there is room in its mailbox."
        )),
        _ => Some(format!(
            "Casts to `{server}::{name}`: sends and does not wait."
        )),
    };
    let summary = summary.map(|summary| docs(&summary));
    let otp = match handler.kind {
        Kind::Call => docs(&format!("\n# In OTP\n\n`{module}:call/2`")),
        _ => docs(&format!("\n# In OTP\n\n`{module}:cast/2`")),
    };
    quote!(#(#own)* #summary #otp)
}
