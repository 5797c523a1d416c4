//! A protocol: its reference, its messages, and how servers of any type handle them.
//!
//! ```text
//! pub struct StoreRef { pid: ::regrow::process::Pid, table: &'static StoreTable }
//! struct StoreTable { get: fn(::regrow::process::Pid, String) -> ::regrow::call::Call<Option<String>> }
//! struct Get(String);
//! impl<S: Store + ::regrow::server::GenServer> ::regrow::__private::ProtocolCall<S> for Get {
//!     type Reply = Option<String>;
//!     fn handle(self, state: &mut S) -> impl ::regrow::__private::Step<...> {
//!         let Get(key) = self;
//!         ::regrow::answer::Reply::now(<S as Store>::get(state, key))
//!     }
//! }
//! impl StoreRef {
//!     pub fn get(&self, key: String) -> ::regrow::call::Call<Option<String>> {
//!         (self.table.get)(self.pid, key)
//!     }
//! }
//! ```
//!
//! The table is made once for each type of server, when a reference to one is turned into a reference
//! by the protocol.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, ReturnType, TraitItem, parse_quote, parse_quote_spanned};

use super::client::{call_type_in, lines_about};
use super::message::reply_type;
use super::{docs, local, located};
use crate::model::{Handler, Kind, Protocol, ReplyShape};

/// Writes a protocol.
pub(crate) fn protocol(protocol: &Protocol) -> TokenStream {
    let item = item(protocol);
    let at = located(protocol.ident.span());
    let attrs = &protocol.carried.attrs;
    let definition = definition(protocol);
    let messages = protocol.sound().map(|method| message(protocol, method));
    let made = made(protocol);
    let methods = protocol.sound().map(|method| client(protocol, method));
    let (reference, _) = names(protocol);
    quote_spanned! {at=>
        #item
        #definition
        #(#attrs)*
        const _: () = {
            #(#messages)*
            #made
            impl #reference {
                #(#methods)*
            }
        };
    }
}

