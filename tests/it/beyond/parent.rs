//! Servers with children of their own: what `Parent` of the library `parent` does.

use regrow::prelude::*;
use regrow::process::{is_alive, processes, settle, spawn_link};
use regrow::server::stop;
use regrow::supervisor::{
    ChildProcess, ChildTerminated, NoSuchChild, ParentContext, RestartChildError,
};
use regrow::time::sleep;

use crate::supervisor::{Begin, Log, Plan, oops, worker};
use crate::support::simulated;

/// A server with children.
struct House {
    log: Log,
}

#[gen_server]
impl House {
    #[init]
    fn new(log: Log) -> Self {
        House { log }
    }

    #[call]
    async fn take_in(
        &mut self,
        plan: Plan,
        restart: Restart,
        cx: &mut Context<Self>,
    ) -> Result<(), StartChildError> {
        let spec = plan.spec().restart(restart);
        cx.children().start_child(spec).await.map(drop)
    }

    #[call]
    async fn put_out(
        &mut self,
        id: &'static str,
        cx: &mut Context<Self>,
    ) -> Result<(), NoSuchChild> {
        cx.children().shutdown_child(id).await
    }

    #[call]
    async fn begin_anew(
        &mut self,
        id: &'static str,
        cx: &mut Context<Self>,
    ) -> Result<(), RestartChildError> {
        cx.children().restart_child(id).await
    }

    #[call]
    async fn clear(&mut self, cx: &mut Context<Self>) {
        cx.children().shutdown_all().await;
    }

    #[cast]
    fn allow(&mut self, restarts: u32, cx: &mut Context<Self>) {
        cx.children().max_restarts(restarts, secs(5));
    }

    #[cast]
    fn listen(&mut self, cx: &mut Context<Self>) {
        cx.children().notify();
    }

    /// The children, oldest first: `a+` runs, `a-` rests, `a?` is restarting.
    #[call]
    fn shown(&mut self, cx: &mut Context<Self>) -> String {
        let children = cx.children().which();
        let shown = children.iter().rev().map(|child| {
            let mark = match child.process {
                ChildProcess::Running(_) => '+',
                ChildProcess::Stopped => '-',
                ChildProcess::Restarting => '?',
            };
            format!("{}{mark}", child.id.as_ref().unwrap())
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[cast]
    fn befriend(&mut self) {
        spawn_link(async |_: Inbox<()>| ExitReason::atom("friend"));
    }

    #[cast]
    fn fail(&mut self) {
        panic!("the house burns");
    }

    #[handle_continue]
    fn gone(&mut self, gone: ChildTerminated) {
        self.log
            .say(format!("{} is gone: {}", gone.id, gone.reason));
    }

    #[exit]
    fn exit(&mut self, exit: Exit) {
        self.log.say(format!("exit: {}", exit.reason));
    }

    #[terminate]
    fn leave(&mut self, _: &ExitReason) {
        self.log.say("the house");
    }
}

/// A house with these permanent children, whose log is read.
async fn house(log: &Log, children: &[&Plan]) -> ServerRef<House> {
    let house = House::start(log.clone()).await.unwrap();
    for &plan in children {
        house
            .take_in(plan.clone(), Restart::Permanent)
            .await
            .unwrap();
    }
    log.take();
    house
}

#[test]
fn r_parent_1_children_are_stopped_after_their_servers_terminate_last_first() {
    for crashes in [false, true] {
        simulated(async move {
            let log = Log::default();
            let plans = ["a", "b", "c"].map(|id| worker(id, &log).trapping());
            let house = house(&log, &[&plans[0], &plans[1], &plans[2]]).await;
            assert_eq!(house.shown().await.unwrap(), "a+ b+ c+");
            if crashes {
                let end = monitor(house);
                house.fail();
                assert!(end.await.reason.is_crash());
            } else {
                stop(house, ExitReason::Shutdown).await.unwrap();
            }
            assert_eq!(
                log.take(),
                [
                    "the house",
                    "c: shutdown",
                    "-c",
                    "b: shutdown",
                    "-b",
                    "a: shutdown",
                    "-a"
                ]
            );
            assert_eq!(processes().len(), 1);
        });
    }
}

#[test]
fn r_parent_2_a_childs_exit_is_dealt_with_and_a_strangers_comes_to_the_handler() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log));
        let house = house(&log, &[&a, &b]).await;
        a.killed().await;
        assert_eq!(house.shown().await.unwrap(), "a+ b+");
        assert_eq!(log.take(), ["-a", "+a"]);
        assert_eq!((a.starts(), b.starts()), (2, 1));
        house.befriend();
        settle().await;
        assert_eq!(log.take(), ["exit: friend"]);
    });
}

#[test]
fn r_parent_3_a_child_that_is_not_started_again_is_told_if_the_server_wants_to_know() {
    simulated(async {
        let log = Log::default();
        let house = house(&log, &[]).await;
        let (a, b, c) = (worker("a", &log), worker("b", &log), worker("c", &log));
        house.take_in(a.clone(), Restart::Temporary).await.unwrap();
        house.take_in(b.clone(), Restart::Transient).await.unwrap();
        house.take_in(c.clone(), Restart::Temporary).await.unwrap();
        log.take();
        a.killed().await;
        assert_eq!(log.take(), ["-a"]);
        house.listen();
        b.ends(ExitReason::Normal).await;
        c.ends(oops()).await;
        assert_eq!(
            log.take(),
            [
                "b: normal",
                "-b",
                "b is gone: normal",
                "c: oops",
                "-c",
                "c is gone: oops"
            ]
        );
        assert_eq!(house.shown().await.unwrap(), "b-");
        // One that rests is started by hand, or gives way to another of its id.
        house.begin_anew("b").await.unwrap();
        b.ends(ExitReason::Normal).await;
        house.take_in(b.clone(), Restart::Permanent).await.unwrap();
        assert_eq!(house.shown().await.unwrap(), "b+");
        assert_eq!(b.starts(), 3);
    });
}

