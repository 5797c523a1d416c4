//! Why there was no subscription, or no broadcast.

use std::fmt;

use regrow_runtime::process::Pid;

use crate::group::JoinError;

/// Why a process was not subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The pubsub is not running.
    NoPubSub,
    /// The process has ended, or is about to.
    NoProcess(Pid),
    /// The process belongs to another runtime than the pubsub, which would not hear of its end.
    OtherRuntime(Pid),
}

impl From<JoinError> for SubscribeError {
    fn from(error: JoinError) -> SubscribeError {
        match error {
            JoinError::NoScope => SubscribeError::NoPubSub,
            JoinError::NoProcess(pid) => SubscribeError::NoProcess(pid),
            JoinError::OtherRuntime(pid) => SubscribeError::OtherRuntime(pid),
        }
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SubscribeError::NoPubSub => fmt::Display::fmt(&NoPubSub, f),
            SubscribeError::NoProcess(pid) => write!(f, "no such process: {pid}"),
            SubscribeError::OtherRuntime(pid) => {
                write!(f, "{pid} belongs to another runtime: start a pubsub there")
            }
        }
    }
}

impl std::error::Error for SubscribeError {}

/// The pubsub is not running: nobody got the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPubSub;

impl fmt::Display for NoPubSub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such pubsub: it is not running")
    }
}

impl std::error::Error for NoPubSub {}
