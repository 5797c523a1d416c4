//! No mistake is lost between finding it and reporting it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use quote::quote;

use crate::errors::Errors;

#[test]
fn every_mistake_is_reported_in_the_order_it_was_found() {
    let mut errors = Errors::new();
    errors.at(quote!(first), "the first mistake");
    errors.at(quote!(second), "the second mistake");
    let reported = errors.finish().to_string();
    assert_eq!(reported.matches("compile_error").count(), 2);
    assert!(reported.find("the first mistake") < reported.find("the second mistake"));
}

#[test]
fn nothing_is_reported_when_nothing_is_wrong() {
    assert!(Errors::new().finish().is_empty());
}

#[test]
fn forgotten_mistakes_panic() {
    let forgotten = catch_unwind(AssertUnwindSafe(|| drop(Errors::new())));
    assert!(forgotten.is_err());
}
