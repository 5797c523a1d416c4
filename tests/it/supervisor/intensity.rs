//! How often is too often.

use regrow::prelude::*;
use regrow::process::settle;
use regrow::time::sleep;

use super::{Begin, Log, Plan, counts, oops, shown, with, worker};
use crate::support::{over_seeds, simulated};

#[test]
fn sup_120_restarts_that_are_far_enough_apart_go_on_for_ever() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(1, secs(1));
        let supervisor = with(supervisor, [&plan]).start().await.unwrap();
        for _ in 0..10 {
            plan.killed().await;
            sleep(millis(2100)).await;
        }
        assert_eq!(
            (shown(supervisor).await.as_str(), plan.starts()),
            ("a+", 11)
        );
    });
}

// OBS-003 too: what is between one second and two in OTP is exact here.
#[test]
fn r_intensity_1_the_window_of_restarts_slides_exactly() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(1, secs(1));
        let supervisor = with(supervisor, [&plan]).start().await.unwrap();
        let end = monitor(supervisor);
        plan.killed().await;
        sleep(millis(1001)).await;
        plan.killed().await;
        assert_eq!(shown(supervisor).await, "a+");
        sleep(millis(998)).await;
        plan.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

// SUP-125 and SUP-134 too. The supervisor ends with its children, last first.
#[test]
fn sup_122_one_restart_too_many_ends_the_supervisor_in_order() {
    over_seeds(50, || async {
        for strategy in [
            Strategy::OneForOne,
            Strategy::OneForAll,
            Strategy::RestForOne,
        ] {
            let log = Log::default();
            let plans = ["a", "b", "c"].map(|id| worker(id, &log).trapping());
            let supervisor = Supervisor::new(strategy).max_restarts(2, secs(5));
            let supervisor = with(supervisor, &plans).start().await.unwrap();
            let end = monitor(supervisor);
            plans[2].killed().await;
            plans[1].killed().await;
            assert_eq!(counts(supervisor).await, [3, 3, 0, 3]);
            log.take();
            plans[1].killed().await;
            assert_eq!(end.await.reason, ExitReason::Shutdown);
            let expected = ["-b", "c: shutdown", "-c", "a: shutdown", "-a"];
            assert_eq!(log.take(), expected, "{strategy:?}");
        }
    });
}

#[test]
fn obs_002_with_no_restart_allowed_none_is_tried() {
    over_seeds(50, || async {
        let log = Log::default();
        let plans = ["a", "b", "c"].map(|id| worker(id, &log));
        let supervisor = Supervisor::new(Strategy::OneForAll).max_restarts(0, secs(5));
        let supervisor = with(supervisor, &plans).start().await.unwrap();
        let end = monitor(supervisor);
        plans[1].killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!(log.take(), ["+a", "+b", "+c", "-b", "-c", "-a"]);
    });
}

/// A supervisor whose child, having ended, fails to start whenever that is tried.
async fn hopeless(strategy: Strategy, failing: usize, log: &Log) -> ([Plan; 3], ExitReason) {
    let plans = ["a", "b", "c"].map(|id| worker(id, log));
    let supervisor = with(Supervisor::new(strategy).max_restarts(4, secs(5)), &plans);
    let supervisor = supervisor.start().await.unwrap();
    let end = monitor(supervisor);
    plans[failing].then(Begin::Fails);
    plans[0].killed().await;
    let reason = end.await.reason;
    (plans, reason)
}

// SUP-123 too; SUP-126 and SUP-135 for the other strategies.
#[test]
fn obs_001_an_attempt_that_failed_counts_like_a_restart() {
    over_seeds(50, || async {
        let log = Log::default();
        let (plans, reason) = hopeless(Strategy::OneForOne, 0, &log).await;
        assert_eq!(reason, ExitReason::Shutdown);
        assert_eq!(plans.each_ref().map(Plan::starts), [5, 1, 1]);
        let (plans, reason) = hopeless(Strategy::OneForAll, 1, &log).await;
        assert_eq!(reason, ExitReason::Shutdown);
        assert_eq!(plans.each_ref().map(Plan::starts), [5, 5, 1]);
        let (plans, reason) = hopeless(Strategy::RestForOne, 1, &log).await;
        assert_eq!(reason, ExitReason::Shutdown);
        assert_eq!(plans.each_ref().map(Plan::starts), [2, 5, 1]);
    });
}

#[test]
fn obs_019_two_children_that_do_not_start_are_tried_by_turns() {
    over_seeds(50, || async {
        let log = Log::default();
        let plans = ["a", "b"].map(|id| worker(id, &log));
        let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(8, secs(5));
        let supervisor = with(supervisor, &plans).start().await.unwrap();
        let end = monitor(supervisor);
        log.take();
        for plan in &plans {
            plan.then(Begin::Fails);
            exit(plan.pid(), ExitReason::Kill);
        }
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        let tried: Vec<String> = log
            .take()
            .into_iter()
            .filter(|line| line.starts_with('!'))
            .collect();
        assert_eq!(tried.len(), 8);
        // When both have ended: one after the other.
        let tail = &tried[tried.len() - 4..];
        assert!(
            tail[0] != tail[1] && tail[1] != tail[2] && tail[2] != tail[3],
            "{tried:?}"
        );
    });
}

#[test]
fn a_supervisor_that_gives_up_is_restarted_with_a_clean_slate() {
    over_seeds(50, || async {
        let log = Log::default();
        let plan = worker("a", &log);
        let inner = Supervisor::new(Strategy::OneForOne)
            .id("inner")
            .max_restarts(1, secs(5));
        let outer = Supervisor::new(Strategy::OneForOne)
            .max_restarts(2, secs(5))
            .child(with(inner, [&plan]));
        let outer = outer.start().await.unwrap();
        let end = monitor(outer);
        // One restart by the inner one, then one by the outer one, and so on.
        for starts in 2..=6 {
            plan.ends(oops()).await;
            assert_eq!(plan.starts(), starts);
        }
        plan.ends(oops()).await;
        settle().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!(plan.starts(), 6);
    });
}
