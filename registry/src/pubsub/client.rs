//! What a reference to a pubsub can do: all of it in the caller, on its table.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use regrow_runtime::gen_server::{HasClient, Recipient, Target};
use regrow_runtime::process::{AsPid, Pid, consume_reductions, process_info, send};
use regrow_runtime::time::{millis, timeout};

use super::error::{BroadcastError, SubscribeError};
use super::server::PubSub;
use super::{Subscription, Topics};
use crate::admission::admit;
use crate::directory;

/// How long a subscriber has to say how many messages wait.
const PATIENCE: Duration = millis(50);

/// What a reference to a [`PubSub`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// The pubsub's process is not asked for any of it. One that is not running, or is of another type,
/// has no subscribers.
pub trait PubSubClient<T, M, V = ()>: Target<PubSub<T, M, V>> + 'static
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
}

impl<T, M, V, R> PubSubClient<T, M, V> for R
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
    R: Target<PubSub<T, M, V>> + 'static,
{
}

impl<T, M, V> HasClient for PubSub<T, M, V>
where
    T: Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    type Client = dyn PubSubClient<T, M, V>;

    #[inline]
    fn client<R: Target<Self> + 'static>(target: &R) -> &Self::Client {
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

impl<T, M, V> dyn PubSubClient<T, M, V>
where
    T: Eq + Hash + Send + Sync + 'static,
    M: Send + Sync + ?Sized + 'static,
    V: Send + Sync + 'static,
{
    /// Calls `f` with the topics of the pubsub that this leads to now.
    fn with<R>(&self, f: impl FnOnce(&Topics<T, M, V>) -> R) -> Result<R, BroadcastError> {
        let this = self.address().pid().ok_or(BroadcastError::NoPubSub)?;
        let open = |topics: &Topics<T, M, V>| (!topics.is_closed()).then(|| f(topics));
        let result = directory::with_shared_by::<PubSub<T, M, V>, _, _>(this, open)?;
        result.ok_or(BroadcastError::NoPubSub)
    }

    /// Subscribes a process to a topic: a server with an `#[info]` handler for `Arc<M>`, or a process
    /// written by hand that takes them. It is subscribed until it [unsubscribes](#method.unsubscribe)
    /// or ends; one that subscribed twice gets each message twice. Its metadata is what values of the
    /// type are by default.
    ///
    /// A process that takes other messages cannot be subscribed:
    ///
    /// ```compile_fail,E0277
    /// use regrow::prelude::*;
    /// use regrow::registry::PubSub;
    ///
    /// # fn wrong(news: ServerRef<PubSub<String, str>>) {
    /// let counter = spawn(async |mut inbox: Inbox<u32>| { inbox.receive().await; });
    /// news.subscribe("sports".into(), counter);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The pubsub is not running or of another type, or the process has ended, or belongs to another
    /// runtime.
    ///
    /// # In OTP
    ///
    /// [`Phoenix.PubSub.subscribe/3`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#subscribe/3),
    /// which subscribes the caller. A server does so with `cx.this()`, a process with `inbox.this()`.
    pub fn subscribe(
        &self,
        topic: T,
        subscriber: impl Into<Recipient<Arc<M>>>,
    ) -> Result<(), SubscribeError>
    where
        V: Default,
    {
        self.subscribe_with(topic, subscriber, V::default())
    }

    /// As [`subscribe`](#method.subscribe), with metadata, which a
    /// [dispatcher](#method.broadcast_with) sees.
    ///
    /// # Errors
    ///
    /// As for [`subscribe`](#method.subscribe).
    ///
    /// # In OTP
    ///
    /// `subscribe/3` with `:metadata`.
    pub fn subscribe_with(
        &self,
        topic: T,
        subscriber: impl Into<Recipient<Arc<M>>>,
        metadata: V,
    ) -> Result<(), SubscribeError> {
        let recipient = subscriber.into();
        let pid = recipient.pid();
        let this = self.address().pid().ok_or(SubscribeError::NoPubSub)?;
        admit(this, pid)?;
        let subscription = Subscription {
            recipient,
            metadata,
        };
        self.with(|topics| topics.register_other(topic, subscription, pid))??;
        Ok(())
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
        self.with(|topics| topics.unregister_other(topic, subscriber.as_pid()))
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
    /// The pubsub is not running or of another type.
    ///
    /// # In OTP
    ///
    /// [`Phoenix.PubSub.broadcast/4`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#broadcast/4),
    /// and `local_broadcast/4`: there is one node.
    pub fn broadcast<Q>(
        &self,
        topic: &Q,
        message: impl Into<Arc<M>>,
    ) -> Result<usize, BroadcastError>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.send_to_all_but(None, topic, &message.into())
    }

    /// As [`broadcast`](#method.broadcast), but not to this process: for a subscriber that is not to
    /// hear itself.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](#method.broadcast).
    ///
    /// # In OTP
    ///
    /// [`Phoenix.PubSub.broadcast_from/5`](https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#broadcast_from/5).
    pub fn broadcast_from<Q>(
        &self,
        from: impl AsPid,
        topic: &Q,
        message: impl Into<Arc<M>>,
    ) -> Result<usize, BroadcastError>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.send_to_all_but(Some(from.as_pid()), topic, &message.into())
    }

    fn send_to_all_but<Q>(
        &self,
        but: Option<Pid>,
        topic: &Q,
        message: &Arc<M>,
    ) -> Result<usize, BroadcastError>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let recipient = |subscription: &Subscription<M, V>| subscription.recipient;
        self.send_to_each(topic, recipient, |recipient| {
            (Some(recipient.pid()) != but).then(|| (*recipient, Arc::clone(message)))
        })
    }

    /// As [`broadcast`](#method.broadcast), but the dispatcher says for each subscription, given the
    /// process, the metadata and the message, what is sent to it: the message, another one, or
    /// nothing. Gives to how many something was sent.
    ///
    /// The dispatcher is called by the caller of this, without a lock, once for each subscription: it
    /// may use the pubsub, and send itself. If it panics, that is the caller's panic, and who comes
    /// after gets nothing; it does the pubsub no harm.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](#method.broadcast).
    ///
    /// # In OTP
    ///
    /// The argument `dispatcher` of `broadcast/4` and `broadcast_from/5`: a module whose `dispatch/3`
    /// is given all subscriptions and who broadcasts, and sends. A closure knows who broadcasts.
    ///
    /// # Examples
    ///
    /// Some subscribers are only the way to a socket. Their text is made once, and goes past them:
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use std::sync::Arc;
    /// use regrow::prelude::*;
    /// use regrow::registry::PubSub;
    ///
    /// struct Goal { minute: u32 }
    /// /// Where to send the text, if not to the subscriber itself.
    /// type Lane = Option<ProcessRef<Arc<str>>>;
    ///
    /// let sports = PubSub::<String, Goal>::new().metadata::<Lane>().start_link().await?;
    /// let (socket, end) = spawn_monitor(async |mut inbox: Inbox<Arc<str>>| {
    ///     let Received::Message(text) = inbox.receive().await else { panic!("no text") };
    ///     assert_eq!(&*text, "a goal after 7 minutes");
    /// });
    /// let viewer = || spawn(async |mut inbox: Inbox<Arc<Goal>>| { inbox.receive().await; });
    /// sports.subscribe_with("final".into(), viewer(), Some(socket))?;
    /// sports.subscribe("final".into(), viewer())?;
    ///
    /// let mut text: Option<Arc<str>> = None;
    /// let sent = sports.broadcast_with("final", Goal { minute: 7 }, |_, lane, goal| match lane {
    ///     None => Some(Arc::clone(goal)),
    ///     Some(socket) => {
    ///         let make = || format!("a goal after {} minutes", goal.minute).into();
    ///         socket.send(Arc::clone(text.get_or_insert_with(make)));
    ///         None
    ///     }
    /// })?;
    /// assert_eq!(sent, 1);
    /// assert_eq!(end.await.reason, ExitReason::Normal);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn broadcast_with<Q>(
        &self,
        topic: &Q,
        message: impl Into<Arc<M>>,
        mut dispatcher: impl FnMut(Pid, &V, &Arc<M>) -> Option<Arc<M>>,
    ) -> Result<usize, BroadcastError>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        let message = message.into();
        let all = |known: &Subscription<M, V>| (known.recipient, known.metadata.clone());
        self.send_to_each(topic, all, |(recipient, metadata)| {
            let own = dispatcher(recipient.pid(), metadata, &message)?;
            Some((*recipient, own))
        })
    }

    /// Sends what is meant for each subscription of a topic, given what is picked of it under the
    /// lock, and gives to how many something was sent.
    fn send_to_each<Q, P>(
        &self,
        topic: &Q,
        pick: impl Fn(&Subscription<M, V>) -> P,
        mut dispatch: impl FnMut(&P) -> Option<(Recipient<Arc<M>>, Arc<M>)>,
    ) -> Result<usize, BroadcastError>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|topics| {
            let mut sent = 0;
            let pick = |_, subscription: &Subscription<M, V>| pick(subscription);
            topics.each_piece_of(topic, pick, |piece| {
                consume_reductions(u32::try_from(piece.len()).unwrap_or(u32::MAX));
                for (recipient, message) in piece.iter().filter_map(&mut dispatch) {
                    send(recipient, message);
                    sent += 1;
                }
            });
            sent
        })
    }

    /// The subscribers of a topic in the order in which they subscribed, one that subscribed twice
    /// twice. Those that come or go meanwhile are in it or not.
    pub fn subscribers<Q>(&self, topic: &Q) -> Vec<Pid>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.picked(topic, |pid, _| pid)
    }

    /// The subscriptions to a topic in their order: who, and with what metadata.
    ///
    /// # In OTP
    ///
    /// What a dispatcher is given.
    pub fn subscriptions<Q>(&self, topic: &Q) -> Vec<(Pid, V)>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        self.picked(topic, |pid, known| (pid, known.metadata.clone()))
    }

    /// What is picked of each subscription to a topic.
    fn picked<Q, P>(&self, topic: &Q, pick: impl Fn(Pid, &Subscription<M, V>) -> P) -> Vec<P>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|topics| {
            let mut all = Vec::new();
            topics.each_piece_of(topic, pick, |piece| all.append(piece));
            all
        })
        .unwrap_or_default()
    }

    /// How many subscriptions there are to a topic.
    pub fn count<Q>(&self, topic: &Q) -> usize
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.with(|topics| topics.count_of(topic)).unwrap_or(0)
    }

    /// How many subscriptions each partition of the table has, which is divided by topic.
    pub fn partition_counts(&self) -> Vec<usize> {
        self.with(|topics| topics.counts().collect())
            .unwrap_or_default()
    }

    /// The topics that have subscribers, and how many subscriptions there are to each, in no order.
    pub fn topics(&self) -> Vec<(T, usize)>
    where
        T: Clone,
    {
        self.largest_topics(usize::MAX)
    }

    /// The topics with the most subscriptions, at most so many, the largest first.
    pub fn largest_topics(&self, at_most: usize) -> Vec<(T, usize)>
    where
        T: Clone,
    {
        self.with(|topics| topics.largest(at_most))
            .unwrap_or_default()
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
