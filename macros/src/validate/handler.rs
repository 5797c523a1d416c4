//! Rules about one handler: its name, its receiver, its arguments, its answer.

use quote::ToTokens;
use syn::{GenericParam, ReceiverKind, Safety, Type};

use super::message;
use crate::errors::Errors;
use crate::model::{Behaviour, Handler, Kind, Param, Role};
use crate::parse::{bare, last_segment, mentions, type_arguments};

/// Methods that every reference has: its own, those of the standard prelude's traits, and
/// `address`, by which the client itself is reached.
///
/// A client's method would be hidden behind one of the former, so that `counter.pid()` would not
/// mean the handler; beside `address` it would be ambiguous.
const REFERENCE: [&str; 9] = [
    "pid",
    "clone",
    "clone_from",
    "into",
    "try_into",
    "to_owned",
    "eq",
    "ne",
    "address",
];

/// Checks one handler.
pub(super) fn handler(handler: &Handler, behaviour: Behaviour, errors: &mut Errors) {
    name(handler, errors);
    qualifiers(handler, errors);
    receiver(handler, errors);
    parameters(handler, behaviour, errors);
    for param in &handler.params {
        if let Some(cfg) = &param.cfg {
            errors.at(
                cfg,
                "an argument cannot be left out of a message: put the `cfg` on the handler",
            );
        }
    }
    contexts(handler, behaviour, errors);
    callers(handler, errors);
    match handler.kind {
        Kind::Init
        | Kind::Call
        | Kind::Cast
        | Kind::Internal
        | Kind::EventTimeout
        | Kind::StateTimeout
        | Kind::NamedTimeout => {
            for param in handler.values() {
                message::argument(param, errors);
            }
        }
        Kind::Info | Kind::Continue => one_message(handler, errors),
        Kind::FormatStatus => {
            only_looks(handler, errors);
            handed_over(handler, errors);
        }
        Kind::Timeout | Kind::Down | Kind::Exit | Kind::Terminate | Kind::Enter => {
            handed_over(handler, errors);
        }
    }
    answer(handler, behaviour, errors);
}

fn name(handler: &Handler, errors: &mut Errors) {
    let name = &handler.ident;
    if handler.kind.has_method() && REFERENCE.iter().any(|method| name == method) {
        errors.at(
            name,
            format!("every reference has a method `{name}`: choose another name"),
        );
    }
}

fn qualifiers(handler: &Handler, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &handler.safety {
        errors.at(
            token,
            "the server calls its handlers, so they cannot be `unsafe`",
        );
    }
    if let Some(abi) = &handler.abi {
        errors.at(
            abi,
            "the server calls its handlers, so they have Rust's ABI",
        );
    }
}

fn receiver(handler: &Handler, errors: &mut Errors) {
    let kind = handler.kind;
    match (&handler.receiver, kind) {
        (Some(receiver), Kind::Init) => {
            errors.at(
                receiver,
                "`#[init]` makes the state, so there is no `self` yet",
            );
        }
        (None, Kind::Init) => {}
        (Some(receiver), _) => {
            let borrows = match &receiver.kind {
                ReceiverKind::Reference(..) => true,
                ReceiverKind::Typed(_, ty) => matches!(bare(ty), Type::Reference(_)),
                _ => false,
            };
            if !borrows {
                errors.at(
                    receiver,
                    "the server keeps its state: take `&self` or `&mut self`",
                );
            }
        }
        (None, _) => {
            errors.at(
                &handler.ident,
                format!("`{kind}` takes `&self` or `&mut self`"),
            );
        }
    }
}

fn parameters(handler: &Handler, behaviour: Behaviour, errors: &mut Errors) {
    let kind = handler.kind;
    let typed = kind.has_method() || kind.is_typed();
    let may_be_generic = typed && behaviour == Behaviour::GenServer;
    for parameter in &handler.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) => {
                errors.at(
                    lifetime,
                    "what reaches a handler is owned: it has no lifetimes",
                );
            }
            GenericParam::Type(_) | GenericParam::Const(_) if may_be_generic => {}
            other if behaviour == Behaviour::GenStatem && kind.is_event() => errors.at(
                other,
                "the events of a machine are of one type: put the parameter on the `impl`",
            ),
            other => errors.at(
                other,
                format!("`{kind}` cannot be generic: nobody would choose the type"),
            ),
        }
    }
}

fn contexts(handler: &Handler, behaviour: Behaviour, errors: &mut Errors) {
    let lent = match behaviour {
        Behaviour::GenServer => "Context<Self>",
        Behaviour::GenStatem => "Context<Machine<Self>>",
    };
    let contexts = handler
        .params
        .iter()
        .filter(|param| param.role == Role::Context);
    for (position, context) in contexts.enumerate() {
        let mutable =
            matches!(bare(&context.ty), Type::Reference(lent) if lent.mutability.is_some());
        if position > 0 {
            errors.at(&context.ty, "one context is enough");
        } else if !mutable || (behaviour == Behaviour::GenStatem && is_of_a_server(&context.ty)) {
            errors.at(
                &context.ty,
                format!("the context comes as `cx: &mut {lent}`"),
            );
        }
    }
}

