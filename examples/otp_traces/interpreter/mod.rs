//! The interpreter of the conformance scenario language.
//!
//! A line names its suite and holds a scenario in that suite's language. Running it means: build
//! the processes the scenario asks for, take its steps one by one, wait after each until nothing
//! moves any more ([`regrow::process::settle`]), and write down what could be seen. No rule of OTP
//! stands here: who dies of which signal, which message arrives, what a function answers is asked
//! of regrow through its public API, and rendered.
//!
//! ```text
//!   line.rs       lines of input: decompressed, parsed, answered
//!   engine.rs     what runs a scenario: a simulation each, or the real schedulers
//!   value.rs      terms as JSON: canonical text, the order of names
//!   reason.rs     exit reasons as terms, in both directions
//!   world.rs      the processes of a scenario: their names, and who has died of what
//!   steps.rs      the list of steps that most scenarios are
//!   answer.rs     where a scripted process writes what its step has come to
//!   letter.rs     received messages as terms, and the order they are listed in
//!   events.rs     the callbacks that ran, and the order they are listed in
//!   clients.rs    processes whose steps may last longer than their entry
//!   genserver/    suite `genserver`: servers, and clients that call, cast, stop and kill
//!   registry/     suite `registry`: processes under keys, and servers addressed by them
//!   signals/      suite `signals`: plain processes, links, monitors, aliases, names
//!   statem/       suite `statem`: a state machine, and clients that send it events
//!   supervisor/   suites `supervisor`, `dynamic` and `partition`: trees that are changed, broken and
//!                 looked at
//! ```
//!
//! A further suite is a further folder, with an arm in `trace` of `line.rs`. What has no word in the
//! scenario language (an error that OTP does not have, a reason nobody gave) is rendered as
//! `{"unexpected":TEXT}`: it matches no recorded trace, and says what happened.

mod answer;
mod clients;
mod engine;
mod events;
mod genserver;
mod letter;
mod line;
mod reason;
mod registry;
mod signals;
mod statem;
mod steps;
mod supervisor;
mod value;
mod world;

pub(crate) use engine::Engine;
pub(crate) use line::{answer, unpacked};

#[cfg(test)]
mod tests;
