//! The test kit: processes that stand in for others in a test, and what a test waits for.
//!
//! | item | concept |
//! |---|---|
//! | [`Probe`] | a process to give to the code under test, which says what it was sent |
//! | [`expect_down`] | an end, for a reason, in time |
//! | [`expect_restart`] | a server that is there again, as another process |
//! | [`search`] | the first seed under which a test fails |
//!
//! All of it works on virtual time and on real time. In a simulation nothing here waits: a message
//! that does not come within a minute is known not to come at once.
//!
//! What is not here is a fake: a server that answers as a test wants it is a server of the test's
//! own, behind a reference that `#[protocol]` writes.
//!
//! Whatever was expected and did not happen is a panic, which says at which line of the test it was
//! expected, and what came instead.

mod expect;
mod probe_process;
mod search;

pub use expect::{expect_down, expect_restart};
pub use probe_process::Probe;
pub use search::{Found, search};
