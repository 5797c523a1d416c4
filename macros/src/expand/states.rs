//! What is common to all that a machine does by its states: one `match` over them, and one type for
//! outcomes that come at once and outcomes that are waited for.
//!
//! ```text
//! match __regrow_state {
//!     Lock::Locked { .. } => Either::Second(async move { Self::button(self, digit).await }),
//!     Lock::Open { .. } => Either::First(Transition::keep()),
//! }
//! ```

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;

use super::{deprecated, local, located};
use crate::model::{Handler, Kind, Statem, States};

/// The handlers that wait, each of which is another type of step.
pub(super) struct Waits<'a> {
    handlers: Vec<&'a Handler>,
    /// The private door, where `Either` is.
    door: TokenStream,
}

impl<'a> Waits<'a> {
    /// Those among a machine's handlers of some kinds.
    pub(super) fn among(machine: &'a Statem, is_wanted: impl Fn(Kind) -> bool) -> Self {
        let at = located(machine.server.ident.span());
        let handlers = machine.server.handlers.iter();
        let handlers = handlers.filter(|handler| {
            is_wanted(handler.kind) && handler.asyncness.is_some() && !handler.broken
        });
        Waits {
            handlers: handlers.collect(),
            door: machine.server.options.facade.at(at).door(),
        }
    }

    /// An outcome that is there at once.
    pub(super) fn at_once(&self, outcome: TokenStream) -> TokenStream {
        let rg = &self.door;
        if self.handlers.is_empty() {
            outcome
        } else {
            let outcome = expression(outcome);
            quote!(#rg::Either::First(#outcome))
        }
    }

    /// The outcome of a handler, or the future of it.
    pub(super) fn outcome(&self, handler: &Handler, outcome: TokenStream) -> TokenStream {
        let rg = &self.door;
        let mut waits = self.handlers.iter();
        let Some(position) = waits.position(|other| std::ptr::eq(*other, handler)) else {
            return self.at_once(outcome);
        };
        let last = position + 1 == self.handlers.len();
        let innermost = if last {
            outcome
        } else {
            quote!(#rg::Either::First(#outcome))
        };
        (0..=position).fold(innermost, |inner, _| quote!(#rg::Either::Second(#inner)))
    }
}

/// Puts braces around statements.
fn expression(statements: TokenStream) -> TokenStream {
    let is_end =
        |token: TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    if statements.clone().into_iter().any(is_end) {
        quote!({ #statements })
    } else {
        statements
    }
}

/// The arms of a `match` over the states.
#[derive(Default)]
pub(super) struct Arms {
    named: Vec<TokenStream>,
    /// For the states that are not named: attributes, and what is done.
    rest: Option<(TokenStream, TokenTree)>,
}

impl Arms {
    /// Arms that do this in all states that no other is for.
    pub(super) fn otherwise(done: &TokenStream, at: Span) -> Arms {
        Arms {
            named: Vec::new(),
            rest: Some((TokenStream::new(), placed(done, at))),
        }
    }

    /// Adds what is done in some states.
    pub(super) fn add(
        &mut self,
        machine: &Statem,
        handler: &Handler,
        states: &States,
        done: &TokenStream,
    ) {
        let attrs = &handler.carried.attrs;
        let deprecated = deprecated(handler);
        let attrs = quote!(#(#attrs)* #deprecated);
        if let Some(last) = states.names.last() {
            let patterns = states.names.iter().map(|state| pattern(machine, state));
            let done = placed(done, last.span());
            self.named.push(quote!(#attrs #(#patterns)|* => #done,));
        }
        if let Some(rest) = states.rest {
            self.rest = Some((attrs, placed(done, rest)));
        }
    }

    /// The `match`, whose missing states are missed at this place.
    pub(super) fn matched(self, at: Span) -> TokenStream {
        let mut state = local("state");
        state.set_span(at);
        let (named, rest) = (self.named, self.rest);
        if named.is_empty()
            && let Some((attrs, done)) = &rest
            && attrs.is_empty()
        {
            return done.to_token_stream();
        }
        let rest = rest.map(|(attrs, done)| quote!(#attrs _ => #done,));
        quote_spanned!(at=> match #state { #(#named)* #rest })
    }
}

/// Returns the pattern that is one of the states, whatever it holds.
fn pattern(machine: &Statem, state: &Ident) -> TokenStream {
    let path = machine.state_path(state);
    let at = state.span();
    quote_spanned!(at=> #path { .. })
}

/// Puts what an arm does where its states are named.
///
/// When the compiler misses a state it proposes an arm for that after the last one. There is none for
/// the user to see, but so it is at the list to which the state is to be added.
fn placed(done: &TokenStream, at: Span) -> TokenTree {
    let mut block = Group::new(Delimiter::Brace, done.clone());
    block.set_span(located(at));
    TokenTree::Group(block)
}
