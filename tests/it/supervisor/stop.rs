//! Stopping children: in which order, how long, and what if they do not want to.

use regrow::prelude::*;
use regrow::process::{settle, unlink};
use regrow::server::stop;
use regrow::time::{now, sleep};

use super::{Begin, Log, oops, with, worker};
use crate::support::{over_seeds, simulated};

/// Ends a supervisor as its parent would, and gives how long it took.
async fn shut_down(supervisor: ServerRef<Supervisor>) -> std::time::Duration {
    let before = now();
    assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
    now() - before
}

#[test]
fn sup_041_children_are_stopped_last_first_and_one_after_the_other() {
    over_seeds(100, || async {
        let log = Log::default();
        let plans = ["c", "a", "b"].map(|id| worker(id, &log).ending_in(millis(200)));
        let supervisor = with(Supervisor::new(Strategy::OneForOne), &plans);
        let supervisor = supervisor.start().await.unwrap();
        log.take();
        let took = shut_down(supervisor).await;
        let expected = [
            "b: shutdown",
            "-b",
            "a: shutdown",
            "-a",
            "c: shutdown",
            "-c",
        ];
        assert_eq!(log.take(), expected);
        assert!(took >= millis(600) && took < millis(610), "{took:?}");
    });
}

#[test]
fn sup_030_supervisors_and_workers_may_take_as_long_as_they_take() {
    simulated(async {
        let log = Log::default();
        let (one, two) = (worker("a", &log), worker("b", &log).ending_in(secs(3600)));
        let inner = with(Supervisor::new(Strategy::OneForOne).id("inner"), [&one]);
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(inner)
            .child(two.spec().shutdown(Shutdown::Infinity));
        let supervisor = supervisor.start().await.unwrap();
        let (first, second) = (monitor(one.pid()), monitor(two.pid()));
        assert!(shut_down(supervisor).await >= secs(3600));
        assert_eq!(first.await.reason, ExitReason::Shutdown);
        assert_eq!(second.await.reason, ExitReason::Shutdown);
    });
}

#[test]
fn sup_031_a_child_that_takes_too_long_is_killed() {
    over_seeds(50, || async {
        let log = Log::default();
        let (good, stuck) = (
            worker("a", &log).trapping(),
            worker("b", &log).ending_in(secs(3600)),
        );
        let limit = Shutdown::After(secs(1));
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(good.spec().shutdown(limit))
            .child(stuck.spec().shutdown(limit));
        let supervisor = supervisor.start().await.unwrap();
        let (first, second) = (monitor(good.pid()), monitor(stuck.pid()));
        let took = shut_down(supervisor).await;
        assert!(took >= secs(1) && took < millis(1010), "{took:?}");
        assert_eq!(first.await.reason, ExitReason::Shutdown);
        assert_eq!(second.await.reason, ExitReason::Killed);
    });
}

#[test]
fn sup_033_a_child_that_is_to_be_killed_is_not_asked() {
    over_seeds(50, || async {
        let log = Log::default();
        let (one, two) = (
            worker("a", &log).trapping(),
            worker("b", &log).ending_in(secs(3600)),
        );
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(one.spec())
            .child(two.spec().shutdown(Shutdown::BrutalKill));
        let supervisor = supervisor.start().await.unwrap();
        let (first, second) = (monitor(one.pid()), monitor(two.pid()));
        assert!(shut_down(supervisor).await < millis(10));
        assert_eq!(first.await.reason, ExitReason::Shutdown);
        assert_eq!(second.await.reason, ExitReason::Killed);
        assert_eq!(log.take(), ["+a", "+b", "-b", "a: shutdown", "-a"]);
    });
}

#[test]
fn sup_035_children_that_end_by_themselves_meanwhile_are_not_in_the_way() {
    over_seeds(100, || async {
        let log = Log::default();
        let first = worker("first", &log).trapping();
        let slow = worker("slow", &log).ending_in(secs(2));
        let reasons = [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::shutdown_with("x"),
            oops(),
        ];
        let restarts = [Restart::Temporary, Restart::Transient, Restart::Permanent];
        let mut supervisor = Supervisor::new(Strategy::OneForOne).child(first.spec());
        let mut ending = Vec::new();
        for (number, restart) in (0..).zip(restarts) {
            for (place, reason) in (0..).zip(&reasons) {
                let plan = worker("between", &log);
                let id = format!("{number}{place}");
                supervisor = supervisor.child(plan.spec().id(id).restart(restart));
                ending.push((plan, reason.clone()));
            }
        }
        let supervisor = supervisor.child(slow.spec()).start().await.unwrap();
        let end = monitor(supervisor);
        let watched = ending
            .iter()
            .map(|(plan, _)| monitor(plan.pid()))
            .collect::<Vec<_>>();
        let last = monitor(first.pid());
        let stopping =
            spawn(async move |_: Inbox<()>| stop(supervisor, ExitReason::Shutdown).await);
        sleep(secs(1)).await;
        for (plan, reason) in &ending {
            plan.end(reason.clone());
        }
        let end = end.await;
        assert_eq!(end.reason, ExitReason::Shutdown, "{stopping:?}");
        for ((plan, reason), watch) in ending.iter().zip(watched) {
            assert_eq!((&watch.await.reason, plan.starts()), (reason, 1));
        }
        assert_eq!(last.await.reason, ExitReason::Shutdown);
    });
}

