//! Futures that hold references, starts and calls of types with a `&'static` in them, in processes.
//!
//! That these compile is the test: when the compiler asks whether a future is `Send` it knows no
//! lifetimes, and an associated type that it would have to find anew there it does not find.

use std::collections::BTreeMap;
use std::fmt::Display;

use regrow::agent::Agent;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::registry::{Groups, PubSub, Via};
use regrow::server::Start;
use regrow::supervisor::{StartTaskSupervisor, TaskSupervisor};

use crate::support::{in_process, simulated};

/// A server whose type and arguments have texts in them.
struct Table<K: 'static> {
    rows: BTreeMap<K, &'static str>,
}

#[gen_server]
impl<K: Ord + Copy + Display + Send + Sync + 'static> Table<K> {
    #[init]
    fn new(first: K, row: &'static str) -> Self {
        Table {
            rows: BTreeMap::from([(first, row)]),
        }
    }

    #[cast]
    fn put(&mut self, key: K, row: &'static str) {
        self.rows.insert(key, row);
    }

    #[call]
    fn get(&self, key: K) -> Option<&'static str> {
        self.rows.get(&key).copied()
    }
}

type Words = Table<&'static str>;

#[test]
fn servers_of_static_texts_are_started_and_called_in_processes() {
    simulated(in_process(async |_: Inbox<()>| {
        let words = Words::start("one", "eins").await.unwrap();
        words.put("two", "zwei");
        assert_eq!(words.get("two").await, Ok(Some("zwei")));
        let start: Start<Words> = Words::start_link("three", "drei");
        let (words, end) = start.monitor().await.unwrap();
        let (one, three) = (words.get("one").request(), words.get("three"));
        assert_eq!((one.await, three.await), (Ok(None), Ok(Some("drei"))));
        assert!(end.is_active());
    }));
}

#[test]
fn registries_of_static_texts_are_used_in_processes() {
    simulated(in_process(async |_: Inbox<()>| {
        let registry = Registry::<&'static str>::new().start_link().await.unwrap();
        let workers = DynamicSupervisor::new().start_link().await.unwrap();
        let spec = Words::child_spec("one", "eins");
        let found = workers
            .find_or_start(&registry, "words", spec)
            .await
            .unwrap();
        let via: Via<Words, &'static str> = registry.via("words");
        assert_eq!(via.get("one").await, Ok(Some("eins")));
        let (tell, told) = std::sync::mpsc::channel();
        spawn(async move |mut inbox: Inbox<()>| {
            registry.register("other").unwrap();
            tell.send(registry.lookup(&"words")).unwrap();
            inbox.receive().await;
        });
        settle().await;
        assert_eq!(told.try_recv(), Ok(Some(found.pid())));
        assert_eq!(registry.count(), 2);
    }));
}

#[supervisor]
struct Shop {
    keys: Registry<&'static str>,
    #[child(args("one", "eins"))]
    words: Table<&'static str>,
    tasks: TaskSupervisor,
}

#[test]
fn trees_with_static_texts_are_started_in_processes() {
    simulated(in_process(async |_: Inbox<()>| {
        let shop = Shop::start_link().await.unwrap();
        assert_eq!(shop.words().get("one").await, Ok(Some("eins")));
        let start: StartTaskSupervisor = TaskSupervisor::new().start();
        let tasks = start.await.unwrap();
        let upper = tasks.async_stream(["a", "b"], async |word: &'static str| word.to_uppercase());
        assert_eq!(upper.collect().await.len(), 2);
        let words = shop.tasks().run(async { "word" }).await.unwrap();
        assert_eq!(words.await, Ok("word"));
        assert_eq!(shop.keys().count(), 0);
    }));
}

#[test]
fn groups_and_topics_of_static_texts_are_used_in_processes() {
    simulated(in_process(async |inbox: Inbox<()>| {
        let groups = Groups::<&'static str>::new().start_link().await.unwrap();
        groups.join("readers", inbox.pid()).unwrap();
        groups.join_all("writers", [inbox.pid()]).unwrap();
        settle().await;
        assert_eq!(groups.get_members("readers"), [inbox.pid()]);
        assert_eq!(groups.which_groups(), ["readers", "writers"]);
        let topics = PubSub::<&'static str, u64>::new();
        let topics = topics.start_link().await.unwrap();
        settle().await;
        assert_eq!(topics.broadcast("news", 7), Ok(0));
    }));
}

#[test]
fn agents_of_static_texts_are_used_in_processes() {
    simulated(in_process(async |_: Inbox<()>| {
        let agent = Agent::start_link(|| "one").await.unwrap();
        assert_eq!(agent.get(|word| *word).await, Ok("one"));
        agent.update(|word| *word = "two").await.unwrap();
        let list = Agent::start(|| vec!["a"]).await.unwrap();
        list.cast(|words| words.push("b"));
        let start: Start<Agent<&'static str>> = Agent::start_later(async { "later" });
        let (later, _end) = start.monitor().await.unwrap();
        let (last, old) = (
            list.get_and_update(Vec::pop).await,
            agent
                .get_and_update(|word| std::mem::replace(word, "three"))
                .await,
        );
        assert_eq!((last, old), (Ok(Some("b")), Ok("two")));
        assert_eq!(later.get(|word| word.len()).await, Ok(5));
    }));
}
