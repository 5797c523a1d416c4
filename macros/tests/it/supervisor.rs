//! A tree is one declaration: its children start, and are reached by name.

use regrow::prelude::*;

struct Counter {
    value: i64,
}

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn get(&self) -> i64 {
        self.value
    }
}

struct Greeter;

#[gen_server]
impl Greeter {
    #[init]
    fn new() -> Self {
        Greeter
    }

    #[call]
    fn greet(&self) -> &'static str {
        "hello"
    }
}

#[derive(Clone)]
struct Config {
    start: i64,
    limit: usize,
}

/// The whole tree.
#[supervisor(
    strategy = "rest_for_one",
    max_restarts = 3,
    max_seconds = 5,
    auto_shutdown = "any_significant",
    args(config: Config, more: i64)
)]
#[derive(Debug)]
pub(crate) struct Tree {
    users: Registry<u64>,
    /// Workers that come and go.
    #[child(max_children = config.limit, shutdown = "infinity")]
    workers: DynamicSupervisor,
    #[child(args(config.start + more), restart = "transient", significant, shutdown = "5s")]
    counter: Counter,
    #[child(start = Counter::child_spec(more).restart(Restart::Temporary), id = "more")]
    counter_more: Counter,
    greeter: Greeter,
    #[child(start = Supervisor::new(Strategy::OneForAll).child(Greeter::child_spec()))]
    nested: Supervisor,
    #[cfg(any())]
    gone: NoSuchType,
}

fn config() -> Config {
    Config {
        start: 40,
        limit: 10,
    }
}

#[regrow::test]
async fn every_field_is_a_child_with_its_methods() -> Result<(), ExitReason> {
    let tree = Tree::start_link(config(), 2).await?;
    assert_eq!(tree.counter().get().await?, 42);
    assert_eq!(tree.counter_more().get().await?, 2);
    assert_eq!(tree.greeter().greet().await?, "hello");
    let again: TreeRef = tree.clone();
    assert_eq!(again.counter().get().await?, 42);
    assert_eq!(again.supervisor(), tree.supervisor());
    let _ = (tree.users(), tree.workers(), tree.nested());
    Ok(())
}

#[supervisor]
struct Outer {
    #[child(start = Tree::child_spec(config(), 1))]
    tree: Supervisor,
    greeter: Greeter,
}

#[regrow::test]
async fn a_tree_is_a_child_of_another() -> Result<(), ExitReason> {
    let outer = Outer::start().await?;
    assert_eq!(outer.greeter().greet().await?, "hello");
    let _ = outer.tree();
    Ok(())
}

#[supervisor(strategy = "one_for_all", max_seconds = 60)]
struct Childless {}

#[regrow::test]
async fn a_tree_may_be_empty() -> Result<(), ExitReason> {
    let childless = Childless::start_link().await?;
    assert!(format!("{childless:?}").contains("ChildlessRef"));
    Ok(())
}
