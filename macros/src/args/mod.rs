//! What stands in the parentheses of an attribute.
//!
//! Every attribute of this crate takes a list of `key`, `key = value` and `key(...)`. [`read`]
//! walks such a list and hands each key to a closure that reads its value; the files of this room
//! hold one closure for each attribute. The closure tells two kinds of trouble apart:
//!
//! - a *mistake* (a wrong word, a number where a text belongs) is pushed to [`Errors`], the value
//!   is skipped, and the next key is read;
//! - *no syntax* (an `=` without a value) is returned as an error and ends the list, because
//!   nobody knows where the next key begins.

mod child;
mod entry;
mod protocol;
mod server;
mod setting;
mod statem;
mod supervisor;
mod value;
mod worker;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token, parenthesized, token};

pub(crate) use self::child::child;
pub(crate) use self::entry::{main, test};
pub(crate) use self::protocol::protocol;
pub(crate) use self::server::{call, nothing, server};
pub(crate) use self::statem::{place, statem};
pub(crate) use self::supervisor::supervisor;
pub(crate) use self::worker::worker;
use crate::errors::Errors;

/// Reads a list of arguments; `keys` are those that `each` knows.
fn read(
    tokens: TokenStream,
    keys: &[&str],
    errors: &mut Errors,
    mut each: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let mut seen: Vec<Ident> = Vec::new();
    let list = |input: ParseStream<'_>| {
        while !input.is_empty() {
            // `parse_any`, because `crate` is a keyword.
            let key = input.call(Ident::parse_any)?;
            if !keys.iter().any(|known| key == known) {
                errors.at(&key, unknown(&key, keys));
                skip_value(input)?;
            } else if seen.contains(&key) {
                errors.at(
                    &key,
                    format!("`{key}` was given before: leave one of the two out"),
                );
                skip_value(input)?;
            } else {
                each(&key, input, errors)?;
                // Whoever missed what belongs after the key leaves there what does not.
                skip_value(input)?;
                seen.push(key);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = list.parse2(tokens) {
        errors.push(error);
    }
}

/// Passes over the value of a key that means nothing to us.
fn skip_value(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        input.parse::<Expr>()?;
    } else if input.peek(token::Paren) {
        let list;
        parenthesized!(list in input);
        list.parse::<TokenStream>()?;
    }
    Ok(())
}

/// Says which keys there are, and which of them was probably meant.
fn unknown(key: &Ident, keys: &[&str]) -> String {
    let key = key.to_string();
    // Of all lists only that of a child has `start`.
    if key == "name" && keys.contains(&"start") {
        return "a child gets its name where it is made: \
                `start = Counter::child_spec(0).name(\"counter\")`"
            .into();
    }
    match nearest(&key, keys) {
        Some(meant) => format!("unknown argument `{key}`: did you mean `{meant}`?"),
        None if keys.is_empty() => format!("unknown argument `{key}`: there are none here"),
        None => format!(
            "unknown argument `{key}`: known are `{}`",
            keys.join("`, `")
        ),
    }
}

/// Returns the word that is at most two slips away from `word`.
fn nearest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let distances = words
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate));
    distances
        .filter(|(slips, _)| *slips <= 2)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns how many letters must be put in, taken out or changed to get from one word to another
/// (Levenshtein's distance).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}
