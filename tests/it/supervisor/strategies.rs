//! Which siblings are concerned when one child has to be restarted.

use regrow::prelude::*;
use regrow::process::settle;
use regrow::server::stop;

use super::{Begin, Log, Plan, counts, oops, shown, with, worker};
use crate::support::{over_seeds, simulated};

const STRATEGIES: [Strategy; 3] = [
    Strategy::OneForOne,
    Strategy::OneForAll,
    Strategy::RestForOne,
];

/// Five workers under a supervisor that runs.
async fn five(strategy: Strategy, log: &Log) -> ([Plan; 5], ServerRef<Supervisor>) {
    let plans = ["a", "b", "c", "d", "e"].map(|id| worker(id, log));
    let supervisor = with(Supervisor::new(strategy), &plans)
        .start()
        .await
        .unwrap();
    assert_eq!(log.take(), ["+a", "+b", "+c", "+d", "+e"]);
    (plans, supervisor)
}

fn pids(plans: &[Plan]) -> Vec<Pid> {
    plans.iter().map(Plan::pid).collect()
}

#[test]
fn sup_121_one_for_one_restarts_that_one_alone() {
    over_seeds(50, || async {
        let log = Log::default();
        let (plans, supervisor) = five(Strategy::OneForOne, &log).await;
        let before = pids(&plans);
        plans[2].killed().await;
        assert_eq!(log.take(), ["-c", "+c"]);
        let after = pids(&plans);
        assert_ne!(before[2], after[2]);
        assert_eq!((&before[..2], &before[3..]), (&after[..2], &after[3..]));
        assert_eq!(counts(supervisor).await, [5, 5, 0, 5]);
    });
}

#[test]
fn sup_124_one_for_all_stops_the_others_last_first_and_starts_all_in_order() {
    over_seeds(50, || async {
        let log = Log::default();
        let (plans, supervisor) = five(Strategy::OneForAll, &log).await;
        plans[2].killed().await;
        let expected = ["-c", "-e", "-d", "-b", "-a", "+a", "+b", "+c", "+d", "+e"];
        assert_eq!(log.take(), expected);
        assert_eq!(counts(supervisor).await, [5, 5, 0, 5]);
    });
}

// SUP-133 too.
#[test]
fn sup_040_rest_for_one_leaves_those_alone_that_were_started_before() {
    over_seeds(50, || async {
        let log = Log::default();
        let (plans, supervisor) = five(Strategy::RestForOne, &log).await;
        let before = pids(&plans);
        plans[2].killed().await;
        assert_eq!(log.take(), ["-c", "-e", "-d", "+c", "+d", "+e"]);
        assert_eq!(before[..2], pids(&plans)[..2]);
        assert_eq!(counts(supervisor).await, [5, 5, 0, 5]);
    });
}

// SUP-111 too.
#[test]
fn sup_110_a_temporary_child_of_the_group_is_stopped_and_gone() {
    over_seeds(50, || async {
        for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
            let log = Log::default();
            let (one, two) = (worker("one", &log), worker("two", &log));
            let supervisor = Supervisor::new(strategy)
                .child(one.spec())
                .child(two.spec().restart(Restart::Temporary));
            let supervisor = supervisor.start().await.unwrap();
            one.ends(ExitReason::Normal).await;
            assert_eq!(shown(supervisor).await, "one+");
            assert_eq!(
                log.take(),
                ["+one", "+two", "one: normal", "-one", "-two", "+one"]
            );
        }
    });
}

// Those that were stopped by request come back too, once that can be asked for.
#[test]
fn obs_004_a_restart_of_the_group_starts_those_again_that_had_nothing_to_do() {
    simulated(async {
        for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
            let log = Log::default();
            let first = worker("first", &log);
            let done = worker("done", &log);
            let ignored = worker("ignored", &log).begins([Begin::Ignores]);
            let gone = worker("gone", &log);
            let supervisor = Supervisor::new(strategy)
                .child(first.spec())
                .child(done.spec().restart(Restart::Transient))
                .child(ignored.spec())
                .child(gone.spec().restart(Restart::Temporary));
            let supervisor = supervisor.start().await.unwrap();
            done.ends(ExitReason::Normal).await;
            assert_eq!(shown(supervisor).await, "first+ done- ignored- gone+");
            first.killed().await;
            assert_eq!(shown(supervisor).await, "first+ done+ ignored+");
        }
    });
}

#[test]
fn obs_007_siblings_do_not_notice_an_end_that_calls_for_no_restart() {
    over_seeds(50, || async {
        for strategy in STRATEGIES {
            let log = Log::default();
            let plans = ["a", "b", "c"].map(|id| worker(id, &log));
            let [a, b, c] = &plans;
            let supervisor = Supervisor::new(strategy)
                .max_restarts(0, secs(5))
                .child(a.spec().restart(Restart::Temporary))
                .child(b.spec().restart(Restart::Transient))
                .child(c.spec());
            let supervisor = supervisor.start().await.unwrap();
            a.ends(oops()).await;
            b.ends(ExitReason::shutdown_with("x")).await;
            assert_eq!(shown(supervisor).await, "b- c+");
            assert_eq!(
                log.take()
                    .iter()
                    .filter(|line| line.starts_with('+'))
                    .count(),
                3
            );
        }
    });
}

