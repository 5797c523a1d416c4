//! What travels must be owned: arguments on their way in, replies on their way out.

use syn::visit::{self, Visit};
use syn::{
    Lifetime, ParenthesizedGenericArguments, TraitBound, Type, TypeFnPtr, TypeImplTrait,
    TypeReference,
};

use crate::errors::Errors;
use crate::model::{Param, Reply};
use crate::parse::last_segment;

/// Checks one argument that travels in a message.
pub(super) fn argument(param: &Param, errors: &mut Errors) {
    match first_borrow(&param.ty) {
        Some(Borrow::Reference(reference)) => {
            let message = match instead(reference) {
                Some(owned) => format!("a message cannot borrow: take `{owned}`"),
                None => "a message cannot borrow: take the value itself".to_owned(),
            };
            errors.at(reference.and_token, message);
        }
        Some(Borrow::Lifetime(lifetime)) => {
            errors.at(
                lifetime,
                "a message cannot borrow: only `'static` lives long enough",
            );
        }
        Some(Borrow::Opaque(opaque)) => {
            let name = &param.name;
            let message = format!("write `{name}: T`, and `<T: ...>` after the handler's name");
            errors.at(opaque, message);
        }
        None => {}
    }
}

/// Checks the type of a reply.
pub(super) fn reply(reply: &Reply, errors: &mut Errors) {
    match reply.ty.as_ref().and_then(first_borrow) {
        Some(Borrow::Reference(reference)) => {
            let message = match instead(reference) {
                Some(owned) => format!("a reply cannot borrow from the state: return `{owned}`"),
                None => "a reply cannot borrow from the state: return an owned value".to_owned(),
            };
            errors.at(reference.and_token, message);
        }
        Some(Borrow::Lifetime(lifetime)) => {
            errors.at(
                lifetime,
                "a reply cannot borrow from the state: return an owned value",
            );
        }
        Some(Borrow::Opaque(opaque)) => {
            errors.at(opaque, "`#[call]` returns a type that has a name");
        }
        None => {}
    }
}

/// Whether a type can be sent away as it is written.
pub(crate) fn owns(ty: &Type) -> bool {
    first_borrow(ty).is_none()
}

/// Something in a type that keeps it from being sent.
enum Borrow<'a> {
    Reference(&'a TypeReference),
    Lifetime(&'a Lifetime),
    Opaque(&'a TypeImplTrait),
}

fn first_borrow(ty: &Type) -> Option<Borrow<'_>> {
    let mut search = Search { found: None };
    search.visit_type(ty);
    search.found
}

struct Search<'a> {
    found: Option<Borrow<'a>>,
}

impl<'a> Visit<'a> for Search<'a> {
    fn visit_type_reference(&mut self, reference: &'a TypeReference) {
        match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => {
                visit::visit_type_reference(self, reference);
            }
            _ => self.found = self.found.take().or(Some(Borrow::Reference(reference))),
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        if lifetime.ident != "static" {
            self.found = self.found.take().or(Some(Borrow::Lifetime(lifetime)));
        }
    }

    // What a function takes comes when it is called, so it is not held by the message.
    fn visit_type_fn_ptr(&mut self, _: &'a TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'a ParenthesizedGenericArguments) {}

    fn visit_trait_bound(&mut self, bound: &'a TraitBound) {
        // The lifetimes of `for<'a> Handler<'a>` are nobody's.
        if bound.lifetimes.is_none() {
            visit::visit_trait_bound(self, bound);
        }
    }

    fn visit_type_impl_trait(&mut self, opaque: &'a TypeImplTrait) {
        self.found = self.found.take().or(Some(Borrow::Opaque(opaque)));
    }
}

/// The owned type to take in place of a common borrowed one.
fn instead(reference: &TypeReference) -> Option<String> {
    match &*reference.elem {
        Type::Slice(_) => Some("Vec<...>".to_owned()),
        elem => {
            let last = last_segment(elem)?;
            Some(match last.ident.to_string().as_str() {
                "str" => "String".to_owned(),
                "Path" => "PathBuf".to_owned(),
                other => other.to_owned(),
            })
        }
    }
}
