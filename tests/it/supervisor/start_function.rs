//! Children that a function starts: what it gives, how it fails, and what becomes of them.

use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::{is_alive, settle, unlink};
use regrow::server::StartError;
use regrow::supervisor::{
    AnyChildSpec, ChildProcess, DeleteChildError, NoSuchChild, RestartChildError, SpecError,
};
use regrow::time::sleep;

use super::{Log, childless, counts, oops, refused, shown, worker};
use crate::support::{forever, simulated};

// SUP-051, SUP-052, SUP-053 and SUP-054 too.
#[test]
fn sup_050_a_child_with_extra_information_lives_like_any_other() {
    simulated(async {
        let child = AnyChildSpec::from_fn("extra", async || (spawn_link(forever::<()>), 7_u8));
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(child)
            .start()
            .await
            .unwrap();
        let nobody = "nobody";
        let none = supervisor.terminate_child(nobody).await;
        assert_eq!(none, Err(refused(NoSuchChild)));
        let none = supervisor.delete_child(nobody).await;
        assert_eq!(none, Err(refused(DeleteChildError::NotFound)));
        let none = supervisor.restart_child(nobody).await;
        assert_eq!(none, Err(refused(RestartChildError::NotFound)));

        let runs = supervisor.delete_child("extra").await;
        assert_eq!(runs, Err(refused(DeleteChildError::Running)));
        let runs = supervisor.restart_child("extra").await;
        assert_eq!(runs, Err(refused(RestartChildError::Running)));
        assert_eq!(shown(supervisor).await, "extra+");

        let ChildProcess::Running(pid) = supervisor.which_child("extra").await.unwrap().process
        else {
            panic!("it runs");
        };
        let end = monitor(pid);
        supervisor.terminate_child("extra").await.unwrap();
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!(shown(supervisor).await, "extra-");
        assert_eq!(counts(supervisor).await, [1, 0, 0, 1]);

        let started = supervisor.restart_child("extra").await.unwrap();
        let StartedChild::StartedWith(_, info) = started else {
            panic!("not this: {started:?}");
        };
        assert_eq!(info.downcast_ref::<u8>(), Some(&7));
        assert_eq!(counts(supervisor).await, [1, 1, 0, 1]);

        supervisor.terminate_child("extra").await.unwrap();
        supervisor.terminate_child("extra").await.unwrap();
        supervisor.delete_child("extra").await.unwrap();
        let none = supervisor.restart_child("extra").await;
        assert_eq!(none, Err(refused(RestartChildError::NotFound)));
        assert_eq!(counts(supervisor).await, [0, 0, 0, 0]);
    });
}

#[test]
fn sup_055_an_added_child_with_extra_information_comes_back() {
    simulated(async {
        let supervisor = childless().await;
        let child = AnyChildSpec::from_fn("extra", async || (spawn_link(forever::<()>), "info"));
        let started = supervisor.start_child(child).await.unwrap();
        let StartedChild::StartedWith(first, info) = started else {
            panic!("it says something");
        };
        assert_eq!(info.downcast_ref(), Some(&"info"));
        exit(first, oops());
        settle().await;
        let second = supervisor.which_child("extra").await.unwrap().process;
        assert!(matches!(second, ChildProcess::Running(second) if second != first));
        assert_eq!(counts(supervisor).await, [1, 1, 0, 1]);
    });
}

#[test]
fn sup_116_what_a_temporary_child_was_started_with_is_not_kept() {
    simulated(async {
        let large = std::sync::Arc::new([0_u8; 1000]);
        let supervisor = childless().await;
        for restart in [Restart::Temporary, Restart::Transient, Restart::Permanent] {
            let argument = std::sync::Arc::clone(&large);
            let child = AnyChildSpec::from_fn("large", move || {
                let _used = argument.len();
                async { spawn_link(forever::<()>) }
            });
            supervisor
                .start_child(child.restart(restart))
                .await
                .unwrap();
            let kept = std::sync::Arc::strong_count(&large) > 1;
            assert_eq!(kept, restart != Restart::Temporary, "{restart:?}");
            if restart == Restart::Temporary {
                let spec = supervisor.get_childspec("large").await.unwrap();
                supervisor.terminate_child("large").await.unwrap();
                let used_up = supervisor.start_child(spec).await.unwrap_err();
                let StartChildError::Failed(reason) = used_up else {
                    panic!("not this: {used_up:?}");
                };
                let why = SpecError::UsedUp("large".into()).to_string();
                assert_eq!(reason.to_string(), why);
            } else {
                supervisor.terminate_child("large").await.unwrap();
                supervisor.delete_child("large").await.unwrap();
            }
        }
    });
}

// The other half of OBS-022 is beside the shutdown of such a child.
#[test]
fn obs_022_a_child_that_was_never_linked_and_died_is_still_listed() {
    simulated(async {
        let child = AnyChildSpec::from_fn("loose", async || spawn(forever::<()>));
        let supervisor = Supervisor::new(Strategy::OneForOne).child(child);
        let supervisor = supervisor.start().await.unwrap();
        let ChildProcess::Running(pid) = supervisor.which_child("loose").await.unwrap().process
        else {
            panic!("it runs");
        };
        assert_eq!(counts(supervisor).await, [1, 1, 0, 1]);
        exit(pid, ExitReason::Kill);
        settle().await;
        assert_eq!(shown(supervisor).await, "loose+");
        assert_eq!(counts(supervisor).await, [1, 0, 0, 1]);
        let runs = supervisor.restart_child("loose").await;
        assert_eq!(runs, Err(refused(RestartChildError::Running)));
        supervisor.terminate_child("loose").await.unwrap();
        assert_eq!(shown(supervisor).await, "loose-");
        assert!(supervisor.restart_child("loose").await.is_ok());
    });
}

