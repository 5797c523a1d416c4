//! Publish and subscribe: who gets what, once and in order, and who does not keep up.

use std::sync::Arc;

use regrow::prelude::*;
use regrow::process::{settle, yield_now};
use regrow::registry::{BroadcastError, PubSub, SlowSubscriber, SubscribeError};
use regrow::server::stop;

use crate::support::{forever, in_process, rest, simulated};

mod dispatcher;
mod ends;
mod race;

type Words = ServerRef<PubSub<String, str>>;
type Word = Arc<str>;

async fn words() -> Words {
    PubSub::new().start().await.unwrap()
}

/// What a process has been sent.
fn got(inbox: &mut Inbox<Word>) -> Vec<Word> {
    let all = rest(inbox).into_iter().map(|received| match received {
        Received::Message(word) => word,
        other => panic!("{other:?} was not published"),
    });
    all.collect()
}

#[test]
fn r_pubsub_1_a_message_goes_to_all_subscribers_of_its_topic_and_is_shared() {
    simulated(async {
        let words = words().await;
        in_process(async move |mut inbox: Inbox<Word>| {
            assert_eq!(words.broadcast("tea", "nobody"), Ok(0));
            words.subscribe("tea".into(), inbox.this()).unwrap();
            words.subscribe("milk".into(), inbox.this()).unwrap();
            let other = spawn(async |inbox: Inbox<Word>| forever(inbox).await);
            words.subscribe("tea".into(), other).unwrap();
            let sent: Word = "hello".into();
            assert_eq!(words.broadcast("tea", Arc::clone(&sent)), Ok(2));
            assert_eq!(words.broadcast("milk", "moo"), Ok(1));
            let got = got(&mut inbox);
            assert_eq!(got, ["hello".into(), "moo".into()] as [Word; 2]);
            assert!(Arc::ptr_eq(&got[0], &sent));
            words.subscribe("tea".into(), inbox.this()).unwrap();
            let in_order = [inbox.pid(), other.pid(), inbox.pid()];
            assert_eq!(words.subscribers("tea"), in_order);
        })
        .await;
    });
}

#[test]
fn r_pubsub_2_who_subscribed_twice_gets_it_twice_and_unsubscribes_at_once() {
    simulated(async {
        let words = words().await;
        in_process(async move |mut inbox: Inbox<Word>| {
            for _ in 0..2 {
                words.subscribe("tea".into(), inbox.this()).unwrap();
            }
            assert_eq!(words.broadcast("tea", "hello"), Ok(2));
            assert_eq!(got(&mut inbox).len(), 2);
            assert_eq!(words.unsubscribe("tea", inbox.this()), 2);
            assert_eq!(words.unsubscribe("tea", inbox.this()), 0);
            assert_eq!(words.broadcast("tea", "hello"), Ok(0));
            assert!(got(&mut inbox).is_empty());
        })
        .await;
    });
}

#[test]
fn r_pubsub_3_who_broadcasts_need_not_hear_itself() {
    simulated(async {
        let words = words().await;
        in_process(async move |mut inbox: Inbox<Word>| {
            let other = spawn(async |inbox: Inbox<Word>| forever(inbox).await);
            words.subscribe("tea".into(), inbox.this()).unwrap();
            words.subscribe("tea".into(), other).unwrap();
            assert_eq!(words.broadcast_from(inbox.this(), "tea", "hello"), Ok(1));
            assert!(got(&mut inbox).is_empty());
        })
        .await;
    });
}

#[test]
fn r_pubsub_4_a_subscription_is_gone_before_anybody_hears_of_its_process_end() {
    simulated(async {
        let words = words().await;
        for reason in [
            ExitReason::Kill,
            ExitReason::Shutdown,
            ExitReason::atom("oops"),
        ] {
            let one = spawn(async |inbox: Inbox<Word>| forever(inbox).await);
            words.subscribe("tea".into(), one).unwrap();
            let watch = monitor(one);
            exit(one, reason);
            watch.await;
            assert!(words.topics().is_empty());
            let dead = words.subscribe("tea".into(), one);
            let error = SubscribeError::NoProcess(one.pid());
            assert_eq!(dead, Err(error));
            assert_eq!(error.to_string(), format!("no such process: {}", one.pid()));
        }
    });
}

