//! State machines: servers whose answer to an event depends on a state, and which can put events
//! off, send themselves events and set themselves time limits.
//!
//! (The teaching page is in the facade; this is the room's own.)
//!
//! A state machine is a server and nothing else. [`Machine<M>`](Machine) is a
//! [`GenServer`](crate::gen_server::GenServer) whose state consists of the user's data, which is the
//! `M`, of the state that the machine is in, and of what it has put off. So starts, names, calls,
//! stops, links to a parent, child specifications and references are those of servers, and there is
//! no second way to do any of it. What this room adds is what lies between an event and the next:
//!
//! ```text
//!      call, cast, message, notice, timer            the mailbox
//!                      │
//!                      ▼
//!    ┌──────────▶ handle_event ──▶ Transition ── stop ──────────▶ as any server
//!    │                                 │ replies go out
//!    │                                 │ the new state is there
//!    │                                 ▼
//!    │                            handle_enter   (another state, or the same again)
//!    │                                 │
//!    │                                 ▼
//!    │      queue:  inserted ++ put off, if the state has changed ++ what was in it
//!    │      timeouts: the old state's are gone, new ones run
//!    │                                 │
//!    └── the queue's first, or else ◀──┘
//!        the oldest timeout of zero, or else the mailbox's next
//! ```
//!
//! The step from the transition to the next event is a continuation that the machine asks itself to
//! go on with ([`Context::continue_with`](crate::gen_server::Context::continue_with)): it comes
//! before any message, and a handler that waits keeps it waiting too. A transition that only keeps
//! the state, of a machine with nothing in its queue, needs none, and costs what a server's handler
//! costs. Timers, too, bring a continuation; one whose timeout was cancelled meanwhile finds that its
//! number is not known any more.
//!
//! | file | concept |
//! |---|---|
//! | `statem.rs` | what a machine is made of |
//! | `event.rs` | where an event comes from, and which timeouts there are |
//! | `transition.rs` | what handlers give |
//! | `machine.rs` | the data, the state, the queue |
//! | `timeouts.rs` | the timeouts that run |
//! | `server.rs` | the machine as a server |
//! | `step.rs` | outcomes that become other outcomes, now or later |
//! | `plain.rs` | plain values that stand for outcomes |
//! | `replace.rs` | another state and other data, from outside |
//! | `client.rs` | how the methods of its references get onto them |
//!
//! # Cost
//!
//! An idle machine is its header, its data, its state and one word. What it has put off and its
//! timeouts are in one box, made when there is the first of them.

mod client;
mod event;
mod machine;
mod plain;
mod replace;
mod server;
mod statem;
mod step;
mod timeouts;
mod transition;

pub use client::HasMachineClient;
pub use event::{EventType, Timeout, Way};
pub use machine::Machine;
pub use plain::{IntoEnter, IntoInitial, IntoTransition};
pub use replace::replace_state;
pub use statem::{CallEvent, GenStatem};
pub use step::Either;
pub use transition::{Enter, Initial, Transition};
