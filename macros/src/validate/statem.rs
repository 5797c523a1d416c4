//! Rules about a state machine: what each event does in each state.
//!
//! Whether every state is spoken of only the compiler knows, for it knows the states: an event
//! becomes one `match` over them.

use std::collections::HashMap;

use super::{handler, server};
use crate::errors::Errors;
use crate::model::{Behaviour, Event, Handler, Kind, Role, Statem};
use crate::parse::{event_name, gives_state, last_segment};

/// Checks a machine, each of its handlers and each of its events.
pub(crate) fn statem(machine: &mut Statem, errors: &mut Errors) {
    server::function_names(&machine.server, errors);
    let state = machine.state.clone();
    for handler in &mut machine.server.handlers {
        let before = errors.count();
        handler::handler(handler, Behaviour::GenStatem, errors);
        let gives_state = state
            .as_ref()
            .is_some_and(|state| gives_state(handler, state));
        outcome(handler, gives_state, errors);
        handler.broken |= errors.count() > before;
    }
    server::repeated(&mut machine.server, errors);
    server::init(&machine.server, errors);
    server::mailbox(&machine.server, errors);
    server::warn_about_terminate(&mut machine.server);
    entered_once(&mut machine.server.handlers, errors);
    for event in &machine.events {
        one_event(event, &mut machine.server.handlers, errors);
        once_in_each_state(event, &mut machine.server.handlers, errors);
    }
}

/// Checks what a handler says about where the machine goes, and what it is for at all.
fn outcome(handler: &Handler, gives_state: bool, errors: &mut Errors) {
    if handler.kind == Kind::Continue {
        errors.push(syn::Error::new(
            handler.attribute,
            "a state machine goes on with an event of its own: make it `#[internal]`",
        ));
    }
    let Some(output) = &handler.output else {
        return;
    };
    let is_named = |name| last_segment(output).is_some_and(|last| last.ident == name);
    let has_caller = || {
        handler
            .params
            .iter()
            .any(|param| param.role == Role::Caller)
    };
    if handler.kind != Kind::Call {
        if handler.kind.is_event() && is_named("Next") {
            errors.at(
                output,
                "a machine's handler says where the machine goes: `Transition<Self>`",
            );
        }
    } else if is_named("Reply") {
        let message = "a machine's handler gives the reply itself, or takes `from: ReplyTo<T>` and \
                       gives a `Transition<Self>`";
        errors.at(output, message);
    } else if is_named("Transition") && !has_caller() {
        let message = "who gives a `Transition` replies by itself: take `from: ReplyTo<T>` too";
        errors.at(output, message);
    } else if has_caller() && !is_named("Transition") && !gives_state {
        let message = "who is handed the caller replies to that, and gives `Transition<Self>`, the \
                       next state, or nothing";
        errors.at(output, message);
    }
}

/// Refuses handlers of one event that differ in what the event is.
fn one_event(event: &Event, handlers: &mut [Handler], errors: &mut Errors) {
    let (first, others) = event.handlers.split_first().unwrap_or((&0, &[]));
    let (kind, name) = (handlers[*first].kind, handlers[*first].ident.clone());
    let count = handlers[*first].values().count();
    let timeout = timeout_of(&handlers[*first]);
    for position in others {
        let handler = &mut handlers[*position];
        let message = if handler.kind != kind {
            Some(format!("this event is a `{kind}`, as `{name}` says"))
        } else if timeout_of(handler) != timeout {
            Some(format!(
                "this event is brought by another timeout, as `{name}` says"
            ))
        } else if handler.values().count() != count {
            Some(format!(
                "this event brings what `{name}` takes, and nothing else"
            ))
        } else {
            None
        };
        if let Some(message) = message {
            errors.at(event_name(handler), message);
            handler.broken = true;
        }
    }
}

fn timeout_of(handler: &Handler) -> Option<String> {
    handler.place.timeout.as_ref().map(syn::LitStr::value)
}

/// Refuses to say twice what an event does in a state.
fn once_in_each_state(event: &Event, handlers: &mut [Handler], errors: &mut Errors) {
    let mut said: Said = Said::default();
    for position in &event.handlers {
        let handler = &mut handlers[*position];
        if handler.carried.is_conditional() {
            continue;
        }
        let before = errors.count();
        let place = &handler.place;
        let lists = [
            place.states.as_ref(),
            Some(&place.postpone),
            Some(&place.ignore),
        ];
        for states in lists.into_iter().flatten() {
            for state in &states.names {
                if let Some(first) = said.state(state.to_string(), handler) {
                    let message =
                        format!("`{first}` says already what this event does in `{state}`");
                    errors.at(state, message);
                }
            }
            if let Some(rest) = states.rest {
                said.rest(rest, handler, errors);
            }
        }
        if place.states.is_none() {
            said.rest(handler.attribute, handler, errors);
        }
        handler.broken |= errors.count() > before;
    }
}

/// Of which states it is said already what is done in them, and by which handler.
#[derive(Default)]
struct Said {
    states: HashMap<String, syn::Ident>,
    rest: Option<syn::Ident>,
}

impl Said {
    /// Speaks of a state; gives who has done so before.
    fn state(&mut self, state: String, handler: &Handler) -> Option<syn::Ident> {
        self.states.insert(state, handler.ident.clone())
    }

    /// Speaks of the states that are not named.
    fn rest(&mut self, at: proc_macro2::Span, handler: &Handler, errors: &mut Errors) {
        if let Some(first) = self.rest.replace(handler.ident.clone()) {
            let message = format!(
                "`{first}` says already what this event does in states that are not named: name \
                 the states of this one with `in = ...`"
            );
            errors.push(syn::Error::new(at, message));
        }
    }
}

/// Refuses a second handler that enters a state.
fn entered_once(handlers: &mut [Handler], errors: &mut Errors) {
    let mut said = Said::default();
    let enters = handlers
        .iter_mut()
        .filter(|handler| handler.kind == Kind::Enter && !handler.carried.is_conditional());
    for handler in enters {
        let before = errors.count();
        let place = &handler.place;
        let states = place.states.as_ref();
        for state in states.map_or(&[][..], |states| &states.names) {
            if let Some(first) = said.state(state.to_string(), handler) {
                errors.at(state, format!("`{first}` enters `{state}` already"));
            }
        }
        let rest = states.map_or(Some(handler.attribute), |states| states.rest);
        if let Some(at) = rest
            && let Some(first) = said.rest.replace(handler.ident.clone())
        {
            let message = format!("`{first}` enters the states that are not named already");
            errors.push(syn::Error::new(at, message));
        }
        handler.broken |= errors.count() > before;
    }
}
