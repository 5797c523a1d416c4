//! Changing and looking at the children of a supervisor while it runs.

use std::borrow::Borrow;

use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::{is_alive, settle};
use regrow::supervisor::{
    ChildKind, ChildProcess, DeleteChildError, NoSuchChild, RestartChildError, SpecError,
};
use regrow::time::{now, sleep};

use super::{Begin, Log, Plan, childless, counts, oops, refused, shown, with, worker};
use crate::support::{forever, simulated};

/// A supervisor with these workers.
async fn supervising(
    strategy: Strategy,
    workers: impl IntoIterator<Item: Borrow<Plan>>,
) -> ServerRef<Supervisor> {
    let supervisor = with(Supervisor::new(strategy), workers).max_restarts(100, secs(5));
    supervisor.start().await.unwrap()
}

const STRATEGIES: [Strategy; 3] = [
    Strategy::OneForOne,
    Strategy::OneForAll,
    Strategy::RestForOne,
];

// SUP-003 for children that are added, and SUP-071.
#[test]
fn sup_071_what_is_shown_of_children_follows_what_becomes_of_them() {
    simulated(async {
        let log = Log::default();
        let supervisor = childless().await;
        assert_eq!(supervisor.which_children().await, Ok(vec![]));
        let idle = worker("idle", &log).begins([Begin::Ignores]);
        let busy = worker("busy", &log);
        let started = supervisor.start_child(idle.spec()).await;
        assert_eq!(started, Ok(StartedChild::Ignored));
        let started = supervisor.start_child(busy.spec()).await.unwrap();
        assert_eq!(started.running().unwrap().pid(), busy.pid());
        assert_eq!(shown(supervisor).await, "idle- busy+");
        assert_eq!(counts(supervisor).await, [2, 1, 0, 2]);

        let one = supervisor.which_child("busy").await.unwrap();
        assert_eq!(one.id.unwrap().as_str(), "busy");
        assert_eq!(one.process, ChildProcess::Running(busy.pid()));
        assert_eq!(one.kind, ChildKind::Worker);
        supervisor.terminate_child("busy").await.unwrap();
        let one = supervisor.which_child("busy").await.unwrap();
        assert_eq!(one.process, ChildProcess::Stopped);
        assert_eq!(shown(supervisor).await, "idle- busy-");
        supervisor.delete_child("busy").await.unwrap();
        let none = supervisor.which_child("busy").await;
        assert_eq!(none, Err(refused(NoSuchChild)));
        assert_eq!(shown(supervisor).await, "idle-");
    });
}

#[test]
fn sup_005_an_added_temporary_child_that_has_nothing_to_start_is_not_kept() {
    simulated(async {
        let log = Log::default();
        let supervisor = childless().await;
        let idle = worker("idle", &log).begins([Begin::Ignores]);
        let idle = idle.spec().restart(Restart::Temporary);
        let started = supervisor.start_child(idle).await;
        assert_eq!(started, Ok(StartedChild::Ignored));
        let next = worker("next", &log);
        assert!(supervisor.start_child(next.spec()).await.is_ok());
        assert_eq!(shown(supervisor).await, "next+");
        assert_eq!(counts(supervisor).await, [1, 1, 0, 1]);
    });
}

#[test]
fn sup_010_a_child_that_does_not_start_again_by_hand_stays_stopped() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = supervising(Strategy::OneForOne, [&plan]).await;
        supervisor.terminate_child("a").await.unwrap();
        plan.then(Begin::Fails);
        let failed = supervisor.restart_child("a").await;
        assert_eq!(failed, Err(refused(RestartChildError::Failed(oops()))));
        assert_eq!(shown(supervisor).await, "a-");
        assert_eq!(plan.starts(), 2, "nobody tries again");
        plan.then(Begin::Ignores);
        let ignored = supervisor.restart_child("a").await;
        assert_eq!(ignored, Ok(StartedChild::Ignored));
        assert_eq!(shown(supervisor).await, "a-");
    });
}

#[test]
fn sup_011_a_child_that_does_not_start_is_not_kept() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log).begins([Begin::Fails, Begin::Panics]);
        let supervisor = childless().await;
        let failed = supervisor.start_child(plan.spec()).await;
        assert_eq!(failed, Err(StartChildError::Failed(oops())));
        let failed = supervisor.start_child(plan.spec()).await;
        assert!(matches!(
            failed,
            Err(StartChildError::Failed(ExitReason::Panic(_)))
        ));
        assert_eq!(supervisor.which_children().await, Ok(vec![]));
        assert!(supervisor.start_child(plan.spec()).await.is_ok());
    });
}

