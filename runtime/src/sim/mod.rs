//! Simulation: one thread, one seed, virtual time.
//!
//! A [`Simulation`] runs the same processes as a real runtime, with the same cells, mailboxes,
//! signals and timers. Only what surrounds them is replaced: one scheduler on the calling thread
//! picks at random, by a seed, which process has its turn and how many messages it may read; time
//! all but stands still while anything is runnable, and then jumps to the next timer. So a run can be
//! repeated exactly, a thousand different runs take a second, and a test never waits.
//!
//! A turn takes 100 nanoseconds of virtual time, so that a loop which waits for time to pass comes to
//! an end. A timer rings at a whole millisecond, so times measured here are a little longer than what
//! was asked for, by less than a millisecond, and the same in each run of a seed.
//!
//! # What it explores, and what it cannot
//!
//! Processes share nothing but messages, so which of them runs next, and for how long, is all that
//! a schedule of one machine can differ in. A simulation explores that; it finds orders of messages,
//! exits and timers that a program did not expect. It does not look inside the runtime: lock-free
//! code is the business of the loom models. Real sockets are refused in it, blocking jobs run where
//! they are, and threads of the program's own are beyond its control.
//!
//! # When it does not end
//!
//! A main process that waits for what cannot happen any more is a deadlock, and a run that goes on
//! for ever is given up after [so many turns](Simulation::max_turns): both end the run with an error
//! that says so. What blocks the thread cannot be broken off, for there is no other: a turn that
//! loops without an `.await`, or a wait for another thread, such as `recv` on a channel of
//! `std::sync::mpsc` whose other end a process of the simulation holds. A future that a thread of the
//! program's own is to complete counts as one that cannot happen: virtual time does not wait for it.

mod policy;
mod simulation;

pub(crate) use policy::Picker;
pub use policy::Policy;
pub use simulation::{Outcome, Simulation};
