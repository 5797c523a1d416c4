//! The supervisor of tasks: tasks that are somebody's to await, and a supervisor's to stop.
//!
//! It is a [`DynamicSupervisor`] whose children are tasks, and nothing else: its process is one, so
//! whatever is said there of restarts, of how many children there may be and of the end holds here.
//! What is added is how a task gets its owner:
//!
//! ```text
//!   owner                     supervisor            task
//!     │ the work ───────────────▶ starts it ─────────▶ waits
//!     │ ◀─────────────── its pid ──┤                    │
//!     │ links, monitors, lets it begin ────────────────▶ runs
//!     │ ◀──────────────────────────────────── the value ┤
//! ```
//!
//! The value does not go through the supervisor, nor does the word to begin: both are between owner and
//! task, as they are of a [`Task`](regrow_runtime::task::Task) that its owner spawns. So a task belongs
//! to its owner here too, and its supervisor is its parent.

pub(crate) mod client;
pub(crate) mod start;

use std::time::Duration;

use regrow_runtime::gen_server::{HasClient, IntoName, Target};

use self::client::TaskSupervisorClient;
use self::start::StartTaskSupervisor;
use crate::child::id::ChildId;
use crate::child::spec::AnyChildSpec;
use crate::dynamic::DynamicSupervisor;
use crate::tree::DefaultChild;

/// A supervisor of tasks, which come and go.
///
/// Tasks are started by its [client](TaskSupervisorClient): those whose value somebody awaits
/// ([`run`](TaskSupervisorClient#method.run), [`run_nolink`](TaskSupervisorClient#method.run_nolink),
/// [`async_stream`](TaskSupervisorClient#method.async_stream)) and those that just do something
/// ([`start_child`](TaskSupervisorClient#method.start_child)). When it ends all of them are stopped at
/// the same time, so work in progress ends with the part of the tree that it belongs to.
///
/// It is a [`DynamicSupervisor`] otherwise, with the same defaults.
///
/// # In OTP
///
/// Elixir's [`Task.Supervisor`](https://hexdocs.pm/elixir/Task.Supervisor.html).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor::TaskSupervisor;
///
/// let tasks = TaskSupervisor::new().max_children(100).start_link().await?;
/// let sum = tasks.run_nolink(async { (1..=100).sum::<u32>() }).await?;
/// let parsed = tasks.run_nolink(async { "seven".parse::<u8>().expect("a number") }).await?;
/// assert_eq!(sum.await?, 5050);
/// assert!(parsed.await.unwrap_err().is_crash());         // its own affair, and its owner's
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
///
/// As a part of a tree:
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor::TaskSupervisor;
///
/// #[supervisor]
/// struct App {
///     #[child(max_children = 100)]
///     tasks: TaskSupervisor,
/// }
///
/// let app = App::start_link().await?;
/// app.tasks().start_child(async { println!("in the background") }).await?;
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a supervisor does nothing until it is started"]
pub struct TaskSupervisor(DynamicSupervisor);

impl Default for TaskSupervisor {
    fn default() -> TaskSupervisor {
        TaskSupervisor::new()
    }
}

impl TaskSupervisor {
    /// A supervisor without tasks.
    pub fn new() -> TaskSupervisor {
        TaskSupervisor(DynamicSupervisor::new().id(ChildId::of::<TaskSupervisor>()))
    }

    /// As [`DynamicSupervisor::id`].
    pub fn id(mut self, id: impl Into<ChildId>) -> TaskSupervisor {
        self.0 = self.0.id(id);
        self
    }

    /// The name that it is registered under. Default: none.
    pub fn name(mut self, name: impl IntoName<TaskSupervisor>) -> TaskSupervisor {
        self.0 = self.0.name(name.into_name());
        self
    }

    /// As [`DynamicSupervisor::max_restarts`]. Only tasks that are started by
    /// [`start_child_with`](TaskSupervisorClient#method.start_child_with) are ever started again.
    pub fn max_restarts(mut self, restarts: u32, within: Duration) -> TaskSupervisor {
        self.0 = self.0.max_restarts(restarts, within);
        self
    }

    /// As [`DynamicSupervisor::max_children`].
    pub fn max_children(mut self, tasks: usize) -> TaskSupervisor {
        self.0 = self.0.max_children(tasks);
        self
    }

    /// Starts the supervisor, linked to the caller.
    ///
    /// # In OTP
    ///
    /// `Task.Supervisor.start_link/1`.
    pub fn start_link(self) -> StartTaskSupervisor {
        self.start().link()
    }

    /// As [`start_link`](TaskSupervisor::start_link), linked to nobody.
    pub fn start(self) -> StartTaskSupervisor {
        StartTaskSupervisor::new(self.0)
    }

    /// As [`Supervisor::child_spec`](crate::Supervisor::child_spec).
    ///
    /// # In OTP
    ///
    /// `{Task.Supervisor, options}` in a list of children.
    pub fn child_spec(self) -> AnyChildSpec {
        self.0.child_spec().into()
    }
}

impl From<TaskSupervisor> for AnyChildSpec {
    fn from(supervisor: TaskSupervisor) -> AnyChildSpec {
        supervisor.child_spec()
    }
}

impl DefaultChild for TaskSupervisor {
    fn default_child() -> Self {
        TaskSupervisor::new()
    }
}

impl HasClient for TaskSupervisor {
    type Client = dyn TaskSupervisorClient;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}