// SUP-015 too.
#[test]
fn sup_014_a_supervisor_gives_the_specification_back() {
    simulated(async {
        let log = Log::default();
        let plain = worker("plain", &log);
        let special = worker("special", &log)
            .spec()
            .restart(Restart::Transient)
            .shutdown(Shutdown::BrutalKill);
        let supervisor = supervising(Strategy::OneForOne, [&plain]).await;
        supervisor.start_child(special).await.unwrap();
        let below = Supervisor::new(Strategy::OneForAll).id("below");
        supervisor.start_child(below.child_spec()).await.unwrap();

        let spec = supervisor.get_childspec("plain").await.unwrap();
        assert_eq!(spec.child_id().as_str(), "plain");
        assert_eq!(spec.restart_type(), Restart::Permanent);
        assert_eq!(spec.shutdown_type(), Shutdown::After(secs(5)));
        assert_eq!(spec.child_kind(), ChildKind::Worker);
        assert!(!spec.is_significant());
        let spec = supervisor.get_childspec("special").await.unwrap();
        assert_eq!(spec.restart_type(), Restart::Transient);
        assert_eq!(spec.shutdown_type(), Shutdown::BrutalKill);
        let spec = supervisor.get_childspec("below").await.unwrap();
        assert_eq!(spec.child_kind(), ChildKind::Supervisor);
        assert_eq!(spec.shutdown_type(), Shutdown::Infinity);

        // It can be used like any other: under another supervisor, say.
        let spec = supervisor.get_childspec("plain").await.unwrap();
        let other = childless().await;
        let started = other.start_child(spec).await.unwrap();
        assert_eq!(started.running(), Some(plain.pid()));
        assert_eq!(plain.starts(), 2);
    });
}

#[test]
fn sup_017_there_is_no_specification_of_a_child_that_is_none() {
    simulated(async {
        let supervisor = childless().await;
        let none = supervisor.get_childspec("nobody").await;
        assert_eq!(none.unwrap_err(), refused(NoSuchChild));
    });
}

#[test]
fn sup_024_a_child_whose_name_somebody_else_has_is_already_started() {
    simulated(async {
        let log = Log::default();
        let outside = spawn(forever::<()>);
        regrow::process::register("taken", outside).unwrap();
        let supervisor = childless().await;
        let spec = worker("a", &log).spec().name("taken");
        let refused = supervisor.start_child(spec).await;
        assert_eq!(refused, Err(StartChildError::AlreadyStarted(outside.pid())));
        assert_eq!(supervisor.which_children().await, Ok(vec![]));
        exit(outside, ExitReason::Kill);
    });
}

// SUP-058, SUP-059, SUP-060, SUP-061, SUP-062 and SUP-063 too.
#[test]
fn sup_056_each_state_of_a_child_allows_its_own_changes() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = supervising(Strategy::OneForOne, [&plan]).await;
        let taken = supervisor.start_child(plan.spec()).await;
        assert_eq!(taken, Err(StartChildError::AlreadyStarted(plan.pid())));

        supervisor.terminate_child("a").await.unwrap();
        supervisor.terminate_child("a").await.unwrap();
        let present = supervisor.start_child(plan.spec()).await;
        assert_eq!(present, Err(StartChildError::AlreadyPresent));

        let started = supervisor.restart_child("a").await.unwrap();
        assert_eq!(started, StartedChild::Started(plan.pid()));
        let runs = supervisor.restart_child("a").await;
        assert_eq!(runs, Err(refused(RestartChildError::Running)));
        let runs = supervisor.delete_child("a").await;
        assert_eq!(runs, Err(refused(DeleteChildError::Running)));

        supervisor.terminate_child("a").await.unwrap();
        supervisor.delete_child("a").await.unwrap();
        let none = supervisor.delete_child("a").await;
        assert_eq!(none, Err(refused(DeleteChildError::NotFound)));
        assert_eq!(supervisor.which_children().await, Ok(vec![]));

        let again = supervisor.start_child(plan.spec()).await.unwrap();
        assert_eq!(again.running().unwrap().pid(), plan.pid());
        // A pid is no id: its text is that of no child, and the child lives on.
        let none = supervisor.terminate_child(plan.pid().to_string()).await;
        assert_eq!(none, Err(refused(NoSuchChild)));
        assert!(is_alive(plan.pid()).await);
    });
}

