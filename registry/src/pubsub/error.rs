//! Why there was no subscription, or no broadcast.

use std::fmt;

use regrow_runtime::process::Pid;

use crate::admission::Refused;
use crate::directory::NotShared;

/// Why a process was not subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The pubsub is not running.
    NoPubSub,
    /// The pubsub that runs there has topics, messages or metadata of other types. Only a
    /// [`Name`](regrow_runtime::gen_server::Name), which is its writer's word, leads to one.
    OtherPubSub {
        /// The type of pubsub that was asked for.
        wanted: &'static str,
        /// The type of the one that is there.
        found: &'static str,
    },
    /// The process has ended, or is about to.
    NoProcess(Pid),
    /// The process belongs to another runtime than the pubsub, which would not hear of its end.
    OtherRuntime(Pid),
}

/// Why a message was not published: nobody got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BroadcastError {
    /// The pubsub is not running.
    NoPubSub,
    /// The pubsub that runs there has topics, messages or metadata of other types. Only a
    /// [`Name`](regrow_runtime::gen_server::Name), which is its writer's word, leads to one.
    OtherPubSub {
        /// The type of pubsub that was asked for.
        wanted: &'static str,
        /// The type of the one that is there.
        found: &'static str,
    },
}

impl From<NotShared> for BroadcastError {
    fn from(why: NotShared) -> BroadcastError {
        match why {
            NotShared::Nothing => BroadcastError::NoPubSub,
            NotShared::Other { wanted, found } => BroadcastError::OtherPubSub { wanted, found },
        }
    }
}

impl From<BroadcastError> for SubscribeError {
    fn from(error: BroadcastError) -> SubscribeError {
        match error {
            BroadcastError::NoPubSub => SubscribeError::NoPubSub,
            BroadcastError::OtherPubSub { wanted, found } => {
                SubscribeError::OtherPubSub { wanted, found }
            }
        }
    }
}

impl From<Refused> for SubscribeError {
    fn from(refused: Refused) -> SubscribeError {
        match refused {
            Refused::Closed => SubscribeError::NoPubSub,
            Refused::NoProcess(pid) => SubscribeError::NoProcess(pid),
            Refused::OtherRuntime(pid) => SubscribeError::OtherRuntime(pid),
        }
    }
}

impl fmt::Display for BroadcastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BroadcastError::NoPubSub => f.write_str("no such pubsub: it is not running"),
            BroadcastError::OtherPubSub { wanted, found } => {
                write!(f, "the pubsub is a {found}, and was taken for a {wanted}")
            }
        }
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            SubscribeError::NoPubSub => BroadcastError::NoPubSub.fmt(f),
            SubscribeError::OtherPubSub { wanted, found } => {
                BroadcastError::OtherPubSub { wanted, found }.fmt(f)
            }
            SubscribeError::NoProcess(pid) => write!(f, "no such process: {pid}"),
            SubscribeError::OtherRuntime(pid) => {
                write!(f, "{pid} belongs to another runtime: start a pubsub there")
            }
        }
    }
}

impl std::error::Error for BroadcastError {}
impl std::error::Error for SubscribeError {}
