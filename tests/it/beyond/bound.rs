//! Children that are bound to older siblings: stopped before them and started after them.

use regrow::prelude::*;
use regrow::process::settle;
use regrow::server::stop;
use regrow::supervisor::{Exhausted, RestartChildError};

use crate::supervisor::{Begin, Log, Plan, Worker, refused, shown, worker};
use crate::support::simulated;

/// Workers that trap exits, so that their ends are told.
fn workers<const N: usize>(log: &Log, ids: [&'static str; N]) -> [Plan; N] {
    ids.map(|id| worker(id, log).trapping())
}

async fn started(
    log: &Log,
    children: impl IntoIterator<Item = ChildSpec<Worker>>,
) -> ServerRef<Supervisor> {
    let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(10, secs(5));
    let supervisor = children.into_iter().fold(supervisor, Supervisor::child);
    let supervisor = supervisor.start().await.unwrap();
    log.take();
    supervisor
}

/// `c` is bound to `a`, and `d` to `c`; `b` and `e` to nobody.
fn tied(all: &[Plan; 5]) -> Vec<ChildSpec<Worker>> {
    let mut specs: Vec<_> = all.iter().map(Plan::spec).collect();
    specs[2] = all[2].spec().binds_to("a");
    specs[3] = all[3].spec().binds_to("c");
    specs
}

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[test]
fn ext_023_those_that_are_bound_to_a_child_are_restarted_with_it_and_the_others_are_not() {
    simulated(async {
        let log = Log::default();
        let all = workers(&log, IDS);
        let supervisor = started(&log, tied(&all)).await;
        all[0].killed().await;
        let bound = ["d: shutdown", "-d", "c: shutdown", "-c"];
        assert_eq!(
            log.take(),
            [&["-a"][..], &bound, &["+a", "+c", "+d"]].concat()
        );
        // Nobody is bound to these.
        all[1].killed().await;
        assert_eq!(log.take(), ["-b", "+b"]);
        all[3].killed().await;
        assert_eq!(log.take(), ["-d", "+d"]);
        all[2].killed().await;
        assert_eq!(log.take(), ["-c", "d: shutdown", "-d", "+c", "+d"]);
        assert_eq!(shown(supervisor).await, "a+ b+ c+ d+ e+");
    });
}

// EXT-025 too: the places are kept, and nothing is put back twice.
#[test]
fn r_bound_1_those_that_are_bound_are_terminated_and_restarted_by_hand_with_it() {
    simulated(async {
        let log = Log::default();
        let all = workers(&log, IDS);
        let supervisor = started(&log, tied(&all)).await;
        supervisor.terminate_child("a").await.unwrap();
        assert_eq!(
            log.take(),
            [
                "d: shutdown",
                "-d",
                "c: shutdown",
                "-c",
                "a: shutdown",
                "-a"
            ]
        );
        assert_eq!(shown(supervisor).await, "a- b+ c- d- e+");
        supervisor.restart_child("a").await.unwrap();
        assert_eq!(log.take(), ["+a", "+c", "+d"]);
        assert_eq!(shown(supervisor).await, "a+ b+ c+ d+ e+");
        let again = supervisor.restart_child("a").await;
        assert_eq!(again, Err(refused(RestartChildError::Running)));
        assert!(log.take().is_empty());
        stop(supervisor, ExitReason::Shutdown).await.unwrap();
    });
}

#[test]
fn r_bound_2_when_a_child_has_ended_for_good_so_have_those_that_are_bound_to_it() {
    simulated(async {
        let log = Log::default();
        let [a, b, c] = workers(&log, ["a", "b", "c"]);
        let specs = [
            a.spec().restart(Restart::Transient),
            b.spec().binds_to("a"),
            c.spec(),
        ];
        let supervisor = started(&log, specs).await;
        a.ends(ExitReason::Normal).await;
        assert_eq!(log.take(), ["a: normal", "-a", "b: shutdown", "-b"]);
        assert_eq!(shown(supervisor).await, "a- b- c+");

        // One that is given up, likewise.
        let specs = [
            a.spec()
                .budget(0, secs(5))
                .on_exhausted(Exhausted::GiveUpChild),
            b.spec().binds_to("a"),
            c.spec(),
        ];
        let supervisor = started(&log, specs).await;
        a.killed().await;
        assert_eq!(log.take(), ["-a", "b: shutdown", "-b"]);
        assert_eq!(shown(supervisor).await, "a- b- c+");
    });
}

/// A group takes those along that are bound to one of it.
#[test]
fn r_bound_3_a_bound_child_is_restarted_once_with_its_group() {
    simulated(async {
        for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
            let log = Log::default();
            let [a, b, c] = workers(&log, ["a", "b", "c"]);
            let supervisor = Supervisor::new(strategy)
                .child(a.spec())
                .child(b.spec())
                .child(c.spec().binds_to("b"))
                .start()
                .await
                .unwrap();
            log.take();
            b.killed().await;
            assert_eq!((b.starts(), c.starts()), (2, 2), "{strategy:?}");
            let alone = usize::from(strategy == Strategy::OneForAll);
            assert_eq!(a.starts(), 1 + alone, "{strategy:?}");
            assert_eq!(shown(supervisor).await, "a+ b+ c+");
        }
    });
}

/// A bound child that does not come back is tried again; the one that it is bound to runs on.
#[test]
fn r_bound_4_a_bound_child_that_fails_to_start_is_tried_again() {
    simulated(async {
        let log = Log::default();
        let a = worker("a", &log);
        let b = worker("b", &log).begins([Begin::Runs, Begin::Fails]);
        let supervisor = started(&log, [a.spec(), b.spec().binds_to("a")]).await;
        a.killed().await;
        assert_eq!(log.take(), ["-a", "-b", "+a", "!b", "+b"]);
        assert_eq!(shown(supervisor).await, "a+ b+");
        settle().await;
        assert_eq!(a.starts(), 2);
    });
}

/// A temporary one is forgotten when it has ended, and is then nobody who runs.
#[test]
fn r_bound_5_a_child_whose_older_sibling_is_forgotten_stays_stopped() {
    simulated(async {
        let log = Log::default();
        let [a, b, c] = workers(&log, ["a", "b", "c"]);
        let supervisor = Supervisor::new(Strategy::OneForAll)
            .child(a.spec())
            .child(b.spec().restart(Restart::Temporary))
            .child(c.spec().binds_to("b"))
            .start()
            .await
            .unwrap();
        b.killed().await;
        assert_eq!(shown(supervisor).await, "a+ c-");
        a.killed().await;
        assert_eq!(shown(supervisor).await, "a+ c-");
        // Somebody who wants it all the same may have it.
        supervisor.restart_child("c").await.unwrap();
        assert_eq!(shown(supervisor).await, "a+ c+");
    });
}