#[test]
fn a_child_whose_name_was_taken_meanwhile_stays_stopped() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = childless().await;
        supervisor.start_child(plan.spec().name("a")).await.unwrap();
        supervisor.terminate_child("a").await.unwrap();
        let other = spawn(forever::<()>);
        regrow::process::register("a", other).unwrap();
        let taken = supervisor.restart_child("a").await;
        let taken_by = RestartChildError::AlreadyStarted(other.pid());
        assert_eq!(taken, Err(refused(taken_by)));
        assert_eq!(shown(supervisor).await, "a-");
        exit(other, ExitReason::Kill);
        assert!(!is_alive(other).await);
        assert!(supervisor.restart_child("a").await.is_ok());
    });
}

#[test]
fn sup_057_there_is_nothing_to_change_in_a_supervisor_that_is_not_there() {
    simulated(async {
        let log = Log::default();
        let gone = Name::<Supervisor>::new("gone");
        let asked = gone.start_child(worker("a", &log).spec()).await;
        assert_eq!(asked, Err(StartChildError::NoProcess));
        assert_eq!(gone.terminate_child("a").await, Err(CallError::NoProcess));
        assert_eq!(gone.restart_child("a").await, Err(CallError::NoProcess));
        assert_eq!(gone.delete_child("a").await, Err(CallError::NoProcess));
        assert_eq!(gone.which_children().await, Err(CallError::NoProcess));
        assert_eq!(gone.count_children().await, Err(CallError::NoProcess));
    });
}

// SUP-113 and SUP-114 too.
#[test]
fn sup_112_a_child_that_comes_back_keeps_its_id() {
    simulated(async {
        for strategy in STRATEGIES {
            for restart in [Restart::Permanent, Restart::Transient] {
                let log = Log::default();
                let plan = worker("a", &log);
                let spec = || plan.spec().restart(restart);
                let supervisor = Supervisor::new(strategy).child(spec());
                let supervisor = supervisor.start().await.unwrap();
                plan.killed().await;
                let taken = supervisor.start_child(spec()).await;
                assert_eq!(taken, Err(StartChildError::AlreadyStarted(plan.pid())));
                plan.ends(oops()).await;
                let taken = supervisor.start_child(spec()).await;
                assert_eq!(taken, Err(StartChildError::AlreadyStarted(plan.pid())));

                plan.ends(ExitReason::Normal).await;
                let taken = supervisor.start_child(spec()).await;
                let expected = match restart {
                    Restart::Permanent => StartChildError::AlreadyStarted(plan.pid()),
                    _ => StartChildError::AlreadyPresent,
                };
                assert_eq!(taken, Err(expected));

                supervisor.terminate_child("a").await.unwrap();
                let taken = supervisor.start_child(spec()).await;
                assert_eq!(taken, Err(StartChildError::AlreadyPresent));
                assert!(supervisor.restart_child("a").await.is_ok());
            }
        }
    });
}

#[test]
fn sup_115_a_temporary_child_that_is_gone_leaves_its_id() {
    simulated(async {
        for strategy in STRATEGIES {
            let log = Log::default();
            let plan = worker("a", &log);
            let spec = || plan.spec().restart(Restart::Temporary);
            let supervisor = Supervisor::new(strategy).child(spec());
            let supervisor = supervisor.start().await.unwrap();
            plan.killed().await;
            assert!(supervisor.start_child(spec()).await.is_ok());
            for reason in [oops(), ExitReason::Normal, ExitReason::Shutdown] {
                plan.ends(reason).await;
                assert!(supervisor.start_child(spec()).await.is_ok());
            }
            supervisor.terminate_child("a").await.unwrap();
            assert_eq!(counts(supervisor).await, [0, 0, 0, 0]);
            assert!(supervisor.start_child(spec()).await.is_ok());
        }
    });
}

