//! Process groups: any number of processes under a key, and who hears of their coming and going.
//!
//! ```text
//!   join, leave ── in the caller ──▶ table ──▶ get_members, which_groups
//!   a member's end ────────────────▶   │
//!                                      └────▶ events, to those who monitor the group or the scope
//! ```
//!
//! A group differs from a key of a registry in what it is for: whoever joins has no claim on it, may
//! be put in by others, and is there as often as it was put in. A scope's end takes its groups with
//! it and concerns no member; who cares for that monitors the scope's process.
//!
//! | file | concept |
//! |---|---|
//! | `scope.rs` | the process |
//! | `client.rs` | what references to it can do |
//! | `table.rs` | groups, and what is known of processes; monitors |
//! | `members.rs` | joining, leaving, ending, listing |
//! | `event.rs` | what a monitor brings |
//! | `error.rs` | why a group did not change |

mod client;
mod error;
mod event;
mod members;
mod scope;
mod table;

pub use client::GroupsClient;
pub use error::{JoinError, LeaveError};
pub use event::{Change, GroupEvent, GroupMonitor, ScopeMembers};
pub use scope::Groups;
