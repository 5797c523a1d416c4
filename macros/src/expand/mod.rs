//! From the [model](crate::model) to tokens.
//!
//! One file for each thing that is written; each begins with what it writes, in Rust. The rules
//! for all of them:
//!
//! - Paths are absolute, the library's through [`Facade`](crate::path::Facade). Nothing is
//!   imported: a `use` would hide what the user's own types are called.
//! - Locals are `__regrow_*` and live at [`Span::mixed_site`], where no name of the user's can
//!   meet them. A token that may be to blame for a type error is [located](Blame) at what the user
//!   wrote, and still belongs to the macro, so that lints stay silent about it.
//! - Trait impls and message types stand in `const _`, where their names are nobody's; what users
//!   name stands outside.
//! - No `unsafe`, and no `allow` but where a lint was seen to speak: the test
//!   `strict_lints.rs` compiles the expansions under the strictest ones.

mod block;
mod child_spec;
mod client;
mod event;
mod main;
mod message;
mod protocol;
mod server;
mod statem;
mod states;
mod supervisor;
mod worker;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{GenericParam, Generics, Token, Visibility};

pub(crate) use self::child_spec::start_head;
pub(crate) use self::client::method_head;
pub(crate) use self::main::{main, test};
pub(crate) use self::protocol::protocol;
pub(crate) use self::statem::statem;
pub(crate) use self::supervisor::supervisor;
pub(crate) use self::worker::worker;
use crate::fallback;
use crate::model::{Behaviour, Handler, Kind, Role, Server, Warning};

/// Writes a server: the user's block, what starts it, its client, and how it handles messages.
pub(crate) fn server(server: &Server) -> TokenStream {
    let block = block::block(server);
    let attrs = &server.carried.attrs;
    let starts = child_spec::starts(server);
    let client = client::definition(server);
    let inside = [
        client::reached(server),
        server
            .sound(Kind::Init)
            .map(|init| server::gen_server(server, init))
            .collect(),
        message::handlers(server),
        client::methods(server, |handler| {
            Some(message::Message::of(server, handler).construction())
        }),
        fallback::server(server),
    ];
    let warnings = warnings(server);
    quote! {
        #block
        #starts
        #warnings
        #client
        #(#attrs)*
        const _: () = { #(#inside)* };
    }
}

/// Writes the use of a deprecated constant: the one warning a macro can give on a stable compiler.
///
/// It is a constant of the server's own, for the compiler prints where a constant stands, and in a
/// `const _` that is no place that a reader could go to.
fn warnings(server: &Server) -> TokenStream {
    let warnings = server.warnings.iter().map(
        |Warning {
             span,
             name,
             message,
         }| {
            let definition = syn::Ident::new(name, Span::mixed_site());
            let usage = syn::Ident::new(name, located(*span));
            let heard = format_ident!("{name}_HEARD", span = Span::mixed_site());
            quote! {
                #[deprecated(note = #message)]
                const #definition: () = ();
                #[allow(dead_code)]
                const #heard: () = Self::#usage;
            }
        },
    );
    let warnings: Vec<TokenStream> = warnings.collect();
    if warnings.is_empty() {
        return TokenStream::new();
    }
    let (ty, attrs) = (server.ty(), &server.carried.attrs);
    let (impl_generics, _, where_clause) = server.generics().split_for_impl();
    quote! {
        #(#attrs)*
        impl #impl_generics #ty #where_clause {
            #(#warnings)*
        }
    }
}

