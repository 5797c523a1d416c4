//! `#[gen_statem]`: an `impl` block, the events that its handlers are for, and the states.

use proc_macro2::TokenStream;
use syn::{Ident, Path, Type};

use super::spelling::{bare, last_segment, type_arguments};
use super::{Untouched, handler, names, server};
use crate::args;
use crate::errors::Errors;
use crate::model::{Behaviour, Event, Handler, Kind, Role, Statem};

/// Reads a state machine.
pub(crate) fn statem(
    attribute: TokenStream,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Result<Statem, Untouched> {
    let (options, state) = args::statem(attribute, errors);
    let mut server = server::block(Behaviour::GenStatem, options, tokens, errors)?;
    if let Some(name) = state.as_ref().and_then(|state| state.segments.last()) {
        for handler in &mut server.handlers {
            find_states(handler, &name.ident);
        }
    }
    for handler in &mut server.handlers {
        find_reply(handler);
    }
    let guess = server.sound(Kind::Init).find_map(first_state);
    Ok(Statem {
        guess,
        state,
        events: events(&server.handlers),
        server,
    })
}

/// The type of the state that an `#[init]` gives.
fn first_state(init: &Handler) -> Option<Type> {
    match bare(init.output.as_ref()?) {
        Type::Tuple(pair) => pair.elems.first().cloned(),
        _ => None,
    }
}

/// Tells the states among a handler's arguments from what travels.
fn find_states(handler: &mut Handler, state: &Ident) {
    for param in &mut handler.params {
        let is_state = match bare(&param.ty) {
            Type::Reference(lent) => {
                last_segment(&lent.elem).is_some_and(|last| last.ident == *state)
            }
            _ => false,
        };
        if is_state {
            param.role = match handler.kind {
                Kind::Enter if param.name == "old" => Role::Old,
                _ => Role::State,
            };
        }
    }
}

/// A call that is handed its caller replies to that, and gives where the machine goes.
fn find_reply(handler: &mut Handler) {
    let mut params = handler.params.iter();
    let Some(caller) = params.find(|param| param.role == Role::Caller) else {
        return;
    };
    let replies = last_segment(&caller.ty).map(type_arguments);
    if let Some([ty]) = replies.as_deref() {
        handler.reply = handler::reply(None, Some((*ty).clone()));
    }
}

/// Gathers the handlers that are for one event.
fn events(handlers: &[Handler]) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let each = handlers.iter().enumerate();
    for (position, handler) in each.filter(|(_, handler)| handler.kind.is_event()) {
        let known = events
            .iter_mut()
            .find(|event| is_same(&handlers[event.handlers[0]], handler));
        match known {
            Some(event) => event.handlers.push(position),
            None => events.push(Event {
                variant: names::variant(event_name(handler)),
                handlers: vec![position],
            }),
        }
    }
    events
}

/// The name of the event that a handler is for.
pub(crate) fn event_name(handler: &Handler) -> &Ident {
    handler.place.event.as_ref().unwrap_or(&handler.ident)
}

/// Whether two handlers are for one event: by its name, by the type of its message, or because
/// there is one such event only.
fn is_same(first: &Handler, second: &Handler) -> bool {
    match second.kind {
        Kind::Info => {
            let message = second.values().next();
            first.kind == Kind::Info && message.is_some_and(|message| first.handles(&message.ty))
        }
        kind if kind.is_named() => first.kind.is_named() && event_name(first) == event_name(second),
        kind => first.kind == kind,
    }
}

/// Whether a handler gives a state of this type.
pub(crate) fn gives_state(handler: &Handler, state: &Path) -> bool {
    let output = handler.output.as_ref().and_then(last_segment);
    let state = state.segments.last();
    output
        .zip(state)
        .is_some_and(|(output, state)| output.ident == state.ident)
}
