//! One function of a server's block: is it a handler, and what does its signature say?

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, Ident, ImplItemFn, PatType, ReturnType, Signature, Type, TypeReference,
};

use super::spelling::{bare, last_segment, name_self, name_self_in_generics, type_arguments};
use super::{carried, named, names};
use crate::args;
use crate::errors::Errors;
use crate::model::{Behaviour, Handler, Kind, Param, Place, Reply, ReplyShape, Role};

/// Takes our attributes off a function and, when it had one, describes it as a handler.
pub(super) fn handler(
    function: &mut ImplItemFn,
    behaviour: Behaviour,
    server: &Type,
    errors: &mut Errors,
) -> Option<Handler> {
    let mistakes = errors.count();
    let (kind, attribute) = take_kind(&mut function.attrs, behaviour, errors)?;
    let mut written_reply = None;
    let mut place = Place::default();
    match behaviour {
        Behaviour::GenServer if kind == Kind::Call => {
            written_reply = args::call(&attribute.meta, errors);
        }
        Behaviour::GenStatem if kind.is_event() || kind == Kind::Enter => {
            place = args::place(kind, &attribute.meta, errors);
        }
        _ => args::nothing(kind, &attribute.meta, errors),
    }
    let mut handler = describe(kind, attribute.path().span(), function, server);
    handler.place = place;
    if let Some(ty) = written_reply {
        handler.reply = reply(None, Some(named_self(ty, server)));
    }
    handler.broken = errors.count() > mistakes;
    Some(handler)
}

/// Describes a function as a handler of a kind.
pub(super) fn describe(
    kind: Kind,
    attribute: Span,
    function: &ImplItemFn,
    server: &Type,
) -> Handler {
    let signature = &function.sig;
    let mut generics = signature.generics.clone();
    name_self_in_generics(&mut generics, server);
    let output = output(&signature.output, server);
    let reply = reply(output.as_ref().filter(|_| kind == Kind::Call), None);
    Handler {
        kind,
        position: 0,
        attribute,
        ident: signature.ident.clone(),
        vis: function.vis.clone(),
        asyncness: signature.asyncness,
        safety: signature.safety.clone(),
        abi: signature.abi.clone(),
        receiver: signature.receiver().cloned(),
        generics,
        params: params(kind, signature, server),
        output,
        reply,
        place: Place::default(),
        // Named when all signatures are known.
        message: Ident::new("Message", Span::mixed_site()),
        carried: carried(&function.attrs),
        broken: false,
    }
}

/// Takes the attributes that make a handler of a function; more than one is a mistake.
pub(super) fn take_kind(
    attrs: &mut Vec<Attribute>,
    behaviour: Behaviour,
    errors: &mut Errors,
) -> Option<(Kind, Attribute)> {
    let mut found: Option<(Kind, Attribute)> = None;
    attrs.retain(|attribute| {
        let kinds = behaviour.attributes();
        let Some((_, kind)) = kinds
            .iter()
            .find(|(name, _)| attribute.path().is_ident(name))
        else {
            return true;
        };
        match &found {
            None => found = Some((*kind, attribute.clone())),
            Some((first, _)) => {
                let message = format!("a handler is of one kind, and this is a `{first}` already");
                errors.at(attribute.path(), message);
            }
        }
        false
    });
    found
}

fn named_self(mut ty: Type, server: &Type) -> Type {
    name_self(&mut ty, server);
    ty
}

/// Returns the type after `->`; `-> ()` is the same as nothing.
fn output(output: &ReturnType, server: &Type) -> Option<Type> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) if is_unit(ty) => None,
        ReturnType::Type(_, ty) => Some(named_self((**ty).clone(), server)),
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Reads off what the caller gets, or believes what `#[call(reply = T)]` says.
pub(super) fn reply(output: Option<&Type>, written: Option<Type>) -> Reply {
    let answered = output
        .and_then(last_segment)
        .filter(|last| last.ident == "Reply");
    let answered = answered
        .map(type_arguments)
        .filter(|arguments| arguments.len() == 1);
    let explicit = written.is_some() || answered.is_some();
    let ty = written.or_else(|| answered.map(|arguments| arguments[0].clone()));
    let ty = if explicit { ty } else { output.cloned() };
    let ty = ty.filter(|ty| !is_unit(ty));
    let shape = ty.as_ref().map_or(ReplyShape::Plain, reply_shape);
    Reply {
        ty,
        shape,
        explicit,
    }
}

fn reply_shape(ty: &Type) -> ReplyShape {
    let Some(result) = last_segment(ty).filter(|last| last.ident == "Result") else {
        return ReplyShape::Plain;
    };
    match type_arguments(result)[..] {
        [ok, err] => ReplyShape::Result(Box::new(ok.clone()), Box::new(err.clone())),
        _ => ReplyShape::Alias,
    }
}

fn params(kind: Kind, signature: &Signature, server: &Type) -> Vec<Param> {
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let mut params: Vec<Param> = Vec::new();
    for (position, PatType { attrs, pat, ty, .. }) in typed.enumerate() {
        let mut name = names::argument(pat, position);
        if params.iter().any(|param| param.name == name) {
            name = names::positional(position);
        }
        params.push(Param {
            role: role(kind, ty, server),
            name,
            ty: named_self((**ty).clone(), server),
            cfg: named(attrs, "cfg").pop(),
        });
    }
    params
}

/// Finds out what an argument is there for.
fn role(kind: Kind, ty: &Type, server: &Type) -> Role {
    let is_named = |ty: &Type, name| last_segment(ty).is_some_and(|last| last.ident == name);
    match bare(ty) {
        Type::Reference(TypeReference { elem, .. }) if is_named(elem, "Context") => Role::Context,
        // It is lent and not given, which is said later. Somebody's own `Context` is a value.
        ty if is_named(ty, "Context") && is_of(ty, server) => Role::Context,
        // In any other handler a `ReplyTo` is a message like others: somebody passes it on.
        ty if kind == Kind::Call && is_named(ty, "ReplyTo") => Role::Caller,
        _ => Role::Value,
    }
}

/// Whether a type is one of the server: `Context<Self>`, `Context<Machine<Self>>`.
fn is_of(ty: &Type, server: &Type) -> bool {
    let spelled = |ty: &Type| ty.to_token_stream().to_string();
    last_segment(ty)
        .map(type_arguments)
        .is_some_and(|arguments| match arguments[..] {
            [argument] => {
                let argument_is = spelled(&named_self(argument.clone(), server));
                argument_is == spelled(server) || is_of(argument, server)
            }
            _ => false,
        })
}
