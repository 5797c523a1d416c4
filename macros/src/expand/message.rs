//! Messages and who handles them.
//!
//! ```text
//! struct Add(i64);
//! #[automatically_derived]
//! impl ::regrow::server::HandleCast<Add> for Counter {
//!     fn handle_cast(
//!         &mut self,
//!         Add(by): Add,
//!         _: &mut ::regrow::server::Context<Self>,
//!     ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
//!         Self::add(self, by);
//!         ::regrow::answer::Next::proceed()
//!     }
//! }
//! ```
//!
//! A handler of the server `Cache<K, V>` has a message `Put<K, V>`. What its arguments leave out
//! of the parameters is named in a `PhantomData`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Ident};

use super::{
    Blame, asynchronous, deprecated, into_next, invoke, located, merged, runtime_argument, step,
    type_parameters,
};
use crate::model::{Handler, Kind, Role, Server};
use crate::path::Facade;

/// Writes every message and every impl of a `Handle…` trait.
pub(super) fn handlers(server: &Server) -> TokenStream {
    let sound = server.handlers.iter().filter(|handler| !handler.broken);
    let written = sound.map(|handler| match handler.kind {
        Kind::Call => Message::of(server, handler).called(),
        Kind::Cast => Message::of(server, handler).cast(),
        Kind::Info => typed(server, handler, "HandleInfo", "handle_info"),
        Kind::Continue => typed(server, handler, "HandleContinue", "handle_continue"),
        _ => TokenStream::new(),
    });
    written.collect()
}

/// The type that carries a handler's arguments.
pub(super) struct Message<'a> {
    server: &'a Server,
    handler: &'a Handler,
    generics: Generics,
}

impl<'a> Message<'a> {
    pub(super) fn of(server: &'a Server, handler: &'a Handler) -> Self {
        Message {
            server,
            handler,
            generics: merged(server, handler),
        }
    }