/// A server that is nobody's child.
struct Loner;

impl regrow::server::GenServer for Loner {
    type Args = Pid;

    fn init(parent: Pid, _: &mut Context<Self>) -> impl regrow::server::Step<Init<Self>> {
        unlink(parent);
        Init::ok(Loner)
    }
}

#[test]
fn sup_038_a_child_that_has_unlinked_itself_is_stopped_all_the_same() {
    over_seeds(100, || async {
        for shutdown in [
            Shutdown::After(secs(5)),
            Shutdown::Infinity,
            Shutdown::BrutalKill,
        ] {
            let log = Log::default();
            let before = worker("a", &log);
            let spec = ChildSpec::<Loner>::with(regrow::process::self_pid);
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .child(before.spec())
                .child(spec.id("loner").shutdown(shutdown));
            let supervisor = supervisor.start().await.unwrap();
            let children = supervisor.which_children().await.unwrap();
            let regrow::supervisor::ChildProcess::Running(loner) = children[0].process else {
                panic!("it runs");
            };
            let end = monitor(loner);
            assert!(shut_down(supervisor).await < millis(10));
            let reason = match shutdown {
                Shutdown::BrutalKill => ExitReason::Killed,
                _ => ExitReason::Shutdown,
            };
            assert_eq!(end.await.reason, reason);
            assert_eq!(log.take(), ["+a", "-a"]);
        }
    });
}

// Its end was not heard of, for there was no link.
#[test]
fn obs_022_a_child_that_had_unlinked_itself_and_died_does_not_hang_its_supervisor() {
    over_seeds(100, || async {
        let spec = ChildSpec::<Loner>::with(regrow::process::self_pid);
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(spec)
            .start()
            .await
            .unwrap();
        let children = supervisor.which_children().await.unwrap();
        let regrow::supervisor::ChildProcess::Running(loner) = children[0].process else {
            panic!("it runs");
        };
        exit(loner, ExitReason::Kill);
        settle().await;
        assert_eq!(supervisor.which_children().await.unwrap(), children);
        assert!(shut_down(supervisor).await < millis(10));
    });
}

#[test]
fn a_child_whose_init_takes_its_time_is_waited_for_before_the_supervisor_ends() {
    over_seeds(50, || async {
        let log = Log::default();
        let (one, two) = (worker("a", &log), worker("b", &log));
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&one, &two]);
        let supervisor = supervisor.start().await.unwrap();
        one.then(Begin::After(secs(3), Box::new(Begin::Runs)));
        one.killed().await;
        log.take();
        let took = shut_down(supervisor).await;
        assert!(took >= millis(2900) && took < millis(3010), "{took:?}");
        assert_eq!(log.take(), ["+a", "-b", "-a"]);
    });
}

#[test]
fn a_supervisor_whose_childs_init_hangs_is_killed_with_it_by_the_one_above() {
    over_seeds(50, || async {
        let log = Log::default();
        let plan = worker("a", &log).trapping();
        let inner = with(Supervisor::new(Strategy::OneForOne), [&plan]).id("inner");
        let inner = inner.child_spec().shutdown(Shutdown::After(secs(1)));
        let outer = Supervisor::new(Strategy::OneForOne)
            .child(inner)
            .start()
            .await
            .unwrap();
        plan.then(Begin::After(secs(2), Box::new(Begin::Runs)));
        plan.killed().await;
        let (child, before) = (monitor(plan.pid()), now());
        let took = shut_down(outer).await;
        assert!(took >= secs(1) && took < millis(1010), "{took:?}");
        // It traps exits, so that it hears of its parent's end when its init is done.
        assert_eq!(child.await.reason, ExitReason::Killed);
        assert!(now() - before < millis(2010));
        assert_eq!(plan.starts(), 2);
    });
}
