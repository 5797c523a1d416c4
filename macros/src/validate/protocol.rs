//! Rules about protocols.

use std::collections::HashSet;

use super::handler;
use crate::errors::Errors;
use crate::model::{Behaviour, Kind, Protocol, Role};

/// Checks a protocol and each of its methods.
pub(crate) fn protocol(protocol: &mut Protocol, errors: &mut Errors) {
    let mut names = HashSet::new();
    for method in &mut protocol.methods {
        let before = errors.count();
        handler::handler(method, Behaviour::GenServer, errors);
        for parameter in &method.generics.params {
            errors.at(
                parameter,
                "a reference holds one function for each method, so that cannot be generic",
            );
        }
        for param in &method.params {
            if param.role != Role::Value {
                errors.at(
                    &param.ty,
                    "a method of a protocol is handed what the caller sends, and nothing else",
                );
            }
        }
        if let (Kind::Cast, Some(output)) = (method.kind, &method.output) {
            errors.at(
                output,
                "a `#[cast]` of a protocol gives nothing: nobody waits for it",
            );
        }
        // The compiler refuses two methods of one name.
        method.broken |= !names.insert(method.ident.clone()) || errors.count() > before;
    }
}
