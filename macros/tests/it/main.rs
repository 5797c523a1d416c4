//! The attributes as their users see them: programs that compile, run, and behave.
//!
//! What a mistake looks like is in the facade's `tests/ui`; what is written is in
//! `macros/tests/expand`.

#![forbid(unsafe_code)]
#![expect(
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_unit,
    reason = "handlers of every form, which have little to do"
)]

mod answers;
mod entry;
mod facade_path;
mod generics;
mod lifecycle;
mod names;
mod server;
mod starts;
mod statem;
pub mod strict_lints;
mod supervisor;
