//! Events and figures: what supervisors do, told to whoever asked, and counted.
//!
//! ```text
//!   a supervisor ──▶ report ──▶ log              tracing, or standard error
//!                      ├──────▶ book             counters of its own, read by anybody at any time
//!                      └──────▶ subscribers      one shared event for all of them
//! ```
//!
//! Nobody is waited for: a supervisor that is busy is read all the same, and a subscriber that is slow
//! holds nobody up. Without subscribers an event is a load and a comparison. What is counted is
//! counted for the supervisor, and for a child of it that has an id; a child of a dynamic supervisor
//! costs nothing.
//!
//! | file | concept |
//! |---|---|
//! | `event.rs` | what has happened |
//! | `subscribers.rs` | who is told |
//! | `book.rs` | what is counted |

mod book;
mod event;
mod subscribers;

pub(crate) use book::Open;
pub(crate) use book::{Entry, write};
pub(crate) use subscribers::tell;

pub use book::{ChildFigures, Figures, figures, restarts_within};
pub use event::{Happening, SupervisorEvent};
pub use subscribers::{events, events_of, no_more_events};
