//! The root of a program: what is started when it begins, how it is told to stop, and how it ends.
//!
//! ```
//! use regrow::application;
//! use regrow::prelude::*;
//!
//! struct Cache;
//!
//! #[gen_server]
//! impl Cache {
//!     #[init] fn new() -> Self { Cache }
//! }
//!
//! #[supervisor]
//! struct Shop {
//!     cache: Cache,
//! }
//!
//! #[regrow::main]
//! async fn main() -> Result<(), ExitReason> {
//!     let program = application::run(Shop::child_spec()).shutdown_timeout(secs(30));
//!     # return Ok(program.start().await?.stop().await?); // nobody presses Ctrl-C here
//!     program.await?;
//!     Ok(())
//! }
//! ```
//!
//! The program runs until somebody presses Ctrl-C, or whoever runs it sends SIGTERM. Then its tree is
//! stopped, the last child first, each within its own limit and all within the program's; and the
//! program ends with success. If the tree gives up, or the time is not enough, it says why and ends
//! with failure.
//!
//! | you want | take |
//! |---|---|
//! | a tree, and nothing around it | [`run`] with the supervisor |
//! | something before the tree is stopped, or after; start phases | an [`Application`] |
//! | several trees that can do without each other, or not | a [`Program`] of several [`App`]s |
//! | to stop a program from within, or in a test | [`Program::start`], and [`Running`] |

pub use regrow_supervisor::application::{
    App, Application, IntoApplication, Program, ProgramError, Running, Signal, Tree, run,
};
