//! The server itself.
//!
//! ```text
//! #[automatically_derived]
//! impl ::regrow::server::GenServer for UserWorker {
//!     type Args = UserId;
//!     const RESTART: ::regrow::supervisor::Restart = ::regrow::supervisor::Restart::Transient;
//!     fn init(
//!         user: UserId,
//!         _: &mut ::regrow::server::Context<Self>,
//!     ) -> impl ::regrow::__private::Step<::regrow::answer::Init<Self>> {
//!         ::regrow::__private::IntoInit::<Self>::into_init(Self::new(user))
//!     }
//!     fn handle_timeout(
//!         &mut self,
//!         _: &mut ::regrow::server::Context<Self>,
//!     ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
//!         ::regrow::__private::IntoNext::into_next(Self::idle(self))
//!     }
//! }
//! ```

use std::time::Duration;

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};

use super::{asynchronous, bundle, deprecated, into_next, invoke, located, runtime_argument, step};
use crate::model::{Handler, Kind, MailboxPolicy, Restart, Role, Server, Setting, Shutdown};
use crate::path::Facade;

/// Writes `impl GenServer`.
pub(super) fn gen_server(server: &Server, init: &Handler) -> TokenStream {
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let attrs = &init.carried.attrs;
    let args = bundle(&init.value_types());
    let constants = constants(server);
    let init = init_function(server, init, &args);
    let lifecycle = [
        (Kind::Timeout, "handle_timeout", None),
        (
            Kind::Down,
            "handle_down",
            Some(quote!(#facade::process::Down)),
        ),
        (
            Kind::Exit,
            "handle_exit",
            Some(quote!(#facade::process::Exit)),
        ),
        (
            Kind::Terminate,
            "terminate",
            Some(quote!(&#facade::exit::ExitReason)),
        ),
    ];
    let lifecycle = lifecycle.into_iter().flat_map(|(kind, method, argument)| {
        let method = syn::Ident::new(method, proc_macro2::Span::mixed_site());
        let handlers = server.sound(kind);
        handlers.map(move |handler| lifecycle_function(server, handler, &method, argument.as_ref()))
    });
    let format_status = server.sound(Kind::FormatStatus).map(format_status);
    let ty = server.ty();
    let (impl_generics, _, where_clause) = server.generics().split_for_impl();
    quote_spanned! {at=>
        #(#attrs)*
        #[automatically_derived]
        impl #impl_generics #facade::server::GenServer for #ty #where_clause {
            type Args = #args;
            #constants
            #init
            #(#lifecycle)*
            #(#format_status)*
        }
    }
}

/// Writes how the state is shown.
fn format_status(handler: &Handler) -> TokenStream {
    let at = located(handler.ident.span());
    let attrs = &handler.carried.attrs;
    let deprecated = deprecated(handler);
    let names = handler.values().map(|param| &param.name);
    let call = invoke(handler);
    quote_spanned! {at=>
        #(#attrs)*
        #deprecated
        fn format_status(
            &self,
            #(#names)*: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            #call
        }
    }
}

/// Writes what the arguments of the attribute set; the trait knows the rest.
pub(super) fn constants(server: &Server) -> TokenStream {
    let options = &server.options;
    let facade = &options.facade;
    let restart = options.restart.map(|restart| {
        let restart = self::restart(restart, facade);
        quote!(const RESTART: #facade::supervisor::Restart = #restart;)
    });
    let shutdown = options.shutdown.map(|shutdown| {
        let shutdown = self::shutdown(shutdown, facade);
        quote!(const SHUTDOWN: #facade::supervisor::Shutdown = #shutdown;)
    });
    let idle_timeout = options.idle_timeout.as_ref().map(|(_, time)| {
        let time = duration(*time);
        quote! {
            const IDLE_TIMEOUT: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#time);
        }
    });
    let hibernate_after = options.hibernate_after.map(|time| {
        let time = duration(time);
        quote! {
            const HIBERNATE_AFTER: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#time);
        }
    });
    let mailbox = mailbox(server);
    let trap_exit = trap_exit(server);
    quote!(#trap_exit #restart #shutdown #idle_timeout #hibernate_after #mailbox)
}

/// How many messages may wait, and what then.
fn mailbox(server: &Server) -> Option<TokenStream> {
    let (limit, policy) = (server.options.mailbox.as_ref()?, server.options.policy()?);
    let facade = &server.options.facade;
    let policy = match policy {
        MailboxPolicy::Wait => quote!(Wait),
        MailboxPolicy::Refuse => quote!(Refuse),
        MailboxPolicy::DropNewest => quote!(DropNewest),
        MailboxPolicy::DropOldest => quote!(DropOldest),
    };
    Some(quote! {
        const MAILBOX: ::core::option::Option<(usize, #facade::process::MailboxPolicy)> =
            ::core::option::Option::Some((#limit, #facade::process::MailboxPolicy::#policy));
    })
}

/// A server traps exits when it is told to, or when it has a handler for them.
fn trap_exit(server: &Server) -> TokenStream {
    let constant = quote!(
        const TRAP_EXIT: bool = true;
    );
    if server.options.trap_exit {
        return constant;
    }
    let handlers = server.sound(Kind::Exit).map(|handler| {
        let attrs = &handler.carried.attrs;
        quote!(#(#attrs)* #constant)
    });
    handlers.collect()
}

/// Returns the value of a restart type.
pub(super) fn restart(restart: Restart, facade: &Facade) -> TokenStream {
    match restart {
        Restart::Permanent => quote!(#facade::supervisor::Restart::Permanent),
        Restart::Transient => quote!(#facade::supervisor::Restart::Transient),
        Restart::Temporary => quote!(#facade::supervisor::Restart::Temporary),
    }
}

/// Returns the value of a shutdown.
pub(super) fn shutdown(shutdown: Shutdown, facade: &Facade) -> TokenStream {
    match shutdown {
        Shutdown::BrutalKill => quote!(#facade::supervisor::Shutdown::BrutalKill),
        Shutdown::Infinity => quote!(#facade::supervisor::Shutdown::Infinity),
        Shutdown::After(time) => {
            let time = duration(time);
            quote!(#facade::supervisor::Shutdown::After(#time))
        }
    }
}

/// Returns a duration, in seconds if they say it exactly.
fn duration(time: Duration) -> TokenStream {
    let secs = Literal::u64_unsuffixed(time.as_secs());
    let nanos = time.subsec_nanos();
    if nanos == 0 {
        quote!(::core::time::Duration::from_secs(#secs))
    } else {
        let nanos = Literal::u32_unsuffixed(nanos);
        quote!(::core::time::Duration::new(#secs, #nanos))
    }
}

fn init_function(server: &Server, init: &Handler, args: &TokenStream) -> TokenStream {
    let at = located(init.ident.span());
    let facade = server.options.facade.at(at);
    let rg = facade.door();
    let deprecated = deprecated(init);
    let pattern = bundle(&init.value_names());
    let cx = runtime_argument(init, Role::Context, "cx");
    let call = invoke(init);
    let body = quote_spanned!(at=> #rg::IntoInit::<Self>::into_init(#call));
    let body = asynchronous(init, body);
    let step = step(
        server,
        init,
        &quote_spanned!(at=> #facade::answer::Init<Self>),
    );
    quote_spanned! {at=>
        #deprecated
        fn init(#pattern: #args, #cx: &mut #facade::server::Context<Self>) -> #step {
            #body
        }
    }
}

/// Writes a callback whose argument, if it has one, comes from the runtime.
fn lifecycle_function(
    server: &Server,
    handler: &Handler,
    method: &syn::Ident,
    argument: Option<&TokenStream>,
) -> TokenStream {
    let at = located(handler.ident.span());
    let facade = server.options.facade.at(at);
    let attrs = &handler.carried.attrs;
    let argument = argument.map(|ty| {
        let names = handler.values().map(|param| &param.name);
        quote!(#(#names)*: #ty,)
    });
    let deprecated = deprecated(handler);
    let cx = runtime_argument(handler, Role::Context, "cx");
    let body = into_next(server, handler);
    let step = step(server, handler, &quote_spanned!(at=> #facade::answer::Next));
    quote_spanned! {at=>
        #(#attrs)*
        #deprecated
        fn #method(
            &mut self,
            #argument
            #cx: &mut #facade::server::Context<Self>,
        ) -> #step {
            #body
        }
    }
}

/// Returns the call that asks for something beyond OTP.
pub(super) fn setting(setting: &Setting) -> TokenStream {
    match setting {
        Setting::Values(key, values) => quote!(.#key(#(#values),*)),
        Setting::Time(key, time) => {
            let time = duration(*time);
            quote!(.#key(#time))
        }
    }
}