    /// Returns the expression that makes one, `Add(by)`.
    ///
    /// Messages must be `Send`, and this expression is where it is found out. So it is located at
    /// the arguments' types.
    pub(super) fn construction(&self) -> TokenStream {
        let types = self.handler.value_types();
        let blame = if types.is_empty() {
            Blame::on(&self.handler.ident)
        } else {
            Blame::on(quote!(#(#types)*))
        };
        let names = self.handler.values().map(|param| &param.name);
        let phantom = self
            .has_phantom()
            .then(|| quote!(::core::marker::PhantomData));
        let fields = blame.parenthesized(quote!(#(#names,)* #phantom));
        let mut name = self.handler.message.clone();
        name.set_span(blame.first);
        let (_, ty_generics, _) = self.generics.split_for_impl();
        let turbofish = ty_generics.as_turbofish();
        quote!(#name #turbofish #fields)
    }

    fn at(&self) -> Span {
        located(self.handler.ident.span())
    }

    fn facade(&self) -> Facade {
        self.server.options.facade.at(self.at())
    }

    fn has_phantom(&self) -> bool {
        !type_parameters(&self.generics).is_empty()
    }

    /// Writes the struct.
    pub(super) fn definition(&self) -> TokenStream {
        let name = &self.handler.message;
        let attrs = &self.handler.carried.attrs;
        let types = self.handler.values().map(|param| &param.ty);
        let parameters = type_parameters(&self.generics);
        // By reference, because a parameter may be unsized.
        let phantom = self
            .has_phantom()
            .then(|| quote!(::core::marker::PhantomData<fn(#(&#parameters),*)>));
        let generics = &self.generics;
        let where_clause = &generics.where_clause;
        quote_spanned!(self.at()=> #(#attrs)* struct #name #generics (#(#types,)* #phantom) #where_clause;)
    }

    /// Returns the pattern that takes one apart and its type, `Add(by): Add`.
    pub(super) fn parameter(&self) -> TokenStream {
        let name = &self.handler.message;
        let fields = self.handler.values().map(|param| &param.name);
        let phantom = self.has_phantom().then(|| quote!(_));
        let (_, ty_generics, _) = self.generics.split_for_impl();
        quote!(#name(#(#fields,)* #phantom): #name #ty_generics)
    }

    fn cast(&self) -> TokenStream {
        let (at, facade) = (self.at(), self.facade());
        let parameter = self.parameter();
        let cx = runtime_argument(self.handler, Role::Context, "cx");
        let body = into_next(self.server, self.handler);
        let next = quote_spanned!(at=> #facade::answer::Next);
        let step = step(self.server, self.handler, &next);
        let handle = quote_spanned! {at=>
            fn handle_cast(
                &mut self,
                #parameter,
                #cx: &mut #facade::server::Context<Self>,
            ) -> #step {
                #body
            }
        };
        self.implementation(&quote!(HandleCast), &handle)
    }

    fn called(&self) -> TokenStream {
        let (at, facade) = (self.at(), self.facade());
        let (rg, parameter) = (facade.door(), self.parameter());
        let from = runtime_argument(self.handler, Role::Caller, "from");
        let cx = runtime_argument(self.handler, Role::Context, "cx");
        let reply = reply_type(self.handler);
        let call = invoke(self.handler);
        let body = match &self.handler.output {
            None if self.handler.reply.ty.is_none() => {
                quote_spanned!(at=> #call; #facade::answer::Reply::now(()))
            }
            _ => quote_spanned!(at=> #rg::IntoReply::<Self::Reply>::into_reply(#call)),
        };
        let body = asynchronous(self.handler, body);
        let answer = quote_spanned!(at=> #facade::answer::Reply<Self::Reply>);
        let step = step(self.server, self.handler, &answer);
        let handle = quote_spanned! {at=>
            type Reply = #reply;
            fn handle_call(
                &mut self,
                #parameter,
                #from: #facade::answer::ReplyTo<Self::Reply>,
                #cx: &mut #facade::server::Context<Self>,
            ) -> #step {
                #body
            }
        };
        self.implementation(&quote!(HandleCall), &handle)
    }

    /// Writes the struct and the impl of the trait that handles it.
    fn implementation(&self, handles: &TokenStream, items: &TokenStream) -> TokenStream {
        let (at, facade) = (self.at(), self.facade());
        let (name, ty) = (&self.handler.message, self.server.ty());
        let definition = self.definition();
        let attributes = attributes(self.handler);
        let (impl_generics, ty_generics, where_clause) = self.generics.split_for_impl();
        quote_spanned! {at=>
            #definition
            #attributes
            impl #impl_generics #facade::server::#handles<#name #ty_generics> for #ty #where_clause {
                #items
            }
        }
    }
}

/// Returns the type of a call's reply.
pub(super) fn reply_type(handler: &Handler) -> TokenStream {
    handler
        .reply
        .ty
        .as_ref()
        .map_or(quote!(()), ToTokens::to_token_stream)
}

/// The attributes of an impl that calls a handler.
pub(super) fn attributes(handler: &Handler) -> TokenStream {
    let attrs = &handler.carried.attrs;
    let deprecated = deprecated(handler);
    quote!(#(#attrs)* #deprecated #[automatically_derived])
}

/// Writes the impl for a message of the user's own.
fn typed(server: &Server, handler: &Handler, handles: &str, method: &str) -> TokenStream {
    let at = located(handler.ident.span());
    let facade = server.options.facade.at(at);
    let (handles, method) = (Ident::new(handles, at), Ident::new(method, at));
    let Some(message) = handler.values().next() else {
        return TokenStream::new();
    };
    let (name, message) = (&message.name, &message.ty);
    let cx = runtime_argument(handler, Role::Context, "cx");
    let body = into_next(server, handler);
    let step = step(server, handler, &quote_spanned!(at=> #facade::answer::Next));
    let attributes = attributes(handler);
    let ty = server.ty();
    let generics = merged(server, handler);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    quote_spanned! {at=>
        #attributes
        impl #impl_generics #facade::server::#handles<#message> for #ty #where_clause {
            fn #method(
                &mut self,
                #name: #message,
                #cx: &mut #facade::server::Context<Self>,
            ) -> #step {
                #body
            }
        }
    }
}
