//! Declared trees, and trees in trees.

use regrow::prelude::*;
use regrow::process::{DownTarget, is_alive, settle};
use regrow::server::{HandleCall, HandleCast, Step, call, cast, stop};
use regrow::supervisor::{AutoShutdown, StartedChild};
use regrow::sys;
use regrow::test::expect_restart;

use super::{Log, Plan, Worker, counts, oops, shown, with, worker};
use crate::support::{over_seeds, simulated};

struct Counter {
    last: u64,
    pings: u64,
}

#[gen_server]
impl Counter {
    #[init]
    fn new(start: u64) -> Self {
        Counter {
            last: start,
            pings: 0,
        }
    }

    #[call]
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }
}

/// A registry, what depends on it, and a counter.
#[supervisor(strategy = "rest_for_one", max_restarts = 100, max_seconds = 5, args(start: u64))]
struct Tree {
    users: Registry<u64>,
    #[child(start = DynamicSupervisor::new().max_restarts(100, secs(5)))]
    workers: DynamicSupervisor,
    #[child(args(start))]
    counter: Counter,
}

#[test]
fn places_are_good_over_restarts_of_the_child() {
    over_seeds(50, || async {
        let tree = Tree::start(10).await.unwrap();
        let counter = tree.counter();
        for _ in 0..3 {
            assert_eq!(counter.next().await, Ok(11));
            assert_eq!(tree.counter().next().await, Ok(12));
            let before = counter.pid();
            counter.crash();
            settle().await;
            assert_ne!(counter.pid(), before);
        }
        assert_eq!(shown(tree.supervisor()).await, "users+ workers+ counter+");
    });
}

/// What an accessor gives is taken as it is, wherever something leads to a server.
#[test]
fn a_reference_to_a_place_leads_to_its_child() {
    simulated(async {
        let tree = Tree::start(10).await.unwrap();
        call(tree.counter(), Ping).await.unwrap();
        cast(tree.counter(), Ping);
        assert_eq!(call(tree.counter(), Ping).await, Ok(2));
        let suspended = sys::suspend(tree.counter()).await;
        assert_eq!(suspended, Ok(()));
        assert_eq!(sys::resume(tree.counter()).await, Ok(()));
        // It is held on to for the next one, while that takes the first one's place.
        let restarted = expect_restart(tree.counter(), secs(1), async || tree.counter().crash());
        let second = restarted.await;
        assert_eq!(call(second, Ping).await, Ok(1));
    });
}

/// Asks how often it was sent.
struct Ping;

impl HandleCall<Ping> for Counter {
    type Reply = u64;