#[test]
fn r_pubsub_5_a_pubsub_that_is_not_there_says_so() {
    simulated(async {
        let words = words().await;
        let one = spawn(async |inbox: Inbox<Word>| forever(inbox).await);
        words.subscribe("tea".into(), one).unwrap();
        stop(words, ExitReason::Normal).await.unwrap();
        assert_eq!(
            words.broadcast("tea", "hello"),
            Err(BroadcastError::NoPubSub)
        );
        assert_eq!(
            words.subscribe("tea".into(), one),
            Err(SubscribeError::NoPubSub)
        );
        assert_eq!(words.unsubscribe("tea", one), 0);
        assert!(words.subscribers("tea").is_empty());
        let said = BroadcastError::NoPubSub.to_string();
        assert_eq!(said, "no such pubsub: it is not running");
        assert_eq!(said, SubscribeError::NoPubSub.to_string());
    });
    let elsewhere = regrow::Runtime::builder().schedulers(1).build().unwrap();
    let stranger =
        elsewhere.block_on(async { spawn(async |inbox: Inbox<Word>| forever(inbox).await) });
    simulated(async move {
        let refused = words().await.subscribe("tea".into(), stranger);
        let error = SubscribeError::OtherRuntime(stranger.pid());
        assert_eq!(refused, Err(error));
        let said = error.to_string();
        assert!(said.ends_with("belongs to another runtime: start a pubsub there"));
    });
    elsewhere.shutdown(secs(1));
}

#[test]
fn r_pubsub_6_topics_are_counted_and_the_largest_known() {
    simulated(async {
        let words = words().await;
        let two = [(); 2].map(|()| spawn(async |inbox: Inbox<Word>| forever(inbox).await));
        for (topic, one) in [("tea", two[0]), ("milk", two[0]), ("milk", two[1])] {
            words.subscribe(topic.into(), one).unwrap();
        }
        let mut topics = words.topics();
        topics.sort_unstable();
        assert_eq!(topics, [("milk".into(), 2), ("tea".into(), 1)]);
        assert_eq!(words.largest_topics(1), [("milk".into(), 2)]);
        assert_eq!(words.partition_counts().iter().sum::<usize>(), 3);
        assert_eq!((words.count("milk"), words.count("water")), (2, 0));
    });
}

#[test]
fn r_pubsub_7_a_subscriber_that_does_not_keep_up_is_known() {
    simulated(async {
        let words = words().await;
        let keeps_up = spawn(async |mut inbox: Inbox<Word>| {
            loop {
                inbox.receive().await;
            }
        });
        let slow = spawn(async |inbox: Inbox<Word>| forever(inbox).await);
        let slower = spawn(async |inbox: Inbox<Word>| forever(inbox).await);
        for one in [slow, keeps_up, slower, slower] {
            words.subscribe("tea".into(), one).unwrap();
        }
        for _ in 0..10 {
            words.broadcast("tea", "hello").unwrap();
        }
        settle().await;
        let found = words.slow_subscribers("tea", 5).await;
        let waiting = |process: ProcessRef<Word>, waiting| SlowSubscriber {
            pid: process.pid(),
            message_queue_len: Some(waiting),
        };
        assert_eq!(found, [waiting(slower, 20), waiting(slow, 10)]);
        assert!(words.slow_subscribers("tea", 21).await.is_empty());
    });
}

#[test]
fn a_broadcast_reaches_more_subscribers_than_one_piece() {
    simulated(async {
        let words = words().await;
        let all: Vec<_> = (0..1_300)
            .map(|_| {
                let (one, end) = spawn_monitor(async |mut inbox: Inbox<Word>| {
                    assert_eq!(inbox.receive().await, Received::Message("hello".into()));
                    yield_now().await;
                    assert!(got(&mut inbox).is_empty());
                });
                words.subscribe("tea".into(), one).unwrap();
                end
            })
            .collect();
        assert_eq!(words.broadcast("tea", "hello"), Ok(1_300));
        for end in all {
            assert_eq!(end.await.reason, ExitReason::Normal);
        }
    });
}

/// What somebody has to say.
#[derive(Debug, PartialEq)]
struct News(u32);

struct Reader {
    read: Vec<Arc<News>>,
}

#[gen_server]
impl Reader {
    #[init]
    fn new() -> Self {
        Reader { read: Vec::new() }
    }

    #[info]
    fn news(&mut self, news: Arc<News>) {
        self.read.push(news);
    }

    #[call]
    fn count(&self) -> usize {
        self.read.len()
    }
}

#[supervisor]
struct Press {
    news: PubSub<String, News>,
    reader: Reader,
}

#[test]
fn a_pubsub_is_a_child_and_its_subscribers_are_servers() {
    simulated(async {
        let press = Press::start().await.unwrap();
        let reader = Reader::start().await.unwrap();
        press.news().subscribe("sports".into(), reader).unwrap();
        assert_eq!(press.news().broadcast("sports", News(1)), Ok(1));
        assert_eq!(reader.count().await, Ok(1));
        assert_eq!(press.reader().count().await, Ok(0));
    });
}
