//! Metadata, and dispatchers that see it.

use std::collections::BTreeMap;

use regrow::process::catch_exit;

use super::*;

/// What a reader wants, or where it is to be sent instead.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Wish {
    #[default]
    Everything,
    AtLeast(usize),
    Past(ProcessRef<usize>),
}

type Wishes = ServerRef<PubSub<String, str, Wish>>;

async fn wishes() -> Wishes {
    PubSub::new().metadata().start().await.unwrap()
}

fn reader() -> ProcessRef<Word> {
    spawn(async |inbox: Inbox<Word>| forever(inbox).await)
}

#[test]
fn r_pubsub_9_a_dispatcher_says_by_metadata_who_gets_a_message_and_which() {
    simulated(async {
        let words = wishes().await;
        in_process(async move |mut inbox: Inbox<Word>| {
            words.subscribe("tea".into(), inbox.this()).unwrap();
            for wish in [Wish::AtLeast(3), Wish::AtLeast(9)] {
                let subscribed = words.subscribe_with("tea".into(), inbox.this(), wish);
                assert_eq!(subscribed, Ok(()));
            }
            let known = [Wish::Everything, Wish::AtLeast(3), Wish::AtLeast(9)];
            let known = known.map(|wish| (inbox.pid(), wish));
            assert_eq!(words.subscriptions("tea"), known);
            let sent = words.broadcast_with("tea", "green", |pid, wish, word| {
                assert_eq!(pid, inbox.pid());
                match wish {
                    Wish::AtLeast(length) => (word.len() >= *length).then(|| Arc::clone(word)),
                    _ => Some(format!("{word} tea").into()),
                }
            });
            assert_eq!(sent, Ok(2));
            assert_eq!(
                got(&mut inbox),
                ["green tea".into(), "green".into()] as [Word; 2]
            );
            // Without a dispatcher metadata means nothing.
            assert_eq!(words.broadcast("tea", "black"), Ok(3));
            assert_eq!(words.broadcast_from(inbox.pid(), "tea", "white"), Ok(0));
            assert_eq!(words.unsubscribe("tea", inbox.pid()), 3);
        })
        .await;
    });
}

#[test]
fn r_pubsub_10_what_a_dispatcher_makes_once_goes_past_the_subscribers() {
    simulated(async {
        let words = wishes().await;
        in_process(async move |mut socket: Inbox<usize>| {
            for _ in 0..3 {
                let past = Wish::Past(socket.this());
                words.subscribe_with("tea".into(), reader(), past).unwrap();
            }
            words.subscribe("tea".into(), reader()).unwrap();
            let mut made = Vec::new();
            let sent = words.broadcast_with("tea", "green", |_, wish, word| {
                let Wish::Past(socket) = wish else {
                    return Some(Arc::clone(word));
                };
                if made.is_empty() {
                    made.push(word.len());
                }
                socket.send(made[0]);
                None
            });
            assert_eq!((sent, made.len()), (Ok(1), 1));
            assert_eq!(rest(&mut socket), [5, 5, 5].map(Received::Message));
        })
        .await;
    });
}

#[test]
fn r_pubsub_11_a_dispatcher_that_panics_is_the_callers_panic_and_harms_no_pubsub() {
    simulated(async {
        let words = wishes().await;
        in_process(async move |mut inbox: Inbox<Word>| {
            for _ in 0..2 {
                words.subscribe("tea".into(), inbox.this()).unwrap();
            }
            let mut calls = 0;
            let failed = catch_exit(|| {
                words.broadcast_with("tea", "hello", |_, _, word| {
                    calls += 1;
                    assert!(calls < 2, "no dispatch");
                    Some(Arc::clone(word))
                })
            });
            assert!(failed.unwrap_err().to_string().contains("no dispatch"));
            // The first had been sent it.
            assert_eq!(got(&mut inbox).len(), 1);
            words.subscribe("tea".into(), inbox.this()).unwrap();
            assert_eq!(words.broadcast("tea", "hello"), Ok(3));
        })
        .await;
        // Whoever does not catch it ends with it, as with any panic.
        words.subscribe("tea".into(), reader()).unwrap();
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            let sent = words.broadcast_with("tea", "hello", |_, _, _| panic!("no dispatch"));
            unreachable!("{sent:?} was sent")
        });
        assert!(end.await.reason.to_string().contains("no dispatch"));
        assert_eq!(words.count("tea"), 1);
    });
}

#[test]
fn a_dispatcher_may_use_the_pubsub() {
    simulated(async {
        let words = wishes().await;
        let one = reader();
        for _ in 0..1_500 {
            words.subscribe("tea".into(), one).unwrap();
        }
        let mut seen = BTreeMap::new();
        let sent = words.broadcast_with("tea", "hello", |pid, _, word| {
            words.subscribe("milk".into(), one).unwrap();
            // The first one takes all, and what is not taken out yet is not seen.
            words.unsubscribe("tea", pid);
            *seen.entry(pid).or_insert(0) += 1;
            Some(Arc::clone(word))
        });
        let seen: usize = seen.into_values().sum();
        assert_eq!(sent, Ok(seen));
        assert!((1..1_500).contains(&seen), "some hundred at a time: {seen}");
        assert_eq!((words.count("tea"), words.count("milk")), (0, seen));
    });
}

static TYPED: Name<PubSub<String, str>> = Name::new("pubsub of words");
static MISTYPED: Name<PubSub<u64, str>> = Name::new("pubsub of words");

#[test]
fn r_pubsub_12_a_pubsub_that_is_taken_for_one_of_another_type_says_which_two() {
    simulated(async {
        PubSub::new().name(TYPED).start().await.unwrap();
        let refused = MISTYPED.broadcast(&7, "hello").unwrap_err();
        let BroadcastError::OtherPubSub { wanted, found } = refused else {
            panic!("{refused}");
        };
        assert!(wanted.contains("PubSub<u64, str>") && found.contains("String, str>"));
        let said = format!("the pubsub is a {found}, and was taken for a {wanted}");
        assert_eq!(refused.to_string(), said);
        let refused = MISTYPED.subscribe(7, reader()).unwrap_err();
        assert_eq!(refused, SubscribeError::OtherPubSub { wanted, found });
        assert_eq!(refused.to_string(), said);
        assert_eq!(MISTYPED.unsubscribe(&7, Pid::of_nobody()), 0);
        assert!(MISTYPED.topics().is_empty() && MISTYPED.subscribers(&7).is_empty());
        assert_eq!(TYPED.broadcast("tea", "hello"), Ok(0));
    });
}
