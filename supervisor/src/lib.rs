//! Supervisors, for [`regrow`](https://docs.rs/regrow). Programs use that crate, which shows all of
//! this.
//!
//! A supervisor is a process that has other processes as its children: it starts them, notices when
//! they end, and starts them again. A program of supervisors and workers is a tree, and a failure
//! goes up in it only as far as it has to.
//!
//! | room | concept |
//! |---|---|
//! | `decide/` | what becomes of a child that has ended; how often is too often |
//! | `child/` | what to start, when to restart it, how to stop it; starting and stopping one or many; what others see of it |
//! | `supervisor/` | children in order: the process, its strategy, and what references can do |
//! | `dynamic/` | children that come and go |
//! | `partition/` | the same child several times over, each for a part of the keys |
//! | `init.rs` | supervisors that a function describes when they start |
//! | `circuit_breaker/` | not asking a service that is known to be down |
//! | `parent/` | servers that have children of their own |
//! | `pool/` | servers that are lent out |
//! | `task_supervisor/` | tasks that are somebody's to await, and a supervisor's to stop |
//! | `events/` | what supervisors do, told to whoever asked, and counted |
//! | `application/` | the root of a program: what is started when it begins, and how it ends |
//! | `tree.rs` | trees that are declared |
//! | `error.rs` | why something did not start |
//!
//! What decides is a pure function of values; those that act ask it first. A supervisor is an
//! ordinary server: it uses what every program can use.
#![forbid(unsafe_code)]

pub mod application;
mod child;
mod circuit_breaker;
mod decide;
mod dynamic;
mod error;
mod events;
mod init;
mod parent;
mod partition;
mod pool;
mod supervisor;
mod task_supervisor;
mod tree;

pub use child::extra_arguments::ExtraArgumentsError;
pub use child::extras::{Exhausted, SettingError};
pub use child::id::{ChildId, ChildKind};
pub use child::info::{ChildCounts, ChildInfo, ChildProcess};
pub use child::request::StartChild;
pub use child::spec::{AnyChildSpec, ChildSpec, DynamicChild, TemporarySpec};
pub use child::started::{IntoStarted, StartedChild};
pub use circuit_breaker::client::{CircuitBreakerClient, CircuitError};
pub use circuit_breaker::{CircuitBreaker, CircuitSpecError, CircuitState, CircuitStatus};
pub use decide::backoff::{Backoff, BackoffError};
pub use decide::restart::RestartMe;
pub use dynamic::DynamicSupervisor;
pub use dynamic::client::DynamicSupervisorClient;
pub use dynamic::template::{TemplateError, TemplateRef, TemplateSupervisor};
pub use error::{
    DeleteChildError, FailedToStart, NoSuchChild, ResizeError, RestartChildError, SpecError,
    StartChildError,
};
pub use events::{
    ChildFigures, Figures, Happening, SupervisorEvent, events, events_of, figures, no_more_events,
    restarts_within,
};
pub use init::{InitBy, InitFunction, WithInit};
pub use parent::handle::{ChildTerminated, OwnChildren, ParentContext};
pub use partition::client::PartitionSupervisorClient;
pub use partition::{PartitionChild, PartitionSupervisor};
pub use pool::client::{CheckoutError, PoolClient, PoolState, PoolStatus};
pub use pool::lease::{Checkout, Lease};
pub use pool::{Pool, PoolSpecError, PoolStrategy};
pub use regrow_runtime::gen_server::{Restart, Shutdown};
pub use supervisor::{AutoShutdown, Strategy, Supervisor, SupervisorClient};
pub use task_supervisor::TaskSupervisor;
pub use task_supervisor::client::TaskSupervisorClient;
pub use task_supervisor::start::{RunTask, StartTask, StartTaskSupervisor};
pub use tree::{DefaultChild, StartTree, Tree, place, start_tree, supervisor_at};
