//! Every mistake of one attribute, gathered before any of them is reported.
//!
//! A reader who made three mistakes wants to see three messages after one compilation, so nothing
//! in this crate gives up at the first. Each stage pushes what it finds and goes on with what it
//! could still make sense of; the entry point asks for the result once, at the end.
//!
//! [`Errors`] panics when it is dropped unasked: a mistake that is found and then forgotten would
//! let wrong code through without a word.

use std::fmt::Display;
use std::thread;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far.
#[derive(Debug)]
pub(crate) struct Errors {
    /// In the order in which they were found; `None` once they were handed out.
    found: Option<Vec<Error>>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Errors {
            found: Some(Vec::new()),
        }
    }

    /// Adds a mistake and underlines `tokens` for it.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that already knows its place.
    pub(crate) fn push(&mut self, error: Error) {
        self.found.get_or_insert_default().push(error);
    }

    /// Returns the number of mistakes so far, for a caller that wants to know whether a step added one.
    pub(crate) fn count(&self) -> usize {
        self.found.as_ref().map_or(0, Vec::len)
    }

    /// Ends the collection: one `compile_error!` for each mistake, nothing when there was none.
    pub(crate) fn finish(mut self) -> TokenStream {
        self.found
            .take()
            .unwrap_or_default()
            .iter()
            .map(Error::to_compile_error)
            .collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // While the thread unwinds the mistakes are lost anyway, and a second panic would abort.
        if !thread::panicking() {
            assert!(
                self.found.is_none(),
                "mistakes were collected and never reported"
            );
        }
    }
}