#[test]
fn obs_024_what_a_start_function_gives_is_what_comes_of_the_start() {
    simulated(async {
        let supervisor = childless().await;
        let failing = [
            AnyChildSpec::from_fn("fails", async || Err::<Pid, _>(oops())),
            AnyChildSpec::from_fn("fails", async || Err::<Pid, _>(StartError::Failed(oops()))),
        ];
        for child in failing {
            let failed = supervisor.start_child(child).await;
            assert_eq!(failed, Err(StartChildError::Failed(oops())));
        }
        let taken = spawn(forever::<()>).pid();
        let child = AnyChildSpec::from_fn("taken", move || async move {
            Err::<Pid, _>(StartError::AlreadyStarted(taken))
        });
        let refused = supervisor.start_child(child).await;
        assert_eq!(refused, Err(StartChildError::AlreadyStarted(taken)));
        let nothing = AnyChildSpec::from_fn("nothing", async || StartedChild::<Pid>::Ignored);
        let ignored = supervisor.start_child(nothing).await;
        assert_eq!(ignored, Ok(StartedChild::Ignored));
        assert_eq!(shown(supervisor).await, "nothing-");
        exit(taken, ExitReason::Kill);
    });
}

#[test]
fn a_start_function_that_panics_is_a_failed_start() {
    simulated(async {
        let supervisor = childless().await;
        let children = [
            AnyChildSpec::from_fn("at once", || -> std::future::Ready<Pid> {
                panic!("no start")
            }),
            AnyChildSpec::from_fn("later", async || -> Pid {
                sleep(secs(1)).await;
                panic!("no start")
            }),
        ];
        for child in children {
            let failed = supervisor.start_child(child).await.unwrap_err();
            assert!(
                failed.to_string().contains("no start"),
                "not this: {failed}"
            );
        }
        assert_eq!(supervisor.which_children().await, Ok(vec![]));
    });
}

#[test]
fn a_start_function_that_hangs_keeps_its_supervisor_until_the_one_above_ends_that() {
    simulated(async {
        let log = Log::default();
        let below = Supervisor::new(Strategy::OneForOne)
            .child(worker("first", &log).trapping().spec())
            .child_spec()
            .id("below")
            .shutdown(Shutdown::After(secs(1)));
        let above = Supervisor::new(Strategy::OneForOne).child(below);
        let above = above.start().await.unwrap();
        let ChildProcess::Running(pid) = above.which_child("below").await.unwrap().process else {
            panic!("it runs");
        };
        let below = pid.as_server::<Supervisor>().unwrap();
        let hangs = AnyChildSpec::from_fn("hangs", std::future::pending::<Pid>);
        let asked = below.start_child(hangs);
        let (_, watch) = spawn_monitor(async move |_: Inbox<()>| {
            assert!(asked.await.is_err());
        });
        settle().await;
        let too_long = below.which_children().timeout(secs(1)).await;
        assert_eq!(too_long, Err(CallError::Timeout));
        let end = monitor(below);
        above.terminate_child("below").await.unwrap();
        assert_eq!(end.await.reason, ExitReason::Killed);
        assert_eq!(watch.await.reason, ExitReason::Normal);
        settle().await;
        assert_eq!(log.take(), ["+first", "first: killed", "-first"]);
    });
}

// What it started stays linked, and ends with the supervisor.
#[test]
fn what_a_failed_start_function_left_behind_does_not_outlive_the_supervisor() {
    simulated(async {
        let (given, taken) = std::sync::mpsc::channel();
        let child = AnyChildSpec::from_fn("half", move || {
            let given = given.clone();
            async move {
                let left = spawn_link(forever::<()>).pid();
                given.send(left).unwrap();
                Err::<Pid, _>(oops())
            }
        });
        let supervisor = childless().await;
        assert!(supervisor.start_child(child).await.is_err());
        let left = taken.recv().unwrap();
        assert!(is_alive(left).await);
        regrow::server::stop(supervisor, ExitReason::Shutdown)
            .await
            .unwrap();
        settle().await;
        assert!(!is_alive(left).await);
        unlink(left);
    });
}

// Each start is in order, and a walk through all children for each would not come to an end here.
#[test]
fn sup_153_thousands_of_children_are_started_and_stopped_in_order() {
    const CHILDREN: usize = 20_000;
    simulated(async {
        let children = (0..CHILDREN).map(|number| {
            let spec =
                AnyChildSpec::from_fn(number.to_string(), async || spawn_link(forever::<()>));
            spec.restart(Restart::Temporary)
        });
        let supervisor = children.fold(Supervisor::new(Strategy::RestForOne), Supervisor::child);
        let supervisor = supervisor.start().await.unwrap();
        assert_eq!(counts(supervisor).await, [CHILDREN, CHILDREN, 0, CHILDREN]);
        for number in 0..CHILDREN / 2 {
            supervisor
                .terminate_child(number.to_string())
                .await
                .unwrap();
        }
        assert_eq!(
            supervisor.count_children().await.unwrap().active,
            CHILDREN / 2
        );
        regrow::server::stop(supervisor, ExitReason::Shutdown)
            .await
            .unwrap();
    });
}