#[test]
fn r_parent_4_too_many_restarts_end_the_server_and_its_other_children() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log).trapping());
        let house = house(&log, &[&a, &b]).await;
        let end = monitor(house);
        for _ in 0..3 {
            a.killed().await;
        }
        // The window slides.
        sleep(secs(6)).await;
        a.killed().await;
        house.allow(1);
        a.killed().await;
        assert!(is_alive(house).await);
        log.take();
        a.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!(log.take(), ["-a", "the house", "b: shutdown", "-b"]);
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_parent_5_a_restart_that_fails_is_tried_again_and_counts() {
    simulated(async {
        let log = Log::default();
        let a = worker("a", &log).begins([Begin::Runs, Begin::Fails, Begin::Panics]);
        let house = house(&log, &[&a]).await;
        a.killed().await;
        assert_eq!(log.take(), ["-a", "!a", "!a", "+a"]);
        assert_eq!(house.shown().await.unwrap(), "a+");

        let end = monitor(house);
        a.then(Begin::Fails);
        sleep(secs(6)).await;
        a.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!(log.take(), ["-a", "!a", "!a", "!a", "the house"]);
    });
}

/// Between two attempts the server hears of everything else.
#[test]
fn r_parent_6_a_child_that_is_restarting_can_be_put_out() {
    simulated(async {
        let log = Log::default();
        let slow = || Begin::After(millis(10), Box::new(Begin::Fails));
        let a = worker("a", &log).begins([Begin::Runs, slow()]);
        a.then(slow());
        let house = house(&log, &[&a]).await;
        exit(a.pid(), ExitReason::Kill);
        sleep(millis(5)).await;
        assert_eq!(house.put_out("a").await, Ok(()));
        assert_eq!(house.shown().await.unwrap(), "");
        settle().await;
        assert_eq!(log.take(), ["-a", "!a"]);
        let gone = house.put_out("a").await.unwrap_err();
        assert_eq!(gone.to_string(), "no such child");
    });
}

#[test]
fn r_parent_7_a_server_that_is_killed_takes_its_children_along() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log).trapping());
        let house = house(&log, &[&a, &b]).await;
        exit(house, ExitReason::Kill);
        settle().await;
        assert_eq!(log.take(), ["-a", "b: killed", "-b"]);
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_parent_8_children_are_stopped_started_and_refused_by_their_ids() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log).trapping(), worker("b", &log));
        let house = house(&log, &[&a, &b]).await;
        let taken = house.take_in(worker("a", &log), Restart::Permanent).await;
        let already = StartChildError::AlreadyStarted(a.pid());
        assert_eq!(taken, Err(CallError::Reply(already)));
        house.begin_anew("a").await.unwrap();
        assert_eq!(log.take(), ["a: shutdown", "-a", "+a"]);
        assert_eq!(house.put_out("b").await, Ok(()));
        assert_eq!(house.shown().await.unwrap(), "a+");
        assert_eq!(log.take(), ["-b"]);
        // One that does not start is not kept.
        let failing = worker("c", &log).begins([Begin::Fails]);
        let failed = house.take_in(failing, Restart::Permanent).await;
        assert_eq!(
            failed,
            Err(CallError::Reply(StartChildError::Failed(oops())))
        );
        assert!(house.begin_anew("nobody").await.is_err());
        house.clear().await.unwrap();
        assert_eq!(house.shown().await.unwrap(), "");
        assert_eq!(processes().len(), 2);
    });
}

/// A server that has children before it finds that it cannot run.
struct Ruin;

/// How it goes wrong.
#[derive(Clone, Copy)]
enum Fall {
    Ignores,
    Errs,
    Stops,
    Panics,
}

#[gen_server]
impl Ruin {
    #[init]
    async fn new(children: [Plan; 2], fall: Fall, cx: &mut Context<Self>) -> Init<Self> {
        for plan in children {
            let started = cx.children().start_child(plan.spec()).await;
            assert!(started.is_ok(), "the child starts");
        }
        match fall {
            Fall::Ignores => Init::ignore(),
            Fall::Errs => Init::error(oops()),
            Fall::Stops => Init::stop(oops()),
            Fall::Panics => panic!("the house is not safe"),
        }
    }
}

#[test]
fn r_parent_9_a_server_that_does_not_start_leaves_no_children() {
    for fall in [Fall::Ignores, Fall::Errs, Fall::Stops, Fall::Panics] {
        simulated(async move {
            let log = Log::default();
            let slow = worker("b", &log).ending_in(secs(1));
            let started = Ruin::start([worker("a", &log), slow], fall).await;
            assert!(started.is_err());
            assert_eq!(log.take(), ["+a", "+b", "b: shutdown", "-b", "-a"]);
            settle().await;
            assert_eq!(processes().len(), 1);
        });
    }
}
