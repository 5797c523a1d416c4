//! `#[protocol]`: a trait and the messages that its methods are.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Block, Ident, ImplItemFn, Item, ItemTrait, TraitItem, TraitItemFn, Type, parse_quote};

use super::{Untouched, carried, handler, item, names, wrong_item};
use crate::args;
use crate::errors::Errors;
use crate::model::{Behaviour, Handler, Kind, Protocol};

/// Reads a protocol.
pub(crate) fn protocol(
    attribute: TokenStream,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Result<Protocol, Untouched> {
    let facade = args::protocol(attribute, errors);
    let mut item = match item(tokens, errors)? {
        Item::Trait(item) => item,
        other => {
            let expected = "`#[protocol]` goes on a trait whose methods are messages";
            return Err(wrong_item(&other, expected, errors));
        }
    };
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            "a protocol is what servers of any type can do: it has no parameters",
        );
        return Err(Untouched(item.into_token_stream()));
    }
    let mut methods = methods(&mut item, errors);
    name_messages(&item.ident, &mut methods);
    Ok(Protocol {
        facade,
        carried: carried(&item.attrs),
        vis: item.vis.clone(),
        ident: item.ident.clone(),
        item,
        methods,
    })
}

fn methods(item: &mut ItemTrait, errors: &mut Errors) -> Vec<Handler> {
    let mut methods = Vec::new();
    for (position, item) in item.items.iter_mut().enumerate() {
        match item {
            TraitItem::Fn(function) => methods.push(Handler {
                position,
                ..method(function, errors)
            }),
            other => errors.at(
                &*other,
                "a protocol has methods only: what is not one cannot be sent",
            ),
        }
    }
    methods
}

/// Takes our attributes off a method and describes it.
fn method(function: &mut TraitItemFn, errors: &mut Errors) -> Handler {
    let mistakes = errors.count();
    let mut kind = Kind::Call;
    if let Some((written, attribute)) =
        handler::take_kind(&mut function.attrs, Behaviour::GenServer, errors)
    {
        if written.has_method() {
            args::nothing(written, &attribute.meta, errors);
            kind = written;
        } else {
            let message = "a protocol's method is a call, or a `#[cast]`";
            errors.at(attribute.path(), message);
        }
    }
    let server: Type = parse_quote!(Self);
    let described = as_function(function);
    let mut handler = handler::describe(kind, function.sig.span(), &described, &server);
    handler.broken = errors.count() > mistakes;
    handler
}

/// A method as the function that it would be in an `impl` block.
fn as_function(function: &TraitItemFn) -> ImplItemFn {
    let body: Block = parse_quote!({});
    let sig = &function.sig;
    let mut written: ImplItemFn = parse_quote!(#sig #body);
    written.attrs.clone_from(&function.attrs);
    written
}

/// Names each method's message, unlike whatever its types are called.
fn name_messages(protocol: &Ident, methods: &mut [Handler]) {
    names::name_methods(protocol.to_token_stream(), methods);
}
