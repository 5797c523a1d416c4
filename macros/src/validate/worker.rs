//! Rules about a worker's child specification.

use crate::errors::Errors;
use crate::model::{Restart, Worker};

/// Checks a worker.
pub(crate) fn worker(worker: &mut Worker, errors: &mut Errors) {
    let options = &worker.options;
    if let (Some(significant), Some((_, Restart::Permanent))) =
        (&options.significant, &options.restart)
    {
        errors.at(
            significant,
            "a permanent child is always restarted, so it is never significant",
        );
    }
    if let (Some((name, _)), Some(_)) = (&options.name, &options.start) {
        errors.at(
            name,
            "what `start` starts is named by that function: `name` is for servers",
        );
        // The name of what is no server would be a second message.
        worker.options.name = None;
    }
    let options = &worker.options;
    if let (Some((args, _)), None) = (&options.args, &options.start) {
        errors.at(
            args,
            "a server is started with its `GenServer::Args`: `args` are for `start = ...`",
        );
    }
    if let Some((_, name)) = &options.name
        && name.value().is_empty()
    {
        errors.at(name, "a registered name has at least one letter");
    }
}
