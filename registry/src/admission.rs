//! Whether a process can be put into a table by another one.
//!
//! A process that puts itself somewhere is alive until it has done so. One that is named by somebody
//! else may have ended, or be about to, or be of a runtime that does not tell this one of its end;
//! what was noted of it would stay for ever.

use regrow_runtime::process::{Pid, runtime_of};

/// Why a process was not put into a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The process that the table belongs to has ended.
    Closed,
    /// The process has ended, or is about to.
    NoProcess(Pid),
    /// The process is of another runtime than the one that the table belongs to.
    OtherRuntime(Pid),
}

/// Whether the end of a process will be heard of by the tables of another.
pub(crate) fn admit(table_of: Pid, process: Pid) -> Result<(), Refused> {
    match (runtime_of(table_of), runtime_of(process)) {
        (None, _) => Err(Refused::Closed),
        (_, None) => Err(Refused::NoProcess(process)),
        (there, here) if there != here => Err(Refused::OtherRuntime(process)),
        _ => Ok(()),
    }
}
