//! The values an argument can have: words, texts, times, counts, paths.
//!
//! A reader returns `Ok(None)` when a value is there but is wrong: the mistake was pushed, and the
//! next argument can be read. It returns an error only when there is no value to be found.

use std::time::Duration;

use syn::parse::ParseStream;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token, token};

use super::nearest;
use crate::errors::Errors;
use crate::model::Shutdown;
use crate::path::Facade;

/// Reads `= "word"`, one of a few words, and returns what it stands for.
pub(super) fn word<T: Clone>(
    key: &Ident,
    words: &[(&str, T)],
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<T>> {
    let spelled: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let example = format!("\"{}\"", spelled.join("\", \""));
    let Some(text) = text(key, &format!("one of {example}"), input, errors)? else {
        return Ok(None);
    };
    let given = text.value();
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == given) {
        return Ok(Some(meaning.clone()));
    }
    match nearest(&given, &spelled) {
        Some(meant) => errors.at(&text, format!("unknown `{key}`: did you mean \"{meant}\"?")),
        None => errors.at(&text, format!("unknown `{key}`: expected one of {example}")),
    }
    Ok(None)
}

/// Reads `= "text"`.
pub(super) fn text(
    key: &Ident,
    expected: &str,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<LitStr>> {
    match expression(key, input, errors)? {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) => Ok(Some(text)),
        Some(other) => {
            errors.at(other, format!("`{key}` is {expected}"));
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Reads `= "15m"`.
pub(super) fn duration(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Duration>> {
    let text = text(key, "a time: \"30s\", \"15m\", \"1h 30m\"", input, errors)?;
    Ok(text.and_then(|text| parse_duration(key, &text, "", errors)))
}

/// Reads `= "brutal_kill"`, `= "infinity"` or a time.
pub(super) fn shutdown(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Shutdown>> {
    let expected = "a time (\"30s\"), \"brutal_kill\" or \"infinity\"";
    let Some(text) = text(key, expected, input, errors)? else {
        return Ok(None);
    };
    Ok(match text.value().as_str() {
        "brutal_kill" => Some(Shutdown::BrutalKill),
        "infinity" => Some(Shutdown::Infinity),
        _ => parse_duration(key, &text, ", or \"brutal_kill\", or \"infinity\"", errors)
            .map(Shutdown::After),
    })
}

fn parse_duration(
    key: &Ident,
    text: &LitStr,
    alternatives: &str,
    errors: &mut Errors,
) -> Option<Duration> {
    let parsed = humantime::parse_duration(&text.value());
    if parsed.is_err() {
        let message = format!("`{key}` is a time with its unit, \"30s\" or \"15m\"{alternatives}");
        errors.at(text, message);
    }
    parsed.ok()
}

/// Reads `= 3` or any expression that is not a literal of another kind.
pub(super) fn count(
    key: &Ident,
    least: u64,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Expr>> {
    let Some(value) = expression(key, input, errors)? else {
        return Ok(None);
    };
    if let Expr::Lit(ExprLit { lit, .. }) = &value {
        let number = match lit {
            Lit::Int(number) => number.base10_parse::<u64>().ok(),
            _ => None,
        };
        if number.is_none_or(|number| number < least) {
            errors.at(
                &value,
                format!("`{key}` is a whole number, {least} or more"),
            );
            return Ok(None);
        }
    }
    Ok(Some(value))
}

/// Reads `= path::of::the::facade`.
pub(super) fn facade(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Facade>> {
    if !has_value(key, input, errors) {
        return Ok(None);
    }
    input.parse::<Token![=]>()?;
    if input.peek(Lit) {
        let text: Lit = input.parse()?;
        errors.at(
            text,
            "`crate` is a path without quotes: `crate = my_framework::regrow`",
        );
        return Ok(None);
    }
    Ok(Some(Facade::Given(input.call(Path::parse_mod_style)?)))
}

/// Reads the `=` and the expression after it.
pub(super) fn expression(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Expr>> {
    if !has_value(key, input, errors) {
        return Ok(None);
    }
    input.parse::<Token![=]>()?;
    input.parse().map(Some)
}

/// Whether the key is followed by what begins a value; it is a mistake if not.
pub(super) fn has_value(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> bool {
    let has_value = input.peek(Token![=]);
    if !has_value {
        errors.at(key, format!("`{key}` needs a value: `{key} = ...`"));
    }
    has_value
}

/// Whether the key is followed by a list; it is a mistake if not.
pub(super) fn has_list(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> bool {
    let has_list = input.peek(token::Paren);
    if !has_list {
        errors.at(key, format!("`{key}` is a list: `{key}(...)`"));
    }
    has_list
}

/// Refuses a value after a key that is a switch.
pub(super) fn switch(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<bool> {
    if input.peek(Token![=])
        && let Some(value) = expression(key, input, errors)?
    {
        errors.at(
            value,
            format!("`{key}` takes no value: write it or leave it"),
        );
    }
    Ok(true)
}