/// The trait, its `async` methods written so that their futures may wander between threads.
fn item(protocol: &Protocol) -> TokenStream {
    let mut item = protocol.item.clone();
    for method in protocol.sound() {
        let (Some(asyncness), Some(TraitItem::Fn(function))) =
            (method.asyncness, item.items.get_mut(method.position))
        else {
            continue;
        };
        let at = located(asyncness.span);
        let output = match &function.sig.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => quote!(#ty),
        };
        function.sig.asyncness = None;
        function.sig.output = parse_quote_spanned! {at=>
            -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
        };
        if let Some(body) = &function.default {
            function.default = Some(parse_quote!({ async move #body }));
        }
    }
    quote!(#item)
}

/// The names of the reference and of its table.
fn names(protocol: &Protocol) -> (Ident, Ident) {
    let name = protocol.ident.unraw();
    let at = located(protocol.ident.span());
    (
        format_ident!("{name}Ref", span = at),
        format_ident!("{name}Table", span = at),
    )
}

/// Writes the reference and its table.
fn definition(protocol: &Protocol) -> TokenStream {
    let at = located(protocol.ident.span());
    let facade = protocol.facade.at(at);
    let (reference, table) = names(protocol);
    let (vis, attrs) = (&protocol.vis, &protocol.carried.attrs);
    let docs = docs(&format!(
        "A server that implements [`{0}`], whatever else it is. Made of a reference, with `into()`.",
        protocol.ident.unraw(),
    ));
    let fields = protocol.sound().map(|method| {
        let (name, types) = (&method.ident, method.value_types());
        let attrs = &method.carried.attrs;
        let gives = gives(protocol, method);
        quote!(#(#attrs)* #name: fn(#facade::process::Pid, #(#types),*) #gives)
    });
    quote_spanned! {at=>
        #docs
        #(#attrs)*
        #[derive(Clone, Copy)]
        #vis struct #reference {
            pid: #facade::process::Pid,
            table: &'static #table,
        }
        #(#attrs)*
        struct #table {
            #(#fields,)*
        }
    }
}

/// What a method of the reference gives.
fn gives(protocol: &Protocol, method: &Handler) -> Option<TokenStream> {
    (method.kind == Kind::Call).then(|| call_type_in(&protocol.facade, method))
}

/// Writes a message and how it is handled.
fn message(protocol: &Protocol, method: &Handler) -> TokenStream {
    let at = located(method.ident.span());
    let facade = protocol.facade.at(at);
    let rg = facade.door();
    let (name, handled, protocol) = (&method.message, &method.ident, &protocol.ident);
    let (names, types) = (method.value_names(), method.value_types());
    let attrs = &method.carried.attrs;
    let state = local("state");
    let server = format_ident!("__RegrowServer", span = Span::mixed_site());
    let wait = method.asyncness.map(|_| quote!(.await));
    let call = quote_spanned!(at=> <#server as #protocol>::#handled(#state, #(#names),*) #wait);
    let (handles, items, body, answer) = if method.kind == Kind::Call {
        let reply = reply_type(method);
        let answer = quote!(#facade::answer::Reply<Self::Reply>);
        let body = if method.reply.ty.is_some() {
            quote_spanned!(at=> #facade::answer::Reply::now(#call))
        } else {
            quote_spanned!(at=> #call; #facade::answer::Reply::now(()))
        };
        (
            quote!(ProtocolCall),
            quote!(type Reply = #reply;),
            body,
            answer,
        )
    } else {
        let body = quote_spanned!(at=> #call; #facade::answer::Next::proceed());
        let answer = quote!(#facade::answer::Next);
        (quote!(ProtocolCast), quote!(), body, answer)
    };
    let body = match method.asyncness {
        Some(_) => quote_spanned!(at=> async move { #body }),
        None => body,
    };
    quote_spanned! {at=>
        #(#attrs)*
        struct #name(#(#types),*);
        #(#attrs)*
        #[automatically_derived]
        impl<#server: #protocol + #facade::server::GenServer> #rg::#handles<#server> for #name {
            #items
            fn handle(self, #state: &mut #server) -> impl #rg::Step<#answer> {
                let #name(#(#names),*) = self;
                #body
            }
        }
    }
}

/// Writes how a reference is made of one to a server, and what every reference can do.
fn made(protocol: &Protocol) -> TokenStream {
    let at = located(protocol.ident.span());
    let facade = protocol.facade.at(at);
    let rg = facade.door();
    let (reference, table) = names(protocol);
    let ident = &protocol.ident;
    let server = format_ident!("__RegrowServer", span = Span::mixed_site());
    let entries = protocol.sound().map(|method| {
        let (name, message, names) = (&method.ident, &method.message, method.value_names());
        let attrs = &method.carried.attrs;
        let ask = if method.kind == Kind::Call {
            quote!(protocol_call)
        } else {
            quote!(protocol_cast)
        };
        let flatten = flatten(method);
        quote! {
            #(#attrs)*
            #name: |pid, #(#names),*| {
                #rg::#ask::<#server, _>(pid, #message(#(#names),*)) #flatten
            }
        }
    });
    let shown = reference.to_string();
    quote_spanned! {at=>
        struct __RegrowOf<#server>(::core::marker::PhantomData<#server>);
        impl<#server: #ident + #facade::server::GenServer> __RegrowOf<#server> {
            const TABLE: &'static #table = &#table { #(#entries,)* };
        }
        #[automatically_derived]
        impl<#server: #ident + #facade::server::GenServer>
            ::core::convert::From<#facade::reference::ServerRef<#server>> for #reference
        {
            fn from(server: #facade::reference::ServerRef<#server>) -> Self {
                Self { pid: server.pid(), table: __RegrowOf::<#server>::TABLE }
            }
        }
        #[automatically_derived]
        impl #facade::process::AsPid for #reference {
            fn as_pid(&self) -> #facade::process::Pid {
                self.pid
            }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #reference {
            fn eq(&self, other: &Self) -> bool {
                self.pid == other.pid
            }
        }
        #[automatically_derived]
        impl ::core::cmp::Eq for #reference {}
        #[automatically_derived]
        impl ::core::hash::Hash for #reference {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash(&self.pid, state);
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #reference {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_tuple(#shown).field(&self.pid).finish()
            }
        }
    }
}

/// Unwraps the `Result` of a fallible method.
fn flatten(method: &Handler) -> Option<TokenStream> {
    match method.reply.shape {
        ReplyShape::Plain => None,
        ReplyShape::Result(..) | ReplyShape::Alias => Some(quote!(.flatten())),
    }
}

/// Writes a method of the reference.
fn client(protocol: &Protocol, method: &Handler) -> TokenStream {
    let at = located(method.ident.span());
    let (name, names, types) = (&method.ident, method.value_names(), method.value_types());
    let (attrs, deprecated) = (&method.carried.attrs, &method.carried.deprecated);
    let docs = lines_about(&protocol.ident, "gen_server", method, false);
    let gives = gives(protocol, method);
    quote_spanned! {at=>
        #docs
        #(#attrs)*
        #deprecated
        pub fn #name(&self, #(#names: #types),*) #gives {
            (self.table.#name)(self.pid, #(#names),*)
        }
    }
}
