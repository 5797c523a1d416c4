//! Parents: servers that have children of their own, a supervisor and a server in one process.
//!
//! ```text
//!                         one process
//!   ┌─────────────────────────────────────────────────────┐
//!   │  the server: its state, its handlers                │
//!   │       │ cx.children().start_child(…), shutdown_child │
//!   │       ▼                                             │        ┌─ child
//!   │  the family: an annex of the server ────────────────┼─ link ─┼─ child
//!   │       ▲                                             │        └─ child
//!   └───────┼─────────────────────────────────────────────┘            │
//!           └────── the end of a child: restarted, or told ◀───────────┘
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `handle.rs` | what a server's handlers can do with their children |
//! | `family.rs` | the children, and what becomes of them when they end |
//!
//! For workers that are nothing without the server that uses them, this saves a supervisor above and a
//! look-up of each child: the server knows them, because it has started them. Its price is that the
//! server takes no message while a child starts or stops.
//!
//! The family is kept as an annex: by the server's process, beside its state. A server that never has
//! had children has none, and costs what it costs without this room.

mod family;
pub(crate) mod handle;
