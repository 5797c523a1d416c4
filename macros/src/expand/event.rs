//! The events of a state machine: one enum, and how calls and messages become one of it.
//!
//! ```text
//! pub enum DoorEvent {
//!     Button(char),
//!     IsOpen(::regrow::answer::ReplyTo<bool>),
//!     Tick(Tick),
//! }
//! impl ::core::convert::From<Tick> for DoorEvent {
//!     fn from(message: Tick) -> Self { DoorEvent::Tick(message) }
//! }
//! struct IsOpen();
//! impl ::regrow::statem::CallEvent<IsOpen> for Door {
//!     type Reply = bool;
//!     fn call_event(IsOpen(): IsOpen, from: ::regrow::answer::ReplyTo<bool>) -> DoorEvent {
//!         DoorEvent::IsOpen(from)
//!     }
//! }
//! ```
//!
//! The enum stands outside, for the user's handlers name what is to happen next: `DoorEvent::Tick`.
//! A machine may come to have more of them. It is as visible as can be, since it appears in the associated type of an impl of a public trait;
//! the lint about private types in it is told so. A parameter of the block that no event speaks of is
//! in a variant that has no values.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use super::message::{self, Message, reply_type};
use super::{Blame, docs, local, located, type_parameters};
use crate::fallback;
use crate::model::{Event, Handler, Kind, Param, Statem};
use crate::validate::owns;

/// The name of the enum, `DoorEvent`.
pub(super) fn name(machine: &Statem) -> Ident {
    let ident = machine.server.ident.unraw();
    format_ident!("{ident}Event", span = located(machine.server.ident.span()))
}

/// Writes the enum.
pub(super) fn definition(machine: &Statem) -> TokenStream {
    let server = &machine.server;
    let at = located(server.ident.span());
    let (name, attrs) = (name(machine), &server.carried.attrs);
    let generics = server.generics();
    let where_clause = &generics.where_clause;
    let docs = docs(&format!(
        "What can happen to a [`{}`].",
        server.ident.unraw()
    ));
    let variants = machine.events.iter().map(|event| variant(machine, event));
    let nothing = nothing(machine).map(|nothing| {
        let parameters = type_parameters(generics);
        quote_spanned! {at=>
            #[doc(hidden)]
            #nothing(
                ::core::marker::PhantomData<fn(#(&#parameters),*)>,
                ::core::convert::Infallible,
            ),
        }
    });
    quote_spanned! {at=>
        #docs
        #(#attrs)*
        #[allow(private_interfaces)]
        #[non_exhaustive]
        pub enum #name #generics #where_clause {
            #(#variants)*
            #nothing
        }
    }
}

fn variant(machine: &Statem, event: &Event) -> TokenStream {
    let definer = machine.definer(event);
    let at = located(definer.ident.span());
    let variant = &event.variant;
    let attrs = &definer.carried.attrs;
    let own = &definer.carried.docs;
    let (server, function) = (machine.server.ident.unraw(), definer.ident.unraw());
    let default = own
        .is_empty()
        .then(|| docs(&format!("What `{server}::{function}` is for.")));
    let types = values(definer).map(|param| &param.ty);
    let caller = (definer.kind == Kind::Call).then(|| {
        let facade = machine.server.options.facade.at(at);
        let reply = if definer.reply.ty.as_ref().is_none_or(owns) {
            reply_type(definer)
        } else {
            quote!(())
        };
        quote_spanned!(at=> #facade::answer::ReplyTo<#reply>)
    });
    let fields: Vec<TokenStream> = types.map(ToTokens::to_token_stream).chain(caller).collect();
    let fields = (!fields.is_empty()).then(|| quote!((#(#fields),*)));
    quote_spanned!(at=> #(#own)* #default #(#attrs)* #variant #fields,)
}

/// What travels in an event, as far as it can.
fn values(definer: &Handler) -> impl Iterator<Item = &Param> {
    definer.values().filter(|param| owns(&param.ty))
}

/// The variant that names the block's parameters, when there are any.
pub(super) fn nothing(machine: &Statem) -> Option<Ident> {
    let parameters = type_parameters(machine.server.generics());
    (!parameters.is_empty()).then(|| Ident::new("__Regrow", Span::mixed_site()))
}

/// Returns an event as a pattern, and as the expression that makes it again:
/// `DoorEvent::Ask(n, __regrow_from)`.
pub(super) fn taken_apart(machine: &Statem, event: &Event) -> TokenStream {
    let definer = machine.definer(event);
    let (name, variant) = (name(machine), &event.variant);
    let values = definer.values().map(|param| param.name.to_token_stream());
    let caller = (definer.kind == Kind::Call).then(|| local("from").into_token_stream());
    let fields: Vec<TokenStream> = values.chain(caller).collect();
    let fields = (!fields.is_empty()).then(|| quote!((#(#fields),*)));
    quote_spanned!(located(definer.ident.span())=> #name::#variant #fields)
}

/// Returns what a cast's method sends.
///
/// Events must be `Send`, and this expression is where it is found out. So it is located at the
/// arguments' types.
pub(super) fn cast(machine: &Statem, event: &Event) -> TokenStream {
    let definer = machine.definer(event);
    let types = definer.value_types();
    let variant = &event.variant;
    let mut name = name(machine);
    if types.is_empty() {
        return quote!(#name::#variant);
    }
    let blame = Blame::on(quote!(#(#types)*));
    name.set_span(blame.first);
    let values = definer.value_names();
    let fields = blame.parenthesized(quote!(#(#values),*));
    quote!(#name::#variant #fields)
}

/// Writes how messages and calls become events.
pub(super) fn conversions(machine: &Statem) -> TokenStream {
    let written = machine.events.iter().map(|event| {
        let definer = machine.definer(event);
        match definer.kind {
            Kind::Info if !definer.broken => from(machine, event),
            Kind::Info => fallback::from(machine, definer, &name(machine)),
            Kind::Call if !definer.broken => call_event(machine, event),
            _ => TokenStream::new(),
        }
    });
    written.collect()
}

fn from(machine: &Statem, event: &Event) -> TokenStream {
    let definer = machine.definer(event);
    let at = located(definer.ident.span());
    let Some(Param {
        name: message, ty, ..
    }) = definer.values().next()
    else {
        return TokenStream::new();
    };
    let (name, attrs) = (name(machine), &definer.carried.attrs);
    let made = taken_apart(machine, event);
    let (impl_generics, ty_generics, where_clause) = machine.server.generics().split_for_impl();
    quote_spanned! {at=>
        #(#attrs)*
        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#ty> for #name #ty_generics #where_clause {
            fn from(#message: #ty) -> Self {
                #made
            }
        }
    }
}

fn call_event(machine: &Statem, event: &Event) -> TokenStream {
    let server = &machine.server;
    let definer = machine.definer(event);
    let at = located(definer.ident.span());
    let facade = server.options.facade.at(at);
    let message = Message::of(server, definer);
    let (definition, parameter) = (message.definition(), message.parameter());
    let attributes = message::attributes(definer);
    let (sent, ty, from) = (&definer.message, server.ty(), local("from"));
    let reply = reply_type(definer);
    let made = taken_apart(machine, event);
    let (impl_generics, ty_generics, where_clause) = server.generics().split_for_impl();
    quote_spanned! {at=>
        #definition
        #attributes
        impl #impl_generics #facade::statem::CallEvent<#sent #ty_generics> for #ty #where_clause {
            type Reply = #reply;
            fn call_event(
                #parameter,
                #from: #facade::answer::ReplyTo<Self::Reply>,
            ) -> Self::Event {
                #made
            }
        }
    }
}