#[test]
fn sup_127_one_for_all_begins_from_the_first_again_when_another_child_fails() {
    over_seeds(50, || async {
        let log = Log::default();
        let one = worker("one", &log).trapping();
        let two = worker("two", &log).begins([Begin::Runs, Begin::Fails]);
        let supervisor = with(Supervisor::new(Strategy::OneForAll), [&one, &two]);
        let supervisor = supervisor.start().await.unwrap();
        log.take();
        one.killed().await;
        let expected = [
            "-one",
            "-two",
            "+one",
            "!two", // the first attempt
            "one: shutdown",
            "-one",
            "+one",
            "+two", // the second
        ];
        assert_eq!(log.take(), expected);
        assert_eq!(counts(supervisor).await, [2, 2, 0, 2]);
    });
}

#[test]
fn sup_136_rest_for_one_tries_the_one_that_failed_again_and_leaves_those_before_it() {
    over_seeds(50, || async {
        let log = Log::default();
        let one = worker("one", &log);
        let two = worker("two", &log).begins([Begin::Runs, Begin::Fails]);
        let three = worker("three", &log);
        let supervisor = with(Supervisor::new(Strategy::RestForOne), [&one, &two, &three]);
        let supervisor = supervisor.start().await.unwrap();
        log.take();
        one.killed().await;
        let expected = ["-one", "-three", "-two", "+one", "!two", "+two", "+three"];
        assert_eq!(log.take(), expected);
        assert_eq!(counts(supervisor).await, [3, 3, 0, 3]);
    });
}

#[test]
fn sup_140_those_after_a_child_that_does_not_start_wait_for_it() {
    over_seeds(50, || async {
        let log = Log::default();
        let plans = ["one", "two", "three"].map(|id| worker(id, &log));
        let supervisor = Supervisor::new(Strategy::RestForOne).max_restarts(1000, secs(1));
        let supervisor = with(supervisor, &plans).start().await.unwrap();
        plans[1].then(Begin::After(secs(1), Box::new(Begin::Fails)));
        plans[1].killed().await;
        assert_eq!(shown(supervisor).await, "one+ two? three-");
        assert_eq!(counts(supervisor).await, [3, 1, 0, 3]);
        assert_eq!(stop(supervisor, ExitReason::Shutdown).await, Ok(()));
        assert_eq!(log.take().last().unwrap(), "-one");
    });
}

#[test]
fn obs_017_a_restart_of_the_group_ends_the_attempts_for_one_of_it() {
    over_seeds(50, || async {
        let log = Log::default();
        let plans = ["one", "two", "three"].map(|id| worker(id, &log));
        let supervisor = Supervisor::new(Strategy::RestForOne).max_restarts(1000, secs(1));
        let supervisor = with(supervisor, &plans).start().await.unwrap();
        plans[1].then(Begin::After(secs(1), Box::new(Begin::Fails)));
        plans[1].killed().await;
        plans[1].then(Begin::Runs);
        // Its end is heard of before the next attempt is made.
        plans[0].killed().await;
        log.take();
        assert_eq!(shown(supervisor).await, "one+ two+ three+");
        assert_eq!(plans[0].starts(), 2);
        settle().await;
        assert_eq!(plans[1].starts(), 3);
    });
}

#[test]
fn obs_005_a_sibling_that_died_meanwhile_belongs_to_the_same_restart() {
    over_seeds(200, || async {
        let log = Log::default();
        let plans = ["a", "b", "c"].map(|id| worker(id, &log));
        let supervisor = Supervisor::new(Strategy::OneForAll).max_restarts(1, secs(5));
        let supervisor = with(supervisor, &plans).start().await.unwrap();
        log.take();
        exit(plans[0].pid(), ExitReason::Kill);
        exit(plans[2].pid(), oops());
        settle().await;
        let log = log.take();
        if log.iter().filter(|line| *line == "+a").count() == 1 {
            assert_eq!(counts(supervisor).await, [3, 3, 0, 3]);
        } else {
            // The second one ended when the first restart was over.
            panic!("{log:?}");
        }
    });
}

#[test]
fn obs_006_under_one_for_one_each_end_is_a_restart() {
    over_seeds(200, || async {
        let log = Log::default();
        let plans = ["a", "b", "c"].map(|id| worker(id, &log));
        let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(1, secs(5));
        let supervisor = with(supervisor, &plans).start().await.unwrap();
        let end = monitor(supervisor);
        exit(plans[0].pid(), ExitReason::Kill);
        exit(plans[2].pid(), oops());
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}
