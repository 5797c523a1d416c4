//! The arguments of `#[gen_statem(...)]` and of the attributes on its handlers.

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Error, Ident, LitStr, Meta, Path, Token};

use super::{read, server, setting, value};
use crate::errors::Errors;
use crate::model::{Kind, Place, ServerOptions, States};

const KEYS: [&str; 9] = [
    "state",
    "restart",
    "shutdown",
    "hibernate_after",
    "trap_exit",
    "mailbox",
    "mailbox_policy",
    "name",
    "crate",
];

/// Reads what stands in `#[gen_statem(...)]`: what a server may say, and the type of the states.
pub(crate) fn statem(tokens: TokenStream, errors: &mut Errors) -> (ServerOptions, Option<Path>) {
    let mut options = ServerOptions::default();
    let mut state = None;
    let mut said = false;
    read(
        tokens,
        &setting::and(&KEYS),
        errors,
        |key, input, errors| {
            if key != "state" {
                return server::option(&mut options, key, input, errors);
            }
            said = true;
            if value::has_value(key, input, errors) {
                input.parse::<Token![=]>()?;
                state = Some(input.parse()?);
            }
            Ok(())
        },
    );
    if !said {
        let message =
            "a state machine has states: `#[gen_statem(state = Lock)]`, where `Lock` is an enum";
        errors.push(Error::new(Span::call_site(), message));
    }
    (options, state)
}

/// Reads what stands in the attribute of a handler: in which states it is called, and what becomes
/// of the event in others.
pub(crate) fn place(kind: Kind, attribute: &Meta, errors: &mut Errors) -> Place {
    let mut place = Place::default();
    let tokens = match attribute {
        Meta::Path(_) => return place,
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => {
            errors.at(&pair.value, format!("write `{}`", example(kind)));
            return place;
        }
    };
    let tokens = match kind {
        Kind::Enter => {
            let surplus = first(&mut place.states, tokens, states, errors);
            if !surplus.is_empty() {
                let message = "`#[enter]` names states and nothing else: one that is entered is there, \
                               and only an event can be put off or dropped";
                errors.at(surplus, message);
            }
            return place;
        }
        Kind::NamedTimeout => first(&mut place.timeout, tokens, timeout_name, errors),
        _ => tokens,
    };
    read(tokens, keys(kind), errors, |key, input, errors| {
        if !value::has_value(key, input, errors) {
            return Ok(());
        }
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "event" => place.event = Some(input.parse()?),
            "in" => place.states = Some(states(input)?),
            "postpone" => place.postpone = states(input)?,
            _ => place.ignore = states(input)?,
        }
        Ok(())
    });
    place
}

fn keys(kind: Kind) -> &'static [&'static str] {
    match kind {
        _ if kind.is_named() => &["in", "postpone", "ignore", "event"],
        _ => &["in", "postpone", "ignore"],
    }
}

fn example(kind: Kind) -> String {
    let kind = kind.to_string();
    let name = kind.trim_start_matches("#[").trim_end_matches(']');
    match name {
        "enter" => "#[enter(Open)]".to_owned(),
        "timeout" => "#[timeout(\"name\", in = Open)]".to_owned(),
        _ => format!("#[{name}(in = Open)]"),
    }
}

/// Reads what stands in front of the list, if it does, and gives what comes after it.
fn first<T>(
    into: &mut Option<T>,
    tokens: TokenStream,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
    errors: &mut Errors,
) -> TokenStream {
    let list = |input: ParseStream<'_>| {
        let is_key = input.peek(Token![in]) || (input.peek(Ident) && input.peek2(Token![=]));
        if !(input.is_empty() || is_key) {
            *into = Some(parse(input)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        input.parse::<TokenStream>()
    };
    list.parse2(tokens).unwrap_or_else(|error| {
        errors.push(error);
        TokenStream::new()
    })
}

fn timeout_name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let found = input.span();
    input
        .parse()
        .map_err(|_| Error::new(found, "a timeout's name is a text: `#[timeout(\"name\")]`"))
}

/// Reads `Locked | Open`, with `_` for those that nothing else is said of.
fn states(input: ParseStream<'_>) -> syn::Result<States> {
    let mut states = States::default();
    loop {
        if input.peek(Token![_]) {
            states.rest = Some(input.parse::<Token![_]>()?.span());
        } else {
            states.names.push(state(input)?);
        }
        if input.parse::<Option<Token![|]>>()?.is_none() {
            return Ok(states);
        }
    }
}

fn state(input: ParseStream<'_>) -> syn::Result<Ident> {
    let found = input.span();
    let path: Path = input
        .parse()
        .map_err(|_| Error::new(found, "write the names of states, `Locked | Open`"))?;
    path.get_ident().cloned().ok_or_else(|| {
        Error::new_spanned(&path, "write the name of the state alone, without its type")
    })
}