// SUP-138 too.
#[test]
fn sup_137_a_child_that_is_restarting_can_only_be_stopped() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&plan])
            .max_restarts(100, secs(5))
            .start()
            .await
            .unwrap();
        plan.then(Begin::After(millis(300), Box::new(Begin::Fails)));
        plan.end(oops());
        settle().await;
        // Each of these waits for the attempt that is under way.
        let present = supervisor.start_child(plan.spec()).await;
        assert_eq!(present, Err(StartChildError::AlreadyPresent));
        let restarting = supervisor.restart_child("a").await;
        assert_eq!(restarting, Err(refused(RestartChildError::Restarting)));
        let restarting = supervisor.delete_child("a").await;
        assert_eq!(restarting, Err(refused(DeleteChildError::Restarting)));
        assert_eq!(shown(supervisor).await, "a?");
        assert_eq!(counts(supervisor).await, [1, 0, 0, 1]);

        supervisor.terminate_child("a").await.unwrap();
        assert_eq!(shown(supervisor).await, "a-");
        let attempts = plan.starts();
        sleep(secs(10)).await;
        assert_eq!(
            plan.starts(),
            attempts,
            "the attempt under way was the last"
        );
        plan.then(Begin::Runs);
        assert!(supervisor.restart_child("a").await.is_ok());
        assert_eq!(shown(supervisor).await, "a+");
    });
}

#[test]
fn sup_141_those_after_a_child_that_was_given_up_stay_down() {
    simulated(async {
        let log = Log::default();
        let plans = ["a", "b", "c"].map(|id| worker(id, &log));
        let supervisor = supervising(Strategy::RestForOne, &plans).await;
        plans[1].then(Begin::After(millis(500), Box::new(Begin::Fails)));
        plans[1].end(oops());
        settle().await;
        assert_eq!(shown(supervisor).await, "a+ b? c-");
        supervisor.terminate_child("b").await.unwrap();
        plans[1].then(Begin::Runs);
        supervisor.restart_child("b").await.unwrap();
        assert_eq!(shown(supervisor).await, "a+ b+ c-");
        plans[1].then(Begin::After(millis(500), Box::new(Begin::Fails)));
        plans[1].end(oops());
        settle().await;
        regrow::server::stop(supervisor, ExitReason::Shutdown)
            .await
            .unwrap();
    });
}

#[test]
fn sup_150_a_child_that_is_stopped_and_started_by_hand_has_its_name_again() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let name = Name::<Supervisor>::new("above");
        let _above = Supervisor::new(Strategy::OneForOne)
            .child(plan.spec().name("below"))
            .name(name)
            .start()
            .await
            .unwrap();
        let first = plan.pid();
        name.terminate_child("a").await.unwrap();
        assert_eq!(regrow::process::whereis("below"), None);
        name.restart_child("a").await.unwrap();
        assert_ne!(plan.pid(), first);
        assert_eq!(regrow::process::whereis("below"), Some(plan.pid()));
    });
}

#[test]
fn sup_192_a_child_is_added_looked_at_stopped_started_and_forgotten() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = childless().await;
        assert_eq!(counts(supervisor).await, [0, 0, 0, 0]);
        supervisor.start_child(plan.spec()).await.unwrap();
        assert_eq!(shown(supervisor).await, "a+");
        assert_eq!(counts(supervisor).await, [1, 1, 0, 1]);
        let runs = supervisor.delete_child("a").await;
        assert_eq!(runs, Err(refused(DeleteChildError::Running)));
        supervisor.terminate_child("a").await.unwrap();
        supervisor.restart_child("a").await.unwrap();
        supervisor.terminate_child("a").await.unwrap();
        supervisor.delete_child("a").await.unwrap();
        assert_eq!(log.take(), ["+a", "-a", "+a", "-a"]);
        let end = monitor(supervisor);
        regrow::server::stop(supervisor, ExitReason::Normal)
            .await
            .unwrap();
        assert_eq!(end.await.reason, ExitReason::Normal);
    });
}

#[test]
fn obs_016_a_child_that_does_not_end_is_killed_when_its_time_is_up() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log).ending_in(secs(3600));
        let spec = plan.spec().shutdown(Shutdown::After(millis(50)));
        let supervisor = Supervisor::new(Strategy::OneForOne).child(spec);
        let supervisor = supervisor.start().await.unwrap();
        let (end, before) = (monitor(plan.pid()), now());
        supervisor.terminate_child("a").await.unwrap();
        assert!((millis(50)..=millis(51)).contains(&(now() - before)));
        assert_eq!(end.await.reason, ExitReason::Killed);
        assert_eq!(shown(supervisor).await, "a-");
    });
}

