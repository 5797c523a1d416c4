//! The arguments of `#[supervisor(...)]`.

use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Pat, PatType, Token, Type, parenthesized};

use super::{read, value};
use crate::errors::Errors;
use crate::model::{Argument, AutoShutdown, Strategy, SupervisorOptions};

const KEYS: [&str; 6] = [
    "strategy",
    "max_restarts",
    "max_seconds",
    "auto_shutdown",
    "args",
    "crate",
];

/// Reads what stands in `#[supervisor(...)]`.
pub(crate) fn supervisor(tokens: TokenStream, errors: &mut Errors) -> SupervisorOptions {
    let mut options = SupervisorOptions::default();
    read(tokens, &KEYS, errors, |key, input, errors| {
        match key.to_string().as_str() {
            "strategy" => {
                options.strategy = strategy(key, input, errors)?.unwrap_or_default();
            }
            "max_restarts" => options.max_restarts = value::count(key, 0, input, errors)?,
            "max_seconds" => options.max_seconds = value::count(key, 1, input, errors)?,
            "auto_shutdown" => {
                options.auto_shutdown = value::word(key, &AutoShutdown::WORDS, input, errors)?;
            }
            "args" if value::has_list(key, input, errors) => {
                options.args = arguments(input, errors)?;
            }
            "args" => {}
            _ => options.facade = value::facade(key, input, errors)?.unwrap_or_default(),
        }
        Ok(())
    });
    options
}

/// Reads the strategy, with a hint for those who look for OTP's fourth one.
fn strategy(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Strategy>> {
    let ahead = input.fork();
    if ahead.parse::<Token![=]>().is_ok()
        && let Ok(text) = ahead.parse::<LitStr>()
        && text.value() == "simple_one_for_one"
    {
        errors.at(
            text,
            "children of one kind that come and go: a field of type `DynamicSupervisor`",
        );
        value::expression(key, input, errors)?;
        return Ok(None);
    }
    value::word(key, &Strategy::WORDS, input, errors)
}

/// Reads `(config: Config, ...)`: what `start_link` takes and the children's expressions may use.
pub(super) fn arguments(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Argument>> {
    let list;
    parenthesized!(list in input);
    let list = Punctuated::<PatType, Token![,]>::parse_terminated_with(&list, argument)?;
    let arguments = list
        .into_iter()
        .filter_map(|PatType { pat, ty, .. }| match *pat {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                Some(Argument {
                    ident: pattern.ident,
                    ty: *ty,
                })
            }
            other => {
                errors.at(
                    other,
                    "an argument of a supervisor is a name: `args(config: Config)`",
                );
                None
            }
        });
    Ok(arguments.collect())
}

/// Reads one `config: Config`.
fn argument(input: ParseStream<'_>) -> syn::Result<PatType> {
    Ok(PatType {
        attrs: Vec::new(),
        pat: Box::new(input.call(Pat::parse_single)?),
        colon_token: input.parse()?,
        ty: input.parse::<Type>().map(Box::new)?,
    })
}
