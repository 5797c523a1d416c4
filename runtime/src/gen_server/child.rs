//! What a server says about its own supervision: when to start it again, and how to stop it.
//!
//! A server carries these as constants ([`GenServer::RESTART`](super::GenServer::RESTART),
//! [`GenServer::SHUTDOWN`](super::GenServer::SHUTDOWN)); a child specification takes them over
//! unless it is told otherwise. What they do is the supervisor's affair.

use std::time::Duration;

/// When a supervisor starts a child again that has ended.
///
/// # In OTP
///
/// The key [`restart`](https://www.erlang.org/doc/apps/stdlib/supervisor#t:restart/0) of a child
/// specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Restart {
    /// Always. The default.
    #[default]
    Permanent,
    /// If it has [crashed](crate::process::ExitReason::is_crash).
    Transient,
    /// Never.
    Temporary,
}

/// How a supervisor stops a child.
///
/// # In OTP
///
/// The key [`shutdown`](https://www.erlang.org/doc/apps/stdlib/supervisor#t:shutdown/0) of a child
/// specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// It is killed at once.
    BrutalKill,
    /// It is asked to end, with [`ExitReason::Shutdown`](crate::process::ExitReason::Shutdown), and
    /// killed if it has not ended after this long.
    After(Duration),
    /// It is asked to end, and may take as long as it takes. For supervisors, whose children have
    /// limits of their own.
    Infinity,
}

impl Default for Shutdown {
    /// Five seconds.
    fn default() -> Shutdown {
        Shutdown::After(Duration::from_secs(5))
    }
}
