//! All at once: subscribers that come, go and end while others broadcast.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use regrow::time::sleep;

use super::*;

use crate::support::Dice;

/// What is published: who says it, and which of its messages it is.
type Said = (u64, u32);
type Topic = ServerRef<PubSub<u8, Said>>;

/// What each subscriber that stayed to the end has got.
type Books = Arc<Mutex<Vec<Vec<Said>>>>;

/// Subscribes, stays or goes or ends as its dice say, and writes down what it got if it stayed.
async fn subscriber(mut inbox: Inbox<Arc<Said>>, topic: Topic, mut dice: Dice, books: Books) {
    topic.subscribe(1, inbox.this()).unwrap();
    match dice.roll(3) {
        0 => {
            sleep(dice.pause()).await;
            return;
        }
        1 => {
            sleep(dice.pause()).await;
            assert_eq!(topic.unsubscribe(&1, inbox.this()), 1);
            let before = rest(&mut inbox).len();
            sleep(secs(1)).await;
            assert!(
                rest(&mut inbox).is_empty(),
                "it got more than the first {before}"
            );
            return;
        }
        _ => sleep(secs(1)).await,
    }
    let got = rest(&mut inbox).into_iter().map(|received| match received {
        Received::Message(said) => *said,
        other => panic!("{other:?} was not said"),
    });
    books.lock().push(got.collect());
}

/// Says a few things, with pauses, and how many it said.
async fn broadcaster(topic: Topic, who: u64, mut dice: Dice, said: Arc<Mutex<BTreeMap<u64, u32>>>) {
    for number in 0..dice.roll(6) as u32 {
        topic.broadcast(&1, (who, number)).unwrap();
        said.lock().insert(who, number + 1);
        if dice.roll(2) == 0 {
            sleep(dice.pause()).await;
        } else {
            yield_now().await;
        }
    }
}

#[test]
fn r_pubsub_8_who_stays_gets_everything_once_and_each_in_its_order() {
    for seed in 0..2_000 {
        regrow::Runtime::simulated(seed)
            .crash_reports(false)
            .run(async move {
                let topic: Topic = PubSub::new().start().await.unwrap();
                let (books, said) = (Books::default(), Arc::new(Mutex::new(BTreeMap::new())));
                let mut ends = Vec::new();
                for who in 0..4 {
                    let (dice, books) = (Dice::new(seed, who), Arc::clone(&books));
                    let body = async move |inbox| subscriber(inbox, topic, dice, books).await;
                    ends.push(spawn_monitor(body).1);
                }
                settle().await;
                for who in 10..13 {
                    let (dice, said) = (Dice::new(seed, who), Arc::clone(&said));
                    let body = async move |_: Inbox<()>| broadcaster(topic, who, dice, said).await;
                    ends.push(spawn_monitor(body).1);
                }
                for end in ends {
                    assert_eq!(end.await.reason, ExitReason::Normal, "seed {seed}");
                }
                for book in books.lock().iter() {
                    for (who, count) in said.lock().iter() {
                        let heard: Vec<u32> = book
                            .iter()
                            .filter(|said| said.0 == *who)
                            .map(|said| said.1)
                            .collect();
                        assert!(
                            heard.iter().copied().eq(0..*count),
                            "seed {seed}: {heard:?}"
                        );
                    }
                }
                assert!(topic.topics().is_empty());
            });
    }
}