#[test]
fn obs_020_what_is_started_by_hand_does_not_count() {
    simulated(async {
        let log = Log::default();
        let [old, new] = ["old", "new"].map(|id| worker(id, &log));
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&old])
            .max_restarts(0, secs(5))
            .start()
            .await
            .unwrap();
        supervisor.terminate_child("old").await.unwrap();
        old.then(Begin::Fails);
        new.then(Begin::Fails);
        for _ in 0..5 {
            assert!(supervisor.restart_child("old").await.is_err());
            assert!(supervisor.start_child(new.spec()).await.is_err());
        }
        assert_eq!(shown(supervisor).await, "old-");
    });
}

#[test]
fn obs_021_a_child_whose_end_has_not_been_heard_of_is_already_started() {
    simulated(async {
        let log = Log::default();
        let [a, slow] = ["a", "slow"].map(|id| worker(id, &log));
        let supervisor = supervising(Strategy::OneForOne, [&a]).await;
        slow.then(Begin::After(secs(1), Box::new(Begin::Runs)));
        let busy = supervisor.start_child(slow.spec());
        let asked = spawn(async move |_: Inbox<()>| busy.await.map(drop));
        settle().await;
        // The supervisor is at the slow start: it finds this call first, and then the exit.
        let dead = a.pid();
        let spec = a.spec();
        let (_, watch) = spawn_monitor(async move |_: Inbox<()>| {
            let refused = supervisor.start_child(spec).await;
            assert_eq!(refused, Err(StartChildError::AlreadyStarted(dead)));
        });
        settle().await;
        a.killed().await;
        assert!(!is_alive(dead).await);
        assert_eq!(watch.await.reason, ExitReason::Normal);
        let _ = asked;
        settle().await;
        assert_ne!(a.pid(), dead);
    });
}

#[test]
fn obs_041_the_newest_child_is_listed_first() {
    simulated(async {
        let log = Log::default();
        let plans = ["a", "b", "c"].map(|id| worker(id, &log));
        let supervisor = supervising(Strategy::OneForOne, &plans).await;
        supervisor
            .start_child(worker("d", &log).spec())
            .await
            .unwrap();
        let listed = supervisor.which_children().await.unwrap();
        let ids: Vec<_> = listed.into_iter().filter_map(|child| child.id).collect();
        assert_eq!(ids, ["d", "c", "b", "a"].map(Into::into));
    });
}

// An added child is the last of its siblings in every respect.
#[test]
fn an_added_child_is_restarted_with_those_before_it_and_stopped_first() {
    simulated(async {
        let log = Log::default();
        let [a, b] = ["a", "b"].map(|id| worker(id, &log).trapping());
        let supervisor = supervising(Strategy::RestForOne, [&a]).await;
        supervisor.start_child(b.spec()).await.unwrap();
        log.take();
        a.killed().await;
        assert_eq!(log.take(), ["-a", "b: shutdown", "-b", "+a", "+b"]);
        regrow::server::stop(supervisor, ExitReason::Shutdown)
            .await
            .unwrap();
        assert_eq!(log.take(), ["b: shutdown", "-b", "a: shutdown", "-a"]);
    });
}

#[test]
fn a_child_that_cannot_be_one_is_refused_before_its_id_is_looked_at() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = supervising(Strategy::OneForOne, [&plan]).await;
        let wrong = plan.spec().significant(true);
        let refused = supervisor.start_child(wrong).await;
        let why = SpecError::SignificantForNothing("a".into());
        assert_eq!(refused, Err(StartChildError::Spec(why)));
    });
}

#[test]
fn obs_014_what_is_not_meant_for_a_supervisor_does_not_end_it() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = supervising(Strategy::OneForOne, [&plan]).await;
        // A reference that lies: there is no other way to say such a thing to a supervisor.
        let other = ServerRef::<super::Worker>::of(supervisor.pid());
        regrow::server::cast(other, super::End(oops()));
        let asked = regrow::sys::look_at_state(other, |_| ()).await;
        assert!(asked.is_err());
        settle().await;
        assert_eq!(shown(supervisor).await, "a+");
        assert_eq!(plan.starts(), 1);
    });
}
