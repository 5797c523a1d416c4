//! The arguments of `#[gen_server(...)]` and of the attributes on its handlers.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Ident, Meta, Token, Type};

use super::{read, setting, value};
use crate::errors::Errors;
use crate::model::{Kind, MailboxPolicy, Restart, ServerOptions};

const KEYS: [&str; 9] = [
    "restart",
    "shutdown",
    "idle_timeout",
    "hibernate_after",
    "trap_exit",
    "mailbox",
    "mailbox_policy",
    "name",
    "crate",
];

/// Reads what stands in `#[gen_server(...)]`.
pub(crate) fn server(tokens: TokenStream, errors: &mut Errors) -> ServerOptions {
    let mut options = ServerOptions::default();
    read(
        tokens,
        &setting::and(&KEYS),
        errors,
        |key, input, errors| option(&mut options, key, input, errors),
    );
    options
}

/// Reads one argument of a server's or a machine's.
pub(super) fn option(
    options: &mut ServerOptions,
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<()> {
    match key.to_string().as_str() {
        "restart" => options.restart = value::word(key, &Restart::WORDS, input, errors)?,
        "shutdown" => options.shutdown = value::shutdown(key, input, errors)?,
        "idle_timeout" => {
            let time = value::duration(key, input, errors)?;
            options.idle_timeout = time.map(|time| (key.clone(), time));
        }
        "hibernate_after" => options.hibernate_after = value::duration(key, input, errors)?,
        "mailbox" => options.mailbox = value::count(key, 1, input, errors)?,
        "mailbox_policy" => {
            let policy = value::word(key, &MailboxPolicy::WORDS, input, errors)?;
            options.mailbox_policy = policy.map(|policy| (key.clone(), policy));
        }
        "trap_exit" => options.trap_exit = value::switch(key, input, errors)?,
        "name" => {
            let name = value::text(key, "a text: \"counter\"", input, errors)?;
            if name.as_ref().is_some_and(|name| name.value().is_empty()) {
                errors.at(&name, "a registered name has at least one letter");
            }
            options.name = name;
        }
        _ if setting::is(key) => options
            .settings
            .extend(setting::setting(key, input, errors)?),
        _ => options.facade = value::facade(key, input, errors)?.unwrap_or_default(),
    }
    Ok(())
}

/// Reads what stands in `#[call(...)]`: the type of the reply, where it cannot be read off.
pub(crate) fn call(attribute: &Meta, errors: &mut Errors) -> Option<Type> {
    let mut reply = None;
    match attribute {
        Meta::Path(_) => {}
        Meta::List(list) => read(
            list.tokens.clone(),
            &["reply"],
            errors,
            |key, input, errors| {
                if value::has_value(key, input, errors) {
                    input.parse::<Token![=]>()?;
                    reply = Some(input.parse()?);
                }
                Ok(())
            },
        ),
        Meta::NameValue(pair) => {
            errors.at(
                pair,
                "write `#[call]`, or `#[call(reply = T)]` to name the reply's type",
            );
        }
    }
    reply
}

/// Refuses arguments on an attribute that has none.
pub(crate) fn nothing(kind: Kind, attribute: &Meta, errors: &mut Errors) {
    let surplus = match attribute {
        Meta::Path(_) => return,
        Meta::List(list) => list.tokens.to_token_stream(),
        Meta::NameValue(pair) => pair.value.to_token_stream(),
    };
    // An empty list has nothing to underline but itself.
    let surplus = if surplus.is_empty() {
        attribute.to_token_stream()
    } else {
        surplus
    };
    errors.at(surplus, format!("`{kind}` takes no arguments"));
}
