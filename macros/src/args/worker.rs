//! The arguments of `#[child_spec(...)]` beside `#[derive(ChildSpec)]`.

use syn::Meta;
use syn::parse::ParseStream;

use super::supervisor::arguments;
use super::{read, setting, value};
use crate::errors::Errors;
use crate::model::{Restart, WorkerOptions};

const KEYS: [&str; 8] = [
    "restart",
    "shutdown",
    "id",
    "significant",
    "name",
    "start",
    "args",
    "crate",
];

/// Reads what stands in one `#[child_spec(...)]`, which adds to what stood in others.
pub(crate) fn worker(attribute: &Meta, options: &mut WorkerOptions, errors: &mut Errors) {
    let Meta::List(list) = attribute else {
        errors.at(
            attribute,
            "`#[child_spec]` takes arguments: `#[child_spec(restart = \"transient\")]`",
        );
        return;
    };
    let each = |key: &syn::Ident, input: ParseStream<'_>, errors: &mut Errors| {
        match key.to_string().as_str() {
            "restart" => {
                let restart = value::word(key, &Restart::WORDS, input, errors)?;
                options.restart = restart.map(|restart| (key.clone(), restart));
            }
            "shutdown" => options.shutdown = value::shutdown(key, input, errors)?,
            "id" => options.id = value::text(key, "a text: \"cache\"", input, errors)?,
            "significant" => {
                value::switch(key, input, errors)?;
                options.significant = Some(key.clone());
            }
            "name" => {
                let name = value::text(key, "a text: \"cache\"", input, errors)?;
                options.name = name.map(|name| (key.clone(), name));
            }
            "start" => {
                let start = value::expression(key, input, errors)?;
                options.start = start.map(|start| (key.clone(), start));
            }
            "args" if value::has_list(key, input, errors) => {
                options.args = Some((key.clone(), arguments(input, errors)?));
            }
            "args" => {}
            _ if setting::is(key) => options
                .settings
                .extend(setting::setting(key, input, errors)?),
            _ => options.facade = value::facade(key, input, errors)?.unwrap_or_default(),
        }
        Ok(())
    };
    read(list.tokens.clone(), &setting::and(&KEYS), errors, each);
}
