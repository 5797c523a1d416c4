//! The arguments of `#[child(...)]` on a field of a supervisor.

use syn::Meta;

use super::setting::{self, expressions};
use super::{read, value};
use crate::errors::Errors;
use crate::model::{ChildOptions, Restart};

const KEYS: [&str; 8] = [
    "start",
    "args",
    "max_children",
    "tree",
    "restart",
    "shutdown",
    "significant",
    "id",
];

/// Reads what stands in `#[child(...)]`.
pub(crate) fn child(attribute: &Meta, errors: &mut Errors) -> ChildOptions {
    let mut options = ChildOptions::default();
    let Meta::List(list) = attribute else {
        errors.at(
            attribute,
            "`#[child]` takes arguments: `#[child(restart = \"transient\")]`",
        );
        return options;
    };
    read(
        list.tokens.clone(),
        &setting::and(&KEYS),
        errors,
        |key, input, errors| {
            match key.to_string().as_str() {
                "start" => {
                    let start = value::expression(key, input, errors)?;
                    options.start = start.map(|start| (key.clone(), start));
                }
                "args" if value::has_list(key, input, errors) => {
                    options.args = Some((key.clone(), expressions(input)?));
                }
                "args" => {}
                "max_children" => {
                    let limit = value::count(key, 0, input, errors)?;
                    options.max_children = limit.map(|limit| (key.clone(), limit));
                }
                "restart" => {
                    let restart = value::word(key, &Restart::WORDS, input, errors)?;
                    options.restart = restart.map(|restart| (key.clone(), restart));
                }
                "shutdown" => options.shutdown = value::shutdown(key, input, errors)?,
                "tree" => {
                    value::switch(key, input, errors)?;
                    options.tree = Some(key.clone());
                }
                "significant" => {
                    value::switch(key, input, errors)?;
                    options.significant = Some(key.clone());
                }
                "id" => options.id = value::text(key, "a text: \"users\"", input, errors)?,
                _ => options
                    .settings
                    .extend(setting::setting(key, input, errors)?),
            }
            Ok(())
        },
    );
    options
}