    fn handle_call(
        &mut self,
        _: Ping,
        _: ReplyTo<u64>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u64>> {
        self.pings += 1;
        Reply::now(self.pings)
    }
}

impl HandleCast<Ping> for Counter {
    fn handle_cast(&mut self, _: Ping, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }
}

#[test]
fn a_place_and_a_key_can_be_watched_and_stopped() {
    simulated(async {
        let tree = Tree::start(10).await.unwrap();
        let watch = monitor(tree.counter());
        stop(tree.counter(), ExitReason::Normal).await.unwrap();
        assert_eq!(watch.await.reason, ExitReason::Normal);

        let key = tree.users().via::<Counter>(7);
        assert_eq!(monitor(&key).await.reason, ExitReason::NoProc);
        let held = Counter::start(1).name(key.clone()).await.unwrap();
        let watch = monitor(&key);
        exit(&key, ExitReason::Kill);
        let down = watch.await;
        assert_eq!(down.target, DownTarget::Process(held.pid()));
        assert_eq!(down.reason, ExitReason::Killed);
    });
}

#[test]
fn a_declared_tree_depends_in_the_order_of_its_fields() {
    over_seeds(50, || async {
        let tree = Tree::start(0).await.unwrap();
        let plan = worker("a", &Log::default());
        let child = tree
            .workers()
            .find_or_start(tree.users(), 7, plan.spec())
            .await
            .unwrap();
        assert_eq!(tree.users().lookup(&7), Some(child.pid()));
        let before = [
            tree.users().pid(),
            tree.workers().pid(),
            tree.counter().pid(),
        ];
        exit(tree.users().pid().unwrap(), ExitReason::Kill);
        settle().await;
        let after = [
            tree.users().pid(),
            tree.workers().pid(),
            tree.counter().pid(),
        ];
        assert!(
            before
                .iter()
                .zip(&after)
                .all(|(before, after)| before != after)
        );
        // The new registry has no keys, and the worker that had one is gone.
        assert_eq!(tree.users().count(), 0);
        assert!(!is_alive(child).await);
        let again = tree
            .workers()
            .find_or_start(tree.users(), 7, plan.spec())
            .await
            .unwrap();
        assert_eq!(tree.users().lookup(&7), Some(again.pid()));
    });
}

/// A tree with another tree in it.
#[supervisor(strategy = "one_for_all", max_restarts = 100)]
struct Outer {
    #[child(tree, args(5))]
    inner: Tree,
    #[child(args(50))]
    counter: Counter,
}

#[test]
fn a_declared_tree_is_a_child_of_another_one() {
    over_seeds(50, || async {
        let outer = Outer::start().await.unwrap();
        assert_eq!(counts(outer.supervisor()).await, [2, 2, 1, 1]);
        let inner = outer.inner();
        assert_eq!(counts(inner.supervisor()).await, [3, 3, 1, 2]);
        assert_eq!(inner.counter().next().await, Ok(6));
        let before = inner.supervisor();
        outer.counter().crash();
        settle().await;
        assert_eq!(outer.counter().next().await, Ok(51));
        // The whole tree below is another one, and so are its children.
        assert_ne!(inner.supervisor(), before);
        assert_eq!(counts(inner.supervisor()).await, [3, 3, 1, 2]);
        assert_eq!(inner.counter().next().await, Ok(6));
    });
}

#[test]
fn a_reference_to_a_tree_that_has_ended_reaches_nobody() {
    simulated(async {
        let tree = Tree::start(0).await.unwrap();
        let counter = tree.counter();
        assert_eq!(stop(tree.supervisor(), ExitReason::Shutdown).await, Ok(()));
        counter.crash();
        assert_eq!(counter.next().await, Err(CallError::NoProcess));
        assert_eq!(tree.users().lookup(&1), None);
    });
}

/// A tree of four supervisors: a static one with two workers, a dynamic one with two, and one that
/// has finished.
struct Forest {
    top: ServerRef<Supervisor>,
    fixed: [Plan; 2],
    dynamic: [Plan; 2],
}

static WORKERS: Name<DynamicSupervisor> = Name::new("the forest's workers");

async fn forest(log: &Log) -> Forest {
    let fixed = ["a", "b"].map(|id| worker(id, log));
    let dynamic = ["x", "y"].map(|id| worker(id, log));
    let done = worker("done", log);
    let third = Supervisor::new(Strategy::OneForOne)
        .auto_shutdown(AutoShutdown::AnySignificant)
        .child(done.spec().restart(Restart::Transient).significant(true))
        .id("third")
        .child_spec()
        .restart(Restart::Transient);
    let top = Supervisor::new(Strategy::OneForAll)
        .max_restarts(4, secs(5))
        .child(with(
            Supervisor::new(Strategy::OneForOne).id("first"),
            &fixed,
        ))
        .child(
            DynamicSupervisor::new()
                .id("second")
                .max_restarts(4, secs(5))
                .name(WORKERS),
        )
        .child(third);
    let top = top.start().await.unwrap();
    for plan in &dynamic {
        let started = WORKERS.start_child(plan.spec()).await;
        assert!(matches!(started, Ok(StartedChild::Started(_))));
    }
    done.ends(ExitReason::Normal).await;
    Forest {
        top,
        fixed,
        dynamic,
    }
}

// SUP-144, SUP-145 and SUP-146 too.
#[test]
fn sup_143_a_failure_goes_up_as_far_as_it_has_to() {
    over_seeds(50, || async {
        let Forest {
            top,
            fixed,
            dynamic,
        } = forest(&Log::default()).await;
        assert_eq!(counts(top).await, [3, 2, 3, 0]);
        let before = fixed.each_ref().map(Plan::pid);
        dynamic[0].killed().await;
        assert_eq!((dynamic[0].starts(), dynamic[1].starts()), (2, 1));
        assert_eq!(fixed.each_ref().map(Plan::pid), before);
        // One whose restart always fails: its supervisor gives up, and the whole is restarted, with
        // the supervisor that had finished.
        dynamic[1].then(super::Begin::Fails);
        dynamic[1].ends(oops()).await;
        assert_eq!(counts(top).await, [3, 3, 3, 0]);
        assert_eq!(fixed.each_ref().map(Plan::starts), [2, 2]);
        assert!(WORKERS.which_children().await.unwrap().is_empty());
        assert!(!is_alive(dynamic[0].pid()).await);
    });
}

// SUP-148 and SUP-149 too: names move to the new process.
#[test]
fn sup_147_names_in_a_tree_belong_to_whoever_runs_now() {
    static INNER: Name<Supervisor> = Name::new("inner");
    static LEAF: Name<Worker> = Name::new("leaf");
    let who = || ["inner", "leaf"].map(|name| regrow::process::whereis(name).unwrap());
    over_seeds(50, move || async move {
        let plan = worker("a", &Log::default());
        let inner = Supervisor::new(Strategy::OneForOne)
            .name(INNER)
            .child(plan.spec().name(LEAF));
        let outer = Supervisor::new(Strategy::OneForOne)
            .child(inner)
            .start()
            .await
            .unwrap();
        let at_first = who();
        plan.killed().await;
        let then = who();
        assert_eq!((at_first[0], at_first[1] == then[1]), (then[0], false));
        plan.ends(ExitReason::Normal).await;
        let later = who();
        assert_eq!((later[0], later[1] == then[1]), (then[0], false));
        exit(later[0], ExitReason::Kill);
        settle().await;
        let at_last = who();
        assert!(at_last[0] != later[0] && at_last[1] != later[1]);
        assert_eq!(counts(outer).await, [1, 1, 1, 0]);
    });
}
