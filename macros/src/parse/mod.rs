//! From tokens to the [model](crate::model).
//!
//! A parser takes the attribute's tokens and the item's. It fills the model as far as the item has
//! the right outer form, and leaves every question about its inside to `validate`. When the form
//! itself is wrong there is nothing to expand; the parser then gives back what should be printed
//! in place of an expansion, which is the user's item, so that the rest of the file still
//! compiles.

mod entry;
mod handler;
mod names;
mod protocol;
mod server;
mod spelling;
mod statem;
mod supervisor;
mod worker;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, Meta, parse_quote};

pub(crate) use self::entry::{main, test};
pub(crate) use self::names::mentions;
pub(crate) use self::protocol::protocol;
pub(crate) use self::server::server;
pub(crate) use self::spelling::{bare, last_segment, type_arguments};
pub(crate) use self::statem::{event_name, gives_state, statem};
pub(crate) use self::supervisor::supervisor;
pub(crate) use self::worker::worker;
use crate::errors::Errors;
use crate::model::Carried;

/// What to print when there is nothing to expand.
pub(crate) struct Untouched(pub(crate) TokenStream);

/// Reads an item; what is no item goes back as it came.
fn item(tokens: TokenStream, errors: &mut Errors) -> Result<Item, Untouched> {
    syn::parse2(tokens.clone()).map_err(|error| {
        errors.push(error);
        Untouched(tokens)
    })
}

/// Refuses an item of another sort, underlining the word that says which.
fn wrong_item(item: &Item, expected: &str, errors: &mut Errors) -> Untouched {
    let is_visibility = |token: &TokenTree| match token {
        TokenTree::Ident(ident) => ident == "pub",
        token => matches!(token, TokenTree::Group(_)),
    };
    let mut words = without_attributes(item.clone()).into_iter();
    errors.at(words.find(|token| !is_visibility(token)), expected);
    Untouched(item.to_token_stream())
}

/// The tokens of an item without its attributes, documentation among them.
fn without_attributes(mut item: Item) -> TokenStream {
    match &mut item {
        Item::Fn(item) => item.attrs.clear(),
        Item::Struct(item) => item.attrs.clear(),
        Item::Enum(item) => item.attrs.clear(),
        Item::Union(item) => item.attrs.clear(),
        Item::Trait(item) => item.attrs.clear(),
        Item::Impl(item) => item.attrs.clear(),
        Item::Mod(item) => item.attrs.clear(),
        _ => {}
    }
    item.into_token_stream()
}

/// The attributes that go with an item to what is made of it.
fn carried(attrs: &[Attribute]) -> Carried {
    let mut kept = named(attrs, "cfg");
    kept.extend(named(attrs, "allow"));
    // What is expected of one item is not true of all that are made of it, only allowed there.
    kept.extend(named(attrs, "expect").into_iter().map(|mut attribute| {
        if let Meta::List(list) = &mut attribute.meta {
            list.path = parse_quote!(allow);
        }
        attribute
    }));
    Carried {
        attrs: kept,
        docs: named(attrs, "doc"),
        deprecated: named(attrs, "deprecated").pop(),
    }
}

/// The attributes of one name.
fn named(attrs: &[Attribute], name: &str) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident(name))
        .cloned()
        .collect()
}
