//! `#[gen_server]`: an `impl` block and the handlers in it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Ident, ImplItem, Item, ItemImpl};

use super::spelling::last_segment;
use super::{Untouched, carried, handler, item, names, wrong_item};
use crate::args;
use crate::errors::Errors;
use crate::model::{Behaviour, Handler, Kind, Server, ServerOptions};

/// Reads a server.
pub(crate) fn server(
    attribute: TokenStream,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Result<Server, Untouched> {
    let options = args::server(attribute, errors);
    block(Behaviour::GenServer, options, tokens, errors)
}

/// Reads the block of a server or of a state machine.
pub(super) fn block(
    behaviour: Behaviour,
    options: ServerOptions,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Result<Server, Untouched> {
    let (attribute, noun) = (behaviour.module(), behaviour.noun());
    let mut block = match item(tokens, errors)? {
        Item::Impl(block) => block,
        other => {
            let expected =
                format!("`#[{attribute}]` goes on an `impl` block: `impl Counter {{ ... }}`");
            return Err(wrong_item(&other, &expected, errors));
        }
    };
    let server = block.self_ty.clone();
    let mut handlers = Vec::new();
    let mut functions = Vec::new();
    for (position, item) in block.items.iter_mut().enumerate() {
        if let ImplItem::Fn(function) = item {
            functions.push(function.sig.ident.clone());
            let handler = handler::handler(function, behaviour, &server, errors);
            handlers.extend(handler.map(|handler| Handler {
                position,
                ..handler
            }));
        } else if let Some(attrs) = attributes(item)
            && let Some((kind, attribute)) = handler::take_kind(attrs, behaviour, errors)
        {
            errors.at(attribute.path(), format!("`{kind}` goes on a function"));
        }
    }
    if let Some((implemented, _)) = &block.trait_ {
        let message =
            format!("`#[{attribute}]` goes on an `impl` block of the type itself, not of a trait");
        errors.at(implemented, message);
        return Err(Untouched(block.into_token_stream()));
    }
    if let Some(lifetime) = block.generics.lifetimes().next() {
        // Nothing that could be written for it would compile.
        errors.at(
            lifetime,
            format!("a {noun} outlives whoever starts it, so it cannot borrow"),
        );
        return Err(Untouched(block.into_token_stream()));
    }
    let Some(ident) = last_segment(&block.self_ty).map(|last| last.ident.clone()) else {
        errors.at(
            &block.self_ty,
            format!("a {noun} is a struct or an enum: `impl Counter {{ ... }}`"),
        );
        return Err(Untouched(block.into_token_stream()));
    };
    let maker = maker(&block, &ident);
    let mut server = Server {
        behaviour,
        options,
        carried: carried(&block.attrs),
        block,
        ident,
        handlers,
        maker,
        functions,
        warnings: Vec::new(),
    };
    names::name_messages(&mut server);
    Ok(server)
}

/// Finds the function that somebody who forgot `#[init]` meant: it takes no `self` and returns one.
fn maker(block: &ItemImpl, server: &Ident) -> Option<Handler> {
    block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function)
            if function.sig.receiver().is_none()
                && names::mentions(
                    function.sig.output.to_token_stream(),
                    &["Self", &server.to_string()],
                ) =>
        {
            let attribute = function.sig.ident.span();
            Some(handler::describe(
                Kind::Init,
                attribute,
                function,
                &block.self_ty,
            ))
        }
        _ => None,
    })
}

/// The attributes of an item of a block that is no function.
fn attributes(item: &mut ImplItem) -> Option<&mut Vec<Attribute>> {
    match item {
        ImplItem::Const(item) => Some(&mut item.attrs),
        ImplItem::Type(item) => Some(&mut item.attrs),
        ImplItem::Macro(item) => Some(&mut item.attrs),
        _ => None,
    }
}