/// Whether a context says that it is that of a server, and not of a `Machine`.
fn is_of_a_server(context: &Type) -> bool {
    let context = match bare(context) {
        Type::Reference(lent) => &lent.elem,
        other => other,
    };
    match last_segment(context).map(type_arguments).as_deref() {
        Some([of]) => last_segment(of).is_none_or(|last| last.ident != "Machine"),
        _ => false,
    }
}

fn callers(handler: &Handler, errors: &mut Errors) {
    let callers = handler
        .params
        .iter()
        .filter(|param| param.role == Role::Caller);
    for (position, caller) in callers.enumerate() {
        if position > 0 {
            errors.at(&caller.ty, "a call has one caller");
        } else if !handler.reply.explicit {
            let message = "a handler that is handed its caller answers with a `Reply<T>`";
            errors.at(&caller.ty, message);
        }
    }
}

/// An `#[info]` or a `#[handle_continue]` is known by the type of its one message.
fn one_message(handler: &Handler, errors: &mut Errors) {
    let kind = handler.kind;
    let mut values = handler.values();
    match values.next() {
        Some(param) => message::argument(param, errors),
        None => errors.at(
            &handler.ident,
            format!("`{kind}` takes the message it handles"),
        ),
    }
    if let Some(second) = values.next() {
        let message = format!("`{kind}` takes one message: make a struct of the two");
        errors.at(&second.ty, message);
    }
}

/// A `#[format_status]` shows the state as it is, at once.
fn only_looks(handler: &Handler, errors: &mut Errors) {
    let kind = handler.kind;
    if let Some(asyncness) = &handler.asyncness {
        errors.at(
            asyncness,
            format!("`{kind}` looks at the state and waits for nothing"),
        );
    }
    if let Some(receiver) = &handler.receiver
        && mentions(receiver.to_token_stream(), &["mut"])
    {
        errors.at(
            receiver,
            format!("`{kind}` takes `&self`: it changes nothing"),
        );
    }
    for param in &handler.params {
        if param.role == Role::Context {
            errors.at(
                &param.ty,
                format!("`{kind}` is no handler, and has no context"),
            );
        }
    }
}

/// The other handlers take what the runtime hands them, and nothing else.
fn handed_over(handler: &Handler, errors: &mut Errors) {
    let (kind, name) = (handler.kind, &handler.ident);
    let wanted = match kind {
        Kind::Down => Some(("down", "Down")),
        Kind::Exit => Some(("exit", "Exit")),
        Kind::Terminate => Some(("reason", "&ExitReason")),
        Kind::FormatStatus => Some(("f", "&mut Formatter<'_>")),
        _ => None,
    };
    let mut values = handler.values();
    if let Some((argument, ty)) = wanted {
        let message = format!("`{kind}` takes `{argument}: {ty}`");
        match values.next() {
            None => errors.at(name, message),
            Some(param) if !is_handed_over(kind, param) => errors.at(&param.ty, message),
            Some(_) => {}
        }
    }
    if let Some(surplus) = values.next() {
        let message = match wanted {
            Some((argument, ty)) if kind == Kind::FormatStatus => {
                format!("`{kind}` takes `{argument}: {ty}` and nothing else")
            }
            Some((argument, ty)) => {
                format!(
                    "`{kind}` takes `{argument}: {ty}` and, if wanted, `cx: &mut Context<Self>`"
                )
            }
            None if kind == Kind::Enter => {
                "`#[enter]` takes nothing that travels: `old: &State`, `state: &State` and \
                 `cx: &mut Context<Machine<Self>>`, if wanted"
                    .to_owned()
            }
            None => format!("`{kind}` takes nothing but, if wanted, `cx: &mut Context<Self>`"),
        };
        errors.at(&surplus.ty, message);
    }
}

/// Whether an argument may be what the runtime hands over: by value, or as a reference to the
/// reason or the formatter. Its name is left alone, since it may be an alias.
fn is_handed_over(kind: Kind, param: &Param) -> bool {
    match bare(&param.ty) {
        Type::Reference(lent) => match kind {
            Kind::Terminate => lent.mutability.is_none(),
            Kind::FormatStatus => lent.mutability.is_some(),
            _ => false,
        },
        _ => !matches!(kind, Kind::Terminate | Kind::FormatStatus),
    }
}

fn answer(handler: &Handler, behaviour: Behaviour, errors: &mut Errors) {
    let kind = handler.kind;
    let Some(output) = &handler.output else {
        if kind == Kind::Init {
            let message = match behaviour {
                Behaviour::GenServer => {
                    "`#[init]` returns the state: `Self`, `Result<Self, E>` or `Init<Self>`"
                }
                Behaviour::GenStatem => {
                    "`#[init]` returns the first state and the data: `(State, Self)`, \
                     `Initial<Self>`, or a `Result` of one of them"
                }
            };
            errors.at(&handler.ident, message);
        }
        return;
    };
    match bare(output) {
        Type::ImplTrait(opaque) => {
            let message = if mentions(opaque.to_token_stream(), &["Future"]) {
                "write `async fn` and the type it returns".to_owned()
            } else {
                format!("`{kind}` returns a type that has a name")
            };
            errors.at(output, message);
        }
        Type::Never(never) => {
            errors.at(
                never,
                format!("`{kind}` returns, or the server ends with a panic"),
            );
        }
        _ if kind == Kind::Call => message::reply(&handler.reply, errors),
        _ => {}
    }
}
