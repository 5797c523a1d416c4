//! The user's block: as it was written, but for lints about what a handler must look like.
//!
//! ```text
//! impl Cache {
//!     #[allow(clippy::needless_pass_by_value)]
//!     fn get(&self, key: String) -> Option<u8> { ... }
//! }
//! ```
//!
//! A handler owns its arguments because they travelled, takes a receiver because the server calls
//! it with one, and the context and a machine's state as they are lent. Its author has no choice, so a lint that asks for
//! another signature asks in vain.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, ImplItem, ImplItemFn, Type, parse_quote_spanned};

use super::located;
use crate::model::{Handler, Kind, Role, Server};
use crate::parse::{bare, mentions};

/// Writes the block.
pub(super) fn block(server: &Server) -> TokenStream {
    let mut block = server.block.clone();
    for handler in &server.handlers {
        if let Some(ImplItem::Fn(function)) = block.items.get_mut(handler.position) {
            let allowed = allowed(handler, function);
            function.attrs.extend(allowed);
        }
    }
    block.into_token_stream()
}

/// Returns the lints that would speak about the signature alone.
fn allowed(handler: &Handler, function: &ImplItemFn) -> Option<Attribute> {
    let at = located(handler.ident.span());
    let owns = handler
        .values()
        .any(|param| !matches!(bare(&param.ty), Type::Reference(_)));
    let takes_context = handler
        .params
        .iter()
        .any(|param| param.role == Role::Context);
    let takes_state = handler
        .params
        .iter()
        .any(|param| matches!(param.role, Role::State | Role::Old));
    let ignores_self =
        handler.kind != Kind::Init && !mentions(function.block.to_token_stream(), &["self"]);
    let lints = [
        (owns, quote_spanned!(at=> clippy::needless_pass_by_value)),
        (
            takes_context,
            quote_spanned!(at=> clippy::needless_pass_by_ref_mut),
        ),
        (
            takes_state,
            quote_spanned!(at=> clippy::trivially_copy_pass_by_ref),
        ),
        (ignores_self, quote_spanned!(at=> clippy::unused_self)),
    ];
    let lints: Vec<TokenStream> = lints
        .into_iter()
        .filter_map(|(applies, lint)| applies.then_some(lint))
        .collect();
    (!lints.is_empty()).then(|| parse_quote_spanned!(at=> #[allow(#(#lints),*)]))
}
