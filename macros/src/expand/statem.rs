//! The state machine itself: what each event does in each state.
//!
//! ```text
//! fn handle_event(
//!     &mut self,
//!     _: ::regrow::statem::EventType,
//!     __regrow_event: DoorEvent,
//!     __regrow_state: &Lock,
//!     _: &mut ::regrow::server::Context<::regrow::statem::Machine<Self>>,
//! ) -> impl ::regrow::__private::Step<::regrow::statem::Transition<Self>> {
//!     match __regrow_event {
//!         DoorEvent::Button(digit) => match __regrow_state {
//!             Lock::Locked { .. } => ::regrow::statem::Transition::to(Self::button(self, digit)),
//!             Lock::Open { .. } => {
//!                 ::regrow::statem::Transition::<Self>::keep().postpone(DoorEvent::Button(digit))
//!             }
//!         },
//!     }
//! }
//! ```
//!
//! Each event is one `match` over the states, without a `_` that nobody has written: a state of
//! which it says nothing is an error of the compiler's at the event's name.
//!
//! Where handlers wait, the outcomes of the others come at once all the same: each handler that
//! waits is one more side of an `Either`, see `states.rs`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;

use super::states::{Arms, Waits};
use super::{
    asynchronous, block, bundle, child_spec, client, deprecated, event, into_next, invoke,
    invoke_with, local, located, runtime_argument, server, step, subject, warnings,
};
use crate::fallback;
use crate::model::{Event, Handler, Kind, Role, Statem, States};
use crate::parse::{gives_state, mentions};

/// Writes a machine: the user's block, its events, what starts it, its client, and what it does.
pub(crate) fn statem(machine: &Statem) -> TokenStream {
    let server = &machine.server;
    let attrs = &server.carried.attrs;
    let written = [
        block::block(server),
        child_spec::starts(server),
        client::definition(server),
        event::definition(machine),
        warnings(server),
    ];
    let inits = server.sound(Kind::Init);
    let machines: TokenStream = inits
        .map(|init| gen_statem(machine, &init.carried.attrs, &init_function(machine, init)))
        .collect();
    let stub = machines.is_empty().then(|| {
        let init = fallback::initial(server);
        gen_statem(machine, &[], &init)
    });
    let inside = [
        client::reached(server),
        machines,
        stub.into_token_stream(),
        event::conversions(machine),
        client::methods(server, |handler| sent(machine, handler)),
    ];
    quote! {
        #(#written)*
        #(#attrs)*
        const _: () = { #(#inside)* };
    }
}

/// Returns what the method of an event sends; only the handler that says what it is has one.
fn sent(machine: &Statem, handler: &Handler) -> Option<TokenStream> {
    let mut events = machine.events.iter();
    let event = events.find(|event| std::ptr::eq(machine.definer(event), handler))?;
    Some(match handler.kind {
        Kind::Call => super::message::Message::of(&machine.server, handler).construction(),
        _ => event::cast(machine, event),
    })
}

/// Writes `impl GenStatem`.
fn gen_statem(machine: &Statem, attrs: &[syn::Attribute], init: &TokenStream) -> TokenStream {
    let server = &machine.server;
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let args = server
        .sound(Kind::Init)
        .next()
        .map(|init| bundle(&init.value_types()));
    let args = args.unwrap_or_else(|| quote!(()));
    let guess = machine
        .guess
        .as_ref()
        .map_or(quote!(()), ToTokens::to_token_stream);
    let state = machine
        .state
        .as_ref()
        .map_or(guess, ToTokens::to_token_stream);
    let event = event::name(machine);
    let (impl_generics, ty_generics, where_clause) = server.generics().split_for_impl();
    let ty = server.ty();
    let constants = server::constants(server);
    let functions = [
        handle_event(machine),
        handle_enter(machine),
        notices(machine),
        server
            .sound(Kind::Terminate)
            .map(|it| terminate(machine, it))
            .collect(),
        server
            .sound(Kind::FormatStatus)
            .map(format_status)
            .collect(),
        way(machine),
    ];
    quote_spanned! {at=>
        #(#attrs)*
        #[automatically_derived]
        impl #impl_generics #facade::statem::GenStatem for #ty #where_clause {
            type Args = #args;
            type State = #state;
            type Event = #event #ty_generics;
            #constants
            #init
            #(#functions)*
        }
    }
}