/// Returns the server that a reference leads to, in an impl for the user's type: `Self`, or
/// `Machine<Self>`.
pub(crate) fn subject(server: &Server, at: Span) -> TokenStream {
    let facade = server.options.facade.at(at);
    match server.behaviour {
        Behaviour::GenServer => quote_spanned!(at=> Self),
        Behaviour::GenStatem => quote_spanned!(at=> #facade::statem::Machine<Self>),
    }
}

/// The same where there is no `Self`: `Counter`, `Machine<Door>`.
fn subject_by_name(server: &Server, at: Span) -> TokenStream {
    let (facade, ty) = (server.options.facade.at(at), server.ty());
    match server.behaviour {
        Behaviour::GenServer => ty.to_token_stream(),
        Behaviour::GenStatem => quote_spanned!(at=> #facade::statem::Machine<#ty>),
    }
}

/// Returns a span that points at the user's code and belongs to the macro.
fn located(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// The first and the last token to underline when a generated expression does not type-check.
///
/// The compiler underlines an expression from its first token to its last, so these two suffice
/// to underline a whole type of the user's.
#[derive(Debug, Clone, Copy)]
struct Blame {
    first: Span,
    last: Span,
}

impl Blame {
    /// Blames a piece of the user's code.
    fn on(tokens: impl ToTokens) -> Self {
        let mut spans = tokens
            .into_token_stream()
            .into_iter()
            .map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::mixed_site);
        let last = spans.last().unwrap_or(first);
        Blame {
            first: located(first),
            last: located(last),
        }
    }

    /// Returns arguments in parentheses that end the blamed expression.
    fn parenthesized(self, arguments: TokenStream) -> TokenTree {
        let mut group = Group::new(Delimiter::Parenthesis, arguments);
        group.set_span(self.last);
        TokenTree::Group(group)
    }
}

/// Returns the call of the user's function: `Self::refill(self, __regrow_cx, by).await`.
fn invoke(handler: &Handler) -> TokenStream {
    invoke_with(handler, &handler.value_names())
}

/// As [`invoke`], where what travels has these names.
fn invoke_with(handler: &Handler, values: &[&syn::Ident]) -> TokenStream {
    let mut values = values.iter();
    let blame = match &handler.output {
        Some(output) => Blame::on(output),
        None => Blame::on(&handler.ident),
    };
    let receiver = (handler.kind != Kind::Init).then(|| quote_spanned!(blame.first=> self));
    let arguments = handler.params.iter().map(|param| match param.role {
        Role::Context => local("cx").into_token_stream(),
        Role::Caller => local("from").into_token_stream(),
        Role::State => local("state").into_token_stream(),
        Role::Old => local("old").into_token_stream(),
        Role::Value => values.next().to_token_stream(),
    });
    let arguments = receiver.into_iter().chain(arguments);
    let arguments = blame.parenthesized(quote!(#(#arguments),*));
    let function = &handler.ident;
    let wait = handler
        .asyncness
        .map(|_| quote_spanned!(blame.last=> .await));
    let (_, ty_generics, _) = handler.generics.split_for_impl();
    let turbofish = ty_generics.as_turbofish();
    quote_spanned!(blame.first=> Self::#function #turbofish #arguments #wait)
}

/// Wraps the body of an `async` handler, so that it can be waited for.
///
/// Whether the future may wander between threads is decided here, so what keeps it from that is
/// shown under the handler's `async`.
fn asynchronous(handler: &Handler, body: TokenStream) -> TokenStream {
    let Some(asyncness) = &handler.asyncness else {
        return body;
    };
    let span = located(asyncness.span);
    let mut block = Group::new(Delimiter::Brace, body);
    block.set_span(span);
    quote_spanned!(span=> async move #block)
}

/// Returns the return type of a callback, `impl Step<Next>`.
///
/// Whether the future of an `async` handler may wander between threads is decided here too.
fn step(server: &Server, handler: &Handler, answer: &TokenStream) -> TokenStream {
    let at = located(
        handler
            .asyncness
            .map_or(handler.ident.span(), |token| token.span),
    );
    let rg = server.options.facade.at(at).door();
    quote_spanned!(at=> impl #rg::Step<#answer>)
}

/// Returns what an argument that comes from the runtime is called: by its name if the handler
/// takes it, `_` if not.
fn runtime_argument(handler: &Handler, role: Role, name: &str) -> TokenStream {
    if handler.params.iter().any(|param| param.role == role) {
        local(name).into_token_stream()
    } else {
        quote!(_)
    }
}

/// Allows the call of a deprecated handler: the warning belongs to those who use its method.
fn deprecated(handler: &Handler) -> Option<TokenStream> {
    handler
        .carried
        .deprecated
        .as_ref()
        .map(|_| quote!(#[allow(deprecated)]))
}

/// Returns a name for a local of the expansion.
fn local(name: &str) -> syn::Ident {
    syn::Ident::new(&format!("__regrow_{name}"), Span::mixed_site())
}

/// Writes the answer of a handler nobody waits for.
///
/// Without a written type the call is a statement: `into_next(())` would be a lint's business.
fn into_next(server: &Server, handler: &Handler) -> TokenStream {
    let at = located(handler.ident.span());
    let facade = server.options.facade.at(at);
    let rg = facade.door();
    let call = invoke(handler);
    let body = if handler.output.is_some() {
        quote_spanned!(at=> #rg::IntoNext::into_next(#call))
    } else {
        quote_spanned!(at=> #call; #facade::answer::Next::proceed())
    };
    asynchronous(handler, body)
}

/// The parameters of the block and those of a handler, in one list.
fn merged(server: &Server, handler: &Handler) -> Generics {
    let mut merged = server.generics().clone();
    merged.params.extend(handler.generics.params.clone());
    if let Some(own) = &handler.generics.where_clause {
        merged
            .make_where_clause()
            .predicates
            .extend(own.predicates.clone());
    }
    merged
}

/// The names of type parameters.
fn type_parameters(generics: &Generics) -> Vec<&syn::Ident> {
    let names = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            _ => None,
        });
    names.collect()
}

/// How visible a generated function is: as the user restricted it, else `pub`.
///
/// A macro cannot see how visible the type is, and a method cannot be seen further than its type.
/// So a handler without `pub` gets a public method, which private types keep to themselves.
fn visibility(written: &Visibility) -> Visibility {
    match written {
        Visibility::Restricted(_) => written.clone(),
        Visibility::Public(_) | Visibility::Inherited => {
            Visibility::Public(Token![pub](Span::mixed_site()))
        }
    }
}

/// Returns one documentation attribute for each line.
fn docs(text: &str) -> TokenStream {
    // rustdoc strips the blank after `///`, which a `#[doc]` of our own has to bring along.
    let lines = text.lines().map(|line| match line {
        "" => String::new(),
        line => format!(" {line}"),
    });
    quote!(#(#[doc = #lines])*)
}

/// Returns types, names or values as one: none as `()`, one as itself, more as a tuple.
fn bundle(parts: &[impl ToTokens]) -> TokenStream {
    if let [part] = parts {
        part.to_token_stream()
    } else {
        quote!((#(#parts),*))
    }
}
