//! Rules about a server as a whole.

use std::collections::HashSet;

use quote::ToTokens;

use super::handler;
use crate::errors::Errors;
use crate::model::{Behaviour, Kind, Server, Shutdown, Warning};
use crate::parse::mentions;

/// Checks a server and each of its handlers.
pub(crate) fn server(server: &mut Server, errors: &mut Errors) {
    function_names(server, errors);
    for handler in &mut server.handlers {
        let before = errors.count();
        handler::handler(handler, server.behaviour, errors);
        handler.broken |= errors.count() > before;
    }
    repeated(server, errors);
    init(server, errors);
    idle_timeout(server, errors);
    mailbox(server, errors);
    warn_about_timeout(server);
    warn_about_terminate(server);
}

/// Refuses functions of the block that the expansion would define a second time.
pub(super) fn function_names(server: &Server, errors: &mut Errors) {
    let attribute = server.behaviour.module();
    for name in &server.functions {
        if Server::WRITTEN.iter().any(|written| name == written) {
            let message = format!("`#[{attribute}]` writes `{name}` itself: choose another name");
            errors.at(name, message);
        }
    }
}

/// Refuses a second handler for the same thing.
///
/// Handlers under a `cfg` are left alone: only one of them may be there in the end, and the
/// compiler sees to that.
pub(super) fn repeated(server: &mut Server, errors: &mut Errors) {
    let behaviour = server.behaviour;
    let mut names = HashSet::new();
    for second in 0..server.handlers.len() {
        let (earlier, later) = server.handlers.split_at_mut(second);
        let handler = &mut later[0];
        if handler.carried.is_conditional() {
            continue;
        }
        // The compiler refuses two functions of one name; a second method would only repeat it.
        handler.broken |= !names.insert(handler.ident.clone());
        let message = handler.values().next().map(|param| &param.ty);
        let same = earlier.iter().find(|first| {
            // A machine may have one for each of its states.
            let typed = first.kind.is_typed() && behaviour == Behaviour::GenServer;
            first.kind == handler.kind
                && !first.carried.is_conditional()
                && (first.kind.is_single(behaviour)
                    || message.is_some_and(|message| typed && first.handles(message)))
        });
        let Some(first) = same.map(|first| first.ident.clone()) else {
            continue;
        };
        let kind = handler.kind;
        if kind.is_single(behaviour) {
            let noun = behaviour.noun();
            let message = format!("a {noun} has one `{kind}`, and `{first}` is it");
            errors.push(syn::Error::new(handler.attribute, message));
        } else if let Some(param) = handler.values().next() {
            let message = format!("`{first}` handles this message already");
            errors.at(&param.ty, message);
        }
        handler.broken = true;
    }
}

/// Refuses a server that nothing makes.
pub(super) fn init(server: &Server, errors: &mut Errors) {
    if !server
        .handlers
        .iter()
        .any(|handler| handler.kind == Kind::Init)
    {
        let name = &server.ident;
        let message = match &server.maker {
            Some(maker) => format!("`{name}` has no `#[init]`: put it on `{}`", maker.ident),
            None => {
                format!("`{name}` has no `#[init]`: put it on the function that makes its state")
            }
        };
        errors.at(name, message);
    }
}

fn idle_timeout(server: &Server, errors: &mut Errors) {
    let handled = server
        .handlers
        .iter()
        .any(|handler| handler.kind == Kind::Timeout);
    if let (Some((key, _)), false) = (&server.options.idle_timeout, handled) {
        errors.at(
            key,
            "nothing would happen after this time: add a `#[timeout]` handler",
        );
    }
}

/// A policy is for a mailbox that can be full.
pub(super) fn mailbox(server: &Server, errors: &mut Errors) {
    let options = &server.options;
    if let (Some((key, _)), None) = (&options.mailbox_policy, &options.mailbox) {
        errors.at(
            key,
            "this mailbox is never full: say how many messages may wait, `mailbox = 1000`",
        );
    }
}

/// Warns about a `#[timeout]` that never runs, since nothing sets its time.
fn warn_about_timeout(server: &mut Server) {
    let sets_a_time = server.options.idle_timeout.is_some()
        || mentions(
            server.block.to_token_stream(),
            &["idle_timeout", "set_idle_timeout"],
        );
    let timeout = server.sound(Kind::Timeout).next();
    if let (Some(timeout), false) = (timeout, sets_a_time) {
        let warning = Warning {
            span: timeout.attribute,
            name: "TIMEOUT_WITHOUT_TIME",
            message: "`#[timeout]` never runs unless a time is set: \
                      write `#[gen_server(idle_timeout = \"15m\")]`",
        };
        server.warnings.push(warning);
    }
}

/// Warns about a `#[terminate]` that will not run when it is most wanted.
///
/// As in OTP, a supervisor's shutdown is an exit signal, and it ends a process that does not trap
/// exits on the spot. Who sets a time for the shutdown expects `#[terminate]` to use it.
pub(super) fn warn_about_terminate(server: &mut Server) {
    let has_time = matches!(
        server.options.shutdown,
        Some(Shutdown::After(_) | Shutdown::Infinity)
    );
    let has_exit = server
        .handlers
        .iter()
        .any(|handler| handler.kind == Kind::Exit);
    let traps = server.options.trap_exit || has_exit || may_trap(server);
    let terminate = server.sound(Kind::Terminate).next();
    if let (Some(terminate), true, false) = (terminate, has_time, traps) {
        let warning = Warning {
            span: terminate.attribute,
            name: "TERMINATE_WITHOUT_TRAP_EXIT",
            message: match server.behaviour {
                Behaviour::GenServer => {
                    "`#[terminate]` runs on a supervisor's shutdown only if the server traps exits: \
                     write `#[gen_server(trap_exit)]`"
                }
                Behaviour::GenStatem => {
                    "`#[terminate]` runs on a supervisor's shutdown only if the machine traps exits: \
                     write `#[gen_statem(trap_exit)]`"
                }
            },
        };
        server.warnings.push(warning);
    }
}

/// Whether the block may trap exits while it runs: `cx.trap_exit(true)`.
fn may_trap(server: &Server) -> bool {
    mentions(server.block.to_token_stream(), &["trap_exit"])
}