fn init_function(machine: &Statem, init: &Handler) -> TokenStream {
    let server = &machine.server;
    let at = located(init.ident.span());
    let facade = server.options.facade.at(at);
    let rg = facade.door();
    let deprecated = deprecated(init);
    let (pattern, args) = (bundle(&init.value_names()), bundle(&init.value_types()));
    let cx = runtime_argument(init, Role::Context, "cx");
    let call = invoke(init);
    let body = quote_spanned!(at=> #rg::IntoInitial::<Self>::into_initial(#call));
    let body = asynchronous(init, body);
    let initial = quote_spanned!(at=> #facade::statem::Initial<Self>);
    let (step, subject) = (step(server, init, &initial), subject(server, at));
    quote_spanned! {at=>
        #deprecated
        fn init(#pattern: #args, #cx: &mut #facade::server::Context<#subject>) -> #step {
            #body
        }
    }
}

/// Writes what is done with each event in each state.
fn handle_event(machine: &Statem) -> TokenStream {
    let server = &machine.server;
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let waits = Waits::among(machine, Kind::is_event);
    let events = machine.events.iter().map(|event| {
        let attrs = &machine.definer(event).carried.attrs;
        if machine.is_broken(event) {
            let (name, variant) = (event::name(machine), &event.variant);
            let keep = waits.at_once(keep(machine));
            return quote!(#(#attrs)* #name::#variant { .. } => #keep,);
        }
        let event_is = event::taken_apart(machine, event);
        let done = in_each_state(machine, event, &waits);
        quote!(#(#attrs)* #event_is => #done,)
    });
    let nothing = event::nothing(machine).map(|nothing| {
        let (name, never) = (event::name(machine), local("never"));
        quote!(#name::#nothing(_, #never) => match #never {},)
    });
    let event = local("event");
    let body = quote_spanned!(at=> match #event { #(#events)* #nothing });
    let (rg, subject) = (facade.door(), subject(server, at));
    let (state, cx) = (taken(&body, "state"), taken(&body, "cx"));
    quote_spanned! {at=>
        fn handle_event(
            &mut self,
            _: #facade::statem::EventType,
            #event: Self::Event,
            #state: &Self::State,
            #cx: &mut #facade::server::Context<#subject>,
        ) -> impl #rg::Step<#facade::statem::Transition<Self>> {
            #body
        }
    }
}

/// Returns the `match` over the states that an event is.
fn in_each_state(machine: &Statem, event: &Event, waits: &Waits<'_>) -> TokenStream {
    let definer = machine.definer(event);
    let values = definer.value_names();
    let mut arms = Arms::default();
    for handler in machine.handlers(event) {
        let place = &handler.place;
        let call = handled(machine, handler, &values);
        let call = waits.outcome(handler, asynchronous(handler, call));
        let all = States {
            names: Vec::new(),
            rest: Some(handler.attribute),
        };
        arms.add(
            machine,
            handler,
            place.states.as_ref().unwrap_or(&all),
            &call,
        );
        let keep = keep(machine);
        let again = event::taken_apart(machine, event);
        let postponed = waits.at_once(quote!(#keep.postpone(#again)));
        arms.add(machine, handler, &place.postpone, &postponed);
        arms.add(machine, handler, &place.ignore, &waits.at_once(keep));
    }
    arms.matched(located(definer.ident.span()))
}

/// Returns the call of a handler, and what its outcome stands for.
fn handled(machine: &Statem, handler: &Handler, values: &[&Ident]) -> TokenStream {
    let at = located(handler.ident.span());
    let facade = machine.server.options.facade.at(at);
    let rg = facade.door();
    let call = invoke_with(handler, values);
    let keep = keep(machine);
    let replies = handler
        .params
        .iter()
        .any(|param| param.role == Role::Caller);
    if handler.kind == Kind::Call && !replies {
        let from = local("from");
        let reply = quote_spanned!(at=> #facade::answer::ReplyTo::reply);
        return if handler.output.is_some() {
            quote_spanned!(at=> #reply(#from, #call); #keep)
        } else {
            quote_spanned!(at=> #call; #reply(#from, ()); #keep)
        };
    }
    match (&handler.output, &machine.state) {
        (None, _) => quote_spanned!(at=> #call; #keep),
        (Some(_), Some(state)) if gives_state(handler, state) => {
            quote_spanned!(at=> #facade::statem::Transition::<Self>::to(#call))
        }
        _ => quote_spanned!(at=> #rg::IntoTransition::<Self>::into_transition(#call)),
    }
}

fn keep(machine: &Statem) -> TokenStream {
    let at = located(machine.server.ident.span());
    let facade = machine.server.options.facade.at(at);
    quote_spanned!(at=> #facade::statem::Transition::<Self>::keep())
}

/// Returns what an argument is called: by its name if the body speaks of it, `_` if not.
fn taken(body: &TokenStream, name: &str) -> TokenStream {
    let name = local(name);
    if mentions(body.clone(), &[&name.to_string()]) {
        name.into_token_stream()
    } else {
        quote!(_)
    }
}

/// Writes what is done when a state is entered.
fn handle_enter(machine: &Statem) -> TokenStream {
    let server = &machine.server;
    let enters: Vec<&Handler> = match &machine.state {
        Some(_) => server.sound(Kind::Enter).collect(),
        None => Vec::new(),
    };
    if enters.is_empty() {
        return TokenStream::new();
    }
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let (rg, subject) = (facade.door(), subject(server, at));
    let waits = Waits::among(machine, |kind| kind == Kind::Enter);
    let keep = waits.at_once(quote!(#facade::statem::Enter::<Self>::keep()));
    let mut arms = Arms::otherwise(&keep, at);
    for handler in &enters {
        let at = located(handler.ident.span());
        let facade = server.options.facade.at(at);
        let rg = facade.door();
        let call = invoke(handler);
        let entered = if handler.output.is_some() {
            quote_spanned!(at=> #rg::IntoEnter::<Self>::into_enter(#call))
        } else {
            quote_spanned!(at=> #call; #facade::statem::Enter::<Self>::keep())
        };
        let entered = waits.outcome(handler, asynchronous(handler, entered));
        let all = States {
            names: Vec::new(),
            rest: Some(handler.attribute),
        };
        let states = handler.place.states.as_ref().unwrap_or(&all);
        arms.add(machine, handler, states, &entered);
    }
    let body = arms.matched(at);
    let (old, cx) = (taken(&body, "old"), taken(&body, "cx"));
    let state = local("state");
    quote_spanned! {at=>
        const STATE_ENTER: bool = true;
        fn handle_enter(
            &mut self,
            #old: &Self::State,
            #state: &Self::State,
            #cx: &mut #facade::server::Context<#subject>,
        ) -> impl #rg::Step<#facade::statem::Enter<Self>> {
            #body
        }
    }
}

/// Writes what the notices of monitors and exit signals are to the machine.
fn notices(machine: &Statem) -> TokenStream {
    let written = machine.events.iter().map(|event| {
        let definer = machine.definer(event);
        let at = located(definer.ident.span());
        let facade = machine.server.options.facade.at(at);
        let (function, ty) = match definer.kind {
            Kind::Down if !definer.broken => (quote!(down_event), quote!(Down)),
            Kind::Exit if !definer.broken => (quote!(exit_event), quote!(Exit)),
            _ => return TokenStream::new(),
        };
        let attrs = &definer.carried.attrs;
        let names = definer.value_names();
        let made = event::taken_apart(machine, event);
        quote_spanned! {at=>
            #(#attrs)*
            fn #function(
                #(#names)*: #facade::process::#ty,
            ) -> ::core::result::Result<Self::Event, #facade::process::#ty> {
                ::core::result::Result::Ok(#made)
            }
        }
    });
    written.collect()
}

fn terminate(machine: &Statem, handler: &Handler) -> TokenStream {
    let server = &machine.server;
    let at = located(handler.ident.span());
    let facade = server.options.facade.at(at);
    let attrs = &handler.carried.attrs;
    let deprecated = deprecated(handler);
    let names = handler.value_names();
    let state = runtime_argument(handler, Role::State, "state");
    let cx = runtime_argument(handler, Role::Context, "cx");
    let body = into_next(server, handler);
    let step = step(server, handler, &quote_spanned!(at=> #facade::answer::Next));
    let subject = subject(server, at);
    quote_spanned! {at=>
        #(#attrs)*
        #deprecated
        fn terminate(
            &mut self,
            #(#names)*: &#facade::exit::ExitReason,
            #state: &Self::State,
            #cx: &mut #facade::server::Context<#subject>,
        ) -> #step {
            #body
        }
    }
}

/// Writes how the state and the data are shown.
fn format_status(handler: &Handler) -> TokenStream {
    let at = located(handler.ident.span());
    let attrs = &handler.carried.attrs;
    let deprecated = deprecated(handler);
    let names = handler.value_names();
    let state = runtime_argument(handler, Role::State, "state");
    let call = invoke(handler);
    quote_spanned! {at=>
        #(#attrs)*
        #deprecated
        fn format_status(
            &self,
            #state: &Self::State,
            #(#names)*: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            #call
        }
    }
}

/// Writes in which way each event comes, so that none is asked for in another.
fn way(machine: &Statem) -> TokenStream {
    let server = &machine.server;
    let at = located(server.ident.span());
    let facade = server.options.facade.at(at);
    let rg = facade.door();
    let ways = machine.events.iter().map(|event| {
        let definer = machine.definer(event);
        let attrs = &definer.carried.attrs;
        let (name, variant) = (event::name(machine), &event.variant);
        let by = by(machine, definer);
        let handler = definer.ident.to_string();
        quote!(#(#attrs)* #name::#variant { .. } => (#handler, #by),)
    });
    let nothing = event::nothing(machine).map(|nothing| {
        let (name, never) = (event::name(machine), local("never"));
        quote!(#name::#nothing(_, #never) => match *#never {},)
    });
    let event = local("event");
    let of = if machine.events.is_empty() && nothing.is_none() {
        quote!(*#event)
    } else {
        event.to_token_stream()
    };
    quote_spanned! {at=>
        fn way(
            #event: &Self::Event,
        ) -> ::core::option::Option<(&'static str, #rg::Way)> {
            ::core::option::Option::Some(match #of { #(#ways)* #nothing })
        }
    }
}

fn by(machine: &Statem, definer: &Handler) -> TokenStream {
    let rg = machine.server.options.facade.door();
    let way = match definer.kind {
        Kind::Call => quote!(Call),
        Kind::Cast => quote!(Cast),
        Kind::Internal => quote!(Internal),
        Kind::EventTimeout => quote!(EventTimeout),
        Kind::StateTimeout => quote!(StateTimeout),
        Kind::NamedTimeout => match &definer.place.timeout {
            None => quote!(Timeout(::core::option::Option::None)),
            Some(name) => quote!(Timeout(::core::option::Option::Some(#name))),
        },
        _ => quote!(Info),
    };
    quote!(#rg::Way::#way)
}
