//! `#[supervisor]`: a struct and the children its fields name.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Field, Fields, GenericParam, Item, ItemStruct, LifetimeParam, TypeParam, parse_quote,
};

use super::spelling::last_segment;
use super::{Untouched, carried, item, wrong_item};
use crate::args;
use crate::errors::Errors;
use crate::model::{Child, ChildKind, ChildOptions, Supervisor};

/// Reads a supervisor.
pub(crate) fn supervisor(
    attribute: TokenStream,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Result<Supervisor, Untouched> {
    let options = args::supervisor(attribute, errors);
    let mut item = match item(tokens, errors)? {
        Item::Struct(item) => item,
        other => {
            let expected = "`#[supervisor]` goes on a struct whose fields are its children's types";
            return Err(wrong_item(&other, expected, errors));
        }
    };
    let generic = !item.generics.params.is_empty();
    if generic {
        errors.at(
            &item.generics,
            "a supervisor names its children's types: it has no parameters",
        );
    }
    let children = children(&mut item, errors);
    if generic {
        return Err(Untouched(without_children(item).into_token_stream()));
    }
    let ItemStruct {
        attrs, vis, ident, ..
    } = item;
    Ok(Supervisor {
        options,
        carried: carried(&attrs),
        attrs,
        vis,
        ident,
        children,
    })
}

/// The struct with its parameters and nothing else, of which the compiler could complain too: a child's
/// type may ask something of a parameter.
fn without_children(mut item: ItemStruct) -> ItemStruct {
    let used = item.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(TypeParam { ident, .. }) => Some(quote!(#ident)),
        GenericParam::Lifetime(LifetimeParam { lifetime, .. }) => Some(quote!(&#lifetime ())),
        GenericParam::Const(_) => None,
    });
    item.fields = Fields::Named(parse_quote! {
        { _parameters: ::core::marker::PhantomData<fn() -> (#(#used,)*)> }
    });
    item
}

fn children(item: &mut ItemStruct, errors: &mut Errors) -> Vec<Child> {
    match &mut item.fields {
        Fields::Named(fields) => fields
            .named
            .iter_mut()
            .filter_map(|field| child(field, errors))
            .collect(),
        Fields::Unnamed(fields) => {
            errors.at(
                &*fields,
                "children have names: `struct Chat { users: Registry<UserId> }`",
            );
            Vec::new()
        }
        Fields::Unit => Vec::new(),
    }
}

fn child(field: &mut Field, errors: &mut Errors) -> Option<Child> {
    let options = take_options(&mut field.attrs, errors);
    let ident = field.ident.clone()?;
    let Some(last) = last_segment(&field.ty) else {
        errors.at(
            &field.ty,
            "a child is named by its type: a server, a registry, a supervisor",
        );
        return None;
    };
    let kind = match last.ident.to_string().as_str() {
        "DynamicSupervisor" | "TaskSupervisor" => ChildKind::Dynamic,
        "Registry" | "DuplicateRegistry" | "Groups" | "PubSub" | "PartitionSupervisor" => {
            ChildKind::Default
        }
        _ => ChildKind::Server,
    };
    Some(Child {
        vis: field.vis.clone(),
        ident,
        ty: field.ty.clone(),
        kind,
        options,
        carried: carried(&field.attrs),
    })
}

/// Takes `#[child(...)]` off a field; more than one is a mistake.
fn take_options(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> ChildOptions {
    let mut options = None;
    attrs.retain(|attribute| {
        if !attribute.path().is_ident("child") {
            return true;
        }
        if options.is_some() {
            errors.at(attribute.path(), "one `#[child(...)]` takes all arguments");
        } else {
            options = Some(args::child(&attribute.meta, errors));
        }
        false
    });
    options.unwrap_or_default()
}
