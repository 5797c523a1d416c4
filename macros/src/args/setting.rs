//! What is asked for a child beyond OTP, wherever a child is described: in `#[child(...)]`,
//! `#[child_spec(...)]` and `#[gen_server(...)]`.

use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Token, parenthesized, parse_quote};

use super::value;
use crate::errors::Errors;
use crate::model::Setting;

const KEYS: [&str; 6] = [
    "backoff",
    "budget",
    "on_exhausted",
    "retry_after",
    "binds_to",
    "max_lifetime",
];

/// The keys of an attribute that takes these too.
pub(super) fn and(keys: &[&'static str]) -> Vec<&'static str> {
    [keys, &KEYS].concat()
}

/// Whether this is one of these.
pub(super) fn is(key: &Ident) -> bool {
    KEYS.iter().any(|known| key == known)
}

/// Reads one, which is a method of the specification.
pub(super) fn setting(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Setting>> {
    let of = |value: Expr| Setting::Values(key.clone(), vec![value]);
    Ok(match key.to_string().as_str() {
        "budget" if value::has_list(key, input, errors) => {
            let values = expressions(input)?;
            if values.len() != 2 {
                errors.at(
                    key,
                    "a budget is so many restarts in a time: `budget(5, secs(60))`",
                );
                return Ok(None);
            }
            Some(Setting::Values(key.clone(), values))
        }
        "budget" => None,
        "retry_after" | "max_lifetime" => {
            let time = value::duration(key, input, errors)?;
            time.map(|time| Setting::Time(key.clone(), time))
        }
        "binds_to" => {
            let sibling = value::text(key, "the id of an older sibling: \"users\"", input, errors)?;
            sibling.map(|sibling| of(parse_quote!(#sibling)))
        }
        _ => value::expression(key, input, errors)?.map(of),
    })
}

/// Reads `(EXPR, ...)`.
pub(super) fn expressions(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let list;
    parenthesized!(list in input);
    let list = Punctuated::<Expr, Token![,]>::parse_terminated(&list)?;
    Ok(list.into_iter().collect())
}
