//! What a reference to a pubsub can do: all of it in the caller, on its table.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use regrow_runtime::gen_server::{HasClient, Recipient, Target};
use regrow_runtime::process::{AsPid, Pid, consume_reductions, process_info, send};
use regrow_runtime::time::{millis, timeout};

use super::error::{NoPubSub, SubscribeError};
use super::server::PubSub;
use crate::directory;
use crate::group::table::{Member, Table};
use crate::group::{LeaveError, admit};

/// How long a subscriber has to say how many messages wait.
const PATIENCE: Duration = millis(50);
/// Subscribers that are taken out of the table at once; each counts as one reduction.
const PIECE: u32 = 512;

/// What a reference to a [`PubSub`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// The pubsub's process is not asked for any of it.
pub trait PubSubClient<T, M: ?Sized>: Target<PubSub<T, M>> {}

impl<T, M: ?Sized, R: Target<PubSub<T, M>>> PubSubClient<T, M> for R {}

impl<T, M> HasClient for PubSub<T, M>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
{
    type Client = dyn PubSubClient<T, M>;

    #[inline]
    fn client<R: Target<Self>>(target: &R) -> &Self::Client {
        target
    }
}

/// A subscriber that does not keep up; see [`slow_subscribers`](PubSubClient).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowSubscriber {
    /// The process.
    pub pid: Pid,
    /// The messages that wait in its mailbox. `None`: it did not answer within 50 milliseconds,
    /// for it computes without a pause.
    pub message_queue_len: Option<usize>,
}

