//! Arguments of attributes: what is read, and how reading goes on after a mistake.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

use crate::args;
use crate::errors::Errors;
use crate::model::{AutoShutdown, Restart, ServerOptions, Shutdown, Strategy};

/// Reads server arguments and returns them with the messages about them.
fn server(tokens: TokenStream) -> (ServerOptions, String) {
    let mut errors = Errors::new();
    let options = args::server(tokens, &mut errors);
    (options, errors.finish().to_string())
}

#[test]
fn every_argument_of_a_server_is_read() {
    let (options, errors) = server(quote! {
        restart = "transient", shutdown = "1m 30s", idle_timeout = "15m", trap_exit,
        name = "counter", crate = my::regrow,
    });
    assert_eq!(errors, "");
    assert_eq!(options.restart, Some(Restart::Transient));
    assert_eq!(
        options.shutdown,
        Some(Shutdown::After(Duration::from_secs(90)))
    );
    assert_eq!(
        options.idle_timeout.map(|(_, time)| time),
        Some(Duration::from_mins(15))
    );
    assert!(options.trap_exit);
    assert_eq!(
        options.name.map(|name| name.value()).as_deref(),
        Some("counter")
    );
    assert_eq!(
        options.facade.door().to_string(),
        "my :: regrow :: __private"
    );
}

#[test]
fn a_server_without_arguments_leaves_everything_to_the_trait() {
    let (options, errors) = server(TokenStream::new());
    assert_eq!(errors, "");
    assert_eq!(
        (options.restart, options.shutdown, options.trap_exit),
        (None, None, false)
    );
    assert_eq!(options.facade.door().to_string(), ":: regrow :: __private");
}

#[test]
fn reading_goes_on_after_a_mistake() {
    let (options, errors) = server(quote! {
        restarts = "transient", shutdown = 5, colour(red, blue), name, trap_exit = 1, trap_exit,
        restart = "temporary"
    });
    assert_eq!(errors.matches("compile_error").count(), 6);
    assert_eq!(options.restart, Some(Restart::Temporary));
    assert!(options.trap_exit);
}

#[test]
fn the_nearest_word_is_suggested() {
    for (written, meant) in [
        ("restrat", "restart"),
        ("shut_down", "shutdown"),
        ("names", "name"),
        ("crat", "crate"),
    ] {
        let written = syn::Ident::new(written, proc_macro2::Span::call_site());
        let (_, errors) = server(quote!(#written = 1));
        assert!(
            errors.contains(&format!("did you mean `{meant}`?")),
            "{errors}"
        );
    }
    let (_, errors) = server(quote!(colour = 1));
    assert!(
        errors.contains("known are `restart`, `shutdown`"),
        "{errors}"
    );
}

#[test]
fn every_shutdown_is_read() {
    for (written, meaning) in [
        ("brutal_kill", Shutdown::BrutalKill),
        ("infinity", Shutdown::Infinity),
        ("500ms", Shutdown::After(Duration::from_millis(500))),
    ] {
        let (options, errors) = server(quote!(shutdown = #written));
        assert_eq!(errors, "");
        assert_eq!(options.shutdown, Some(meaning));
    }
}

#[test]
fn every_argument_of_a_supervisor_is_read() {
    let mut errors = Errors::new();
    let tokens = quote! {
        strategy = "rest_for_one", max_restarts = LIMIT, max_seconds = 60,
        auto_shutdown = "all_significant", args(config: Config<u8, u8>, size: usize,),
    };
    let options = args::supervisor(tokens, &mut errors);
    assert_eq!(errors.finish().to_string(), "");
    assert_eq!(options.strategy, Strategy::RestForOne);
    assert_eq!(options.auto_shutdown, Some(AutoShutdown::AllSignificant));
    assert!(options.max_restarts.is_some());
    assert!(options.max_seconds.is_some());
    let arguments: Vec<String> = options
        .args
        .iter()
        .map(|argument| argument.ident.to_string())
        .collect();
    assert_eq!(arguments, ["config", "size"]);
}
