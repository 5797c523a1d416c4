//! Applications: the root of a program. What is started when the program begins, and how it ends.
//!
//! ```text
//!   program ── starts in order ──▶ application ── start, phases ──▶ its tree
//!      ▲ INT, TERM, stop()              ▲ a process for each
//!      │
//!      └─ stops in reverse order: prep_stop ──▶ the tree, last child first ──▶ stop
//! ```
//!
//! An [`Application`] says how its tree is started and what is to be done around it. A [`Program`] is
//! one or several of them, with the order in which they start, what the end of each means for the
//! rest, and how long all of it may take to stop.
//!
//! | file | concept |
//! |---|---|
//! | `program.rs` | what is to be run, and what is known of it while it runs |
//! | `control.rs` | the process that starts, watches and stops applications |
//! | `master.rs` | the process of one application: its callbacks, and its tree |
//! | `signal.rs` | the operating system's signals |
//! | `report.rs` | what is said on the log |
//! | `error.rs` | why a program did not end well |

mod control;
mod error;
mod master;
mod program;
mod report;
mod signal;

use std::future::Future;

use regrow_runtime::gen_server::ServerRef;
use regrow_runtime::process::{AsPid, ExitReason};

use crate::supervisor::Supervisor;

pub use error::ProgramError;
pub use program::{App, Program, Running};
pub use signal::Signal;

/// The root of a program, or of a part of it: a tree, and what is to be done around it.
///
/// All methods run in one process, the application's own, one after the other. It traps exits: what
/// they start linked belongs to the application, and a crash of it ends the application.
///
/// A [`Supervisor`] that is not started yet is an application, and so is a closure that starts one:
/// most programs need no more than `application::run(Shop::child_spec())`.
///
/// # In OTP
///
/// The behaviour [`application`](https://www.erlang.org/doc/apps/kernel/application). There is no
/// `config_change`, for there is no configuration that could: arguments are fields.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::application::{App, Application, Program};
/// use regrow::prelude::*;
/// use regrow::reference::ServerRef;
///
/// struct Shop { open: bool }
///
/// impl Application for Shop {
///     type Root = ServerRef<Supervisor>;
///
///     async fn start(&mut self) -> Result<Self::Root, ExitReason> {
///         Ok(Supervisor::new(Strategy::OneForOne).start_link().await?)
///     }
///
///     async fn start_phase(&mut self, phase: &str) -> Result<(), ExitReason> {
///         self.open = phase == "open";
///         Ok(())
///     }
///
///     async fn prep_stop(&mut self) {
///         self.open = false;                             // no new customers from here on
///     }
/// }
///
/// let shop = App::new("shop", Shop { open: false }).start_phases(["open"]);
/// let running = Program::new().with(shop).shutdown_timeout(secs(10)).start().await?;
/// running.stop().await?;
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub trait Application: Send + 'static {
    /// What [`start`](Application::start) gives: the supervisor at the root of the tree.
    type Root: AsPid + Send;

    /// Starts the tree, linked to this process: by `start_link`. The application has started when
    /// this is done.
    ///
    /// # Errors
    ///
    /// Whatever has failed. The program does not start then.
    ///
    /// # In OTP
    ///
    /// `Module:start/2`.
    fn start(&mut self) -> impl Future<Output = Result<Self::Root, ExitReason>> + Send;

    /// Does what is to be done in a start phase; see [`App::start_phases`]. Default: nothing.
    ///
    /// # Errors
    ///
    /// Whatever has failed. The application is stopped again, and the program does not start.
    ///
    /// # In OTP
    ///
    /// `Module:start_phase/3`.
    fn start_phase(&mut self, phase: &str) -> impl Future<Output = Result<(), ExitReason>> + Send {
        let _ = phase;
        async { Ok(()) }
    }

    /// Prepares to stop, while the tree still runs. It is not called if the tree has ended by itself.
    /// Default: nothing.
    ///
    /// # In OTP
    ///
    /// `Module:prep_stop/1`.
    fn prep_stop(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Puts the last things in order, when the tree has ended, in whatever way. Default: nothing.
    ///
    /// # In OTP
    ///
    /// `Module:stop/1`.
    fn stop(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// What can be run as an application: an [`Application`], a [`Supervisor`] that is not started yet, a
/// closure that starts one.
pub trait IntoApplication {
    /// The application that it is.
    type Application: Application;

    /// Makes an application of it.
    fn into_application(self) -> Self::Application;
}

impl<A: Application> IntoApplication for A {
    type Application = A;

    fn into_application(self) -> A {
        self
    }
}

impl IntoApplication for Supervisor {
    type Application = Tree;

    fn into_application(self) -> Tree {
        Tree(self)
    }
}

/// A tree and nothing around it, as an [`Application`].
#[derive(Debug)]
pub struct Tree(Supervisor);

impl Application for Tree {
    type Root = ServerRef<Supervisor>;

    async fn start(&mut self) -> Result<ServerRef<Supervisor>, ExitReason> {
        Ok(self.0.clone().start_link().await?)
    }
}

impl<F, S, R, E> Application for F
where
    F: FnMut() -> S + Send + 'static,
    S: Future<Output = Result<R, E>> + Send,
    R: AsPid + Send,
    E: Into<ExitReason>,
{
    type Root = R;

    async fn start(&mut self) -> Result<R, ExitReason> {
        self().await.map_err(Into::into)
    }
}

/// A program that is this application alone, to be awaited: it runs until it is told to stop by a
/// signal, or its tree ends. More can be said before it is awaited: see [`Program`].
///
/// # Examples
///
/// ```
/// use regrow::application;
/// use regrow::prelude::*;
///
/// struct Cache;
///
/// #[gen_server]
/// impl Cache {
///     #[init] fn new() -> Self { Cache }
/// }
///
/// #[supervisor]
/// struct Shop {
///     cache: Cache,
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let program = application::run(Shop::child_spec()).shutdown_timeout(secs(30));
///     # return Ok(program.start().await?.stop().await?); // nobody presses Ctrl-C here
///     program.await?;
///     Ok(())
/// }
/// ```
pub fn run(application: impl IntoApplication) -> Program {
    Program::new().with(App::new("application", application))
}
