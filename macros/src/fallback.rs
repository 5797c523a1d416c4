//! What is printed in place of what was wrong.
//!
//! The user's items are printed whatever happens, but others may rely on what the macro adds to
//! them: `counter.add(2)` in another file would be a second message about the first mistake. So a
//! broken handler still gets its method, a server without a sound `#[init]` still is a server, and
//! none of it does anything, because the program does not compile anyway.

use std::ptr;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Type};

use crate::expand;
use crate::model::{Entry, Handler, Kind, Server, Statem};
use crate::validate::owns;

/// Writes a `GenServer` that never starts, and handlers that never handle.
pub(crate) fn server(server: &Server) -> TokenStream {
    let stub = server
        .sound(Kind::Init)
        .next()
        .is_none()
        .then(|| init(server));
    let broken = server.handlers.iter().filter(|handler| handler.broken);
    let handlers: TokenStream = broken.map(|handler| typed(server, handler)).collect();
    quote!(#stub #handlers)
}

fn init(server: &Server) -> TokenStream {
    let facade = &server.options.facade;
    let rg = facade.door();
    let ty = server.ty();
    let (impl_generics, _, where_clause) = server.generics().split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #facade::server::GenServer for #ty #where_clause {
            type Args = ();
            fn init(
                (): (),
                _: &mut #facade::server::Context<Self>,
            ) -> impl #rg::Step<#facade::answer::Init<Self>> {
                #facade::answer::Init::<Self>::ignore()
            }
        }
    }
}

/// Writes the `init` of a machine that never starts.
pub(crate) fn initial(machine: &Server) -> TokenStream {
    let facade = &machine.options.facade;
    let rg = facade.door();
    let subject = expand::subject(machine, Span::mixed_site());
    quote! {
        fn init(
            (): (),
            _: &mut #facade::server::Context<#subject>,
        ) -> impl #rg::Step<#facade::statem::Initial<Self>> {
            #facade::statem::Initial::<Self>::ignore()
        }
    }
}

/// Writes the functions that start a server, as far as they can be guessed.
///
/// They take what the function takes that is, or should have been, the `#[init]`.
pub(crate) fn starts(server: &Server) -> TokenStream {
    let facade = &server.options.facade;
    let init = server
        .handlers
        .iter()
        .find(|handler| handler.kind == Kind::Init);
    let Some(init) = init.or(server.maker.as_ref()) else {
        return TokenStream::new();
    };
    let subject = expand::subject(server, Span::mixed_site());
    let functions = Server::WRITTEN
        .iter()
        .filter(|name| !server.defines(name))
        .map(|function| {
            let head = match *function {
                // Whatever makes the arguments, it is taken.
                "child_spec_with" => quote!(pub fn child_spec_with<__RegrowMake>(_: __RegrowMake)),
                _ => expand::start_head(server, init, function),
            };
            let gives = match *function {
                "start" | "start_link" => quote!(server::Start),
                "child_spec_once" => quote!(supervisor::TemporarySpec),
                _ => quote!(supervisor::ChildSpec),
            };
            quote!(#head -> #facade::#gives<#subject> { ::core::unreachable!() })
        });
    let ty = server.ty();
    let (impl_generics, _, where_clause) = server.generics().split_for_impl();
    quote! {
        #[allow(warnings)]
        impl #impl_generics #ty #where_clause {
            #(#functions)*
        }
    }
}

/// Writes the method of a broken handler; the second of two of one name has none.
pub(crate) fn method(server: &Server, handler: &Handler) -> TokenStream {
    let mut others = server
        .handlers
        .iter()
        .filter(|other| other.kind.has_method());
    let first = others.find(|other| other.ident == handler.ident);
    if first.is_some_and(|first| !ptr::eq(first, handler)) {
        return TokenStream::new();
    }
    let facade = &server.options.facade;
    let nameable = |ty: &Type| owns(ty) && !matches!(ty, Type::Never(_));
    let nameable = handler.reply.ty.as_ref().is_none_or(nameable);
    let output = (!nameable).then(|| quote!(-> #facade::call::Call<()>));
    let head = expand::method_head(server, handler, output.as_ref());
    let where_clause = &handler.generics.where_clause;
    quote!(#[allow(warnings)] #head #where_clause { ::core::unreachable!() })
}

/// Writes an impl for a message that a broken `#[info]` or `#[handle_continue]` names, so that
/// sending it is no mistake.
fn typed(server: &Server, handler: &Handler) -> TokenStream {
    let facade = &server.options.facade;
    let rg = facade.door();
    let (handles, method) = match handler.kind {
        Kind::Info => (quote!(HandleInfo), quote!(handle_info)),
        Kind::Continue => (quote!(HandleContinue), quote!(handle_continue)),
        _ => return TokenStream::new(),
    };
    let mut values = handler.values();
    let (Some(message), None) = (values.next(), values.next()) else {
        return TokenStream::new();
    };
    let message = &message.ty;
    let repeated = server.handlers.iter().any(|other| {
        !ptr::eq(other, handler) && other.kind == handler.kind && other.handles(message)
    });
    if repeated || !owns(message) || !handler.generics.params.is_empty() {
        return TokenStream::new();
    }
    let ty = server.ty();
    let (impl_generics, _, where_clause) = server.generics().split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #facade::server::#handles<#message> for #ty #where_clause {
            fn #method(
                &mut self,
                _: #message,
                _: &mut #facade::server::Context<Self>,
            ) -> impl #rg::Step<#facade::answer::Next> {
                #facade::answer::Next::proceed()
            }
        }
    }
}

/// Writes how a message becomes an event that a broken `#[info]` of a machine names.
pub(crate) fn from(machine: &Statem, handler: &Handler, event: &Ident) -> TokenStream {
    let mut values = handler.values();
    let (Some(message), None) = (values.next(), values.next()) else {
        return TokenStream::new();
    };
    let message = &message.ty;
    if !owns(message) || !handler.generics.params.is_empty() {
        return TokenStream::new();
    }
    let (impl_generics, ty_generics, where_clause) = machine.server.generics().split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#message> for #event #ty_generics #where_clause {
            fn from(_: #message) -> Self {
                ::core::unreachable!()
            }
        }
    }
}

/// Returns the body of an entry point as it should stand inside of it.
///
/// The body of a broken one is checked like the rest of the program, but nobody calls it.
pub(crate) fn body<O>(entry: &Entry<O>, body: TokenStream) -> TokenStream {
    if entry.broken {
        quote!(#[allow(dead_code)] #body)
    } else {
        body
    }
}