impl<T, M> dyn PubSubClient<T, M>
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
{
    /// Calls `f` with the pubsub's table, if the pubsub is running.
    fn with<R>(&self, f: impl FnOnce(&Table<T, Recipient<Arc<M>>>) -> R) -> Option<R> {
        directory::with_shared(self.address().pid()?, f)
    }

    /// Subscribes a process to a topic: a server with an `#[info]` handler for `Arc<M>`, or a process
    /// written by hand that takes them. It is subscribed until it [unsubscribes](#method.unsubscribe)
    /// or ends; one that subscribed twice gets each message twice.
    ///
    /// # Errors
    ///
    /// The pubsub is not running, or the process has ended, or belongs to another runtime.
    ///
    /// # In OTP
    ///
    /// [`Phoenix.PubSub.subscribe/3`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#subscribe/3),
    /// which subscribes the caller. A server does so with `cx.this()`, a process with `inbox.this()`.
    pub fn subscribe(
        &self,
        topic: T,
        subscriber: impl Into<Recipient<Arc<M>>>,
    ) -> Result<(), SubscribeError> {
        let this = self.address().pid().ok_or(SubscribeError::NoPubSub)?;
        let subscriber = subscriber.into();
        admit(this, subscriber.pid())?;
        let member = Member {
            pid: subscriber.pid(),
            value: subscriber,
        };
        match self.with(|table| table.join(topic, &[member])) {
            Some(joined) => Ok(joined?),
            None => Err(SubscribeError::NoPubSub),
        }
    }

    /// Takes all subscriptions of a process to a topic away, and gives their number. What was sent
    /// before stays in its mailbox.
    ///
    /// # In OTP
    ///
    /// [`Phoenix.PubSub.unsubscribe/2`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#unsubscribe/2).
    pub fn unsubscribe<Q>(&self, topic: &Q, subscriber: impl AsPid) -> usize
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|table| table.leave_for_good(topic, subscriber.as_pid()))
            .unwrap_or(0)
    }

    /// Sends a message to all subscribers of a topic, in the order in which they subscribed, and gives
    /// their number. They share it.
    ///
    /// Nothing is waited for. A process that subscribes or unsubscribes meanwhile gets it or not. What
    /// one process broadcasts arrives in its order.
    ///
    /// # Errors
    ///
    /// The pubsub is not running.
    ///
    /// # In OTP
    ///
    /// [`Phoenix.PubSub.broadcast/4`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#broadcast/4).
    pub fn broadcast<Q>(&self, topic: &Q, message: impl Into<Arc<M>>) -> Result<usize, NoPubSub>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.send_all(topic, None, &message.into())
    }

    /// As [`broadcast`](#method.broadcast), but not to this process: for a subscriber that is not to
    /// hear itself.
    ///
    /// # Errors
    ///
    /// The pubsub is not running.
    ///
    /// # In OTP
    ///
    /// [`Phoenix.PubSub.broadcast_from/5`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#broadcast_from/5).
    pub fn broadcast_from<Q>(
        &self,
        from: impl AsPid,
        topic: &Q,
        message: impl Into<Arc<M>>,
    ) -> Result<usize, NoPubSub>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.send_all(topic, Some(from.as_pid()), &message.into())
    }

    fn send_all<Q>(&self, topic: &Q, but: Option<Pid>, message: &Arc<M>) -> Result<usize, NoPubSub>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let this = self.address().pid().ok_or(NoPubSub)?;
        let (mut piece, mut last, mut sent) = (Vec::new(), None, 0);
        loop {
            let next = directory::with_shared(this, |table: &Table<T, Recipient<Arc<M>>>| {
                table.next_members(topic, last, &mut piece, PIECE)
            });
            match next.unwrap_or(Err(LeaveError::NoScope)) {
                Ok(Some(number)) => last = Some(number),
                Err(_) if last.is_none() => return Err(NoPubSub),
                // It was the last piece, or nobody is subscribed any more.
                Ok(None) | Err(_) => return Ok(sent),
            }
            consume_reductions(PIECE);
            for member in piece.drain(..).filter(|member| Some(member.pid) != but) {
                send(member.value, Arc::clone(message));
                sent += 1;
            }
        }
    }

    /// The subscribers of a topic in the order in which they subscribed, one that subscribed twice
    /// twice.
    pub fn subscribers<Q>(&self, topic: &Q) -> Vec<Pid>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|table| table.members(topic, |member| member.pid))
            .unwrap_or_default()
    }

    /// How many subscribers a topic has.
    pub fn count<Q>(&self, topic: &Q) -> usize
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|table| table.count(topic)).unwrap_or(0)
    }

    /// The topics that have subscribers, and how many.
    pub fn topics(&self) -> Vec<(T, usize)>
    where
        T: Clone,
    {
        let topics = self.with(Table::groups).unwrap_or_default();
        let topics = topics.iter();
        topics
            .map(|(topic, count)| (T::clone(topic), *count))
            .collect()
    }

    /// The topics with the most subscribers, at most so many, the largest first.
    pub fn largest_topics(&self, at_most: usize) -> Vec<(T, usize)>
    where
        T: Clone,
    {
        let topics = self.with(Table::groups).unwrap_or_default();
        crate::largest(topics, at_most)
    }

    /// The subscribers of a topic in whose mailboxes so many messages wait, those with the most first.
    /// They are asked one after the other.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has done nothing.
    pub async fn slow_subscribers<Q>(&self, topic: &Q, at_least: usize) -> Vec<SlowSubscriber>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut subscribers = self.subscribers(topic);
        subscribers.sort_unstable();
        subscribers.dedup();
        let mut slow = Vec::new();
        for pid in subscribers {
            let message_queue_len = match timeout(PATIENCE, process_info(pid)).await {
                Ok(Some(info)) => Some(info.message_queue_len),
                Ok(None) => continue,
                Err(_) => None,
            };
            if message_queue_len.is_none_or(|len| len >= at_least) {
                slow.push(SlowSubscriber {
                    pid,
                    message_queue_len,
                });
            }
        }
        let length = |slow: &SlowSubscriber| slow.message_queue_len.unwrap_or(usize::MAX);
        slow.sort_by_key(|slow| std::cmp::Reverse(length(slow)));
        slow
    }
}
