//! The names the expansion makes up: of message types and of arguments.
//!
//! The message of `fn add` is called `Add`, because type names show up in traces and warnings. The
//! struct lives in a `const` block together with the handler's own types, so it must not be called
//! like one of them: `fn message(&mut self, message: Message)` would otherwise get a `Message`
//! that contains itself.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Pat;
use syn::ext::IdentExt;

use crate::model::{Handler, Server};

/// Gives every handler's message a name that nothing in the block's signatures has.
pub(super) fn name_messages(server: &mut Server) {
    let mut taken = HashSet::new();
    collect(server.ty().to_token_stream(), &mut taken);
    collect(server.generics().to_token_stream(), &mut taken);
    collect(server.generics().where_clause.to_token_stream(), &mut taken);
    name_each(&mut server.handlers, taken);
}

/// Gives the message of every method of a protocol a name that nothing in their signatures has.
pub(super) fn name_methods(protocol: TokenStream, methods: &mut [Handler]) {
    let mut taken = HashSet::new();
    collect(protocol, &mut taken);
    name_each(methods, taken);
}

fn name_each(handlers: &mut [Handler], mut taken: HashSet<String>) {
    for handler in &*handlers {
        collect_signature(handler, &mut taken);
    }
    for handler in handlers
        .iter_mut()
        .filter(|handler| handler.kind.has_method())
    {
        let mut name = type_name(&handler.ident);
        while taken.contains(&name) {
            name.push_str("Message");
        }
        handler.message = Ident::new(&name, Span::mixed_site().located_at(handler.ident.span()));
        taken.insert(name);
    }
}

/// The name of an event among a machine's: of the enum's own, so that nothing else is called so.
pub(super) fn variant(event: &Ident) -> Ident {
    Ident::new(
        &type_name(event),
        Span::mixed_site().located_at(event.span()),
    )
}

fn type_name(function: &Ident) -> String {
    let name = camel_case(&function.unraw().to_string());
    // The one word in camel case that can name no type.
    if name == "Self" {
        return format!("{name}Message");
    }
    name
}

fn collect_signature(handler: &Handler, taken: &mut HashSet<String>) {
    collect(handler.generics.to_token_stream(), taken);
    collect(handler.generics.where_clause.to_token_stream(), taken);
    collect(handler.output.to_token_stream(), taken);
    collect(handler.reply.ty.to_token_stream(), taken);
    for param in &handler.params {
        collect(param.ty.to_token_stream(), taken);
    }
}

/// Collects every identifier, also those between brackets and inside of macro calls.
fn collect(tokens: TokenStream, taken: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                taken.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), taken),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Whether one of a few words occurs among tokens.
pub(crate) fn mentions(tokens: TokenStream, words: &[&str]) -> bool {
    let mut found = HashSet::new();
    collect(tokens, &mut found);
    words.iter().any(|word| found.contains(*word))
}

/// Turns `put_all` into `PutAll`.
fn camel_case(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    let camel: String = words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters)
        })
        .collect();
    // `fn _1st` and `fn __` leave nothing that could begin a name.
    if camel.starts_with(|first: char| first.is_alphabetic()) {
        camel
    } else {
        format!("Message{camel}")
    }
}

/// Names an argument as the user did.
///
/// A pattern has no name, so its argument is called by its position. A leading underscore says
/// that the handler does not look at it, which is nothing to the caller.
pub(super) fn argument(pattern: &Pat, position: usize) -> Ident {
    let Pat::Ident(pattern) = pattern else {
        return positional(position);
    };
    let name = pattern.ident.to_string();
    let bare = name.trim_start_matches('_');
    if bare == name {
        return pattern.ident.clone();
    }
    // What is left may be empty, a number or a keyword.
    match syn::parse_str::<Ident>(bare) {
        Ok(_) => Ident::new(bare, pattern.ident.span()),
        Err(_) => positional(position),
    }
}

/// Renames arguments that would be called like another one.
pub(super) fn positional(position: usize) -> Ident {
    Ident::new(&format!("arg{position}"), Span::mixed_site())
}
