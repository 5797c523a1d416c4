//! Where the expansion finds the library.
//!
//! Everything a macro writes is named from the facade: `::regrow`, or what the user gave with
//! `crate = path` when the facade is re-exported by another crate or was renamed. The path is a
//! path, not a string, so that the compiler can underline it when it leads nowhere. It is never
//! guessed from a `Cargo.toml`: other build systems have none.
//!
//! Names that are not part of the public API live behind one door, the hidden module
//! `__private`. What stands behind it may change with every release, and the facade pins this
//! crate to its own version.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, Path};

/// The module of the facade that only macro output may name.
const DOOR: &str = "__private";

/// The path of the facade; prints itself in `quote!`.
pub(crate) enum Facade {
    /// `::regrow`, to be found at this place of the user's code.
    Usual(Span),
    /// The path the user gave.
    Given(Path),
}

impl Facade {
    /// Returns the same facade for another place.
    ///
    /// An expression is underlined from its first token to its last, so the path in front of it
    /// must not stand far away. A path that was given stays where it was given: when it leads
    /// nowhere, that is the place to look.
    pub(crate) fn at(&self, span: Span) -> Self {
        match self {
            Facade::Usual(_) => Facade::Usual(span),
            Facade::Given(path) => Facade::Given(path.clone()),
        }
    }

    /// Returns the path of the private door, `::regrow::__private`.
    pub(crate) fn door(&self) -> TokenStream {
        let span = match self {
            Facade::Usual(span) => *span,
            Facade::Given(_) => Span::mixed_site(),
        };
        let door = Ident::new(DOOR, span);
        quote_spanned!(span=> #self::#door)
    }
}

impl Default for Facade {
    fn default() -> Self {
        Facade::Usual(Span::mixed_site())
    }
}

impl ToTokens for Facade {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Facade::Usual(span) => tokens.extend(quote_spanned!(*span=> ::regrow)),
            Facade::Given(path) => path.to_tokens(tokens),
        }
    }
}
