//! What may not be written, and what is said about it.
//!
//! A validator walks over a model, pushes one error for each mistake onto the smallest token that
//! is wrong, and marks what must not be expanded as broken. Every message says what to write
//! instead. What only the type checker can know (is this message `Send`, is that a `Next`) is not
//! guessed here: the expansion puts the right span under it and the compiler speaks.

mod entry;
mod handler;
mod message;
mod protocol;
mod server;
mod statem;
mod supervisor;
mod worker;

pub(crate) use self::entry::entry;
pub(crate) use self::message::owns;
pub(crate) use self::protocol::protocol;
pub(crate) use self::server::server;
pub(crate) use self::statem::statem;
pub(crate) use self::supervisor::supervisor;
pub(crate) use self::worker::worker;
