//! Rules about a supervisor and its children.

use crate::errors::Errors;
use crate::model::{AutoShutdown, Child, ChildKind, Restart, Supervisor};

/// Checks a supervisor and each of its children.
pub(crate) fn supervisor(supervisor: &mut Supervisor, errors: &mut Errors) {
    for child in &supervisor.children {
        specification(child, errors);
        significance(child, supervisor, errors);
        if child.ident == "supervisor" {
            let message =
                "`supervisor()` is the reference to the supervisor itself: choose another name";
            errors.at(&child.ident, message);
        }
    }
    repeated_ids(supervisor, errors);
    // That its type is no tree would be many more messages.
    for child in &mut supervisor.children {
        if child.kind != ChildKind::Server {
            child.options.tree = None;
        }
    }
    // A second field or accessor of this name would be a second message.
    supervisor
        .children
        .retain(|child| child.ident != "supervisor");
}

/// Checks that the arguments of `#[child(...)]` say one thing, and fit the child.
fn specification(child: &Child, errors: &mut Errors) {
    let options = &child.options;
    if options.start.is_some() {
        let others = [
            options.args.as_ref().map(|(key, _)| key),
            options.max_children.as_ref().map(|(key, _)| key),
        ];
        for other in others.into_iter().flatten() {
            errors.at(
                other,
                format!("`start` says it all: say `{other}` in its expression"),
            );
        }
        if let Some(tree) = &options.tree {
            errors.at(
                tree,
                "a `tree` starts by its type: leave `start` out, and say what it takes in `args(...)`",
            );
        }
        return;
    }
    if let Some(tree) = &options.tree
        && child.kind != ChildKind::Server
    {
        errors.at(
            tree,
            "a `tree` is a struct with `#[supervisor]`: this child is none, and needs no `tree`",
        );
        return;
    }
    if let Some((key, _)) = &options.max_children
        && child.kind != ChildKind::Dynamic
    {
        errors.at(
            key,
            "only a `DynamicSupervisor` or a `TaskSupervisor` has `max_children`",
        );
    }
    if let Some((key, _)) = &options.args
        && child.kind != ChildKind::Server
    {
        errors.at(
            key,
            "`args` go to a server's `#[init]`: write `start = ...` for this child",
        );
    }
}

/// Refuses what OTP refuses when the supervisor starts.
fn significance(child: &Child, supervisor: &Supervisor, errors: &mut Errors) {
    let Some(significant) = &child.options.significant else {
        return;
    };
    if matches!(
        supervisor.options.auto_shutdown,
        None | Some(AutoShutdown::Never)
    ) {
        let message = "a significant child matters under `auto_shutdown = \"any_significant\"` or \
                       `\"all_significant\"`: add it to `#[supervisor]`";
        errors.at(significant, message);
    }
    if let Some((_, Restart::Permanent)) = child.options.restart {
        errors.at(
            significant,
            "a permanent child is always restarted, so it is never significant",
        );
    }
}

/// Refuses two children of one name.
fn repeated_ids(supervisor: &Supervisor, errors: &mut Errors) {
    let children = &supervisor.children;
    let id = |child: &Child| match &child.options.id {
        Some(id) => id.value(),
        None => child.ident.to_string(),
    };
    for (position, child) in children.iter().enumerate() {
        let mut earlier = children[..position]
            .iter()
            .filter(|first| !first.carried.is_conditional());
        let Some(first) = earlier.find(|first| id(first) == id(child)) else {
            continue;
        };
        if child.carried.is_conditional() {
            continue;
        }
        // Two fields of one name are the compiler's to refuse.
        let written = [&child.options.id, &first.options.id]
            .into_iter()
            .flatten()
            .next();
        if let Some(written) = written {
            let message = format!("`{}` and `{}` have the same id", first.ident, child.ident);
            errors.at(written, message);
        }
    }
}
