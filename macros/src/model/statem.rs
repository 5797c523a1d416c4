//! A state machine: a server whose handlers are for events, each of them in certain states.

use proc_macro2::Span;
use syn::{Ident, LitStr, Path, PathArguments, Type};

use super::{Handler, Server};

/// What `#[gen_statem]` stands on.
pub(crate) struct Statem {
    /// What it has in common with a server.
    pub(crate) server: Server,
    /// The type of its states; none when that is the mistake.
    pub(crate) state: Option<Path>,
    /// What that probably is, then.
    pub(crate) guess: Option<Type>,
    /// In the order of the source.
    pub(crate) events: Vec<Event>,
}

impl Statem {
    /// The handlers of an event, in the order of the source.
    pub(crate) fn handlers<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = &'a Handler> {
        event
            .handlers
            .iter()
            .map(|position| &self.server.handlers[*position])
    }

    /// The handler that says what the event is: what travels with it, and who may ask for it.
    pub(crate) fn definer(&self, event: &Event) -> &Handler {
        &self.server.handlers[event.handlers[0]]
    }

    /// Whether a mistake was found in one of its handlers.
    pub(crate) fn is_broken(&self, event: &Event) -> bool {
        self.state.is_none() || self.handlers(event).any(|handler| handler.broken)
    }

    /// The path of one of the states.
    pub(crate) fn state_path(&self, state: &Ident) -> Path {
        let mut path = self
            .state
            .clone()
            .unwrap_or_else(|| Path::from(state.clone()));
        if let Some(last) = path.segments.last_mut() {
            last.arguments = PathArguments::None;
        }
        for segment in &mut path.segments {
            // Found where the type is named, shown where the state is.
            let span = segment.ident.span().located_at(state.span());
            segment.ident.set_span(span);
        }
        path.segments.push(state.clone().into());
        path
    }
}

/// Something that can happen to a machine.
pub(crate) struct Event {
    /// Its name in the enum of events.
    pub(crate) variant: Ident,
    /// Which of the server's handlers are for it; there is one at least.
    pub(crate) handlers: Vec<usize>,
}

/// What the attribute of a machine's handler says beside its kind.
#[derive(Default)]
pub(crate) struct Place {
    /// The event that it handles, when it is not called like that itself.
    pub(crate) event: Option<Ident>,
    /// The name of the timeout that brings it.
    pub(crate) timeout: Option<LitStr>,
    /// In which states it is called; none are those that nothing is said of.
    pub(crate) states: Option<States>,
    /// In which states the event is put off.
    pub(crate) postpone: States,
    /// In which states the event is dropped.
    pub(crate) ignore: States,
}

/// Some of a machine's states.
#[derive(Default)]
pub(crate) struct States {
    pub(crate) names: Vec<Ident>,
    /// Where `_` stands: those that nothing else is said of.
    pub(crate) rest: Option<Span>,
}
